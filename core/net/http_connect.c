/* Connections opened before they are needed. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/http_inner.h"

/* So many are opened at a time: a server's queue of connections not accepted yet is often 128. */
#define WAVE 32

/* ---- spare connections, opened by our own connect() ---- */

void spares_done(struct spares *spares) {
    for (size_t i = 0; i < spares->count; i++)
        close(spares->at[i].fd);
    free(spares->at);
    *spares = (struct spares){0};
}

static bool spare_fits(const struct spare *spare, const struct sockaddr *peer, socklen_t length) {
    return spare->peer_length == length && memcmp(&spare->peer, peer, length) == 0;
}

/* The server may have closed it since: then there is an end of file to read. */
static bool is_open(int fd) {
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

int spares_take(struct spares *spares, const struct sockaddr *peer, socklen_t peer_length,
                int64_t *connect_ns) {
    for (size_t i = spares->count; i-- > 0;) {
        struct spare spare = spares->at[i];
        if (!spare_fits(&spare, peer, peer_length))
            continue;
        spares->at[i] = spares->at[--spares->count];
        if (is_open(spare.fd)) {
            *connect_ns = spare.connect_ns;
            return spare.fd;
        }
        close(spare.fd);
    }
    return -1;
}

void spares_drop(struct spares *spares, const struct sockaddr *peer, socklen_t peer_length) {
    for (size_t i = spares->count; i-- > 0;) {
        if (!spare_fits(&spares->at[i], peer, peer_length))
            continue;
        close(spares->at[i].fd);
        spares->at[i] = spares->at[--spares->count];
    }
}

struct opening { /* a wave of connections being made */
    struct spares *spares;
    struct loop *loop;
    size_t waiting;
};
struct attempt {
    struct opening *opening;
    struct spare spare;
    struct event *event;
    int64_t from_ns;
};

static void keep(struct attempt *attempt) {
    struct spares *spares = attempt->opening->spares;
    attempt->spare.connect_ns = clock_ns() - attempt->from_ns;
    spares->at = mem_grow(spares->at, spares->count, &spares->capacity, sizeof(*spares->at));
    spares->at[spares->count++] = attempt->spare;
    attempt->spare.fd = -1;
}

static void on_connected(evutil_socket_t fd, short what, void *context) {
    struct attempt *attempt = context;
    int problem = 0;
    socklen_t size = sizeof(problem);
    if ((what & EV_WRITE) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 &&
        problem == 0)
        keep(attempt);
    if (--attempt->opening->waiting == 0)
        loop_break(attempt->opening->loop);
}

static int open_socket(const struct sockaddr *peer) {
    int one = 1;
    int fd = socket(peer->sa_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void begin(struct attempt *attempt, int64_t due_ns) {
    struct opening *opening = attempt->opening;
    struct spare *spare = &attempt->spare;
    const struct sockaddr *peer = (const struct sockaddr *)&spare->peer;
    attempt->from_ns = clock_ns();
    spare->fd = open_socket(peer);
    if (spare->fd < 0)
        return;
    if (connect(spare->fd, peer, spare->peer_length) == 0) {
        keep(attempt);
        return;
    }
    if (errno != EINPROGRESS)
        return;
    int64_t us = (due_ns - attempt->from_ns) / 1000;
    struct timeval limit = {.tv_sec = us / 1000000, .tv_usec = (suseconds_t)(us % 1000000)};
    attempt->event =
        event_new(loop_base(opening->loop), spare->fd, EV_WRITE, on_connected, attempt);
    if (!attempt->event)
        die("http: no memory");
    event_add(attempt->event, &limit);
    opening->waiting++;
}

static void end(struct attempt *attempt) {
    if (attempt->event)
        event_free(attempt->event);
    if (attempt->spare.fd >= 0)
        close(attempt->spare.fd);
}

void spares_open(struct spares *spares, struct loop *loop, const struct sockaddr *peer,
                 socklen_t peer_length, size_t count, int64_t due_ns) {
    struct opening opening = {.spares = spares, .loop = loop};
    struct attempt attempts[WAVE];
    bool woken = false;
    for (size_t done = 0; done < count && !woken && clock_ns() < due_ns;) {
        size_t wave = count - done < WAVE ? count - done : WAVE;
        for (size_t i = 0; i < wave; i++) {
            attempts[i] = (struct attempt){.opening = &opening, .spare = {.fd = -1}};
            attempts[i].spare.peer_length = peer_length;
            memcpy(&attempts[i].spare.peer, peer, peer_length);
            begin(&attempts[i], due_ns);
        }
        while (opening.waiting > 0 && !woken) {
            loop_run(loop);
            woken = loop_was_woken(loop);
        }
        for (size_t i = 0; i < wave; i++)
            end(&attempts[i]);
        done += wave;
    }
}

/* ---- connections left open by GETs ---- */

struct http_owner { /* the round of GETs */
    struct http *http;
    size_t flying, open;
    bool server_closes;
    double connect_ms; /* sum over the open ones */
};

static bool on_data(struct http_owner *round, const char *bytes, size_t length, int64_t at_ns) {
    (void)round;
    (void)bytes;
    (void)length;
    (void)at_ns;
    return true;
}

static void on_done(struct http_owner *round, int status, enum error_class error,
                    const char *detail, const struct http_marks *marks) {
    (void)error;
    (void)detail;
    round->flying--;
    loop_break(round->http->loop);
    if (status == 0) /* any answer will do, 404 too */
        return;
    const char *connection = http_response_header(round->http, "Connection");
    if (connection && strcasecmp(connection, "close") == 0) {
        round->server_closes = true;
        return;
    }
    round->open++;
    round->connect_ms += (double)marks->connect_ns / 1e6;
}

static const struct http_handler round_handler = {on_data, on_done};

/* GETs on fresh connections, some at a time, until `count` are open or one of them shows that this
 * server keeps none. */
static void run_round(struct http_owner *round, const struct http_request *request, size_t count,
                      int64_t due_ns) {
    size_t begun = 0;
    while (clock_ns() < due_ns) {
        while (begun < count && round->flying < WAVE && !round->server_closes) {
            struct transfer *transfer = http_prepare(round->http, request, NULL);
            if (!transfer)
                return;
            round->flying++;
            http_release_at(round->http, transfer, begun++);
        }
        if (round->flying == 0)
            return;
        loop_run_for(round->http->loop, (due_ns - clock_ns()) / 1000);
        if (loop_was_woken(round->http->loop))
            return;
    }
}

/* Replaces the round's result by connections of our own. */
static void open_spares(struct http_owner *round, size_t count, int64_t due_ns) {
    struct http *http = round->http;
    const struct sockaddr *peer = (const struct sockaddr *)&http->peer;
    struct spares *spares = &http->spares;
    round->open = 0;
    round->connect_ms = 0;
    spares_drop(spares, peer, http->peer_length);
    size_t before = spares->count;
    spares_open(spares, http->loop, peer, http->peer_length, count, due_ns);
    for (size_t i = before; i < spares->count; i++, round->open++)
        round->connect_ms += (double)spares->at[i].connect_ns / 1e6;
}

size_t http_open_connections(struct http *http, const char *url, size_t count, int64_t timeout_ms,
                             const char *const *headers, size_t header_count, double *connect_ms) {
    struct http_owner round = {.http = http};
    int64_t due_ns = clock_ns() + timeout_ms * 1000000;
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .headers = headers,
                                   .header_count = header_count,
                                   .total_timeout_ms = timeout_ms,
                                   .fresh_connection = true,
                                   .owner = &round,
                                   .handler = &round_handler};
    run_round(&round, &request, count, due_ns);
    http_cancel_owner(http, &round);
    if (round.server_closes && http->peer_length > 0 && strncasecmp(url, "http:", 5) == 0)
        open_spares(&round, count, due_ns);
    if (connect_ms)
        *connect_ms = round.open ? round.connect_ms / (double)round.open : NAN;
    return round.open;
}
