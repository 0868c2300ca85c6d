#include "sim/profile.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/embed.h"
#include "base/json.h"
#include "sim/profile_fields.h"

#define PROFILE_BYTES_MAX ((size_t)64 << 10)

static const struct field *field_of(const char *section, const char *key) {
    size_t count;
    const struct field *fields = profile_fields(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].section, section) == 0 && strcmp(fields[i].key, key) == 0)
            return &fields[i];
    return NULL;
}

static bool is_section(const char *key) {
    size_t count;
    const struct field *fields = profile_fields(&count);
    for (size_t i = 0; i < count; i++)
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
    size_t count;
    const struct field *fields = profile_fields(&count);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        const struct cJSON *object =
            field->section[0] == '\0' ? tree : json_object(tree, field->section);
        const struct cJSON *value = object != NULL ? json_member(object, field->key) : NULL;
        if (value != NULL) {
            if (!set_field(profile, field, value, name, error))
                return false;
        } else if (field->required) {
            return refuse(error, name, field->section, field->key, "missing");
        } else if (field->type == FIELD_TEXT) {
            set_text(profile, field, field->text);
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
    return error_hint(
        error, "pitwall help sim lists them; a file is given by its path, such as ./%s.json", name);
}

void profile_done(struct profile *profile) {
    size_t count;
    const struct field *fields = profile_fields(&count);
    for (size_t i = 0; i < count; i++)
        if (fields[i].type == FIELD_TEXT)
            set_text(profile, &fields[i], NULL);
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
