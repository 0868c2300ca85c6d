#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "net/chat_inner.h"

#define WHOLE_MAX ((size_t)32 << 20)
#define DETAIL_SIZE 512

/* How the body is cut, seen from its first byte: an error under HTTP 200, or a server that does not
 * stream, answers with a whole JSON value where events were asked for. */
enum shape { SHAPE_UNKNOWN, SHAPE_EVENTS, SHAPE_LINES, SHAPE_WHOLE };

struct chat_stream {
    const struct dialect *dialect;
    bool stream;
    enum shape shape;
    struct sse sse;
    struct buf whole;
    struct buf content, reasoning;
    struct tools tools;
    struct figures figures;
    struct mould mould;
    char *model, *fingerprint;
    bool over; /* above a ceiling */
    bool ended /* [DONE], or Ollama's done */;
    bool failed;     /* the server said so in the stream; `failure` is its text */
    bool malformed;  /* `problem` says what */
    int64_t last_us; /* the last read */
    size_t chunk_capacity;
    char failure[DETAIL_SIZE], problem[DETAIL_SIZE];
};

struct chat_stream *chat_stream_new(const struct dialect *dialect, bool stream) {
    struct chat_stream *self = mem_zero(1, sizeof(*self));
    self->dialect = dialect;
    self->stream = stream;
    sse_init(&self->sse, dialect->native_ollama ? SSE_LINES : SSE_EVENTS, CHAT_TEXT_MAX);
    mould_init(&self->mould);
    buf_init(&self->whole, WHOLE_MAX);
    buf_init(&self->content, CHAT_TEXT_MAX);
    buf_init(&self->reasoning, CHAT_TEXT_MAX);
    return self;
}

void chat_stream_free(struct chat_stream *self) {
    if (!self)
        return;
    sse_done(&self->sse);
    mould_done(&self->mould);
    buf_done(&self->whole);
    buf_done(&self->content);
    buf_done(&self->reasoning);
    tools_done(&self->tools);
    figures_done(&self->figures);
    free(self->model);
    free(self->fingerprint);
    free(self);
}

static void malformed(struct chat_stream *self, const char *what, const char *text, size_t length) {
    char seen[200];
    if (self->malformed)
        return;
    self->malformed = true;
    text_visible(seen, sizeof(seen), text, length);
    char *line = mem_format("%s%s%s", what, seen[0] ? ": " : "", seen);
    copy_text(self->problem, sizeof(self->problem), line);
    free(line);
}

/* ---- what a chunk carries ---- */

struct carried {
    bool token;   /* any text, reasoning or tool call */
    bool visible; /* content or a tool call */
};

static bool take_text(struct chat_stream *self, struct buf *to, const char *text, int64_t *chars) {
    if (!text || !text[0])
        return false;
    if (!buf_text(to, text))
        self->over = true;
    *chars += text_code_points(text);
    return true;
}

static const char *reasoning_of(const cJSON *message) {
    /* A server may send the same text under two names: the first that says something counts. */
    static const char *const names[] = {"reasoning_content", "reasoning", "thinking"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *text = json_string(message, names[i]);
        if (text && text[0])
            return text;
    }
    return NULL;
}

static struct carried take_message(struct chat_stream *self, struct call *call,
                                   const cJSON *message) {
    struct carried carried = {false, false};
    const cJSON *content = json_member(message, "content");
    const cJSON *tool_calls = json_member(message, "tool_calls");
    if (content && !cJSON_IsString(content))
        malformed(self, "content is no string", "", 0);
    if (tool_calls && !cJSON_IsArray(tool_calls))
        malformed(self, "tool_calls is no array", "", 0);
    if (take_text(self, &self->reasoning, reasoning_of(message), &call->reasoning_chars))
        carried.token = true;
    if (take_text(self, &self->content, json_string(message, "content"), &call->content_chars))
        carried.visible = true;
    if (cJSON_IsArray(tool_calls) && tools_take(&self->tools, tool_calls))
        carried.visible = true;
    self->over = self->over || self->tools.over;
    carried.token = carried.token || carried.visible;
    return carried;
}

