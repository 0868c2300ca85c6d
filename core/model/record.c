#include "model/record.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define WORD_MAX 32 /* bytes; no word of ours is longer */

_Static_assert(sizeof(enum suite_id) == sizeof(int), "enums are read and written as int");

/* Rows of any struct: pointers to objects have one representation on POSIX. */
static char *load_rows(const char *at) {
    char *rows;
    memcpy(&rows, at, sizeof rows);
    return rows;
}

/* ---- absence and ownership ---- */

static int absent_int(const struct field *field) {
    return field->null == NULL_MINUS ? -1 : 0;
}

void record_clear(const struct record *record, char *base) {
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        char *at = base + field->at;
        switch (field->type) {
        case FIELD_INT:
        case FIELD_EP:
        case FIELD_WORD:
            *(int *)at = absent_int(field);
            break;
        case FIELD_LONG:
            *(int64_t *)at = absent_int(field);
            break;
        case FIELD_DOUBLE:
            *(double *)at = NAN;
            break;
        case FIELD_CHECK:
            *(int *)at = -1;
            break;
        case FIELD_OBJECT:
            record_clear(field->object, at);
            break;
        case FIELD_BOOL:
        case FIELD_TEXT:
        case FIELD_STRING:
        case FIELD_RAW:
        case FIELD_LIST:
            break; /* zeroed is absent */
        }
    }
}

static void list_done(const struct field *field, char *base) {
    const struct list *list = field->list;
    char *rows = load_rows(base + field->at);
    size_t count = rows ? *(const size_t *)(base + list->count_at) : 0;
    for (size_t i = 0; i < count && list->shape == LIST_OBJECTS; i++)
        record_done(&list->row, rows + i * list->row_size);
    free(rows);
    rows = NULL;
    memcpy(base + field->at, &rows, sizeof rows);
    *(size_t *)(base + list->count_at) = 0;
}

void record_done(const struct record *record, char *base) {
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        if (field->type == FIELD_STRING || field->type == FIELD_RAW) {
            free(*(char **)(base + field->at));
            *(char **)(base + field->at) = NULL;
        } else if (field->type == FIELD_LIST) {
            list_done(field, base);
        } else if (field->type == FIELD_OBJECT) {
            record_done(field->object, base + field->at);
        }
    }
}

size_t record_bytes(const struct record *record, const char *base) {
    size_t bytes = 0;
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        if (field->type == FIELD_STRING || field->type == FIELD_RAW) {
            const char *text = *(char *const *)(base + field->at);
            bytes += text ? strlen(text) + 1 : 0;
        } else if (field->type == FIELD_LIST) {
            bytes += *(const size_t *)(base + field->list->count_at) * field->list->row_size;
        } else if (field->type == FIELD_OBJECT) {
            bytes += record_bytes(field->object, base + field->at);
        }
    }
    return bytes;
}

/* ---- writing ---- */

/* Bytes of `text` whose valid UTF-8 form takes at most `most` bytes. */
static size_t cut_length(const char *text, size_t length, size_t most) {
    size_t used = 0, taken = 0;
    while (taken < length) {
        uint32_t c;
        char bytes[4];
        size_t step = text_decode(text + taken, length - taken, &c);
        used += text_encode(c, bytes);
        if (used > most)
            break;
        taken += step;
    }
    return taken;
}

/* How much of a string is written. */
static size_t kept_length(const struct field *field, const char *text, size_t length) {
    size_t most = field->size ? field->size : RECORD_STRING_MAX;
    if (field->type == FIELD_TEXT)
        most--; /* its NUL */
    /* an invalid byte becomes three */
    return length > most / 3 ? cut_length(text, length, most) : length;
}

bool record_cuts(const struct record *record, const char *base) {
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        const char *text = field->type == FIELD_STRING ? *(char *const *)(base + field->at) : NULL;
        size_t length = text ? strlen(text) : 0;
        if (length > kept_length(field, text, length))
            return true;
    }
    return false;
}

static void write_string(const struct field *field, const char *text, const char *name,
                         struct json_writer *writer) {
    size_t length = strlen(text);
    size_t kept = kept_length(field, text, length);
    if (kept == length) {
        json_put_string(writer, name, text);
        return;
    }
    char *part = mem_bytes(text, kept);
    json_put_string(writer, name, part);
    free(part);
}

