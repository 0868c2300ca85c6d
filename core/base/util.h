/* util: checked allocation, the error a fallible function fills, and the one way to die.
 * Knows nothing of the terminal: whoever owns it registers a hook that restores it first. */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTF_LIKE(text_at, args_at) __attribute__((format(printf, text_at, args_at)))

/* What went wrong, for a person. `text` says what and why, `hint` what to do (may be empty). */
struct error {
    char text[512];
    char hint[256];
};

/* Fill `error` (NULL is allowed). Always returns false, so that `return error_set(…)` reads well.
 */
bool error_set(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
bool error_hint(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* Allocation that dies when there is no memory; never returns NULL, also for 0 bytes.
 * The caller owns the result and frees it with free(). */
void *mem_alloc(size_t size);
void *mem_zero(size_t count, size_t size);
void *mem_resize(void *old, size_t count, size_t size);
char *mem_string(const char *text);                /* NULL gives NULL */
char *mem_bytes(const char *bytes, size_t length); /* copy + NUL */
char *mem_format(const char *format, ...) PRINTF_LIKE(1, 2);

/* Copy with truncation; `to` is always terminated. Returns false when it did not fit. */
bool copy_text(char *to, size_t size, const char *from);

/* Grow `items` for one more of `size` bytes: doubles `*capacity` when `count` reached it. */
void *mem_grow(void *items, size_t count, size_t *capacity, size_t size);

/* Called by die() before anything is printed: restore the terminal. At most one. */
void die_hook(void (*hook)(void));
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
