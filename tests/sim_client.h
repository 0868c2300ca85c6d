/* sim_client: a client that knows sockets and nothing else, and simulated engines to try it on. */
#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "sim/sim.h"

#define MS INT64_C(1000000)
#define WAIT_MS 10000

/* ---- a client ---- */

struct client {
    int fd;
    struct buf reply;                        /* as received, chunk sizes and all */
    int64_t first_ns, last_token_ns, end_ns; /* receipt: first content, last content, the end */
    int tokens;                              /* frames with content or reasoning */
    size_t scanned;
    bool over;
};

static inline int dial(const char *url) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtol(strrchr(url, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int small = 65536; /* so that a client that does not read fills it soon */
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void send_request(struct client *client, const char *url, const char *method,
                                const char *path, const char *id, const char *body) {
    char *text = mem_format("%s %s HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\n"
                            "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                            method, path, id, strlen(body), body);
    *client = (struct client){.fd = dial(url)};
    buf_init(&client->reply, (size_t)4 << 20);
    assert_int_equal(write(client->fd, text, strlen(text)), strlen(text));
    free(text);
}

static inline void note_tokens(struct client *client, int64_t now_ns) {
    static const char *const marks[] = {"\"content\":\"", "\"reasoning\":\"",
                                        "\"reasoning_content\":\""};
    const char *text = buf_string(&client->reply);
    for (;;) {
        const char *line = strstr(text + client->scanned, "data: ");
        const char *end = line != NULL ? strchr(line, '\n') : NULL;
        if (end == NULL)
            return;
        for (size_t i = 0; i < COUNT_OF(marks); i++) {
            const char *mark = strstr(line, marks[i]);
            if (mark == NULL || mark > end)
                continue;
            if (client->tokens++ == 0)
                client->first_ns = now_ns;
            client->last_token_ns = now_ns;
        }
        client->scanned = (size_t)(end - text);
    }
}

static inline bool is_complete(const struct client *client) {
    const char *text = buf_string(&client->reply), *head = strstr(text, "\r\n\r\n");
    if (head == NULL)
        return false;
    if (strncmp(text, "HTTP/1.1 204", 12) == 0)
        return true;
    const char *length = strstr(text, "Content-Length: ");
    if (length != NULL && length < head)
        return strlen(head + 4) >= (size_t)strtol(length + 16, NULL, 10);
    return strstr(head, "\r\n0\r\n\r\n") != NULL;
}

static inline void read_some(struct client *client) {
    char bytes[16384];
    ssize_t got = read(client->fd, bytes, sizeof bytes);
    int64_t now_ns = clock_ns();
    if (got > 0) {
        buf_append(&client->reply, bytes, (size_t)got);
        note_tokens(client, now_ns);
    }
    if (got <= 0 || is_complete(client)) {
        client->over = true;
        client->end_ns = now_ns;
    }
}

/* Read all of them until they are over, or until the first has so many tokens. */
static inline void pump(struct client *clients, size_t count, int until_tokens) {
    struct pollfd fds[64];
    assert_true(count <= COUNT_OF(fds));
    for (;;) {
        nfds_t open = 0;
        struct client *which[64];
        for (size_t i = 0; i < count; i++) {
            if (clients[i].over)
                continue;
            which[open] = &clients[i];
            fds[open++] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
        }
        if (open == 0 || (until_tokens > 0 && clients[0].tokens >= until_tokens))
            return;
        int ready = poll(fds, open, WAIT_MS);
        if (ready <= 0)
            fail_msg("nothing came for %d ms", WAIT_MS);
        for (nfds_t i = 0; i < open; i++)
            if (fds[i].revents != 0)
                read_some(which[i]);
    }
}

static inline void hang_up(struct client *client) {
    close(client->fd);
    buf_done(&client->reply);
}

static inline int status_of(const struct client *client) {
    const char *text = buf_string(&client->reply);
    return strncmp(text, "HTTP/1.", 7) == 0 ? (int)strtol(text + 9, NULL, 10) : 0;
}

static inline const char *body_of(const struct client *client) {
    const char *head = strstr(buf_string(&client->reply), "\r\n\r\n");
    return head != NULL ? head + 4 : "";
}

/* A whole small exchange. */
static inline int ask(const char *url, const char *method, const char *path, const char *body,
                      char **reply) {
    struct client client;
    send_request(&client, url, method, path, "ask/0", body);
    pump(&client, 1, 0);
    int status = status_of(&client);
    if (reply != NULL)
        *reply = mem_string(body_of(&client));
    hang_up(&client);
    return status;
}

/* All text of a stream, reasoning or content. */
static inline char *stream_text(const struct client *client, const char *field) {
    struct buf text;
    char *mark = mem_format("\"%s\":\"", field);
    buf_init(&text, (size_t)1 << 20);
    for (const char *p = buf_string(&client->reply); (p = strstr(p, mark)) != NULL;) {
        p += strlen(mark);
        for (; *p != '"'; p++) {
            if (*p == '\\' && *++p == 'n')
                buf_char(&text, '\n');
            else
                buf_char(&text, *p);
        }
    }
    free(mark);
    return buf_take(&text);
}

/* ---- the truth ---- */

static inline struct cJSON *truths(const char *url) {
    char *body;
    struct error error;
    assert_int_equal(ask(url, "GET", "/truth", "", &body), 200);
    struct cJSON *tree = json_parse(body, strlen(body), &error);
    if (tree == NULL)
        fail_msg("%s", error.text);
    free(body);
    return tree;
}

/* A figure of the record with this id; waits a little for one that is not there yet. */
static inline int64_t truth_of(const char *url, const char *id, const char *key) {
    char *mark = mem_format("{\"id\":\"%s\",", id), *field = mem_format("\"%s\":", key);
    for (int tries = 0; tries < 100; tries++) {
        char *body;
        ask(url, "GET", "/truth", "", &body);
        const char *record = strstr(body, mark);
        const char *value = record != NULL ? strstr(record, field) : NULL;
        if (value != NULL) {
            value += strlen(field);
            int64_t figure = *value == 't' ? 1 : (int64_t)strtoll(value, NULL, 10);
            free(body);
            free(mark);
            free(field);
            return figure;
        }
        free(body);
        usleep(10000);
    }
    fail_msg("no truth about %s", id);
    return 0;
}

/* ---- engines under test ---- */

struct bench {
    struct sim *sim;
    const struct endpoint *endpoints;
    size_t count;
    pthread_t thread;
    char path[32];
};

static inline void *serve(void *context) {
    struct bench *bench = context;
    sim_run(bench->sim, NULL);
    return NULL;
}

static inline void start(struct bench *bench, const char *const *names, size_t count) {
    struct error error;
    bench->sim = sim_new(names, count, 0, &error);
    if (bench->sim == NULL)
        fail_msg("%s", error.text);
    bench->endpoints = sim_endpoints(bench->sim, &bench->count);
    assert_int_equal(pthread_create(&bench->thread, NULL, serve, bench), 0);
}

#define FIGURES(prefill, decode) ",\"prefill_tps\":" #prefill ",\"decode_tps\":" #decode

/* An engine of these figures and members. Returns its URL. */
static inline const char *start_with(struct bench *bench, const char *figures,
                                     const char *members) {
    copy_text(bench->path, sizeof bench->path, "/tmp/pitwall-sim-XXXXXX");
    int fd = mkstemp(bench->path);
    assert_true(fd >= 0);
    char *text = mem_format("{\"engine\":\"openai\",\"version\":\"v1\",\"model\":\"m\","
                            "\"format\":\"GGUF\",\"quant\":\"Q\",\"overhead_ms\":5%s%s}",
                            figures, members);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    free(text);
    close(fd);
    const char *name = bench->path;
    start(bench, &name, 1);
    return bench->endpoints[0].url;
}

static inline const char *start_one(struct bench *bench, const char *members) {
    return start_with(bench, FIGURES(10000, 200), members);
}

static inline void stop(struct bench *bench) {
    sim_stop(bench->sim);
    pthread_join(bench->thread, NULL);
    sim_free(bench->sim);
    if (bench->path[0] != '\0')
        unlink(bench->path);
}

#define WIRE ",\"wire\":{\"reasoning_field\":\"reasoning\",\"fingerprint\":\"v1\"}"
#define CHAT "/v1/chat/completions"

static inline char *chat_body(const char *system, const char *user, int max_tokens,
                              const char *more) {
    return mem_format("{\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},{\"role\":\"user\","
                      "\"content\":\"%s\"}],\"max_tokens\":%d%s}",
                      system, user, max_tokens, more);
}

#define STREAM ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"

#endif
