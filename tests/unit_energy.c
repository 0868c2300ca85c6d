#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/energy.h"
#include "model/stats.h"

#define S INT64_C(1000000)

static void close_to(double value, double expected, double share) {
    if (!(fabs(value - expected) <= share * fabs(expected)))
        fail_msg("%.9g instead of %.9g", value, expected);
}

static void add_rails(struct energy *energy, int64_t t, size_t count, struct rail *rails) {
    struct sample sample = {.rails = rails, .rail_count = count, .watts = NAN};
    energy_add(energy, t, &sample);
}

static struct rail rail(const char *name, double joules, int64_t pub_us) {
    struct rail made = {.energy_j = joules, .pub_us = pub_us};
    copy_text(made.name, sizeof made.name, name);
    return made;
}

/* An M5 Max (telemetry A.1): CPU published in mJ batches 2.03–2.23 s apart, at times a small second
 * one 9–26 ms later, GPU at each sample, DRAM with the CPU; sampled at 1 Hz with some jitter. */
struct machine_model {
    double cpu_watts, gpu_watts, dram_watts;
    uint64_t seed;
    int64_t batch_us; /* last batch */
};

static double millijoules(double joules) {
    return floor(joules * 1e3) / 1e3;
}

static void model_run(struct energy *energy, struct machine_model *model, int64_t from_us,
                      int64_t to_us) {
    for (int64_t t = from_us; t < to_us; t += S + (int64_t)(stats_uniform(&model->seed) * 8000)) {
        for (;;) {
            double u = stats_uniform(&model->seed);
            int64_t next = model->batch_us + (u < 0.2 ? 9000 + (int64_t)(u * 85000)
                                                      : 2030000 + (int64_t)(u * 200000));
            if (next > t)
                break;
            model->batch_us = next;
        }
        double batch = (double)model->batch_us / 1e6;
        struct rail rails[] = {
            rail("CPU", millijoules(batch * model->cpu_watts), model->batch_us),
            rail("GPU", (double)t / 1e6 * model->gpu_watts, t),
            rail("DRAM", millijoules(batch * model->dram_watts), model->batch_us),
        };
        add_rails(energy, t, 3, rails);
    }
}

static void test_constant_watts(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    struct machine_model model = {
        .cpu_watts = 6.5, .gpu_watts = 41.2, .dram_watts = 2.3, .seed = 7};
    model_run(energy, &model, 0, 700 * S);
    double cover, joules;
    for (int64_t from = 20 * S; from < 80 * S; from += 7137331) {
        joules = energy_window(energy, from, from + 600 * S, &cover);
        close_to(joules, 600 * 50.0, 0.001);
        assert_true(cover > 0.99);
        joules = energy_window(energy, from, from + 30 * S, &cover);
        close_to(joules, 30 * 50.0, 0.001);
        assert_true(cover > 0.95);
    }
    close_to(energy_watts(energy), 50, 0.005);
    assert_string_equal(energy_rails(energy), "CPU+GPU+DRAM");
    assert_true(energy_covered_to(energy) == model.batch_us);
    energy_free(energy);
}

/* Never the "0 W, then 100 W" of a poll faster than the publications. */
static void test_watts_do_not_alternate(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    struct machine_model model = {.cpu_watts = 30, .gpu_watts = 10, .seed = 3};
    model_run(energy, &model, 0, 20 * S);
    for (int64_t t = 20 * S; t < 60 * S; t += S) {
        model_run(energy, &model, t, t + 1);
        close_to(energy_watts(energy), 40, 0.01);
    }
    energy_free(energy);
}

static void one_rail(struct energy *energy, int64_t gap_us, int64_t until_us, double watts) {
    for (int64_t t = 0; t <= until_us; t += gap_us) {
        struct rail one = rail("CPU", (double)t / 1e6 * watts, t);
        add_rails(energy, t, 1, &one);
    }
}

