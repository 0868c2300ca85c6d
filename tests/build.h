/* build: runs and events in a line each, for tests of what folds or draws them. Static inline
 * functions only. Times are µs since the run's start unless the name says ms.
 *
 *     struct run run = build_run(2, 3);               endpoints "a", "b" on lane "box", 3 passes
 *     build_plan(&run, SUITE_AGENTIC, "cold warm");
 *     struct board *board = board_new(&run);
 *     build_phase_start(board, 0, 0, SUITE_AGENTIC, "cold", 0);
 *     struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 1000, 2074, 100, 400);
 *     build_whole_call(board, &call);                 call_start, first_token, call_end
 *     build_phase_end(board, call.end_us, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL); */
#ifndef TESTS_BUILD_H
#define TESTS_BUILD_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/board.h"

#define BUILD_LANE "box"

/* The caller calls run_done. */
static inline struct run build_run(int endpoints, int passes) {
    struct run run;
    run_init(&run);
    run.version = mem_string("test");
    run.id = mem_string("20261120T180211Z-test-0001");
    run.started = mem_string("2026-11-20T18:02:11Z");
    run.salt = mem_string("random");
    run.seed = 1;
    run.passes = passes;
    limits_default(&run.limits);
    run.endpoints = mem_zero((size_t)endpoints, sizeof *run.endpoints);
    run.endpoint_count = (size_t)endpoints;
    for (int i = 0; i < endpoints; i++) {
        struct endpoint *endpoint = &run.endpoints[i];
        endpoint_init(endpoint);
        endpoint->ep = i;
        endpoint->name = mem_format("%c", 'a' + i % 26);
        endpoint->url = mem_format("http://127.0.0.1:%d", 8000 + i);
        endpoint->engine = ENGINE_LLAMACPP;
        endpoint->model = mem_string("tiny");
        endpoint->lane = mem_string(BUILD_LANE);
    }
    return run;
}

/* Phases separated by spaces. */
static inline void build_plan(struct run *run, enum suite_id suite, const char *phases) {
    run->plans = mem_resize(run->plans, run->plan_count + 1, sizeof *run->plans);
    struct plan *plan = &run->plans[run->plan_count++];
    *plan = (struct plan){.suite = suite};
    while (*phases) {
        size_t length = strcspn(phases, " ");
        plan->phases = mem_resize(plan->phases, plan->phase_count + 1, sizeof *plan->phases);
        char *phase = mem_bytes(phases, length);
        copy_text(plan->phases[plan->phase_count++], PHASE_MAX, phase);
        free(phase);
        phases += length + strspn(phases + length, " ");
    }
}

#define BUILD_AGENTIC                                                                              \
    "warmup cold warm prefix-test-1 prefix-test-2 prefix-test-3 cold-other long-context "          \
    "long-prefix cold-prefix cold-control"

/* Apply and free. */
static inline void build_apply(struct board *board, struct event *event) {
    board_apply(board, event);
    event_free(event);
}

static inline void build_phase_start(struct board *board, int64_t t, int ep, enum suite_id suite,
                                     const char *phase, int pass) {
    struct event *event = event_new(EVENT_PHASE_START, t);
    event->phase.ep = ep;
    event->phase.suite = suite;
    event->phase.pass = pass;
    copy_text(event->phase.phase, PHASE_MAX, phase);
    build_apply(board, event);
}

static inline void build_phase_end(struct board *board, int64_t t, int ep, enum suite_id suite,
                                   const char *phase, int pass, enum phase_status status,
                                   const char *reason) {
    struct event *event = event_new(EVENT_PHASE_END, t);
    event->phase.ep = ep;
    event->phase.suite = suite;
    event->phase.pass = pass;
    event->phase.status = status;
    event->phase.reason = mem_string(reason);
    copy_text(event->phase.phase, PHASE_MAX, phase);
    build_apply(board, event);
}

/* An ok call with usage: TTFT `ttft_ms`, then `tokens` at `tps`; ends with its last token. 2,000
 * prompt tokens of 8,000 characters, 7,200 of them shared; cached unknown. Change what the test is
 * about. */
static inline struct call build_call(int64_t id, int ep, enum suite_id suite, const char *phase,
                                     int pass, int64_t start_us, double ttft_ms, double tps,
                                     int64_t tokens) {
    struct call call;
    call_init(&call);
    call.id = id;
    call.ep = ep;
    call.suite = suite;
    copy_text(call.phase, PHASE_MAX, phase);
    call.pass = pass;
    call.index = 0;
    call.attempt = 0;
    call.start_us = start_us;
    call.sent_us = start_us + 200;
    call.first_token_us = start_us + (int64_t)llround(ttft_ms * 1e3);
    call.first_byte_us = call.first_token_us;
    call.first_content_us = call.first_token_us;
    call.last_token_us = call.first_token_us + (int64_t)llround((double)(tokens - 1) * 1e6 / tps);
    call.end_us = call.last_token_us;
    call.http_status = 200;
    call.prompt_tokens = 2000;
    call.completion_tokens = tokens;
    call.tokens_source = TOKENS_USAGE;
    call.chunks = (int)tokens;
    call.content_chars = 4 * tokens;
    call.prompt_chars = 8000;
    call.shared_chars = 7200;
    call.max_tokens = 400;
    call.thinking = THINKING_OFF;
    copy_text(call.finish, sizeof call.finish, "stop");
    call.ok = true;
    call.ttft_ms = ttft_ms;
    call.decode_tps = tokens > 1 ? tps : NAN;
    return call;
}

