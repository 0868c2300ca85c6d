/* The weighted score against sums worked out by hand: coverage, who may be ranked, what a moved
 * weight changes, the score per gigabyte. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/util.h"
#include "model/weights.h"

#define BIT(part) (1u << (part))

static void near(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-9))
        fail_msg("%.9g instead of %.9g", value, expected);
}

static struct part_scores scores_of(double swe, double bfcl, double terminal) {
    struct part_scores scores;
    part_scores_init(&scores);
    scores.of[PART_SWE] = swe;
    scores.of[PART_BFCL] = bfcl;
    scores.of[PART_TERMINAL] = terminal;
    return scores;
}

static void test_parts(void **state) {
    (void)state;
    struct weights weights;
    double total = 0;
    weights_default(&weights);
    for (int part = 0; part < PART_COUNT; part++) {
        assert_int_equal(part_find(part_word((enum part_id)part)), part);
        total += weights.of[part];
    }
    near(total, 100);
    assert_int_equal(part_find("BFCL v3"), -1);
    assert_int_equal(part_find(NULL), -1);
    assert_int_equal(part_suite(PART_BFCL), -1);
    assert_int_equal(part_suite(PART_LONG_HORIZON), SUITE_ENDURANCE);
    near(weights.of[PART_TOOL_CALL], 0); /* measured stays beside BFCL, not in its place */
}

static void test_coverage(void **state) {
    (void)state;
    struct weights weights;
    weights_default(&weights);
    /* the panel's 35B-A3B: (35·0.734 + 20·0.246) / 55 */
    struct part_scores scores = scores_of(0.734, NAN, 0.246);
    struct weighted weighted = weights_score(&weights, &scores);
    near(weighted.score, 30.61 / 55);
    near(weighted.coverage, 55);
    assert_int_equal(weighted.known, BIT(PART_SWE) | BIT(PART_TERMINAL));
    assert_int_equal(weighted.missing,
                     BIT(PART_BFCL) | BIT(PART_LIVEBENCH) | BIT(PART_LONG_HORIZON));
    scores.of[PART_TOOL_CALL] = 1; /* without a weight it is neither known nor missing */
    near(weights_score(&weights, &scores).score, 30.61 / 55);
    for (int part = 0; part < PART_COUNT; part++)
        scores.of[part] = 0.5;
    weighted = weights_score(&weights, &scores);
    near(weighted.coverage, 100);
    near(weighted.score, 0.5);
    assert_int_equal(weighted.missing, 0);
    part_scores_init(&scores);
    weighted = weights_score(&weights, &scores);
    assert_true(isnan(weighted.score));
    near(weighted.coverage, 0);
    scores.of[PART_SWE] = 0; /* a zero is a score */
    near(weights_score(&weights, &scores).score, 0);
    struct weights small = {.of = {[PART_SWE] = 0.3, [PART_BFCL] = 0.1}};
    near(weights_score(&small, &scores).coverage, 75); /* of 100, whatever they add up to */
    small = (struct weights){{0}};
    assert_true(isnan(weights_score(&small, &scores).score));
}

static void test_sways(void **state) {
    (void)state;
    struct weights weights;
    struct sensitivity found;
    weights_default(&weights);
    /* 36/55 and 35/55; with SWE 28: 30.4 and 30.8; with Terminal-Bench 24: 37.6 and 37.8 */
    struct part_scores close[] = {scores_of(0.8, NAN, 0.4), scores_of(0.6, NAN, 0.7),
                                  scores_of(1, 1, 1), scores_of(1, NAN, NAN)};
    unsigned known = BIT(PART_SWE) | BIT(PART_TERMINAL);
    assert_true(weights_sensitivity(&weights, close, COUNT_OF(close), known, &found));
    assert_int_equal(found.members, 3); /* not those of another coverage, however good */
    assert_int_equal(found.leaders, 1);
    assert_int_equal(found.sway_count, 2);
    assert_int_equal(found.sways[0].part, PART_SWE);
    near(found.sways[0].factor, 0.8);
    assert_int_equal(found.sways[0].leaders, 2);
    assert_int_equal(found.sways[1].part, PART_TERMINAL);
    near(found.sways[1].factor, 1.2);
    assert_int_equal(found.sways[1].leaders, 2);
}

static void test_holds(void **state) {
    (void)state;
    struct weights weights;
    struct sensitivity found;
    weights_default(&weights);
    unsigned known = BIT(PART_SWE) | BIT(PART_TERMINAL);
    /* better in every part: no weight changes that; the same model twice leads together */
    struct part_scores clear[] = {scores_of(0.734, NAN, 0.246), scores_of(0.772, NAN, 0.593),
                                  scores_of(0.772, NAN, 0.593)};
    assert_true(weights_sensitivity(&weights, clear, 3, known, &found));
    assert_int_equal(found.leaders, 6);
    assert_int_equal(found.sway_count, 0);
    assert_false(weights_sensitivity(&weights, clear, 1, known, &found));
    assert_false(weights_sensitivity(&weights, clear, 3, BIT(PART_SWE), &found));
    assert_false(weights_sensitivity(&weights, clear, 3, 0, &found));
    assert_false(weights_sensitivity(&weights, NULL, 0, known, &found));
    struct part_scores nothing[] = {scores_of(0, NAN, 0), scores_of(0, NAN, 0)};
    assert_true(weights_sensitivity(&weights, nothing, 2, known, &found));
    assert_int_equal(found.leaders, 3);
}

/* 35 + 10 and 25 + 20 cover the same share by other parts: no ranking either. */
static void test_same_share_other_parts(void **state) {
    (void)state;
    struct weights weights;
    struct sensitivity found;
    weights_default(&weights);
    struct part_scores entries[] = {scores_of(0.9, NAN, NAN), scores_of(NAN, 0.5, 0.5)};
    entries[0].of[PART_LIVEBENCH] = 0.9;
    struct weighted a = weights_score(&weights, &entries[0]);
    near(a.coverage, weights_score(&weights, &entries[1]).coverage);
    assert_false(weights_sensitivity(&weights, entries, 2, a.known, &found));
}

static void test_per_gb(void **state) {
    (void)state;
    unsigned missing;
    struct part_scores scores = scores_of(0.8, 0.6, 0.5);
    near(weights_per_gb(&scores, 17, &missing), 0.04); /* (0.4 + 0.18 + 0.1) / 17 */
    assert_int_equal(missing, 0);
    assert_true(isnan(weights_per_gb(&scores, NAN, &missing)));
    assert_int_equal(missing, 0);
    assert_true(isnan(weights_per_gb(&scores, 0, &missing)));
    scores = scores_of(0.8, NAN, NAN);
    assert_true(isnan(weights_per_gb(&scores, 17, &missing)));
    assert_int_equal(missing, BIT(PART_BFCL) | BIT(PART_TERMINAL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_sways),  cmocka_unit_test(test_holds),
        cmocka_unit_test(test_per_gb), cmocka_unit_test(test_same_share_other_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
