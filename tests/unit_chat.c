#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "net/chat.h"

static const struct dialect native = {.path = "/api/chat", .native_ollama = true};
static const struct dialect zero_is_zero = {.path = "/v1/chat/completions",
                                            .cached_absent_is_zero = true};

/* ---- one stream, fed in steps ---- */

struct reading {
    struct call call;
    struct chat_stream *stream;
    bool accepted;
};

static void begin(struct reading *r, const struct dialect *dialect, bool stream) {
    call_init(&r->call);
    r->call.start_us = 100;
    r->stream = chat_stream_new(dialect, stream);
    r->accepted = true;
}

static void feed(struct reading *r, const char *text, int64_t at_us) {
    r->accepted = r->accepted && chat_stream_feed(r->stream, &r->call, text, strlen(text), at_us);
}

static void end_with(struct reading *r, int status, enum error_class error, const char *detail) {
    r->call.end_us = 1000000;
    chat_stream_end(r->stream, &r->call, status, error, detail);
}

static void end(struct reading *r) {
    end_with(r, 200, ERROR_NONE, "");
}

static void done(struct reading *r) {
    chat_stream_free(r->stream);
    call_done(&r->call);
}

/* The whole text, cut in two at `cut`, or byte by byte (cut == SIZE_MAX). */
static void read_cut(struct reading *r, const struct dialect *dialect, const char *text,
                     size_t cut) {
    size_t length = strlen(text);
    begin(r, dialect, true);
    if (cut == SIZE_MAX) {
        for (size_t i = 0; i < length; i++)
            r->accepted = r->accepted && chat_stream_feed(r->stream, &r->call, text + i, 1, 200);
    } else {
        r->accepted = chat_stream_feed(r->stream, &r->call, text, cut, 200) &&
                      chat_stream_feed(r->stream, &r->call, text + cut, length - cut, 200);
    }
    end(r);
}

struct expected {
    const char *content, *reasoning, *tools, *finish;
    int chunks;
    int64_t prompt, cached, completion;
    enum tokens_source source;
    enum error_class error;
};

static void check(struct reading *r, const struct expected *x) {
    char *tools = chat_tool_calls_json(r->stream);
    assert_true(r->accepted);
    assert_string_equal(chat_content(r->stream), x->content ? x->content : "");
    assert_string_equal(chat_reasoning(r->stream), x->reasoning ? x->reasoning : "");
    assert_string_equal(tools ? tools : "", x->tools ? x->tools : "");
    assert_string_equal(r->call.finish, x->finish ? x->finish : "");
    assert_int_equal(r->call.chunks, x->chunks);
    assert_int_equal(r->call.chunk_us_count, x->chunks > 0 ? x->chunks - 1 : 0);
    assert_int_equal(r->call.prompt_tokens, x->prompt);
    assert_int_equal(r->call.cached_tokens, x->cached);
    assert_int_equal(r->call.completion_tokens, x->completion);
    assert_int_equal(r->call.tokens_source, x->source);
    assert_int_equal(r->call.error, x->error);
    assert_int_equal(r->call.ok, x->error == ERROR_NONE);
    assert_true((r->call.error_detail != NULL) == (x->error != ERROR_NONE));
    free(tools);
}

/* Wherever the bytes are cut, the same comes of it. */
static void expect(const struct dialect *dialect, const char *text, struct expected x) {
    struct reading r;
    size_t length = strlen(text);
    for (size_t cut = 0; cut <= length; cut++) {
        read_cut(&r, dialect, text, cut);
        check(&r, &x);
        done(&r);
    }
    read_cut(&r, dialect, text, SIZE_MAX);
    check(&r, &x);
    done(&r);
}

#define D(json) "data: " json "\n\n"
#define DELTA(members) D("{\"choices\":[{\"index\":0,\"delta\":{" members "}}]}")
#define FINISH(reason)                                                                             \
    D("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}")
#define DONE "data: [DONE]\n\n"

/* ---- each engine's shape ---- */

static void shape_llamacpp(void **state) {
    (void)state;
    expect(&dialect_openai,
           DELTA("\"role\":\"assistant\",\"content\":null") ":\n\n" DELTA(
               "\"reasoning_content\":\"Hm\"") DELTA("\"content\":\"A\"") DELTA("\"content\":\"B\"")
               FINISH("stop")
                   D("{\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,"
                     "\"total_tokens\":15,\"prompt_tokens_details\":{\"cached_tokens\":8}},"
                     "\"timings\":{\"cache_n\":8,\"prompt_n\":4,\"predicted_n\":3}}") DONE,
           (struct expected){"AB", "Hm", NULL, "stop", 3, 12, 8, 3, TOKENS_USAGE, ERROR_NONE});
}

static void timings_stand_in_for_usage(void **state) {
    struct reading r;
    (void)state;
    begin(&r, &dialect_openai, true);
    feed(&r, DELTA("\"content\":\"AB\""), 300);
    feed(&r,
         D("{\"model\":\"m\",\"system_fingerprint\":\"b1-x\",\"choices\":[{\"delta\":{},"
           "\"finish_reason\":\"length\"}],\"timings\":{\"cache_n\":5,\"prompt_n\":2,"
           "\"predicted_n\":7,\"predicted_ms\":1.5,\"prompt_per_second\":null}}"),
         400);
    end(&r);
    check(&r,
          &(struct expected){"AB", NULL, NULL, "length", 1, 7, 5, 7, TOKENS_TIMINGS, ERROR_NONE});
    assert_string_equal(r.call.server,
                        "{\"timings\":{\"cache_n\":5,\"prompt_n\":2,\"predicted_n\":7,"
                        "\"predicted_ms\":1.5,\"prompt_per_second\":null}}");
    assert_string_equal(chat_fingerprint(r.stream), "b1-x");
    done(&r);
}

