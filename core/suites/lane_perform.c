/* lane_perform: calls in flight: bodies and headers, marks, events, time limits, one retry where a
 * server refuses stream_options. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "engines/registry.h"
#include "suites/lane_inner.h"

/* Time limits (design 6). */
#define CONNECT_MS INT64_C(5000)
#define STALL_MS INT64_C(60000)
#define FIRST_TOKEN_MS INT64_C(300000)
#define CALL_S 900.0
#define PROGRESS_US INT64_C(100000)
#define BODY_MAX ((size_t)16 << 20)
#define HEADERS_MAX 4

/* One call in flight. */
struct http_owner {
    struct lane *lane;
    struct slot *slot;
    struct lane_call *call;
    struct transfer *transfer;
    struct buf body;
    char *headers[HEADERS_MAX];
    size_t header_count;
    bool over, again, usage_refused, thinking_refused;
};

void lane_call_init(struct lane_call *call, int ep, enum suite_id suite, const char *phase,
                    int pass, int index) {
    *call = (struct lane_call){.ep = ep, .suite = suite, .pass = pass, .index = index};
    copy_text(call->phase, sizeof call->phase, phase);
    call->request.stream = true;
    call_init(&call->call);
}

void lane_call_done(struct lane_call *call) {
    call_done(&call->call);
    chat_stream_free(call->stream);
    call->stream = NULL;
}

void lane_call_defaults(struct lane *lane, struct lane_call *call) {
    const struct options *options = lane->bench->options;
    const struct slot *slot = lane_slot(lane, call->ep);
    struct chat_request *request = &call->request;
    request->model = slot->endpoint->model ? slot->endpoint->model : slot->model;
    request->seed = lane->bench->run->seed;
    request->stream = !options->no_stream;
    request->extra_body = slot->extra_body;
    request->thinking = suite_thinking(call->suite);
    if (slot->endpoint->thinking != THINKING_DEFAULT)
        request->thinking = slot->endpoint->thinking;
    if (options->thinking_set)
        request->thinking = options->thinking;
}

/* ---- what is sent ---- */

/* The call's identity and what was asked; everything else unknown. */
static void describe_call(struct http_owner *flight, int64_t id) {
    const struct lane_call *from = flight->call;
    const struct chat_request *request = &from->request;
    struct call *call = &flight->call->call;
    call_done(call);
    call_init(call);
    call->id = id;
    call->ep = from->ep;
    call->suite = from->suite;
    copy_text(call->phase, sizeof call->phase, from->phase);
    call->pass = from->pass;
    call->index = from->index;
    call->attempt = flight->slot->attempt;
    call->max_tokens = request->max_tokens;
    call->thinking = request->thinking;
    call->prompt_chars = 0;
    call->shared_chars = 0;
    for (size_t i = 0; i < request->message_count; i++) {
        int64_t chars = text_code_points(request->messages[i].content);
        call->prompt_chars += chars;
        if ((int)i < request->shared_messages)
            call->shared_chars += (int)chars;
    }
}

static bool key_is_sane(const char *key) {
    for (; *key; key++)
        if ((unsigned char)*key <= 0x20 || *key == 0x7f)
            return false;
    return true;
}

char *lane_authorization(struct lane *lane, struct slot *slot) {
    const char *variable = slot->endpoint->key_variable;
    const char *key = variable && lane->bench->key_of ? lane->bench->key_of(variable) : NULL;
    if (key && key[0] && key_is_sane(key))
        return mem_format("Authorization: Bearer %s", key);
    if (variable && !slot->key_noted) {
        slot->key_noted = true;
        lane_note(lane, NOTE_WARN, slot->ep, "no key is sent: %s is %s", variable,
                  key && key[0] ? "no valid key" : "not set");
    }
    return NULL;
}

static void set_headers(struct http_owner *flight) {
    struct lane *lane = flight->lane;
    const struct call *call = &flight->call->call;
    char *key = lane_authorization(lane, flight->slot);
    flight->headers[flight->header_count++] = mem_string("Content-Type: application/json");
    flight->headers[flight->header_count++] =
        mem_format("X-Request-Id: %s/%lld", lane->bench->run->id ? lane->bench->run->id : "run",
                   (long long)call->id);
    if (key)
        flight->headers[flight->header_count++] = key;
}

