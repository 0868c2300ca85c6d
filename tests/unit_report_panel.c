/* The panel computed from runs, and the trace: against the printed document and by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/json.h"
#include "build.h"
#include "store/fold.h"
#include "store/report.h"

static void has(const struct buf *out, const char *part) {
    if (!strstr(buf_string(out), part))
        fail_msg("no '%s' in:\n%.6000s", part, buf_string(out));
}

static struct buf write_report(enum report_format format, const struct board *const *boards,
                               size_t count) {
    struct buf out;
    struct error error = {0};
    buf_init(&out, (size_t)16 << 20);
    assert_true(report_write(&out, format, boards, count, NULL, &error));
    return out;
}

/* The published rows come out as they were printed, but for the bounds, which are computed. */
static void test_published(void **state) {
    (void)state;
    struct error error = {0};
    struct board *boards[2] = {fold_log("sample-runs/panel-2026-05.jsonl", &error),
                               fold_log("sample-runs/panel-2026-06-m5max.jsonl", &error)};
    assert_non_null(boards[0]);
    assert_non_null(boards[1]);
    struct buf out = write_report(REPORT_PANEL, (const struct board *const *)boards, 2);
    has(&out, "# Agentic inference panel");
    has(&out, "| 109[^2] | 139 | 131 | 2074 | 3.8 min | 3.8 min | 1 |");
    has(&out, "| 20.5[^2] | 527 | 527 | 8954 | 20.0 min | 20.0 min | 1 |"); /* printed: 23 */
    has(&out, "| 124[^2] | 309 | 5965 | 6063 | 3.5 min | 9.2 min | 1 |");
    has(&out, "| 3000 | 3000 | – | 7.9 min |");
    has(&out, "| 5 | 2.80 | 2615 | 2792 | 2812 | – | 88.8 |");
    has(&out, "| YES[^");
    has(&out, "| 85.5 | 118 | +38 % | – | no difference shown[^");
    has(&out, "| 25.9 | 26.7 | +3 % |");
    has(&out, "| 100 | 77.8 | 11.1 |");
    has(&out, "[^1]: PUBLISHED: run 20260531T000000Z-panel-2026-05-0000");
    has(&out, "thinking on: decode includes reasoning tokens");
    has(&out, "## Section 6: operational\n\nNot probed.");
    buf_done(&out);
    board_free(boards[0]);
    board_free(boards[1]);
}

/* A measured run: two endpoints, the second with the first as baseline, six passes. */
static struct board *measured(void) {
    struct run run = build_run(2, 6);
    build_plan(&run, SUITE_AGENTIC, "cold warm");
    run.endpoints[1].baseline = mem_string("a");
    run.endpoints[1].name[0] = '|'; /* is no column of ours */
    struct board *board = board_new(&run);
    run_done(&run);
    int64_t t = 0, id = 0;
    for (int pass = 0; pass < 6; pass++)
        for (int ep = 0; ep < 2; ep++)
            for (int phase = 0; phase < 2; phase++) {
                struct call call =
                    build_call(id++, ep, SUITE_AGENTIC, phase ? "warm" : "cold", pass, t + 1000,
                               phase ? 200 + pass : 2000 + pass, ep ? 120 + pass : 100 + pass, 400);
                t = build_phase(board, &call);
            }
    build_run_end(board, t, RUN_COMPLETE);
    return board;
}

static void test_measured(void **state) {
    (void)state;
    struct board *board = measured();
    const struct board *boards[] = {board};
    struct buf out = write_report(REPORT_PANEL, boards, 1);
    has(&out, "llama.cpp (\\|)");
    has(&out, "+20 %");
    has(&out, "| better");
    has(&out, "| 6 pairs |");
    has(&out, "[^1]: run 20261120T180211Z-test-0001, ");
    buf_done(&out);
    board_free(board);
}

static void test_nothing(void **state) {
    (void)state;
    struct buf out = write_report(REPORT_PANEL, NULL, 0);
    has(&out, "Computed from 0 runs.");
    has(&out, "single-call performance\n\nNot measured.\n");
    has(&out, "concurrent burst\n\nNot measured.\n");
    has(&out, "caches\n\nNot measured.\n");
    buf_done(&out);
    out = write_report(REPORT_TRACE, NULL, 0);
    has(&out, "\"traceEvents\":[]");
    buf_done(&out);
}

static void test_trace(void **state) {
    (void)state;
    struct board *board = measured();
    const struct board *boards[] = {board, board};
    struct error error = {0};
    struct buf out = write_report(REPORT_TRACE, boards, 2);
    struct cJSON *tree = json_parse(buf_string(&out), out.length, &error);
    if (!tree)
        fail_msg("%s", error.text);
    assert_non_null(json_array(tree, "traceEvents"));
    assert_int_equal(json_integer(tree, "calls_left_out", -1), 0);
    json_free(tree);
    has(&out, "{\"ph\":\"b\",\"name\":\"agentic cold\",\"pid\":1,\"tid\":1,\"ts\":1000,");
    has(&out, "\"name\":\"queue + prefill\"");
    has(&out, "\"id\":\"2.0\""); /* the second run's ids are its own */
    buf_done(&out);
    board_free(board);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_measured),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
