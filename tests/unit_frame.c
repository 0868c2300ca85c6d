#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"

static void assert_dump(const struct frame *frame, bool roles, const char *want) {
    struct buf out;
    buf_init(&out, 1 << 20);
    frame_dump_text(frame, roles, &out);
    assert_string_equal(buf_string(&out), want);
    buf_done(&out);
}

static struct frame frame_of(int width, int height) {
    struct frame frame;
    frame_init(&frame);
    frame_resize(&frame, width, height);
    return frame;
}

static void test_text_is_cut_with_an_ellipsis(void **state) {
    (void)state;
    struct frame frame = frame_of(10, 3);
    assert_int_equal(frame_text(&frame, 0, 0, 10, ROLE_TEXT, "exactly 10"), 10);
    assert_int_equal(frame_text(&frame, 0, 1, 9, ROLE_TEXT, "exactly 10"), 9);
    assert_int_equal(frame_text(&frame, 2, 2, 1, ROLE_TEXT, "ab"), 1);
    assert_dump(&frame, false, "exactly 10\nexactly …\n  …\n");
    frame_done(&frame);
}

static void test_text_is_clipped_at_the_frame(void **state) {
    (void)state;
    struct frame frame = frame_of(5, 2);
    assert_int_equal(frame_text(&frame, 2, 0, 100, ROLE_TEXT, "abcdef"), 3);
    frame_text(&frame, -2, 1, 100, ROLE_TEXT, "abcdef");
    assert_int_equal(frame_text(&frame, 5, 0, 10, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&frame, 0, -1, 10, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&frame, 0, 2, 10, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&frame, 0, 0, 0, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&frame, 0, 0, -3, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&frame, INT32_MAX, 0, INT32_MAX, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&frame, INT32_MIN, 0, 7, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&frame, 0, 0, 3, ROLE_TEXT, NULL), 0);
    assert_dump(&frame, false, "  ab…\ncdef\n");
    frame_done(&frame);
}

static void test_foreign_text_is_made_visible(void **state) {
    (void)state;
    struct frame frame = frame_of(12, 2);
    frame_text(&frame, 0, 0, 12, ROLE_TEXT, "a\033[31mb\nc");
    /* a right-to-left override, a combining mark, broken UTF-8 */
    frame_text(&frame, 0, 1, 12, ROLE_TEXT, "\xe2\x80\xaex\xcc\x81y\xff");
    assert_dump(&frame, false, "a␛[31mb␊c\n\xef\xbf\xbdxy\xef\xbf\xbd\n");
    frame_done(&frame);
}

static void test_wide_characters_take_two_cells(void **state) {
    (void)state;
    struct frame frame = frame_of(6, 4);
    assert_int_equal(frame_text(&frame, 0, 0, 6, ROLE_TEXT, "模型x"), 5);
    assert_int_equal(frame.cells[0].wide, 1);
    assert_int_equal(frame.cells[1].wide, 2);
    assert_int_equal(frame_text(&frame, 0, 1, 4, ROLE_TEXT, "模型x"), 3);
    frame_put(&frame, 5, 2, 0x6a21, ROLE_GOOD); /* no room for its right half */
    frame_put(&frame, -1, 3, 0x6a21, ROLE_GOOD);
    assert_dump(&frame, true, "模型x\n模…\n\n\n\n.....\n...\n     g\ng\n");
    frame_done(&frame);
}

static void test_half_overwritten_wide_leaves_no_half(void **state) {
    (void)state;
    struct frame frame = frame_of(6, 3);
    for (int y = 0; y < 3; y++)
        frame_text(&frame, 1, y, 4, ROLE_TEXT, "模型");
    frame_put(&frame, 1, 0, 'a', ROLE_TEXT);
    frame_put(&frame, 2, 1, 'b', ROLE_TEXT);
    frame_put(&frame, 2, 2, 0x5f0f, ROLE_TEXT);
    assert_dump(&frame, false, " a 型\n  b型\n  式\n");
    for (int i = 0; i < 18; i++)
        if (frame.cells[i].wide == 1)
            assert_int_equal(frame.cells[i + 1].wide, 2);
    frame_done(&frame);
}

