#include "sim/engine.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "sim/ask.h"
#include "sim/cache.h"
#include "sim/outlet.h"
#include "sim/prose.h"
#include "sim/reply.h"
#include "sim/schedule.h"

#define REPLY_BYTES_MAX ((size_t)16 << 20)
#define READ_AHEAD_MAX (ASK_BODY_MAX + ((size_t)64 << 10))
#define TOKENS_DEFAULT 256   /* of a request without max_tokens */
#define IDLE_TIMEOUT_S 86400 /* evhttp's own would cut a request that waits 50 s in the queue */

/* One chat completion, from the request to the last byte. */
struct job {
    struct engine *engine;
    struct job *previous, *next;
    struct task task;
    struct ask ask;
    struct outlet outlet;
    struct truth truth;
    struct reply reply;
    struct prose prose;
    uint64_t draws;           /* state of the drafting's luck */
    int64_t total, reasoning; /* tokens to come, and how many of them, first, are reasoning */
    int64_t done;
    int64_t answer;
    int64_t drafted, accepted;
    bool thinks;
    struct buf content, thoughts; /* a reply that is not streamed */
};

struct engine {
    const struct profile *profile;
    struct evhttp *http;
    struct event *timer;
    struct schedule schedule;
    struct cache cache;
    struct truth_ring truths;
    struct job *jobs;
    int64_t requests; /* chat completions so far */
    int64_t ready_ns; /* loading until then */
};

/* ---- jobs ---- */

static void job_free(struct job *job) {
    if (job->previous != NULL)
        job->previous->next = job->next;
    else
        job->engine->jobs = job->next;
    if (job->next != NULL)
        job->next->previous = job->previous;
    ask_done(&job->ask);
    buf_done(&job->content);
    buf_done(&job->thoughts);
    free(job);
}

static struct job *job_of(struct outlet *outlet) {
    return (struct job *)(void *)((char *)outlet - offsetof(struct job, outlet));
}

static void arm(struct engine *engine);

static void record(struct job *job) {
    job->truth.slot_ns = job->task.slot_ns;
    job->truth.prefill_end_ns = job->task.prefill_ns;
    job->truth.completion_tokens = job->done;
    truth_add(&job->engine->truths, &job->truth);
}

/* The response has left, or the client has. A client that left frees the slot, unless this engine
 * does not notice. */
static void on_outlet_over(struct outlet *outlet, bool client_left) {
    struct job *job = job_of(outlet);
    struct engine *engine = job->engine;
    if (job->task.state != TASK_IDLE) {
        job->truth.cancelled = true;
        if (engine->profile->wire.ignores_disconnect)
            return;
        schedule_cancel(&engine->schedule, &job->task, clock_ns());
        arm(engine);
    } else if (client_left && !outlet->ended) {
        job->truth.cancelled = true;
    }
    record(job);
    job_free(job);
}

static struct reply_figures figures_of(const struct job *job, int64_t now_ns) {
    return (struct reply_figures){
        .prompt = job->truth.prompt_tokens,
        .cached = job->truth.cached_tokens,
        .completion = job->done,
        .drafted = job->drafted,
        .accepted = job->accepted,
        .prompt_ms = (double)(job->task.prefill_ns - job->task.slot_ns) / 1e6,
        .predicted_ms = (double)(now_ns - job->task.prefill_ns) / 1e6,
        .include_usage = job->ask.include_usage,
    };
}

static void start_stream(struct job *job) {
    if (!job->ask.stream || job->outlet.started)
        return;
    struct buf frames;
    buf_init(&frames, REPLY_BYTES_MAX);
    outlet_start(&job->outlet);
    reply_open(&job->reply, &frames);
    outlet_write(&job->outlet, &frames, 0);
    buf_done(&frames);
}

/* ---- what the schedule asks for ---- */

static void on_slot(struct job *job, int64_t due_ns) {
    (void)due_ns;
    if (job->engine->profile->wire.headers == HEADERS_SLOT)
        start_stream(job);
}

/* At least one prompt token is always computed. */
static int64_t on_prefill(struct job *job, int64_t due_ns) {
    struct engine *engine = job->engine;
    (void)due_ns;
    size_t bytes =
        cache_lookup(&engine->cache, buf_string(&job->ask.prompt), job->ask.prompt.length);
    int64_t cached = (int64_t)bytes / 4, block = engine->profile->cache.block_tokens;
    if (bytes < job->ask.prompt.length)
        cached -= cached % block;
    if (cached >= job->truth.prompt_tokens)
        cached = job->truth.prompt_tokens - 1;
    job->truth.cached_tokens = cached;
    return job->truth.prompt_tokens - cached;
}

