/* runner: order of engines, plans, and whole runs on engines that behave and misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"

/* ---- order ---- */

static void test_order_is_balanced(void **state) {
    (void)state;
    for (size_t n = 1; n <= 9; n++) {
        int rows = (int)(n % 2 && n > 1 ? 2 * n : n), order[ENDPOINTS_MAX];
        int place[9][9] = {{0}}, follows[9][9] = {{0}};
        for (int pass = 0; pass < rows; pass++) {
            bool seen[9] = {false};
            runner_order(99, pass, n, order);
            for (size_t i = 0; i < n; i++) {
                assert_in_range(order[i], 0, n - 1);
                assert_false(seen[order[i]]);
                seen[order[i]] = true;
                place[order[i]][i]++;
                if (i > 0)
                    follows[order[i - 1]][order[i]]++;
            }
        }
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++) {
                assert_int_equal(place[a][b], rows / (int)n);
                if (a != b)
                    assert_int_equal(follows[a][b], rows / (int)n);
            }
    }
}

static void test_order_follows_the_seed(void **state) {
    (void)state;
    int one[8], two[8], differing = 0;
    runner_order(5, 3, 8, one);
    runner_order(5, 3, 8, two);
    assert_memory_equal(one, two, sizeof one);
    for (uint64_t seed = 0; seed < 20; seed++) {
        runner_order(seed, 3, 8, two);
        differing += memcmp(one, two, sizeof one) != 0;
    }
    assert_true(differing >= 18);
    runner_order(5, 11, 8, two); /* after eight passes it begins again */
    assert_memory_equal(one, two, sizeof one);
}

/* ---- plan ---- */

static void test_plan(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig);
    rig.options.quick = false;
    rig.options.passes = 3;
    rig_endpoint(&rig, "a", 4001, "");
    rig_endpoint(&rig, "b", 4002, ",lane=mini");
    rig_plan(&rig);
    assert_int_equal(rig.run.plan_count, 1);
    assert_int_equal(rig.run.plans[0].phase_count, 11);
    assert_string_equal(rig.run.plans[0].phases[0], "warmup");
    assert_string_equal(rig.run.plans[0].phases[6], "cold-other");
    assert_string_equal(rig.run.plans[0].phases[10], "cold-control");
    assert_int_equal(rig.run.passes, 3);
    assert_int_equal(rig.run.seed, 7);
    assert_string_equal(rig.run.salt, "random");
    assert_string_equal(rig.run.endpoints[0].lane, "local");
    assert_string_equal(rig.run.endpoints[1].lane, "mini");
    assert_int_equal(rig.run.endpoints[1].ep, 1);
    assert_non_null(rig.run.id);
    rig_done(&rig);
}

static void test_drawn_seed_fits_a_double(void **state) {
    (void)state;
    struct options options;
    options_init(&options);
    options.suites[SUITE_AGENTIC] = options.quick = true;
    for (int i = 0; i < 20; i++) {
        struct run run;
        run_init(&run);
        runner_plan(&run, &options);
        assert_true(run.seed < UINT64_C(1) << 53);
        assert_int_equal(run.plans[0].phase_count, 7);
        run_done(&run);
    }
    options_done(&options);
}

/* ---- whole runs ---- */

static const char *const quick_phases[] = {
    "warmup", "cold", "warm", "prefix-test-1", "prefix-test-2", "prefix-test-3", "cold-other"};

static void run_to_the_end(struct rig *rig) {
    rig->runner = runner_start(&rig->bench);
    assert_true(rig_until(rig, 0, rig_is_end) >= 0);
}

/* Phases in order, each with its bracket of events; marks in the order of time. */
static void check_sequence(const struct rig *rig) {
    enum event_kind wanted = EVENT_PHASE_START;
    size_t phase = 0;
    int64_t id = -1, last_t = 0;
    for (size_t i = 0; i < rig->count; i++) {
        const struct event *event = rig->events[i];
        assert_true(event->t >= last_t);
        last_t = event->t;
        if (event->kind == EVENT_NOTE || event->kind == EVENT_ENDPOINT ||
            event->kind == EVENT_PROGRESS || event->kind == EVENT_RUN_END)
            continue;
        assert_int_equal(event->kind, wanted);
        switch ((int)wanted) {
        case EVENT_PHASE_START:
            assert_string_equal(event->phase.phase, quick_phases[phase]);
            wanted = EVENT_CALL_START;
            break;
        case EVENT_CALL_START:
            id = event->call_start.id;
            assert_string_equal(event->call_start.phase, quick_phases[phase]);
            wanted = EVENT_FIRST_TOKEN;
            break;
        case EVENT_FIRST_TOKEN:
            assert_int_equal(event->first_token.id, id);
            wanted = EVENT_CALL_END;
            break;
        case EVENT_CALL_END:
            assert_int_equal(event->call.id, id);
            wanted = EVENT_PHASE_END;
            break;
        case EVENT_PHASE_END:
            assert_int_equal(event->phase.status, PHASE_DONE);
            phase++;
            wanted = EVENT_PHASE_START;
            break;
        }
    }
    assert_int_equal(phase, COUNT_OF(quick_phases));
}

