/* Power source and power mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/linux.h"

#define SUPPLIES "/sys/class/power_supply"
#define POLICY "/sys/devices/system/cpu/cpu0/cpufreq"

static bool supply_is(const char *root, const char *entry, const char *file, const char *what) {
    char path[LINUX_PATH_MAX], text[64];
    snprintf(path, sizeof path, SUPPLIES "/%s/%s", entry, file);
    return linux_read(root, path, text, sizeof text) && strcmp(text, what) == 0;
}

/* A battery that discharges decides: a weak charger is on line and loses. A mouse's battery
 * (scope Device) is not the machine's. */
char *power_source(const char *root) {
    struct linux_names names = linux_list(root, SUPPLIES, "");
    bool line = false, drained = false, battery = false;
    for (size_t i = 0; i < names.count; i++) {
        const char *entry = names.at[i];
        if (supply_is(root, entry, "scope", "Device"))
            continue;
        if (supply_is(root, entry, "type", "Battery")) {
            battery = true;
            drained |= supply_is(root, entry, "status", "Discharging");
        } else {
            line |= supply_is(root, entry, "online", "1");
        }
    }
    bool any = names.count > 0;
    free(names.at);
    if (!any || (!line && !battery))
        return NULL;
    return mem_string(drained ? "battery" : "ac");
}

struct word {
    const char *theirs, *ours;
};

static char *translate(const char *root, const char *path, const struct word *words, size_t count) {
    char text[64];
    if (!linux_read(root, path, text, sizeof text))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i].theirs) == 0)
            return mem_string(words[i].ours);
    return NULL;
}

/* The platform's profile, else the processor's own preference (intel_pstate, amd_pstate), else the
 * governor. With the preference there, the governor's "powersave" is only the usual one. */
char *power_mode(const char *root) {
    static const struct word profiles[] = {{"low-power", "low"},
                                           {"cool", "low"},
                                           {"quiet", "low"},
                                           {"balanced", "normal"},
                                           {"balanced-performance", "normal"},
                                           {"performance", "high"}};
    static const struct word preferences[] = {{"power", "low"},
                                              {"balance_power", "normal"},
                                              {"default", "normal"},
                                              {"balance_performance", "normal"},
                                              {"performance", "high"}};
    static const struct word governors[] = {{"powersave", "low"},
                                            {"schedutil", "normal"},
                                            {"ondemand", "normal"},
                                            {"conservative", "normal"},
                                            {"performance", "high"}};
    char *mode =
        translate(root, "/sys/firmware/acpi/platform_profile", profiles, COUNT_OF(profiles));
    if (!mode)
        mode = translate(root, POLICY "/energy_performance_preference", preferences,
                         COUNT_OF(preferences));
    if (!mode)
        mode = translate(root, POLICY "/scaling_governor", governors, COUNT_OF(governors));
    return mode;
}
