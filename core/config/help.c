/* The commands, and --help: of all of them, or of one with the options that it looks at. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/option_table.h"

#define COMMAND_WIDTH 20 /* of the left column */

/* `options`: long names with a blank around each; NULL: all that say what to measure, how, and what
 * is shown. The others of the group "Places" are every command's. */
static const struct {
    const char *word, *operands, *about, *options;
} commands[COMMAND_COUNT] = {
    [COMMAND_RUN] = {"run", "[NAME=URL…]",
                     "bench the configured or discovered endpoints (the default)", NULL},
    [COMMAND_DEMO] = {"demo", "", "the same on simulated engines, marked SIM everywhere", NULL},
    [COMMAND_SOLO] = {"solo", "[NAME=URL…]", "is the machine clean, are the engines sane?",
                      " endpoint model timeout extra-body json "},
    [COMMAND_REPLAY] = {"replay", "RUN…", "play saved runs, side by side when several",
                        " plain color theme glyphs speed until size keys dump "},
    [COMMAND_REPORT] = {"report", "RUN…", "tables of saved runs (--format)",
                        " format json weights published "},
    [COMMAND_COMPARE] = {"compare", "RUN RUN", "differences with their uncertainty",
                         " fail-over json "},
    [COMMAND_IMPORT] = {"import", "FILE…", "other tools' JSON into the results directory", " "},
    [COMMAND_RUNS] = {"runs", "", "list saved runs", " json "},
    [COMMAND_RM] = {"rm", "RUN…", "remove saved runs", " yes "},
    [COMMAND_PROBE] = {"probe", "[URL…]", "what answers there, and what it can do",
                       " endpoint model json "},
    [COMMAND_SIM] = {"sim", "[PROFILE…]", "only the simulated engines", " port "},
};

const char *command_word(enum command command) {
    return commands[command].word;
}

int command_find(const char *word) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].word, word) == 0)
            return i;
    return -1;
}

const char *command_near(const char *word) {
    const char *near = NULL;
    int best = 3;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        int distance = text_distance(commands[i].word, word, best);
        if (distance < best) {
            best = distance;
            near = commands[i].word;
        }
    }
    return near;
}

static bool takes(enum command command, const struct option_row *row) {
    char padded[48];
    if (command == COMMAND_COUNT || strcmp(row->group, OPTION_PLACES) == 0)
        return true;
    if (!commands[command].options)
        return strcmp(row->group, OPTION_REPLAY) != 0 && strcmp(row->name, "port") != 0;
    snprintf(padded, sizeof padded, " %s ", row->name);
    return strstr(commands[command].options, padded) != NULL;
}

bool command_takes(enum command command, const char *option) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, option) == 0)
            return takes(command, &rows[i]);
    return false;
}

static void help_commands(struct buf *out) {
    buf_text(out, "usage: pitwall [COMMAND] [OPTIONS]\n\nCommands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", commands[i].word, commands[i].operands);
        int room = COMMAND_WIDTH - (int)text_cells(left);
        buf_printf(out, "  %s%*s%s\n", left, room, "", commands[i].about);
    }
    buf_printf(out, "  %-*s%s\n", COMMAND_WIDTH, "help [COMMAND]",
               "this, or what one command takes");
}

static void help_command(enum command command, struct buf *out) {
    const char *operands = commands[command].operands;
    buf_printf(out, "usage: pitwall %s%s%s [OPTIONS]\n\n%s\n", commands[command].word,
               operands[0] ? " " : "", operands, commands[command].about);
}

/* Whether the text has the first of the choices: then it tells them in its own words. */
static bool names_one(const char *text, const char *choices) {
    char first[24];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(choices, "|"), choices);
    return strstr(text, first) != NULL;
}

static void help_option(const struct option_row *row, struct buf *out) {
    char left[64];
    char letter[5] = "    ";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    buf_printf(out, "  %-28s %s", left, row->help);
    if (row->choices && !names_one(row->help, row->choices))
        buf_printf(out, ": %s", row->choices);
    buf_char(out, '\n');
}

void options_help(enum command command, struct buf *out) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    const char *group = "";
    if (command == COMMAND_COUNT)
        help_commands(out);
    else
        help_command(command, out);
    for (size_t i = 0; i < count; i++) {
        if (!takes(command, &rows[i]))
            continue;
        if (strcmp(group, rows[i].group) != 0) {
            group = rows[i].group;
            buf_printf(out, "\n%s:\n", group);
        }
        help_option(&rows[i], out);
    }
}
