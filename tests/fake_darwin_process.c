/* libproc and the arguments of processes. */
#include <assert.h>
#include <string.h>

#include "fake_darwin.h"

#define FDS 3 /* a file, a socket that listens, one that is connected */

static const struct fake_process *process_of(int pid) {
    for (int i = 0; i < fake_current->process_count; i++)
        if (fake_current->processes[i].pid == pid && !fake_current->processes[i].gone)
            return &fake_current->processes[i];
    return NULL;
}

static void put(unsigned char *to, size_t at, uint64_t value, size_t size) {
    memcpy(to + at, &value, size); /* little-endian, as all Macs are */
}

static int list_pids(uint32_t type, uint32_t which, void *out, int size) {
    int count = fake_current->process_count;
    assert(type == 1 && which == 0);
    if (!out)
        return (count + 20) * (int)sizeof(int);
    for (int i = 0; i < count && (i + 1) * (int)sizeof(int) <= size; i++)
        memcpy((char *)out + (size_t)i * sizeof(int), &fake_current->processes[i].pid, sizeof(int));
    return count * (int)sizeof(int);
}

static int list_fds(void *out, int size) {
    if (!out)
        return FDS * 8;
    assert(size >= FDS * 8);
    for (int i = 0; i < FDS; i++) {
        put(out, (size_t)i * 8, (uint64_t)i + 10, 4);
        put(out, (size_t)i * 8 + 4, i == 0 ? 1 : 2, 4);
    }
    return FDS * 8;
}

static int pid_info(int pid, int flavor, uint64_t argument, void *out, int size) {
    const struct fake_process *process = process_of(pid);
    unsigned char info[136] = {0};
    assert(argument == 0);
    if (!process || (process->foreign && flavor != 13))
        return 0;
    if (flavor == 1)
        return list_fds(out, size);
    int length = flavor == 3 ? 136 : 64;
    assert((flavor == 3 || flavor == 13) && size >= length);
    put(info, flavor == 3 ? 12 : 0, (uint64_t)pid, 4);
    put(info, flavor == 3 ? 16 : 4, (uint64_t)process->parent, 4);
    if (flavor == 3)
        put(info, 120, 1700000000, 8);
    memcpy(out, info, (size_t)length);
    return length;
}

static int pid_path(int pid, void *out, uint32_t size) {
    const struct fake_process *process = process_of(pid);
    if (!process || !process->path)
        return 0;
    assert(strlen(process->path) < size);
    memcpy(out, process->path, strlen(process->path) + 1);
    return (int)strlen(process->path);
}

static int pid_fd_info(int pid, int fd, int flavor, void *out, int size) {
    const struct fake_process *process = process_of(pid);
    assert(flavor == 3 && (fd == 11 || fd == 12));
    if (!process || process->foreign || size < fake_current->socket_size)
        return 0;
    int port = fd == 11 ? process->listens : process->connects;
    unsigned char *info = out;
    memset(info, 0, (size_t)fake_current->socket_size);
    put(info, 256, port ? 2 : 1, 4);
    info[268] = (unsigned char)(port >> 8);
    info[269] = (unsigned char)port;
    put(info, 344, fd == 11 ? 1 : 4, 4);
    return fake_current->socket_size;
}

static int pid_usage(int pid, int flavor, void *out) {
    const struct fake_process *process = process_of(pid);
    assert(flavor == 4);
    if (!process || process->foreign)
        return -1;
    memset(out, 0, 296);
    put(out, 64, process->resident, 8);
    put(out, 72, process->footprint, 8);
    return 0;
}

/* argc, the path, NULs up to a multiple of 8, the arguments, the environment. */
static int fake_sysctl(int *name, unsigned length, void *old, size_t *size, void *set,
                       size_t set_size) {
    const struct fake_process *process = process_of(name[2]);
    static const char environment[] = "HF_TOKEN=secret";
    assert(length == 3 && name[0] == 1 && name[1] == 49 && !set && set_size == 0);
    if (!process || process->foreign)
        return -1;
    unsigned char *area = old;
    if (process->area) {
        memcpy(area, process->area, process->area_size);
        *size = process->area_size;
        return 0;
    }
    size_t used = 4;
    int32_t argc = 0;
    memset(area, 0, 64);
    memcpy(area + used, process->path, strlen(process->path) + 1);
    used = (used + strlen(process->path) + 8) & ~(size_t)7;
    memset(area + 4 + strlen(process->path), 0, used - 4 - strlen(process->path));
    for (; process->argv[argc]; argc++) {
        size_t bytes = strlen(process->argv[argc]) + 1;
        assert(used + bytes + sizeof environment < *size);
        memcpy(area + used, process->argv[argc], bytes);
        used += bytes;
    }
    memcpy(area, &argc, sizeof argc);
    memcpy(area + used, environment, sizeof environment);
    *size = used + sizeof environment;
    return 0;
}

void fake_fill_processes(struct darwin_api *api) {
    api->sysctl = fake_sysctl;
    api->list_pids = list_pids;
    api->pid_info = pid_info;
    api->pid_path = pid_path;
    api->pid_fd_info = pid_fd_info;
    api->pid_usage = pid_usage;
}
