/* queue: many producers, one consumer, bounded by bytes, with a descriptor to poll. The only place
 * with a lock. Used as queue (workers → recorder) and as feed (recorder or player → main). */
#ifndef MODEL_QUEUE_H
#define MODEL_QUEUE_H

#include "model/event.h"

struct queue;

/* What travels: an event, from source `source` (index of the run on screen; 0 when alone). A NULL
 * event is a mark from the producer (the meaning is in `mark`). */
enum queue_mark {
    QUEUE_EVENT,
    QUEUE_END /* nothing more from this source */,
    QUEUE_RESET /* another board: what follows goes on from it */,
    QUEUE_SURVEYED /* all runs are read ahead (player.h) */,
    QUEUE_REFOLD /* the feed was full: read the log from the start */
};
struct board;
struct item {
    int source;
    enum queue_mark mark;
    struct event *event;
    struct board *board; /* QUEUE_RESET: the one to go on with, or NULL: a fresh one */
    int64_t upto; /* QUEUE_REFOLD: how many events of the log it stands for; the next item is the
                     one after them */
};

struct queue *queue_new(size_t limit_bytes);
void queue_free(struct queue *queue); /* frees what is still in it */

/* Takes ownership of the event (or the board). Above the limit: a `progress` is dropped and
 * counted; anything else waits for room. Safe from any thread. */
void queue_push(struct queue *queue, struct item item);
/* The same, but never waits: false (nothing taken) when there is no room. */
bool queue_try_push(struct queue *queue, struct item item);

/* Up to `most` items, in order of push; 0 when empty. Consumer only. */
size_t queue_pop(struct queue *queue, struct item *items, size_t most);
/* Readable while there is something to pop. Consumer only. */
int queue_fd(const struct queue *queue);
/* Wait until there is something to pop or `timeout_ms` passed (-1: no limit). */
void queue_wait(struct queue *queue, int timeout_ms);

int64_t queue_dropped(struct queue *queue);
/* Share of the bound in use, 0..1 (above 1: one event larger than all of it). For a producer that
 * would rather hold back than fill the rest. */
double queue_load(struct queue *queue);

#endif