static void check_call(const struct call *call, int tokens, int token_us) {
    assert_non_null(call);
    assert_true(call->ok);
    assert_int_equal(call->error, ERROR_NONE);
    assert_int_equal(call->http_status, 200);
    assert_true(call->start_us >= 0);
    assert_true(call->sent_us >= call->start_us);
    assert_true(call->first_byte_us >= call->sent_us);
    assert_true(call->first_token_us >= call->first_byte_us);
    assert_true(call->last_token_us > call->first_token_us);
    assert_true(call->end_us >= call->last_token_us);
    assert_int_equal(call->completion_tokens, tokens);
    assert_int_equal(call->tokens_source, TOKENS_USAGE);
    assert_int_equal(call->prompt_tokens, 1700);
    assert_int_equal(call->chunks, tokens);
    assert_true(call->ttft_ms * 1000 >= token_us);
    assert_true(call->decode_tps < 3e6 / token_us); /* a late first read makes it faster */
    assert_false(call->degenerate);
    assert_int_equal(call->thinking, THINKING_OFF);
    assert_string_equal(call->finish, "length");
    assert_false(call->connect_ms < 0 || call->connect_ms > 1000 || call->connect_ms == 0);
}

static char *system_of(const struct fake *fake, size_t request) {
    const char *at = strstr(fake->requests[request], "\"session ");
    assert_non_null(at);
    return mem_bytes(at + 1, 2000);
}

static void check_prompts(const struct fake *fake) {
    assert_int_equal(fake->request_count, 7);
    assert_null(strstr(fake->requests[0], "\"system\""));
    char *cold = system_of(fake, 1), *other = system_of(fake, 6);
    for (size_t i = 2; i < 6; i++) {
        char *same = system_of(fake, i);
        assert_string_equal(cold, same);
        free(same);
    }
    assert_memory_not_equal(cold, other, 24);
    assert_string_not_equal(cold + 24, other + 24);
    const char *one = strstr(fake->requests[1], "\r\n\r\n");
    const char *two = strstr(fake->requests[2], "\r\n\r\n");
    assert_string_equal(one, two); /* warm is cold's very body */
    assert_string_not_equal(one, strstr(fake->requests[3], "\r\n\r\n"));
    assert_non_null(strstr(one, "\"max_tokens\":400"));
    assert_non_null(strstr(one, "\"enable_thinking\":false"));
    free(cold);
    free(other);
}

static void test_quick_run(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    rig_begin(&rig);
    rig_endpoint(&rig, "a", fake.port, ",model=fake-7b");
    rig_plan(&rig);
    run_to_the_end(&rig);
    check_sequence(&rig);
    for (size_t i = 0; i < COUNT_OF(quick_phases); i++)
        check_call(rig_call_end(&rig, 0, quick_phases[i]), 20, 1000);
    const struct call *cold = rig_call_end(&rig, 0, "cold");
    assert_in_range(cold->shared_chars, 6860, 7140);
    assert_in_range(cold->prompt_chars, 7600, 8000);
    assert_int_equal(cold->max_tokens, 400);
    assert_int_equal(rig_call_end(&rig, 0, "warmup")->max_tokens, 16);
    assert_int_equal(rig.events[rig.count - 1]->kind, EVENT_RUN_END);
    assert_int_equal(rig.events[rig.count - 1]->run_end.status, RUN_COMPLETE);
    check_prompts(&fake);
    rig_done(&rig);
    fake_done(&fake);
}

static bool is_baseline(const struct event *event) {
    return event->kind == EVENT_NOTE && strstr(event->note.text, "idle baseline") != NULL;
}

