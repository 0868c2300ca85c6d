/* The burst view's parts: which calls, in what order, what they made together; bins; rows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "build.h"
#include "callview.h"
#include "histogram.h"
#include "volley.h"
#include "waterfall.h"

#define S INT64_C(1000000)
#define B SUITE_BURST

struct stage {
    struct run run;
    struct board *board;
    struct row_ref ref;
    struct ui ui;
};

static void stage_init(struct stage *stage) {
    stage->run = build_run(1, 2);
    build_plan(&stage->run, SUITE_AGENTIC, "cold");
    build_plan(&stage->run, B, "single-4 burst-4 single-8 burst-8");
    build_plan(&stage->run, SUITE_TICK, "tick");
    stage->board = board_new(&stage->run);
    stage->ref = (struct row_ref){stage->board, &stage->board->rows[0], 0, 0};
    ui_init(&stage->ui);
}

static void stage_done(struct stage *stage) {
    board_free(stage->board);
    run_done(&stage->run);
}

static int column_of(const struct stage *stage, enum suite_id suite, const char *phase) {
    return board_column(stage->board, suite, phase);
}

/* Call i begins at t, its first token comes i + 1 s later, then 11 tokens in a second. */
static struct call fold_call(struct stage *stage, int64_t id, const char *phase, int pass,
                             int64_t t, int i) {
    struct call call = build_call(id, 0, B, phase, pass, t, 1000.0 * (i + 1), 10, 11);
    call.index = i;
    build_whole_call(stage->board, &call);
    return call;
}

static void test_which_column(void **state) {
    (void)state;
    struct stage stage;
    stage_init(&stage);
    int four = column_of(&stage, B, "burst-4"), eight = column_of(&stage, B, "burst-8");
    assert_int_equal(volley_column(&stage.ref, &stage.ui), four); /* nothing ran: the first */
    build_phase_start(stage.board, 0, 0, B, "burst-4", 0);
    fold_call(&stage, 1, "burst-4", 0, 0, 0);
    build_phase_end(stage.board, 3 * S, 0, B, "burst-4", 0, PHASE_DONE, NULL);
    assert_int_equal(volley_column(&stage.ref, &stage.ui), four);
    build_phase_start(stage.board, 4 * S, 0, B, "burst-8", 0);
    assert_int_equal(volley_column(&stage.ref, &stage.ui), eight); /* runs */
    stage.ui.column = four;
    assert_int_equal(volley_column(&stage.ref, &stage.ui), four); /* chosen */
    stage.ui.column = column_of(&stage, SUITE_AGENTIC, "cold");
    assert_int_equal(volley_column(&stage.ref, &stage.ui), eight); /* no such phase */
    assert_false(volley_shows(stage.board, column_of(&stage, B, "single-4")));
    assert_false(volley_shows(stage.board, -1));
    assert_true(volley_shows(stage.board, column_of(&stage, SUITE_TICK, "tick")));
    stage_done(&stage);
}

static void test_order_and_pass(void **state) {
    (void)state;
    struct stage stage;
    struct volley volley;
    stage_init(&stage);
    int column = column_of(&stage, B, "burst-4");
    build_phase_start(stage.board, 0, 0, B, "burst-4", 0);
    fold_call(&stage, 1, "burst-4", 0, 0, 3);
    build_phase_end(stage.board, 9 * S, 0, B, "burst-4", 0, PHASE_DONE, NULL);
    build_phase_start(stage.board, 10 * S, 0, B, "burst-4", 1);
    fold_call(&stage, 2, "burst-4", 1, 10 * S, 2);
    fold_call(&stage, 3, "burst-4", 1, 10 * S, 0);
    fold_call(&stage, 4, "burst-4", 1, 10 * S, 1);
    struct call open = build_call(5, 0, B, "burst-4", 1, 10 * S, 500, 10, 11);
    build_call_start(stage.board, 10 * S, &open); /* still runs */
    volley_collect(&stage.ref, column, false, &volley);
    assert_int_equal(volley.count, 4); /* of the second pass alone */
    assert_true(volley.running);
    assert_int_equal(volley.from_us, 10 * S);
    assert_int_equal(volley.to_us, stage.board->now_us);
    assert_int_equal(volley.calls[0]->call.id, 3);
    assert_int_equal(volley.calls[3]->call.id, 2);
    stage.ui.call = 4;
    assert_int_equal(volley.calls[volley_selected(&volley, &stage.ui)]->call.id, 4);
    stage.ui.call = 99;
    assert_int_equal(volley_selected(&volley, &stage.ui), 0);
    volley_done(&volley);
    volley_collect(&stage.ref, column, true, &volley);
    assert_int_equal(volley.calls[0]->call.id, 3);
    assert_int_equal(volley.calls[1]->call.id, 4);
    assert_int_equal(volley.calls[2]->call.id, 2);
    assert_int_equal(volley.calls[3]->call.id, 5); /* not finished: last */
    volley_done(&volley);
    stage_done(&stage);
}

static double at(const struct series *series, int64_t t) {
    double value = NAN;
    for (size_t i = 0; i < series->count && series->points[i].from_us <= t; i++)
        value = series->points[i].last;
    return value;
}

