/* Several runs on one board: which rows stand together, what is held against what, how runs are
 * told apart, and that nothing is called better that the rules of comparison do not call so. */
#include "deltas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "build.h"
#include "draw.h"
#include "heads.h"

#define PASSES 8

/* An endpoint's true figures; a little noise is added by pass. */
struct truth {
    const char *name;
    double cold_ms, warm_ms, tps;
};

static struct board *board_of(const struct truth *truths, int count, int passes,
                              const char *phases) {
    static const double noise[PASSES] = {0, 0.4, -0.3, 0.1, -0.4, 0.3, -0.1, 0.2}; /* percent */
    struct run run = build_run(count, passes);
    build_plan(&run, SUITE_AGENTIC, phases);
    for (int ep = 0; ep < count; ep++) {
        free(run.endpoints[ep].name);
        free(run.endpoints[ep].model);
        run.endpoints[ep].name = mem_string(truths[ep].name);
        run.endpoints[ep].model = mem_format("model of %s", truths[ep].name);
    }
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t t = 1000, id = 1;
    const struct plan *plan = &board->run.plans[0];
    for (int pass = 0; pass < passes; pass++)
        for (int ep = 0; ep < count; ep++)
            for (size_t p = 0; p < plan->phase_count; p++) {
                const char *phase = plan->phases[p];
                bool warm = strcmp(phase, "warm") == 0;
                double by = 1 + noise[(pass + (int)p) % PASSES] / 100;
                double ttft = (warm ? truths[ep].warm_ms : truths[ep].cold_ms) * by;
                struct call call = build_call(id++, ep, SUITE_AGENTIC, phase, pass, t, ttft,
                                              truths[ep].tps * by, 64);
                t = build_phase(board, &call) + 10000;
            }
    return board;
}

static const struct truth before[] = {
    {"same", 2000, 140, 100}, {"slower", 2000, 140, 100}, {"faster", 2000, 140, 100}};
static const struct truth after[] = {{"new", 900, 90, 50},
                                     {"faster", 1500, 7, 130},
                                     {"slower", 2500, 2100, 70},
                                     {"same", 2000, 140, 100}};

struct fixture {
    struct board *boards[2];
    struct scene scene;
    struct ui ui;
    struct rows rows;
    struct deltas deltas;
};

static void begin(struct fixture *f, int passes_before, int passes_after) {
    *f = (struct fixture){
        .boards = {board_of(before, 3, passes_before, "warmup cold warm"),
                   board_of(after, 4, passes_after, "warmup cold warm cold-other")}};
    f->scene = (struct scene){.boards = {f->boards[0], f->boards[1]}, .count = 2};
    ui_init(&f->ui);
}

static void collect(struct fixture *f) {
    deltas_done(&f->deltas);
    rows_collect(&f->scene, &f->ui, &f->rows);
    deltas_init(&f->deltas, &f->rows, &f->scene, &f->ui);
}

static void end(struct fixture *f) {
    deltas_done(&f->deltas);
    board_free(f->boards[0]);
    board_free(f->boards[1]);
}

static int row_of(const struct fixture *f, int source, const char *name) {
    for (int i = 0; i < f->rows.count; i++)
        if (f->rows.at[i].source == source && strcmp(row_name(&f->rows.at[i]), name) == 0)
            return i;
    fail_msg("no row %s of run %d", name, source);
    return -1;
}

static struct delta delta_of(const struct fixture *f, int source, const char *name,
                             const char *phase) {
    struct delta delta;
    int row = row_of(f, source, name);
    deltas_read(&f->deltas, &f->rows, row,
                board_column(f->rows.at[row].board, SUITE_AGENTIC, phase), &f->ui, &delta);
    return delta;
}

static void check(const struct fixture *f, const char *name, const char *phase,
                  enum delta_sign sign, const char *text) {
    struct delta delta = delta_of(f, 1, name, phase);
    assert_int_equal(delta.sign, sign);
    assert_string_equal(delta.text, text);
    assert_true(text_cells(delta.text) <= 6);
}

