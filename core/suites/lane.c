#include "suites/lane.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "suites/lane_inner.h"
#include "suites/runner.h"

static const char user_agent[] = "pitwall/" PITWALL_VERSION;

/* ---- life ---- */

struct lane *lane_new(struct bench *bench, const char *name) {
    struct lane *lane = mem_zero(1, sizeof *lane);
    lane->bench = bench;
    lane->name = mem_string(name);
    lane->loop = loop_new();
    lane->http = http_new(lane->loop, user_agent);
    atomic_init(&lane->current, -1);
    atomic_init(&lane->stop, false);
    atomic_init(&lane->skip_running, false);
    atomic_init(&lane->skip, 0);
    atomic_init(&lane->retry, 0);
    return lane;
}

void lane_free(struct lane *lane) {
    if (!lane)
        return;
    for (size_t i = 0; i < lane->slot_count; i++) {
        free(lane->slots[i].engine_version);
        free(lane->slots[i].model);
        free(lane->slots[i].extra_body);
    }
    free(lane->slots);
    http_free(lane->http);
    loop_free(lane->loop);
    free(lane->name);
    free(lane);
}

/* The endpoint's members over the run's. NULL when neither has any. */
static char *merge_extra(const char *run, const char *endpoint) {
    if (!run || !endpoint)
        return mem_string(endpoint ? endpoint : run);
    struct cJSON *base = json_parse(run, strlen(run), NULL);
    struct cJSON *over = json_parse(endpoint, strlen(endpoint), NULL);
    struct buf out;
    buf_init(&out, (size_t)1 << 20);
    if (cJSON_IsObject(base) && cJSON_IsObject(over)) {
        while (over->child) {
            struct cJSON *member = cJSON_DetachItemViaPointer(over, over->child);
            cJSON_DeleteItemFromObjectCaseSensitive(base, member->string);
            cJSON_AddItemToObject(base, member->string, member);
        }
        json_print(&out, base);
    } else {
        buf_text(&out, endpoint);
    }
    json_free(base);
    json_free(over);
    return buf_take(&out);
}

void lane_add(struct lane *lane, int ep) {
    const struct endpoint *endpoint = &lane->bench->run->endpoints[ep];
    lane->slots =
        mem_grow(lane->slots, lane->slot_count, &lane->slot_capacity, sizeof *lane->slots);
    lane->slots[lane->slot_count++] = (struct slot){
        .ep = ep,
        .endpoint = endpoint,
        .state = ENDPOINT_UNKNOWN,
        .engine = endpoint->engine,
        .dialect = *lane->bench->dialect_of(endpoint),
        .unloads = CHECK_NONE,
        .extra_body = merge_extra(lane->bench->options->extra_body, endpoint->extra_body),
        .connect_ms = NAN,
    };
}

static void *lane_main(void *context) {
    struct lane *lane = context;
    int eps[ENDPOINTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < lane->slot_count && count < ENDPOINTS_MAX; i++)
        eps[count++] = lane->slots[i].ep;
    runner_visit(lane, eps, count);
    return NULL;
}

void lane_start(struct lane *lane) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&lane->thread, NULL, lane_main, lane);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed)
        die("lane %s: no thread: %s", lane->name, strerror(failed));
    lane->started = true;
}

void lane_join(struct lane *lane) {
    if (lane->started)
        pthread_join(lane->thread, NULL);
    lane->started = false;
}

/* ---- commands ---- */

/* 0: no endpoint. */
static uint_fast64_t bit_of(int ep) {
    return ep >= 0 && ep < ENDPOINTS_MAX ? UINT64_C(1) << ep : 0;
}

void lane_command(struct lane *lane, enum lane_command command, int ep) {
    switch (command) {
    case LANE_SKIP_PHASE:
        if (ep < 0)
            atomic_store(&lane->skip_running, true);
        else
            atomic_fetch_or(&lane->skip, bit_of(ep));
        break;
    case LANE_RETRY:
        atomic_fetch_or(&lane->retry, bit_of(ep));
        break;
    case LANE_STOP:
        atomic_store(&lane->stop, true);
        break;
    case LANE_COMMAND_COUNT:
        break;
    }
    /* whoever is visited is not disturbed by what others are asked to do */
    int current = atomic_load(&lane->current);
    if (command == LANE_STOP || ep < 0 || current < 0 || ep == current)
        loop_wake(lane->loop);
}

void lane_wake(struct lane *lane) {
    loop_wake(lane->loop);
}

bool lane_halted(const struct lane *lane) {
    return atomic_load(&lane->stop) || atomic_load(&lane->bench->stop);
}

bool lane_retries(const struct lane *lane, int ep) {
    return atomic_load(&lane->retry) & bit_of(ep);
}

bool lane_take_retry(struct lane *lane, int ep) {
    uint_fast64_t bit = bit_of(ep);
    if (lane_halted(lane) || !(atomic_fetch_and(&lane->retry, ~bit) & bit))
        return false;
    lane_slot(lane, ep)->attempt++;
    return true;
}

int64_t lane_lateness_us(struct lane *lane) {
    return loop_lateness_us(lane->loop);
}

bool lane_stopped(const struct lane *lane) {
    return lane_halted(lane) || lane_retries(lane, atomic_load(&lane->current));
}

bool lane_skips(const struct lane *lane) {
    return atomic_load(&lane->skip_running) ||
           atomic_load(&lane->skip) & bit_of(atomic_load(&lane->current));
}

