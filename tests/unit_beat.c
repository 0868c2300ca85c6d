/* Beats of the sampler, thousands of them: they keep nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "beat_rig.h"

static void test_no_growth(void **state) {
    (void)state;
    struct beat_exporter exporter = exporter_begin(20);
    struct beats beats = run_beats(exporter.port, 3000);
    exporter_end(&exporter);
    assert_int_equal(beats.samples, 2 * 2000);
    assert_true(beats.rails > 1000); /* the exporter's move each time */
    assert_in_range(beats.capabilities, 1, 2 * MACHINE_FIGURE_COUNT * 2); /* not one a beat */
    print_message("held %+ld bytes, RSS %+ld kB, %.0f us a beat\n",
                  beats.held_after - beats.held_before, beats.rss_after_kb - beats.rss_before_kb,
                  (double)beats.cpu_us / 2700);
    if (beats.held_before >= 0)
        assert_true(labs(beats.held_after - beats.held_before) < 32768);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    assert_true(beats.rss_after_kb - beats.rss_before_kb < 2048);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_growth)};
    http_global_init();
    int failed = cmocka_run_group_tests_name("beat", tests, NULL, NULL);
    http_global_done();
    return failed;
}
