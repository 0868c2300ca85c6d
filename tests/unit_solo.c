/* solo: what speaks against trusting a machine's figures, and the last good run as the reference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/solo.h"

static struct board *new_board(enum suite_id suite, const char *id) {
    struct run run;
    run_init(&run);
    run.id = mem_string(id);
    run.passes = 1;
    run.machine.model = mem_string("Mac17,7");
    run.endpoint_count = 1;
    run.endpoints = mem_zero(1, sizeof *run.endpoints);
    endpoint_init(&run.endpoints[0]);
    run.endpoints[0].name = mem_string("a");
    run.endpoints[0].url = mem_string("http://127.0.0.1:1");
    run.endpoints[0].model = mem_string("m");
    run.endpoints[0].lane = mem_string("local");
    run.plan_count = 1;
    run.plans = mem_zero(1, sizeof *run.plans);
    run.plans[0].suite = suite;
    run.plans[0].phase_count = SOLO_PHASES;
    run.plans[0].phases = mem_zero(SOLO_PHASES, sizeof *run.plans[0].phases);
    for (int i = 0; i < SOLO_PHASES; i++)
        copy_text(run.plans[0].phases[i], PHASE_MAX, solo_phases[i]);
    struct board *board = board_new(&run);
    run_done(&run);
    return board;
}

static void apply(struct board *board, struct event *event) {
    board_apply(board, event);
    event_free(event);
}

static void phase(struct board *board, enum suite_id suite, const char *name, int64_t id,
                  double ttft_ms) {
    int64_t start = board->now_us + 1000;
    struct event *event = event_new(EVENT_PHASE_START, start);
    event->phase.suite = suite;
    copy_text(event->phase.phase, PHASE_MAX, name);
    apply(board, event);
    event = event_new(EVENT_CALL_END, start + (int64_t)(ttft_ms * 1000) + 1000000);
    struct call *call = &event->call;
    call->id = id;
    call->suite = suite;
    copy_text(call->phase, PHASE_MAX, name);
    call->start_us = call->sent_us = start;
    call->first_byte_us = call->first_token_us = call->first_content_us =
        start + (int64_t)(ttft_ms * 1000);
    call->last_token_us = call->end_us = call->first_token_us + 1000000;
    call->http_status = 200;
    call->completion_tokens = 64;
    call->chunks = 64;
    call->content_chars = 300;
    call->tokens_source = TOKENS_USAGE;
    call->max_tokens = 64;
    copy_text(call->finish, sizeof call->finish, "length");
    call_finish(call);
    int64_t end = call->end_us;
    apply(board, event);
    event = event_new(EVENT_PHASE_END, end + 1);
    event->phase.suite = suite;
    copy_text(event->phase.phase, PHASE_MAX, name);
    apply(board, event);
}

static void end_run(struct board *board) {
    struct event *event = event_new(EVENT_RUN_END, board->now_us + 1);
    event->run_end.status = RUN_COMPLETE;
    apply(board, event);
}

static struct board *measured(enum suite_id suite, const char *id, double cold) {
    struct board *board = new_board(suite, id);
    struct event *event = event_new(EVENT_ENDPOINT, 1);
    event->endpoint.state = ENDPOINT_UP;
    event->endpoint.engine = ENGINE_OPENAI;
    event->endpoint.model = mem_string("m");
    apply(board, event);
    phase(board, suite, "cold", 1, cold);
    phase(board, suite, "warm", 2, 140);
    phase(board, suite, "prefix-test-1", 3, 150);
    end_run(board);
    return board;
}

static struct event *sample(int64_t t) {
    struct event *event = event_new(EVENT_SAMPLE, t);
    event->sample.lane = mem_string("local");
    return event;
}

static void test_a_clean_machine(void **state) {
    (void)state;
    struct solo solo;
    struct board *board = measured(SUITE_SOLO, "now", 2000);
    struct event *event = sample(board->now_us + 1);
    event->sample.thermal = THERMAL_NOMINAL;
    event->sample.swap_mb = 0;
    apply(board, event);
    solo_judge(&solo, board, NULL);
    assert_int_equal(solo.count, 0);
    board_free(board);
}

/* What no sensor told is no reason; what one told is. */
static void test_machine_reasons(void **state) {
    (void)state;
    struct solo solo;
    struct board *board = measured(SUITE_SOLO, "now", 2000);
    apply(board, sample(board->now_us + 1));
    solo_judge(&solo, board, NULL);
    assert_int_equal(solo.count, 0);
    struct event *event = sample(board->now_us + 1);
    event->sample.thermal = THERMAL_HEAVY;
    event->sample.swap_mb = 2300;
    event->sample.pressure = 4;
    event->sample.power_source = mem_string("battery");
    event->sample.power_mode = mem_string("low");
    event->sample.others = mem_zero(1, sizeof *event->sample.others);
    event->sample.others[0] = (struct resident){.engine = ENGINE_OLLAMA, .pid = 42};
    event->sample.other_count = 1;
    apply(board, event);
    solo_judge(&solo, board, NULL);
    assert_int_equal(solo.count, 6);
    for (size_t i = 0; i < solo.count; i++) {
        assert_int_equal(solo.reasons[i].ep, -1);
        assert_true(solo.reasons[i].todo[0] != '\0');
    }
    assert_non_null(strstr(solo.reasons[3].what, "Ollama"));
    assert_non_null(strstr(solo.reasons[3].what, "42"));
    board_free(board);
}

