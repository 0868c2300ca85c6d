/* merge: several saved runs as one stream of events in order of time. Within a run the order is its
 * logs' own: an event that stands after a later one counts as of that moment. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/align.h"
#include "store/chain.h"
#include "store/landmarks.h"

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

/* What was taken of a log so far. */
struct merge_place {
    struct chain_place log;
    int64_t t;      /* of the latest event taken, in the log's order; 0 before the first */
    int64_t events; /* taken */
    bool over;      /* nothing is left, not even a note about the log */
};
struct merge_place merge_place(const struct merge *merge, int source);
/* Go on from there (place NULL: from the beginning) in this log, or in all of them from the
 * beginning. */
void merge_go(struct merge *merge, int source, const struct merge_place *place);
void merge_rewind(struct merge *merge);
/* The first failure to read since the start; NULL if there was none. */
const struct error *merge_error(const struct merge *merge);

/* Add the events that are landmarks to `into`, decoding no other. Leaves the stream at its
 * beginning. */
void merge_scan(struct merge *merge, struct landmarks *into);
/* The largest t of one log, by its own time; known after merge_scan. */
int64_t merge_end(const struct merge *merge, int source);

#endif
