/* asiai's JSON: what all its schemas share, agentic-v1 … v4, burst-v1 and v2. Every member is
 * optional; what is missing stays absent. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/import_parts.h"

#define ASIAI_DEFINITION                                                                           \
    "asiai: ttft any token, whole ms, connecting included; decode to stream end"

/* Unix seconds as ISO 8601 in UTC, by the civil calendar (Hinnant, days_from_civil inverted). */
static char *iso_of(double seconds) {
    if (!(seconds >= 0) || seconds > 253402300799.0)
        return NULL;
    int64_t s = (int64_t)seconds, days = s / 86400 + 719468, rest = s % 86400;
    int64_t era = days / 146097, doe = days % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    return mem_format("%04d-%02d-%02dT%02d:%02d:%02dZ", (int)(yoe + era * 400 + (month <= 2)),
                      (int)month, (int)day, (int)(rest / 3600), (int)(rest / 60 % 60),
                      (int)(rest % 60));
}

static void read_machine(struct machine *machine, const struct cJSON *root) {
    static const char *const modes[] = {"normal", "low", "high"};
    int64_t mode = json_integer(root, "powermode", -1);
    double ram_gb = json_number(root, "ram_gb"), cores = json_number(root, "cpu_cores");
    machine->model = import_text(root, "machine_model");
    machine->chip = import_text(root, "hw_chip");
    machine->os = import_text(root, "os_version");
    if (!machine->chip)
        machine->chip = import_text(root, "hardware"); /* agentic-v1 */
    machine->ram_mb = ram_gb > 0 && ram_gb < 1e6 ? (int64_t)(ram_gb * 1024) : -1;
    machine->cores = cores > 0 && cores < 1e6 ? (int)cores : -1;
    if (mode >= 0 && mode < (int64_t)COUNT_OF(modes))
        machine->power_mode = mem_string(modes[mode]);
}

int import_asiai(struct import *import, const struct cJSON *root) {
    char *engine = import_text(root, "engine"), *model = import_text(root, "model");
    int ep = import_endpoint(import, engine, engine, model);
    struct endpoint *endpoint = &import->run.endpoints[ep];
    endpoint->url = import_text(root, "base_url");
    endpoint->engine_version = import_text(root, "engine_version");
    free(engine);
    free(model);
    read_machine(&import->run.machine, root);
    import->run.started = iso_of(json_number(root, "started_at"));
    import->run.workload = WORKLOAD_DEEP;
    free(import->run.salt);
    import->run.salt = mem_string("none"); /* its prompts are constant */
    import_definition(import, ep, ASIAI_DEFINITION);
    const struct cJSON *kwargs =
        json_object(json_object(root, "extra_body"), "chat_template_kwargs");
    if (kwargs && !json_is_null_or_absent(kwargs, "enable_thinking"))
        endpoint->thinking =
            json_bool(kwargs, "enable_thinking", true) ? THINKING_ON : THINKING_OFF;
    return ep;
}

/* ---- agentic ---- */

/* Its phases by our names; its "cold-prefix" is another system prompt without a restart. */
static const struct {
    const char *theirs, *ours;
} phases[] = {
    {"cold", "cold"},
    {"warm", "warm"},
    {"prefix-test-1", "prefix-test-1"},
    {"prefix-test-2", "prefix-test-2"},
    {"prefix-test-3", "prefix-test-3"},
    {"cold-prefix", "cold-other"},
    {"long-context", "long-context"},
    {"long-prefix", "long-prefix"},
};

static const struct {
    const char *key;
    enum metric_id metric;
} run_keys[] = {
    {"ttft_ms", METRIC_TTFT},
    {"decode_tok_s", METRIC_DECODE},
    {"wall_total_ms", METRIC_LATENCY},
    {"prompt_tokens", METRIC_PROMPT_TOKENS},
    {"cached_tokens", METRIC_CACHED},
    {"completion_tokens", METRIC_COMPLETION},
    {"soc_watts", METRIC_WATTS},
    {"prefill_watts", METRIC_PREFILL_WATTS},
    {"tok_s_per_soc_watt", METRIC_TPS_PER_WATT},
    {"energy_per_token_j", METRIC_J_PER_TOKEN},
    {"engine_rss_mb", METRIC_RSS},
    {"engine_phys_footprint_mb", METRIC_FOOTPRINT},
    {"kv_cache_tokens", METRIC_KV_TOKENS},
};

static void add_phase(struct import *import, int ep, const struct cJSON *runs, size_t phase) {
    struct values values[COUNT_OF(run_keys)] = {{0}};
    const struct cJSON *run;
    int all = 0, failed = 0;
    cJSON_ArrayForEach(run, runs) {
        const char *name = json_string(run, "phase");
        if (!name || strcmp(name, phases[phase].theirs) != 0)
            continue;
        all++;
        if (!json_is_null_or_absent(run, "error")) {
            failed++;
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(run_keys); i++)
            values_add(&values[i], json_number(run, run_keys[i].key));
    }
    for (size_t i = 0; i < COUNT_OF(run_keys); i++) {
        import_sample(import, ep, SUITE_AGENTIC, phases[phase].ours, run_keys[i].metric,
                      &values[i]);
        values_done(&values[i]);
    }
    if (all > 0)
        import_figure(import, ep, SUITE_AGENTIC, phases[phase].ours, METRIC_ERRORS, STAT_MEDIAN,
                      failed, 1);
}

