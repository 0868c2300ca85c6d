#include "sim/schedule.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/stats.h"

/* ---- lists ---- */

static void list_append(struct task_list *list, struct task *task) {
    task->next = NULL;
    task->previous = list->last;
    if (list->last != NULL)
        list->last->next = task;
    else
        list->first = task;
    list->last = task;
    list->count++;
}

static void list_remove(struct task_list *list, struct task *task) {
    if (task->previous != NULL)
        task->previous->next = task->next;
    else
        list->first = task->next;
    if (task->next != NULL)
        task->next->previous = task->previous;
    else
        list->last = task->previous;
    task->previous = task->next = NULL;
    list->count--;
}

/* ---- heap of decoding tasks, smallest target first ---- */

static void heap_put(struct schedule *s, size_t at, struct task *task) {
    s->heap[at] = task;
    task->heap_at = at;
}

static void heap_up(struct schedule *s, size_t at) {
    struct task *task = s->heap[at];
    while (at > 0 && s->heap[(at - 1) / 2]->target > task->target) {
        heap_put(s, at, s->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_put(s, at, task);
}

static void heap_down(struct schedule *s, size_t at) {
    struct task *task = s->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= s->count)
            break;
        if (child + 1 < s->count && s->heap[child + 1]->target < s->heap[child]->target)
            child++;
        if (s->heap[child]->target >= task->target)
            break;
        heap_put(s, at, s->heap[child]);
        at = child;
    }
    heap_put(s, at, task);
}

static void heap_add(struct schedule *s, struct task *task) {
    s->heap = mem_grow(s->heap, s->count, &s->capacity, sizeof *s->heap);
    s->heap[s->count] = task;
    heap_up(s, s->count++);
}

static void heap_remove(struct schedule *s, struct task *task) {
    size_t at = task->heap_at;
    struct task *last = s->heap[--s->count];
    if (last == task)
        return;
    heap_put(s, at, last);
    heap_up(s, at);
    heap_down(s, last->heap_at);
}

/* ---- decode ---- */

/* Bring progress up to `at_ns`, before the number of streams changes there. */
static void settle(struct schedule *s, int64_t at_ns) {
    s->progress += (double)(at_ns - s->anchor_ns) * 1e-9 * s->rate;
    s->anchor_ns = at_ns;
}

/* n streams together go at step_rate × n^gain; too many requests in the house slow them down. */
static void set_rate(struct schedule *s) {
    s->rate = s->count > 0 ? s->step_rate * pow((double)s->count, s->gain - 1) : 0;
    double load = (double)s->slots_used + (double)s->queue.count;
    if (s->collapse_above > 0 && load > s->collapse_above)
        s->rate *= pow(load / s->collapse_above, s->collapse_gain);
}

static void tell_meter(struct schedule *s, int64_t at_ns) {
    if (s->meter == NULL)
        return;
    enum meter_mode busy = s->count > 0 ? METER_DECODE : METER_IDLE;
    meter_set(s->meter, s->prefilling != NULL ? METER_PREFILL : busy, at_ns);
}

static int64_t step_due_ns(const struct schedule *s) {
    double ns = (s->heap[0]->target - s->progress) / s->rate * 1e9;
    return s->anchor_ns + (int64_t)llround(fmax(ns, 0));
}

/* The jitter of a task is its own, whatever the others do. */
static double noise(struct task *task) {
    return (double)(stats_random(&task->noise) >> 11) * 0x1p-53;
}

/* Jitter moves a step, wobble all of them: figures of a call differ by it as real engines' do. */
static double draw_pace(const struct schedule *s, struct task *task) {
    return s->wobble > 0 ? 1 + s->wobble * noise(task) : 1;
}

static void aim(const struct schedule *s, struct task *task) {
    task->target = task->base + (double)(task->steps + 1) * task->pace;
    if (s->jitter > 0)
        task->target += s->jitter * noise(task);
}

/* ---- slots and prefill ---- */

static void give_slot(struct schedule *s, struct task *task, int64_t at_ns) {
    s->slots_used++;
    task->state = TASK_WAITING;
    task->slot_ns = at_ns;
    task->ready_ns = at_ns + s->overhead_ns;
    list_append(&s->waiting, task);
    s->handler->slot(task->job, at_ns);
}

static void free_slot(struct schedule *s, int64_t at_ns) {
    s->slots_used--;
    struct task *task = s->queue.first;
    if (task == NULL)
        return;
    list_remove(&s->queue, task);
    give_slot(s, task, at_ns);
}

static int64_t prefill_due_ns(const struct schedule *s) {
    int64_t ready = s->waiting.first->ready_ns;
    return ready > s->prefill_free_ns ? ready : s->prefill_free_ns;
}

static void begin_prefill(struct schedule *s, int64_t at_ns) {
    struct task *task = s->waiting.first;
    list_remove(&s->waiting, task);
    task->state = TASK_PREFILL;
    s->prefilling = task;
    double seconds = (double)s->handler->prefill(task->job, at_ns) / s->prefill_tps;
    seconds *= draw_pace(s, task);
    task->prefill_ns = at_ns + (int64_t)llround(seconds * 1e9);
    s->prefill_free_ns = task->prefill_ns;
    tell_meter(s, at_ns);
}

