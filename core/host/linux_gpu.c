/* Energy of AMD's and Intel's GPUs, from their drivers' hwmon folders (facts: telemetry B.3). Intel
 * counts joules; AMD tells watts, which are summed up from one sample to the next. Seen on no
 * machine yet: written from the drivers' documentation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/linux.h"
#include "host/rails.h"

#define FOLDER "/sys/class/hwmon"
#define WATTS_MAX 20000
#define GAP_NS INT64_C(10000000000) /* watts are not carried over a longer gap */

struct source {
    const char *driver, *file;
    bool watts; /* µW now, else µJ counted */
};
static const struct source sources[] = {
    /* the first that is there; newer parts have only one of the two */
    {"amdgpu", "power1_average", true}, {"amdgpu", "power1_input", true},
    {"i915", "energy1_input", false},   {"i915", "energy2_input", false},
    {"xe", "energy1_input", false},     {"xe", "energy2_input", false},
};

/* A GPU within the processor's package tells the power of its cores too, and RAPL counts both. Such
 * a one has no limit of its own. */
static bool is_in_package(const char *root, const char *entry, const struct source *source) {
    char path[LINUX_PATH_MAX];
    int64_t value;
    snprintf(path, sizeof path, FOLDER "/%s/power1_cap", entry);
    return source->watts && !linux_integer(root, path, &value);
}

static void add_gpu(struct gpus *gpus, const char *root, const char *entry, bool has_rapl) {
    char path[LINUX_PATH_MAX], driver[32];
    int64_t value;
    snprintf(path, sizeof path, FOLDER "/%s/name", entry);
    if (gpus->count == GPUS_MAX || !linux_read(root, path, driver, sizeof driver))
        return;
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        const struct source *source = &sources[i];
        snprintf(path, sizeof path, FOLDER "/%s/%s", entry, source->file);
        if (strcmp(driver, source->driver) != 0 || !linux_integer(root, path, &value))
            continue;
        if (has_rapl && is_in_package(root, entry, source))
            return;
        struct gpu *gpu = &gpus->at[gpus->count];
        *gpu = (struct gpu){.watts = source->watts, .last = -1};
        snprintf(gpu->name, sizeof gpu->name, "%.12s-%zu", driver, gpus->count++);
        copy_text(gpu->path, sizeof gpu->path, path);
        return;
    }
}

void gpus_find(struct gpus *gpus, const char *root, bool has_rapl) {
    struct linux_names names = linux_list(root, FOLDER, "hwmon");
    for (size_t i = 0; i < names.count; i++)
        add_gpu(gpus, root, names.at[i], has_rapl);
    free(names.at);
}

static void take_watts(struct gpu *gpu, int64_t now_ns, int64_t uw) {
    int64_t passed_ns = now_ns - gpu->at_ns;
    if (gpu->last < 0 || passed_ns > GAP_NS)
        gpu->joules = 0; /* a counter that goes back begins afresh */
    else
        gpu->joules += (double)(gpu->last + uw) / 2e6 * (double)passed_ns / 1e9;
    gpu->at_ns = now_ns;
    gpu->last = uw;
}

static void take_joules(struct gpu *gpu, int64_t now_ns, int64_t uj) {
    if (uj == gpu->last)
        return;
    gpu->joules = (double)uj / 1e6;
    gpu->at_ns = now_ns; /* seen to move: taken as its publication */
    gpu->last = uj;
}

void gpus_energy(struct gpus *gpus, const char *root, int64_t epoch_ns, struct sample *sample) {
    for (size_t i = 0; i < gpus->count; i++) {
        struct gpu *gpu = &gpus->at[i];
        int64_t value;
        bool known = linux_integer(root, gpu->path, &value) && value >= 0 &&
                     !(gpu->watts && value > WATTS_MAX * INT64_C(1000000));
        if (!known) { /* asleep, or gone */
            gpu->last = -1;
            continue;
        }
        if (gpu->watts)
            take_watts(gpu, clock_ns(), value);
        else
            take_joules(gpu, clock_ns(), value);
        rail_put(sample, gpu->name, gpu->joules, (gpu->at_ns - epoch_ns) / 1000);
    }
}
