/* verify_text: words, sentences, paragraphs and lines of a text in any script, as a reader counts
 * them. Pure; knows no locale. */
#ifndef SUITES_VERIFY_TEXT_H
#define SUITES_VERIFY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool uni_is_space(uint32_t c);
bool uni_is_letter(uint32_t c); /* of any script; digits are none */
bool uni_is_upper(uint32_t c);  /* Latin, Greek, Cyrillic, Armenian */
bool uni_is_lower(uint32_t c);
uint32_t uni_lower(uint32_t c);
bool uni_is_cjk(uint32_t c); /* written without spaces: each counts as a word */

/* A stretch of a text. */
struct span {
    const char *at;
    size_t length;
};

/* The next word behind *at, which moves behind it; false at the end. A word is what stands between
 * spaces or dashes and holds a letter or a digit, without the marks around it. */
bool verify_next_word(const char **at, struct span *word);
/* The next line (without its end), paragraph (between blank lines, trimmed), sentence. */
bool verify_next_line(const char **at, struct span *line);
bool verify_next_paragraph(const char **at, struct span *paragraph);
/* A sentence ends with . ! ? … or their kin before a space, a quote or the end, not after an
 * abbreviation, an initial or a list's number; at a blank line; and before a list item or heading.
 */
bool verify_next_sentence(const char **at, struct span *sentence);

int verify_words(const char *text);
int verify_sentences(const char *text);
int verify_paragraphs(const char *text);

/* How often `word` stands in `text` as a word of its own, case aside. May be several words. */
int verify_occurrences(const char *text, const char *word);
/* Case aside, over the letters of uni_lower. */
bool verify_same(const char *a, size_t length_a, const char *b, size_t length_b);

#endif
