/* fake_nvml: what the scripted NVML library answers. */
#ifndef TESTS_FAKE_NVML_H
#define TESTS_FAKE_NVML_H

#define FAKE_DEVICES 4

struct fake_use {
    unsigned gpu, memory;
};
struct fake_nvml {
    int init_status;
    int open; /* nvmlInit less nvmlShutdown */
    unsigned count;
    struct {
        unsigned long long energy_mj, reasons;
        int energy_status, power_status, reasons_status;
        unsigned power_mw, celsius, busy;
    } devices[FAKE_DEVICES];
};
extern struct fake_nvml fake_nvml; /* in the library; the test finds it by dlsym */

#endif
