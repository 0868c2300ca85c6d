#include "config/option_table.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* A number that is the whole text; false otherwise. */
static bool parse_number(const char *text, double *number) {
    char *end;
    errno = 0;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && isfinite(*number);
}

static bool assign_endpoint(struct options *options, const char *value, struct error *error) {
    struct endpoint endpoint;
    endpoint_init(&endpoint);
    if (!endpoint_parse(value, &endpoint, error)) {
        endpoint_done(&endpoint);
        return false;
    }
    return option_add_endpoint(&options->endpoints, &options->endpoint_count, &endpoint, error);
}

static bool assign_beside(struct options *options, const char *value, struct error *error) {
    if (!*value)
        return error_set(error, "--beside needs a saved run: its name, a part of it, or latest");
    if (options->beside_count >= BESIDE_MAX)
        return error_set(error, "--beside: at most %d runs", BESIDE_MAX);
    options->beside[options->beside_count++] = mem_string(value);
    return true;
}

bool option_add_endpoint(struct endpoint **list, size_t *count, struct endpoint *endpoint,
                         struct error *error) {
    if (*count >= ENDPOINTS_MAX) {
        endpoint_done(endpoint);
        return error_set(error, "more than %d endpoints", ENDPOINTS_MAX);
    }
    *list = mem_resize(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = *endpoint;
    return true;
}

/* Calls `take` for each word of a comma-separated list. */
static bool each_word(struct options *options, const char *value,
                      bool (*take)(struct options *, const char *, struct error *),
                      struct error *error) {
    while (*value) {
        size_t length = strcspn(value, ",");
        char *word = mem_bytes(value, length);
        bool ok = take(options, word, error);
        free(word);
        if (!ok)
            return false;
        value += length + (value[length] == ',');
    }
    return true;
}

static bool take_suite(struct options *options, const char *word, struct error *error) {
    bool all = strcmp(word, "all") == 0, quality = strcmp(word, "quality") == 0;
    if (all || quality) {
        for (int i = 0; i < SUITE_COUNT; i++)
            if (i != SUITE_SOLO && i != SUITE_COHAB && (all || suite_is_quality((enum suite_id)i)))
                options->suites[i] = true;
        return true;
    }
    int suite = suite_find(word);
    if (suite < 0) {
        error_set(error, "unknown suite '%s'", word);
        struct buf known;
        buf_init(&known, sizeof error->hint);
        for (int i = 0; i < SUITE_COUNT; i++)
            if (i != SUITE_SOLO && i != SUITE_COHAB)
                buf_printf(&known, "%s%s", i ? " " : "", suite_word((enum suite_id)i));
        error_hint(error, "one or more of: %s", buf_string(&known));
        buf_done(&known);
        return false;
    }
    options->suites[suite] = true;
    return true;
}

static bool assign_suites(struct options *options, const char *value, struct error *error) {
    memset(options->suites, 0, sizeof options->suites);
    if (!*value)
        return error_set(error, "--suite needs at least one suite");
    return each_word(options, value, take_suite, error);
}

static bool take_burst(struct options *options, const char *word, struct error *error) {
    double size;
    if (!parse_number(word, &size) || size < 1 || size > BURST_SIZE_MAX || size != floor(size))
        return error_set(error, "a burst has 1 to %d calls, not '%s'", BURST_SIZE_MAX, word);
    if (options->burst_count >= BURST_SIZES_MAX)
        return error_set(error, "more than %d burst sizes", BURST_SIZES_MAX);
    options->burst[options->burst_count++] = (int)size;
    return true;
}

static bool assign_burst(struct options *options, const char *value, struct error *error) {
    options->burst_count = 0;
    if (!*value)
        return error_set(error, "--burst needs at least one size");
    return each_word(options, value, take_burst, error);
}

static bool assign_thinking(struct options *options, const char *value, struct error *error) {
    int mode = thinking_find(value);
    if (mode < 0)
        return error_set(error, "--thinking is on, off or default, not '%s'", value);
    options->thinking = (enum thinking)mode;
    options->thinking_set = true;
    return true;
}

static bool assign_extra_body(struct options *options, const char *value, struct error *error) {
    struct error inner = {0};
    struct cJSON *tree = json_parse(value, strlen(value), &inner);
    bool object = tree && value[strspn(value, " \t\r\n")] == '{';
    json_free(tree);
    if (!object)
        return error_set(error, "--extra-body must be a JSON object%s%s", inner.text[0] ? ": " : "",
                         inner.text);
    free(options->extra_body);
    options->extra_body = mem_string(value);
    return true;
}

static bool assign_seed(struct options *options, const char *value, struct error *error) {
    double seed;
    if (!parse_number(value, &seed) || seed < 0 || seed >= 9007199254740992.0 ||
        seed != floor(seed))
        return error_set(error, "--seed is a whole number below 2^53, not '%s'", value);
    options->seed = (uint64_t)seed;
    options->seed_set = true;
    return true;
}

static bool assign_speed(struct options *options, const char *value, struct error *error) {
    double speed;
    if (strcmp(value, "max") == 0) {
        options->speed = INFINITY;
        return true;
    }
    size_t length = strlen(value);
    char *number = mem_bytes(value, length && value[length - 1] == 'x' ? length - 1 : length);
    bool ok = parse_number(number, &speed) && speed >= 0.1 && speed <= 1000;
    free(number);
    if (!ok)
        return error_set(error, "--speed is 0.1 to 1000, or max, not '%s'", value);
    options->speed = speed;
    return true;
}

/* "90", "90s", "1m30s", "2m" */
static bool assign_until(struct options *options, const char *value, struct error *error) {
    double total = 0;
    const char *at = value;
    while (*at) {
        char *end;
        double part = strtod(at, &end);
        if (end == at || !(part >= 0) || part > 1e9)
            break;
        double unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;
        total += part * unit;
        at = *end == 'm' || *end == 's' || *end == 'h' ? end + 1 : end;
        if (at == end && *end)
            break;
    }
    if (*at || at == value)
        return error_set(error, "--until is a time such as 90, 90s or 1m30s, not '%s'", value);
    options->until_s = total;
    return true;
}

static bool assign_size(struct options *options, const char *value, struct error *error) {
    char *end;
    long width = strtol(value, &end, 10);
    long height = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end || width < 1 || height < 1 || width > 1000 || height > 1000)
        return error_set(error, "--size is WxH, such as 120x40, not '%s'", value);
    options->width = (int)width;
    options->height = (int)height;
    return true;
}

