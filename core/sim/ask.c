#include "sim/ask.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "sim/script.h"

int64_t ask_tokens(size_t bytes) {
    return (int64_t)((bytes + ASK_BYTES_PER_TOKEN - 1) / ASK_BYTES_PER_TOKEN);
}

/* ---- thinking ---- */

static enum ask_switch switch_of(const struct cJSON *object, const char *key) {
    const struct cJSON *value = object != NULL ? json_member(object, key) : NULL;
    if (!cJSON_IsBool(value))
        return SWITCH_UNSET;
    return cJSON_IsTrue(value) ? SWITCH_ON : SWITCH_OFF;
}

/* The words Ollama takes; all others are a 400 there (facts engines I.5). */
static bool is_effort(const char *word) {
    static const char *const words[] = {"none", "minimal", "low",   "medium",
                                        "high", "xhigh",   "ultra", "max"};
    return names_find(words, (int)COUNT_OF(words), word) >= 0;
}

static bool read_effort(struct ask *ask, const struct profile *profile, const struct cJSON *body,
                        struct error *error) {
    const char *effort = json_string(body, "reasoning_effort");
    if (effort == NULL)
        return true;
    if (profile->thinking.strict && profile->thinking.effort_on && !is_effort(effort))
        return error_set(error, "invalid reasoning value: '%.40s'", effort);
    if (strcmp(effort, "none") == 0)
        ask->effort = SWITCH_OFF;
    else if (profile->thinking.effort_on)
        ask->effort = SWITCH_ON;
    return true;
}

static bool read_thinking(struct ask *ask, const struct profile *profile, const struct cJSON *body,
                          struct error *error) {
    const struct cJSON *kwargs = json_object(body, "chat_template_kwargs");
    ask->kwargs = switch_of(kwargs, "enable_thinking");
    ask->top_level = switch_of(body, "enable_thinking");
    if (profile->thinking.strict && profile->thinking.kwargs && kwargs != NULL &&
        ask->kwargs == SWITCH_UNSET && json_member(kwargs, "enable_thinking") != NULL)
        return error_set(error, "invalid type for \"enable_thinking\" (expected boolean)");
    if (ask->form == ASK_OLLAMA)
        ask->native = json_string(body, "think") != NULL ? SWITCH_ON : switch_of(body, "think");
    return read_effort(ask, profile, body, error);
}

bool ask_thinks(const struct ask *ask, const struct profile *profile) {
    if (profile->thinking.share <= 0)
        return false;
    if (ask->native != SWITCH_UNSET)
        return ask->native == SWITCH_ON;
    if (profile->thinking.kwargs && ask->kwargs != SWITCH_UNSET)
        return ask->kwargs == SWITCH_ON;
    if (profile->thinking.top_level && ask->top_level != SWITCH_UNSET)
        return ask->top_level == SWITCH_ON;
    if (profile->thinking.effort && ask->effort != SWITCH_UNSET)
        return ask->effort == SWITCH_ON;
    return profile->thinking.by_default;
}

/* ---- the question ---- */

/* Reads an unsigned number; false at anything above 12 digits. */
static bool read_number(const char **at, int64_t *value) {
    const char *p = *at;
    *value = 0;
    while (*p >= '0' && *p <= '9') {
        if (p - *at >= 12)
            return false;
        *value = *value * 10 + (*p++ - '0');
    }
    bool any = p != *at;
    *at = p;
    return any;
}

/* " + ", " - ", " * " or " × " → '+', '-', '*'; 0 when the sum is over here. */
static char read_operator(const char **at) {
    const char *p = *at;
    char op = 0;
    while (*p == ' ')
        p++;
    if (*p == '+' || *p == '-' || *p == '*') {
        op = *p++;
    } else if (strncmp(p, "\xc3\x97", 2) == 0) {
        op = '*';
        p += 2;
    }
    if (op == 0 || *p != ' ')
        return 0;
    while (*p == ' ')
        p++;
    if (*p < '0' || *p > '9')
        return 0;
    *at = p;
    return op;
}

/* A sum from `*at` on: false when there is no operator or it overflows. */
static bool read_sum(const char **at, int64_t *result) {
    int64_t total = 0, term, next;
    bool minus = false, any = false;
    if (!read_number(at, &term))
        return false;
    for (char op; (op = read_operator(at)) != 0; any = true) {
        if (!read_number(at, &next))
            return false;
        if (op == '*') {
            if (__builtin_mul_overflow(term, next, &term))
                return false;
            continue;
        }
        if (__builtin_add_overflow(total, minus ? -term : term, &total))
            return false;
        minus = op == '-';
        term = next;
    }
    if (!any || __builtin_add_overflow(total, minus ? -term : term, &total))
        return false;
    *result = total;
    return true;
}

static bool wants_integer(const char *text) {
    for (; *text != '\0'; text++)
        if (strncasecmp(text, "integer", 7) == 0)
            return true;
    return false;
}

bool ask_question(const char *text, int64_t *answer) {
    if (!wants_integer(text))
        return false;
    bool found = false;
    for (const char *p = text; *p != '\0';) {
        if (*p < '0' || *p > '9') {
            p++;
            continue;
        }
        const char *from = p;
        int64_t value;
        if (read_sum(&p, &value)) {
            *answer = value;
            found = true;
        }
        while (p == from || (*p >= '0' && *p <= '9'))
            p++;
    }
    return found;
}

