#include "host/darwin.h"

#include <math.h>
#include <stdlib.h>

#define THERMAL_KEY "com.apple.system.thermalpressurelevel"
#define POWER_PERIOD_NS INT64_C(5000000000) /* asking opens preference files and asks a daemon */

struct host {
    struct darwin_api api;
    struct darwin_energy energy;
    struct darwin_gpu gpu;
    struct darwin_memory memory;
    struct darwin_power power;
    int64_t power_ns; /* when it was read; -1 never */
    int thermal_token;
    bool thermal_known;            /* the token is registered */
    bool known[HOST_FIGURE_COUNT]; /* in the last sample */
    char reason[DARWIN_REASON_MAX];
};

struct host *darwin_host_new(const struct darwin_api *api) {
    struct host *host = mem_zero(1, sizeof *host);
    host->api = *api;
    host->power_ns = -1;
    darwin_energy_open(&host->energy, &host->api);
    darwin_gpu_open(&host->gpu, &host->api);
    darwin_memory_open(&host->memory, &host->api);
    if (!api->missing[DARWIN_SYSTEM])
        host->thermal_known = api->notify_register(THERMAL_KEY, &host->thermal_token) == 0;
    return host;
}

struct host *host_new(void) {
    struct darwin_api api;
    darwin_api_load(&api, &darwin_system_finder);
    return darwin_host_new(&api);
}

void host_free(struct host *host) {
    if (!host)
        return;
    if (host->thermal_known)
        host->api.notify_cancel(host->thermal_token);
    darwin_memory_close(&host->memory);
    darwin_gpu_close(&host->gpu);
    darwin_energy_close(&host->energy);
    free(host);
}

/* The system's own level. It has no percentage, and nobody else has one to give. */
static enum thermal thermal_of(const struct host *host) {
    static const enum thermal levels[] = {THERMAL_NOMINAL, THERMAL_MODERATE, THERMAL_HEAVY,
                                          THERMAL_TRAPPING, THERMAL_SLEEPING};
    uint64_t level;
    if (!host->thermal_known || host->api.notify_state(host->thermal_token, &level) != 0)
        return THERMAL_UNKNOWN;
    return level < COUNT_OF(levels) ? levels[level] : THERMAL_UNKNOWN;
}

static void read_power(struct host *host, struct sample *sample) {
    int64_t now_ns = host->api.missing[DARWIN_SYSTEM] ? 0 : darwin_now(&host->api);
    if (host->power_ns < 0 || now_ns - host->power_ns >= POWER_PERIOD_NS) {
        host->power = darwin_power_read(&host->api);
        host->power_ns = now_ns;
    }
    sample->power_source = mem_string(host->power.source);
    sample->power_mode = mem_string(host->power.mode);
}

static void note_known(struct host *host, const struct sample *sample) {
    host->known[HOST_THERMAL] = sample->thermal != THERMAL_UNKNOWN;
    host->known[HOST_SWAP] = !isnan(sample->swap_mb);
    host->known[HOST_PRESSURE] = !isnan(sample->pressure);
    host->known[HOST_GPU] = !isnan(sample->gpu_pct);
    host->known[HOST_MEMORY_OF] = !host->api.missing[DARWIN_SYSTEM];
    host->known[HOST_POWER] = sample->power_source != NULL;
}

void host_sample(struct host *host, int64_t epoch_ns, struct sample *sample) {
    sample->gpu_pct = darwin_gpu_sample(&host->gpu);
    darwin_energy_sample(&host->energy, epoch_ns, sample->gpu_pct, sample);
    darwin_memory_sample(&host->memory, sample);
    sample->thermal = thermal_of(host);
    read_power(host, sample);
    note_known(host, sample);
}

void host_energy(struct host *host, int64_t epoch_ns, struct sample *sample) {
    darwin_energy_sample(&host->energy, epoch_ns, NAN, sample);
}

void host_machine(struct host *host, struct machine *machine) {
    darwin_machine(&host->api, machine);
}

static const char *missing_or(struct host *host, enum darwin_library library, const char *reason) {
    const char *missing = darwin_missing(&host->api, library, host->reason, DARWIN_REASON_MAX);
    return missing ? missing : reason;
}

/* A part of energy may be absent: what is told of it then is not "". */
const char *host_reason(struct host *host, enum host_figure figure) {
    if (host->known[figure])
        return "";
    switch (figure) {
    case HOST_ENERGY:
        darwin_energy_reason(&host->energy, host->reason);
        return host->reason;
    case HOST_THERMAL:
        return missing_or(host, DARWIN_SYSTEM, "the system publishes no thermal pressure level");
    case HOST_TEMPERATURE:
        return "Apple names no sensor; see the thermal pressure";
    case HOST_SWAP:
        return missing_or(host, DARWIN_SYSTEM, "vm.swapusage does not tell");
    case HOST_PRESSURE:
        return missing_or(host, DARWIN_SYSTEM, "kern.memorystatus_vm_pressure_level does not tell");
    case HOST_GPU:
        return host->gpu.report.reason;
    case HOST_MEMORY_OF:
        return missing_or(host, DARWIN_SYSTEM, "");
    case HOST_POWER:
        return missing_or(host, DARWIN_IOKIT, "the system names no power source");
    case HOST_FIGURE_COUNT:
        break;
    }
    return "";
}

double host_energy_period(struct host *host) {
    return darwin_energy_period(&host->energy);
}

struct process *host_processes(struct host *host, size_t *count) {
    return darwin_processes(&host->api, count);
}

int host_listener(struct host *host, int port) {
    return darwin_listener(&host->api, port);
}

void host_memory_of(struct host *host, int pid, double *rss_mb, double *footprint_mb) {
    darwin_memory_of(&host->api, pid, rss_mb, footprint_mb);
}
