/* Rapid-MLX and oMLX (facts engines E.2, E.3, G.2, G.3). */
#include <string.h>

#include "model/endpoint.h"
#include "sim/routes.h"

/* ---- Rapid-MLX ---- */

static void rapid_health(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    bool ready = !routes_is_loading(engine, now_ns);
    struct page page;
    page_open(&page);
    json_put_string(&page.w, "status", "healthy");
    json_put_bool(&page.w, "ready", ready);
    json_put_bool(&page.w, "model_loaded", ready && !engine->jobs.unloaded);
    json_put_string(&page.w, "model_name", engine->profile->model);
    page_send(&page, request, HTTP_OK);
}

static void rapid_ready(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    if (routes_is_loading(engine, now_ns))
        page_text(request, HTTP_SERVUNAVAIL, "application/json", "{\"detail\":\"model loading\"}");
    else
        page_text(request, HTTP_OK, "application/json", "{\"status\":\"ready\"}");
}

/* A counter or gauge of one value. */
static void put_series(struct buf *out, const char *name, const char *kind, int64_t value) {
    buf_printf(out, "# TYPE rapid_mlx_%s %s\nrapid_mlx_%s %lld\n", name, kind, name,
               (long long)value);
}

static void rapid_metrics(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    const struct jobs *jobs = &engine->jobs;
    struct jobs_count count = jobs_count(jobs);
    struct buf out;
    (void)now_ns;
    buf_init(&out, REPLY_BYTES_MAX);
    buf_printf(&out, "# TYPE rapid_mlx_build_info gauge\nrapid_mlx_build_info{version=\"%s\"} 1\n",
               engine->profile->version);
    put_series(&out, "requests_processed_total", "counter", jobs->sums.requests);
    put_series(&out, "requests_running", "gauge", count.running);
    put_series(&out, "requests_waiting", "gauge", count.waiting);
    put_series(&out, "prompt_tokens_total", "counter", jobs->sums.prompt);
    put_series(&out, "completion_tokens_total", "counter", jobs->sums.completion);
    put_series(&out, "prefix_cache_tokens_saved_total", "counter", jobs->sums.cached);
    put_series(&out, "spec_decode_attempts_total", "counter", jobs->sums.drafted);
    put_series(&out, "spec_decode_accepts_total", "counter", jobs->sums.accepted);
    put_series(&out, "pflash_compressed_tokens_total", "counter", 0);
    put_series(&out, "response_cache_hits_total", "counter", 0);
    page_text(request, HTTP_OK, "text/plain; version=0.0.4", buf_string(&out));
    buf_done(&out);
}

static void rapid_status(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct jobs_count count = jobs_count(&engine->jobs);
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_put_string(&page.w, "status", "running");
    json_put_string(&page.w, "model", engine->profile->model);
    json_put_integer(&page.w, "num_running", count.running);
    json_put_integer(&page.w, "num_waiting", count.waiting);
    page_send(&page, request, HTTP_OK);
}

/* Its /openapi.json is stale (E.2). */
static void rapid_openapi(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)engine;
    (void)now_ns;
    routes_openapi(request, "Rapid-MLX API", "0.6.0");
}

static void rapid_delete(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    if (strcmp(routes_rest(request, "/v1/models/"), engine->profile->model) != 0 ||
        engine->jobs.unloaded) {
        page_text(request, HTTP_NOTFOUND, "application/json", "{\"detail\":\"model not found\"}");
        return;
    }
    routes_unload(engine);
    evhttp_send_reply(request, HTTP_NOCONTENT, NULL, NULL);
}

static void load(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    engine->jobs.unloaded = false;
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"loaded\"}");
}

static const struct route rapid[] = {
    {EVHTTP_REQ_GET, "/", routes_health_ok, true},
    {EVHTTP_REQ_GET, "/health", rapid_health, true},
    {EVHTTP_REQ_GET, "/health/ready", rapid_ready, true},
    {EVHTTP_REQ_GET, "/readyz", rapid_ready, true},
    {EVHTTP_REQ_GET, "/healthz", routes_health_ok, true},
    {EVHTTP_REQ_GET, "/livez", routes_health_ok, true},
    {EVHTTP_REQ_GET, "/metrics", rapid_metrics, true},
    {EVHTTP_REQ_GET, "/v1/models", routes_models, false},
    {EVHTTP_REQ_GET, "/v1/status", rapid_status, false},
    {EVHTTP_REQ_GET, "/openapi.json", rapid_openapi, true},
    {EVHTTP_REQ_DELETE, "/v1/cache", routes_clear_cache, false},
    {EVHTTP_REQ_POST, "/v1/cache/clear", routes_clear_cache, false},
    {EVHTTP_REQ_POST, "/v1/models/load", load, false},
    {EVHTTP_REQ_DELETE, "/v1/models/*", rapid_delete, false},
};

