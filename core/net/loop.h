/* loop: one libevent base, owned by one thread. Timers good to some ms, deferred work, stopping from
 * another thread. Keeps event2 out of everybody else's sight. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop); /* for http.c and the simulator only */

/* Priorities of events on the base: what reads sockets comes first, work on what was read waits
 * until the ready sockets are drained. An event that sets none gets LOOP_LATER. */
enum loop_priority { LOOP_FIRST, LOOP_LATER, LOOP_PRIORITIES };

/* Run until loop_break or loop_wake. Returns when one of them was called. */
void loop_run(struct loop *loop);
/* Run for `us` (and up to some ms more); returns earlier on loop_break or loop_wake. */
void loop_run_for(struct loop *loop, int64_t us);
void loop_break(struct loop *loop); /* from a callback of this loop */
void loop_wake(struct loop *loop);  /* from any thread: the current or next run returns */

/* Whether the last run returned because of loop_wake (somebody outside wants attention). */
bool loop_was_woken(const struct loop *loop);

/* How late the loop served a timer of 20 a second since the last call (largest, µs): our own
 * lateness. */
int64_t loop_lateness_us(struct loop *loop);

/* The loop stood still: the process was suspended, the machine slept, or there was no processor to
 * be had. The process's own work is not that (a burst of thousands keeps it busy, and its lanes
 * compete): a gap counts by what its CPU time does not explain, from LOOP_STALL_US on, and only
 * where that is more than what it does. */
#define LOOP_STALL_US 500000
struct loop_stall {
    int64_t from_ns, to_ns; /* clock_ns(); it began and ended somewhere between */
    int64_t us;             /* how long, with the machine's sleep; 0: none so far */
};
/* The newest until now. */
struct loop_stall loop_stall(struct loop *loop);

#endif