static void shape_mlxlm(void **state) {
    (void)state;
    expect(
        &dialect_openai,
        ": keepalive 512/2048\n\n" DELTA("\"role\":\"assistant\",\"reasoning\":\"r\"")
            DELTA("\"role\":\"assistant\",\"content\":\"x\"") D(
                "{\"choices\":[{\"delta\":{\"role\":\"assistant\"},\"finish_reason\":\"stop\"}]}")
                D("{\"object\":\"chat.completion\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
                  "\"completion_tokens\":6,\"prompt_tokens_details\":{\"cached_tokens\":0}}}") DONE,
        (struct expected){"x", "r", NULL, "stop", 2, 9, 0, 6, TOKENS_USAGE, ERROR_NONE});
}

static void shape_rapidmlx(void **state) {
    const char *text = DELTA("\"role\":\"assistant\"") ": keepalive\n\n" DELTA(
        "\"content\":\"\",\"reasoning_content\":\"a\"") DELTA("\"content\":\"b\"")
        FINISH("json_schema_violation")
            D("{\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":2}}") DONE;
    (void)state;
    expect(&dialect_openai, text,
           (struct expected){"b", "a", NULL, "json_schema_vio", 2, 4, COUNT_NONE, 2, TOKENS_USAGE,
                             ERROR_NONE});
    expect(
        &zero_is_zero, text,
        (struct expected){"b", "a", NULL, "json_schema_vio", 2, 4, 0, 2, TOKENS_USAGE, ERROR_NONE});
}

static void shape_vllmmlx(void **state) {
    (void)state;
    expect(
        &dialect_openai,
        D("{\"usage\":null,\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}") ": "
                                                                                 "heartbeat\n\n" D(
                                                                                     "{\"usage\":"
                                                                                     "null,"
                                                                                     "\"choices\":["
                                                                                     "{\"delta\":{"
                                                                                     "\"content\":"
                                                                                     "\"<think>x\"}"
                                                                                     "}]}")
                                                                                     D("{\"usage\":"
                                                                                       "{\"prompt_"
                                                                                       "tokens\":3,"
                                                                                       "\"completio"
                                                                                       "n_tokens\":"
                                                                                       "5},"
                                                                                       "\"choices\""
                                                                                       ":[{"
                                                                                       "\"delta\":{"
                                                                                       "},"
                                                                                       "\"finish_"
                                                                                       "reason\":"
                                                                                       "\"stop\"}]"
                                                                                       "}")
                                                                                         D("{\"usag"
                                                                                           "e\":{"
                                                                                           "\"promp"
                                                                                           "t_"
                                                                                           "tokens"
                                                                                           "\":3,"
                                                                                           "\"compl"
                                                                                           "etion_"
                                                                                           "tokens"
                                                                                           "\":5},"
                                                                                           "\"choic"
                                                                                           "es\":[]"
                                                                                           "}")
                                                                                             DONE,
        (struct expected){"<think>x", NULL, NULL, "stop", 1, 3, COUNT_NONE, 5, TOKENS_USAGE,
                          ERROR_NONE});
}

static void shape_omlx(void **state) {
#define KEEPALIVE                                                                                  \
    D("{\"created\":0,\"model\":\"keepalive\",\"choices\":[{\"delta\":{\"content\":\"\"},"         \
      "\"finish_reason\":null}]}")
    struct reading r;
    (void)state;
    expect(&dialect_openai,
           KEEPALIVE KEEPALIVE DELTA("\"role\":\"assistant\"") DELTA("\"content\":\"a\"")
               KEEPALIVE FINISH("stop") DONE,
           (struct expected){"a", NULL, NULL, "stop", 1, COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS,
                             ERROR_NONE});
    begin(&r, &dialect_openai, true);
    feed(&r, KEEPALIVE, 150);
    assert_int_equal(r.call.first_byte_us, 150);
    assert_int_equal(r.call.first_token_us, MARK_NONE);
    feed(&r, DELTA("\"content\":\"a\"") FINISH("stop"), 400);
    feed(&r,
         D("{\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1,"
           "\"time_to_first_token\":0.12}}"),
         410);
    end(&r);
    assert_string_equal(r.call.server, "{\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1,"
                                       "\"time_to_first_token\":0.12}}");
    done(&r);
}