bool lane_skipped(struct lane *lane) {
    uint_fast64_t bit = bit_of(atomic_load(&lane->current));
    bool running = atomic_exchange(&lane->skip_running, false);
    return (atomic_fetch_and(&lane->skip, ~bit) & bit) || running;
}

void lane_visit(struct lane *lane, int ep) {
    atomic_store(&lane->current, ep);
}

void lane_settle(struct lane *lane) {
    loop_run_for(lane->loop, 0);
}

void lane_doze(struct lane *lane) {
    loop_run(lane->loop);
}

/* ---- looking ---- */

struct slot *lane_slot(const struct lane *lane, int ep) {
    for (size_t i = 0; i < lane->slot_count; i++)
        if (lane->slots[i].ep == ep)
            return &lane->slots[i];
    return NULL;
}

bool lane_has(const struct lane *lane, int ep) {
    return lane_slot(lane, ep) != NULL;
}

const char *lane_name(const struct lane *lane) {
    return lane->name;
}

struct bench *lane_bench(struct lane *lane) {
    return lane->bench;
}

int64_t lane_now_us(const struct lane *lane) {
    return (clock_ns() - lane->bench->epoch_ns) / 1000;
}

int lane_attempt(const struct lane *lane, int ep) {
    const struct resume *resume = lane->bench->resume;
    return lane_slot(lane, ep)->attempt + (resume ? resume->attempt : 0);
}

bool lane_pause(struct lane *lane, int64_t us) {
    int64_t until = lane_now_us(lane) + us;
    while (!lane_stopped(lane) && !lane_skips(lane)) {
        int64_t left = until - lane_now_us(lane);
        if (left <= 0)
            return true;
        loop_run_for(lane->loop, left);
    }
    return false;
}

/* ---- events ---- */

void lane_emit(struct lane *lane, struct event *event) {
    queue_push(lane->bench->queue, (struct item){.mark = QUEUE_EVENT, .event = event});
}

static void emit_phase(struct lane *lane, enum event_kind kind, const struct event_phase *phase) {
    struct event *event = event_new(kind, lane_now_us(lane));
    event->phase = *phase;
    event->phase.reason = mem_string(phase->reason);
    lane_emit(lane, event);
}

void lane_phase_start(struct lane *lane, int ep, enum suite_id suite, const char *phase, int pass) {
    lane_phase_start_turns(lane, ep, suite, phase, pass, 0);
}

void lane_phase_start_turns(struct lane *lane, int ep, enum suite_id suite, const char *phase,
                            int pass, int turns) {
    struct event_phase start = {.ep = ep, .suite = suite, .pass = pass, .turns = turns};
    copy_text(start.phase, sizeof start.phase, phase);
    emit_phase(lane, EVENT_PHASE_START, &start);
}

void lane_phase_end(struct lane *lane, int ep, enum suite_id suite, const char *phase, int pass,
                    enum phase_status status, const char *reason) {
    struct event_phase end = {.ep = ep, .suite = suite, .pass = pass, .status = status};
    copy_text(end.phase, sizeof end.phase, phase);
    if (!reason && status == PHASE_STOPPED)
        reason = lane_halted(lane) ? "stopped by the user" : "started anew by the user";
    end.reason = (char *)reason; /* copied by emit_phase */
    emit_phase(lane, EVENT_PHASE_END, &end);
}

bool lane_phase_close(struct lane *lane, int ep, enum suite_id suite, const char *phase, int pass) {
    bool stopped = lane_stopped(lane), skipped = lane_skipped(lane);
    if (stopped)
        lane_phase_end(lane, ep, suite, phase, pass, PHASE_STOPPED, NULL);
    else if (skipped)
        lane_phase_end(lane, ep, suite, phase, pass, PHASE_SKIPPED, "skipped by the user");
    else
        lane_phase_end(lane, ep, suite, phase, pass, PHASE_DONE, NULL);
    return !stopped;
}

void lane_note(struct lane *lane, enum note_level level, int ep, const char *format, ...) {
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lane_emit(lane, event_note_new(lane_now_us(lane), level, ep, "%s", text));
}

void lane_score(struct lane *lane, int ep, enum suite_id suite, const char *item, int turn,
                int repeat, int pass, double points, const char *failure, const char *detail,
                const char *expected) {
    struct event *event = event_new(EVENT_SCORE, lane_now_us(lane));
    event->score = (struct event_score){.ep = ep,
                                        .suite = suite,
                                        .turn = turn,
                                        .repeat = repeat,
                                        .pass = pass,
                                        .points = points,
                                        .failure = mem_string(failure),
                                        .detail = mem_string(detail),
                                        .expected = mem_string(expected)};
    copy_text(event->score.item, sizeof event->score.item, item);
    lane_emit(lane, event);
}

void lane_tell(struct lane *lane, struct slot *slot, const char *detail) {
    struct event *event = event_new(EVENT_ENDPOINT, lane_now_us(lane));
    const struct endpoint *endpoint = slot->endpoint;
    const char *version =
        endpoint->engine_version ? endpoint->engine_version : slot->engine_version;
    event->endpoint = (struct event_endpoint){
        .ep = slot->ep,
        .state = slot->state,
        .engine = (int)slot->engine,
        .engine_version = mem_string(version),
        .model = mem_string(endpoint->model ? endpoint->model : slot->model),
        .detail = mem_string(detail)};
    lane_emit(lane, event);
}

void lane_set_state(struct lane *lane, struct slot *slot, enum endpoint_state state,
                    const char *detail) {
    if (slot->state == state)
        return;
    slot->state = state;
    lane_tell(lane, slot, detail);
}
