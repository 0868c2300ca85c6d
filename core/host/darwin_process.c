/* Processes, their arguments, and the memory of a process with its descendants. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/darwin.h"

#define ALL_PIDS 1    /* PROC_ALL_PIDS */
#define BSD_INFO 3    /* PROC_PIDTBSDINFO: of one's own processes */
#define SHORT_INFO 13 /* PROC_PIDT_SHORTBSDINFO: of anybody's */
#define USAGE 4       /* RUSAGE_INFO_V4: what is read here never moved */
#define PIDS_MAX 65536
#define TREE_MAX 256
#define ARGS_MAX 256
#define ARGS_BYTES_MAX 16384 /* of the arguments together; what is behind is cut */
#define AREA_MAX (1 << 20)   /* ARG_MAX */
#define PATH_BYTES_MAX 4096  /* PROC_PIDPATHINFO_MAXSIZE */
#define MB (1024.0 * 1024.0)

/* The starts of proc_bsdinfo, proc_bsdshortinfo and rusage_info_v4. */
struct bsd_info {
    uint32_t flags, status, exit_status, pid, parent, ids[6], unused;
    char command[16], name[32];
    uint32_t files, group, control, terminal, terminal_group;
    int32_t nice;
    uint64_t start_s, start_us;
};
struct short_info {
    uint32_t pid, parent, group, status;
    char command[16];
    uint32_t flags, ids[6], unused;
};
struct usage {
    unsigned char uuid[16];
    uint64_t user, system, wakeups[2], page_ins, wired, resident, footprint;
    unsigned char rest[296 - 80];
};
_Static_assert(sizeof(struct bsd_info) == 136 && offsetof(struct bsd_info, start_s) == 120,
               "proc_bsdinfo");
_Static_assert(sizeof(struct short_info) == 64, "proc_bsdshortinfo");
_Static_assert(sizeof(struct usage) == 296 && offsetof(struct usage, resident) == 64 &&
                   offsetof(struct usage, footprint) == 72,
               "rusage_info_v4");

int *darwin_pids(const struct darwin_api *api, size_t *count) {
    *count = 0;
    if (api->missing[DARWIN_SYSTEM])
        return NULL;
    int hint = api->list_pids(ALL_PIDS, 0, NULL, 0) / (int)sizeof(int);
    if (hint <= 0)
        return NULL;
    size_t room = (size_t)hint + 64; /* for those that start meanwhile */
    room = room < PIDS_MAX ? room : PIDS_MAX;
    int *pids = mem_zero(room, sizeof *pids);
    int bytes = api->list_pids(ALL_PIDS, 0, pids, (int)(room * sizeof *pids));
    if (bytes > 0)
        *count = (size_t)bytes / sizeof *pids;
    if (*count > room)
        *count = room;
    return pids;
}

/* ---- the list ---- */

/* int argc, the program's path, NULs, argc strings, then the environment, which stays there. */
static void parse_arguments(struct process *process, const char *area, size_t size) {
    int argc;
    size_t capacity = 0, taken = 0;
    if (size < sizeof argc)
        return;
    memcpy(&argc, area, sizeof argc);
    const char *at = area + sizeof argc, *end = area + size;
    at = memchr(at, '\0', (size_t)(end - at));
    while (at && at < end && *at == '\0')
        at++;
    while (at && at < end && process->argc < argc && process->argc < ARGS_MAX) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at), left = ARGS_BYTES_MAX - taken;
        if (left == 0)
            return;
        process->argv =
            mem_grow(process->argv, (size_t)process->argc, &capacity, sizeof *process->argv);
        process->argv[process->argc++] = mem_bytes(at, length < left ? length : left);
        taken += length < left ? length : left;
        at = stop ? stop + 1 : NULL;
    }
}

