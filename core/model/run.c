#include "model/run.h"

#include <stddef.h>
#include <string.h>

#include "model/record.h"

#define PLANS_MAX 64
#define PHASES_MAX 4096

/* ---- the header's tables ---- */

#define LIMIT(member)                                                                              \
    {                                                                                              \
        .name = #member, .type = FIELD_DOUBLE, .null = NULL_ZERO,                                  \
        .at = offsetof(struct limits, member)                                                      \
    }
static const struct field limit_fields[] = {
    LIMIT(early_stop_share),   LIMIT(early_stop_calls), LIMIT(swap_mb),
    LIMIT(swapouts),           LIMIT(output_valid),     LIMIT(prompt_chars_per_token),
    LIMIT(template_share),     LIMIT(dispatch_ms),      LIMIT(reuse_yes),
    LIMIT(cold_differs),       LIMIT(reuse_warm_max),   LIMIT(witness_low),
    LIMIT(witness_high),       LIMIT(serial_overlap),   LIMIT(span_share),
    LIMIT(scaling_gain),       LIMIT(scaling_collapse), LIMIT(reject_share),
    LIMIT(burst_calls),        LIMIT(burst_errors),     LIMIT(buffered_share),
    LIMIT(serial_parallelism), LIMIT(fifo_order),       LIMIT(all_open_share),
    LIMIT(pace_even),          LIMIT(pace_least),       LIMIT(pace_most),
    LIMIT(late_share),
};
_Static_assert(COUNT_OF(limit_fields) * sizeof(double) == sizeof(struct limits),
               "every limit has a row");
static const struct record limit_record = {limit_fields, COUNT_OF(limit_fields)};

#define AT(member) offsetof(struct machine, member)
static const struct field machine_fields[] = {
    {.name = "model", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(model)},
    {.name = "chip", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(chip)},
    {.name = "os", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(os)},
    {.name = "ram_mb", .type = FIELD_LONG, .null = NULL_MINUS, .at = AT(ram_mb)},
    {.name = "cores", .type = FIELD_INT, .null = NULL_MINUS, .at = AT(cores)},
    {.name = "power_mode", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(power_mode)},
};
#undef AT
static const struct record machine_record = {machine_fields, COUNT_OF(machine_fields)};

static const struct field phase_fields[] = {{.type = FIELD_TEXT, .size = PHASE_MAX}};
static const struct list phase_list = {
    {phase_fields, 1}, LIST_VALUES, PHASE_MAX, offsetof(struct plan, phase_count), PHASES_MAX};
static const struct field plan_fields[] = {
    {.name = "suite", .type = FIELD_WORD, .words = NAMES_SUITE, .at = offsetof(struct plan, suite)},
    {.name = "phases",
     .type = FIELD_LIST,
     .list = &phase_list,
     .at = offsetof(struct plan, phases)},
};
static const struct list plan_list = {{plan_fields, COUNT_OF(plan_fields)},
                                      LIST_OBJECTS,
                                      sizeof(struct plan),
                                      offsetof(struct run, plan_count),
                                      PLANS_MAX};

#define AT(member) offsetof(struct endpoint, member)
static const struct field endpoint_fields[] = {
    {.name = "ep", .type = FIELD_EP, .at = AT(ep)},
    {.name = "name", .type = FIELD_STRING, .at = AT(name)},
    {.name = "url", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(url)},
    {.name = "engine", .type = FIELD_WORD, .words = NAMES_ENGINE, .at = AT(engine)},
    {.name = "engine_version", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(engine_version)},
    {.name = "model", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(model)},
    {.name = "family", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(family)},
    {.name = "format", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(format)},
    {.name = "quant", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(quant)},
    {.name = "lane", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(lane)},
    {.name = "baseline", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(baseline)},
    {.name = "thinking", .type = FIELD_WORD, .words = NAMES_THINKING, .at = AT(thinking)},
    {.name = "simulated", .type = FIELD_BOOL, .at = AT(simulated)},
    {.name = "imported", .type = FIELD_BOOL, .at = AT(imported)},
    {.name = "published", .type = FIELD_BOOL, .at = AT(published)},
    {.name = "notes", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(notes)},
};
#undef AT
static const struct list endpoint_list = {{endpoint_fields, COUNT_OF(endpoint_fields)},
                                          LIST_OBJECTS,
                                          sizeof(struct endpoint),
                                          offsetof(struct run, endpoint_count),
                                          ENDPOINTS_MAX};

