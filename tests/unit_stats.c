#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/stats.h"

static void close_to(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%.12g instead of %.12g", value, expected);
}

static void test_values(void **state) {
    (void)state;
    struct values values = {0};
    values_add(&values, NAN);
    assert_int_equal(values.count, 0);
    for (int i = 0; i < 1000; i++)
        values_add(&values, i);
    values_add(&values, NAN);
    assert_int_equal(values.count, 1000);
    close_to(values.at[999], 999);
    values_done(&values);
    assert_null(values.at);
}

static void test_words(void **state) {
    (void)state;
    for (int i = 0; i < STAT_COUNT; i++)
        assert_int_equal(stat_find(stat_word((enum stat_id)i)), i);
    assert_int_equal(stat_find("mode"), -1);
    assert_int_equal(stat_find(NULL), -1);
}

static void test_small_samples(void **state) {
    (void)state;
    const double one[] = {7}, two[] = {7, 10}, three[] = {9, 1, 4};
    assert_true(isnan(stats_median(one, 0)));
    assert_true(isnan(stats_of(one, 0, STAT_MEAN)));
    assert_true(isnan(stats_of(one, 0, STAT_SUM)));
    close_to(stats_of(one, 0, STAT_N), 0);
    close_to(stats_of(one, 1, STAT_MEDIAN), 7);
    assert_true(isnan(stats_of(one, 1, STAT_CV)));
    close_to(stats_of(two, 2, STAT_MEDIAN), 8.5);
    close_to(stats_of(three, 3, STAT_MEDIAN), 4);
    close_to(stats_of(three, 3, STAT_MIN), 1);
    close_to(stats_of(three, 3, STAT_MAX), 9);
    close_to(stats_of(three, 3, STAT_LAST), 4);
    close_to(stats_of(three, 3, STAT_SUM), 14);
    close_to(stats_of(three, 3, STAT_N), 3);
    /* sample deviation of 1, 4, 9: mean 14/3, variance 49/3 */
    close_to(stats_of(three, 3, STAT_CV), sqrt(49.0 / 3) / (14.0 / 3));
    const double zero[] = {-1, 1};
    assert_true(isnan(stats_of(zero, 2, STAT_CV)));
}

static void test_percentiles(void **state) {
    (void)state;
    double values[100];
    for (int i = 0; i < 100; i++)
        values[i] = 100 - i; /* 100 … 1 */
    assert_true(isnan(stats_of(values, 19, STAT_P95)));
    assert_true(isnan(stats_of(values, 99, STAT_P99)));
    close_to(stats_of(values, 100, STAT_P50), 50);
    close_to(stats_of(values, 100, STAT_P95), 95);
    close_to(stats_of(values, 100, STAT_P99), 99);
    /* nearest rank of 20: the 19th, not the 20th by a rounding of 0.95 × 20 */
    double twenty[20];
    for (int i = 0; i < 20; i++)
        twenty[i] = i + 1;
    close_to(stats_of(twenty, 20, STAT_P95), 19);
    close_to(stats_percentile(twenty, 20, 0), 1);
    close_to(stats_percentile(twenty, 20, 100), 20);
    close_to(stats_percentile(twenty, 20, 1000), 20);
    assert_true(isnan(stats_percentile(twenty, 20, NAN)));
}

/* Levels from tables of the sign test: n = 6 [1,6] 0.96875, n = 10 [2,9] 0.978516,
 * n = 20 [6,15] 0.958611, n = 100 [40,61] 0.9648. */
static void test_median_interval(void **state) {
    (void)state;
    double values[2000], low, high, level;
    for (int i = 0; i < 2000; i++)
        values[i] = i + 1;
    assert_false(stats_median_interval(values, 5, &low, &high, &level));
    assert_true(isnan(stats_of(values, 5, STAT_MEDIAN_LOW)));
    close_to(stats_of(values, 6, STAT_MEDIAN_LOW), 1);
    close_to(stats_of(values, 6, STAT_MEDIAN_HIGH), 6);
    close_to(stats_of(values, 6, STAT_MEDIAN_LEVEL), 0.96875);
    assert_true(stats_median_interval(values, 6, &low, &high, &level));
    close_to(low, 1);
    close_to(high, 6);
    close_to(level, 0.96875);
    assert_true(stats_median_interval(values, 10, &low, &high, &level));
    close_to(low, 2);
    close_to(high, 9);
    assert_true(fabs(level - 0.978516) < 1e-5);
    assert_true(stats_median_interval(values, 20, &low, &high, &level));
    close_to(low, 6);
    close_to(high, 15);
    assert_true(fabs(level - 0.958611) < 1e-5);
    assert_true(stats_median_interval(values, 100, &low, &high, &level));
    close_to(low, 40);
    close_to(high, 61);
    assert_true(fabs(level - 0.9648) < 1e-4);
    /* 0.5^2000 is no double: by the normal approximation k is about 1000 − 0.98 √2000 = 956 */
    assert_true(stats_median_interval(values, 2000, &low, &high, &level));
    assert_true(level >= 0.95 && level < 0.9555 /* one step is 0.5 % */);
    assert_in_range((int)low, 954, 958);
    close_to(low + high, 2001);
}

static void test_random(void **state) {
    (void)state;
    /* splitmix64 from state 0: the reference implementation's first outputs */
    uint64_t seed = 0;
    assert_true(stats_random(&seed) == UINT64_C(0xE220A8397B1DCDAF));
    assert_true(stats_random(&seed) == UINT64_C(0x6E789E6AA1B965F4));
    assert_true(stats_random(&seed) == UINT64_C(0x06C45D188009454F));
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double u = stats_uniform(&seed);
        assert_true(u >= 0 && u < 1);
        sum += u;
    }
    assert_true(fabs(sum / 100000 - 0.5) < 0.005);
    assert_true(stats_hash(1, "a") != stats_hash(2, "a"));
    assert_true(stats_hash(1, "a") != stats_hash(1, "b"));
    assert_true(stats_hash(1, "") == stats_hash(1, ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_words),
        cmocka_unit_test(test_small_samples),   cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_median_interval), cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
