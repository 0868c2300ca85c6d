/* The writing half of json.h. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/scan.h"
#include "base/text.h"

void json_begin(struct json_writer *w, struct buf *out) {
    *w = (struct json_writer){.out = out, .start = out->length};
}

static void shorten(struct buf *buf, size_t length) {
    if (buf->length <= length)
        return;
    buf->length = length;
    buf->data[length] = '\0';
}

bool json_end(struct json_writer *w) {
    if (w->out->over)
        shorten(w->out, w->start);
    return !w->out->over;
}

/* A byte that stands in a string as it is. */
static bool is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void escape(struct buf *out, unsigned char c) {
    static const char special[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *known = c ? strchr(special, c) : NULL;
    if (known) {
        buf_char(out, '\\');
        buf_char(out, letter[known - special]);
    } else {
        buf_printf(out, "\\u%04x", (unsigned)c);
    }
}

/* The inside of a string. */
static void put_text(struct buf *out, const char *text, size_t length) {
    const char *end = text + length;
    while (text < end) {
        const char *plain = text;
        while (plain < end && is_plain((unsigned char)*plain))
            plain++;
        buf_append(out, text, (size_t)(plain - text));
        text = plain;
        if (text == end)
            break;
        if ((unsigned char)*text < 0x80) {
            escape(out, (unsigned char)*text++);
            continue;
        }
        uint32_t c;
        char bytes[4];
        text += text_decode(text, (size_t)(end - text), &c);
        buf_append(out, bytes, text_encode(c, bytes));
    }
}

/* Comma and key before a value. */
static void lead(struct json_writer *w, const char *key) {
    if (w->comma)
        buf_char(w->out, ',');
    w->comma = true;
    if (!key)
        return;
    buf_char(w->out, '"');
    put_text(w->out, key, strlen(key));
    buf_append(w->out, "\":", 2);
}

void json_open(struct json_writer *w, const char *key, char bracket) {
    lead(w, key);
    buf_char(w->out, bracket);
    w->comma = false;
}

void json_close(struct json_writer *w, char bracket) {
    buf_char(w->out, bracket);
    w->comma = true;
}

void json_put_string(struct json_writer *w, const char *key, const char *text) {
    if (!text) {
        json_put_null(w, key);
        return;
    }
    lead(w, key);
    buf_char(w->out, '"');
    put_text(w->out, text, strlen(text));
    buf_char(w->out, '"');
}

void json_put_integer(struct json_writer *w, const char *key, int64_t value) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    if (key || !w->comma)
        lead(w, key);
    else
        digits[--at] = ','; /* long arrays: one append a number */
    buf_append(w->out, digits + at, sizeof digits - at);
}

/* A foreign locale's decimal point becomes a dot. */
static void set_dot(char *number) {
    const char *point = localeconv()->decimal_point;
    char *found = strcmp(point, ".") == 0 ? NULL : strstr(number, point);
    if (!found)
        return;
    size_t width = strlen(point);
    memmove(found + 1, found + width, strlen(found + width) + 1);
    *found = '.';
}

void json_put_number(struct json_writer *w, const char *key, double value) {
    if (!isfinite(value)) {
        json_put_null(w, key);
        return;
    }
    if (value == trunc(value) && fabs(value) < 9007199254740992.0 &&
        !(value == 0 && signbit(value))) {
        json_put_integer(w, key, (int64_t)value);
        return;
    }
    char number[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value)
            break;
    }
    set_dot(number);
    lead(w, key);
    buf_text(w->out, number);
}

void json_put_bool(struct json_writer *w, const char *key, bool value) {
    lead(w, key);
    buf_text(w->out, value ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *key) {
    lead(w, key);
    buf_append(w->out, "null", 4);
}

/* The string at the scan, escapes resolved; NULL on a problem. The caller frees it. */
static char *take_string(struct scan *scan) {
    struct buf text;
    buf_init(&text, (size_t)(scan->end - scan->begin) * 3);
    if (scan_string(scan, &text))
        return buf_take(&text);
    buf_done(&text);
    return NULL;
}

/* A key as scan_key gives it, with its escapes resolved. The caller frees it. */
static char *take_key(const struct slice *raw) {
    struct scan quoted;
    scan_init(&quoted, raw->at - 1, raw->length + 2);
    return take_string(&quoted);
}

static bool copy_members(struct json_writer *w, struct scan *scan) {
    struct slice raw;
    while (scan_key(scan, &raw)) {
        char *name = take_key(&raw);
        bool good = name && json_copy(w, name, scan);
        free(name);
        if (!good)
            return scan_fail(scan, "a bad key");
    }
    return !scan->problem;
}

static bool copy_items(struct json_writer *w, struct scan *scan) {
    while (scan_item(scan))
        if (!json_copy(w, NULL, scan))
            return false;
    return !scan->problem;
}

bool json_copy(struct json_writer *w, const char *key, struct scan *scan) {
    enum scan_kind kind = scan_peek(scan);
    if (kind == SCAN_OBJECT || kind == SCAN_ARRAY) {
        bool object = kind == SCAN_OBJECT;
        if (!scan_open(scan, object ? '{' : '['))
            return false;
        json_open(w, key, object ? '{' : '[');
        if (!(object ? copy_members(w, scan) : copy_items(w, scan)))
            return false;
        json_close(w, object ? '}' : ']');
        return true;
    }
    if (kind == SCAN_STRING) {
        char *text = take_string(scan);
        if (text)
            json_put_string(w, key, text);
        free(text);
        return text != NULL;
    }
    struct slice value;
    if (!scan_value(scan, &value))
        return false;
    if (kind == SCAN_NULL) { /* NaN and its kin too */
        json_put_null(w, key);
        return true;
    }
    lead(w, key);
    buf_append(w->out, value.at, value.length);
    return true;
}

void json_put_raw(struct json_writer *w, const char *key, const char *json) {
    size_t start = w->out->length;
    bool comma = w->comma, over = w->out->over;
    struct scan scan;
    scan_init(&scan, json ? json : "null", json ? strlen(json) : 4);
    if (json_copy(w, key, &scan) && scan_end(&scan))
        return;
    shorten(w->out, start);
    w->out->over = over;
    w->comma = comma;
    json_put_null(w, key);
}
