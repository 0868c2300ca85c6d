/* scan: one strict pass over JSON text without building a tree. It checks what cJSON lets through
 * (garbage behind the value, depth, raw control characters, 01 and 1.), knows where it is, and
 * reads a log's lines straight into structs. Borrows the text; allocates nothing but strings asked
 * for. Once something is wrong every call returns false and `problem` says what. */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "base/buf.h"

struct scan {
    const char *begin, *at, *end;
    const char *problem; /* NULL while all is well */
    int depth;
    bool fresh;   /* just behind a bracket: no comma before the next member */
    bool relaxed; /* comments and trailing commas are fine (files people edit) */
    bool odd; /* seen: \u0000, half a surrogate pair, NaN, Infinity, a comment, a trailing comma */
};

/* What the next value is, by its first character. */
enum scan_kind {
    SCAN_NOTHING, /* the end, or no value */
    SCAN_OBJECT,
    SCAN_ARRAY,
    SCAN_STRING,
    SCAN_NUMBER,
    SCAN_TRUE,
    SCAN_FALSE,
    SCAN_NULL /* also NaN and the infinities that Python writes */
};

struct slice { /* part of the text */
    const char *at;
    size_t length;
};

void scan_init(struct scan *scan, const char *text, size_t length);
enum scan_kind scan_peek(struct scan *scan);

/* Enter the object or array that comes next; then take its members one by one. */
bool scan_open(struct scan *scan, char bracket);
/* The next key, without quotes and with its escapes as they stand; false at the object's end (which
 * is behind us then) and on a problem. The value must be taken before the next call. */
bool scan_key(struct scan *scan, struct slice *key);
/* There is another item; false as above. */
bool scan_item(struct scan *scan);

/* Take the next value, which must be of that type. */
bool scan_number(struct scan *scan, double *value);
/* The fast way through a long array: behind scan_item, takes plain whole numbers (up to 9 digits)
 * as long as they follow each other without space, at most `most`; returns how many. The first that
 * is not so, if any, is left to scan_item and scan_number. */
size_t scan_run(struct scan *scan, int64_t *values, size_t most);
/* Appends the string to `out`: escapes resolved, U+0000 and half pairs as U+FFFD. */
bool scan_string(struct scan *scan, struct buf *out);
/* true, false, null and their kin. */
bool scan_word(struct scan *scan, enum scan_kind *kind);
/* Any value; `text` (may be NULL) gets where it stands. */
bool scan_value(struct scan *scan, struct slice *text);
/* Only white space is left. */
bool scan_end(struct scan *scan);

/* Say what is wrong, unless something is already; returns false. `problem` is a literal. */
bool scan_fail(struct scan *scan, const char *problem);
/* Line and column (from 1, in code points) of a place in the text. */
void scan_place(const struct scan *scan, const char *at, int *line, int *column);

#endif
