#include "model/endpoint.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Every string an endpoint owns. */
static const size_t strings[] = {
    offsetof(struct endpoint, name),       offsetof(struct endpoint, url),
    offsetof(struct endpoint, model),      offsetof(struct endpoint, engine_version),
    offsetof(struct endpoint, family),     offsetof(struct endpoint, format),
    offsetof(struct endpoint, quant),      offsetof(struct endpoint, lane),
    offsetof(struct endpoint, baseline),   offsetof(struct endpoint, key_variable),
    offsetof(struct endpoint, extra_body), offsetof(struct endpoint, telemetry),
    offsetof(struct endpoint, start),      offsetof(struct endpoint, stop),
    offsetof(struct endpoint, restart),    offsetof(struct endpoint, ready),
    offsetof(struct endpoint, notes),
};

static char **string_at(struct endpoint *endpoint, size_t i) {
    return (char **)((char *)endpoint + strings[i]);
}

void endpoint_init(struct endpoint *endpoint) {
    *endpoint = (struct endpoint){.engine = ENGINE_OPENAI};
}

void endpoint_done(struct endpoint *endpoint) {
    for (size_t i = 0; i < COUNT_OF(strings); i++)
        free(*string_at(endpoint, i));
    endpoint_init(endpoint);
}

void endpoint_copy(struct endpoint *to, const struct endpoint *from) {
    *to = *from;
    for (size_t i = 0; i < COUNT_OF(strings); i++)
        *string_at(to, i) = mem_string(*string_at(to, i));
}

char *endpoint_host(const char *url) {
    const char *host = url ? strstr(url, "://") : NULL;
    if (!host)
        return NULL;
    host += 3;
    size_t length = strcspn(host, host[0] == '[' ? "]" : ":/");
    return mem_bytes(host, length + (host[length] == ']'));
}

bool endpoint_is_loopback(const char *host) {
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           strncmp(host, "127.", 4) == 0;
}
