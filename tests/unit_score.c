/* score and schema: what is found in answers, on the shapes that real engines and models gave. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "suites/schema.h"
#include "suites/score.h"

static const char tools_text[] =
    "[{\"type\":\"function\",\"function\":{\"name\":\"edit_file\",\"parameters\":{\"type\":"
    "\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"minLength\":1},\"edits\":{\"type\":"
    "\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"properties\":{\"search\":{\"type\":"
    "\"string\"},\"replace\":{\"type\":\"string\"}},\"required\":[\"search\",\"replace\"]}}},"
    "\"required\":[\"path\",\"edits\"],\"additionalProperties\":false}}},"
    "{\"type\":\"function\",\"function\":{\"name\":\"run_tests\",\"parameters\":{\"type\":"
    "\"object\","
    "\"properties\":{\"suite\":{\"type\":\"string\",\"enum\":[\"unit\",\"all\"]},\"verbose\":{"
    "\"type\":\"boolean\"},\"jobs\":{\"type\":\"integer\"}},\"required\":[\"suite\",\"verbose\"]}}}"
    ","
    "{\"type\":\"function\",\"function\":{\"name\":\"set_options\",\"parameters\":{\"type\":"
    "\"object\",\"properties\":{\"options\":{\"type\":\"object\",\"properties\":{\"depth\":{"
    "\"type\":"
    "[\"integer\",\"null\"]}},\"required\":[\"depth\"]}},\"required\":[\"options\"]}}},"
    "{\"type\":\"function\",\"function\":{\"name\":\"list_all\"}}]";

static int setup(void **state) {
    *state = json_parse(tools_text, strlen(tools_text), NULL);
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    json_free(*state);
    return 0;
}

/* ---- one turn ---- */

struct shape {
    const char *name, *arguments; /* NULL: no call */
    const char *finish, *content;
    const char *tool, *failure; /* what was due, what is found */
};

static void fill(struct call *call, const char *finish) {
    call_init(call);
    copy_text(call->finish, sizeof call->finish, finish);
    call->ok = true;
    call->max_tokens = 1024;
}

static const char *judge(const struct shape *shape, const struct cJSON *tools,
                         char out[SCORE_FAILURE_MAX]) {
    struct call call;
    struct score score;
    struct tool_call one = {.name = (char *)shape->name, .arguments = (char *)shape->arguments};
    fill(&call, shape->finish);
    struct reply reply = {.call = &call,
                          .content = shape->content ? shape->content : "",
                          .reasoning = "",
                          .calls = &one,
                          .call_count = shape->name ? 1 : 0};
    score_tool_turn(&score, &reply, tools, shape->tool);
    bool engine = score.finding == FINDING_ENGINE;
    assert_true(engine ? isnan(score.points) : score.points == (score.finding == FINDING_CLEAN));
    return score_failure(&score, out);
}

