/* What a run taken up again still lacks, and what of the old one stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "build.h"
#include "suites/resume.h"

#define PHASES "cold warm"

static struct board *two_suites(int passes) {
    struct run run = build_run(2, passes);
    build_plan(&run, SUITE_AGENTIC, PHASES);
    build_plan(&run, SUITE_BURST, "single-8 burst-8");
    struct board *board = board_new(&run);
    run_done(&run);
    return board;
}

static void phase(struct board *board, int64_t t, int ep, enum suite_id suite, const char *name,
                  int pass, enum phase_status status, const char *reason) {
    build_phase_start(board, t, ep, suite, name, pass);
    build_phase_end(board, t + 5, ep, suite, name, pass, status, reason);
}

static void whole(struct board *board, int ep, enum suite_id suite, int pass) {
    int64_t t = board->now_us + 1;
    const char *const names[2][2] = {{"cold", "warm"}, {"single-8", "burst-8"}};
    for (int i = 0; i < 2; i++)
        phase(board, t + 10 * i, ep, suite, names[suite == SUITE_BURST][i], pass, PHASE_DONE, NULL);
}

static void seam(struct board *board) {
    struct event *event = event_new(EVENT_RUN_END, board->now_us);
    event->run_end.status = RUN_OPEN;
    build_apply(board, event);
}

static void test_units(void **state) {
    (void)state;
    struct error error = {0};
    struct resume resume;
    struct board *board = two_suites(2);
    whole(board, 0, SUITE_AGENTIC, 0);
    whole(board, 0, SUITE_BURST, 0);
    whole(board, 1, SUITE_BURST, 0);
    build_phase_start(board, 100, 1, SUITE_AGENTIC, "cold", 1); /* killed in it */
    assert_true(resume_init(&resume, board, &error));
    assert_int_equal(resume.units, 8);
    assert_int_equal(resume.wanted, 5);
    assert_false(resume_wants(&resume, 0, SUITE_AGENTIC, 0));
    assert_false(resume_wants(&resume, 1, SUITE_BURST, 0));
    assert_true(resume_wants(&resume, 1, SUITE_AGENTIC, 0));
    assert_true(resume_wants(&resume, 1, SUITE_AGENTIC, 1));
    assert_true(resume_wants(&resume, 0, SUITE_BURST, 1));
    assert_false(resume_wants_visit(&resume, 0, 0));
    assert_true(resume_wants_visit(&resume, 1, 0));
    assert_true(resume_wants_endpoint(&resume, 0));
    assert_true(resume_wants(&resume, 0, SUITE_AGENTIC, 2)); /* the drift control */
    assert_int_equal(resume.base_us, board->now_us + 1);
    resume_done(&resume);
    board_free(board);
    assert_true(resume_wants(NULL, 0, SUITE_AGENTIC, 0) && resume_wants_visit(NULL, 0, 0));
}

