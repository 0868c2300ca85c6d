#include "suites/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/results.h"
#include "suites/lane_inner.h"

#define REFUSED_MS 1000             /* how long an engine that is not ours to start may refuse */
#define MACHINE_US INT64_C(2500000) /* of a run without endpoints: three samples */
#define SEED_MASK ((UINT64_C(1) << 53) - 1) /* whole in a double, so in JSON */

struct runner {
    struct bench *bench;
    struct lane *lanes[ENDPOINTS_MAX];
    size_t lane_count;
    atomic_int busy; /* lanes with work to do; 0: the run is over */
    atomic_bool stopped, ended;
};

/* ---- plan ---- */

/* The machine of an endpoint that names no lane: the host of its URL, "local" for loopback. */
static char *lane_of(const struct endpoint *endpoint) {
    if (endpoint->lane)
        return mem_string(endpoint->lane);
    char *host = endpoint_host(endpoint->url);
    if (host && !endpoint_is_loopback(host))
        return host;
    free(host);
    return mem_string("local");
}

static void plan_endpoints(struct run *run, const struct options *options) {
    size_t count = options->endpoint_count;
    if (run->endpoints || count == 0)
        return;
    if (count > ENDPOINTS_MAX)
        count = ENDPOINTS_MAX;
    run->endpoints = mem_zero(count, sizeof *run->endpoints);
    run->endpoint_count = count;
    for (size_t i = 0; i < count; i++) {
        struct endpoint *endpoint = &run->endpoints[i];
        endpoint_init(endpoint);
        endpoint_copy(endpoint, &options->endpoints[i]);
        char *lane = lane_of(endpoint);
        free(endpoint->lane);
        endpoint->lane = lane;
        endpoint->ep = (int)i;
    }
}

static void plan_suites(struct run *run, const struct options *options) {
    run->plans = mem_zero(SUITE_COUNT, sizeof *run->plans);
    run->plan_count = 0;
    for (int id = 0; id < SUITE_COUNT; id++) {
        const struct suite *suite = suite_of((enum suite_id)id);
        if (!options->suites[id] || !suite)
            continue;
        struct plan *plan = &run->plans[run->plan_count++];
        plan->suite = suite->id;
        suite->plan(plan, options);
    }
}

void runner_plan(struct run *run, const struct options *options) {
    if (!run->started) {
        char started[CLOCK_ISO_SIZE];
        clock_iso(started);
        run->started = mem_string(started);
    }
    if (!run->version)
        run->version = mem_string(PITWALL_VERSION);
    if (!run->id)
        run->id = results_run_id(command_word(options->command));
    if (!run->options) {
        struct buf resolved;
        buf_init(&resolved, (size_t)1 << 20);
        options_resolved(options, &resolved);
        run->options = buf_take(&resolved);
    }
    run->seed = (options->seed_set ? options->seed : clock_entropy()) & SEED_MASK;
    free(run->salt);
    run->salt = mem_string(options->salt ? options->salt : "random");
    run->workload = options->workload;
    run->passes = options->passes > 0 ? options->passes : 1;
    plan_endpoints(run, options);
    plan_suites(run, options);
}

/* ---- a visit: one pass of every suite on one endpoint ---- */

static void skip_all(struct lane *lane, int ep, int pass, const struct resume *resume,
                     const char *reason) {
    const struct run *run = lane_bench(lane)->run;
    for (size_t i = 0; i < run->plan_count; i++)
        for (size_t k = 0; k < run->plans[i].phase_count; k++) {
            const struct plan *plan = &run->plans[i];
            if (!resume_wants(resume, ep, plan->suite, pass))
                continue;
            lane_phase_start(lane, ep, plan->suite, plan->phases[k], pass);
            lane_phase_end(lane, ep, plan->suite, plan->phases[k], pass, PHASE_SKIPPED, reason);
        }
}

static enum lane_wait make_ready(struct lane *lane, const struct endpoint *endpoint) {
    lane_command_of(lane, endpoint->ep, "start", endpoint->start);
    lane_bring_back(lane, endpoint->ep);
    return lane_ready(lane, endpoint->ep, endpoint->start ? LANE_LOAD_MS : REFUSED_MS);
}

