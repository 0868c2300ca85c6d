#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "build.h"

#define S INT64_C(1000000)
#define A SUITE_AGENTIC

static void close_to(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-6 * fmax(1, fabs(expected))))
        fail_msg("%.9g instead of %.9g", value, expected);
}

static struct board *new_board(int endpoints, int passes) {
    struct run run = build_run(endpoints, passes);
    build_plan(&run, A, BUILD_AGENTIC);
    build_plan(&run, SUITE_BURST, "burst-4");
    struct board *board = board_new(&run);
    run_done(&run);
    return board;
}

static double value(const struct board *board, const char *phase, enum metric_id metric,
                    enum stat_id stat) {
    int column = board_column(board, A, phase);
    if (column < 0)
        column = board_column(board, SUITE_BURST, phase);
    return board_value(board, 0, column, metric, stat);
}

static void test_new(void **state) {
    (void)state;
    struct board *board = new_board(2, 3);
    assert_int_equal(board->column_count, 12);
    assert_int_equal(board->phases_planned, 12 * 2 * 3);
    assert_int_equal(board->lane_count, 1);
    assert_int_equal(board_column(board, A, "cold"), 1);
    assert_int_equal(board_column(board, A, "nope"), -1);
    assert_null(board_cell(board, 2, 0));
    assert_null(board_cell(board, 0, 12));
    assert_null(board_call(board, 1));
    assert_int_equal(board_cell(board, 1, 3)->state, CELL_WAITING);
    assert_true(isnan(value(board, "cold", METRIC_TTFT, STAT_MEDIAN)));
    close_to(board_progress(board), 0);
    assert_int_equal(board_eta_us(board), -1);
    board_free(board);
    board_free(NULL);
}

static void test_one_phase(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    build_phase_start(board, 1 * S, 0, A, "cold", 0);
    const struct cell *cell = board_cell(board, 0, 1);
    assert_int_equal(cell->state, CELL_RUNNING);
    assert_int_equal(board->rows[0].running_column, 1);
    struct call call = build_call(7, 0, A, "cold", 0, S, 2074, 109.1, 400);
    call.cached_tokens = 500;
    call.server = mem_string("{\"timings\":{\"draft_n\":200,\"draft_n_accepted\":164}}");
    int64_t deltas[] = {1, 2};
    call.chunk_us = deltas;
    call.chunk_us_count = 2;
    build_call_start(board, S, &call);
    assert_int_equal(cell->calls, 1);
    assert_int_equal(cell->calls_running, 1);
    assert_int_equal(board_call(board, 7)->call.end_us, MARK_NONE);
    build_first_token(board, call.first_token_us, 7);
    assert_int_equal(board_call(board, 7)->tokens, 1);
    build_call_end(board, call.end_us, &call);
    assert_true(board_call(board, 7)->finished);
    assert_null(board_call(board, 7)->call.chunk_us);
    assert_int_equal(board_call(board, 7)->tokens, 400);
    assert_int_equal(cell->calls_running, 0);
    assert_int_equal(cell->calls_ok, 1);
    build_phase_end(board, call.end_us + 1, 0, A, "cold", 0, PHASE_DONE, NULL);
    assert_int_equal(cell->state, CELL_DONE);
    assert_int_equal(cell->passes_done, 1);
    assert_int_equal(board->rows[0].running_column, -1);
    close_to(value(board, "cold", METRIC_TTFT, STAT_MEDIAN), 2074);
    close_to(value(board, "cold", METRIC_DECODE, STAT_MEDIAN), 109.1);
    close_to(value(board, "cold", METRIC_CACHED, STAT_MEDIAN), 500);
    close_to(value(board, "cold", METRIC_PREFILL, STAT_MEDIAN), 1500 / 2.074);
    close_to(value(board, "cold", METRIC_MTP_ACCEPT, STAT_MEDIAN), 82);
    close_to(value(board, "cold", METRIC_VALID, STAT_MEDIAN), 100);
    close_to(value(board, "cold", METRIC_ERRORS, STAT_MEDIAN), 0);
    double wall = (double)(call.end_us - call.start_us) / 1e6;
    close_to(value(board, "cold", METRIC_WALL, STAT_MEDIAN), wall);
    close_to(value(board, "cold", METRIC_AGGREGATE, STAT_MEDIAN), 400 / wall);
    assert_true(isnan(value(board, "cold", METRIC_SPAN, STAT_MEDIAN))); /* of bursts only */
    assert_true(isnan(value(board, "cold", METRIC_WATTS, STAT_MEDIAN)));
    assert_true(cell->ranked);
    close_to(board_progress(board), 1.0 / 12);
    assert_true(board_eta_us(board) == 11 * board->now_us);
    free(call.server);
    board_free(board);
}

/* The panel's column: 60 × (TTFT + max_tokens / decode), rows 1 and 5. */
static void test_bounds(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct call warm = build_call(1, 0, A, "warm", 0, S, 309, 123.9, 400);
    struct call prefix = build_call(2, 0, A, "prefix-test-1", 0, 20 * S, 5965, 123.9, 400);
    build_phase(board, &warm);
    build_phase(board, &prefix);
    close_to(value(board, "warm", METRIC_BOUND_WARM, STAT_MEDIAN), 60 * (0.309 + 400 / 123.9));
    close_to(value(board, "prefix-test-1", METRIC_BOUND_PREFIX, STAT_MEDIAN),
             60 * (5.965 + 400 / 123.9));
    assert_true(isnan(value(board, "warm", METRIC_BOUND_PREFIX, STAT_MEDIAN)));
    board_free(board);
}

