/* CoreFoundation objects and the system's time. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "host/darwin.h"

const char *darwin_missing(const struct darwin_api *api, enum darwin_library library, char *reason,
                           size_t size) {
    static const char *const names[DARWIN_LIBRARY_COUNT] = {
        [DARWIN_SYSTEM] = "libSystem",
        [DARWIN_FOUNDATION] = "CoreFoundation",
        [DARWIN_IOREPORT] = "libIOReport",
        [DARWIN_IOKIT] = "IOKit",
    };
    if (!api->missing[library])
        return NULL;
    snprintf(reason, size, "%s of this system has no %s", names[library], api->missing[library]);
    return reason;
}

int64_t darwin_ns(const struct darwin_api *api, uint64_t ticks) {
    struct darwin_timebase base = {0};
    if (api->timebase(&base) != 0 || base.numer == 0 || base.denom == 0)
        return 0;
    uint64_t whole = ticks / base.denom, rest = ticks % base.denom;
    if (whole > (uint64_t)INT64_MAX / base.numer - base.numer)
        return INT64_MAX;
    return (int64_t)(whole * base.numer + rest * base.numer / base.denom);
}

int64_t darwin_now(const struct darwin_api *api) {
    return darwin_ns(api, api->ticks());
}

int64_t darwin_slept_ns(const struct darwin_api *api) {
    int64_t awake_ns = darwin_now(api);
    return darwin_ns(api, api->ticks_with_sleep()) - awake_ns;
}

struct cf *cf_as(const struct darwin_api *api, struct cf *object, unsigned long type) {
    return object && api->type_of(object) == type ? object : NULL;
}

struct cf *cf_value(const struct darwin_api *api, struct cf *dictionary, struct cf *key) {
    dictionary = cf_as(api, dictionary, api->dictionary_type());
    return dictionary && key ? api->dictionary_get(dictionary, key) : NULL;
}

bool cf_text(const struct darwin_api *api, struct cf *string, char *out, size_t size) {
    *out = '\0';
    if (!cf_as(api, string, api->string_type()) ||
        !api->string_get(string, out, (long)size, CF_UTF8))
        return false;
    out[size - 1] = '\0';
    size_t length = strlen(out), blank = 0;
    while (length > 0 && isspace((unsigned char)out[length - 1]))
        length--;
    while (blank < length && isspace((unsigned char)out[blank]))
        blank++;
    memmove(out, out + blank, length - blank);
    out[length - blank] = '\0';
    return true;
}

struct cf *cf_string(const struct darwin_api *api, const char *text) {
    return api->string_create(NULL, text, CF_UTF8);
}

void cf_drop(const struct darwin_api *api, struct cf *object) {
    if (object)
        api->release(object);
}