static void shape_vmlx(void **state) {
    (void)state;
    expect(&dialect_openai,
           DELTA("\"role\":\"assistant\"") DELTA("") D(
               "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":4,"
               "\"completion_tokens\":1}}")
               D("{\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"usage\":{\"prompt_tokens\":4,"
                 "\"completion_tokens\":2}}") FINISH("stop")
                   D("{\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":2,"
                     "\"prompt_tokens_details\":{\"cached_tokens\":3,\"cache_detail\":\"x\"}}}")
                       DONE,
           (struct expected){"ab", NULL, NULL, "stop", 2, 4, 3, 2, TOKENS_USAGE, ERROR_NONE});
    expect(&dialect_openai,
           DELTA("\"content\":\"[Model produced no response after 3 tries]\"") FINISH("stop") DONE,
           (struct expected){"[Model produced no response after 3 tries]", NULL, NULL, "stop", 1,
                             COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS, ERROR_STREAM});
}

static void shape_ollama(void **state) {
    (void)state;
    expect(
        &dialect_openai,
        DELTA("\"role\":\"assistant\",\"content\":\"\",\"reasoning\":\"t\"")
            DELTA("\"content\":\"a\"") FINISH("stop")
                D("{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}") DONE,
        (struct expected){"a", "t", NULL, "stop", 2, 5, COUNT_NONE, 2, TOKENS_USAGE, ERROR_NONE});
    /* an error in mid-stream: an empty chunk, then nothing */
    expect(&dialect_openai, DELTA("\"content\":\"a\"") DELTA("\"content\":\"\""),
           (struct expected){"a", NULL, NULL, NULL, 1, COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS,
                             ERROR_TRUNCATED});
}

static void shape_ollama_native(void **state) {
    struct reading r;
    const char *text =
        "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"\","
        "\"thinking\":\"t\"},\"done\":false}\n"
        "{\"model\":\"q\",\"message\":{\"content\":\"a\"},\"done\":false}\n"
        "{\"model\":\"q\",\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":"
        "\"f\",\"arguments\":{\"x\":[1,2]}}}]},\"done\":false}\n"
        "{\"model\":\"q\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\","
        "\"total_duration\":5000000123,\"prompt_eval_count\":7,\"eval_count\":4}\n";
    (void)state;
    expect(&native, text,
           (struct expected){"a", "t",
                             "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
                             "\"{\\\"x\\\":[1,2]}\"}}]",
                             "stop", 3, 7, COUNT_NONE, 4, TOKENS_TIMINGS, ERROR_NONE});
    read_cut(&r, &native, text, 0);
    assert_string_equal(r.call.server, "{\"durations_ns\":{\"total_duration\":5000000123,"
                                       "\"prompt_eval_count\":7,\"eval_count\":4}}");
    done(&r);
    /* stops silently; says an error */
    expect(&native, "{\"message\":{\"content\":\"a\"},\"done\":false}\n",
           (struct expected){"a", NULL, NULL, NULL, 1, COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS,
                             ERROR_TRUNCATED});
    expect(&native, "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"error\":\"oops\"}\n",
           (struct expected){"a", NULL, NULL, NULL, 1, COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS,
                             ERROR_STREAM});
}

/* ---- tool calls ---- */

#define TOOLS(array) DELTA("\"tool_calls\":[" array "]")
#define AB                                                                                         \
    "[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":"             \
    "\"{\\\"a\\\":1}\"}},"                                                                         \
    "{\"id\":\"2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]"

static void expect_tools(const char *text, const char *tools, int chunks) {
    expect(&dialect_openai, text,
           (struct expected){NULL, NULL, tools, "tool_calls", chunks, COUNT_NONE, COUNT_NONE,
                             chunks, TOKENS_CHUNKS, ERROR_NONE});
}

static void tools_in_fragments(void **state) {
    (void)state;
    expect_tools(
        TOOLS("{\"index\":0,\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
              "\"arguments\":\"\"}}") TOOLS("{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\"}}")
            TOOLS("{\"index\":0,\"function\":{\"arguments\":\"\\\":1}\"}}")
                TOOLS("{\"index\":1,\"id\":\"2\",\"function\":{\"name\":\"g\",\"arguments\":\"{}"
                      "\"}}") FINISH("tool_calls") DONE,
        AB, 4);
}

static void tools_interleaved(void **state) {
    (void)state;
    expect_tools(TOOLS("{\"index\":0,\"id\":\"1\",\"function\":{\"name\":\"f\"}},"
                       "{\"index\":1,\"id\":\"2\",\"function\":{\"name\":\"g\"}}")
                     TOOLS("{\"index\":1,\"function\":{\"arguments\":\"{\"}}") TOOLS(
                         "{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":1}\"}},"
                         "{\"index\":1,\"function\":{\"arguments\":\"}\"}}") FINISH("tool_calls"),
                 AB, 3);
}

static void tools_whole(void **state) {
    (void)state;
    expect_tools(TOOLS("{\"index\":0,\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":"
                       "\"{\\\"a\\\":1}\"}},{\"index\":1,\"id\":\"2\",\"function\":{\"name\":"
                       "\"g\",\"arguments\":\"{}\"}}") FINISH("tool_calls"),
                 AB, 1);
    /* every call with index 0: told apart by their ids */
    expect_tools(TOOLS("{\"index\":0,\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":"
                       "{\"a\":1}}}") TOOLS("{\"index\":0,\"id\":\"2\",\"function\":{\"name\":"
                                            "\"g\",\"arguments\":\"{}\"}}") FINISH("tool_calls"),
                 AB, 2);
}