static void test_warmup_is_not_scored(void **state) {
    (void)state;
    struct board *board = new_board(2, 1);
    for (int ep = 0; ep < 2; ep++) {
        struct call call = build_call(ep + 1, ep, A, "warmup", 0, S, 9000 + 5000 * ep, 50, 16);
        build_phase(board, &call);
        assert_false(board_cell(board, ep, 0)->ranked);
        assert_int_equal(board->rows[ep].series[SERIES_TTFT].count, 0);
    }
    assert_int_equal(board_best(board, 0, METRIC_TTFT), -1);
    assert_true(isnan(board_row_value(board, 0, A, METRIC_TTFT, STAT_MEDIAN)));
    board_free(board);
}

static void test_failed_calls_stay_out(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    build_phase_start(board, 0, 0, SUITE_BURST, "burst-4", 0);
    for (int i = 0; i < 4; i++) {
        struct call call = build_call(i + 1, 0, SUITE_BURST, "burst-4", 0, 100 * i, 500, 100, 101);
        call.index = i;
        call.sent_us = 100 * i + 50000;
        if (i == 3)
            build_fail(&call, ERROR_HTTP_5XX);
        if (i == 2)
            call.correct = CHECK_NO;
        call.error_detail = i == 3 ? mem_string("boom") : NULL;
        build_whole_call(board, &call);
        free(call.error_detail);
    }
    build_phase_end(board, 2 * S, 0, SUITE_BURST, "burst-4", 0, PHASE_DONE, NULL);
    const struct cell *cell = board_cell(board, 0, 11);
    assert_int_equal(cell->calls, 4);
    assert_int_equal(cell->calls_ok, 3);
    assert_int_equal(cell->calls_wrong, 1);
    assert_int_equal(cell->errors[ERROR_HTTP_5XX], 1);
    assert_int_equal(cell->values[METRIC_TTFT].count, 3);
    close_to(value(board, "burst-4", METRIC_ERRORS, STAT_MEDIAN), 1);
    close_to(value(board, "burst-4", METRIC_VALID, STAT_MEDIAN), 50);
    close_to(value(board, "burst-4", METRIC_SPAN, STAT_MEDIAN), 50.3);
    close_to(value(board, "burst-4", METRIC_WALL, STAT_MEDIAN), 1.5003);
    close_to(value(board, "burst-4", METRIC_AGGREGATE, STAT_MEDIAN), 303 / 1.5003);
    assert_string_equal(board_call(board, 4)->call.error_detail, "boom");
    board_free(board);
}

/* An ok call whose tokens nobody knows: no aggregate rather than a wrong one. */
static void test_unknown_tokens(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct call call = build_call(1, 0, A, "cold", 0, 0, 100, 100, 100);
    call.completion_tokens = COUNT_NONE;
    build_phase(board, &call);
    assert_true(isnan(value(board, "cold", METRIC_AGGREGATE, STAT_MEDIAN)));
    assert_false(isnan(value(board, "cold", METRIC_WALL, STAT_MEDIAN)));
    board_free(board);
}

static int64_t pass_of(struct board *board, int64_t id, int pass, int64_t t, double ttft) {
    struct call call = build_call(id, 0, A, "cold", pass, t, ttft, 100, 100);
    return build_phase(board, &call);
}

static void test_retry_replaces(void **state) {
    (void)state;
    struct board *board = new_board(1, 3);
    pass_of(board, 1, 0, 1 * S, 100);
    pass_of(board, 2, 1, 10 * S, 900);
    pass_of(board, 3, 2, 20 * S, 300);
    close_to(value(board, "cold", METRIC_TTFT, STAT_MEDIAN), 300);
    close_to(series_high(&board->rows[0].series[SERIES_TTFT], 0, 90 * S), 900);
    /* pass 1 again, with an error first and the right value then */
    struct call bad = build_call(4, 0, A, "cold", 1, 30 * S, 0, 100, 100);
    bad.attempt = 1;
    build_fail(&bad, ERROR_CONNECT);
    bad.end_us = 31 * S;
    build_phase(board, &bad);
    const struct cell *cell = board_cell(board, 0, 1);
    assert_int_equal(cell->values[METRIC_TTFT].count, 2);
    assert_int_equal(cell->errors[ERROR_CONNECT], 1);
    assert_int_equal(cell->calls, 3);
    assert_non_null(board_gate(board, 0, 1, GATE_OUTPUT_VALID));
    struct call good = build_call(5, 0, A, "cold", 1, 40 * S, 120, 100, 100);
    good.attempt = 2;
    build_phase(board, &good);
    assert_int_equal(cell->values[METRIC_TTFT].count, 3);
    close_to(value(board, "cold", METRIC_TTFT, STAT_MEDIAN), 120);
    close_to(value(board, "cold", METRIC_TTFT, STAT_MAX), 300);
    assert_int_equal(cell->values[METRIC_WALL].count, 3);
    close_to(value(board, "cold", METRIC_WALL, STAT_MAX), 0.3 + 99 / 100.0);
    assert_int_equal(cell->errors[ERROR_CONNECT], 0);
    assert_int_equal(cell->calls, 3);
    assert_int_equal(cell->calls_ok, 3);
    assert_int_equal(cell->passes_done, 3);
    assert_int_equal(board->phases_done, 3);
    assert_int_equal(board->rows[0].retries, 2);
    assert_null(board_gate(board, 0, 1, GATE_OUTPUT_VALID));
    assert_int_equal(board->rows[0].call_count, 5);                /* all stay to be looked at */
    assert_int_equal(board->rows[0].series[SERIES_TTFT].count, 3); /* those of now */
    close_to(series_high(&board->rows[0].series[SERIES_TTFT], 0, 90 * S), 300);
    assert_true(board_call(board, 2)->superseded && board_call(board, 4)->superseded);
    assert_false(board_call(board, 5)->superseded);
    board_free(board);
}

