/* linux: the corners of /proc, /sys and NVML that the Linux backend reads, a file each. All paths
 * are under a root and NVML comes from a named library, so that tests lay a tree and a library of
 * their own. */
#ifndef HOST_LINUX_H
#define HOST_LINUX_H

#include "host/host.h"

#define LINUX_PATH_MAX 512
#define LINUX_NAME_MAX 96
#define LINUX_REASON_MAX 200

/* `root` is "" for the machine itself; `nvml` a library's name or path. Never fails. */
struct host *linux_host_new(const char *root, const char *nvml);

/* ---- files ---- */

/* What a small file holds, up to size - 1 bytes, without the white space at its end. False (errno
 * says why) when it can't be read. */
bool linux_read(const char *root, const char *path, char *out, size_t size);
/* The same for a whole number at the file's start. */
bool linux_integer(const char *root, const char *path, int64_t *value);
/* A file of any size, bounded; the caller frees. NULL when it can't be read. */
char *linux_text(const char *root, const char *path, size_t *length);

/* Names in a folder that begin with `prefix`, in byte order, bounded. The caller frees `at`. */
struct linux_names {
    char (*at)[LINUX_NAME_MAX];
    size_t count;
};
struct linux_names linux_list(const char *root, const char *path, const char *prefix);

/* ---- energy of the processor: RAPL through powercap ---- */

#define RAPL_ZONES_MAX 16
struct rapl_zone {
    char name[24];             /* "package-0", "dram-0" */
    char path[LINUX_PATH_MAX]; /* of its counter, under the root */
    int64_t range_uj;          /* the counter wraps above it; 0 unknown */
    int64_t last_uj;           /* -1 before the first reading */
    int64_t wrapped_uj;        /* what wraps have added */
    int64_t moved_ns;          /* when its value was first seen: taken as its publication */
};
struct rapl {
    struct rapl_zone zones[RAPL_ZONES_MAX];
    size_t count;
    char reason[LINUX_REASON_MAX]; /* "" while it can be read */
};
void rapl_find(struct rapl *rapl, const char *root);
void rapl_sample(struct rapl *rapl, const char *root, int64_t epoch_ns, struct sample *sample);

/* ---- energy of AMD's and Intel's GPUs: hwmon ---- */

#define GPUS_MAX 16
struct gpu {
    char name[24];             /* "amdgpu-0", "xe-1" */
    char path[LINUX_PATH_MAX]; /* of its figure, under the root */
    bool watts;                /* it tells watts, which are summed up here */
    int64_t last;              /* µW or µJ; -1 not known */
    int64_t at_ns;
    double joules;
};
struct gpus {
    struct gpu at[GPUS_MAX];
    size_t count;
};
/* `has_rapl`: the processor's package is counted, so a GPU within it must not be. */
void gpus_find(struct gpus *gpus, const char *root, bool has_rapl);
void gpus_energy(struct gpus *gpus, const char *root, int64_t epoch_ns, struct sample *sample);

/* ---- NVML ---- */

struct nvml;
/* NULL when there is no library, driver or device; `reason` says which. */
struct nvml *nvml_new(const char *library, char reason[LINUX_REASON_MAX]);
void nvml_free(struct nvml *nvml);
void nvml_energy(struct nvml *nvml, int64_t epoch_ns, struct sample *sample); /* rails alone */
/* Rails; the hottest device and the busiest; heavy when one slows down for heat, nominal when all
 * tell that they do not. Leaves alone what it has no better figure for. */
void nvml_sample(struct nvml *nvml, int64_t epoch_ns, struct sample *sample);
/* "NVIDIA H200" or "2 × NVIDIA H200"; the caller frees. NULL without a name. */
char *nvml_devices(const struct nvml *nvml);

/* ---- heat ---- */

#define HEAT_SENSORS_MAX 16
struct heat {
    char (*counters)[LINUX_NAME_MAX]; /* paths below the folder of all CPUs */
    size_t counter_count;
    int64_t throttles; /* their sum at the last sample, -1 unknown */
    char sensors[HEAT_SENSORS_MAX][LINUX_PATH_MAX];
    size_t sensor_count;
};
void heat_find(struct heat *heat, const char *root);
void heat_done(struct heat *heat);
/* Nominal, or heavy when a throttle counter moved since the last sample; the hottest of the
 * processor's sensors. */
void heat_sample(struct heat *heat, const char *root, struct sample *sample);

/* ---- memory, power supply, the machine ---- */

void memory_sample(const char *root, struct sample *sample);
/* Strings are the caller's; NULL unknown. */
char *power_source(const char *root); /* "ac" "battery" */
char *power_mode(const char *root);   /* "low" "normal" "high" */
void machine_facts(const char *root, struct machine *machine);

/* ---- processes ---- */

struct process *linux_processes(const char *root, size_t *count);

#define SOCKETS_MAX 1024
struct listening {
    int port;
    uint64_t inode;
};
struct sockets { /* that listen, as last read */
    struct listening at[SOCKETS_MAX];
    size_t count;
    int64_t read_ns;
};
int linux_listener(struct sockets *sockets, const char *root, int port);
void linux_memory_of(const char *root, int pid, double *rss_mb, double *footprint_mb);

#endif
