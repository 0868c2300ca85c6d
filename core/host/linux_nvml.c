/* NVML, loaded at run time. Prototypes as NVIDIA documents them; results are ints, 0 is success.
 * Blank values (all bits set, or DCGM's just below 2^63) are no readings. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/linux.h"
#include "host/rails.h"

#define DEVICES_MAX 16
#define NVML_NAME_MAX 96
#define TEMPERATURE_GPU 0
#define SLOWED_BY_HEAT (0x20u | 0x40u) /* SwThermalSlowdown, HwThermalSlowdown */
#define BLANK_ENERGY (UINT64_C(0x7fffffffffffff00))
#define WATTS_MAX 20000
#define GAP_NS INT64_C(10000000000) /* watts are not carried over a longer gap */

struct nvml_handle; /* theirs */
struct utilization {
    unsigned gpu, memory;
};

struct nvml_calls {
    int (*init)(void);
    int (*shutdown)(void);
    int (*count)(unsigned *);
    int (*handle)(unsigned, struct nvml_handle **);
    int (*name)(struct nvml_handle *, char *, unsigned);
    int (*energy)(struct nvml_handle *, unsigned long long *); /* mJ since the driver was loaded */
    int (*power)(struct nvml_handle *, unsigned *);            /* mW */
    int (*temperature)(struct nvml_handle *, int, unsigned *);
    int (*utilization)(struct nvml_handle *, struct utilization *);
    int (*reasons)(struct nvml_handle *, unsigned long long *);
};

struct device {
    struct nvml_handle *handle;
    char rail[24];
    char name[NVML_NAME_MAX];
    unsigned long long last_mj;
    int64_t moved_ns; /* when the counter was last seen to move; -1 never */
    /* without a counter: watts summed up from one sample to the next */
    double joules, last_watts;
    int64_t watts_ns;
};

struct nvml {
    void *library;
    struct nvml_calls calls;
    struct device devices[DEVICES_MAX];
    size_t count;
};

struct symbol {
    const char *name, *older;
    size_t at;
};
#define CALL(member) offsetof(struct nvml_calls, member)
static const struct symbol symbols[] = {
    {"nvmlInit_v2", "nvmlInit", CALL(init)},
    {"nvmlShutdown", NULL, CALL(shutdown)},
    {"nvmlDeviceGetCount_v2", "nvmlDeviceGetCount", CALL(count)},
    {"nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex", CALL(handle)},
    {"nvmlDeviceGetName", NULL, CALL(name)},
    {"nvmlDeviceGetTotalEnergyConsumption", NULL, CALL(energy)},
    {"nvmlDeviceGetPowerUsage", NULL, CALL(power)},
    {"nvmlDeviceGetTemperature", NULL, CALL(temperature)},
    {"nvmlDeviceGetUtilizationRates", NULL, CALL(utilization)},
    {"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons",
     CALL(reasons)},
};

/* A symbol's address as a function pointer: POSIX allows it, ISO C has no cast for it. */
static void bind(struct nvml *nvml) {
    for (size_t i = 0; i < COUNT_OF(symbols); i++) {
        void *address = dlsym(nvml->library, symbols[i].name);
        if (!address && symbols[i].older)
            address = dlsym(nvml->library, symbols[i].older);
        memcpy((char *)&nvml->calls + symbols[i].at, &address, sizeof address);
    }
}

static void add_devices(struct nvml *nvml) {
    unsigned count = 0;
    if (nvml->calls.count(&count) != 0)
        return;
    for (unsigned i = 0; i < count && nvml->count < DEVICES_MAX; i++) {
        struct device *device = &nvml->devices[nvml->count];
        *device = (struct device){.moved_ns = -1, .last_watts = NAN};
        if (nvml->calls.handle(i, &device->handle) != 0)
            continue;
        snprintf(device->rail, sizeof device->rail, "GPU%u", i);
        if (!nvml->calls.name || nvml->calls.name(device->handle, device->name, NVML_NAME_MAX) != 0)
            device->name[0] = '\0';
        device->name[NVML_NAME_MAX - 1] = '\0';
        nvml->count++;
    }
}

