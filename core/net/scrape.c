#include "net/scrape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 64

/* What is left of one line. */
struct cursor {
    const char *at, *end;
};

void scrape_init(struct scrape *scrape, const char *text, size_t length) {
    *scrape = (struct scrape){.at = text, .end = text + length};
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_name(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!first && is_digit(c));
}

static void skip_blanks(struct cursor *line) {
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
        line->at++;
}

static bool take(struct cursor *line, char c) {
    skip_blanks(line);
    if (line->at == line->end || *line->at != c)
        return false;
    line->at++;
    return true;
}

static bool take_name(struct cursor *line, char name[SCRAPE_NAME_MAX]) {
    size_t length = 0;
    skip_blanks(line);
    while (line->at < line->end && is_name(*line->at, length == 0)) {
        if (length + 1 == SCRAPE_NAME_MAX)
            return false;
        name[length++] = *line->at++;
    }
    name[length] = '\0';
    return length > 0;
}

/* A quoted value: \\, \" and \n are escapes. */
static bool take_quoted(struct cursor *line, char value[SCRAPE_VALUE_MAX]) {
    size_t length = 0;
    if (!take(line, '"'))
        return false;
    for (; line->at < line->end && *line->at != '"'; line->at++) {
        char c = *line->at;
        if (c == '\\') {
            if (++line->at == line->end)
                return false;
            c = *line->at == 'n' ? '\n' : *line->at;
        }
        if (length + 1 < SCRAPE_VALUE_MAX)
            value[length++] = c;
    }
    value[length] = '\0';
    return take(line, '"');
}

static bool take_labels(struct cursor *line, struct scrape_line *out) {
    struct scrape_label surplus;
    if (!take(line, '{'))
        return true;
    while (!take(line, '}')) {
        bool room = out->label_count < SCRAPE_LABELS_MAX;
        struct scrape_label *label = room ? &out->labels[out->label_count] : &surplus;
        if (!take_name(line, label->name) || !take(line, '=') || !take_quoted(line, label->value))
            return false;
        out->label_count += room;
        if (!take(line, ',')) {
            if (!take(line, '}'))
                return false;
            break;
        }
    }
    return true;
}

/* Decimal, NaN, Inf: what the format knows. (strtod alone would take hexadecimal and "nan(1)".) */
static bool read_number(const char *text, double *value) {
    static const struct {
        const char *word;
        double value;
    } words[] = {{"NaN", NAN}, {"+Inf", INFINITY}, {"Inf", INFINITY},  {"-Inf", -INFINITY},
                 {"nan", NAN}, {"inf", INFINITY},  {"+inf", INFINITY}, {"-inf", -INFINITY}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0) {
            *value = words[i].value;
            return true;
        }
    char *end;
    if (text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    *value = strtod(text, &end);
    return end != text && *end == '\0';
}

static bool take_number(struct cursor *line, double *value) {
    char text[NUMBER_MAX];
    size_t length = 0;
    skip_blanks(line);
    while (line->at < line->end && *line->at != ' ' && *line->at != '\t') {
        if (length + 1 == NUMBER_MAX)
            return false;
        text[length++] = *line->at++;
    }
    text[length] = '\0';
    return read_number(text, value);
}

/* name [labels] value [timestamp]; an OpenMetrics exemplar may follow, behind a '#'. */
static bool read_line(struct cursor line, struct scrape_line *out) {
    double timestamp;
    out->label_count = 0;
    if (!take_name(&line, out->name) || !take_labels(&line, out) ||
        !take_number(&line, &out->value))
        return false;
    skip_blanks(&line);
    if (line.at < line.end && *line.at != '#' && !take_number(&line, &timestamp))
        return false;
    skip_blanks(&line);
    return line.at == line.end || *line.at == '#';
}

/* The next line without its end; false when there is none. */
static bool cut_line(struct scrape *scrape, struct cursor *line) {
    if (scrape->at == scrape->end)
        return false;
    const char *newline = memchr(scrape->at, '\n', (size_t)(scrape->end - scrape->at));
    *line = (struct cursor){scrape->at, newline ? newline : scrape->end};
    scrape->at = newline ? newline + 1 : scrape->end;
    if (line->end > line->at && line->end[-1] == '\r')
        line->end--;
    skip_blanks(line);
    return true;
}

bool scrape_next(struct scrape *scrape, struct scrape_line *line) {
    struct cursor text;
    while (cut_line(scrape, &text)) {
        if (text.at == text.end || *text.at == '#')
            continue;
        if (read_line(text, line))
            return true;
        scrape->skipped++;
    }
    return false;
}

const char *scrape_label(const struct scrape_line *line, const char *name) {
    for (size_t i = 0; i < line->label_count; i++)
        if (strcmp(line->labels[i].name, name) == 0)
            return line->labels[i].value;
    return NULL;
}
