#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "base/text.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: beyond it a double no longer holds each integer */

/* The value ends here or the text is broken: check all of it. */
static bool check(struct scan *scan) {
    return scan_value(scan, NULL) && scan_end(scan);
}

static size_t skip_bom(const char *text, size_t length) {
    return length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* Build cJSON's tree of text that was checked. */
static struct cJSON *build(const char *text, size_t length, struct error *error) {
    struct cJSON *tree = cJSON_ParseWithLengthOpts(text, length, NULL, false);
    if (!tree)
        error_set(error, "cJSON does not take it");
    return tree;
}

/* Rewrite checked text without what cJSON gets wrong or does not know (scan.odd). */
static struct cJSON *build_odd(const struct scan *checked, struct error *error) {
    struct buf clean;
    buf_init(&clean, (size_t)(checked->end - checked->begin) * 3 + 16);
    struct scan scan;
    scan_init(&scan, checked->begin, (size_t)(checked->end - checked->begin));
    scan.relaxed = checked->relaxed;
    struct json_writer writer;
    json_begin(&writer, &clean);
    bool whole = json_copy(&writer, NULL, &scan);
    struct cJSON *tree = whole ? build(buf_string(&clean), clean.length, error) : NULL;
    buf_done(&clean);
    return tree;
}

struct cJSON *json_parse(const char *text, size_t length, struct error *error) {
    struct scan scan;
    size_t bom = skip_bom(text, length);
    scan_init(&scan, text + bom, length - bom);
    if (!check(&scan)) {
        error_set(error, "not JSON: %s (at byte %zu)", scan.problem, (size_t)(scan.at - text));
        return NULL;
    }
    return scan.odd ? build_odd(&scan, error) : build(text + bom, length - bom, error);
}

struct cJSON *json_parse_commented(const char *file, const char *text, size_t length,
                                   struct error *error) {
    struct scan scan;
    size_t bom = skip_bom(text, length);
    scan_init(&scan, text + bom, length - bom);
    scan.relaxed = true;
    if (!check(&scan)) {
        int line, column;
        scan_place(&scan, scan.at, &line, &column);
        error_set(error, "%s:%d:%d: %s", file, line, column, scan.problem);
        return NULL;
    }
    return scan.odd ? build_odd(&scan, error) : build(text + bom, length - bom, error);
}

void json_free(struct cJSON *tree) {
    cJSON_Delete(tree);
}

/* ---- members ---- */

const struct cJSON *json_member(const struct cJSON *object, const char *key) {
    if (!cJSON_IsObject(object))
        return NULL;
    const struct cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    return member && !cJSON_IsNull(member) ? member : NULL;
}

const char *json_string(const struct cJSON *object, const char *key) {
    const struct cJSON *member = json_member(object, key);
    return cJSON_IsString(member) ? member->valuestring : NULL;
}

const struct cJSON *json_array(const struct cJSON *object, const char *key) {
    const struct cJSON *member = json_member(object, key);
    return cJSON_IsArray(member) ? member : NULL;
}

const struct cJSON *json_object(const struct cJSON *object, const char *key) {
    const struct cJSON *member = json_member(object, key);
    return cJSON_IsObject(member) ? member : NULL;
}

double json_number(const struct cJSON *object, const char *key) {
    const struct cJSON *member = json_member(object, key);
    return cJSON_IsNumber(member) && isfinite(member->valuedouble) ? member->valuedouble : NAN;
}

int64_t json_integer(const struct cJSON *object, const char *key, int64_t fallback) {
    double value = json_number(object, key);
    if (!(fabs(value) <= EXACT_MAX) || value != trunc(value))
        return fallback;
    return (int64_t)value;
}

bool json_bool(const struct cJSON *object, const char *key, bool fallback) {
    const struct cJSON *member = json_member(object, key);
    return cJSON_IsBool(member) ? cJSON_IsTrue(member) : fallback;
}

bool json_is_null_or_absent(const struct cJSON *object, const char *key) {
    return json_member(object, key) == NULL;
}

static void print_value(struct json_writer *writer, const char *key, const struct cJSON *value) {
    if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        bool object = cJSON_IsObject(value);
        json_open(writer, key, object ? '{' : '[');
        for (const struct cJSON *child = value->child; child; child = child->next)
            print_value(writer, object ? child->string : NULL, child);
        json_close(writer, object ? '}' : ']');
    } else if (cJSON_IsString(value)) {
        json_put_string(writer, key, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        json_put_number(writer, key, value->valuedouble);
    } else if (cJSON_IsBool(value)) {
        json_put_bool(writer, key, cJSON_IsTrue(value));
    } else {
        json_put_null(writer, key);
    }
}

bool json_print(struct buf *out, const struct cJSON *tree) {
    struct json_writer writer;
    json_begin(&writer, out);
    print_value(&writer, NULL, tree);
    return json_end(&writer);
}

/* ---- places ---- */

/* The next step of a path: a key, or an index when `key` is empty. */
struct step {
    struct slice key;
    size_t index;
};

static const char *take_step(const char *path, struct step *step) {
    if (*path == '.')
        path++;
    *step = (struct step){{path, 0}, 0};
    if (*path == '[') {
        size_t digits = strspn(path + 1, "0123456789");
        for (size_t i = 0; i < digits && i < 9; i++)
            step->index = step->index * 10 + (size_t)(path[1 + i] - '0');
        return digits && digits <= 9 && path[1 + digits] == ']' ? path + digits + 2 : NULL;
    }
    step->key.length = strcspn(path, ".[");
    return step->key.length ? path + step->key.length : NULL;
}

/* Move to the member that `step` names. */
static bool enter(struct scan *scan, const struct step *step) {
    struct slice key;
    if (step->key.length == 0) {
        if (scan_peek(scan) != SCAN_ARRAY || !scan_open(scan, '['))
            return false;
        for (size_t i = 0; scan_item(scan); i++) {
            if (i == step->index)
                return true;
            if (!scan_value(scan, NULL))
                return false;
        }
        return false;
    }
    if (scan_peek(scan) != SCAN_OBJECT || !scan_open(scan, '{'))
        return false;
    while (scan_key(scan, &key)) {
        if (key.length == step->key.length && memcmp(key.at, step->key.at, key.length) == 0)
            return true;
        if (!scan_value(scan, NULL))
            return false;
    }
    return false;
}

bool json_locate(const char *text, size_t length, const char *path, int *line, int *column) {
    struct scan scan;
    size_t bom = skip_bom(text, length);
    scan_init(&scan, text + bom, length - bom);
    scan.relaxed = true;
    while (*path) {
        struct step step;
        path = take_step(path, &step);
        if (!path || !enter(&scan, &step))
            return false;
    }
    if (scan_peek(&scan) == SCAN_NOTHING)
        return false;
    scan_place(&scan, scan.at, line, column);
    return true;
}

bool json_blame(const struct json_file *file, const char *path, struct error *error,
                const char *what, const char *word) {
    int line = 1, column = 1;
    char visible[80] = "";
    char *at = mem_string(path);
    while (!json_locate(file->text, file->length, at, &line, &column) && strrchr(at, '.'))
        *strrchr(at, '.') = '\0';
    free(at);
    if (word)
        text_visible(visible, sizeof visible, word, strnlen(word, 64));
    return error_set(error, "%.300s:%d:%d: %s%s%s", file->name, line, column, what,
                     visible[0] ? ": " : "", visible);
}
