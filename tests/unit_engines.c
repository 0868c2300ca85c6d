/* Engines told apart by their pages, as the facts (engines.md) give them; and their models
 * unloaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engines/discover.h"
#include "engines/fetch.h"
#include "engines/unload.h"
#include "net/http.h"
#include "page_server.h"

#define JSON "Content-Type: application/json\r\n"
#define REST                                                                                       \
    { NULL, 404, JSON, "{\"detail\":\"Not Found\"}" }

/* B.2, B.3 */
static const struct page llamacpp[] = {
    {"GET /v1/models ", 200, "Server: llama.cpp\r\n" JSON,
     "{\"models\":[{\"name\":\"a.gguf\"}],\"data\":[{\"id\":\"a.gguf\",\"owned_by\":\"llamacpp\","
     "\"meta\":{\"n_ctx\":65536,\"n_ctx_train\":131072,\"ftype\":\"Q4_K - Medium\"}}]}"},
    {"GET /health ", 200, "Server: llama.cpp\r\n" JSON, "{\"status\":\"ok\"}"},
    {"GET /props ", 200, "Server: llama.cpp\r\n" JSON,
     "{\"build_info\":\"b9999-abcdef0\",\"default_generation_settings\":{\"n_ctx\":32768}}"},
    {NULL, 404, "Server: llama.cpp\r\n" JSON, "{\"error\":{\"message\":\"File Not Found\"}}"}};
/* B.3: every route while loading */
static const struct page llamacpp_loading[] = {
    {NULL, 503, "Server: llama.cpp\r\n" JSON,
     "{\"error\":{\"message\":\"Loading model\",\"type\":\"unavailable_error\",\"code\":503}}"}};
static const struct page llamacpp_router[] = {
    {"GET /v1/models ", 200, "Server: llama.cpp\r\n" JSON,
     "{\"data\":[{\"id\":\"one\",\"owned_by\":\"llamacpp\",\"status\":{\"value\":\"unloaded\"}},"
     "{\"id\":\"two\",\"owned_by\":\"llamacpp\",\"status\":{\"value\":\"loaded\"}}]}"},
    {"GET /health ", 200, "Server: llama.cpp\r\n" JSON, "{\"status\":\"ok\"}"},
    {"GET /props ", 200, "Server: llama.cpp\r\n" JSON,
     "{\"build_info\":\"b1\",\"role\":\"router\",\"model_path\":\"none\"}"},
    {"POST /models/unload ", 200, "Server: llama.cpp\r\n" JSON, "{\"success\":true}"},
    REST};
/* C.2: no owned_by, the cache's models first */
static const struct page mlxlm[] = {
    {"GET /v1/models ", 200, "Server: BaseHTTP/0.6 Python/3.12.4\r\n" JSON,
     "{\"object\":\"list\",\"data\":[{\"id\":\"mlx-community/A-4bit\",\"object\":\"model\"},"
     "{\"id\":\"/models/B\",\"object\":\"model\"}]}"},
    {"GET /health ", 200, "Server: BaseHTTP/0.6 Python/3.12.4\r\n" JSON, "{\"status\":\"ok\"}"},
    {NULL, 404, "Server: BaseHTTP/0.6 Python/3.12.4\r\n", "Not Found"}};
/* D.2: 200 to everything, states in its own list */
static const struct page lmstudio[] = {
    {"GET /v1/models ", 200, "X-Powered-By: Express\r\n" JSON,
     "{\"data\":[{\"id\":\"nomic-embed\",\"owned_by\":\"organization_owner\"},"
     "{\"id\":\"qwen\",\"owned_by\":\"organization_owner\"}]}"},
    {"GET /api/v0/models ", 200, "X-Powered-By: Express\r\n" JSON,
     "{\"data\":[{\"id\":\"nomic-embed\",\"type\":\"embeddings\",\"state\":\"loaded\"},"
     "{\"id\":\"big\",\"type\":\"llm\",\"state\":\"not-loaded\",\"compatibility_type\":\"gguf\"},"
     "{\"id\":\"qwen\",\"type\":\"llm\",\"state\":\"loaded\",\"compatibility_type\":\"mlx\","
     "\"quantization\":\"4bit\",\"max_context_length\":262144}]}"},
    {"GET /api/v1/models ", 200, JSON,
     "{\"models\":[{\"key\":\"qwen\",\"loaded_instances\":[{\"id\":\"qwen\","
     "\"config\":{\"context_length\":8192}}]}]}"},
    {NULL, 200, "X-Powered-By: Express\r\n" JSON,
     "{\"error\":\"Unexpected endpoint or method. (GET /x)\"}"}};
