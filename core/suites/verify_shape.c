/* Kinds of instructions on lines, marks and structure. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "suites/score.h"
#include "suites/verify_kinds.h"

/* ---- lines ---- */

typedef bool is_line(const char *line, size_t length);

static long count_lines(const char *text, is_line *counts) {
    struct span line;
    long count = 0;
    while (verify_next_line(&text, &line)) {
        size_t blank = 0;
        while (blank < line.length && (line.at[blank] == ' ' || line.at[blank] == '\t'))
            blank++;
        if (blank < line.length)
            count += counts(line.at + blank, line.length - blank);
    }
    return count;
}

static bool any_line(const char *line, size_t length) {
    (void)line;
    return length > 0;
}

static bool is_bullet(const char *line, size_t length) {
    bool dot = length > 3 && strncmp(line, "\xe2\x80\xa2", 3) == 0;
    return dot || (length > 2 && strchr("-*+", line[0]) && line[1] == ' ');
}

static bool is_numbered(const char *line, size_t length) {
    size_t digits = 0;
    while (digits < length && isdigit((unsigned char)line[digits]))
        digits++;
    return digits > 0 && digits < 4 && digits + 1 < length &&
           (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
}

static bool is_heading(const char *line, size_t length) {
    size_t marks = 0;
    while (marks < length && line[marks] == '#')
        marks++;
    return marks > 0 && marks <= 6 && marks + 1 < length && line[marks] == ' ';
}

static bool lines(const char *text, const struct asked *asked) {
    return verify_in_range(count_lines(text, any_line), asked);
}

static bool bullets(const char *text, const struct asked *asked) {
    return verify_in_range(count_lines(text, is_bullet), asked);
}

static bool numbered(const char *text, const struct asked *asked) {
    return verify_in_range(count_lines(text, is_numbered), asked);
}

static bool headings(const char *text, const struct asked *asked) {
    return verify_in_range(count_lines(text, is_heading), asked);
}

static bool sections(const char *text, const struct asked *asked) {
    char missing[64];
    const struct cJSON *names = json_array(asked->args, "names");
    int due = names ? cJSON_GetArraySize(names) : 0;
    return due > 0 && score_sections(text, names, missing, sizeof missing) == due;
}

/* ---- frames around the text ---- */

static bool wrapped(const char *text, const char *open, const char *close) {
    char *trimmed = verify_trimmed(text);
    size_t length = strlen(trimmed), a = strlen(open), b = strlen(close);
    bool wraps = length > a + b && strncmp(trimmed, open, a) == 0 &&
                 strcmp(trimmed + length - b, close) == 0;
    free(trimmed);
    return wraps;
}

static bool quotation(const char *text, const struct asked *asked) {
    (void)asked;
    return wrapped(text, "\"", "\"") || wrapped(text, "\xe2\x80\x9c", "\xe2\x80\x9d") ||
           wrapped(text, "\xc2\xab", "\xc2\xbb") || wrapped(text, "\xe2\x80\x9e", "\xe2\x80\x9c");
}

/* <<a title>> on a line of its own. */
static bool title(const char *text, const struct asked *asked) {
    (void)asked;
    struct span line;
    while (verify_next_line(&text, &line)) {
        char *raw = mem_bytes(line.at, line.length), *one = verify_trimmed(raw);
        size_t length = strlen(one);
        bool is_title = length > 4 && strncmp(one, "<<", 2) == 0 &&
                        strcmp(one + length - 2, ">>") == 0 && verify_words(one) > 0;
        free(raw);
        free(one);
        if (is_title)
            return true;
    }
    return false;
}

static bool postscript(const char *text, const struct asked *asked) {
    const char *mark = verify_arg(asked, "text");
    struct span line, last = {NULL, 0};
    if (!mark[0])
        mark = "P.S.";
    while (verify_next_line(&text, &line)) {
        size_t skip = 0;
        while (skip < line.length && strchr(" \t*_", line.at[skip]))
            skip++;
        if (line.length - skip > strlen(mark) &&
            verify_same(line.at + skip, strlen(mark), mark, strlen(mark)))
            last = line;
    }
    return last.at != NULL;
}

static bool repeats_prompt(const char *text, const struct asked *asked) {
    const char *due = verify_arg(asked, "text");
    if (!due[0])
        due = asked->prompt;
    size_t length = strlen(due);
    return length > 0 && strncmp(text, due, length) == 0 && verify_words(text + length) > 0;
}

static bool two_answers(const char *text, const struct asked *asked) {
    (void)asked;
    const char *cut = strstr(text, "******");
    if (!cut || strstr(cut + 6, "******"))
        return false;
    char *raw = mem_bytes(text, (size_t)(cut - text));
    char *a = verify_trimmed(raw), *b = verify_trimmed(cut + 6);
    bool both = verify_words(a) > 0 && verify_words(b) > 0 && strcmp(a, b) != 0;
    free(raw);
    free(a);
    free(b);
    return both;
}

static bool choice(const char *text, const struct asked *asked) {
    const struct cJSON *options = json_array(asked->args, "options");
    char *trimmed = verify_trimmed(text);
    bool found = false;
    for (const cJSON *one = options ? options->child : NULL; one; one = one->next)
        found = found || (cJSON_IsString(one) && strcmp(trimmed, one->valuestring) == 0);
    free(trimmed);
    return found;
}

/* ---- marks inside ---- */

/* [name] with a word in it, not the text of a link. */
static bool placeholders(const char *text, const struct asked *asked) {
    long count = 0;
    for (const char *p = text; (p = strchr(p, '[')) != NULL; p++) {
        size_t length = strcspn(p + 1, "[]\n");
        count += p[length + 1] == ']' && length > 0 && p[length + 2] != '(';
    }
    return verify_in_range(count, asked);
}

/* *so* or **so**, within a line; a bullet's mark is none. */
static bool highlights(const char *text, const struct asked *asked) {
    long count = 0;
    for (const char *p = text; *p;) {
        size_t marks = strspn(p, "*");
        size_t length = strcspn(p + marks, "*\n");
        const char *end = p + marks + length;
        bool opens = marks > 0 && marks < 4 && length > 0 && p[marks] != ' ' && end[-1] != ' ';
        if (opens && strspn(end, "*") >= marks) {
            count++;
            p = end + marks;
        } else {
            p += marks > 0 ? marks : 1;
        }
    }
    return verify_in_range(count, asked);
}

static bool code_block(const char *text, const struct asked *asked) {
    const char *language = verify_arg(asked, "language");
    const char *open = strstr(text, "```");
    if (!open || (open != text && open[-1] != '\n'))
        return false;
    const char *name = open + 3;
    size_t length = strcspn(name, "\r\n");
    const char *close = strstr(name, "\n```");
    return close &&
           (!language[0] || (length == strlen(language) && strncmp(name, language, length) == 0));
}

/* Rows of a Markdown table, without its head and rule. */
static bool table(const char *text, const struct asked *asked) {
    struct span line;
    long rows = 0, rule = -1;
    while (verify_next_line(&text, &line)) {
        char *raw = mem_bytes(line.at, line.length), *one = verify_trimmed(raw);
        size_t length = strlen(one);
        bool is_row = length > 2 && one[0] == '|' && one[length - 1] == '|';
        if (is_row && rule < 0 && strspn(one, "|-: ") == length && strchr(one, '-'))
            rule = rows;
        rows += is_row;
        free(raw);
        free(one);
    }
    return rule == 1 && verify_in_range(rows - 2, asked);
}

/* ---- JSON ---- */

/* The whole answer, a code fence around it aside. Caller frees; NULL when it is none. */
static struct cJSON *json_of(const char *text) {
    char *trimmed = verify_trimmed(text);
    const char *from = trimmed;
    size_t length = strlen(trimmed);
    if (strncmp(from, "```", 3) == 0 && length > 6 && strcmp(from + length - 3, "```") == 0) {
        size_t head = strcspn(from, "\n");
        from += head < length ? head : length - 3;
        length = strlen(from) - 3;
    }
    struct cJSON *tree = json_parse(from, length, NULL);
    free(trimmed);
    return tree;
}

static bool is_json(const char *text, const struct asked *asked) {
    (void)asked;
    struct cJSON *tree = json_of(text);
    bool is_tree = cJSON_IsObject(tree) || cJSON_IsArray(tree);
    json_free(tree);
    return is_tree;
}

/* An object with exactly these members. */
static bool json_keys(const char *text, const struct asked *asked) {
    const struct cJSON *keys = json_array(asked->args, "keys");
    struct cJSON *tree = json_of(text);
    bool exact =
        cJSON_IsObject(tree) && keys && cJSON_GetArraySize(tree) == cJSON_GetArraySize(keys);
    for (const cJSON *key = exact ? keys->child : NULL; key; key = key->next)
        exact = exact && cJSON_IsString(key) &&
                cJSON_GetObjectItemCaseSensitive(tree, key->valuestring);
    json_free(tree);
    return exact;
}

static bool json_items(const char *text, const struct asked *asked) {
    struct cJSON *tree = json_of(text);
    bool fits = cJSON_IsArray(tree) && verify_in_range(cJSON_GetArraySize(tree), asked);
    json_free(tree);
    return fits;
}

/* ---- lists ---- */

/* Items between commas, of the whole answer. */
static bool comma_list(const char *text, const struct asked *asked) {
    char *trimmed = verify_trimmed(text);
    long count = 1;
    bool whole = trimmed[0] && !strchr(trimmed, '\n');
    for (const char *p = trimmed; whole && *p; p++) {
        if (*p != ',')
            continue;
        count++;
        whole = p > trimmed && p[1] && p[1] != ',';
    }
    free(trimmed);
    return whole && verify_in_range(count, asked);
}

/* The lines' first words come in the order of the alphabet. */
static bool alphabetical(const char *text, const struct asked *asked) {
    (void)asked;
    struct span line, word;
    char before[80] = "";
    int count = 0;
    while (verify_next_line(&text, &line)) {
        char *one = mem_bytes(line.at, line.length);
        const char *at = one;
        if (is_numbered(one, line.length))
            at += strspn(one, "0123456789.)");
        char lower[80] = "";
        if (verify_next_word(&at, &word)) {
            for (size_t i = 0; i < word.length && i + 1 < sizeof lower; i++)
                lower[i] = (char)tolower((unsigned char)word.at[i]);
            count++;
        }
        free(one);
        if (!lower[0])
            continue;
        if (strcmp(before, lower) > 0)
            return false;
        memcpy(before, lower, sizeof before);
    }
    return count > 1;
}

const struct verify_row verify_shape_rows[] = {
    {"lines", lines, "so many lines that are not blank"},
    {"bullets", bullets, "so many bullets"},
    {"numbered", numbered, "so many numbered items"},
    {"headings", headings, "so many Markdown headings"},
    {"sections", sections, "a heading for each of these names"},
    {"title", title, "a title in <<double angular brackets>>"},
    {"quotation", quotation, "the whole answer in quotation marks"},
    {"postscript", postscript, "a postscript"},
    {"repeats-prompt", repeats_prompt, "the request word for word, then the answer"},
    {"two-answers", two_answers, "two different answers, six asterisks between them"},
    {"choice", choice, "one of these answers and nothing else"},
    {"placeholders", placeholders, "so many [placeholders]"},
    {"highlights", highlights, "so many *highlighted* passages"},
    {"code-block", code_block, "a fenced block of code in this language"},
    {"table", table, "a Markdown table of so many rows"},
    {"json", is_json, "JSON and nothing else"},
    {"json-keys", json_keys, "a JSON object with exactly these keys"},
    {"json-items", json_items, "a JSON array of so many items"},
    {"comma-list", comma_list, "so many items between commas, on one line"},
    {"alphabetical", alphabetical, "lines in the order of the alphabet"},
};
const size_t verify_shape_count = COUNT_OF(verify_shape_rows);
