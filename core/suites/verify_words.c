/* Kinds of instructions on words, sentences and letters. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "suites/verify_kinds.h"

/* ---- counts ---- */

static bool words(const char *text, const struct asked *asked) {
    return verify_in_range(verify_words(text), asked);
}

static bool sentences(const char *text, const struct asked *asked) {
    return verify_in_range(verify_sentences(text), asked);
}

static bool paragraphs(const char *text, const struct asked *asked) {
    return verify_in_range(verify_paragraphs(text), asked);
}

static bool characters(const char *text, const struct asked *asked) {
    char *trimmed = verify_trimmed(text);
    long count = 0;
    for (const char *p = trimmed; *p; p++)
        count += ((unsigned char)*p & 0xc0) != 0x80;
    free(trimmed);
    return verify_in_range(count, asked);
}

static bool sentence_length(const char *text, const struct asked *asked) {
    struct span sentence;
    int count = 0;
    while (verify_next_sentence(&text, &sentence)) {
        char *one = mem_bytes(sentence.at, sentence.length);
        bool fits = verify_in_range(verify_words(one), asked);
        free(one);
        if (!fits)
            return false;
        count++;
    }
    return count > 0;
}

/* ---- words that must, and must not, be there ---- */

static const struct cJSON *listed(const struct asked *asked) {
    const struct cJSON *list = json_array(asked->args, "words");
    return list ? list->child : NULL;
}

static bool keywords(const char *text, const struct asked *asked) {
    const cJSON *word = listed(asked);
    if (!word)
        return false;
    for (; word; word = word->next)
        if (!cJSON_IsString(word) || verify_occurrences(text, word->valuestring) == 0)
            return false;
    return true;
}

static bool forbidden(const char *text, const struct asked *asked) {
    const cJSON *word = listed(asked);
    if (!word)
        return false;
    for (; word; word = word->next)
        if (!cJSON_IsString(word) || verify_occurrences(text, word->valuestring) > 0)
            return false;
    return true;
}

static bool keyword_count(const char *text, const struct asked *asked) {
    const char *word = verify_arg(asked, "word");
    return word[0] && verify_in_range(verify_occurrences(text, word), asked);
}

static bool letter_count(const char *text, const struct asked *asked) {
    const char *letter = verify_arg(asked, "letter");
    uint32_t wanted = 0, c;
    long count = 0;
    if (!letter[0])
        return false;
    text_decode(letter, strlen(letter), &wanted);
    for (size_t left = strlen(text); left > 0;) {
        size_t used = text_decode(text, left, &c);
        count += uni_lower(c) == uni_lower(wanted);
        text += used;
        left -= used;
    }
    return verify_in_range(count, asked);
}

static bool starts_with(const char *text, const struct asked *asked) {
    const char *due = verify_arg(asked, "text");
    return due[0] && strncmp(text, due, strlen(due)) == 0;
}

static bool ends_with(const char *text, const struct asked *asked) {
    const char *due = verify_arg(asked, "text");
    char *trimmed = verify_trimmed(text);
    size_t length = strlen(trimmed), want = strlen(due);
    bool ends = want > 0 && length >= want && strcmp(trimmed + length - want, due) == 0;
    free(trimmed);
    return ends;
}

static bool word_order(const char *text, const struct asked *asked) {
    const cJSON *word = listed(asked);
    if (!word)
        return false;
    for (; word; word = word->next) {
        const char *found = NULL;
        size_t length = cJSON_IsString(word) ? strlen(word->valuestring) : 0;
        for (const char *p = text; length > 0 && *p && !found; p++)
            if (verify_same(p, strnlen(p, length), word->valuestring, length))
                found = p;
        if (!found)
            return false;
        text = found + length;
    }
    return true;
}

static bool no_repeats(const char *text, const struct asked *asked) {
    (void)asked;
    struct span word;
    for (const char *at = text; verify_next_word(&at, &word);) {
        struct span other;
        for (const char *p = at; verify_next_word(&p, &other);)
            if (verify_same(word.at, word.length, other.at, other.length))
                return false;
    }
    return true;
}

/* ---- letters ---- */

