/* CoreFoundation: objects that are freed when nobody holds them, and counted. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fake_darwin.h"

enum kind { STRING = 1, NUMBER, DATA, ARRAY, DICTIONARY };

struct cf {
    enum kind kind;
    long references;
    int64_t number;
    char *bytes; /* a string's, data's */
    long count;  /* bytes, elements or pairs */
    struct cf **keys, **values;
};
struct cf_callbacks {
    int version;
};
static const struct cf_callbacks array_callbacks;

static struct cf *make(enum kind kind) {
    struct cf *object = mem_zero(1, sizeof *object);
    object->kind = kind;
    object->references = 1;
    fake_current->live++;
    return object;
}

static struct cf *retain(struct cf *object) {
    assert(object->references > 0);
    object->references++;
    return object;
}

void fake_release(struct cf *object) {
    assert(object && object->references > 0);
    if (--object->references > 0)
        return;
    for (long i = 0; i < object->count && object->values; i++) {
        if (object->keys)
            fake_release(object->keys[i]);
        fake_release(object->values[i]);
    }
    free(object->keys);
    free(object->values);
    free(object->bytes);
    free(object);
    fake_current->live--;
}

struct cf *fake_string(const char *text) {
    struct cf *string = make(STRING);
    string->bytes = mem_string(text);
    return string;
}

struct cf *fake_number(int64_t value) {
    struct cf *number = make(NUMBER);
    number->number = value;
    return number;
}

int64_t fake_integer(struct cf *number) {
    assert(number && number->kind == NUMBER);
    return number->number;
}

bool fake_is_string(struct cf *object) {
    return object->kind == STRING;
}

const char *fake_text(struct cf *string) {
    assert(string && string->kind == STRING);
    return string->bytes;
}

struct cf *fake_data(const void *bytes, long length) {
    struct cf *data = make(DATA);
    data->bytes = mem_bytes(bytes, (size_t)length);
    data->count = length;
    return data;
}

struct cf *fake_array(void) {
    return make(ARRAY);
}

struct cf *fake_dictionary(void) {
    return make(DICTIONARY);
}

void fake_append(struct cf *array, struct cf *value) {
    assert(array->kind == ARRAY);
    array->values = mem_resize(array->values, (size_t)array->count + 1, sizeof *array->values);
    array->values[array->count++] = retain(value);
}

void fake_give(struct cf *array, struct cf *value) {
    fake_append(array, value);
    fake_release(value);
}

static long place_of(struct cf *dictionary, const char *key) {
    assert(dictionary->kind == DICTIONARY);
    for (long i = 0; i < dictionary->count; i++)
        if (strcmp(dictionary->keys[i]->bytes, key) == 0)
            return i;
    return -1;
}

static void dictionary_set(struct cf *dictionary, struct cf *key, struct cf *value) {
    long at = place_of(dictionary, key->bytes);
    retain(value);
    if (at >= 0) {
        fake_release(dictionary->values[at]);
        dictionary->values[at] = value;
        return;
    }
    size_t count = (size_t)dictionary->count + 1;
    dictionary->keys = mem_resize(dictionary->keys, count, sizeof *dictionary->keys);
    dictionary->values = mem_resize(dictionary->values, count, sizeof *dictionary->values);
    dictionary->keys[count - 1] = retain(key);
    dictionary->values[count - 1] = value;
    dictionary->count++;
}

void fake_put(struct cf *dictionary, const char *key, struct cf *value) {
    struct cf *name = fake_string(key);
    dictionary_set(dictionary, name, value);
    fake_release(name);
    fake_release(value);
}

struct cf *fake_at(struct cf *dictionary, const char *key) {
    long at = place_of(dictionary, key);
    return at >= 0 ? dictionary->values[at] : NULL;
}

/* ---- as it is called ---- */

static unsigned long type_of(struct cf *object) {
    assert(object && object->references > 0);
    return object->kind;
}
static unsigned long array_type(void) {
    return ARRAY;
}
static unsigned long data_type(void) {
    return DATA;
}
static unsigned long dictionary_type(void) {
    return DICTIONARY;
}
static unsigned long number_type(void) {
    return NUMBER;
}
static unsigned long string_type(void) {
    return STRING;
}

static struct cf *string_create(struct cf *allocator, const char *text, uint32_t encoding) {
    assert(!allocator && encoding == CF_UTF8);
    return fake_string(text);
}

static unsigned char string_get(struct cf *string, char *out, long size, uint32_t encoding) {
    assert(string->kind == STRING && encoding == CF_UTF8);
    if ((long)strlen(string->bytes) >= size)
        return 0;
    memcpy(out, string->bytes, strlen(string->bytes) + 1);
    return 1;
}

static struct cf *array_create(struct cf *allocator, long capacity,
                               const struct cf_callbacks *callbacks) {
    assert(!allocator && capacity == 0 && callbacks == &array_callbacks);
    return fake_array();
}

long fake_count(struct cf *array) {
    assert(array && array->kind == ARRAY);
    return array->count;
}

struct cf *fake_item(struct cf *array, long index) {
    assert(array && array->kind == ARRAY && index >= 0 && index < array->count);
    return array->values[index];
}

struct cf *fake_copy(struct cf *dictionary) {
    assert(dictionary->kind == DICTIONARY);
    struct cf *copy = fake_dictionary();
    for (long i = 0; i < dictionary->count; i++)
        dictionary_set(copy, dictionary->keys[i], dictionary->values[i]);
    return copy;
}

static struct cf *dictionary_copy(struct cf *allocator, long capacity, struct cf *dictionary) {
    assert(!allocator && capacity == 0);
    return fake_copy(dictionary);
}

static struct cf *dictionary_get(struct cf *dictionary, struct cf *key) {
    return fake_at(dictionary, key->bytes);
}

static long data_length(struct cf *data) {
    assert(data->kind == DATA);
    return data->count;
}

const unsigned char *fake_bytes(struct cf *data) {
    assert(data && data->kind == DATA);
    return (const unsigned char *)data->bytes;
}

static unsigned char number_get(struct cf *number, long type, void *out) {
    assert(number->kind == NUMBER && type == CF_NUMBER_INT32);
    int32_t value = (int32_t)number->number;
    memcpy(out, &value, sizeof value);
    return value == number->number;
}

void fake_fill_foundation(struct darwin_api *api) {
    api->release = fake_release;
    api->type_of = type_of;
    api->array_type = array_type;
    api->data_type = data_type;
    api->dictionary_type = dictionary_type;
    api->number_type = number_type;
    api->string_type = string_type;
    api->string_create = string_create;
    api->string_get = string_get;
    api->array_create = array_create;
    api->array_append = fake_append;
    api->array_count = fake_count;
    api->array_at = fake_item;
    api->dictionary_copy = dictionary_copy;
    api->dictionary_get = dictionary_get;
    api->dictionary_set = dictionary_set;
    api->data_length = data_length;
    api->data_bytes = fake_bytes;
    api->number_get = number_get;
    api->array_callbacks = &array_callbacks;
}