static void test_cover(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    one_rail(energy, 2100000, 100 * S, 10);
    double cover;
    /* a second inside one publication gap: only the share of the gap is sure */
    close_to(energy_window(energy, 4200000 + 500000, 4200000 + 1500000, &cover), 10, 1e-9);
    close_to(cover, 1 / 2.1, 1e-9);
    /* between publications: all of it */
    energy_window(energy, 4200000, 8400000, &cover);
    close_to(cover, 1, 1e-9);
    /* 10 s: at worst two gaps cut in their middles, 2 × 2.1 / 4 s */
    energy_window(energy, 4200000 + 1050000, 4200000 + 11050000, &cover);
    assert_true(cover > 0.89 && cover < 1);
    /* empty and backward windows */
    assert_true(isnan(energy_window(energy, 5 * S, 5 * S, &cover)) && cover == 0);
    assert_true(isnan(energy_window(energy, 5 * S, 4 * S, &cover)) && cover == 0);
    /* beyond the last publication (98.7 s) half a window of nothing */
    double joules = energy_window(energy, 88700000, 108700000, &cover);
    close_to(joules, 200, 1e-6);
    assert_true(cover > 0.45 && cover < 0.51);
    assert_true(isnan(energy_window(energy, 200 * S, 210 * S, &cover)) && cover == 0);
    energy_free(energy);
}

/* What cover promises: power changes exactly at the window's edges, and the error stays within
 * (1 − cover) × the change. */
static void test_cover_bounds_the_error(void **state) {
    (void)state;
    uint64_t seed = 42;
    for (int round = 0; round < 300; round++) {
        struct energy *energy = energy_new();
        int64_t from = 20 * S + (int64_t)(stats_uniform(&seed) * 5e6);
        int64_t length = (int64_t)(stats_uniform(&seed) * 12e6) + 100000;
        int64_t t = 0;
        while (t < from + length + 10 * S) {
            int64_t inside = t - from < 0 ? 0 : t - from > length ? length : t - from;
            double joules = (double)t / 1e6 * 10 + (double)inside / 1e6 * 30; /* 10 W, 40 W */
            struct rail one = rail("GPU", joules, t);
            add_rails(energy, t, 1, &one);
            t += 200000 + (int64_t)(stats_uniform(&seed) * 2e6);
        }
        double cover, joules = energy_window(energy, from, from + length, &cover);
        double error = fabs(joules - (double)length / 1e6 * 40) / ((double)length / 1e6 * 30);
        if (error > 1 - cover + 1e-9)
            fail_msg("window of %.1f s: error %.3f, cover %.3f", (double)length / 1e6, error,
                     cover);
        energy_free(energy);
    }
}

/* A slow rail of little power does not spoil a live one of much. */
static void test_cover_is_weighed(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    struct machine_model model = {.cpu_watts = 2, .gpu_watts = 48, .seed = 9};
    for (int64_t t = 0; t < 60 * S; t += 100000)
        model_run(energy, &model, t, t + 1);
    double cover;
    close_to(energy_window(energy, 30 * S, 33 * S, &cover), 150, 0.01);
    assert_true(cover > 0.9);
    energy_free(energy);
}

static void test_reset(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    const double joules[] = {100, 120, 140, 5, 25, 45}; /* 20 W; the counter starts anew at 3 s */
    for (int i = 0; i < 6; i++) {
        struct rail one = rail("CPU", joules[i], i * S);
        add_rails(energy, i * S, 1, &one);
    }
    double cover;
    close_to(energy_window(energy, 0, 2 * S, &cover), 40, 1e-9);
    close_to(energy_window(energy, 3 * S, 5 * S, &cover), 40, 1e-9);
    assert_true(cover > 0.999);
    /* across it: what is unknown is filled by the mean of the rest, and cover says so */
    close_to(energy_window(energy, 0, 5 * S, &cover), 100, 1e-9);
    close_to(cover, 0.8, 1e-9);
    close_to(energy_watts(energy), 20, 1e-9);
    /* a publication time that goes backwards: all before is void */
    struct rail back = rail("CPU", 60, 2 * S);
    add_rails(energy, 6 * S, 1, &back);
    assert_true(isnan(energy_watts(energy)));
    assert_true(isnan(energy_window(energy, 0, 2 * S, &cover)));
    energy_free(energy);
}