static void tools_without_index(void **state) {
    (void)state;
    expect_tools(TOOLS("{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
                     TOOLS("{\"id\":\"2\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}}")
                         TOOLS("{\"id\":\"1\",\"function\":{\"arguments\":\"{\\\"a\\\":1}\"}}")
                             TOOLS("{\"function\":{\"arguments\":\"}\"}}") FINISH("tool_calls"),
                 AB, 4);
    /* by position only */
    expect_tools(
        TOOLS("{\"id\":\"1\",\"function\":{\"name\":\"f\"}},{\"id\":\"2\",\"function\":{\"name\":"
              "\"g\"}}") TOOLS("{\"function\":{\"arguments\":\"{\\\"a\\\"\"}},{\"function\":{"
                               "\"arguments\":\"{}\"}}")
            TOOLS("{\"function\":{\"arguments\":\":1}\"}},{\"function\":{}}") FINISH("tool_calls"),
        AB, 3);
}

static void tools_of_a_hostile_server(void **state) {
    struct reading r;
    size_t count;
    (void)state;
    begin(&r, &dialect_openai, true);
    for (int i = 0; i < 300 && r.accepted; i++)
        feed(&r, TOOLS("{\"function\":{\"name\":\"f\"}}"), 200 + i);
    assert_false(r.accepted);
    chat_tool_calls(r.stream, &count);
    assert_int_equal(count, 256);
    done(&r);
    /* no object, negative index, no function: nothing comes of it, nothing breaks */
    begin(&r, &dialect_openai, true);
    feed(&r, TOOLS("1,null,[],{},{\"index\":-5},{\"index\":1e300,\"function\":3}") FINISH("stop"),
         200);
    end(&r);
    assert_int_equal(r.call.chunks, 0);
    done(&r);
}

/* ---- marks ---- */

static void marks_and_deltas(void **state) {
    struct reading r;
    (void)state;
    begin(&r, &dialect_openai, true);
    feed(&r, DELTA("\"role\":\"assistant\",\"content\":\"\""), 110);
    feed(&r, ": ping\n\n", 120);
    feed(&r, DELTA("\"reasoning_content\":\"r\""), 1000);
    feed(&r, DELTA("\"content\":\"é\""), 2500);
    feed(&r, DELTA("\"content\":\"b\"") DELTA("\"content\":\"c\""), 3000); /* one read */
    feed(&r, FINISH("stop"), 9000);
    feed(&r, D("{\"choices\":[],\"usage\":{\"completion_tokens\":4}}") DONE, 9500);
    end(&r);
    assert_int_equal(r.call.first_byte_us, 110);
    assert_int_equal(r.call.first_token_us, 1000);
    assert_int_equal(r.call.first_content_us, 2500);
    assert_int_equal(r.call.last_token_us, 3000);
    assert_int_equal(r.call.chunks, 4);
    assert_int_equal(r.call.chunk_us[0], 1500);
    assert_int_equal(r.call.chunk_us[1], 500);
    assert_int_equal(r.call.chunk_us[2], 0);
    assert_int_equal(r.call.content_chars, 3);
    assert_int_equal(r.call.reasoning_chars, 1);
    assert_float_equal(r.call.ttft_ms, 0.9, 1e-9);
    assert_float_equal(r.call.decode_tps, 3 / 0.002, 1e-6);
    assert_true(r.call.ok);
    done(&r);
}

static void a_pure_tool_call_has_a_first_token(void **state) {
    struct reading r;
    (void)state;
    begin(&r, &dialect_openai, true);
    feed(&r, TOOLS("{\"index\":0,\"id\":\"1\",\"function\":{\"name\":\"f\"}}"), 500);
    end(&r);
    assert_int_equal(r.call.first_token_us, 500);
    assert_int_equal(r.call.first_content_us, 500);
    done(&r);
}

/* The same text under two names is one text. */
static void reasoning_is_not_doubled(void **state) {
    (void)state;
    expect(&dialect_openai, DELTA("\"reasoning\":\"r\",\"reasoning_content\":\"r\"") FINISH("stop"),
           (struct expected){NULL, "r", NULL, "stop", 1, COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS,
                             ERROR_NONE});
}

/* ---- counts ---- */

static void usage_of_zero_is_unknown(void **state) {
    (void)state;
    expect(&dialect_openai,
           DELTA("\"content\":\"a\"") FINISH("stop")
               D("{\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}"),
           (struct expected){"a", NULL, NULL, "stop", 1, COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS,
                             ERROR_NONE});
    expect(&dialect_openai,
           DELTA("\"content\":\"a\"") FINISH("stop")
               D("{\"choices\":[],\"usage\":{\"prompt_tokens\":-3,\"completion_tokens\":2.5}}"),
           (struct expected){"a", NULL, NULL, "stop", 1, COUNT_NONE, COUNT_NONE, 1, TOKENS_CHUNKS,
                             ERROR_NONE});
    /* a null after a value does not take it away */
    expect(&dialect_openai,
           D("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"completion_tokens\":6}}")
               D("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}"),
           (struct expected){"a", NULL, NULL, "stop", 1, COUNT_NONE, COUNT_NONE, 6, TOKENS_USAGE,
                             ERROR_NONE});
}

static void an_empty_answer(void **state) {
    (void)state;
    expect(
        &dialect_openai,
        DELTA("\"role\":\"assistant\"") FINISH("stop")
            D("{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":0}}"),
        (struct expected){NULL, NULL, NULL, "stop", 0, 3, COUNT_NONE, 0, TOKENS_USAGE, ERROR_NONE});
}

