/* asiai's quality results: code-v1, instruct-v1, thinking-ablation-v1. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "store/import_parts.h"

#define PHASE "run" /* the one phase of a quality suite */

struct score_key {
    const char *object, *key, *count;
    enum suite_id suite;
};

static void add_scores(struct import *import, int ep, const struct cJSON *results,
                       const struct score_key *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct cJSON *object = json_object(results, keys[i].object);
        if (object)
            import_figure(import, ep, keys[i].suite, PHASE, METRIC_SCORE, STAT_MEDIAN,
                          json_number(object, keys[i].key),
                          json_integer(object, keys[i].count, -1));
    }
}

static void note_empty_objects(struct import *import, int ep, const struct cJSON *results,
                               const char *suite) {
    int64_t bugs = json_integer(json_object(results, suite), "count_empty_object_bug", 0);
    char text[120];
    if (bugs <= 0)
        return;
    snprintf(text, sizeof text, "%s: %lld turns with the empty-object bug", suite, (long long)bugs);
    import_note(import, NOTE_WARN, ep, text);
}

bool import_code(struct import *import, const struct cJSON *root) {
    static const struct score_key keys[] = {
        {"tool_call", "pct_clean", "turns_scored", SUITE_TOOL_CALL},
        {"tool_call_stress", "pct_clean", "turns_scored", SUITE_TOOL_CALL_STRESS},
        {"recovery", "pct_recovered", "episodes", SUITE_RECOVERY},
        {"thinking", "pct_thinking_off_honoured", "probes", SUITE_THINKING},
    };
    const struct cJSON *results = json_object(root, "code_results");
    if (!import_schema(root, "code-") || !results)
        return false;
    int ep = import_asiai(import, root);
    add_scores(import, ep, results, keys, COUNT_OF(keys));
    note_empty_objects(import, ep, results, "tool_call");
    note_empty_objects(import, ep, results, "tool_call_stress");
    import_note(import, NOTE_INFO, ep,
                "imported from asiai: its conversations and its checks, not the ones of this run");
    return true;
}

bool import_instruct(struct import *import, const struct cJSON *root) {
    static const struct score_key keys[] = {
        {"verifiable", "prompt_level_strict", "prompts_scored", SUITE_INSTRUCT},
        {"research_brief", "pct_primary_delivered", "episodes", SUITE_RESEARCH_BRIEF},
        {"order_control", "pct_primary_delivered", "episodes", SUITE_ORDER_CONTROL},
        {"loop_search_unconfirmable", "pct_delivered", "episodes", SUITE_LOOP_SEARCH},
    };
    const struct cJSON *results = json_object(root, "instruct_results");
    if (!import_schema(root, "instruct-") || !results)
        return false;
    int ep = import_asiai(import, root);
    add_scores(import, ep, results, keys, COUNT_OF(keys));
    import_note(import, NOTE_INFO, ep,
                "imported from asiai: its prompts and its checks, not the ones of this run");
    return true;
}

/* Its configurations by our phases. */
static const char *ablation_phase(const char *config) {
    static const char *const names[][2] = {{"enable-off", "off"},
                                           {"enable-on-preserve-on", "on-preserve"},
                                           {"enable-on-preserve-off", "on-drop"}};
    for (size_t i = 0; config && i < COUNT_OF(names); i++)
        if (strcmp(names[i][0], config) == 0)
            return names[i][1];
    return config;
}

bool import_ablation(struct import *import, const struct cJSON *root) {
    const struct cJSON *cells = json_array(root, "cells"), *cell;
    if (!import_schema(root, "thinking-ablation-") || !cells)
        return false;
    int ep = import_asiai(import, root);
    cJSON_ArrayForEach(cell, cells) {
        const char *phase = ablation_phase(json_string(cell, "config"));
        int64_t turns = json_integer(cell, "turns", -1);
        if (!phase)
            continue;
        import_figure(import, ep, SUITE_THINKING_ABLATION, phase, METRIC_SCORE, STAT_MEDIAN,
                      json_number(cell, "pct_clean"), turns);
        import_figure(import, ep, SUITE_THINKING_ABLATION, phase, METRIC_LATENCY, STAT_MEAN,
                      json_number(cell, "latency_ms_mean"), turns);
        import_figure(import, ep, SUITE_THINKING_ABLATION, phase, METRIC_COMPLETION, STAT_MEAN,
                      json_number(cell, "completion_tokens_mean"), turns);
    }
    import_note(import, NOTE_INFO, ep,
                "imported from asiai: the mean latency counts failed turns, too");
    return true;
}
