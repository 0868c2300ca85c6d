#include "engines/answers.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "net/scrape.h"

void answers_done(struct answers *answers) {
    for (int i = 0; i < ANSWER_COUNT; i++) {
        json_free(answers->json[i]);
        fetch_done(&answers->fetches[i]);
    }
    *answers = (struct answers){0};
}

/* ---- the version ---- */

static int index_of(const struct engine_row *row, const char *path) {
    if (strcmp(path, "/api/version") == 0)
        return ANSWER_VERSION;
    for (int i = 0; i < ENGINE_ASKS_MAX && row->asks[i]; i++)
        if (strcmp(row->asks[i], path) == 0)
            return ANSWER_FIRST + i;
    return -1;
}

/* "info.version": one member inside the other. */
static const char *text_at(const cJSON *tree, const char *path) {
    const char *dot = strchr(path, '.');
    if (!dot)
        return json_string(tree, path);
    char *outer = mem_bytes(path, (size_t)(dot - path));
    const char *text = json_string(json_object(tree, outer), dot + 1);
    free(outer);
    return text;
}

static char *version_of_series(const struct fetch *fetch, const char *series) {
    struct scrape scrape;
    struct scrape_line line;
    if (!fetch->over || fetch->status != 200)
        return NULL;
    scrape_init(&scrape, buf_string(&fetch->reply), fetch->reply.length);
    while (scrape_next(&scrape, &line))
        if (strcmp(line.name, series) == 0)
            return mem_string(scrape_label(&line, "version"));
    return NULL;
}

static void read_version(const struct answers *answers, struct finding *finding) {
    const struct engine_row *row = engine_row(finding->engine);
    int at = row->version.path ? index_of(row, row->version.path) : -1;
    if (at < 0)
        return;
    if (row->version.series)
        finding->version = version_of_series(&answers->fetches[at], row->version.series);
    else
        finding->version = mem_string(text_at(answers->json[at], row->version.member));
}

/* ---- the model ---- */

static void set(char **slot, const char *text) {
    if (!text || !text[0])
        return;
    free(*slot);
    *slot = mem_string(text);
}

static void set_context(struct finding *finding, const cJSON *object, const char *key) {
    int64_t tokens = json_integer(object, key, COUNT_NONE);
    if (tokens > 0)
        finding->context = tokens;
}

static bool is_wanted(const cJSON *model, const char *key, const char *wanted) {
    const char *id = json_string(model, key);
    return id && wanted && strcmp(id, wanted) == 0;
}

/* Of a list of models the wanted one, else the first that `loaded` finds loaded, else the first. */
static const cJSON *choose(const cJSON *list, const char *key, const char *wanted,
                           bool (*loaded)(const cJSON *model)) {
    const cJSON *model, *best = NULL;
    cJSON_ArrayForEach(model, list) {
        if (is_wanted(model, key, wanted))
            return model;
        if (json_string(model, key) && !wanted &&
            (!best || (loaded && loaded(model) && !loaded(best))))
            best = model;
    }
    return best;
}

static bool same(const char *a, const char *b) {
    return a && b && strcasecmp(a, b) == 0;
}

static const cJSON *models_of(const struct answers *answers) {
    return json_array(answers->json[ANSWER_MODELS], "data");
}

/* What /v1/models tells, the same for most. */
static void read_list(const struct answers *answers, const char *wanted, struct finding *finding) {
    const cJSON *list = models_of(answers), *model = choose(list, "id", wanted, NULL);
    finding->models = (size_t)cJSON_GetArraySize(list);
    set(&finding->model, json_string(model, "id"));
    set_context(finding, model, "max_model_len");
    set_context(finding, model, "context_window");
}

static bool router_has_loaded(const cJSON *model) {
    return same(json_string(json_object(model, "status"), "value"), "loaded");
}

