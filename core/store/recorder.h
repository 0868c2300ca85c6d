/* recorder: the thread between producers and screen. Pops the queue, appends to the log, passes
 * each event on to the feed, then syncs. A full disk ends the run with what is there. */
#ifndef STORE_RECORDER_H
#define STORE_RECORDER_H

#include "model/queue.h"
#include "store/log.h"

struct recorder;
/* Takes the log. Starts the thread. `source` tags the items it feeds. */
struct recorder *recorder_start(struct queue *queue, struct log_writer *log, struct queue *feed,
                                int source);
/* Wait until run_end was written (or writing failed) and end the thread; closes the log. Returns
 * false with `error` when the log could not be written. */
bool recorder_finish(struct recorder *recorder, struct error *error);
/* Set once writing failed: the runner stops. Safe from any thread. */
bool recorder_failed(struct recorder *recorder);

#endif
