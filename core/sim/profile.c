#include "sim/profile.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/embed.h"
#include "base/json.h"

#define PROFILE_BYTES_MAX ((size_t)64 << 10)

static const char *const policy_words[] = {"none", "same-prompt", "cross-user"};
static const char *const headers_words[] = {"arrival", "slot", "first-token"};
static const char *const role_words[] = {"at-once", "before-first", "with-first", "every"};
static const char *const usage_words[] = {"asked", "finish", "every", "never"};
static const char *const cached_words[] = {"always", "positive", "never"};

static int find_engine(const char *word) {
    return engine_find(word);
}
static int find_policy(const char *word) {
    return names_find(policy_words, CACHE_POLICY_COUNT, word);
}
static int find_headers(const char *word) {
    return names_find(headers_words, HEADERS_COUNT, word);
}
static int find_role(const char *word) {
    return names_find(role_words, ROLE_COUNT, word);
}
static int find_usage(const char *word) {
    return names_find(usage_words, USAGE_COUNT, word);
}
static int find_cached(const char *word) {
    return names_find(cached_words, CACHED_COUNT, word);
}

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_INTEGER, FIELD_BOOL, FIELD_WORD };

/* One member of a profile. Enums are written through an int: C's enums of this file are ints. */
struct field {
    const char *section, *key; /* section "": top level */
    enum field_type type;
    size_t offset;
    bool required;
    double least, most, fallback; /* numbers; fallback for booleans and words too */
    int (*find)(const char *word);
};

#define AT(member) offsetof(struct profile, member)
#define TEXT(section, key, member)                                                                 \
    { section, key, FIELD_TEXT, AT(member), true, 0, 0, 0, NULL }
#define NUMBER(section, key, member, required, least, most, fallback)                              \
    { section, key, FIELD_NUMBER, AT(member), required, least, most, fallback, NULL }
#define INTEGER(section, key, member, least, most, fallback)                                       \
    { section, key, FIELD_INTEGER, AT(member), false, least, most, fallback, NULL }
#define BOOL(section, key, member)                                                                 \
    { section, key, FIELD_BOOL, AT(member), false, 0, 0, 0, NULL }
#define WORD(section, key, member, required, fallback, find)                                       \
    { section, key, FIELD_WORD, AT(member), required, 0, 0, fallback, find }

/* clang-format off */
static const struct field fields[] = {
    WORD("", "engine", engine, true, 0, find_engine),
    TEXT("", "version", version),
    TEXT("", "model", model),
    TEXT("", "format", format),
    TEXT("", "quant", quant),
    NUMBER("", "prefill_tps", prefill_tps, true, 1, 1e7, 0),
    NUMBER("", "decode_tps", decode_tps, true, 0.1, 1e5, 0),
    NUMBER("", "overhead_ms", overhead_ms, false, 0, 60000, 0),
    INTEGER("", "slots", slots, 1, 4096, 1),
    NUMBER("", "gain", gain, false, -1, 1, 0),
    NUMBER("", "jitter", jitter, false, 0, 0.9, 0),
    INTEGER("", "tokens_per_chunk", tokens_per_chunk, 1, 64, 1),
    INTEGER("", "load_ms", load_ms, 0, 600000, 0),
    BOOL("", "restart", restart),
    NUMBER("", "wrong_answers", wrong_answers, false, 0, 1, 0),
    NUMBER("mtp", "acceptance", mtp.acceptance, false, 0, 1, 0),
    INTEGER("mtp", "draft", mtp.draft, 0, 16, 0),
    WORD("cache", "policy", cache.policy, false, CACHE_NONE, find_policy),
    INTEGER("cache", "min_prefix_chars", cache.min_prefix_chars, 0, 1e7, 0),
    INTEGER("cache", "block_tokens", cache.block_tokens, 1, 65536, 1),
    INTEGER("cache", "entries", cache.entries, 1, 256, 8),
    BOOL("cache", "persists", cache.persists),
    NUMBER("thinking", "share", thinking.share, false, 0, 0.95, 0),
    BOOL("thinking", "by_default", thinking.by_default),
    BOOL("thinking", "kwargs", thinking.kwargs),
    BOOL("thinking", "top_level", thinking.top_level),
    BOOL("thinking", "effort", thinking.effort),
    WORD("wire", "headers", wire.headers, false, HEADERS_ARRIVAL, find_headers),
    WORD("wire", "role", wire.role, false, ROLE_AT_ONCE, find_role),
    TEXT("wire", "reasoning_field", wire.reasoning_field),
    WORD("wire", "usage", wire.usage, false, USAGE_ASKED, find_usage),
    WORD("wire", "cached_tokens", wire.cached, false, CACHED_ALWAYS, find_cached),
    BOOL("wire", "timings", wire.timings),
    BOOL("wire", "ignores_disconnect", wire.ignores_disconnect),
    NUMBER("watts", "idle", watts.idle, false, 0, 10000, NAN),
    NUMBER("watts", "prefill", watts.prefill, false, 0, 10000, NAN),
    NUMBER("watts", "decode", watts.decode, false, 0, 10000, NAN),
    INTEGER("swap", "calls", swap.calls, 0, 100000, 0),
    NUMBER("swap", "mb_per_call", swap.mb_per_call, false, 0, 1e6, 0),
};
/* clang-format on */

