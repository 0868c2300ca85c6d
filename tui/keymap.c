#include "keymap.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/util.h"

#define LIVE CONTEXT_LIVE
#define REPLAY CONTEXT_REPLAY
#define ENDED CONTEXT_ENDED
#define ANY CONTEXT_ANY
#define CONTROL(letter) ((letter)&0x1f)

/* clang-format off */
static const struct action_row rows[] = {
    {ACTION_HELP, "help", {'?', KEY_ID_F1}, ANY, "help",
     "Keys, signs, metrics and gates; again: close."},
    {ACTION_QUIT, "quit", {'q', KEY_ID_F10}, ANY, "quit",
     "On the board: quit, after a question while a run is going on; elsewhere: back to it."},
    {ACTION_BACK, "back", {KEY_ID_ESCAPE, KEY_ID_BACKSPACE}, ANY, NULL,
     "One level back: close what is open, clear the filter; never quits."},

    {ACTION_UP, "up", {KEY_ID_UP, 'k'}, ANY, NULL, "Up."},
    {ACTION_DOWN, "down", {KEY_ID_DOWN, 'j'}, ANY, NULL, "Down."},
    {ACTION_LEFT, "left", {KEY_ID_LEFT, 'h'}, ANY, NULL,
     "To the left: the phase or engine before."},
    {ACTION_RIGHT, "right", {KEY_ID_RIGHT, 'l'}, ANY, NULL,
     "To the right: the next phase or engine."},
    {ACTION_PAGE_UP, "page-up", {KEY_ID_PAGE_UP, CONTROL('b')}, ANY, NULL, "A page up."},
    {ACTION_PAGE_DOWN, "page-down", {KEY_ID_PAGE_DOWN, CONTROL('f')}, ANY, NULL, "A page down."},
    {ACTION_FIRST, "first", {'g', KEY_ID_HOME}, ANY, NULL, "To the first."},
    {ACTION_LAST, "last", {'G', KEY_ID_END}, ANY, NULL, "To the last."},
    {ACTION_OPEN, "open", {KEY_ID_ENTER}, ANY, "open",
     "Open what is selected: an engine, a call, a call's text."},

    {ACTION_NEXT_VIEW, "next-view", {KEY_ID_TAB}, ANY, "view", "The next view."},
    {ACTION_PREVIOUS_VIEW, "previous-view", {KEY_ID_BACKTAB}, ANY, NULL, "The view before."},
    {ACTION_VIEW_BOARD, "board", {'1'}, ANY, NULL, "All engines by phases, with sparklines."},
    {ACTION_VIEW_ENGINE, "engine", {'2'}, ANY, NULL, "One engine in full: figures, plots, calls."},
    {ACTION_VIEW_BURST, "burst", {'3'}, ANY, NULL, "A burst as a waterfall of its calls."},
    {ACTION_VIEW_QUALITY, "quality", {'4'}, ANY, NULL, "Scores of the quality suites."},
    {ACTION_VIEW_COMPARE, "compare", {'5', 'c'}, ANY, NULL,
     "Rows beside each other, with their differences."},
    {ACTION_VIEW_SOLO, "solo", {'6'}, ANY, NULL,
     "Is the machine clean: what else runs, heat, swap."},
    {ACTION_VIEW_EVENTS, "events", {'7', 'e'}, ANY, NULL,
     "Notes, errors, gates and verdicts in order."},

    {ACTION_METRIC_NEXT, "next-metric", {'>', '.'}, ANY, "metric", "The next metric in the grid; in an engine: its phases or their energy."},
    {ACTION_METRIC_PREVIOUS, "previous-metric", {'<', ','}, ANY, NULL, "The metric before."},
    {ACTION_SORT_REVERSE, "reverse", {'r'}, ANY, NULL,
     "Sort rows by the selected column; again: the other way round. In a burst: calls by dispatch "
     "or by finish."},
    {ACTION_FILTER, "filter", {'/'}, ANY, NULL, "Only rows whose name contains a text."},
    {ACTION_MARK, "mark", {' '}, ANY, NULL, "Mark the row for comparing; of several runs its run is the reference."},

    {ACTION_WHY, "why", {'w'}, ANY, "why",
     "Why a figure is absent (–) or not ranked, of the selected engine and its machine; again: "
     "close."},

    {ACTION_PAUSE, "pause", {'p'}, LIVE | REPLAY, "pause",
     "Hold the display (measuring goes on) or the replay."},
    {ACTION_STOP, "stop", {'x'}, LIVE, "stop",
     "Stop the run, after a question; what was measured is kept."},
    {ACTION_SKIP, "skip", {'n'}, LIVE, "skip", "Skip the phase that the selected engine is in."},
    {ACTION_RETRY, "retry", {'R'}, LIVE, NULL,
     "Run the selected engine's suite again from its start."},
    {ACTION_START, "start", {'s'}, ENDED, "again", "Run all once more after the end."},

    {ACTION_FASTER, "faster", {'+', '='}, REPLAY, "speed", "Faster."},
    {ACTION_SLOWER, "slower", {'-', '_'}, REPLAY, NULL, "Slower."},
    {ACTION_PHASE_BACK, "phase-back", {'['}, REPLAY, "phase",
     "To the start of the phase, or of the one before."},
    {ACTION_PHASE_FORWARD, "phase-forward", {']'}, REPLAY, NULL, "To the next phase."},
    {ACTION_SEEK_BACK, "seek-back", {'{', 'b'}, REPLAY, NULL, "Five seconds back."},
    {ACTION_SEEK_FORWARD, "seek-forward", {'}', 'f'}, REPLAY, NULL, "Five seconds on."},
    {ACTION_STEP, "step", {'s'}, REPLAY, NULL, "One event on."},
    {ACTION_JUMP_NEXT, "jump", {'n'}, REPLAY, NULL, "To the next error, warning, gate or verdict."},
    {ACTION_JUMP_BACK, "jump-back", {'N'}, REPLAY, NULL, "To the error, warning, gate or verdict before."},
    {ACTION_ALIGN, "align", {'a'}, REPLAY, NULL,
     "Several runs: align them at their starts, at each suite or at each phase."},

    {ACTION_THEME, "theme", {'T'}, ANY, NULL, "The next theme."},
    {ACTION_SAVE_SCREEN, "save-screen", {'S', CONTROL('p')}, ANY, NULL,
     "Write the screen as text and as a picture."},
};
/* clang-format on */

