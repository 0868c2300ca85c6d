#include "suites/score.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "suites/schema.h"

static const char *const words[FINDING_COUNT] = {
    [FINDING_CLEAN] = NULL,
    [FINDING_ENGINE] = NULL,
    [FINDING_NO_CALL] = "no-call",
    [FINDING_TRUNCATED] = "truncated",
    [FINDING_BAD_JSON] = "bad-json",
    [FINDING_WRONG_TOOL] = "wrong-tool",
    [FINDING_EMPTY_OBJECT] = "empty-object",
    [FINDING_SCHEMA] = "schema",
    [FINDING_THINK_LEAK] = "think-leak",
    [FINDING_DEGENERATE] = "degenerate",
    [FINDING_NO_ANSWER] = "no-answer",
    [FINDING_THOUGHT] = "thinking-not-off",
    [FINDING_WRONG_ANSWER] = "wrong-answer",
    [FINDING_INSTRUCTION] = "instruction",
    [FINDING_REPEATED_CALL] = "repeated-call",
    [FINDING_NOT_CORRECTED] = "not-corrected",
    [FINDING_SECTION_MISSING] = "section-missing",
    [FINDING_NOT_DELIVERED] = "not-delivered",
    [FINDING_ORDER] = "order",
    [FINDING_LOOPED] = "looped",
    [FINDING_LOST_EDIT] = "lost-edit",
};

const char *score_failure(const struct score *score, char out[SCORE_FAILURE_MAX]) {
    if (score->finding == FINDING_CLEAN)
        return NULL;
    bool engine = score->finding == FINDING_ENGINE;
    snprintf(out, SCORE_FAILURE_MAX, "%s:%s", engine ? "engine" : "model",
             engine ? score->fault : words[score->finding]);
    return out;
}

void score_set(struct score *score, enum finding finding, double points, const char *format, ...) {
    char text[sizeof score->detail];
    va_list args;
    *score = (struct score){.finding = finding, .points = points};
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_visible(score->detail, sizeof score->detail, text, strlen(text));
}

/* ---- the engine's faults ---- */

/* Below this share of the budget a "length" is not the budget's doing: a limit of the server's own,
 * or a full context. */
#define CUT_SHARE 0.9

static bool set_fault(struct score *score, const char *fault, const char *detail) {
    score_set(score, FINDING_ENGINE, NAN, "%s", detail ? detail : "");
    copy_text(score->fault, sizeof score->fault, fault);
    return true;
}

static bool is_cut_short(const struct call *call) {
    bool counted = call->tokens_source == TOKENS_USAGE || call->tokens_source == TOKENS_TIMINGS;
    /* where the model thought, some servers leave the reasoning out of the count */
    return strcmp(call->finish, "length") == 0 && counted && call->reasoning_chars <= 0 &&
           call->max_tokens > 0 && (double)call->completion_tokens < CUT_SHARE * call->max_tokens;
}

/* How models write a call before a parser takes it (facts: templates of Qwen, Hermes, Mistral,
 * Llama, DeepSeek, GLM, Kimi and gpt-oss). */
static const char *call_markup(const char *content) {
    static const char *const marks[] = {"<tool_call>",
                                        "<function=",
                                        "[TOOL_CALLS]",
                                        "<|python_tag|>",
                                        "<\xef\xbd\x9ctool\xe2\x96\x81"
                                        "calls\xe2\x96\x81"
                                        "begin\xef\xbd\x9c>",
                                        "<|tool_calls_section_begin|>",
                                        "<|channel|>commentary to=functions",
                                        "<|tool_call>"};
    for (size_t i = 0; content && i < COUNT_OF(marks); i++)
        if (strstr(content, marks[i]))
            return marks[i];
    return NULL;
}

/* What an engine says when its own parser gave up on the model's text: llama.cpp within the stream,
 * or as an HTTP 500 when it does not stream (tests/corpus/quality/llama-server.json). */
static bool is_parser_fault(const struct call *call) {
    return call->error_detail && strstr(call->error_detail, "does not match the expected");
}

bool score_engine(struct score *score, const struct reply *reply) {
    const struct call *call = reply->call;
    if (call->error != ERROR_NONE)
        return set_fault(score, is_parser_fault(call) ? "parser" : error_word(call->error),
                         call->error_detail);
    if (is_cut_short(call)) {
        char text[80];
        snprintf(text, sizeof text, "ended with \"length\" after %lld of %d tokens",
                 (long long)call->completion_tokens, call->max_tokens);
        return set_fault(score, "cut-short", text);
    }
    if (reply->call_count > 0)
        return false;
    const char *markup = call_markup(reply->content);
    if (markup && !score_is_cut(reply))
        return set_fault(score, "tool-parser", markup);
    if (strcmp(call->finish, "tool_calls") == 0)
        return set_fault(score, "dropped-call", "finish_reason is tool_calls, but none came");
    return false;
}