/* Every letter with a case is of this one, and there is one. */
static bool all_cased(const char *text, bool upper) {
    bool any = false;
    for (size_t left = strlen(text); left > 0;) {
        uint32_t c;
        size_t used = text_decode(text, left, &c);
        if (upper ? uni_is_lower(c) : uni_is_upper(c))
            return false;
        any = any || (upper ? uni_is_upper(c) : uni_is_lower(c));
        text += used;
        left -= used;
    }
    return any;
}

static bool lowercase(const char *text, const struct asked *asked) {
    (void)asked;
    return all_cased(text, false);
}

static bool uppercase(const char *text, const struct asked *asked) {
    (void)asked;
    return all_cased(text, true);
}

static bool capital_words(const char *text, const struct asked *asked) {
    struct span word;
    long count = 0;
    while (verify_next_word(&text, &word)) {
        char *one = mem_bytes(word.at, word.length);
        count += word.length > 1 && all_cased(one, true);
        free(one);
    }
    return verify_in_range(count, asked);
}

static bool without(const char *text, const struct asked *asked) {
    const char *marks = verify_arg(asked, "marks");
    if (!marks[0])
        return false;
    for (size_t left = strlen(marks); left > 0;) {
        uint32_t c;
        char one[5] = {0};
        size_t used = text_decode(marks, left, &c);
        memcpy(one, marks, used);
        if (strstr(text, one))
            return false;
        marks += used;
        left -= used;
    }
    return true;
}

static bool no_digits(const char *text, const struct asked *asked) {
    (void)asked;
    return !strpbrk(text, "0123456789");
}

/* ---- languages: by the words that no text does without, or by script ---- */

static const struct language {
    const char *word;
    const char *common[12];
} languages[] = {
    {"en", {"the", "and", "of", "to", "is", "in", "that", "it", "a", "are", "for", "with"}},
    {"de", {"der", "die", "das", "und", "ist", "nicht", "ein", "eine", "zu", "mit", "den", "sich"}},
    {"fr", {"le", "la", "les", "des", "est", "et", "une", "dans", "que", "pour", "du", "pas"}},
    {"es", {"el", "los", "las", "que", "es", "y", "una", "por", "con", "para", "del", "se"}},
    {"it", {"il", "che", "di", "è", "una", "per", "gli", "con", "non", "della", "sono", "un"}},
    {"pt", {"o", "os", "que", "é", "uma", "não", "com", "para", "do", "da", "em", "um"}},
    {"nl", {"de", "het", "een", "van", "is", "en", "niet", "dat", "op", "met", "voor", "zijn"}},
};

static int common_words(const char *text, const struct language *language) {
    struct span word;
    int count = 0;
    while (verify_next_word(&text, &word))
        for (size_t i = 0; i < COUNT_OF(language->common) && language->common[i]; i++)
            count +=
                verify_same(word.at, word.length, language->common[i], strlen(language->common[i]));
    return count;
}

/* More of its words than of any other language's, and at least one in twelve words. */
static bool language(const char *text, const struct asked *asked) {
    const char *due = verify_arg(asked, "language");
    int own = -1, best_other = 0;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        int count = common_words(text, &languages[i]);
        if (strcmp(languages[i].word, due) == 0)
            own = count;
        else if (count > best_other)
            best_other = count;
    }
    return own > best_other && own * 12 >= verify_words(text);
}

const struct verify_row verify_word_rows[] = {
    {"words", words, "so many words (min, max or exactly)"},
    {"sentences", sentences, "so many sentences"},
    {"paragraphs", paragraphs, "so many paragraphs"},
    {"characters", characters, "so many characters"},
    {"sentence-length", sentence_length, "so many words in each sentence"},
    {"keywords", keywords, "all of these words"},
    {"forbidden", forbidden, "none of these words"},
    {"keyword-count", keyword_count, "this word so many times"},
    {"letter-count", letter_count, "this letter so many times"},
    {"word-order", word_order, "these words, in this order"},
    {"no-repeats", no_repeats, "no word twice"},
    {"starts-with", starts_with, "begins with this text"},
    {"ends-with", ends_with, "ends with this text"},
    {"lowercase", lowercase, "no capital letter"},
    {"uppercase", uppercase, "capital letters only"},
    {"capital-words", capital_words, "so many words in capitals"},
    {"without", without, "none of these marks"},
    {"no-digits", no_digits, "no digit"},
    {"language", language, "in this language"},
};
const size_t verify_word_count = COUNT_OF(verify_word_rows);