/* The first token may take as long as a queue of this length: twice what its calls took alone. */
static void set_limits(const struct http_owner *flight, struct http_request *request) {
    const struct lane *lane = flight->lane;
    double timeout_s = lane->bench->options->timeout_s;
    int64_t call_ms = (int64_t)((timeout_s > 0 ? timeout_s : CALL_S) * 1000);
    int64_t queue_ms = 2 * (int64_t)lane->flight_count * flight->slot->longest_us / 1000;
    int64_t first_ms = queue_ms > FIRST_TOKEN_MS ? queue_ms : FIRST_TOKEN_MS;
    call_ms += first_ms - FIRST_TOKEN_MS;
    bool streams = flight->call->request.stream;
    request->connect_timeout_ms = CONNECT_MS;
    request->first_byte_timeout_ms = streams ? first_ms : call_ms;
    request->stall_timeout_ms = STALL_MS;
    request->total_timeout_ms = call_ms;
    request->wait_for_begin = true;
}

static bool on_data(struct http_owner *flight, const char *bytes, size_t length, int64_t at_ns);
static void on_done(struct http_owner *flight, int status, enum error_class error,
                    const char *detail, const struct http_marks *marks);
static const struct http_handler handler = {on_data, on_done};

static bool prepare_transfer(struct http_owner *flight, struct error *error) {
    if (!chat_body(&flight->body, &flight->call->request, &flight->slot->dialect, error))
        return false;
    set_headers(flight);
    char *url = mem_format("%s%s", flight->slot->endpoint->url, flight->slot->dialect.path);
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .headers = (const char *const *)flight->headers,
                                   .header_count = flight->header_count,
                                   .body = flight->body.data,
                                   .body_length = flight->body.length,
                                   .owner = flight,
                                   .handler = &handler};
    set_limits(flight, &request);
    flight->transfer = http_prepare(flight->lane->http, &request, error);
    free(url);
    return flight->transfer != NULL;
}

static void forget_request(struct http_owner *flight) {
    for (size_t i = 0; i < flight->header_count; i++)
        free(flight->headers[i]);
    flight->header_count = 0;
    buf_done(&flight->body);
}

static void prepare(struct http_owner *flight) {
    struct lane_call *call = flight->call;
    struct error error = {0};
    chat_stream_free(call->stream);
    call->stream = chat_stream_new(&flight->slot->dialect, call->request.stream);
    buf_init(&flight->body, BODY_MAX);
    flight->over = false;
    if (prepare_transfer(flight, &error))
        return;
    flight->over = true;
    chat_stream_end(call->stream, &call->call, 0, ERROR_PROTOCOL, error.text);
}

/* ---- what leaves ---- */

static void emit_progress(struct lane *lane) {
    struct event *event = event_new(EVENT_PROGRESS, lane_now_us(lane));
    struct event_progress *progress = &event->progress;
    progress->lane = mem_string(lane->name);
    progress->calls = mem_alloc(lane->in_flight * sizeof *progress->calls);
    for (size_t i = 0; i < lane->flight_count; i++) {
        const struct http_owner *flight = &lane->flights[i];
        const struct call *call = &flight->call->call;
        if (!flight->over && !flight->call->quiet && call->chunks > 0)
            progress->calls[progress->count++] = (struct progress){call->id, call->chunks};
    }
    if (progress->count > 0)
        lane_emit(lane, event);
    else
        event_free(event);
}

/* ---- what comes back ---- */

static bool on_data(struct http_owner *flight, const char *bytes, size_t length, int64_t at_ns) {
    struct lane *lane = flight->lane;
    struct call *call = &flight->call->call;
    bool waited = call->first_token_us == MARK_NONE;
    int64_t at_us = (at_ns - lane->bench->epoch_ns) / 1000;
    bool accepted = chat_stream_feed(flight->call->stream, call, bytes, length, at_us);
    if (waited && call->first_token_us != MARK_NONE) {
        http_begun(flight->transfer);
        if (!flight->call->quiet) {
            struct event *event = event_new(EVENT_FIRST_TOKEN, lane_now_us(lane));
            event->first_token.id = call->id;
            lane_emit(lane, event);
        }
    }
    if (at_us - lane->progress_us >= PROGRESS_US) {
        lane->progress_us = at_us;
        emit_progress(lane);
    }
    return accepted;
}

static int64_t mark_us(const struct lane *lane, int64_t ns) {
    return ns ? (ns - lane->bench->epoch_ns) / 1000 : MARK_NONE;
}