#define EDIT "{\"path\":\"a.c\",\"edits\":"
static const struct shape shapes[] = {
    {"edit_file", EDIT "[{\"search\":\"a\",\"replace\":\"b\"}]}", "tool_calls", "", "edit_file",
     NULL},
    /* an empty replacement deletes: that is no bug */
    {"edit_file", EDIT "[{\"search\":\"a\",\"replace\":\"\"}]}", "stop", "", "edit_file", NULL},
    {"edit_file", EDIT "[{\"search\":\"\\\"x\\\\\\n{\",\"replace\":\"\\u00e9\"}]}", "tool_calls",
     "Now I edit.", "edit_file", NULL},
    /* the empty-object bug, form by form */
    {"edit_file", EDIT "[]}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "{}}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "null}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "\"[]\"}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "\"{}\"}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "\"\"}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "\" [ ] \"}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "[{}]}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "[\"{}\"]}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", "{\"path\":\"a.c\"}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", "{}", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", "", "tool_calls", "", "edit_file", "model:empty-object"},
    {"edit_file", "\"{\\\"path\\\":\\\"a.c\\\",\\\"edits\\\":[]}\"", "tool_calls", "", "edit_file",
     "model:empty-object"},
    {"edit_file", EDIT "\"[{\\\"search\\\":\\\"a\\\",\\\"replace\\\":\\\"b\\\"}]\"}", "tool_calls",
     "", "edit_file", "model:empty-object"},
    {"edit_file", EDIT "\"[{'search': 'a'}]\"}", "tool_calls", "", "edit_file",
     "model:empty-object"},
    {"set_options", "{\"options\":{}}", "tool_calls", "", "set_options", "model:empty-object"},
    /* the schema */
    {"edit_file", EDIT "[{\"search\":\"a\"}]}", "tool_calls", "", "edit_file", "model:schema"},
    {"edit_file", EDIT "[{\"search\":\"a\",\"replace\":3}]}", "tool_calls", "", "edit_file",
     "model:schema"},
    {"edit_file", EDIT "\"replace a by b\"}", "tool_calls", "", "edit_file", "model:schema"},
    {"edit_file", EDIT "{\"search\":\"a\",\"replace\":\"b\"}}", "tool_calls", "", "edit_file",
     "model:schema"},
    {"edit_file", EDIT "[{\"search\":\"a\",\"replace\":\"b\"}],\"mode\":1}", "tool_calls", "",
     "edit_file", "model:schema"},
    {"edit_file", "{\"path\":\"\",\"edits\":[{\"search\":\"a\",\"replace\":\"b\"}]}", "tool_calls",
     "", "edit_file", "model:schema"},
    {"run_tests", "{\"suite\":\"unit\",\"verbose\":\"true\"}", "tool_calls", "", "run_tests",
     "model:schema"},
    {"run_tests", "{\"suite\":\"fuzz\",\"verbose\":true}", "tool_calls", "", "run_tests",
     "model:schema"},
    {"run_tests", "{\"suite\":\"all\",\"verbose\":true,\"jobs\":1.5}", "tool_calls", "",
     "run_tests", "model:schema"},
    {"run_tests", "{\"suite\":\"all\",\"verbose\":true,\"jobs\":2.0}", "tool_calls", "",
     "run_tests", NULL},
    {"run_tests", "{\"verbose\":true}", "tool_calls", "", "run_tests", "model:schema"},
    {"run_tests", "[]", "tool_calls", "", "run_tests", "model:schema"},
    {"set_options", "{\"options\":{\"depth\":null}}", "tool_calls", "", "set_options", NULL},
    {"set_options", "{\"options\":{\"depth\":\"3\"}}", "tool_calls", "", "set_options",
     "model:schema"},
    {"list_all", "", "tool_calls", "", "list_all", NULL},
    {"list_all", "{\"page\":1}", "tool_calls", "", "list_all", NULL},
    /* not JSON, cut off, none, another */
    {"edit_file", EDIT "[{\"search\":\"a\",\"repl", "tool_calls", "", "edit_file",
     "model:bad-json"},
    {"edit_file", EDIT "[{'search':'a','replace':'b'}]}", "stop", "", "edit_file",
     "model:bad-json"},
    {"edit_file", EDIT "[{\"search\":\"a\",\"replace\":\"b\"}]}}", "tool_calls", "", "edit_file",
     "model:bad-json"},
    {"edit_file", EDIT "[{\"search\":\"a\",\"repl", "length", "", "edit_file", "model:truncated"},
    {"edit_file", EDIT "[{\"search\":\"a\",\"replace\":\"b\"}]}", "length", "", "edit_file",
     "model:truncated"},
    {NULL, NULL, "length", "Let me think about it", "edit_file", "model:truncated"},
    {NULL, NULL, "stop", "I would edit the file.", "edit_file", "model:no-call"},
    {NULL, NULL, "stop", "", "edit_file", "model:no-call"},
    {"run_tests", "{\"suite\":\"all\",\"verbose\":true}", "tool_calls", "", "edit_file",
     "model:wrong-tool"},
    {"run_tests", "{\"suite\":\"all\"}", "tool_calls", "", "edit_file", "model:wrong-tool"},
    {"edit", EDIT "[{\"search\":\"a\",\"replace\":\"b\"}]}", "tool_calls", "", "edit_file",
     "model:wrong-tool"},
    /* the engine took the call out of the text, or did not */
    {NULL, NULL, "tool_calls", "", "edit_file", "engine:dropped-call"},
    {NULL, NULL, "stop", "<tool_call>\n{\"name\": \"edit_file\", \"arguments\": {}}\n</tool_call>",
     "edit_file", "engine:tool-parser"},
    {NULL, NULL, "stop", "<function=edit_file>\n<parameter=path>\na.c\n", "edit_file",
     "engine:tool-parser"},
    {NULL, NULL, "stop", "[TOOL_CALLS]edit_file{\"path\":\"a.c\"}", "edit_file",
     "engine:tool-parser"},
    {NULL, NULL, "length", "<tool_call>\n{\"name\": \"edit_file\", \"argum", "edit_file",
     "model:truncated"},
};

