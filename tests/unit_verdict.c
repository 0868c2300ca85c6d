#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"

#define S INT64_C(1000000)
#define A SUITE_AGENTIC

static void close_to(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%.12g instead of %.12g", value, expected);
}

static struct verdict judge(const struct reuse_pass *passes, size_t count, double user_share,
                            double cached, double prompt) {
    struct limits limits;
    limits_default(&limits);
    struct reuse_input input = {passes, count, user_share, cached, prompt};
    struct verdict verdict;
    verdict_reuse(&verdict, &input, &limits);
    return verdict;
}

/* The panel's rows 1 and 5, its own figures (it published no cold-other). */
static void test_panel(void **state) {
    (void)state;
    const struct reuse_pass rapid = {2074, 139, {131, 130, 133}, NAN};
    struct verdict verdict = judge(&rapid, 1, 0.1, 1760, 2000);
    assert_string_equal(verdict.value, "YES");
    close_to(verdict.ratio, 131.0 / 2074);
    close_to(verdict.reuse_fraction, 0.88);
    close_to(verdict.efficiency, 1); /* faster than warm: clipped */
    assert_false(verdict.suspect_cold);
    assert_false(verdict.witnesses_disagree);
    assert_string_equal(
        verdict.evidence,
        "median prefix TTFT 131 ms / cold 2074 ms = 0.06; cached 88 % of prompt; efficiency 1.00");
    const struct reuse_pass studio = {6063, 309, {5965, 5900, 6000}, NAN};
    verdict = judge(&studio, 1, 0.1, NAN, NAN);
    assert_string_equal(verdict.value, "NO");
    close_to(verdict.ratio, 5965.0 / 6063);
    assert_true(isnan(verdict.reuse_fraction));
    double floor_ms = 309 + 0.1 * (6063 - 309);
    close_to(verdict.efficiency, (6063 - 5965) / (6063 - floor_ms));
    assert_string_equal(verdict.evidence,
                        "median prefix TTFT 5965 ms / cold 6063 ms = 0.98; efficiency 0.02");
}

/* An engine that answers from memory: what the ratio is made of stays to be seen. */
static void test_below_a_millisecond(void **state) {
    (void)state;
    const struct reuse_pass quick = {0.4, 0.5, {0.5, 0.5, 0.5}, NAN};
    struct verdict verdict = judge(&quick, 1, 0.1, NAN, NAN);
    assert_non_null(strstr(verdict.evidence, "TTFT 0.5 ms / cold 0.4 ms = 1.25"));
    const struct reuse_pass slow = {61500, 90, {12300, 12300, 12300}, NAN};
    verdict = judge(&slow, 1, 0.1, NAN, NAN);
    assert_non_null(strstr(verdict.evidence, "TTFT 12.3s / cold 61.5s = 0.20"));
}

static void test_ratio_is_per_pass(void **state) {
    (void)state;
    /* the machine was twice as slow in the last pass: the ratio is not */
    const struct reuse_pass passes[] = {{1000, 100, {150, 150, 150}, NAN},
                                        {1000, 100, {190, 190, 190}, NAN},
                                        {2000, 200, {380, 380, 380}, NAN}};
    struct verdict verdict = judge(passes, 3, 0.1, NAN, NAN);
    close_to(verdict.ratio, 0.19);
    assert_string_equal(verdict.value, "YES");
    assert_non_null(strstr(verdict.evidence, "(3 passes)"));
}

static void test_the_limit_itself(void **state) {
    (void)state;
    struct reuse_pass pass = {1000, 100, {200, 200, 200}, NAN};
    assert_string_equal(judge(&pass, 1, 0.1, NAN, NAN).value, "NO"); /* 0.2 is not < 0.2 */
    pass = (struct reuse_pass){1000, 100, {199.9, 199.9, 199.9}, NAN};
    assert_string_equal(judge(&pass, 1, 0.1, NAN, NAN).value, "YES");
}

static void test_missing_parts(void **state) {
    (void)state;
    struct verdict verdict = judge(NULL, 0, NAN, NAN, NAN);
    assert_string_equal(verdict.value, "");
    assert_string_equal(verdict.evidence, "");
    struct reuse_pass pass = {NAN, 100, {150, 150, 150}, 900};
    verdict = judge(&pass, 1, 0.1, 100, 200);
    assert_string_equal(verdict.value, "");
    assert_true(isnan(verdict.ratio));
    pass = (struct reuse_pass){1000, NAN, {NAN, 150, NAN}, NAN};
    verdict = judge(&pass, 1, 0.1, NAN, NAN);
    assert_string_equal(verdict.value, "YES");
    assert_true(isnan(verdict.efficiency)); /* no warm, no floor */
    pass = (struct reuse_pass){0, 0, {0, 0, 0}, 0};
    assert_string_equal(judge(&pass, 1, 0.1, 0, 0).value, "");
    pass = (struct reuse_pass){1000, 100, {150, 150, 150}, NAN};
    assert_true(isnan(judge(&pass, 1, NAN, NAN, NAN).efficiency));
}