static void test_right_aligned(void **state) {
    (void)state;
    struct frame frame = frame_of(8, 3);
    frame_right(&frame, 0, 0, 8, ROLE_TEXT, "12.3");
    frame_right(&frame, 0, 1, 8, ROLE_TEXT, "模 1");
    frame_right(&frame, 0, 2, 4, ROLE_TEXT, "too long");
    assert_dump(&frame, false, "    12.3\n    模 1\ntoo…\n");
    frame_done(&frame);
}

static void test_boxes(void **state) {
    (void)state;
    struct frame frame = frame_of(14, 7);
    frame_box(&frame, (struct rect){0, 0, 14, 3}, "one", true, false);
    frame_box(&frame, (struct rect){0, 3, 9, 3}, "a long title", false, true);
    frame_box(&frame, (struct rect){12, 3, 1, 3}, "thin", false, false);
    frame_box(&frame, (struct rect){10, 5, 9, 9}, NULL, false, false);
    assert_dump(&frame, false,
                "╭─ one ──────╮\n"
                "│            │\n"
                "╰────────────╯\n"
                "+- a … -+\n"
                "|       |\n"
                "+-------+ ╭───\n"
                "          │\n");
    frame_done(&frame);
}

static void test_ascii_frames_stay_ascii(void **state) {
    (void)state;
    struct frame frame = frame_of(9, 4);
    frame.ascii = true;
    frame_text(&frame, 0, 0, 5, ROLE_TEXT, "long name");
    frame_text(&frame, 0, 1, 9, ROLE_TEXT, "3 × 2 – ▲");
    frame_box(&frame, (struct rect){0, 2, 9, 2}, NULL, false, false);
    assert_dump(&frame, false, "long~\n3 x 2 - ^\n+-------+\n+-------+\n");
    frame_done(&frame);
}

static void test_selection_and_roles_are_dumped(void **state) {
    (void)state;
    struct frame frame = frame_of(5, 2);
    frame_text(&frame, 0, 0, 5, ROLE_GOOD, "ok");
    frame_text(&frame, 3, 0, 5, ROLE_SERIES_2, "2");
    frame_select(&frame, (struct rect){-5, 0, 6, 1});
    frame_select(&frame, (struct rect){3, 0, 99, 1});
    frame_fill(&frame, (struct rect){1, 1, INT32_MAX, INT32_MAX}, ' ', ROLE_BAR);
    assert_dump(&frame, true, "ok 2\n\n\nGg SS\n rrrr\n");
    frame_done(&frame);
}

static void test_any_size(void **state) {
    (void)state;
    struct frame frame;
    frame_init(&frame);
    frame_resize(&frame, -1, 5);
    frame_put(&frame, 0, 0, 'x', ROLE_TEXT);
    assert_int_equal(frame.width, 0);
    frame_resize(&frame, 65535, 65535);
    assert_int_equal(frame.width, FRAME_SIDE_MAX);
    frame_resize(&frame, 2, 1);
    frame_box(&frame, (struct rect){-3, -3, 100, 100}, "t", true, false);
    frame_printf(&frame, 0, 0, 2, ROLE_TEXT, "%d", 7);
    assert_dump(&frame, false, "7\n");
    frame_done(&frame);
}

static void test_role_words_are_all_there_and_differ(void **state) {
    (void)state;
    struct frame frame = frame_of(ROLE_COUNT, 1);
    for (int role = 0; role < ROLE_COUNT; role++) {
        assert_non_null(role_word(role));
        assert_int_equal(role_find(role_word(role)), role);
        frame_put(&frame, role, 0, 'x', role);
    }
    assert_int_equal(role_find("colour"), -1);
    struct buf out;
    buf_init(&out, 4096);
    frame_dump_text(&frame, true, &out);
    const char *letters = strchr(buf_string(&out), '\n') + 2;
    for (int role = 0; role < ROLE_COUNT; role++)
        assert_ptr_equal(strchr(letters, letters[role]), letters + role);
    buf_done(&out);
    frame_done(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_cut_with_an_ellipsis),
        cmocka_unit_test(test_text_is_clipped_at_the_frame),
        cmocka_unit_test(test_foreign_text_is_made_visible),
        cmocka_unit_test(test_wide_characters_take_two_cells),
        cmocka_unit_test(test_half_overwritten_wide_leaves_no_half),
        cmocka_unit_test(test_right_aligned),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_ascii_frames_stay_ascii),
        cmocka_unit_test(test_selection_and_roles_are_dumped),
        cmocka_unit_test(test_any_size),
        cmocka_unit_test(test_role_words_are_all_there_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
