#include "engines/probe_call.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define BODY_MAX ((size_t)1 << 20)
#define SEED 7

struct http_owner {
    struct probe_call *self;
    struct fetcher *fetcher;
    struct transfer *transfer;
    int64_t epoch_ns;
    bool over;
};

static bool on_data(struct http_owner *owner, const char *bytes, size_t length, int64_t at_ns) {
    struct probe_call *self = owner->self;
    bool accepted = chat_stream_feed(self->stream, &self->call, bytes, length,
                                     (at_ns - owner->epoch_ns) / 1000);
    if (self->leave_after > 0 && self->call.chunks >= self->leave_after && !self->left) {
        self->left = true;
        http_cancel(fetcher_http(owner->fetcher), owner->transfer);
        return true;
    }
    return accepted;
}

static int64_t mark_us(const struct http_owner *owner, int64_t ns) {
    return ns ? (ns - owner->epoch_ns) / 1000 : MARK_NONE;
}

static void on_done(struct http_owner *owner, int status, enum error_class error,
                    const char *detail, const struct http_marks *marks) {
    struct call *call = &owner->self->call;
    call->start_us = mark_us(owner, marks->start_ns);
    call->sent_us = mark_us(owner, marks->sent_ns);
    call->first_byte_us = mark_us(owner, marks->first_byte_ns);
    call->end_us = mark_us(owner, marks->end_ns);
    chat_stream_end(owner->self->stream, call, status, error, detail);
    owner->over = true;
    loop_break(fetcher_loop(owner->fetcher));
}

static const struct http_handler handler = {on_data, on_done};

static void refuse(struct probe_call *self, const struct error *error) {
    chat_stream_end(self->stream, &self->call, 0, ERROR_PROTOCOL, error->text);
}

static bool write_body(const struct probe_call *self, const struct endpoint *endpoint,
                       const struct dialect *dialect, struct buf *body, struct error *error) {
    const struct chat_message messages[] = {{.role = "system", .content = self->system},
                                            {.role = "user", .content = self->user}};
    size_t skip = self->system ? 0 : 1;
    struct chat_request request = {.model = endpoint->model,
                                   .messages = messages + skip,
                                   .message_count = 2 - skip,
                                   .tools = self->tools,
                                   .max_tokens = self->max_tokens,
                                   .thinking = self->thinking,
                                   .seed = SEED,
                                   .stream = true,
                                   .extra_body = endpoint->extra_body};
    return chat_body(body, &request, dialect, error);
}

void probe_call_perform(struct probe_call *self, struct fetcher *fetcher,
                        const struct endpoint *endpoint, const struct dialect *dialect,
                        const char *header, int64_t timeout_ms) {
    struct error error = {0};
    struct buf body;
    const char *headers[] = {"Content-Type: application/json", header};
    struct http_owner owner = {.self = self, .fetcher = fetcher, .epoch_ns = clock_ns()};
    call_init(&self->call);
    self->call.max_tokens = self->max_tokens;
    self->stream = chat_stream_new(dialect, true);
    self->left = false;
    buf_init(&body, BODY_MAX);
    char *url = mem_format("%s%s", endpoint->url, dialect->path);
    if (write_body(self, endpoint, dialect, &body, &error)) {
        struct http_request request = {.method = "POST",
                                       .url = url,
                                       .headers = headers,
                                       .header_count = header ? 2 : 1,
                                       .body = body.data,
                                       .body_length = body.length,
                                       .connect_timeout_ms = timeout_ms,
                                       .total_timeout_ms = timeout_ms,
                                       .owner = &owner,
                                       .handler = &handler};
        owner.transfer = http_prepare(fetcher_http(fetcher), &request, &error);
    }
    if (owner.transfer) {
        http_release(fetcher_http(fetcher), &owner.transfer, 1);
        while (!owner.over)
            loop_run(fetcher_loop(fetcher));
    } else {
        refuse(self, &error);
    }
    buf_done(&body);
    free(url);
}

void probe_call_done(struct probe_call *self) {
    call_done(&self->call);
    chat_stream_free(self->stream);
    self->stream = NULL;
}