static void note_verdict(struct import *import, int ep, const struct cJSON *root) {
    const char *verdict = json_string(root, "prefix_cache_reuse_verdict");
    const struct cJSON *gates = json_object(root, "quality_gates");
    char text[160];
    if (verdict) {
        snprintf(text, sizeof text, "asiai's own verdict on prefix reuse, by its own rule: %.40s",
                 verdict);
        import_note(import, NOTE_INFO, ep, text);
    }
    if (json_bool(json_object(gates, "early_stop"), "detected", false))
        import_note(import, NOTE_WARN, ep, "asiai's gate early_stop had tripped");
    if (json_bool(json_object(gates, "memory_pressure"), "alerted", false))
        import_note(import, NOTE_WARN, ep, "asiai's gate memory_pressure had tripped");
    if (json_bool(json_object(gates, "thermal"), "throttled", false))
        import_note(import, NOTE_WARN, ep, "the machine was throttled");
}

bool import_agentic(struct import *import, const struct cJSON *root) {
    const struct cJSON *runs = json_array(root, "runs");
    const char *mode = json_string(root, "bench_mode");
    bool ours = import_schema(root, "agentic-") || (mode && strcmp(mode, "agentic") == 0) ||
                json_object(root, "prefix_cache_reuse");
    if (!runs || !ours)
        return false;
    int ep = import_asiai(import, root);
    int64_t repeats = json_integer(root, "repeats", 1);
    import->run.passes = repeats >= 1 && repeats <= 1000 ? (int)repeats : 1;
    for (size_t i = 0; i < COUNT_OF(phases); i++)
        add_phase(import, ep, runs, i);
    note_verdict(import, ep, root);
    import_note(import, NOTE_INFO, ep,
                "imported from asiai: TTFT includes connecting and is cut to whole ms, decode ends "
                "with the stream, prompts are constant (a second run's cold is warm), "
                "prefix-test-2 repeats a known user message");
    return true;
}

/* ---- burst ---- */

/* ⟨m⟩ = {median, min, max}, or a plain number. */
static void add_spread(struct import *import, int ep, const char *phase, enum metric_id metric,
                       const struct cJSON *object, const char *key, int64_t n) {
    const struct cJSON *spread = json_object(object, key);
    if (!spread) {
        import_figure(import, ep, SUITE_BURST, phase, metric, STAT_MEDIAN, json_number(object, key),
                      n);
        return;
    }
    import_figure(import, ep, SUITE_BURST, phase, metric, STAT_MEDIAN,
                  json_number(spread, "median"), n);
    import_figure(import, ep, SUITE_BURST, phase, metric, STAT_MIN, json_number(spread, "min"), n);
    import_figure(import, ep, SUITE_BURST, phase, metric, STAT_MAX, json_number(spread, "max"), n);
}

static double middle_of(const struct cJSON *object, const char *key) {
    const struct cJSON *spread = json_object(object, key);
    return spread ? json_number(spread, "median") : json_number(object, key);
}

/* {p50, p95, p99, max} of the calls; asiai writes 0 where there was none. */
static void add_percentiles(struct import *import, int ep, const char *phase, enum metric_id metric,
                            const struct cJSON *object, int64_t calls) {
    static const struct {
        const char *key;
        enum stat_id stat;
        int64_t least; /* calls below which the percentile is only the largest value */
    } keys[] = {
        {"p50", STAT_P50, 1}, {"p95", STAT_P95, 20}, {"p99", STAT_P99, 100}, {"max", STAT_MAX, 1}};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        double value = middle_of(object, keys[i].key);
        if (value > 0 && calls >= keys[i].least)
            import_figure(import, ep, SUITE_BURST, phase, metric, keys[i].stat, value, calls);
    }
}

static void add_burst(struct import *import, int ep, const char *size, const struct cJSON *result) {
    char phase[PHASE_MAX];
    int64_t calls = json_integer(result, "n", -1);
    int64_t passes = json_integer(result, "n_passes", 1);
    static const struct {
        const char *key;
        enum metric_id metric;
    } keys[] = {
        {"wall_time_s", METRIC_WALL},
        {"throughput_calls_per_s", METRIC_CALLS_PER_S},
        {"throughput_tokens_aggregate_per_s", METRIC_AGGREGATE},
        {"errors_count", METRIC_ERRORS},
        {"memory_pressure_swap_delta_mb", METRIC_SWAP_DELTA},
        {"memory_pressure_swapouts_delta", METRIC_SWAPOUTS_DELTA},
        {"soc_watts", METRIC_WATTS},
        {"tok_s_per_soc_watt", METRIC_TPS_PER_WATT},
        {"energy_per_token_j", METRIC_J_PER_TOKEN},
        {"output_valid_pct", METRIC_VALID},
        {"engine_rss_mb", METRIC_RSS},
        {"engine_phys_footprint_mb", METRIC_FOOTPRINT},
    };
    snprintf(phase, sizeof phase, "burst-%.8s", size);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        add_spread(import, ep, phase, keys[i].metric, result, keys[i].key, passes);
    add_percentiles(import, ep, phase, METRIC_LATENCY, json_object(result, "latency_ms"), calls);
    add_percentiles(import, ep, phase, METRIC_TTFT, json_object(result, "ttft_ms"), calls);
    if (passes > import->run.passes && passes <= 1000)
        import->run.passes = (int)passes;
}

bool import_burst(struct import *import, const struct cJSON *root) {
    const struct cJSON *results = json_object(root, "results"), *result;
    if (!import_schema(root, "burst-") || !results)
        return false;
    int ep = import_asiai(import, root);
    cJSON_ArrayForEach(result, results) {
        if (result->string && cJSON_IsObject(result))
            add_burst(import, ep, result->string, result);
    }
    import_note(import, NOTE_INFO, ep,
                "imported from asiai: calls start over 50 ms to 1 s, percentiles are interpolated "
                "and of several passes the median, watts are those of the whole burst; no call of "
                "its own was kept, so that nothing can be said about serialisation");
    return true;
}
