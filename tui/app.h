/* app: the loop of the main thread: keys and events in, frames out, at most 10 a second. The same
 * loop for a live run, a replay and plain output. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include <signal.h>

#include "config/options.h"
#include "model/queue.h"
#include "model/weights.h"
#include "theme.h"
#include "view.h"

struct beside;
struct live_run;
struct player;
struct published;

struct app {
    const struct options *options;
    struct theme theme;
    struct weights weights;      /* of the score in reports */
    struct published *published; /* the user's figures for it; owned, NULL: none */
    struct ui ui;
    struct queue *feed;
    struct scene scene;
    struct board *boards[RUNS_ON_SCREEN]; /* owned; the same as scene.boards */
    struct run runs[RUNS_ON_SCREEN];
    char *paths[RUNS_ON_SCREEN]; /* the logs, for a refold */
    size_t run_count;
    struct mark *marks;              /* owned; scene.marks */
    char *directory;                 /* results; live only */
    struct live_run *live;           /* NULL in a replay */
    struct player *player;           /* NULL when live */
    struct beside *beside;           /* saved runs that follow the live one; NULL: none */
    int64_t until_us;                /* plain replay: fold no event past this */
    int64_t sought_us, sought_at_us; /* the newest seek: where to, and when it was asked for */
    int64_t sought_own_us;           /* of an alignment: the same by the first run's own time */
    bool quiet;                      /* app_plain writes nothing */
    bool interrupted;                /* by a signal or by the user while it ran */
    struct error failure;            /* of writing the log; text empty if none */
};

/* What a signal asked for; set by main's handlers, which also write a byte to `wake`. */
struct app_signals {
    volatile sig_atomic_t *stop; /* number of SIGINT, SIGTERM, SIGHUP so far */
    int wake_fd;                 /* readable after one came */
};

void app_init(struct app *app, const struct options *options);
void app_done(struct app *app);

/* One board for each run header in app->runs. */
void app_boards(struct app *app);

/* The marks of a replay's scrub bar, when its landmarks are others now. */
void app_marks(struct app *app);
/* Before a frame: the metric that is shown; how far a replay is, and its runs, or those beside a
 * live one, from the screen's clock. */
void app_replay_state(struct app *app);

/* Run until the end. False and `error` when the terminal can't be used. */
bool app_screen(struct app *app, struct app_signals signals, struct error *error);
/* Lines on standard output until the run or the replay ended. */
bool app_plain(struct app *app, struct app_signals signals, struct error *error);

/* Apply a sequence of keys as a person would press them, for --keys with --dump. */
bool app_keys(struct app *app, const char *sequence, int width, int height, struct error *error);

#endif
