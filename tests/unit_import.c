/* Other tools' files: what becomes of each member, and what hostile ones cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "build.h"
#include "model/compare.h"
#include "store/fold.h"
#include "store/import.h"

#define CORPUS "tests/corpus/import/"

/* Import a file of the corpus and fold it as any log. */
static struct board *board_of(const char *file) {
    char directory[] = "/tmp/pitwall-import-XXXXXX";
    struct error error = {0};
    assert_non_null(mkdtemp(directory));
    char *path = import_file(directory, file, &error);
    if (!path)
        fail_msg("%s", error.text);
    struct board *board = fold_log(path, &error);
    assert_non_null(board);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    free(path);
    assert_int_equal(board->status, RUN_COMPLETE);
    assert_int_equal(board->nonsense, 0);
    assert_true(board->row_count > 0 && board->rows[0].endpoint->imported);
    return board;
}

static double value(const struct board *board, int ep, enum suite_id suite, const char *phase,
                    enum metric_id metric, enum stat_id stat) {
    return board_value(board, ep, board_column(board, suite, phase), metric, stat);
}

static void is(double got, double wanted) {
    if (!(fabs(got - wanted) < 1e-9))
        fail_msg("%.12g instead of %.12g", got, wanted);
}

static bool has_note(const struct board *board, const char *part) {
    for (size_t i = 0; i < board->note_count; i++)
        if (strstr(board->notes[i].text, part))
            return true;
    return false;
}

static void test_agentic(void **state) {
    (void)state;
    struct board *board = board_of(CORPUS "asiai-agentic-v4.json");
    const struct endpoint *endpoint = board->rows[0].endpoint;
    assert_int_equal(endpoint->engine, ENGINE_RAPIDMLX);
    assert_string_equal(endpoint->engine_version, "0.6.66");
    assert_int_equal(endpoint->thinking, THINKING_OFF);
    assert_string_equal(board->run.started, "2026-05-28T00:00:00Z");
    assert_string_equal(board->run.machine.power_mode, "high");
    assert_int_equal(board->run.machine.ram_mb, 131072);
    assert_int_equal(board->run.workload, WORKLOAD_DEEP);
    is(value(board, 0, SUITE_AGENTIC, "cold", METRIC_TTFT, STAT_MEDIAN), 2100);
    is(value(board, 0, SUITE_AGENTIC, "cold", METRIC_TTFT, STAT_N), 2); /* without the failed one */
    is(value(board, 0, SUITE_AGENTIC, "cold", METRIC_DECODE, STAT_MAX), 100.5);
    is(value(board, 0, SUITE_AGENTIC, "cold", METRIC_CACHED, STAT_N), 1);      /* null is not 0 */
    is(value(board, 0, SUITE_AGENTIC, "cold", METRIC_WATTS, STAT_MEDIAN), 40); /* NaN: absent */
    is(value(board, 0, SUITE_AGENTIC, "cold", METRIC_ERRORS, STAT_MEDIAN), 1);
    /* its cold-prefix is another system prompt, not a restart */
    is(value(board, 0, SUITE_AGENTIC, "cold-other", METRIC_TTFT, STAT_MEDIAN), 1900);
    assert_int_equal(board_column(board, SUITE_AGENTIC, "cold-prefix"), -1);
    assert_int_equal(board_column(board, SUITE_AGENTIC, "something-new"), -1);
    assert_true(has_note(board, "early_stop") && has_note(board, "TTFT includes connecting"));
    board_free(board);
}

static void test_burst(void **state) {
    (void)state;
    struct board *board = board_of(CORPUS "asiai-burst-v2-single.json");
    is(value(board, 0, SUITE_BURST, "burst-5", METRIC_WALL, STAT_MEDIAN), 2.8);
    is(value(board, 0, SUITE_BURST, "burst-5", METRIC_LATENCY, STAT_P50), 2615);
    is(value(board, 0, SUITE_BURST, "burst-5", METRIC_LATENCY, STAT_MAX), 2812);
    /* p95 of five calls is no percentile; 0 stands for nothing */
    assert_true(isnan(value(board, 0, SUITE_BURST, "burst-5", METRIC_LATENCY, STAT_P95)));
    assert_true(isnan(value(board, 0, SUITE_BURST, "burst-5", METRIC_TTFT, STAT_P50)));
    is(value(board, 0, SUITE_BURST, "burst-30", METRIC_LATENCY, STAT_P95), 15000);
    board_free(board);
    board = board_of(CORPUS "asiai-burst-v2-passes.json");
    assert_int_equal(board->run.passes, 3);
    is(value(board, 0, SUITE_BURST, "burst-30", METRIC_WALL, STAT_MIN), 12.0);
    is(value(board, 0, SUITE_BURST, "burst-30", METRIC_LATENCY, STAT_P50), 6000);
    is(value(board, 0, SUITE_BURST, "burst-30", METRIC_LATENCY, STAT_MAX), 12400);
    is(value(board, 0, SUITE_BURST, "burst-30", METRIC_AGGREGATE, STAT_N), 3);
    board_free(board);
}

