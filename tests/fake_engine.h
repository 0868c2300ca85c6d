/* fake_engine: a tiny HTTP/1.1 server for tests of lanes: one thread a connection, answers and
 * misbehaves as told. */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "sockets.h"

enum fake_mode {
    FAKE_FINE,
    FAKE_DIES,          /* closes after three tokens */
    FAKE_REFUSES_USAGE, /* HTTP 400 to stream_options */
    FAKE_SMALL,         /* HTTP 400 to long prompts, as llama.cpp says it */
    FAKE_HANGS          /* headers, then nothing */
};

#define FAKE_CONNECTIONS 512
#define FAKE_REQUESTS 256

struct fake {
    /* Answers a chat completion in the engine's place: head and body of the request; NULL: none. */
    bool (*script)(struct fake *fake, int fd, const char *request);
    int fd, port;
    pthread_t thread;
    atomic_int mode, loading; /* /health answers 503 so many times */
    atomic_int tokens, token_us;
    atomic_int restarts, connections;
    atomic_bool stop;
    pthread_mutex_t lock;          /* of what follows */
    char *requests[FAKE_REQUESTS]; /* head and body of each chat completion */
    size_t request_count;
    int open[FAKE_CONNECTIONS];
    pthread_t threads[FAKE_CONNECTIONS];
    size_t thread_count;
};

struct fake_connection {
    struct fake *fake;
    int fd;
};

static inline void fake_sleep(int us) {
    struct timespec time = {us / 1000000, (long)(us % 1000000) * 1000};
    nanosleep(&time, NULL);
}

static inline bool fake_reply(int fd, int status, const char *body) {
    char *text = mem_format("HTTP/1.1 %d x\r\nContent-Type: application/json\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            status, strlen(body), body);
    bool sent = sockets_send(fd, text);
    free(text);
    return sent;
}

static inline bool fake_chunk(int fd, const char *data) {
    char *event = mem_format("data: %s\n\n", data);
    char *text = mem_format("%zx\r\n%s\r\n", strlen(event), event);
    bool sent = sockets_send(fd, text);
    free(event);
    free(text);
    return sent;
}

static inline bool fake_stream(struct fake *fake, int fd) {
    static const char *const words[] = {"amber", "birch", "cedar", "delta", "ember", "fjord",
                                        "grove", "haven", "inlet", "jetty", "knoll", "larch"};
    int mode = atomic_load(&fake->mode), tokens = atomic_load(&fake->tokens);
    if (!sockets_send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n") ||
        !fake_chunk(fd, "{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}"))
        return false;
    for (int i = 0; i < tokens || mode == FAKE_HANGS; i++) {
        fake_sleep(atomic_load(&fake->token_us));
        if (atomic_load(&fake->stop) || (mode == FAKE_DIES && i == 3))
            return false;
        if (mode == FAKE_HANGS)
            continue;
        char *data =
            mem_format("{\"choices\":[{\"delta\":{\"content\":\"%s%d \"}}]}", words[i % 12], i);
        bool sent = fake_chunk(fd, data);
        free(data);
        if (!sent)
            return false;
    }
    char *usage = mem_format("{\"choices\":[],\"usage\":{\"prompt_tokens\":1700,"
                             "\"completion_tokens\":%d,\"prompt_tokens_details\":"
                             "{\"cached_tokens\":12}}}",
                             tokens);
    bool sent = fake_chunk(fd, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}") &&
                fake_chunk(fd, usage) && fake_chunk(fd, "[DONE]") && sockets_send(fd, "0\r\n\r\n");
    free(usage);
    return sent;
}

static inline bool fake_chat(struct fake *fake, int fd, char *text) {
    int mode = atomic_load(&fake->mode);
    bool scripted;
    pthread_mutex_lock(&fake->lock);
    if (fake->request_count < FAKE_REQUESTS)
        fake->requests[fake->request_count++] = mem_string(text);
    scripted = fake->script != NULL;
    pthread_mutex_unlock(&fake->lock);
    if (scripted)
        return fake->script(fake, fd, text);
    if (mode == FAKE_REFUSES_USAGE && strstr(text, "stream_options"))
        return fake_reply(fd, 400, "{\"error\":{\"message\":\"unknown field: stream_options\"}}");
    if (mode == FAKE_SMALL && strlen(text) > 100000)
        return fake_reply(
            fd, 400,
            "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available "
            "context size\",\"type\":\"exceed_context_size_error\"}}");
    return fake_stream(fake, fd);
}

static inline bool fake_answer(struct fake *fake, int fd, char *text) {
    if (strncmp(text, "GET /health", 11) == 0) {
        if (atomic_load(&fake->loading) > 0) {
            atomic_fetch_sub(&fake->loading, 1);
            return fake_reply(fd, 503, "{\"error\":{\"message\":\"Loading model\"}}");
        }
        return fake_reply(fd, 200, "{\"status\":\"ok\"}");
    }
    if (strncmp(text, "GET /v1/models", 14) == 0)
        return fake_reply(fd, 200, "{\"data\":[{\"id\":\"fake-7b\"}]}");
    if (strncmp(text, "POST /restart", 13) == 0) {
        atomic_fetch_add(&fake->restarts, 1);
        return fake_reply(fd, 200, "{}");
    }
    if (strncmp(text, "POST /v1/chat/completions", 25) == 0)
        return fake_chat(fake, fd, text);
    return fake_reply(fd, 404, "{}");
}

static inline void *fake_serve(void *context) {
    struct fake_connection *connection = context;
    char *text;
    bool open = true;
    while (open && sockets_read(connection->fd, &text)) {
        open = fake_answer(connection->fake, connection->fd, text);
        free(text);
    }
    shutdown(connection->fd, SHUT_RDWR); /* closed in fake_stop: the number must not be reused */
    free(connection);
    return NULL;
}

static inline void *fake_accept(void *context) {
    struct fake *fake = context;
    for (;;) {
        int one = 1, fd = accept(fake->fd, NULL, NULL);
        if (fd < 0 || atomic_load(&fake->stop)) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct fake_connection *connection = mem_alloc(sizeof *connection);
        *connection = (struct fake_connection){fake, fd};
        atomic_fetch_add(&fake->connections, 1);
        pthread_mutex_lock(&fake->lock);
        if (fake->thread_count == FAKE_CONNECTIONS)
            abort();
        fake->open[fake->thread_count] = fd;
        pthread_create(&fake->threads[fake->thread_count++], NULL, fake_serve, connection);
        pthread_mutex_unlock(&fake->lock);
    }
}

static inline void fake_start(struct fake *fake) {
    *fake = (struct fake){.tokens = 20, .token_us = 1000};
    pthread_mutex_init(&fake->lock, NULL);
    fake->fd = sockets_listen(&fake->port);
    pthread_create(&fake->thread, NULL, fake_accept, fake);
}

/* As if the process had died: nothing listens, every connection is closed. */
static inline void fake_stop(struct fake *fake) {
    if (atomic_exchange(&fake->stop, true))
        return;
    sockets_end(fake->fd, fake->thread, fake->open, fake->threads, &fake->thread_count);
}

static inline void fake_done(struct fake *fake) {
    fake_stop(fake);
    for (size_t i = 0; i < fake->request_count; i++)
        free(fake->requests[i]);
    pthread_mutex_destroy(&fake->lock);
}

#endif
