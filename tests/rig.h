/* rig: a run on fake engines for tests: options, run, bench and queue, and what came out of it. */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include "base/clock.h"
#include "fake_engine.h"
#include "suites/runner.h"

#define RIG_EVENTS 4096
#define RIG_WAIT_US INT64_C(90000000) /* only a run that hangs takes so long */

struct rig {
    struct options options;
    struct run run;
    struct bench bench;
    struct queue *queue;
    struct runner *runner;
    struct event *events[RIG_EVENTS];
    size_t count;
};

static inline const char *rig_key(const char *variable) {
    if (strcmp(variable, "RIG_BAD_KEY") == 0)
        return "two words";
    return strcmp(variable, "RIG_KEY") == 0 ? "s3cret" : NULL;
}

static inline const struct dialect *rig_dialect(const struct endpoint *endpoint) {
    (void)endpoint;
    return &dialect_openai;
}

static inline void rig_begin(struct rig *rig) {
    *rig = (struct rig){0};
    http_global_init();
    options_init(&rig->options);
    rig->options.suites[SUITE_AGENTIC] = true;
    rig->options.quick = true;
    rig->options.passes = 1;
    rig->options.pause_s = 0;
    rig->options.seed = 7;
    rig->options.seed_set = true;
}

/* `text` as on the command line, with the port put in for %d. */
static inline void rig_endpoint(struct rig *rig, const char *name, int port, const char *more) {
    struct options *options = &rig->options;
    char *text = mem_format("%s=http://127.0.0.1:%d%s", name, port, more);
    options->endpoints =
        mem_resize(options->endpoints, options->endpoint_count + 1, sizeof *options->endpoints);
    struct endpoint *endpoint = &options->endpoints[options->endpoint_count++];
    endpoint_init(endpoint);
    struct error error = {0};
    if (!endpoint_parse(text, endpoint, &error))
        die("rig: %s", error.text);
    free(text);
}

static inline void rig_plan(struct rig *rig) {
    run_init(&rig->run);
    runner_plan(&rig->run, &rig->options);
    rig->queue = queue_new((size_t)16 << 20);
    rig->bench.run = &rig->run;
    rig->bench.options = &rig->options;
    rig->bench.queue = rig->queue;
    rig->bench.epoch_ns = clock_ns();
    rig->bench.key_of = rig_key;
    rig->bench.dialect_of = rig_dialect;
    atomic_init(&rig->bench.next_id, 1);
    atomic_init(&rig->bench.stop, false);
}

/* Takes what is there; waits for the first at most `timeout_ms`. */
static inline void rig_take(struct rig *rig, int timeout_ms) {
    struct item items[64];
    size_t got;
    queue_wait(rig->queue, timeout_ms);
    while ((got = queue_pop(rig->queue, items, 64)) > 0)
        for (size_t i = 0; i < got; i++) {
            if (rig->count == RIG_EVENTS)
                abort();
            rig->events[rig->count++] = items[i].event;
        }
}

typedef bool rig_match(const struct event *event);

/* Runs on until an event is there for which `match` holds; its place, or -1 after RIG_WAIT_US. */
static inline int rig_until(struct rig *rig, size_t from, rig_match *match) {
    int64_t until = clock_us() + RIG_WAIT_US;
    size_t at = from;
    while (clock_us() < until) {
        for (; at < rig->count; at++)
            if (match(rig->events[at]))
                return (int)at;
        rig_take(rig, 50);
    }
    return -1;
}

static inline bool rig_is_end(const struct event *event) {
    return event->kind == EVENT_RUN_END;
}

static inline void rig_done(struct rig *rig) {
    if (rig->runner)
        runner_free(rig->runner);
    for (size_t i = 0; i < rig->count; i++)
        event_free(rig->events[i]);
    queue_free(rig->queue);
    run_done(&rig->run);
    options_done(&rig->options);
    http_global_done();
}

static inline size_t rig_kind(const struct rig *rig, enum event_kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < rig->count; i++)
        count += rig->events[i]->kind == kind;
    return count;
}

/* The last end of this phase of endpoint `ep`; NULL if there is none. */
static inline const struct event_phase *rig_phase_end(const struct rig *rig, int ep,
                                                      const char *phase) {
    for (size_t i = rig->count; i > 0; i--) {
        const struct event *event = rig->events[i - 1];
        if (event->kind == EVENT_PHASE_END && event->phase.ep == ep &&
            strcmp(event->phase.phase, phase) == 0)
            return &event->phase;
    }
    return NULL;
}

static inline const struct call *rig_call_end(const struct rig *rig, int ep, const char *phase) {
    for (size_t i = rig->count; i > 0; i--) {
        const struct event *event = rig->events[i - 1];
        if (event->kind == EVENT_CALL_END && event->call.ep == ep &&
            strcmp(event->call.phase, phase) == 0)
            return &event->call;
    }
    return NULL;
}

static inline bool rig_noted(const struct rig *rig, const char *part) {
    for (size_t i = 0; i < rig->count; i++)
        if (rig->events[i]->kind == EVENT_NOTE && strstr(rig->events[i]->note.text, part))
            return true;
    return false;
}

#endif
