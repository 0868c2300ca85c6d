#include "suites/schema.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define PATH_MAX_BYTES 96
#define DEPTH_MAX 16

/* Where we are: "edits[1].search". */
struct path {
    char text[PATH_MAX_BYTES];
};

static struct path member_path(const struct path *path, const char *key) {
    struct path longer;
    char shown[48];
    text_visible(shown, sizeof shown, key, strlen(key));
    int used = snprintf(longer.text, sizeof longer.text, "%s%s%s", path->text,
                        path->text[0] ? "." : "", shown);
    return used < (int)sizeof longer.text ? longer : *path;
}

static struct path item_path(const struct path *path, int index) {
    struct path longer;
    int used = snprintf(longer.text, sizeof longer.text, "%s[%d]", path->text, index);
    return used < (int)sizeof longer.text ? longer : *path;
}

static bool tell(struct schema_problem *problem, const struct path *path, const char *what) {
    snprintf(problem->text, sizeof problem->text, "%s: %s",
             path->text[0] ? path->text : "arguments", what);
    return false;
}

/* ---- types ---- */

static const char *kind_of(const struct cJSON *value) {
    if (value == NULL || cJSON_IsNull(value))
        return "null";
    if (cJSON_IsBool(value))
        return "a boolean";
    if (cJSON_IsNumber(value))
        return "a number";
    if (cJSON_IsString(value))
        return "a string";
    return cJSON_IsArray(value) ? "an array" : "an object";
}

static bool is_of(const struct cJSON *value, const char *type) {
    if (strcmp(type, "string") == 0)
        return cJSON_IsString(value);
    if (strcmp(type, "boolean") == 0)
        return cJSON_IsBool(value);
    if (strcmp(type, "number") == 0)
        return cJSON_IsNumber(value);
    if (strcmp(type, "integer") == 0)
        return cJSON_IsNumber(value) && floor(value->valuedouble) == value->valuedouble;
    if (strcmp(type, "array") == 0)
        return cJSON_IsArray(value);
    if (strcmp(type, "object") == 0)
        return cJSON_IsObject(value);
    if (strcmp(type, "null") == 0)
        return cJSON_IsNull(value);
    return true; /* a type nobody knows is no constraint */
}

static bool type_fits(const struct cJSON *value, const struct cJSON *schema,
                      const struct path *path, struct schema_problem *problem) {
    const struct cJSON *type = json_member(schema, "type");
    bool fits = type == NULL;
    const char *wanted = "another type";
    if (cJSON_IsString(type)) {
        wanted = type->valuestring;
        fits = is_of(value, wanted);
    }
    for (const cJSON *one = cJSON_IsArray(type) ? type->child : NULL; one != NULL; one = one->next)
        fits = fits || (cJSON_IsString(one) && is_of(value, one->valuestring));
    if (fits)
        return true;
    char what[80];
    snprintf(what, sizeof what, "%s where %s is due", kind_of(value), wanted);
    return tell(problem, path, what);
}

static bool enum_fits(const struct cJSON *value, const struct cJSON *schema,
                      const struct path *path, struct schema_problem *problem) {
    const struct cJSON *choices = json_array(schema, "enum");
    if (choices == NULL)
        return true;
    for (const cJSON *choice = choices->child; choice != NULL; choice = choice->next)
        if (cJSON_Compare(value, choice, true))
            return true;
    return tell(problem, path, "none of the values that are allowed");
}

/* ---- the whole ---- */

static bool conforms(const struct cJSON *value, const struct cJSON *schema, struct path path,
                     int depth, struct schema_problem *problem);

static bool members_fit(const struct cJSON *value, const struct cJSON *schema,
                        const struct path *path, int depth, struct schema_problem *problem) {
    const struct cJSON *known = json_object(schema, "properties");
    const struct cJSON *required = json_array(schema, "required");
    for (const cJSON *name = required ? required->child : NULL; name != NULL; name = name->next) {
        if (!cJSON_IsString(name))
            continue;
        struct path at = member_path(path, name->valuestring);
        if (cJSON_GetObjectItemCaseSensitive(value, name->valuestring) == NULL)
            return tell(problem, &at, "missing");
    }
    bool closed = !json_bool(schema, "additionalProperties", true);
    for (const cJSON *member = value->child; member != NULL; member = member->next) {
        const struct cJSON *description = json_object(known, member->string);
        struct path at = member_path(path, member->string);
        if (description == NULL && closed)
            return tell(problem, &at, "no such parameter");
        if (description != NULL && !conforms(member, description, at, depth + 1, problem))
            return false;
    }
    return true;
}

static bool items_fit(const struct cJSON *value, const struct cJSON *schema,
                      const struct path *path, int depth, struct schema_problem *problem) {
    const struct cJSON *items = json_object(schema, "items");
    int count = cJSON_GetArraySize(value), index = 0;
    if (count < json_integer(schema, "minItems", 0))
        return tell(problem, path, "too few items");
    if (count > json_integer(schema, "maxItems", INT32_MAX))
        return tell(problem, path, "too many items");
    for (const cJSON *item = value->child; item != NULL && items != NULL; item = item->next)
        if (!conforms(item, items, item_path(path, index++), depth + 1, problem))
            return false;
    return true;
}