/* Broken off in the middle and begun again: what ran is out, also when it ends later. */
static void test_retry_of_a_running_phase(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct call first = build_call(1, 0, A, "cold", 0, 0, 100, 100, 100);
    build_phase_start(board, 0, 0, A, "cold", 0);
    build_call_start(board, 0, &first);
    build_first_token(board, 100000, 1);
    struct call again = build_call(2, 0, A, "cold", 0, 2 * S, 200, 100, 100);
    again.attempt = 1;
    build_phase_start(board, 2 * S, 0, A, "cold", 0);
    build_whole_call(board, &again);
    build_call_end(board, 3 * S + 1, &first);
    build_phase_end(board, 3 * S + 2, 0, A, "cold", 0, PHASE_DONE, NULL);
    const struct cell *cell = board_cell(board, 0, 1);
    assert_int_equal(cell->calls, 1);
    assert_int_equal(cell->calls_running, 0);
    assert_int_equal(cell->values[METRIC_TTFT].count, 1);
    close_to(value(board, "cold", METRIC_TTFT, STAT_MEDIAN), 200);
    assert_int_equal(board->rows[0].series[SERIES_TTFT].count, 1);
    close_to(series_high(&board->rows[0].series[SERIES_TTFT], 0, 9 * S), 200);
    board_free(board);
}

/* One call of a burst made again, the others untouched. */
static void test_retry_of_one_call(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    build_phase_start(board, 0, 0, SUITE_BURST, "burst-4", 0);
    for (int i = 0; i < 5; i++) {
        struct call call = build_call(i + 1, 0, SUITE_BURST, "burst-4", 0, i * S, 100 + i, 100, 50);
        call.index = i < 4 ? i : 2;
        call.attempt = i == 4;
        if (i == 2)
            build_fail(&call, ERROR_CONNECT), call.end_us = i * S + 1;
        build_whole_call(board, &call);
    }
    build_phase_end(board, 9 * S, 0, SUITE_BURST, "burst-4", 0, PHASE_DONE, NULL);
    const struct cell *cell = board_cell(board, 0, 11);
    assert_int_equal(cell->calls, 4);
    assert_int_equal(cell->calls_ok, 4);
    close_to(value(board, "burst-4", METRIC_VALID, STAT_MEDIAN), 100);
    assert_true(board_call(board, 3)->superseded);
    board_free(board);
}

/* Neither a user's key nor a suspended pitwall is an engine's failure; figures of a pass that was
 * slept through are absent. */
static void test_calls_that_do_not_count(void **state) {
    (void)state;
    struct board *board = new_board(1, 2);
    build_phase_start(board, 0, 0, SUITE_BURST, "burst-4", 0);
    for (int i = 0; i < 4; i++) {
        struct call call = build_call(i + 1, 0, SUITE_BURST, "burst-4", 0, S, 100, 100, 50);
        call.index = i;
        build_call_start(board, S, &call);
        build_first_token(board, call.first_token_us + i, i + 1);
        if (i >= 2)
            call.ok = false, call.error = i == 2 ? ERROR_CANCELLED : ERROR_SUSPENDED;
        if (i == 3)
            call.ttft_ms = 60000;
        build_call_end(board, call.end_us, &call);
    }
    build_phase_end(board, 9 * S, 0, SUITE_BURST, "burst-4", 0, PHASE_DONE, NULL);
    const struct cell *cell = board_cell(board, 0, 11);
    assert_int_equal(cell->calls, 4);
    assert_int_equal(cell->calls_ok, 2);
    assert_int_equal(cell->calls_cancelled, 1);
    assert_int_equal(cell->calls_suspended, 1);
    assert_int_equal(board_failed(cell), 0);
    assert_int_equal(cell->errors[ERROR_CANCELLED] + cell->errors[ERROR_SUSPENDED], 0);
    close_to(value(board, "burst-4", METRIC_VALID, STAT_MEDIAN), 100);
    close_to(value(board, "burst-4", METRIC_ERRORS, STAT_MEDIAN), 0);
    assert_null(board_gate(board, 0, 11, GATE_OUTPUT_VALID));
    assert_true(isnan(value(board, "burst-4", METRIC_WALL, STAT_MEDIAN)));
    assert_true(isnan(value(board, "burst-4", METRIC_AGGREGATE, STAT_MEDIAN)));
    assert_true(isnan(value(board, "burst-4", METRIC_SPAN, STAT_MEDIAN)));
    close_to(series_high(&board->rows[0].series[SERIES_TTFT], 0, 99 * S), 100);
    struct call again = build_call(9, 0, SUITE_BURST, "burst-4", 0, 20 * S, 100, 100, 50);
    again.attempt = 1;
    build_phase(board, &again);
    assert_int_equal(cell->calls_cancelled + cell->calls_suspended, 0);
    board_free(board);
}

static void test_skipped_and_stopped(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    build_phase_start(board, 0, 0, A, "cold-prefix", 0);
    build_phase_end(board, 1, 0, A, "cold-prefix", 0, PHASE_SKIPPED, "no restart command");
    const struct cell *cell = board_cell(board, 0, board_column(board, A, "cold-prefix"));
    assert_int_equal(cell->state, CELL_SKIPPED);
    assert_string_equal(cell->reason, "no restart command");
    assert_int_equal(cell->passes_done, 0);
    assert_false(cell->ranked);
    assert_int_equal(board->phases_done, 1);
    struct call call = build_call(1, 0, A, "warm", 0, S, 100, 100, 100);
    build_phase_start(board, S, 0, A, "warm", 0);
    build_whole_call(board, &call);
    build_phase_end(board, 3 * S, 0, A, "warm", 0, PHASE_STOPPED, "stopped by the user");
    cell = board_cell(board, 0, board_column(board, A, "warm"));
    assert_int_equal(cell->state, CELL_STOPPED);
    assert_int_equal(cell->values[METRIC_TTFT].count, 1); /* a whole call is a whole call */
    assert_int_equal(cell->values[METRIC_WALL].count, 0); /* half a pass is no pass */
    build_phase_start(board, 4 * S, 0, A, "cold", 0);
    build_run_end(board, 5 * S, RUN_STOPPED);
    assert_int_equal(board_cell(board, 0, 1)->state, CELL_STOPPED);
    assert_int_equal(board->status, RUN_STOPPED);
    assert_int_equal(board_eta_us(board), 0);
    board_free(board);
}