static void note_token(struct chat_stream *self, struct call *call, bool visible, int64_t at_us) {
    if (call->chunks > 0) {
        call->chunk_us = mem_grow(call->chunk_us, call->chunk_us_count, &self->chunk_capacity,
                                  sizeof(*call->chunk_us));
        call->chunk_us[call->chunk_us_count++] = at_us - call->last_token_us;
    }
    call->chunks++;
    if (call->first_token_us == MARK_NONE)
        call->first_token_us = at_us;
    if (visible && call->first_content_us == MARK_NONE)
        call->first_content_us = at_us;
    call->last_token_us = at_us;
}

static void keep_name(char **to, const char *text) {
    /* oMLX's keep-alive frames look like chunks of a model of this name. */
    if (!*to && text && text[0] && strcmp(text, "keepalive") != 0)
        *to = mem_string(text);
}

static struct carried take_choice(struct chat_stream *self, struct call *call,
                                  const cJSON *choice) {
    struct carried carried = {false, false};
    const cJSON *message = json_object(choice, "delta");
    const char *finish = json_string(choice, "finish_reason");
    if (!message)
        message = json_object(choice, "message");
    if (message)
        carried = take_message(self, call, message);
    if (finish && finish[0])
        copy_text(call->finish, sizeof(call->finish), finish);
    return carried;
}

static struct carried take_native(struct chat_stream *self, struct call *call, const cJSON *line) {
    struct carried carried = take_message(self, call, json_object(line, "message"));
    const char *reason = json_string(line, "done_reason");
    if (json_bool(line, "done", false)) {
        self->ended = true;
        copy_text(call->finish, sizeof(call->finish), reason && reason[0] ? reason : "stop");
    }
    return carried;
}

static struct carried take_chunk(struct chat_stream *self, struct call *call, cJSON *chunk) {
    struct carried carried = {false, false};
    const cJSON *choices = json_member(chunk, "choices");
    if (chat_error_text(chunk, self->failure, sizeof(self->failure)))
        self->failed = true;
    keep_name(&self->model, json_string(chunk, "model"));
    keep_name(&self->fingerprint, json_string(chunk, "system_fingerprint"));
    if (self->dialect->native_ollama)
        carried = take_native(self, call, chunk);
    else if (choices && !cJSON_IsArray(choices))
        malformed(self, "choices is no array", "", 0);
    else if (choices && choices->child)
        carried = take_choice(self, call, choices->child);
    figures_take(&self->figures, chunk, self->dialect->native_ollama);
    return carried;
}

/* ---- from bytes to chunks ---- */

static bool is_end_mark(const char *data, size_t length) {
    return length == 6 && memcmp(data, "[DONE]", 6) == 0;
}

/* The short way, once the model's name and the fingerprint are known. */
static bool take_brief(struct chat_stream *self, struct call *call, const char *data, size_t length,
                       int64_t at_us) {
    struct brief brief;
    if (!mould_fits(&self->mould, data, length, &brief)) {
        if (self->dialect->native_ollama || !self->model || !chat_brief(data, length, &brief) ||
            (brief.fingerprint.length > 0 && !self->fingerprint))
            return false;
        mould_take(&self->mould, data, length, &brief);
    }
    if (brief.text.length == 0)
        return true;
    struct buf *to = brief.reasons ? &self->reasoning : &self->content;
    size_t before = to->length;
    if (!chat_brief_text(&brief.text, to))
        self->over = true;
    int64_t *chars = brief.reasons ? &call->reasoning_chars : &call->content_chars;
    *chars += text_code_points(buf_string(to) + before);
    note_token(self, call, !brief.reasons, at_us);
    return true;
}

