/* An endpoint as people write it: "NAME=URL,key=value", or an object of the config file. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "config/options.h"

enum field_kind {
    FIELD_TEXT,
    FIELD_URL,
    FIELD_ENGINE,
    FIELD_THINKING,
    FIELD_OBJECT,
    FIELD_VARIABLE
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
    const char *about, *example; /* example: JSON */
};

#define AT(member) offsetof(struct endpoint, member)
static const struct field fields[] = {
    {"name", FIELD_TEXT, AT(name), "what the row is called", "\"mine\""},
    {"url", FIELD_URL, AT(url), "base URL, without /v1", "\"http://192.168.1.20:8080\""},
    {"engine", FIELD_ENGINE, AT(engine), "engine's id; found by itself when left out",
     "\"llama.cpp\""},
    {"engine_version", FIELD_TEXT, AT(engine_version), "where the engine does not tell its version",
     "\"b9270\""},
    {"model", FIELD_TEXT, AT(model), "exact model id; the loaded one when left out",
     "\"Qwen3.6-35B-A3B\""},
    {"family", FIELD_TEXT, AT(family), "endpoints of one family must share a chat template",
     "\"qwen3.6\""},
    {"format", FIELD_TEXT, AT(format), "weights: GGUF, MLX-4bit …", "\"GGUF\""},
    {"quant", FIELD_TEXT, AT(quant), "quantisation: Q4_K_S …", "\"Q5_K_XL\""},
    {"lane", FIELD_TEXT, AT(lane), "machine it runs on; one endpoint of a lane at a time",
     "\"studio\""},
    {"baseline", FIELD_TEXT, AT(baseline), "name of the endpoint this one is held against",
     "\"llama.cpp\""},
    {"thinking", FIELD_THINKING, AT(thinking), "on, off or default (the suite's own)",
     "\"default\""},
    {"key_env", FIELD_VARIABLE, AT(key_variable), "environment variable that holds the API key",
     "\"MY_API_KEY\""},
    {"extra_body", FIELD_OBJECT, AT(extra_body), "JSON object laid over every request",
     "{\"top_k\": 20}"},
    {"telemetry", FIELD_URL, AT(telemetry), "URL of an exporter on the endpoint's machine",
     "\"http://192.168.1.20:9100/metrics\""},
    {"start", FIELD_TEXT, AT(start), "command that starts the engine", "\"ssh studio engine up\""},
    {"stop", FIELD_TEXT, AT(stop), "command that stops it", "\"ssh studio engine down\""},
    {"restart", FIELD_TEXT, AT(restart), "command that restarts it (cold-prefix needs it)",
     "\"ssh studio engine restart\""},
    {"ready", FIELD_TEXT, AT(ready), "command that succeeds once it is ready",
     "\"ssh studio engine ready\""},
    {"notes", FIELD_TEXT, AT(notes), "free text kept with the run: KV type, disk size …",
     "\"KV q8_0\""},
};

const char *endpoint_key(size_t index, const char **about, const char **example) {
    if (index >= COUNT_OF(fields))
        return NULL;
    *about = fields[index].about;
    *example = fields[index].example;
    return fields[index].key;
}

static void set_text(char **slot, const char *text) {
    free(*slot);
    *slot = mem_string(text);
}

static bool has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static bool port_is_valid(const char *port, size_t length) {
    if (length == 0 || length > 5)
        return false;
    long value = 0;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)port[i]))
            return false;
        value = value * 10 + (port[i] - '0');
    }
    return value > 0 && value < 65536;
}

/* The authority of a URL: host or [v6], with an optional port. */
static bool authority_is_valid(const char *host, size_t length) {
    const char *end = host + length;
    const char *colon;
    if (length > 0 && host[0] == '[') {
        const char *bracket = memchr(host, ']', length);
        if (!bracket || bracket == host + 1)
            return false;
        colon = bracket + 1;
        if (colon < end && *colon != ':')
            return false;
    } else {
        colon = memchr(host, ':', length);
        if (!colon)
            colon = end;
        if (colon == host)
            return false;
        for (const char *c = host; c < colon; c++)
            if (!isalnum((unsigned char)*c) && !strchr("-._~%", *c))
                return false;
    }
    return colon >= end || port_is_valid(colon + 1, (size_t)(end - colon - 1));
}

static void trim_url(char *url) {
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        url[--length] = '\0';
    if (length > 3 && strcmp(url + length - 3, "/v1") == 0)
        url[length - 3] = '\0';
}

/* A base URL in normal form; NULL and `error` when it cannot be one. Credentials are refused: they
 * would end in logs and process lists. */
static char *url_normal(const char *text, bool base, struct error *error) {
    char *url = strstr(text, "://") ? mem_string(text) : mem_format("http://%s", text);
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end + 3;
    size_t host_length = strcspn(host, "/?#");
    bool web = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    const char *why = NULL;
    if (has_control(url) || strchr(url, ' '))
        why = "it contains blanks or control characters";
    else if (!web)
        why = "only http:// and https:// are spoken";
    else if (memchr(host, '@', host_length))
        why = "credentials in a URL would end up in logs; name a variable with key_env instead";
    else if (!authority_is_valid(host, host_length))
        why = "there is no valid host and port in it";
    else if (base && strpbrk(host, "?#"))
        why = "a base URL has no query";
    if (why) {
        char shown[160];
        text_visible(shown, sizeof shown, text, strlen(text));
        error_set(error, "bad URL '%s': %s", shown, why);
        error_hint(error, "write it like http://127.0.0.1:8080");
        free(url);
        return NULL;
    }
    if (base)
        trim_url(url);
    return url;
}

