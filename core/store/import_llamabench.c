/* llama-bench -o json (an array) or -o jsonl (an object a line). It measures inside the process:
 * no server, no stream, no TTFT. A prompt test gives prefill t/s, a generation test decode t/s. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/import_parts.h"

static bool is_test(const struct cJSON *item) {
    return cJSON_IsObject(item) && json_number(item, "n_prompt") >= 0 &&
           json_number(item, "n_gen") >= 0 && json_number(item, "avg_ts") > 0;
}

/* "models/qwen-q4.gguf" as "qwen-q4". Caller frees. */
static char *model_of(const struct cJSON *test) {
    char *file = import_text(test, "model_filename");
    if (!file)
        return import_text(test, "model_type");
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    size_t length = strlen(base);
    if (length > 5 && strcmp(base + length - 5, ".gguf") == 0)
        length -= 5;
    char *model = mem_bytes(base, length);
    free(file);
    return model;
}

/* The endpoint of the test's model, made when it is new. */
static int endpoint_of(struct import *import, const struct cJSON *test) {
    char *model = model_of(test);
    int ep = -1;
    for (size_t i = 0; i < import->run.endpoint_count; i++) {
        const char *known = import->run.endpoints[i].model;
        if (known && model && strcmp(known, model) == 0)
            ep = (int)i;
    }
    if (ep < 0) {
        ep = import_endpoint(import, model, "llama.cpp", model);
        if (ep >= 0) {
            struct endpoint *endpoint = &import->run.endpoints[ep];
            double build = json_number(test, "build_number");
            endpoint->format = mem_string("GGUF");
            if (build > 0 && build < 1e9)
                endpoint->engine_version = mem_format("b%.0f", build);
            import_definition(import, ep, "llama-bench: in process");
        }
    }
    free(model);
    return ep;
}

static void add_test(struct import *import, const struct cJSON *test) {
    double prompt = json_number(test, "n_prompt"), generated = json_number(test, "n_gen");
    double depth = json_number(test, "n_depth");
    const struct cJSON *samples = json_array(test, "samples_ts"), *sample;
    struct values values = {0};
    char phase[PHASE_MAX];
    int ep = endpoint_of(import, test);
    if (prompt > 0 && generated > 0)
        snprintf(phase, sizeof phase, "pg%.0f+%.0f", prompt, generated);
    else
        snprintf(phase, sizeof phase, "%s%.0f", prompt > 0 ? "pp" : "tg",
                 prompt > 0 ? prompt : generated);
    size_t length = strlen(phase);
    if (depth > 0)
        snprintf(phase + length, sizeof phase - length, "@d%.0f", depth);
    cJSON_ArrayForEach(sample, samples) {
        if (cJSON_IsNumber(sample))
            values_add(&values, sample->valuedouble);
    }
    enum metric_id metric = generated > 0 ? METRIC_DECODE : METRIC_PREFILL;
    if (values.count > 0)
        import_sample(import, ep, SUITE_AGENTIC, phase, metric, &values);
    else
        import_figure(import, ep, SUITE_AGENTIC, phase, metric, STAT_MEAN,
                      json_number(test, "avg_ts"), -1);
    values_done(&values);
}

bool import_llamabench(struct import *import, const struct cJSON *root) {
    const struct cJSON *first = cJSON_IsArray(root) ? root->child : root, *test;
    if (!is_test(first))
        return false;
    char *cpu = import_text(first, "gpu_info");
    import->run.machine.chip = cpu ? cpu : import_text(first, "cpu_info");
    import->run.started = import_text(first, "test_time");
    for (test = first; test; test = cJSON_IsArray(root) ? test->next : NULL)
        if (is_test(test))
            add_test(import, test);
    import_note(import, NOTE_INFO, -1,
                "imported from llama-bench: measured inside the process, without a server, a "
                "template or a stream; there is no TTFT");
    return true;
}