/* The idle baseline of each endpoint's only pass is not waited for. */
static void skip_baselines(struct rig *rig, int count) {
    int at = -1;
    for (int i = 0; i < count; i++) {
        at = rig_until(rig, (size_t)(at + 1), is_baseline);
        assert_true(at >= 0);
        runner_command(rig->runner, LANE_SKIP_PHASE, rig->events[at]->note.ep);
    }
}

static void test_phases_that_need_more(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    atomic_store(&fake.mode, FAKE_SMALL);
    rig_begin(&rig);
    rig.options.quick = false;
    rig.options.max_tokens = 30;
    char *more = mem_format(",restart=POST http://127.0.0.1:%d/restart", fake.port);
    rig_endpoint(&rig, "a", fake.port, ",lane=one");
    rig_endpoint(&rig, "b", fake.port, more);
    rig_plan(&rig);
    free(more);
    rig.runner = runner_start(&rig.bench);
    skip_baselines(&rig, 2);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    for (int ep = 0; ep < 2; ep++)
        for (int i = 7; i < 9; i++) {
            const struct event_phase *end = rig_phase_end(&rig, ep, rig.run.plans[0].phases[i]);
            assert_int_equal(end->status, PHASE_SKIPPED);
            assert_string_equal(end->reason, "context too small");
        }
    assert_null(rig_call_end(&rig, 0, "long-prefix"));
    assert_int_equal(rig_phase_end(&rig, 0, "cold-prefix")->status, PHASE_SKIPPED);
    assert_string_equal(rig_phase_end(&rig, 0, "cold-prefix")->reason, "no restart command");
    assert_int_equal(rig_phase_end(&rig, 1, "cold-prefix")->status, PHASE_DONE);
    assert_int_equal(rig_phase_end(&rig, 1, "cold-control")->status, PHASE_DONE);
    assert_int_equal(atomic_load(&fake.restarts), 2);
    assert_int_equal(rig_call_end(&rig, 1, "cold")->max_tokens, 30);
    /* warm-up to long-context of both; cold-prefix and cold-control of b, each with an uncounted
     * warm-up */
    assert_int_equal(rig_kind(&rig, EVENT_CALL_END), 8 + 8 + 2);
    assert_int_equal(fake.request_count, 8 + 8 + 4);
    rig_done(&rig);
    fake_done(&fake);
}

static bool is_restart(const struct event *event) {
    return event->kind == EVENT_NOTE && strstr(event->note.text, "restarting") != NULL;
}

static bool is_loading(const struct event *event) {
    return event->kind == EVENT_ENDPOINT && event->endpoint.state == ENDPOINT_LOADING;
}

/* A skip while an engine restarts ends that phase, with its true reason, and no other one. */
static void test_skip_during_a_restart(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    atomic_store(&fake.mode, FAKE_SMALL);
    rig_begin(&rig);
    rig.options.quick = false;
    rig.options.passes = 2;
    char *more = mem_format(",restart=POST http://127.0.0.1:%d/restart", fake.port);
    rig_endpoint(&rig, "a", fake.port, more);
    rig_plan(&rig);
    free(more);
    rig.runner = runner_start(&rig.bench);
    skip_baselines(&rig, 1);
    atomic_store(&fake.loading, 1000000);
    int at = rig_until(&rig, 0, is_restart);
    assert_true(at >= 0 && rig_until(&rig, (size_t)at, is_loading) >= 0);
    runner_command(rig.runner, LANE_SKIP_PHASE, 0);
    at = rig_until(&rig, (size_t)at + 1, is_restart); /* cold-control's */
    assert_true(at >= 0);
    atomic_store(&fake.loading, 0);
    at = rig_until(&rig, (size_t)at, is_baseline);
    assert_true(at >= 0);
    runner_command(rig.runner, LANE_SKIP_PHASE, 0);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    int skipped = 0, control = 0;
    for (size_t i = 0; i < rig.count; i++) {
        const struct event *event = rig.events[i];
        if (event->kind != EVENT_PHASE_END)
            continue;
        control += !strcmp(event->phase.phase, "cold-control") && event->phase.status == PHASE_DONE;
        if (!event->phase.reason || strcmp(event->phase.reason, "skipped by the user") != 0)
            continue;
        skipped++;
        assert_string_equal(event->phase.phase, "cold-prefix");
        assert_int_equal(event->phase.pass, 0);
    }
    assert_int_equal(skipped, 1);
    assert_int_equal(control, 2);
    rig_done(&rig);
    fake_done(&fake);
}

