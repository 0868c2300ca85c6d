/* A whole small request, waited for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/http_inner.h"

struct http_owner {
    struct http *http;
    struct http_reply *reply;
    struct buf body;
    bool over;
    char detail[256];
};

static bool on_data(struct http_owner *fetch, const char *bytes, size_t length, int64_t at_ns) {
    (void)at_ns;
    return buf_append(&fetch->body, bytes, length);
}

static void on_done(struct http_owner *fetch, int status, enum error_class error,
                    const char *detail, const struct http_marks *marks) {
    struct http_reply *reply = fetch->reply;
    int64_t from_ns = marks->start_ns;
    fetch->over = true;
    reply->status = status;
    reply->class = error;
    reply->ms = from_ns ? (double)(marks->end_ns - from_ns) / 1e6 : NAN;
    reply->content_type = mem_string(http_response_header(fetch->http, "Content-Type"));
    reply->server = mem_string(http_response_header(fetch->http, "Server"));
    copy_text(fetch->detail, sizeof(fetch->detail), detail);
    loop_break(fetch->http->loop);
}

static const struct http_handler fetch_handler = {on_data, on_done};

bool http_fetch(struct http *http, const char *method, const char *url, const char *const *headers,
                size_t header_count, const char *body, int64_t timeout_ms, size_t limit,
                struct http_reply *reply, struct error *error) {
    struct http_owner fetch = {.http = http, .reply = reply};
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = headers,
                                   .header_count = header_count,
                                   .body = body,
                                   .body_length = body ? strlen(body) : 0,
                                   .connect_timeout_ms = timeout_ms,
                                   .total_timeout_ms = timeout_ms,
                                   .response_limit = limit,
                                   .owner = &fetch,
                                   .handler = &fetch_handler};
    *reply = (struct http_reply){.class = ERROR_PROTOCOL, .ms = NAN};
    struct transfer *transfer = http_prepare(http, &request, error);
    if (!transfer)
        return false;
    buf_init(&fetch.body, limit ? limit : SIZE_MAX - 1);
    http_release(http, &transfer, 1);
    while (!fetch.over) {
        loop_run(http->loop);
        if (!fetch.over && loop_was_woken(http->loop))
            http_cancel(http, transfer);
    }
    reply->length = fetch.body.length;
    reply->body = buf_take(&fetch.body);
    buf_done(&fetch.body);
    /* An error's status is an answer too; only silence is a failure. */
    if (reply->status == 0 || reply->class == ERROR_TRUNCATED || reply->class == ERROR_TOO_LARGE ||
        reply->class == ERROR_TIMEOUT_CALL)
        return error_set(error, "%.200s: %s", url, fetch.detail);
    return true;
}

void http_reply_done(struct http_reply *reply) {
    free(reply->body);
    free(reply->content_type);
    free(reply->server);
    *reply = (struct http_reply){0};
}