/* ---- energy ---- */

static void power(struct board *board, int64_t from, int64_t to, int64_t every, double watts) {
    for (int64_t t = from; t <= to; t += every) {
        struct event *event = build_sample(t);
        build_rail(&event->sample, "GPU", (double)t / 1e6 * watts, t);
        build_apply(board, event);
    }
}

static void test_energy_of_a_pass(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    power(board, 0, 100000, 100000, 40);
    struct call call = build_call(1, 0, A, "cold", 0, 200000, 1000, 100, 401);
    build_phase_start(board, 200000, 0, A, "cold", 0);
    power(board, 200000, call.end_us, 100000, 40);
    build_whole_call(board, &call);
    build_phase_end(board, call.end_us, 0, A, "cold", 0, PHASE_DONE, NULL);
    close_to(value(board, "cold", METRIC_WATTS, STAT_MEDIAN), 40);
    close_to(value(board, "cold", METRIC_PREFILL_WATTS, STAT_MEDIAN), 40);
    close_to(value(board, "cold", METRIC_TPS_PER_WATT, STAT_MEDIAN), 100.0 / 40);
    close_to(value(board, "cold", METRIC_J_PER_TOKEN, STAT_MEDIAN), 40 / 100.0);
    board_free(board);
}

/* Publications every 2.1 s: nothing can be said of a decode of 1 s; of one of 12 s it can, once the
 * publication after its end has come. */
static void test_energy_needs_publications(void **state) {
    (void)state;
    struct board *board = new_board(1, 2);
    power(board, 0, 4200000, 2100000, 40);
    struct call call = build_call(1, 0, A, "cold", 0, 4300000, 500, 100, 101);
    build_phase(board, &call);
    power(board, 6300000, 8400000, 2100000, 40);
    assert_true(isnan(value(board, "cold", METRIC_WATTS, STAT_MEDIAN)));
    call = build_call(2, 0, A, "cold", 1, 8400000, 1000, 100, 1201);
    build_phase_start(board, 8400000, 0, A, "cold", 1);
    power(board, 10500000, 18900000, 2100000, 40); /* up to 18.9 s, the decode ends at 21.4 s */
    build_whole_call(board, &call);
    build_phase_end(board, call.end_us, 0, A, "cold", 1, PHASE_DONE, NULL);
    assert_true(isnan(value(board, "cold", METRIC_WATTS, STAT_MEDIAN)));
    power(board, 21000000, 23100000, 2100000, 40);
    close_to(value(board, "cold", METRIC_WATTS, STAT_MEDIAN), 40);
    assert_int_equal(board_cell(board, 0, 1)->values[METRIC_WATTS].count, 1);
    power(board, 25200000, 40000000, 2100000, 80); /* later ones change nothing */
    close_to(value(board, "cold", METRIC_WATTS, STAT_MEDIAN), 40);
    const struct series *plotted = &board->rows[0].series[SERIES_TPS_PER_WATT];
    assert_int_equal(plotted->count, 1); /* one point, as the cell has it, at the decode's end */
    close_to(series_last(plotted), value(board, "cold", METRIC_TPS_PER_WATT, STAT_MEDIAN));
    assert_int_equal(plotted->points[0].to_us, call.last_token_us);
    board_free(board);
}

/* Ten streams at once: the joules count once. */
static void test_energy_of_a_burst(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    build_phase_start(board, 0, 0, SUITE_BURST, "burst-4", 0);
    power(board, 0, 11 * S, 100000, 50);
    for (int i = 0; i < 10; i++) {
        struct call call = build_call(i + 1, 0, SUITE_BURST, "burst-4", 0, S, 1000, 20, 101);
        build_whole_call(board, &call);
    }
    build_phase_end(board, 10 * S, 0, SUITE_BURST, "burst-4", 0, PHASE_DONE, NULL);
    close_to(value(board, "burst-4", METRIC_WATTS, STAT_MEDIAN), 50);
    close_to(value(board, "burst-4", METRIC_TPS_PER_WATT, STAT_MEDIAN), 200.0 / 50);
    assert_true(isnan(value(board, "burst-4", METRIC_PREFILL_WATTS, STAT_MEDIAN)));
    board_free(board);
}

/* ---- live series ---- */