static void take_event(struct chat_stream *self, struct call *call, const char *data, size_t length,
                       int64_t at_us, bool whole_event) {
    struct error error = {0};
    while (length > 0 && (data[0] == ' ' || data[0] == '\t')) {
        data++;
        length--;
    }
    while (length > 0 && (data[length - 1] == ' ' || data[length - 1] == '\t'))
        length--;
    if (length == 0)
        return;
    if (is_end_mark(data, length)) {
        self->ended = true;
        return;
    }
    if (take_brief(self, call, data, length, at_us))
        return;
    cJSON *chunk = json_parse(data, length, &error);
    if (cJSON_IsObject(chunk)) {
        struct carried carried = take_chunk(self, call, chunk);
        if (carried.token)
            note_token(self, call, carried.visible, at_us);
    } else if (whole_event) { /* what was cut off is truncated, not malformed */
        malformed(self, chunk ? "an event is no JSON object" : error.text, data, length);
    }
    json_free(chunk);
}

static bool feed_events(struct chat_stream *self, struct call *call, const char *bytes,
                        size_t length, int64_t at_us) {
    const char *data;
    size_t used, data_length;
    enum sse_result result;
    while ((result = sse_next(&self->sse, bytes, length, &used, &data, &data_length)) ==
           SSE_EVENT) {
        take_event(self, call, data, data_length, at_us, true);
        bytes += used;
        length -= used;
    }
    if (result == SSE_OVER)
        self->over = true;
    return !self->over;
}

static bool feed_whole(struct chat_stream *self, const char *bytes, size_t length) {
    if (!buf_append(&self->whole, bytes, length))
        self->over = true;
    return !self->over;
}

static enum shape shape_of(const struct chat_stream *self, char first) {
    if (!self->stream || first == '<')
        return SHAPE_WHOLE;
    if (self->dialect->native_ollama)
        return SHAPE_LINES;
    return first == '{' || first == '[' ? SHAPE_WHOLE : SHAPE_EVENTS;
}

bool chat_stream_feed(struct chat_stream *self, struct call *call, const char *bytes, size_t length,
                      int64_t at_us) {
    if (length > 0 && call->first_byte_us == MARK_NONE)
        call->first_byte_us = at_us;
    self->last_us = at_us;
    while (self->shape == SHAPE_UNKNOWN && length > 0) {
        if (memchr(" \t\r\n", bytes[0], 4)) { /* some send spaces to keep a connection alive */
            bytes++;
            length--;
        } else {
            self->shape = shape_of(self, bytes[0]);
        }
    }
    if (length == 0)
        return !self->over;
    return self->shape == SHAPE_WHOLE ? feed_whole(self, bytes, length)
                                      : feed_events(self, call, bytes, length, at_us);
}

/* ---- the end ---- */

/* A whole reply has an end, but no first token that anybody saw: TTFT stays unknown. */
static void end_whole(struct chat_stream *self, struct call *call, bool complete) {
    struct error error = {0};
    cJSON *reply = json_parse(buf_string(&self->whole), self->whole.length, &error);
    if (cJSON_IsObject(reply)) {
        if (take_chunk(self, call, reply).token)
            call->last_token_us = self->last_us;
    } else if (complete) {
        malformed(self, reply ? "the reply is no JSON object" : error.text,
                  buf_string(&self->whole), self->whole.length);
    }
    json_free(reply);
    self->ended = true;
}

static void end_body(struct chat_stream *self, struct call *call, bool complete) {
    const char *data;
    size_t length;
    switch (self->shape) {
    case SHAPE_UNKNOWN:
        break;
    case SHAPE_WHOLE:
        end_whole(self, call, complete);
        break;
    case SHAPE_EVENTS:
    case SHAPE_LINES:
        if (sse_end(&self->sse, &data, &length) == SSE_EVENT)
            take_event(self, call, data, length, self->last_us, false);
        break;
    }
}

/* vMLX puts such a text in place of an answer that did not come. */
static bool is_stand_in(const char *content) {
    static const char *const texts[] = {"[Model produced no response",
                                        "[Model produced only internal reasoning"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (strncmp(content, texts[i], strlen(texts[i])) == 0)
            return true;
    }
    return false;
}

