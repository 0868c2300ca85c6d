#include "endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "engines/discover.h"
#include "live_run.h"

#define PORTS_SHOWN 32

static void tell(const char *text) {
    char visible[1024];
    text_visible(visible, sizeof visible, text, strlen(text));
    fprintf(stderr, "pitwall: %s\n", visible);
}

static void tell_nothing(void) {
    int ports[PORTS_SHOWN];
    struct error error = {0};
    struct buf list;
    size_t count = discover_known_ports(ports, PORTS_SHOWN);
    buf_init(&list, 512);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%d", i ? ", " : "", ports[i]);
    error_set(&error, "no endpoint was named, and no engine answers on 127.0.0.1 (ports %s)",
              buf_string(&list));
    error_hint(&error, "pitwall -e NAME=http://HOST:PORT, or `pitwall demo` to look around");
    complain(&error, EXIT_NO_ENDPOINT);
    buf_done(&list);
}

static bool find_unnamed(struct options *options, struct finding **findings) {
    struct discovery discovery;
    discover(&discovery, IDENTIFY_MS);
    for (size_t i = 0; i < discovery.count; i++) {
        char *line = finding_line(&discovery.findings[i], &discovery.endpoints[i]);
        char *text = mem_format("found %s", line);
        if (options->model) {
            free(discovery.endpoints[i].model);
            discovery.endpoints[i].model = mem_string(options->model);
        }
        tell(text);
        free(text);
        free(line);
    }
    options->endpoints = discovery.endpoints;
    options->endpoint_count = discovery.count;
    *findings = discovery.findings;
    if (discovery.count == 0)
        tell_nothing();
    return discovery.count > 0;
}

bool endpoints_find(const struct context *context, struct finding **findings) {
    struct options *options = context->options;
    struct finding *found = NULL;
    bool any = true;
    if (options->endpoint_count > 0) {
        found = mem_zero(options->endpoint_count, sizeof *found);
        identify(options->endpoints, options->endpoint_count, live_run_key, IDENTIFY_MS, found);
        for (size_t i = 0; i < options->endpoint_count; i++)
            finding_apply(&found[i], &options->endpoints[i]);
    } else {
        free(options->endpoints);
        any = find_unnamed(options, &found);
    }
    if (findings)
        *findings = found;
    else
        endpoints_forget(found, options->endpoint_count);
    return any;
}

void endpoints_forget(struct finding *findings, size_t count) {
    for (size_t i = 0; findings && i < count; i++)
        finding_done(&findings[i]);
    free(findings);
}
