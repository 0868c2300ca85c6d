/* bench_fold EVENTS DIR: write a log of so many events (eight endpoints, calls with progress and
 * chunk times, samples), then read and fold it. Prints cpu_s and the log's size. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "build.h"
#include "store/fold.h"
#include "store/log.h"

#define TOKENS 400
#define PROGRESS 40

static struct error error;

static void put(struct log_writer *log, struct event *event) {
    if (!log_append(log, event, &error))
        die("bench_fold: %s", error.text);
    event_free(event);
}

static void put_phase(struct log_writer *log, enum event_kind kind, int64_t t, int ep, int pass,
                      const char *phase) {
    struct event *event = event_new(kind, t);
    event->phase =
        (struct event_phase){.ep = ep, .suite = SUITE_AGENTIC, .pass = pass, .status = PHASE_DONE};
    copy_text(event->phase.phase, PHASE_MAX, phase);
    put(log, event);
}

/* One call with its phase: 45 events, or 46 with a sample. */
static void put_call(struct log_writer *log, int64_t t, int64_t id, int ep, int pass,
                     const char *phase) {
    put_phase(log, EVENT_PHASE_START, t, ep, pass, phase);
    struct event *event = event_new(EVENT_CALL_START, t);
    event->call_start =
        (struct event_call_start){.id = id, .ep = ep, .suite = SUITE_AGENTIC, .pass = pass};
    copy_text(event->call_start.phase, PHASE_MAX, phase);
    put(log, event);
    struct call call = build_call(id, ep, SUITE_AGENTIC, phase, pass, t, 500, 100, TOKENS);
    event = event_new(EVENT_FIRST_TOKEN, call.first_token_us);
    event->first_token.id = id;
    put(log, event);
    for (int i = 1; i <= PROGRESS; i++) {
        event = event_new(EVENT_PROGRESS, call.first_token_us + i * 100000);
        event->progress.lane = mem_string(BUILD_LANE);
        event->progress.calls = mem_alloc(sizeof *event->progress.calls);
        event->progress.calls[event->progress.count++] = (struct progress){id, i * 10};
        put(log, event);
    }
    event = event_new(EVENT_CALL_END, call.end_us);
    event->call = call;
    event->call.chunk_us_count = TOKENS - 1;
    event->call.chunk_us = mem_alloc((TOKENS - 1) * sizeof *event->call.chunk_us);
    for (int i = 0; i < TOKENS - 1; i++)
        event->call.chunk_us[i] = 9900 + i % 200;
    put(log, event);
    put_phase(log, EVENT_PHASE_END, call.end_us, ep, pass, phase);
}

static char *write_log(const char *directory, int64_t events) {
    struct run run = build_run(8, 1000);
    build_plan(&run, SUITE_AGENTIC, BUILD_AGENTIC);
    struct log_writer *log = log_create(directory, &run, &error);
    if (!log)
        die("bench_fold: %s", error.text);
    int64_t t = 0, id = 1;
    for (int pass = 0; log_count(log) < events; pass++)
        for (size_t phase = 0; phase < run.plans[0].phase_count; phase++)
            for (int ep = 0; ep < 8 && log_count(log) < events; ep++, t += 5000000) {
                put_call(log, t, id++, ep, pass, run.plans[0].phases[phase]);
                put(log, build_sample(t + 4900000));
            }
    char *path = mem_string(log_path(log));
    log_close(log);
    run_done(&run);
    return path;
}

int main(int argc, char **argv) {
    if (argc != 3)
        die("usage: bench_fold EVENTS DIR");
    char *path = write_log(argv[2], strtoll(argv[1], NULL, 10));
    struct stat info;
    stat(path, &info);
    int64_t cpu = clock_cpu_us();
    struct board *board = fold_log(path, &error);
    cpu = clock_cpu_us() - cpu;
    if (!board)
        die("bench_fold: %s", error.text);
    printf("events=%lld cpu_s=%.3f log_mb=%.1f\n", (long long)board->events, (double)cpu / 1e6,
           (double)info.st_size / 1e6);
    board_free(board);
    unlink(path);
    free(path);
    return 0;
}