/* Tokens of this step: the first comes out of the prefill alone. */
static int64_t step_tokens(struct job *job) {
    const struct profile *profile = job->engine->profile;
    if (job->done == 0)
        return 1;
    int64_t tokens = 1;
    if (profile->mtp.draft == 0) {
        tokens = profile->tokens_per_chunk;
    } else {
        job->drafted += profile->mtp.draft;
        while (tokens <= profile->mtp.draft && prose_share(&job->draws) < profile->mtp.acceptance)
            tokens++;
        job->accepted += tokens - 1;
    }
    int64_t left = job->total - job->done;
    return tokens < left ? tokens : left;
}

static void next_token(struct job *job, char out[PROSE_TOKEN_MAX]) {
    int64_t left = job->total - job->done;
    if (job->ask.is_question && left <= PROSE_ANSWER_TOKENS)
        prose_answer((int)(PROSE_ANSWER_TOKENS - left), job->answer, out);
    else
        prose_token(&job->prose, out);
    job->done++;
}

/* One chunk of up to `most` tokens, all reasoning or all visible. Returns how many. */
static int64_t next_chunk(struct job *job, int64_t most, struct buf *frames, int64_t due_ns) {
    bool reasoning = job->done < job->reasoning;
    if (reasoning && most > job->reasoning - job->done)
        most = job->reasoning - job->done;
    struct buf text;
    buf_init(&text, (size_t)most * PROSE_TOKEN_MAX);
    for (int64_t i = 0; i < most; i++) {
        char token[PROSE_TOKEN_MAX];
        next_token(job, token);
        buf_text(&text, token);
    }
    if (job->ask.stream) {
        struct reply_figures figures = figures_of(job, due_ns);
        reply_text(&job->reply, frames, buf_string(&text), reasoning, &figures);
    } else {
        buf_append(reasoning ? &job->thoughts : &job->content, text.data, text.length);
    }
    buf_done(&text);
    return most;
}

static bool on_step(struct job *job, int64_t due_ns) {
    struct engine *engine = job->engine;
    if (job->done == 0) {
        cache_store(&engine->cache, buf_string(&job->ask.prompt), job->ask.prompt.length);
        start_stream(job);
    }
    struct buf frames;
    buf_init(&frames, REPLY_BYTES_MAX);
    int64_t tokens = step_tokens(job);
    while (tokens > 0) {
        int64_t most = engine->profile->tokens_per_chunk;
        tokens -= next_chunk(job, most < tokens ? most : tokens, &frames, due_ns);
    }
    outlet_write(&job->outlet, &frames, due_ns);
    buf_done(&frames);
    job->truth.last_due_ns = due_ns;
    return job->done < job->total;
}

static void on_over(struct job *job, int64_t due_ns) {
    const char *finish = job->ask.max_tokens >= 0 ? "length" : "stop";
    struct reply_figures figures = figures_of(job, due_ns);
    if (job->outlet.request == NULL) { /* its client left and this engine went on */
        record(job);
        job_free(job);
        return;
    }
    struct buf out;
    buf_init(&out, REPLY_BYTES_MAX);
    if (job->ask.stream) {
        reply_close(&job->reply, &out, finish, &figures);
        outlet_write(&job->outlet, &out, 0);
        outlet_end(&job->outlet);
    } else {
        reply_whole(&job->reply, &out, buf_string(&job->content), buf_string(&job->thoughts),
                    finish, &figures);
        outlet_reply(&job->outlet, HTTP_OK, &out, due_ns);
    }
    buf_done(&out);
}

static const struct schedule_handler schedule_calls = {on_slot, on_prefill, on_step, on_over};

/* ---- the engine's clock ---- */

static void arm(struct engine *engine) {
    int64_t next = schedule_next_ns(&engine->schedule);
    if (next == INT64_MAX) {
        evtimer_del(engine->timer);
        return;
    }
    int64_t wait_us = (next - clock_ns() + 999) / 1000;
    if (wait_us < 0)
        wait_us = 0;
    struct timeval wait = {wait_us / 1000000, (suseconds_t)(wait_us % 1000000)};
    evtimer_add(engine->timer, &wait);
}

