/* Energy and the GPU of a Mac, by a fake of the system's libraries (fake_darwin.h). The watts that
 * the fake uses must come out of model/energy.h, within 0.1 % over half a minute and more. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_darwin.h"
#include "model/energy.h"

struct rig {
    struct fake_darwin fake;
    struct darwin_api api;
    struct host *host;
    struct energy *energy;
    int64_t epoch_ns;
    struct event *event; /* the last sample */
};

static void rig_begin(struct rig *rig) {
    *rig = (struct rig){0};
    fake_begin(&rig->fake);
}

/* Once the channels are there. */
static void rig_open(struct rig *rig) {
    rig->api = fake_api();
    rig->host = darwin_host_new(&rig->api);
    rig->energy = energy_new();
    rig->epoch_ns = rig->fake.now_ns - FAKE_S;
}

static const struct sample *poll_once(struct rig *rig) {
    event_free(rig->event);
    int64_t t = (rig->fake.now_ns - rig->epoch_ns) / 1000;
    rig->event = event_new(EVENT_SAMPLE, t);
    host_sample(rig->host, rig->epoch_ns, &rig->event->sample);
    energy_add(rig->energy, t, &rig->event->sample);
    return &rig->event->sample;
}

/* At 1 Hz, as the sampler does. */
static void run_for(struct rig *rig, int seconds) {
    for (int i = 0; i < seconds; i++) {
        fake_pass(&rig->fake, FAKE_S);
        poll_once(rig);
    }
}

/* Nothing of what the libraries gave is left. */
static void rig_end(struct rig *rig) {
    event_free(rig->event);
    host_free(rig->host);
    energy_free(rig->energy);
    assert_int_equal(rig->fake.live, 0);
    assert_int_equal(rig->fake.ports, 0);
    assert_false(rig->fake.notified);
}

static const struct rail *rail_of(const struct rig *rig, const char *name) {
    const struct sample *sample = &rig->event->sample;
    for (size_t i = 0; i < sample->rail_count; i++)
        if (strcmp(sample->rails[i].name, name) == 0)
            return &sample->rails[i];
    return NULL;
}

static void close_to(double value, double expected, double within) {
    if (!(fabs(value - expected) <= within))
        fail_msg("%.9g instead of %.9g", value, expected);
}

static void assert_watts(const struct rig *rig, double from_s, double to_s, double watts,
                         double tolerance) {
    double cover;
    double joules =
        energy_window(rig->energy, (int64_t)(from_s * 1e6), (int64_t)(to_s * 1e6), &cover);
    close_to(joules / (to_s - from_s), watts, watts * tolerance);
    assert_true(cover > 0.9);
}

static double now_s(const struct rig *rig) {
    return (double)(rig->fake.now_ns - rig->epoch_ns) / 1e9;
}

static bool says(struct rig *rig, enum host_figure figure, const char *what) {
    const char *reason = host_reason(rig->host, figure);
    if (strstr(reason, what))
        return true;
    print_message("reason: %s\n", reason);
    return false;
}

/* ---- energy ---- */

