#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

static void an_empty_buffer_is_a_string(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    assert_null(buf.data);
    assert_string_equal(buf_string(&buf), "");
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "");
    free(taken);
    assert_true(buf_append(&buf, NULL, 0));
    assert_string_equal(buf_string(&buf), "");
    buf_done(&buf);
}

static void the_limit_is_exact(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    assert_true(buf_text(&buf, "12345"));
    assert_false(buf.over);
    assert_false(buf_char(&buf, '6'));
    assert_true(buf.over);
    assert_string_equal(buf_string(&buf), "12345");
    assert_true(buf_append(&buf, "", 0));
    assert_true(buf.over);
    buf_reset(&buf);
    assert_false(buf.over);
    assert_false(buf_text(&buf, "123456"));
    assert_int_equal(buf.length, 0);
    assert_false(buf_append(&buf, "x", SIZE_MAX)); /* no wrap-around */
    assert_false(buf_printf(&buf, "%d", 123456));
    buf_reset(&buf);
    assert_true(buf_printf(&buf, "%d", 12345));
    assert_string_equal(buf_string(&buf), "12345");
    buf_done(&buf);
}

static void no_limit_is_none(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    assert_true(buf_text(&buf, "fine"));
    assert_string_equal(buf_string(&buf), "fine");
    buf_done(&buf);
}

static void long_formats_fit(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 10000);
    buf_text(&buf, "<");
    assert_true(buf_printf(&buf, "%0300d", 7));
    assert_true(buf_printf(&buf, "%0255d%s", 8, ">")); /* exactly the small array and one more */
    assert_int_equal(buf.length, 1 + 300 + 256);
    assert_int_equal(buf.data[300], '7');
    assert_int_equal(buf.data[556], '>');
    assert_int_equal(strlen(buf.data), buf.length);
    buf_done(&buf);
}

static void bytes_may_be_nul(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_append(&buf, "a\0b", 3);
    assert_int_equal(buf.length, 3);
    assert_memory_equal(buf.data, "a\0b", 4);
    buf_done(&buf);
}

static void files_are_read_whole_or_not(void **state) {
    (void)state;
    char path[] = "/tmp/unit_buf_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    char block[1000];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 40; i++)
        assert_int_equal(write(file, block, sizeof block), sizeof block);
    close(file);
    struct error error;
    struct buf buf;
    buf_init(&buf, 40001);
    buf_char(&buf, '>');
    assert_true(buf_read_file(&buf, path, &error));
    assert_int_equal(buf.length, 40001);
    buf_done(&buf);
    buf_init(&buf, 39999);
    assert_false(buf_read_file(&buf, path, &error));
    assert_non_null(strstr(error.text, "larger than 39999 bytes"));
    buf_done(&buf);
    unlink(path);
    assert_false(buf_read_file(&buf, path, &error));
    assert_non_null(strstr(error.text, "No such file"));
    assert_false(buf_read_file(&buf, "/", &error));
    assert_non_null(strstr(error.text, "directory"));
    buf_done(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_a_string),
        cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(no_limit_is_none),
        cmocka_unit_test(long_formats_fit),
        cmocka_unit_test(bytes_may_be_nul),
        cmocka_unit_test(files_are_read_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
