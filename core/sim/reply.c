#include "sim/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "sim/reply_parts.h"

void reply_init(struct reply *reply, const struct profile *profile, enum ask_form form,
                int64_t number) {
    *reply = (struct reply){.profile = profile, .form = form};
    snprintf(reply->id, sizeof reply->id, "chatcmpl-%s-%" PRId64, engine_word(profile->engine),
             number);
}

/* ---- parts of a chunk ---- */

static void put_head(struct reply *reply, struct json_writer *w, const char *object) {
    json_put_string(w, "id", reply->id);
    json_put_string(w, "object", object);
    json_put_integer(w, "created", 0);
    json_put_string(w, "model", reply->profile->model);
    if (reply->profile->wire.fingerprint != NULL)
        json_put_string(w, "system_fingerprint", reply->profile->wire.fingerprint);
}

static void open_frame(struct reply *reply, struct json_writer *w, struct buf *out,
                       const char *object) {
    buf_text(out, "data: ");
    json_begin(w, out);
    json_open(w, NULL, '{');
    put_head(reply, w, object);
}

static void close_frame(struct json_writer *w, struct buf *out) {
    json_close(w, '}');
    buf_text(out, "\n\n");
}

static void open_choice(struct json_writer *w) {
    json_open(w, "choices", '[');
    json_open(w, NULL, '{');
    json_put_integer(w, "index", 0);
    json_open(w, "delta", '{');
}

static void close_choice(const struct reply *reply, struct json_writer *w, const char *finish) {
    json_close(w, '}');
    if (reply->profile->wire.null_logprobs)
        json_put_null(w, "logprobs");
    json_put_string(w, "finish_reason", finish);
    json_close(w, '}');
    json_close(w, ']');
}

/* "usage" of a chunk that is not there for it. */
static void put_running_usage(struct reply *reply, struct json_writer *w,
                              const struct reply_figures *figures) {
    if (reply->profile->wire.usage == USAGE_EVERY && figures->include_usage)
        reply_put_usage(reply, w, figures);
    else if (reply->profile->wire.null_usage)
        json_put_null(w, "usage");
}

/* ---- frames ---- */

static void role_frame(struct reply *reply, struct buf *out) {
    struct json_writer w;
    open_frame(reply, &w, out, "chat.completion.chunk");
    open_choice(&w);
    json_put_string(&w, "role", "assistant");
    if (reply->profile->wire.role == ROLE_BEFORE_FIRST)
        json_put_null(&w, "content");
    close_choice(reply, &w, NULL);
    if (reply->profile->wire.null_usage)
        json_put_null(&w, "usage");
    close_frame(&w, out);
    reply->role_sent = true;
}

/* oMLX: looks like a chunk of text, but for its model (facts engines G.4). */
static void beat_frame(struct reply *reply, struct buf *out) {
    struct json_writer w;
    buf_text(out, "data: ");
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "id", reply->id);
    json_put_string(&w, "object", "chat.completion.chunk");
    json_put_integer(&w, "created", 0);
    json_put_string(&w, "model", "keepalive");
    open_choice(&w);
    json_put_string(&w, "content", "");
    close_choice(reply, &w, NULL);
    close_frame(&w, out);
}

void reply_beat(struct reply *reply, struct buf *out, int64_t done, int64_t all) {
    const char *comment = reply->profile->keepalive.comment;
    if (reply->form == ASK_OLLAMA)
        return;
    if (reply->profile->keepalive.frame)
        beat_frame(reply, out);
    else if (comment != NULL && reply->profile->keepalive.progress)
        buf_printf(out, "%s %" PRId64 "/%" PRId64 "\n\n", comment, done, all);
    else if (comment != NULL)
        buf_printf(out, "%s\n\n", comment);
}

void reply_open(struct reply *reply, struct buf *out) {
    bool first = reply->profile->keepalive.first, frame = reply->profile->keepalive.frame;
    if (reply->form == ASK_OLLAMA)
        return;
    if (first && frame)
        reply_beat(reply, out, 0, 0);
    if (reply->profile->wire.role == ROLE_AT_ONCE)
        role_frame(reply, out);
    if (first && !frame)
        reply_beat(reply, out, 0, 0);
}

