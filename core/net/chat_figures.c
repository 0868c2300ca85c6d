#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "net/chat_inner.h"

#define SERVER_MAX ((size_t)16 << 10) /* of the figures that are kept as text */

void figures_done(struct figures *figures) {
    json_free(figures->usage);
    json_free(figures->timings);
    json_free(figures->stats);
    json_free(figures->durations);
    *figures = (struct figures){0};
}

static void take_object(struct cJSON **to, cJSON *chunk, const char *key) {
    if (!json_object(chunk, key))
        return;
    json_free(*to);
    *to = cJSON_DetachItemFromObjectCaseSensitive(chunk, key);
}

/* Ollama's own API: nanoseconds and counts on the last line, those that are zero left out. */
static const char *const duration_keys[] = {"total_duration",    "load_duration",
                                            "prompt_eval_count", "prompt_eval_duration",
                                            "eval_count",        "eval_duration"};

static void take_durations(struct figures *figures, cJSON *chunk) {
    if (!json_bool(chunk, "done", false))
        return;
    json_free(figures->durations);
    figures->durations = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT_OF(duration_keys); i++) {
        cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(chunk, duration_keys[i]);
        if (cJSON_IsNumber(value))
            cJSON_AddItemToObject(figures->durations, duration_keys[i], value);
        else
            json_free(value);
    }
}

void figures_take(struct figures *figures, struct cJSON *chunk, bool native_ollama) {
    /* Running values on each chunk are possible: the last counts. */
    take_object(&figures->usage, chunk, "usage");
    take_object(&figures->timings, chunk, "timings");
    take_object(&figures->stats, chunk, "stats");
    if (native_ollama)
        take_durations(figures, chunk);
}

static int64_t count_of(const cJSON *object, const char *key) {
    int64_t count = json_integer(object, key, COUNT_NONE);
    return count < 0 ? COUNT_NONE : count;
}

/* Where no token at all cannot be, a zero is a server's word for "I do not know". */
static int64_t positive(const cJSON *object, const char *key) {
    int64_t count = count_of(object, key);
    return count > 0 ? count : COUNT_NONE;
}

static void fill_completion(const struct figures *figures, struct call *call) {
    bool some = call->chunks > 0 || call->content_chars > 0 || call->reasoning_chars > 0;
    int64_t usage = count_of(figures->usage, "completion_tokens");
    int64_t timed = count_of(figures->timings, "predicted_n");
    if (timed == COUNT_NONE)
        timed = count_of(figures->durations, "eval_count");
    if (usage > 0 || (usage == 0 && !some)) {
        call->completion_tokens = usage;
        call->tokens_source = TOKENS_USAGE;
    } else if (timed > 0 || (timed == 0 && !some)) {
        call->completion_tokens = timed;
        call->tokens_source = TOKENS_TIMINGS;
    } else if (call->chunks > 0) {
        call->completion_tokens = call->chunks;
        call->tokens_source = TOKENS_CHUNKS;
    }
}

static void fill_prompt(const struct figures *figures, struct call *call,
                        const struct dialect *dialect) {
    int64_t cached =
        count_of(json_object(figures->usage, "prompt_tokens_details"), "cached_tokens");
    int64_t reused = count_of(figures->timings, "cache_n");
    int64_t computed = count_of(figures->timings, "prompt_n");
    call->prompt_tokens = positive(figures->usage, "prompt_tokens");
    if (call->prompt_tokens == COUNT_NONE && computed != COUNT_NONE && reused != COUNT_NONE)
        call->prompt_tokens = computed + reused;
    if (call->prompt_tokens == COUNT_NONE)
        call->prompt_tokens = positive(figures->durations, "prompt_eval_count");
    if (cached == COUNT_NONE)
        cached = reused;
    if (cached == COUNT_NONE && figures->usage && dialect->cached_absent_is_zero)
        cached = 0;
    call->cached_tokens = cached;
}

/* Usage is worth keeping where it says more than the counts that a call has anyway. */
static bool says_more(const cJSON *usage) {
    static const char *const known[] = {"prompt_tokens", "completion_tokens", "total_tokens",
                                        "prompt_tokens_details"};
    const cJSON *member;
    cJSON_ArrayForEach(member, usage) {
        size_t i = 0;
        while (i < COUNT_OF(known) && strcmp(member->string, known[i]) != 0)
            i++;
        if (i == COUNT_OF(known) && !cJSON_IsNull(member))
            return true;
    }
    return false;
}

static void put_tree(struct json_writer *writer, const char *key, const cJSON *tree) {
    struct buf text;
    if (!tree)
        return;
    buf_init(&text, SERVER_MAX);
    if (json_print(&text, tree))
        json_put_raw(writer, key, buf_string(&text));
    buf_done(&text);
}

static void fill_server(const struct figures *figures, struct call *call) {
    const cJSON *usage = says_more(figures->usage) ? figures->usage : NULL;
    if (!usage && !figures->timings && !figures->stats && !figures->durations)
        return;
    struct buf text;
    struct json_writer writer;
    buf_init(&text, SERVER_MAX);
    json_begin(&writer, &text);
    json_open(&writer, NULL, '{');
    put_tree(&writer, "timings", figures->timings);
    put_tree(&writer, "usage", usage);
    put_tree(&writer, "stats", figures->stats);
    put_tree(&writer, "durations_ns", figures->durations);
    json_close(&writer, '}');
    if (json_end(&writer) && text.length > 2) {
        free(call->server);
        call->server = buf_take(&text);
    }
    buf_done(&text);
}

void figures_fill(const struct figures *figures, struct call *call, const struct dialect *dialect) {
    fill_completion(figures, call);
    fill_prompt(figures, call, dialect);
    fill_server(figures, call);
}

/* ---- errors ---- */

static bool show(const char *text, char *out, size_t size) {
    text_visible(out, size, text, strlen(text));
    return true;
}

static bool show_tree(const cJSON *tree, char *out, size_t size) {
    struct buf text;
    buf_init(&text, SERVER_MAX);
    bool good = json_print(&text, tree) && show(buf_string(&text), out, size);
    buf_done(&text);
    return good;
}

static bool show_object(const cJSON *object, char *out, size_t size) {
    const char *message = json_string(object, "message");
    const char *kind = json_string(object, "code");
    if (!message)
        return show_tree(object, out, size);
    if (!kind)
        kind = json_string(object, "type");
    if (!kind || !kind[0])
        return show(message, out, size);
    char *both = mem_format("%s (%s)", message, kind);
    show(both, out, size);
    free(both);
    return true;
}

bool chat_error_text(const struct cJSON *chunk, char *out, size_t size) {
    const cJSON *error = json_member(chunk, "error");
    const cJSON *detail = json_member(chunk, "detail");
    const char *kind = json_string(chunk, "object");
    if (cJSON_IsString(error) && error->valuestring[0])
        return show(error->valuestring, out, size);
    if (cJSON_IsObject(error))
        return show_object(error, out, size);
    if (cJSON_IsTrue(error) || (kind && strcmp(kind, "error") == 0))
        return show_object(chunk, out, size);
    if (detail && !json_member(chunk, "choices"))
        return cJSON_IsString(detail) ? show(detail->valuestring, out, size)
                                      : show_tree(detail, out, size);
    return false;
}
