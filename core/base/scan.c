#include "base/scan.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define NUMBER_MAX 60 /* characters; cJSON reads at most 63 */

void scan_init(struct scan *scan, const char *text, size_t length) {
    *scan = (struct scan){.begin = text, .at = text, .end = text + length};
}

bool scan_fail(struct scan *scan, const char *problem) {
    if (!scan->problem)
        scan->problem = problem;
    return false;
}

void scan_place(const struct scan *scan, const char *at, int *line, int *column) {
    *line = 1;
    *column = 1;
    for (const char *p = scan->begin; p < at; p++) {
        if (*p == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            ++*column;
        }
    }
}

/* Step over a comment; false where there is none. */
static bool skip_comment(struct scan *scan) {
    const char *at = scan->at;
    if (!scan->relaxed || scan->end - at < 2 || at[0] != '/')
        return false;
    if (at[1] == '/') {
        const char *newline = memchr(at, '\n', (size_t)(scan->end - at));
        scan->at = newline ? newline : scan->end;
    } else if (at[1] == '*') {
        for (at += 2; scan->end - at >= 2; at++)
            if (at[0] == '*' && at[1] == '/')
                break;
        if (scan->end - at < 2)
            return scan_fail(scan, "the comment has no end");
        scan->at = at + 2;
    } else {
        return false;
    }
    scan->odd = true;
    return true;
}

static void skip_space(struct scan *scan) {
    do {
        while (scan->at < scan->end &&
               (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
            scan->at++;
    } while (skip_comment(scan));
}

/* The next character that means something; 0 at the end or after a problem. */
static char next_character(struct scan *scan) {
    if (scan->problem)
        return 0;
    /* most of the text is written without space */
    if (scan->at<scan->end && * scan->at> ' ' && *scan->at != '/')
        return *scan->at;
    skip_space(scan);
    return scan->problem || scan->at == scan->end ? 0 : *scan->at;
}

enum scan_kind scan_peek(struct scan *scan) {
    char c = next_character(scan);
    if (c >= '0' && c <= '9')
        return SCAN_NUMBER;
    bool infinite = c == '-' && scan->end - scan->at > 1 && scan->at[1] == 'I';
    switch (c) {
    case '{':
        return SCAN_OBJECT;
    case '[':
        return SCAN_ARRAY;
    case '"':
        return SCAN_STRING;
    case '-':
        return infinite ? SCAN_NULL : SCAN_NUMBER;
    case 't':
        return SCAN_TRUE;
    case 'f':
        return SCAN_FALSE;
    case 'n':
    case 'N':
    case 'I':
        return SCAN_NULL;
    }
    return SCAN_NOTHING;
}

bool scan_open(struct scan *scan, char bracket) {
    if (next_character(scan) != bracket)
        return scan_fail(scan, bracket == '{' ? "an object is expected" : "an array is expected");
    if (scan->depth == JSON_DEPTH_MAX)
        return scan_fail(scan, "nested too deeply");
    scan->at++;
    scan->depth++;
    scan->fresh = true;
    return true;
}

/* Before a member: the comma, or the closing bracket (then false). */
static bool next_member(struct scan *scan, char close) {
    char c = next_character(scan);
    if (c == ',' && !scan->fresh) {
        scan->at++;
        c = next_character(scan);
        if (c != close)
            return c != 0 || scan_fail(scan, "the text ends early");
        if (!scan->relaxed)
            return scan_fail(scan, "a comma before the closing bracket");
        scan->odd = true;
    } else if (c != close && scan->fresh) {
        scan->fresh = false;
        return c != 0 || scan_fail(scan, "the text ends early");
    }
    if (c != close)
        return scan_fail(scan, c == 0         ? "the text ends early"
                               : close == '}' ? "',' or '}' is expected"
                                              : "',' or ']' is expected");
    scan->at++;
    scan->depth--;
    scan->fresh = false;
    return false;
}

static bool is_hex(const char *at) {
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return true;
}

static uint32_t hex(const char *at) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* Check the string that begins here and step over it. */
static bool skip_string(struct scan *scan, struct slice *inside) {
    if (next_character(scan) != '"')
        return scan_fail(scan, "a string is expected");
    const char *begin = scan->at, *at = begin + 1;
    while (at < scan->end && *at != '"') {
        scan->at = at;
        if ((unsigned char)*at < 0x20)
            return scan_fail(scan, "a control character in a string");
        if (*at++ != '\\')
            continue;
        if (at == scan->end)
            break;
        if (*at == 'u') {
            if (scan->end - at < 5 || !is_hex(at + 1))
                return scan_fail(scan, "\\u needs four hexadecimal digits");
            uint32_t c = hex(at + 1);
            scan->odd = scan->odd || c == 0 || (c >= 0xD800 && c <= 0xDFFF);
            at += 5;
        } else if (strchr("\"\\/bfnrt", *at) && *at) {
            at++;
        } else {
            return scan_fail(scan, "an unknown escape in a string");
        }
    }
    if (at == scan->end) {
        scan->at = begin;
        return scan_fail(scan, "the string has no end");
    }
    *inside = (struct slice){begin + 1, (size_t)(at - begin - 1)};
    scan->at = at + 1;
    return true;
}

bool scan_key(struct scan *scan, struct slice *key) {
    if (!next_member(scan, '}'))
        return false;
    if (next_character(scan) != '"')
        return scan_fail(scan, "a key in quotes is expected");
    if (!skip_string(scan, key))
        return false;
    if (next_character(scan) != ':')
        return scan_fail(scan, "':' is expected");
    scan->at++;
    return true;
}

bool scan_item(struct scan *scan) {
    return next_member(scan, ']');
}

/* \u escape at `at` (behind the u): the code point, and the bytes it took. */
static size_t take_unicode(const char *at, const char *end, uint32_t *code_point) {
    uint32_t high = hex(at);
    *code_point = high ? high : 0xFFFD;
    if (high < 0xD800 || high > 0xDFFF)
        return 4;
    *code_point = 0xFFFD;
    if (high > 0xDBFF || end - at < 10 || at[4] != '\\' || at[5] != 'u')
        return 4;
    uint32_t low = hex(at + 6);
    if (low < 0xDC00 || low > 0xDFFF)
        return 4;
    *code_point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return 10;
}

bool scan_string(struct scan *scan, struct buf *out) {
    struct slice raw;
    if (!skip_string(scan, &raw))
        return false;
    const char *at = raw.at, *end = raw.at + raw.length;
    bool fits = true;
    while (at < end && fits) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        fits = buf_append(out, at, (size_t)((escape ? escape : end) - at));
        if (!escape)
            break;
        at = escape + 2;
        if (escape[1] == 'u') {
            uint32_t c;
            char bytes[4];
            at += take_unicode(at, end, &c);
            fits = fits && buf_append(out, bytes, text_encode(c, bytes));
            continue;
        }
        static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
        const char *known = strchr(from, escape[1]);
        fits = fits && buf_char(out, known ? to[known - from] : escape[1]);
    }
    return fits || scan_fail(scan, "the string is too long");
}

struct digits { /* a number taken apart: mantissa × 10^exponent */
    uint64_t mantissa;
    int count, exponent;
};

static bool take_digits(struct scan *scan, struct digits *number) {
    const char *begin = scan->at;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
        if (number->count > 0 || *scan->at != '0')
            number->count++;
        if (number->count <= 18)
            number->mantissa = number->mantissa * 10 + (uint64_t)(*scan->at - '0');
    }
    return scan->at > begin || scan_fail(scan, "a digit is expected");
}

