/* http: requests on one curl multi handle driven by a loop. The time of every read is taken before
 * anything else; the bytes are handed on after all ready sockets were drained. No curl in here. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/util.h"
#include "model/names.h"
#include "net/loop.h"

struct http;     /* one multi handle, one loop, one thread */
struct transfer; /* one request in flight */

/* Once per process, before threads. */
void http_global_init(void);
void http_global_done(void);

struct http *http_new(struct loop *loop, const char *user_agent);
void http_free(struct http *http); /* cancels what is in flight, without callbacks */

/* Absolute marks, clock_ns(); 0 = not reached. */
struct http_marks {
    int64_t start_ns;      /* just before the first request byte is handed to the socket */
    int64_t sent_ns;       /* last request byte handed over */
    int64_t first_byte_ns; /* first body byte */
    int64_t end_ns;
    int64_t connect_ns; /* duration of connecting; 0 when the connection was reused */
    bool reused;
};

/* Status 300 and above is an error (redirects are not followed), the body still comes, bounded.
 *
 * What happens with a transfer; called on the loop's thread. `owner` is the request's own. */
struct http_owner;
struct http_handler {
    /* Bytes that were read at `at_ns`. False stops the transfer with ERROR_TOO_LARGE. */
    bool (*data)(struct http_owner *owner, const char *bytes, size_t length, int64_t at_ns);
    /* Over: status (0: none), error class and text ("" if none). The transfer is gone afterwards.
     */
    void (*done)(struct http_owner *owner, int status, enum error_class error, const char *detail,
                 const struct http_marks *marks);
};

struct http_request {
    const char *method; /* "GET", "POST", "DELETE" */
    const char *url;
    const char *const *headers;
    size_t header_count; /* "Name: value" */
    const char *body;
    size_t body_length; /* must live until done */
    int64_t connect_timeout_ms, first_byte_timeout_ms, stall_timeout_ms,
        total_timeout_ms;  /* 0: none */
    size_t response_limit; /* bytes of body; 0: 64 MiB */
    bool fresh_connection; /* open a new one even where one is free; it stays open for others */
    /* A stream that begins later than its body (role chunks, keep-alives before the first token):
     * until http_begun, first_byte_timeout counts from the start and the stall timer rests. */
    bool wait_for_begin;
    struct http_owner *owner;
    const struct http_handler *handler;
};

/* Prepared requests are set up in full but not sent until http_release: a burst leaves in one go.
 * NULL and `error` on a bad URL. The transfer's memory belongs to http. */
struct transfer *http_prepare(struct http *http, const struct http_request *request,
                              struct error *error);
/* Sends them all; no callback comes before it returns. */
void http_release(struct http *http, struct transfer **transfers, size_t count);
/* The first token came: from now on the stall timeout counts, from the last byte. */
void http_begun(struct transfer *transfer);
/* Ends it; handler->done comes with ERROR_CANCELLED before this returns. */
void http_cancel(struct http *http, struct transfer *transfer);

/* Header of the response of a transfer in its done callback; NULL if absent. Borrowed. */
const char *http_response_header(struct http *http, const char *name);

/* Open `count` connections to the URL's host, by overlapping GETs of `url` on fresh connections,
 * and keep them, up to 2,048; what earlier calls left open is closed as these come. A server that
 * closes after each reply gets connections without a request. Blocks in the loop until done or
 * `timeout_ms`. Returns how many are open; `connect_ms` (may be NULL) is the mean time one took,
 * NaN if none. */
size_t http_open_connections(struct http *http, const char *url, size_t count, int64_t timeout_ms,
                             const char *const *headers, size_t header_count, double *connect_ms);

/* A whole small request, blocking in the loop: probes, health, model lists. False when nothing
 * answered (`error` says why; *class too). Body bounded by `limit`. */
struct http_reply {
    int status;
    char *body;
    size_t length;
    char *content_type, *server;
    enum error_class class;
    double ms;
};
bool http_fetch(struct http *http, const char *method, const char *url, const char *const *headers,
                size_t header_count, const char *body, int64_t timeout_ms, size_t limit,
                struct http_reply *reply, struct error *error);
void http_reply_done(struct http_reply *reply);

#endif
