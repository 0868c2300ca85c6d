/* The options as resolved, for a log's header, and from one again. Secrets never get there: what is
 * left out is named instead, so that who resumes the run can give it once more. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "config/option_table.h"

#define VALUE_MAX ((size_t)1 << 16)

/* What of an endpoint no log keeps: commands, and whatever else holds something secret. */
static const struct {
    const char *key;
    size_t at;
} withheld[] = {
    {"start", offsetof(struct endpoint, start)},
    {"stop", offsetof(struct endpoint, stop)},
    {"restart", offsetof(struct endpoint, restart)},
    {"ready", offsetof(struct endpoint, ready)},
    {"telemetry", offsetof(struct endpoint, telemetry)},
    {"extra_body", offsetof(struct endpoint, extra_body)},
};

static char *text_at(const struct endpoint *endpoint, size_t row) {
    return *(char *const *)((const char *)endpoint + withheld[row].at);
}

/* ---- into a header ---- */

/* Keys that may hold a secret: their values never reach a log. */
static bool is_secret(const char *key) {
    static const char *const words[] = {"key", "secret", "password", "auth", "token", "credential"};
    if (strcmp(key, "max_tokens") == 0 || strcmp(key, "min_tokens") == 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        for (const char *at = key; *at; at++)
            if (strncasecmp(at, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

/* Whether there were any. */
static bool drop_secrets(cJSON *tree) {
    bool any = false;
    cJSON *next;
    for (cJSON *child = tree->child; child; child = next) {
        next = child->next;
        if (child->string && is_secret(child->string)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, child));
            any = true;
        } else {
            any = drop_secrets(child) || any;
        }
    }
    return any;
}

/* The object without its secrets, or null; false when something had to go. */
static bool put_extra_body(struct json_writer *w, const char *text) {
    struct cJSON *tree = text ? json_parse(text, strlen(text), NULL) : NULL;
    struct buf printed;
    buf_init(&printed, VALUE_MAX);
    bool dropped = tree && drop_secrets(tree);
    bool fits = tree && json_print(&printed, tree);
    json_put_raw(w, "extra_body", fits ? buf_string(&printed) : NULL);
    buf_done(&printed);
    json_free(tree);
    return !dropped && (fits || !text);
}

/* A URL with a query may hold a key. */
static bool may_keep_url(const char *url) {
    return !url || !strpbrk(url, "?@#");
}

static void put_endpoint(struct json_writer *w, const struct endpoint *endpoint) {
    json_open(w, NULL, '{');
    json_put_string(w, "name", endpoint->name);
    json_put_bool(w, "engine_set", endpoint->engine_set);
    json_put_string(w, "key_env", endpoint->key_variable);
    bool url_kept = may_keep_url(endpoint->telemetry);
    json_put_string(w, "telemetry", url_kept ? endpoint->telemetry : NULL);
    bool body_kept = put_extra_body(w, endpoint->extra_body);
    json_open(w, "withheld", '[');
    for (size_t i = 0; i < COUNT_OF(withheld); i++) {
        bool kept = strcmp(withheld[i].key, "telemetry") == 0    ? url_kept
                    : strcmp(withheld[i].key, "extra_body") == 0 ? body_kept
                                                                 : false;
        if (text_at(endpoint, i) && !kept)
            json_put_string(w, NULL, withheld[i].key);
    }
    json_close(w, ']');
    json_close(w, '}');
}

/* Nothing but what the header's own list of endpoints has. */
static bool is_plain(const struct endpoint *endpoint) {
    bool plain = !endpoint->engine_set && !endpoint->key_variable;
    for (size_t i = 0; plain && i < COUNT_OF(withheld); i++)
        plain = !text_at(endpoint, i);
    return plain;
}

void options_resolved(const struct options *options, struct buf *out) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "command", command_word(options->command));
    json_put_integer(&w, "passes", options->passes);
    json_put_bool(&w, "quick", options->quick);
    json_open(&w, "burst", '[');
    for (size_t i = 0; i < options->burst_count; i++)
        json_put_integer(&w, NULL, options->burst[i]);
    json_close(&w, ']');
    json_put_integer(&w, "tick", options->tick);
    json_put_integer(&w, "max_tokens", options->max_tokens);
    json_put_string(&w, "workload", workload_word(options->workload));
    json_put_string(&w, "thinking",
                    options->thinking_set ? thinking_word(options->thinking) : NULL);
    json_put_string(&w, "order", options->order == ORDER_BLOCKED ? "blocked" : "interleaved");
    json_put_bool(&w, "stream", !options->no_stream);
    json_put_number(&w, "timeout_s", options->timeout_s);
    json_put_number(&w, "pause_s", options->pause_s);
    bool kept = put_extra_body(&w, options->extra_body);
    if (!kept)
        json_put_bool(&w, "extra_body_cut", true);
    if (options->suite_file)
        json_put_string(&w, "suite_file", options->suite_file);
    bool plain = true;
    for (size_t i = 0; i < options->endpoint_count; i++)
        plain = plain && is_plain(&options->endpoints[i]);
    if (!plain) {
        json_open(&w, "endpoints", '[');
        for (size_t i = 0; i < options->endpoint_count; i++)
            if (!is_plain(&options->endpoints[i]))
                put_endpoint(&w, &options->endpoints[i]);
        json_close(&w, ']');
    }
    json_close(&w, '}');
}

