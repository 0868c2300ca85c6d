/* text_is_degenerate of call.h: a text that says nothing or says one thing over and over. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/call.h"

/* protocol 1 */
#define WORDS_MIN 20
#define TRIGRAM_SHARE 0.30
#define DISTINCT_SHARE 0.15

struct words { /* hashes, in order of the text */
    uint64_t *at;
    size_t count, capacity;
};

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* FNV-1a, letters A–Z as a–z. */
static uint64_t hash_byte(uint64_t hash, char c) {
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    return (hash ^ (unsigned char)c) * UINT64_C(0x100000001B3);
}

static void take_words(struct words *words, const char *text) {
    while (*text) {
        while (is_space(*text))
            text++;
        if (!*text)
            return;
        uint64_t hash = UINT64_C(0xCBF29CE484222325);
        while (*text && !is_space(*text))
            hash = hash_byte(hash, *text++);
        words->at = mem_grow(words->at, words->count, &words->capacity, sizeof *words->at);
        words->at[words->count++] = hash;
    }
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts `hashes`; how many differ, and how often the most frequent one is there. */
static size_t count_distinct(uint64_t *hashes, size_t count, size_t *longest) {
    size_t distinct = 0, run = 0;
    *longest = 0;
    qsort(hashes, count, sizeof *hashes, compare);
    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && hashes[i] == hashes[i - 1];
        run = same ? run + 1 : 1;
        distinct += !same;
        if (run > *longest)
            *longest = run;
    }
    return distinct;
}

static bool is_repetitive(const char *text) {
    struct words words = {0};
    take_words(&words, text);
    bool repetitive = false;
    if (words.count >= WORDS_MIN) {
        size_t trigrams = words.count - 2, longest;
        uint64_t *hashes = mem_zero(trigrams, sizeof *hashes);
        for (size_t i = 0; i < trigrams; i++)
            hashes[i] = (words.at[i] * 31 + words.at[i + 1]) * 31 + words.at[i + 2];
        count_distinct(hashes, trigrams, &longest);
        free(hashes);
        repetitive = (double)longest > TRIGRAM_SHARE * (double)trigrams;
        size_t distinct = count_distinct(words.at, words.count, &longest);
        repetitive = repetitive || (double)distinct < DISTINCT_SHARE * (double)words.count;
    }
    free(words.at);
    return repetitive;
}

static bool is_blank(const char *text) {
    while (text && is_space(*text))
        text++;
    return !text || !*text;
}

bool text_is_degenerate(const char *reasoning, const char *content, bool has_tool_call) {
    if (is_blank(reasoning) && is_blank(content))
        return !has_tool_call;
    return (reasoning && is_repetitive(reasoning)) || (content && is_repetitive(content));
}
