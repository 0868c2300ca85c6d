/* A machine that tells nothing: everything is absent, and why is said. */
#include <math.h>
#include <stdlib.h>

#include "host/host.h"

struct host {
    char unused;
};

struct host *host_new(void) {
    return mem_zero(1, sizeof(struct host));
}

void host_free(struct host *host) {
    free(host);
}

void host_sample(struct host *host, int64_t epoch_ns, struct sample *sample) {
    (void)host;
    (void)epoch_ns;
    (void)sample;
}

void host_energy(struct host *host, int64_t epoch_ns, struct sample *sample) {
    (void)host;
    (void)epoch_ns;
    (void)sample;
}

void host_machine(struct host *host, struct machine *machine) {
    (void)host;
    *machine = (struct machine){.ram_mb = -1, .cores = -1};
}

const char *host_reason(struct host *host, enum host_figure figure) {
    (void)host;
    (void)figure;
    return "built without sensors for this system";
}

double host_energy_period(struct host *host) {
    (void)host;
    return NAN;
}

struct process *host_processes(struct host *host, size_t *count) {
    (void)host;
    *count = 0;
    return NULL;
}

void host_processes_free(struct process *processes, size_t count) {
    (void)count;
    free(processes);
}

int host_listener(struct host *host, int port) {
    (void)host;
    (void)port;
    return -1;
}

void host_memory_of(struct host *host, int pid, double *rss_mb, double *footprint_mb) {
    (void)host;
    (void)pid;
    *rss_mb = *footprint_mb = NAN;
}