static const struct field *field_of(const char *section, const char *key) {
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (strcmp(fields[i].section, section) == 0 && strcmp(fields[i].key, key) == 0)
            return &fields[i];
    return NULL;
}

static bool is_section(const char *key) {
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].section[0] != '\0' && strcmp(fields[i].section, key) == 0)
            return true;
    return false;
}

static bool refuse(struct error *error, const char *name, const char *section, const char *key,
                   const char *what) {
    return error_set(error, "profile %s: %s%s%s: %s", name, section, section[0] != '\0' ? "." : "",
                     key, what);
}

/* "source" is an object of texts, for people. */
static bool check_source(const struct cJSON *source, const char *name, struct error *error) {
    if (!cJSON_IsObject(source))
        return refuse(error, name, "", "source", "not an object");
    for (const cJSON *text = source->child; text != NULL; text = text->next)
        if (!cJSON_IsString(text))
            return refuse(error, name, "source", text->string, "not a text");
    return true;
}

static bool check_members(const struct cJSON *object, const char *section, const char *name,
                          struct error *error) {
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        const char *key = member->string;
        if (section[0] == '\0' && strcmp(key, "source") == 0) {
            if (!check_source(member, name, error))
                return false;
        } else if (section[0] == '\0' && is_section(key)) {
            if (!cJSON_IsObject(member))
                return refuse(error, name, "", key, "not an object");
            if (!check_members(member, key, name, error))
                return false;
        } else if (field_of(section, key) == NULL) {
            return refuse(error, name, section, key, "no such member");
        }
    }
    return true;
}

static void set_text(struct profile *profile, const struct field *field, const char *text) {
    char **at = (char **)((char *)profile + field->offset);
    free(*at);
    *at = mem_string(text);
}

static void set_number(struct profile *profile, const struct field *field, double value) {
    char *at = (char *)profile + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
        break;
    case FIELD_NUMBER:
        *(double *)(void *)at = value;
        break;
    case FIELD_INTEGER:
    case FIELD_WORD:
        *(int *)(void *)at = (int)value;
        break;
    case FIELD_BOOL:
        *(bool *)(void *)at = value != 0;
        break;
    }
}

