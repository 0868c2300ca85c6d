/* routes: what one engine serves besides chat: the paths of its own API and what they say. */
#ifndef SIM_ROUTES_H
#define SIM_ROUTES_H

#include <event2/http.h>

#include "base/json.h"
#include "sim/jobs.h"

struct engine {
    const struct profile *profile;
    struct evhttp *http;
    struct jobs jobs;
    int64_t began_ns, ready_ns; /* loading until then */
};

struct route {
    enum evhttp_cmd_type method;
    const char *path; /* ends in '*': any that begin so */
    void (*serve)(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
    bool while_loading; /* also where everything else is a 503 */
};

/* The engine's own routes; those of every engine are in engine.c. */
const struct route *routes_of(enum engine_id engine, size_t *count);
const struct route *routes_llamacpp(size_t *count);
const struct route *routes_lmstudio(size_t *count);
const struct route *routes_ollama(size_t *count);
const struct route *routes_vmlx(size_t *count);
const struct route *routes_omlx(size_t *count);
const struct route *routes_rapidmlx(size_t *count);

/* A JSON reply being built. */
struct page {
    struct buf body;
    struct json_writer w;
};
void page_open(struct page *page); /* an object, open */
void page_send(struct page *page, struct evhttp_request *request, int status);
void page_text(struct evhttp_request *request, int status, const char *type, const char *text);

/* Pieces several engines share. */
void routes_chat_ollama(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
void routes_models(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
void routes_health_ok(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
void routes_openapi(struct evhttp_request *request, const char *title, const char *version);
void routes_clear_cache(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
void routes_tags(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
void routes_resident(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
/* What follows `prefix` in the request's path; "" if nothing. Borrowed until the request ends. */
const char *routes_rest(struct evhttp_request *request, const char *prefix);
/* The request's body as text, bounded. Borrowed. */
const char *routes_body(struct evhttp_request *request, size_t *length);
void routes_unload(struct engine *engine);
bool routes_is_loading(const struct engine *engine, int64_t now_ns);

#endif
