/* The reading half of record.h. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/endpoint.h"
#include "model/record.h"

#define WORD_MAX 32                  /* bytes; no word of ours is longer */
#define EXACT_MAX (INT64_C(1) << 53) /* JSON numbers are doubles elsewhere */

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
        if (list->shape == LIST_VALUES && list->row.fields->type == FIELD_LONG) {
            size_t room = (capacity < list->most ? capacity : list->most) - count;
            size_t taken = scan_run(&reader->scan, (int64_t *)rows + count, room);
            count += taken;
            if (taken > 0)
                continue;
        }
        char *row = rows + count++ * list->row_size;
        memset(row, 0, list->row_size);
        record_clear(&list->row, row);
        good = read_row(list, row, reader);
    }
    memcpy(base + field->at, &rows, sizeof rows);
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
