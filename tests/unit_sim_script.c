/* The scripted models: what they call, with which arguments, and how each of them goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "base/json.h"
#include "model/call.h"
#include "sim/script.h"
#include "sim/script_args.h"
#include "sim/speech.h"

#define EDIT                                                                                       \
    "{\"type\":\"function\",\"function\":{\"name\":\"edit_file\",\"parameters\":{\"type\":"        \
    "\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"edits\":{\"type\":\"array\","     \
    "\"items\":{\"type\":\"object\",\"properties\":{\"search\":{\"type\":\"string\"},\"replace\":" \
    "{\"type\":\"string\"}},\"required\":[\"search\",\"replace\"]}},\"note\":{\"type\":\"string\"" \
    "}},\"required\":[\"path\",\"edits\"]}}}"
#define SEARCH                                                                                     \
    "{\"type\":\"function\",\"function\":{\"name\":\"search_code\",\"parameters\":{\"type\":"      \
    "\"object\",\"properties\":{\"query\":{\"type\":\"string\"},\"globs\":{\"type\":\"array\","    \
    "\"items\":{\"type\":\"string\"}}},\"required\":[\"query\",\"globs\"]}}}"
#define TESTS                                                                                      \
    "{\"type\":\"function\",\"function\":{\"name\":\"run_tests\",\"parameters\":{\"type\":"        \
    "\"object\",\"properties\":{\"verbose\":{\"type\":\"boolean\"},\"times\":{\"type\":"           \
    "\"integer\"},\"mode\":{\"enum\":[\"fast\",\"full\"]}}}}}"
#define SAVE                                                                                       \
    "{\"type\":\"function\",\"function\":{\"name\":\"save_brief\",\"parameters\":{\"type\":"       \
    "\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"content\":{\"type\":\"string\"}"  \
    "},\"required\":[\"path\",\"content\"]}}}"
#define TOOLS "[" EDIT "," SEARCH "," TESTS "," SAVE "]"

#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define CALLED(tool, arguments)                                                                    \
    "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"c\",\"type\":"             \
    "\"function\",\"function\":{\"name\":\"" tool "\",\"arguments\":\"" arguments "\"}}]}"
#define RESULT(text) "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"" text "\"}"

static struct script_say play(enum script_id script, const char *messages, bool thinks) {
    char *body = mem_format("{\"messages\":[%s],\"tools\":" TOOLS "}", messages);
    struct error error;
    struct script_say say;
    struct cJSON *tree = json_parse(body, strlen(body), &error);
    if (tree == NULL)
        fail_msg("%s", error.text);
    script_play(&say, script, tree, thinks);
    json_free(tree);
    free(body);
    return say;
}

static void expect(enum script_id script, const char *messages, const char *name,
                   const char *arguments) {
    struct script_say say = play(script, messages, false);
    if (name == NULL) {
        assert_null(say.name);
        assert_non_null(say.content);
    } else {
        if (say.name == NULL)
            fail_msg("%s: no call, but: %s", script_word(script), say.content);
        assert_string_equal(say.name, name);
        if (arguments != NULL)
            assert_string_equal(say.arguments, arguments);
    }
    script_done(&say);
}

/* ---- a model that does it well ---- */

static void arguments_follow_schema_and_text(void **state) {
    (void)state;
    expect(SCRIPT_CLEAN, USER("Use edit_file on `src/parser.c`: replace `a < b` by `a <= b`."),
           "edit_file",
           "{\"path\":\"src/parser.c\",\"edits\":[{\"search\":\"a < b\",\"replace\":\"a <= b\"}]}");
    expect(SCRIPT_CLEAN, USER("Call search_code for `main` in `*.c` and `*.h`"), "search_code",
           "{\"query\":\"main\",\"globs\":[\"*.c\",\"*.h\"]}");
    expect(SCRIPT_CLEAN, USER("Now run_tests 3 times, full."), "run_tests",
           "{\"verbose\":true,\"times\":3,\"mode\":\"full\"}");
    /* what is quoted comes over as it stands: quotes, backslashes, braces, beyond ASCII */
    expect(SCRIPT_CLEAN, USER("With edit_file, in `x`, `p(\\\"\\\\n{}\\\")` to `é\\n😀`"),
           "edit_file",
           "{\"path\":\"x\",\"edits\":[{\"search\":\"p(\\\"\\\\n{}\\\")\","
           "\"replace\":\"\xc3\xa9\\n\xf0\x9f\x98\x80\"}]}");
}