/* M5 Max, macOS 27, with some of its many other channels: 36.17 + 30 + 0 + 5.3 + 2.1 W. */
static void add_m5(struct fake_darwin *fake) {
    static const char *const others[] = {"MCPU0", "MCPU1",    "PCPU",       "AFR0", "ISP0",
                                         "AVE0",  "AMCC0",    "PACC_0_DTL", "FAB0", "DISP0",
                                         "MSR0",  "DISPEXT0", "GPU0_SRAM"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        fake_add(fake, others[i], "mJ", 100, FAKE_M5);
    fake_add(fake, "apciec0 Energy", "uJ", 100, FAKE_M5);
    fake_add(fake, "CPU Energy", "mJ", 36.17, FAKE_M5);
    fake_add(fake, "GPU0", "mJ", 30, FAKE_M5);
    fake_add(fake, "GPU Energy", "nJ", 30, FAKE_LIVE);
    fake_add(fake, "ANE0", "mJ", 0, FAKE_M5);
    fake_add(fake, "DRAM0", "mJ", 5.3, FAKE_M5);
    fake_add(fake, "DCS0", "mJ", 2.1, FAKE_M5);
}

static void m5_max(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    add_m5(&rig.fake);
    rig_open(&rig);
    poll_once(&rig);
    assert_int_equal(rig.event->sample.rail_count, 0); /* a first sample is no reading */
    assert_string_equal(host_reason(rig.host, HOST_ENERGY), ""); /* it waits for a second reading */
    run_for(&rig, 100);
    assert_string_equal(host_reason(rig.host, HOST_ENERGY), "");
    for (int from = 6; from < 40; from++)
        assert_watts(&rig, from + 0.123, from + 50.456, 73.57, 0.001);
    close_to(energy_watts(rig.energy), 73.57, 0.08);
    assert_int_equal(rig.event->sample.rail_count, 5);
    close_to(host_energy_period(rig.host), 2.13, 0.15);
    rig_end(&rig);
}

static void live_rails_have_no_period(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "GPU Energy", "nJ", 30, FAKE_LIVE);
    rig_open(&rig);
    run_for(&rig, 5);
    assert_true(host_energy_period(rig.host) == 0);
    assert_string_equal(energy_rails(rig.energy), "GPU");
    assert_watts(&rig, 3, 6, 30, 0.0001);
    rig_end(&rig);
}

/* Dies that publish together, or each at its own time. */
static void add_ultra(struct fake_darwin *fake, enum fake_cadence cadence, double apart_s) {
    static const struct {
        const char *names[2];
        double watts[2];
    } rails[] = {{{"DIE_0_CPU Energy", "DIE_1_CPU Energy"}, {10, 7}},
                 {{"ANE0_0", "ANE0_1"}, {0.5, 0}},
                 {{"DRAM0_0", "DRAM0_1"}, {2, 2.5}},
                 {{"DCS0_0", "DCS0_1"}, {1, 1}}};
    for (size_t i = 0; i < COUNT_OF(rails); i++)
        for (int die = 0; die < 2; die++) {
            struct fake_channel *channel =
                fake_add(fake, rails[i].names[die], "mJ", rails[i].watts[die], cadence);
            channel->next_ns += (int64_t)(die * apart_s * 1e9);
        }
    fake_add(fake, "GPU0_0", "mJ", 40, cadence);
    fake_add(fake, "GPU Energy", "nJ", 40, FAKE_LIVE);
    for (int i = 0; i < 130; i++) /* names that are there twice */
        fake_add(fake, "PACC0_DTL", "mJ", 9, cadence);
}

static void m1_ultra(void **state) {
    static const struct {
        enum fake_cadence cadence;
        double apart_s;
    } kinds[] = {
        {FAKE_ULTRA, 0}, {FAKE_ULTRA, 0.37}, {FAKE_ULTRA_LOADED, 0}, {FAKE_ULTRA_LOADED, 0.9}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct rig rig;
        rig_begin(&rig);
        add_ultra(&rig.fake, kinds[i].cadence, kinds[i].apart_s);
        rig_open(&rig);
        poll_once(&rig);
        for (int k = 0; k < 200; k++) { /* late and early samples */
            fake_pass(&rig.fake, FAKE_S * (3 + k * 7 % 13) / 10);
            poll_once(&rig);
        }
        assert_int_equal(rig.event->sample.rail_count, 5);
        for (int from = 8; from < 60; from += 3)
            assert_watts(&rig, from, from + 31.4, 10 + 7 + 0.5 + 4.5 + 2 + 40, 0.001);
        rig_end(&rig);
    }
}

/* Two channels of one name are two dies; a sum beside its parts counts alone. */
static void names_there_twice(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "CPU Energy", "mJ", 20, FAKE_ULTRA);
    fake_add(&rig.fake, "DIE_0_CPU Energy", "mJ", 10, FAKE_ULTRA);
    fake_add(&rig.fake, "DIE_1_CPU Energy", "mJ", 10, FAKE_ULTRA);
    fake_add(&rig.fake, "DRAM0", "mJ", 3, FAKE_ULTRA);
    fake_add(&rig.fake, "DRAM0", "mJ", 4, FAKE_ULTRA);
    rig_open(&rig);
    run_for(&rig, 60);
    assert_watts(&rig, 10, 50, 27, 0.001);
    assert_string_equal(energy_rails(rig.energy), "CPU+DRAM");
    rig_end(&rig);
}

