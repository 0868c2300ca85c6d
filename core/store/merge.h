/* merge: several saved runs as one stream of events in order of time. Within a run the order is its
 * logs' own: an event that stands after a later one counts as of that moment. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/align.h"
#include "store/chain.h"

struct merge;

/* Open all logs; runs[i] get the headers. NULL and `error` on the first bad one. */
struct merge *merge_new(const char *const *paths, size_t count, struct run *runs,
                        struct error *error);
void merge_free(struct merge *merge);
size_t merge_count(const struct merge *merge);

/* From now on order and tell times by this table (borrowed; NULL: each run's own). */
void merge_align(struct merge *merge, const struct align *align);

/* Whose event is next, and when. False: all logs are at their end. What a reader had to say about a
 * log (torn, skipped lines, can't be read on) comes as a note behind its last event. */
bool merge_peek(struct merge *merge, int *source, int64_t *t);
/* Move the event that merge_peek told of to the caller, who calls event_done. */
void merge_take(struct merge *merge, struct event *event);
void merge_rewind(struct merge *merge);
/* The first failure to read since the start; NULL if there was none. */
const struct error *merge_error(const struct merge *merge);

/* Call `see` for every event that is rare and worth a jump (phase_start, phase_end, run_end, notes
 * of warn and up, calls with an error), decoding no other. `t` is in the stream's order. Returns
 * the largest t of all logs, 0 when there are no events. Leaves the stream at its beginning. */
struct landmarks;
int64_t merge_scan(struct merge *merge, struct landmarks *into,
                   void (*see)(struct landmarks *into, int source, int64_t t,
                               const struct event *event));
/* The largest t of one log, by its own time; known after merge_scan. */
int64_t merge_end(const struct merge *merge, int source);

#endif