static void step_or_end(struct schedule *s, struct task *task, int64_t due_ns) {
    if (s->handler->step(task->job, due_ns))
        return;
    settle(s, due_ns);
    heap_remove(s, task);
    task->state = TASK_IDLE;
    s->handler->over(task->job, due_ns);
    free_slot(s, due_ns);
    set_rate(s);
    tell_meter(s, due_ns);
    if (s->lock_step && s->prefill_free_ns < due_ns)
        s->prefill_free_ns = due_ns;
}

static void begin_decode(struct schedule *s, struct task *task, int64_t at_ns) {
    settle(s, at_ns);
    task->state = TASK_DECODE;
    task->base = s->progress;
    task->steps = 0;
    task->pace = draw_pace(s, task);
    aim(s, task);
    heap_add(s, task);
    set_rate(s);
    tell_meter(s, at_ns);
}

static void end_prefill(struct schedule *s) {
    struct task *task = s->prefilling;
    int64_t at_ns = task->prefill_ns;
    s->prefilling = NULL;
    if (s->lock_step) {
        task->state = TASK_HELD;
        list_append(&s->held, task);
        tell_meter(s, at_ns);
        return;
    }
    begin_decode(s, task, at_ns);
    step_or_end(s, task, at_ns);
}

/* ---- lock-step ---- */

static bool is_batch_ready(const struct schedule *s) {
    return s->held.first != NULL && s->prefilling == NULL && s->waiting.first == NULL &&
           s->count == 0;
}

/* All that were held begin together: their first tokens are due at the same time. */
static void release_batch(struct schedule *s, int64_t at_ns) {
    struct task_list batch = s->held;
    s->held = (struct task_list){0};
    for (struct task *task = batch.first, *next; task != NULL; task = next) {
        next = task->next;
        task->previous = task->next = NULL;
        task->prefill_ns = at_ns;
        begin_decode(s, task, at_ns);
    }
    size_t count = s->count;
    struct task **tasks = mem_alloc(count * sizeof(*tasks));
    memcpy(tasks, s->heap, count * sizeof(*tasks));
    for (size_t i = 0; i < count; i++)
        step_or_end(s, tasks[i], at_ns);
    free(tasks);
}

static void take_step(struct schedule *s, int64_t due_ns) {
    struct task *task = s->heap[0];
    task->steps++;
    aim(s, task);
    heap_down(s, 0);
    step_or_end(s, task, due_ns);
}

/* ---- interface ---- */

void schedule_init(struct schedule *schedule, const struct schedule_handler *handler) {
    memset(schedule, 0, sizeof *schedule);
    schedule->handler = handler;
    schedule->slots = 1;
}

void schedule_done(struct schedule *schedule) {
    free(schedule->heap);
    memset(schedule, 0, sizeof *schedule);
}

/* How many are in the house has changed. */
static void change_load(struct schedule *s, int64_t now_ns) {
    if (s->collapse_above == 0)
        return;
    if (now_ns > s->anchor_ns)
        settle(s, now_ns);
    set_rate(s);
}

void schedule_submit(struct schedule *schedule, struct task *task, int64_t now_ns) {
    assert(task->state == TASK_IDLE);
    if (schedule->slots_used < schedule->slots) {
        give_slot(schedule, task, now_ns);
    } else {
        task->state = TASK_QUEUED;
        list_append(&schedule->queue, task);
    }
    change_load(schedule, now_ns);
}

void schedule_cancel(struct schedule *schedule, struct task *task, int64_t now_ns) {
    enum task_state state = task->state;
    task->state = TASK_IDLE;
    switch (state) {
    case TASK_IDLE:
        return;
    case TASK_QUEUED:
        list_remove(&schedule->queue, task);
        change_load(schedule, now_ns);
        return;
    case TASK_WAITING:
        list_remove(&schedule->waiting, task);
        break;
    case TASK_PREFILL:
        schedule->prefilling = NULL;
        schedule->prefill_free_ns = now_ns;
        break;
    case TASK_HELD:
        list_remove(&schedule->held, task);
        break;
    case TASK_DECODE:
        if (now_ns > schedule->anchor_ns)
            settle(schedule, now_ns);
        heap_remove(schedule, task);
        set_rate(schedule);
        break;
    }
    free_slot(schedule, now_ns);
    change_load(schedule, now_ns);
    tell_meter(schedule, now_ns);
    if (schedule->lock_step && schedule->prefill_free_ns < now_ns && !schedule->prefilling)
        schedule->prefill_free_ns = now_ns;
}

int64_t schedule_next_ns(const struct schedule *schedule) {
    int64_t next = INT64_MAX;
    bool closed = schedule->lock_step && schedule->count > 0; /* a batch takes nobody in */
    if (schedule->prefilling != NULL)
        next = schedule->prefilling->prefill_ns;
    else if (schedule->waiting.first != NULL && !closed)
        next = prefill_due_ns(schedule);
    else if (is_batch_ready(schedule))
        next = schedule->prefill_free_ns;
    if (schedule->count > 0) {
        int64_t step = step_due_ns(schedule);
        if (step < next)
            next = step;
    }
    return next;
}

void schedule_advance(struct schedule *schedule, int64_t now_ns) {
    for (;;) {
        int64_t due = schedule_next_ns(schedule);
        if (due > now_ns)
            return;
        if (schedule->count > 0 && step_due_ns(schedule) <= due)
            take_step(schedule, due);
        else if (schedule->prefilling != NULL)
            end_prefill(schedule);
        else if (is_batch_ready(schedule))
            release_batch(schedule, due);
        else
            begin_prefill(schedule, due);
    }
}
