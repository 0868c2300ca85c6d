/* Whether an endpoint answers: connections before a phase, waiting for readiness. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "suites/lane_inner.h"

#define CONNECT_MS 5000
#define PROBE_MS 5000
#define READY_COMMAND_MS 30000
#define REPLY_MAX ((size_t)1 << 20)
#define FIRST_WAIT_US INT64_C(100000)
#define LONGEST_WAIT_US INT64_C(1000000)

size_t lane_connect(struct lane *lane, int ep, size_t count, double *connect_ms) {
    struct slot *slot = lane_slot(lane, ep);
    lane_settle(lane);
    char *url = mem_format("%s/health", slot->endpoint->url);
    char *key = lane_authorization(lane, slot);
    const char *headers[] = {key};
    double ms = NAN;
    size_t open =
        http_open_connections(lane->http, url, count, CONNECT_MS, headers, key ? 1 : 0, &ms);
    free(url);
    free(key);
    slot->connect_ms = open == 1 ? ms : NAN;
    if (connect_ms)
        *connect_ms = ms;
    if (open == 0 && !lane_stopped(lane) && !lane_skips(lane))
        lane_set_state(lane, slot, ENDPOINT_DOWN, "connection refused");
    return open;
}

static bool get(struct lane *lane, struct slot *slot, const char *path, struct http_reply *reply,
                struct error *error) {
    char *url = mem_format("%s%s", slot->endpoint->url, path);
    char *key = lane_authorization(lane, slot);
    const char *headers[] = {key};
    bool answered = http_fetch(lane->http, "GET", url, headers, key ? 1 : 0, NULL, PROBE_MS,
                               REPLY_MAX, reply, error);
    free(url);
    free(key);
    return answered;
}

/* Some answer 200 while they load and say it in the body (facts/engines.md). */
static bool body_says_loading(const struct http_reply *reply) {
    struct cJSON *body = json_parse(reply->body, reply->length, NULL);
    const char *status = cJSON_IsObject(body) ? json_string(body, "status") : NULL;
    bool loading = cJSON_IsObject(body) && !json_bool(body, "ready", true);
    if (status && (strcmp(status, "loading") == 0 || strcmp(status, "unhealthy") == 0))
        loading = true;
    json_free(body);
    return loading;
}

/* The first model of the list, for an endpoint that was down when models were asked for. */
static void take_model(struct slot *slot, const struct http_reply *reply) {
    if (slot->endpoint->model || slot->model || reply->status != 200)
        return;
    struct cJSON *body = json_parse(reply->body, reply->length, NULL);
    const struct cJSON *data = cJSON_IsObject(body) ? json_array(body, "data") : NULL;
    const struct cJSON *first = data ? cJSON_GetArrayItem(data, 0) : NULL;
    if (cJSON_IsObject(first))
        slot->model = mem_string(json_string(first, "id"));
    json_free(body);
}

static enum endpoint_state state_of(const struct http_reply *reply, const struct error *error,
                                    bool answered, char *detail, size_t size) {
    if (!answered && (reply->class == ERROR_TIMEOUT_CALL || reply->class == ERROR_CANCELLED)) {
        copy_text(detail, size, "connected, no answer yet");
        return ENDPOINT_LOADING;
    }
    if (!answered) {
        copy_text(detail, size, error->text);
        return ENDPOINT_DOWN;
    }
    if (reply->status == 503 || (reply->status == 200 && body_says_loading(reply))) {
        copy_text(detail, size, "the model is loading");
        return ENDPOINT_LOADING;
    }
    return ENDPOINT_UP;
}

static enum endpoint_state probe_command(struct lane *lane, const struct slot *slot, char *detail,
                                         size_t size) {
    struct error error = {0};
    if (lane_shell(lane, slot->endpoint->ready, READY_COMMAND_MS, &error) == 0)
        return ENDPOINT_UP;
    snprintf(detail, size, "its ready command fails: %.150s", error.text);
    return ENDPOINT_DOWN;
}

/* /health; where there is no such route or a model is wanted, the model list too. */
static enum endpoint_state probe(struct lane *lane, struct slot *slot, char *detail, size_t size) {
    struct http_reply reply = {0};
    struct error error = {0};
    if (slot->endpoint->ready)
        return probe_command(lane, slot, detail, size);
    bool answered = get(lane, slot, "/health", &reply, &error);
    enum endpoint_state state = state_of(&reply, &error, answered, detail, size);
    bool enough = reply.status == 200 && (slot->endpoint->model || slot->model);
    http_reply_done(&reply);
    if (state != ENDPOINT_UP || enough)
        return state;
    answered = get(lane, slot, "/v1/models", &reply, &error);
    state = state_of(&reply, &error, answered, detail, size);
    if (answered && state == ENDPOINT_UP)
        take_model(slot, &reply);
    http_reply_done(&reply);
    return state;
}

/* Who it is, for an endpoint that was down when the others were asked. */
static void meet(struct lane *lane, struct slot *slot) {
    const struct endpoint *endpoint = slot->endpoint;
    struct endpoint known;
    if (!lane->bench->identify || slot->met)
        return;
    slot->met = true;
    if (endpoint->engine_set || endpoint->engine != ENGINE_OPENAI || endpoint->engine_version)
        return;
    endpoint_init(&known);
    endpoint_copy(&known, endpoint);
    lane->bench->identify(&known, lane->bench->key_of);
    slot->engine = known.engine;
    slot->dialect = *lane->bench->dialect_of(&known);
    slot->engine_version = mem_string(known.engine_version);
    if (!endpoint->model && known.model) {
        free(slot->model);
        slot->model = mem_string(known.model);
    }
    endpoint_done(&known);
}

enum lane_wait lane_ready(struct lane *lane, int ep, int64_t timeout_ms) {
    struct slot *slot = lane_slot(lane, ep);
    int64_t begin_us = lane_now_us(lane), wait_us = FIRST_WAIT_US;
    int64_t load_ms = timeout_ms > LANE_LOAD_MS ? timeout_ms : LANE_LOAD_MS;
    lane_settle(lane); /* what was asked before does not cut the first look short */
    while (!lane_stopped(lane)) {
        char detail[200] = "";
        enum endpoint_state state = probe(lane, slot, detail, sizeof detail);
        if (lane_stopped(lane))
            break;
        if (state == ENDPOINT_UP)
            meet(lane, slot);
        lane_set_state(lane, slot, state, detail[0] ? detail : NULL);
        if (state == ENDPOINT_UP)
            return LANE_READY;
        if (lane_skips(lane))
            return LANE_WAIT_SKIPPED;
        int64_t left_us = (state == ENDPOINT_LOADING ? load_ms : timeout_ms) * 1000 -
                          (lane_now_us(lane) - begin_us);
        if (left_us <= 0)
            return LANE_NOT_READY;
        lane_pause(lane, wait_us < left_us ? wait_us : left_us);
        wait_us = wait_us * 3 / 2 < LONGEST_WAIT_US ? wait_us * 3 / 2 : LONGEST_WAIT_US;
    }
    return LANE_WAIT_STOPPED;
}