static void test_turns(void **state) {
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        char out[SCORE_FAILURE_MAX];
        const char *found = judge(&shapes[i], *state, out), *due = shapes[i].failure;
        if ((found == NULL) != (due == NULL) || (due && strcmp(found, due) != 0))
            fail_msg("shape %zu (%s): %s, not %s", i, shapes[i].arguments, found ? found : "clean",
                     due ? due : "clean");
    }
}

static void test_engine_is_never_the_model(void **state) {
    static const struct {
        enum error_class class;
        const char *failure;
    } faults[] = {
        {ERROR_HTTP_5XX, "engine:http_5xx"},   {ERROR_STREAM, "engine:stream_error"},
        {ERROR_TRUNCATED, "engine:truncated"}, {ERROR_PROTOCOL, "engine:protocol"},
        {ERROR_CONNECT, "engine:connect"},     {ERROR_TIMEOUT_STALL, "engine:timeout_stall"},
        {ERROR_HTTP_4XX, "engine:http_4xx"}};
    struct tool_call half = {.name = (char *)"edit_file", .arguments = (char *)"{\"pa"};
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char out[SCORE_FAILURE_MAX];
        struct call call;
        struct score score;
        fill(&call, "");
        call.error = faults[i].class;
        call.ok = false;
        call.error_detail = (char *)"the template failed";
        struct reply reply = {
            .call = &call, .content = "", .reasoning = "", .calls = &half, .call_count = 1};
        score_tool_turn(&score, &reply, *state, "edit_file");
        assert_string_equal(score_failure(&score, out), faults[i].failure);
        assert_true(isnan(score.points));
        assert_string_equal(score.detail, "the template failed");
    }
}

/* "length" with a fraction of the tokens that were granted is a limit of the server's own. */
static void test_cut_short_by_the_server(void **state) {
    static const struct {
        int64_t tokens;
        enum tokens_source source;
        const char *failure;
        int64_t reasoning;
    } cuts[] = {{512, TOKENS_USAGE, "engine:cut-short", 0},
                {512, TOKENS_USAGE, "model:truncated", 900},
                {1024, TOKENS_USAGE, "model:truncated", 0},
                {1023, TOKENS_TIMINGS, "model:truncated", 0},
                {300, TOKENS_CHUNKS, "model:truncated", 0}, /* a chunk may be several tokens */
                {COUNT_NONE, TOKENS_UNKNOWN, "model:truncated", 0}};
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        char out[SCORE_FAILURE_MAX];
        struct call call;
        struct score score;
        fill(&call, "length");
        call.completion_tokens = cuts[i].tokens;
        call.tokens_source = cuts[i].source;
        call.reasoning_chars = cuts[i].reasoning;
        struct reply reply = {.call = &call, .content = "It is", .reasoning = ""};
        score_tool_turn(&score, &reply, *state, "edit_file");
        assert_string_equal(score_failure(&score, out), cuts[i].failure);
    }
}

static void test_problems_are_located(void **state) {
    static const struct {
        const char *arguments, *text;
    } problems[] = {
        {EDIT "[{\"search\":\"a\",\"replace\":\"b\"},{\"search\":\"c\",\"replace\":true}]}",
         "edits[1].replace: a boolean where string is due"},
        {EDIT "\"[]\"}", "edits: an empty value put in a string"},
        {EDIT "[{\"search\":\"a\",\"replace\":\"b\"},{\"replace\":\"b\"}]}",
         "edits[1].search: missing"},
    };
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        struct score score;
        struct tool_call call = {.name = (char *)"edit_file",
                                 .arguments = (char *)problems[i].arguments};
        assert_false(score_call(&score, &call, *state));
        assert_string_equal(score.detail, problems[i].text);
    }
}

/* A schema and a value that nest without end must not cost the stack. */
static void test_depth_is_bounded(void **state) {
    (void)state;
    struct buf value, schema;
    struct schema_problem problem;
    buf_init(&value, 1 << 20);
    buf_init(&schema, 1 << 20);
    for (int i = 0; i < 30; i++) {
        buf_text(&value, "[");
        buf_text(&schema, "{\"type\":\"array\",\"items\":");
    }
    buf_text(&schema, "{}");
    for (int i = 0; i < 30; i++) {
        buf_text(&value, "]");
        buf_text(&schema, "}");
    }
    struct cJSON *v = json_parse(buf_string(&value), value.length, NULL);
    struct cJSON *s = json_parse(buf_string(&schema), schema.length, NULL);
    assert_non_null(v);
    assert_non_null(s);
    assert_false(schema_conforms(v, s, &problem));
    assert_false(schema_is_hollow(v, s, &problem));
    json_free(v);
    json_free(s);
    buf_done(&value);
    buf_done(&schema);
}

