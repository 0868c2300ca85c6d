#include "config/options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "config/option_table.h"

void options_init(struct options *options) {
    memset(options, 0, sizeof *options);
    options->command = COMMAND_RUN;
    options->passes = 3;
    options->timeout_s = 900;
    options->pause_s = 2;
    options->speed = 1;
    options->until_s = NAN;
    options->fail_over = NAN;
    options->burst[0] = 30;
    options->burst[1] = 60;
    options->burst[2] = 80;
    options->burst_count = 3;
    options->tick = 60;
}

static void endpoints_free(struct endpoint *endpoints, size_t count) {
    for (size_t i = 0; i < count; i++)
        endpoint_done(&endpoints[i]);
    free(endpoints);
}

void options_done(struct options *options) {
    for (size_t i = 0; i < options->operand_count; i++)
        free(options->operands[i]);
    free(options->operands);
    endpoints_free(options->endpoints, options->endpoint_count);
    endpoints_free(options->configured, options->configured_count);
    size_t count;
    const struct option_row *rows = option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == OPTION_TEXT)
            free(*option_text(options, &rows[i]));
    for (size_t i = 0; i < options->beside_count; i++)
        free(options->beside[i]);
    free(options->extra_body);
    memset(options, 0, sizeof *options);
}

/* The row a name means; NULL and `error` with the nearest name. */
static const struct option_row *find_row(const char *name, struct error *error) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    const char *near = NULL;
    int best = 4;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
        int distance = text_distance(rows[i].name, name, best);
        if (distance < best) {
            best = distance;
            near = rows[i].name;
        }
    }
    error_set(error, "unknown option '%s'", name);
    if (near)
        error_hint(error, "did you mean --%s?", near);
    else
        error_hint(error, "pitwall --help lists them");
    return NULL;
}

static bool set_row(struct options *options, const struct option_row *row, const char *value,
                    struct error *error) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    options->given[row - rows] = true;
    return option_assign(options, row, value, error);
}

bool options_set(struct options *options, const char *name, const char *value,
                 struct error *error) {
    const struct option_row *row = find_row(name, error);
    return row && set_row(options, row, value, error);
}

static bool is_given(const struct options *options, const char *name) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return options->given[i];
    return false;
}

bool option_typed(const struct options *options, const char *name) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return options->typed[i];
    return false;
}

static bool needs_value(enum option_kind kind) {
    return kind != OPTION_FLAG;
}

/* getopt's own tables from ours. `letters` needs 2 bytes a row and 2 more. */
static void build_getopt(struct option *longs, char *letters) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    *letters++ = ':';
    for (size_t i = 0; i < count; i++) {
        longs[i] = (struct option){.name = rows[i].name,
                                   .has_arg = needs_value(rows[i].kind) ? required_argument : 0,
                                   .val = 1000 + (int)i};
        if (!rows[i].letter)
            continue;
        *letters++ = rows[i].letter;
        if (needs_value(rows[i].kind))
            *letters++ = ':';
    }
    *letters = '\0';
    longs[count] = (struct option){0};
}

static const struct option_row *row_of(int found) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    if (found >= 1000)
        return &rows[found - 1000];
    for (size_t i = 0; i < count; i++)
        if (rows[i].letter == found)
            return &rows[i];
    return NULL;
}

static bool bad_word(char **argv, int found, struct error *error) {
    const char *word = argv[optind - 1];
    if (found == ':') {
        error_set(error, "option '%s' needs a value", word);
        return error_hint(error, "pitwall --help says which");
    }
    if (strncmp(word, "--", 2) != 0) {
        error_set(error, "unknown option '-%c'", optopt);
        return error_hint(error, "pitwall --help lists them");
    }
    char *name = mem_bytes(word + 2, strcspn(word + 2, "="));
    if (find_row(name, error))
        error_set(error, "option '--%s' takes no value", name);
    free(name);
    return false;
}

static bool add_endpoint(struct options *options, const char *text, struct error *error) {
    struct endpoint endpoint;
    endpoint_init(&endpoint);
    if (!endpoint_parse(text, &endpoint, error)) {
        endpoint_done(&endpoint);
        return false;
    }
    return option_add_endpoint(&options->endpoints, &options->endpoint_count, &endpoint, error);
}

static bool unknown_command(const char *word, struct error *error) {
    const char *near = command_near(word);
    error_set(error, "unknown command '%s'", word);
    return near ? error_hint(error, "did you mean 'pitwall %s'?", near)
                : error_hint(error, "pitwall --help lists the commands");
}

/* "help" is --help of the command named after it. */
static bool take_help(struct options *options, char **words, size_t count, struct error *error) {
    options->help = true;
    if (count == 0 || strcmp(words[0], "help") == 0)
        return true;
    int command = command_find(words[0]);
    if (command < 0)
        return unknown_command(words[0], error);
    options->command = (enum command)command;
    options->command_named = true;
    return count == 1 || error_set(error, "'help' takes no '%s'", words[1]);
}