/* ---- and back ---- */

/* Members of a header's options and the options they were. A log is no more trusted than argv: each
 * value goes through the table. */
static const struct {
    const char *member, *option;
} members[] = {
    {"passes", "passes"},         {"quick", "quick"},
    {"burst", "burst"},           {"tick", "tick"},
    {"max_tokens", "max-tokens"}, {"workload", "workload"},
    {"thinking", "thinking"},     {"order", "order"},
    {"stream", "no-stream"},      {"timeout_s", "timeout"},
    {"pause_s", "pause"},         {"extra_body", "extra-body"},
    {"suite_file", "suite-file"},
};

/* As it would stand in argv; false: null, or nothing to set. */
static bool value_of(const cJSON *value, struct buf *out) {
    const cJSON *item;
    buf_reset(out);
    if (cJSON_IsString(value)) {
        buf_text(out, value->valuestring);
    } else if (cJSON_IsBool(value)) {
        buf_text(out, cJSON_IsTrue(value) ? "true" : "false");
    } else if (cJSON_IsNumber(value)) {
        buf_printf(out, "%.17g", value->valuedouble);
    } else if (cJSON_IsArray(value)) {
        cJSON_ArrayForEach(item, value)
            buf_printf(out, "%s%.17g", out->length ? "," : "", item->valuedouble);
    } else if (cJSON_IsObject(value)) {
        json_print(out, value);
    }
    return out->length > 0 && !out->over;
}

static bool restore_members(struct options *options, const cJSON *tree, struct error *error) {
    struct buf value;
    bool ok = true;
    buf_init(&value, VALUE_MAX);
    for (size_t i = 0; ok && i < COUNT_OF(members); i++) {
        const cJSON *member = json_member(tree, members[i].member);
        bool present = member && value_of(member, &value);
        if (present && strcmp(members[i].member, "stream") == 0)
            options->no_stream = cJSON_IsFalse(member);
        else if (present && !(strcmp(members[i].member, "max_tokens") == 0 &&
                              member->valuedouble == 0)) /* 0: the suite's own */
            ok = options_set(options, members[i].option, buf_string(&value), error);
    }
    buf_done(&value);
    return ok;
}