struct judgement {
    enum error_class class;
    const char *detail;
};

/* A stream that said all it had to say is not spoiled by how its connection ended. */
static bool harmless(const struct chat_stream *self, const struct call *call,
                     enum error_class error) {
    return self->ended && call->finish[0] && self->shape != SHAPE_WHOLE &&
           (error == ERROR_TRUNCATED || error == ERROR_TIMEOUT_STALL);
}

static struct judgement judge(const struct chat_stream *self, const struct call *call, int status,
                              struct judgement transfer) {
    const char *content = buf_string(&self->content);
    if (status < 300 && self->failed &&
        (transfer.class == ERROR_NONE || transfer.class == ERROR_TRUNCATED))
        return (struct judgement){ERROR_STREAM, self->failure};
    if (transfer.class != ERROR_NONE && !harmless(self, call, transfer.class))
        return transfer;
    if (self->malformed)
        return (struct judgement){ERROR_PROTOCOL, self->problem};
    if (is_stand_in(content))
        return (struct judgement){ERROR_STREAM, content};
    if (strcmp(call->finish, "error") == 0)
        return (struct judgement){ERROR_STREAM, "finish_reason is error"};
    if (!call->finish[0])
        return (struct judgement){ERROR_TRUNCATED, "the stream ended without a finish_reason"};
    return (struct judgement){ERROR_NONE, NULL};
}

static void set_error(struct call *call, const struct chat_stream *self, int status,
                      struct judgement verdict) {
    call->error = verdict.class;
    free(call->error_detail);
    call->error_detail = NULL;
    if (verdict.class == ERROR_NONE)
        return;
    char visible[DETAIL_SIZE];
    const char *detail = verdict.detail ? verdict.detail : "";
    text_visible(visible, sizeof(visible), detail, strlen(detail));
    if (status >= 300 && self->failed)
        call->error_detail = mem_format("HTTP %d: %s", status, self->failure);
    else if (visible[0])
        call->error_detail = mem_string(visible);
}

void chat_stream_end(struct chat_stream *self, struct call *call, int status,
                     enum error_class error, const char *detail) {
    struct judgement transfer = {error, detail};
    call->http_status = status;
    if (error == ERROR_TIMEOUT_STALL && harmless(self, call, error))
        call->end_us = self->last_us; /* not the wait for a close that never came */
    end_body(self, call, error == ERROR_NONE && status < 300);
    figures_fill(&self->figures, call, self->dialect);
    set_error(call, self, status, judge(self, call, status, transfer));
    call_finish(call);
}

/* ---- what came of it ---- */

const char *chat_content(const struct chat_stream *self) {
    return buf_string(&self->content);
}

const char *chat_reasoning(const struct chat_stream *self) {
    return buf_string(&self->reasoning);
}

const struct tool_call *chat_tool_calls(const struct chat_stream *self, size_t *count) {
    *count = self->tools.count;
    return self->tools.calls;
}

char *chat_tool_calls_json(const struct chat_stream *self) {
    struct buf text;
    struct json_writer writer;
    if (self->tools.count == 0)
        return NULL;
    buf_init(&text, 64 * CHAT_TEXT_MAX);
    json_begin(&writer, &text);
    json_open(&writer, NULL, '[');
    for (size_t i = 0; i < self->tools.count; i++) {
        const struct tool_call *call = &self->tools.calls[i];
        json_open(&writer, NULL, '{');
        if (call->id)
            json_put_string(&writer, "id", call->id);
        json_put_string(&writer, "type", "function");
        json_open(&writer, "function", '{');
        json_put_string(&writer, "name", call->name);
        json_put_string(&writer, "arguments", call->arguments);
        json_close(&writer, '}');
        json_close(&writer, '}');
    }
    json_close(&writer, ']');
    char *json = json_end(&writer) ? buf_take(&text) : NULL;
    buf_done(&text);
    return json;
}

const char *chat_fingerprint(const struct chat_stream *self) {
    return self->fingerprint;
}
