/* sockets: what the small servers of the tests are made of: a thread a connection on plain sockets,
 * since libevent's names and ours do not meet in one file. */
#ifndef TESTS_SOCKETS_H
#define TESTS_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"

/* On loopback, at a free port. */
static inline int sockets_listen(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 256) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    *port = ntohs(address.sin_port);
    return fd;
}

static inline bool sockets_send(int fd, const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* One request into `out` (NUL-terminated); false at the end of the connection. */
static inline bool sockets_read(int fd, char **out) {
    size_t length = 0, size = 1 << 16, need = 0;
    char *text = mem_alloc(size);
    for (;;) {
        if (length + 1 == size)
            text = mem_resize(text, size *= 2, 1);
        ssize_t got = recv(fd, text + length, size - length - 1, 0);
        if (got <= 0) {
            free(text);
            return false;
        }
        length += (size_t)got;
        text[length] = '\0';
        char *body = strstr(text, "\r\n\r\n"), *field = strstr(text, "Content-Length: ");
        if (body && !need)
            need = (size_t)(body + 4 - text) + (field ? strtoul(field + 16, NULL, 10) : 0);
        if (need && length >= need)
            break;
    }
    *out = text;
    return true;
}

/* Ends the listener and its thread, then every connection and its thread. */
static inline void sockets_end(int listener, pthread_t thread, const int *fds,
                               const pthread_t *threads, const size_t *count) {
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    for (size_t i = 0; i < *count; i++) /* the thread that added to them is over */
        shutdown(fds[i], SHUT_RDWR);
    for (size_t i = 0; i < *count; i++) {
        pthread_join(threads[i], NULL);
        close(fds[i]);
    }
}

#endif
