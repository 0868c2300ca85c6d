/* Those that several engines share, and the tables of the small ones. Sources: facts engines, the
 * sections C (mlx-lm) and F (vLLM-MLX) here. */
#include "sim/routes.h"

#include <event2/buffer.h>
#include <string.h>

#include "model/endpoint.h"
#include "sim/outlet.h"

/* ---- pages ---- */

void page_open(struct page *page) {
    buf_init(&page->body, REPLY_BYTES_MAX);
    json_begin(&page->w, &page->body);
    json_open(&page->w, NULL, '{');
}

void page_send(struct page *page, struct evhttp_request *request, int status) {
    json_close(&page->w, '}');
    outlet_json(request, status, &page->body);
    buf_done(&page->body);
}

void page_text(struct evhttp_request *request, int status, const char *type, const char *text) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    buf_text(&body, text);
    outlet_text(request, status, type, &body);
    buf_done(&body);
}

/* ---- requests ---- */

const char *routes_rest(struct evhttp_request *request, const char *prefix) {
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
    size_t length = strlen(prefix);
    return path != NULL && strncmp(path, prefix, length) == 0 ? path + length : "";
}

const char *routes_body(struct evhttp_request *request, size_t *length) {
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    *length = evbuffer_get_length(input);
    return *length > 0 ? (const char *)evbuffer_pullup(input, -1) : "";
}

void routes_unload(struct engine *engine) {
    engine->jobs.unloaded = true;
    if (!engine->profile->cache.persists)
        cache_clear(&engine->jobs.cache);
}

bool routes_is_loading(const struct engine *engine, int64_t now_ns) {
    return now_ns < engine->ready_ns;
}

/* ---- shared ---- */

void routes_chat_ollama(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    jobs_admit(&engine->jobs, request, ASK_OLLAMA, now_ns);
}

static void put_model(struct json_writer *w, const char *id, const char *owned_by) {
    json_open(w, NULL, '{');
    json_put_string(w, "id", id);
    json_put_string(w, "object", "model");
    json_put_integer(w, "created", 0);
    if (owned_by != NULL)
        json_put_string(w, "owned_by", owned_by);
    json_close(w, '}');
}

void routes_models(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    const struct profile *profile = engine->profile;
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_put_string(&page.w, "object", "list");
    json_put_bool(&page.w, SIM_SIGN, true);
    json_open(&page.w, "data", '[');
    /* mlx-lm and LM Studio list what is on the disk; the first is not the loaded one (C.2, D.3) */
    if (profile->engine == ENGINE_MLXLM)
        put_model(&page.w, "mlx-community/Llama-3.2-1B-Instruct-4bit", NULL);
    put_model(&page.w, profile->model, profile->wire.owned_by);
    if (profile->engine == ENGINE_LMSTUDIO)
        put_model(&page.w, "text-embedding-nomic-embed-text-v1.5", profile->wire.owned_by);
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

void routes_health_ok(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)engine;
    (void)now_ns;
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"ok\"}");
}

void routes_openapi(struct evhttp_request *request, const char *title, const char *version) {
    struct page page;
    page_open(&page);
    json_put_string(&page.w, "openapi", "3.1.0");
    json_open(&page.w, "info", '{');
    json_put_string(&page.w, "title", title);
    json_put_string(&page.w, "version", version);
    json_close(&page.w, '}');
    json_open(&page.w, "paths", '{');
    json_close(&page.w, '}');
    page_send(&page, request, HTTP_OK);
}

void routes_clear_cache(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    cache_clear(&engine->jobs.cache);
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"cleared\"}");
}

/* ---- vLLM-MLX ---- */

static void vllm_health(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    bool loading = routes_is_loading(engine, now_ns);
    page_open(&page);
    json_put_string(&page.w, "status", loading ? "unhealthy" : "healthy");
    json_put_bool(&page.w, "model_loaded", !loading);
    json_put_string(&page.w, "model_name", engine->profile->model);
    json_put_string(&page.w, "model_type", "llm");
    json_put_string(&page.w, "engine_type", "simple");
    json_put_null(&page.w, "mcp");
    page_send(&page, request, HTTP_OK);
}

static void vllm_openapi(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    routes_openapi(request, "vllm-mlx API", engine->profile->version);
}

static void vllm_status(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct jobs_count count = jobs_count(&engine->jobs);
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_put_integer(&page.w, "num_running", count.running);
    json_put_integer(&page.w, "num_waiting", count.waiting);
    json_put_number(&page.w, "generation_tps", engine->profile->decode_tps);
    json_put_number(&page.w, "prompt_tps", engine->profile->prefill_tps);
    json_open(&page.w, "requests", '[');
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

static void vllm_cache(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_put_integer(&page.w, "entry_count", (int64_t)engine->jobs.cache.count);
    json_put_integer(&page.w, "tokens_saved", engine->jobs.sums.cached);
    page_send(&page, request, HTTP_OK);
}

static const struct route vllm[] = {
    {EVHTTP_REQ_GET, "/health", vllm_health, true},
    {EVHTTP_REQ_GET, "/v1/models", routes_models, false},
    {EVHTTP_REQ_GET, "/openapi.json", vllm_openapi, false},
    {EVHTTP_REQ_GET, "/v1/status", vllm_status, false},
    {EVHTTP_REQ_GET, "/v1/cache/stats", vllm_cache, false},
    {EVHTTP_REQ_DELETE, "/v1/cache", routes_clear_cache, false},
};

/* ---- the rest ---- */

static const struct route mlxlm[] = {
    {EVHTTP_REQ_GET, "/health", routes_health_ok, true},
    {EVHTTP_REQ_GET, "/v1/models*", routes_models, false}, /* matched by prefix (C.3) */
};

static const struct route plain[] = {
    {EVHTTP_REQ_GET, "/health", routes_health_ok, false},
    {EVHTTP_REQ_GET, "/v1/models", routes_models, false},
};

#define TABLE(rows) (*count = COUNT_OF(rows), rows)

const struct route *routes_of(enum engine_id engine, size_t *count) {
    switch (engine) {
    case ENGINE_LLAMACPP:
        return routes_llamacpp(count);
    case ENGINE_MLXLM:
        return TABLE(mlxlm);
    case ENGINE_LMSTUDIO:
        return routes_lmstudio(count);
    case ENGINE_RAPIDMLX:
        return routes_rapidmlx(count);
    case ENGINE_VLLMMLX:
        return TABLE(vllm);
    case ENGINE_OMLX:
        return routes_omlx(count);
    case ENGINE_VMLX:
        return routes_vmlx(count);
    case ENGINE_OLLAMA:
        return routes_ollama(count);
    case ENGINE_OPENAI:
    case ENGINE_COUNT:
        break;
    }
    return TABLE(plain);
}