bool score_is_cut(const struct reply *reply) {
    return strcmp(reply->call->finish, "length") == 0;
}

/* ---- tool calls ---- */

static const struct cJSON *find_tool(const struct cJSON *tools, const char *name) {
    for (const cJSON *tool = tools ? tools->child : NULL; tool && name; tool = tool->next) {
        const char *known = json_string(json_object(tool, "function"), "name");
        if (known && strcmp(known, name) == 0)
            return json_object(tool, "function");
    }
    return NULL;
}

const struct cJSON *score_parameters(const struct cJSON *tools, const char *name) {
    return json_object(find_tool(tools, name), "parameters");
}

struct cJSON *score_arguments(const struct tool_call *call) {
    const char *text = call->arguments ? call->arguments : "";
    if (text[strspn(text, " \t\r\n")] == '\0')
        text = "{}"; /* how some servers write a call without any */
    return json_parse(text, strlen(text), NULL);
}

static bool check_arguments(struct score *score, const struct cJSON *arguments,
                            const struct cJSON *parameters) {
    struct schema_problem problem = {""};
    if (schema_is_hollow(arguments, parameters, &problem))
        score_set(score, FINDING_EMPTY_OBJECT, 0, "%s", problem.text);
    else if (!schema_conforms(arguments, parameters, &problem))
        score_set(score, FINDING_SCHEMA, 0, "%s", problem.text);
    else
        score_set(score, FINDING_CLEAN, 1, "%s", "");
    return score->finding == FINDING_CLEAN;
}

bool score_call(struct score *score, const struct tool_call *call, const struct cJSON *tools) {
    const char *name = call->name ? call->name : "";
    const struct cJSON *parameters = score_parameters(tools, name);
    struct cJSON *arguments = score_arguments(call);
    if (!arguments)
        score_set(score, FINDING_BAD_JSON, 0, "%.100s", call->arguments ? call->arguments : "");
    else if (!find_tool(tools, name))
        score_set(score, FINDING_WRONG_TOOL, 0, "there is no tool %.60s", name);
    else if (!parameters)
        score_set(score, FINDING_CLEAN, 1, "%s", "");
    else
        check_arguments(score, arguments, parameters);
    json_free(arguments);
    return score->finding == FINDING_CLEAN;
}

/* Says one thing over and over, in its text or in the arguments of a call. */
static bool is_going_round(const struct reply *reply, const struct tool_call *call) {
    if (call && text_is_degenerate(NULL, call->arguments, true))
        return true;
    bool silent =
        !(reply->content && reply->content[0]) && !(reply->reasoning && reply->reasoning[0]);
    return !call && !silent && text_is_degenerate(reply->reasoning, reply->content, false);
}

void score_tool_turn(struct score *score, const struct reply *reply, const struct cJSON *tools,
                     const char *tool) {
    if (score_engine(score, reply))
        return;
    const struct tool_call *call = reply->call_count > 0 ? &reply->calls[0] : NULL;
    if ((!call || score_is_cut(reply)) && is_going_round(reply, call)) {
        score_set(score, FINDING_DEGENERATE, 0, "%s", "the same words over and over");
    } else if (score_is_cut(reply)) {
        score_set(score, FINDING_TRUNCATED, 0, "%d tokens were not enough%s",
                  reply->call->max_tokens, call ? "" : " to begin a call");
    } else if (!call) {
        score_set(score, FINDING_NO_CALL, 0, "%.100s", reply->content ? reply->content : "");
    } else if (score_call(score, call, tools) || score->finding == FINDING_EMPTY_OBJECT ||
               score->finding == FINDING_SCHEMA) {
        if (!call->name || strcmp(call->name, tool) != 0)
            score_set(score, FINDING_WRONG_TOOL, 0, "%.60s instead of %.60s",
                      call->name ? call->name : "", tool);
    }
}

/* ---- think tags ---- */

static const struct tags {
    const char *open, *close;
} tags[] = {
    {"<think>", "</think>"},
    {"<thinking>", "</thinking>"},
    {"<thought>", "</thought>"},
    {"<reasoning>", "</reasoning>"},
    {"<reflection>", "</reflection>"},
    {"<seed:think>", "</seed:think>"},
    {"[THINK]", "[/THINK]"},
    {"<|channel|>analysis", "<|end|>"},
    {"<|START_THINKING|>", "<|END_THINKING|>"},
    {"\xe2\x97\x81think\xe2\x96\xb7", "\xe2\x97\x81/think\xe2\x96\xb7"},
};

