#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "endpoints.h"
#include "engines/discover.h"
#include "engines/probe.h"
#include "host/host.h"
#include "live_run.h"
#include "store/log.h"
#include "store/results.h"
#include "suites/runner.h"

#define COLUMNS_MAX 5 /* engines side by side */
#define TITLE_WIDTH 16
#define CELL_WIDTH 15

/* All that was probed. */
struct survey {
    const struct endpoint *endpoints;
    struct finding *findings;
    struct probe *probes;
    int64_t *done_us; /* since the start */
    size_t count;
    int64_t epoch_us;
};

/* ---- what to probe ---- */

/* URLs of the command line replace every other endpoint. */
static bool take_operands(struct options *options, struct error *error) {
    if (options->operand_count == 0)
        return true;
    for (size_t i = 0; i < options->endpoint_count; i++)
        endpoint_done(&options->endpoints[i]);
    free(options->endpoints);
    options->endpoints = mem_zero(options->operand_count, sizeof *options->endpoints);
    options->endpoint_count = 0;
    for (size_t i = 0; i < options->operand_count; i++) {
        struct endpoint *endpoint = &options->endpoints[options->endpoint_count++];
        endpoint_init(endpoint);
        if (!endpoint_parse(options->operands[i], endpoint, error))
            return false;
        if (!endpoint->url)
            return error_set(error, "'%s' is no URL", options->operands[i]);
    }
    return true;
}

static void measure(const struct context *context, struct survey *survey) {
    struct options *options = context->options;
    survey->endpoints = options->endpoints;
    survey->count = options->endpoint_count;
    survey->probes = mem_zero(survey->count, sizeof *survey->probes);
    survey->done_us = mem_zero(survey->count, sizeof *survey->done_us);
    for (size_t i = 0; i < survey->count && !*context->signals.stop; i++) {
        struct endpoint *endpoint = &options->endpoints[i];
        probe_endpoint(endpoint, &survey->findings[i], live_run_key, PROBE_MS, &survey->probes[i]);
        finding_apply(&survey->findings[i], endpoint);
        survey->done_us[i] = clock_us() - survey->epoch_us;
    }
}

static bool any_answered(const struct survey *survey) {
    for (size_t i = 0; i < survey->count; i++)
        if (survey->findings[i].serves && survey->findings[i].state != ENDPOINT_DOWN)
            return true;
    return false;
}

static bool wants_key(const struct survey *survey, size_t i) {
    return survey->findings[i].refused ||
           strcmp(survey->probes[i].found[PROBE_STREAMING].value, "key") == 0;
}

/* Something that may be measured: not only heard. */
static bool any_usable(const struct survey *survey) {
    for (size_t i = 0; i < survey->count; i++)
        if (survey->findings[i].serves && survey->findings[i].state != ENDPOINT_DOWN &&
            strcmp(survey->probes[i].found[PROBE_STREAMING].value, "key") != 0)
            return true;
    return false;
}

static bool any_wants_key(const struct survey *survey) {
    for (size_t i = 0; i < survey->count; i++)
        if (wants_key(survey, i))
            return true;
    return false;
}

/* ---- text ---- */

static void print_cell(const char *text, int width) {
    char visible[256];
    text_visible(visible, sizeof visible, text[0] ? text : "–", strlen(text[0] ? text : "–"));
    while (text_cells(visible) > (size_t)width) {
        size_t length = strlen(visible) - 1;
        while (length > 0 && ((unsigned char)visible[length] & 0xc0) == 0x80)
            length--;
        visible[length] = '\0';
    }
    printf("  %s%*s", visible, width - (int)text_cells(visible), "");
}

static void print_line(const char *indent, const char *text) {
    char visible[1200];
    text_visible(visible, sizeof visible, text, strlen(text));
    printf("%s%s\n", indent, visible);
}

