/* Drift: p-values against ones worked out by hand (normal approximation, continuity and tie
 * correction), and what counts as slower. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/util.h"
#include "model/drift.h"
#include "model/stats.h"

#define N 20

static void near(double value, double expected, double within) {
    if (!(fabs(value - expected) <= within))
        fail_msg("%.6g instead of %.6g", value, expected);
}

static void test_p(void **state) {
    (void)state;
    double low[8] = {1, 2, 3, 4, 5, 6, 7, 8}, high[8] = {9, 10, 11, 12, 13, 14, 15, 16};
    /* U = 64, mean 32, variance 8·8·17/12: z = 31.5 / 9.522 */
    near(drift_p(low, 8, high, 8), 0.000470, 1e-6);
    near(drift_p(high, 8, low, 8), 0.999681, 1e-3);
    near(drift_p(low, 8, low, 8), 0.520954, 1e-2); /* ties with itself */
    double tied[8] = {1, 1, 1, 1, 2, 2, 2, 2}, other[8] = {1, 2, 2, 2, 2, 2, 2, 2};
    /* U = 44, ties 5 and 11: variance 64/12·(17 − 1440/240), z = 11.5/7.6594 */
    near(drift_p(tied, 8, other, 8), 0.066630, 1e-4);
}

static void test_nothing_to_tell(void **state) {
    (void)state;
    double same[8] = {3, 3, 3, 3, 3, 3, 3, 3};
    assert_true(drift_p(same, 8, same, 8) >= 1);
    assert_true(isnan(drift_p(same, 7, same, 8)));
    assert_true(isnan(drift_p(NULL, 0, NULL, 0)));
    struct drift drift;
    struct drift_sample none = {NULL, NULL, 0, 0};
    drift_test(&drift, &none, &none);
    assert_false(drift.known);
    assert_false(drift.slower);
}

static struct drift drift_of(double ttft_shift, double decode_shift, double noise, uint64_t seed) {
    double a[N], b[N], c[N], d[N];
    struct drift drift;
    for (int i = 0; i < N; i++) {
        a[i] = 100 * (1 + noise * (stats_uniform(&seed) - 0.5));
        b[i] = 100 * (1 + ttft_shift) * (1 + noise * (stats_uniform(&seed) - 0.5));
        c[i] = 80 * (1 + noise * (stats_uniform(&seed) - 0.5));
        d[i] = 80 * (1 - decode_shift) * (1 + noise * (stats_uniform(&seed) - 0.5));
    }
    struct drift_sample ttft = {a, b, N, N}, decode = {c, d, N, N};
    drift_test(&drift, &ttft, &decode);
    return drift;
}

static void test_slower(void **state) {
    (void)state;
    assert_true(drift_of(0.2, 0, 0.1, 1).slower);
    assert_true(drift_of(0, 0.2, 0.1, 2).slower);
    assert_true(drift_of(0.3, 0.3, 0.1, 3).slower);
    assert_false(drift_of(0.02, 0.02, 0.001, 4).slower); /* sure, but too little */
    assert_false(drift_of(-0.3, -0.3, 0.1, 5).slower);   /* faster */
    struct drift drift = drift_of(0.2, 0, 0.01, 6);
    near(drift.ttft.slower, 0.2, 0.02);
    near(drift.ttft.last, 120, 2);
    near(drift.decode.slower, 0, 0.01);
}

/* Noise of ±25 % and no shift: rarely called slower, at most at the test's own level. */
static void test_false_alarms(void **state) {
    (void)state;
    int alarms = 0;
    for (uint64_t seed = 1; seed <= 1000; seed++)
        alarms += drift_of(0, 0, 0.5, seed * 7919).slower;
    assert_true(alarms <= 65); /* 50 expected at most, 3 σ above is 71 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p),
        cmocka_unit_test(test_nothing_to_tell),
        cmocka_unit_test(test_slower),
        cmocka_unit_test(test_false_alarms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