static void put_role(struct reply *reply, struct json_writer *w) {
    switch (reply->profile->wire.role) {
    case ROLE_AT_ONCE:
    case ROLE_BEFORE_FIRST:
        return;
    case ROLE_WITH_FIRST:
        if (reply->role_sent)
            return;
        break;
    case ROLE_EVERY:
    case ROLE_COUNT:
        break;
    }
    json_put_string(w, "role", "assistant");
    reply->role_sent = true;
}

/* The begin of a chunk that carries something. */
static void open_delta(struct reply *reply, struct json_writer *w, struct buf *out) {
    if (reply->profile->wire.role == ROLE_BEFORE_FIRST && !reply->role_sent)
        role_frame(reply, out);
    open_frame(reply, w, out, "chat.completion.chunk");
    open_choice(w);
    put_role(reply, w);
}

static void close_delta(struct reply *reply, struct json_writer *w, struct buf *out,
                        const struct reply_figures *figures) {
    close_choice(reply, w, NULL);
    put_running_usage(reply, w, figures);
    close_frame(w, out);
}

void reply_text(struct reply *reply, struct buf *out, const char *text, bool reasoning,
                const struct reply_figures *figures) {
    struct json_writer w;
    if (reply->form == ASK_OLLAMA) {
        struct reply_texts texts = {.content = reasoning ? NULL : text,
                                    .reasoning = reasoning ? text : NULL};
        reply_line(reply, out, &texts, NULL, figures);
        return;
    }
    open_delta(reply, &w, out);
    if (reasoning && reply->profile->wire.empty_content)
        json_put_string(&w, "content", "");
    json_put_string(&w, reasoning ? reply->profile->wire.reasoning_field : "content", text);
    close_delta(reply, &w, out, figures);
}

/* One entry of "tool_calls"; a further piece has neither id nor name. */
static void put_call(const struct reply *reply, struct json_writer *w, const char *name,
                     const char *arguments, bool indexed) {
    json_open(w, "tool_calls", '[');
    json_open(w, NULL, '{');
    if (indexed)
        json_put_integer(w, "index", 0);
    if (name != NULL) {
        char id[REPLY_ID_MAX + 8];
        snprintf(id, sizeof id, "call_%s", reply->id);
        json_put_string(w, "id", id);
        json_put_string(w, "type", "function");
    }
    json_open(w, "function", '{');
    if (name != NULL)
        json_put_string(w, "name", name);
    json_put_string(w, "arguments", arguments);
    json_close(w, '}');
    json_close(w, '}');
    json_close(w, ']');
}

void reply_call(struct reply *reply, struct buf *out, const char *name, const char *arguments,
                const struct reply_figures *figures) {
    struct json_writer w;
    if (reply->form == ASK_OLLAMA) {
        struct reply_texts texts = {.call_name = name, .call_arguments = arguments};
        reply_line(reply, out, &texts, NULL, figures);
        return;
    }
    open_delta(reply, &w, out);
    if (name != NULL && reply->profile->wire.empty_content)
        json_put_string(&w, "content", "");
    put_call(reply, &w, name, arguments, reply->profile->wire.tool_index);
    close_delta(reply, &w, out, figures);
}

/* ---- the end ---- */

static bool has_usage_chunk(const struct reply *reply, const struct reply_figures *figures) {
    return figures->include_usage && reply->profile->wire.usage != USAGE_NEVER;
}

static void finish_frame(struct reply *reply, struct buf *out, const char *finish,
                         const struct reply_figures *figures) {
    struct json_writer w;
    open_frame(reply, &w, out, "chat.completion.chunk");
    open_choice(&w);
    if (reply->profile->wire.role == ROLE_EVERY)
        put_role(reply, &w);
    close_choice(reply, &w, finish);
    if (reply->profile->wire.usage == USAGE_FINISH)
        reply_put_usage(reply, &w, figures);
    else
        put_running_usage(reply, &w, figures);
    if (reply->profile->wire.timings && !has_usage_chunk(reply, figures))
        reply_put_timings(&w, figures);
    if (reply->form == ASK_LMSTUDIO)
        reply_put_stats(&w, finish, figures);
    close_frame(&w, out);
}