/* One go at what `resume` wants (NULL: at all); a retry asked for meanwhile ends it early. */
static void visit_once(struct lane *lane, const struct endpoint *endpoint, int pass,
                       const struct resume *resume) {
    const struct run *run = lane_bench(lane)->run;
    enum lane_wait wait = make_ready(lane, endpoint);
    if (wait == LANE_WAIT_STOPPED)
        return;
    if (wait != LANE_READY) {
        bool skipped = wait == LANE_WAIT_SKIPPED && lane_skipped(lane);
        skip_all(lane, endpoint->ep, pass, resume, skipped ? "skipped by the user" : REASON_DOWN);
        return;
    }
    for (size_t i = 0; i < run->plan_count && !lane_halted(lane); i++) {
        const struct suite *suite = suite_of(run->plans[i].suite);
        if (!resume_wants(resume, endpoint->ep, suite->id, pass))
            continue;
        do
            suite->run(lane, endpoint, pass);
        while (lane_take_retry(lane, endpoint->ep));
    }
}

static void visit(struct lane *lane, int ep, int pass, const struct resume *resume) {
    const struct endpoint *endpoint = &lane_bench(lane)->run->endpoints[ep];
    lane_visit(lane, ep);
    do
        visit_once(lane, endpoint, pass, resume);
    while (lane_take_retry(lane, ep));
    lane_command_of(lane, ep, "stop", endpoint->stop);
    lane_visit(lane, -1);
}

/* ---- a lane's work ---- */

/* Whether each can be put away when another has its turn: by the user's commands or by itself. */
static bool may_interleave(struct lane *lane, const int *eps, size_t count) {
    const struct run *run = lane_bench(lane)->run;
    for (size_t i = 0; i < count; i++) {
        const struct endpoint *endpoint = &run->endpoints[eps[i]];
        if (!(endpoint->start && endpoint->stop) && !lane_unloads(lane, eps[i]))
            return false;
    }
    return true;
}

static void visit_interleaved(struct lane *lane, const int *eps, size_t count) {
    const struct run *run = lane_bench(lane)->run;
    const struct resume *resume = lane_bench(lane)->resume;
    int order[ENDPOINTS_MAX];
    for (size_t i = 0; i < count && count > 1; i++)
        lane_put_away(lane, eps[i]);
    for (int pass = 0; pass < run->passes; pass++) {
        runner_order(run->seed, pass, count, order);
        for (size_t i = 0; i < count && !lane_halted(lane); i++) {
            if (!resume_wants_visit(resume, eps[order[i]], pass))
                continue;
            visit(lane, eps[order[i]], pass, resume);
            if (count > 1)
                lane_put_away(lane, eps[order[i]]);
        }
    }
}

static void visit_blocked(struct lane *lane, const int *eps, size_t count) {
    const struct run *run = lane_bench(lane)->run;
    const struct resume *resume = lane_bench(lane)->resume;
    for (size_t i = 0; i < count; i++) {
        if (!resume_wants_endpoint(resume, eps[i]))
            continue;
        for (int pass = 0; pass < run->passes && !lane_halted(lane); pass++)
            if (resume_wants_visit(resume, eps[i], pass))
                visit(lane, eps[i], pass, resume);
        if (count > 1)
            lane_put_away(lane, eps[i]);
    }
    if (count > 1 && !lane_halted(lane) && resume_wants_visit(resume, eps[0], run->passes)) {
        lane_note(lane, NOTE_INFO, eps[0], "drift control: the first engine once more");
        visit(lane, eps[0], run->passes, resume);
    }
}

/* Retries of endpoints that were visited before: their last pass again. */
static void serve_retries(struct lane *lane, const int *eps, size_t count) {
    int last_pass = lane_bench(lane)->run->passes - 1;
    for (size_t i = 0; i < count; i++)
        if (lane_take_retry(lane, eps[i]))
            visit(lane, eps[i], last_pass, NULL);
}

static bool retry_waits(const struct lane *lane, const int *eps, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (lane_retries(lane, eps[i]))
            return true;
    return false;
}

/* ---- the end ---- */

static void push_run_end(struct runner *runner) {
    struct bench *bench = runner->bench;
    bool stopped = atomic_load(&bench->stop) || atomic_load(&runner->stopped);
    struct event *event = event_new(EVENT_RUN_END, (clock_ns() - bench->epoch_ns) / 1000);
    event->run_end.status = stopped ? RUN_STOPPED : RUN_COMPLETE;
    event->run_end.dropped = queue_dropped(bench->queue);
    queue_push(bench->queue, (struct item){.mark = QUEUE_EVENT, .event = event});
    atomic_store(&runner->ended, true);
}