const struct action_row *keymap_rows(size_t *count) {
    *count = COUNT_OF(rows);
    return rows;
}

enum action keymap_action(int key, int context) {
    if (key == KEY_ID_NONE)
        return ACTION_NONE;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!(rows[i].context & context))
            continue;
        for (size_t k = 0; k < COUNT_OF(rows[i].keys) && rows[i].keys[k]; k++)
            if (rows[i].keys[k] == key)
                return rows[i].action;
    }
    return ACTION_NONE;
}

static const struct {
    int key;
    const char *name;
} key_names[] = {
    {KEY_ID_ENTER, "Enter"}, {KEY_ID_ESCAPE, "Esc"},        {KEY_ID_BACKSPACE, "Backspace"},
    {KEY_ID_TAB, "Tab"},     {KEY_ID_BACKTAB, "Shift-Tab"}, {' ', "Space"},
    {KEY_ID_UP, "Up"},       {KEY_ID_DOWN, "Down"},         {KEY_ID_LEFT, "Left"},
    {KEY_ID_RIGHT, "Right"}, {KEY_ID_PAGE_UP, "PgUp"},      {KEY_ID_PAGE_DOWN, "PgDn"},
    {KEY_ID_HOME, "Home"},   {KEY_ID_END, "End"},           {KEY_ID_F1, "F1"},
    {KEY_ID_F10, "F10"},     {KEY_ID_RESIZE, "Resize"},     {KEY_ID_INTERRUPT, "Ctrl-C"},
};

void keymap_key_name(int key, char out[16]) {
    out[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(key_names); i++)
        if (key_names[i].key == key)
            copy_text(out, 16, key_names[i].name);
    if (out[0])
        return;
    if (key > 0 && key < 0x20) {
        snprintf(out, 16, "Ctrl-%c", key + 0x40);
    } else if (key > 0 && key < 0x110000) {
        char bytes[4];
        text_visible(out, 16, bytes, text_encode((uint32_t)key, bytes));
    } else {
        copy_text(out, 16, "?");
    }
}

/* A name between < and >, in any case; 0 when there is none of that name. */
static int key_of_name(const char *name, size_t length) {
    for (size_t i = 0; i < COUNT_OF(key_names); i++)
        if (strlen(key_names[i].name) == length &&
            strncasecmp(key_names[i].name, name, length) == 0)
            return key_names[i].key;
    if (length == 6 && strncasecmp(name, "Ctrl-", 5) == 0 && name[5] >= '@' && name[5] <= 'z')
        return CONTROL(name[5]);
    return KEY_ID_NONE;
}

/* '<' begins a name only where a '>' follows after letters: alone it is the key itself. */
static size_t name_length(const char *after) {
    size_t length = 0;
    while ((after[length] | 0x20) >= 'a' && (after[length] | 0x20) <= 'z')
        length++;
    size_t letters = length;
    while (after[length] == '-' || (after[length] >= '0' && after[length] <= '9') ||
           ((after[length] | 0x20) >= 'a' && (after[length] | 0x20) <= 'z'))
        length++;
    return letters > 0 && after[length] == '>' ? length : 0;
}

int keymap_parse(const char *sequence, int *keys, int most) {
    int count = 0;
    while (*sequence) {
        uint32_t code_point;
        size_t named = *sequence == '<' ? name_length(sequence + 1) : 0;
        size_t used = named + 2;
        int key;
        if (named > 0) {
            key = key_of_name(sequence + 1, named);
        } else {
            used = text_decode(sequence, strlen(sequence), &code_point);
            key = (int)code_point;
        }
        if (key == KEY_ID_NONE || count == most)
            return -1;
        keys[count++] = key;
        sequence += used;
    }
    return count;
}
