/* What the board says of bursts, ticks and the drift control, folded from events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "build.h"

#define S INT64_C(1000000)
#define B SUITE_BURST

static int64_t next_id(struct board *board) {
    return board->events + 1;
}

/* `calls` of a phase; call i begins at t + i · apart with a TTFT of ttft + i · wait ms. */
struct volley {
    enum suite_id suite;
    const char *phase;
    int pass, calls;
    double ttft, wait, tps;
    int64_t tokens, apart_us;
};

static int64_t fold_at(struct board *board, int64_t t, const struct volley *of) {
    int64_t end = t;
    build_phase_start(board, t, 0, of->suite, of->phase, of->pass);
    for (int i = 0; i < of->calls; i++) {
        struct call call =
            build_call(next_id(board), 0, of->suite, of->phase, of->pass, t + i * of->apart_us,
                       of->ttft + i * of->wait, of->tps, of->tokens);
        call.index = i;
        build_whole_call(board, &call);
        end = call.end_us > end ? call.end_us : end;
    }
    build_phase_end(board, end, 0, of->suite, of->phase, of->pass, PHASE_DONE, NULL);
    return end + S;
}

static const struct verdict *verdict_at(const struct board *board, enum verdict_id id,
                                        const char *phase) {
    for (size_t i = 0; i < board->verdict_count; i++)
        if (board->verdicts[i].id == id && strcmp(board->verdicts[i].phase, phase) == 0)
            return &board->verdicts[i];
    return NULL;
}

static struct board *begin(enum suite_id suite, const char *phases, int passes) {
    struct run run = build_run(1, passes);
    build_plan(&run, suite, phases);
    struct board *board = board_new(&run);
    run_done(&run);
    return board;
}

/* 0.1 s of prefill, 200 tokens at 100 t/s: one after the other, or all at once at a third. */
static const struct volley single = {B, "single-8", 0, 3, 100, 0, 100, 200, 3 * S};
static const struct volley queue = {B, "burst-8", 0, 8, 100, 2100, 100, 200, 40};
static const struct volley batch = {B, "burst-8", 0, 8, 100, 5, 33, 200, 40};

static int64_t fold_pass(struct board *board, int64_t t, int pass, const struct volley *burst) {
    struct volley of = single;
    of.pass = pass;
    t = fold_at(board, t, &of);
    of = *burst;
    of.pass = pass;
    return fold_at(board, t, &of);
}

static void test_passes_agree(void **state) {
    (void)state;
    struct board *board = begin(B, "single-8 burst-8", 2);
    int64_t t = fold_pass(board, 0, 0, &queue);
    const struct verdict *verdict = verdict_at(board, VERDICT_SERIALISATION, "burst-8");
    assert_non_null(verdict);
    assert_string_equal(verdict->value, "serial-fifo");
    assert_null(strstr(verdict->evidence, "passes"));
    fold_pass(board, t, 1, &queue);
    verdict = verdict_at(board, VERDICT_SERIALISATION, "burst-8");
    assert_string_equal(verdict->value, "serial-fifo");
    assert_non_null(strstr(verdict->evidence, "all 2 passes agree"));
    assert_int_equal(board->verdict_count, 1);
    board_free(board);
}

static void test_passes_disagree(void **state) {
    (void)state;
    struct board *board = begin(B, "single-8 burst-8", 3);
    int64_t t = fold_pass(board, 0, 0, &batch);
    t = fold_pass(board, t, 1, &queue);
    const struct verdict *verdict = verdict_at(board, VERDICT_SERIALISATION, "burst-8");
    assert_string_equal(verdict->value, "serial-fifo"); /* one each: the newest */
    fold_pass(board, t, 2, &batch);
    verdict = verdict_at(board, VERDICT_SERIALISATION, "burst-8");
    assert_string_equal(verdict->value, "batched");
    assert_non_null(strstr(verdict->evidence, "2 of 3 passes, the others: serial-fifo"));
    board_free(board);
}

static void test_sizes_are_apart_and_need_their_reference(void **state) {
    (void)state;
    struct board *board = begin(B, "single-8 burst-8 single-9 burst-9", 1);
    int64_t t = fold_pass(board, 0, 0, &queue);
    struct volley other = queue;
    other.phase = "burst-9"; /* without its singles */
    fold_at(board, t, &other);
    assert_string_equal(verdict_at(board, VERDICT_SERIALISATION, "burst-8")->value, "serial-fifo");
    const struct verdict *verdict = verdict_at(board, VERDICT_SERIALISATION, "burst-9");
    assert_string_equal(verdict->value, "inconclusive");
    assert_non_null(strstr(verdict->evidence, "no single call"));
    /* calls that leave one after the other are no dispatch span */
    int column = board_column(board, B, "single-8");
    assert_true(isnan(board_value(board, 0, column, METRIC_SPAN, STAT_MEDIAN)));
    assert_null(board_gate(board, 0, column, GATE_DISPATCH));
    board_free(board);
}

