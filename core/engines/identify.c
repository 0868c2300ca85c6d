#include "engines/identify.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "engines/answers.h"

/* ---- the sign ---- */

static bool owned_by(const char *owner, const char *by) {
    size_t length = strlen(by); /* "vllm-mlx-embedding" is vllm-mlx too */
    return strncmp(owner, by, length) == 0 && (owner[length] == '\0' || owner[length] == '-');
}

static bool found(struct finding *finding, enum engine_id engine, const char *how) {
    finding->engine = engine;
    finding->serves = true;
    copy_text(finding->how, sizeof finding->how, how);
    return true;
}

/* (a) Whose models they are. */
static bool by_owner(const struct answers *answers, struct finding *finding) {
    const cJSON *list = json_array(answers->json[ANSWER_MODELS], "data"), *model;
    cJSON_ArrayForEach(model, list) {
        const char *owner = json_string(model, "owned_by");
        for (int i = 0; owner && i < ENGINE_COUNT; i++) {
            const char *by = engine_row((enum engine_id)i)->owned_by;
            char how[80];
            snprintf(how, sizeof how, "owned_by \"%.40s\" in /v1/models", owner);
            if (by && owned_by(owner, by))
                return found(finding, (enum engine_id)i, how);
        }
    }
    return false;
}

/* (b) llama.cpp signs every reply, also "loading" and "no key". */
static bool by_header(const struct answers *answers, struct finding *finding) {
    for (int i = 0; i < ANSWER_FIRST; i++)
        if (strcmp(answers->fetches[i].server, "llama.cpp") == 0)
            return found(finding, ENGINE_LLAMACPP, "header Server: llama.cpp");
    return false;
}

static bool is_served(const struct answers *answers, enum answer which) {
    return answers->fetches[which].status == 200 && answers->json[which] &&
           !json_member(answers->json[which], "error");
}

/* (c) vMLX answers /api/version too, but has a health route. */
static bool by_ollama(const struct answers *answers, struct finding *finding) {
    const struct fetch *health = &answers->fetches[ANSWER_HEALTH];
    return json_string(answers->json[ANSWER_VERSION], "version") && health->status == 404 &&
           found(finding, ENGINE_OLLAMA, "/api/version, and no /health");
}

/* (d) Its own list has states; with nothing downloaded its answer to unknown paths is left. */
static bool by_lmstudio(const struct answers *answers, struct finding *finding) {
    const cJSON *list = json_array(answers->json[ANSWER_LMSTUDIO], "data");
    const char *said = json_string(answers->json[ANSWER_HEALTH], "error");
    if (list && list->child && json_string(list->child, "state"))
        return found(finding, ENGINE_LMSTUDIO, "models with a state in /api/v0/models");
    return list && said && strncmp(said, "Unexpected endpoint", 19) == 0 &&
           found(finding, ENGINE_LMSTUDIO, "/api/v0/models, and 200 to an unknown path");
}

/* (e) Python's own server, models that nobody owns. */
static bool by_python(const struct answers *answers, struct finding *finding) {
    const cJSON *list = json_array(answers->json[ANSWER_MODELS], "data"), *model;
    if (!list || !strstr(answers->fetches[ANSWER_MODELS].server, "Python"))
        return false;
    cJSON_ArrayForEach(model, list) {
        if (json_member(model, "owned_by"))
            return false;
    }
    return found(finding, ENGINE_MLXLM, "models without owned_by, a Python server");
}

/* Where the list of models wants a key that is not there: what /health looks like. */
static bool by_health(const struct answers *answers, struct finding *finding) {
    const cJSON *health = answers->json[ANSWER_HEALTH];
    if (!is_served(answers, ANSWER_HEALTH))
        return false;
    if (json_object(health, "engine_pool"))
        return found(finding, ENGINE_OMLX, "engine_pool in /health");
    if (json_string(health, "engine_type"))
        return json_member(health, "memory") || json_member(health, "kv_cache_quantization")
                   ? found(finding, ENGINE_VMLX, "memory and engine_type in /health")
                   : found(finding, ENGINE_VLLMMLX, "engine_type in /health");
    if (cJSON_IsBool(json_member(health, "ready")) && json_member(health, "model_loaded"))
        return found(finding, ENGINE_RAPIDMLX, "ready and model_loaded in /health");
    return false;
}

