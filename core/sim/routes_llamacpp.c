/* llama-server (facts engines B.2, B.3): /props, /slots, /metrics. */
#include <string.h>

#include "model/endpoint.h"
#include "sim/outlet.h"
#include "sim/reply.h"
#include "sim/routes.h"

#define CONTEXT 262144

static void models(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    const struct profile *profile = engine->profile;
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_open(&page.w, "models", '[');
    json_open(&page.w, NULL, '{');
    json_put_string(&page.w, "name", profile->model);
    json_put_string(&page.w, "model", profile->model);
    json_close(&page.w, '}');
    json_close(&page.w, ']');
    json_put_string(&page.w, "object", "list");
    json_put_bool(&page.w, SIM_SIGN, true);
    json_open(&page.w, "data", '[');
    json_open(&page.w, NULL, '{');
    json_put_string(&page.w, "id", profile->model);
    json_put_string(&page.w, "object", "model");
    json_put_integer(&page.w, "created", 0);
    json_put_string(&page.w, "owned_by", "llamacpp");
    json_open(&page.w, "meta", '{');
    json_put_integer(&page.w, "n_ctx", CONTEXT);
    json_put_integer(&page.w, "n_ctx_train", CONTEXT);
    json_put_integer(&page.w, "n_params", INT64_C(34660610688));
    json_put_integer(&page.w, "size", (int64_t)(profile->memory.model_mb * 1048576));
    json_put_string(&page.w, "ftype", profile->quant);
    json_close(&page.w, '}');
    json_close(&page.w, '}');
    json_close(&page.w, ']');
    page_send(&page, request, HTTP_OK);
}

static void props(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    const struct profile *profile = engine->profile;
    struct page page;
    (void)now_ns;
    page_open(&page);
    json_open(&page.w, "default_generation_settings", '{');
    json_put_integer(&page.w, "n_ctx", CONTEXT);
    json_close(&page.w, '}');
    json_put_integer(&page.w, "total_slots", profile->slots);
    json_put_string(&page.w, "model_alias", profile->model);
    json_put_string(&page.w, "model_path", profile->model);
    json_put_string(&page.w, "chat_template", "{{ messages }}");
    json_put_bool(&page.w, "endpoint_slots", true);
    json_put_bool(&page.w, "endpoint_props", false);
    json_put_bool(&page.w, "endpoint_metrics", false);
    json_put_bool(&page.w, "is_sleeping", false);
    json_put_string(&page.w, "build_info", profile->version);
    page_send(&page, request, HTTP_OK);
}

static void put_slot(struct json_writer *w, const struct profile *profile, int id, bool busy,
                     int64_t tokens) {
    json_open(w, NULL, '{');
    json_put_integer(w, "id", id);
    json_put_integer(w, "n_ctx", CONTEXT);
    json_put_bool(w, "speculative", profile->mtp.draft > 0);
    json_put_bool(w, "is_processing", busy);
    json_put_integer(w, "n_prompt_tokens", tokens);
    json_open(w, "next_token", '['); /* an array of one in the source (B.3) */
    json_open(w, NULL, '{');
    json_put_bool(w, "has_next_token", busy);
    json_close(w, '}');
    json_close(w, ']');
    json_close(w, '}');
}

static void slots(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct jobs_count count = jobs_count(&engine->jobs);
    struct json_writer w;
    struct buf body;
    (void)now_ns;
    buf_init(&body, REPLY_BYTES_MAX);
    json_begin(&w, &body);
    json_open(&w, NULL, '[');
    for (int i = 0; i < engine->profile->slots; i++)
        put_slot(&w, engine->profile, i, i < count.running,
                 i < count.running ? count.kv_tokens / count.running : 0);
    json_close(&w, ']');
    outlet_json(request, HTTP_OK, &body);
    buf_done(&body);
}

static void metrics(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct buf body;
    (void)now_ns;
    buf_init(&body, REPLY_BYTES_MAX);
    reply_error(engine->profile, &body, 501, "not_supported_error",
                "This server does not support metrics endpoint. Start it with `--metrics`");
    outlet_json(request, 501, &body);
    buf_done(&body);
}

static const struct route rows[] = {
    {EVHTTP_REQ_GET, "/health", routes_health_ok, false},
    {EVHTTP_REQ_GET, "/v1/health", routes_health_ok, false},
    {EVHTTP_REQ_GET, "/models", models, false},
    {EVHTTP_REQ_GET, "/v1/models", models, false},
    {EVHTTP_REQ_GET, "/props", props, false},
    {EVHTTP_REQ_GET, "/slots", slots, false},
    {EVHTTP_REQ_GET, "/metrics", metrics, false},
};

const struct route *routes_llamacpp(size_t *count) {
    *count = COUNT_OF(rows);
    return rows;
}
