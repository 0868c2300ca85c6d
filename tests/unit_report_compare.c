/* The comparison as a table: what it says, and that a terminal of 80 cells has room for it. */
#include "store/report_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "build.h"

static struct board *board_of(int passes, double by, const char *chip) {
    struct run run = build_run(1, passes);
    build_plan(&run, SUITE_AGENTIC, "cold warm prefix-test-1");
    run.machine.chip = mem_string(chip);
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t t = 1000, id = 1;
    for (int pass = 0; pass < passes; pass++)
        for (size_t p = 0; p < 3; p++, id++) {
            double ttft = (p == 1 ? 138 : 2072 * by) * (1 + (pass % 3 - 1) / 500.0);
            struct call call = build_call(id, 0, SUITE_AGENTIC, board->run.plans[0].phases[p], pass,
                                          t, ttft, 109, 64);
            t = build_phase(board, &call) + 10000;
        }
    return board;
}

/* The table of one against the other; the caller frees. */
static char *table(int passes, double by, const char *chip) {
    struct board *a = board_of(passes, 1, "M5"), *b = board_of(passes, by, chip);
    struct compare compare;
    struct buf out;
    buf_init(&out, 1 << 20);
    compare_boards(&compare, a, b);
    report_compare(&out, &compare, a, b);
    compare_done(&compare);
    board_free(a);
    board_free(b);
    return buf_take(&out);
}

static void fits(const char *text) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        char *line = mem_bytes(text, length);
        if (text_cells(line) > 80)
            fail_msg("more than 80 cells: %s", line);
        free(line);
        text += length + (text[length] == '\n');
    }
}

static void says(const char *text, const char *what) {
    if (!strstr(text, what))
        fail_msg("no '%s' in:\n%s", what, text);
}

static void differences(void **state) {
    (void)state;
    char *text = table(6, 1.25, "M5");
    fits(text);
    says(text, "\na · agentic\n");
    says(text, "\n prefix-test-1\n  TTFT ms");
    says(text, "6 pairs  worse\n");
    says(text, "6 pairs  no difference shown\n");
    says(text, "stand among all rows");
    assert_null(strstr(text, "Below n"));
    free(text);
}

static void too_few_passes(void **state) {
    (void)state;
    char *text = table(1, 1.25, "M5");
    fits(text);
    says(text, "1 pair  no difference shown\n");
    says(text, "Below n = 5 no interval is honest");
    says(text, "\n0 differences stand");
    free(text);
}

static void reasons_have_a_line(void **state) {
    (void)state;
    char *text = table(6, 1.25, "a chip with \033[31m a name that is long");
    fits(text);
    says(text, "not comparable\n    other machine (M5 and a chip with ");
    assert_null(strchr(text, '\033'));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences),
        cmocka_unit_test(too_few_passes),
        cmocka_unit_test(reasons_have_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