/* Any other: it lists models. */
static bool by_list(const struct answers *answers, struct finding *finding) {
    const cJSON *list = json_array(answers->json[ANSWER_MODELS], "data");
    const char *owner = list && list->child ? json_string(list->child, "owned_by") : NULL;
    char how[100] = "a list of models in /v1/models";
    if (owner)
        snprintf(how, sizeof how, "owned_by \"%.40s\" in /v1/models", owner);
    return list && found(finding, ENGINE_OPENAI, how);
}

static bool is_simulated(const struct answers *answers) {
    for (int i = 0; i < ANSWER_COUNT; i++)
        if (answers->json[i] && json_bool(answers->json[i], SIM_SIGN, false))
            return true;
    return false;
}

static void tell_engine(const struct answers *answers, struct finding *finding) {
    static bool (*const signs[])(const struct answers *, struct finding *) = {
        by_owner, by_header, by_ollama, by_lmstudio, by_python, by_health, by_list};
    finding->simulated = is_simulated(answers);
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (signs[i](answers, finding))
            return;
}

/* ---- whether it answers ---- */

static void tell_silence(const struct answers *answers, struct finding *finding) {
    const struct fetch *models = &answers->fetches[ANSWER_MODELS];
    bool slow = models->class == ERROR_TIMEOUT_CALL || models->class == ERROR_TIMEOUT_FIRST_TOKEN ||
                models->class == ERROR_TIMEOUT_STALL || !models->over;
    finding->state = slow ? ENDPOINT_LOADING : ENDPOINT_DOWN;
    copy_text(finding->detail, sizeof finding->detail,
              slow ? "connected, no answer yet" : models->detail);
}

static void tell_state(const struct answers *answers, struct finding *finding) {
    const struct cJSON *health = answers->json[ANSWER_HEALTH];
    bool any = false, loading = false;
    for (int i = 0; i < ANSWER_FIRST; i++)
        any = any || answers->fetches[i].status != 0;
    if (!any) {
        tell_silence(answers, finding);
        return;
    }
    loading = answers->fetches[ANSWER_MODELS].status == 503 ||
              answers->fetches[ANSWER_HEALTH].status == 503 || !json_bool(health, "ready", true);
    finding->state = loading ? ENDPOINT_LOADING : ENDPOINT_UP;
    if (loading)
        copy_text(finding->detail, sizeof finding->detail, "the model is loading");
}

/* ---- the round ---- */

/* One endpoint being looked at. */
struct look {
    const struct endpoint *endpoint;
    struct answers answers;
    struct finding *finding;
    char *header;
    bool second; /* the engine is known, its own paths were asked */
};

static bool all_over(const struct look *look, int from, int to) {
    for (int i = from; i < to; i++)
        if (look->answers.fetches[i].begun && !look->answers.fetches[i].over)
            return false;
    return true;
}

static void begin(struct look *look, struct fetcher *fetcher, enum answer which, const char *path,
                  int64_t timeout_ms) {
    look->answers.fetches[which].header = look->header;
    fetch_start(fetcher, &look->answers.fetches[which], look->endpoint->url, path, timeout_ms);
}

static void begin_first(struct look *look, struct fetcher *fetcher, int64_t timeout_ms) {
    static const char *const paths[ANSWER_FIRST] = {[ANSWER_MODELS] = "/v1/models",
                                                    [ANSWER_HEALTH] = "/health",
                                                    [ANSWER_VERSION] = "/api/version",
                                                    [ANSWER_LMSTUDIO] = "/api/v0/models"};
    for (int i = 0; i < ANSWER_FIRST; i++)
        begin(look, fetcher, (enum answer)i, paths[i], timeout_ms);
}

static void take_json(struct look *look, int from, int to) {
    for (int i = from; i < to; i++) {
        struct cJSON *tree = fetch_json(&look->answers.fetches[i]);
        look->answers.json[i] = cJSON_IsObject(tree) ? tree : NULL;
        if (!look->answers.json[i])
            json_free(tree);
    }
}