static void print_matrix(const struct survey *survey, size_t from, size_t to) {
    printf("%-*s", TITLE_WIDTH, "");
    for (size_t i = from; i < to; i++)
        print_cell(survey->endpoints[i].name, CELL_WIDTH);
    printf("\n%-*s", TITLE_WIDTH, "engine");
    for (size_t i = from; i < to; i++)
        print_cell(survey->findings[i].serves ? engine_title(survey->endpoints[i].engine) : "",
                   CELL_WIDTH);
    printf("\n%-*s", TITLE_WIDTH, "version");
    for (size_t i = from; i < to; i++)
        print_cell(survey->endpoints[i].engine_version ? survey->endpoints[i].engine_version : "",
                   CELL_WIDTH);
    putchar('\n');
    for (int id = 0; id < PROBE_COUNT; id++) {
        printf("%-*s", TITLE_WIDTH, probe_title((enum probe_id)id));
        for (size_t i = from; i < to; i++)
            print_cell(survey->probes[i].found[id].value, CELL_WIDTH);
        putchar('\n');
    }
    putchar('\n');
}

static void print_evidence(const struct survey *survey, size_t i) {
    const struct finding *finding = &survey->findings[i];
    char *line = finding_line(finding, &survey->endpoints[i]);
    char *head = mem_format("%s: %s, %.1f s", survey->endpoints[i].name,
                            finding->serves ? line : finding->detail, survey->probes[i].took_s);
    print_line("", head);
    free(head);
    free(line);
    for (int id = 0; id < PROBE_COUNT && finding->serves; id++) {
        const struct capability_found *found = &survey->probes[i].found[id];
        char *text = mem_format("%-16s  %-15s  %s", probe_title((enum probe_id)id),
                                found->value[0] ? found->value : "-", found->evidence);
        print_line("  ", text);
        free(text);
    }
}

static void print_text(const struct survey *survey) {
    for (size_t from = 0; from < survey->count && any_answered(survey); from += COLUMNS_MAX)
        print_matrix(survey, from,
                     from + COLUMNS_MAX < survey->count ? from + COLUMNS_MAX : survey->count);
    for (size_t i = 0; i < survey->count; i++)
        print_evidence(survey, i);
}

/* ---- JSON ---- */

static void put_capabilities(struct json_writer *w, const struct probe *probe) {
    json_open(w, "capabilities", '{');
    for (int id = 0; id < PROBE_COUNT; id++) {
        const struct capability_found *found = &probe->found[id];
        json_open(w, probe_word((enum probe_id)id), '{');
        json_put_string(w, "value", found->value[0] ? found->value : NULL);
        json_put_string(w, "evidence", found->evidence);
        json_close(w, '}');
    }
    json_close(w, '}');
}

static void put_endpoint(struct json_writer *w, const struct survey *survey, size_t i) {
    const struct endpoint *endpoint = &survey->endpoints[i];
    const struct finding *finding = &survey->findings[i];
    json_open(w, NULL, '{');
    json_put_string(w, "name", endpoint->name);
    json_put_string(w, "url", endpoint->url);
    json_put_string(w, "state", endpoint_state_word(finding->state));
    json_put_string(w, "detail", finding->detail[0] ? finding->detail : NULL);
    json_put_string(w, "engine", finding->serves ? engine_word(endpoint->engine) : NULL);
    json_put_string(w, "identified_by", finding->serves ? finding->how : NULL);
    json_put_string(w, "engine_version", endpoint->engine_version);
    json_put_string(w, "model", endpoint->model);
    json_put_string(w, "format", endpoint->format);
    json_put_string(w, "quant", endpoint->quant);
    json_put_number(w, "took_s", survey->probes[i].took_s);
    put_capabilities(w, &survey->probes[i]);
    json_close(w, '}');
}

static bool print_json(const struct survey *survey, const char *path) {
    struct buf out;
    struct json_writer w;
    buf_init(&out, (size_t)4 << 20);
    json_begin(&w, &out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "log", path);
    json_open(&w, "endpoints", '[');
    for (size_t i = 0; i < survey->count; i++)
        put_endpoint(&w, survey, i);
    json_close(&w, ']');
    json_close(&w, '}');
    bool good = json_end(&w) && printf("%s\n", buf_string(&out)) > 0;
    buf_done(&out);
    return good;
}

/* ---- log ---- */

