/* loop: one libevent base, owned by one thread. Timers with µs precision, deferred work, stopping
 * from another thread. Keeps event2 out of everybody else's sight. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop); /* for http.c and the simulator only */

/* Run until loop_break or loop_wake. Returns when one of them was called. */
void loop_run(struct loop *loop);
/* Run for at most `us`; returns earlier on loop_break or loop_wake. */
void loop_run_for(struct loop *loop, int64_t us);
void loop_break(struct loop *loop); /* from a callback of this loop */
void loop_wake(struct loop *loop);  /* from any thread: the current or next run returns */

/* How late the loop served timers since the last call (largest, µs): our own lateness. */
int64_t loop_lateness_us(struct loop *loop);

#endif