static void test_quality(void **state) {
    (void)state;
    struct board *board = board_of(CORPUS "asiai-code-v1.json");
    is(value(board, 0, SUITE_TOOL_CALL, "run", METRIC_SCORE, STAT_MEDIAN), 87.5);
    assert_int_equal(board_column(board, SUITE_RECOVERY, "run"), -1); /* null */
    assert_true(has_note(board, "empty-object"));
    board_free(board);
    board = board_of(CORPUS "asiai-instruct-v1.json");
    is(value(board, 0, SUITE_INSTRUCT, "run", METRIC_SCORE, STAT_MEDIAN), 81.8);
    is(value(board, 0, SUITE_RESEARCH_BRIEF, "run", METRIC_SCORE, STAT_MEDIAN), 0);
    board_free(board);
    board = board_of(CORPUS "asiai-thinking-ablation-v1.json");
    is(value(board, 0, SUITE_THINKING_ABLATION, "off", METRIC_SCORE, STAT_MEDIAN), 100);
    is(value(board, 0, SUITE_THINKING_ABLATION, "on-drop", METRIC_SCORE, STAT_MEDIAN), 11.1);
    board_free(board);
}

static void test_llamabench(void **state) {
    (void)state;
    struct board *board = board_of(CORPUS "llama-bench.json");
    assert_int_equal(board->row_count, 1);
    assert_string_equal(board->rows[0].endpoint->name, "qwen-q4");
    assert_string_equal(board->rows[0].endpoint->engine_version, "b9430");
    is(value(board, 0, SUITE_AGENTIC, "pp512", METRIC_PREFILL, STAT_MEDIAN), 1500);
    is(value(board, 0, SUITE_AGENTIC, "tg128@d4096", METRIC_DECODE, STAT_MEAN), 55.5);
    board_free(board);
    board = board_of(CORPUS "llama-bench.jsonl");
    assert_int_equal(board->row_count, 2);
    is(value(board, 1, SUITE_AGENTIC, "tg128", METRIC_DECODE, STAT_MEAN), 44.5);
    board_free(board);
}

/* The panel's own figures beside a measured run: shown, never judged. */
static void test_published(void **state) {
    (void)state;
    struct error error = {0};
    struct board *panel = fold_log("sample-runs/panel-2026-05.jsonl", &error);
    if (!panel)
        fail_msg("%s", error.text);
    assert_int_equal(panel->row_count, 8);
    assert_true(panel->rows[0].endpoint->published);
    is(value(panel, 0, SUITE_AGENTIC, "warm", METRIC_DECODE, STAT_MEDIAN), 109.1);
    is(value(panel, 4, SUITE_AGENTIC, "prefix-test", METRIC_TTFT, STAT_MEDIAN), 5965);
    assert_true(isnan(value(panel, 6, SUITE_AGENTIC, "cold", METRIC_TTFT, STAT_MEDIAN)));
    is(value(panel, 0, SUITE_BURST, "burst-5", METRIC_LATENCY, STAT_MAX), 2812);
    assert_true(has_note(panel, "single observations"));
    board_free(panel);
    struct board *mtp = fold_log("sample-runs/panel-2026-06-m5max.jsonl", &error);
    assert_non_null(mtp);
    struct compare compare;
    compare_baselines(&compare, mtp);
    assert_int_equal(compare.count, 4);
    is(round(100 * compare.rows[0].ratio.ratio), 138); /* +38 % */
    assert_int_equal(compare.rows[0].verdict, COMPARE_NONE);
    compare_done(&compare);
    board_free(mtp);
}

static void test_hostile(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "null",
        "[1,2]",
        "{\"runs\":[]}",
        "{\"schema_version\":\"agentic-v4\"}",
        "{\"schema_version\":\"agentic-v4\",\"runs\":[1,null,{}]}",
        "{\"schema_version\":\"burst-v2\",\"results\":{\"5\":3}}",
        "{\"schema_version\":\"agentic-v4\",\"started_at\":1e300,\"ram_gb\":-1e300,\"runs\":[]}",
        "{\"schema_version\":\"pitwall-figures-1\",\"endpoints\":[{\"figures\":[[]]}]}",
        "{\"a\":",
        "[{\"n_prompt\":1,\"n_gen\":0,\"avg_ts\":0}]"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct import import;
        struct error error = {0};
        assert_false(import_parse(&import, texts[i], strlen(texts[i]), "x", &error));
        assert_true(error.text[0]);
    }
    /* a name with an escape sequence and a size in the millions */
    const char *text = "{\"schema_version\":\"burst-v1\",\"engine\":\"\\u001b[2J\",\"results\":"
                       "{\"99999999999\\u001b\":{\"wall_time_s\":1,\"n\":1e18,\"n_passes\":1e18}}}";
    struct import import;
    struct error error = {0};
    assert_true(import_parse(&import, text, strlen(text), "x", &error));
    assert_null(strchr(import.run.endpoints[0].name, 27));
    assert_int_equal(import.run.passes, 1);
    import_done(&import);
    assert_null(import_file("/tmp", "/nowhere.json", &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agentic),   cmocka_unit_test(test_burst),
        cmocka_unit_test(test_quality),   cmocka_unit_test(test_llamabench),
        cmocka_unit_test(test_published), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