static bool set_field(struct profile *profile, const struct field *field, const cJSON *value,
                      const char *name, struct error *error) {
    const char *what = NULL;
    char range[96];
    int word = -1;
    switch (field->type) {
    case FIELD_TEXT:
        if (!cJSON_IsString(value) || value->valuestring[0] == '\0')
            what = "not a text";
        else
            set_text(profile, field, value->valuestring);
        break;
    case FIELD_NUMBER:
    case FIELD_INTEGER:
        if (!cJSON_IsNumber(value)) {
            what = "not a number";
        } else if (!(value->valuedouble >= field->least && value->valuedouble <= field->most)) {
            snprintf(range, sizeof range, "must be between %g and %g", field->least, field->most);
            what = range;
        } else if (field->type == FIELD_INTEGER &&
                   value->valuedouble != floor(value->valuedouble)) {
            what = "not a whole number";
        } else {
            set_number(profile, field, value->valuedouble);
        }
        break;
    case FIELD_BOOL:
        if (!cJSON_IsBool(value))
            what = "not true or false";
        else
            set_number(profile, field, cJSON_IsTrue(value) ? 1 : 0);
        break;
    case FIELD_WORD:
        if (cJSON_IsString(value))
            word = field->find(value->valuestring);
        if (word < 0)
            what = "not a word known here";
        else
            set_number(profile, field, word);
        break;
    }
    return what == NULL || refuse(error, name, field->section, field->key, what);
}

static bool fill(struct profile *profile, const struct cJSON *tree, const char *name,
                 struct error *error) {
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        const struct field *field = &fields[i];
        const struct cJSON *object =
            field->section[0] == '\0' ? tree : json_object(tree, field->section);
        const struct cJSON *value = object != NULL ? json_member(object, field->key) : NULL;
        if (value != NULL) {
            if (!set_field(profile, field, value, name, error))
                return false;
        } else if (field->required) {
            return refuse(error, name, field->section, field->key, "missing");
        } else {
            set_number(profile, field, field->fallback);
        }
    }
    return true;
}

bool profile_read(struct profile *profile, const char *name, const char *text, size_t length,
                  struct error *error) {
    memset(profile, 0, sizeof *profile);
    copy_text(profile->name, sizeof profile->name, name);
    struct cJSON *tree = json_parse_commented(name, text, length, error);
    if (tree == NULL)
        return false;
    bool ok = cJSON_IsObject(tree) || error_set(error, "profile %s: not an object", name);
    ok = ok && check_members(tree, "", name, error) && fill(profile, tree, name, error);
    json_free(tree);
    if (!ok)
        profile_done(profile);
    return ok;
}

static bool read_file(struct profile *profile, const char *path, struct error *error) {
    const char *slash = strrchr(path, '/');
    char *name = mem_string(slash != NULL ? slash + 1 : path);
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".json") == 0)
        name[length - 5] = '\0';
    struct buf text;
    buf_init(&text, PROFILE_BYTES_MAX);
    bool ok = buf_read_file(&text, path, error) &&
              profile_read(profile, name, buf_string(&text), text.length, error);
    buf_done(&text);
    free(name);
    return ok;
}

bool profile_load(struct profile *profile, const char *name, struct error *error) {
    memset(profile, 0, sizeof *profile);
    const struct embedded *found = embed_find(embed_profiles, name);
    if (found != NULL)
        return profile_read(profile, name, found->text, found->length, error);
    size_t length = strlen(name);
    bool path =
        strchr(name, '/') != NULL || (length > 5 && strcmp(name + length - 5, ".json") == 0);
    if (path)
        return read_file(profile, name, error);
    error_set(error, "no simulated engine is called \"%s\"", name);
    return error_hint(error, "a profile file is given by its path, such as ./%s.json", name);
}

void profile_done(struct profile *profile) {
    free(profile->version);
    free(profile->model);
    free(profile->format);
    free(profile->quant);
    free(profile->wire.reasoning_field);
    memset(profile, 0, sizeof *profile);
}

/* A step yields the model's own token and the drafted ones up to the first refused: 1 + a + a² ….
 */
double profile_tokens_per_step(const struct profile *profile) {
    if (profile->mtp.draft == 0)
        return profile->tokens_per_chunk;
    double sum = 1, kept = 1;
    for (int i = 0; i < profile->mtp.draft; i++) {
        kept *= profile->mtp.acceptance;
        sum += kept;
    }
    return sum;
}