const struct route *routes_rapidmlx(size_t *count) {
    *count = COUNT_OF(rapid);
    return rapid;
}

/* ---- oMLX ---- */

static void omlx_health(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    double bytes = engine->jobs.unloaded ? 0 : engine->profile->memory.model_mb * 1048576;
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_put_string(&page.w, "status", "healthy");
    json_put_string(&page.w, "default_model", engine->profile->model);
    json_open(&page.w, "engine_pool", '{');
    json_put_integer(&page.w, "model_count", 1);
    json_put_integer(&page.w, "loaded_count", engine->jobs.unloaded ? 0 : 1);
    json_put_integer(&page.w, "current_model_memory", (int64_t)bytes);
    json_close(&page.w, '}');
    json_put_null(&page.w, "mcp");
    page_send(&page, request, HTTP_OK);
}

static void omlx_status(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct jobs_count count = jobs_count(&engine->jobs);
    struct page page;
    page_open(&page);
    json_put_string(&page.w, "version", engine->profile->version);
    json_put_integer(&page.w, "uptime", (now_ns - engine->began_ns) / 1000000000);
    json_put_integer(&page.w, "active_requests", count.running);
    json_put_integer(&page.w, "waiting_requests", count.waiting);
    json_put_integer(&page.w, "total_cached_tokens", engine->jobs.sums.cached);
    json_put_integer(&page.w, "model_memory_used",
                     (int64_t)(engine->profile->memory.model_mb * 1048576));
    page_send(&page, request, HTTP_OK);
}

static void omlx_models_status(struct engine *engine, struct evhttp_request *request,
                               int64_t now_ns) {
    struct page page;
    page_open(&page);
    json_open(&page.w, "models", '[');
    json_open(&page.w, NULL, '{');
    json_put_string(&page.w, "id", engine->profile->model);
    json_put_bool(&page.w, "loaded", !engine->jobs.unloaded);
    json_put_bool(&page.w, "is_loading", routes_is_loading(engine, now_ns));
    json_close(&page.w, '}');
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

static void omlx_models(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_put_string(&page.w, "object", "list");
    json_put_bool(&page.w, SIM_SIGN, true);
    json_open(&page.w, "data", '[');
    json_open(&page.w, NULL, '{');
    json_put_string(&page.w, "id", engine->profile->model);
    json_put_string(&page.w, "object", "model");
    json_put_string(&page.w, "owned_by", "omlx");
    json_put_integer(&page.w, "max_model_len", 262144);
    json_close(&page.w, '}');
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

/* POST /v1/models/{id}/load and …/unload. */
static void omlx_switch(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    const char *rest = routes_rest(request, "/v1/models/");
    size_t length = strlen(engine->profile->model);
    (void)now_ns;
    bool known = strncmp(rest, engine->profile->model, length) == 0;
    bool unloads = known && strcmp(rest + length, "/unload") == 0;
    if (!unloads && !(known && strcmp(rest + length, "/load") == 0)) {
        page_text(request, HTTP_NOTFOUND, "application/json", "{\"detail\":\"Not Found\"}");
        return;
    }
    if (unloads && engine->jobs.unloaded) {
        page_text(request, HTTP_BADREQUEST, "application/json",
                  "{\"detail\":\"model is not loaded\"}");
        return;
    }
    if (unloads)
        routes_unload(engine);
    else
        engine->jobs.unloaded = false;
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"ok\"}");
}

static const struct route omlx[] = {
    {EVHTTP_REQ_GET, "/health", omlx_health, true},
    {EVHTTP_REQ_GET, "/v1/models", omlx_models, false},
    {EVHTTP_REQ_GET, "/api/status", omlx_status, false},
    {EVHTTP_REQ_GET, "/v1/models/status", omlx_models_status, false},
    {EVHTTP_REQ_POST, "/v1/models/*", omlx_switch, false},
};

const struct route *routes_omlx(size_t *count) {
    *count = COUNT_OF(omlx);
    return omlx;
}