static bool conforms(const struct cJSON *value, const struct cJSON *schema, struct path path,
                     int depth, struct schema_problem *problem) {
    if (depth > DEPTH_MAX)
        return tell(problem, &path, "nested too deep");
    if (!type_fits(value, schema, &path, problem) || !enum_fits(value, schema, &path, problem))
        return false;
    if (cJSON_IsString(value) &&
        (int64_t)strlen(value->valuestring) < json_integer(schema, "minLength", 0))
        return tell(problem, &path, "too short");
    if (cJSON_IsObject(value))
        return members_fit(value, schema, &path, depth, problem);
    if (cJSON_IsArray(value))
        return items_fit(value, schema, &path, depth, problem);
    return true;
}

bool schema_conforms(const struct cJSON *value, const struct cJSON *schema,
                     struct schema_problem *problem) {
    struct path top = {""};
    return conforms(value, schema, top, 0, problem);
}

/* ---- the empty-object bug ---- */

static bool is_nested(const struct cJSON *description) {
    const char *type = json_string(description, "type");
    return type != NULL && (strcmp(type, "array") == 0 || strcmp(type, "object") == 0);
}

static bool needs_members(const struct cJSON *description) {
    const struct cJSON *required = json_array(description, "required");
    return required != NULL && required->child != NULL;
}

/* A text in place of an array or object: what it holds. */
static const char *text_form(const char *text) {
    size_t skip = strspn(text, " \t\r\n");
    if (text[skip] == '\0')
        return "an empty string";
    struct cJSON *inner = json_parse(text, strlen(text), NULL);
    bool is_tree = cJSON_IsArray(inner) || cJSON_IsObject(inner);
    bool is_empty = is_tree && inner->child == NULL;
    json_free(inner);
    if (is_empty)
        return "an empty value put in a string";
    return is_tree || text[skip] == '{' || text[skip] == '[' ? "put in a string" : NULL;
}

/* What is hollow about the value of a required array or object; NULL: nothing. */
static const char *hollow_form(const struct cJSON *value, const struct cJSON *description) {
    const char *type = json_string(description, "type");
    bool free_form = strcmp(type, "object") == 0 && !needs_members(description);
    if (value == NULL)
        return "absent";
    if (cJSON_IsNull(value))
        return "null";
    if (cJSON_IsString(value))
        return text_form(value->valuestring);
    if (cJSON_IsObject(value) && value->child == NULL && !free_form)
        return "{}";
    if (cJSON_IsArray(value) && value->child == NULL)
        return "[]";
    return NULL;
}

static bool hollow(const struct cJSON *value, const struct cJSON *schema, struct path path,
                   int depth, struct schema_problem *problem);

static bool hollow_items(const struct cJSON *value, const struct cJSON *items, struct path path,
                         int depth, struct schema_problem *problem) {
    int index = 0;
    for (const cJSON *item = value->child; item != NULL; item = item->next, index++) {
        struct path at = item_path(&path, index);
        const char *form = is_nested(items) ? hollow_form(item, items) : NULL;
        if (form != NULL)
            return !tell(problem, &at, form);
        if (hollow(item, items, at, depth + 1, problem))
            return true;
    }
    return false;
}

static bool hollow_members(const struct cJSON *value, const struct cJSON *schema, struct path path,
                           int depth, struct schema_problem *problem) {
    const struct cJSON *required = json_array(schema, "required");
    const struct cJSON *known = json_object(schema, "properties");
    for (const cJSON *name = required ? required->child : NULL; name != NULL; name = name->next) {
        const struct cJSON *description =
            cJSON_IsString(name) ? json_object(known, name->valuestring) : NULL;
        if (description == NULL || !is_nested(description))
            continue;
        const struct cJSON *member = cJSON_GetObjectItemCaseSensitive(value, name->valuestring);
        struct path at = member_path(&path, name->valuestring);
        const char *form = hollow_form(member, description);
        if (form != NULL)
            return !tell(problem, &at, form);
        if (hollow(member, description, at, depth + 1, problem))
            return true;
    }
    return false;
}

static bool hollow(const struct cJSON *value, const struct cJSON *schema, struct path path,
                   int depth, struct schema_problem *problem) {
    const struct cJSON *items = json_object(schema, "items");
    if (depth > DEPTH_MAX)
        return false;
    if (cJSON_IsArray(value) && items != NULL)
        return hollow_items(value, items, path, depth, problem);
    return cJSON_IsObject(value) && hollow_members(value, schema, path, depth, problem);
}

bool schema_is_hollow(const struct cJSON *value, const struct cJSON *schema,
                      struct schema_problem *problem) {
    struct path top = {""};
    if (cJSON_IsString(value)) { /* the whole arguments in a string */
        const char *form = text_form(value->valuestring);
        return form != NULL && !tell(problem, &top, form);
    }
    return hollow(value, schema, top, 0, problem);
}
