#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "base/util.h"

static uint32_t decode(const char *bytes, size_t *used) {
    uint32_t c = 0;
    *used = text_decode(bytes, strlen(bytes), &c);
    return c;
}

static void every_code_point_comes_back(void **state) {
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        uint32_t again;
        size_t written = text_encode(c, bytes);
        assert_int_equal(text_decode(bytes, written, &again), written);
        assert_int_equal(again, c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c);
        if (written > 1) /* cut short it is nothing */
            assert_int_equal(text_decode(bytes, written - 1, &again), 1);
    }
    char bytes[4];
    assert_int_equal(text_encode(0x110000, bytes), 3);
    assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
}

static void malformed_takes_one_byte(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80",
        "\xFF",
        "\xF8\x88\x80\x80",
        "\xC3(",
        "\xE2\x82(",
        "\xE2\x28\xA1",
        "\xC3",
        "\xF0\x9F\x98",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        size_t used;
        assert_int_equal(decode(bad[i], &used), 0xFFFD);
        assert_int_equal(used, 1);
    }
    uint32_t c = 7;
    assert_int_equal(text_decode("", 0, &c), 0);
}

static void widths(void **state) {
    (void)state;
    static const struct {
        uint32_t c;
        int width;
    } known[] = {
        {'a', 1},     {0xE9, 1},    {0x300, 0},    {0x36F, 0},   {0x370, 1},  {0x2500, 1},
        {0x2588, 1},  {0x28FF, 1},  {0x2191, 1},   {0x2013, 1},  {0x4E2D, 2}, {0xAC00, 2},
        {0xD7A3, 2},  {0x3042, 2},  {0xFF21, 2},   {0xFF71, 1},  {0x20AC, 1}, {0x1F600, 2},
        {0x1F680, 2}, {0x2705, 2},  {0x26A1, 2},   {0x2764, 1},  {0x1100, 2}, {0x1160, 0},
        {0x5D0, 1},   {0x5B0, 0},   {0x64B, 0},    {0xE31, 0},   {0xE01, 1},  {0x20000, 2},
        {0x3FFFD, 2}, {0x20D0, 0},  {0xFE0F, 0},   {0x303F, 1},  {0xFFFD, 1}, {0x2400, 1},
        {0x1FAE0, 2}, {0x1F1E6, 1}, {0x10FFFF, 1}, {0xE0100, 0},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (text_width(known[i].c) != known[i].width)
            fail_msg("U+%04X is %d cells wide", (unsigned)known[i].c, text_width(known[i].c));
}

static void cells_of_strings(void **state) {
    (void)state;
    assert_int_equal(text_cells(""), 0);
    assert_int_equal(text_cells("model"), 5);
    assert_int_equal(text_cells("e\xCC\x81"), 1);                /* e and an accent */
    assert_int_equal(text_cells("模型-7B"), 7);                  /* two wide letters */
    assert_int_equal(text_cells("a\tb\n"), 4);                   /* shown as symbols */
    assert_int_equal(text_cells("\xE2\x9D\xA4\xEF\xB8\x8F"), 1); /* heart and its selector */
    assert_int_equal(text_cells("\xFF\xFE"), 2);
}

static void show(const char *text, size_t length, const char *expected) {
    char out[64];
    text_visible(out, sizeof out, text, length);
    assert_string_equal(out, expected);
}

static void foreign_text_is_made_visible(void **state) {
    (void)state;
    show("plain é 模 –", strlen("plain é 模 –"), "plain é 模 –");
    show("\x1B[31mred", 8, "␛[31mred");
    show("a\0b\n\t\r\x7F", 7, "a␀b␊␉␍␡");
    show("\xC2\x9B"
         "31m",
         5, "�31m"); /* the one-character CSI */
    show("\xE2\x80\xAE"
         "txt",
         6, "�txt"); /* right-to-left override */
    show("a\xE2\x80\x8B\xEF\xBB\xBF"
         "b",
         8, "a��b");                  /* zero-width space, BOM */
    show("\xF3\xA0\x81\x81", 4, "�"); /* a tag letter */
    show("\xC3(", 2, "�(");
}

static void visible_text_is_cut_whole(void **state) {
    (void)state;
    char out[6];
    memset(out, 'x', sizeof out);
    text_visible(out, 5, "aé模", strlen("aé模"));
    assert_string_equal(out, "aé"); /* three bytes and NUL; 模 needs three more */
    assert_int_equal(out[5], 'x');
    text_visible(out, 1, "a", 1);
    assert_string_equal(out, "");
    out[0] = 'y';
    text_visible(out, 0, "a", 1);
    assert_int_equal(out[0], 'y');
}

/* Whatever comes in, what goes out is valid, has no controls, and is as wide as text_cells says. */
static void any_bytes_become_safe(void **state) {
    (void)state;
    uint64_t random = 42;
    for (int round = 0; round < 3000; round++) {
        char bytes[24], out[100];
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            bytes[i] = (char)(random >> 56);
        }
        bytes[sizeof bytes - 1] = '\0';
        size_t length = strlen(bytes);
        text_visible(out, sizeof out, bytes, length);
        assert_int_equal(text_cells(out), text_cells(bytes));
        for (const char *p = out; *p;) {
            uint32_t c;
            size_t used = text_decode(p, strlen(p), &c);
            assert_true(c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0));
            assert_true(used > 1 || c < 0x80);
            p += used;
        }
    }
}

static void code_points_and_words(void **state) {
    (void)state;
    assert_int_equal(text_code_points(NULL), 0);
    assert_int_equal(text_code_points(""), 0);
    assert_int_equal(text_code_points("bri\xc3\xa9"
                                      "f \xf0\x9f\x98\x80"),
                     7);
    const char *text = "The Context WINDOW is full";
    assert_ptr_equal(text_find(text, "context window"), text + 4);
    assert_ptr_equal(text_find(text, ""), text);
    assert_ptr_equal(text_find(text, "full"), text + 22);
    assert_null(text_find(text, "fuller"));
    assert_null(text_find("", "a"));
    assert_non_null(text_find("", ""));
    assert_null(text_find(NULL, "a"));
}

static void distances(void **state) {
    (void)state;
    assert_int_equal(text_distance("burst", "burst", 3), 0);
    assert_int_equal(text_distance("Burst", "bURST", 3), 0);
    assert_int_equal(text_distance("burts", "burst", 3), 2);
    assert_int_equal(text_distance("brst", "burst", 3), 1);
    assert_int_equal(text_distance("bursts", "burst", 3), 1);
    assert_int_equal(text_distance("kitten", "sitting", 9), 3);
    assert_int_equal(text_distance("agentic", "tick", 2), 3); /* more than asked */
    assert_int_equal(text_distance("", "abc", 5), 3);
    assert_int_equal(text_distance("", "", 5), 0);
    char a[300];
    memset(a, 'a', sizeof a);
    a[sizeof a - 1] = '\0';
    assert_int_equal(text_distance(a, "a", 4), 5);
    assert_int_equal(text_distance(a, a, 4), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(malformed_takes_one_byte),
        cmocka_unit_test(widths),
        cmocka_unit_test(cells_of_strings),
        cmocka_unit_test(foreign_text_is_made_visible),
        cmocka_unit_test(visible_text_is_cut_whole),
        cmocka_unit_test(any_bytes_become_safe),
        cmocka_unit_test(code_points_and_words),
        cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