static void test_series(void **state) {
    (void)state;
    struct board *board = new_board(2, 1);
    struct row *row = &board->rows[0];
    build_phase_start(board, 0, 0, A, "cold", 0);
    struct call call = build_call(1, 0, A, "cold", 0, 0, 1000.25, 50, 201);
    build_call_start(board, 100, &call); /* the event came a little after the start */
    build_first_token(board, 1000250, 1);
    close_to(series_last(&row->series[SERIES_TTFT]), 1000.15);
    for (int i = 1; i <= 40; i++) {
        if (i % 10 == 0) {
            struct event *event = build_sample(1000250 + i * 100000);
            build_rail(&event->sample, "GPU", i * 2.5, 1000250 + i * 100000); /* 25 W */
            event->sample.thermal = i < 30 ? THERMAL_NOMINAL : THERMAL_MODERATE;
            event->sample.swap_mb = 100 + i;
            event->sample.kv_tokens = 2000 + i;
            build_apply(board, event);
        }
        build_progress(board, 1000250 + i * 100000, 1, 1 + i * 5);
    }
    close_to(row->tps_now, 50);
    close_to(series_last(&row->series[SERIES_TPS]), 50);
    close_to(series_high(&row->series[SERIES_TPS], 0, 9 * S), 50);
    assert_int_equal(row->series[SERIES_TPS].count, 40);
    close_to(series_last(&row->series[SERIES_WATTS]), 25);
    close_to(series_last(&row->series[SERIES_SWAP]), 30);
    close_to(series_last(&row->series[SERIES_THERMAL]), 1);
    close_to(series_last(&row->series[SERIES_KV]), 2040);
    close_to(series_last(&board->rows[1].series[SERIES_THERMAL]), 1); /* the machine's */
    assert_true(isnan(series_last(&board->rows[1].series[SERIES_KV])));
    build_call_end(board, call.end_us, &call);
    assert_true(isnan(row->tps_now));
    assert_true(isnan(series_last(&row->series[SERIES_TPS])));
    close_to(series_last(&row->series[SERIES_TTFT]), 1000.25); /* the measured value */
    struct event *event = build_sample(9 * S);                 /* nothing known: a gap, once */
    build_apply(board, event);
    size_t count = row->series[SERIES_SWAP].count;
    assert_true(isnan(series_last(&row->series[SERIES_SWAP])));
    build_apply(board, build_sample(10 * S));
    assert_int_equal(row->series[SERIES_SWAP].count, count);
    board_free(board);
}

/* Two tokens a chunk, as the first call's end told: from then on the live rate is of tokens. */
static void test_live_rate_is_of_tokens(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct row *row = &board->rows[0];
    build_phase_start(board, 0, 0, A, "cold", 0);
    for (int id = 1; id <= 2; id++) {
        int64_t from = id * 10 * S;
        struct call call = build_call(id, 0, A, "cold", 0, from, 1000, 100, 201);
        call.chunks = call.completion_tokens == 201 ? 101 : 0;
        build_call_start(board, from, &call);
        build_first_token(board, from + S, id);
        for (int i = 1; i <= 10; i++)
            build_progress(board, from + S + i * 100000, id, 1 + i * 5);
        close_to(row->tps_now, id == 1 ? 50 : 50 * 201.0 / 101);
        build_call_end(board, call.end_us, &call);
    }
    board_free(board);
}

static void test_progress_is_thinned(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct call call = build_call(1, 0, A, "cold", 0, 0, 100, 1000, 5000);
    build_call_start(board, 0, &call);
    build_first_token(board, 100000, 1);
    for (int i = 1; i <= 2000; i++)
        build_progress(board, 100000 + i * 1000, 1, i + 1);
    assert_int_equal(board->rows[0].series[SERIES_TPS].count, 20);
    close_to(board->rows[0].tps_now, 1000);
    build_progress(board, 2200000, 1, 5); /* older than what is known */
    assert_int_equal(board_call(board, 1)->tokens, 2001);
    /* a second without progress is a rate of 0 */
    build_apply(board, build_sample(3500000));
    close_to(board->rows[0].tps_now, 0);
    close_to(series_last(&board->rows[0].series[SERIES_TPS]), 0);
    board_free(board);
}

static void test_swap_of_a_phase(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    const double swap[] = {700, 750, 1100, 900};
    for (int i = 0; i < 4; i++) {
        struct event *event = build_sample(i * S);
        event->sample.swap_mb = swap[i];
        event->sample.swapouts = 1000 + 10 * i;
        build_engine(&event->sample, 0, 42, 20000 + i);
        if (i == 1)
            build_phase_start(board, i * S - 1, 0, A, "cold", 0);
        build_apply(board, event);
    }
    struct call call = build_call(1, 0, A, "cold", 0, S, 100, 100, 100);
    build_whole_call(board, &call);
    build_phase_end(board, 3 * S + 1, 0, A, "cold", 0, PHASE_DONE, NULL);
    close_to(value(board, "cold", METRIC_SWAP_DELTA, STAT_MEDIAN), 400); /* 1,100 − 700 */
    close_to(value(board, "cold", METRIC_SWAPOUTS_DELTA, STAT_MEDIAN), 30);
    close_to(value(board, "cold", METRIC_RSS, STAT_MEDIAN), 20003);
    assert_true(isnan(value(board, "cold", METRIC_FOOTPRINT, STAT_MEDIAN)));
    assert_true(isnan(value(board, "cold", METRIC_THERMAL, STAT_MEDIAN)));
    close_to(board_lane(board, BUILD_LANE)->swap_start, 700);
    assert_null(board_lane(board, "other"));
    board_free(board);
}

/* ---- quality, figures, notes ---- */

static void test_scores(void **state) {
    (void)state;
    struct run run = build_run(1, 2);
    build_plan(&run, SUITE_TOOL_CALL, "turns");
    struct board *board = board_new(&run);
    run_done(&run);
    for (int pass = 0; pass < 2; pass++) {
        build_phase_start(board, pass * S, 0, SUITE_TOOL_CALL, "turns", pass);
        for (int turn = 0; turn < 8; turn++)
            build_score(board, pass * S, 0, SUITE_TOOL_CALL, "edit", turn, pass,
                        turn < 6 + pass ? 1 : 0);
        build_phase_end(board, pass * S + 1, 0, SUITE_TOOL_CALL, "turns", pass, PHASE_DONE, NULL);
    }
    const struct cell *cell = board_cell(board, 0, 0);
    assert_int_equal(cell->scores, 16);
    assert_int_equal(cell->points_times_1000, 13000);
    close_to(board_value(board, 0, 0, METRIC_SCORE, STAT_MIN), 75);
    close_to(board_value(board, 0, 0, METRIC_SCORE, STAT_MAX), 87.5);
    close_to(board_row_value(board, 0, SUITE_TOOL_CALL, METRIC_SCORE, STAT_MEAN), 81.25);
    assert_true(cell->ranked);
    build_phase_start(board, 5 * S, 0, SUITE_TOOL_CALL, "turns", 1); /* again */
    build_score(board, 5 * S, 0, SUITE_TOOL_CALL, "edit", 0, 1, 1);
    assert_int_equal(cell->scores, 9);
    assert_int_equal(board->rows[0].score_count, 9);
    close_to(board_value(board, 0, 0, METRIC_SCORE, STAT_MAX), 100);
    board_free(board);
}

