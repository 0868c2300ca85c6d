#include "sim/engine.h"

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "sim/ask.h"
#include "sim/jobs.h"
#include "sim/outlet.h"
#include "sim/reply.h"

#define READ_AHEAD_MAX (ASK_BODY_MAX + ((size_t)64 << 10))
#define IDLE_TIMEOUT_S 86400 /* evhttp's own would cut a request that waits 50 s in the queue */

struct engine {
    const struct profile *profile;
    struct evhttp *http;
    struct jobs jobs;
    int64_t ready_ns; /* loading until then */
};

/* ---- routes ---- */

static void answer_error(struct evhttp_request *request, int status, const char *type,
                         const char *message) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    reply_error(&body, status, type, message);
    outlet_json(request, status, &body);
    buf_done(&body);
}

static void answer_status(struct evhttp_request *request, const char *status) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    buf_printf(&body, "{\"status\":\"%s\"}", status);
    outlet_json(request, HTTP_OK, &body);
    buf_done(&body);
}

static void serve_chat(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    jobs_admit(&engine->jobs, request, now_ns);
}

static void serve_models(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct buf body;
    struct json_writer w;
    (void)now_ns;
    buf_init(&body, REPLY_BYTES_MAX);
    json_begin(&w, &body);
    json_open(&w, NULL, '{');
    json_put_string(&w, "object", "list");
    json_open(&w, "data", '[');
    json_open(&w, NULL, '{');
    json_put_string(&w, "id", engine->profile->model);
    json_put_string(&w, "object", "model");
    json_put_integer(&w, "created", 0);
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
    outlet_json(request, HTTP_OK, &body);
    buf_done(&body);
}

static void serve_health(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)engine;
    (void)now_ns;
    answer_status(request, "ok");
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
    answer_status(request, "cleared");
}

static void serve_restart(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    jobs_drop(&engine->jobs, now_ns);
    if (!engine->profile->cache.persists)
        cache_clear(&engine->jobs.cache);
    engine->ready_ns = now_ns + (int64_t)engine->profile->load_ms * 1000000;
    answer_status(request, "restarting");
}

static const struct route {
    enum evhttp_cmd_type method;
    const char *path;
    bool while_loading;
    void (*serve)(struct engine *engine, struct evhttp_request *request, int64_t now_ns);
} routes[] = {
    {EVHTTP_REQ_POST, "/v1/chat/completions", false, serve_chat},
    {EVHTTP_REQ_GET, "/v1/models", false, serve_models},
    {EVHTTP_REQ_GET, "/health", false, serve_health},
    {EVHTTP_REQ_GET, "/truth", true, serve_truth},
    {EVHTTP_REQ_DELETE, "/truth", true, clear_truth},
    {EVHTTP_REQ_POST, "/sim/restart", true, serve_restart},
};

static void on_request(struct evhttp_request *request, void *context) {
    int64_t now_ns = clock_ns();
    struct engine *engine = context;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    if (path == NULL) {
        answer_error(request, HTTP_BADREQUEST, "invalid_request_error", "not a request");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        const struct route *route = &routes[i];
        if (route->method != method || strcmp(route->path, path) != 0)
            continue;
        if (now_ns < engine->ready_ns && !route->while_loading)
            answer_error(request, HTTP_SERVUNAVAIL, "unavailable_error", "Loading model");
        else
            route->serve(engine, request, now_ns);
        return;
    }
    answer_error(request, HTTP_NOTFOUND, "not_found_error", "no such route");
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
