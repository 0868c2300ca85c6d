/* lane_events: what a lane tells of its calls: their start, their end, and what was said. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "suites/lane_inner.h"

#define OUTPUT_MAX ((size_t)64 << 10)   /* of each text in call_output */
#define MESSAGES_MAX ((size_t)16 << 20) /* of a request's messages, before that is held to them */

void lane_emit_call_start(struct lane *lane, const struct call *call) {
    struct event *event = event_new(EVENT_CALL_START, lane_now_us(lane));
    event->call_start = (struct event_call_start){.id = call->id,
                                                  .ep = call->ep,
                                                  .suite = call->suite,
                                                  .pass = call->pass,
                                                  .index = call->index,
                                                  .attempt = call->attempt};
    copy_text(event->call_start.phase, sizeof event->call_start.phase, call->phase);
    lane_emit(lane, event);
}

void lane_emit_call_end(struct lane *lane, const struct call *call) {
    struct event *event = event_new(EVENT_CALL_END, lane_now_us(lane));
    struct call *copy = &event->call;
    *copy = *call;
    copy->server = mem_string(call->server);
    copy->error_detail = mem_string(call->error_detail);
    copy->chunk_us = NULL;
    if (call->chunk_us_count > 0) {
        copy->chunk_us = mem_alloc(call->chunk_us_count * sizeof *call->chunk_us);
        memcpy(copy->chunk_us, call->chunk_us, call->chunk_us_count * sizeof *call->chunk_us);
    }
    lane_emit(lane, event);
}

/* A text for the log, cut at the ceiling on a whole code point. */
static char *bounded(const char *text, bool *cut) {
    size_t length = text ? strlen(text) : 0;
    if (length == 0)
        return NULL;
    if (length > OUTPUT_MAX) {
        *cut = true;
        length = OUTPUT_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    return mem_bytes(text, length);
}

/* JSON that is too long is left out, not cut: half a value is none. */
static char *bounded_json(char *json, bool *cut) {
    if (!json || strlen(json) <= OUTPUT_MAX)
        return json;
    *cut = true;
    free(json);
    return NULL;
}

static char *messages_json(const struct chat_request *request) {
    struct buf out;
    struct json_writer w;
    buf_init(&out, MESSAGES_MAX);
    json_begin(&w, &out);
    json_open(&w, NULL, '[');
    for (size_t i = 0; i < request->message_count; i++) {
        const struct chat_message *message = &request->messages[i];
        json_open(&w, NULL, '{');
        json_put_string(&w, "role", message->role);
        json_put_string(&w, "content", message->content);
        if (message->reasoning)
            json_put_string(&w, "reasoning_content", message->reasoning);
        if (message->tool_calls)
            json_put_raw(&w, "tool_calls", message->tool_calls);
        if (message->tool_call_id)
            json_put_string(&w, "tool_call_id", message->tool_call_id);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    return buf_take(&out);
}

void lane_emit_output(struct lane *lane, const struct lane_call *call) {
    struct event *event = event_new(EVENT_CALL_OUTPUT, lane_now_us(lane));
    struct event_call_output *output = &event->output;
    output->id = call->call.id;
    output->content = bounded(chat_content(call->stream), &output->cut);
    output->reasoning = bounded(chat_reasoning(call->stream), &output->cut);
    output->tool_calls = bounded_json(chat_tool_calls_json(call->stream), &output->cut);
    if (call->keep_request)
        output->request = bounded_json(messages_json(&call->request), &output->cut);
    lane_emit(lane, event);
}
