#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/sse.h"

#define LIMIT 4096

/* All events of `bytes`, fed in pieces cut at `cut` (and then `step` at a time), as "[a][b]". */
static enum sse_result collect(enum sse_mode mode, const char *bytes, size_t length, size_t cut,
                               size_t step, struct buf *out, int64_t *comments) {
    struct sse sse;
    enum sse_result result = SSE_MORE;
    const char *data;
    size_t data_length, at = 0;
    sse_init(&sse, mode, LIMIT);
    buf_reset(out);
    while (at < length && result != SSE_OVER) {
        size_t piece = at < cut ? cut - at : step;
        size_t used;
        if (piece > length - at)
            piece = length - at;
        const char *end = bytes + at + piece;
        while ((result = sse_next(&sse, bytes + at, (size_t)(end - bytes) - at, &used, &data,
                                  &data_length)) == SSE_EVENT) {
            assert_true(used <= (size_t)(end - bytes) - at);
            buf_char(out, '[');
            buf_append(out, data, data_length);
            buf_char(out, ']');
            at += used;
        }
        if (result == SSE_MORE)
            assert_int_equal(used, (size_t)(end - bytes) - at);
        at = (size_t)(end - bytes);
    }
    if (result != SSE_OVER && (result = sse_end(&sse, &data, &data_length)) == SSE_EVENT) {
        buf_text(out, "end[");
        buf_append(out, data, data_length);
        buf_char(out, ']');
        assert_int_equal(sse_end(&sse, &data, &data_length), SSE_MORE);
    }
    if (comments)
        *comments = sse.comments;
    sse_done(&sse);
    return result;
}

/* The same result wherever the bytes are cut in two, and byte by byte. */
static void expect(enum sse_mode mode, const char *bytes, size_t length, const char *expected) {
    struct buf out;
    buf_init(&out, 1 << 20);
    for (size_t cut = 0; cut <= length; cut++) {
        collect(mode, bytes, length, cut, length, &out, NULL);
        assert_string_equal(buf_string(&out), expected);
    }
    collect(mode, bytes, length, 0, 1, &out, NULL);
    assert_string_equal(buf_string(&out), expected);
    buf_done(&out);
}
#define EVENTS(text, expected) expect(SSE_EVENTS, text, sizeof(text) - 1, expected)
#define LINES(text, expected) expect(SSE_LINES, text, sizeof(text) - 1, expected)

static void line_ends(void **state) {
    (void)state;
    EVENTS("data: a\n\ndata: b\n\n", "[a][b]");
    EVENTS("data: a\r\n\r\ndata: b\r\n\r\n", "[a][b]");
    EVENTS("data: a\r\rdata: b\r\r", "[a][b]");
    EVENTS("data: a\r\ndata: b\r\n\r\n", "[a\nb]");
    EVENTS("data: a\rdata: b\r\r", "[a\nb]");
    EVENTS("data: a\r\n\ndata: b\n\r\n", "[a][b]");
    EVENTS("data: a\n\r\r\n\ndata: b\n\n\n\n", "[a][b]");
}

static void fields(void **state) {
    (void)state;
    EVENTS("data:a\n\n", "[a]");
    EVENTS("data:  a \n\n", "[ a ]"); /* one space belongs to the field, the rest to the value */
    EVENTS("data: a\ndata: b\ndata\ndata:\n\n", "[a\nb\n\n]");
    EVENTS("data\n\n", "[]");
    EVENTS("data:\n\n", "[]");
    EVENTS("event: x\nid: 1\nretry: 5\n\n", "");
    EVENTS("event: error\ndata: a\nid: 1\n\n", "[a]");
    EVENTS("database: a\n\nDATA: b\n\n data: c\n\n", "");
    EVENTS("data: a: b\n\n", "[a: b]");
}

static void comments_and_bom(void **state) {
    struct buf out;
    int64_t comments;
    static const char text[] = ": keepalive 5/10\n\n:\n\ndata: a\n: in between\ndata: b\n\n";
    (void)state;
    EVENTS(": keep-alive\n\n", "");
    EVENTS(":\n\n:\n\ndata: a\n\n", "[a]");
    EVENTS("\xEF\xBB\xBF"
           "data: a\n\n",
           "[a]");
    EVENTS("\xEF\xBB\xBF\xEF\xBB\xBF"
           "data: a\n\ndata: b\n\n",
           "[b]"); /* only one is skipped */
    EVENTS("\n\n\xEF\xBB\xBF"
           "data: a\n\n",
           "");
    buf_init(&out, LIMIT);
    collect(SSE_EVENTS, text, sizeof(text) - 1, 0, 1, &out, &comments);
    assert_string_equal(buf_string(&out), "[a\nb]");
    assert_int_equal(comments, 3);
    buf_done(&out);
}