#define AT(member) offsetof(struct run, member)
static const struct field run_fields[] = {
    {.name = "version", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(version)},
    {.name = "run", .type = FIELD_STRING, .at = AT(id)},
    {.name = "started", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(started)},
    {.name = "resumes", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(resumes)},
    {.name = "seed", .type = FIELD_LONG, .at = AT(seed)},
    {.name = "salt", .type = FIELD_STRING, .null = NULL_ZERO, .at = AT(salt)},
    {.name = "workload", .type = FIELD_WORD, .words = NAMES_WORKLOAD, .at = AT(workload)},
    {.name = "suites", .type = FIELD_LIST, .list = &plan_list, .at = AT(plans)},
    {.name = "passes", .type = FIELD_INT, .at = AT(passes)},
    {.name = "options", .type = FIELD_RAW, .null = NULL_ZERO, .at = AT(options)},
    {.name = "limits", .type = FIELD_OBJECT, .object = &limit_record, .at = AT(limits)},
    {.name = "machine", .type = FIELD_OBJECT, .object = &machine_record, .at = AT(machine)},
    {.name = "endpoints", .type = FIELD_LIST, .list = &endpoint_list, .at = AT(endpoints)},
};
#undef AT
static const struct record run_record = {run_fields, COUNT_OF(run_fields)};

/* ---- limits ---- */

void limits_default(struct limits *limits) {
    *limits = (struct limits){
        /* protocol 4 */
        .early_stop_share = 0.5,
        .early_stop_calls = 2,
        .swap_mb = 500,
        .swapouts = 1000,
        .output_valid = 0.8,
        .prompt_chars_per_token = 12, /* the loosest tokenizers are near 6 on English prose */
        .template_share = 0.01,
        .dispatch_ms = 200,
        /* protocol 3, prefix reuse */
        .reuse_yes = 0.2,
        .cold_differs = 0.25,
        .reuse_warm_max = 0.5,
        .witness_low = 0.25,
        .witness_high = 0.75,
        /* protocol 3, serialisation: overlap and span of facts/peers.md 4.3; the scaling limits
         * leave the noise of a few per cent around 1 */
        .serial_overlap = 0.1,
        .span_share = 0.2,
        .scaling_gain = 1.2,
        .scaling_collapse = 0.8,
        .reject_share = 0.1,
        .burst_calls = 4,
        .burst_errors = 0.1,
        .buffered_share = 0.5,
        .serial_parallelism = 1.3,
        .fifo_order = 0.7, /* a server may mix up what arrives within a millisecond */
        .all_open_share = 0.9,
        /* Between first tokens: mean and median alike, and about one TTFT (which holds more than
         * the prefill): prefill sets the pace. Slots filled in waves have a mean far above. */
        .pace_even = 1.33,
        .pace_least = 0.4,
        .pace_most = 1.25,
        .late_share = 0.1,
    };
}

size_t limits_count(void) {
    return COUNT_OF(limit_fields);
}

const char *limits_name(size_t index) {
    return limit_fields[index].name;
}

double *limits_value(struct limits *limits, size_t index) {
    return (double *)((char *)limits + limit_fields[index].at);
}

/* ---- life ---- */

void run_init(struct run *run) {
    *run = (struct run){.machine = {.ram_mb = -1, .cores = -1}};
    limits_default(&run->limits);
}

void run_done(struct run *run) {
    for (size_t i = 0; i < run->endpoint_count; i++)
        endpoint_done(&run->endpoints[i]);
    record_done(&run_record, (char *)run);
    run_init(run);
}

static void copy_plans(struct run *to, const struct run *from) {
    to->plans = mem_zero(from->plan_count, sizeof *to->plans);
    for (size_t i = 0; i < from->plan_count; i++) {
        const struct plan *plan = &from->plans[i];
        to->plans[i] = *plan;
        to->plans[i].phases = mem_zero(plan->phase_count, sizeof *plan->phases);
        if (plan->phase_count)
            memcpy(to->plans[i].phases, plan->phases, plan->phase_count * sizeof *plan->phases);
    }
}

