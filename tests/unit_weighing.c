/* A board on the weights: what comes from which source, who is ranked with whom, and what the score
 * report says of it, known answers throughout. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/json.h"
#include "store/report.h"
#include "store/weighing.h"
#include "store_files.h"

#define HOSTILE "\033[31mevil\nmodel"

static const char *const models[] = {"Qwen3.6-35B-A3B-UD-Q5_K_XL", "qwen3.6-27b", "qwen3.6:27b",
                                     HOSTILE};

struct scene {
    struct run run;
    struct board *board;
    struct weights weights;
};

static void setup(struct scene *scene) {
    small_run(&scene->run, "20261120T180211Z-score-0001", COUNT_OF(models));
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        free(scene->run.endpoints[i].model);
        scene->run.endpoints[i].model = mem_string(models[i]);
        scene->run.endpoints[i].simulated = i == 1;
    }
    scene->board = board_new(&scene->run);
    weights_default(&scene->weights);
}

static void teardown(struct scene *scene) {
    board_free(scene->board);
    run_done(&scene->run);
}

static void figure(struct scene *scene, int ep, enum suite_id suite, enum metric_id metric,
                   enum stat_id stat, double value) {
    struct event *event = event_new(EVENT_FIGURE, 0);
    event->figure.ep = ep;
    event->figure.suite = suite;
    copy_text(event->figure.phase, PHASE_MAX, "turns");
    copy_text(event->figure.metric, sizeof event->figure.metric, metric_of(metric)->id);
    copy_text(event->figure.stat, sizeof event->figure.stat, stat_word(stat));
    event->figure.value = value;
    event->figure.n = 3;
    board_apply(scene->board, event);
    event_free(event);
}

static void near(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-9))
        fail_msg("%.9g instead of %.9g", value, expected);
}

static char *report(struct scene *scene, enum report_format format) {
    struct buf out;
    struct error error = {0};
    const struct board *board = scene->board;
    struct report_how how = {.weights = &scene->weights};
    buf_init(&out, 1 << 20);
    assert_true(report_write(&out, format, &board, 1, &how, &error));
    return buf_take(&out);
}

static void contains(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_sources(void **state) {
    (void)state;
    struct scene scene;
    struct weighing weighing;
    setup(&scene);
    figure(&scene, 0, SUITE_ENDURANCE, METRIC_SCORE, STAT_MEDIAN, 80);
    figure(&scene, 0, SUITE_TOOL_CALL, METRIC_SCORE, STAT_MEDIAN, 100);
    figure(&scene, 0, SUITE_ENDURANCE, METRIC_RSS, STAT_MAX, 20480);
    figure(&scene, 1, SUITE_ENDURANCE, METRIC_SCORE, STAT_MEDIAN, 130); /* nonsense is absent */
    weighing_init(&weighing, scene.board, &scene.weights, NULL);
    const struct weighed *row = &weighing.rows[0];
    near(row->scores.of[PART_LONG_HORIZON], 0.8);
    near(row->scores.of[PART_TOOL_CALL], 1);
    assert_true(isnan(row->scores.of[PART_BFCL])); /* tool-call does not stand in for it */
    near(row->weighted.coverage, 65);
    near(row->weighted.score, (35 * 0.734 + 20 * 0.246 + 10 * 0.8) / 65);
    near(row->resident_gb, 20);
    assert_true(isnan(row->per_gb));
    assert_int_equal(row->per_gb_missing, 1u << PART_BFCL);
    near(weighing.rows[1].weighted.coverage, 55);
    assert_true(isnan(weighing.rows[1].resident_gb));
    assert_true(isnan(weighing.rows[3].weighted.score));
    weighing_done(&weighing);
    teardown(&scene);
}

/* The user's figures go before ours, part by part; what they do not name stays. */
static void test_own_figures(void **state) {
    (void)state;
    static const char text[] =
        "{// mine\n\"models\": [{\"model\": \"My Qwen \\u001b[1m\", \"words\": \"Qwen 3.6 35b "
        "a3b\","
        "\"figures\": [{\"part\": \"bfcl\", \"percent\": 70, \"source\": \"a \\u001b[2J rerun\", "
        "\"date\": \"2026-07-01\"}, {\"part\": \"terminal-bench\", \"percent\": 30, \"source\": "
        "\"b\","
        " \"date\": \"2026-07\", \"standing\": \"mine\"}]}, {\"model\": \"other\", \"words\": "
        "\"xyz\","
        "\"figures\": [{\"part\": \"bfcl\", \"percent\": 1, \"source\": \"c\", \"date\": "
        "\"2026-07\"}]}]}";
    struct scene scene;
    struct weighing weighing;
    struct error error = {0};
    struct published *own = published_parse("own", text, strlen(text), &error);
    if (!own)
        fail_msg("%s", error.text);
    setup(&scene);
    figure(&scene, 0, SUITE_ENDURANCE, METRIC_RSS, STAT_MAX, 20480);
    weighing_init(&weighing, scene.board, &scene.weights, own);
    const struct weighed *row = &weighing.rows[0];
    near(row->scores.of[PART_BFCL], 0.7);
    near(row->scores.of[PART_TERMINAL], 0.3);
    near(row->scores.of[PART_SWE], 0.734);
    near(row->per_gb, (0.5 * 0.734 + 0.3 * 0.7 + 0.2 * 0.3) / 20);
    near(weighing.rows[1].scores.of[PART_SWE], 0.772); /* the other model is as it was */
    assert_true(isnan(weighing.rows[1].scores.of[PART_BFCL]));
    weighing_done(&weighing);
    struct buf out;
    const struct board *board = scene.board;
    struct report_how how = {.weights = &scene.weights, .published = own};
    buf_init(&out, 1 << 20);
    assert_true(report_write(&out, REPORT_SCORE, &board, 1, &how, &error));
    contains(buf_string(&out), "published 2026-07-01, a \xe2\x90\x9b[2J rerun\n");
    contains(buf_string(&out), "published 2026-07, b (mine)");
    contains(buf_string(&out), "AgentScorePerGB 0.0319 (RSS 20.0 GB)");
    contains(buf_string(&out), "missing: BFCL, resident memory\n");
    contains(buf_string(&out), "give one with --published FILE");
    assert_null(strchr(buf_string(&out), '\x1b'));
    buf_done(&out);
    published_free(own);
    teardown(&scene);
}