static void write_fields(const struct record *record, const char *base, bool names,
                         struct json_writer *writer);

static void write_list(const struct field *field, const char *base, struct json_writer *writer) {
    const struct list *list = field->list;
    const char *rows = load_rows(base + field->at);
    size_t count = *(const size_t *)(base + list->count_at);
    if (count == 0 && field->null == NULL_ZERO) {
        json_put_null(writer, field->name);
        return;
    }
    json_open(writer, field->name, '[');
    for (size_t i = 0; i < count && i < list->most; i++) {
        const char *row = rows + i * list->row_size;
        if (list->shape != LIST_VALUES)
            json_open(writer, NULL, list->shape == LIST_OBJECTS ? '{' : '[');
        write_fields(&list->row, row, list->shape == LIST_OBJECTS, writer);
        if (list->shape != LIST_VALUES)
            json_close(writer, list->shape == LIST_OBJECTS ? '}' : ']');
    }
    json_close(writer, ']');
}

static bool is_absent(const struct field *field, const char *at) {
    switch (field->type) {
    case FIELD_INT:
    case FIELD_EP:
    case FIELD_WORD:
        return (field->null == NULL_MINUS || field->null == NULL_ZERO) &&
               *(const int *)at == absent_int(field);
    case FIELD_LONG:
        return (field->null == NULL_MINUS || field->null == NULL_ZERO) &&
               *(const int64_t *)at == absent_int(field);
    case FIELD_DOUBLE:
        return isnan(*(const double *)at);
    case FIELD_CHECK:
        return *(const int *)at < 0;
    case FIELD_TEXT:
        return field->null == NULL_ZERO && *at == '\0';
    case FIELD_STRING:
    case FIELD_RAW:
        return field->null == NULL_ZERO && *(char *const *)at == NULL;
    case FIELD_OBJECT:
        return field->null == NULL_ZERO &&
               is_absent(field->object->fields, at + field->object->fields->at);
    case FIELD_BOOL:
    case FIELD_LIST:
        break;
    }
    return false;
}

static void write_field(const struct field *field, const char *base, const char *name,
                        struct json_writer *writer) {
    const char *at = base + field->at;
    const char *const *words;
    int count;
    if (is_absent(field, at)) {
        if (!field->sparse)
            json_put_null(writer, name);
        return;
    }
    switch (field->type) {
    case FIELD_INT:
    case FIELD_EP:
        json_put_integer(writer, name, *(const int *)at);
        break;
    case FIELD_LONG:
        json_put_integer(writer, name, *(const int64_t *)at);
        break;
    case FIELD_DOUBLE:
        json_put_number(writer, name, *(const double *)at);
        break;
    case FIELD_BOOL:
        json_put_bool(writer, name, *(const bool *)at);
        break;
    case FIELD_CHECK:
        json_put_bool(writer, name, *(const int *)at != 0);
        break;
    case FIELD_WORD:
        words = names_words(field->words, &count);
        assert(*(const int *)at >= 0 && *(const int *)at < count);
        json_put_string(writer, name, words[*(const int *)at]);
        break;
    case FIELD_TEXT:
        write_string(field, at, name, writer);
        break;
    case FIELD_STRING:
        write_string(field, *(char *const *)at ? *(char *const *)at : "", name, writer);
        break;
    case FIELD_RAW:
        json_put_raw(writer, name, *(char *const *)at);
        break;
    case FIELD_OBJECT:
        json_open(writer, name, '{');
        write_fields(field->object, at, true, writer);
        json_close(writer, '}');
        break;
    case FIELD_LIST:
        write_list(field, base, writer);
        break;
    }
}

static void write_fields(const struct record *record, const char *base, bool names,
                         struct json_writer *writer) {
    for (size_t i = 0; i < record->count; i++)
        write_field(&record->fields[i], base, names ? record->fields[i].name : NULL, writer);
}

void record_write(const struct record *record, const char *base, struct json_writer *writer) {
    write_fields(record, base, true, writer);
}
