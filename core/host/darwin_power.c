/* Where power comes from, and the energy mode chosen for it. */
#include <string.h>

#include "host/darwin.h"

/* 0 automatic, 1 low power, 2 high power; not there on a machine without modes. */
static const char *mode_of(const struct darwin_api *api, struct cf *preferences, struct cf *key) {
    static const char *const modes[] = {"normal", "low", "high"};
    struct cf *number = cf_as(api, cf_value(api, preferences, key), api->number_type());
    int32_t mode = -1;
    if (!number || !api->number_get(number, CF_NUMBER_INT32, &mode))
        return NULL;
    return mode >= 0 && mode < (int32_t)COUNT_OF(modes) ? modes[mode] : NULL;
}

static const char *source_of(const struct darwin_api *api, struct cf *name) {
    static const struct {
        const char *theirs, *ours;
    } sources[] = {{"AC Power", "ac"}, {"Battery Power", "battery"}, {"UPS Power", "battery"}};
    char text[DARWIN_NAME_MAX];
    if (cf_text(api, name, text, sizeof text))
        for (size_t i = 0; i < COUNT_OF(sources); i++)
            if (strcmp(text, sources[i].theirs) == 0)
                return sources[i].ours;
    return NULL;
}

struct darwin_power darwin_power_read(const struct darwin_api *api) {
    struct darwin_power power = {0};
    if (api->missing[DARWIN_FOUNDATION] || api->missing[DARWIN_IOKIT])
        return power;
    struct cf *sources = api->power_sources_copy();
    struct cf *name = sources ? api->providing_source(sources) : NULL; /* lent by the system */
    struct cf *preferences = api->energy_preferences_copy();
    struct cf *key = cf_string(api, "LowPowerMode");
    power.source = source_of(api, name);
    if (power.source)
        power.mode = mode_of(api, cf_value(api, preferences, name), key);
    cf_drop(api, key);
    cf_drop(api, preferences);
    cf_drop(api, sources);
    return power;
}