/* E.2 */
static const struct page rapid[] = {
    {"GET /v1/models ", 200, "server: uvicorn\r\n" JSON,
     "{\"data\":[{\"id\":\"Q-4bit\",\"owned_by\":\"rapid-mlx\",\"context_window\":32768}]}"},
    {"GET /health ", 200, JSON,
     "{\"status\":\"healthy\",\"ready\":true,\"model_loaded\":true,\"model_name\":\"Q-4bit\"}"},
    {"GET /metrics ", 200, "Content-Type: text/plain\r\n",
     "# HELP x y\nrapid_mlx_build_info{version=\"0.12.18\",python=\"3.12\"} 1\n"},
    {"GET /openapi.json ", 200, JSON, "{\"info\":{\"title\":\"x\",\"version\":\"0.6.0\"}}"},
    REST};
static const struct page rapid_keyed[] = {
    {"GET /v1/models ", 401, JSON, "{\"error\":{\"message\":\"key\"}}"},
    {"GET /health ", 200, JSON, "{\"status\":\"healthy\",\"ready\":false,\"model_loaded\":false}"},
    REST};
/* F.2 */
static const struct page vllmmlx[] = {
    {"GET /v1/models ", 200, "server: uvicorn\r\n" JSON,
     "{\"data\":[{\"id\":\"e\",\"owned_by\":\"vllm-mlx-embedding\"},"
     "{\"id\":\"Q-8bit\",\"owned_by\":\"vllm-mlx\"}]}"},
    {"GET /health ", 200, JSON,
     "{\"status\":\"healthy\",\"model_loaded\":true,\"model_name\":\"Q-8bit\","
     "\"engine_type\":\"simple\",\"mcp\":null}"},
    {"GET /openapi.json ", 200, JSON,
     "{\"info\":{\"title\":\"vllm-mlx API\",\"version\":\"0.4.1\"}}"},
    REST};
/* G.2 */
static const struct page omlx[] = {
    {"GET /v1/models ", 200, JSON,
     "{\"data\":[{\"id\":\"A\",\"owned_by\":\"omlx\",\"max_model_len\":1000},"
     "{\"id\":\"B\",\"owned_by\":\"omlx\",\"max_model_len\":262144}]}"},
    {"GET /health ", 200, JSON,
     "{\"status\":\"healthy\",\"default_model\":\"A\",\"engine_pool\":{\"loaded_count\":1}}"},
    {"GET /api/status ", 200, JSON, "{\"version\":\"0.4.5\"}"},
    {"GET /v1/models/status ", 200, JSON,
     "{\"models\":[{\"id\":\"A\",\"loaded\":false},{\"id\":\"B\",\"loaded\":true}]}"},
    {"POST /v1/models/B/unload ", 400, JSON, "{\"detail\":\"Model not loaded\"}"},
    {"POST /v1/models/A/unload ", 200, JSON, "{\"status\":\"ok\"}"},
    REST};
/* H.2: it imitates Ollama */
#define VMLX_IMITATES                                                                              \
    {"GET / ", 200, "", "Ollama is running"},                                                      \
        {"GET /api/version ", 200, JSON, "{\"version\":\"0.12.6\"}"},                              \
        {"GET /api/tags ", 200, JSON, "{\"models\":[{\"name\":\"J\"}]}"},                          \
        {"GET /health ", 200, JSON,                                                                \
         "{\"status\":\"standby_deep\",\"model_loaded\":false,\"model_name\":\"J\","               \
         "\"engine_type\":\"simple\",\"memory\":{\"active_mb\":1}}"},                              \
    {                                                                                              \
        "GET /openapi.json ", 200, JSON,                                                           \
            "{\"info\":{\"title\":\"vmlx-engine API\",\"version\":\"1.5.25\"}}"                    \
    }
