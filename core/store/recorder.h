/* recorder: the thread between producers and screen. Pops the queue, appends to the log, passes
 * each event on to the feed, then syncs. A full disk ends the run with what is there. */
#ifndef STORE_RECORDER_H
#define STORE_RECORDER_H

#include "model/queue.h"
#include "store/log.h"

struct recorder;
/* Takes the log. Starts the thread. `source` tags the items it feeds: the events, QUEUE_REFOLD when
 * the feed was full, after run_end QUEUE_END. When writing fails the last event is a run_end with
 * status failed, and what producers still push is thrown away. */
struct recorder *recorder_start(struct queue *queue, struct log_writer *log, struct queue *feed,
                                int source);
/* Call when the producers have ended: what they pushed is written, then the thread ends; closes the
 * log. Returns false with `error` when the log could not be written. The feed is never waited for:
 * unless QUEUE_END came out of it before, it may lack the end of the run. */
bool recorder_finish(struct recorder *recorder, struct error *error);

#endif