/* A lane has nothing to do. The last one ends the run, and the others wake to see it. */
static void leave(struct runner *runner) {
    if (atomic_fetch_sub(&runner->busy, 1) != 1)
        return;
    push_run_end(runner);
    for (size_t i = 0; i < runner->lane_count; i++)
        lane_wake(runner->lanes[i]);
}

/* Back to work, unless the run is over. */
static bool enter(struct runner *runner) {
    int busy = atomic_load(&runner->busy);
    while (busy > 0)
        if (atomic_compare_exchange_weak(&runner->busy, &busy, busy + 1))
            return true;
    return false;
}

/* All passes of a lane's engines. */
static void visit_all(struct lane *lane, const int *eps, size_t count) {
    bool blocked = lane_bench(lane)->options->order == ORDER_BLOCKED;
    if (!blocked && count > 1 && !may_interleave(lane, eps, count)) {
        blocked = true;
        if (!lane_bench(lane)->resume) /* the older log says it already */
            lane_note(
                lane, NOTE_WARN, -1,
                "%s: engines stay resident (not all have start and stop commands or unload by "
                "themselves), so they are measured one after the other, with a drift control at "
                "the end",
                lane_name(lane));
    }
    if (blocked)
        visit_blocked(lane, eps, count);
    else
        visit_interleaved(lane, eps, count);
}

void runner_visit(struct lane *lane, const int *eps, size_t count) {
    struct runner *runner = lane_bench(lane)->runner;
    if (count == 0)
        lane_pause(lane, MACHINE_US);
    visit_all(lane, eps, count);
    serve_retries(lane, eps, count);
    leave(runner);
    while (!lane_halted(lane) && atomic_load(&runner->busy) > 0) {
        if (!retry_waits(lane, eps, count)) {
            lane_doze(lane);
        } else if (enter(runner)) {
            serve_retries(lane, eps, count);
            leave(runner);
        }
    }
}

/* ---- the run ---- */

static struct lane *lane_named(struct runner *runner, const char *name) {
    for (size_t i = 0; i < runner->lane_count; i++)
        if (strcmp(lane_name(runner->lanes[i]), name) == 0)
            return runner->lanes[i];
    return runner->lanes[runner->lane_count++] = lane_new(runner->bench, name);
}

struct runner *runner_start(struct bench *bench) {
    struct runner *runner = mem_zero(1, sizeof *runner);
    const struct run *run = bench->run;
    runner->bench = bench;
    bench->runner = runner;
    for (size_t i = 0; i < run->endpoint_count && i < ENDPOINTS_MAX; i++) {
        const char *name = run->endpoints[i].lane ? run->endpoints[i].lane : "local";
        lane_add(lane_named(runner, name), (int)i);
    }
    if (run->endpoint_count == 0)
        lane_named(runner, "local");
    atomic_init(&runner->stopped, false);
    atomic_init(&runner->ended, false);
    atomic_init(&runner->busy, (int)runner->lane_count);
    for (size_t i = 0; i < runner->lane_count; i++)
        lane_start(runner->lanes[i]);
    return runner;
}

void runner_command(struct runner *runner, enum lane_command command_id, int ep) {
    for (size_t i = 0; i < runner->lane_count; i++) {
        if (ep >= 0 && !lane_has(runner->lanes[i], ep))
            continue;
        if (command_id == LANE_STOP && !atomic_load(&runner->ended))
            atomic_store(&runner->stopped, true);
        lane_command(runner->lanes[i], command_id, ep);
    }
}

void runner_stop(struct runner *runner) {
    atomic_store(&runner->bench->stop, true);
    for (size_t i = 0; i < runner->lane_count; i++)
        lane_wake(runner->lanes[i]);
}

void runner_free(struct runner *runner) {
    if (!runner)
        return;
    for (size_t i = 0; i < runner->lane_count; i++)
        lane_join(runner->lanes[i]);
    for (size_t i = 0; i < runner->lane_count; i++)
        lane_free(runner->lanes[i]);
    runner->bench->runner = NULL;
    free(runner);
}