static const struct page vmlx[] = {
    {"GET /v1/models ", 200, JSON, "{\"data\":[{\"id\":\"J\",\"owned_by\":\"vmlx-engine\"}]}"},
    VMLX_IMITATES,
    REST};
static const struct page vmlx_keyed[] = {{"GET /v1/models ", 401, JSON, "{}"}, VMLX_IMITATES, REST};
/* I.2, I.3 */
static const struct page ollama[] = {
    {"GET /v1/models ", 200, JSON,
     "{\"data\":[{\"id\":\"z:1b\",\"owned_by\":\"library\"},"
     "{\"id\":\"q:35b\",\"owned_by\":\"library\"}]}"},
    {"GET /api/version ", 200, JSON, "{\"version\":\"0.33.0\"}"},
    {"GET /api/ps ", 200, JSON,
     "{\"models\":[{\"name\":\"q:35b\",\"context_length\":32768,"
     "\"details\":{\"format\":\"gguf\",\"quantization_level\":\"Q4_K_M\"}}]}"},
    {"GET /api/tags ", 200, JSON,
     "{\"models\":[{\"name\":\"z:1b\",\"details\":{\"format\":\"gguf\","
     "\"quantization_level\":\"Q8_0\"}},{\"name\":\"q:35b\"}]}"},
    {"POST /api/generate ", 200, JSON, "{\"done\":true,\"done_reason\":\"unload\"}"},
    {NULL, 404, "Content-Type: text/plain\r\n", "404 page not found"}};
static const struct page vllm[] = {
    {"GET /v1/models ", 200, "server: uvicorn\r\n" JSON,
     "{\"data\":[{\"id\":\"Qwen/Q\",\"owned_by\":\"vllm\",\"max_model_len\":40960}]}"},
    {"GET /health ", 200, "", ""},
    {"GET /version ", 200, JSON, "{\"version\":\"0.11.0\"}"},
    REST};
static const struct page plain[] = {{"GET /v1/models ", 200, JSON, "{\"data\":[{\"id\":\"m\"}]}"},
                                    REST};

static const char *no_key(const char *variable) {
    (void)variable;
    return NULL;
}

static void look_at(int port, struct endpoint *endpoint, struct finding *finding) {
    endpoint->url = mem_format("http://127.0.0.1:%d", port);
    identify(endpoint, 1, no_key, 5000, finding);
}

struct expected {
    const struct page *pages;
    enum engine_id engine;
    const char *version, *model, *format, *quant;
    int64_t context;
    enum verdict3 loaded;
    enum endpoint_state state;
};

static const struct expected table[] = {
    {llamacpp, ENGINE_LLAMACPP, "b9999-abcdef0", "a.gguf", "GGUF", "Q4_K - Medium", 32768,
     CHECK_YES, ENDPOINT_UP},
    {llamacpp_loading, ENGINE_LLAMACPP, NULL, NULL, "GGUF", NULL, COUNT_NONE, CHECK_NONE,
     ENDPOINT_LOADING},
    {llamacpp_router, ENGINE_LLAMACPP, "b1", "two", "GGUF", NULL, COUNT_NONE, CHECK_YES,
     ENDPOINT_UP},
    {mlxlm, ENGINE_MLXLM, NULL, "default_model", "MLX", NULL, COUNT_NONE, CHECK_NONE, ENDPOINT_UP},
    {lmstudio, ENGINE_LMSTUDIO, NULL, "qwen", "MLX", "4bit", 8192, CHECK_YES, ENDPOINT_UP},
    {rapid, ENGINE_RAPIDMLX, "0.12.18", "Q-4bit", "MLX", "4bit", 32768, CHECK_YES, ENDPOINT_UP},
    {rapid_keyed, ENGINE_RAPIDMLX, NULL, NULL, "MLX", NULL, COUNT_NONE, CHECK_NO, ENDPOINT_LOADING},
    {vllmmlx, ENGINE_VLLMMLX, "0.4.1", "Q-8bit", "MLX", "8bit", COUNT_NONE, CHECK_YES, ENDPOINT_UP},
    {omlx, ENGINE_OMLX, "0.4.5", "B", "MLX", NULL, 262144, CHECK_YES, ENDPOINT_UP},
    {vmlx, ENGINE_VMLX, "1.5.25", "J", "MLX", NULL, COUNT_NONE, CHECK_NO, ENDPOINT_UP},
    {vmlx_keyed, ENGINE_VMLX, "1.5.25", "J", "MLX", NULL, COUNT_NONE, CHECK_NO, ENDPOINT_UP},
    {ollama, ENGINE_OLLAMA, "0.33.0", "q:35b", "GGUF", "Q4_K_M", 32768, CHECK_YES, ENDPOINT_UP},
    {vllm, ENGINE_OPENAI, "vLLM 0.11.0", "Qwen/Q", NULL, NULL, 40960, CHECK_NONE, ENDPOINT_UP},
    {plain, ENGINE_OPENAI, NULL, "m", NULL, NULL, COUNT_NONE, CHECK_NONE, ENDPOINT_UP},
};

