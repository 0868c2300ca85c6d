#include "host/linux.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NVML_LIBRARY "libnvidia-ml.so.1"

struct host {
    char *root, *nvml_library;
    struct rapl rapl;
    struct gpus gpus;
    struct heat heat;
    struct sockets sockets;
    struct nvml *nvml;
    bool nvml_tried; /* starting it takes up to a second: only when first asked */
    char no_nvml[LINUX_REASON_MAX];
    bool known[HOST_FIGURE_COUNT]; /* in the last sample */
    char reason[LINUX_REASON_MAX * 2 + 2];
};

struct host *linux_host_new(const char *root, const char *nvml) {
    struct host *host = mem_zero(1, sizeof *host);
    host->root = mem_string(root);
    host->nvml_library = mem_string(nvml);
    rapl_find(&host->rapl, root);
    gpus_find(&host->gpus, root, host->rapl.count > 0);
    heat_find(&host->heat, root);
    return host;
}

struct host *host_new(void) {
    return linux_host_new("", NVML_LIBRARY);
}

void host_free(struct host *host) {
    if (!host)
        return;
    nvml_free(host->nvml);
    heat_done(&host->heat);
    free(host->root);
    free(host->nvml_library);
    free(host);
}

static struct nvml *nvml_of(struct host *host) {
    if (!host->nvml_tried)
        host->nvml = nvml_new(host->nvml_library, host->no_nvml);
    host->nvml_tried = true;
    return host->nvml;
}

static void note_known(struct host *host, const struct sample *sample) {
    host->known[HOST_ENERGY] = sample->rail_count > 0;
    host->known[HOST_THERMAL] = sample->thermal != THERMAL_UNKNOWN;
    host->known[HOST_TEMPERATURE] = !isnan(sample->temp_c);
    host->known[HOST_SWAP] = !isnan(sample->swap_mb);
    host->known[HOST_PRESSURE] = !isnan(sample->pressure);
    host->known[HOST_GPU] = !isnan(sample->gpu_pct);
    host->known[HOST_MEMORY_OF] = true;
    host->known[HOST_POWER] = sample->power_source != NULL;
}

void host_sample(struct host *host, int64_t epoch_ns, struct sample *sample) {
    rapl_sample(&host->rapl, host->root, epoch_ns, sample);
    gpus_energy(&host->gpus, host->root, epoch_ns, sample);
    heat_sample(&host->heat, host->root, sample);
    memory_sample(host->root, sample);
    if (nvml_of(host))
        nvml_sample(host->nvml, epoch_ns, sample);
    sample->power_source = power_source(host->root);
    sample->power_mode = power_mode(host->root);
    note_known(host, sample);
}

void host_energy(struct host *host, int64_t epoch_ns, struct sample *sample) {
    rapl_sample(&host->rapl, host->root, epoch_ns, sample);
    gpus_energy(&host->gpus, host->root, epoch_ns, sample);
    if (nvml_of(host))
        nvml_energy(host->nvml, epoch_ns, sample);
}

void host_machine(struct host *host, struct machine *machine) {
    machine_facts(host->root, machine);
    char *gpu = nvml_of(host) ? nvml_devices(host->nvml) : NULL;
    if (gpu && machine->chip) {
        char *both = mem_format("%s, %s", machine->chip, gpu);
        free(gpu);
        gpu = both;
    }
    if (gpu) {
        free(machine->chip);
        machine->chip = gpu;
    }
}

const char *host_reason(struct host *host, enum host_figure figure) {
    if (host->known[figure])
        return "";
    switch (figure) {
    case HOST_ENERGY:
        snprintf(host->reason, sizeof host->reason, "%s; %s", host->rapl.reason, host->no_nvml);
        return host->reason;
    case HOST_THERMAL:
        return "no throttle counters (they are Intel's) and no NVML";
    case HOST_TEMPERATURE:
        return "no sensor of the processor under /sys/class/hwmon or /sys/class/thermal";
    case HOST_SWAP:
        return "/proc/meminfo does not tell";
    case HOST_PRESSURE:
        return "the kernel has no /proc/pressure/memory (CONFIG_PSI, psi=1)";
    case HOST_GPU:
        return host->no_nvml;
    case HOST_MEMORY_OF:
        return "";
    case HOST_POWER:
        return "no power supply under /sys/class/power_supply";
    case HOST_FIGURE_COUNT:
        break;
    }
    return "";
}

double host_energy_period(struct host *host) {
    (void)host;
    return 0; /* RAPL renews about every 1 ms, NVML every 10 to 100 ms */
}

struct process *host_processes(struct host *host, size_t *count) {
    return linux_processes(host->root, count);
}

int host_listener(struct host *host, int port) {
    return linux_listener(&host->sockets, host->root, port);
}

void host_memory_of(struct host *host, int pid, double *rss_mb, double *footprint_mb) {
    linux_memory_of(host->root, pid, rss_mb, footprint_mb);
}
