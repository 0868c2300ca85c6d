/* schedule: when a simulated engine does what. Slots, their queue, prefill one prompt at a time,
 * decode at a rate that depends on how many decode. A discrete simulation on absolute times: what
 * is processed late is still stamped with the time it was due, so lateness never adds up.
 * Knows no clock and no I/O: the caller says what time it is. */
#ifndef SIM_SCHEDULE_H
#define SIM_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/meter.h"

struct job; /* the owner's own */

/* Held: its prefill is over, those of the others are not (lock-step). */
enum task_state { TASK_IDLE, TASK_QUEUED, TASK_WAITING, TASK_PREFILL, TASK_HELD, TASK_DECODE };

/* One request as the schedule sees it; embedded in the owner's job. */
struct task {
    struct job *job;
    enum task_state state;
    int64_t slot_ns;    /* when it got a slot */
    int64_t ready_ns;   /* slot + overhead */
    int64_t prefill_ns; /* when its prefill is over: its first token is due */
    double base;        /* engine's progress at the first token, steps */
    int64_t steps;      /* done since */
    double target;      /* progress at which the next step is due */
    uint64_t noise;     /* state of its own jitter and wobble */
    double pace;        /* what a step takes, of the engine's own; 1: no wobble */
    size_t heap_at;
    struct task *previous, *next;
};

/* Called by schedule_submit and schedule_advance at the times that were due. */
struct schedule_handler {
    void (*slot)(struct job *job, int64_t due_ns);
    /* Prefill begins: how many tokens must be computed. */
    int64_t (*prefill)(struct job *job, int64_t due_ns);
    /* A decode step is due; the first is the end of the prefill. False: that was the last. */
    bool (*step)(struct job *job, int64_t due_ns);
    /* The schedule has forgotten the task; the job may be freed. */
    void (*over)(struct job *job, int64_t due_ns);
};

struct task_list {
    struct task *first, *last;
    size_t count;
};

struct schedule {
    const struct schedule_handler *handler;
    double prefill_tps;
    double step_rate; /* steps/s of one stream alone */
    double gain, jitter, wobble;
    int collapse_above; /* requests in the house; 0: never */
    double collapse_gain;
    int64_t overhead_ns;
    int slots, slots_used;
    bool lock_step;
    struct meter *meter; /* borrowed: is told what the engine does; or NULL */

    struct task_list queue;   /* no slot yet */
    struct task_list waiting; /* have a slot, their prefill has not begun */
    struct task *prefilling;
    struct task_list held; /* lock-step: wait for the last prefill */
    int64_t prefill_free_ns;

    struct task **heap; /* decoding, by target */
    size_t count, capacity;
    double progress, rate; /* steps at `anchor_ns`, and steps/s of every stream since */
    int64_t anchor_ns;
};

void schedule_init(struct schedule *schedule, const struct schedule_handler *handler);
void schedule_done(struct schedule *schedule); /* forgets the tasks */

/* A request came in at `now_ns`. `task` must live until `over` or schedule_cancel. */
void schedule_submit(struct schedule *schedule, struct task *task, int64_t now_ns);
void schedule_cancel(struct schedule *schedule, struct task *task, int64_t now_ns);
/* Everything that is due up to now, in order of its due time. */
void schedule_advance(struct schedule *schedule, int64_t now_ns);
/* When the next thing is due; INT64_MAX: nothing to do. */
int64_t schedule_next_ns(const struct schedule *schedule);

#endif
