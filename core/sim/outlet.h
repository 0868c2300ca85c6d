/* outlet: one HTTP response on its way out. Frames go straight to the socket when nothing is
 * buffered before them (one system call a token), else behind what is. Stamps when bytes left for
 * the kernel, not when they were queued. */
#ifndef SIM_OUTLET_H
#define SIM_OUTLET_H

#include "base/buf.h"
#include "sim/truth.h"

struct evhttp_request;
struct evbuffer_cb_entry;

struct outlet {
    struct evhttp_request *request; /* NULL: over, or the client is gone */
    struct truth *truth;            /* borrowed: where stamps go */
    struct evbuffer_cb_entry *watch;
    bool started, ended;
    uint64_t queued, drained;    /* bytes through the buffer since `started` */
    uint64_t first_at, last_at;  /* `drained` at which a token's write has left; 0: none waits */
    int64_t first_due, last_due; /* of those */
    /* Told once, when the response has left or the client has. The request is gone then. */
    void (*over)(struct outlet *outlet, bool client_left);
};

/* Take a request that was just received whole. Turns Nagle off. */
void outlet_init(struct outlet *outlet, struct evhttp_request *request, struct truth *truth,
                 void (*over)(struct outlet *outlet, bool client_left));
/* Headers of a stream; they leave at once. */
void outlet_start(struct outlet *outlet, const char *content_type);
/* Frames of the stream. `due_ns` > 0: they carry tokens that were due then. */
void outlet_write(struct outlet *outlet, const struct buf *frames, int64_t due_ns);
/* The end of the stream; `over` follows. */
void outlet_end(struct outlet *outlet);
/* A whole JSON reply instead of a stream; `due_ns` as above. `over` follows. */
void outlet_reply(struct outlet *outlet, int status, const struct buf *body, int64_t due_ns);
/* Close the connection now, `over` is not called. */
void outlet_drop(struct outlet *outlet);

/* A small reply to a request that has no outlet. */
void outlet_json(struct evhttp_request *request, int status, const struct buf *body);
void outlet_text(struct evhttp_request *request, int status, const char *content_type,
                 const struct buf *body);

/* Headers of this engine for whatever will be replied; NULL: none. `http10`: the reply will be of
 * HTTP/1.0, without chunks, and end with the connection. */
void outlet_dress(struct evhttp_request *request, const char *server, const char *powered_by,
                  bool http10);

#endif
