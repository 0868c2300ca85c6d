/* Who listens on a port: the socket's inode from /proc/net, its holder from the descriptors of the
 * processes that may be looked into. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/linux.h"

#define LISTEN_STATE 0x0A
#define HOLDERS_MAX 64
#define FRESH_NS INT64_C(1000000000)

/* "sl: local:port remote:port state queues timer retransmits uid timeout inode …", in hex. */
static void add_line(struct sockets *sockets, const char *line) {
    unsigned port, state;
    uint64_t inode;
    if (sscanf(line,
               " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64,
               &port, &state, &inode) != 3 ||
        state != LISTEN_STATE || port > UINT16_MAX || inode == 0 || sockets->count == SOCKETS_MAX)
        return;
    sockets->at[sockets->count++] = (struct listening){(int)port, inode};
}

static void add_table(struct sockets *sockets, const char *root, const char *path) {
    size_t length;
    char *text = linux_text(root, path, &length);
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        add_line(sockets, line);
    }
    free(text);
}

/* The kernel walks all its tables for these files: one reading serves all ports asked for. */
static void refresh(struct sockets *sockets, const char *root) {
    int64_t now_ns = clock_ns();
    if (sockets->read_ns > 0 && now_ns - sockets->read_ns < FRESH_NS)
        return;
    sockets->read_ns = now_ns;
    sockets->count = 0;
    add_table(sockets, root, "/proc/net/tcp");
    add_table(sockets, root, "/proc/net/tcp6");
}

static bool is_socket_of(const struct sockets *sockets, int port, const char *path) {
    char target[64];
    uint64_t inode;
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    if (sscanf(target, "socket:[%" SCNu64 "]", &inode) != 1)
        return false;
    for (size_t i = 0; i < sockets->count; i++)
        if (sockets->at[i].port == port && sockets->at[i].inode == inode)
            return true;
    return false;
}

static bool holds(const char *root, const char *pid, const struct sockets *sockets, int port) {
    char folder[LINUX_PATH_MAX], path[LINUX_PATH_MAX];
    snprintf(folder, sizeof folder, "/proc/%s/fd", pid);
    struct linux_names fds = linux_list(root, folder, "");
    bool found = false;
    for (size_t i = 0; i < fds.count && !found; i++) {
        int length = snprintf(path, sizeof path, "%s%s/%s", root, folder, fds.at[i]);
        found = length > 0 && (size_t)length < sizeof path && is_socket_of(sockets, port, path);
    }
    free(fds.at);
    return found;
}

static int parent_of(const char *root, int pid) {
    char path[64], text[1024];
    int parent;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const char *behind = linux_read(root, path, text, sizeof text) ? strrchr(text, ')') : NULL;
    return behind && sscanf(behind + 1, " %*c %d", &parent) == 1 ? parent : -1;
}

/* A socket is inherited by children: the one whose parent does not hold it is meant. */
static int eldest(const char *root, const int *holders, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int parent = parent_of(root, holders[i]);
        bool inherited = false;
        for (size_t k = 0; k < count; k++)
            inherited |= holders[k] == parent;
        if (!inherited)
            return holders[i];
    }
    return count > 0 ? holders[0] : -1;
}

static bool is_listened(const struct sockets *sockets, int port) {
    for (size_t i = 0; i < sockets->count; i++)
        if (sockets->at[i].port == port)
            return true;
    return false;
}

int linux_listener(struct sockets *sockets, const char *root, int port) {
    int holders[HOLDERS_MAX];
    size_t count = 0;
    refresh(sockets, root);
    if (!is_listened(sockets, port))
        return -1;
    struct linux_names names = linux_list(root, "/proc", "");
    for (size_t i = 0; i < names.count && count < HOLDERS_MAX; i++) {
        char *end;
        long pid = strtol(names.at[i], &end, 10);
        if (*end == '\0' && pid > 0 && pid <= INT_MAX && holds(root, names.at[i], sockets, port))
            holders[count++] = (int)pid;
    }
    free(names.at);
    return eldest(root, holders, count);
}