static void the_end(void **state) {
    (void)state;
    EVENTS("data: a\n\ndata: b\n", "[a]end[b]");
    EVENTS("data: a\n\ndata: b", "[a]end[b]");
    EVENTS("data: a\n\nda", "[a]");
    EVENTS("data: a\n\n", "[a]");
    EVENTS("", "");
    EVENTS("data: a\n\ndata: b\r", "[a]end[b]");
}

static void ndjson(void **state) {
    (void)state;
    LINES("{1}\n{2}\n", "[{1}][{2}]");
    LINES("{1}\r\n\r\n\n{2}", "[{1}]end[{2}]");
    LINES("{\r1}\n", "[{\r1}]"); /* a bare CR is white space of JSON, no line's end */
    LINES("\xEF\xBB\xBF{1}\n: x\n", "[{1}][: x]");
    LINES("  \n{1}\n", "[{1}]");
}

static void nul_bytes_are_bytes(void **state) {
    struct sse sse;
    const char *data;
    size_t used, length;
    (void)state;
    sse_init(&sse, SSE_EVENTS, LIMIT);
    assert_int_equal(sse_next(&sse, "data: a\0b\n\n", 11, &used, &data, &length), SSE_EVENT);
    assert_int_equal(length, 3);
    assert_memory_equal(data, "a\0b", 3);
    sse_done(&sse);
}

static void hostile_sizes(void **state) {
    struct buf out, text;
    (void)state;
    buf_init(&out, 1 << 20);
    buf_init(&text, 1 << 20);
    /* a line without an end, one event of many lines, comments without an end */
    for (int i = 0; i < LIMIT + 1; i++)
        buf_char(&text, 'x');
    assert_int_equal(collect(SSE_EVENTS, text.data, text.length, 0, 7, &out, NULL), SSE_OVER);
    assert_int_equal(collect(SSE_LINES, text.data, text.length, 0, 7, &out, NULL), SSE_OVER);
    buf_reset(&text);
    for (int i = 0; i < LIMIT; i++)
        buf_text(&text, "data: y\n");
    assert_int_equal(collect(SSE_EVENTS, text.data, text.length, 0, 100, &out, NULL), SSE_OVER);
    /* the limit is one of an event, not of a stream */
    buf_reset(&text);
    for (int i = 0; i < LIMIT; i++)
        buf_text(&text, "data: y\n\n: c\n\n");
    assert_int_equal(collect(SSE_EVENTS, text.data, text.length, 0, 100, &out, NULL), SSE_MORE);
    assert_int_equal(out.length, LIMIT * 3);
    /* exactly at the limit */
    buf_reset(&text);
    buf_text(&text, "data: ");
    while (text.length < LIMIT)
        buf_char(&text, 'z');
    buf_text(&text, "\n\n");
    assert_int_equal(collect(SSE_EVENTS, text.data, text.length, 0, 9, &out, NULL), SSE_MORE);
    assert_int_equal(out.length, LIMIT - 6 + 2);
    buf_done(&out);
    buf_done(&text);
}

static void over_stays_over(void **state) {
    struct sse sse;
    const char *data;
    size_t used, length;
    (void)state;
    sse_init(&sse, SSE_EVENTS, 4);
    assert_int_equal(sse_next(&sse, "data: a\n\n", 9, &used, &data, &length), SSE_OVER);
    assert_int_equal(sse_next(&sse, "\n\n", 2, &used, &data, &length), SSE_OVER);
    assert_int_equal(sse_end(&sse, &data, &length), SSE_OVER);
    sse_done(&sse);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends),        cmocka_unit_test(fields),
        cmocka_unit_test(comments_and_bom), cmocka_unit_test(the_end),
        cmocka_unit_test(ndjson),           cmocka_unit_test(nul_bytes_are_bytes),
        cmocka_unit_test(hostile_sizes),    cmocka_unit_test(over_stays_over),
    };
    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