static void test_figures(void **state) {
    (void)state;
    struct board *board = new_board(3, 1);
    build_figure(board, 0, A, "cold", "ttft_ms", "median", 2074, 1);
    build_figure(board, 0, A, "cold", "ttft_ms", "max", 2100, 1);
    build_figure(board, 1, A, "cold", "ttft_ms", "p50", 8647, 1);
    build_figure(board, 2, A, "unplanned", "decode_tps", "median", 31.8, -1);
    assert_int_equal(board_cell(board, 0, 1)->state, CELL_DONE);
    close_to(board_value(board, 0, 1, METRIC_TTFT, STAT_MEDIAN), 2074);
    close_to(board_value(board, 0, 1, METRIC_TTFT, STAT_MAX), 2100);
    close_to(board_value(board, 0, 1, METRIC_TTFT, STAT_N), 1);
    close_to(board_value(board, 1, 1, METRIC_TTFT, STAT_MEDIAN), 8647);
    assert_true(isnan(board_value(board, 0, 1, METRIC_TTFT, STAT_P95)));
    assert_int_equal(board_best(board, 1, METRIC_TTFT), 0);
    close_to(board_row_value(board, 0, A, METRIC_TTFT, STAT_MEDIAN), 2074);
    int column = board_column(board, A, "unplanned");
    assert_int_equal(column, 12);
    assert_false(board->columns[column].planned);
    assert_int_equal(board->phases_planned, 36);
    build_figure(board, 0, A, "cold", "speed", "median", 1, 1);
    assert_int_equal(board->note_count, 1);
    board_free(board);
}

static void test_best(void **state) {
    (void)state;
    struct board *board = new_board(3, 3);
    const double ttft[3][3] = {{100, 105, 110}, {103, 108, 120}, {200, 210, 220}};
    int64_t id = 1;
    for (int ep = 2; ep >= 0; ep--) {
        for (int pass = 0; pass < 3; pass++) {
            struct call call =
                build_call(id, ep, A, "cold", pass, id * 100 * S, ttft[ep][pass], 100, 100);
            build_phase(board, &call);
            id++;
        }
        /* alone, and then against one that is far away */
        assert_int_equal(board_best(board, 1, METRIC_TTFT), ep == 1 ? 1 : -1);
    }
    /* 105 against 108: the ranges overlap, nobody is best */
    assert_int_equal(board_best(board, 1, METRIC_DECODE), -1);        /* all the same */
    assert_int_equal(board_best(board, 1, METRIC_PROMPT_TOKENS), -1); /* neither way is better */
    assert_int_equal(board_best(board, 2, METRIC_TTFT), -1);
    board_free(board);
}

/* One that counts chunks is the best by its times, never by its rates. */
static void test_best_with_chunks(void **state) {
    (void)state;
    struct board *board = new_board(2, 1);
    for (int ep = 0; ep < 2; ep++) {
        struct call call = build_call(ep + 1, ep, A, "cold", 0, S, 100 + 100 * ep, 90 - ep, 100);
        call.tokens_source = ep == 0 ? TOKENS_CHUNKS : TOKENS_USAGE;
        build_phase(board, &call);
    }
    assert_int_equal(board_best(board, 1, METRIC_TTFT), 0);
    assert_int_equal(board_best(board, 1, METRIC_DECODE), -1);
    assert_true(isnan(board_row_value(board, 0, A, METRIC_COMPLETION, STAT_MEDIAN)));
    board_free(board);
}

static void test_notes_and_capabilities(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    build_apply(board, event_note_new(5, NOTE_WARN, 0, "hot %d", 1));
    assert_string_equal(board->notes[0].text, "hot 1");
    struct event *event = event_new(EVENT_NOTE, 6);
    event->note.ep = 77;
    build_apply(board, event);
    assert_int_equal(board->notes[1].ep, -1);
    for (int i = 0; i < 2; i++) {
        event = event_new(EVENT_CAPABILITY, 7);
        event->capability.ep = 0;
        event->capability.name = mem_string("context");
        event->capability.value = mem_format("%d", 4096 * (i + 1));
        build_apply(board, event);
    }
    assert_int_equal(board->capability_count, 1);
    assert_string_equal(board->capabilities[0].value, "8192");
    event = event_new(EVENT_ENDPOINT, 8);
    event->endpoint.ep = 0;
    event->endpoint.state = ENDPOINT_UP;
    event->endpoint.engine = ENGINE_OLLAMA;
    event->endpoint.engine_version = mem_string("0.9");
    build_apply(board, event);
    event = event_new(EVENT_ENDPOINT, 9);
    event->endpoint.ep = 0;
    event->endpoint.state = ENDPOINT_DOWN;
    build_apply(board, event);
    assert_int_equal(board->rows[0].state, ENDPOINT_DOWN);
    assert_string_equal(board->rows[0].engine_version, "0.9"); /* the last that was told */
    assert_int_equal(board->rows[0].endpoint->engine, ENGINE_OLLAMA);
    for (int i = 0; i < 10000; i++)
        build_apply(board, event_note_new(10, NOTE_INFO, -1, "%d", i));
    assert_true(board->note_count <= 4096);
    assert_string_equal(board->notes[board->note_count - 1].text, "9999");
    board_free(board);
}

