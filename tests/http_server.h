/* http_server: a small server for unit_http: one thread a connection, the path says what to do.
 * It writes bytes itself, so that it can be late, stop, cut and reset where a real one would. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define SERVER_TOKENS 64

struct http_server {
    int port, listener;
    atomic_int connections, requests;     /* so far */
    atomic_int open;                      /* connections that are */
    atomic_llong token_ns[SERVER_TOKENS]; /* when /tokens wrote its i-th event */
    atomic_llong request_ns;              /* when the last request was read whole */
    char head[4096];                      /* of the last request to /echo */
};

struct http_connection {
    struct http_server *server;
    int fd;
    bool open; /* serve another request */
    char head[8192];
    size_t body; /* bytes of the request's body */
};

static inline void server_sleep_ms(int ms) {
    usleep((useconds_t)ms * 1000);
}

static inline void server_bytes(struct http_connection *c, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = send(c->fd, bytes, length, 0);
        if (n <= 0) {
            c->open = false;
            return;
        }
        bytes += n;
        length -= (size_t)n;
    }
}

static inline void server_text(struct http_connection *c, const char *text) {
    server_bytes(c, text, strlen(text));
}

static inline void server_reply(struct http_connection *c, int status, const char *more,
                                const char *body) {
    char text[4096];
    snprintf(text, sizeof(text),
             "HTTP/1.1 %d Some Reason\r\n%sContent-Length: %zu\r\nServer: test\r\n"
             "Content-Type: text/x-test\r\n\r\n%s",
             status, more, strlen(body), body);
    server_text(c, text);
}

/* Closing with a reset instead of an end of file. */
static inline void server_reset(struct http_connection *c) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    c->open = false;
}

#define SERVER_CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static inline void server_chunked(struct http_connection *c) {
    server_text(c, SERVER_CHUNKED);
    server_text(c, "3\r\none\r\n");
    server_sleep_ms(20);
    server_text(c, "3\r\ntwo\r\n3\r\n-2-\r\n5\r\nthree\r\n"); /* one write, one read */
    server_sleep_ms(20);
    server_text(c, "4\r\nfo");
    server_sleep_ms(5);
    server_text(c, "ur\r\n0\r\n\r\n");
}

/* 20 tokens, 5 ms apart, each with its time. */
static inline void server_tokens(struct http_connection *c) {
    server_text(c, SERVER_CHUNKED);
    for (int i = 0; i < 20; i++) {
        server_sleep_ms(5);
        atomic_store(&c->server->token_ns[i], clock_ns());
        server_text(c, "a\r\ndata: xx\n\n\r\n");
    }
    server_text(c, "0\r\n\r\n");
}

static inline void server_beating(struct http_connection *c) {
    server_text(c, SERVER_CHUNKED);
    for (int i = 0; i < 20 && c->open; i++) {
        server_text(c, "3\r\n:\n\n\r\n");
        server_sleep_ms(20);
    }
}

static inline void server_big(struct http_connection *c, int bytes) {
    static const char page[1000] = {0};
    char head[128];
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", bytes);
    server_text(c, head);
    for (int left = bytes; left > 0 && c->open; left -= (int)sizeof(page))
        server_bytes(c, page, left < (int)sizeof(page) ? (size_t)left : sizeof(page));
}

static inline void server_echo(struct http_connection *c) {
    char body[64], method[16] = "";
    sscanf(c->head, "%15s", method);
    snprintf(c->server->head, sizeof(c->server->head), "%.4000s", c->head);
    snprintf(body, sizeof(body), "%s %zu", method, c->body);
    server_reply(c, 200, "", body);
}

