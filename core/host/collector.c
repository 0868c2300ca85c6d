#include "host/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/exporter.h"
#include "net/http.h"

#define ANSWER_MS 500
#define PAGE_MAX ((size_t)4 << 20)
#define AGAIN_NS INT64_C(5000000000) /* until one that failed twice is asked again */

/* One exporter of one lane. */
struct http_owner {
    struct collector *collector;
    const char *url, *lane; /* borrowed from the run */
    int ep;                 /* the first endpoint that names it */
    bool simulated;
    struct exporter *exporter;
    struct buf page;
    int64_t at_ns; /* when the page came; 0: it did not */
    char problem[200];
    int failures; /* in a row */
    int64_t rest_until_ns;
    bool asked;   /* this time */
    bool strange; /* its last page held nothing that is known */
    bool told_dead, told_name;
};

struct collector {
    struct loop *loop;
    struct http *http;
    struct http_owner *sources;
    size_t count, waiting;
};

static const char *lane_of(const struct endpoint *endpoint) {
    return endpoint->lane ? endpoint->lane : "local";
}

static bool is_known(const struct collector *collector, const struct endpoint *endpoint) {
    for (size_t i = 0; i < collector->count; i++)
        if (strcmp(collector->sources[i].url, endpoint->telemetry) == 0 &&
            strcmp(collector->sources[i].lane, lane_of(endpoint)) == 0)
            return true;
    return false;
}

static void add_source(struct collector *collector, const struct endpoint *endpoint) {
    if (!endpoint->telemetry || is_known(collector, endpoint))
        return;
    struct http_owner *source = &collector->sources[collector->count++];
    *source = (struct http_owner){.collector = collector,
                                  .url = endpoint->telemetry,
                                  .lane = lane_of(endpoint),
                                  .ep = endpoint->ep,
                                  .simulated = endpoint->simulated,
                                  .exporter = exporter_new()};
    buf_init(&source->page, PAGE_MAX);
}

struct collector *collector_new(const struct run *run) {
    struct collector *collector = mem_zero(1, sizeof *collector);
    collector->sources = mem_zero(run->endpoint_count, sizeof *collector->sources);
    for (size_t i = 0; i < run->endpoint_count; i++)
        add_source(collector, &run->endpoints[i]);
    if (collector->count == 0) {
        free(collector->sources);
        free(collector);
        return NULL;
    }
    collector->loop = loop_new();
    collector->http = http_new(collector->loop, "pitwall");
    return collector;
}

void collector_free(struct collector *collector) {
    if (!collector)
        return;
    http_free(collector->http);
    loop_free(collector->loop);
    for (size_t i = 0; i < collector->count; i++) {
        exporter_free(collector->sources[i].exporter);
        buf_done(&collector->sources[i].page);
    }
    free(collector->sources);
    free(collector);
}

bool collector_has(const struct collector *collector, const char *lane) {
    for (size_t i = 0; collector && i < collector->count; i++)
        if (strcmp(collector->sources[i].lane, lane) == 0)
            return true;
    return false;
}

/* ---- asking ---- */

static bool on_data(struct http_owner *source, const char *bytes, size_t length, int64_t at_ns) {
    (void)at_ns;
    return buf_append(&source->page, bytes, length);
}

static void on_done(struct http_owner *source, int status, enum error_class error,
                    const char *detail, const struct http_marks *marks) {
    if (error == ERROR_NONE && status == 200)
        source->at_ns = marks->first_byte_ns ? marks->first_byte_ns : marks->end_ns;
    else
        copy_text(source->problem, sizeof source->problem, detail);
    if (--source->collector->waiting == 0)
        loop_break(source->collector->loop);
}

static const struct http_handler handler = {on_data, on_done};

/* NULL when its URL is bad. */
static struct transfer *prepare(struct http_owner *source) {
    struct error error = {0};
    struct http_request request = {.method = "GET",
                                   .url = source->url,
                                   .connect_timeout_ms = ANSWER_MS,
                                   .total_timeout_ms = ANSWER_MS,
                                   .response_limit = PAGE_MAX,
                                   .owner = source,
                                   .handler = &handler};
    struct transfer *transfer = http_prepare(source->collector->http, &request, &error);
    if (!transfer)
        copy_text(source->problem, sizeof source->problem, error.text);
    return transfer;
}