struct nvml *nvml_new(const char *library, char reason[LINUX_REASON_MAX]) {
    struct nvml *nvml = mem_zero(1, sizeof *nvml);
    nvml->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (nvml->library)
        bind(nvml);
    const struct nvml_calls *calls = &nvml->calls;
    bool usable = calls->init && calls->shutdown && calls->count && calls->handle;
    int status = usable ? calls->init() : -1;
    if (status == 0)
        add_devices(nvml);
    if (nvml->count > 0)
        return nvml;
    if (!nvml->library)
        snprintf(reason, LINUX_REASON_MAX, "no %.60s", library);
    else if (status != 0)
        snprintf(reason, LINUX_REASON_MAX, "NVML does not start (%d): is the driver loaded?",
                 status);
    else
        snprintf(reason, LINUX_REASON_MAX, "NVML knows no device");
    if (status == 0)
        calls->shutdown();
    if (nvml->library)
        dlclose(nvml->library);
    free(nvml);
    return NULL;
}

void nvml_free(struct nvml *nvml) {
    if (!nvml)
        return;
    nvml->calls.shutdown();
    dlclose(nvml->library);
    free(nvml);
}

static bool read_energy(const struct nvml *nvml, struct device *device, int64_t epoch_ns,
                        struct sample *sample) {
    unsigned long long mj = 0;
    if (!nvml->calls.energy || nvml->calls.energy(device->handle, &mj) != 0 || mj >= BLANK_ENERGY)
        return false;
    if (device->moved_ns < 0 || mj != device->last_mj)
        device->moved_ns = clock_ns();
    device->last_mj = mj;
    rail_put(sample, device->rail, (double)mj / 1e3, (device->moved_ns - epoch_ns) / 1000);
    return true;
}

/* Boards older than Volta tell only watts (an average of the last second at best). */
static void read_power(const struct nvml *nvml, struct device *device, int64_t epoch_ns,
                       struct sample *sample) {
    unsigned mw = 0;
    if (!nvml->calls.power || nvml->calls.power(device->handle, &mw) != 0 ||
        mw > WATTS_MAX * 1000u) {
        device->last_watts = NAN;
        return;
    }
    double watts = mw / 1e3;
    int64_t now_ns = clock_ns(), passed_ns = now_ns - device->watts_ns;
    if (isnan(device->last_watts) || passed_ns > GAP_NS)
        device->joules = 0; /* a counter that goes back begins afresh */
    else
        device->joules += (device->last_watts + watts) / 2 * (double)passed_ns / 1e9;
    device->last_watts = watts;
    device->watts_ns = now_ns;
    rail_put(sample, device->rail, device->joules, (now_ns - epoch_ns) / 1000);
}

static void read_heat(const struct nvml *nvml, const struct device *device, struct sample *sample) {
    unsigned celsius = 0;
    unsigned long long reasons = 0;
    if (nvml->calls.temperature &&
        nvml->calls.temperature(device->handle, TEMPERATURE_GPU, &celsius) == 0 && celsius < 200)
        sample->temp_c = fmax(sample->temp_c, celsius);
    if (!nvml->calls.reasons || nvml->calls.reasons(device->handle, &reasons) != 0 ||
        reasons >= BLANK_ENERGY)
        return;
    enum thermal level = reasons & SLOWED_BY_HEAT ? THERMAL_HEAVY : THERMAL_NOMINAL;
    if (level > sample->thermal)
        sample->thermal = level;
}

void nvml_energy(struct nvml *nvml, int64_t epoch_ns, struct sample *sample) {
    for (size_t i = 0; i < nvml->count; i++)
        if (!read_energy(nvml, &nvml->devices[i], epoch_ns, sample))
            read_power(nvml, &nvml->devices[i], epoch_ns, sample);
}

void nvml_sample(struct nvml *nvml, int64_t epoch_ns, struct sample *sample) {
    nvml_energy(nvml, epoch_ns, sample);
    for (size_t i = 0; i < nvml->count; i++) {
        struct device *device = &nvml->devices[i];
        struct utilization used = {0};
        read_heat(nvml, device, sample);
        if (nvml->calls.utilization && nvml->calls.utilization(device->handle, &used) == 0 &&
            used.gpu <= 100)
            sample->gpu_pct = fmax(sample->gpu_pct, used.gpu);
    }
}

char *nvml_devices(const struct nvml *nvml) {
    const char *first = nvml->count > 0 ? nvml->devices[0].name : "";
    if (!*first)
        return NULL;
    for (size_t i = 1; i < nvml->count; i++)
        if (strcmp(nvml->devices[i].name, first) != 0)
            return mem_format("%s and %zu more", first, nvml->count - 1);
    return nvml->count > 1 ? mem_format("%zu × %s", nvml->count, first) : mem_string(first);
}