static void counts_are_those_of_the_text(void **state) {
    static const struct {
        const char *text;
        int edits;
    } cases[] = {
        {USER("Use edit_file on `a.c` with three edits"), 3},
        {USER("Use edit_file on `a.c`, 10 separate edits"), 10},
        {USER("edit_file `a.c`: one edit"), 1},
        {USER("edit_file `a.c` somehow, 9 of 12 lines"), 1},
        {USER("edit_file `a.c` with 99 edits"), 64},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_say say = play(SCRIPT_CLEAN, cases[i].text, false);
        struct cJSON *tree = json_parse(say.arguments, strlen(say.arguments), NULL);
        assert_int_equal(cJSON_GetArraySize(json_array(tree, "edits")), cases[i].edits);
        const struct cJSON *first = cJSON_GetArrayItem(json_array(tree, "edits"), 0);
        assert_true(json_string(first, "search")[0] != '\0');
        json_free(tree);
        script_done(&say);
    }
}

static void the_named_tools_are_called_in_order(void **state) {
    const char *both = USER("First search_code for `x` in `*.c`, then edit_file `y.c`.");
    char *after = mem_format("%s,%s,%s", both, CALLED("search_code", "{}"), RESULT("2 matches"));
    char *last = mem_format("%s,%s,%s", after, CALLED("edit_file", "{}"), RESULT("done"));
    char *again = mem_format("%s,%s", last, USER("Again: search_code for `z` in `*.h`"));
    char *vague = mem_format("%s,%s", after, USER("Go on."));
    (void)state;
    expect(SCRIPT_CLEAN, both, "search_code", NULL);
    expect(SCRIPT_CLEAN, after, "edit_file", NULL);
    expect(SCRIPT_CLEAN, last, NULL, NULL);
    expect(SCRIPT_CLEAN, again, "search_code", NULL);
    expect(SCRIPT_CLEAN, vague, "edit_file", NULL); /* the first that was never called */
    expect(SCRIPT_CLEAN,
           USER("First run_tests, then edit_file `a`, then search_code `b` in `c`") "," CALLED(
               "run_tests", "{}") "," RESULT("ok") "," CALLED("edit_file", "{}") "," RESULT("ok"),
           "search_code", "{\"query\":\"b\",\"globs\":[\"c\"]}");
    /* a name inside a longer word is not that tool */
    expect(SCRIPT_CLEAN, USER("my_edit_file_2 is old; run_tests"), "run_tests", NULL);
    free(after);
    free(last);
    free(again);
    free(vague);
}

static void errors_are_corrected(void **state) {
    (void)state;
#define BEGIN                                                                                      \
    USER("Use edit_file on `src/a.c`") "," CALLED("edit_file", "{\\\"path\\\":\\\"x\\\"}") ","
    expect(SCRIPT_CLEAN, BEGIN RESULT("Error: no such file, did you mean `lib/a.c`?"), "edit_file",
           "{\"path\":\"lib/a.c\"}");
    expect(SCRIPT_CLEAN,
           USER("Go") "," CALLED(
               "edit_file",
               "{\\\"path\\\":\\\"r.c\\\",\\\"edits\\\":[{\\\"search\\\":"
               "\\\"int n = 6;\\\",\\\"replace\\\":\\\"x\\\"}]}") "," RESULT("error: not in `r.c`, "
                                                                             "the line reads "
                                                                             "`size_t n = 6;`"),
           "edit_file",
           "{\"path\":\"r.c\",\"edits\":[{\"search\":\"size_t n = 6;\",\"replace\":\"x\"}]}");
    expect(SCRIPT_CLEAN, BEGIN RESULT("{\\\"error\\\":\\\"stale, call search_code first\\\"}"),
           "search_code", NULL);
    expect(SCRIPT_CLEAN, BEGIN RESULT("12 passed, 0 failed, no errors"), NULL, NULL);
    expect(SCRIPT_LOOPS, BEGIN RESULT("Error: no such file"), "edit_file", "{\"path\":\"x\"}");
}

static void the_deliverable_has_its_sections(void **state) {
    struct script_say say = play(
        SCRIPT_CLEAN,
        USER("Save it with save_brief to `out.md`, sections `Summary` and `Open points`."), false);
    (void)state;
    assert_string_equal(say.name, "save_brief");
    assert_non_null(strstr(say.arguments, "\"path\":\"out.md\""));
    assert_non_null(strstr(say.arguments, "## Summary\\n"));
    assert_non_null(strstr(say.arguments, "## Open points\\n"));
    script_done(&say);
}