static void tell(struct queue *queue, int64_t epoch_ns, enum note_level level,
                 const struct http_owner *source, const char *what) {
    struct event *note = event_note_new((clock_ns() - epoch_ns) / 1000, level, source->ep,
                                        "telemetry %.160s: %s", source->url, what);
    queue_push(queue, (struct item){.mark = QUEUE_EVENT, .event = note});
}

/* A first failure may be a start-up (macmon answers 503 before its first sample). */
static void failed(struct http_owner *source, struct queue *queue, int64_t epoch_ns) {
    if (++source->failures < 2)
        return;
    source->rest_until_ns = clock_ns() + AGAIN_NS;
    if (!source->told_dead)
        tell(queue, epoch_ns, NOTE_WARN, source,
             *source->problem ? source->problem : "does not answer");
    source->told_dead = true;
}

/* What came of asking; whether a page makes sense is known after it was looked at. */
static void judge(struct http_owner *source, struct queue *queue, int64_t epoch_ns) {
    const char *name = exporter_name(source->exporter);
    if (source->at_ns > 0 && !source->strange) {
        source->failures = 0;
        if (name && !source->told_name && !source->simulated)
            tell(queue, epoch_ns, NOTE_INFO, source, name);
        source->told_name |= name != NULL;
    } else {
        failed(source, queue, epoch_ns);
    }
}

bool collector_is_live(const struct collector *collector) {
    for (size_t i = 0; collector && i < collector->count; i++)
        if (exporter_is_live(collector->sources[i].exporter))
            return true;
    return false;
}

void collector_gather(struct collector *collector, struct queue *queue, int64_t epoch_ns,
                      bool live_only) {
    struct transfer *transfers[ENDPOINTS_MAX];
    size_t asked = 0;
    for (size_t i = 0; i < collector->count && asked < ENDPOINTS_MAX; i++) {
        struct http_owner *source = &collector->sources[i];
        source->at_ns = 0;
        buf_reset(&source->page);
        source->asked = clock_ns() >= source->rest_until_ns &&
                        (!live_only || exporter_is_live(source->exporter));
        struct transfer *transfer = source->asked ? prepare(source) : NULL;
        if (transfer)
            transfers[asked++] = transfer;
    }
    collector->waiting = asked;
    if (asked > 0)
        http_release(collector->http, transfers, asked);
    while (collector->waiting > 0)
        loop_run(collector->loop);
    for (size_t i = 0; i < collector->count; i++)
        if (collector->sources[i].asked)
            judge(&collector->sources[i], queue, epoch_ns);
}

/* ---- telling ---- */

void collector_fill(struct collector *collector, const char *lane, int64_t epoch_ns,
                    struct sample *sample) {
    for (size_t i = 0; i < collector->count; i++) {
        struct http_owner *source = &collector->sources[i];
        if (source->at_ns == 0 || strcmp(source->lane, lane) != 0)
            continue;
        source->strange = !exporter_read(source->exporter, buf_string(&source->page),
                                         source->page.length, source->at_ns, epoch_ns, sample);
        if (source->strange)
            copy_text(source->problem, sizeof source->problem,
                      "no series of an exporter we know (macmon, mactop, all-smi, node_exporter, "
                      "dcgm-exporter, nvidia_gpu_exporter)");
    }
}

void collector_reason(const struct collector *collector, const char *lane,
                      char out[COLLECTOR_REASON]) {
    *out = '\0';
    for (size_t i = 0; i < collector->count; i++) {
        const struct http_owner *source = &collector->sources[i];
        const char *name = exporter_name(source->exporter);
        if (strcmp(source->lane, lane) != 0)
            continue;
        if (source->failures >= 2)
            snprintf(out, COLLECTOR_REASON, "telemetry %.100s: %.120s", source->url,
                     *source->problem ? source->problem : "does not answer");
        else if (name)
            snprintf(out, COLLECTOR_REASON, "%.40s at %.150s does not publish it", name,
                     source->url);
        return;
    }
}