/* ---- messages ---- */

static bool put_parts(struct ask *ask, const struct cJSON *content, struct error *error) {
    if (cJSON_IsString(content)) {
        buf_text(&ask->prompt, content->valuestring);
        return true;
    }
    if (!cJSON_IsArray(content))
        return error_set(error, "'content' must be a string or a list of parts");
    for (const cJSON *part = content->child; part != NULL; part = part->next) {
        const char *text = json_string(part, "text");
        if (text == NULL)
            return error_set(error, "only text parts are understood");
        buf_text(&ask->prompt, text);
    }
    return true;
}

static bool put_message(struct ask *ask, const struct cJSON *message, struct error *error) {
    const char *role = json_string(message, "role");
    if (role == NULL)
        return error_set(error, "every message needs a 'role'");
    buf_printf(&ask->prompt, "<%s>\n", role);
    size_t from = ask->prompt.length;
    const struct cJSON *content = json_member(message, "content");
    const struct cJSON *calls = json_array(message, "tool_calls");
    if (content == NULL && calls == NULL)
        return error_set(error, "every message needs 'content' or 'tool_calls'");
    if (content != NULL && !put_parts(ask, content, error))
        return false;
    if (calls != NULL)
        json_print(&ask->prompt, calls);
    if (strcmp(role, "user") == 0 && !ask->prompt.over)
        ask->is_question = ask_question(buf_string(&ask->prompt) + from, &ask->answer);
    buf_char(&ask->prompt, '\n');
    return true;
}

static bool put_messages(struct ask *ask, const struct cJSON *body, struct error *error) {
    const struct cJSON *tools = json_array(body, "tools");
    if (tools != NULL) {
        buf_text(&ask->prompt, "<tools>\n");
        json_print(&ask->prompt, tools);
        buf_char(&ask->prompt, '\n');
    }
    const struct cJSON *messages = json_array(body, "messages");
    ask->is_empty = messages == NULL || messages->child == NULL;
    if (ask->is_empty && ask->form == ASK_OLLAMA)
        return true;
    if (ask->is_empty)
        return error_set(error, "'messages' must be a list that is not empty");
    for (const cJSON *message = messages->child; message != NULL; message = message->next)
        if (!put_message(ask, message, error))
            return false;
    buf_text(&ask->prompt, "<assistant>\n");
    return !ask->prompt.over || error_set(error, "the prompt is too long");
}

static bool read_max_tokens(struct ask *ask, const struct cJSON *body, struct error *error) {
    const char *key = "max_tokens";
    if (json_is_null_or_absent(body, key))
        key = "max_completion_tokens";
    if (ask->form == ASK_OLLAMA) {
        body = json_object(body, "options");
        key = "num_predict";
    }
    ask->max_tokens = -1;
    if (body == NULL || json_is_null_or_absent(body, key))
        return true;
    double value = json_number(body, key);
    if (!(value >= 1 && value <= ASK_TOKENS_MAX) || value != floor(value))
        return error_set(error, "'%s' must be a whole number from 1 to %d", key, ASK_TOKENS_MAX);
    ask->max_tokens = (int64_t)value;
    return true;
}

static bool read_stream(struct ask *ask, const struct profile *profile, const struct cJSON *body,
                        struct error *error) {
    const struct cJSON *stream = json_member(body, "stream");
    if (stream != NULL && !cJSON_IsBool(stream))
        return error_set(error, "'stream' must be true or false");
    ask->stream = stream != NULL ? cJSON_IsTrue(stream) : ask->form == ASK_OLLAMA;
    const struct cJSON *options = json_object(body, "stream_options");
    if (options != NULL && profile->wire.refuses_usage)
        return error_set(error, "unknown field 'stream_options'");
    ask->include_usage = options != NULL && json_bool(options, "include_usage", false);
    return true;
}

static bool read_body(struct ask *ask, const struct profile *profile, const struct cJSON *body,
                      struct error *error) {
    if (!cJSON_IsObject(body))
        return error_set(error, "the body must be a JSON object");
    ask->model = mem_string(json_string(body, "model"));
    ask->unloads = json_number(body, "keep_alive") == 0;
    return read_stream(ask, profile, body, error) && read_thinking(ask, profile, body, error) &&
           read_max_tokens(ask, body, error) && put_messages(ask, body, error);
}

bool ask_read(struct ask *ask, const struct profile *profile, enum ask_form form, const char *body,
              size_t length, struct error *error) {
    memset(ask, 0, sizeof *ask);
    ask->form = form;
    buf_init(&ask->prompt, 2 * ASK_BODY_MAX);
    struct cJSON *tree = json_parse(body, length, error);
    if (tree == NULL || !read_body(ask, profile, tree, error)) {
        json_free(tree);
        ask_done(ask);
        return false;
    }
    bool scripted = profile->script != SCRIPT_CLEAN || script_of_model(ask->model) != SCRIPT_COUNT;
    if (scripted || json_array(tree, "tools") != NULL)
        ask->tree = tree;
    else
        json_free(tree);
    return true;
}

void ask_done(struct ask *ask) {
    buf_done(&ask->prompt);
    free(ask->model);
    json_free(ask->tree);
    memset(ask, 0, sizeof *ask);
}
