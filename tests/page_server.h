/* page_server: fixed pages by method and path, as an engine of the facts would give them; keeps
 * what it was asked. One thread a connection, closed after each reply. */
#ifndef TESTS_PAGE_SERVER_H
#define TESTS_PAGE_SERVER_H

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "sockets.h"

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

static inline void *page_serve(void *context) {
    struct page_client *client = context;
    struct pages *server = client->server;
    char *text, byte;
    if (sockets_read(client->fd, &text)) {
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
            sockets_send(client->fd, head);
            sockets_send(client->fd, page->body);
            free(head);
        }
        free(text);
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
    *server = (struct pages){.pages = pages};
    pthread_mutex_init(&server->lock, NULL);
    server->fd = sockets_listen(&server->port);
    pthread_create(&server->thread, NULL, page_accept, server);
}

static inline void pages_stop(struct pages *server) {
    atomic_store(&server->stop, true);
    sockets_end(server->fd, server->thread, server->open, server->threads, &server->count);
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
