/* What this machine is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/linux.h"

/* What a mainboard's maker leaves in when nobody filled it in. */
static bool is_filler(const char *text) {
    static const char *const fillers[] = {"To Be Filled By O.E.M.",
                                          "To be filled by O.E.M.",
                                          "System Product Name",
                                          "Default string",
                                          "None",
                                          ""};
    for (size_t i = 0; i < COUNT_OF(fillers); i++)
        if (strcmp(text, fillers[i]) == 0)
            return true;
    return false;
}

static char *model_of(const char *root) {
    char product[96], vendor[64];
    if (!linux_read(root, "/sys/class/dmi/id/product_name", product, sizeof product) ||
        is_filler(product)) {
        if (!linux_read(root, "/proc/device-tree/model", product, sizeof product) ||
            is_filler(product))
            return NULL;
        return mem_string(product);
    }
    if (!linux_read(root, "/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor) ||
        is_filler(vendor) || strncmp(product, vendor, strlen(vendor)) == 0)
        return mem_string(product);
    return mem_format("%s %s", vendor, product);
}

/* The value of "key : value" or "key=value" at the start of a line, without quotes and with single
 * blanks; the caller frees. NULL if it is not there. */
static char *value_of(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0 || !strchr("\t :=", line[length]) || !line[length])
            continue;
        char value[160];
        size_t used = 0;
        const char *at = line + length + strspn(line + length, "\t :=\"");
        for (; *at && *at != '\n' && *at != '"' && used + 1 < sizeof value; at++)
            if (*at != ' ' || (used > 0 && value[used - 1] != ' '))
                value[used++] = *at;
        value[used] = '\0';
        return used > 0 ? mem_string(value) : NULL;
    }
    return NULL;
}

static int count_lines(const char *text, const char *key) {
    int count = 0;
    for (const char *at = text; (at = strstr(at, key)); at += strlen(key))
        count += at == text || at[-1] == '\n';
    return count;
}

static char *os_of(const char *root) {
    char kernel[96];
    size_t length;
    char *release = linux_text(root, "/etc/os-release", &length);
    char *name = release ? value_of(release, "PRETTY_NAME") : NULL;
    free(release);
    if (!linux_read(root, "/proc/sys/kernel/osrelease", kernel, sizeof kernel))
        return name;
    char *os = name ? mem_format("%s, Linux %s", name, kernel) : mem_format("Linux %s", kernel);
    free(name);
    return os;
}

void machine_facts(const char *root, struct machine *machine) {
    size_t length;
    *machine = (struct machine){.ram_mb = -1, .cores = -1};
    machine->model = model_of(root);
    machine->os = os_of(root);
    machine->power_mode = power_mode(root);
    char *cpuinfo = linux_text(root, "/proc/cpuinfo", &length);
    if (cpuinfo) {
        machine->chip = value_of(cpuinfo, "model name");
        int cores = count_lines(cpuinfo, "processor");
        machine->cores = cores > 0 ? cores : -1;
    }
    free(cpuinfo);
    char *meminfo = linux_text(root, "/proc/meminfo", &length);
    char *total = meminfo ? value_of(meminfo, "MemTotal") : NULL;
    if (total)
        machine->ram_mb = strtoll(total, NULL, 10) / 1024;
    free(total);
    free(meminfo);
}
