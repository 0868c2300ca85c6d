/* The eight engines' habits on the wire, held against facts/engines.md line by line; every one of
 * them alone and all at once. */
#include <cjson/cJSON.h>

#include "base/embed.h"
#include "sim_client.h"

#define MODELS 8
#define LOAD_MS 400

static struct bench bench;
static char folder[32];
static char *paths[MODELS];

/* The embedded profile with its habits, but ten times as fast: tests have no time. */
static void write_fast(const char *name, const char *path) {
    static const struct {
        const char *key;
        double value;
    } figures[] = {
        {"prefill_tps", 20000}, {"decode_tps", 500}, {"overhead_ms", 20}, {"load_ms", LOAD_MS}};
    const struct embedded *file = embed_find(embed_profiles, name);
    cJSON *tree = json_parse(file->text, file->length, NULL);
    struct buf text;
    buf_init(&text, (size_t)1 << 16);
    for (size_t i = 0; i < COUNT_OF(figures); i++)
        cJSON_ReplaceItemInObjectCaseSensitive(tree, figures[i].key,
                                               cJSON_CreateNumber(figures[i].value));
    json_print(&text, tree);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text.data, 1, text.length, out), text.length);
    fclose(out);
    buf_done(&text);
    json_free(tree);
}

static int start_all(void **state) {
    size_t count;
    const char *const *names = sim_profiles(&count);
    (void)state;
    bench = (struct bench){0};
    copy_text(folder, sizeof folder, "/tmp/pitwall-eight-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(count, MODELS);
    for (size_t i = 0; i < count; i++) {
        paths[i] = mem_format("%s/%s.json", folder, names[i]);
        write_fast(names[i], paths[i]);
    }
    start(&bench, (const char *const *)paths, count);
    return 0;
}

static int stop_all(void **state) {
    (void)state;
    stop(&bench);
    for (size_t i = 0; i < MODELS; i++) {
        unlink(paths[i]);
        free(paths[i]);
    }
    rmdir(folder);
    return 0;
}

static const char *url_of(const char *name) {
    for (size_t i = 0; i < bench.count; i++)
        if (strcmp(bench.endpoints[i].name, name) == 0)
            return bench.endpoints[i].url;
    fail_msg("no %s", name);
    return NULL;
}

static void expect_in(const char *name, const char *text, const char *part, bool there) {
    if (part != NULL && (strstr(text, part) != NULL) != there)
        fail_msg("%s: %s \"%s\" in:\n%s", name, there ? "no" : "there is", part, text);
}

/* Ask all eight the same at once; the caller hangs up. */
static void ask_all(struct client clients[MODELS], const char *more) {
    char *body = chat_body("Agent.", "Tell me.", 6, more);
    assert_int_equal(bench.count, MODELS);
    for (size_t i = 0; i < MODELS; i++)
        send_request(&clients[i], bench.endpoints[i].url, "POST", CHAT, "run/1", body);
    pump(clients, MODELS, 0);
    free(body);
}

static void hang_up_all(struct client clients[MODELS]) {
    for (size_t i = 0; i < MODELS; i++)
        hang_up(&clients[i]);
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

/* ---- streams ---- */

/* facts A.1, and the sections "Streaming" of each. */
static const struct {
    const char *name, *head, *first, *there[4], *absent[3];
    int usages; /* usage objects in a stream of 6 tokens that was asked for it */
} habits[] = {
    {"llama.cpp",
     "Server: llama.cpp",
     "\"delta\":{\"role\":\"assistant\",\"content\":null}",
     {"\"reasoning_content\":", "\"timings\":{", "\"system_fingerprint\":\"b9270\"",
      "\"cached_tokens\":0"},
     {"draft_n", NULL},
     1},
    {"mlx-lm",
     "HTTP/1.0 200",
     "\"delta\":{\"role\":\"assistant\",\"reasoning\":",
     {"Server: BaseHTTP", "\"object\":\"chat.completion\",", "\"cached_tokens\":0",
      "\"system_fingerprint\":\"0.32.0-"},
     {"Transfer-Encoding", "\"timings\"", "Content-Length"},
     1},
    {"lm-studio",
     "X-Powered-By: Express",
     "\"delta\":{\"role\":\"assistant\",\"reasoning_content\":",
     {"\"logprobs\":null", "\"system_fingerprint\":\"qwen3.6-35b-a3b-mtp\""},
     {"cached_tokens", "\"stats\""},
     1},
    {"rapid-mlx",
     "Server: uvicorn",
     "\"delta\":{\"role\":\"assistant\"}",
     {": keepalive\n", "\"reasoning_tokens\":"},
     {"cached_tokens", "\"reasoning_content\""}, /* automatic off, nothing cached */
     1},
    {"vllm-mlx",
     "Server: uvicorn",
     "\"delta\":{\"role\":\"assistant\"}",
     {"\"usage\":null", "\"reasoning_content\":"},
     {"cached_tokens"},
     2},
    {"omlx",
     "Server: uvicorn",
     "\"model\":\"keepalive\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}",
     {"\"delta\":{\"role\":\"assistant\"}",
      "\"generation_tokens_per_second\":", "\"cached_tokens\":0"},
     {"\"timings\""},
     1},
    {"vmlx",
     "Server: uvicorn",
     "\"delta\":{\"role\":\"assistant\"}",
     {"\"reasoning_content\":"},
     {"cached_tokens"},
     8}, /* 6 tokens, finish, last */
    {"ollama",
     "HTTP/1.1 200",
     "\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"reasoning\":",
     {"\"system_fingerprint\":\"fp_ollama\""},
     {"cached_tokens", "Server:"},
     1},
};

static void streams_have_their_habits(void **state) {
    struct client clients[MODELS];
    (void)state;
    ask_all(clients, STREAM);
    for (size_t i = 0; i < MODELS; i++) {
        const char *text = buf_string(&clients[i].reply), *name = habits[i].name;
        assert_string_equal(bench.endpoints[i].name, name);
        const char *body = strstr(text, "data: ");
        assert_non_null(body);
        char *frame = mem_bytes(body, strcspn(body, "\n"));
        expect_in(name, text, habits[i].head, true);
        expect_in(name, frame, habits[i].first, true);
        for (size_t k = 0; k < 4; k++)
            expect_in(name, text, habits[i].there[k], true);
        for (size_t k = 0; k < 3; k++)
            expect_in(name, text, habits[i].absent[k], false);
        expect_in(name, text, "data: [DONE]", true);
        if (count_of(text, "\"usage\":{") != (size_t)habits[i].usages)
            fail_msg("%s: %zu usages", name, count_of(text, "\"usage\":{"));
        free(frame);
    }
    hang_up_all(clients);
}

/* Without include_usage only vLLM-MLX tells any; llama.cpp its timings. */
static void usage_comes_when_asked(void **state) {
    struct client clients[MODELS];
    (void)state;
    ask_all(clients, ",\"stream\":true");
    for (size_t i = 0; i < MODELS; i++) {
        const char *text = buf_string(&clients[i].reply), *name = habits[i].name;
        expect_in(name, text, "\"usage\":{", strcmp(name, "vllm-mlx") == 0);
        expect_in(name, text, "\"timings\":{", strcmp(name, "llama.cpp") == 0);
    }
    hang_up_all(clients);
}

static void broken_streams_end_in_their_way(void **state) {
    static const struct {
        const char *there;
        bool done;
    } ends[MODELS] = {
        {"data: {\"error\":{", false},
        {NULL, false},
        {"data: {\"error\":{", false},
        {"data: {\"error\":{", true},
        {NULL, true},
        {"data: {\"error\":{", true},
        {"data: {\"error\":{", true},
        {"\"model\":\"\",\"choices\":[{\"index\":0", false},
    };
    struct client clients[MODELS];
    char *body = chat_body("Agent.", "Tell me.", 40, STREAM ",\"model\":\"script-breaks\"");
    (void)state;
    for (size_t i = 0; i < MODELS; i++)
        send_request(&clients[i], bench.endpoints[i].url, "POST", CHAT, "run/1", body);
    pump(clients, MODELS, 0);
    for (size_t i = 0; i < MODELS; i++) {
        const char *text = buf_string(&clients[i].reply), *name = habits[i].name;
        assert_int_equal(status_of(&clients[i]), 200);
        expect_in(name, text, ends[i].there, true);
        expect_in(name, text, "[DONE]", ends[i].done);
        expect_in(name, text, "\"finish_reason\":\"", false);
        if (ends[i].there == NULL)
            expect_in(name, text, "\"error\"", false);
    }
    free(body);
    hang_up_all(clients);
}

#define TOOL                                                                                       \
    ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"run_tests\",\"parameters\":{"     \
    "\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"all\":{\"type\":"        \
    "\"boolean\"}},\"required\":[\"path\",\"all\"]}}}]"

static void tool_calls_come_whole_or_in_pieces(void **state) {
    static const bool pieces[MODELS] = {true, false, true};
    struct client clients[MODELS];
    char *body = chat_body("Agent.", "Call run_tests for `core/sim`.", 200, STREAM TOOL);
    (void)state;
    for (size_t i = 0; i < MODELS; i++)
        send_request(&clients[i], bench.endpoints[i].url, "POST", CHAT, "run/1", body);
    pump(clients, MODELS, 0);
    for (size_t i = 0; i < MODELS; i++) {
        const char *text = buf_string(&clients[i].reply), *name = habits[i].name;
        size_t deltas = count_of(text, "\"tool_calls\":[");
        if (pieces[i] ? deltas < 3 : deltas != 1)
            fail_msg("%s: %zu deltas", name, deltas);
        expect_in(name, text, "{\\\"path\\\":\\\"core/sim\\\",\\\"all\\\":true}", !pieces[i]);
        expect_in(name, text, "\"finish_reason\":\"tool_calls\"", true);
        assert_int_equal(count_of(text, "\"name\":\"run_tests\""), 1);
        assert_int_equal(count_of(text, "\"index\":0,\"id\":\"call_"), 1);
    }
    free(body);
    hang_up_all(clients);
}

/* ---- thinking ---- */

#define KWARGS_OFF ",\"chat_template_kwargs\":{\"enable_thinking\":false}"
#define TOP_OFF ",\"enable_thinking\":false"
#define EFFORT_OFF ",\"reasoning_effort\":\"none\""

/* Each engine hears its own dialect and none of the others (facts A, "Thinking-off key"). */
static void thinking_is_switched_in_their_dialect(void **state) {
    static const char *const dialects[] = {"", KWARGS_OFF, TOP_OFF, EFFORT_OFF};
    static const char thinks[MODELS][4] = {
        /* default, kwargs, top level, effort */
        {1, 0, 1, 0}, {1, 0, 1, 1}, {1, 1, 1, 0}, {0, 0, 0, 0},
        {1, 0, 0, 1}, {1, 0, 1, 1}, {1, 0, 0, 1}, {1, 1, 1, 0},
    };
    (void)state;
    for (size_t k = 0; k < COUNT_OF(dialects); k++) {
        struct client clients[MODELS];
        char *more = mem_format(",\"stream\":true%s", dialects[k]);
        ask_all(clients, more);
        for (size_t i = 0; i < MODELS; i++) {
            const char *text = buf_string(&clients[i].reply);
            bool thought =
                strstr(text, "\"reasoning\":\"") || strstr(text, "\"reasoning_content\"");
            if (thought != thinks[i][k])
                fail_msg("%s thinks %d at '%s'", habits[i].name, thought, dialects[k]);
        }
        hang_up_all(clients);
        free(more);
    }
    char *on = chat_body("Agent.", "Tell me.", 6,
                         ",\"stream\":true,\"chat_template_kwargs\":{\"enable_thinking\":true}");
    char *reply;
    assert_int_equal(ask(url_of("rapid-mlx"), "POST", CHAT, on, &reply), 200);
    expect_in("rapid-mlx", reply, "\"reasoning_content\":\"", true);
    free(reply);
    free(on);
}

/* ---- identification and errors ---- */

static void routes_are_theirs(void **state) {
    static const struct {
        const char *name, *method, *path;
        int status;
        const char *there;
    } cases[] = {
        {"llama.cpp", "GET", "/v1/models", 200, "\"owned_by\":\"llamacpp\""},
        {"llama.cpp", "GET", "/props", 200, "\"build_info\":\"b9270\""},
        {"llama.cpp", "GET", "/slots", 200, "\"next_token\":[{"},
        {"llama.cpp", "GET", "/metrics", 501, "not_supported_error"},
        {"llama.cpp", "GET", "/api/version", 404, "{\"error\":{"},
        {"llama.cpp", "GET", "/v1/health", 200, "ok"},
        {"mlx-lm", "GET", "/health", 200, "ok"},
        {"mlx-lm", "GET", "/v1/models", 200, "Qwen3.6-35B-A3B-4bit"},
        {"mlx-lm", "GET", "/metrics", 404, "not found"},
        {"lm-studio", "GET", "/health", 200, "\"error\":\"Unexpected endpoint or method. (GET /he"},
        {"lm-studio", "GET", "/api/version", 200, "Unexpected endpoint"},
        {"lm-studio", "GET", "/api/v0/models", 200, "\"state\":\"loaded\""},
        {"lm-studio", "GET", "/api/v1/models", 200, "\"parallel\":4"},
        {"rapid-mlx", "GET", "/v1/models", 200, "\"owned_by\":\"rapid-mlx\""},
        {"rapid-mlx", "GET", "/", 200, "{\"status\":\"ok\"}"},
        {"rapid-mlx", "GET", "/healthz", 200, "ok"},
        {"rapid-mlx", "GET", "/metrics", 200, "rapid_mlx_build_info{version=\"0.6.66\"} 1"},
        {"rapid-mlx", "GET", "/openapi.json", 200, "\"version\":\"0.6.0\""},
        {"vllm-mlx", "GET", "/v1/models", 200, "\"owned_by\":\"vllm-mlx\""},
        {"vllm-mlx", "GET", "/health", 200, "\"engine_type\":"},
        {"vllm-mlx", "GET", "/openapi.json", 200, "\"version\":\"0.4.1\""},
        {"vllm-mlx", "GET", "/version", 404, "detail"},
        {"vllm-mlx", "GET", "/metrics", 404, "detail"},
        {"omlx", "GET", "/v1/models", 200, "\"owned_by\":\"omlx\""},
        {"omlx", "GET", "/health", 200, "\"engine_pool\":{"},
        {"omlx", "GET", "/api/status", 200, "\"version\":\"0.4.5\""},
        {"vmlx", "GET", "/v1/models", 200, "\"owned_by\":\"vmlx-engine\""},
        {"vmlx", "GET", "/", 200, "Ollama is running"},
        {"vmlx", "GET", "/api/version", 200, "0.12.6"},
        {"vmlx", "GET", "/health", 200, "\"status\":\"healthy\""},
        {"vmlx", "GET", "/openapi.json", 200, "\"title\":\"vmlx-engine API\""},
        {"ollama", "GET", "/", 200, "Ollama is running"},
        {"ollama", "GET", "/api/version", 200, "0.33.0"},
        {"ollama", "GET", "/api/ps", 200, "\"size_vram\":"},
        {"ollama", "GET", "/health", 404, "404"},
        {"ollama", "GET", "/v1/models", 200, "\"owned_by\":\"library\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *reply;
        int status = ask(url_of(cases[i].name), cases[i].method, cases[i].path, "", &reply);
        if (status != cases[i].status)
            fail_msg("%s %s: %d", cases[i].name, cases[i].path, status);
        expect_in(cases[i].name, reply, cases[i].there, true);
        free(reply);
    }
    char *reply;
    ask(url_of("mlx-lm"), "GET", "/v1/models", "", &reply);
    expect_in("mlx-lm", reply, "owned_by", false);
    free(reply);
}

static void errors_have_their_form(void **state) {
    char *bad = mem_string("{\"messages\":[]}"), *reply;
    char *other = chat_body("Agent.", "Tell me.", 4, ",\"model\":\"unheard-of\"");
    char *effort = chat_body("Agent.", "Tell me.", 4, ",\"reasoning_effort\":\"much\"");
    char *kwargs = chat_body("Agent.", "Tell me.", 4,
                             ",\"chat_template_kwargs\":{\"enable_thinking\":\"no\"}");
    (void)state;
    assert_int_equal(ask(url_of("llama.cpp"), "POST", CHAT, bad, &reply), 400);
    expect_in("llama.cpp", reply, "{\"error\":{\"message\":", true);
    free(reply);
    assert_int_equal(ask(url_of("llama.cpp"), "POST", CHAT, kwargs, NULL), 400);
    assert_int_equal(ask(url_of("omlx"), "POST", CHAT, kwargs, NULL), 200);
    assert_int_equal(ask(url_of("mlx-lm"), "POST", CHAT, bad, &reply), 0); /* not a word */
    assert_string_equal(reply, "");
    free(reply);
    assert_int_equal(ask(url_of("mlx-lm"), "POST", CHAT, other, &reply), 404);
    expect_in("mlx-lm", reply, "{\"error\":\"", true);
    free(reply);
    assert_int_equal(ask(url_of("lm-studio"), "POST", CHAT, bad, &reply), 400);
    expect_in("lm-studio", reply, "{\"error\":\"", true);
    free(reply);
    assert_int_equal(ask(url_of("vllm-mlx"), "POST", CHAT, other, NULL), 404);
    assert_int_equal(ask(url_of("ollama"), "POST", CHAT, effort, NULL), 400);
    free(bad);
    free(other);
    free(effort);
    free(kwargs);
}

/* ---- own APIs ---- */

#define NATIVE                                                                                     \
    "{\"messages\":[{\"role\":\"user\",\"content\":\"Tell me.\"}],\"think\":%s,"                   \
    "\"stream\":%s,\"options\":{\"num_predict\":%d}%s}"

static char *native(const char *name, const char *think, const char *stream, const char *more) {
    char *body = mem_format(NATIVE, think, stream, more[0] != '\0' ? 200 : 6, more), *reply;
    assert_int_equal(ask(url_of(name), "POST", "/api/chat", body, &reply), 200);
    free(body);
    return reply;
}

static void ollama_speaks_lines(void **state) {
    char *reply = native("ollama", "true", "true", "");
    (void)state;
    assert_int_equal(count_of(reply, "\"done\":false"), 6);
    expect_in("ollama", reply, "\"thinking\":\"", true);
    expect_in("ollama", reply, "\"done_reason\":\"length\"", true);
    expect_in("ollama", reply, "\"eval_count\":6", true);
    expect_in("ollama", reply, "\"eval_duration\":", true);
    free(reply);
    reply = native("ollama", "false", "false", TOOL);
    expect_in("ollama", reply, "\"thinking\"", false);
    expect_in("ollama", reply, "\"arguments\":{\"path\":", true); /* an object, not a text */
    free(reply);
    reply = native("vmlx", "false", "true", "");
    expect_in("vmlx", reply, "\"eval_count\":6", true);
    expect_in("vmlx", reply, "duration", false); /* H.9 */
    free(reply);
}

static void lm_studio_has_figures_of_its_own(void **state) {
    char *body = chat_body("Agent.", "Tell me.", 30, ""), *reply;
    (void)state;
    assert_int_equal(ask(url_of("lm-studio"), "POST", "/api/v0/chat/completions", body, &reply),
                     200);
    expect_in("lm-studio", reply, "\"stats\":{\"tokens_per_second\":", true);
    expect_in("lm-studio", reply, "\"accepted_draft_tokens_count\":", true);
    expect_in("lm-studio", reply, "\"runtime\":{", true);
    free(reply);
    assert_int_equal(ask(url_of("lm-studio"), "POST", CHAT, body, &reply), 200);
    expect_in("lm-studio", reply, "\"stats\"", false);
    free(reply);
    free(body);
}

/* Unload, see that it is gone, ask again: the first token waits for the load. */
static const struct {
    const char *name, *method, *path, *body;
    int status;
    const char *where, *gone;
} unloads[] = {
    {"ollama", "POST", "/api/generate", "{\"model\":\"m\",\"keep_alive\":0}", 200, "/api/ps",
     "{\"models\":[]}"},
    {"ollama", "POST", "/api/chat", "{\"messages\":[],\"keep_alive\":0}", 200, "/api/ps",
     "{\"models\":[]}"},
    {"lm-studio", "POST", "/api/v1/models/unload", "{\"instance_id\":\"m\"}", 200, "/api/v0/models",
     "\"state\":\"not-loaded\""},
    {"omlx", "POST", "/v1/models/Qwen3.6-27B-MLX-4bit/unload", "", 200, "/v1/models/status",
     "\"loaded\":false"},
    {"vmlx", "POST", "/admin/deep-sleep", "", 200, "/health", "\"standby_deep\""},
    {"rapid-mlx", "DELETE", "/v1/models/Qwopus3.6-35B-A3B-v1-MLX-4bit", "", 204, "/health",
     "\"model_loaded\":false"},
};

static void expect_gone(bool gone) {
    for (size_t i = 0; i < COUNT_OF(unloads); i++) {
        char *reply;
        assert_int_equal(ask(url_of(unloads[i].name), "GET", unloads[i].where, "", &reply), 200);
        expect_in(unloads[i].name, reply, unloads[i].gone, gone);
        free(reply);
    }
}

static void models_are_unloaded_and_come_back(void **state) {
    struct client clients[MODELS];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unloads); i++)
        assert_int_equal(
            ask(url_of(unloads[i].name), unloads[i].method, unloads[i].path, unloads[i].body, NULL),
            unloads[i].status);
    expect_gone(true);
    int64_t began = clock_ns();
    ask_all(clients, "");
    expect_gone(false);
    for (size_t i = 0; i < MODELS; i++)
        for (size_t k = 0; k < COUNT_OF(unloads); k++)
            if (strcmp(bench.endpoints[i].name, unloads[k].name) == 0)
                assert_true(clients[i].end_ns - began > LOAD_MS * MS); /* load_ms */
    hang_up_all(clients);
}

static void loading_shows_in_their_way(void **state) {
    char *body = chat_body("Agent.", "Tell me.", 2, ""), *reply;
    (void)state;
    int64_t began = clock_ns();
    for (size_t i = 0; i < bench.count; i++)
        assert_int_equal(ask(bench.endpoints[i].url, "POST", "/sim/restart", "", NULL), 200);
    assert_int_equal(ask(url_of("llama.cpp"), "GET", "/v1/models", "", &reply), 503);
    expect_in("llama.cpp", reply, "Loading model", true);
    free(reply);
    assert_int_equal(ask(url_of("rapid-mlx"), "GET", "/health", "", &reply), 200);
    expect_in("rapid-mlx", reply, "\"ready\":false", true);
    free(reply);
    assert_int_equal(ask(url_of("rapid-mlx"), "GET", "/readyz", "", NULL), 503);
    assert_int_equal(ask(url_of("rapid-mlx"), "POST", CHAT, body, NULL), 503);
    assert_int_equal(ask(url_of("vllm-mlx"), "GET", "/health", "", &reply), 200);
    expect_in("vllm-mlx", reply, "\"unhealthy\"", true);
    free(reply);
    assert_int_equal(ask(url_of("mlx-lm"), "GET", "/health", "", NULL), 200);
    assert_int_equal(ask(url_of("mlx-lm"), "POST", CHAT, body, NULL), 200);
    assert_true(clock_ns() - began > LOAD_MS * MS); /* it waited */
    free(body);
}

/* ---- signs of life ---- */

static void keepalives_fill_the_silence(void **state) {
    static const struct {
        const char *members, *mark;
        size_t least, most;
    } cases[] = {
        {",\"keepalive\":{\"comment\":\": heartbeat\",\"period_s\":0.05}", ": heartbeat\n", 4, 12},
        {",\"keepalive\":{\"frame\":true,\"first\":true,\"period_s\":0.05}",
         "\"model\":\"keepalive\"", 5, 13},
        {",\"keepalive\":{\"comment\":\": keepalive\",\"progress\":true,\"period_s\":0.05}",
         "/1010\n", 4, 12},
        {",\"keepalive\":{\"comment\":\": k\",\"first\":true}", ": k\n", 1, 1},
    };
    char *system = mem_alloc(4001);
    memset(system, 'a', 4000);
    system[4000] = '\0';
    char *body = chat_body(system, "Tell me.", 20, STREAM);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench one = {0};
        struct client client;
        const char *url = start_with(&one, FIGURES(4000, 1000), cases[i].members);
        send_request(&client, url, "POST", CHAT, "run/1", body);
        pump(&client, 1, 0);
        size_t count = count_of(buf_string(&client.reply), cases[i].mark);
        if (count < cases[i].least || count > cases[i].most)
            fail_msg("case %zu: %zu times\n%s", i, count, buf_string(&client.reply));
        hang_up(&client);
        stop(&one);
    }
    free(system);
    free(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(streams_have_their_habits, start_all, stop_all),
        cmocka_unit_test_setup_teardown(usage_comes_when_asked, start_all, stop_all),
        cmocka_unit_test_setup_teardown(broken_streams_end_in_their_way, start_all, stop_all),
        cmocka_unit_test_setup_teardown(tool_calls_come_whole_or_in_pieces, start_all, stop_all),
        cmocka_unit_test_setup_teardown(thinking_is_switched_in_their_dialect, start_all, stop_all),
        cmocka_unit_test_setup_teardown(routes_are_theirs, start_all, stop_all),
        cmocka_unit_test_setup_teardown(errors_have_their_form, start_all, stop_all),
        cmocka_unit_test_setup_teardown(ollama_speaks_lines, start_all, stop_all),
        cmocka_unit_test_setup_teardown(lm_studio_has_figures_of_its_own, start_all, stop_all),
        cmocka_unit_test_setup_teardown(models_are_unloaded_and_come_back, start_all, stop_all),
        cmocka_unit_test_setup_teardown(loading_shows_in_their_way, start_all, stop_all),
        cmocka_unit_test(keepalives_fill_the_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
