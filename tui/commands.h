/* commands: what each word of the command line does. Returns the documented exit code; errors go to
 * standard error as "pitwall: what: why" with a hint. */
#ifndef TUI_COMMANDS_H
#define TUI_COMMANDS_H

#include "app.h"
#include "config/options.h"

enum exit_code {
    EXIT_OK = 0,
    EXIT_CHECK = 1,
    EXIT_USAGE = 2,
    EXIT_NO_ENDPOINT = 3,
    EXIT_RESULTS = 4,
    EXIT_STOPPED = 130
};

/* What the environment says; read once, in main. Any may be NULL. */
struct environment {
    const char *results, *xdg_data, *xdg_config, *home;
    bool no_color, dumb_terminal, linux_console;
    bool input_is_terminal, output_is_terminal;
};

struct context {
    struct options *options;
    const struct environment *environment;
    struct app_signals signals;
    const struct resume *resume; /* a live run goes on with it; NULL: a new one */
};

int command_run(const struct context *context);

int command_solo(const struct context *context);
int command_resume(const struct context *context); /* run --resume RUN */

/* ---- what the commands share ---- */

char *results_of(const struct context *context); /* the results directory; the caller frees it */
/* An app with glyphs and theme, for `body`; its exit code. */
int with_app(const struct context *context, int (*body)(const struct context *, struct app *));
/* A live run from start to end into app->boards[0]. False after a message: *code is the exit code.
 */
bool measure_live(const struct context *context, struct app *app, int *code);
/* The same with its report on standard output; a body for with_app. */
int run_live(const struct context *context, struct app *app);
/* The exit code of a run that was measured, with its message. */
int exit_of_run(const struct app *app, const struct context *context);

/* Print an error (made visible) and return `code`. */
int complain(const struct error *error, int code);

#endif
