/* Throttle counters and the processor's temperature. There is no pressure level on Linux: what can
 * be known is whether the processor slowed itself down. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/linux.h"

#define CPUS "/sys/devices/system/cpu"
#define HWMON "/sys/class/hwmon"
#define ZONES "/sys/class/thermal"
#define COUNTERS_MAX 1024

static int64_t topology(const char *root, const char *cpu, const char *what) {
    char path[LINUX_PATH_MAX];
    int64_t id;
    snprintf(path, sizeof path, CPUS "/%s/topology/%s", cpu, what);
    return linux_integer(root, path, &id) ? id : -1;
}

/* A counter is the same file on each thread of its core, or of its package. */
struct owner {
    int64_t package, core;
};

static bool is_new(struct owner *owners, size_t *count, struct owner owner) {
    for (size_t i = 0; i < *count; i++)
        if (owners[i].package == owner.package && owners[i].core == owner.core)
            return false;
    if (*count == COUNTERS_MAX)
        return false;
    owners[(*count)++] = owner;
    return true;
}

static void add_counter(struct heat *heat, const char *root, const char *cpu, const char *what) {
    char path[LINUX_PATH_MAX];
    int64_t value;
    if (heat->counter_count == COUNTERS_MAX)
        return;
    snprintf(path, sizeof path, CPUS "/%s/thermal_throttle/%s", cpu, what);
    if (!linux_integer(root, path, &value))
        return;
    char *entry = heat->counters[heat->counter_count++];
    snprintf(entry, LINUX_NAME_MAX, "%.16s/thermal_throttle/%s", cpu, what);
}

static void find_counters(struct heat *heat, const char *root) {
    struct linux_names cpus = linux_list(root, CPUS, "cpu");
    struct owner *cores = mem_zero(COUNTERS_MAX, sizeof *cores);
    struct owner *packages = mem_zero(COUNTERS_MAX, sizeof *packages);
    size_t core_count = 0, package_count = 0;
    heat->counters = mem_zero(COUNTERS_MAX, sizeof *heat->counters);
    for (size_t i = 0; i < cpus.count; i++) {
        const char *cpu = cpus.at[i];
        if (cpu[3] < '0' || cpu[3] > '9')
            continue;
        struct owner owner = {topology(root, cpu, "physical_package_id"),
                              topology(root, cpu, "core_id")};
        if (is_new(cores, &core_count, owner))
            add_counter(heat, root, cpu, "core_throttle_count");
        if (is_new(packages, &package_count, (struct owner){owner.package, -1}))
            add_counter(heat, root, cpu, "package_throttle_count");
    }
    free(cores);
    free(packages);
    free(cpus.at);
}

static void add_sensor(struct heat *heat, const char *folder, const char *entry, const char *file) {
    if (heat->sensor_count < HEAT_SENSORS_MAX)
        snprintf(heat->sensors[heat->sensor_count++], LINUX_PATH_MAX, "%s/%s/%s", folder, entry,
                 file);
}

/* Folders whose `label` file names a processor's sensor. Only those: a sleeping disk or a wireless
 * card may block, and a battery's temperature says nothing. */
static void find_sensors(struct heat *heat, const char *root, const char *folder,
                         const char *prefix, const char *label, const char *file) {
    static const char *const wanted[] = {"coretemp",     "k10temp", "zenpower", "cpu",
                                         "x86_pkg_temp", "soc",     "tctl"};
    struct linux_names names = linux_list(root, folder, prefix);
    for (size_t i = 0; i < names.count; i++) {
        char path[LINUX_PATH_MAX], what[64];
        snprintf(path, sizeof path, "%s/%s/%s", folder, names.at[i], label);
        if (!linux_read(root, path, what, sizeof what))
            continue;
        for (size_t k = 0; k < COUNT_OF(wanted); k++)
            if (strncmp(what, wanted[k], strlen(wanted[k])) == 0) {
                add_sensor(heat, folder, names.at[i], file);
                break;
            }
    }
    free(names.at);
}

void heat_find(struct heat *heat, const char *root) {
    heat->throttles = -1;
    find_counters(heat, root);
    find_sensors(heat, root, HWMON, "hwmon", "name", "temp1_input");
    if (heat->sensor_count == 0)
        find_sensors(heat, root, ZONES, "thermal_zone", "type", "temp");
}

void heat_done(struct heat *heat) {
    free(heat->counters);
}

/* -1 when there is none, or one can't be read. */
static int64_t sum_of_counters(const struct heat *heat, const char *root) {
    int64_t sum = heat->counter_count > 0 ? 0 : -1, value;
    for (size_t i = 0; i < heat->counter_count; i++) {
        char path[LINUX_PATH_MAX];
        snprintf(path, sizeof path, CPUS "/%s", heat->counters[i]);
        if (linux_integer(root, path, &value) && value >= 0)
            sum += value;
    }
    return sum;
}

void heat_sample(struct heat *heat, const char *root, struct sample *sample) {
    int64_t throttles = sum_of_counters(heat, root), milli;
    if (throttles >= 0)
        sample->thermal =
            heat->throttles >= 0 && throttles > heat->throttles ? THERMAL_HEAVY : THERMAL_NOMINAL;
    heat->throttles = throttles;
    for (size_t i = 0; i < heat->sensor_count; i++)
        if (linux_integer(root, heat->sensors[i], &milli) && milli > -40000 && milli < 200000)
            sample->temp_c = fmax(sample->temp_c, (double)milli / 1000);
}
