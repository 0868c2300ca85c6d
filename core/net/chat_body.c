#include <cjson/cJSON.h>
#include <string.h>

#include "base/json.h"
#include "net/chat.h"

/* Servers nobody described: the template's own switch, as vLLM and SGLang take it too. */
const struct dialect dialect_openai = {
    .path = "/v1/chat/completions",
    .thinking_body = {[THINKING_OFF] = "{\"chat_template_kwargs\":{\"enable_thinking\":false}}",
                      [THINKING_ON] = "{\"chat_template_kwargs\":{\"enable_thinking\":true}}"},
    .include_usage = true,
    .sends_seed = true,
};

/* Some servers read the seed as a signed 32-bit integer. */
#define SEED_MASK UINT64_C(0x7fffffff)

static void add(cJSON *to, const char *key, cJSON *value) {
    if (!value || !(key ? cJSON_AddItemToObject(to, key, value) : cJSON_AddItemToArray(to, value)))
        die("chat: no memory for a request");
}

static void add_text(cJSON *to, const char *key, const char *text) {
    add(to, key, cJSON_CreateStringReference(text));
}

/* Lays `over` on `into`: objects are merged, a null takes the member away, the rest replaces. */
static void merge(cJSON *into, const cJSON *over) {
    for (const cJSON *child = over->child; child; child = child->next) {
        cJSON *old = cJSON_GetObjectItemCaseSensitive(into, child->string);
        if (cJSON_IsObject(old) && cJSON_IsObject(child)) {
            merge(old, child);
            continue;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(into, child->string);
        if (!cJSON_IsNull(child))
            add(into, child->string, cJSON_Duplicate(child, true));
    }
}

static bool merge_text(cJSON *body, const char *text, const char *what, struct error *error) {
    struct error problem = {0};
    if (!text)
        return true;
    cJSON *over = json_parse(text, strlen(text), &problem);
    if (!over)
        return error_set(error, "%s: %s", what, problem.text);
    bool is_object = cJSON_IsObject(over);
    if (is_object)
        merge(body, over);
    json_free(over);
    return is_object || error_set(error, "%s: not a JSON object", what);
}

/* Ollama's own API wants the arguments as an object, OpenAI's as text. */
static void open_arguments(cJSON *tool_calls) {
    cJSON *call;
    cJSON_ArrayForEach(call, tool_calls) {
        cJSON *function = cJSON_GetObjectItemCaseSensitive(call, "function");
        const char *text = json_string(function, "arguments");
        if (!text)
            continue;
        cJSON *arguments = json_parse(text, strlen(text), NULL);
        if (!cJSON_IsObject(arguments)) {
            json_free(arguments);
            arguments = cJSON_CreateObject();
        }
        cJSON_DeleteItemFromObjectCaseSensitive(function, "arguments");
        add(function, "arguments", arguments);
    }
}

static bool add_array(cJSON *to, const char *key, const char *text, struct error *error) {
    struct error problem = {0};
    cJSON *array = json_parse(text, strlen(text), &problem);
    if (!cJSON_IsArray(array)) {
        json_free(array);
        return error_set(error, "%s: %s", key, array ? "not a JSON array" : problem.text);
    }
    add(to, key, array);
    return true;
}

static bool add_message(cJSON *messages, const struct chat_message *message, bool native,
                        struct error *error) {
    cJSON *item = cJSON_CreateObject();
    add(messages, NULL, item);
    add_text(item, "role", message->role);
    /* Not null: templates that join strings fail on none, and none refuses an empty one. */
    add_text(item, "content", message->content ? message->content : "");
    if (message->reasoning)
        add_text(item, native ? "thinking" : "reasoning_content", message->reasoning);
    if (message->tool_call_id)
        add_text(item, "tool_call_id", message->tool_call_id);
    if (!message->tool_calls)
        return true;
    if (!add_array(item, "tool_calls", message->tool_calls, error))
        return false;
    if (native)
        open_arguments(cJSON_GetObjectItemCaseSensitive(item, "tool_calls"));
    return true;
}

static void add_openai_limits(cJSON *body, const struct chat_request *request,
                              const struct dialect *dialect) {
    if (request->stream && dialect->include_usage) {
        cJSON *options = cJSON_CreateObject();
        add(body, "stream_options", options);
        add(options, "include_usage", cJSON_CreateTrue());
    }
    if (request->max_tokens > 0)
        add(body, "max_tokens", cJSON_CreateNumber(request->max_tokens));
    add(body, "temperature", cJSON_CreateNumber(0));
    if (dialect->sends_seed)
        add(body, "seed", cJSON_CreateNumber((double)(request->seed & SEED_MASK)));
}

static void add_ollama_limits(cJSON *body, const struct chat_request *request,
                              const struct dialect *dialect) {
    cJSON *options = cJSON_CreateObject();
    add(body, "options", options);
    if (request->max_tokens > 0)
        add(options, "num_predict", cJSON_CreateNumber(request->max_tokens));
    add(options, "temperature", cJSON_CreateNumber(0));
    if (dialect->sends_seed)
        add(options, "seed", cJSON_CreateNumber((double)(request->seed & SEED_MASK)));
    if (request->thinking != THINKING_DEFAULT && !dialect->thinking_body[request->thinking])
        add(body, "think", cJSON_CreateBool(request->thinking == THINKING_ON));
}

static bool fill(cJSON *body, const struct chat_request *request, const struct dialect *dialect,
                 struct error *error) {
    cJSON *messages = cJSON_CreateArray();
    add_text(body, "model", request->model ? request->model : "");
    add(body, "messages", messages);
    for (size_t i = 0; i < request->message_count; i++) {
        if (!add_message(messages, &request->messages[i], dialect->native_ollama, error))
            return false;
    }
    if (request->tools && !add_array(body, "tools", request->tools, error))
        return false;
    add(body, "stream", cJSON_CreateBool(request->stream));
    if (dialect->native_ollama)
        add_ollama_limits(body, request, dialect);
    else
        add_openai_limits(body, request, dialect);
    if (!merge_text(body, dialect->thinking_body[request->thinking], "thinking", error))
        return false;
    if (request->preserve_thinking_set)
        merge_text(body,
                   request->preserve_thinking
                       ? "{\"chat_template_kwargs\":{\"preserve_thinking\":true}}"
                       : "{\"chat_template_kwargs\":{\"preserve_thinking\":false}}",
                   "preserve_thinking", NULL);
    return merge_text(body, request->extra_body, "extra_body", error);
}

bool chat_body(struct buf *out, const struct chat_request *request, const struct dialect *dialect,
               struct error *error) {
    cJSON *body = cJSON_CreateObject();
    if (!body)
        die("chat: no memory for a request");
    bool good = fill(body, request, dialect, error);
    if (good && !json_print(out, body))
        good = error_set(error, "the request is larger than %zu bytes", out->limit);
    json_free(body);
    return good;
}
