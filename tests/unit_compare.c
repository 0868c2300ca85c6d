/* Two boards side by side: medians, pairs, verdicts, and every reason not to compare. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "build.h"
#include "model/compare.h"

#define PASSES 6

/* A run of endpoint "a" with one agentic phase; TTFT of the passes is `ttft` times a wobble. */
static struct board *make(double ttft, double tps, int passes, void (*change)(struct run *run)) {
    static const double wobble[] = {1.0, 1.01, 0.99, 1.02, 0.98, 1.005};
    struct run run = build_run(1, passes);
    build_plan(&run, SUITE_AGENTIC, "warmup cold");
    if (change)
        change(&run);
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t t = 0;
    for (int pass = 0; pass < passes; pass++) {
        build_phase_start(board, t, 0, SUITE_AGENTIC, "cold", pass);
        struct call call = build_call(pass + 1, 0, SUITE_AGENTIC, "cold", pass, t + 1000,
                                      ttft * wobble[pass % 6], tps * wobble[5 - pass % 6], 400);
        build_whole_call(board, &call);
        t = call.end_us + 1000;
        build_phase_end(board, t, 0, SUITE_AGENTIC, "cold", pass, PHASE_DONE, NULL);
    }
    return board;
}

static const struct compare_row *row_of(const struct compare *compare, enum metric_id metric) {
    const struct compare_row *row = compare_find(compare, 0, SUITE_AGENTIC, "cold", metric);
    assert_non_null(row);
    return row;
}

static void test_worse_and_better(void **state) {
    (void)state;
    struct compare compare;
    struct board *a = make(1000, 100, PASSES, NULL), *b = make(1300, 130, PASSES, NULL);
    compare_boards(&compare, a, b);
    const struct compare_row *ttft = row_of(&compare, METRIC_TTFT);
    assert_int_equal(ttft->verdict, COMPARE_WORSE);
    assert_true(ttft->ratio.paired);
    assert_int_equal(ttft->n_a, PASSES);
    assert_true(fabs(ttft->ratio.ratio - 1.3) < 1e-3);
    assert_true(compare_holds(ttft));
    assert_true(compare_worse_by(ttft, 5) && !compare_worse_by(ttft, 31));
    const struct compare_row *decode = row_of(&compare, METRIC_DECODE);
    assert_int_equal(decode->verdict, COMPARE_BETTER); /* more is better */
    assert_false(compare_worse_by(decode, 0));
    assert_null(compare_find(&compare, 0, SUITE_AGENTIC, "warmup", METRIC_TTFT));
    assert_null(compare_find(&compare, 0, SUITE_AGENTIC, "cold", METRIC_WALL));
    compare_done(&compare);
    board_free(a);
    board_free(b);
}

static void test_few_values(void **state) {
    (void)state;
    struct compare compare;
    struct board *a = make(1000, 100, 4, NULL), *b = make(3000, 100, 4, NULL);
    compare_boards(&compare, a, b);
    const struct compare_row *row = row_of(&compare, METRIC_TTFT);
    assert_int_equal(row->verdict, COMPARE_NONE);
    assert_string_equal(row->detail, "n < 5");
    assert_true(fabs(row->ratio.ratio - 3) < 1e-3); /* shown, not judged */
    assert_true(isnan(row->ratio.low));
    assert_false(compare_worse_by(row, 5));
    compare_done(&compare);
    board_free(a);
    board_free(b);
}

/* Sure, and of no use to anyone. */
static void test_within_one_percent(void **state) {
    (void)state;
    struct compare compare;
    struct board *a = make(1000, 100, PASSES, NULL), *b = make(1008, 100, PASSES, NULL);
    compare_boards(&compare, a, b);
    const struct compare_row *row = row_of(&compare, METRIC_TTFT);
    assert_true(row->ratio.low > 1 && row->p_set < 0.05);
    assert_int_equal(row->verdict, COMPARE_NONE);
    assert_string_equal(row->detail, "within 1 %");
    assert_false(compare_holds(row));
    compare_done(&compare);
    board_free(a);
    board_free(b);
}