/* How the last phase of a pass ended decides whether the whole of it is made again. */
static void test_half_passes(void **state) {
    (void)state;
    static const struct {
        enum phase_status status;
        const char *reason;
        bool missing;
    } cases[] = {{PHASE_DONE, NULL, false},
                 {PHASE_STOPPED, "stopped by the user", true},
                 {PHASE_SKIPPED, "skipped by the user", false},
                 {PHASE_SKIPPED, "context too small", false},
                 {PHASE_SKIPPED, REASON_DOWN, true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct board *board = two_suites(1);
        phase(board, 10, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
        phase(board, 20, 0, SUITE_AGENTIC, "warm", 0, cases[i].status, cases[i].reason);
        enum board_pass come = board_pass(board, 0, SUITE_AGENTIC, 0);
        assert_int_equal(come, cases[i].missing ? BOARD_PASS_BEGUN : BOARD_PASS_ENDED);
        assert_int_equal(board_pass(board, 1, SUITE_AGENTIC, 0), BOARD_PASS_NONE);
        board_free(board);
    }
}

static void test_nothing_missing(void **state) {
    (void)state;
    struct error error = {0};
    struct resume resume;
    struct board *board = two_suites(1);
    for (int ep = 0; ep < 2; ep++) {
        whole(board, ep, SUITE_AGENTIC, 0);
        whole(board, ep, SUITE_BURST, 0);
    }
    assert_false(resume_init(&resume, board, &error));
    assert_non_null(strstr(error.text, "nothing is missing"));
    build_phase_start(board, 1000, 0, SUITE_AGENTIC, "cold", 1); /* the control was begun */
    assert_true(resume_init(&resume, board, &error));
    assert_int_equal(resume.wanted, 1);
    assert_false(resume_wants_endpoint(&resume, 0));
    assert_true(resume_wants_visit(&resume, 0, 1));
    resume_done(&resume);
    board_free(board);
}

static void test_ids_and_salts_go_on(void **state) {
    (void)state;
    struct resume resume;
    struct board *board = two_suites(1);
    build_phase_start(board, 0, 1, SUITE_AGENTIC, "cold", 0);
    struct call call = build_call(41, 1, SUITE_AGENTIC, "cold", 0, 1000, 2000, 100, 400);
    build_whole_call(board, &call);
    assert_true(resume_init(&resume, board, NULL));
    assert_int_equal(resume.next_id, 42);
    assert_true(resume.attempt > 0);
    resume_done(&resume);
    board_free(board);
}

static void test_foreign_headers(void **state) {
    (void)state;
    struct error error = {0};
    struct resume resume;
    struct board *board = two_suites(1);
    board->run.endpoints[1].imported = true;
    assert_false(resume_init(&resume, board, &error));
    board->run.endpoints[1].imported = false;
    board->run.passes = 1 << 30;
    assert_false(resume_init(&resume, board, &error));
    board->run.passes = 0;
    assert_false(resume_init(&resume, board, &error));
    board_free(board);
}

/* What a log can't hold would be measured for nothing. */
static void test_no_room_to_go_on(void **state) {
    (void)state;
    struct error error = {0};
    struct resume resume;
    struct board *board = two_suites(1);
    build_phase_start(board, INT64_C(1) << 53, 1, SUITE_AGENTIC, "cold", 0);
    assert_false(resume_init(&resume, board, &error));
    assert_non_null(strstr(error.text, "can't go on"));
    board_free(board);
    board = two_suites(1);
    build_phase_start(board, 0, 1, SUITE_AGENTIC, "cold", 0);
    struct call call =
        build_call(INT64_C(1) << 53, 1, SUITE_AGENTIC, "cold", 0, 1000, 2000, 100, 400);
    build_whole_call(board, &call);
    assert_false(resume_init(&resume, board, &error));
    board_free(board);
}

static void test_fits(void **state) {
    (void)state;
    struct error error = {0};
    struct resume resume;
    struct board *board = two_suites(1);
    board->run.machine.chip = mem_string("M5 Max");
    assert_true(resume_init(&resume, board, &error));
    assert_true(resume_fits(&resume, &board->run, &error));
    free(board->run.machine.chip);
    board->run.machine.chip = NULL; /* not known today: no reason */
    assert_true(resume_fits(&resume, &board->run, &error));
    board->run.machine.chip = mem_string("M2");
    assert_false(resume_fits(&resume, &board->run, &error));
    assert_non_null(strstr(error.text, "another machine"));
    copy_text(board->run.plans[0].phases[1], PHASE_MAX, "warmer");
    assert_false(resume_fits(&resume, &board->run, &error));
    assert_non_null(strstr(error.text, "plans other phases"));
    resume_done(&resume);
    board_free(board);
}

/* The half pass of the older log gives way to the new one, call for call. */
static void test_spoiled_pass_is_superseded(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    int cold = board_column(board, SUITE_AGENTIC, "cold");
    build_phase_start(board, 0, 0, SUITE_AGENTIC, "cold", 0);
    struct call old = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 1000, 9000, 100, 400);
    build_whole_call(board, &old);
    build_phase_end(board, old.end_us, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    build_phase_start(board, old.end_us + 1, 0, SUITE_AGENTIC, "warm", 0);
    seam(board);
    assert_int_equal(board->status, RUN_OPEN); /* it goes on */
    assert_int_equal(board->rows[0].running_column, -1);
    assert_int_equal(board_cell(board, 0, cold)->calls_ok, 1);
    int64_t t = board->now_us + 1;
    build_phase_start(board, t, 0, SUITE_AGENTIC, "cold", 0);
    struct call new = build_call(2, 0, SUITE_AGENTIC, "cold", 0, t + 1000, t + 3000, 100, 400);
    build_whole_call(board, &new);
    build_phase_end(board, new.end_us, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    const struct cell *cell = board_cell(board, 0, cold);
    assert_int_equal(cell->calls_ok, 1);
    assert_int_equal(cell->passes_done, 1);
    assert_int_equal(cell->values[METRIC_TTFT].count, 1);
    assert_true(board_value(board, 0, cold, METRIC_TTFT, STAT_MEDIAN) == new.ttft_ms);
    assert_true(board_call(board, 1)->superseded);
    board_free(board);
}

static struct event *swap_sample(int64_t t, double swap_mb, double joules) {
    struct event *event = event_new(EVENT_SAMPLE, t);
    event->sample.lane = mem_string(BUILD_LANE);
    event->sample.swap_mb = swap_mb;
    event->sample.rails = mem_zero(1, sizeof *event->sample.rails);
    event->sample.rail_count = 1;
    event->sample.rails[0] = (struct rail){.name = "GPU", .energy_j = joules, .pub_us = t};
    return event;
}

/* Hours lie between two logs: neither their joules nor their swap are the new pass's. */
static void test_nothing_crosses_the_seam(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    int cold = board_column(board, SUITE_AGENTIC, "cold");
    build_apply(board, swap_sample(1000000, 100, 50));
    build_phase_start(board, 1100000, 0, SUITE_AGENTIC, "cold", 0);
    build_apply(board, swap_sample(2000000, 100, 60));
    seam(board);
    build_phase_start(board, 2400000, 0, SUITE_AGENTIC, "cold", 0);
    build_apply(board, swap_sample(2500000, 5000, 90000));
    assert_true(isnan(series_last(&board->rows[0].series[SERIES_WATTS])));
    build_apply(board, swap_sample(3500000, 5000, 90010));
    double watts = series_last(&board->rows[0].series[SERIES_WATTS]);
    assert_true(watts > 9 && watts < 11);
    build_phase_end(board, 3600000, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    assert_true(board_value(board, 0, cold, METRIC_SWAP_DELTA, STAT_MAX) == 0);
    assert_null(board_gate(board, 0, cold, GATE_MEMORY_PRESSURE));
    board_free(board);
}

static void left_out(struct board *board, int ep, enum suite_id suite, const char *name,
                     const char *reason) {
    phase(board, board->now_us + 1, ep, suite, name, 0, PHASE_SKIPPED, reason);
}

/* The engine died in agentic: what is measured anew is not done any more, the rest stays. */
static void test_progress_begins_at_the_seam(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    whole(board, 0, SUITE_AGENTIC, 0);
    left_out(board, 0, SUITE_BURST, "single-8", "skipped by the user");
    left_out(board, 0, SUITE_BURST, "burst-8", "skipped by the user");
    phase(board, board->now_us + 1, 1, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    left_out(board, 1, SUITE_AGENTIC, "warm", REASON_DOWN);
    left_out(board, 1, SUITE_BURST, "single-8", REASON_DOWN);
    build_phase_start(board, board->now_us + 1, 1, SUITE_BURST, "burst-8", 0); /* killed in it */
    assert_int_equal(board->phases_done, 7);
    assert_true(board_eta_us(board) > 0);
    for (int i = 0; i < 2; i++) { /* killed at once and resumed: the same */
        seam(board);
        assert_int_equal(board->phases_done, 4);
        assert_true(board_progress(board) == 0.5);
        assert_true(board_eta_us(board) == board->now_us); /* as much again */
    }
    static const struct {
        enum suite_id suite;
        const char *name;
    } again[] = {{SUITE_AGENTIC, "cold"},
                 {SUITE_AGENTIC, "warm"},
                 {SUITE_BURST, "single-8"},
                 {SUITE_BURST, "burst-8"}};
    for (size_t i = 0; i < COUNT_OF(again); i++) {
        assert_int_equal(board_pass(board, 1, again[i].suite, 0), BOARD_PASS_BEGUN);
        int64_t t = board->now_us + 1;
        build_phase_start(board, t, 1, again[i].suite, again[i].name, 0);
        assert_int_equal(board->phases_done, 4 + i);
        build_phase_end(board, t + 1, 1, again[i].suite, again[i].name, 0, PHASE_DONE, NULL);
        assert_int_equal(board->phases_done, 5 + i);
    }
    assert_true(board_progress(board) == 1);
    assert_int_equal(board_pass(board, 1, SUITE_BURST, 0), BOARD_PASS_ENDED);
    board_free(board);
}

/* Killed again before its last phase: that one is of an older attempt, the pass has not ended. */
static void test_a_pass_is_of_one_attempt(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    left_out(board, 0, SUITE_AGENTIC, "cold", REASON_DOWN);
    phase(board, board->now_us + 1, 0, SUITE_AGENTIC, "warm", 0, PHASE_DONE, NULL);
    seam(board);
    phase(board, board->now_us + 1, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    assert_int_equal(board_pass(board, 0, SUITE_AGENTIC, 0), BOARD_PASS_BEGUN);
    assert_int_equal(board->phases_done, 1);
    seam(board);
    assert_int_equal(board->phases_done, 0);
    whole(board, 0, SUITE_AGENTIC, 0);
    assert_int_equal(board_pass(board, 0, SUITE_AGENTIC, 0), BOARD_PASS_ENDED);
    seam(board);
    assert_int_equal(board->phases_done, 2);
    board_free(board);
}

/* Nor is the drift control counted, which was begun when the run was killed. */
static void test_control_is_no_progress(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    whole(board, 0, SUITE_AGENTIC, 0);
    phase(board, board->now_us + 1, 0, SUITE_AGENTIC, "cold", 1, PHASE_DONE, NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(board->phases_done, 2);
        seam(board);
    }
    whole(board, 0, SUITE_AGENTIC, 1);
    assert_int_equal(board->phases_done, 2);
    assert_int_equal(board->rows[0].retries, 0);
    board_free(board);
}

/* What a resumed run measures anew is no retry; a second go within it is. */
static void test_retries(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    phase(board, 10, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    left_out(board, 0, SUITE_AGENTIC, "warm", REASON_DOWN);
    build_phase_start(board, board->now_us + 1, 0, SUITE_BURST, "single-8", 0);
    seam(board);
    whole(board, 0, SUITE_AGENTIC, 0);
    whole(board, 0, SUITE_BURST, 0);
    assert_int_equal(board->rows[0].retries, 0);
    assert_int_equal(board->phases_done, 4);
    whole(board, 0, SUITE_BURST, 0);
    assert_int_equal(board->rows[0].retries, 2);
    assert_int_equal(board->phases_done, 4);
    board_free(board);
}

static void endpoint_says(struct board *board, enum endpoint_state state, const char *detail) {
    struct event *event = event_new(EVENT_ENDPOINT, board->now_us);
    event->endpoint.state = state;
    event->endpoint.engine_version = mem_string("1.0");
    event->endpoint.detail = mem_string(detail);
    build_apply(board, event);
}

static void test_an_engine_is_unknown_at_the_seam(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    endpoint_says(board, ENDPOINT_DOWN, "connection refused");
    seam(board);
    assert_int_equal(board->rows[0].state, ENDPOINT_UNKNOWN);
    assert_null(board->rows[0].detail);
    assert_string_equal(board->rows[0].engine_version, "1.0"); /* another one would be told */
    endpoint_says(board, ENDPOINT_DOWN, "connection refused");
    build_run_end(board, board->now_us, RUN_COMPLETE);
    assert_int_equal(board->rows[0].state, ENDPOINT_DOWN);
    board_free(board);
}

/* Pass 0 failed, of pass 1 nothing came: that no call succeeded stays true. */
static void test_a_failed_phase_stays_failed(void **state) {
    (void)state;
    struct board *board = two_suites(2);
    const struct cell *cell = board_cell(board, 0, board_column(board, SUITE_AGENTIC, "cold"));
    build_phase_start(board, 0, 0, SUITE_AGENTIC, "cold", 0);
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 1000, 9000, 100, 400);
    build_fail(&call, ERROR_CONNECT);
    build_whole_call(board, &call);
    assert_false(board_nothing_ok(cell)); /* it still runs */
    build_phase_end(board, board->now_us, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    assert_true(board_nothing_ok(cell));
    phase(board, board->now_us + 1, 0, SUITE_AGENTIC, "cold", 1, PHASE_SKIPPED, REASON_DOWN);
    assert_int_equal(cell->state, CELL_SKIPPED);
    assert_true(board_nothing_ok(cell));
    /* one that only was skipped never failed, also when a call found out that it must be */
    cell = board_cell(board, 0, board_column(board, SUITE_AGENTIC, "warm"));
    build_phase_start(board, board->now_us, 0, SUITE_AGENTIC, "warm", 0);
    call = build_call(2, 0, SUITE_AGENTIC, "warm", 0, board->now_us + 1000, 9000, 100, 400);
    build_fail(&call, ERROR_HTTP_4XX);
    build_whole_call(board, &call);
    build_phase_end(board, board->now_us, 0, SUITE_AGENTIC, "warm", 0, PHASE_SKIPPED,
                    "context too small");
    assert_false(board_nothing_ok(cell));
    board_free(board);
}

/* Every engine was down: the run came to its end, and to nothing. */
static void test_nothing_measured(void **state) {
    (void)state;
    struct board *board = two_suites(1);
    for (int ep = 0; ep < 2; ep++)
        left_out(board, ep, SUITE_AGENTIC, "cold", REASON_DOWN);
    assert_false(board_is_void(board)); /* it still runs */
    build_run_end(board, board->now_us, RUN_STOPPED);
    assert_string_equal(board_end_word(board), "stopped");
    build_run_end(board, board->now_us, RUN_COMPLETE);
    assert_true(board_is_void(board));
    assert_string_equal(board_end_word(board), "nothing measured");
    seam(board);
    build_phase_start(board, board->now_us + 1, 0, SUITE_AGENTIC, "cold", 0);
    struct call call =
        build_call(1, 0, SUITE_AGENTIC, "cold", 0, board->now_us + 1000, 3000, 100, 400);
    build_whole_call(board, &call);
    build_run_end(board, board->now_us, RUN_COMPLETE);
    assert_false(board_is_void(board));
    assert_string_equal(board_end_word(board), "complete");
    board_free(board);
    struct run run = build_run(0, 1); /* the machine alone was looked at */
    board = board_new(&run);
    build_run_end(board, 1, RUN_COMPLETE);
    assert_false(board_is_void(board));
    board_free(board);
    run_done(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_half_passes),
        cmocka_unit_test(test_nothing_missing),
        cmocka_unit_test(test_ids_and_salts_go_on),
        cmocka_unit_test(test_foreign_headers),
        cmocka_unit_test(test_no_room_to_go_on),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_spoiled_pass_is_superseded),
        cmocka_unit_test(test_nothing_crosses_the_seam),
        cmocka_unit_test(test_progress_begins_at_the_seam),
        cmocka_unit_test(test_a_pass_is_of_one_attempt),
        cmocka_unit_test(test_control_is_no_progress),
        cmocka_unit_test(test_retries),
        cmocka_unit_test(test_an_engine_is_unknown_at_the_seam),
        cmocka_unit_test(test_a_failed_phase_stays_failed),
        cmocka_unit_test(test_nothing_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
