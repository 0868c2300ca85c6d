/* The statistics of comparisons against known answers, and against simulated truth. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/util.h"
#include "model/bootstrap.h"
#include "model/stats.h"

#define TRIALS 2000

static void near(double value, double expected, double within) {
    if (!(fabs(value - expected) <= within))
        fail_msg("%.12g instead of %.12g", value, expected);
}

/* Quantiles of t as printed tables have them. */
static void test_student(void **state) {
    (void)state;
    near(student_quantile(0.025, 1), 12.7062, 1e-4);
    near(student_quantile(0.025, 8), 2.30600, 1e-5);
    near(student_quantile(0.025, 58), 2.00172, 1e-5);
    near(student_quantile(0.005, 10), 3.16927, 1e-5);
    near(student_quantile(0.025, 1e6), 1.95997, 1e-4);
    near(student_p(2.30600, 8), 0.05, 1e-6);
    near(student_p(0, 8), 1, 1e-12);
    near(student_p(1, 1), 0.5, 1e-12); /* Cauchy: P(|t| > 1) = 1/2 */
    assert_true(student_p(1e9, 8) < 1e-9);
    near(student_p(INFINITY, 3), 0, 0);
    assert_true(isnan(student_p(NAN, 3)));
    assert_true(isnan(student_p(1, 0)));
}

static void test_medians(void **state) {
    (void)state;
    const double a[] = {5, 1, 4, 2, 3}, b[] = {60, 20, 40, 10, 30, 50};
    near(stats_median(a, 5), 3, 0);
    near(stats_median(b, 6), 35, 0);
    struct ratio ratio = bootstrap_ratio(a, 5, b, 6, false, 1);
    near(ratio.ratio, 35.0 / 3, 1e-12);
    assert_true(ratio.low < ratio.ratio && ratio.ratio < ratio.high);
    assert_true(ratio.p > 0 && ratio.p < 0.05);
}

/* Order statistics: n = 6: [x1, x6] at 1 − 2/64; n = 9: [x2, x8] at 1 − 2 × 10/512; n = 30: from
 * the 10th to the 21st at 95.72 % (Conover 1999, table A3). */
static void test_exact_intervals(void **state) {
    (void)state;
    static const struct {
        size_t n;
        double low, high, level;
    } known[] = {{6, 1, 6, 0.96875},
                 {9, 2, 8, 0.9609375},
                 {10, 2, 9, 0.978515625},
                 {20, 6, 15, 0.958610535},
                 {30, 10, 21, 0.957226055}};
    double values[30], low, high, level;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        for (size_t k = 0; k < known[i].n; k++)
            values[k] = (double)(known[i].n - k);
        assert_true(stats_median_interval(values, known[i].n, &low, &high, &level));
        near(low, known[i].low, 0);
        near(high, known[i].high, 0);
        near(level, known[i].level, 1e-8);
    }
    assert_false(stats_median_interval(values, 5, &low, &high, &level));
}

static void test_quantiles(void **state) {
    (void)state;
    double values[100];
    for (size_t i = 0; i < 100; i++)
        values[i] = (double)((i * 37) % 100 + 1);
    near(stats_percentile(values, 100, 95), 95, 0);
    near(stats_percentile(values, 100, 99), 99, 0);
    near(stats_percentile(values, 100, 50), 50, 0);
    near(stats_median(values, 100), 50.5, 0);
}

static void test_edges(void **state) {
    (void)state;
    const double few[] = {1, 2, 3, 4}, same[] = {7, 7, 7, 7, 7}, twice[] = {14, 14, 14, 14, 14};
    const double zeros[] = {0, 0, 0, 0, 0}, mixed[] = {-5, -4, 3, 4, 5};
    struct ratio ratio = bootstrap_ratio(few, 4, same, 5, false, 1);
    near(ratio.ratio, 7 / 2.5, 1e-12);
    assert_true(isnan(ratio.low) && isnan(ratio.high) && isnan(ratio.p));
    ratio = bootstrap_ratio(same, 5, same, 5, true, 1);
    near(ratio.low, 1, 1e-12);
    near(ratio.high, 1, 1e-12);
    near(ratio.p, 1, 0);
    ratio = bootstrap_ratio(same, 5, twice, 5, false, 1);
    near(ratio.low, 2, 1e-12);
    near(ratio.p, 0, 0);
    assert_true(isnan(bootstrap_ratio(zeros, 5, same, 5, false, 1).ratio));
    assert_true(isnan(bootstrap_ratio(same, 5, zeros, 5, false, 1).ratio));
    assert_true(isnan(bootstrap_ratio(same, 0, same, 5, false, 1).ratio));
    assert_true(isnan(bootstrap_ratio(same, 5, mixed, 4, true, 1).ratio));
    ratio = bootstrap_ratio(same, 5, mixed, 5, false, 1); /* its median is 3, a resample's is not */
    near(ratio.ratio, 3.0 / 7, 1e-12);
    assert_true(isnan(ratio.low) && isnan(ratio.p));
}

static void test_same_seed(void **state) {
    (void)state;
    const double a[] = {5, 1, 4, 2, 3}, b[] = {6, 2, 4, 1, 3};
    struct ratio one = bootstrap_ratio(a, 5, b, 5, false, 9),
                 two = bootstrap_ratio(a, 5, b, 5, false, 9);
    near(one.low, two.low, 0);
    near(one.high, two.high, 0);
    assert_true(bootstrap_ratio(a, 5, b, 5, false, 10).low != one.low);
}

