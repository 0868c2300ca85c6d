/* live: one running bench: log, recorder, sampler and runner wired together. Its events come out of
 * the feed; nothing here draws. Main thread only. */
#ifndef TUI_LIVE_H
#define TUI_LIVE_H

#include "config/options.h"
#include "model/queue.h"
#include "suites/lane.h"

struct live;

/* Take the endpoints of `options` (identified before), create the log in `directory` and start all
 * threads. Events reach `feed` as `source`. `run` gets the header (the caller's to free with
 * run_done). NULL and `error` when the log can't be written; nothing is left behind then. */
struct live *live_start(const struct options *options, const char *directory, struct queue *feed,
                        int source, struct run *run, struct error *error);

void live_command(struct live *live, enum lane_command command, int ep);
void live_stop(struct live *live); /* returns at once; the end comes as an event */
const char *live_path(const struct live *live);

/* Stop if need be, join all threads, close the log. False and `error` when the log could not be
 * written to its end. Frees `live`. */
bool live_finish(struct live *live, struct error *error);

#endif
