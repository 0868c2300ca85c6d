/* What reports tell of wrong answers: which, what was due, what came; bounded and safe. */
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
#include "store_files.h"
#include "suites/expected.h"

struct scene {
    struct run run;
    struct board *board;
    int64_t id;
};

static void apply(struct scene *scene, struct event *event) {
    board_apply(scene->board, event);
    event_free(event);
}

static void setup(struct scene *scene) {
    *scene = (struct scene){.id = 1};
    small_run(&scene->run, "20261120T180211Z-score-0001", 2);
    scene->run.passes = 3;
    scene->board = board_new(&scene->run);
    struct event *event = event_new(EVENT_PHASE_START, 0);
    event->phase.suite = SUITE_TOOL_CALL;
    copy_text(event->phase.phase, PHASE_MAX, "run");
    apply(scene, event);
}

static void teardown(struct scene *scene) {
    board_free(scene->board);
    run_done(&scene->run);
}

/* A call with its texts, and the score that follows it. */
static void answer(struct scene *scene, const char *item, int turn, int repeat, double points,
                   const char *expected, const char *content, const char *calls) {
    struct event *start = event_new(EVENT_CALL_START, 0), *end = event_new(EVENT_CALL_END, 0);
    struct event *output = event_new(EVENT_CALL_OUTPUT, 0), *score = event_new(EVENT_SCORE, 0);
    start->call_start.id = end->call.id = output->output.id = scene->id++;
    start->call_start.suite = end->call.suite = score->score.suite = SUITE_TOOL_CALL;
    copy_text(start->call_start.phase, PHASE_MAX, "run");
    copy_text(end->call.phase, PHASE_MAX, "run");
    start->call_start.index = end->call.index = (int)scene->id;
    end->call.ok = true;
    output->output.content = mem_string(content);
    output->output.tool_calls = mem_string(calls);
    copy_text(score->score.item, sizeof score->score.item, item);
    score->score.turn = turn;
    score->score.repeat = repeat;
    score->score.pass = 0;
    score->score.points = points;
    score->score.failure = mem_string(isnan(points) ? "engine:http_5xx"
                                      : points < 1  ? "model:schema"
                                                    : NULL);
    score->score.detail = mem_string("why\x1b[2J");
    score->score.expected = mem_string(expected);
    apply(scene, start);
    apply(scene, end);
    apply(scene, output);
    apply(scene, score);
}

static char *report(struct scene *scene, enum report_format format) {
    struct buf out;
    struct error error = {0};
    const struct board *board = scene->board;
    struct report_how how = {.width = 400};
    buf_init(&out, 4 << 20);
    assert_true(report_write(&out, format, &board, 1, &how, &error));
    assert_null(strchr(buf_string(&out), '\x1b'));
    return buf_take(&out);
}

static void contains(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_what_is_told(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene);
    answer(&scene, "right", 0, 0, 1, NULL, "fine", NULL);
    answer(&scene, "fault", 1, 0, NAN, NULL, NULL, NULL);
    answer(&scene, "text", 2, 0, 0, "edit_file with path", "I would\n\x1b[31m| rather not", NULL);
    answer(&scene, "text", 2, 1, 0, "edit_file with path", "no", NULL);
    answer(&scene, "call", 3, 0, 0.5, NULL, "so:",
           "[{\"id\":\"a\",\"function\":{\"name\":\"run_tests\",\"arguments\":\"{\\\"a\\\":1}\"}},"
           "{\"id\":\"b\",\"function\":{\"name\":\"x\",\"arguments\":\"\"}}]");
    answer(&scene, "silent", 4, 0, 0, "a", NULL, NULL);
    char *table = report(&scene, REPORT_TABLE);
    contains(table, "\nwrong answers\n");
    contains(table, "tool-call text, 2 times: model:schema, why␛[2J\n");
    contains(table, "expected: edit_file with path\n");
    contains(table, "got: I would␊␛[31m| rather not\n");
    contains(table, "got: run_tests {\"a\":1} (and 1 more)\n");
    contains(table, "tool-call call: model:schema");
    assert_null(strstr(table, "tool-call right"));
    assert_null(strstr(table, "tool-call fault"));
    assert_null(strstr(table, "more: pitwall"));
    free(table);
    char *md = report(&scene, REPORT_MD);
    contains(md,
             "| tool-call run | text | 2 | model:schema | why␛\\[2J | edit\\_file with path | I "
             "would␊␛\\[31m\\| rather not |\n");
    contains(md, "| 1 | model:schema | why␛\\[2J | – | run\\_tests {\"a\":1} (and 1 more) |\n");
    free(md);
    teardown(&scene);
}

static void test_bounds(void **state) {
    (void)state;
    struct scene scene;
    char content[5000], item[24];
    setup(&scene);
    memset(content, 'z', sizeof content - 1);
    content[sizeof content - 1] = '\0';
    for (int turn = 0; turn < 230; turn++) {
        snprintf(item, sizeof item, "item %d", turn);
        answer(&scene, item, turn, 0, 0, "b", content, "[{broken");
    }
    char *table = report(&scene, REPORT_TABLE), *md = report(&scene, REPORT_MD);
    contains(table, "tool-call item 5: ");
    assert_null(strstr(table, "tool-call item 6: "));
    contains(table, "  and 224 more: pitwall report 20261120T180211Z-score-0001 --format md\n");
    contains(table, "got: [{broken\n");
    contains(md, "| item 199 |");
    assert_null(strstr(md, "| item 200 |"));
    contains(md, "and 30 more, in the log.");
    free(table);
    free(md);
    teardown(&scene);
}

/* ---- what was due ---- */

static void due(char *told, const char *text) {
    assert_string_equal(told, text);
    free(told);
}

static void test_expected(void **state) {
    (void)state;
    static const char text[] =
        "{\"tools\": [{\"function\": {\"name\": \"edit\", \"parameters\": {\"required\": [\"path\","
        "\"edits\"]}}}, {\"function\": {\"name\": \"list\"}}], \"value\": {\"answer\": \"-4\","
        "\"also\": [\"-4.0\"]}, \"told\": {\"instructions\": [{\"kind\": \"words\", \"exactly\": "
        "6},"
        "{\"kind\": \"lowercase\"}]}, \"probe\": {\"check\": \"off\"}, \"fix\": {\"fix\": "
        "{\"tool\":"
        "\"edit\", \"member\": \"path\", \"value\": \"b\"}}, \"order\": {\"order\": [\"a\", 3,"
        "\"b\"]}, \"empty\": {}}";
    struct cJSON *tree = json_parse(text, strlen(text), NULL);
    const struct cJSON *tools = json_array(tree, "tools");
    assert_non_null(tree);
    due(expected_call(tools, "edit"), "edit with path, edits");
    due(expected_call(tools, "list"), "list");
    due(expected_call(tools, "nothing"), "nothing");
    due(expected_answer(json_object(tree, "value")), "-4, or -4.0");
    due(expected_answer(json_object(tree, "told")), "words exactly 6; lowercase");
    due(expected_answer(json_object(tree, "probe")), "an answer, and no reasoning");
    due(expected_answer(json_object(tree, "empty")), "an answer");
    due(expected_recovery(json_object(tree, "fix")), "edit with path `b`");
    due(expected_recovery(json_object(tree, "empty")), "a call that addresses the error");
    due(expected_order(json_object(tree, "order")), "a, b, in this order");
    due(expected_search(json_object(tree, "empty")), "a report after a search, and an end");
    json_free(tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
