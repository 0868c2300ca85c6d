#include "sim/outlet.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

static struct bufferevent *stream_of(const struct outlet *outlet) {
    return evhttp_connection_get_bufferevent(evhttp_request_get_connection(outlet->request));
}

/* ---- stamps ---- */

static void stamp(struct truth *truth, int64_t due_ns, int64_t left_ns) {
    int64_t late = left_ns - due_ns;
    if (truth->first_token_ns == 0)
        truth->first_token_ns = left_ns;
    truth->last_token_ns = left_ns;
    if (late > truth->lateness_max_ns)
        truth->lateness_max_ns = late;
    truth->lateness_sum_ns += late;
    truth->writes++;
}

/* Bytes left through the buffer: the first and the newest of the writes that wait are stamped;
 * those between are as late as these. */
static void on_buffer(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context) {
    struct outlet *outlet = context;
    (void)buffer;
    outlet->drained += info->n_deleted;
    if (outlet->first_at > 0 && outlet->drained >= outlet->first_at) {
        stamp(outlet->truth, outlet->first_due, clock_ns());
        outlet->first_at = 0;
    }
    if (outlet->last_at > 0 && outlet->drained >= outlet->last_at) {
        stamp(outlet->truth, outlet->last_due, clock_ns());
        outlet->last_at = 0;
    }
}

static void wait_for(struct outlet *outlet, int64_t due_ns) {
    if (due_ns == 0)
        return;
    bool first = outlet->first_at == 0 && outlet->last_at == 0;
    if (first) {
        outlet->first_at = outlet->queued;
        outlet->first_due = due_ns;
    } else {
        outlet->last_at = outlet->queued;
        outlet->last_due = due_ns;
    }
}

/* ---- the end ---- */

static void release(struct outlet *outlet, bool client_left) {
    outlet->request = NULL;
    outlet->over(outlet, client_left);
}

static void on_complete(struct evhttp_request *request, void *context) {
    struct outlet *outlet = context;
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    evhttp_connection_set_closecb(connection, NULL, NULL);
    evbuffer_remove_cb_entry(bufferevent_get_output(stream_of(outlet)), outlet->watch);
    release(outlet, false);
}

/* The client left. A request that was not ended yet is nobody's then but ours; the buffer goes with
 * the connection, and its callback with it. */
static void on_close(struct evhttp_connection *connection, void *context) {
    struct outlet *outlet = context;
    (void)connection;
    if (!outlet->ended)
        evhttp_request_free(outlet->request);
    release(outlet, true);
}

void outlet_drop(struct outlet *outlet) {
    if (outlet->request == NULL)
        return;
    struct evhttp_connection *connection = evhttp_request_get_connection(outlet->request);
    outlet->request = NULL;
    evhttp_connection_set_closecb(connection, NULL, NULL);
    evhttp_connection_free(connection);
}

/* ---- writing ---- */

void outlet_init(struct outlet *outlet, struct evhttp_request *request, struct truth *truth,
                 void (*over)(struct outlet *outlet, bool client_left)) {
    memset(outlet, 0, sizeof *outlet);
    outlet->request = request;
    outlet->truth = truth;
    outlet->over = over;
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    struct bufferevent *stream = evhttp_connection_get_bufferevent(connection);
    int on = 1;
    setsockopt(bufferevent_getfd(stream), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    evhttp_connection_set_closecb(connection, on_close, outlet);
    evhttp_request_set_on_complete_cb(request, on_complete, outlet);
    outlet->watch = evbuffer_add_cb(bufferevent_get_output(stream), on_buffer, outlet);
    /* Until the first write evhttp would take more bytes from this client for a fatal error. */
    bufferevent_data_cb written;
    bufferevent_event_cb failed;
    void *argument;
    bufferevent_getcb(stream, NULL, &written, &failed, &argument);
    bufferevent_setcb(stream, NULL, written, failed, argument);
}

void outlet_start(struct outlet *outlet, const char *content_type) {
    if (outlet->request == NULL)
        return;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(outlet->request);
    evhttp_add_header(headers, "Content-Type", content_type);
    evhttp_add_header(headers, "Cache-Control", "no-cache");
    outlet->started = true;
    evhttp_send_reply_start(outlet->request, HTTP_OK, "OK");
    outlet->queued =
        outlet->drained + evbuffer_get_length(bufferevent_get_output(stream_of(outlet)));
}

void outlet_write(struct outlet *outlet, const struct buf *frames, int64_t due_ns) {
    if (outlet->request == NULL || frames->length == 0)
        return;
    struct bufferevent *stream = stream_of(outlet);
    struct buf chunk;
    buf_init(&chunk, frames->length + 32);
    if (outlet->request->chunked)
        buf_printf(&chunk, "%zx\r\n", frames->length);
    buf_append(&chunk, frames->data, frames->length);
    if (outlet->request->chunked)
        buf_text(&chunk, "\r\n");
    ssize_t sent = 0;
    if (evbuffer_get_length(bufferevent_get_output(stream)) == 0) {
        sent = send(bufferevent_getfd(stream), chunk.data, chunk.length, 0);
        if (sent < 0)
            sent = 0; /* full, or broken: the event loop will say which */
    }
    if ((size_t)sent == chunk.length) {
        if (due_ns > 0)
            stamp(outlet->truth, due_ns, clock_ns());
    } else {
        outlet->queued += chunk.length - (size_t)sent;
        wait_for(outlet, due_ns);
        bufferevent_write(stream, chunk.data + sent, chunk.length - (size_t)sent);
    }
    buf_done(&chunk);
}

void outlet_end(struct outlet *outlet) {
    if (outlet->request == NULL)
        return;
    outlet->ended = true;
    evhttp_send_reply_end(outlet->request);
}

void outlet_text(struct evhttp_request *request, int status, const char *content_type,
                 const struct buf *body) {
    struct evbuffer *out = evbuffer_new();
    evbuffer_add(out, buf_string(body), body->length);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", content_type);
    evhttp_send_reply(request, status, NULL, out);
    evbuffer_free(out);
}

void outlet_json(struct evhttp_request *request, int status, const struct buf *body) {
    outlet_text(request, status, "application/json", body);
}

void outlet_dress(struct evhttp_request *request, const char *server, const char *powered_by,
                  bool http10) {
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    if (server != NULL)
        evhttp_add_header(headers, "Server", server);
    if (powered_by != NULL)
        evhttp_add_header(headers, "X-Powered-By", powered_by);
    if (!http10)
        return;
    request->minor = 0;
    evhttp_remove_header(evhttp_request_get_input_headers(request), "Connection");
}

void outlet_reply(struct outlet *outlet, int status, const struct buf *body, int64_t due_ns) {
    if (outlet->request == NULL)
        return;
    outlet->ended = true;
    /* The buffer holds the whole reply once it was handed over: what leaves it last is ours. */
    struct bufferevent *stream = stream_of(outlet);
    outlet_json(outlet->request, status, body);
    outlet->queued = outlet->drained + evbuffer_get_length(bufferevent_get_output(stream));
    wait_for(outlet, due_ns);
}