/* ---- models that go wrong ---- */

#define ASK USER("Use edit_file on `a.c` with two edits")
#define TURN ASK "," CALLED("edit_file", "{}") "," RESULT("ok") ","

static void each_fault_is_that_fault(void **state) {
    struct script_say say;
    (void)state;
    expect(SCRIPT_EMPTY_EDITS, TURN TURN TURN ASK, "edit_file", NULL);
    expect(SCRIPT_EMPTY_EDITS, TURN TURN TURN TURN ASK, "edit_file",
           "{\"path\":\"a.c\",\"edits\":[]}");
    say = play(SCRIPT_TRUNCATES, ASK, false);
    assert_true(say.cut);
    assert_null(json_parse(say.arguments, strlen(say.arguments), NULL));
    script_done(&say);
    expect(SCRIPT_WRONG_TOOL, ASK, "search_code", NULL);
    expect(SCRIPT_STRINGIFIES, USER("run_tests 2 times"), "run_tests",
           "{\"verbose\":\"true\",\"times\":\"2\",\"mode\":\"fast\"}");
    say = play(SCRIPT_STRINGIFIES, ASK, false);
    assert_non_null(strstr(say.arguments, "\"edits\":\"[{\\\"search\\\":"));
    script_done(&say);
    expect(SCRIPT_NO_CALL, ASK, NULL, NULL);
    expect(SCRIPT_SKIPS_DELIVERABLE, ASK, "edit_file", NULL);
    expect(SCRIPT_SKIPS_DELIVERABLE, USER("save_brief to `x`"), NULL, NULL);
    expect(SCRIPT_SEARCHES, TURN ASK, "search_code", NULL);
    say = play(SCRIPT_LEAKS_THINKING, ASK, false);
    assert_string_equal(say.name, "edit_file");
    assert_non_null(strstr(say.content, "</think>"));
    script_done(&say);
}

static void searching_never_repeats_itself(void **state) {
    struct script_say one = play(SCRIPT_SEARCHES, ASK, false);
    struct script_say two =
        play(SCRIPT_SEARCHES, ASK "," CALLED("search_code", "{}") "," RESULT("nothing"), false);
    (void)state;
    assert_string_equal(two.name, "search_code");
    assert_string_not_equal(one.arguments, two.arguments);
    script_done(&one);
    script_done(&two);
}

static void reasoning_that_was_dropped_is_missed(void **state) {
    static const char kept[] =
        "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\","
        "\"reasoning_content\":\"c\"},{\"role\":\"user\",\"content\":\"d\"}";
    static const char dropped[] = "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\","
                                  "\"content\":\"b\"},{\"role\":\"user\",\"content\":\"d\"}";
    static const struct {
        const char *messages;
        bool thinks;
        int status;
    } cases[] = {{kept, true, 0}, {dropped, true, 500}, {dropped, false, 0}, {ASK, true, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script_say say = play(SCRIPT_NEEDS_REASONING, cases[i].messages, cases[i].thinks);
        assert_int_equal(say.status, cases[i].status);
        script_done(&say);
    }
}

static void models_name_their_script(void **state) {
    (void)state;
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        char *model = mem_format("script-%s", script_word((enum script_id)i));
        assert_int_equal(script_of_model(model), i);
        free(model);
    }
    assert_int_equal(script_of_model("script-nothing"), SCRIPT_COUNT);
    assert_int_equal(script_of_model("qwen"), SCRIPT_COUNT);
    assert_int_equal(script_of_model(NULL), SCRIPT_COUNT);
}

