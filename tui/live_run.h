/* live_run: one running bench: log, recorder, sampler and runner wired together. Its events come
 * out of the feed; nothing here draws. Main thread only. */
#ifndef TUI_LIVE_RUN_H
#define TUI_LIVE_RUN_H

#include "config/options.h"
#include "model/queue.h"
#include "suites/lane.h"

struct live_run;

/* The API key that `variable` holds; NULL: none. The environment is read nowhere else for it. */
const char *live_run_key(const char *variable);

/* Take the endpoints of `options` (identified before), create the log in `directory` and start all
 * threads. With `resume` (borrowed; NULL: a new run) only what it misses is measured, and the feed
 * begins with a mark for what older logs hold. Events reach `feed` as `source`. `run` gets the header (the caller's to free with
 * run_done). NULL and `error` when the log can't be written, or `resume` is of another
 * plan or machine; nothing is left behind then. */
struct live_run *live_run_start(const struct options *options, const struct resume *resume,
                                const char *directory, struct queue *feed, int source,
                                struct run *run, struct error *error);

void live_run_command(struct live_run *live, enum lane_command command, int ep);
void live_run_stop(struct live_run *live); /* returns at once; the end comes as an event */
const char *live_run_path(const struct live_run *live);

/* Stop if need be, join all threads, close the log. False and `error` when the log could not be
 * written to its end. Frees `live`. */
bool live_run_finish(struct live_run *live, struct error *error);

#endif
