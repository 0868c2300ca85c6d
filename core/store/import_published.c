/* Published figures in a file of ours ("pitwall-figures-1"): what a document printed, with its date
 * and its caveats, as in sample-runs/. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "store/import_parts.h"

/* [suite, phase, metric, statistic, value] or with n behind it. */
static void add_figure(struct import *import, int ep, const struct cJSON *figure) {
    const struct cJSON *parts[6] = {NULL}, *part;
    size_t count = 0;
    cJSON_ArrayForEach(part, figure) {
        if (count < COUNT_OF(parts))
            parts[count++] = part;
    }
    for (size_t i = 0; i < 4; i++)
        if (!parts[i] || !cJSON_IsString(parts[i]))
            return;
    int suite = suite_find(parts[0]->valuestring), metric = metric_find(parts[2]->valuestring);
    int stat = stat_find(parts[3]->valuestring);
    bool known = suite >= 0 && metric >= 0 && stat >= 0 && parts[4] && cJSON_IsNumber(parts[4]);
    double n = parts[5] && cJSON_IsNumber(parts[5]) ? parts[5]->valuedouble : 1;
    if (known)
        import_figure(import, ep, (enum suite_id)suite, parts[1]->valuestring,
                      (enum metric_id)metric, (enum stat_id)stat, parts[4]->valuedouble,
                      n >= 0 && n < 1e9 ? (int64_t)n : -1);
}

static void add_endpoint(struct import *import, const struct cJSON *from, const char *definition) {
    const struct cJSON *item;
    int ep = import_endpoint(import, json_string(from, "name"), json_string(from, "engine"),
                             json_string(from, "model"));
    if (ep < 0)
        return;
    struct endpoint *endpoint = &import->run.endpoints[ep];
    const char *thinking = json_string(from, "thinking");
    endpoint->published = true;
    endpoint->engine_version = import_text(from, "engine_version");
    endpoint->format = import_text(from, "format");
    endpoint->quant = import_text(from, "quant");
    endpoint->baseline = import_text(from, "baseline");
    endpoint->notes = import_text(from, "notes");
    if (thinking && thinking_find(thinking) >= 0)
        endpoint->thinking = (enum thinking)thinking_find(thinking);
    if (definition)
        import_definition(import, ep, definition);
    cJSON_ArrayForEach(item, json_array(from, "figures")) {
        if (cJSON_IsArray(item))
            add_figure(import, ep, item);
    }
}

bool import_published(struct import *import, const struct cJSON *root) {
    const struct cJSON *item, *machine = json_object(root, "machine");
    if (!import_schema(root, "pitwall-figures-"))
        return false;
    const char *workload = json_string(root, "workload");
    char *definition = import_text(root, "definition");
    import->run.started = import_text(root, "published");
    if (workload && workload_find(workload) >= 0)
        import->run.workload = (enum workload)workload_find(workload);
    import->run.machine.model = import_text(machine, "model");
    import->run.machine.chip = import_text(machine, "chip");
    import->run.machine.os = import_text(machine, "os");
    import->run.machine.power_mode = import_text(machine, "power_mode");
    cJSON_ArrayForEach(item, json_array(root, "endpoints")) {
        if (cJSON_IsObject(item))
            add_endpoint(import, item, definition);
    }
    cJSON_ArrayForEach(item, json_array(root, "notes")) {
        if (cJSON_IsString(item))
            import_note(import, NOTE_WARN, -1, item->valuestring);
    }
    free(definition);
    return true;
}