/* The processor's counter stands still, as macOS 27 was seen to do: absent, not 0. */
static void stop_and_go(bool frozen) {
    struct rig rig;
    rig_begin(&rig);
    add_m5(&rig.fake);
    rig_open(&rig);
    run_for(&rig, 30);
    struct fake_channel *cpu = NULL;
    for (int i = 0; i < rig.fake.channel_count; i++)
        if (strcmp(rig.fake.channels[i].name, "CPU Energy") == 0)
            cpu = &rig.fake.channels[i];
    cpu->frozen = frozen;
    cpu->stalled = !frozen;
    cpu->joules = (double)cpu->value / 1e3; /* at once, not in the middle of a publication's time */
    for (int i = 0; i < 60; i++) {
        run_for(&rig, 1);
        double watts = energy_watts(rig.energy);
        assert_true(isnan(watts) || watts > 70);
        assert_true(i < 13 || (isnan(watts) && !rail_of(&rig, "CPU")));
    }
    assert_true(says(&rig, HOST_ENERGY, "CPU: the system's counter stands still"));
    assert_non_null(rail_of(&rig, "GPU"));
    cpu->frozen = cpu->stalled = false;
    double again_s = now_s(&rig), cover;
    for (int i = 0; i < 60; i++) { /* what was used meanwhile was not counted: no mean over it */
        run_for(&rig, 1);
        double watts = energy_watts(rig.energy);
        assert_true(isnan(watts) || watts > 73);
    }
    assert_string_equal(host_reason(rig.host, HOST_ENERGY), "");
    assert_watts(&rig, again_s + 5, again_s + 50, 73.57, 0.001);
    energy_window(rig.energy, (int64_t)(1e6 * (again_s - 40)), (int64_t)(1e6 * (again_s - 20)),
                  &cover);
    assert_true(cover < ENERGY_COVER_MIN);
    rig_end(&rig);
}

static void a_counter_that_stands_still(void **state) {
    (void)state;
    stop_and_go(true);
    stop_and_go(false);
}

/* A18 Pro: a counter that never moves is no rail. */
static void a_counter_that_never_moves(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "CPU Energy", "mJ", 0, FAKE_M5);
    fake_add(&rig.fake, "GPU Energy", "nJ", 2, FAKE_LIVE);
    rig_open(&rig);
    run_for(&rig, 40);
    assert_string_equal(energy_rails(rig.energy), "GPU");
    assert_true(says(&rig, HOST_ENERGY, "CPU: "));
    assert_watts(&rig, 5, 38, 2, 0.001);
    rig_end(&rig);
}

/* An idle GPU uses nothing, a busy one does not. */
static void a_busy_gpu_uses_something(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    struct fake_channel *states = fake_add(&rig.fake, "GPUPH", "24Mticks", 0, FAKE_LIVE);
    states->group = "GPU Stats";
    fake_add(&rig.fake, "GPU Energy", "nJ", 25, FAKE_LIVE);
    rig_open(&rig);
    poll_once(&rig);
    assert_true(isnan(rig.event->sample.gpu_pct));
    rig.fake.gpu_busy = 0.37;
    run_for(&rig, 5);
    close_to(rig.event->sample.gpu_pct, 37, 0.01);
    rig.fake.gpu_busy = 0;
    rig.fake.channels[1].watts = 0;
    run_for(&rig, 20);
    close_to(rig.event->sample.gpu_pct, 0, 0.01);
    assert_true(energy_watts(rig.energy) == 0);
    rig.fake.gpu_busy = 0.9;
    run_for(&rig, 12);
    assert_null(rail_of(&rig, "GPU"));
    assert_true(isnan(energy_watts(rig.energy)));
    rig_end(&rig);
}

