/* text: UTF-8, cell width, and making what came from outside safe to show. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode one code point. Returns the bytes used (≥ 1 when length ≥ 1); malformed input gives U+FFFD
 * and uses one byte. */
size_t text_decode(const char *bytes, size_t length, uint32_t *code_point);
/* Encode one code point, returns bytes written (1..4). */
size_t text_encode(uint32_t code_point, char out[4]);

/* Cells a code point takes: 0 (combining), 1 or 2. Own table: libc's tables differ. */
int text_width(uint32_t code_point);
/* Cells of a UTF-8 string after text_visible's rules. */
size_t text_cells(const char *utf8);

/* Make foreign text visible: controls become U+2400…, DEL U+2421, C1, bidi and zero-width controls
 * U+FFFD; newlines and tabs too; variation selectors are left out. Writes at most size-1 bytes,
 * whole code points, NUL at the end. */
void text_visible(char *out, size_t size, const char *utf8, size_t length);

/* Code points of a UTF-8 string; NULL has none. */
int64_t text_code_points(const char *utf8);

/* Where `word` stands in `text`, ASCII letters of either case; NULL: nowhere, or no text. */
const char *text_find(const char *text, const char *word);

/* Edit distance for "did you mean", case-insensitive; most + 1 when it is more than `most`. */
int text_distance(const char *a, const char *b, int most);

#endif
