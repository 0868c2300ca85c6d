/* verify: does a text do what an instruction asked, without a judge: a table of kinds, each a pure
 * function. Strict is the text as it is; loose lets a first line, a last line and asterisks go, as
 * models greet, sign and mark up. */
#ifndef SUITES_VERIFY_H
#define SUITES_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

/* Kinds by number; NULL past the last. */
const char *verify_kind(size_t index, const char **about);
int verify_find(const char *kind); /* -1: there is none */

/* `args` is an instruction as it stands in the data: {"kind": …, "min": …, "words": […] …}.
 * `prompt` is the user's text (some kinds want it repeated). False too when an argument is missing.
 */
bool verify_strict(int kind, const char *text, const struct cJSON *args, const char *prompt);
bool verify_loose(int kind, const char *text, const struct cJSON *args, const char *prompt);

struct verified {
    int instructions, strict, loose; /* how many held */
    char failed[40];                 /* kind of the first that did not hold strictly; "" */
};
/* An answer against its instructions (an array). An empty answer holds none of them. */
void verify_answer(struct verified *verified, const char *text, const struct cJSON *instructions,
                   const char *prompt);

#endif
