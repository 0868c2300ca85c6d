/* verify_kinds: what the files of suites/verify share. */
#ifndef SUITES_VERIFY_KINDS_H
#define SUITES_VERIFY_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "suites/verify_text.h"

struct cJSON;

struct asked { /* one instruction */
    const struct cJSON *args;
    const char *prompt;
};
typedef bool verifier(const char *text, const struct asked *asked);

struct verify_row {
    const char *word;
    verifier *check;
    const char *about;
};

/* verify_words.c: of words and letters. */
extern const struct verify_row verify_word_rows[];
extern const size_t verify_word_count;
/* verify_shape.c: of lines, marks and structure. */
extern const struct verify_row verify_shape_rows[];
extern const size_t verify_shape_count;

/* min ≤ count ≤ max of the instruction; "exactly" stands for both. False when none is given. */
bool verify_in_range(long count, const struct asked *asked);
/* "text", "word", …: "" when it is missing. */
const char *verify_arg(const struct asked *asked, const char *key);
/* A copy without the white space at both ends; the caller frees. */
char *verify_trimmed(const char *text);

#endif