static bool is_first_token(const struct event *event) {
    return event->kind == EVENT_FIRST_TOKEN;
}

static bool is_call_end(const struct event *event) {
    return event->kind == EVENT_CALL_END;
}

static bool is_phase_end(const struct event *event) {
    return event->kind == EVENT_PHASE_END;
}

static bool is_cold_token(const struct event *event) {
    return event->kind == EVENT_FIRST_TOKEN && event->first_token.id == 2;
}

static void slow_start(struct rig *rig, struct fake *fake) {
    fake_start(fake);
    atomic_store(&fake->token_us, 3000);
    atomic_store(&fake->tokens, 5000);
    rig_begin(rig);
    rig_endpoint(rig, "a", fake->port, "");
    rig_plan(rig);
    rig->runner = runner_start(&rig->bench);
}

static void test_stop(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    slow_start(&rig, &fake);
    assert_true(rig_until(&rig, 0, is_first_token) >= 0);
    int64_t asked = clock_us();
    runner_stop(rig.runner);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    int64_t took = clock_us() - asked;
    if (took > 100000)
        fail_msg("stopping took %d ms", (int)(took / 1000));
    const struct call *call = rig_call_end(&rig, 0, "warmup");
    assert_non_null(call);
    assert_int_equal(call->error, ERROR_CANCELLED);
    assert_false(call->ok);
    assert_int_equal(rig_phase_end(&rig, 0, "warmup")->status, PHASE_STOPPED);
    assert_null(rig_phase_end(&rig, 0, "cold"));
    assert_int_equal(rig.events[rig.count - 1]->run_end.status, RUN_STOPPED);
    rig_done(&rig);
    fake_done(&fake);
}

static void test_skip(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    slow_start(&rig, &fake);
    assert_true(rig_until(&rig, 0, is_first_token) >= 0);
    atomic_store(&fake.tokens, 8);
    runner_command(rig.runner, LANE_SKIP_PHASE, 0);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    assert_int_equal(rig_phase_end(&rig, 0, "warmup")->status, PHASE_SKIPPED);
    assert_string_equal(rig_phase_end(&rig, 0, "warmup")->reason, "skipped by the user");
    assert_int_equal(rig_call_end(&rig, 0, "warmup")->error, ERROR_CANCELLED);
    assert_int_equal(rig_phase_end(&rig, 0, "cold")->status, PHASE_DONE);
    assert_int_equal(rig.events[rig.count - 1]->run_end.status, RUN_COMPLETE);
    rig_done(&rig);
    fake_done(&fake);
}

/* The first attempt is cut short in `cold`; the second has other salts and runs through. */
static void test_retry(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    rig_begin(&rig);
    rig_endpoint(&rig, "a", fake.port, "");
    rig_plan(&rig);
    atomic_store(&fake.token_us, 5000);
    rig.runner = runner_start(&rig.bench);
    assert_true(rig_until(&rig, 0, is_cold_token) >= 0);
    runner_command(rig.runner, LANE_RETRY, 0);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    size_t stopped = 0, warmups = 0;
    for (size_t i = 0; i < rig.count; i++) {
        const struct event *event = rig.events[i];
        stopped += event->kind == EVENT_PHASE_END && event->phase.status == PHASE_STOPPED;
        warmups += event->kind == EVENT_PHASE_START && !strcmp(event->phase.phase, "warmup");
    }
    assert_int_equal(stopped, 1);
    assert_int_equal(warmups, 2);
    assert_int_equal(rig_call_end(&rig, 0, "cold")->attempt, 1);
    assert_true(rig_call_end(&rig, 0, "cold")->ok);
    assert_int_equal(fake.request_count, 9);
    char *first = system_of(&fake, 1), *second = system_of(&fake, 3);
    assert_memory_not_equal(first, second, 24);
    assert_string_equal(first + 24, second + 24);
    free(first);
    free(second);
    rig_done(&rig);
    fake_done(&fake);
}

