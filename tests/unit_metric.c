#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/util.h"
#include "model/metric.h"

static void test_table_is_whole(void **state) {
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct metric *metric = metric_of((enum metric_id)i);
        assert_non_null(metric->id);
        assert_true(strlen(metric->id) < 24); /* event_figure.metric */
        assert_int_equal(metric_find(metric->id), i);
        assert_int_equal(metric_find(metric->title), i);
        assert_true(metric->width >= 6 && metric->width < METRIC_TEXT);
        size_t length = strlen(metric->explain);
        assert_true(length > 20 && metric->explain[length - 1] == '.');
    }
    assert_int_equal(metric_find("no such"), -1);
    assert_int_equal(metric_find(NULL), -1);
    assert_int_equal(metric_find("ttft"), METRIC_TTFT);
}

static void test_format(void **state) {
    (void)state;
    static const struct {
        enum metric_id metric;
        double value;
        const char *text;
    } cases[] = {
        {METRIC_TTFT, NAN, "–"},
        {METRIC_TTFT, INFINITY, "–"},
        {METRIC_TTFT, 0, "0"},
        {METRIC_TTFT, -0.0, "0"},
        {METRIC_TTFT, 0.0004, "~0"},
        {METRIC_TTFT, 0.9, "0.9"},
        {METRIC_TTFT, 131.4, "131"},
        {METRIC_TTFT, 62.34, "62.3"},
        {METRIC_TTFT, 99.96, "100"},
        {METRIC_TTFT, 2074.4, "2074"},
        {METRIC_TTFT, 9999.4, "9999"},
        {METRIC_TTFT, 9999.6, "10.0s"},
        {METRIC_TTFT, 12345, "12.3s"},
        {METRIC_TTFT, 115000, "115s"},
        {METRIC_TTFT, 1e9, "11.6d"},
        {METRIC_TTFT, 1e18, "1e18"},
        {METRIC_DECODE, 9.996, "10.0"},
        {METRIC_DECODE, 9.994, "9.99"},
        {METRIC_DECODE, 109.14, "109"},
        {METRIC_DECODE, 20.46, "20.5"},
        {METRIC_PROMPT_TOKENS, 2047, "2047"},
        {METRIC_PROMPT_TOKENS, 9999, "9999"},
        {METRIC_PROMPT_TOKENS, 12345, "12.3k"},
        {METRIC_PROMPT_TOKENS, 1.5e6, "1500k"},
        {METRIC_PROMPT_TOKENS, 1e9, "1000M"},
        {METRIC_SWAP_DELTA, -14200, "-14.2k"},
        {METRIC_SWAP_DELTA, -0.2, "-0.2"},
        {METRIC_SWAP_DELTA, 14200, "14.2k"},
        {METRIC_TPS_PER_WATT, 1.4666, "1.47"},
        {METRIC_TPS_PER_WATT, 0.0514, "0.051"},
        {METRIC_J_PER_TOKEN, 0.00004, "~0"},
        {METRIC_ERRORS, 3, "3"},
        {METRIC_ERRORS, 2.5, "2.5"},
        {METRIC_THERMAL, 0, "nominal"},
        {METRIC_THERMAL, 2, "heavy"},
        {METRIC_THERMAL, 0.5, "0.5"},
        {METRIC_THERMAL, 9, "9"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[METRIC_TEXT];
        metric_format(cases[i].metric, cases[i].value, text);
        if (strcmp(text, cases[i].text) != 0)
            fail_msg("%s %g: \"%s\", not \"%s\"", metric_of(cases[i].metric)->id, cases[i].value,
                     text, cases[i].text);
    }
}

/* Whatever comes: never wider than the column, never "-0", and true to two digits. */
static void test_never_wider(void **state) {
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        for (double value = 1e-13; value < 1e300; value *= 1.0371) {
            for (int sign = -1; sign <= 1; sign += 2) {
                char text[METRIC_TEXT];
                metric_format((enum metric_id)i, sign * value, text);
                assert_true(*text);
                if ((int)text_cells(text) > metric_of((enum metric_id)i)->width)
                    fail_msg("%s %g: %s", metric_of((enum metric_id)i)->id, sign * value, text);
                assert_string_not_equal(text, "-0");
                assert_string_not_equal(text, "0");
            }
        }
    }
}

/* Read back what was written, with its letter: at most half a unit of the third digit away. */
static void test_true_to_three_digits(void **state) {
    (void)state;
    for (double value = 1; value < 9e12; value *= 1.0171) {
        char text[METRIC_TEXT], *end;
        metric_format(METRIC_PROMPT_TOKENS, value, text);
        double read = strtod(text, &end);
        const char *letters = "kMGT", *at = *end ? strchr(letters, *end) : NULL;
        read *= at ? pow(1000, (double)(at - letters + 1)) : 1;
        if (fabs(read - value) > 0.05 + 0.0051 * value)
            fail_msg("%.17g as %s", value, text);
    }
}

/* Under a head that names the unit no letter stands in for another. */
static void test_in_unit(void **state) {
    (void)state;
    static const struct {
        enum metric_id metric;
        double value;
        const char *text;
    } cases[] = {
        {METRIC_TTFT, 17066, "17066"},
        {METRIC_TTFT, 62.34, "62.3"},
        {METRIC_TTFT, 1e9, "1000000000"},
        {METRIC_TTFT, 1e18, "1e18"},
        {METRIC_SWAP_DELTA, -14200, "-14200"},
        {METRIC_WALL, 12345.6, "12346"},
        {METRIC_TTFT, NAN, "–"},
        {METRIC_THERMAL, 2, "heavy"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[METRIC_TEXT];
        metric_in_unit(cases[i].metric, cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void figures_have_their_unit(void **state) {
    (void)state;
    static const struct {
        enum metric_id metric;
        double value;
        const char *text;
    } cases[] = {
        {METRIC_TTFT, 0.4, "0.4 ms"},        {METRIC_TTFT, 131, "131 ms"},
        {METRIC_TTFT, 12300, "12.3s"},       {METRIC_DECODE, 109.1, "109 t/s"},
        {METRIC_COMPLETION, 12300, "12.3k"}, {METRIC_TTFT, NAN, "–"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[METRIC_TEXT];
        metric_figure(cases[i].metric, cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    for (int i = 0; i < METRIC_COUNT; i++) {
        char text[METRIC_TEXT];
        metric_figure((enum metric_id)i, -9e15, text);
        assert_true(strlen(text) < METRIC_TEXT - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_unit),        cmocka_unit_test(figures_have_their_unit),
        cmocka_unit_test(test_table_is_whole), cmocka_unit_test(test_format),
        cmocka_unit_test(test_never_wider),    cmocka_unit_test(test_true_to_three_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