static void assert_text(const char *got, const char *want) {
    if (want)
        assert_non_null(got);
    if (want)
        assert_string_equal(got, want);
    else
        assert_null(got);
}

static void assert_found(const struct finding *finding, const struct expected *want) {
    assert_true(finding->serves);
    assert_int_equal(finding->engine, want->engine);
    assert_int_equal(finding->state, want->state);
    assert_text(finding->version, want->version);
    assert_text(finding->model, want->model);
    assert_text(finding->format, want->format);
    assert_text(finding->quant, want->quant);
    assert_int_equal(finding->context, want->context);
    assert_int_equal(finding->loaded, want->loaded);
    assert_true(finding->how[0] != '\0');
}

static void test_each_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct pages server;
        struct endpoint endpoint = {.engine = ENGINE_OPENAI};
        struct finding finding;
        pages_start(&server, table[i].pages);
        look_at(server.port, &endpoint, &finding);
        assert_found(&finding, &table[i]);
        finding_done(&finding);
        endpoint_done(&endpoint);
        pages_stop(&server);
    }
}

/* The port says nothing: every order of servers on the ports gives the same findings. */
static void test_all_at_once(void **state) {
    (void)state;
    struct pages servers[COUNT_OF(table)];
    int ports[COUNT_OF(table)];
    struct discovery discovery;
    for (size_t shift = 1; shift < COUNT_OF(table); shift += 5) {
        for (size_t i = 0; i < COUNT_OF(table); i++) {
            pages_start(&servers[i], table[(i + shift) % COUNT_OF(table)].pages);
            ports[i] = servers[i].port;
        }
        discover_ports(&discovery, ports, COUNT_OF(table), 5000);
        assert_int_equal(discovery.count, COUNT_OF(table));
        for (size_t i = 0; i < COUNT_OF(table); i++) {
            assert_found(&discovery.findings[i], &table[(i + shift) % COUNT_OF(table)]);
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(discovery.endpoints[i].name, discovery.endpoints[k].name);
            finding_done(&discovery.findings[i]);
        }
        for (size_t i = 0; i < COUNT_OF(table); i++)
            endpoint_done(&discovery.endpoints[i]);
        free(discovery.endpoints);
        free(discovery.findings);
        for (size_t i = 0; i < COUNT_OF(table); i++)
            pages_stop(&servers[i]);
    }
}

/* Web servers that are no engines, and hostile ones. */
static void test_others_are_none(void **state) {
    (void)state;
    static const struct page site[] = {{NULL, 200, "Server: nginx\r\n", "<html>hello</html>"}};
    static const struct page yes[] = {{NULL, 200, JSON, "{\"status\":\"ok\"}"}};
    static const struct page odd[] = {
        {"GET /v1/models ", 200, JSON, "{\"data\":{\"owned_by\":\"omlx\"}}"},
        {"GET /health ", 200, JSON, "[1,2,3]"},
        {"GET /api/version ", 200, JSON, "{\"version\":7}"},
        {NULL, 404, JSON, "{\"data\":["}};
    static const struct page *const all[] = {site, yes, odd};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct pages server;
        struct discovery discovery;
        pages_start(&server, all[i]);
        discover_ports(&discovery, &server.port, 1, 3000);
        assert_int_equal(discovery.count, 0);
        free(discovery.endpoints);
        free(discovery.findings);
        pages_stop(&server);
    }
}

