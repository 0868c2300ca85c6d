/* http_inner: what the files of net/http share. Not for anybody else. */
#ifndef NET_HTTP_INNER_H
#define NET_HTTP_INNER_H

#include <curl/curl.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "net/http.h"

/* A connection opened by ourselves, not used yet: for servers that close after each reply, where
 * no earlier request can leave one behind. */
struct spare {
    int fd;
    struct sockaddr_storage peer;
    socklen_t peer_length;
    int64_t connect_ns; /* how long connecting took */
};

struct spares {
    struct spare *at;
    size_t count, capacity;
};
void spares_done(struct spares *spares);
/* Opens `count` connections to `peer` and adds them; blocks in the loop until done or `due_ns`. */
void spares_open(struct spares *spares, struct loop *loop, const struct sockaddr *peer,
                 socklen_t peer_length, size_t count, int64_t due_ns);
/* The descriptor of a live one to `peer`, the caller's from now on; -1 when there is none. */
int spares_take(struct spares *spares, const struct sockaddr *peer, socklen_t peer_length,
                int64_t *connect_ns);
/* Closes those to `peer`; what was opened before may have been closed by the server. */
void spares_drop(struct spares *spares, const struct sockaddr *peer, socklen_t peer_length);

enum stage { STAGE_PREPARED, STAGE_RUNNING, STAGE_FINISHED };

struct segment { /* bytes of one read */
    size_t length;
    int64_t at_ns;
};
struct batch { /* what was read and not handed on yet */
    struct batch *next;
    struct buf bytes;
    struct segment *segments;
    size_t count, capacity;
};

/* ---- http_shard.c ---- */
/* A multi handle and its connections. The first SHARD_SIZE requests that are released together go
 * to the first shard, and so on; so do the connections opened for them. */
#define SHARD_SIZE 64
#define SHARDS_MAX 32
struct shard {
    struct http *http;
    CURLM *multi;
    struct event *timer;
};
/* The shard of the place-th of those that are released together. */
struct shard *shard_at(struct http *http, size_t place);
void shard_act(struct shard *shard, curl_socket_t fd, int flags); /* curl_multi_socket_action */
void shards_done(struct http *http);

struct transfer {
    struct http *http;
    /* What each read touches stands together: with hundreds of streams it is never in the cache. */
    struct batch *pending; /* NULL: nothing was read */
    uint64_t turn;         /* one stamp for all that curl hands out of one read */
    int64_t stamp_ns;
    size_t stamp_bytes;
    size_t received, limit;
    int64_t last_byte_ns;
    int status;
    enum stage stage;
    bool dirty, too_large, delivering, over;
    struct transfer *dirty_previous, *dirty_next; /* those with something to hand on */
    struct http_owner *owner;
    const struct http_handler *handler;

    struct transfer *previous, *next; /* all of this http */
    CURL *easy;
    struct shard *shard; /* once released */
    struct curl_slist *headers;
    int64_t connect_timeout_ns, first_timeout_ns, stall_timeout_ns, total_timeout_ns; /* 0: none */
    bool waits_for_begin, begun;
    struct event *deadline;
    int64_t released_ns;
    struct http_marks marks;
    char head[256]; /* of an error's body */
    size_t head_length;
    bool spare;
    int64_t spare_connect_ns;
    CURLcode result;
    char curl_error[CURL_ERROR_SIZE];
};

struct http {
    struct loop *loop;
    struct shard *shards[SHARDS_MAX]; /* NULL: not needed yet */
    struct event *deliver;
    struct transfer *all, *dirty_first, *dirty_last;
    struct batch *batches;  /* free ones; few are in use at a time, and those stay in the cache */
    int64_t dirty_since_ns; /* 0: nothing to hand on */
    uint64_t turn;          /* counts calls into curl */
    bool delivering;
    struct transfer *current; /* whose done callback runs */
    char *user_agent;
    struct spares spares;
    struct sockaddr_storage peer;
    socklen_t peer_length;
};

/* ---- http_class.c ---- */
/* What a finished transfer's result means, and a line on it for people ("" for ERROR_NONE). */
enum error_class http_class(const struct transfer *transfer);
void http_describe(const struct transfer *transfer, enum error_class class, char *out, size_t size);

/* ---- http.c ---- */
void http_arm(struct event *timer, int64_t us);
/* Sends one, as the place-th of many. */
void http_release_at(struct http *http, struct transfer *transfer, size_t place);
/* curl is through with it. */
void http_finished(struct transfer *transfer, CURLcode result);
/* From the loop: what waited long enough is handed on before more is read. */
void http_deliver_late(struct http *http);
/* An empty batch for what is read: a used one, or a new one. */
struct batch *http_batch(struct http *http, size_t limit);
/* There is something to hand on to the transfer's owner. */
void http_mark_dirty(struct transfer *transfer, int64_t now_ns);
void http_learn_status(struct transfer *transfer);
struct event *http_deadline_new(struct transfer *transfer);
/* Ends all of this owner's transfers without telling it. */
void http_cancel_owner(struct http *http, const struct http_owner *owner);

#endif