static void usage_frame(struct reply *reply, struct buf *out, const struct reply_figures *figures) {
    struct json_writer w;
    open_frame(reply, &w, out, reply->profile->wire.usage_object);
    json_open(&w, "choices", '[');
    json_close(&w, ']');
    reply_put_usage(reply, &w, figures);
    if (reply->profile->wire.timings)
        reply_put_timings(&w, figures);
    close_frame(&w, out);
}

void reply_close(struct reply *reply, struct buf *out, const char *finish,
                 const struct reply_figures *figures) {
    if (reply->form == ASK_OLLAMA) {
        struct reply_texts nothing = {0};
        reply_line(reply, out, &nothing, finish, figures);
        return;
    }
    finish_frame(reply, out, finish, figures);
    if (has_usage_chunk(reply, figures))
        usage_frame(reply, out, figures);
    if (!reply->profile->wire.omits_done)
        buf_text(out, "data: [DONE]\n\n");
}

static void empty_frame(struct reply *reply, struct buf *out) {
    struct json_writer w;
    buf_text(out, "data: ");
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "id", reply->id);
    json_put_string(&w, "object", "chat.completion.chunk");
    json_put_string(&w, "model", "");
    open_choice(&w);
    json_put_string(&w, "content", "");
    close_choice(reply, &w, NULL);
    close_frame(&w, out);
}

void reply_fail(struct reply *reply, struct buf *out) {
    enum wire_failure failure = reply->profile->wire.failure;
    static const char error[] = "{\"error\":{\"message\":\"the decoder broke down\","
                                "\"type\":\"server_error\",\"code\":500}}";
    if (reply->form == ASK_OLLAMA) {
        buf_text(out, "{\"error\":\"the decoder broke down\"}\n");
        return;
    }
    if (failure == FAILURE_OBJECT || failure == FAILURE_OBJECT_DONE)
        buf_printf(out, "data: %s\n\n", error);
    if (failure == FAILURE_EMPTY)
        empty_frame(reply, out);
    if (failure == FAILURE_OBJECT_DONE || failure == FAILURE_DONE)
        buf_text(out, "data: [DONE]\n\n");
}

/* ---- whole ---- */

static void put_message(struct reply *reply, struct json_writer *w,
                        const struct reply_texts *texts) {
    json_open(w, "message", '{');
    json_put_string(w, "role", "assistant");
    json_put_string(w, "content", texts->content != NULL ? texts->content : "");
    if (texts->reasoning != NULL)
        json_put_string(w, reply->profile->wire.reasoning_field, texts->reasoning);
    if (texts->call_name != NULL)
        put_call(reply, w, texts->call_name, texts->call_arguments, false);
}

void reply_whole(struct reply *reply, struct buf *out, const struct reply_texts *texts,
                 const char *finish, const struct reply_figures *figures) {
    struct json_writer w;
    if (reply->form == ASK_OLLAMA) {
        reply_line(reply, out, texts, finish, figures);
        return;
    }
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    put_head(reply, &w, "chat.completion");
    json_open(&w, "choices", '[');
    json_open(&w, NULL, '{');
    json_put_integer(&w, "index", 0);
    put_message(reply, &w, texts);
    close_choice(reply, &w, finish);
    if (reply->profile->wire.usage != USAGE_NEVER)
        reply_put_usage(reply, &w, figures);
    if (reply->profile->wire.timings)
        reply_put_timings(&w, figures);
    if (reply->form == ASK_LMSTUDIO) {
        reply_put_stats(&w, finish, figures);
        reply_put_runtime(reply, &w);
    }
    json_close(&w, '}');
}

void reply_error(const struct profile *profile, struct buf *out, int code, const char *type,
                 const char *message) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    if (profile->wire.errors == ERRORS_STRING) {
        json_put_string(&w, "error", message);
    } else {
        json_open(&w, "error", '{');
        json_put_string(&w, "message", message);
        json_put_string(&w, "type", type);
        json_put_integer(&w, "code", code);
        json_close(&w, '}');
    }
    json_close(&w, '}');
}
