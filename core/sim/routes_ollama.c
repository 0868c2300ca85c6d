/* Ollama, and vMLX, which imitates it (facts engines I.2, I.3, H.2, H.3). */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "sim/routes.h"

static void root(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)engine;
    (void)now_ns;
    page_text(request, HTTP_OK, "text/plain; charset=utf-8", "Ollama is running");
}

static void version(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    bool imitated = engine->profile->engine == ENGINE_VMLX;
    (void)now_ns;
    page_open(&page);
    json_put_string(&page.w, "version", imitated ? "0.12.6" : engine->profile->version);
    page_send(&page, request, HTTP_OK);
}

static void put_details(struct json_writer *w, const struct profile *profile) {
    json_open(w, "details", '{');
    json_put_string(w, "format", strcmp(profile->format, "GGUF") == 0 ? "gguf" : "safetensors");
    json_put_string(w, "family", "qwen35moe");
    json_put_string(w, "quantization_level", profile->quant);
    json_close(w, '}');
}

static void list_models(struct engine *engine, struct evhttp_request *request, bool resident) {
    const struct profile *profile = engine->profile;
    int64_t bytes = (int64_t)(profile->memory.model_mb * 1048576);
    struct page page;
    page_open(&page);
    json_open(&page.w, "models", '[');
    if (!resident || !engine->jobs.unloaded) {
        json_open(&page.w, NULL, '{');
        json_put_string(&page.w, "name", profile->model);
        json_put_string(&page.w, "model", profile->model);
        json_put_integer(&page.w, "size", bytes);
        put_details(&page.w, profile);
        if (resident) {
            json_put_integer(&page.w, "size_vram", bytes);
            json_put_string(&page.w, "expires_at", "2026-11-20T23:59:59Z");
            json_put_integer(&page.w, "context_length", 32768);
        }
        json_close(&page.w, '}');
    }
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

void routes_tags(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    list_models(engine, request, false);
}

void routes_resident(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    list_models(engine, request, true);
}

static void show(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    (void)now_ns;
    page_open(&page);
    put_details(&page.w, engine->profile);
    json_open(&page.w, "model_info", '{');
    json_put_string(&page.w, "general.architecture", "qwen35moe");
    json_put_integer(&page.w, "qwen35moe.context_length", 262144);
    json_close(&page.w, '}');
    json_put_raw(&page.w, "capabilities", "[\"completion\",\"tools\",\"thinking\"]");
    page_send(&page, request, HTTP_OK);
}

/* An empty prompt loads, with "keep_alive": 0 it unloads. Anything else is not simulated here. */
static void generate(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    size_t length;
    const char *body = routes_body(request, &length);
    struct cJSON *tree = json_parse(body, length, NULL);
    const char *prompt = tree != NULL ? json_string(tree, "prompt") : NULL;
    bool unloads = tree != NULL && json_number(tree, "keep_alive") == 0;
    bool empty = cJSON_IsObject(tree) && (prompt == NULL || prompt[0] == '\0');
    struct page page;
    (void)now_ns;
    json_free(tree);
    page_open(&page);
    if (!empty) {
        json_put_string(&page.w, "error", "only /api/chat is simulated");
        page_send(&page, request, HTTP_NOTIMPLEMENTED);
        return;
    }
    if (unloads)
        routes_unload(engine);
    json_put_string(&page.w, "model", engine->profile->model);
    json_put_string(&page.w, "created_at", "2026-11-20T00:00:00Z");
    json_put_string(&page.w, "response", "");
    json_put_bool(&page.w, "done", true);
    json_put_string(&page.w, "done_reason", unloads ? "unload" : "load");
    page_send(&page, request, HTTP_OK);
}

static const struct route ollama[] = {
    {EVHTTP_REQ_GET, "/", root, false},
    {EVHTTP_REQ_HEAD, "/", root, false},
    {EVHTTP_REQ_GET, "/api/version", version, false},
    {EVHTTP_REQ_GET, "/api/tags", routes_tags, false},
    {EVHTTP_REQ_GET, "/api/ps", routes_resident, false},
    {EVHTTP_REQ_POST, "/api/show", show, false},
    {EVHTTP_REQ_POST, "/api/chat", routes_chat_ollama, false},
    {EVHTTP_REQ_POST, "/api/generate", generate, false},
    {EVHTTP_REQ_GET, "/v1/models", routes_models, false},
};

const struct route *routes_ollama(size_t *count) {
    *count = COUNT_OF(ollama);
    return ollama;
}

/* ---- vMLX ---- */

static void vmlx_health(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    bool loaded = !engine->jobs.unloaded && !routes_is_loading(engine, now_ns);
    page_open(&page);
    json_put_string(&page.w, "status", loaded ? "healthy" : "standby_deep");
    json_put_bool(&page.w, "model_loaded", loaded);
    json_put_string(&page.w, "model_name", engine->profile->model);
    json_put_string(&page.w, "model_type", "llm");
    json_put_string(&page.w, "engine_type", "simple");
    json_open(&page.w, "memory", '{');
    json_put_number(&page.w, "active_mb", loaded ? engine->profile->memory.model_mb : 0);
    json_close(&page.w, '}');
    json_put_string(&page.w, "kv_cache_quantization", "q4");
    page_send(&page, request, HTTP_OK);
}

static void vmlx_openapi(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    routes_openapi(request, "vmlx-engine API", engine->profile->version);
}

static void vmlx_cache(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct jobs_count count = jobs_count(&engine->jobs);
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_open(&page.w, "scheduler_stats", '{');
    json_put_integer(&page.w, "num_waiting", count.waiting);
    json_put_integer(&page.w, "num_running", count.running);
    json_put_integer(&page.w, "num_requests_processed", engine->jobs.sums.requests);
    json_put_integer(&page.w, "total_prompt_tokens", engine->jobs.sums.prompt);
    json_put_integer(&page.w, "total_completion_tokens", engine->jobs.sums.completion);
    json_close(&page.w, '}');
    page_send(&page, request, HTTP_OK);
}

static void vmlx_sleep(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    routes_unload(engine);
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"standby_deep\"}");
}

static void vmlx_wake(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    engine->jobs.unloaded = false;
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"healthy\"}");
}

static const struct route vmlx[] = {
    {EVHTTP_REQ_GET, "/", root, false},
    {EVHTTP_REQ_GET, "/api/version", version, false},
    {EVHTTP_REQ_GET, "/api/tags", routes_tags, false},
    {EVHTTP_REQ_GET, "/api/ps", routes_resident, false},
    {EVHTTP_REQ_POST, "/api/show", show, false},
    {EVHTTP_REQ_POST, "/api/chat", routes_chat_ollama, false},
    {EVHTTP_REQ_GET, "/health", vmlx_health, true},
    {EVHTTP_REQ_GET, "/v1/models", routes_models, false},
    {EVHTTP_REQ_GET, "/openapi.json", vmlx_openapi, false},
    {EVHTTP_REQ_GET, "/v1/cache/stats", vmlx_cache, false},
    {EVHTTP_REQ_DELETE, "/v1/cache", routes_clear_cache, false},
    {EVHTTP_REQ_POST, "/admin/deep-sleep", vmlx_sleep, false},
    {EVHTTP_REQ_POST, "/admin/wake", vmlx_wake, false},
};

const struct route *routes_vmlx(size_t *count) {
    *count = COUNT_OF(vmlx);
    return vmlx;
}