static void test_odd_models(void **state) {
    (void)state;
    static const struct page odd[] = {
        {"GET /v1/models ", 200, JSON,
         "{\"data\":[7,null,{\"owned_by\":1},{\"id\":5,\"owned_by\":\"omlx-x\"},[],{\"id\":\"\"}]"
         "}"},
        {NULL, 200, JSON, "{\"models\":{\"id\":3},\"engine_pool\":1}"}};
    struct pages server;
    struct endpoint endpoint = {.engine = ENGINE_OPENAI};
    struct finding finding;
    pages_start(&server, odd);
    look_at(server.port, &endpoint, &finding);
    assert_int_equal(finding.engine, ENGINE_OMLX);
    assert_null(finding.model);
    assert_null(finding.version);
    finding_done(&finding);
    endpoint_done(&endpoint);
    pages_stop(&server);
}

/* One that never answers costs its time, and the others nothing. */
static void test_silence_is_bounded(void **state) {
    (void)state;
    static const struct page silent[] = {{NULL, 0, "", ""}};
    struct pages servers[3];
    int ports[4] = {0, 0, 0, 1};
    struct endpoint endpoints[4];
    struct finding findings[4];
    pages_start(&servers[0], silent);
    pages_start(&servers[1], omlx);
    pages_start(&servers[2], ollama);
    for (size_t i = 0; i < 4; i++) {
        endpoint_init(&endpoints[i]);
        endpoints[i].url = mem_format("http://127.0.0.1:%d", i < 3 ? servers[i].port : ports[i]);
    }
    int64_t from = clock_us();
    identify(endpoints, 4, no_key, 600, findings);
    assert_in_range(clock_us() - from, 0, 1500000);
    assert_int_equal(findings[0].state, ENDPOINT_LOADING); /* connected, no answer yet */
    assert_false(findings[0].serves);
    assert_int_equal(findings[1].engine, ENGINE_OMLX);
    assert_string_equal(findings[1].version, "0.4.5");
    assert_int_equal(findings[2].engine, ENGINE_OLLAMA);
    assert_int_equal(findings[3].state, ENDPOINT_DOWN);
    assert_true(findings[3].detail[0] != '\0');
    for (size_t i = 0; i < 4; i++) {
        finding_done(&findings[i]);
        endpoint_done(&endpoints[i]);
    }
    for (size_t i = 0; i < 3; i++)
        pages_stop(&servers[i]);
}

/* What the user said stays; the model that was named is looked up, not another. */
static void test_the_user_is_right(void **state) {
    (void)state;
    struct pages server;
    struct endpoint endpoint = {.engine = ENGINE_OPENAI};
    struct finding finding;
    pages_start(&server, ollama);
    endpoint.model = mem_string("z:1b");
    endpoint.engine_version = mem_string("mine");
    look_at(server.port, &endpoint, &finding);
    assert_string_equal(finding.quant, "Q8_0");
    assert_int_equal(finding.loaded, CHECK_NO);
    finding_apply(&finding, &endpoint);
    assert_int_equal(endpoint.engine, ENGINE_OLLAMA);
    assert_string_equal(endpoint.model, "z:1b");
    assert_string_equal(endpoint.engine_version, "mine");
    assert_string_equal(endpoint.quant, "Q8_0");
    finding_done(&finding);
    free(endpoint.url);
    endpoint.url = NULL;
    endpoint.engine = ENGINE_OPENAI;
    endpoint.engine_set = true;
    look_at(server.port, &endpoint, &finding);
    finding_apply(&finding, &endpoint);
    assert_int_equal(endpoint.engine, ENGINE_OPENAI);
    finding_done(&finding);
    endpoint_done(&endpoint);
    pages_stop(&server);
}

static const char *key_of(const char *variable) {
    return strcmp(variable, "GOOD") == 0 ? "s3cret" : strcmp(variable, "BAD") == 0 ? "a\r\nb" : "";
}

static void test_key(void **state) {
    (void)state;
    struct pages server;
    struct finding finding;
    struct endpoint endpoint = {.engine = ENGINE_OPENAI, .key_variable = mem_string("GOOD")};
    pages_start(&server, omlx);
    endpoint.url = mem_format("http://127.0.0.1:%d", server.port);
    identify(&endpoint, 1, key_of, 3000, &finding);
    assert_non_null(
        strstr(pages_asked(&server, "GET /v1/models "), "Authorization: Bearer s3cret\r\n"));
    assert_non_null(
        strstr(pages_asked(&server, "GET /api/status "), "Authorization: Bearer s3cret\r\n"));
    assert_null(fetch_key_header("BAD", key_of));
    assert_null(fetch_key_header("NONE", key_of));
    finding_done(&finding);
    endpoint_done(&endpoint);
    pages_stop(&server);
}

