#include "base/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*hook_of_die)(void);

bool error_set(struct error *error, const char *format, ...) {
    if (!error)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    error->hint[0] = '\0';
    return false;
}

bool error_hint(struct error *error, const char *format, ...) {
    if (!error)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(error->hint, sizeof error->hint, format, args);
    va_end(args);
    return false;
}

void *mem_alloc(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory)
        die("no memory for %zu bytes", size);
    return memory;
}

void *mem_zero(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        die("no memory for %zu × %zu bytes", count, size);
    return memory;
}

void *mem_resize(void *old, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        die("no memory for %zu × %zu bytes", count, size);
    size_t bytes = count * size;
    void *memory = realloc(old, bytes ? bytes : 1);
    if (!memory)
        die("no memory for %zu bytes", bytes);
    return memory;
}

char *mem_string(const char *text) {
    return text ? mem_bytes(text, strlen(text)) : NULL;
}

char *mem_bytes(const char *bytes, size_t length) {
    char *copy = mem_alloc(length + 1);
    if (length)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *mem_format(const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        die("mem_format: bad format '%s'", format);
    char *text = mem_alloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

bool copy_text(char *to, size_t size, const char *from) {
    size_t length = strlen(from);
    bool fits = length < size;
    if (!fits)
        length = size - 1;
    /* never leave half a code point at the end */
    while (!fits && length > 0 && ((unsigned char)from[length] & 0xC0) == 0x80)
        length--;
    memmove(to, from, length);
    to[length] = '\0';
    return fits;
}

void *mem_grow(void *items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity)
        return items;
    size_t wanted = *capacity ? *capacity * 2 : 8;
    items = mem_resize(items, wanted, size);
    *capacity = wanted;
    return items;
}

void die_hook(void (*hook)(void)) {
    hook_of_die = hook;
}

_Noreturn void die(const char *format, ...) {
    void (*hook)(void) = hook_of_die;
    hook_of_die = NULL; /* a hook that dies itself must not come back here */
    if (hook)
        hook();
    va_list args;
    va_start(args, format);
    fputs("pitwall: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