/* A lane that is done serves a retry as long as another still works. */
static void test_retry_after_the_end_of_a_lane(void **state) {
    (void)state;
    struct fake slow, quick;
    struct rig rig;
    fake_start(&slow);
    fake_start(&quick);
    atomic_store(&slow.token_us, 8000);
    atomic_store(&quick.token_us, 200);
    rig_begin(&rig);
    rig_endpoint(&rig, "slow", slow.port, ",lane=one");
    rig_endpoint(&rig, "quick", quick.port, ",lane=two");
    rig_plan(&rig);
    rig.runner = runner_start(&rig.bench);
    int at = -1;
    do
        at = rig_until(&rig, (size_t)(at + 1), is_phase_end);
    while (at >= 0 && strcmp(rig.events[at]->phase.phase, "cold-other") != 0);
    assert_true(at >= 0);
    assert_int_equal(rig.events[at]->phase.ep, 1);
    runner_command(rig.runner, LANE_RETRY, 1);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    assert_int_equal(rig_call_end(&rig, 1, "cold-other")->attempt, 1);
    assert_int_equal(rig_call_end(&rig, 0, "cold-other")->attempt, 0);
    assert_int_equal(quick.request_count, 14);
    rig_done(&rig);
    fake_done(&slow);
    fake_done(&quick);
}

static void test_death_mid_stream(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    atomic_store(&fake.mode, FAKE_DIES);
    rig_begin(&rig);
    rig_endpoint(&rig, "a", fake.port, "");
    rig_plan(&rig);
    run_to_the_end(&rig);
    for (size_t i = 0; i < COUNT_OF(quick_phases); i++) {
        const struct call *call = rig_call_end(&rig, 0, quick_phases[i]);
        assert_int_equal(call->error, ERROR_TRUNCATED);
        assert_int_equal(call->chunks, 3);
        assert_false(call->ok);
        assert_int_equal(rig_phase_end(&rig, 0, quick_phases[i])->status, PHASE_DONE);
    }
    rig_done(&rig);
    fake_done(&fake);
}

/* One engine dies for good, the other lane goes on. */
static void test_engine_that_goes_away(void **state) {
    (void)state;
    struct fake dying, fine;
    struct rig rig;
    fake_start(&dying);
    fake_start(&fine);
    rig_begin(&rig);
    rig_endpoint(&rig, "dying", dying.port, ",lane=one");
    rig_endpoint(&rig, "fine", fine.port, ",lane=two");
    rig_plan(&rig);
    atomic_store(&dying.token_us, 5000);
    rig.runner = runner_start(&rig.bench);
    int at = -1;
    do
        at = rig_until(&rig, (size_t)(at + 1), is_call_end);
    while (at >= 0 && rig.events[at]->call.ep != 0);
    assert_true(at >= 0);
    fake_stop(&dying);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    assert_int_equal(rig_phase_end(&rig, 0, "cold-other")->status, PHASE_SKIPPED);
    assert_string_equal(rig_phase_end(&rig, 0, "cold-other")->reason, "the endpoint is down");
    assert_null(rig_call_end(&rig, 0, "cold-other"));
    assert_true(rig_noted(&rig, "does not answer any more"));
    assert_true(rig_call_end(&rig, 1, "cold-other")->ok);
    rig_done(&rig);
    fake_done(&dying);
    fake_done(&fine);
}

static void test_nobody_there(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    fake_stop(&fake);
    rig_begin(&rig);
    rig_endpoint(&rig, "a", fake.port, "");
    rig_plan(&rig);
    int64_t begin = clock_us();
    run_to_the_end(&rig);
    assert_true(clock_us() - begin < 5000000);
    assert_int_equal(rig_kind(&rig, EVENT_PHASE_START), 7);
    assert_int_equal(rig_kind(&rig, EVENT_CALL_START), 0);
    assert_int_equal(rig_phase_end(&rig, 0, "cold")->status, PHASE_SKIPPED);
    assert_int_equal(rig.events[0]->kind, EVENT_ENDPOINT);
    assert_int_equal(rig.events[0]->endpoint.state, ENDPOINT_DOWN);
    rig_done(&rig);
    fake_done(&fake);
}

static void test_loading_then_ready(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    atomic_store(&fake.loading, 3);
    rig_begin(&rig);
    rig_endpoint(&rig, "a", fake.port, "");
    rig_plan(&rig);
    run_to_the_end(&rig);
    assert_int_equal(rig.events[0]->kind, EVENT_ENDPOINT);
    assert_int_equal(rig.events[0]->endpoint.state, ENDPOINT_LOADING);
    assert_int_equal(rig.events[1]->kind, EVENT_ENDPOINT);
    assert_int_equal(rig.events[1]->endpoint.state, ENDPOINT_UP);
    assert_string_equal(rig.events[1]->endpoint.model, "fake-7b");
    assert_true(rig_call_end(&rig, 0, "cold")->ok);
    rig_done(&rig);
    fake_done(&fake);
}

