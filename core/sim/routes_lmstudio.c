/* LM Studio (facts engines D.2, D.3): /api/v0 and /api/v1. */
#include <string.h>
#include <strings.h>

#include "model/endpoint.h"
#include "sim/routes.h"

static const char *kind_of(const struct profile *profile) {
    return strcasecmp(profile->format, "MLX") == 0 ? "mlx" : "gguf";
}

static void put_v0(struct json_writer *w, const struct engine *engine) {
    const struct profile *profile = engine->profile;
    json_put_string(w, "id", profile->model);
    json_put_string(w, "object", "model");
    json_put_string(w, "type", "llm");
    json_put_string(w, "publisher", "qwen");
    json_put_string(w, "arch", "qwen35moe");
    json_put_string(w, "compatibility_type", kind_of(profile));
    json_put_string(w, "quantization", profile->quant);
    json_put_string(w, "state", engine->jobs.unloaded ? "not-loaded" : "loaded");
    json_put_integer(w, "max_context_length", 262144);
}

static void v0_models(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_put_string(&page.w, "object", "list");
    json_put_bool(&page.w, SIM_SIGN, true);
    json_open(&page.w, "data", '[');
    json_open(&page.w, NULL, '{');
    put_v0(&page.w, engine);
    json_close(&page.w, '}');
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

static void v0_model(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    (void)now_ns;
    page_open(&page);
    if (strcmp(routes_rest(request, "/api/v0/models/"), engine->profile->model) == 0)
        put_v0(&page.w, engine);
    else
        json_put_string(&page.w, "error", "Model not found");
    page_send(&page, request, HTTP_OK);
}

static void v1_models(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    const struct profile *profile = engine->profile;
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_open(&page.w, "models", '[');
    json_open(&page.w, NULL, '{');
    json_put_string(&page.w, "type", "llm");
    json_put_string(&page.w, "key", profile->model);
    json_put_string(&page.w, "format", kind_of(profile));
    json_put_integer(&page.w, "size_bytes", (int64_t)(profile->memory.model_mb * 1048576));
    json_open(&page.w, "quantization", '{');
    json_put_string(&page.w, "name", profile->quant);
    json_close(&page.w, '}');
    json_put_integer(&page.w, "max_context_length", 262144);
    json_open(&page.w, "loaded_instances", '[');
    if (!engine->jobs.unloaded) {
        json_open(&page.w, NULL, '{');
        json_put_string(&page.w, "id", profile->model);
        json_open(&page.w, "config", '{');
        json_put_integer(&page.w, "context_length", 262144);
        json_put_integer(&page.w, "parallel", profile->slots);
        json_close(&page.w, '}');
        json_close(&page.w, '}');
    }
    json_close(&page.w, ']');
    json_close(&page.w, '}');
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

static void v0_chat(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    jobs_admit(&engine->jobs, request, ASK_LMSTUDIO, now_ns);
}

static void unload(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    (void)now_ns;
    routes_unload(engine);
    page_open(&page);
    json_put_string(&page.w, "instance_id", engine->profile->model);
    page_send(&page, request, HTTP_OK);
}

static void load(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct page page;
    (void)now_ns;
    engine->jobs.unloaded = false;
    page_open(&page);
    json_put_string(&page.w, "type", "llm");
    json_put_string(&page.w, "instance_id", engine->profile->model);
    json_put_number(&page.w, "load_time_seconds", engine->profile->load_ms / 1e3);
    json_put_string(&page.w, "status", "loaded");
    page_send(&page, request, HTTP_OK);
}

static const struct route rows[] = {
    {EVHTTP_REQ_GET, "/v1/models", routes_models, false},
    {EVHTTP_REQ_GET, "/api/v0/models", v0_models, false},
    {EVHTTP_REQ_GET, "/api/v0/models/*", v0_model, false},
    {EVHTTP_REQ_POST, "/api/v0/chat/completions", v0_chat, false},
    {EVHTTP_REQ_GET, "/api/v1/models", v1_models, false},
    {EVHTTP_REQ_POST, "/api/v1/models/unload", unload, false},
    {EVHTTP_REQ_POST, "/api/v1/models/load", load, false},
};

const struct route *routes_lmstudio(size_t *count) {
    *count = COUNT_OF(rows);
    return rows;
}
