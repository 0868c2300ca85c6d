#include "store/import.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/import_parts.h"
#include "store/log.h"
#include "store/results.h"

#define TEXT_BYTES 400    /* of a name, a version, a note in a foreign file */
#define FIGURES_MAX 20000 /* a file with more is no result of one engine */

static const struct {
    const char *what;
    bool (*read)(struct import *import, const struct cJSON *root);
} readers[] = {
    {"asiai agentic", import_agentic},
    {"asiai burst", import_burst},
    {"asiai code", import_code},
    {"asiai instruct", import_instruct},
    {"asiai thinking ablation", import_ablation},
    {"published figures", import_published},
    {"llama-bench", import_llamabench},
};

/* ---- parts ---- */

char *import_copy(const char *text) {
    char *copy = mem_alloc(TEXT_BYTES);
    text_visible(copy, TEXT_BYTES, text, strlen(text));
    return copy;
}

char *import_text(const struct cJSON *object, const char *key) {
    const char *text = json_string(object, key);
    return text && *text ? import_copy(text) : NULL;
}

bool import_schema(const struct cJSON *root, const char *prefix) {
    const char *schema = json_string(root, "schema_version");
    return schema && strncmp(schema, prefix, strlen(prefix)) == 0;
}

static struct event *add_event(struct import *import, enum event_kind kind) {
    if (import->count >= FIGURES_MAX)
        return NULL;
    import->events =
        mem_grow(import->events, import->count, &import->capacity, sizeof(struct event *));
    return import->events[import->count++] = event_new(kind, 0);
}

int import_endpoint(struct import *import, const char *name, const char *engine,
                    const char *model) {
    struct run *run = &import->run;
    if (run->endpoint_count >= ENDPOINTS_MAX)
        return -1;
    run->endpoints = mem_resize(run->endpoints, run->endpoint_count + 1, sizeof *run->endpoints);
    struct endpoint *endpoint = &run->endpoints[run->endpoint_count];
    endpoint_init(endpoint);
    int known = engine_find(engine ? engine : "");
    endpoint->ep = (int)run->endpoint_count;
    endpoint->engine = known >= 0 ? (enum engine_id)known : ENGINE_OPENAI;
    endpoint->name = import_copy(name ? name : engine ? engine : "imported");
    endpoint->model = model ? import_copy(model) : NULL;
    endpoint->lane = mem_string("imported");
    endpoint->imported = true;
    return (int)run->endpoint_count++;
}

void import_figure(struct import *import, int ep, enum suite_id suite, const char *phase,
                   enum metric_id metric, enum stat_id stat, double value, int64_t n) {
    if (!isfinite(value) || ep < 0)
        return;
    struct event *event = add_event(import, EVENT_FIGURE);
    if (!event)
        return;
    event->figure.ep = ep;
    event->figure.suite = suite;
    event->figure.value = value;
    event->figure.n = n;
    text_visible(event->figure.phase, sizeof event->figure.phase, phase, strlen(phase));
    copy_text(event->figure.metric, sizeof event->figure.metric, metric_of(metric)->id);
    copy_text(event->figure.stat, sizeof event->figure.stat, stat_word(stat));
}

void import_sample(struct import *import, int ep, enum suite_id suite, const char *phase,
                   enum metric_id metric, const struct values *values) {
    static const enum stat_id stats[] = {STAT_MEDIAN, STAT_MIN, STAT_MAX, STAT_MEAN, STAT_CV};
    for (size_t i = 0; i < COUNT_OF(stats); i++)
        import_figure(import, ep, suite, phase, metric, stats[i],
                      stats_of(values->at, values->count, stats[i]), (int64_t)values->count);
}

void import_note(struct import *import, enum note_level level, int ep, const char *text) {
    struct event *event = add_event(import, EVENT_NOTE);
    if (!event)
        return;
    event->note.level = level;
    event->note.ep = ep;
    event->note.text = import_copy(text);
}

void import_definition(struct import *import, int ep, const char *definition) {
    struct event *event = add_event(import, EVENT_CAPABILITY);
    if (!event)
        return;
    event->capability.ep = ep;
    event->capability.name = mem_string("definition");
    event->capability.value = mem_string(definition);
}

/* ---- a file's text ---- */

