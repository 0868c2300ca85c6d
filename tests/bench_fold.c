/* bench_fold EVENTS DIR: write a log of so many events (eight endpoints, all suites: calls with
 * progress, chunk times, texts and scores, bursts, samples), then read and fold it. Prints cpu_s,
 * rss_mb, the log's size and its path; the log stays there. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "build.h"
#include "store/fold.h"
#include "store/log.h"

#define ENDPOINTS 8
#define TOKENS 400
#define PROGRESS 40
#define SAMPLE_US 1000000

/* The phases of a suite, and the calls of each. */
static const struct {
    enum suite_id suite;
    const char *phases;
    int calls;
    bool at_once;
} suites[] = {
    {SUITE_AGENTIC, BUILD_AGENTIC, 1, false},
    {SUITE_BURST, "burst-30", 30, true},
    {SUITE_TICK, "tick", 60, false},
    {SUITE_TOOL_CALL, "tool-call", 10, false},
    {SUITE_TOOL_CALL_STRESS, "tool-call-stress", 20, false},
    {SUITE_RECOVERY, "recovery", 10, false},
    {SUITE_THINKING, "thinking", 10, false},
    {SUITE_THINKING_ABLATION, "thinking-ablation", 10, false},
    {SUITE_INSTRUCT, "instruct", 20, false},
    {SUITE_RESEARCH_BRIEF, "research-brief", 4, false},
    {SUITE_ORDER_CONTROL, "order-control", 8, false},
    {SUITE_LOOP_SEARCH, "loop-search", 8, false},
    {SUITE_CODE_TRAPS, "code-traps", 10, false},
    {SUITE_ENDURANCE, "endurance", 40, false},
};

struct maker {
    struct log_writer *log;
    int64_t t, id, sampled_us;
    int ep, pass;
    enum suite_id suite;
    const char *phase;
};

static struct error error;

static void put(struct maker *maker, struct event *event) {
    if (!log_append(maker->log, event, &error))
        die("bench_fold: %s", error.text);
    event_free(event);
}

static void put_phase(struct maker *maker, enum event_kind kind) {
    struct event *event = event_new(kind, maker->t);
    event->phase = (struct event_phase){
        .ep = maker->ep, .suite = maker->suite, .pass = maker->pass, .status = PHASE_DONE};
    copy_text(event->phase.phase, PHASE_MAX, maker->phase);
    put(maker, event);
}

static void put_start(struct maker *maker, const struct call *call) {
    struct event *event = event_new(EVENT_CALL_START, call->start_us);
    event->call_start = (struct event_call_start){.id = call->id,
                                                  .ep = call->ep,
                                                  .suite = call->suite,
                                                  .pass = call->pass,
                                                  .index = call->index};
    copy_text(event->call_start.phase, PHASE_MAX, call->phase);
    put(maker, event);
}

static void put_progress(struct maker *maker, const struct call *calls, int count, int step) {
    int64_t t = calls[0].first_token_us + step * (int64_t)100000;
    struct event *event = event_new(EVENT_PROGRESS, t);
    event->progress.lane = mem_string(BUILD_LANE);
    event->progress.calls = mem_zero((size_t)count, sizeof *event->progress.calls);
    for (int i = 0; i < count; i++)
        event->progress.calls[event->progress.count++] =
            (struct progress){calls[i].id, step * INT64_C(10)};
    put(maker, event);
    if (t < maker->sampled_us + SAMPLE_US)
        return;
    event = build_sample(t);
    build_rail(&event->sample, "CPU", (double)t / 1e5, t - 2000);
    build_rail(&event->sample, "GPU", (double)t / 3e4, t - 1000);
    event->sample.swap_mb = 100;
    event->sample.thermal = THERMAL_NOMINAL;
    put(maker, event);
    maker->sampled_us = t;
}

