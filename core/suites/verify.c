#include "suites/verify.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "suites/verify_kinds.h"

static const struct verify_row *row_at(size_t index) {
    if (index < verify_word_count)
        return &verify_word_rows[index];
    index -= verify_word_count;
    return index < verify_shape_count ? &verify_shape_rows[index] : NULL;
}

const char *verify_kind(size_t index, const char **about) {
    const struct verify_row *row = row_at(index);
    if (row && about)
        *about = row->about;
    return row ? row->word : NULL;
}

int verify_find(const char *kind) {
    const struct verify_row *row;
    for (size_t i = 0; kind && (row = row_at(i)) != NULL; i++)
        if (strcmp(row->word, kind) == 0)
            return (int)i;
    return -1;
}

/* ---- what the kinds share ---- */

bool verify_in_range(long count, const struct asked *asked) {
    double exactly = json_number(asked->args, "exactly");
    double min = json_number(asked->args, "min"), max = json_number(asked->args, "max");
    if (!isnan(exactly))
        return (double)count == exactly;
    if (isnan(min) && isnan(max))
        return false;
    return !((double)count < min) && !((double)count > max);
}

const char *verify_arg(const struct asked *asked, const char *key) {
    const char *text = json_string(asked->args, key);
    return text ? text : "";
}

char *verify_trimmed(const char *text) {
    const char *end = text + strlen(text);
    while (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        text++;
    while (end > text && (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r')))
        end--;
    return mem_bytes(text, (size_t)(end - text));
}

/* ---- strict and loose ---- */

bool verify_strict(int kind, const char *text, const struct cJSON *args, const char *prompt) {
    const struct verify_row *row = kind >= 0 ? row_at((size_t)kind) : NULL;
    struct asked asked = {args, prompt ? prompt : ""};
    return row && text[strspn(text, " \t\r\n")] != '\0' && row->check(text, &asked);
}

static void drop_asterisks(char *text) {
    char *to = text;
    for (; *text; text++)
        if (*text != '*')
            *to++ = *text;
    *to = '\0';
}

/* The text without its first line, its last, its asterisks, as asked. Caller frees. */
static char *variant(const char *text, bool first, bool last, bool asterisks) {
    const char *newline = strchr(text, '\n');
    if (first)
        text = newline ? newline + 1 : "";
    size_t length = strlen(text);
    if (last) {
        while (length > 0 && text[length - 1] != '\n')
            length--;
        length -= length > 0;
    }
    char *copy = mem_bytes(text, length);
    if (asterisks)
        drop_asterisks(copy);
    char *trimmed = verify_trimmed(copy);
    free(copy);
    return trimmed;
}

bool verify_loose(int kind, const char *text, const struct cJSON *args, const char *prompt) {
    bool holds = verify_strict(kind, text, args, prompt);
    for (int v = 0; v < 8 && !holds; v++) {
        char *other = variant(text, v & 1, v & 2, v & 4);
        holds = verify_strict(kind, other, args, prompt);
        free(other);
    }
    return holds;
}

void verify_answer(struct verified *verified, const char *text, const struct cJSON *instructions,
                   const char *prompt) {
    *verified = (struct verified){0};
    for (const cJSON *one = instructions ? instructions->child : NULL; one; one = one->next) {
        const char *word = json_string(one, "kind");
        int kind = verify_find(word);
        bool strict = verify_strict(kind, text, one, prompt);
        verified->instructions++;
        verified->strict += strict;
        verified->loose += strict || verify_loose(kind, text, one, prompt);
        if (!strict && !verified->failed[0])
            copy_text(verified->failed, sizeof verified->failed, word ? word : "?");
    }
}