/* ---- think tags ---- */

static void test_leaks(void **state) {
    (void)state;
    assert_null(score_leak("I think > you < think."));
    assert_null(score_leak(""));
    assert_null(score_leak(NULL));
    assert_non_null(score_leak("<think>\nhm\n</think>\n\nFour."));
    assert_non_null(score_leak("hm, so four it is.\n</think>\nFour."));
    assert_non_null(score_leak("<THINK>\nhm"));
    assert_non_null(score_leak("<|channel|>analysis<|message|>hm"));
    assert_string_equal(score_visible("<think>\nhm\n</think>\n\nFour."), "Four.");
    assert_string_equal(score_visible("so four.\n</think>\nFour."), "Four.");
    assert_string_equal(score_visible("<think>a</think>b<think>c</think> d"), "d");
    assert_string_equal(score_visible("<think>never closed"), "");
    assert_string_equal(score_visible("  kept as it is \n"), "  kept as it is \n");
    assert_string_equal(score_visible(NULL), "");
}

/* ---- calls and corrections ---- */

static void test_same_call(void **state) {
    (void)state;
    assert_true(score_same_call("a", "{\"x\":1,\"y\":[2]}", "a", "{ \"y\" : [2], \"x\" : 1.0 }"));
    assert_false(score_same_call("a", "{\"x\":1}", "b", "{\"x\":1}"));
    assert_false(score_same_call("a", "{\"x\":1}", "a", "{\"x\":2}"));
    assert_false(score_same_call("a", "{\"x\":1}", "a", "{\"x\":\"1\"}"));
    assert_true(score_same_call("a", "{\"x\":", "a", "{\"x\":"));
    assert_false(score_same_call("a", "{\"x\":", "a", "{\"x"));
}

static void test_addresses(void **state) {
    (void)state;
    struct tool_call call = {.name = (char *)"edit_file",
                             .arguments = (char *)"{\"path\":\"src/b.c\",\"force\":true,\"n\":8,"
                                                  "\"edits\":[{\"search\":\"int b;\"}]}"};
    assert_true(score_addresses(&call, "edit_file", NULL, NULL));
    assert_true(score_addresses(&call, "edit_file", "path", "src/b.c"));
    assert_true(score_addresses(&call, "edit_file", "edits[0].search", "int b;"));
    assert_true(score_addresses(&call, "edit_file", "force", "true"));
    assert_true(score_addresses(&call, "edit_file", "n", "8"));
    assert_false(score_addresses(&call, "edit_file", "path", "src/a.c"));
    assert_false(score_addresses(&call, "edit_file", "edits[1].search", "int b;"));
    assert_false(score_addresses(&call, "edit_file", "edits[x", "int b;"));
    assert_false(score_addresses(&call, "write_file", "path", "src/b.c"));
    call.arguments = (char *)"{\"path\":";
    assert_false(score_addresses(&call, "edit_file", "path", "src/b.c"));
}

/* ---- sections ---- */

static void test_sections(void **state) {
    (void)state;
    static const char *const yes[] = {"## Findings\ntwo pumps", "**Findings**\n",
                                      "2. Findings\r\n",        "intro\n\n### 2) findings:\n",
                                      "Findings:\ntext",        "**Findings:** two pumps",
                                      "  - **FINDINGS**: two"};
    static const char *const no[] = {"",
                                     "Findings",
                                     "The findings: none",
                                     "## Findings of May",
                                     "our Findings:",
                                     "## Findingsx"};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (!score_has_section(yes[i], "Findings"))
            fail_msg("not seen: %s", yes[i]);
    for (size_t i = 0; i < COUNT_OF(no); i++)
        if (score_has_section(no[i], "Findings"))
            fail_msg("seen: %s", no[i]);
    char missing[20];
    struct cJSON *names = json_parse("[\"A\",\"Findings\",\"C\"]", 20, NULL);
    assert_non_null(names);
    assert_int_equal(score_sections("# A\n# C\n", names, missing, sizeof missing), 2);
    assert_string_equal(missing, "Findings");
    json_free(names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_engine_is_never_the_model, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_short_by_the_server, setup, teardown),
        cmocka_unit_test_setup_teardown(test_problems_are_located, setup, teardown),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_leaks),
        cmocka_unit_test(test_same_call),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