static void same_endpoints_stand_together(void **state) {
    (void)state;
    static const char *const names[] = {"same",   "same",   "slower", "slower",
                                        "faster", "faster", "new"};
    static const int sources[] = {0, 1, 0, 1, 0, 1, 1}, against[] = {0, 0, 2, 2, 4, 4, 6};
    struct fixture f;
    begin(&f, 1, 1);
    collect(&f);
    assert_int_equal(f.rows.count, 7);
    assert_int_equal(f.deltas.count, 3);
    for (int i = 0; i < 7; i++) {
        assert_string_equal(row_name(&f.rows.at[i]), names[i]);
        assert_int_equal(f.rows.at[i].source, sources[i]);
        assert_int_equal(f.rows.against[i], against[i]);
    }
    /* sorted by the reference run's figures, the others stay with their endpoint */
    f.ui.column = 2;
    f.ui.sort_by_value = f.ui.sort_reverse = true;
    collect(&f);
    for (int i = 0; i + 1 < 6; i += 2)
        assert_string_equal(row_name(&f.rows.at[i]), row_name(&f.rows.at[i + 1]));
    assert_string_equal(row_name(&f.rows.at[6]), "new");
    f.ui.sort_by_value = false;
    /* another reference: a marked row's run */
    f.ui.mark_source = 1;
    f.ui.mark_ep = 2;
    collect(&f);
    assert_int_equal(rows_reference(&f.scene, &f.ui), 1);
    assert_string_equal(row_name(&f.rows.at[0]), "new");
    assert_int_equal(f.rows.against[1], 1);
    assert_int_equal(f.rows.at[1].source, 1);
    assert_int_equal(f.rows.at[2].source, 0);
    assert_int_equal(f.rows.against[2], 1);
    end(&f);
}

/* A row whose partner the filter hides is held against nothing. */
static void filter_hides_partners(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 1, 1);
    copy_text(f.ui.filter, sizeof f.ui.filter, "er");
    collect(&f);
    assert_int_equal(f.rows.count, 4);
    assert_int_equal(f.deltas.count, 2);
    copy_text(f.ui.filter, sizeof f.ui.filter, "new");
    collect(&f);
    assert_int_equal(f.rows.count, 1);
    assert_int_equal(f.deltas.count, 0);
    end(&f);
}

static void better_has_the_metrics_direction(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, PASSES, PASSES);
    collect(&f);
    check(&f, "same", "cold", DELTA_SAME, "≈");
    check(&f, "slower", "cold", DELTA_WORSE, "+25%▾");
    check(&f, "faster", "cold", DELTA_BETTER, "-25%▴");
    check(&f, "slower", "warm", DELTA_WORSE, "×15▾");
    check(&f, "faster", "warm", DELTA_BETTER, "÷20▴");
    check(&f, "slower", "warmup", DELTA_NONE, "");     /* not scored */
    check(&f, "slower", "cold-other", DELTA_NONE, ""); /* the other run has none */
    check(&f, "new", "cold", DELTA_NONE, "");
    assert_int_equal(delta_of(&f, 0, "slower", "cold").sign, DELTA_NONE); /* the reference itself */
    f.ui.metric = METRIC_DECODE;
    collect(&f);
    check(&f, "slower", "cold", DELTA_WORSE, "-30%▾");
    check(&f, "faster", "cold", DELTA_BETTER, "+30%▴");
    f.ui.metric = METRIC_PROMPT_TOKENS; /* nothing that could be better */
    collect(&f);
    check(&f, "slower", "cold", DELTA_NONE, "");
    end(&f);
}

static void few_passes_have_no_winner(void **state) {
    (void)state;
    static const int passes[][2] = {{1, 1}, {1, PASSES}, {3, 3}, {4, 4}};
    for (size_t i = 0; i < COUNT_OF(passes); i++) {
        struct fixture f;
        begin(&f, passes[i][0], passes[i][1]);
        collect(&f);
        check(&f, "faster", "cold", DELTA_SAME, "≈-25%");
        check(&f, "slower", "cold", DELTA_SAME, "≈+25%");
        end(&f);
    }
}

/* What is kept between frames is what would be computed anew. */
static void kept_ratios_are_the_same(void **state) {
    (void)state;
    struct ratio_memo *memo = ratio_memo_new();
    struct fixture f;
    begin(&f, PASSES, PASSES);
    for (int i = 0; i < 2 * METRIC_COUNT; i++) { /* each metric twice: the second time it is kept */
        struct compare anew, kept;
        enum metric_id metric = (enum metric_id)(i % METRIC_COUNT);
        compare_metric(&anew, f.boards[0], f.boards[1], metric, NULL);
        compare_metric(&kept, f.boards[0], f.boards[1], metric, memo);
        assert_int_equal(anew.count, kept.count);
        for (size_t row = 0; row < anew.count; row++) {
            assert_int_equal(anew.rows[row].verdict, kept.rows[row].verdict);
            assert_memory_equal(&anew.rows[row].ratio.low, &kept.rows[row].ratio.low,
                                sizeof(double));
            assert_memory_equal(&anew.rows[row].ratio.p, &kept.rows[row].ratio.p, sizeof(double));
        }
        compare_done(&anew);
        compare_done(&kept);
    }
    ratio_memo_free(memo);
    end(&f);
}

