#include "sim/reply.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"

void reply_init(struct reply *reply, const struct profile *profile, int64_t number) {
    *reply = (struct reply){.profile = profile};
    snprintf(reply->id, sizeof reply->id, "chatcmpl-%s-%" PRId64, engine_word(profile->engine),
             number);
}

/* ---- parts of a chunk ---- */

static void put_head(struct reply *reply, struct json_writer *w, const char *object) {
    json_put_string(w, "id", reply->id);
    json_put_string(w, "object", object);
    json_put_integer(w, "created", 0);
    json_put_string(w, "model", reply->profile->model);
    json_put_string(w, "system_fingerprint", reply->profile->version);
}

static void put_usage(struct reply *reply, struct json_writer *w,
                      const struct reply_figures *figures) {
    json_open(w, "usage", '{');
    json_put_integer(w, "prompt_tokens", figures->prompt);
    json_put_integer(w, "completion_tokens", figures->completion);
    json_put_integer(w, "total_tokens", figures->prompt + figures->completion);
    enum wire_cached cached = reply->profile->wire.cached;
    if (cached == CACHED_ALWAYS || (cached == CACHED_POSITIVE && figures->cached > 0)) {
        json_open(w, "prompt_tokens_details", '{');
        json_put_integer(w, "cached_tokens", figures->cached);
        json_close(w, '}');
    }
    json_close(w, '}');
}

/* llama.cpp's own figures: its decode clock starts at the first token but counts it. */
static void put_timings(struct json_writer *w, const struct reply_figures *figures) {
    json_open(w, "timings", '{');
    int64_t computed = figures->prompt - figures->cached;
    json_put_integer(w, "cache_n", figures->cached);
    json_put_integer(w, "prompt_n", computed);
    json_put_number(w, "prompt_ms", figures->prompt_ms);
    json_put_number(w, "prompt_per_second", (double)computed * 1e3 / figures->prompt_ms);
    json_put_integer(w, "predicted_n", figures->completion);
    json_put_number(w, "predicted_ms", figures->predicted_ms);
    json_put_number(w, "predicted_per_second",
                    (double)figures->completion * 1e3 / figures->predicted_ms);
    if (figures->drafted > 0) {
        json_put_integer(w, "draft_n", figures->drafted);
        json_put_integer(w, "draft_n_accepted", figures->accepted);
    }
    json_close(w, '}');
}

static void open_frame(struct reply *reply, struct json_writer *w, struct buf *out) {
    buf_text(out, "data: ");
    json_begin(w, out);
    json_open(w, NULL, '{');
    put_head(reply, w, "chat.completion.chunk");
}

static void close_frame(struct json_writer *w, struct buf *out) {
    json_close(w, '}');
    buf_text(out, "\n\n");
}

/* ---- frames ---- */

static void open_choice(struct json_writer *w) {
    json_open(w, "choices", '[');
    json_open(w, NULL, '{');
    json_put_integer(w, "index", 0);
    json_open(w, "delta", '{');
}

static void close_choice(struct json_writer *w, const char *finish) {
    json_close(w, '}');
    json_put_string(w, "finish_reason", finish);
    json_close(w, '}');
    json_close(w, ']');
}

static void role_frame(struct reply *reply, struct buf *out) {
    struct json_writer w;
    open_frame(reply, &w, out);
    open_choice(&w);
    json_put_string(&w, "role", "assistant");
    if (reply->profile->wire.role == ROLE_BEFORE_FIRST)
        json_put_null(&w, "content");
    close_choice(&w, NULL);
    close_frame(&w, out);
    reply->role_sent = true;
}

void reply_open(struct reply *reply, struct buf *out) {
    if (reply->profile->wire.role == ROLE_AT_ONCE)
        role_frame(reply, out);
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

void reply_text(struct reply *reply, struct buf *out, const char *text, bool reasoning,
                const struct reply_figures *figures) {
    const struct profile *profile = reply->profile;
    if (profile->wire.role == ROLE_BEFORE_FIRST && !reply->role_sent)
        role_frame(reply, out);
    struct json_writer w;
    open_frame(reply, &w, out);
    open_choice(&w);
    put_role(reply, &w);
    json_put_string(&w, reasoning ? profile->wire.reasoning_field : "content", text);
    close_choice(&w, NULL);
    if (profile->wire.usage == USAGE_EVERY && figures->include_usage)
        put_usage(reply, &w, figures);
    close_frame(&w, out);
}

static bool has_usage_chunk(const struct reply *reply, const struct reply_figures *figures) {
    return figures->include_usage && reply->profile->wire.usage != USAGE_NEVER;
}

static void finish_frame(struct reply *reply, struct buf *out, const char *finish,
                         const struct reply_figures *figures) {
    enum wire_usage usage = reply->profile->wire.usage;
    struct json_writer w;
    open_frame(reply, &w, out);
    open_choice(&w);
    if (reply->profile->wire.role == ROLE_EVERY)
        put_role(reply, &w);
    close_choice(&w, finish);
    if (usage == USAGE_FINISH || (usage == USAGE_EVERY && figures->include_usage))
        put_usage(reply, &w, figures);
    if (reply->profile->wire.timings && !has_usage_chunk(reply, figures))
        put_timings(&w, figures);
    close_frame(&w, out);
}

static void usage_frame(struct reply *reply, struct buf *out, const struct reply_figures *figures) {
    struct json_writer w;
    open_frame(reply, &w, out);
    json_open(&w, "choices", '[');
    json_close(&w, ']');
    put_usage(reply, &w, figures);
    if (reply->profile->wire.timings)
        put_timings(&w, figures);
    close_frame(&w, out);
}

void reply_close(struct reply *reply, struct buf *out, const char *finish,
                 const struct reply_figures *figures) {
    finish_frame(reply, out, finish, figures);
    if (has_usage_chunk(reply, figures))
        usage_frame(reply, out, figures);
    buf_text(out, "data: [DONE]\n\n");
}

void reply_whole(struct reply *reply, struct buf *out, const char *content, const char *reasoning,
                 const char *finish, const struct reply_figures *figures) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    put_head(reply, &w, "chat.completion");
    json_open(&w, "choices", '[');
    json_open(&w, NULL, '{');
    json_put_integer(&w, "index", 0);
    json_open(&w, "message", '{');
    json_put_string(&w, "role", "assistant");
    json_put_string(&w, "content", content);
    if (reasoning[0] != '\0')
        json_put_string(&w, reply->profile->wire.reasoning_field, reasoning);
    close_choice(&w, finish);
    if (reply->profile->wire.usage != USAGE_NEVER)
        put_usage(reply, &w, figures);
    if (reply->profile->wire.timings)
        put_timings(&w, figures);
    json_close(&w, '}');
}

void reply_error(struct buf *out, int code, const char *type, const char *message) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_open(&w, "error", '{');
    json_put_string(&w, "message", message);
    json_put_string(&w, "type", type);
    json_put_integer(&w, "code", code);
    json_close(&w, '}');
    json_close(&w, '}');
}