static void on_timer(evutil_socket_t socket, short what, void *context) {
    struct engine *engine = context;
    (void)socket;
    (void)what;
    schedule_advance(&engine->schedule, clock_ns());
    arm(engine);
}

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

static void plan_tokens(struct job *job) {
    const struct profile *profile = job->engine->profile;
    uint64_t seed = prose_hash(buf_string(&job->ask.prompt), job->ask.prompt.length);
    prose_init(&job->prose, seed);
    job->draws = ~seed;
    job->total = job->ask.max_tokens >= 0 ? job->ask.max_tokens : TOKENS_DEFAULT;
    if (ask_thinks(&job->ask, profile))
        job->reasoning = (int64_t)((double)job->total * profile->thinking.share);
    job->answer = job->ask.answer;
    if (prose_share(&job->draws) < profile->wrong_answers)
        job->answer += 1;
    job->truth.prompt_tokens = ask_tokens(job->ask.prompt.length);
    job->truth.stream = job->ask.stream;
    job->task.noise = seed;
}

static void name_job(struct job *job, struct evhttp_request *request) {
    const char *id = evhttp_find_header(evhttp_request_get_input_headers(request), "X-Request-Id");
    reply_init(&job->reply, job->engine->profile, ++job->engine->requests);
    copy_text(job->truth.id, sizeof job->truth.id, id != NULL ? id : job->reply.id);
}

static void admit(struct engine *engine, struct job *job, struct evhttp_request *request) {
    job->engine = engine;
    job->task.job = job;
    job->next = engine->jobs;
    if (job->next != NULL)
        job->next->previous = job;
    engine->jobs = job;
    buf_init(&job->content, REPLY_BYTES_MAX);
    buf_init(&job->thoughts, REPLY_BYTES_MAX);
    name_job(job, request);
    plan_tokens(job);
    outlet_init(&job->outlet, request, &job->truth, on_outlet_over);
    if (engine->profile->wire.headers == HEADERS_ARRIVAL)
        start_stream(job);
    schedule_advance(&engine->schedule, job->truth.received_ns);
    schedule_submit(&engine->schedule, &job->task, job->truth.received_ns);
    arm(engine);
}

static void serve_chat(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t length = evbuffer_get_length(input);
    struct job *job = mem_zero(1, sizeof *job);
    struct error error;
    job->truth.received_ns = now_ns;
    const char *body = length > 0 ? (const char *)evbuffer_pullup(input, -1) : "";
    if (!ask_read(&job->ask, body, length, &error)) {
        free(job);
        answer_error(request, HTTP_BADREQUEST, "invalid_request_error", error.text);
        return;
    }
    admit(engine, job, request);
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
    truth_print(&engine->truths, &body);
    outlet_json(request, HTTP_OK, &body);
    buf_done(&body);
}

static void clear_truth(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    (void)now_ns;
    truth_clear(&engine->truths);
    answer_status(request, "cleared");
}

/* Connections of running requests are cut, as a process that dies cuts them. */
static void drop_jobs(struct engine *engine, int64_t now_ns) {
    while (engine->jobs != NULL) {
        struct job *job = engine->jobs;
        outlet_drop(&job->outlet);
        job->truth.cancelled = true;
        record(job);
        schedule_cancel(&engine->schedule, &job->task, now_ns);
        job_free(job);
    }
}

static void serve_restart(struct engine *engine, struct evhttp_request *request, int64_t now_ns) {
    drop_jobs(engine, now_ns);
    if (!engine->profile->cache.persists)
        cache_clear(&engine->cache);
    engine->ready_ns = now_ns + (int64_t)engine->profile->load_ms * 1000000;
    arm(engine);
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
    schedule_init(&engine->schedule, &schedule_calls);
    engine->schedule.prefill_tps = profile->prefill_tps;
    engine->schedule.step_rate = profile->decode_tps / profile_tokens_per_step(profile);
    engine->schedule.gain = profile->gain;
    engine->schedule.jitter = profile->jitter;
    engine->schedule.overhead_ns = (int64_t)(profile->overhead_ms * 1e6);
    engine->schedule.slots = profile->slots;
    cache_init(&engine->cache, profile);
    truth_init(&engine->truths);
    engine->timer = evtimer_new(base, on_timer, engine);
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
    drop_jobs(engine, clock_ns());
    evhttp_free(engine->http);
    event_free(engine->timer);
    schedule_done(&engine->schedule);
    cache_done(&engine->cache);
    truth_done(&engine->truths);
    free(engine);
}
