#include "engines/probe.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "engines/probe_inner.h"
#include "net/scrape.h"

#define DOCUMENTED "by its documentation, not measured"

static const struct {
    const char *word, *title;
} names[PROBE_COUNT] = {
    [PROBE_STREAMING] = {"streaming", "streaming"},
    [PROBE_MODELS] = {"models", "/v1/models"},
    [PROBE_HEALTH] = {"health", "/health"},
    [PROBE_METRICS] = {"metrics", "metrics"},
    [PROBE_SLOTS] = {"slots", "slots, queue"},
    [PROBE_TOOLS] = {"tool_calling", "tool calling"},
    [PROBE_USAGE] = {"usage_in_stream", "usage in stream"},
    [PROBE_CACHED] = {"cached_tokens", "cached tokens"},
    [PROBE_FIGURES] = {"own_figures", "own figures"},
    [PROBE_CANCEL] = {"cancel", "cancel honoured"},
    [PROBE_PREFIX] = {"prefix_cache", "prefix cache"},
    [PROBE_THINKING] = {"auto_thinking", "auto thinking"},
    [PROBE_THINKING_OFF] = {"thinking_off", "thinking off"},
    [PROBE_CONTEXT] = {"context", "context"},
    [PROBE_LOADED] = {"loaded", "model loaded"},
    [PROBE_UNLOAD] = {"unload", "unload"},
    [PROBE_LICENCE] = {"licence", "licence"},
    [PROBE_DOWNLOAD] = {"auto_download", "auto-download"},
    [PROBE_PERSISTS] = {"persisted_cache", "persisted cache"},
};

const char *probe_word(enum probe_id id) {
    return names[id].word;
}

const char *probe_title(enum probe_id id) {
    return names[id].title;
}

void probe_say(struct prober *self, enum probe_id id, const char *value, const char *format, ...) {
    struct capability_found *found = &self->probe->found[id];
    va_list args;
    copy_text(found->value, sizeof found->value, value);
    va_start(args, format);
    vsnprintf(found->evidence, sizeof found->evidence, format, args);
    va_end(args);
}

void probe_say_key(struct prober *self, enum probe_id id, int status) {
    char why[160];
    fetch_tell_key(why, sizeof why, status, self->endpoint->key_variable, self->header);
    probe_say(self, id, "key", "%s", why);
}

int64_t probe_left_ms(const struct prober *self) {
    int64_t left = (self->until_us - clock_us()) / 1000;
    return left > 1 ? left : 1;
}

/* ---- routes ---- */

enum route { ROUTE_MODELS, ROUTE_HEALTH, ROUTE_METRICS, ROUTE_SLOTS, ROUTE_SWITCHES, ROUTE_COUNT };

static void fetch_routes(struct prober *self, struct fetch *fetches) {
    const struct engine_row *row = self->row;
    const char *paths[ROUTE_COUNT] = {[ROUTE_MODELS] = "/v1/models",
                                      [ROUTE_HEALTH] = "/health",
                                      [ROUTE_METRICS] = row->metrics ? row->metrics : "/metrics",
                                      [ROUTE_SLOTS] = row->slots,
                                      [ROUTE_SWITCHES] = row->switches.path};
    int64_t ms = probe_left_ms(self) < ROUTE_MS ? probe_left_ms(self) : ROUTE_MS;
    for (int i = 0; i < ROUTE_COUNT; i++) {
        fetches[i].header = self->header;
        if (paths[i])
            fetch_start(self->fetcher, &fetches[i], self->endpoint->url, paths[i], ms);
    }
    fetch_finish(self->fetcher, fetches, ROUTE_COUNT);
}

