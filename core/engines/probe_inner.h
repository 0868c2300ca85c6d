/* probe_inner: what the files of a probe share. Not for anybody else. */
#ifndef ENGINES_PROBE_INNER_H
#define ENGINES_PROBE_INNER_H

#include "engines/fetch.h"
#include "engines/probe.h"

#define ROUTE_MS 2000 /* a route that takes longer is none */

struct cJSON;

/* One probing. */
struct prober {
    const struct endpoint *endpoint;
    const struct engine_row *row;
    struct finding *finding;
    struct probe *probe;
    struct fetcher *fetcher;
    struct dialect dialect;
    char *header;
    int64_t until_us;
    double idle_ms; /* TTFT of a small request when nothing else runs; NaN */
};

void probe_say(struct prober *self, enum probe_id id, const char *value, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* It said 401 or 403: "key", and what to do. */
void probe_say_key(struct prober *self, enum probe_id id, int status);
/* What nobody said anything about was not measured, and why. */
void probe_mark_rest(struct prober *self, const char *why);
int64_t probe_left_ms(const struct prober *self);
/* Requests in work as the engine tells: slots that process, a running count; -1: not told. */
int64_t probe_running(const struct cJSON *tree);

void probe_chats(struct prober *self);

#endif
