#include "model/record.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/endpoint.h"

#define WORD_MAX 32                  /* bytes; no word of ours is longer */
#define EXACT_MAX (INT64_C(1) << 53) /* JSON numbers are doubles elsewhere */

_Static_assert(sizeof(enum suite_id) == sizeof(int), "enums are read and written as int");

/* Rows of any struct: pointers to objects have one representation on POSIX. */
static char *load_rows(const char *at) {
    char *rows;
    memcpy(&rows, at, sizeof rows);
    return rows;
}

static void store_rows(char *at, const char *rows) {
    memcpy(at, &rows, sizeof rows);
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
    store_rows(base + field->at, NULL);
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

static void write_string(const struct field *field, const char *text, struct json_writer *writer) {
    size_t length = strlen(text);
    size_t kept = kept_length(field, text, length);
    if (kept == length) {
        json_put_string(writer, field->name, text);
        return;
    }
    char *part = mem_bytes(text, kept);
    json_put_string(writer, field->name, part);
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
        json_put_string(writer, name, at);
        break;
    case FIELD_STRING:
        write_string(field, *(char *const *)at ? *(char *const *)at : "", writer);
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

/* ---- reading ---- */

void record_reader_init(struct record_reader *reader, const char *text, size_t length) {
    *reader = (struct record_reader){0};
    scan_init(&reader->scan, text, length);
    buf_init(&reader->text, 0);
}

void record_reader_done(struct record_reader *reader) {
    buf_done(&reader->text);
}

static bool fail(struct record_reader *reader, const struct field *field, const char *problem) {
    if (!reader->field)
        reader->field = field->name;
    return scan_fail(&reader->scan, problem);
}

static bool read_text(struct record_reader *reader, size_t most) {
    buf_reset(&reader->text);
    reader->text.limit = most;
    return scan_string(&reader->scan, &reader->text);
}

static bool read_whole(const struct field *field, int64_t low, int64_t high, int64_t *value,
                       struct record_reader *reader) {
    double number;
    if (!scan_number(&reader->scan, &number))
        return false;
    if (field->null == NULL_MINUS && low < 0)
        low = 0;
    if (!(number >= (double)low && number <= (double)high))
        return fail(reader, field, "the number is out of range");
    if (number != trunc(number))
        return fail(reader, field, "a whole number is expected");
    *value = (int64_t)number;
    return true;
}

static bool read_int(const struct field *field, int *at, struct record_reader *reader) {
    int64_t value;
    bool ep = field->type == FIELD_EP;
    if (!read_whole(field, ep ? 0 : INT_MIN, ep ? ENDPOINTS_MAX - 1 : INT_MAX, &value, reader))
        return false;
    *at = (int)value;
    return true;
}

static bool read_bool(const struct field *field, bool *value, struct record_reader *reader) {
    enum scan_kind kind = scan_peek(&reader->scan);
    if (kind != SCAN_TRUE && kind != SCAN_FALSE)
        return fail(reader, field, "true or false is expected");
    *value = kind == SCAN_TRUE;
    return scan_word(&reader->scan, &kind);
}

static bool read_word(const struct field *field, int *at, struct record_reader *reader) {
    int count;
    const char *const *words = names_words(field->words, &count);
    if (!read_text(reader, WORD_MAX))
        return false;
    int found = names_find(words, count, buf_string(&reader->text));
    if (found < 0 || (field->null == NULL_ZERO && found == 0))
        return fail(reader, field, "an unknown word");
    *at = found;
    return true;
}

static bool read_fixed(const struct field *field, char *at, struct record_reader *reader) {
    if (!read_text(reader, field->size - 1))
        return false;
    memcpy(at, buf_string(&reader->text), reader->text.length + 1);
    return true;
}

static bool read_string(const struct field *field, char **at, struct record_reader *reader) {
    if (!read_text(reader, field->size ? field->size : RECORD_STRING_MAX))
        return false;
    *at = mem_bytes(buf_string(&reader->text), reader->text.length);
    return true;
}

static bool read_raw(char **at, struct record_reader *reader) {
    struct slice text;
    if (!scan_value(&reader->scan, &text))
        return false;
    *at = mem_bytes(text.at, text.length);
    return true;
}

static bool read_field(const struct field *field, char *base, struct record_reader *reader);

static bool read_row(const struct list *list, char *row, struct record_reader *reader) {
    if (list->shape == LIST_OBJECTS)
        return record_read(&list->row, row, reader);
    if (list->shape == LIST_VALUES)
        return read_field(list->row.fields, row, reader);
    if (!scan_open(&reader->scan, '['))
        return false;
    for (size_t i = 0; i < list->row.count; i++)
        if (!scan_item(&reader->scan) || !read_field(&list->row.fields[i], row, reader))
            return scan_fail(&reader->scan, "the tuple is too short");
    if (scan_item(&reader->scan))
        return scan_fail(&reader->scan, "the tuple is too long");
    return !reader->scan.problem;
}

static bool read_list(const struct field *field, char *base, struct record_reader *reader) {
    const struct list *list = field->list;
    char *rows = NULL;
    size_t count = 0, capacity = 0;
    bool good = scan_open(&reader->scan, '[');
    while (good && scan_item(&reader->scan)) {
        if (count == list->most) {
            good = fail(reader, field, "too many items");
            break;
        }
        rows = mem_grow(rows, count, &capacity, list->row_size);
        char *row = rows + count++ * list->row_size;
        memset(row, 0, list->row_size);
        record_clear(&list->row, row);
        good = read_row(list, row, reader);
    }
    store_rows(base + field->at, rows);
    *(size_t *)(base + list->count_at) = count;
    return good && !reader->scan.problem;
}

static bool read_field(const struct field *field, char *base, struct record_reader *reader) {
    char *at = base + field->at;
    int64_t whole;
    enum scan_kind kind = scan_peek(&reader->scan);
    if (kind == SCAN_NULL)
        return field->null == NULL_BAD ? fail(reader, field, "null is not allowed")
                                       : scan_word(&reader->scan, &kind);
    switch (field->type) {
    case FIELD_INT:
    case FIELD_EP:
        return read_int(field, (int *)at, reader);
    case FIELD_LONG:
        if (!read_whole(field, -EXACT_MAX, EXACT_MAX, &whole, reader))
            return false;
        *(int64_t *)at = whole;
        return true;
    case FIELD_DOUBLE:
        return scan_number(&reader->scan, (double *)at);
    case FIELD_BOOL:
        return read_bool(field, (bool *)at, reader);
    case FIELD_CHECK:
        *(int *)at = kind == SCAN_TRUE;
        return kind == SCAN_TRUE || kind == SCAN_FALSE
                   ? scan_word(&reader->scan, &kind)
                   : fail(reader, field, "true, false or null is expected");
    case FIELD_WORD:
        return read_word(field, (int *)at, reader);
    case FIELD_TEXT:
        return read_fixed(field, at, reader);
    case FIELD_STRING:
        return read_string(field, (char **)at, reader);
    case FIELD_RAW:
        return read_raw((char **)at, reader);
    case FIELD_OBJECT:
        return record_read(field->object, at, reader);
    case FIELD_LIST:
        return read_list(field, base, reader);
    }
    return false;
}

/* A field by its key. Ours come in the table's order: look at the expected one first. */
static size_t find_field(const struct record *record, struct slice key, size_t expected) {
    for (size_t i = 0; i < record->count; i++) {
        size_t at = (expected + i) % record->count;
        const char *name = record->fields[at].name;
        if (strncmp(name, key.at, key.length) == 0 && name[key.length] == '\0')
            return at;
    }
    return record->count;
}

bool record_read(const struct record *record, char *base, struct record_reader *reader) {
    struct slice key;
    uint64_t seen = 0;
    size_t expected = 0;
    if (!scan_open(&reader->scan, '{'))
        return false;
    while (scan_key(&reader->scan, &key)) {
        size_t i = find_field(record, key, expected);
        if (i == record->count) {
            if (!scan_value(&reader->scan, NULL))
                return false;
            continue;
        }
        const struct field *field = &record->fields[i];
        if (seen >> i & 1)
            return fail(reader, field, "given twice");
        seen |= UINT64_C(1) << i;
        expected = i + 1;
        if (!read_field(field, base, reader))
            return fail(reader, field, "a bad value");
    }
    for (size_t i = 0; i < record->count && !reader->scan.problem; i++)
        if (record->fields[i].null == NULL_BAD && !(seen >> i & 1))
            return fail(reader, &record->fields[i], "missing");
    return !reader->scan.problem;
}

bool record_find(const struct record_reader *reader, const char *name, struct scan *at) {
    struct slice key;
    *at = reader->scan;
    if (!scan_open(at, '{'))
        return false;
    while (scan_key(at, &key)) {
        if (strncmp(name, key.at, key.length) == 0 && name[key.length] == '\0')
            return true;
        if (!scan_value(at, NULL))
            return false;
    }
    return scan_fail(at, "missing");
}