static void test_other_passes(void **state) {
    (void)state;
    struct compare compare;
    struct board *a = make(1000, 100, 5, NULL), *b = make(1000, 100, PASSES, NULL);
    compare_boards(&compare, a, b);
    const struct compare_row *row = row_of(&compare, METRIC_TTFT);
    assert_false(row->ratio.paired);
    assert_int_equal(row->n_a, 5);
    assert_int_equal(row->n_b, 6);
    assert_int_equal(row->verdict, COMPARE_NONE);
    compare_done(&compare);
    board_free(a);
    board_free(b);
}

static void deep(struct run *run) {
    run->workload = WORKLOAD_DEEP;
}
static void unsalted(struct run *run) {
    free(run->salt);
    run->salt = mem_string("none");
}
static void on_m4(struct run *run) {
    run->machine.chip = mem_string("Apple M4 Pro");
}
static void on_m5(struct run *run) {
    run->machine.chip = mem_string("Apple M5 Max");
}
static void in_low_power(struct run *run) {
    run->machine.power_mode = mem_string("low");
}
static void in_high_power(struct run *run) {
    run->machine.power_mode = mem_string("high");
}
static void imported(struct run *run) {
    run->endpoints[0].imported = true;
}

static void test_bars_of_runs(void **state) {
    (void)state;
    static const struct {
        void (*a)(struct run *run), (*b)(struct run *run);
        enum compare_bar bar;
    } cases[] = {{NULL, deep, BAR_WORKLOAD},
                 {unsalted, NULL, BAR_SALT},
                 {on_m4, on_m5, BAR_MACHINE},
                 {on_m4, NULL, BAR_NONE}, /* unknown is no difference */
                 {in_low_power, in_high_power, BAR_POWER_MODE},
                 {NULL, imported, BAR_DEFINITION},
                 {NULL, NULL, BAR_NONE}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct compare compare;
        struct board *a = make(1000, 100, PASSES, cases[i].a);
        struct board *b = make(2000, 100, PASSES, cases[i].b);
        compare_boards(&compare, a, b);
        const struct compare_row *row = row_of(&compare, METRIC_TTFT);
        assert_int_equal(row->bar, cases[i].bar);
        assert_int_equal(row->verdict, cases[i].bar ? COMPARE_NOT : COMPARE_WORSE);
        assert_true(cases[i].bar == BAR_NONE || isnan(row->p_set));
        assert_false(cases[i].bar && compare_worse_by(row, 5));
        compare_done(&compare);
        board_free(a);
        board_free(b);
    }
}

/* One call a pass, changed before it is folded. */
static struct board *make_calls(void (*change)(struct call *call)) {
    struct run run = build_run(1, PASSES);
    build_plan(&run, SUITE_AGENTIC, "cold");
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t t = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        build_phase_start(board, t, 0, SUITE_AGENTIC, "cold", pass);
        struct call call =
            build_call(pass + 1, 0, SUITE_AGENTIC, "cold", pass, t + 1000, 1000 + pass, 100, 400);
        if (change)
            change(&call);
        build_whole_call(board, &call);
        t = call.end_us + 1000;
        build_phase_end(board, t, 0, SUITE_AGENTIC, "cold", pass, PHASE_DONE, NULL);
    }
    return board;
}

static void longer_prompt(struct call *call) {
    call->prompt_tokens = 2101; /* 5.05 % more */
}
static void nearly_same_prompt(struct call *call) {
    call->prompt_tokens = 2099;
}
static void thinks(struct call *call) {
    call->thinking = THINKING_ON;
}
static void by_timings(struct call *call) {
    call->tokens_source = TOKENS_TIMINGS;
}
static void wrong(struct call *call) {
    call->correct = CHECK_NO;
}