static bool set_object(char **slot, const char *value, struct error *error) {
    struct error inner = {0};
    struct cJSON *tree = json_parse(value, strlen(value), &inner);
    bool object = tree && value[strspn(value, " \t\r\n")] == '{';
    json_free(tree);
    if (!object)
        return error_set(error, "extra_body must be a JSON object%s%s", inner.text[0] ? ": " : "",
                         inner.text);
    set_text(slot, value);
    return true;
}

static bool is_variable(const char *name) {
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static bool set_engine(struct endpoint *endpoint, const char *value, struct error *error) {
    int engine = engine_find(value);
    if (engine < 0) {
        error_set(error, "unknown engine '%s'", value);
        return error_hint(error, "one of: llama.cpp mlx-lm lm-studio rapid-mlx vllm-mlx omlx vmlx "
                                 "ollama openai");
    }
    endpoint->engine = (enum engine_id)engine;
    endpoint->engine_set = true;
    return true;
}

static bool set_field(struct endpoint *endpoint, const struct field *field, const char *value,
                      struct error *error) {
    char **slot = (char **)((char *)endpoint + field->offset);
    int found;
    switch (field->kind) {
    case FIELD_TEXT:
        if (has_control(value))
            return error_set(error, "%s contains control characters", field->key);
        set_text(slot, value);
        return true;
    case FIELD_URL: {
        char *url = url_normal(value, field->offset == AT(url), error);
        if (!url)
            return false;
        free(*slot);
        *slot = url;
        return true;
    }
    case FIELD_ENGINE:
        return set_engine(endpoint, value, error);
    case FIELD_THINKING:
        found = thinking_find(value);
        if (found < 0)
            return error_set(error, "thinking is on, off or default, not '%s'", value);
        endpoint->thinking = (enum thinking)found;
        return true;
    case FIELD_OBJECT:
        return set_object(slot, value, error);
    case FIELD_VARIABLE:
        if (!is_variable(value))
            return error_set(error, "key_env is the NAME of an environment variable, not a key");
        set_text(slot, value);
        return true;
    }
    return false;
}

bool endpoint_set(struct endpoint *endpoint, const char *key, const char *value,
                  struct error *error) {
    const char *near = NULL;
    int best = 3;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (strcmp(fields[i].key, key) == 0)
            return set_field(endpoint, &fields[i], value, error);
        int distance = text_distance(fields[i].key, key, best);
        if (distance < best) {
            best = distance;
            near = fields[i].key;
        }
    }
    error_set(error, "unknown key '%s' of an endpoint", key);
    return near ? error_hint(error, "did you mean '%s'?", near)
                : error_hint(error, "pitwall --default-config lists an endpoint's keys");
}

/* "key=value" pairs; a comma ends a pair only when a known key and '=' follow, so that commands may
 * contain commas. */
static bool starts_pair(const char *text) {
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        size_t length = strlen(fields[i].key);
        if (strncmp(text, fields[i].key, length) == 0 && text[length] == '=')
            return true;
    }
    return false;
}

static bool parse_pairs(struct endpoint *endpoint, const char *pairs, struct error *error) {
    while (*pairs) {
        size_t equals = strcspn(pairs, "=,");
        char *key = mem_bytes(pairs, equals);
        if (pairs[equals] != '=') {
            error_set(error, "'%s' after the URL is no key=value pair", key);
            free(key);
            return false;
        }
        const char *value = pairs + equals + 1;
        const char *end = value;
        while (*end && !(*end == ',' && starts_pair(end + 1)))
            end++;
        char *text = mem_bytes(value, (size_t)(end - value));
        bool ok = endpoint_set(endpoint, key, text, error);
        free(key);
        free(text);
        if (!ok)
            return false;
        pairs = *end ? end + 1 : end;
    }
    return true;
}

static bool looks_like_url(const char *text) {
    return strstr(text, "://") != NULL || strchr(text, ':') != NULL;
}

bool endpoint_parse(const char *text, struct endpoint *endpoint, struct error *error) {
    const char *rest = text;
    size_t length = strcspn(text, "=,");
    bool named = text[length] == '=' && !memchr(text, '/', length) && !memchr(text, ':', length);
    if (length == 0)
        return error_set(error, "an endpoint is NAME=URL, not '%s'", text);
    if (named) {
        char *name = mem_bytes(text, length);
        bool ok = endpoint_set(endpoint, "name", name, error);
        free(name);
        if (!ok)
            return false;
        rest = text + length + 1;
    }
    size_t url_length = strcspn(rest, ",");
    char *url = mem_bytes(rest, url_length);
    bool ok = true;
    if (named || looks_like_url(url))
        ok = endpoint_set(endpoint, "url", url, error);
    else
        set_text(&endpoint->name, url);
    free(url);
    if (ok && !endpoint->name && endpoint->url) /* host:port is a fine name */
        endpoint->name = mem_string(strstr(endpoint->url, "://") + 3);
    return ok && parse_pairs(endpoint, rest + url_length + (rest[url_length] == ','), error);
}