static const struct endpoint *named(const struct endpoint *list, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (list[i].name && strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

static void replace(char **slot, const char *text) {
    free(*slot);
    *slot = mem_string(text);
}

/* What the user's own definition of it says over what was kept. */
static void take_given(struct endpoint *endpoint, const struct endpoint *given) {
    if (given->url)
        replace(&endpoint->url, given->url);
    if (given->key_variable)
        replace(&endpoint->key_variable, given->key_variable);
    if (given->engine_set) {
        endpoint->engine = given->engine;
        endpoint->engine_set = true;
    }
    for (size_t i = 0; i < COUNT_OF(withheld); i++)
        if (text_at(given, i))
            replace((char **)((char *)endpoint + withheld[i].at), text_at(given, i));
}

/* What the header kept of it beside its list of endpoints. */
static bool take_kept(struct endpoint *endpoint, const cJSON *kept, struct error *error) {
    static const char *const keys[] = {"key_env", "telemetry", "extra_body"};
    struct buf value;
    bool ok = true;
    buf_init(&value, VALUE_MAX);
    const cJSON *set = json_member(kept, "engine_set");
    endpoint->engine_set = set && cJSON_IsTrue(set);
    for (size_t i = 0; ok && i < COUNT_OF(keys); i++) {
        const cJSON *member = json_member(kept, keys[i]);
        if (member && value_of(member, &value))
            ok = endpoint_set(endpoint, keys[i], buf_string(&value), error);
    }
    buf_done(&value);
    return ok;
}

static const cJSON *kept_of(const cJSON *tree, const char *name) {
    const cJSON *list = json_array(tree, "endpoints"), *item;
    cJSON_ArrayForEach(item, list) {
        const char *its = json_string(item, "name");
        if (its && strcmp(its, name) == 0)
            return item;
    }
    return NULL;
}

/* All that was withheld is given again. */
static bool nothing_lacks(const struct endpoint *endpoint, const struct endpoint *given,
                          const cJSON *kept, struct error *error) {
    const cJSON *list = json_array(kept, "withheld"), *item;
    cJSON_ArrayForEach(item, list) {
        for (size_t i = 0; cJSON_IsString(item) && i < COUNT_OF(withheld); i++) {
            if (strcmp(item->valuestring, withheld[i].key) != 0 || (given && text_at(given, i)))
                continue;
            error_set(error, "endpoint '%s' had its %s in that run, which no log keeps",
                      endpoint->name, withheld[i].key);
            return error_hint(error, "give it again: -e '%s=%s,%s=…', or in the config file",
                              endpoint->name, endpoint->url ? endpoint->url : "URL",
                              withheld[i].key);
        }
    }
    return true;
}

/* A key leaves this machine only where the user himself says so: a log may be anybody's. */
static bool key_may_go(const struct endpoint *endpoint, const struct endpoint *given,
                       struct error *error) {
    if (!endpoint->key_variable || (given && given->key_variable))
        return true;
    char *host = endpoint_host(endpoint->url);
    bool here = host && endpoint_is_loopback(host);
    free(host);
    if (here)
        return true;
    error_set(error, "the log would send the key in $%s to %s", endpoint->key_variable,
              endpoint->url ? endpoint->url : "its endpoint");
    return error_hint(error, "if it may: -e '%s=%s,key_env=%s', or in the config file",
                      endpoint->name, endpoint->url ? endpoint->url : "URL",
                      endpoint->key_variable);
}

static bool restore_endpoint(const struct options *options, const cJSON *tree,
                             struct endpoint *endpoint, struct error *error) {
    const cJSON *kept = kept_of(tree, endpoint->name);
    const struct endpoint *given =
        named(options->endpoints, options->endpoint_count, endpoint->name);
    if (!given)
        given = named(options->configured, options->configured_count, endpoint->name);
    if (!take_kept(endpoint, kept, error))
        return false;
    if (given)
        take_given(endpoint, given);
    return key_may_go(endpoint, given, error) && nothing_lacks(endpoint, given, kept, error);
}

/* A slip of the pen in -e would go unseen. */
static bool all_are_known(const struct options *options, const struct run *run,
                          struct error *error) {
    for (size_t i = 0; option_typed(options, "endpoint") && i < options->endpoint_count; i++) {
        const char *name = options->endpoints[i].name;
        if (named(run->endpoints, run->endpoint_count, name))
            continue;
        error_set(error, "%s has no endpoint '%s'", run->id, name);
        return error_hint(error, "leave it out: a run is resumed with the endpoints it had");
    }
    return true;
}

static void free_endpoints(struct endpoint *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        endpoint_done(&list[i]);
    free(list);
}

/* The header's endpoints in their order, each with what it has not. */
static bool restore_endpoints(struct options *options, const struct run *run, const cJSON *tree,
                              struct error *error) {
    size_t count = run->endpoint_count;
    struct endpoint *list = mem_zero(count, sizeof *list);
    bool ok = all_are_known(options, run, error);
    for (size_t i = 0; i < count; i++)
        endpoint_copy(&list[i], &run->endpoints[i]);
    for (size_t i = 0; ok && i < count; i++)
        ok = restore_endpoint(options, tree, &list[i], error);
    free_endpoints(ok ? options->endpoints : list, ok ? options->endpoint_count : count);
    if (ok) {
        options->endpoints = list;
        options->endpoint_count = count;
    }
    return ok;
}

static bool was_run(const cJSON *tree, const struct run *run, struct error *error) {
    const char *command = json_string(tree, "command");
    if (command && strcmp(command, command_word(COMMAND_RUN)) == 0)
        return true;
    error_set(error, "%s is no run that can be resumed: it was made by 'pitwall %s'", run->id,
              command ? command : "?");
    return error_hint(error, command && strcmp(command, "demo") == 0
                                 ? "its simulated engines are gone; start another demo"
                                 : "start it anew");
}

/* The object that lies over every request: the header's, or what its user gives again. */
static bool check_extra_body(const struct options *options, const cJSON *tree,
                             struct error *error) {
    bool cut = json_member(tree, "extra_body_cut"), given = option_typed(options, "extra-body");
    if (cut && !options->extra_body) {
        error_set(error, "--extra-body of that run held something secret, which no log keeps");
        return error_hint(error, "give it again with --extra-body");
    }
    if (!cut && given) {
        error_set(error, "--extra-body is fixed by the run that is resumed");
        return error_hint(error, "leave it out");
    }
    return true;
}

/* What the config file says today is not what the run had. */
static void forget_defaults(struct options *options) {
    options->thinking_set = false;
    options->max_tokens = 0;
    replace(&options->suite_file, NULL);
    replace(&options->extra_body, NULL);
    memset(options->suites, 0, sizeof options->suites);
}

bool options_restore(struct options *options, const struct run *run, struct error *error) {
    struct cJSON *tree = run->options ? json_parse(run->options, strlen(run->options), NULL) : NULL;
    bool ok = was_run(tree, run, error) && check_extra_body(options, tree, error);
    char *body = ok && json_member(tree, "extra_body_cut") ? mem_string(options->extra_body) : NULL;
    forget_defaults(options);
    ok = ok && restore_members(options, tree, error);
    if (body) {
        free(options->extra_body);
        options->extra_body = body;
    }
    for (size_t i = 0; i < run->plan_count; i++)
        options->suites[run->plans[i].suite] = true;
    options->seed = run->seed;
    options->seed_set = true;
    replace(&options->salt, run->salt);
    ok = ok && restore_endpoints(options, run, tree, error);
    json_free(tree);
    return ok;
}
