#include "config/config.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "config/option_table.h"

/* The file being read, for messages with a place. */
struct source {
    const char *file;
    struct buf text;
    struct buf *errors;
};

static void complain(const struct source *source, const char *path, const struct error *error) {
    int line = 1, column = 1;
    json_locate(source->text.data, source->text.length, path, &line, &column);
    buf_printf(source->errors, "%s:%d:%d: %s%s%s%s\n", source->file, line, column, error->text,
               error->hint[0] ? " (" : "", error->hint, error->hint[0] ? ")" : "");
}

/* A member's value as the text an option would be given. False for values that can't be one. */
static bool value_text(const cJSON *value, struct buf *out) {
    if (cJSON_IsString(value))
        return buf_text(out, value->valuestring);
    if (cJSON_IsBool(value))
        return buf_text(out, cJSON_IsTrue(value) ? "true" : "false");
    if (cJSON_IsNumber(value) || cJSON_IsObject(value))
        return json_print(out, value);
    if (!cJSON_IsArray(value))
        return false;
    const cJSON *item;
    cJSON_ArrayForEach(item, value) {
        if (item != value->child)
            buf_char(out, ',');
        if (cJSON_IsArray(item) || !value_text(item, out))
            return false;
    }
    return true;
}

static void read_endpoint(struct source *source, struct options *options, const cJSON *object,
                          int index) {
    struct endpoint endpoint;
    struct error error = {0};
    char path[96];
    bool ok = true;
    endpoint_init(&endpoint);
    const cJSON *member;
    cJSON_ArrayForEach(member, object) {
        struct buf value;
        buf_init(&value, 1 << 16);
        error = (struct error){0};
        snprintf(path, sizeof path, "endpoints[%d].%.60s", index, member->string);
        bool set = cJSON_IsArray(member) || !value_text(member, &value)
                       ? error_set(&error, "'%s' must be a text", member->string)
                       : endpoint_set(&endpoint, member->string, buf_string(&value), &error);
        buf_done(&value);
        if (!set) {
            complain(source, path, &error);
            ok = false;
        }
    }
    snprintf(path, sizeof path, "endpoints[%d]", index);
    if (ok && (!endpoint.url || !endpoint.name)) {
        error_set(&error, "an endpoint needs a name and a url");
        error_hint(&error, "for example {\"name\": \"local\", \"url\": \"http://127.0.0.1:8080\"}");
        complain(source, path, &error);
        ok = false;
    }
    if (!ok)
        endpoint_done(&endpoint);
    else if (!option_add_endpoint(&options->configured, &options->configured_count, &endpoint,
                                  &error))
        complain(source, path, &error);
}

static void read_endpoints(struct source *source, struct options *options, const cJSON *list) {
    struct error error = {0};
    int index = 0;
    const cJSON *item;
    if (!cJSON_IsArray(list)) {
        error_set(&error, "endpoints must be a list of objects");
        complain(source, "endpoints", &error);
        return;
    }
    cJSON_ArrayForEach(item, list) {
        char path[40];
        snprintf(path, sizeof path, "endpoints[%d]", index);
        if (cJSON_IsObject(item)) {
            read_endpoint(source, options, item, index);
        } else {
            error_set(&error, "an endpoint must be an object");
            complain(source, path, &error);
        }
        index++;
    }
}

static void read_default(struct source *source, struct options *options, const cJSON *member,
                         const char *path) {
    struct error error = {0};
    struct buf value;
    buf_init(&value, 1 << 16);
    bool ok = strcmp(member->string, "endpoint") == 0
                  ? error_set(&error, "endpoints stand in \"endpoints\"")
              : value_text(member, &value)
                  ? options_set(options, member->string, buf_string(&value), &error)
                  : error_set(&error, "'%s' has no usable value", member->string);
    buf_done(&value);
    if (!ok)
        complain(source, path, &error);
}

static void read_defaults(struct source *source, struct options *options, const cJSON *object) {
    struct error error = {0};
    const cJSON *member;
    if (!cJSON_IsObject(object)) {
        error_set(&error, "defaults must be an object of option names and values");
        complain(source, "defaults", &error);
        return;
    }
    cJSON_ArrayForEach(member, object) {
        char path[96];
        snprintf(path, sizeof path, "defaults.%.60s", member->string);
        read_default(source, options, member, path);
    }
}

static void read_tree(struct source *source, struct options *options, const cJSON *tree) {
    struct error error = {0};
    const cJSON *member;
    if (!cJSON_IsObject(tree)) {
        error_set(&error, "a config file is one JSON object");
        complain(source, "", &error);
        return;
    }
    cJSON_ArrayForEach(member, tree) {
        if (strcmp(member->string, "endpoints") == 0) {
            read_endpoints(source, options, member);
        } else if (strcmp(member->string, "defaults") == 0) {
            read_defaults(source, options, member);
        } else if (strcmp(member->string, "theme") == 0) {
            read_default(source, options, member, "theme");
        } else {
            char path[64];
            snprintf(path, sizeof path, "%.60s", member->string);
            error_set(&error, "unknown key '%s'", path);
            error_hint(&error, "known: endpoints, defaults, theme");
            complain(source, path, &error);
        }
    }
}

bool config_read(struct options *options, const char *path, bool required, struct buf *errors) {
    struct source source = {.file = path, .errors = errors};
    struct error error = {0};
    size_t before = errors->length;
    if (!required && access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    buf_init(&source.text, CONFIG_SIZE_MAX);
    struct cJSON *tree = NULL;
    if (buf_read_file(&source.text, path, &error))
        tree = json_parse_commented(path, buf_string(&source.text), source.text.length, &error);
    if (tree)
        read_tree(&source, options, tree);
    else if (source.text.length > 0)
        buf_printf(errors, "%s\n", error.text);
    else
        buf_printf(errors, "config file %s (pitwall --default-config prints one)\n", error.text);
    json_free(tree);
    buf_done(&source.text);
    return errors->length == before;
}
