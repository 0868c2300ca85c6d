#include "engines/discover.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define PORTS_MAX 32

/* Where people put the second one, when the first port is taken. */
static const int neighbours[] = {8081, 8001, 8002};

static size_t add_port(int *ports, size_t count, size_t most, int port) {
    for (size_t i = 0; i < count; i++)
        if (ports[i] == port)
            return count;
    if (count < most)
        ports[count++] = port;
    return count;
}

size_t discover_known_ports(int *ports, size_t most) {
    size_t count = 0;
    for (int engine = 0; engine < ENGINE_COUNT; engine++) {
        const struct engine_row *row = engine_row((enum engine_id)engine);
        for (int i = 0; i < ENGINE_PORTS_MAX && row->ports[i]; i++)
            count = add_port(ports, count, most, row->ports[i]);
    }
    for (size_t i = 0; i < COUNT_OF(neighbours); i++)
        count = add_port(ports, count, most, neighbours[i]);
    return count;
}

static size_t same_engine(const struct discovery *discovery, enum engine_id engine) {
    size_t same = 0;
    for (size_t i = 0; i < discovery->count; i++)
        same += discovery->endpoints[i].engine == engine;
    return same;
}

static void name_them(struct discovery *discovery) {
    for (size_t i = 0; i < discovery->count; i++) {
        struct endpoint *endpoint = &discovery->endpoints[i];
        const char *word = engine_word(endpoint->engine);
        const char *port = strrchr(endpoint->url, ':') + 1;
        endpoint->name = same_engine(discovery, endpoint->engine) > 1
                             ? mem_format("%s-%s", word, port)
                             : mem_string(word);
    }
}

void discover_ports(struct discovery *discovery, const int *ports, size_t count,
                    int64_t timeout_ms) {
    struct endpoint *endpoints = mem_zero(count, sizeof *endpoints);
    struct finding *findings = mem_zero(count, sizeof *findings);
    for (size_t i = 0; i < count; i++) {
        endpoint_init(&endpoints[i]);
        endpoints[i].url = mem_format("http://127.0.0.1:%d", ports[i]);
    }
    identify(endpoints, count, NULL, timeout_ms, findings);
    *discovery = (struct discovery){.endpoints = endpoints, .findings = findings};
    for (size_t i = 0; i < count; i++) {
        if (!findings[i].serves) {
            endpoint_done(&endpoints[i]);
            finding_done(&findings[i]);
            continue;
        }
        finding_apply(&findings[i], &endpoints[i]);
        endpoints[discovery->count] = endpoints[i];
        findings[discovery->count++] = findings[i];
    }
    name_them(discovery);
}

void discover(struct discovery *discovery, int64_t timeout_ms) {
    int ports[PORTS_MAX];
    discover_ports(discovery, ports, discover_known_ports(ports, PORTS_MAX), timeout_ms);
}

static const char *loaded_word(const struct finding *finding) {
    if (finding->state == ENDPOINT_LOADING)
        return ", loading";
    return finding->loaded == CHECK_YES  ? ", loaded"
           : finding->loaded == CHECK_NO ? ", not loaded"
                                         : "";
}

char *finding_line(const struct finding *finding, const struct endpoint *endpoint) {
    struct buf line;
    buf_init(&line, 4096);
    const char *title = engine_title(endpoint->engine);
    buf_printf(&line, "%s%s%s at %s", title, finding->version ? " " : "",
               finding->version ? finding->version : "", endpoint->url);
    if (finding->model)
        buf_printf(&line, ": %.200s", finding->model);
    if (finding->format || finding->quant)
        buf_printf(&line, " (%s%s%s)", finding->format ? finding->format : "",
                   finding->format && finding->quant ? " " : "",
                   finding->quant ? finding->quant : "");
    buf_text(&line, loaded_word(finding));
    if (finding->context != COUNT_NONE)
        buf_printf(&line, ", context %lld", (long long)finding->context);
    buf_printf(&line, " [%s]", finding->how);
    return buf_take(&line);
}