static void test_sums(void **state) {
    (void)state;
    struct stage stage;
    struct volley volley;
    struct series series;
    stage_init(&stage);
    int column = column_of(&stage, B, "burst-4");
    build_phase_start(stage.board, 0, 0, B, "burst-4", 0);
    fold_call(&stage, 1, "burst-4", 0, 0, 0); /* decodes 1 … 2 s */
    fold_call(&stage, 2, "burst-4", 0, 0, 0); /* likewise */
    fold_call(&stage, 3, "burst-4", 0, 0, 1); /* 2 … 3 s */
    volley_collect(&stage.ref, column, false, &volley);
    int64_t now = stage.board->now_us;
    volley_open(&volley, now, &series);
    assert_true(at(&series, S / 2) == 3 && at(&series, 2 * S + S / 2) == 1 &&
                at(&series, 4 * S) == 0);
    series_done(&series);
    volley_decoding(&volley, now, &series);
    assert_true(at(&series, S / 2) == 0 && at(&series, S + S / 2) == 2 &&
                at(&series, 2 * S + S / 2) == 1 && at(&series, 4 * S) == 0);
    series_done(&series);
    volley_tps(&volley, now, &series);
    assert_true(fabs(at(&series, S + S / 2) - 22) < 1e-6);
    assert_true(fabs(at(&series, 2 * S + S / 2) - 11) < 1e-6);
    series_done(&series);
    volley_done(&volley);
    stage_done(&stage);
}

/* What a call waited beyond a single one's TTFT is waiting, though the headers came at once. */
static void test_parts(void **state) {
    (void)state;
    struct stage stage;
    struct volley volley;
    int64_t ends[PART_COUNT];
    stage_init(&stage);
    build_phase_start(stage.board, 0, 0, B, "single-4", 0);
    fold_call(&stage, 1, "single-4", 0, 0, 0); /* 1 s alone */
    build_phase_end(stage.board, 3 * S, 0, B, "single-4", 0, PHASE_DONE, NULL);
    build_phase_start(stage.board, 4 * S, 0, B, "burst-4", 0);
    struct call call = build_call(2, 0, B, "burst-4", 0, 4 * S, 3000, 10, 11);
    call.first_byte_us = 4 * S + 1000;
    build_whole_call(stage.board, &call);
    volley_collect(&stage.ref, column_of(&stage, B, "burst-4"), false, &volley);
    assert_int_equal(volley.alone_us, S);
    callview_parts(volley.calls[0], stage.board->now_us, volley.alone_us, ends);
    assert_int_equal(ends[PART_WAIT], 6 * S);
    assert_int_equal(ends[PART_PREFILL], 7 * S);
    assert_int_equal(ends[PART_DECODE], 8 * S);
    /* longer alone than here: all of it is prefill, from its start */
    callview_parts(volley.calls[0], stage.board->now_us, 9 * S, ends);
    assert_int_equal(ends[PART_WAIT], 4 * S);
    assert_int_equal(callview_alone_us(stage.board, 0, column_of(&stage, B, "single-4")), 0);
    assert_int_equal(callview_alone_us(stage.board, 0, -1), 0);
    volley.alone_us = 0;
    callview_parts(volley.calls[0], stage.board->now_us, volley.alone_us, ends);
    assert_int_equal(ends[PART_WAIT], 4 * S + 1000);
    volley_done(&volley);
    stage_done(&stage);
}

static void test_bins(void **state) {
    (void)state;
    static const struct {
        double low, high;
        int most;
    } cases[] = {{0, 1, 5},  {25, 383, 16},  {4450, 4894, 12}, {7, 7, 5},  {0, 0, 3},
                 {-3, 2, 4}, {1e-9, 1e9, 5}, {99.9, 100.1, 2}, {0, 10, 1}, {1e12, 1e12 + 1, 5}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct histogram_bins bins = histogram_bins(cases[i].low, cases[i].high, cases[i].most);
        assert_in_range(bins.count, 1, cases[i].most);
        assert_true(bins.from <= cases[i].low + 1e-9 * fabs(cases[i].low));
        assert_true(bins.from + bins.count * bins.step >= cases[i].high * (1 - 1e-9));
    }
    assert_int_equal(histogram_bins(2, 1, 5).count, 0);
    assert_int_equal(histogram_bins(NAN, 1, 5).count, 0);
    assert_int_equal(histogram_bins(0, INFINITY, 5).count, 0);
    assert_int_equal(histogram_bins(0, 1, 0).count, 0);
}

/* Every call has its row, in every size; 80 calls one a row on a large screen. */
static void test_rows(void **state) {
    (void)state;
    for (int width = 1; width <= 200; width += 7)
        for (int height = 0; height <= 60; height += 3)
            for (int count = 0; count <= 2000; count = count * 3 + 1) {
                struct waterfall_layout layout =
                    waterfall_layout((struct rect){3, 2, width, height}, count);
                if (layout.rows == 0)
                    continue;
                assert_true(layout.rows * layout.per_row * layout.columns >= count);
                assert_true(layout.rows + WATERFALL_LINES <= height);
                for (int i = 0; i < layout.columns; i++) {
                    assert_true(layout.bars[i].width > 0);
                    assert_true(layout.bars[i].x + layout.bars[i].width + layout.figures <=
                                3 + width);
                }
            }
    struct waterfall_layout large = waterfall_layout((struct rect){0, 0, 146, 43}, 80);
    assert_int_equal(large.per_row, 1);
    assert_int_equal(large.columns, 2);
    struct waterfall_layout small = waterfall_layout((struct rect){0, 0, 48, 10}, 80);
    assert_int_equal(small.per_row, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_column), cmocka_unit_test(test_order_and_pass),
        cmocka_unit_test(test_sums),         cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bins),         cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