static void read_llamacpp(const struct answers *answers, const char *wanted,
                          struct finding *finding) {
    const cJSON *list = models_of(answers), *model = choose(list, "id", wanted, router_has_loaded);
    const cJSON *meta = json_object(model, "meta"), *props = answers->json[ANSWER_FIRST];
    const char *status = json_string(json_object(model, "status"), "value");
    finding->models = (size_t)cJSON_GetArraySize(list);
    set(&finding->model, json_string(model, "id"));
    set(&finding->quant, json_string(props, "model_ftype"));
    set(&finding->quant, json_string(meta, "ftype"));
    set_context(finding, meta, "n_ctx");
    set_context(finding, json_object(props, "default_generation_settings"), "n_ctx");
    if (model)
        finding->loaded = !status || same(status, "loaded") ? CHECK_YES : CHECK_NO;
    if (json_bool(props, "is_sleeping", false))
        finding->loaded = CHECK_NO;
}

/* Its list is the cache's, and the first is not the loaded one: where there are several, the name
 * that means the one it was started with. Any other would make it load another (C.3). */
static void read_mlxlm(const struct answers *answers, const char *wanted, struct finding *finding) {
    read_list(answers, wanted, finding);
    if (!wanted && finding->models > 1)
        set(&finding->model, "default_model");
}

static bool lmstudio_has_loaded(const cJSON *model) {
    return same(json_string(model, "state"), "loaded") &&
           !same(json_string(model, "type"), "embeddings");
}

/* Context of the instance that is loaded: smaller than what the model could. */
static void read_instance(const cJSON *list, struct finding *finding) {
    const cJSON *model, *instance;
    cJSON_ArrayForEach(model, list) {
        cJSON_ArrayForEach(instance, json_array(model, "loaded_instances")) {
            if (is_wanted(instance, "id", finding->model))
                set_context(finding, json_object(instance, "config"), "context_length");
        }
    }
}

static void read_lmstudio(const struct answers *answers, const char *wanted,
                          struct finding *finding) {
    const cJSON *list = json_array(answers->json[ANSWER_LMSTUDIO], "data");
    const cJSON *model = choose(list, "id", wanted, lmstudio_has_loaded);
    const char *kind = json_string(model, "compatibility_type");
    finding->models = (size_t)cJSON_GetArraySize(list);
    set(&finding->model, json_string(model, "id"));
    set(&finding->quant, json_string(model, "quantization"));
    set(&finding->format, same(kind, "gguf") ? "GGUF" : same(kind, "mlx") ? "MLX" : kind);
    set_context(finding, model, "max_context_length");
    set_context(finding, model, "loaded_context_length");
    read_instance(json_array(answers->json[ANSWER_FIRST], "models"), finding);
    if (model)
        finding->loaded = lmstudio_has_loaded(model) ? CHECK_YES : CHECK_NO;
}

/* Three of them say in /health which model is loaded. */
static void read_health(const struct answers *answers, const char *wanted,
                        struct finding *finding) {
    const cJSON *health = answers->json[ANSWER_HEALTH];
    const cJSON *loaded = json_member(health, "model_loaded");
    const char *name = json_string(health, "model_name");
    read_list(answers, wanted, finding);
    if (!wanted)
        set(&finding->model, name);
    if (cJSON_IsBool(loaded))
        finding->loaded = cJSON_IsTrue(loaded) ? CHECK_YES : CHECK_NO;
}

static bool omlx_has_loaded(const cJSON *model) {
    return json_bool(model, "loaded", false);
}

static void read_omlx(const struct answers *answers, const char *wanted, struct finding *finding) {
    const cJSON *states = json_array(answers->json[ANSWER_FIRST + 1], "models");
    const char *usual = json_string(answers->json[ANSWER_HEALTH], "default_model");
    if (!states)
        states = json_array(answers->json[ANSWER_FIRST + 1], "data");
    const cJSON *state = choose(states, "id", wanted, omlx_has_loaded);
    const char *id = json_string(state, "id");
    if (!wanted && usual && (!state || !omlx_has_loaded(state)))
        id = usual; /* nothing is loaded: what it would load */
    read_list(answers, wanted ? wanted : id, finding);
    if (state && finding->model && is_wanted(state, "id", finding->model))
        finding->loaded = omlx_has_loaded(state) ? CHECK_YES : CHECK_NO;
}