void run_copy(struct run *to, const struct run *from) {
    *to = *from;
    to->version = mem_string(from->version);
    to->id = mem_string(from->id);
    to->started = mem_string(from->started);
    to->resumes = mem_string(from->resumes);
    to->salt = mem_string(from->salt);
    to->options = mem_string(from->options);
    to->machine.model = mem_string(from->machine.model);
    to->machine.chip = mem_string(from->machine.chip);
    to->machine.os = mem_string(from->machine.os);
    to->machine.power_mode = mem_string(from->machine.power_mode);
    copy_plans(to, from);
    to->endpoints = mem_zero(from->endpoint_count, sizeof *to->endpoints);
    for (size_t i = 0; i < from->endpoint_count; i++)
        endpoint_copy(&to->endpoints[i], &from->endpoints[i]);
}

static bool same_suite(const struct plan *a, const struct plan *b) {
    bool same = a->suite == b->suite && a->phase_count == b->phase_count;
    for (size_t i = 0; same && i < a->phase_count; i++)
        same = strcmp(a->phases[i], b->phases[i]) == 0;
    return same;
}

bool run_same_plan(const struct run *a, const struct run *b) {
    bool same = a->passes == b->passes && a->plan_count == b->plan_count &&
                a->endpoint_count == b->endpoint_count;
    for (size_t i = 0; same && i < a->plan_count; i++)
        same = same_suite(&a->plans[i], &b->plans[i]);
    for (size_t i = 0; same && i < a->endpoint_count; i++)
        same = strcmp(a->endpoints[i].name, b->endpoints[i].name) == 0;
    return same;
}

bool run_is_simulated(const struct run *run) {
    for (size_t i = 0; i < run->endpoint_count; i++) {
        const struct endpoint *endpoint = &run->endpoints[i];
        if (endpoint->simulated || endpoint->imported || endpoint->published)
            return true;
    }
    return false;
}

/* ---- line 1 ---- */

bool run_encode(const struct run *run, struct buf *out) {
    struct json_writer writer;
    json_begin(&writer, out);
    json_open(&writer, NULL, '{');
    json_put_integer(&writer, "pitwall", LOG_FORMAT);
    record_write(&run_record, (const char *)run, &writer);
    json_close(&writer, '}');
    return json_end(&writer);
}

/* What the table can't say. */
static bool check(const struct run *run, struct error *error) {
    for (size_t i = 0; i < run->endpoint_count; i++)
        if (run->endpoints[i].ep != (int)i)
            return error_set(error, "endpoint %zu of the header has ep %d", i,
                             run->endpoints[i].ep);
    if (run->seed > (uint64_t)INT64_MAX)
        return error_set(error, "the header's seed is negative");
    return true;
}

static bool decode(struct run *run, struct record_reader *reader, struct error *error) {
    struct scan at;
    double format;
    if (!record_find(reader, "pitwall", &at) || !scan_number(&at, &format))
        return error_set(error, "its first line is not a run's header");
    if (format != LOG_FORMAT)
        return error_set(error, "log format %g; this pitwall reads %d", format, LOG_FORMAT);
    if (record_read(&run_record, (char *)run, reader) && scan_end(&reader->scan))
        return check(run, error);
    return error_set(error, "the log's header is broken: %s%s%s (at byte %zu)",
                     reader->field ? reader->field : "", reader->field ? ": " : "",
                     reader->scan.problem, (size_t)(reader->scan.at - reader->scan.begin));
}

bool run_decode(struct run *run, const char *line, size_t length, struct error *error) {
    struct record_reader reader;
    record_reader_init(&reader, line, length);
    run_init(run);
    bool good = decode(run, &reader, error);
    record_reader_done(&reader);
    if (!good)
        run_done(run);
    return good;
}

bool run_is_imported(const struct run *run) {
    bool imported = false;
    for (size_t i = 0; i < run->endpoint_count; i++)
        imported = imported || run->endpoints[i].imported || run->endpoints[i].published;
    return imported;
}

bool phase_is_warmup(const char *phase) {
    return strcmp(phase, "warmup") == 0;
}