static void tell_first(struct look *look) {
    struct finding *finding = look->finding;
    int status = look->answers.fetches[ANSWER_MODELS].status;
    take_json(look, 0, ANSWER_FIRST);
    tell_state(&look->answers, finding);
    tell_engine(&look->answers, finding);
    finding->refused = fetch_wants_key(status);
    if (finding->refused && finding->state == ENDPOINT_UP)
        fetch_tell_key(finding->detail, sizeof finding->detail, status,
                       look->endpoint->key_variable, look->header);
}

static void begin_second(struct look *look, struct fetcher *fetcher, int64_t timeout_ms) {
    struct finding *finding = look->finding;
    tell_first(look);
    if (look->endpoint->engine_set && finding->engine != look->endpoint->engine)
        found(finding, look->endpoint->engine, "told by the user");
    look->second = true;
    const struct engine_row *row = engine_row(finding->engine);
    for (int i = 0; i < ENGINE_ASKS_MAX && row->asks[i] && finding->serves; i++)
        begin(look, fetcher, (enum answer)(ANSWER_FIRST + i), row->asks[i], timeout_ms);
}

static void conclude(struct look *look) {
    if (!look->second) /* out of time: what came until then must do */
        tell_first(look);
    else
        take_json(look, ANSWER_FIRST, ANSWER_COUNT);
    if (look->endpoint->engine_set)
        look->finding->engine = look->endpoint->engine;
    answers_read(&look->answers, look->endpoint->model, look->finding);
}

static bool step(struct look *looks, size_t count, struct fetcher *fetcher, int64_t until_us) {
    bool pending = false;
    for (size_t i = 0; i < count; i++) {
        struct look *look = &looks[i];
        int64_t left_ms = (until_us - clock_us()) / 1000;
        if (!look->second && all_over(look, 0, ANSWER_FIRST) && left_ms > 0)
            begin_second(look, fetcher, left_ms);
        pending = pending || !all_over(look, 0, ANSWER_COUNT);
    }
    return pending && clock_us() < until_us;
}

void identify(const struct endpoint *endpoints, size_t count,
              const char *(*key_of)(const char *variable), int64_t timeout_ms,
              struct finding *findings) {
    struct fetcher *fetcher = fetcher_new();
    struct look *looks = mem_zero(count, sizeof *looks);
    int64_t until_us = clock_us() + timeout_ms * 1000;
    for (size_t i = 0; i < count; i++) {
        findings[i] =
            (struct finding){.engine = ENGINE_OPENAI, .context = COUNT_NONE, .loaded = CHECK_NONE};
        looks[i].endpoint = &endpoints[i];
        looks[i].finding = &findings[i];
        looks[i].header = fetch_key_header(endpoints[i].key_variable, key_of);
        begin_first(&looks[i], fetcher, timeout_ms);
    }
    while (step(looks, count, fetcher, until_us))
        fetch_wait(fetcher, until_us - clock_us());
    for (size_t i = 0; i < count; i++)
        conclude(&looks[i]);
    fetcher_free(fetcher);
    for (size_t i = 0; i < count; i++) {
        answers_done(&looks[i].answers);
        free(looks[i].header);
    }
    free(looks);
}

/* ---- what comes of it ---- */

void finding_done(struct finding *finding) {
    free(finding->version);
    free(finding->model);
    free(finding->format);
    free(finding->quant);
    *finding = (struct finding){0};
}

static void take(char **slot, const char *text) {
    if (!*slot)
        *slot = mem_string(text);
}

void finding_apply(const struct finding *finding, struct endpoint *endpoint) {
    if (!endpoint->engine_set && finding->serves)
        endpoint->engine = finding->engine;
    endpoint->simulated |= finding->simulated;
    take(&endpoint->engine_version, finding->version);
    take(&endpoint->model, finding->model);
    take(&endpoint->format, finding->format);
    take(&endpoint->quant, finding->quant);
}

void engine_meet(struct endpoint *endpoint, const char *(*key_of)(const char *variable)) {
    struct finding finding;
    identify(endpoint, 1, key_of, IDENTIFY_MS, &finding);
    finding_apply(&finding, endpoint);
    finding_done(&finding);
}