/* What runs as another user keeps its arguments to itself; its path stands for them. */
static void read_arguments(const struct darwin_api *api, struct process *process, char *area) {
    int name[] = {1 /* CTL_KERN */, 49 /* KERN_PROCARGS2 */, process->pid};
    size_t size = AREA_MAX;
    if (api->sysctl(name, COUNT_OF(name), area, &size, NULL, 0) == 0 && size <= AREA_MAX)
        parse_arguments(process, area, size);
    if (process->argc > 0 || !process->path)
        return;
    process->argv = mem_zero(1, sizeof *process->argv);
    process->argv[0] = mem_string(process->path);
    process->argc = 1;
}

static bool read_info(const struct darwin_api *api, struct process *process) {
    struct bsd_info info;
    struct short_info brief;
    if (api->pid_info(process->pid, BSD_INFO, 0, &info, sizeof info) >= (int)sizeof info) {
        process->parent = (int)info.parent;
        process->started = (int64_t)(info.start_s * 1000000 + info.start_us);
        return true;
    }
    if (api->pid_info(process->pid, SHORT_INFO, 0, &brief, sizeof brief) < (int)sizeof brief)
        return false;
    process->parent = (int)brief.parent;
    process->started = -1;
    return true;
}

struct process *darwin_processes(const struct darwin_api *api, size_t *count) {
    size_t pid_count;
    int *pids = darwin_pids(api, &pid_count);
    struct process *processes = mem_zero(pid_count, sizeof *processes);
    char *area = mem_alloc(AREA_MAX), path[PATH_BYTES_MAX];
    *count = 0;
    for (size_t i = 0; i < pid_count; i++) {
        struct process *process = &processes[*count];
        *process = (struct process){.pid = pids[i]};
        if (pids[i] <= 0 || !read_info(api, process))
            continue;
        int length = api->pid_path(pids[i], path, sizeof path);
        if (length > 0 && length <= (int)sizeof path)
            process->path = mem_bytes(path, strnlen(path, (size_t)length));
        read_arguments(api, process, area);
        (*count)++;
    }
    free(area);
    free(pids);
    return processes;
}

void host_processes_free(struct process *processes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < processes[i].argc; k++)
            free(processes[i].argv[k]);
        free(processes[i].argv);
        free(processes[i].path);
    }
    free(processes);
}

/* ---- memory ---- */

static int parent_of(const struct darwin_api *api, int pid) {
    struct short_info info;
    if (pid <= 0 || api->pid_info(pid, SHORT_INFO, 0, &info, sizeof info) < (int)sizeof info)
        return -1;
    return (int)info.parent;
}

static bool is_among(const int *pids, size_t count, int pid) {
    for (size_t i = 0; i < count; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

/* `pid` and its descendants; how many. */
static size_t tree_of(const struct darwin_api *api, int pid, int tree[TREE_MAX]) {
    size_t all, count = 1, before;
    int *pids = darwin_pids(api, &all);
    int *parents = mem_alloc(all * sizeof *parents);
    for (size_t i = 0; i < all; i++)
        parents[i] = parent_of(api, pids[i]);
    tree[0] = pid;
    do {
        before = count;
        for (size_t i = 0; i < all && count < TREE_MAX; i++)
            if (parents[i] > 0 && is_among(tree, count, parents[i]) &&
                !is_among(tree, count, pids[i]))
                tree[count++] = pids[i];
    } while (count > before && count < TREE_MAX);
    free(parents);
    free(pids);
    return count;
}

void darwin_memory_of(const struct darwin_api *api, int pid, double *rss_mb, double *footprint_mb) {
    int tree[TREE_MAX];
    struct usage usage;
    *rss_mb = *footprint_mb = NAN;
    if (api->missing[DARWIN_SYSTEM] || pid <= 0 || api->pid_usage(pid, USAGE, &usage) != 0)
        return;
    double resident = 0, footprint = 0;
    size_t count = tree_of(api, pid, tree);
    for (size_t i = 0; i < count; i++)
        if (api->pid_usage(tree[i], USAGE, &usage) == 0) { /* else it has just ended */
            resident += (double)usage.resident;
            footprint += (double)usage.footprint;
        }
    *rss_mb = resident / MB;
    *footprint_mb = footprint / MB;
}
