/* process: which engines run on this machine, from its process list. What a process of an engine
 * looks like is told from outside (engines/processes.h); here stands how processes of one engine
 * hang together: a tree of processes is one engine. */
#ifndef HOST_PROCESS_H
#define HOST_PROCESS_H

#include "host/host.h"

struct process_patterns {
    /* The engine a process belongs to, by its own argv and path; -1 none. */
    int (*engine_of)(const struct process *process);
    /* The head of an engine's tree that is none by itself (LM Studio's window: its models live in
     * workers, several of them are still one LM Studio). */
    bool (*is_shell)(const struct process *process);
};

/* An engine that runs: the eldest process of its tree that looks like one. A child that looks like
 * another engine is a part of it (Ollama runs a llama-server of its own). */
struct engine_process {
    int engine, pid;
    int64_t started; /* tells a pid that was given again */
};

/* The caller frees. */
struct engine_process *process_engines(const struct process *processes, size_t count,
                                       const struct process_patterns *patterns, size_t *found);

/* The engine that `pid` is a part of: its eldest forebear that looks like one, or `pid` itself. */
int process_root(const struct process *processes, size_t count,
                 const struct process_patterns *patterns, int pid);
/* NULL when there is none of that pid. Borrowed. */
const struct process *process_find(const struct process *processes, size_t count, int pid);

#endif
