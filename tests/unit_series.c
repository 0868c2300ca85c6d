#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/series.h"

static void test_empty(void **state) {
    (void)state;
    struct series series = {0};
    assert_true(isnan(series_last(&series)));
    assert_true(isnan(series_high(&series, 0, INT64_MAX)));
    series_done(&series);
}

static void test_range(void **state) {
    (void)state;
    struct series series = {0};
    const double values[] = {3, NAN, -1, 8};
    for (int i = 0; i < 4; i++)
        series_add(&series, 10 * i, values[i]);
    assert_true(series_high(&series, 0, 30) == 8);
    assert_true(series_high(&series, 0, 20) == 3);
    assert_true(series_high(&series, 1, 29) == -1);
    assert_true(isnan(series_high(&series, 10, 10))); /* a gap is no zero */
    assert_true(isnan(series_high(&series, 31, 99)));
    assert_true(series_last(&series) == 8);
    series_add(&series, 40, NAN);
    assert_true(isnan(series_last(&series)));
    series_done(&series);
}

static void test_late_points_stay_in_order(void **state) {
    (void)state;
    struct series series = {0};
    series_add(&series, 100, 1);
    series_add(&series, 50, 2);
    assert_int_equal(series.points[1].from_us, 100);
    series_done(&series);
}

/* However long the run: bounded, the ends in view, no extreme lost, in order. */
static void test_merging(void **state) {
    (void)state;
    struct series series = {0};
    enum { COUNT = 1000000 };
    for (int i = 0; i < COUNT; i++)
        series_add(&series, i, i == 12345 ? 1e6 : i == 777777 ? -5 : i % 100);
    assert_true(series.count <= SERIES_CAPACITY);
    assert_true(series.count >= SERIES_CAPACITY / 2); /* and not coarser than needed */
    assert_int_equal(series.merged, 8);
    for (size_t i = 0; i + 1 < series.count; i++)
        assert_int_equal(series.points[i].to_us - series.points[i].from_us, 255);
    assert_int_equal(series.points[0].from_us, 0);
    assert_int_equal(series.points[series.count - 1].to_us, COUNT - 1);
    for (size_t i = 1; i < series.count; i++)
        assert_int_equal(series.points[i].from_us, series.points[i - 1].to_us + 1);
    assert_true(series_high(&series, 0, COUNT) == 1e6);
    assert_true(series_high(&series, 800000, COUNT) == 99);
    assert_true(series_last(&series) == (COUNT - 1) % 100);
    series_done(&series);
}

static void test_merged_gaps(void **state) {
    (void)state;
    struct series series = {0};
    for (int i = 0; i < SERIES_CAPACITY + 1; i++)
        series_add(&series, i, i < 10 ? NAN : i % 2 ? NAN : 4);
    assert_int_equal(series.merged, 1);
    assert_true(isnan(series.points[0].high)); /* two gaps stay a gap */
    assert_true(series.points[6].high == 4);   /* a gap and a value keep the value */
    assert_true(isnan(series.points[6].last));
    series_done(&series);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_late_points_stay_in_order),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_merged_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