/* ---- errors ---- */

static void expect_error(const char *text, int status, enum error_class given, const char *detail,
                         enum error_class class, const char *shown) {
    struct reading r;
    begin(&r, &dialect_openai, true);
    feed(&r, text, 200);
    end_with(&r, status, given, detail);
    assert_int_equal(r.call.error, class);
    assert_string_equal(r.call.error_detail ? r.call.error_detail : "", shown);
    assert_int_equal(r.call.ok, class == ERROR_NONE);
    assert_int_equal(r.call.http_status, status);
    done(&r);
}

static void errors_in_the_stream(void **state) {
    (void)state;
    expect_error(DELTA("\"content\":\"a\"")
                     D("{\"error\":{\"code\":500,\"message\":\"boom\",\"type\":\"server_error\"}}"),
                 200, ERROR_NONE, "", ERROR_STREAM, "boom (server_error)");
    expect_error(DELTA("\"content\":\"a\"") FINISH("stop") D("{\"error\":\"late\"}") DONE, 200,
                 ERROR_NONE, "", ERROR_STREAM, "late");
    expect_error(DELTA("\"content\":\"a\"") D("{\"error\":{\"message\":\"m\"}}"), 200,
                 ERROR_TRUNCATED, "reset", ERROR_STREAM, "m");
    expect_error(D("{\"object\":\"error\",\"message\":\"old\"}"), 200, ERROR_NONE, "", ERROR_STREAM,
                 "old");
    expect_error(D("{\"error\":{\"what\":1}}"), 200, ERROR_NONE, "", ERROR_STREAM, "{\"what\":1}");
    expect_error(DELTA("\"content\":\"a\"") FINISH("error"), 200, ERROR_NONE, "", ERROR_STREAM,
                 "finish_reason is error");
    expect_error(D("{\"error\":null,\"choices\":[]}") FINISH("stop"), 200, ERROR_NONE, "",
                 ERROR_NONE, "");
    /* under HTTP 200, no event at all */
    expect_error("{\"error\":\"Unexpected endpoint or method. (POST /v1/x)\"}", 200, ERROR_NONE, "",
                 ERROR_STREAM, "Unexpected endpoint or method. (POST /v1/x)");
    expect_error("  \n {\"error\":{\"message\":\"cut\"}}", 200, ERROR_NONE, "", ERROR_STREAM,
                 "cut");
}

static void errors_are_made_visible(void **state) {
    (void)state;
    expect_error(D("{\"error\":\"a\\u001b[31mb\\nc\"}"), 200, ERROR_NONE, "", ERROR_STREAM,
                 "a\xE2\x90\x9B[31mb\xE2\x90\x8A"
                 "c");
    expect_error("", 0, ERROR_CONNECT, "no\x07 way", ERROR_CONNECT, "no\xE2\x90\x87 way");
}

static void errors_by_status(void **state) {
    (void)state;
    expect_error("{\"error\":{\"message\":\"too long\",\"type\":\"exceed_context_size_error\"}}",
                 400, ERROR_HTTP_4XX, "HTTP 400: {...", ERROR_HTTP_4XX,
                 "HTTP 400: too long (exceed_context_size_error)");
    expect_error("{\"detail\":\"busy\"}", 429, ERROR_HTTP_429, "x", ERROR_HTTP_429,
                 "HTTP 429: busy");
    expect_error("{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"bad\"}]}", 422, ERROR_HTTP_4XX, "x",
                 ERROR_HTTP_4XX, "HTTP 422: [{\"loc\":[\"body\"],\"msg\":\"bad\"}]");
    expect_error("Internal Server Error", 500, ERROR_HTTP_5XX, "HTTP 500: Internal Server Error",
                 ERROR_HTTP_5XX, "HTTP 500: Internal Server Error");
    expect_error("<html>no</html>", 502, ERROR_HTTP_5XX, "HTTP 502", ERROR_HTTP_5XX, "HTTP 502");
    expect_error("{\"error\":{\"message\":\"Loading model\",\"code\":503}}", 503, ERROR_LOADING,
                 "HTTP 503", ERROR_LOADING, "HTTP 503: Loading model");
}

static void malformed_streams(void **state) {
    struct reading r;
    (void)state;
    expect_error(DELTA("\"content\":\"a\"") D("{nonsense}") FINISH("stop") DONE, 200, ERROR_NONE,
                 "", ERROR_PROTOCOL,
                 "not JSON: a key in quotes is expected (at byte 1): "
                 "{nonsense}");
    expect_error(D("[1]") FINISH("stop"), 200, ERROR_NONE, "", ERROR_PROTOCOL,
                 "an event is no JSON object: [1]");
    expect_error(D("{\"choices\":3}") FINISH("stop"), 200, ERROR_NONE, "", ERROR_PROTOCOL,
                 "choices is no array");
    expect_error(DELTA("\"content\":5") FINISH("stop"), 200, ERROR_NONE, "", ERROR_PROTOCOL,
                 "content is no string");
    begin(&r, &dialect_openai, true);
    feed(&r, "<html>hello</html>", 200);
    end(&r);
    assert_int_equal(r.call.error, ERROR_PROTOCOL);
    done(&r);
}