static void units_and_markers(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "CPU Energy", "mJ  ", 12, FAKE_ULTRA);
    fake_add(&rig.fake, "ANE", "zJ", 50, FAKE_ULTRA);
    fake_add(&rig.fake, "DRAM", NULL, 50, FAKE_ULTRA)->cadence = FAKE_LIVE;
    fake_add(&rig.fake, "DCS", "", 50, FAKE_ULTRA);
    fake_add(&rig.fake, "GPU Energy", "nJ", 50, FAKE_LIVE)->invalid = true;
    fake_add(&rig.fake, "GPU0", " uJ", 8, FAKE_ULTRA);
    rig_open(&rig);
    run_for(&rig, 50);
    assert_string_equal(energy_rails(rig.energy), "CPU+GPU");
    assert_watts(&rig, 6, 45, 20, 0.001);
    rig.fake.channels[0].invalid = true; /* for a while */
    run_for(&rig, 5);
    rig.fake.channels[0].invalid = false;
    run_for(&rig, 20);
    assert_watts(&rig, 20, 70, 20, 0.001);
    rig_end(&rig);
}

/* A die's counter that has no value yet: its rail waits, and is never shown by half. */
static void half_a_rail_is_none(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "DIE_0_CPU Energy", "mJ", 12, FAKE_ULTRA);
    fake_add(&rig.fake, "DIE_1_CPU Energy", "mJ", 20, FAKE_ULTRA)->invalid = true;
    fake_add(&rig.fake, "GPU Energy", "nJ", 5, FAKE_LIVE);
    rig_open(&rig);
    run_for(&rig, 10);
    assert_string_equal(energy_rails(rig.energy), "GPU");
    rig.fake.channels[1].invalid = false;
    run_for(&rig, 40);
    assert_string_equal(energy_rails(rig.energy), "GPU+CPU");
    assert_watts(&rig, 20, 45, 37, 0.001);
    rig_end(&rig);
}

static void renamed_channels(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "Processor Joules", "mJ", 12, FAKE_ULTRA);
    fake_add(&rig.fake, "GPU_SRAM", "mJ", 12, FAKE_ULTRA);
    rig_open(&rig);
    run_for(&rig, 5);
    assert_int_equal(rig.event->sample.rail_count, 0);
    assert_true(isnan(energy_watts(rig.energy)));
    assert_true(says(&rig, HOST_ENERGY, "no channel of the group Energy Model has a known name"));
    rig_end(&rig);
}

/* Times that can't be believed: ours then, within what their grain allows. */
static void times_of_no_use(void **state) {
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct rig rig;
        rig_begin(&rig);
        struct fake_channel *cpu = fake_add(&rig.fake, "CPU Energy", "mJ", 20, FAKE_ULTRA);
        cpu->untimed = kind == 0;
        cpu->stuck = kind == 1;
        cpu->ahead = kind == 2;
        rig_open(&rig);
        run_for(&rig, 320);
        assert_watts(&rig, 10, 310, 20, 0.01);
        rig_end(&rig);
    }
}

/* What was used asleep is in the first publication after it and belongs to no window. */
static void sleep_at(int phase, int awake_s) {
    struct rig rig;
    rig_begin(&rig);
    add_m5(&rig.fake);
    for (int i = 0; i < rig.fake.channel_count; i++)
        rig.fake.channels[i].sleep_watts = 0.1;
    rig_open(&rig);
    fake_pass(&rig.fake, phase * FAKE_S / 5);
    run_for(&rig, awake_s);
    fake_sleep(&rig.fake, 600 * FAKE_S); /* 60 J a rail: 30 W more over one publication */
    double slept_s = now_s(&rig), cover;
    for (int i = 0; i < 60; i++) {
        run_for(&rig, 1);
        double watts = energy_watts(rig.energy);
        assert_true(isnan(watts) || fabs(watts - 73.57) < 0.1);
    }
    assert_watts(&rig, slept_s + 8, slept_s + 55, 73.57, 0.001);
    if (awake_s > 15)
        assert_watts(&rig, 7, slept_s - 3, 73.57, 0.001);
    energy_window(rig.energy, (int64_t)(1e6 * (slept_s - 1)), (int64_t)(1e6 * (slept_s + 1)),
                  &cover);
    assert_true(cover < ENERGY_COVER_MIN);
    rig_end(&rig);
}

static void sleep_gap(void **state) {
    (void)state;
    for (int phase = 0; phase < 11; phase++)
        for (int awake_s = 4; awake_s <= 40; awake_s += 36)
            sleep_at(phase, awake_s);
}

