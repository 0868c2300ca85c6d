/* json: bounded reading (cJSON underneath) and a small exact writer.
 *
 * Reading: numbers are doubles, keys are case-sensitive, trailing garbage is an error, depth and
 * size are bounded. An absent or null number is NaN or `fallback`, never 0.
 * Writing: straight into a buf; integers in full, doubles in the shortest form that reads back to
 * the same value, NaN and infinities as null. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

struct scan;
struct cJSON; /* include <cjson/cJSON.h> only where a tree is walked by hand */

#define JSON_DEPTH_MAX 64

/* Parse `length` bytes. The caller frees the tree with json_free. NULL and `error` on bad text.
 * \u0000 and half surrogate pairs are read as U+FFFD, NaN and the infinities (Python) as null. */
struct cJSON *json_parse(const char *text, size_t length, struct error *error);
void json_free(struct cJSON *tree);

/* Files people edit: JSON with // and block comments and trailing commas. Errors say
 * file:line:column. `text` may be kept by the caller for json_locate. */
struct cJSON *json_parse_commented(const char *file, const char *text, size_t length,
                                   struct error *error);

/* Where the value at `path` ("endpoints[2].url") begins in a commented text; line and column from
 * 1. False when there is no such path. */
bool json_locate(const char *text, size_t length, const char *path, int *line, int *column);

/* A file people edit, for messages with a place. Borrowed. */
struct json_file {
    const char *name, *text;
    size_t length;
};
/* Sets "NAME:line:column: what: word" (word NULL or "": none) for the value at `path`, or for the
 * nearest above it that is there. Returns false. */
bool json_blame(const struct json_file *file, const char *path, struct error *error,
                const char *what, const char *word);

/* Members of an object. Borrowed; NULL when absent, null, or of another type. */
const struct cJSON *json_member(const struct cJSON *object, const char *key);
const char *json_string(const struct cJSON *object, const char *key);
const struct cJSON *json_array(const struct cJSON *object, const char *key);
const struct cJSON *json_object(const struct cJSON *object, const char *key);
double json_number(const struct cJSON *object, const char *key); /* NaN if absent */
int64_t json_integer(const struct cJSON *object, const char *key, int64_t fallback);
bool json_bool(const struct cJSON *object, const char *key, bool fallback);
bool json_is_null_or_absent(const struct cJSON *object, const char *key);

/* Compact text of a tree, numbers as this writer writes them. False when over buf's limit. */
bool json_print(struct buf *out, const struct cJSON *tree);

/* ---- writer ---- */
struct json_writer {
    struct buf *out;
    bool comma; /* a value was written at this level, the next needs a comma */
    size_t start;
};

void json_begin(struct json_writer *w, struct buf *out);
/* False when something did not fit into the buf; then all since json_begin is taken back. */
bool json_end(struct json_writer *w);
void json_open(struct json_writer *w, const char *key,
               char bracket);                         /* '{' or '['; key NULL in arrays */
void json_close(struct json_writer *w, char bracket); /* '}' or ']' */
void json_put_string(struct json_writer *w, const char *key,
                     const char *text); /* NULL: null; bad UTF-8: U+FFFD */
void json_put_integer(struct json_writer *w, const char *key, int64_t value);
void json_put_number(struct json_writer *w, const char *key, double value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
void json_put_null(struct json_writer *w, const char *key);
void json_put_raw(struct json_writer *w, const char *key,
                  const char *json); /* JSON text, written compact; NULL or not JSON: null */
/* The next value of a scan, as json_put_raw writes it. False (and part of it written) when it is
 * not JSON. */
bool json_copy(struct json_writer *w, const char *key, struct scan *scan);

#endif