static void ends(void **state) {
    (void)state;
    expect_error("", 200, ERROR_NONE, "", ERROR_TRUNCATED,
                 "the stream ended without a finish_reason");
    expect_error(DELTA("\"content\":\"a\"") DONE, 200, ERROR_NONE, "", ERROR_TRUNCATED,
                 "the stream ended without a finish_reason");
    /* an event that was cut off is truncated, not malformed */
    expect_error(DELTA("\"content\":\"a\"") "data: {\"choices\":[{\"del", 200, ERROR_NONE, "",
                 ERROR_TRUNCATED, "the stream ended without a finish_reason");
    /* [DONE] is optional, as is the empty line behind the last event */
    expect_error(DELTA("\"content\":\"a\"") "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}",
                 200, ERROR_NONE, "", ERROR_NONE, "");
    /* all was said: how the connection ended is no matter */
    expect_error(DELTA("\"content\":\"a\"") FINISH("stop") DONE, 200, ERROR_TRUNCATED, "reset",
                 ERROR_NONE, "");
    expect_error(DELTA("\"content\":\"a\"") FINISH("stop"), 200, ERROR_TRUNCATED, "reset",
                 ERROR_TRUNCATED, "reset");
    expect_error(DELTA("\"content\":\"a\"") FINISH("stop") DONE, 200, ERROR_CANCELLED, "cancelled",
                 ERROR_CANCELLED, "cancelled");
}

static void a_stall_behind_the_end_is_not_latency(void **state) {
    struct reading r;
    (void)state;
    begin(&r, &dialect_openai, true);
    feed(&r, DELTA("\"content\":\"a\"") FINISH("stop") DONE, 700);
    end_with(&r, 200, ERROR_TIMEOUT_STALL, "timeout_stall");
    assert_true(r.call.ok);
    assert_int_equal(r.call.end_us, 700);
    done(&r);
}

static void ceilings(void **state) {
    struct reading r;
    struct buf event;
    (void)state;
    buf_init(&event, 2 << 20);
    buf_text(&event, "data: {\"choices\":[{\"delta\":{\"content\":\"");
    while (event.length < 1 << 20)
        buf_text(&event, "0123456789abcdef");
    buf_text(&event, "\"}}]}\n\n");
    begin(&r, &dialect_openai, true);
    for (int i = 0; i < 7; i++)
        feed(&r, buf_string(&event), 200);
    assert_true(r.accepted);
    feed(&r, buf_string(&event), 200);
    feed(&r, buf_string(&event), 200);
    assert_false(r.accepted);
    assert_true(strlen(chat_content(r.stream)) <= 8 << 20);
    end_with(&r, 200, ERROR_TOO_LARGE, "too large");
    assert_int_equal(r.call.error, ERROR_TOO_LARGE);
    done(&r);
    buf_done(&event);
}

/* ---- a whole reply ---- */

static void whole_replies(void **state) {
    struct reading r;
    const char *text =
        "{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"hi\","
        "\"reasoning_content\":\"r\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\","
        "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9}}";
    (void)state;
    for (int asked = 0; asked < 2; asked++) { /* asked for, or a server that does not stream */
        begin(&r, &dialect_openai, asked == 0);
        feed(&r, "   ", 150);
        feed(&r, text, 5000);
        end(&r);
        check(&r, &(struct expected){"hi", "r",
                                     "[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":"
                                     "\"f\",\"arguments\":\"{}\"}}]",
                                     "stop", 0, 3, COUNT_NONE, 9, TOKENS_USAGE, ERROR_NONE});
        assert_int_equal(r.call.first_token_us, MARK_NONE);
        assert_int_equal(r.call.last_token_us, 5000);
        done(&r);
    }
    begin(&r, &native, false);
    feed(&r,
         "{\"message\":{\"content\":\"hi\"},\"done\":true,\"done_reason\":\"length\","
         "\"eval_count\":2}",
         300);
    end(&r);
    check(&r, &(struct expected){"hi", NULL, NULL, "length", 0, COUNT_NONE, COUNT_NONE, 2,
                                 TOKENS_TIMINGS, ERROR_NONE});
    done(&r);
    begin(&r, &dialect_openai, false);
    feed(&r, "{\"choices\":[", 300);
    end(&r);
    assert_int_equal(r.call.error, ERROR_PROTOCOL);
    done(&r);
}

/* ---- the body ---- */

static void expect_body(const struct chat_request *request, const struct dialect *dialect,
                        const char *expected) {
    struct buf out;
    struct error error = {0};
    buf_init(&out, 1 << 20);
    assert_true(chat_body(&out, request, dialect, &error));
    assert_string_equal(buf_string(&out), expected);
    buf_done(&out);
}

static const struct chat_message hello[] = {{.role = "system", .content = "S"},
                                            {.role = "user", .content = "a\"b\n\xC3\xA9"}};

