#include "live_run.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engines/identify.h"
#include "engines/processes.h"
#include "host/host.h"
#include "host/sampler.h"
#include "store/recorder.h"
#include "store/results.h"
#include "suites/runner.h"

#define QUEUE_BYTES ((size_t)32 << 20)

struct live_run {
    struct run run;
    struct bench bench;
    struct queue *queue;
    struct recorder *recorder;
    struct sampler *sampler;
    struct runner *runner;
    char *path;
};

/* The only reader of the environment in a run: a key, when a request is built. */
const char *live_run_key(const char *variable) {
    return getenv(variable);
}

static bool plan_run(struct live_run *live, const struct options *options,
                     const struct resume *resume, struct error *error) {
    struct run *run = &live->run;
    char started[CLOCK_ISO_SIZE];
    struct buf resolved;
    run_init(run);
    clock_iso(started);
    run->version = mem_string(PITWALL_VERSION);
    run->started = mem_string(started);
    run->id = results_run_id(command_word(options->command));
    buf_init(&resolved, 1 << 20);
    options_resolved(options, &resolved);
    run->options = buf_take(&resolved);
    runner_plan(run, options);
    struct host *host = host_new();
    host_machine(host, &run->machine);
    host_free(host);
    if (!resume)
        return true;
    run->resumes = mem_string(resume->run.id);
    run->limits = resume->run.limits;
    return resume_fits(resume, run, error);
}

/* What the older logs hold comes first, as after a stall of the feed: it is folded from them. */
static void begin(struct live_run *live, struct queue *feed, int source) {
    const struct resume *resume = live->bench.resume;
    queue_push(feed, (struct item){.source = source, .mark = QUEUE_REFOLD});
    struct event *note = event_note_new(
        resume->base_us, NOTE_WARN, -1,
        "resumes %s: from here on the %zu of %zu passes (suite × endpoint) that were missing",
        resume->run.id, resume->wanted, resume->units);
    queue_push(live->queue, (struct item){.mark = QUEUE_EVENT, .event = note});
}

struct live_run *live_run_start(const struct options *options, const struct resume *resume,
                                const char *directory, struct queue *feed, int source,
                                struct run *run, struct error *error) {
    struct live_run *live = mem_zero(1, sizeof *live);
    struct log_writer *log =
        plan_run(live, options, resume, error) ? log_create(directory, &live->run, error) : NULL;
    if (!log) {
        run_done(&live->run);
        free(live);
        return NULL;
    }
    live->path = mem_string(log_path(log));
    live->queue = queue_new(QUEUE_BYTES);
    live->bench.run = &live->run;
    live->bench.options = options;
    live->bench.resume = resume;
    live->bench.queue = live->queue;
    live->bench.epoch_ns = clock_ns() - (resume ? resume->base_us * 1000 : 0);
    live->bench.key_of = live_run_key;
    live->bench.dialect_of = engine_dialect;
    live->bench.identify = engine_meet;
    atomic_init(&live->bench.next_id, resume ? resume->next_id : 1);
    atomic_init(&live->bench.stop, false);
    run_copy(run, &live->run);
    if (resume)
        begin(live, feed, source);
    live->recorder = recorder_start(live->queue, log, feed, source);
    live->sampler = sampler_start(&live->run, live->queue, live->bench.epoch_ns, &engine_processes);
    live->runner = runner_start(&live->bench);
    return live;
}

void live_run_command(struct live_run *live, enum lane_command command, int ep) {
    runner_command(live->runner, command, ep);
}

void live_run_stop(struct live_run *live) {
    runner_stop(live->runner);
}

const char *live_run_path(const struct live_run *live) {
    return live->path;
}

bool live_run_finish(struct live_run *live, struct error *error) {
    runner_stop(live->runner);
    runner_free(live->runner);
    sampler_stop(live->sampler);
    bool written = recorder_finish(live->recorder, error);
    queue_free(live->queue);
    run_done(&live->run);
    free(live->path);
    free(live);
    return written;
}
