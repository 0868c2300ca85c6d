/* record: structs to and from JSON objects by a table of fields, so that a field's name, order,
 * type and bounds stand in one place. Knows nothing of what the structs mean. */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include "base/json.h"
#include "base/scan.h"
#include "model/names.h"

#define RECORD_STRING_MAX ((size_t)16 << 10) /* bytes of a string where the table gives no size */

enum field_type {
    FIELD_INT,    /* int */
    FIELD_EP,     /* int, an endpoint's index */
    FIELD_LONG,   /* int64_t or uint64_t up to 2^53 */
    FIELD_DOUBLE, /* NaN and infinities are null */
    FIELD_BOOL,
    FIELD_CHECK,  /* int: -1 null, 0 false, 1 true */
    FIELD_WORD,   /* enum, by a table of names */
    FIELD_TEXT,   /* char[size] */
    FIELD_STRING, /* char *, owned; longer than size: cut when written, refused when read */
    FIELD_RAW,    /* char *, owned: JSON as text */
    FIELD_OBJECT, /* a group of fields of the same struct, or a struct inside */
    FIELD_LIST    /* pointer and count, owned */
};

/* What null (or a missing field) stands for. */
enum field_null {
    NULL_BAD,   /* nothing: null or a missing field is an error */
    NULL_MINUS, /* -1 */
    NULL_ZERO   /* 0, "", NULL, NaN, no rows; of an object: its first field is absent */
};

struct record {
    const struct field *fields;
    size_t count; /* up to 64 */
};

enum list_shape { LIST_OBJECTS, LIST_TUPLES /* [[1, 2], …] */, LIST_VALUES /* one bare field */ };
struct list {
    struct record row;
    enum list_shape shape;
    size_t row_size; /* bytes */
    size_t count_at; /* offset of the size_t with the number of rows */
    size_t most;     /* rows written and read at most */
};

struct field {
    const char *name;
    enum field_type type;
    enum field_null null;
    bool sparse; /* left out when absent: lines from before the field stay as they are */
    size_t at;   /* offset in the struct */
    size_t size; /* bytes: of a text with its NUL; at most, of a string without */
    enum names_set words;
    const struct record *object;
    const struct list *list;
};

/* Set every field of zeroed memory to absent. */
void record_clear(const struct record *record, char *base);
/* Free what the fields own. */
void record_done(const struct record *record, char *base);
/* Memory the fields own, roughly. */
size_t record_bytes(const struct record *record, const char *base);

/* A string of the record itself is longer than its size, so that writing cuts it. */
bool record_cuts(const struct record *record, const char *base);

/* The members, without the brackets. */
void record_write(const struct record *record, const char *base, struct json_writer *writer);

struct record_reader {
    struct scan scan;
    struct buf text;   /* scratch */
    const char *field; /* where a problem was met */
};
void record_reader_init(struct record_reader *reader, const char *text, size_t length);
void record_reader_done(struct record_reader *reader);
/* An object, onto fields that were cleared. Unknown members are skipped. On a problem returns false
 * with scan.problem set; what was read so far is freed by record_done. */
bool record_read(const struct record *record, char *base, struct record_reader *reader);
/* Where the value of a member of the object that begins here stands, without moving. On false
 * at->problem says why. */
bool record_find(const struct record_reader *reader, const char *name, struct scan *at);

#endif
