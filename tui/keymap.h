/* keymap: THE table of actions: keys, names, help, where they apply, what the bottom bar shows. */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

enum key { /* code points for characters, these for the rest */
           KEY_ID_NONE = 0,
           KEY_ID_ENTER = 13,
           KEY_ID_ESCAPE = 27,
           KEY_ID_BACKSPACE = 127,
           KEY_ID_TAB = 9,
           KEY_ID_UP = 0x110000,
           KEY_ID_DOWN,
           KEY_ID_LEFT,
           KEY_ID_RIGHT,
           KEY_ID_PAGE_UP,
           KEY_ID_PAGE_DOWN,
           KEY_ID_HOME,
           KEY_ID_END,
           KEY_ID_BACKTAB,
           KEY_ID_F1,
           KEY_ID_F10,
           KEY_ID_RESIZE,
           KEY_ID_INTERRUPT
};

enum action {
    ACTION_NONE,
    ACTION_QUIT,
    ACTION_BACK,
    ACTION_HELP,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_OPEN,
    ACTION_NEXT_VIEW,
    ACTION_PREVIOUS_VIEW,
    ACTION_VIEW_BOARD,
    ACTION_VIEW_ENGINE,
    ACTION_VIEW_BURST,
    ACTION_VIEW_QUALITY,
    ACTION_VIEW_COMPARE,
    ACTION_VIEW_SOLO,
    ACTION_VIEW_EVENTS,
    ACTION_METRIC_NEXT,
    ACTION_METRIC_PREVIOUS,
    ACTION_SORT_REVERSE,
    ACTION_FILTER,
    ACTION_MARK,
    ACTION_WHY,
    ACTION_PAUSE,
    ACTION_STEP,
    ACTION_FASTER,
    ACTION_SLOWER,
    ACTION_SEEK_BACK,
    ACTION_SEEK_FORWARD,
    ACTION_PHASE_BACK,
    ACTION_PHASE_FORWARD,
    ACTION_JUMP_NEXT,
    ACTION_JUMP_BACK,
    ACTION_ALIGN,
    ACTION_START,
    ACTION_STOP,
    ACTION_SKIP,
    ACTION_RETRY,
    ACTION_THEME,
    ACTION_SAVE_SCREEN,
    ACTION_COUNT
};
/* A run that goes on, a replay, a run whose end was seen live. */
enum { CONTEXT_LIVE = 1, CONTEXT_REPLAY = 2, CONTEXT_ENDED = 4, CONTEXT_ANY = 7 };

struct action_row {
    enum action action;
    const char *name; /* "next-view": for docs and --keys */
    int keys[4];      /* 0-terminated */
    int context;      /* CONTEXT_… bits */
    const char *bar;  /* short word for the bottom bar; NULL: not there */
    const char *help; /* one sentence */
};
const struct action_row *keymap_rows(size_t *count);
enum action keymap_action(int key, int context);
/* "Enter", "q", "PgUp" … */
void keymap_key_name(int key, char out[16]);
/* "jj<Enter>q" → keys; returns how many, -1 on a bad <Name>. */
int keymap_parse(const char *sequence, int *keys, int most);

#endif