static void test_bars_of_cells(void **state) {
    (void)state;
    static const struct {
        void (*change)(struct call *call);
        enum compare_bar ttft, decode, valid;
    } cases[] = {{longer_prompt, BAR_TEMPLATE, BAR_TEMPLATE, BAR_NONE},
                 {nearly_same_prompt, BAR_NONE, BAR_NONE, BAR_NONE},
                 {thinks, BAR_THINKING, BAR_THINKING, BAR_THINKING},
                 {by_timings, BAR_NONE, BAR_TOKEN_SOURCE, BAR_NONE},
                 {wrong, BAR_GATE, BAR_GATE, BAR_NONE}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct compare compare;
        struct board *a = make_calls(NULL), *b = make_calls(cases[i].change);
        compare_boards(&compare, a, b);
        assert_int_equal(row_of(&compare, METRIC_TTFT)->bar, cases[i].ttft);
        assert_int_equal(row_of(&compare, METRIC_DECODE)->bar, cases[i].decode);
        assert_int_equal(row_of(&compare, METRIC_VALID)->bar, cases[i].valid);
        compare_done(&compare);
        board_free(a);
        board_free(b);
    }
}

static void test_matching(void **state) {
    (void)state;
    struct run one = build_run(2, 1), two = build_run(3, 1);
    two.endpoints[0].engine = ENGINE_OLLAMA; /* named a, as one's first */
    free(two.endpoints[1].name);
    two.endpoints[1].name = mem_string("other"); /* llama.cpp, tiny: so are both of one */
    free(two.endpoints[2].model);
    two.endpoints[2].model = mem_string("large");
    struct board *a = board_new(&one), *b = board_new(&two);
    assert_int_equal(compare_match(b, 0, a), 0);
    assert_int_equal(compare_match(b, 1, a), -1);
    assert_int_equal(compare_match(b, 2, a), -1);
    assert_int_equal(compare_match(a, 1, b), 1); /* only one of that engine and model */
    board_free(a);
    board_free(b);
    run_done(&one);
    run_done(&two);
}

static void test_baseline(void **state) {
    (void)state;
    struct run run = build_run(2, PASSES);
    build_plan(&run, SUITE_AGENTIC, "cold");
    run.endpoints[1].baseline = mem_string("a");
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t t = 0;
    for (int pass = 0; pass < PASSES; pass++)
        for (int ep = 0; ep < 2; ep++) {
            build_phase_start(board, t, ep, SUITE_AGENTIC, "cold", pass);
            struct call call = build_call(2 * pass + ep, ep, SUITE_AGENTIC, "cold", pass, t + 1000,
                                          1000, (ep ? 118.4 : 85.5) * (1 + 0.1 * pass), 400);
            build_whole_call(board, &call);
            t = call.end_us + 1000;
            build_phase_end(board, t, ep, SUITE_AGENTIC, "cold", pass, PHASE_DONE, NULL);
        }
    struct compare compare;
    compare_baselines(&compare, board);
    const struct compare_row *row = compare_find(&compare, 1, SUITE_AGENTIC, "cold", METRIC_DECODE);
    assert_non_null(row);
    assert_int_equal(row->ep_a, 0);
    assert_true(fabs(row->ratio.ratio - 118.4 / 85.5) < 1e-3); /* the panel's +38 % */
    assert_int_equal(row->verdict, COMPARE_BETTER); /* drift of 50 % hides nothing in pairs */
    assert_null(compare_find(&compare, 0, SUITE_AGENTIC, "cold", METRIC_DECODE));
    compare_done(&compare);
    board_free(board);
}

static void test_nothing(void **state) {
    (void)state;
    struct compare compare;
    struct run none = build_run(0, 1);
    struct board *a = board_new(&none), *b = make(1000, 100, 1, NULL);
    compare_boards(&compare, a, b);
    assert_int_equal(compare.count, 0);
    compare_done(&compare);
    compare_baselines(&compare, b);
    assert_int_equal(compare.count, 0);
    compare_done(&compare);
    board_free(a);
    board_free(b);
    run_done(&none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worse_and_better), cmocka_unit_test(test_few_values),
        cmocka_unit_test(test_other_passes),     cmocka_unit_test(test_within_one_percent),
        cmocka_unit_test(test_bars_of_runs),     cmocka_unit_test(test_bars_of_cells),
        cmocka_unit_test(test_matching),         cmocka_unit_test(test_baseline),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