static void test_a_dead_endpoint(void **state) {
    (void)state;
    struct solo solo;
    struct board *board = new_board(SUITE_SOLO, "now");
    solo_judge(&solo, board, NULL);
    assert_int_equal(solo.count, 0); /* nothing was tried yet */
    struct event *event = event_new(EVENT_ENDPOINT, 1);
    event->endpoint.state = ENDPOINT_DOWN;
    event->endpoint.detail = mem_string("connection refused");
    apply(board, event);
    solo_judge(&solo, board, NULL);
    assert_int_equal(solo.count, 1);
    assert_int_equal(solo.reasons[0].ep, 0);
    assert_non_null(strstr(solo.reasons[0].what, "connection refused"));
    board->run.endpoints[0].imported = true; /* nobody could be asked */
    solo_judge(&solo, board, NULL);
    assert_int_equal(solo.count, 0);
    board_free(board);
}

static void test_change_against_the_last_good_run(void **state) {
    (void)state;
    struct solo solo;
    struct solo_reference reference;
    struct board *good = measured(SUITE_AGENTIC, "good", 2000);
    struct board *same = measured(SUITE_SOLO, "same", 2200);
    struct board *slow = measured(SUITE_SOLO, "slow", 2400);
    assert_true(solo_reference_from(&reference, good, same, 0));
    assert_string_equal(reference.run, "good");
    assert_true(fabs(reference.ttft_ms[0] - 2000) < 1);
    solo_judge(&solo, same, &reference);
    assert_int_equal(solo.count, 0); /* +10 % */
    solo_judge(&solo, slow, &reference);
    assert_int_equal(solo.count, 1); /* +20 % */
    assert_non_null(strstr(solo.reasons[0].what, "TTFT of cold is +20 %"));
    board_free(good);
    board_free(same);
    board_free(slow);
}

static void test_what_is_no_reference(void **state) {
    (void)state;
    struct solo_reference reference;
    struct board *now = measured(SUITE_SOLO, "now", 2000);
    struct board *good = measured(SUITE_AGENTIC, "good", 2000);
    assert_false(solo_reference_from(&reference, now, now, 0)); /* not itself */
    good->run.workload = WORKLOAD_DEEP;
    assert_false(solo_reference_from(&reference, good, now, 0));
    good->run.workload = now->run.workload;
    good->status = RUN_STOPPED;
    assert_false(solo_reference_from(&reference, good, now, 0));
    good->status = RUN_COMPLETE;
    free(good->run.machine.model);
    good->run.machine.model = mem_string("Mac15,1");
    assert_false(solo_reference_from(&reference, good, now, 0));
    free(good->run.machine.model);
    good->run.machine.model = mem_string("Mac17,7");
    assert_true(solo_reference_from(&reference, good, now, 0));
    free(good->rows[0].model);
    good->rows[0].model = mem_string("another");
    assert_false(solo_reference_from(&reference, good, now, 0));
    board_free(now);
    board_free(good);
}

/* A machine without endpoints: an engine that runs is no rival yet, but has to be named. */
static void test_machine_alone(void **state) {
    (void)state;
    struct run run;
    run_init(&run);
    run.passes = 1;
    struct board *board = board_new(&run);
    run_done(&run);
    struct solo solo;
    struct event *event = event_new(EVENT_SAMPLE, 1000);
    event->sample.lane = mem_string("local");
    event->sample.swap_mb = 10;
    event->sample.others = mem_zero(1, sizeof *event->sample.others);
    event->sample.others[0] = (struct resident){ENGINE_OLLAMA, 77};
    event->sample.other_count = 1;
    apply(board, event);
    solo_judge(&solo, board, NULL);
    assert_int_equal(solo.count, 1);
    assert_non_null(strstr(solo.reasons[0].what, "runs here (pid 77)"));
    assert_non_null(strstr(solo.reasons[0].todo, "-e"));
    board_free(board);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_alone),
        cmocka_unit_test(test_a_clean_machine),
        cmocka_unit_test(test_machine_reasons),
        cmocka_unit_test(test_a_dead_endpoint),
        cmocka_unit_test(test_change_against_the_last_good_run),
        cmocka_unit_test(test_what_is_no_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
