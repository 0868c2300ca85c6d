#include "sim/engine.h"

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sim/outlet.h"
#include "sim/reply.h"
#include "sim/routes.h"
#include "sim/telemetry.h"

#define READ_AHEAD_MAX (ASK_BODY_MAX + ((size_t)64 << 10))
#define IDLE_TIMEOUT_S 86400 /* evhttp's own would cut a request that waits 50 s in the queue */

/* ---- routes of every engine ---- */

static void serve_chat(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    jobs_admit(&engine->jobs, request, ASK_OPENAI, now_ns);
}

static void serve_truth(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct buf body;
    (void)now_ns;
    buf_init(&body, REPLY_BYTES_MAX);
    truth_print(&engine->jobs.truths, &body);
    outlet_json(request, HTTP_OK, &body);
    buf_done(&body);
}

static void clear_truth(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    truth_clear(&engine->jobs.truths);
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"cleared\"}");
}

/* A process that ends takes its swap with it. */
static void serve_restart(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    jobs_drop(&engine->jobs, now_ns);
    if (!engine->profile->cache.persists)
        cache_clear(&engine->jobs.cache);
    engine->jobs.sums.swap_mb = 0;
    engine->jobs.unloaded = false;
    engine->ready_ns = now_ns + (int64_t)engine->profile->load_ms * 1000000;
    if (engine->profile->wire.loading == LOADING_WAITS)
        jobs_hold(&engine->jobs, engine->ready_ns);
    page_text(request, HTTP_OK, "application/json", "{\"status\":\"restarting\"}");
}

static void serve_telemetry(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    jobs_settle(&engine->jobs, now_ns);
    telemetry_print(&engine->jobs, !engine->jobs.unloaded, &body);
    outlet_text(request, HTTP_OK, "text/plain; version=0.0.4", &body);
    buf_done(&body);
}

static const struct route common[] = {
    {EVHTTP_REQ_POST, "/v1/chat/completions", serve_chat, false},
    {EVHTTP_REQ_GET, "/truth", serve_truth, true},
    {EVHTTP_REQ_DELETE, "/truth", clear_truth, true},
    {EVHTTP_REQ_POST, "/sim/restart", serve_restart, true},
    {EVHTTP_REQ_GET, "/sim/metrics", serve_telemetry, true},
};

/* ---- finding one ---- */

static bool is_at(const struct route *route, enum evhttp_cmd_type method, const char *path) {
    size_t length = strlen(route->path);
    if (route->method != method)
        return false;
    if (route->path[length - 1] == '*')
        return strncmp(route->path, path, length - 1) == 0;
    return strcmp(route->path, path) == 0;
}

static const struct route *find(const struct route *routes, size_t count,
                                enum evhttp_cmd_type method, const char *path) {
    for (size_t i = 0; i < count; i++)
        if (is_at(&routes[i], method, path))
            return &routes[i];
    return NULL;
}

static void answer_error(const struct engine *engine, struct evhttp_request *request, int status,
                         const char *type, const char *message) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    reply_error(engine->profile, &body, status, type, message);
    outlet_json(request, status, &body);
    buf_done(&body);
}

static const char *method_word(enum evhttp_cmd_type method) {
    return method == EVHTTP_REQ_GET ? "GET" : method == EVHTTP_REQ_POST ? "POST" : "DELETE";
}

static void answer_unknown(const struct engine *engine, struct evhttp_request *request,
                           enum evhttp_cmd_type method, const char *path) {
    char *text;
    switch (engine->profile->wire.unknown) {
    case UNKNOWN_OBJECT:
        answer_error(engine, request, HTTP_NOTFOUND, "not_found_error", "File Not Found");
        return;
    case UNKNOWN_TEXT:
        page_text(request, HTTP_NOTFOUND, "text/plain", "404 page not found");
        return;
    case UNKNOWN_DETAIL:
        page_text(request, HTTP_NOTFOUND, "application/json", "{\"detail\":\"Not Found\"}");
        return;
    case UNKNOWN_OK:
        text = mem_format("Unexpected endpoint or method. (%s %s)", method_word(method), path);
        struct page page;
        page_open(&page);
        json_put_string(&page.w, "error", text);
        page_send(&page, request, HTTP_OK);
        free(text);
        return;
    case UNKNOWN_COUNT:
        break;
    }
}

static bool is_held_back(const struct engine *engine, const struct route *route, int64_t now_ns) {
    if (!routes_is_loading(engine, now_ns) || route->while_loading)
        return false;
    switch (engine->profile->wire.loading) {
    case LOADING_WAITS:
        return false;
    case LOADING_CHAT_503:
        return route->method == EVHTTP_REQ_POST;
    case LOADING_503:
    case LOADING_COUNT:
        break;
    }
    return true;
}

static void on_request(struct evhttp_request *request, void *context) {
    int64_t now_ns = clock_ns();
    struct engine *engine = context;
    const struct profile *profile = engine->profile;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    outlet_dress(request, profile->wire.server, profile->wire.powered_by, profile->wire.http10);
    if (path == NULL) {
        answer_error(engine, request, HTTP_BADREQUEST, "invalid_request_error", "not a request");
        return;
    }
    size_t count;
    const struct route *own = routes_of(profile->engine, &count);
    const struct route *route = find(common, COUNT_OF(common), method, path);
    if (route == NULL)
        route = find(own, count, method, path[0] != '\0' ? path : "/");
    if (route == NULL)
        answer_unknown(engine, request, method, path);
    else if (is_held_back(engine, route, now_ns))
        answer_error(engine, request, HTTP_SERVUNAVAIL, "unavailable_error", "Loading model");
    else
        route->serve(engine, request, now_ns);
}

/* ---- life ---- */

static struct bufferevent *new_stream(struct event_base *base, void *context) {
    (void)context;
    struct bufferevent *stream = bufferevent_socket_new(base, -1, 0);
    bufferevent_setwatermark(stream, EV_READ, 0, READ_AHEAD_MAX);
    return stream;
}

static bool listen_on(struct engine *engine, struct event_base *base, int socket) {
    struct evconnlistener *listener = evconnlistener_new(
        base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, socket);
    return listener != NULL && evhttp_bind_listener(engine->http, listener) != NULL;
}

struct engine *engine_new(struct event_base *base, int socket, const struct profile *profile,
                          struct error *error) {
    struct engine *engine = mem_zero(1, sizeof *engine);
    engine->profile = profile;
    engine->began_ns = clock_ns();
    jobs_init(&engine->jobs, base, profile);
    engine->http = evhttp_new(base);
    evhttp_set_bevcb(engine->http, new_stream, NULL);
    evhttp_set_max_body_size(engine->http, (ev_ssize_t)ASK_BODY_MAX);
    evhttp_set_timeout(engine->http, IDLE_TIMEOUT_S);
    evhttp_set_gencb(engine->http, on_request, engine);
    if (listen_on(engine, base, socket))
        return engine;
    error_set(error, "simulated engine %s: can't listen", profile->name);
    engine_free(engine);
    return NULL;
}

void engine_free(struct engine *engine) {
    if (engine == NULL)
        return;
    jobs_done(&engine->jobs); /* they hold requests of http */
    evhttp_free(engine->http);
    free(engine);
}