static void take_marks(struct http_owner *flight, const struct http_marks *marks) {
    struct lane *lane = flight->lane;
    struct call *call = &flight->call->call;
    call->start_us = mark_us(lane, marks->start_ns);
    call->sent_us = mark_us(lane, marks->sent_ns);
    call->first_byte_us = mark_us(lane, marks->first_byte_ns);
    call->end_us = mark_us(lane, marks->end_ns);
    if (marks->connect_ns > 0)
        call->connect_ms = (double)marks->connect_ns / 1e6;
    else
        call->connect_ms = flight->slot->connect_ms;
    flight->slot->connect_ms = NAN;
}

/* Old servers refuse a member they do not know, some a switch that their model has not: HTTP 400 or
 * 422 that names it. */
static bool refuses(const struct http_owner *flight, const char *const *words, size_t count) {
    const struct call *call = &flight->call->call;
    if ((call->http_status != 400 && call->http_status != 422) || flight->again)
        return false;
    for (size_t i = 0; i < count; i++)
        if (text_find(call->error_detail, words[i]))
            return true;
    return false;
}

static bool refuses_usage(const struct http_owner *flight) {
    static const char *const words[] = {"stream_options", "include_usage"};
    return refuses(flight, words, COUNT_OF(words));
}

static bool refuses_thinking(const struct http_owner *flight) {
    static const char *const words[] = {"chat_template_kwargs", "enable_thinking",
                                        "reasoning_effort", "not support thinking"};
    return flight->call->request.thinking != THINKING_DEFAULT &&
           refuses(flight, words, COUNT_OF(words));
}

/* mlx-lm tells its version in its replies alone. */
static void learn_version(struct http_owner *flight) {
    struct slot *slot = flight->slot;
    if (slot->endpoint->engine_version || slot->engine_version)
        return;
    slot->engine_version = engine_version_in(slot->engine, chat_fingerprint(flight->call->stream));
    if (slot->engine_version)
        lane_tell(flight->lane, slot, "its version stands in its replies");
}

static void conclude(struct http_owner *flight) {
    struct lane *lane = flight->lane;
    struct lane_call *lane_call = flight->call;
    struct call *call = &lane_call->call;
    size_t tool_calls = 0;
    chat_tool_calls(lane_call->stream, &tool_calls);
    if (call->ok) {
        learn_version(flight);
        call->degenerate = text_is_degenerate(chat_reasoning(lane_call->stream),
                                              chat_content(lane_call->stream), tool_calls > 0);
        if (lane_call->check)
            call->correct = lane_call->check(lane_call);
        int64_t took_us = call->end_us - call->start_us;
        if (lane->flight_count == 1 && took_us > flight->slot->longest_us)
            flight->slot->longest_us = took_us;
    }
    if (call->http_status == 200 && flight->slot->state == ENDPOINT_DOWN)
        lane_set_state(lane, flight->slot, ENDPOINT_UP, NULL);
    if (lane_call->quiet)
        return;
    lane_emit_call_end(lane, call);
    if (lane_call->keep_output)
        lane_emit_output(lane, lane_call);
}

/* Whether pitwall stood still while this call was in flight: marks that were taken late, or time
 * limits that ran out unseen, are no engine's. Told once, the first time a call meets it. */
static bool was_suspended(struct lane *lane, int ep, const struct http_marks *marks, char *detail,
                          size_t size) {
    struct loop_stall stall = loop_stall(lane->loop);
    int64_t start_ns = marks->start_ns ? marks->start_ns : lane->released_ns;
    if (stall.us == 0 || start_ns >= stall.to_ns ||
        (marks->end_ns && marks->end_ns < stall.from_ns))
        return false;
    double seconds = (double)stall.us / 1e6;
    snprintf(detail, size, "pitwall did not run for %.1f s", seconds);
    if (lane->stall_told_ns != stall.to_ns)
        lane_note(lane, NOTE_WARN, ep,
                  "pitwall did not run for %.1f s: calls in flight are not counted", seconds);
    lane->stall_told_ns = stall.to_ns;
    return true;
}

