/* What this machine is. */
#include <stdio.h>
#include <string.h>

#include "host/darwin.h"

/* A whole number of 4 or 8 bytes: which of them depends on the name. */
bool darwin_number(const struct darwin_api *api, const char *name, int64_t *value) {
    union {
        int32_t narrow;
        int64_t wide;
    } number = {.wide = 0};
    size_t size = sizeof number;
    if (api->sysctl_name(name, &number, &size, NULL, 0) != 0)
        return false;
    *value = size == sizeof number.narrow ? number.narrow : number.wide;
    return size == sizeof number.narrow || size == sizeof number.wide;
}

static char *text_of(const struct darwin_api *api, const char *name) {
    char text[128] = "";
    size_t size = sizeof text - 1;
    if (api->sysctl_name(name, text, &size, NULL, 0) != 0 || !*text)
        return NULL;
    return mem_string(text);
}

static char *os_of(const struct darwin_api *api) {
    char version[32] = "", build[32] = "";
    size_t version_size = sizeof version - 1, build_size = sizeof build - 1;
    if (api->sysctl_name("kern.osproductversion", version, &version_size, NULL, 0) != 0)
        return NULL;
    if (api->sysctl_name("kern.osversion", build, &build_size, NULL, 0) != 0 || !*build)
        return mem_format("macOS %s", version);
    return mem_format("macOS %s (%s)", version, build);
}

void darwin_machine(const struct darwin_api *api, struct machine *machine) {
    int64_t number;
    *machine = (struct machine){.ram_mb = -1, .cores = -1};
    if (api->missing[DARWIN_SYSTEM])
        return;
    machine->model = text_of(api, "hw.model");
    machine->chip = text_of(api, "machdep.cpu.brand_string");
    machine->os = os_of(api);
    machine->power_mode = mem_string(darwin_power_read(api).mode);
    if (darwin_number(api, "hw.memsize", &number) && number > 0)
        machine->ram_mb = number / (1024 * 1024);
    if (darwin_number(api, "hw.physicalcpu", &number) && number > 0 && number < 100000)
        machine->cores = (int)number;
}