/* Make a call a failed one. */
static inline void build_fail(struct call *call, enum error_class error) {
    call->ok = false;
    call->error = error;
    call->finish[0] = '\0';
    call->http_status = error == ERROR_HTTP_5XX ? 500 : 0;
    call->first_byte_us = call->first_token_us = call->first_content_us = MARK_NONE;
    call->last_token_us = MARK_NONE;
    call->ttft_ms = call->decode_tps = NAN;
    call->completion_tokens = call->prompt_tokens = COUNT_NONE;
    call->tokens_source = TOKENS_UNKNOWN;
}

static inline void build_call_start(struct board *board, int64_t t, const struct call *call) {
    struct event *event = event_new(EVENT_CALL_START, t);
    event->call_start.id = call->id;
    event->call_start.ep = call->ep;
    event->call_start.suite = call->suite;
    event->call_start.pass = call->pass;
    event->call_start.index = call->index;
    event->call_start.attempt = call->attempt;
    copy_text(event->call_start.phase, PHASE_MAX, call->phase);
    build_apply(board, event);
}

static inline void build_first_token(struct board *board, int64_t t, int64_t id) {
    struct event *event = event_new(EVENT_FIRST_TOKEN, t);
    event->first_token.id = id;
    build_apply(board, event);
}

static inline void build_progress(struct board *board, int64_t t, int64_t id, int64_t tokens) {
    struct event *event = event_new(EVENT_PROGRESS, t);
    event->progress.lane = mem_string(BUILD_LANE);
    event->progress.calls = mem_zero(1, sizeof *event->progress.calls);
    event->progress.calls[0] = (struct progress){id, tokens};
    event->progress.count = 1;
    build_apply(board, event);
}

/* Takes nothing: owned strings of `call` stay the caller's. */
static inline void build_call_end(struct board *board, int64_t t, const struct call *call) {
    struct event event = {.t = t, .kind = EVENT_CALL_END};
    event.call = *call;
    board_apply(board, &event);
}

/* call_start, first_token (when reached) and call_end at the call's own times. */
static inline void build_whole_call(struct board *board, const struct call *call) {
    build_call_start(board, call->start_us, call);
    if (call->first_token_us != MARK_NONE)
        build_first_token(board, call->first_token_us, call->id);
    build_call_end(board, call->end_us, call);
}

/* phase_start, one call, phase_end (done). Returns when it ended. */
static inline int64_t build_phase(struct board *board, const struct call *call) {
    build_phase_start(board, call->start_us, call->ep, call->suite, call->phase, call->pass);
    build_whole_call(board, call);
    build_phase_end(board, call->end_us, call->ep, call->suite, call->phase, call->pass, PHASE_DONE,
                    NULL);
    return call->end_us;
}

/* A sample of BUILD_LANE with nothing known; fill it and pass it to build_apply. */
static inline struct event *build_sample(int64_t t) {
    struct event *event = event_new(EVENT_SAMPLE, t);
    event->sample.lane = mem_string(BUILD_LANE);
    return event;
}

static inline void build_rail(struct sample *sample, const char *name, double joules,
                              int64_t pub_us) {
    sample->rails = mem_resize(sample->rails, sample->rail_count + 1, sizeof *sample->rails);
    struct rail *rail = &sample->rails[sample->rail_count++];
    *rail = (struct rail){.energy_j = joules, .pub_us = pub_us};
    copy_text(rail->name, sizeof rail->name, name);
}

static inline void build_engine(struct sample *sample, int ep, int pid, double rss_mb) {
    sample->engines =
        mem_resize(sample->engines, sample->engine_count + 1, sizeof *sample->engines);
    sample->engines[sample->engine_count++] = (struct engine_memory){ep, pid, rss_mb, NAN};
}

static inline void build_other(struct sample *sample, enum engine_id engine, int pid) {
    sample->others = mem_resize(sample->others, sample->other_count + 1, sizeof *sample->others);
    sample->others[sample->other_count++] = (struct resident){(int)engine, pid};
}

static inline void build_score(struct board *board, int64_t t, int ep, enum suite_id suite,
                               const char *item, int turn, int pass, double points) {
    struct event *event = event_new(EVENT_SCORE, t);
    event->score.ep = ep;
    event->score.suite = suite;
    event->score.turn = turn;
    event->score.pass = pass;
    event->score.points = points;
    copy_text(event->score.item, sizeof event->score.item, item);
    build_apply(board, event);
}

static inline void build_figure(struct board *board, int ep, enum suite_id suite, const char *phase,
                                const char *metric, const char *stat, double value, int64_t n) {
    struct event *event = event_new(EVENT_FIGURE, 0);
    event->figure.ep = ep;
    event->figure.suite = suite;
    event->figure.value = value;
    event->figure.n = n;
    copy_text(event->figure.phase, PHASE_MAX, phase);
    copy_text(event->figure.metric, sizeof event->figure.metric, metric);
    copy_text(event->figure.stat, sizeof event->figure.stat, stat);
    build_apply(board, event);
}

static inline void build_run_end(struct board *board, int64_t t, enum run_status status) {
    struct event *event = event_new(EVENT_RUN_END, t);
    event->run_end.status = status;
    build_apply(board, event);
}

#endif