static bool assign_fail_over(struct options *options, const char *value, struct error *error) {
    size_t length = strlen(value);
    char *number = mem_bytes(value, length && value[length - 1] == '%' ? length - 1 : length);
    bool ok = parse_number(number, &options->fail_over) && options->fail_over >= 0;
    free(number);
    return ok || error_set(error, "--fail-over is a percentage, such as 5%%, not '%s'", value);
}

#define RUN_GROUP "What to measure"
#define HOW_GROUP "How"
#define SHOW_GROUP OPTION_SHOW
#define REPLAY_GROUP OPTION_REPLAY
#define PLACE_GROUP OPTION_PLACES
#define AT(member) offsetof(struct options, member)
#define FLAG(name, letter, member, group, help)                                                    \
    { name, letter, OPTION_FLAG, AT(member), NULL, 0, 0, NULL, NULL, group, help }
#define TEXT(name, letter, member, argument, group, help)                                          \
    { name, letter, OPTION_TEXT, AT(member), argument, 0, 0, NULL, NULL, group, help }
#define INTEGER(name, letter, member, argument, least, most, group, help)                          \
    { name, letter, OPTION_INTEGER, AT(member), argument, least, most, NULL, NULL, group, help }
#define NUMBER(name, member, argument, least, most, group, help)                                   \
    { name, 0, OPTION_NUMBER, AT(member), argument, least, most, NULL, NULL, group, help }