static inline void server_answer(struct http_connection *c, const char *path) {
    int number = 0;
    char word[64] = "";
    if (strcmp(path, "/ok") == 0) {
        server_reply(c, 200, "", "hello");
    } else if (strcmp(path, "/echo") == 0 || strcmp(path, "/slow-reader") == 0) {
        server_echo(c);
    } else if (strcmp(path, "/empty") == 0) {
        server_text(c, "HTTP/1.1 204 No Content\r\n\r\n");
    } else if (strcmp(path, "/close") == 0) {
        server_reply(c, 200, "Connection: close\r\n", "bye");
        c->open = false;
    } else if (strcmp(path, "/until-close") == 0) {
        server_text(c, "HTTP/1.0 200 OK\r\n\r\nall of it");
        c->open = false;
    } else if (strcmp(path, "/chunked") == 0) {
        server_chunked(c);
    } else if (strcmp(path, "/tokens") == 0) {
        server_tokens(c);
    } else if (strcmp(path, "/beating") == 0) {
        server_beating(c);
    } else if (sscanf(path, "/late/%d", &number) == 1) {
        server_sleep_ms(number);
        server_reply(c, 200, "", "late");
    } else if (sscanf(path, "/stall/%d", &number) == 1) {
        server_text(c, SERVER_CHUNKED "3\r\none\r\n");
        server_sleep_ms(number);
        c->open = false;
    } else if (strcmp(path, "/reset") == 0) {
        server_text(c, SERVER_CHUNKED "3\r\none\r\n");
        server_sleep_ms(20);
        server_reset(c);
    } else if (strcmp(path, "/drop") == 0) {
        c->open = false;
    } else if (strcmp(path, "/cut") == 0) {
        server_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        c->open = false;
    } else if (strcmp(path, "/cut-chunk") == 0) {
        server_text(c, SERVER_CHUNKED "ff\r\nonly this");
        c->open = false;
    } else if (strcmp(path, "/nonsense") == 0) {
        server_text(c, "SMTP ready, who are you?\r\n\r\n\r\n");
        c->open = false;
    } else if (sscanf(path, "/status/%d/%63s", &number, word) == 2) {
        server_reply(c, number, "Location: /elsewhere\r\n", word);
    } else if (sscanf(path, "/big/%d", &number) == 1) {
        server_big(c, number);
    } else {
        server_reply(c, 404, "", "no such path");
    }
}

static inline const char *server_find(const char *text, const char *word) {
    for (; *text; text++) {
        if (strncasecmp(text, word, strlen(word)) == 0)
            return text;
    }
    return NULL;
}

/* Read a request's head and body. False when there is none (any more). */
static inline bool server_request(struct http_connection *c) {
    size_t length = 0;
    char *end = NULL, rest[4096];
    while (!end) {
        ssize_t n = recv(c->fd, c->head + length, sizeof(c->head) - 1 - length, 0);
        if (n <= 0 || c->head[0] == 0x16) /* the end, or somebody speaks TLS */
            return false;
        length += (size_t)n;
        c->head[length] = '\0';
        end = strstr(c->head, "\r\n\r\n");
    }
    const char *said = server_find(c->head, "\r\nContent-Length:");
    c->body = said ? strtoul(said + 17, NULL, 10) : 0;
    if (strstr(c->head, " /slow-reader "))
        server_sleep_ms(60);
    size_t got = length - (size_t)(end + 4 - c->head);
    while (got < c->body) {
        ssize_t n = recv(c->fd, rest, sizeof(rest), 0);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    end[2] = '\0';
    atomic_store(&c->server->request_ns, clock_ns());
    atomic_fetch_add(&c->server->requests, 1);
    return true;
}

static inline void *server_serve(void *context) {
    struct http_connection *c = context;
    char path[128];
    while (c->open && server_request(c)) {
        if (sscanf(c->head, "%*s %127s", path) == 1)
            server_answer(c, path);
    }
    atomic_fetch_sub(&c->server->open, 1);
    close(c->fd);
    free(c);
    return NULL;
}

static inline void *server_accept(void *context) {
    struct http_server *server = context;
    int fd, one = 1;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        struct http_connection *c = calloc(1, sizeof(*c));
        pthread_t thread;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        atomic_fetch_add(&server->connections, 1);
        atomic_fetch_add(&server->open, 1);
        *c = (struct http_connection){.server = server, .fd = fd, .open = true};
        if (pthread_create(&thread, NULL, server_serve, c) != 0)
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

/* Listens on 127.0.0.1, port chosen by the system; serves until the process ends. */
static inline void http_server_start(struct http_server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    pthread_t thread;
    signal(SIGPIPE, SIG_IGN);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(server->listener, 256) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&thread, NULL, server_accept, server) != 0)
        abort();
    pthread_detach(thread);
    server->port = ntohs(address.sin_port);
}

#endif