static const struct page keyed[] = {{"GET /v1/models ", 401, JSON, "{\"error\":{}}"}, REST};

/* What it is told depends on what is missing: the variable's name, the key in it, the right one. */
static void test_a_key_is_wanted(void **state) {
    (void)state;
    static const struct {
        const char *variable, *detail;
    } cases[] = {{NULL, "it wants a key; put it into a variable and name that: key_env=NAME"},
                 {"NONE", "it wants a key, and the variable NONE holds none"},
                 {"GOOD", "it refuses the key in GOOD"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pages server;
        struct finding finding;
        struct endpoint endpoint = {.engine = ENGINE_OPENAI,
                                    .key_variable = mem_string(cases[i].variable)};
        pages_start(&server, keyed);
        endpoint.url = mem_format("http://127.0.0.1:%d", server.port);
        identify(&endpoint, 1, key_of, 3000, &finding);
        assert_true(finding.refused && !finding.serves);
        assert_int_equal(finding.state, ENDPOINT_UP);
        assert_non_null(strstr(finding.detail, "HTTP 401"));
        assert_non_null(strstr(finding.detail, cases[i].detail));
        finding_done(&finding);
        endpoint_done(&endpoint);
        pages_stop(&server);
    }
}

static void test_quant_in_name(void **state) {
    (void)state;
    static const char *const names[][2] = {{"mlx-community/Qwen3.6-35B-A3B-4bit", "4bit"},
                                           {"Qwen3.6-35B-A3B-UD-Q4_K_XL.gguf", "Q4_K_XL"},
                                           {"q3:35b-a3b-q4_K_M", "q4_K_M"},
                                           {"x-IQ4_XS", "IQ4_XS"},
                                           {"gpt-oss-20b-MXFP4", "MXFP4"},
                                           {"model-bf16", "bf16"},
                                           {"m/8bit-DWQ", "8bit"},
                                           {"Qwen3.6-35B", NULL},
                                           {"orbit-7b", NULL},
                                           {"", NULL},
                                           {"a-4bits", NULL},
                                           {"f16bit", NULL}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *quant = quant_in_name(names[i][0]);
        assert_text(quant, names[i][1]);
        free(quant);
    }
}

static void test_rows(void **state) {
    (void)state;
    for (int i = 0; i < ENGINE_COUNT; i++) {
        const struct engine_row *row = engine_row((enum engine_id)i);
        assert_non_null(row->licence);
        assert_non_null(row->restart);
        assert_in_range(strlen(row->download), 1, 15);
        assert_in_range(strlen(row->persists), 1, 15);
        assert_true(row->dialect.path[0] == '/');
        assert_true(row->ports[0] > 0);
        assert_true(!row->unload.method == !row->load.method);
        assert_false(row->dialect.cached_absent_is_zero);
        if (!row->dialect.native_ollama)
            assert_true(row->dialect.thinking_body[THINKING_OFF] &&
                        row->dialect.thinking_body[THINKING_ON]);
        assert_null(row->dialect.thinking_body[THINKING_DEFAULT]);
    }
    char *version = engine_version_in(ENGINE_MLXLM, "0.32.0-0.30.1-macOS-26.0-arm64-applegpu_g17");
    assert_string_equal(version, "0.32.0");
    free(version);
    assert_null(engine_version_in(ENGINE_LMSTUDIO, "qwen"));
    assert_null(engine_version_in(ENGINE_MLXLM, NULL));
}

/* ---- unloading ---- */

struct rig {
    struct pages server;
    struct loop *loop;
    struct http *http;
    char *url;
    struct engine_at at;
};

static void rig_begin(struct rig *rig, enum engine_id engine, const struct page *pages,
                      const char *model) {
    pages_start(&rig->server, pages);
    rig->loop = loop_new();
    rig->http = http_new(rig->loop, "unit/1");
    rig->url = mem_format("http://127.0.0.1:%d", rig->server.port);
    rig->at =
        (struct engine_at){.engine = engine, .url = rig->url, .model = model, .http = rig->http};
}

static void rig_end(struct rig *rig) {
    http_free(rig->http);
    loop_free(rig->loop);
    pages_stop(&rig->server);
    free(rig->url);
}

static void test_unload(void **state) {
    (void)state;
    static const struct page fine[] = {{NULL, 200, JSON, "{}"}};
    static const struct {
        enum engine_id engine;
        const char *line, *body;
    } rows[] = {
        {ENGINE_OLLAMA, "POST /api/generate ", "{\"model\":\"a/b \\\"c\\\"\",\"keep_alive\":0}"},
        {ENGINE_LMSTUDIO, "POST /api/v1/models/unload ", "{\"instance_id\":\"a/b \\\"c\\\"\"}"},
        {ENGINE_OMLX, "POST /v1/models/a/b%20%22c%22/unload ", ""},
        {ENGINE_RAPIDMLX, "DELETE /v1/models/a/b%20%22c%22 ", ""},
        {ENGINE_VMLX, "POST /admin/deep-sleep ", ""},
        {ENGINE_LLAMACPP, "POST /models/unload ", "{\"model\":\"a/b \\\"c\\\"\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rig rig;
        struct error error = {0};
        rig_begin(&rig, rows[i].engine, fine, "a/b \"c\"");
        assert_true(engine_unload(&rig.at, 3000, &error));
        const char *asked = pages_asked(&rig.server, rows[i].line);
        assert_non_null(asked);
        assert_string_equal(strstr(asked, "\r\n\r\n") + 4, rows[i].body);
        rig_end(&rig);
    }
}

static void test_unload_fails(void **state) {
    (void)state;
    static const struct page broken[] = {{NULL, 500, JSON, "{\"error\":\"busy\"}"}};
    static const struct page silent[] = {{NULL, 0, "", ""}};
    struct rig rig;
    struct error error = {0};
    rig_begin(&rig, ENGINE_OLLAMA, broken, "m");
    assert_false(engine_unload(&rig.at, 3000, &error));
    assert_non_null(strstr(error.text, "HTTP 500: busy"));
    rig_end(&rig);
    rig_begin(&rig, ENGINE_LMSTUDIO, lmstudio, "m"); /* 200, and an error inside (D.2) */
    assert_false(engine_unload(&rig.at, 3000, &error));
    assert_non_null(strstr(error.text, "Unexpected endpoint"));
    rig_end(&rig);
    rig_begin(&rig, ENGINE_OLLAMA, silent, "m");
    int64_t from = clock_us();
    assert_false(engine_unload(&rig.at, 300, &error));
    assert_in_range(clock_us() - from, 0, 2000000);
    rig_end(&rig);
    rig_begin(&rig, ENGINE_OMLX, omlx, "B"); /* not loaded is unloaded (G.3) */
    assert_true(engine_unload(&rig.at, 3000, &error));
    rig_end(&rig);
    rig_begin(&rig, ENGINE_MLXLM, mlxlm, "B");
    assert_false(engine_can_unload(&rig.at));
    assert_false(engine_unload(&rig.at, 3000, &error));
    rig_end(&rig);
}

static void test_only_a_router_unloads(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig, ENGINE_LLAMACPP, llamacpp, "a.gguf");
    assert_false(engine_can_unload(&rig.at));
    rig_end(&rig);
    rig_begin(&rig, ENGINE_LLAMACPP, llamacpp_router, "two");
    assert_true(engine_can_unload(&rig.at));
    rig_end(&rig);
    rig_begin(&rig, ENGINE_OLLAMA, ollama, "z:1b");
    assert_true(engine_can_unload(&rig.at));
    rig_end(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_each_alone),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_others_are_none),
        cmocka_unit_test(test_odd_models),
        cmocka_unit_test(test_silence_is_bounded),
        cmocka_unit_test(test_the_user_is_right),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_a_key_is_wanted),
        cmocka_unit_test(test_quant_in_name),
        cmocka_unit_test(test_unload),
        cmocka_unit_test(test_unload_fails),
        cmocka_unit_test(test_only_a_router_unloads),
    };
    http_global_init();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_global_done();
    return failed;
}