/* JSON Lines, or the objects of several results one after the other: an array of them. */
static struct cJSON *parse_lines(const char *text, size_t length) {
    struct cJSON *array = cJSON_CreateArray();
    while (array && length > 0) {
        const char *newline = memchr(text, '\n', length);
        size_t line = newline ? (size_t)(newline - text) : length;
        if (line > strspn(text, " \t\r")) {
            struct cJSON *item = json_parse(text, line, NULL);
            if (!item) {
                json_free(array);
                return NULL;
            }
            cJSON_AddItemToArray(array, item);
        }
        text += line + (newline != NULL);
        length -= line + (newline != NULL);
    }
    return array;
}

static bool has_figures(const struct import *import) {
    for (size_t i = 0; i < import->count; i++)
        if (import->events[i]->kind == EVENT_FIGURE)
            return true;
    return false;
}

static bool read_tree(struct import *import, const struct cJSON *root, struct error *error) {
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        if (!readers[i].read(import, root))
            continue;
        import->what = readers[i].what;
        return has_figures(import) ||
               error_set(error, "%s result without a figure: nothing to import", import->what);
    }
    error_set(error, "of no format that can be imported");
    return error_hint(error, "asiai's agentic, burst, code, instruct and thinking-ablation JSON, "
                             "llama-bench JSON or JSON Lines");
}

bool import_parse(struct import *import, const char *text, size_t length, const char *name,
                  struct error *error) {
    *import = (struct import){0};
    run_init(&import->run);
    import->run.version = mem_string(PITWALL_VERSION);
    import->run.id = mem_string(name ? name : "imported");
    import->run.salt = mem_string("unknown");
    import->run.passes = 1;
    struct cJSON *root = length > IMPORT_BYTES_MAX ? NULL : json_parse(text, length, error);
    if (!root && length <= IMPORT_BYTES_MAX)
        root = parse_lines(text, length);
    bool ok = root ? read_tree(import, root, error)
                   : (length > IMPORT_BYTES_MAX ? error_set(error, "longer than 64 MiB")
                                                : error_set(error, "neither JSON nor JSON Lines"));
    json_free(root);
    if (!ok)
        import_done(import);
    return ok;
}

void import_done(struct import *import) {
    for (size_t i = 0; i < import->count; i++)
        event_free(import->events[i]);
    free(import->events);
    run_done(&import->run);
    *import = (struct import){0};
}

/* ---- the log ---- */

/* "dir/cell-rapidmlx.json" as "cell-rapidmlx". Caller frees. */
static char *stem_of(const char *file) {
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    const char *dot = strrchr(base, '.');
    return mem_bytes(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

static bool write_events(struct log_writer *log, const struct import *import, struct error *error) {
    for (size_t i = 0; i < import->count; i++)
        if (!log_append(log, import->events[i], error))
            return false;
    struct event *end = event_new(EVENT_RUN_END, 0);
    end->run_end.status = RUN_COMPLETE;
    bool ok = log_append(log, end, error) && log_sync(log, error);
    event_free(end);
    return ok;
}

static char *write_log(const char *directory, struct import *import, const char *stem,
                       struct error *error) {
    free(import->run.id);
    import->run.id = results_run_id(stem);
    if (!import->run.started) {
        char now[CLOCK_ISO_SIZE];
        clock_iso(now);
        import->run.started = mem_string(now);
    }
    struct log_writer *log = log_create(directory, &import->run, error);
    if (!log)
        return NULL;
    char *path = write_events(log, import, error) ? mem_string(log_path(log)) : NULL;
    if (!path)
        remove(log_path(log));
    log_close(log);
    return path;
}

char *import_file(const char *directory, const char *file, struct error *error) {
    struct import import;
    struct buf text;
    struct error why = {0};
    char *stem = stem_of(file), *path = NULL;
    buf_init(&text, IMPORT_BYTES_MAX);
    if (!buf_read_file(&text, file, error)) {
        path = NULL;
    } else if (!import_parse(&import, buf_string(&text), text.length, stem, &why)) {
        error_set(error, "%s: %s", file, why.text);
        error_hint(error, "%s", why.hint);
    } else {
        path = write_log(directory, &import, stem, error);
        import_done(&import);
    }
    buf_done(&text);
    free(stem);
    return path;
}