static void body_openai(void **state) {
    struct chat_request request = {.model = "m",
                                   .messages = hello,
                                   .message_count = 2,
                                   .max_tokens = 64,
                                   .seed = 7,
                                   .stream = true};
    (void)state;
    expect_body(&request, &dialect_openai,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
                "{\"role\":\"user\",\"content\":\"a\\\"b\\n\xC3\xA9\"}],\"stream\":true,"
                "\"stream_options\":{\"include_usage\":true},\"max_tokens\":64,\"temperature\":0,"
                "\"seed\":7}");
    request.stream = false;
    request.thinking = THINKING_OFF;
    request.preserve_thinking_set = true;
    request.seed = UINT64_MAX;
    request.message_count = 1;
    request.tools = "[{\"type\":\"function\"}]";
    request.extra_body = "{\"top_k\":1,\"chat_template_kwargs\":{\"enable_thinking\":true,"
                         "\"x\":{\"y\":null}},\"seed\":null,\"temperature\":0.7}";
    expect_body(&request, &dialect_openai,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"}],"
                "\"tools\":[{\"type\":\"function\"}],\"stream\":false,\"max_tokens\":64,"
                "\"chat_template_kwargs\":{\"preserve_thinking\":false,\"enable_thinking\":true,"
                "\"x\":{\"y\":null}},\"top_k\":1,\"temperature\":0.7}");
}

static const struct chat_message history[] = {
    {.role = "assistant",
     .reasoning = "r",
     .tool_calls = "[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                   "\"arguments\":\"{\\\"a\\\":[]}\"}},{\"function\":{\"name\":\"g\","
                   "\"arguments\":\"not JSON\"}}]"},
    {.role = "tool", .content = "ok", .tool_call_id = "1"}};

static void body_with_history(void **state) {
    static const struct dialect plain = {.path = "/v1/chat/completions"};
    struct chat_request request = {.model = "m", .messages = history, .message_count = 2};
    (void)state;
    expect_body(&request, &plain,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\","
                "\"reasoning_content\":\"r\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\","
                "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":[]}\"}},{\"function\":{"
                "\"name\":\"g\",\"arguments\":\"not JSON\"}}]},{\"role\":\"tool\",\"content\":"
                "\"ok\",\"tool_call_id\":\"1\"}],\"stream\":false,\"temperature\":0}");
}

static void body_ollama(void **state) {
    struct chat_request request = {.model = "m",
                                   .messages = history,
                                   .message_count = 1,
                                   .max_tokens = 5,
                                   .thinking = THINKING_ON,
                                   .stream = true};
    (void)state;
    expect_body(&request, &native,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\","
                "\"thinking\":\"r\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\","
                "\"function\":{\"name\":\"f\",\"arguments\":{\"a\":[]}}},{\"function\":{\"name\":"
                "\"g\",\"arguments\":{}}}]}],\"stream\":true,\"options\":{\"num_predict\":5,"
                "\"temperature\":0},\"think\":true}");
}

static void expect_no_body(struct chat_request request, const char *why) {
    struct buf out;
    struct error error = {0};
    request.model = "m";
    buf_init(&out, 1 << 20);
    assert_false(chat_body(&out, &request, &dialect_openai, &error));
    assert_string_equal(error.text, why);
    assert_int_equal(out.length, 0);
    buf_done(&out);
}

static void bad_bodies(void **state) {
    static const struct chat_message bad[] = {{.role = "assistant", .tool_calls = "{}"}};
    (void)state;
    expect_no_body((struct chat_request){.extra_body = "[]"}, "extra_body: not a JSON object");
    expect_no_body((struct chat_request){.extra_body = "{"},
                   "extra_body: not JSON: the text ends early (at byte 1)");
    expect_no_body((struct chat_request){.tools = "{}"}, "tools: not a JSON array");
    expect_no_body((struct chat_request){.messages = bad, .message_count = 1},
                   "tool_calls: not a JSON array");
}

/* The short way gives what the full way gives: each stream again with a member that only the full
 * way takes. */
static void compare_ways(const char *chunk) {
    static const char *const heads[] = {"{", "{\"x_unknown\":1,"};
    struct reading way[2];
    for (int i = 0; i < 2; i++) {
        char *text =
            mem_format("data: {\"id\":\"a\",\"model\":\"m\",\"system_fingerprint\":\"f\","
                       "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n"
                       "data: %s%s\n\ndata: %s%s\n\ndata: %s%s\n\n"
                       "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                       "data: [DONE]\n\n",
                       heads[i], chunk, heads[i], chunk, heads[i], chunk);
        begin(&way[i], &dialect_openai, true);
        feed(&way[i], text, 300);
        end(&way[i]);
        free(text);
    }
    const struct call *a = &way[0].call, *b = &way[1].call;
    if (strcmp(chat_content(way[0].stream), chat_content(way[1].stream)) != 0 ||
        strcmp(chat_reasoning(way[0].stream), chat_reasoning(way[1].stream)) != 0)
        fail_msg("%s: '%s' and '%s'", chunk, chat_content(way[0].stream),
                 chat_content(way[1].stream));
    if (a->chunks != b->chunks || a->content_chars != b->content_chars ||
        a->reasoning_chars != b->reasoning_chars || a->error != b->error || a->ok != b->ok ||
        a->first_content_us != b->first_content_us || strcmp(a->finish, b->finish) != 0 ||
        a->completion_tokens != b->completion_tokens)
        fail_msg("%s: %d chunks, %d chunks", chunk, a->chunks, b->chunks);
    done(&way[0]);
    done(&way[1]);
}

