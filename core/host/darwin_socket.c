/* Who listens on a port: the sockets of one's own processes, one by one. */
#include <stdlib.h>
#include <string.h>

#include "host/darwin.h"

#define LIST_FDS 1 /* PROC_PIDLISTFDS */
#define FD_SOCKET 2
#define SOCKET_INFO 3 /* PROC_PIDFDSOCKETINFO */
#define FDS_MAX 16384
/* socket_fdinfo: 792 bytes when this was written; room for it to grow */
#define SOCKET_INFO_ROOM 4096
#define KIND_AT 256
#define KIND_TCP 2
#define PORT_AT 268 /* network order, in the low 16 bits of an int */
#define STATE_AT 344
#define STATE_LISTEN 1

struct fd_info {
    int32_t fd;
    uint32_t type;
};

static int32_t integer_at(const unsigned char *info, size_t at) {
    int32_t value;
    memcpy(&value, info + at, sizeof value);
    return value;
}

static bool listens(const struct darwin_api *api, int pid, int fd, int port) {
    unsigned char info[SOCKET_INFO_ROOM];
    int got = api->pid_fd_info(pid, fd, SOCKET_INFO, info, sizeof info);
    if (got < STATE_AT + 4 || integer_at(info, KIND_AT) != KIND_TCP ||
        integer_at(info, STATE_AT) != STATE_LISTEN)
        return false;
    return (info[PORT_AT] << 8 | info[PORT_AT + 1]) == port;
}

static bool process_listens(const struct darwin_api *api, int pid, int port) {
    int bytes = api->pid_info(pid, LIST_FDS, 0, NULL, 0);
    if (bytes <= 0)
        return false; /* another user's, or gone */
    size_t room = (size_t)bytes / sizeof(struct fd_info) + 16;
    room = room < FDS_MAX ? room : FDS_MAX;
    struct fd_info *fds = mem_zero(room, sizeof *fds);
    bytes = api->pid_info(pid, LIST_FDS, 0, fds, (int)(room * sizeof *fds));
    size_t count = bytes > 0 ? (size_t)bytes / sizeof *fds : 0;
    bool found = false;
    for (size_t i = 0; i < count && i < room && !found; i++)
        found = fds[i].type == FD_SOCKET && listens(api, pid, fds[i].fd, port);
    free(fds);
    return found;
}

/* A server's children may have its socket, too: the first process that started has it first. */
int darwin_listener(const struct darwin_api *api, int port) {
    size_t count;
    int *pids = darwin_pids(api, &count), owner = -1;
    for (size_t i = 0; i < count; i++)
        if (pids[i] > 0 && (owner < 0 || pids[i] < owner) && process_listens(api, pids[i], port))
            owner = pids[i];
    free(pids);
    return owner;
}