/* Requests no sane client sends: nothing to call, no names, schemas without end. */
static void strange_requests_do_no_harm(void **state) {
    static const char *const bodies[] = {
        "{}",
        "{\"messages\":[],\"tools\":[]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[1,null,{}]}",
        "{\"messages\":[{\"role\":\"tool\",\"content\":\"error: `\"}],\"tools\":[" EDIT "]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"`` edit_file `\"}],\"tools\":[" EDIT "]}",
        ("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"t\"},7]}],"
         "\"tools\":[{\"function\":{\"name\":\"t\",\"parameters\":{\"properties\":{\"a\":7,\"b\":{"
         "\"type\":\"array\"},\"c\":{\"type\":\"object\"},\"d\":{\"type\":5}}}}}]}"),
        ("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]},{\"role\":\"user\","
         "\"content\":\"t\"}],\"tools\":[{\"function\":{\"name\":\"t\"}}]}"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        for (int script = 0; script < SCRIPT_COUNT; script++) {
            struct cJSON *tree = json_parse(bodies[i], strlen(bodies[i]), NULL);
            struct script_say say;
            assert_non_null(tree);
            script_play(&say, (enum script_id)script, tree, true);
            if (say.name != NULL)
                assert_non_null(say.arguments);
            script_done(&say);
            json_free(tree);
        }
}

/* ---- as tokens ---- */

static char *spoken(const char *messages, const char *model, int max_tokens, struct speech *speech,
                    struct ask *ask) {
    char *body =
        mem_format("{\"model\":\"%s\",\"messages\":[%s],\"tools\":" TOOLS ",\"max_tokens\":%d}",
                   model, messages, max_tokens);
    static const struct profile profile = {.tokens_per_chunk = 3};
    struct error error;
    struct buf call;
    buf_init(&call, (size_t)1 << 16);
    if (!ask_read(ask, &profile, ASK_OPENAI, body, strlen(body), &error))
        fail_msg("%s", error.text);
    speech_init(speech, ask, &profile);
    while (!speech_is_over(speech)) {
        struct buf text;
        enum speech_kind kind;
        buf_init(&text, (size_t)1 << 16);
        assert_true(speech_next(speech, speech_step(speech), &text, &kind) > 0);
        if (kind == SPEECH_CALL && text.length > 0)
            buf_append(&call, text.data, text.length);
        buf_done(&text);
    }
    free(body);
    return buf_take(&call);
}

static void calls_come_token_by_token(void **state) {
    struct speech speech;
    struct ask ask;
    char *call = spoken(ASK, "any", 400, &speech, &ask);
    (void)state;
    assert_string_equal(call, speech.say.arguments);
    assert_string_equal(speech_finish(&speech), "tool_calls");
    assert_int_equal(speech.done, 1 + (strlen(call) + 3) / 4);
    free(call);
    speech_done(&speech);
    ask_done(&ask);
    call = spoken(ASK, "any", 5, &speech, &ask); /* too few tokens cut it */
    assert_int_equal(strlen(call), 16);
    assert_string_equal(speech_finish(&speech), "length");
    free(call);
    speech_done(&speech);
    ask_done(&ask);
    call = spoken(ASK, "script-truncates", 400, &speech, &ask); /* uses all it was given */
    assert_int_equal(speech.done, 400);
    assert_string_equal(speech_finish(&speech), "length");
    assert_int_equal(strncmp(call, speech.say.arguments, strlen(speech.say.arguments)), 0);
    assert_true(strlen(call) > 400);
    assert_null(json_parse(call, strlen(call), NULL));
    assert_false(text_is_degenerate(NULL, call, true));
    free(call);
    speech_done(&speech);
    ask_done(&ask);
    call = spoken(ASK, "script-truncates", 3, &speech, &ask); /* or less than was to be said */
    assert_int_equal(speech.done, 3);
    assert_string_equal(speech_finish(&speech), "length");
    free(call);
    speech_done(&speech);
    ask_done(&ask);
    call = spoken(ASK, "script-no-call", 400, &speech, &ask);
    assert_string_equal(call, "");
    assert_string_equal(speech_finish(&speech), "stop");
    free(call);
    speech_done(&speech);
    ask_done(&ask);
    call = spoken(ASK, "script-breaks", 400, &speech, &ask);
    assert_in_range(speech.done, SCRIPT_BREAKS_AT, SCRIPT_BREAKS_AT + 2); /* steps of three */
    free(call);
    speech_done(&speech);
    ask_done(&ask);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_follow_schema_and_text),
        cmocka_unit_test(counts_are_those_of_the_text),
        cmocka_unit_test(the_named_tools_are_called_in_order),
        cmocka_unit_test(errors_are_corrected),
        cmocka_unit_test(the_deliverable_has_its_sections),
        cmocka_unit_test(each_fault_is_that_fault),
        cmocka_unit_test(searching_never_repeats_itself),
        cmocka_unit_test(reasoning_that_was_dropped_is_missed),
        cmocka_unit_test(models_name_their_script),
        cmocka_unit_test(strange_requests_do_no_harm),
        cmocka_unit_test(calls_come_token_by_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