static void other_machine_is_not_compared(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, PASSES, PASSES);
    f.boards[0]->run.machine.chip = mem_string("Apple M5 Max");
    f.boards[1]->run.machine.chip = mem_string("Apple M4 Pro");
    collect(&f);
    check(&f, "faster", "cold", DELTA_BARRED, "–");
    end(&f);
}

static void nothing_to_hold_against(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 1, 1);
    f.scene.count = 1;
    collect(&f);
    assert_int_equal(f.rows.count, 3);
    assert_int_equal(f.deltas.count, 0);
    f.scene.count = 0;
    collect(&f);
    assert_int_equal(f.rows.count, 0);
    end(&f);
}

static void heads_of_all_runs(void **state) {
    (void)state;
    struct fixture f;
    struct heads heads;
    begin(&f, 1, 1);
    heads_collect(&f.scene, &heads);
    assert_int_equal(heads.count, 4);
    assert_string_equal(heads.at[3].phase, "cold-other");
    assert_int_equal(heads_column(&heads, 3, f.boards[0]), -1);
    assert_int_equal(heads_column(&heads, 3, f.boards[1]), 3);
    assert_int_equal(heads_column(&heads, 1, f.boards[0]), 1);
    end(&f);
}

static void name_run(struct run *run, const char *id, const char *started) {
    free(run->id);
    free(run->started);
    run->id = mem_string(id);
    run->started = mem_string(started);
}

static void check_labels(const struct fixture *f, const char *first, const char *second) {
    char label[160];
    run_label(&f->scene, 0, false, label, sizeof label);
    assert_string_equal(label, first);
    run_label(&f->scene, 1, false, label, sizeof label);
    assert_string_equal(label, second);
}

static void labels_differ(void **state) {
    (void)state;
    struct fixture f;
    char label[160];
    begin(&f, 1, 1);
    struct run *a = &f.boards[0]->run, *b = &f.boards[1]->run;
    name_run(a, "20261120T180211Z-demo-1a2b", "2026-11-20T18:02:11Z");
    name_run(b, "20261120T180245Z-run-3c4d", "2026-11-20T18:02:45Z");
    check_labels(&f, "demo", "run");
    name_run(b, "20261121T180245Z-demo-3c4d", "2026-11-21T18:02:45Z");
    check_labels(&f, "demo 2026-11-20", "demo 2026-11-21");
    name_run(b, "20261120T190245Z-demo-3c4d", "2026-11-20T19:02:45Z");
    check_labels(&f, "demo 2026-11-20 18:02", "demo 2026-11-20 19:02");
    run_label(&f.scene, 0, true, label, sizeof label);
    assert_string_equal(label, "demo 2026-11-20 18:02");
    name_run(b, "20261120T180245Z-demo-3c4d", "2026-11-20T18:02:45Z");
    check_labels(&f, "demo 2026-11-20 18:02:11", "demo 2026-11-20 18:02:45");
    name_run(b, "20261120T180211Z-demo-3c4d", "2026-11-20T18:02:11Z");
    check_labels(&f, "demo 2026-11-20 18:02:11-1a2b", "demo 2026-11-20 18:02:11-3c4d");
    name_run(b, "odd", ""); /* what an imported log may say */
    check_labels(&f, "demo", "odd");
    end(&f);
}

static void signs_differ_without_colour(void **state) {
    (void)state;
    for (int set = GLYPH_BRAILLE; set <= GLYPH_ASCII; set++) {
        struct ui ui;
        ui_init(&ui);
        ui.glyphs = (enum glyph_set)set;
        for (int i = 0; i < RUNS_ON_SCREEN; i++) {
            const char *sign = view_run_sign(&ui, i);
            assert_int_equal(text_cells(sign), 1);
            assert_true(set != GLYPH_ASCII || (unsigned char)sign[0] < 0x7f);
            for (int k = 0; k < i; k++)
                assert_string_not_equal(sign, view_run_sign(&ui, k));
        }
    }
}

