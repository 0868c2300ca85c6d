/* RAPL through powercap. Packages and their memory are summed by whoever adds rails up; cores and
 * uncore lie within the package, psys holds the package: counting one of them would count twice. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/linux.h"
#include "host/rails.h"

#define FOLDER "/sys/class/powercap"

/* The name of the zone that `entry` is part of: of "intel-rapl:0:1" that of "intel-rapl:0". */
static void parent_of(const char *entry, char out[LINUX_NAME_MAX]) {
    const char *first = strchr(entry, ':'), *second = first ? strchr(first + 1, ':') : NULL;
    snprintf(out, LINUX_NAME_MAX, "%.*s", second ? (int)(second - entry) : LINUX_NAME_MAX - 1,
             entry);
}

static bool zone_name(const char *root, const char *entry, char *out, size_t size) {
    char path[LINUX_PATH_MAX], own[64], parent[LINUX_NAME_MAX], package[64];
    snprintf(path, sizeof path, FOLDER "/%s/name", entry);
    if (!linux_read(root, path, own, sizeof own))
        return false;
    if (strncmp(own, "package-", 8) == 0)
        return copy_text(out, size, own);
    if (strcmp(own, "dram") != 0)
        return false;
    parent_of(entry, parent);
    snprintf(path, sizeof path, FOLDER "/%s/name", parent);
    if (!linux_read(root, path, package, sizeof package) || strncmp(package, "package-", 8) != 0)
        return false;
    int length = snprintf(out, size, "dram-%s", package + 8);
    return length > 0 && (size_t)length < size;
}

static void add_zone(struct rapl *rapl, const char *root, const char *entry) {
    struct rapl_zone zone = {.last_uj = -1, .moved_ns = -1};
    char path[LINUX_PATH_MAX];
    if (rapl->count == RAPL_ZONES_MAX || !zone_name(root, entry, zone.name, sizeof zone.name))
        return;
    for (size_t i = 0; i < rapl->count; i++)
        if (strcmp(rapl->zones[i].name, zone.name) == 0)
            return; /* intel-rapl-mmio repeats a package */
    snprintf(zone.path, sizeof zone.path, FOLDER "/%s/energy_uj", entry);
    snprintf(path, sizeof path, FOLDER "/%s/max_energy_range_uj", entry);
    if (!linux_integer(root, path, &zone.range_uj) || zone.range_uj < 0)
        zone.range_uj = 0;
    rapl->zones[rapl->count++] = zone;
}

void rapl_find(struct rapl *rapl, const char *root) {
    static const char *const drivers[] = {"intel-rapl:", "intel-rapl-mmio:"};
    for (size_t k = 0; k < COUNT_OF(drivers); k++) {
        struct linux_names names = linux_list(root, FOLDER, drivers[k]);
        for (size_t i = 0; i < names.count; i++)
            add_zone(rapl, root, names.at[i]);
        free(names.at);
    }
    if (rapl->count == 0)
        copy_text(rapl->reason, sizeof rapl->reason,
                  "no RAPL here (" FOLDER "/intel-rapl is absent, as in virtual machines)");
}

static void refused(struct rapl *rapl, const struct rapl_zone *zone, int why) {
    if (rapl->reason[0])
        return;
    if (why == EACCES || why == EPERM)
        snprintf(rapl->reason, sizeof rapl->reason, "RAPL needs root: chmod a+r %.120s",
                 zone->path);
    else
        snprintf(rapl->reason, sizeof rapl->reason, "RAPL can't be read: %.80s", strerror(why));
}

/* The counter wraps at its range: a smaller value than before is one round further. Without a known
 * range it is a counter that began again, and the reading goes back with it. */
static void take(struct rapl_zone *zone, int64_t now_ns, int64_t uj) {
    if (uj == zone->last_uj)
        return;
    if (uj < zone->last_uj)
        zone->wrapped_uj = zone->range_uj > 0 ? zone->wrapped_uj + zone->range_uj : 0;
    zone->last_uj = uj;
    zone->moved_ns = now_ns;
}

void rapl_sample(struct rapl *rapl, const char *root, int64_t epoch_ns, struct sample *sample) {
    if (rapl->count > 0)
        rapl->reason[0] = '\0';
    for (size_t i = 0; i < rapl->count; i++) {
        struct rapl_zone *zone = &rapl->zones[i];
        int64_t uj;
        if (!linux_integer(root, zone->path, &uj) || uj < 0) {
            refused(rapl, zone, errno);
            continue;
        }
        take(zone, clock_ns(), uj);
        rail_put(sample, zone->name, (double)(zone->wrapped_uj + uj) / 1e6,
                 (zone->moved_ns - epoch_ns) / 1000);
    }
}