static void test_stalled(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    one_rail(energy, S, 30 * S, 10);
    close_to(energy_watts(energy), 10, 1e-9);
    struct rail frozen = rail("CPU", 300, 30 * S);
    add_rails(energy, 39 * S, 1, &frozen);
    close_to(energy_watts(energy), 10, 1e-9);
    add_rails(energy, 41 * S, 1, &frozen);
    assert_true(isnan(energy_watts(energy))); /* not 0 W */
    double cover;
    assert_true(isnan(energy_window(energy, 32 * S, 40 * S, &cover)));
    /* one stalled rail makes the sum unknown */
    struct rail two[] = {frozen, rail("GPU", 50, 42 * S)};
    add_rails(energy, 42 * S, 2, two);
    two[1] = rail("GPU", 70, 43 * S);
    add_rails(energy, 43 * S, 2, two);
    assert_true(isnan(energy_watts(energy)));
    assert_true(isnan(energy_window(energy, 42 * S, 43 * S, &cover)) && cover == 0);
    energy_free(energy);
}

static void test_watts_only(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    struct sample sample = {.watts = 35};
    for (int t = 0; t <= 20; t++)
        energy_add(energy, t * S, &sample);
    assert_string_equal(energy_rails(energy), "watts");
    double cover;
    close_to(energy_window(energy, 0, 20 * S, &cover), 700, 1e-9);
    close_to(cover, 1, 1e-9);
    close_to(energy_watts(energy), 35, 1e-9);
    sample.watts = NAN;
    energy_add(energy, 21 * S, &sample);
    sample.watts = -5;
    energy_add(energy, 22 * S, &sample); /* nonsense */
    energy_add(energy, 31 * S, &sample);
    assert_true(isnan(energy_watts(energy)));
    sample.watts = 35; /* after 11 s of nothing: not integrated over the hole */
    energy_add(energy, 32 * S, &sample);
    energy_add(energy, 33 * S, &sample);
    energy_window(energy, 20 * S, 33 * S, &cover);
    close_to(cover, 1.0 / 13, 1e-9);
    energy_free(energy);
}

static void test_hostile(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    double cover;
    assert_true(isnan(energy_watts(energy)));
    assert_true(isnan(energy_window(energy, 0, S, &cover)) && cover == 0);
    assert_int_equal(energy_covered_to(energy), -1);
    assert_string_equal(energy_rails(energy), "");
    for (int i = 0; i < 100; i++) {
        char name[24];
        snprintf(name, sizeof name, "rail %d", i);
        struct rail rails[] = {rail(name, 1e308, INT64_MAX), rail(name, -1e308, INT64_MIN),
                               rail(name, NAN, 5), rail(name, INFINITY, 6), rail(name, 1, i)};
        add_rails(energy, INT64_MAX, 5, rails);
        add_rails(energy, i, 5, rails);
    }
    energy_window(energy, INT64_MIN, INT64_MAX, &cover);
    energy_window(energy, 0, 100, &cover);
    energy_watts(energy);
    struct sample sample = {.watts = 1e300};
    energy_add(energy, 200, &sample);
    energy_free(energy);
}

/* Days of publications stay bounded. */
static void test_long(void **state) {
    (void)state;
    struct energy *energy = energy_new();
    one_rail(energy, S, 300000 * S, 10);
    double cover;
    close_to(energy_window(energy, 299000 * S, 299900 * S, &cover), 9000, 1e-9);
    assert_true(isnan(energy_window(energy, 0, 10 * S, &cover))); /* forgotten */
    energy_free(energy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_watts),
        cmocka_unit_test(test_watts_do_not_alternate),
        cmocka_unit_test(test_cover),
        cmocka_unit_test(test_cover_bounds_the_error),
        cmocka_unit_test(test_cover_is_weighed),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_stalled),
        cmocka_unit_test(test_watts_only),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
