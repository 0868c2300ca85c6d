/* Memory: meminfo, vmstat and pressure. zram counts as swap, as the kernel counts it. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/linux.h"

/* The number behind `key` at the start of a line; NaN if it is not there. */
static double number_of(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && (line[length] == ':' || line[length] == ' ')) {
            char *end;
            double value = strtod(line + length + 1, &end);
            return end == line + length + 1 ? NAN : value;
        }
    }
    return NAN;
}

static double pressure_of(const char *root) {
    char text[512];
    const char *some;
    if (!linux_read(root, "/proc/pressure/memory", text, sizeof text) ||
        !(some = strstr(text, "some ")) || !(some = strstr(some, "avg10=")))
        return NAN;
    char *end;
    double percent = strtod(some + 6, &end);
    return end == some + 6 || !(percent >= 0 && percent <= 100) ? NAN : percent;
}

void memory_sample(const char *root, struct sample *sample) {
    size_t length;
    char *meminfo = linux_text(root, "/proc/meminfo", &length);
    if (meminfo) {
        sample->swap_mb = (number_of(meminfo, "SwapTotal") - number_of(meminfo, "SwapFree")) / 1024;
        sample->free_mb = number_of(meminfo, "MemAvailable") / 1024;
    }
    free(meminfo);
    char *vmstat = linux_text(root, "/proc/vmstat", &length);
    if (vmstat)
        sample->swapouts = number_of(vmstat, "pswpout");
    free(vmstat);
    sample->pressure = pressure_of(root);
}