static void test_short_way(void **state) {
    (void)state;
    static const char *const chunks[] = {
        "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"a\\n\\\"b\\u00e9\\ud83d\\ude00\"}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"\\u0000 half \\ud83d\"}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"\"}}]}",
        "\"choices\":[{\"delta\":{\"content\":null,\"reasoning_content\":\"why\"}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"x\",\"reasoning\":\"y\"}}]}",
        "\"choices\":[{\"delta\":{\"reasoning\":\"y\",\"reasoning_content\":\"z\"}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"one\",\"content\":\"two\"}}]}",
        "\"choices\":[{\"delta\":{\"con\\u0074ent\":\"escaped key\"}}]}",
        "\"choices\":[{\"delta\":{\"content\":7}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"length\"}]}",
        "\"choices\":[{\"delta\":{\"content\":\"x\"},\"logprobs\":{\"content\":[]}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"x\"}},{\"delta\":{\"content\":\"y\"}}]}",
        "\"choices\":[]}",
        "\"choices\":null}",
        "\"choices\":{}}",
        "\"choices\":[{\"message\":{\"content\":\"whole\"}}]}",
        "\"choices\":[{\"delta\":{\"tool_calls\":null,\"content\":\"x\"}}]}",
        "\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\","
        "\"arguments\":\"{}\"}}]}}]}",
        "\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":null}",
        "\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{\"completion_tokens\":9}}",
        "\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"error\":{\"message\":\"no\"}}",
        "\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"model\":\"keepalive\"}",
        "\"choices\":[{\"delta\":{\"content\":\"cut",
        "\"choices\":[{\"delta\":{\"content\":\"x\"}}]} trailing",
    };
    for (size_t i = 0; i < COUNT_OF(chunks); i++)
        compare_ways(chunks[i]);
}

/* Chunks that differ in their text alone; texts that could be mistaken for more than a text. */
static void test_same_around(void **state) {
    (void)state;
    static const char *const texts[] = {"plain",
                                        "x",
                                        "",
                                        "two words ",
                                        "d\\u00e9j\\u00e0",
                                        "a\\\"b",
                                        "back\\\\slash",
                                        "plain",
                                        "\xc3\xa9",
                                        "\\\"}}],\\\"usage\\\":{\\\"completion_tokens\\\":9}",
                                        "end"};
    struct buf all;
    buf_init(&all, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        buf_printf(&all,
                   "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}\n\n",
                   texts[i]);
    buf_text(&all, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    struct reading r;
    begin(&r, &dialect_openai, true);
    feed(&r, buf_string(&all), 300);
    end(&r);
    assert_string_equal(chat_content(r.stream), "plainxtwo words d\xc3\xa9j\xc3\xa0"
                                                "a\"bback\\slashplain\xc3\xa9"
                                                "\"}}],\"usage\":{\"completion_tokens\":9}end");
    assert_int_equal(r.call.chunks, COUNT_OF(texts) - 1); /* the empty one is no token */
    assert_int_equal(r.call.tokens_source, TOKENS_CHUNKS);
    assert_true(r.call.ok);
    done(&r);
    buf_done(&all);
    /* a second member hidden where the text was ends the likeness */
    begin(&r, &dialect_openai, true);
    feed(&r,
         "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
         "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n"
         "data: "
         "{\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"c\",\"reasoning\":\"d\"}}]}\n\n"
         "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
         300);
    end(&r);
    assert_string_equal(chat_content(r.stream), "abc");
    assert_string_equal(chat_reasoning(r.stream), "d");
    done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_llamacpp),
        cmocka_unit_test(timings_stand_in_for_usage),
        cmocka_unit_test(shape_mlxlm),
        cmocka_unit_test(shape_rapidmlx),
        cmocka_unit_test(shape_vllmmlx),
        cmocka_unit_test(shape_omlx),
        cmocka_unit_test(shape_vmlx),
        cmocka_unit_test(shape_ollama),
        cmocka_unit_test(shape_ollama_native),
        cmocka_unit_test(tools_in_fragments),
        cmocka_unit_test(tools_interleaved),
        cmocka_unit_test(tools_whole),
        cmocka_unit_test(tools_without_index),
        cmocka_unit_test(tools_of_a_hostile_server),
        cmocka_unit_test(marks_and_deltas),
        cmocka_unit_test(a_pure_tool_call_has_a_first_token),
        cmocka_unit_test(reasoning_is_not_doubled),
        cmocka_unit_test(usage_of_zero_is_unknown),
        cmocka_unit_test(an_empty_answer),
        cmocka_unit_test(errors_in_the_stream),
        cmocka_unit_test(errors_are_made_visible),
        cmocka_unit_test(errors_by_status),
        cmocka_unit_test(malformed_streams),
        cmocka_unit_test(ends),
        cmocka_unit_test(a_stall_behind_the_end_is_not_latency),
        cmocka_unit_test(ceilings),
        cmocka_unit_test(whole_replies),
        cmocka_unit_test(body_openai),
        cmocka_unit_test(body_with_history),
        cmocka_unit_test(body_ollama),
        cmocka_unit_test(bad_bodies),
        cmocka_unit_test(test_short_way),
        cmocka_unit_test(test_same_around),
    };
    return cmocka_run_group_tests_name("chat", tests, NULL, NULL);
}