static void test_groups(void **state) {
    (void)state;
    struct scene scene;
    struct weighing weighing;
    int eps[ENDPOINTS_MAX];
    setup(&scene);
    figure(&scene, 0, SUITE_ENDURANCE, METRIC_SCORE, STAT_MEDIAN, 100);
    weighing_init(&weighing, scene.board, &scene.weights, NULL);
    unsigned known = weighing_next(&weighing, 0);
    assert_int_equal(known, 1u << PART_SWE | 1u << PART_TERMINAL | 1u << PART_LONG_HORIZON);
    assert_int_equal(weighing_rank(&weighing, known, eps), 1);
    assert_int_equal(eps[0], 0);
    known = weighing_next(&weighing, known);
    assert_int_equal(known, 1u << PART_SWE | 1u << PART_TERMINAL);
    assert_int_equal(weighing_rank(&weighing, known, eps), 2);
    assert_int_equal(eps[0], 1); /* a tie keeps the order of the run */
    assert_int_equal(eps[1], 2);
    assert_int_equal(weighing_next(&weighing, known), 0);
    assert_int_equal(weighing_rank(&weighing, 0, eps), 0);
    weighing_done(&weighing);
    teardown(&scene);
}

static void test_text(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene);
    figure(&scene, 2, SUITE_TOOL_CALL, METRIC_SCORE, STAT_MEDIAN, 87.5);
    char *text = report(&scene, REPORT_SCORE);
    contains(text, "score 55.7 · coverage 55/100");
    contains(text, "score 70.7 · coverage 55/100");
    contains(text, "not compared: ud q5 k xl");
    contains(text, "SWE-bench Verified         35   73.4  published 2026-06, llm-stats");
    contains(text, "BFCL                       25      –  missing: no published figure\n");
    contains(text, "tool-call              beside   87.5  measured, suite tool-call");
    contains(text, "missing: BFCL, resident memory");
    contains(text, "holds when any one weight is moved by ±20 %");
    contains(text, " SIM");
    assert_null(strchr(text, '\033'));
    free(text);
    /* the 35B's tool calls against the 27B's SWE: 73.4·40 + 100·60 = 89.36, 77.2·40 + 97·60 =
     * 89.08; with SWE +20 % the second leads */
    scene.weights = (struct weights){.of = {[PART_SWE] = 40, [PART_TOOL_CALL] = 60}};
    figure(&scene, 0, SUITE_TOOL_CALL, METRIC_SCORE, STAT_MEDIAN, 100);
    figure(&scene, 2, SUITE_TOOL_CALL, METRIC_SCORE, STAT_MEDIAN, 97);
    text = report(&scene, REPORT_SCORE);
    contains(text, "coverage 100/100 (SWE-bench Verified, tool-call)");
    contains(text, "; with SWE-bench Verified +20 %: ");
    contains(text, "Scores made of different parts are not ranked against each other.");
    free(text);
    teardown(&scene);
}

static void test_json(void **state) {
    (void)state;
    struct scene scene;
    struct error error = {0};
    setup(&scene);
    char *text = report(&scene, REPORT_JSON);
    struct cJSON *tree = json_parse(text, strlen(text), &error);
    assert_non_null(tree);
    const struct cJSON *score = json_object(tree, "score");
    near(json_number(json_object(score, "weights"), "bfcl"), 25);
    const struct cJSON *endpoint = cJSON_GetArrayItem(json_array(score, "endpoints"), 1);
    near(json_number(endpoint, "score"), (35 * 0.772 + 20 * 0.593) / 55);
    near(json_number(endpoint, "coverage"), 55);
    assert_true(json_is_null_or_absent(endpoint, "agent_score_per_gb"));
    assert_int_equal(cJSON_GetArraySize(json_array(endpoint, "missing")), 3);
    const struct cJSON *part = cJSON_GetArrayItem(json_array(endpoint, "parts"), 0);
    assert_string_equal(json_string(part, "origin"), "published");
    assert_string_equal(json_string(part, "date"), "2026-06");
    const struct cJSON *group = cJSON_GetArrayItem(json_array(score, "groups"), 0);
    assert_int_equal(cJSON_GetArraySize(json_array(group, "ranked")), 3);
    assert_int_equal(cJSON_GetArraySize(json_array(group, "leaders")), 2);
    json_free(tree);
    free(text);
    teardown(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources), cmocka_unit_test(test_own_figures),
        cmocka_unit_test(test_groups),  cmocka_unit_test(test_text),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