/* Says why a route is none; false when it may be one: 200 and no error in the body. */
static bool is_missing(struct prober *self, enum probe_id id, const struct fetch *fetch,
                       const struct cJSON *tree) {
    const cJSON *error = cJSON_IsObject(tree) ? json_member(tree, "error") : NULL;
    if (fetch->status == 200 && !error)
        return false;
    if (fetch->status == 200)
        probe_say(self, id, "no", "200, but the body says error");
    else if (fetch->status == 0)
        probe_say(self, id, "no", "no answer: %.150s", fetch->detail);
    else if (fetch_wants_key(fetch->status))
        probe_say_key(self, id, fetch->status);
    else
        probe_say(self, id, fetch->status == 501 ? "opt-in" : "no", "HTTP %d", fetch->status);
    return true;
}

static void judge_models(struct prober *self, const struct fetch *fetch) {
    struct cJSON *tree = fetch_json(fetch);
    const cJSON *list = cJSON_IsObject(tree) ? json_array(tree, "data") : NULL;
    if (!is_missing(self, PROBE_MODELS, fetch, tree)) {
        if (list)
            probe_say(self, PROBE_MODELS, "yes", "%d listed, %.0f ms", cJSON_GetArraySize(list),
                      fetch->ms);
        else
            probe_say(self, PROBE_MODELS, "no", "200, but no list of models");
    }
    json_free(tree);
}

static void judge_health(struct prober *self, const struct fetch *fetch) {
    struct cJSON *tree = fetch_json(fetch);
    const char *status = cJSON_IsObject(tree) ? json_string(tree, "status") : NULL;
    if (!is_missing(self, PROBE_HEALTH, fetch, tree))
        probe_say(self, PROBE_HEALTH, "yes", "200%s%.60s, %.0f ms", status ? ", status " : "",
                  status ? status : "", fetch->ms);
    json_free(tree);
}

static void judge_metrics(struct prober *self, const struct fetch *fetch) {
    struct cJSON *tree = fetch_json(fetch); /* JSON is no metrics */
    struct scrape scrape;
    struct scrape_line line;
    size_t lines = 0;
    if (!is_missing(self, PROBE_METRICS, fetch, tree)) {
        scrape_init(&scrape, buf_string(&fetch->reply), fetch->reply.length);
        while (scrape_next(&scrape, &line))
            lines++;
        if (lines > 0 && !tree)
            probe_say(self, PROBE_METRICS, "yes", "%zu samples of Prometheus text", lines);
        else
            probe_say(self, PROBE_METRICS, "no", "200, but no Prometheus text");
    }
    json_free(tree);
}

/* Requests in work as the engine tells: slots that process, a running count; -1: not told. */
int64_t probe_running(const struct cJSON *tree) {
    static const char *const members[] = {"num_running", "active_requests", "requests_running"};
    const cJSON *slot;
    int64_t running = 0;
    if (cJSON_IsArray(tree)) {
        cJSON_ArrayForEach(slot, tree) {
            if (!cJSON_IsBool(json_member(slot, "is_processing")))
                return -1;
            running += json_bool(slot, "is_processing", false);
        }
        return running;
    }
    const cJSON *scheduler = json_object(tree, "scheduler_stats");
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        int64_t here = json_integer(scheduler ? scheduler : tree, members[i], -1);
        if (here >= 0)
            return here;
    }
    return -1;
}

static void judge_slots(struct prober *self, const struct fetch *fetch) {
    struct cJSON *tree = fetch->begun ? fetch_json(fetch) : NULL;
    if (!fetch->begun) {
        probe_say(self, PROBE_SLOTS, "no", "it has no such route");
    } else if (!is_missing(self, PROBE_SLOTS, fetch, tree)) {
        char value[16] = "yes";
        if (cJSON_IsArray(tree))
            snprintf(value, sizeof value, "%d", cJSON_GetArraySize(tree));
        int64_t running = tree ? probe_running(tree) : -1;
        if (running >= 0)
            probe_say(self, PROBE_SLOTS, value, "%s: %lld in work", self->row->slots,
                      (long long)running);
        else
            probe_say(self, PROBE_SLOTS, tree ? value : "no", "%s", self->row->slots);
    }
    json_free(tree);
}

