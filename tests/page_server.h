/* page_server: fixed pages by method and path, as an engine of the facts would give them; keeps
 * what it was asked. One thread a connection, closed after each reply. */
#ifndef TESTS_PAGE_SERVER_H
#define TESTS_PAGE_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

/* `start`: beginning of the request line, "GET /health "; the last page, with NULL, answers the
 * rest. status 0: the connection is taken and never answered. */
struct page {
    const char *start;
    int status;
    const char *headers; /* "Name: value\r\n…" or "" */
    const char *body;
};

#define PAGE_ASKED 64
#define PAGE_CONNECTIONS 256

struct pages {
    const struct page *pages;
    int fd, port;
    pthread_t thread;
    atomic_bool stop;
    pthread_mutex_t lock;
    char *asked[PAGE_ASKED]; /* heads and bodies */
    size_t asked_count;
    int open[PAGE_CONNECTIONS];
    pthread_t threads[PAGE_CONNECTIONS];
    size_t count;
};

struct page_client {
    struct pages *server;
    int fd;
};

static inline void page_write(int fd, const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        length -= (size_t)sent;
    }
}

static inline bool page_read(int fd, char *text, size_t size) {
    size_t length = 0, need = 0;
    while (length + 1 < size) {
        ssize_t got = recv(fd, text + length, size - length - 1, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        text[length] = '\0';
        char *body = strstr(text, "\r\n\r\n"), *field = strstr(text, "Content-Length: ");
        if (body && !need)
            need = (size_t)(body + 4 - text) + (field ? strtoul(field + 16, NULL, 10) : 0);
        if (need && length >= need)
            return true;
    }
    return false;
}

static inline void *page_serve(void *context) {
    struct page_client *client = context;
    struct pages *server = client->server;
    char text[16384], byte;
    if (page_read(client->fd, text, sizeof text)) {
        const struct page *page = server->pages;
        while (page->start && strncmp(text, page->start, strlen(page->start)) != 0)
            page++;
        pthread_mutex_lock(&server->lock);
        if (server->asked_count < PAGE_ASKED)
            server->asked[server->asked_count++] = mem_string(text);
        pthread_mutex_unlock(&server->lock);
        if (page->status == 0) {
            while (recv(client->fd, &byte, 1, 0) > 0) /* until the client gives up */
                continue;
        } else {
            char *head = mem_format("HTTP/1.1 %d x\r\n%sContent-Length: %zu\r\nConnection: close"
                                    "\r\n\r\n",
                                    page->status, page->headers, strlen(page->body));
            page_write(client->fd, head);
            page_write(client->fd, page->body);
            free(head);
        }
    }
    shutdown(client->fd, SHUT_RDWR);
    free(client);
    return NULL;
}

static inline void *page_accept(void *context) {
    struct pages *server = context;
    for (;;) {
        int fd = accept(server->fd, NULL, NULL);
        if (fd < 0 || atomic_load(&server->stop)) {
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        struct page_client *client = mem_alloc(sizeof *client);
        *client = (struct page_client){server, fd};
        if (server->count == PAGE_CONNECTIONS)
            abort();
        server->open[server->count] = fd;
        pthread_create(&server->threads[server->count++], NULL, page_serve, client);
    }
}

static inline void pages_start(struct pages *server, const struct page *pages) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    *server = (struct pages){.pages = pages};
    pthread_mutex_init(&server->lock, NULL);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->fd, 256) != 0 || getsockname(server->fd, (struct sockaddr *)&address, &size))
        abort();
    server->port = ntohs(address.sin_port);
    pthread_create(&server->thread, NULL, page_accept, server);
}

static inline void pages_stop(struct pages *server) {
    atomic_store(&server->stop, true);
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    for (size_t i = 0; i < server->count; i++)
        shutdown(server->open[i], SHUT_RDWR);
    for (size_t i = 0; i < server->count; i++) {
        pthread_join(server->threads[i], NULL);
        close(server->open[i]);
    }
    for (size_t i = 0; i < server->asked_count; i++)
        free(server->asked[i]);
    pthread_mutex_destroy(&server->lock);
}

/* The first request that begins with `start`; NULL: it was never asked. */
static inline const char *pages_asked(struct pages *server, const char *start) {
    const char *found = NULL;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->asked_count && !found; i++)
        if (strncmp(server->asked[i], start, strlen(start)) == 0)
            found = server->asked[i];
    pthread_mutex_unlock(&server->lock);
    return found;
}

#endif