static void test_outputs(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    enum { COUNT = 100, SIZE = 1000000 };
    char *text = mem_alloc(SIZE + 1);
    memset(text, 'x', SIZE);
    char server[] = "{\"n\":1}";
    text[SIZE] = '\0';
    for (int i = 0; i < COUNT; i++) {
        struct call call = build_call(i, 0, A, "cold", 0, i * S, 100, 100, 50);
        call.server = server;
        build_whole_call(board, &call);
        struct event *event = event_new(EVENT_CALL_OUTPUT, i * S);
        event->output.id = i;
        event->output.content = mem_string(text);
        event->output.request = mem_string("[]");
        build_apply(board, event);
    }
    const struct board_call *old = board_call(board, 0), *new = board_call(board, COUNT - 1);
    assert_null(old->content);
    assert_true(old->cut);
    assert_null(old->call.server);
    assert_int_equal(strlen(new->content), SIZE);
    assert_false(new->cut);
    assert_string_equal(new->call.server, "{\"n\":1}");
    size_t kept = 0;
    for (int i = 0; i < COUNT; i++)
        kept += board_call(board, i)->content ? SIZE : 0;
    assert_true(kept <= BOARD_TEXTS_MAX && kept > BOARD_TEXTS_MAX - 2 * SIZE);
    struct event *event = event_new(EVENT_CALL_OUTPUT, 200 * S);
    event->output.id = COUNT - 1;
    event->output.content = mem_alloc(2 * SIZE + 1);
    for (int i = 0; i < 2 * SIZE; i += 2)
        memcpy(event->output.content + i, "é", 2);
    event->output.content[2 * SIZE] = '\0';
    build_apply(board, event);
    assert_true(new->cut);
    assert_true(strlen(new->content) <= 1 << 20 && strlen(new->content) % 2 == 0);
    free(text);
    board_free(board);
}

/* ---- nonsense ---- */

static void test_nonsense(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct call call = build_call(1, 0, A, "cold", 0, S, 100, 100, 50);
    build_phase_start(board, S, 9, A, "cold", 0);
    build_phase_start(board, S, -1, A, "cold", 0);
    build_phase_start(board, S, 0, (enum suite_id)99, "cold", 0);
    build_phase_start(board, S, 0, A, "", 0);
    build_phase_start(board, S, 0, A, "cold", -1);
    build_phase_start(board, -5, 0, A, "cold", 0);
    build_phase_start(board, INT64_MAX, 0, A, "cold", 0);
    build_first_token(board, S, 1);
    build_progress(board, S, 1, 5);
    build_whole_call(board, &call);
    build_whole_call(board, &call); /* again */
    call.id = 2;
    call.error = (enum error_class)77;
    build_whole_call(board, &call);
    call = build_call(3, 0, A, "cold", 5000, S, 100, 100, 50);
    build_whole_call(board, &call);
    build_phase_end(board, 3 * S, 0, A, "cold", 0, PHASE_DONE, NULL);
    build_phase_end(board, 3 * S, 0, A, "cold", 0, PHASE_DONE, NULL);
    build_score(board, S, 0, SUITE_THINKING, "x", 0, 0, NAN);
    struct event *event = event_new(EVENT_CALL_OUTPUT, S);
    event->output.id = 12345;
    build_apply(board, event);
    event = build_sample(S);
    event->sample.thermal = (enum thermal)50;
    build_apply(board, event);
    assert_int_equal(board->note_count, 1); /* one note for all of it */
    assert_true(board->nonsense > 15);
    assert_int_equal(board->now_us, 3 * S);
    assert_int_equal(board_cell(board, 0, 1)->values[METRIC_TTFT].count, 1);
    board_free(board);
}

static void test_too_many_phases(void **state) {
    (void)state;
    struct board *board = new_board(3, 1);
    for (int i = 0; i < 1000; i++) {
        char phase[PHASE_MAX];
        snprintf(phase, sizeof phase, "p%d", i);
        build_phase_start(board, i, i % 3, SUITE_TICK, phase, 0);
    }
    assert_int_equal(board->column_count, BOARD_COLUMNS_MAX);
    assert_int_equal(board->note_count, 1);
    board_free(board);
}

/* An importer may know calls only by their end. */
static void test_end_without_start(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct call call = build_call(1, 0, A, "cold", 0, S, 100, 100, 50);
    build_call_end(board, call.end_us, &call);
    const struct cell *cell = board_cell(board, 0, 1);
    assert_int_equal(cell->calls, 1);
    assert_int_equal(cell->calls_running, 0);
    close_to(value(board, "cold", METRIC_TTFT, STAT_MEDIAN), 100);
    assert_int_equal(board->rows[0].series[SERIES_TTFT].count, 1);
    build_phase_end(board, 3 * S, 0, A, "cold", 0, PHASE_DONE, NULL);
    assert_int_equal(cell->values[METRIC_WALL].count, 1);
    board_free(board);
}

/* A call that ends after its phase's end still counts. */
static void test_late_call(void **state) {
    (void)state;
    struct board *board = new_board(1, 1);
    struct call call = build_call(1, 0, A, "cold", 0, S, 100, 100, 50);
    build_phase_start(board, S, 0, A, "cold", 0);
    build_call_start(board, S, &call);
    build_phase_end(board, 3 * S, 0, A, "cold", 0, PHASE_DONE, NULL);
    assert_int_equal(board_cell(board, 0, 1)->values[METRIC_VALID].count, 0);
    build_call_end(board, 3 * S, &call);
    close_to(value(board, "cold", METRIC_VALID, STAT_MEDIAN), 100);
    assert_int_equal(board_cell(board, 0, 1)->values[METRIC_WALL].count, 1);
    board_free(board);
}

