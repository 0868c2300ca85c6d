/* Requests are set up here; curl's callbacks on a transfer only note what happened. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "net/http_inner.h"

#define RESPONSE_MAX ((size_t)64 << 20)
/* Of a reply that is an error only this much is read: enough for any message. */
#define ERROR_BODY_MAX ((size_t)256 << 10)
#define NS_PER_MS INT64_C(1000000)

static void batch_add(struct batch *batch, const char *bytes, size_t length, int64_t at_ns) {
    buf_append(&batch->bytes, bytes, length);
    if (batch->count > 0 && batch->segments[batch->count - 1].at_ns == at_ns) {
        batch->segments[batch->count - 1].length += length;
        return;
    }
    batch->segments =
        mem_grow(batch->segments, batch->count, &batch->capacity, sizeof(*batch->segments));
    batch->segments[batch->count++] = (struct segment){length, at_ns};
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    /* curl calls once per HTTP chunk: what came in one read gets one stamp. It may read more than
     * once in a turn, but never more than a buffer at a time. */
    size_t length = size * count;
    struct http *http = transfer->http;
    if (transfer->turn != http->turn || transfer->stamp_bytes + length > CURL_MAX_WRITE_SIZE) {
        transfer->stamp_ns = clock_ns();
        transfer->stamp_bytes = 0;
        transfer->turn = http->turn;
    }
    transfer->stamp_bytes += length;
    int64_t now = transfer->stamp_ns;
    if (transfer->received == 0) {
        http_learn_status(transfer);
        curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE, 0L);
        transfer->marks.first_byte_ns = now;
        if (transfer->status >= 300 && transfer->limit > ERROR_BODY_MAX)
            transfer->limit = ERROR_BODY_MAX;
    }
    transfer->last_byte_ns = now;
    if (length > transfer->limit - transfer->received) {
        transfer->too_large = true;
        return 0;
    }
    transfer->received += length;
    if (!transfer->pending)
        transfer->pending = http_batch(http, transfer->limit);
    batch_add(transfer->pending, bytes, length, now);
    http_mark_dirty(transfer, now);
    return length;
}

/* After connect or reuse, just before the request is sent; again when curl tries anew on a
 * connection that turned out dead. */
static int on_start(void *context, char *peer, char *local, int peer_port, int local_port) {
    struct transfer *transfer = context;
    (void)peer;
    (void)local;
    (void)peer_port;
    (void)local_port;
    transfer->marks.sent_ns = 0;
    transfer->marks.start_ns = clock_ns();
    /* For on_debug, and only from here to the first byte: curl formats lines for nobody else. */
    curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE, 1L);
    return CURL_PREREQFUNC_OK;
}

static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t length, void *context) {
    struct transfer *transfer = context;
    (void)easy;
    (void)bytes;
    (void)length;
    if (type == CURLINFO_DATA_OUT || type == CURLINFO_HEADER_OUT)
        transfer->marks.sent_ns = clock_ns();
    return 0;
}

static curl_socket_t on_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
    struct transfer *transfer = context;
    struct http *http = transfer->http;
    (void)purpose;
    transfer->spare = false;
    int fd =
        spares_take(&http->spares, &address->addr, address->addrlen, &transfer->spare_connect_ns);
    if (fd >= 0) {
        transfer->spare = true;
        return fd;
    }
    if (address->addrlen <= sizeof(http->peer)) {
        memcpy(&http->peer, &address->addr, address->addrlen);
        http->peer_length = address->addrlen;
    }
    fd = socket(address->family, address->socktype, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* an engine that is started meanwhile must not hold it */
    return fd;
}

static int on_socket_options(void *context, curl_socket_t fd, curlsocktype purpose) {
    struct transfer *transfer = context;
    (void)fd;
    (void)purpose;
    return transfer->spare ? CURL_SOCKOPT_ALREADY_CONNECTED : CURL_SOCKOPT_OK;
}

/* ---- set up ---- */

static bool url_is_good(const char *url, struct error *error) {
    CURLU *parsed = curl_url();
    char *scheme = NULL;
    bool good = false;
    if (curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        error_set(error, "not a URL: %.200s", url);
    else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        error_set(error, "neither http nor https: %.200s", url);
    else
        good = true;
    curl_free(scheme);
    curl_url_cleanup(parsed);
    return good;
}

static void add_header(struct transfer *transfer, const char *line) {
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (!longer)
        die("http: no memory");
    transfer->headers = longer;
}

static void set_headers(struct transfer *transfer, const struct http_request *request) {
    bool typed = false;
    for (size_t i = 0; i < request->header_count; i++) {
        typed = typed || strncasecmp(request->headers[i], "Content-Type:", 13) == 0;
        add_header(transfer, request->headers[i]);
    }
    if (request->body && !typed)
        add_header(transfer, "Content-Type: application/json");
    add_header(transfer, "Expect:"); /* else a large body waits for a 100 Continue */
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void set_method(CURL *easy, const struct http_request *request) {
    if (request->body || strcmp(request->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        if (strcmp(request->method, "POST") != 0)
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    } else if (strcmp(request->method, "GET") == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    }
}

static void set_callbacks(struct transfer *transfer) {
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_start);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    /* The only place that tells the last byte sent, also on a reused connection. */
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_options);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, transfer);
}

static void set_options(struct transfer *transfer, const struct http_request *request) {
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* Without it curl obeys http_proxy, and the proxy would be measured. */
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    if (transfer->http->user_agent)
        curl_easy_setopt(easy, CURLOPT_USERAGENT, transfer->http->user_agent);
    if (request->connect_timeout_ms > 0)
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    if (request->fresh_connection)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

struct transfer *http_prepare(struct http *http, const struct http_request *request,
                              struct error *error) {
    if (!url_is_good(request->url, error))
        return NULL;
    struct transfer *transfer = mem_zero(1, sizeof(*transfer));
    transfer->http = http;
    transfer->owner = request->owner;
    transfer->handler = request->handler;
    transfer->limit = request->response_limit ? request->response_limit : RESPONSE_MAX;
    transfer->connect_timeout_ns = request->connect_timeout_ms * NS_PER_MS;
    transfer->first_timeout_ns = request->first_byte_timeout_ms * NS_PER_MS;
    transfer->stall_timeout_ns = request->stall_timeout_ms * NS_PER_MS;
    transfer->total_timeout_ns = request->total_timeout_ms * NS_PER_MS;
    transfer->waits_for_begin = request->wait_for_begin;
    transfer->easy = curl_easy_init();
    transfer->deadline = http_deadline_new(transfer);
    if (!transfer->easy)
        die("http: no memory");
    set_callbacks(transfer);
    set_options(transfer, request);
    set_method(transfer->easy, request);
    set_headers(transfer, request);
    transfer->next = http->all;
    if (http->all)
        http->all->previous = transfer;
    http->all = transfer;
    return transfer;
}