static void put_end(struct maker *maker, const struct call *call) {
    struct event *event = event_new(EVENT_CALL_END, call->end_us);
    event->call = *call;
    event->call.chunk_us_count = TOKENS - 1;
    event->call.chunk_us = mem_alloc((TOKENS - 1) * sizeof *event->call.chunk_us);
    for (int i = 0; i < TOKENS - 1; i++)
        event->call.chunk_us[i] = 9900 + i % 200;
    put(maker, event);
    if (!suite_is_quality(call->suite))
        return;
    event = event_new(EVENT_CALL_OUTPUT, call->end_us);
    event->output.id = call->id;
    event->output.content = mem_format("answer %lld: as asked, in some words", (long long)call->id);
    put(maker, event);
    event = event_new(EVENT_SCORE, call->end_us);
    event->score = (struct event_score){.ep = call->ep,
                                        .suite = call->suite,
                                        .turn = call->index,
                                        .pass = call->pass,
                                        .points = call->index % 3 > 0};
    copy_text(event->score.item, sizeof event->score.item, call->phase);
    put(maker, event);
}

/* So many calls together. */
static void put_calls(struct maker *maker, int index, int count) {
    struct call *calls = mem_zero((size_t)count, sizeof *calls);
    for (int i = 0; i < count; i++) {
        calls[i] = build_call(maker->id++, maker->ep, maker->suite, maker->phase, maker->pass,
                              maker->t, 500, 100, TOKENS);
        calls[i].index = index + i;
        put_start(maker, &calls[i]);
    }
    for (int i = 0; i < count; i++) {
        struct event *event = event_new(EVENT_FIRST_TOKEN, calls[i].first_token_us);
        event->first_token.id = calls[i].id;
        put(maker, event);
    }
    for (int step = 1; step < PROGRESS; step++)
        put_progress(maker, calls, count, step);
    for (int i = 0; i < count; i++)
        put_end(maker, &calls[i]);
    maker->t = calls[0].end_us;
    free(calls);
}

static void put_suite(struct maker *maker, size_t at, const struct plan *plan) {
    for (size_t i = 0; i < plan->phase_count; i++) {
        int calls = suites[at].calls;
        maker->suite = plan->suite;
        maker->phase = plan->phases[i];
        put_phase(maker, EVENT_PHASE_START);
        for (int k = 0; k < calls; k += suites[at].at_once ? calls : 1)
            put_calls(maker, k, suites[at].at_once ? calls : 1);
        put_phase(maker, EVENT_PHASE_END);
        maker->t += 200000;
    }
}

static char *write_log(const char *directory, int64_t events) {
    struct run run = build_run(ENDPOINTS, 1000);
    for (size_t i = 0; i < COUNT_OF(suites); i++)
        build_plan(&run, suites[i].suite, suites[i].phases);
    struct maker maker = {.log = log_create(directory, &run, &error), .id = 1};
    if (!maker.log)
        die("bench_fold: %s", error.text);
    for (maker.pass = 0; log_count(maker.log) < events; maker.pass++)
        for (size_t i = 0; i < COUNT_OF(suites); i++)
            for (maker.ep = 0; maker.ep < ENDPOINTS && log_count(maker.log) < events; maker.ep++)
                put_suite(&maker, i, &run.plans[i]);
    struct event *end = event_new(EVENT_RUN_END, maker.t);
    end->run_end.status = RUN_COMPLETE;
    put(&maker, end);
    char *path = mem_string(log_path(maker.log));
    log_close(maker.log);
    run_done(&run);
    return path;
}

int main(int argc, char **argv) {
    if (argc != 3)
        die("usage: bench_fold EVENTS DIR");
    char *path = write_log(argv[2], strtoll(argv[1], NULL, 10));
    struct stat info;
    struct rusage usage;
    stat(path, &info);
    int64_t cpu = clock_cpu_us();
    struct board *board = fold_log(path, &error);
    cpu = clock_cpu_us() - cpu;
    if (!board)
        die("bench_fold: %s", error.text);
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    double rss_mb = (double)usage.ru_maxrss / 1048576;
#else
    double rss_mb = (double)usage.ru_maxrss / 1024;
#endif
    printf("events=%lld cpu_s=%.3f rss_mb=%.1f log_mb=%.1f log=%s\n", (long long)board->events,
           (double)cpu / 1e6, rss_mb, (double)info.st_size / 1e6, path);
    board_free(board);
    free(path);
    return 0;
}