/* Random events with random fields: no crash, no leak (ASan), a board that can still be asked. */
static void test_random_events(void **state) {
    (void)state;
    uint64_t seed = 11;
    struct board *board = new_board(3, 2);
    static const char *const phases[] = {"cold", "warm", "prefix-test-1", "warmup", "other", ""};
#define ANY(n) ((int)(stats_random(&seed) % (uint64_t)(n)))
    for (int i = 0; i < 60000; i++) {
        int64_t t = ANY(1000000000), id = ANY(500);
        int ep = ANY(5) - 1, pass = ANY(4) - 1;
        const char *phase = phases[ANY(6)];
        struct call call =
            build_call(id, ep, ANY(3) ? A : SUITE_BURST, phase, pass, t, ANY(3000), 50, ANY(400));
        call.attempt = ANY(3);
        call.index = ANY(3);
        if (!ANY(5))
            build_fail(&call, (enum error_class)ANY(ERROR_CLASS_COUNT));
        switch (ANY(9)) {
        case 0:
            build_phase_start(board, t, ep, call.suite, phase, pass);
            break;
        case 1:
            build_phase_end(board, t, ep, call.suite, phase, pass,
                            (enum phase_status)ANY(PHASE_STATUS_COUNT), "why");
            break;
        case 2:
            build_call_start(board, t, &call);
            break;
        case 3:
            build_first_token(board, t, id);
            break;
        case 4:
            build_progress(board, t, id, ANY(500));
            break;
        case 5:
            build_call_end(board, t, &call);
            break;
        case 6:
            build_score(board, t, ep, SUITE_TOOL_CALL, phase, 0, pass, ANY(2));
            break;
        case 7: {
            struct event *event = build_sample(t);
            build_rail(&event->sample, "CPU", ANY(100000), t);
            event->sample.swap_mb = ANY(3000);
            event->sample.thermal = (enum thermal)ANY(THERMAL_COUNT);
            build_engine(&event->sample, ANY(4), ANY(10), 5);
            build_other(&event->sample, (enum engine_id)ANY(ENGINE_COUNT), ANY(10));
            build_apply(board, event);
            break;
        }
        default:
            build_whole_call(board, &call);
            break;
        }
    }
    for (int ep = 0; ep < 3; ep++) {
        for (int column = 0; column < (int)board->column_count; column++) {
            struct cell *cell = board_cell(board, ep, column);
            int failed = 0, counted = 0;
            for (int i = 0; i < ERROR_CLASS_COUNT; i++)
                failed += cell->errors[i];
            for (size_t i = 0; i < board->rows[ep].call_count; i++)
                counted += board->rows[ep].calls[i]->column == column &&
                           !board->rows[ep].calls[i]->superseded;
            assert_int_equal(cell->calls, counted);
            assert_int_equal(cell->calls, cell->calls_ok + failed + cell->calls_running);
            assert_int_equal(cell->values[METRIC_TTFT].count, cell->calls_ok);
            for (int metric = 0; metric < METRIC_COUNT; metric++)
                board_value(board, ep, column, (enum metric_id)metric, STAT_P95);
        }
    }
    build_run_end(board, 2000000000, RUN_COMPLETE);
    board_progress(board);
    board_eta_us(board);
    board_free(board);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

/* Eight endpoints, 100,000 events: a fold takes well under half a second. */
static int64_t fold_many(int passes, int progress) {
    struct run run = build_run(8, passes);
    build_plan(&run, A, BUILD_AGENTIC);
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t begun = clock_cpu_us(), t = 0, id = 1;
    for (int pass = 0; pass < passes; pass++) {
        for (int ep = 0; ep < 8; ep++) {
            for (size_t phase = 0; phase < board->column_count && board->events < 100000; phase++) {
                struct call call = build_call(id++, ep, A, board->columns[phase].phase, pass,
                                              t += 10000, 500, 100, 400);
                build_phase_start(board, t, ep, A, call.phase, pass);
                build_call_start(board, t, &call);
                build_first_token(board, call.first_token_us, call.id);
                for (int i = 0; i < progress; i++) {
                    t = call.first_token_us + i * 100000;
                    build_progress(board, t, call.id, 1 + i * 10);
                    if (i % 10 == 0) {
                        struct event *event = build_sample(t);
                        build_rail(&event->sample, "GPU", (double)t * 40 / 1e6, t);
                        build_apply(board, event);
                    }
                }
                t = call.end_us;
                build_call_end(board, t, &call);
                build_phase_end(board, t, ep, A, call.phase, pass, PHASE_DONE, NULL);
            }
        }
    }
    int64_t took = clock_cpu_us() - begun;
    board_free(board);
    return took;
}

static void test_speed(void **state) {
    (void)state;
    int64_t usual = fold_many(50, 40), calls_only = fold_many(100, 0);
    print_message("100,000 events %lld ms; 100 passes of phases with one call each %lld ms\n",
                  (long long)usual / 1000, (long long)calls_only / 1000);
#ifndef SANITIZED
    assert_true(usual < 500000);
    assert_true(calls_only < 500000);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_one_phase),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_warmup_is_not_scored),
        cmocka_unit_test(test_failed_calls_stay_out),
        cmocka_unit_test(test_unknown_tokens),
        cmocka_unit_test(test_retry_replaces),
        cmocka_unit_test(test_retry_of_a_running_phase),
        cmocka_unit_test(test_retry_of_one_call),
        cmocka_unit_test(test_calls_that_do_not_count),
        cmocka_unit_test(test_skipped_and_stopped),
        cmocka_unit_test(test_energy_of_a_pass),
        cmocka_unit_test(test_energy_needs_publications),
        cmocka_unit_test(test_energy_of_a_burst),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_live_rate_is_of_tokens),
        cmocka_unit_test(test_progress_is_thinned),
        cmocka_unit_test(test_swap_of_a_phase),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_best),
        cmocka_unit_test(test_best_with_chunks),
        cmocka_unit_test(test_notes_and_capabilities),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_too_many_phases),
        cmocka_unit_test(test_end_without_start),
        cmocka_unit_test(test_late_call),
        cmocka_unit_test(test_random_events),
        cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
