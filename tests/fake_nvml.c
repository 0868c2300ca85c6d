/* A library with NVML's functions, scripted by the test through `fake_nvml`. With -DFAKE_OLD it has
 * the older names, and neither an energy counter nor the newer reasons. */
#include "fake_nvml.h"

struct fake_nvml fake_nvml = {.count = 1};

struct nvml_handle {
    unsigned index;
};
static struct nvml_handle handles[FAKE_DEVICES];

#ifdef FAKE_OLD
#define INIT nvmlInit
#define COUNT nvmlDeviceGetCount
#define HANDLE nvmlDeviceGetHandleByIndex
#define REASONS nvmlDeviceGetCurrentClocksThrottleReasons
#else
#define INIT nvmlInit_v2
#define COUNT nvmlDeviceGetCount_v2
#define HANDLE nvmlDeviceGetHandleByIndex_v2
#define REASONS nvmlDeviceGetCurrentClocksEventReasons
int nvmlDeviceGetTotalEnergyConsumption(struct nvml_handle *, unsigned long long *);
int nvmlDeviceGetTotalEnergyConsumption(struct nvml_handle *handle, unsigned long long *mj) {
    *mj = fake_nvml.devices[handle->index].energy_mj;
    return fake_nvml.devices[handle->index].energy_status;
}
#endif

int INIT(void);
int nvmlShutdown(void);
int COUNT(unsigned *);
int HANDLE(unsigned, struct nvml_handle **);
int nvmlDeviceGetName(struct nvml_handle *, char *, unsigned);
int nvmlDeviceGetPowerUsage(struct nvml_handle *, unsigned *);
int nvmlDeviceGetTemperature(struct nvml_handle *, int, unsigned *);
int nvmlDeviceGetUtilizationRates(struct nvml_handle *, struct fake_use *);
int REASONS(struct nvml_handle *, unsigned long long *);

int INIT(void) {
    fake_nvml.open += fake_nvml.init_status == 0;
    return fake_nvml.init_status;
}

int nvmlShutdown(void) {
    fake_nvml.open--;
    return 0;
}

int COUNT(unsigned *count) {
    *count = fake_nvml.count;
    return 0;
}

int HANDLE(unsigned index, struct nvml_handle **handle) {
    handles[index].index = index;
    *handle = &handles[index];
    return 0;
}

int nvmlDeviceGetName(struct nvml_handle *handle, char *name, unsigned size) {
    const char text[] = "NVIDIA H200";
    (void)handle;
    for (unsigned i = 0; i < size && i < sizeof text; i++)
        name[i] = text[i];
    return 0;
}

int nvmlDeviceGetPowerUsage(struct nvml_handle *handle, unsigned *mw) {
    *mw = fake_nvml.devices[handle->index].power_mw;
    return fake_nvml.devices[handle->index].power_status;
}

int nvmlDeviceGetTemperature(struct nvml_handle *handle, int sensor, unsigned *celsius) {
    *celsius = fake_nvml.devices[handle->index].celsius;
    return sensor == 0 ? 0 : 2;
}

int nvmlDeviceGetUtilizationRates(struct nvml_handle *handle, struct fake_use *use) {
    *use = (struct fake_use){fake_nvml.devices[handle->index].busy, 0};
    return 0;
}

int REASONS(struct nvml_handle *handle, unsigned long long *reasons) {
    *reasons = fake_nvml.devices[handle->index].reasons;
    return fake_nvml.devices[handle->index].reasons_status;
}