static void plan_run(struct run *run, struct options *options) {
    memset(options->suites, 0, sizeof options->suites);
    run_init(run);
    runner_plan(run, options);
    struct host *host = host_new();
    host_machine(host, &run->machine);
    host_free(host);
}

static bool append_endpoint(struct log_writer *log, const struct survey *survey, size_t i,
                            struct error *error) {
    struct event *event = event_new(EVENT_ENDPOINT, survey->done_us[i]);
    const struct endpoint *endpoint = &survey->endpoints[i];
    event->endpoint = (struct event_endpoint){
        .ep = (int)i,
        .state = survey->findings[i].state,
        .engine = survey->findings[i].serves ? (int)endpoint->engine : -1,
        .engine_version = mem_string(endpoint->engine_version),
        .model = mem_string(endpoint->model),
        .detail = mem_string(survey->findings[i].detail[0] ? survey->findings[i].detail
                                                           : survey->findings[i].how)};
    bool good = log_append(log, event, error);
    event_free(event);
    for (int id = 0; id < PROBE_COUNT && good; id++) {
        const struct capability_found *found = &survey->probes[i].found[id];
        event = event_new(EVENT_CAPABILITY, survey->done_us[i]);
        event->capability =
            (struct event_capability){.ep = (int)i,
                                      .name = mem_string(probe_word((enum probe_id)id)),
                                      .value = found->value[0] ? mem_string(found->value) : NULL,
                                      .evidence = mem_string(found->evidence)};
        good = log_append(log, event, error);
        event_free(event);
    }
    return good;
}

static bool append_end(struct log_writer *log, const struct survey *survey, bool stopped,
                       struct error *error) {
    struct event *event = event_new(EVENT_RUN_END, clock_us() - survey->epoch_us);
    event->run_end.status = stopped ? RUN_STOPPED : RUN_COMPLETE;
    bool good = log_append(log, event, error) && log_sync(log, error);
    event_free(event);
    return good;
}

/* The log's path, the caller's; NULL and `error` when it could not be written. */
static char *write_log(const struct context *context, const struct survey *survey,
                       const struct run *run, struct error *error) {
    char *directory = results_of(context), *path = NULL;
    struct log_writer *log =
        results_prepare(directory, error) ? log_create(directory, run, error) : NULL;
    bool good = log != NULL;
    for (size_t i = 0; i < survey->count && good; i++)
        good = append_endpoint(log, survey, i, error);
    if (good && append_end(log, survey, *context->signals.stop != 0, error))
        path = mem_string(log_path(log));
    if (log)
        log_close(log);
    free(directory);
    return path;
}

/* ---- the command ---- */

static int conclude(const struct context *context, const struct survey *survey) {
    struct error error = {0};
    struct run run;
    plan_run(&run, context->options);
    char *path = write_log(context, survey, &run, &error);
    run_done(&run);
    if (context->options->json)
        print_json(survey, path);
    else
        print_text(survey);
    if (!path)
        return complain(&error, EXIT_RESULTS);
    fprintf(context->options->json ? stderr : stdout, "log: %s\n", path);
    free(path);
    if (*context->signals.stop)
        return EXIT_STOPPED;
    if (any_usable(survey))
        return EXIT_OK;
    if (any_wants_key(survey)) {
        error_set(&error, "it answers there, but not without a key that it knows");
        error_hint(&error, "put the key into a variable and name that: NAME=… pitwall probe "
                           "URL,key_env=NAME");
    } else {
        error_set(&error, "no engine answers there");
        error_hint(&error, "is it running, and is that its port? pitwall probe without a URL "
                           "looks at the usual ones");
    }
    return complain(&error, EXIT_NO_ENDPOINT);
}

int command_probe(const struct context *context) {
    struct error error = {0};
    struct survey survey = {.epoch_us = clock_us()};
    if (!take_operands(context->options, &error))
        return complain(&error, EXIT_USAGE);
    if (!endpoints_find(context, &survey.findings)) {
        endpoints_forget(survey.findings, 0);
        return EXIT_NO_ENDPOINT;
    }
    measure(context, &survey);
    int code = conclude(context, &survey);
    endpoints_forget(survey.findings, survey.count);
    free(survey.probes);
    free(survey.done_us);
    return code;
}