#define CHOICE(name, member, argument, choices, group, help)                                       \
    { name, 0, OPTION_CHOICE, AT(member), argument, 0, 0, choices, NULL, group, help }
#define CUSTOM(name, letter, assign, argument, group, help)                                        \
    { name, letter, OPTION_CUSTOM, 0, argument, 0, 0, NULL, assign, group, help }

static const struct option_row rows[] = {
    CUSTOM("endpoint", 'e', assign_endpoint, "NAME=URL", RUN_GROUP,
           "an endpoint (repeatable); ,key=value after the URL sets any field; NAME alone: the "
           "config file's"),
    TEXT("model", 'm', model, "ID", RUN_GROUP, "model id where the endpoint names none"),
    CUSTOM("suite", 's', assign_suites, "LIST", RUN_GROUP,
           "suites, comma-separated; all, quality (default agentic)"),
    INTEGER("passes", 'n', passes, "N", 1, 100, RUN_GROUP,
            "passes (default 3; 5 or more to compare)"),
    FLAG("quick", 0, quick, RUN_GROUP,
         "one short pass: phases 0-6, 96 tokens (bursts from 32), pause 0.2 s"),
    CUSTOM("burst", 0, assign_burst, "LIST", RUN_GROUP, "burst sizes (default 30,60,80)"),
    INTEGER("tick", 0, tick, "N", 1, 1000, RUN_GROUP, "calls of a tick (default 60)"),
    INTEGER("max-tokens", 0, max_tokens, "N", 1, 1000000, RUN_GROUP,
            "tokens a call may generate (default: the suite's own)"),
    CHOICE("workload", workload, "NAME", "orchestrator|deep", RUN_GROUP,
           "orchestrator (7 KB system prompt) or deep (the panel's published sizes)"),
    CUSTOM("thinking", 0, assign_thinking, "MODE", RUN_GROUP,
           "on, off or default, for every suite"),
    CUSTOM("extra-body", 0, assign_extra_body, "JSON", RUN_GROUP, "object laid over every request"),
    CHOICE("order", order, "ORDER", "interleaved|blocked", HOW_GROUP,
           "of engines over passes: interleaved (balanced) or blocked"),
    NUMBER("timeout", timeout_s, "S", 1, 86400, HOW_GROUP,
           "limit of one call, seconds (default 900)"),
    NUMBER("pause", pause_s, "S", 0, 3600, HOW_GROUP, "pause between calls, seconds (default 2)"),
    CUSTOM("seed", 0, assign_seed, "N", HOW_GROUP, "seed of prompts and order (default: drawn)"),
    TEXT("salt", 0, salt, "TEXT", HOW_GROUP,
         "start of every system prompt; none: constant prompts"),
    FLAG("no-stream", 0, no_stream, HOW_GROUP, "do not stream (burst; no TTFT then)"),
    TEXT("weights", 0, weights, "FILE", HOW_GROUP,
         "weights of the score: a JSON object, part to weight"),
    TEXT("published", 0, published, "FILE", HOW_GROUP,
         "published figures of your own, before the built-in ones of the score"),
    CUSTOM("beside", 0, assign_beside, "RUN", HOW_GROUP,
           "play a saved run beside the live one, phase by phase (repeatable)"),
    TEXT("resume", 0, resume, "RUN", HOW_GROUP,
         "run: measure what is missing of an interrupted run; the rest is as it was"),
    TEXT("suite-file", 0, suite_file, "FILE", HOW_GROUP, "a quality suite's data of your own"),
    INTEGER("port", 0, port, "N", 0, 65000, HOW_GROUP, "sim: first port (default: any free)"),
    FLAG("plain", 0, plain, SHOW_GROUP, "lines instead of a full screen (also without a terminal)"),
    FLAG("json", 0, json, SHOW_GROUP, "machine-readable result on standard output"),
    CHOICE("color", color, "WHEN", "auto|always|never", SHOW_GROUP,
           "colours (NO_COLOR is honoured)"),
    TEXT("theme", 0, theme, "NAME", SHOW_GROUP, "a built-in theme or a file"),
    CHOICE("glyphs", glyphs, "SET", "auto|braille|block|ascii", SHOW_GROUP,
           "what graphs are drawn with"),
    CUSTOM("speed", 0, assign_speed, "X", REPLAY_GROUP, "0.1 to 1000, or max"),
    CUSTOM("until", 0, assign_until, "T", REPLAY_GROUP,
           "stop at this moment of the run: 90s, 1m30s"),
    CUSTOM("size", 0, assign_size, "WxH", REPLAY_GROUP, "size of the frame of --dump"),
    TEXT("keys", 0, keys, "SEQ", REPLAY_GROUP, "keys pressed before --dump: 'jj<Enter>'"),
    TEXT("dump", 0, dump, "KIND", REPLAY_GROUP, "print the frame as text, ansi or svg and exit"),
    TEXT("format", 0, format, "NAME", REPLAY_GROUP,
         "of a report: table, panel, json, csv, md, trace, score"),
    CUSTOM("fail-over", 0, assign_fail_over, "PCT", REPLAY_GROUP,
           "compare: exit 1 when something got worse by more"),
    FLAG("yes", 'y', yes, REPLAY_GROUP, "rm: do not ask"),
    TEXT("results", 0, results, "DIR", PLACE_GROUP, "where runs are kept (else $PITWALL_RESULTS)"),
    TEXT("config", 0, config, "FILE", PLACE_GROUP, "config file"),
    FLAG("default-config", 0, default_config, PLACE_GROUP, "print a commented config file"),
    FLAG("version", 'V', version, PLACE_GROUP, "print versions"),
    FLAG("help", 'h', help, PLACE_GROUP, "print this"),
};