static void on_done(struct http_owner *flight, int status, enum error_class error,
                    const char *detail, const struct http_marks *marks) {
    char why[64];
    struct lane *lane = flight->lane;
    struct call *call = &flight->call->call;
    flight->transfer = NULL;
    flight->over = true;
    lane->in_flight--;
    take_marks(flight, marks);
    if (error != ERROR_CANCELLED && was_suspended(lane, call->ep, marks, why, sizeof why)) {
        error = ERROR_SUSPENDED;
        detail = why;
    }
    chat_stream_end(flight->call->stream, call, status, error, detail);
    flight->usage_refused = refuses_usage(flight);
    flight->thinking_refused = refuses_thinking(flight);
    if (flight->usage_refused || flight->thinking_refused)
        flight->again = true;
    else
        conclude(flight);
    if (lane->in_flight == 0)
        loop_break(lane->loop);
}

/* ---- rounds ---- */

static bool interrupted(const struct lane *lane) {
    return lane_stopped(lane) || lane_skips(lane);
}

static void serve(struct lane *lane) {
    while (lane->in_flight > 0 && !interrupted(lane))
        loop_run(lane->loop);
    for (size_t i = 0; i < lane->flight_count; i++)
        if (lane->flights[i].transfer)
            http_cancel(lane->http, lane->flights[i].transfer);
}

/* Sends those that are not over, all in one go, and waits for them. */
static void release(struct lane *lane) {
    struct transfer **transfers = mem_alloc(lane->flight_count * sizeof(struct transfer *));
    size_t count = 0;
    for (size_t i = 0; i < lane->flight_count; i++)
        if (!lane->flights[i].over)
            transfers[count++] = lane->flights[i].transfer;
    lane->in_flight = count;
    lane->progress_us = lane_now_us(lane);
    loop_stall(lane->loop); /* one that is over by now is not theirs */
    lane->released_ns = clock_ns();
    http_release(lane->http, transfers, count);
    free(transfers);
    serve(lane);
}

static void first_round(struct lane *lane) {
    for (size_t i = 0; i < lane->flight_count; i++) {
        struct http_owner *flight = &lane->flights[i];
        describe_call(flight, (int64_t)atomic_fetch_add(&lane->bench->next_id, 1));
        prepare(flight);
    }
    for (size_t i = 0; i < lane->flight_count; i++) {
        struct http_owner *flight = &lane->flights[i];
        if (!flight->call->quiet)
            lane_emit_call_start(lane, &flight->call->call);
        if (flight->over)
            conclude(flight);
    }
    release(lane);
}

/* What was refused is not sent again to this endpoint. */
static void give_in(struct http_owner *flight) {
    struct dialect *dialect = &flight->slot->dialect;
    enum thinking mode = flight->call->request.thinking;
    static const char nothing[] = "{}";
    if (flight->usage_refused && dialect->include_usage)
        lane_note(flight->lane, NOTE_WARN, flight->slot->ep,
                  "stream_options is refused: tokens are not reported in the stream");
    if (flight->usage_refused)
        dialect->include_usage = false;
    if (flight->thinking_refused && dialect->thinking_body[mode] != nothing)
        lane_note(flight->lane, NOTE_WARN, flight->slot->ep,
                  "its switch for thinking %s is refused (%.200s): it is not sent",
                  thinking_word(mode), flight->call->call.error_detail);
    if (flight->thinking_refused)
        dialect->thinking_body[mode] = nothing;
}

/* The refused once more without what was refused; under the same id, as the same call. */
static void second_round(struct lane *lane) {
    bool any = false;
    for (size_t i = 0; i < lane->flight_count; i++) {
        struct http_owner *flight = &lane->flights[i];
        if (!flight->again)
            continue;
        give_in(flight);
        forget_request(flight);
        describe_call(flight, flight->call->call.id);
        prepare(flight);
        if (flight->over)
            conclude(flight);
        any = true;
    }
    if (any)
        release(lane);
}

bool lane_perform(struct lane *lane, struct lane_call *calls, size_t count) {
    if (interrupted(lane) || count == 0)
        return !interrupted(lane);
    lane->flights = mem_zero(count, sizeof *lane->flights);
    lane->flight_count = count;
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = lane_slot(lane, calls[i].ep);
        assert(slot);
        lane->flights[i] = (struct http_owner){.lane = lane, .slot = slot, .call = &calls[i]};
    }
    first_round(lane);
    second_round(lane);
    for (size_t i = 0; i < count; i++)
        forget_request(&lane->flights[i]);
    free(lane->flights);
    lane->flights = NULL;
    lane->flight_count = lane->in_flight = 0;
    return !interrupted(lane);
}