static void read_ollama(const struct answers *answers, const char *wanted,
                        struct finding *finding) {
    const cJSON *resident = json_array(answers->json[ANSWER_FIRST], "models");
    const cJSON *installed = json_array(answers->json[ANSWER_FIRST + 1], "models");
    const cJSON *loaded = choose(resident, "name", wanted, NULL);
    const cJSON *model = loaded ? loaded : choose(installed, "name", wanted, NULL);
    const cJSON *details = json_object(model, "details");
    const char *format = json_string(details, "format");
    finding->models = (size_t)cJSON_GetArraySize(installed);
    set(&finding->model, json_string(model, "name"));
    set(&finding->quant, json_string(details, "quantization_level"));
    set(&finding->format, same(format, "gguf")          ? "GGUF"
                          : same(format, "safetensors") ? "MLX"
                                                        : format);
    set_context(finding, loaded, "context_length");
    if (model)
        finding->loaded = loaded ? CHECK_YES : CHECK_NO;
}

/* vLLM and SGLang by their own names, where they tell a version. */
static void read_other(const struct answers *answers, const char *wanted, struct finding *finding) {
    const cJSON *list = models_of(answers);
    const char *owner = list && list->child ? json_string(list->child, "owned_by") : NULL;
    read_list(answers, wanted, finding);
    if (!finding->version || !(same(owner, "vllm") || same(owner, "sglang")))
        return;
    char *both = mem_format("%s %s", same(owner, "vllm") ? "vLLM" : "SGLang", finding->version);
    free(finding->version);
    finding->version = both;
}

static void (*const readers[ENGINE_COUNT])(const struct answers *, const char *,
                                           struct finding *) = {
    [ENGINE_LLAMACPP] = read_llamacpp, [ENGINE_MLXLM] = read_mlxlm,
    [ENGINE_LMSTUDIO] = read_lmstudio, [ENGINE_RAPIDMLX] = read_health,
    [ENGINE_VLLMMLX] = read_health,    [ENGINE_OMLX] = read_omlx,
    [ENGINE_VMLX] = read_health,       [ENGINE_OLLAMA] = read_ollama,
    [ENGINE_OPENAI] = read_other,
};

void answers_read(const struct answers *answers, const char *wanted, struct finding *finding) {
    read_version(answers, finding);
    readers[finding->engine](answers, wanted, finding);
    if (wanted)
        set(&finding->model, wanted);
    if (!finding->format)
        finding->format = mem_string(engine_row(finding->engine)->format);
    if (!finding->quant && finding->model)
        finding->quant = quant_in_name(finding->model);
}

/* ---- names ---- */

static bool is_boundary(const char *name, const char *at) {
    return at == name || !isalnum((unsigned char)at[-1]);
}

/* Length of a quantisation's word at `at`; 0: none begins there. */
static size_t quant_length(const char *at) {
    static const char *const words[] = {"mxfp4", "mxfp8", "nvfp4", "bf16", "fp16", "f16", "fp8"};
    size_t digits = strspn(at, "0123456789");
    size_t length = 0;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strncasecmp(at, words[i], strlen(words[i])) == 0)
            length = strlen(words[i]);
    if (digits > 0 && strncasecmp(at + digits, "bit", 3) == 0)
        length = digits + 3;
    size_t letters = strncasecmp(at, "iq", 2) == 0 ? 2 : tolower((unsigned char)at[0]) == 'q';
    if (letters > 0 && isdigit((unsigned char)at[letters]) && at[letters + 1] == '_') {
        length = letters + 1; /* Q4_K_M, IQ4_XS, q8_0 */
        while (isalnum((unsigned char)at[length]) || at[length] == '_')
            length++;
    }
    return isalnum((unsigned char)at[length]) ? 0 : length;
}

char *quant_in_name(const char *model) {
    for (const char *at = model; *at; at++)
        if (is_boundary(model, at) && quant_length(at) > 0)
            return mem_bytes(at, quant_length(at));
    return NULL;
}