/* With prompts of the `deep` workload the user's share is about 0.2: perfect reuse is still NO by
 * the rule, and 1 by the efficiency. */
static void test_ceiling(void **state) {
    (void)state;
    const struct reuse_pass pass = {10000, 300, {2240, 2240, 2240}, NAN};
    struct verdict verdict = judge(&pass, 1, 0.2, NAN, NAN);
    assert_string_equal(verdict.value, "NO");
    close_to(verdict.ceiling, 0.2);
    close_to(verdict.efficiency, 1);
    assert_non_null(strstr(verdict.evidence, "the user's share alone is 0.20"));
}

static void test_efficiency_needs_a_warm_that_is_faster(void **state) {
    (void)state;
    struct reuse_pass pass = {1000, 501, {900, 900, 900}, NAN};
    assert_true(isnan(judge(&pass, 1, 0.1, NAN, NAN).efficiency));
    pass.warm = 500;
    assert_false(isnan(judge(&pass, 1, 0.1, NAN, NAN).efficiency));
    /* slower than cold: clipped at 0, not negative */
    pass = (struct reuse_pass){1000, 100, {1200, 1200, 1200}, NAN};
    close_to(judge(&pass, 1, 0.1, NAN, NAN).efficiency, 0);
}

static void test_witnesses(void **state) {
    (void)state;
    const struct reuse_pass yes = {1000, 100, {150, 150, 150}, NAN};
    const struct reuse_pass no = {1000, 100, {950, 950, 950}, NAN};
    /* shared share 0.9: the bounds are 0.225 and 0.675 */
    assert_true(judge(&yes, 1, 0.1, 22, 100).witnesses_disagree);
    assert_false(judge(&yes, 1, 0.1, 23, 100).witnesses_disagree);
    assert_true(judge(&no, 1, 0.1, 68, 100).witnesses_disagree);
    assert_false(judge(&no, 1, 0.1, 67, 100).witnesses_disagree);
    assert_false(judge(&yes, 1, 0.1, NAN, NAN).witnesses_disagree); /* silent, not contrary */
    /* told by the flag; the evidence says by what */
    assert_null(strstr(judge(&yes, 1, 0.1, 0, 100).evidence, "disagree"));
    assert_non_null(strstr(judge(&yes, 1, 0.1, 0, 100).evidence, "cached 0 %"));
}

static void test_suspect_cold(void **state) {
    (void)state;
    struct reuse_pass pass = {1000, 100, {150, 150, 150}, 1250};
    assert_false(judge(&pass, 1, 0.1, NAN, NAN).suspect_cold);
    pass.cold_other = 1260;
    struct verdict verdict = judge(&pass, 1, 0.1, NAN, NAN);
    assert_true(verdict.suspect_cold);
    assert_non_null(strstr(verdict.evidence, "cold and cold-other differ by 26 %"));
    pass.cold_other = 790; /* the other way round: the first cold was slow */
    assert_true(judge(&pass, 1, 0.1, NAN, NAN).suspect_cold);
}

/* ---- from events ---- */

/* Ids of calls, which are a minute apart. */
static int64_t next_id(const struct board *board) {
    return (int64_t)board->rows[0].call_count + 1;
}

static void phase(struct board *board, const char *name, int pass, double ttft, int64_t cached) {
    int64_t id = next_id(board);
    struct call call = build_call(id, 0, A, name, pass, id * 60 * S, ttft, 109.1, 400);
    call.cached_tokens = cached;
    build_phase(board, &call);
}

static struct board *new_board(void) {
    struct run run = build_run(1, 2);
    build_plan(&run, A, BUILD_AGENTIC);
    struct board *board = board_new(&run);
    run_done(&run);
    return board;
}

