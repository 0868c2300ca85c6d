/* quality: what a real server sent, through the parser and the scorer of a suite: is each failure
 * found to be whose it is. The shapes are in tests/corpus/quality/llama-server.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/embed.h"
#include "base/json.h"
#include "net/chat.h"
#include "suites/quality_answers.h"

#define SHAPES "tests/corpus/quality/llama-server.json"

struct reading {
    struct call call;
    struct chat_stream *stream;
};

/* In the way the transport reports it. */
static enum error_class class_of(const struct cJSON *shape, int status) {
    const char *ended = json_string(shape, "ended");
    for (int class = ERROR_NONE + 1; ended && class < ERROR_CLASS_COUNT; class ++)
        if (strcmp(error_word((enum error_class) class), ended) == 0)
            return (enum error_class) class;
    return status >= 500 ? ERROR_HTTP_5XX : status >= 400 ? ERROR_HTTP_4XX : ERROR_NONE;
}

static void read_shape(struct reading *reading, const struct cJSON *shape) {
    int status = (int)json_integer(shape, "status", 200);
    enum error_class class = class_of(shape, status);
    const struct cJSON *line;
    call_init(&reading->call);
    reading->call.max_tokens = (int)json_integer(shape, "max_tokens", -1);
    reading->call.start_us = 100;
    reading->stream = chat_stream_new(&dialect_openai, true);
    int64_t at_us = 1000;
    cJSON_ArrayForEach(line, json_array(shape, "body")) {
        char *text = mem_format("%s%s%s", status == 200 ? "data: " : "", line->valuestring,
                                status == 200 ? "\n\n" : "");
        assert_true(chat_stream_feed(reading->stream, &reading->call, text, strlen(text), at_us));
        at_us += 1000;
        free(text);
    }
    reading->call.end_us = at_us;
    chat_stream_end(reading->stream, &reading->call, status, class, error_word(class));
}

static void judge(struct score *score, const struct cJSON *shape, const struct reply *reply,
                  const struct cJSON *tools) {
    const char *scorer = json_string(shape, "scorer");
    const struct cJSON *own = json_array(shape, "tools");
    if (strcmp(scorer, "tool") == 0)
        score_tool_turn(score, reply, own ? own : tools, json_string(shape, "tool"));
    else if (strcmp(scorer, "probe") == 0)
        answer_probe(score, reply, shape);
    else if (strcmp(scorer, "value") == 0)
        answer_value(score, reply, shape);
    else
        answer_instructions(score, reply, shape);
}

static bool is_found(const struct cJSON *shape, const struct cJSON *tools) {
    struct reading reading;
    struct score score;
    char failure[SCORE_FAILURE_MAX];
    read_shape(&reading, shape);
    struct reply reply = {.call = &reading.call,
                          .content = chat_content(reading.stream),
                          .reasoning = chat_reasoning(reading.stream)};
    reply.calls = chat_tool_calls(reading.stream, &reply.call_count);
    judge(&score, shape, &reply, tools);
    const char *found = score_failure(&score, failure);
    bool same = strcmp(found ? found : "", json_string(shape, "expect")) == 0;
    if (!same)
        print_message("%s:\n  %s expected, found %s (%s)\n", json_string(shape, "name"),
                      json_string(shape, "expect"), found ? found : "nothing wrong", score.detail);
    chat_stream_free(reading.stream);
    call_done(&reading.call);
    return same;
}

static void test_shapes(void **state) {
    (void)state;
    const struct embedded *suite = embed_find(embed_suites, "tool-call");
    struct cJSON *data = json_parse(suite->text, suite->length, NULL);
    struct error error = {0};
    struct buf text;
    const struct cJSON *shape;
    int wrong = 0, count = 0;
    buf_init(&text, 1 << 20);
    if (!buf_read_file(&text, SHAPES, &error))
        fail_msg("%s", error.text);
    struct cJSON *tree = json_parse(buf_string(&text), text.length, &error);
    if (!tree)
        fail_msg("%s", error.text);
    cJSON_ArrayForEach(shape, json_array(tree, "cases")) {
        wrong += !is_found(shape, json_array(data, "tools"));
        count++;
    }
    assert_true(count > 20);
    assert_int_equal(wrong, 0);
    json_free(tree);
    json_free(data);
    buf_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