static void test_rejected_and_unfinished(void **state) {
    (void)state;
    struct board *board = begin(B, "single-8 burst-8", 1);
    int64_t t = fold_at(board, 0, &single);
    build_phase_start(board, t, 0, B, "burst-8", 0);
    for (int i = 0; i < 8; i++) {
        struct call call = build_call(100 + i, 0, B, "burst-8", 0, t, 100, 100, 200);
        call.index = i;
        if (i % 2) {
            build_fail(&call, ERROR_HTTP_429);
            call.first_token_us = call.last_token_us = MARK_NONE;
        }
        build_call_start(board, t, &call);
        if (i < 7) /* the last one never ends */
            build_call_end(board, call.end_us, &call);
    }
    build_phase_end(board, t + 5 * S, 0, B, "burst-8", 0, PHASE_DONE, NULL);
    assert_string_equal(verdict_at(board, VERDICT_SERIALISATION, "burst-8")->value, "rejecting");
    board_free(board);
}

/* The suite tells how late its loop was: a figure of the pass that runs. */
static void test_lateness(void **state) {
    (void)state;
    static const struct {
        double late_ms;
        bool trips;
    } cases[] = {{5, false}, {9.9, false}, {10.5, true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct board *board = begin(B, "single-8 burst-8", 1);
        int64_t t = fold_at(board, 0, &single);
        build_phase_start(board, t, 0, B, "burst-8", 0);
        for (int k = 0; k < 8; k++) {
            struct call call = build_call(100 + k, 0, B, "burst-8", 0, t, 100, 33, 200);
            build_whole_call(board, &call);
        }
        struct event *event = event_new(EVENT_FIGURE, t + 9 * S);
        event->figure = (struct event_figure){.suite = B,
                                              .phase = "burst-8",
                                              .metric = "lateness_ms",
                                              .stat = "max",
                                              .value = cases[i].late_ms,
                                              .n = 1};
        build_apply(board, event);
        build_phase_end(board, t + 9 * S, 0, B, "burst-8", 0, PHASE_DONE, NULL);
        int column = board_column(board, B, "burst-8");
        assert_true(board_value(board, 0, column, METRIC_LATENESS, STAT_MAX) == cases[i].late_ms);
        assert_int_equal(board_gate(board, 0, column, GATE_DISPATCH) != NULL, cases[i].trips);
        board_free(board);
    }
}

/* ---- tick ---- */

static void test_tick(void **state) {
    (void)state;
    struct board *board = begin(SUITE_TICK, "tick", 1);
    struct volley tick = {SUITE_TICK, "tick", 0, 60, 100, 0, 100, 100, 2 * S};
    int64_t t = fold_at(board, 0, &tick);
    const struct verdict *verdict = verdict_at(board, VERDICT_DRIFT, "");
    assert_string_equal(verdict->value, "steady");
    assert_non_null(strstr(verdict->evidence, "wall 119.1 s"));
    int column = board_column(board, SUITE_TICK, "tick");
    /* 60 × 0.1 s and 60 × 400 (asked for) or × 100 (came) tokens at 100 t/s */
    assert_true(fabs(board_value(board, 0, column, METRIC_BOUND_PREFIX, STAT_LAST) - 246) < 1e-6);
    assert_true(fabs(board_value(board, 0, column, METRIC_BOUND_GENERATED, STAT_LAST) - 66) < 1e-6);
    assert_true(isnan(board_value(board, 0, column, METRIC_BOUND_WARM, STAT_LAST)));
    board_free(board);

    board = begin(SUITE_TICK, "tick", 1);
    tick.wait = 2; /* ms more each call: 100 … 218 */
    t = fold_at(board, 0, &tick);
    verdict = verdict_at(board, VERDICT_DRIFT, "");
    assert_string_equal(verdict->value, "slower");
    assert_true(fabs(verdict->ratio - 199.0 / 119.0) < 1e-9);
    board_free(board);

    board = begin(SUITE_TICK, "tick", 1);
    tick.calls = 12;
    fold_at(board, 0, &tick);
    assert_string_equal(verdict_at(board, VERDICT_DRIFT, "")->value, "inconclusive");
    board_free(board);
    (void)t;
}

static void test_tick_beside_agentic(void **state) {
    (void)state;
    struct run run = build_run(1, 1);
    build_plan(&run, SUITE_AGENTIC, "warmup warm prefix-test-1");
    build_plan(&run, SUITE_TICK, "tick");
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t t = 0;
    t = fold_at(board, t, &(struct volley){SUITE_AGENTIC, "warmup", 0, 1, 9000, 0, 1, 16, 0});
    t = fold_at(board, t, &(struct volley){SUITE_AGENTIC, "warm", 0, 1, 50, 0, 200, 400, 0});
    t = fold_at(board, t,
                &(struct volley){SUITE_AGENTIC, "prefix-test-1", 0, 1, 80, 0, 160, 400, 0});
    fold_at(board, t, &(struct volley){SUITE_TICK, "tick", 0, 60, 100, 0, 100, 100, 2 * S});
    int column = board_column(board, SUITE_TICK, "tick");
    assert_true(fabs(board_value(board, 0, column, METRIC_BOUND_WARM, STAT_LAST) - 123) < 1e-6);
    assert_true(fabs(board_value(board, 0, column, METRIC_BOUND_PREFIX, STAT_LAST) - 154.8) < 1e-6);
    assert_true(fabs(board_value(board, 0, column, METRIC_BOUND_GENERATED, STAT_LAST) - 42.3) <
                1e-6);
    board_free(board);
}

/* ---- the drift control ---- */

static void test_control_is_apart(void **state) {
    (void)state;
    struct board *board = begin(SUITE_AGENTIC, "cold warm", 2);
    int64_t t = 0;
    for (int pass = 0; pass < 3; pass++) { /* the third was not planned */
        double slow = pass == 2 ? 1.5 : 1;
        struct volley cold = {SUITE_AGENTIC, "cold", pass, 1, 1000 * slow, 0, 100, 400, 0};
        struct volley warm = {SUITE_AGENTIC, "warm", pass, 1, 100 * slow, 0, 100 / slow, 400, 0};
        t = fold_at(board, t, &cold);
        t = fold_at(board, t, &warm);
        if (pass == 1) {
            assert_null(verdict_at(board, VERDICT_DRIFT, "control"));
            assert_true(board_progress(board) >= 1);
        }
    }
    const struct cell *cell = board_cell(board, 0, board_column(board, SUITE_AGENTIC, "cold"));
    assert_int_equal(cell->passes_done, 2);
    assert_int_equal(cell->calls, 2);
    assert_int_equal(cell->calls_ok, 2);
    assert_int_equal(cell->values[METRIC_TTFT].count, 2);
    assert_int_equal(cell->values[METRIC_WALL].count, 2);
    assert_true(board_value(board, 0, 0, METRIC_TTFT, STAT_MAX) < 1001);
    assert_true(board_progress(board) <= 1);
    assert_int_equal(board->rows[0].call_count, 6); /* kept and shown all the same */
    assert_true(board->rows[0].calls[4]->control);
    const struct verdict *verdict = verdict_at(board, VERDICT_DRIFT, "control");
    assert_string_equal(verdict->value, "slower");
    assert_true(fabs(verdict->ratio - 1.5) < 1e-9);
    assert_non_null(strstr(verdict->evidence, "TTFT 1.50"));
    board_free(board);
}

static void test_control_stopped_or_retried(void **state) {
    (void)state;
    struct board *board = begin(SUITE_AGENTIC, "cold", 1);
    struct volley cold = {SUITE_AGENTIC, "cold", 0, 1, 1000, 0, 100, 400, 0};
    int64_t t = fold_at(board, 0, &cold);
    build_phase_start(board, t, 0, SUITE_AGENTIC, "cold", 1);
    build_phase_end(board, t + S, 0, SUITE_AGENTIC, "cold", 1, PHASE_SKIPPED, "no time");
    const struct cell *cell = board_cell(board, 0, 0);
    assert_int_equal(cell->state, CELL_DONE);
    assert_int_equal(board->phases_done, 1);
    assert_null(verdict_at(board, VERDICT_DRIFT, "control"));
    cold.pass = 1;
    t = fold_at(board, t + 2 * S, &cold); /* again, this time to the end */
    assert_string_equal(verdict_at(board, VERDICT_DRIFT, "control")->value, "steady");
    assert_int_equal(cell->values[METRIC_TTFT].count, 1);
    assert_int_equal(cell->passes_done, 1);
    assert_int_equal(board->phases_done, 1);
    board_free(board);
}

/* A control pass in which the calls fail trips no gate of the figures. */
static void test_control_trips_no_gate(void **state) {
    (void)state;
    struct board *board = begin(SUITE_AGENTIC, "cold", 1);
    struct volley cold = {SUITE_AGENTIC, "cold", 0, 1, 1000, 0, 100, 400, 0};
    int64_t t = fold_at(board, 0, &cold);
    build_phase_start(board, t, 0, SUITE_AGENTIC, "cold", 1);
    struct call call = build_call(77, 0, SUITE_AGENTIC, "cold", 1, t, 100, 100, 200);
    build_fail(&call, ERROR_HTTP_5XX);
    build_whole_call(board, &call);
    build_phase_end(board, t + 9 * S, 0, SUITE_AGENTIC, "cold", 1, PHASE_DONE, NULL);
    const struct cell *cell = board_cell(board, 0, 0);
    assert_int_equal(cell->gates, 0);
    assert_true(cell->ranked);
    assert_int_equal(cell->errors[ERROR_HTTP_5XX], 0);
    board_free(board);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes_agree),
        cmocka_unit_test(test_passes_disagree),
        cmocka_unit_test(test_sizes_are_apart_and_need_their_reference),
        cmocka_unit_test(test_rejected_and_unfinished),
        cmocka_unit_test(test_lateness),
        cmocka_unit_test(test_tick),
        cmocka_unit_test(test_tick_beside_agentic),
        cmocka_unit_test(test_control_is_apart),
        cmocka_unit_test(test_control_stopped_or_retried),
        cmocka_unit_test(test_control_trips_no_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
