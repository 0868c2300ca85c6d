/* Processes, and the memory of a process with its descendants. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/linux.h"

#define TREE_MAX 256
#define ARGS_MAX 256
#define CMDLINE_MAX 16384 /* enough for a path, a model and its flags; what is behind is cut */

static int pid_of(const char *name) {
    char *end;
    long pid = strtol(name, &end, 10);
    return *end == '\0' && pid > 0 && pid <= INT_MAX ? (int)pid : -1;
}

/* Parent and start time (clock ticks since boot). The name, in brackets, may hold anything. */
static bool read_stat(const char *root, int pid, int *parent, int64_t *started) {
    char path[64], text[1024];
    long long start;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!linux_read(root, path, text, sizeof text))
        return false;
    const char *behind = strrchr(text, ')');
    if (!behind || sscanf(behind + 1,
                          " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d"
                          " %*d %*d %lld",
                          parent, &start) != 2)
        return false;
    *started = start;
    return true;
}

static void read_arguments(const char *root, struct process *process) {
    char path[64], *text = mem_alloc(CMDLINE_MAX);
    size_t length = 0, capacity = 0;
    snprintf(path, sizeof path, "/proc/%d/cmdline", process->pid);
    char *whole = linux_text(root, path, &length);
    if (whole && length > 0) {
        length = length < CMDLINE_MAX - 1 ? length : CMDLINE_MAX - 1;
        memcpy(text, whole, length);
        text[length] = '\0';
        for (size_t at = 0; at < length && process->argc < ARGS_MAX; at += strlen(text + at) + 1) {
            process->argv =
                mem_grow(process->argv, (size_t)process->argc, &capacity, sizeof *process->argv);
            process->argv[process->argc++] = mem_string(text + at);
        }
    }
    free(whole);
    free(text);
}

static char *read_path(const char *root, int pid) {
    char link[LINUX_PATH_MAX], path[LINUX_PATH_MAX];
    int length = snprintf(link, sizeof link, "%s/proc/%d/exe", root, pid);
    if (length < 0 || (size_t)length >= sizeof link)
        return NULL;
    ssize_t got = readlink(link, path, sizeof path - 1);
    return got > 0 ? mem_bytes(path, (size_t)got) : NULL;
}

struct process *linux_processes(const char *root, size_t *count) {
    struct linux_names names = linux_list(root, "/proc", "");
    struct process *processes = mem_zero(names.count, sizeof *processes);
    *count = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct process *process = &processes[*count];
        *process = (struct process){.pid = pid_of(names.at[i])};
        if (process->pid < 0 || !read_stat(root, process->pid, &process->parent, &process->started))
            continue;
        read_arguments(root, process);
        process->path = read_path(root, process->pid);
        if (process->argc == 0) { /* a thread of the kernel, or one that just ended */
            free(process->argv);
            free(process->path);
            continue;
        }
        (*count)++;
    }
    free(names.at);
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

struct kin {
    int pid, parent;
};

static struct kin *read_kin(const char *root, size_t *count) {
    struct linux_names names = linux_list(root, "/proc", "");
    struct kin *kin = mem_zero(names.count, sizeof *kin);
    int64_t started;
    *count = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct kin one = {.pid = pid_of(names.at[i])};
        if (one.pid > 0 && read_stat(root, one.pid, &one.parent, &started))
            kin[(*count)++] = one;
    }
    free(names.at);
    return kin;
}

static bool is_among(const int *pids, size_t count, int pid) {
    for (size_t i = 0; i < count; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

/* `pid` and its descendants, at most `most`; how many. */
static size_t tree_of(const char *root, int pid, int *pids, size_t most) {
    size_t kin_count, count = 1, before;
    struct kin *kin = read_kin(root, &kin_count);
    pids[0] = pid;
    do {
        before = count;
        for (size_t i = 0; i < kin_count && count < most; i++)
            if (is_among(pids, count, kin[i].parent) && !is_among(pids, count, kin[i].pid))
                pids[count++] = kin[i].pid;
    } while (count > before && count < most);
    free(kin);
    return count;
}

static double add(double sum, double value) {
    if (isnan(value))
        return sum;
    return isnan(sum) ? value : sum + value;
}

static double rss_of(const char *root, int pid) {
    char path[64], text[128];
    long long pages;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    if (!linux_read(root, path, text, sizeof text) || sscanf(text, "%*d %lld", &pages) != 1)
        return NAN;
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1024 * 1024);
}

static double pss_of(const char *root, int pid) {
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if (!linux_read(root, path, text, sizeof text))
        return NAN;
    const char *pss = strstr(text, "\nPss:");
    return pss ? (double)strtoll(pss + 5, NULL, 10) / 1024 : NAN;
}

void linux_memory_of(const char *root, int pid, double *rss_mb, double *footprint_mb) {
    int pids[TREE_MAX];
    size_t count = tree_of(root, pid, pids, TREE_MAX);
    bool partial = false;
    *rss_mb = *footprint_mb = NAN;
    for (size_t i = 0; i < count; i++) {
        double rss = rss_of(root, pids[i]), pss = pss_of(root, pids[i]);
        *rss_mb = add(*rss_mb, rss);
        *footprint_mb = add(*footprint_mb, pss);
        partial |= isnan(pss) && rss > 0; /* another user's; a zombie has none and needs none */
    }
    if (partial)
        *footprint_mb = NAN; /* a part is not the footprint */
}
