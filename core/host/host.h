/* host: what this machine can tell: energy, heat, memory, processes. Plain numbers, each possibly
 * absent. One of linux.c, darwin.c, none.c implements it; the build picks. Sampler's thread only.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "model/event.h"

struct host;

/* Never fails: what cannot be had is absent, and host_reason says why. */
struct host *host_new(void);
void host_free(struct host *host);

/* Fill a sample (lane name left NULL). Energy rails carry their own publication time: `epoch_ns` is
 * the clock_ns() of the run's start. */
void host_sample(struct host *host, int64_t epoch_ns, struct sample *sample);

/* The rails alone, in between samples where energy is published live. */
void host_energy(struct host *host, int64_t epoch_ns, struct sample *sample);

/* Machine facts for the log's header; strings are the caller's. */
void host_machine(struct host *host, struct machine *machine);

/* Why a figure is absent, for a person ("RAPL needs root: chmod …"); "" when it is there, or only
 * waits for a second reading. Borrowed. */
enum host_figure {
    HOST_ENERGY,
    HOST_THERMAL,
    HOST_TEMPERATURE,
    HOST_SWAP,
    HOST_PRESSURE,
    HOST_GPU,
    HOST_MEMORY_OF,
    HOST_POWER,
    HOST_FIGURE_COUNT
};
const char *host_reason(struct host *host, enum host_figure figure);

/* Seconds between energy publications as far as known (0: live). */
double host_energy_period(struct host *host);

/* A process and its command line, bounded. */
struct process {
    int pid, parent;
    char *path, **argv;
    int argc;
    int64_t started;
};
/* All processes of this user (or all that can be read). The caller frees with host_processes_free.
 */
struct process *host_processes(struct host *host, size_t *count);
void host_processes_free(struct process *processes, size_t count);
/* Who listens on a TCP port of this machine: its pid, or -1. */
int host_listener(struct host *host, int port);
/* RSS and physical footprint (Linux: Pss) of a process and its descendants, MB; NaN if unreadable.
 */
void host_memory_of(struct host *host, int pid, double *rss_mb, double *footprint_mb);

#endif
