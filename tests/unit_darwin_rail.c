/* Which channels make a rail, what readings of a channel mean, and sums of channels, step by step.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_darwin.h"

/* ---- names ---- */

static void rails_by_name(void **state) {
    static const struct {
        const char *channel;
        int rail, level; /* rail -1: none */
    } names[] = {
        {"CPU Energy", RAIL_CPU, 0},
        {"DIE_0_CPU Energy", RAIL_CPU, 1},
        {"GPU Energy", RAIL_GPU, 0},
        {"GPU", RAIL_GPU, 1},
        {"GPU0", RAIL_GPU, 2},
        {"GPU0_0", RAIL_GPU, 3},
        {"ANE", RAIL_ANE, 1},
        {"ANE0", RAIL_ANE, 2},
        {"ANE0_1", RAIL_ANE, 3},
        {"DRAM", RAIL_DRAM, 1},
        {"DRAM0", RAIL_DRAM, 2},
        {"DRAM0_1", RAIL_DRAM, 3},
        {"DCS", RAIL_DCS, 1},
        {"DCS0", RAIL_DCS, 2},
        {"DCS0_0", RAIL_DCS, 3},
        {"DCS12_34", RAIL_DCS, 3},
        {"PCPU", -1, 0},
        {"MCPU0", -1, 0},
        {"PACC0_CPU", -1, 0},
        {"EACC_CPU", -1, 0},
        {"DIE_0_EACC_CPU0", -1, 0},
        {"PCPM", -1, 0},
        {"ANE0_SRAM", -1, 0},
        {"GPU SRAM0_0", -1, 0},
        {"GPU_SRAM", -1, 0},
        {"GPU0_SRAM", -1, 0},
        {"DTL CPU Energy", -1, 0},
        {"PACC0_DTL0", -1, 0},
        {"apciec0 Energy", -1, 0},
        {"PCIe Port 0 Energy", -1, 0},
        {"ANE0_", -1, 0},
        {"ANE_0", -1, 0},
        {"ANE0_0_0", -1, 0},
        {"DRAMx", -1, 0},
        {"AMCC0", -1, 0},
        {"DISP0", -1, 0},
        {"", -1, 0},
        {"CPU Energy ", -1, 0},
        {"gpu energy", -1, 0},
        {"GPU Energy 2", -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        enum darwin_rail rail = RAIL_COUNT;
        int level = -1;
        bool found = darwin_rail_of(names[i].channel, &rail, &level);
        if (found != (names[i].rail >= 0))
            fail_msg("%s", names[i].channel);
        if (found && ((int)rail != names[i].rail || level != names[i].level))
            fail_msg("%s: rail %d, level %d", names[i].channel, rail, level);
    }
    assert_true(darwin_units_per_joule("mJ") == 1e3);
    assert_true(darwin_units_per_joule("uJ") == 1e6);
    assert_true(darwin_units_per_joule("nJ") == 1e9);
    assert_true(darwin_units_per_joule("J") == 0);
    assert_true(darwin_units_per_joule("mJ ") == 0);
    assert_true(darwin_units_per_joule("") == 0);
}

/* ---- steps ---- */

static enum darwin_step take_at(struct darwin_channel *channel, int64_t value, double at_s,
                                bool may_idle) {
    struct darwin_api api = fake_typed_api();
    struct darwin_reading reading = {value, (uint64_t)(at_s * 24e6)};
    return darwin_channel_take(channel, &api, reading, 1000 * FAKE_S, may_idle);
}

static void steps_of_a_channel(void **state) {
    struct fake_darwin fake;
    struct darwin_channel channel = {.per_joule = 1e3};
    (void)state;
    fake_begin(&fake);
    assert_int_equal(take_at(&channel, 5000, 900, false), STEP_RESTARTED);
    assert_int_equal(take_at(&channel, 7000, 902, false), STEP_ADVANCED);
    assert_true(channel.last.joules == 2 && channel.last.ns == 902 * FAKE_S);
    assert_int_equal(take_at(&channel, 7010, 902.02, false), STEP_HELD); /* a second batch */
    assert_int_equal(take_at(&channel, 9000, 904, false), STEP_ADVANCED);
    assert_true(channel.last.joules == 4 && channel.before.ns == 902 * FAKE_S);
    assert_int_equal(take_at(&channel, 9000, 906, false), STEP_HELD);
    assert_int_equal(take_at(&channel, 9000, 906, true), STEP_ADVANCED);
    assert_int_equal(take_at(&channel, 8999, 908, true), STEP_RESTARTED);
    assert_int_equal(take_at(&channel, 9999, 910, true), STEP_ADVANCED);
    assert_int_equal(take_at(&channel, 10999, 909, true), STEP_RESTARTED);
    assert_int_equal(take_at(&channel, 2010999, 910, true), STEP_ADVANCED); /* 2000 W */
    assert_int_equal(take_at(&channel, 4011000, 911, true), STEP_RESTARTED);
    assert_false(channel.untimed);
    assert_int_equal(take_at(&channel, 4012000, 1001.1, true), STEP_ADVANCED); /* from the future */
    assert_true(channel.untimed && channel.last.ns == 1000 * FAKE_S);
    assert_int_equal(take_at(&channel, INT64_MAX, 912, true), STEP_HELD); /* no time has passed */
}

static void update(struct darwin_rail_state *rail, struct darwin_channel *channel, double now_s) {
    darwin_rail_update(rail, &channel, 1, (int64_t)(now_s * 1e9));
}

/* A sum that begins afresh goes back, also when it has not grown: whoever reads on must see it. */
static void a_fresh_sum_goes_back(void **state) {
    struct fake_darwin fake;
    struct darwin_channel channel = {.per_joule = 1e3};
    struct darwin_rail_state rail = {.pending = true};
    (void)state;
    fake_begin(&fake);
    take_at(&channel, 5000, 900, true);
    update(&rail, &channel, 900);
    assert_false(rail.shown);
    take_at(&channel, 5000, 901, true);
    update(&rail, &channel, 901);
    assert_true(rail.shown && rail.joules == 0 && rail.interval_ns == FAKE_S);
    for (int i = 0; i < 3; i++) {
        double before = rail.joules;
        take_at(&channel, 4000 - i, 902 + i, true);
        rail.pending = true;
        update(&rail, &channel, 902 + i);
        assert_true(rail.joules < before && rail.pub_ns == (902 + i) * FAKE_S);
    }
    take_at(&channel, 9000, 906, true);
    double base = rail.joules;
    update(&rail, &channel, 906);
    assert_true(fabs(rail.joules - base - 5.002) < 1e-9 && !rail.stalled);
    update(&rail, &channel, 917);
    assert_true(rail.stalled);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rails_by_name),
        cmocka_unit_test(steps_of_a_channel),
        cmocka_unit_test(a_fresh_sum_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
