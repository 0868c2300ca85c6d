#include "host/process.h"

#include <stdlib.h>

#define DEPTH_MAX 64 /* a list read while processes come and go may hold a circle */

const struct process *process_find(const struct process *processes, size_t count, int pid) {
    for (size_t i = 0; i < count; i++)
        if (processes[i].pid == pid)
            return &processes[i];
    return NULL;
}

int process_root(const struct process *processes, size_t count,
                 const struct process_patterns *patterns, int pid) {
    const struct process *process = process_find(processes, count, pid);
    int root = pid;
    for (int depth = 0; process && depth < DEPTH_MAX; depth++) {
        if (patterns->engine_of(process) >= 0 || patterns->is_shell(process))
            root = process->pid;
        process = process_find(processes, count, process->parent);
    }
    return root;
}

static bool is_known(const struct engine_process *engines, size_t count, int pid) {
    for (size_t i = 0; i < count; i++)
        if (engines[i].pid == pid)
            return true;
    return false;
}

struct engine_process *process_engines(const struct process *processes, size_t count,
                                       const struct process_patterns *patterns, size_t *found) {
    struct engine_process *engines = NULL;
    size_t capacity = 0;
    *found = 0;
    for (size_t i = 0; i < count; i++) {
        if (patterns->engine_of(&processes[i]) < 0)
            continue;
        int pid = process_root(processes, count, patterns, processes[i].pid);
        if (is_known(engines, *found, pid))
            continue;
        const struct process *root = process_find(processes, count, pid);
        int engine = patterns->engine_of(root);
        if (engine < 0)
            engine = patterns->engine_of(&processes[i]); /* a shell's */
        engines = mem_grow(engines, *found, &capacity, sizeof *engines);
        engines[(*found)++] = (struct engine_process){engine, pid, root->started};
    }
    return engines;
}