static void judge_unload(struct prober *self, const struct fetch *fetch) {
    const struct engine_row *row = self->row;
    struct cJSON *tree = fetch->begun ? fetch_json(fetch) : NULL;
    const char *value = cJSON_IsObject(tree) ? json_string(tree, row->switches.member) : NULL;
    if (!row->unload.method)
        probe_say(self, PROBE_UNLOAD, "no", "no such request; restart: %.120s", row->restart);
    else if (row->switches.path && fetch_wants_key(fetch->status))
        probe_say_key(self, PROBE_UNLOAD, fetch->status);
    else if (row->switches.path && !(value && strcmp(value, row->switches.value) == 0))
        probe_say(self, PROBE_UNLOAD, "no", "only as a %s; restart: %.100s", row->switches.value,
                  row->restart);
    else
        probe_say(self, PROBE_UNLOAD, "yes", "%s %s (not tried)", row->unload.method,
                  row->unload.path);
    json_free(tree);
}

static void probe_routes(struct prober *self) {
    struct fetch fetches[ROUTE_COUNT] = {{0}};
    fetch_routes(self, fetches);
    judge_models(self, &fetches[ROUTE_MODELS]);
    judge_health(self, &fetches[ROUTE_HEALTH]);
    judge_metrics(self, &fetches[ROUTE_METRICS]);
    judge_slots(self, &fetches[ROUTE_SLOTS]);
    judge_unload(self, &fetches[ROUTE_SWITCHES]);
    for (int i = 0; i < ROUTE_COUNT; i++)
        fetch_done(&fetches[i]);
}

/* ---- all of it ---- */

static void tell_known(struct prober *self) {
    const struct finding *finding = self->finding;
    const struct engine_row *row = self->row;
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)finding->context);
    probe_say(self, PROBE_CONTEXT, finding->context == COUNT_NONE ? "" : number, "%s",
              finding->context == COUNT_NONE ? "not told" : "tokens, as the server says");
    probe_say(self, PROBE_LOADED,
              finding->loaded == CHECK_YES  ? "yes"
              : finding->loaded == CHECK_NO ? "no"
                                            : "",
              "%s", finding->loaded == CHECK_NONE ? "not told" : "as the server says");
    probe_say(self, PROBE_LICENCE, row->licence, DOCUMENTED);
    probe_say(self, PROBE_DOWNLOAD, row->download, DOCUMENTED);
    probe_say(self, PROBE_PERSISTS, row->persists, DOCUMENTED);
}

void probe_mark_rest(struct prober *self, const char *why) {
    for (int i = 0; i < PROBE_COUNT; i++)
        if (!self->probe->found[i].evidence[0])
            probe_say(self, (enum probe_id)i, "", "not measured: %.150s", why);
}

void probe_endpoint(const struct endpoint *endpoint, struct finding *finding,
                    const char *(*key_of)(const char *variable), int64_t timeout_ms,
                    struct probe *probe) {
    int64_t from_us = clock_us();
    struct prober self = {.endpoint = endpoint,
                          .row = engine_row(endpoint->engine),
                          .finding = finding,
                          .probe = probe,
                          .fetcher = fetcher_new(),
                          .dialect = *engine_dialect(endpoint),
                          .header = fetch_key_header(endpoint->key_variable, key_of),
                          .until_us = from_us + timeout_ms * 1000,
                          .idle_ms = NAN};
    *probe = (struct probe){0};
    if (finding->state == ENDPOINT_DOWN) {
        probe_mark_rest(&self, finding->detail);
    } else {
        tell_known(&self);
        probe_routes(&self);
        if (finding->state == ENDPOINT_LOADING)
            probe_mark_rest(&self, finding->detail);
        else
            probe_chats(&self);
    }
    probe->took_s = (double)(clock_us() - from_us) / 1e6;
    free(self.header);
    fetcher_free(self.fetcher);
}