static bool take_exponent(struct scan *scan, struct digits *number) {
    bool negative = false;
    scan->at++;
    if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
        negative = *scan->at++ == '-';
    struct digits power = {0};
    if (!take_digits(scan, &power))
        return false;
    int value = power.count > 4 ? 9999 : (int)power.mantissa;
    number->exponent += negative ? -value : value;
    return true;
}

/* The slow way for numbers whose digits do not fit a double exactly. */
static double read_decimal(const char *text, size_t length) {
    char copy[NUMBER_MAX + 8];
    const char *dot = memchr(text, '.', length);
    if (!dot) {
        memcpy(copy, text, length);
        copy[length] = '\0';
        return strtod(copy, NULL);
    }
    /* strtod wants the locale's decimal point */
    const char *point = localeconv()->decimal_point;
    size_t before = (size_t)(dot - text), width = strlen(point);
    if (width > 4)
        return NAN;
    memcpy(copy, text, before);
    memcpy(copy + before, point, width);
    memcpy(copy + before + width, dot + 1, length - before - 1);
    copy[length + width - 1] = '\0';
    return strtod(copy, NULL);
}

/* Exact when mantissa and power are exact doubles (Clinger 1990); else strtod decides. */
static double compose(const struct digits *number, bool negative, const char *text, size_t length) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int exponent = number->exponent;
    if (number->count > 18 || number->mantissa > UINT64_C(1) << 53 || exponent < -22 ||
        exponent > 22)
        return read_decimal(text, length);
    double value = (double)number->mantissa;
    value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    return negative ? -value : value;
}