static void test_board_reuse(void **state) {
    (void)state;
    struct board *board = new_board();
    phase(board, "cold", 0, 2074, 0);
    phase(board, "warm", 0, 139, 1990);
    assert_null(board_verdict(board, 0, A, VERDICT_REUSE)); /* not known yet */
    phase(board, "prefix-test-1", 0, 130, 1750);
    phase(board, "prefix-test-2", 0, 131, 1760);
    assert_null(board_verdict(board, 0, A, VERDICT_REUSE)); /* nor before the last prefix test */
    phase(board, "prefix-test-3", 0, 140, 1770);
    assert_string_equal(board_verdict(board, 0, A, VERDICT_REUSE)->value, "YES");
    phase(board, "cold-other", 0, 2100, 0);
    const struct verdict *verdict = board_verdict(board, 0, A, VERDICT_REUSE);
    close_to(verdict->ratio, 131.0 / 2074);
    close_to(verdict->reuse_fraction, 0.88);
    close_to(verdict->ceiling, 0.1); /* 800 of 8,000 characters */
    assert_false(verdict->suspect_cold);
    assert_int_equal(board->verdict_count, 1);
    /* the second pass says otherwise: the median of two decides */
    phase(board, "cold", 1, 2000, 0);
    phase(board, "prefix-test-1", 1, 1900, 0);
    assert_string_equal(board_verdict(board, 0, A, VERDICT_REUSE)->value, "YES"); /* not over yet */
    phase(board, "prefix-test-3", 1, 1900, 0);
    verdict = board_verdict(board, 0, A, VERDICT_REUSE);
    close_to(verdict->ratio, (131.0 / 2074 + 0.95) / 2);
    assert_string_equal(verdict->value, "NO");
    /* run again, right */
    phase(board, "prefix-test-1", 1, 120, 1760);
    phase(board, "prefix-test-3", 1, 120, 1760);
    verdict = board_verdict(board, 0, A, VERDICT_REUSE);
    assert_string_equal(verdict->value, "YES");
    close_to(verdict->reuse_fraction, 0.88);
    assert_int_equal(board->verdict_count, 1);
    board_free(board);
}

/* Cached tokens that an engine does not report are unknown, not 0. */
static void test_board_cached_unknown(void **state) {
    (void)state;
    struct board *board = new_board();
    phase(board, "cold", 0, 2074, COUNT_NONE);
    phase(board, "prefix-test-3", 0, 130, COUNT_NONE);
    const struct verdict *verdict = board_verdict(board, 0, A, VERDICT_REUSE);
    assert_true(isnan(verdict->reuse_fraction));
    assert_false(verdict->witnesses_disagree);
    board_free(board);
}

static void test_board_snapshot(void **state) {
    (void)state;
    struct board *board = new_board();
    phase(board, "cold-prefix", 0, 150, 1800);
    assert_null(board_verdict(board, 0, A, VERDICT_SNAPSHOT));
    phase(board, "cold-control", 0, 2000, 0);
    const struct verdict *verdict = board_verdict(board, 0, A, VERDICT_SNAPSHOT);
    assert_string_equal(verdict->value, "YES");
    close_to(verdict->ratio, 0.075);
    assert_string_equal(verdict->evidence,
                        "after a restart TTFT 150 ms / cold 2000 ms = 0.07; cached 90 % of prompt");
    phase(board, "cold-prefix", 0, 1990, 0);
    assert_string_equal(board_verdict(board, 0, A, VERDICT_SNAPSHOT)->value, "NO");
    board_free(board);
}

static void test_failed_calls_give_no_verdict(void **state) {
    (void)state;
    struct board *board = new_board();
    phase(board, "cold", 0, 2074, 0);
    struct call call =
        build_call(next_id(board), 0, A, "prefix-test-1", 0, 900 * 60 * S, 1, 100, 10);
    build_fail(&call, ERROR_HTTP_5XX);
    call.ttft_ms = 1; /* a prompt error is quick */
    build_phase(board, &call);
    assert_null(board_verdict(board, 0, A, VERDICT_REUSE));
    board_free(board);
}

static void test_words(void **state) {
    (void)state;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        assert_non_null(verdict_word((enum verdict_id)i));
        assert_non_null(verdict_title((enum verdict_id)i));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panel),
        cmocka_unit_test(test_below_a_millisecond),
        cmocka_unit_test(test_ratio_is_per_pass),
        cmocka_unit_test(test_the_limit_itself),
        cmocka_unit_test(test_missing_parts),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_efficiency_needs_a_warm_that_is_faster),
        cmocka_unit_test(test_witnesses),
        cmocka_unit_test(test_suspect_cold),
        cmocka_unit_test(test_board_reuse),
        cmocka_unit_test(test_board_cached_unknown),
        cmocka_unit_test(test_board_snapshot),
        cmocka_unit_test(test_failed_calls_give_no_verdict),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