/* Pairs that share their noise: pairing sees the 10 % that the noise of 30 % hides. */
static void test_pairs(void **state) {
    (void)state;
    double a[8], b[8];
    uint64_t random = 4;
    for (size_t i = 0; i < 8; i++) {
        double shared = 1 + 0.6 * (stats_uniform(&random) - 0.5);
        a[i] = 100 * shared * (1 + 0.004 * stats_uniform(&random));
        b[i] = 110 * shared * (1 + 0.004 * stats_uniform(&random));
    }
    struct ratio apart = bootstrap_ratio(a, 8, b, 8, false, 1);
    struct ratio together = bootstrap_ratio(a, 8, b, 8, true, 1);
    assert_true(apart.low < 1 && apart.high > 1);
    assert_true(together.low > 1.05 && together.high < 1.15);
}

static void test_holm(void **state) {
    (void)state;
    /* Holm 1979: 0.01 × 4, 0.02 × 3, then never smaller than the one before */
    double p[] = {0.02, 0.5, NAN, 0.01, 0.022};
    bootstrap_holm(p, 5);
    near(p[3], 0.04, 1e-12);
    near(p[0], 0.06, 1e-12);
    near(p[4], 0.06, 1e-12);
    near(p[1], 0.5, 1e-12);
    assert_true(isnan(p[2]));
    bootstrap_holm(p, 0);
}

/* ---- simulated truth ---- */

enum noise { NOISE_NORMAL, NOISE_EXPONENTIAL, NOISE_UNIFORM, NOISE_COUNT };

static double normal(uint64_t *random) {
    double u = 1 - stats_uniform(random);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * stats_uniform(random));
}

/* Around a median of 100; all of them skewed or spread as latencies are. */
static double draw(enum noise noise, uint64_t *random) {
    switch (noise) {
    case NOISE_NORMAL:
        return 100 + 5 * normal(random);
    case NOISE_EXPONENTIAL: /* median of the excess: 20 ln 2 */
        return 100 + 20 * (-log(1 - stats_uniform(random)) - 0.69314718055994530942);
    case NOISE_UNIFORM:
        return 90 + 20 * stats_uniform(random);
    case NOISE_COUNT:
        break;
    }
    return NAN;
}

static double coverage(enum noise noise, size_t n, bool paired, uint64_t seed) {
    uint64_t random = seed;
    int covered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double a[30], b[30];
        for (size_t i = 0; i < n; i++) {
            double shared = paired ? 1 + 0.05 * normal(&random) : 1;
            a[i] = shared * draw(noise, &random);
            b[i] = shared * 1.25 * draw(noise, &random);
        }
        struct ratio ratio = bootstrap_ratio(a, n, b, n, paired, stats_random(&random));
        covered += ratio.low <= 1.25 && 1.25 <= ratio.high;
    }
    return (double)covered / TRIALS;
}

/* A nominal 95 % covers in 93–97 % of 2,000 trials: over the kinds of noise, each within the error
 * of its own 2,000 (± 1.2 % at 2.4 standard errors). */
static void test_coverage(void **state) {
    (void)state;
    static const size_t sizes[] = {5, 6, 20};
    for (int paired = 0; paired < 2; paired++)
        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            double sum = 0;
            for (int noise = 0; noise < NOISE_COUNT; noise++) {
                double share = coverage((enum noise)noise, sizes[k], paired, 77 + k);
                if (share < 0.93 || share > 0.98)
                    fail_msg("noise %d, n = %zu, paired %d: %.4f", noise, sizes[k], paired, share);
                sum += share;
            }
            if (sum / NOISE_COUNT < 0.93 || sum / NOISE_COUNT > 0.97)
                fail_msg("n = %zu, paired %d: %.4f", sizes[k], paired, sum / NOISE_COUNT);
        }
}

/* A/A: two runs of the same thing, 40 cells each, a third of them of every kind of noise. */
static void same_against_same(bool paired) {
    enum { RUNS = 200, CELLS = 40, PASSES = 5 };
    int cells_quiet = 0, runs_quiet = 0;
    uint64_t random = 5;
    for (int run = 0; run < RUNS; run++) {
        double p[CELLS];
        bool quiet = true;
        for (int cell = 0; cell < CELLS; cell++) {
            double a[PASSES], b[PASSES];
            for (int i = 0; i < PASSES; i++) {
                a[i] = draw((enum noise)(cell % NOISE_COUNT), &random);
                b[i] = draw((enum noise)(cell % NOISE_COUNT), &random);
            }
            struct ratio ratio =
                bootstrap_ratio(a, PASSES, b, PASSES, paired, stats_random(&random));
            cells_quiet += ratio.low <= 1 && 1 <= ratio.high;
            p[cell] = ratio.p;
        }
        bootstrap_holm(p, CELLS);
        for (int cell = 0; cell < CELLS; cell++)
            quiet = quiet && p[cell] >= 0.05;
        runs_quiet += quiet;
    }
    double cells = (double)cells_quiet / (RUNS * CELLS), runs = (double)runs_quiet / RUNS;
    if (cells < 0.95 || runs < 0.95)
        fail_msg("paired %d: cells %.4f, runs %.4f", paired, cells, runs);
}

static void test_same_against_same(void **state) {
    (void)state;
    same_against_same(false);
    same_against_same(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student),   cmocka_unit_test(test_medians),
        cmocka_unit_test(test_quantiles), cmocka_unit_test(test_exact_intervals),
        cmocka_unit_test(test_edges),     cmocka_unit_test(test_same_seed),
        cmocka_unit_test(test_pairs),     cmocka_unit_test(test_holm),
        cmocka_unit_test(test_coverage),  cmocka_unit_test(test_same_against_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