const struct option_row *option_rows(size_t *count) {
    *count = COUNT_OF(rows);
    return rows;
}

char **option_text(struct options *options, const struct option_row *row) {
    return (char **)((char *)options + row->offset);
}

static bool assign_flag(bool *place, const struct option_row *row, const char *value,
                        struct error *error) {
    bool yes = strcmp(value, "true") == 0;
    if (!yes && strcmp(value, "false") != 0)
        return error_set(error, "%s is true or false, not '%s'", row->name, value);
    *place = yes;
    return true;
}

static bool assign_choice(unsigned *place, const struct option_row *row, const char *value,
                          struct error *error) {
    unsigned index = 0;
    for (const char *word = row->choices; *word; index++) {
        size_t length = strcspn(word, "|");
        if (strlen(value) == length && strncmp(value, word, length) == 0) {
            *place = index;
            return true;
        }
        word += length + (word[length] == '|');
    }
    return error_set(error, "--%s is one of %s, not '%s'", row->name, row->choices, value);
}

bool option_assign(struct options *options, const struct option_row *row, const char *value,
                   struct error *error) {
    char *place = (char *)options + row->offset;
    double number;
    switch (row->kind) {
    case OPTION_FLAG:
        return assign_flag((bool *)place, row, value, error);
    case OPTION_TEXT:
        free(*(char **)place);
        *(char **)place = mem_string(value);
        return true;
    case OPTION_INTEGER:
    case OPTION_NUMBER:
        if (!parse_number(value, &number) || number < row->least || number > row->most ||
            (row->kind == OPTION_INTEGER && number != floor(number)))
            return error_set(error, "--%s is %s from %g to %g, not '%s'", row->name,
                             row->kind == OPTION_INTEGER ? "a whole number" : "a number",
                             row->least, row->most, value);
        if (row->kind == OPTION_INTEGER)
            *(int *)place = (int)number;
        else
            *(double *)place = number;
        return true;
    case OPTION_CHOICE:
        return assign_choice((unsigned *)place, row, value, error);
    case OPTION_CUSTOM:
        return row->assign(options, value, error);
    }
    return false;
}