static void test_usage_refused(void **state) {
    (void)state;
    struct fake fake;
    struct rig rig;
    fake_start(&fake);
    atomic_store(&fake.mode, FAKE_REFUSES_USAGE);
    rig_begin(&rig);
    rig_endpoint(&rig, "a", fake.port, "");
    rig_plan(&rig);
    run_to_the_end(&rig);
    check_sequence(&rig);
    assert_true(rig_call_end(&rig, 0, "warmup")->ok);
    assert_int_equal(fake.request_count, 8); /* one refused, and remembered */
    assert_true(rig_noted(&rig, "stream_options"));
    rig_done(&rig);
    fake_done(&fake);
}

/* Two that stay resident on one machine: one after the other, the first once more at the end. */
static void test_blocked_with_drift_control(void **state) {
    (void)state;
    struct fake one, two;
    struct rig rig;
    fake_start(&one);
    fake_start(&two);
    atomic_store(&one.token_us, 100);
    atomic_store(&two.token_us, 100);
    rig_begin(&rig);
    rig.options.passes = 2;
    rig_endpoint(&rig, "one", one.port, "");
    rig_endpoint(&rig, "two", two.port, "");
    rig_plan(&rig);
    run_to_the_end(&rig);
    int visits[5][2], count = 0;
    for (size_t i = 0; i < rig.count; i++) {
        const struct event *event = rig.events[i];
        if (event->kind != EVENT_PHASE_START || strcmp(event->phase.phase, "warmup") != 0)
            continue;
        assert_true(count < 5);
        visits[count][0] = event->phase.ep;
        visits[count++][1] = event->phase.pass;
    }
    static const int wanted[5][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {0, 2}};
    assert_int_equal(count, 5);
    assert_memory_equal(visits, wanted, sizeof wanted);
    assert_true(rig_noted(&rig, "resident"));
    rig_done(&rig);
    fake_done(&one);
    fake_done(&two);
}

/* With start and stop commands each pass has its own order, and only one runs at a time. */
static void test_interleaved(void **state) {
    (void)state;
    struct fake one, two;
    struct rig rig;
    fake_start(&one);
    fake_start(&two);
    atomic_store(&one.token_us, 100);
    atomic_store(&two.token_us, 100);
    rig_begin(&rig);
    rig.options.passes = 2;
    rig_endpoint(&rig, "one", one.port, ",start=true,stop=true");
    rig_endpoint(&rig, "two", two.port, ",start=true,stop=echo no; exit 3");
    rig_plan(&rig);
    run_to_the_end(&rig);
    int order[4], count = 0;
    for (size_t i = 0; i < rig.count; i++) {
        const struct event *event = rig.events[i];
        if (event->kind == EVENT_PHASE_START && strcmp(event->phase.phase, "warmup") == 0) {
            assert_true(count < 4);
            assert_int_equal(event->phase.pass, count / 2);
            order[count++] = event->phase.ep;
        }
    }
    assert_int_equal(count, 4);
    assert_int_equal(order[0], 1 - order[1]);
    assert_int_equal(order[2], order[1]); /* the other way round */
    assert_int_equal(order[3], order[0]);
    assert_true(rig_noted(&rig, "stop command failed (3): no"));
    rig_done(&rig);
    fake_done(&one);
    fake_done(&two);
}

static void test_no_endpoints(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig);
    rig_plan(&rig);
    run_to_the_end(&rig);
    assert_int_equal(rig.count, 1);
    rig_done(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_balanced),
        cmocka_unit_test(test_order_follows_the_seed),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_drawn_seed_fits_a_double),
        cmocka_unit_test(test_quick_run),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_retry_after_the_end_of_a_lane),
        cmocka_unit_test(test_death_mid_stream),
        cmocka_unit_test(test_engine_that_goes_away),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_loading_then_ready),
        cmocka_unit_test(test_usage_refused),
        cmocka_unit_test(test_blocked_with_drift_control),
        cmocka_unit_test(test_interleaved),
        cmocka_unit_test(test_no_endpoints),
        cmocka_unit_test(test_phases_that_need_more),
        cmocka_unit_test(test_skip_during_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