/* Nearly every number of a log: up to nine digits and nothing else. */
static bool take_small(struct scan *scan, int64_t *value) {
    const char *at = scan->at;
    int64_t number = 0;
    while (at < scan->end && *at >= '0' && *at <= '9' && at - scan->at < 9)
        number = number * 10 + (*at++ - '0');
    if (at == scan->at || at == scan->end || (*scan->at == '0' && at - scan->at > 1) ||
        (*at != ',' && *at != ']' && *at != '}'))
        return false;
    scan->at = at;
    *value = number;
    return true;
}

size_t scan_run(struct scan *scan, int64_t *values, size_t most) {
    size_t taken = 0;
    while (taken < most && !scan->problem) {
        const char *before = scan->at;
        scan->at += taken > 0 && *before == ',';
        if (!take_small(scan, &values[taken])) {
            scan->at = before; /* the comma is scan_item's when something else follows */
            break;
        }
        taken++;
    }
    return taken;
}

bool scan_number(struct scan *scan, double *value) {
    if (scan_peek(scan) != SCAN_NUMBER)
        return scan_fail(scan, "a number is expected");
    int64_t small;
    if (take_small(scan, &small)) {
        *value = (double)small;
        return true;
    }
    const char *begin = scan->at;
    struct digits number = {0};
    bool negative = *scan->at == '-';
    scan->at += negative;
    bool zero = scan->at < scan->end && *scan->at == '0';
    const char *whole = scan->at;
    if (!take_digits(scan, &number))
        return false;
    if (zero && scan->at - whole > 1)
        return scan_fail(scan, "a number begins with 0");
    if (scan->at < scan->end && *scan->at == '.') {
        const char *fraction = ++scan->at;
        if (!take_digits(scan, &number))
            return false;
        number.exponent = -(int)(scan->at - fraction);
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E') &&
        !take_exponent(scan, &number))
        return false;
    size_t length = (size_t)(scan->at - begin);
    if (length > NUMBER_MAX)
        return scan_fail(scan, "the number is too long");
    *value = compose(&number, negative, begin, length);
    return true;
}

bool scan_word(struct scan *scan, enum scan_kind *kind) {
    static const struct {
        const char *text;
        enum scan_kind kind;
        bool odd;
    } words[] = {
        {"true", SCAN_TRUE, false}, {"false", SCAN_FALSE, false},  {"null", SCAN_NULL, false},
        {"NaN", SCAN_NULL, true},   {"Infinity", SCAN_NULL, true}, {"-Infinity", SCAN_NULL, true},
    };
    next_character(scan);
    for (size_t i = 0; i < COUNT_OF(words) && !scan->problem; i++) {
        size_t length = strlen(words[i].text);
        if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, words[i].text, length) != 0)
            continue;
        scan->at += length;
        scan->odd = scan->odd || words[i].odd;
        *kind = words[i].kind;
        return true;
    }
    return scan_fail(scan, "a value is expected");
}

static bool skip_value(struct scan *scan) {
    struct slice key;
    double number;
    enum scan_kind word;
    switch (scan_peek(scan)) {
    case SCAN_OBJECT:
        if (!scan_open(scan, '{'))
            return false;
        while (scan_key(scan, &key))
            if (!skip_value(scan))
                return false;
        return !scan->problem;
    case SCAN_ARRAY:
        if (!scan_open(scan, '['))
            return false;
        while (scan_item(scan))
            if (!skip_value(scan))
                return false;
        return !scan->problem;
    case SCAN_STRING:
        return skip_string(scan, &key);
    case SCAN_NUMBER:
        return scan_number(scan, &number);
    case SCAN_TRUE:
    case SCAN_FALSE:
    case SCAN_NULL:
        return scan_word(scan, &word);
    case SCAN_NOTHING:
        break;
    }
    return scan_fail(scan, scan->at == scan->end ? "the text ends early" : "a value is expected");
}

bool scan_value(struct scan *scan, struct slice *text) {
    next_character(scan);
    const char *begin = scan->at;
    if (!skip_value(scan))
        return false;
    if (text)
        *text = (struct slice){begin, (size_t)(scan->at - begin)};
    return true;
}

bool scan_end(struct scan *scan) {
    next_character(scan);
    if (scan->problem)
        return false;
    return scan->at == scan->end || scan_fail(scan, "something follows the value");
}