/* A figure or its difference is seen at every size, and nothing leaves the screen (ASan). */
static void drawn_at_every_size(void **state) {
    (void)state;
    struct fixture f;
    struct frame frame;
    begin(&f, PASSES, PASSES);
    frame_init(&frame);
    for (int height = 16; height <= 60; height += 4)
        for (int width = 60; width <= 220; width += 5)
            for (int view = 0; view < VIEW_COUNT; view++) {
                struct buf out;
                f.ui.view = (enum view_id)view;
                buf_init(&out, 1 << 20);
                frame_resize(&frame, width, height);
                view_draw(&frame, &f.scene, &f.ui);
                frame_dump_text(&frame, false, &out);
                const char *text = buf_string(&out);
                if (view == VIEW_BOARD) {
                    assert_non_null(strstr(text, "+25%▾"));
                    assert_non_null(strstr(text, "-25%▴"));
                    assert_non_null(strstr(text, "● slower"));
                    assert_non_null(strstr(text, "◆ slower"));
                }
                buf_done(&out);
            }
    frame_done(&frame);
    end(&f);
}

/* Whatever the size: both medians and the sign of the difference; at 80 cells the verdict's word.
 */
static void compare_view_fits(void **state) {
    (void)state;
    struct fixture f;
    struct frame frame;
    begin(&f, PASSES, PASSES);
    frame_init(&frame);
    f.ui.view = VIEW_COMPARE;
    f.ui.source = 1;
    f.ui.ep = 2;
    for (int width = 60; width <= 200; width += 10) {
        struct buf out;
        buf_init(&out, 1 << 20);
        frame_resize(&frame, width, 16);
        view_draw(&frame, &f.scene, &f.ui);
        frame_dump_text(&frame, false, &out);
        const char *text = buf_string(&out);
        const char *figures = strstr(text, "2001  ");
        assert_non_null(figures);
        assert_int_equal(strncmp(figures + strspn(figures, " 0123456789"), "+25.0%▾", 9), 0);
        assert_non_null(strstr(text, "2501  "));
        assert_non_null(strstr(text, "agentic cold: worse · n 8 pairs"));
        assert_true(width < 80 || strstr(text, " worse"));
        buf_done(&out);
    }
    for (int i = 0; i < 9; i++)
        view_act(&f.ui, &f.scene, ACTION_DOWN, 80, 24);
    assert_true(f.ui.compare_line < 4);
    for (int i = 0; i < 9; i++)
        view_act(&f.ui, &f.scene, ACTION_UP, 80, 24);
    assert_int_equal(f.ui.compare_line, 0);
    view_act(&f.ui, &f.scene, ACTION_RIGHT, 80, 24);
    assert_int_equal(f.ui.source, 0); /* the row after it */
    frame_done(&frame);
    end(&f);
}

static void short_heads_differ(void **state) {
    (void)state;
    char a[PHASE_TITLE], b[PHASE_TITLE];
    for (int width = 5; width <= 12; width++)
        assert_string_not_equal(draw_phase("single-30", width, a),
                                draw_phase("burst-30", width, b));
    assert_string_equal(draw_phase("single-30", 6, a), "sgl-30");
    assert_string_equal(draw_phase("burst-30", 6, a), "bst-30");
    assert_string_equal(draw_phase("burst-30", 8, a), "burst-30");
    assert_string_equal(draw_phase("something-new-1", 7, a), "som…w-1");
    assert_true(text_cells(draw_phase("burst-2000", 7, a)) <= 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_endpoints_stand_together),
        cmocka_unit_test(filter_hides_partners),
        cmocka_unit_test(better_has_the_metrics_direction),
        cmocka_unit_test(few_passes_have_no_winner),
        cmocka_unit_test(kept_ratios_are_the_same),
        cmocka_unit_test(other_machine_is_not_compared),
        cmocka_unit_test(nothing_to_hold_against),
        cmocka_unit_test(heads_of_all_runs),
        cmocka_unit_test(labels_differ),
        cmocka_unit_test(signs_differ_without_colour),
        cmocka_unit_test(drawn_at_every_size),
        cmocka_unit_test(compare_view_fits),
        cmocka_unit_test(short_heads_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