const char *score_leak(const char *content) {
    for (size_t i = 0; content && i < COUNT_OF(tags); i++) {
        if (text_find(content, tags[i].open))
            return tags[i].open;
        /* a template that opened the block itself leaves only its end */
        if (tags[i].close[0] != '<' || tags[i].close[1] != '|')
            if (text_find(content, tags[i].close))
                return tags[i].close;
    }
    return NULL;
}

const char *score_visible(const char *content) {
    const char *visible = content ? content : "";
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        const char *end;
        while (score_leak(visible) && (end = text_find(visible, tags[i].close)) != NULL)
            visible = end + strlen(tags[i].close);
        if (text_find(visible, tags[i].open))
            return visible + strlen(visible); /* never closed: nothing of it is an answer */
    }
    if (visible != content)
        visible += strspn(visible, " \t\r\n");
    return visible;
}

/* ---- calls held against each other ---- */

bool score_same_call(const char *name_a, const char *arguments_a, const char *name_b,
                     const char *arguments_b) {
    if (strcmp(name_a, name_b) != 0)
        return false;
    if (strcmp(arguments_a, arguments_b) == 0)
        return true;
    struct cJSON *a = json_parse(arguments_a, strlen(arguments_a), NULL);
    struct cJSON *b = json_parse(arguments_b, strlen(arguments_b), NULL);
    bool same = a && b && cJSON_Compare(a, b, true);
    json_free(a);
    json_free(b);
    return same;
}

/* The value at "edits[0].search"; NULL. */
static const struct cJSON *value_at(const struct cJSON *tree, const char *path) {
    while (*path && tree) {
        char name[48];
        size_t length = strcspn(path, ".[");
        if (length > 0) {
            if (length >= sizeof name)
                return NULL;
            memcpy(name, path, length);
            name[length] = '\0';
            tree = cJSON_GetObjectItemCaseSensitive(tree, name);
            path += length;
        } else if (*path == '[') {
            char *end;
            long index = strtol(path + 1, &end, 10);
            if (*end != ']')
                return NULL;
            tree = cJSON_IsArray(tree) ? cJSON_GetArrayItem(tree, (int)index) : NULL;
            path = end + 1;
        }
        path += *path == '.';
    }
    return tree;
}

static bool holds(const struct cJSON *value, const char *wanted) {
    char number[40];
    if (cJSON_IsString(value))
        return strstr(value->valuestring, wanted) != NULL;
    if (cJSON_IsBool(value))
        return strcmp(cJSON_IsTrue(value) ? "true" : "false", wanted) == 0;
    if (!cJSON_IsNumber(value))
        return false;
    snprintf(number, sizeof number, "%.17g", value->valuedouble);
    return strcmp(number, wanted) == 0;
}

bool score_addresses(const struct tool_call *call, const char *tool, const char *member,
                     const char *value) {
    if (!call->name || strcmp(call->name, tool) != 0)
        return false;
    if (!member)
        return true;
    struct cJSON *arguments = score_arguments(call);
    bool addresses = holds(value_at(arguments, member), value);
    json_free(arguments);
    return addresses;
}

/* ---- sections ---- */

/* The heading's words in a line without its marks: "## 2. **Findings**:" is "Findings". */
static bool is_heading(const char *line, size_t length, const char *name) {
    size_t want = strlen(name);
    bool marked = false;
    while (length > 0 && strchr(" \t#*_>-0123456789.)", *line)) {
        marked = marked || strchr("#*_123456789", *line) != NULL;
        line++;
        length--;
    }
    while (length > 0 && strchr(" \t\r#*_:", line[length - 1])) {
        marked = marked || strchr("#*_:", line[length - 1]) != NULL;
        length--;
    }
    return length == want && strncasecmp(line, name, want) == 0 && marked;
}

/* "Findings: two pumps …" and "**Findings:** two pumps …". */
static bool opens_line(const char *line, const char *name) {
    size_t want = strlen(name);
    line += strspn(line, " \t#*_>-");
    if (strncasecmp(line, name, want) != 0)
        return false;
    line += want;
    line += strspn(line, "*_ ");
    return *line == ':';
}

bool score_has_section(const char *text, const char *name) {
    for (const char *line = text; line && *line;) {
        size_t length = strcspn(line, "\n");
        if (is_heading(line, length, name) || opens_line(line, name))
            return true;
        line += length + (line[length] == '\n');
    }
    return false;
}

int score_sections(const char *text, const struct cJSON *sections, char *missing, size_t size) {
    int present = 0;
    missing[0] = '\0';
    for (const cJSON *name = sections ? sections->child : NULL; name; name = name->next) {
        if (!cJSON_IsString(name))
            continue;
        if (score_has_section(text, name->valuestring))
            present++;
        else if (!missing[0])
            copy_text(missing, size, name->valuestring);
    }
    return present;
}