/* What is left after the options: COMMAND, then its operands. A bare URL is an endpoint to run. */
static bool take_operands(struct options *options, char **words, size_t count,
                          struct error *error) {
    size_t first = 0;
    if (count > 0 && !strstr(words[0], "://")) {
        if (strcmp(words[0], "help") == 0)
            return take_help(options, words + 1, count - 1, error);
        int command = command_find(words[0]);
        if (command < 0)
            return unknown_command(words[0], error);
        options->command = (enum command)command;
        options->command_named = true;
        first = 1;
    }
    bool takes_urls = options->command == COMMAND_RUN || options->command == COMMAND_SOLO;
    bool takes_none = options->command == COMMAND_DEMO || options->command == COMMAND_RUNS;
    for (size_t i = first; i < count; i++) {
        if (takes_none)
            return error_set(error, "'%s' takes no '%s'", command_word(options->command), words[i]);
        if (takes_urls) {
            if (!add_endpoint(options, words[i], error))
                return false;
            continue;
        }
        options->operands =
            mem_resize(options->operands, options->operand_count + 1, sizeof *options->operands);
        options->operands[options->operand_count++] = mem_string(words[i]);
    }
    return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct error *error) {
    struct option longs[OPTION_ROWS_MAX + 1];
    char letters[2 * OPTION_ROWS_MAX + 2];
    build_getopt(longs, letters);
    opterr = 0;
#ifdef __GLIBC__
    optind = 0; /* glibc: start afresh, also after an earlier parse */
#else
    optind = 1;
#endif
    int found;
    while ((found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        const struct option_row *row = row_of(found);
        if (!row)
            return bad_word(argv, found, error);
        if (!set_row(options, row, optarg ? optarg : "true", error))
            return false;
        size_t count;
        options->typed[row - option_rows(&count)] = true;
    }
    return take_operands(options, argv + optind, (size_t)(argc - optind), error);
}

static const struct endpoint *configured_named(const struct options *options, const char *name) {
    for (size_t i = 0; i < options->configured_count; i++)
        if (strcmp(options->configured[i].name, name) == 0)
            return &options->configured[i];
    return NULL;
}

/* -e NAME picks from the config file; without any -e all of it is measured. */
static bool settle_endpoints(struct options *options, struct error *error) {
    for (size_t i = 0; i < options->endpoint_count; i++) {
        struct endpoint *endpoint = &options->endpoints[i];
        if (endpoint->url)
            continue;
        const struct endpoint *known = configured_named(options, endpoint->name);
        if (!known) {
            error_set(error, "no endpoint '%s' in the config file", endpoint->name);
            return error_hint(error, "give its URL: -e %s=http://127.0.0.1:8080", endpoint->name);
        }
        endpoint_done(endpoint);
        endpoint_copy(endpoint, known);
    }
    if (options->endpoint_count == 0 && options->configured_count > 0) {
        options->endpoints = options->configured;
        options->endpoint_count = options->configured_count;
        options->configured = NULL;
        options->configured_count = 0;
    }
    for (size_t i = 0; i < options->endpoint_count; i++) {
        struct endpoint *endpoint = &options->endpoints[i];
        endpoint->ep = (int)i;
        if (!endpoint->model && options->model)
            endpoint->model = mem_string(options->model);
        for (size_t j = 0; j < i; j++)
            if (strcmp(options->endpoints[j].name, endpoint->name) == 0)
                return error_set(error, "two endpoints are called '%s'", endpoint->name);
    }
    return true;
}

/* What a resumed run measures, and how, is fixed. */
static bool settle_resume(const struct options *options, struct error *error) {
    static const char *const fixed[] = {
        "model",    "suite", "passes",  "quick", "burst", "tick", "max-tokens", "workload",
        "thinking", "order", "timeout", "pause", "seed",  "salt", "no-stream",  "suite-file"};
    if (options->command != COMMAND_RUN)
        return error_set(error, "--resume belongs to 'pitwall run', not to '%s'",
                         command_word(options->command));
    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        if (option_typed(options, fixed[i])) {
            error_set(error, "--%s is fixed by the run that is resumed", fixed[i]);
            return error_hint(error, "leave it out, or start a new run without --resume");
        }
    return true;
}

/* What is typed for nothing is a mistake, but for looks. Of the config file's defaults each command
 * takes its own. */
static bool settle_typed(const struct options *options, struct error *error) {
    size_t count;
    const struct option_row *rows = option_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (options->typed[i] && strcmp(rows[i].group, OPTION_SHOW) != 0 &&
            !command_takes(options->command, rows[i].name)) {
            const char *word = command_word(options->command);
            error_set(error, "'pitwall %s' takes no --%s", word, rows[i].name);
            return error_hint(error, "pitwall help %s lists what it takes", word);
        }
    return true;
}

bool options_settle(struct options *options, struct error *error) {
    if (!settle_typed(options, error))
        return false;
    if (options->resume && !settle_resume(options, error))
        return false;
    bool demo = options->command == COMMAND_DEMO;
    if (demo && !is_given(options, "quick"))
        options->quick = true;
    if (options->quick) { /* design 6 */
        options->passes = is_given(options, "passes") ? options->passes : 1;
        options->max_tokens = is_given(options, "max-tokens") ? options->max_tokens : 96;
        options->pause_s = is_given(options, "pause") ? options->pause_s : 0.2;
    }
    if (demo && !is_given(options, "burst")) {
        options->burst[0] = 8;
        options->burst_count = 1;
    }
    if (options->command == COMMAND_SOLO) { /* one look: its own calls, once */
        memset(options->suites, 0, sizeof options->suites);
        options->suites[SUITE_SOLO] = true;
        options->passes = 1;
        options->pause_s = 0;
    } else if (!is_given(options, "suite")) {
        options->suites[SUITE_AGENTIC] = true;
        options->suites[SUITE_BURST] = demo;
        options->suites[SUITE_TOOL_CALL] = demo;
    }
    return settle_endpoints(options, error);
}