/* A counter that begins at 0 again, or jumps by what no Mac can use. */
static void resets_and_jumps(void **state) {
    static const double to_j[] = {0, 5000000};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(to_j); i++) {
        struct rig rig;
        rig_begin(&rig);
        struct fake_channel *cpu = fake_add(&rig.fake, "CPU Energy", "mJ", 20, FAKE_M5);
        rig_open(&rig);
        run_for(&rig, 40);
        cpu->joules = to_j[i];
        double at_s = now_s(&rig);
        for (int k = 0; k < 40; k++) {
            run_for(&rig, 1);
            double watts = energy_watts(rig.energy);
            assert_true(isnan(watts) || fabs(watts - 20) < 0.02);
        }
        assert_watts(&rig, 5, at_s - 2.5, 20, 0.001);
        assert_watts(&rig, at_s + 5, at_s + 36, 20, 0.001);
        rig_end(&rig);
    }
}

/* The program stood still itself: the publications it missed are no stall. */
static void samples_far_apart(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "CPU Energy", "mJ", 20, FAKE_M5);
    rig_open(&rig);
    run_for(&rig, 10);
    fake_pass(&rig.fake, 60 * FAKE_S);
    run_for(&rig, 10);
    assert_watts(&rig, 6, 75, 20, 0.001);
    rig_end(&rig);
}

static void refusals(void **state) {
    struct rig rig;
    (void)state;
    for (int kind = 0; kind < 5; kind++) {
        rig_begin(&rig);
        if (kind != 4)
            add_m5(&rig.fake);
        struct fake_channel *states = fake_add(&rig.fake, "GPUPH", "24Mticks", 0, FAKE_LIVE);
        states->group = "GPU Stats";
        rig.fake.refused = kind == 0 ? "Energy Model" : kind == 1 ? "GPU Stats" : NULL;
        rig.fake.no_samples = kind == 2;
        rig.fake.nonsense = kind == 3;
        rig_open(&rig);
        run_for(&rig, 10);
        assert_true((rail_of(&rig, "GPU") != NULL) == (kind == 1 || kind == 3));
        assert_true(isnan(rig.event->sample.gpu_pct) == (kind == 1 || kind == 2));
        if (kind == 0)
            assert_true(says(&rig, HOST_ENERGY, "refused the group Energy Model"));
        if (kind == 1)
            assert_true(says(&rig, HOST_GPU, "refused the group GPU Stats"));
        if (kind == 4)
            assert_true(says(&rig, HOST_ENERGY, "reports no group Energy Model"));
        rig_end(&rig);
    }
}

static void nothing_grows(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    fake_add(&rig.fake, "DIE_0_CPU Energy", "mJ", 9, FAKE_ULTRA);
    fake_add(&rig.fake, "DIE_1_CPU Energy", "mJ", 9, FAKE_ULTRA);
    fake_add(&rig.fake, "GPU Energy", "nJ", 9, FAKE_LIVE);
    fake_add(&rig.fake, "GPUPH", "24Mticks", 0, FAKE_LIVE)->group = "GPU Stats";
    rig_open(&rig);
    run_for(&rig, 10);
    long baseline = rig.fake.live;
    for (int i = 0; i < 10000; i++) {
        rig.fake.no_samples = i % 1000 == 999;
        run_for(&rig, 1);
        if (i % 1000 == 0)
            assert_int_equal(rig.fake.live, baseline);
    }
    assert_watts(&rig, 100, 900, 27, 0.001);
    rig_end(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m5_max),
        cmocka_unit_test(live_rails_have_no_period),
        cmocka_unit_test(m1_ultra),
        cmocka_unit_test(names_there_twice),
        cmocka_unit_test(a_counter_that_stands_still),
        cmocka_unit_test(a_counter_that_never_moves),
        cmocka_unit_test(a_busy_gpu_uses_something),
        cmocka_unit_test(units_and_markers),
        cmocka_unit_test(half_a_rail_is_none),
        cmocka_unit_test(renamed_channels),
        cmocka_unit_test(times_of_no_use),
        cmocka_unit_test(sleep_gap),
        cmocka_unit_test(resets_and_jumps),
        cmocka_unit_test(samples_far_apart),
        cmocka_unit_test(refusals),
        cmocka_unit_test(nothing_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
