#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "graph.h"

#define S 1000000 /* µs in a second */

static struct point at(double seconds, double value) {
    int64_t t = (int64_t)(seconds * S);
    return (struct point){t, t, value, value, value};
}

static void draw(const struct graph *graph, struct point *points, size_t count, int width,
                 int height, bool roles, const char *want) {
    struct frame frame;
    struct buf out;
    struct series series = {.points = points, .count = count, .capacity = count};
    frame_init(&frame);
    frame_resize(&frame, width, height);
    graph_draw(&frame, (struct rect){0, 0, width, height}, &series, graph);
    buf_init(&out, 1 << 20);
    frame_dump_text(&frame, roles, &out);
    assert_string_equal(buf_string(&out), want);
    buf_done(&out);
    frame_done(&frame);
}

static void test_nice_scale(void **state) {
    (void)state;
    static const double pairs[][2] = {{1, 1},       {1.01, 2},    {2, 2},         {3, 5},
                                      {5.1, 10},    {0.3, 0.5},   {0.001, 0.001}, {999, 1000},
                                      {1000, 1000}, {1001, 2000}, {0, 1},         {-5, 1}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_float_equal(graph_nice(pairs[i][0]), pairs[i][1], pairs[i][1] * 1e-9);
    assert_float_equal(graph_nice(NAN), 1, 0);
    assert_float_equal(graph_nice(INFINITY), 1, 0);
    for (int exponent = -9; exponent < 15; exponent++)
        assert_true(graph_nice(3 * pow(10, exponent)) >= 3 * pow(10, exponent));
}

static void test_blocks_one_column_a_level(void **state) {
    (void)state;
    struct graph graph = {.glyphs = GLYPH_BLOCK, .to_us = 8 * S, .high = 7, .gap = GAP_HOLD};
    struct point points[8];
    for (int i = 0; i < 8; i++)
        points[i] = at(i, i);
    draw(&graph, points, 8, 8, 1, false, "▁▂▃▄▅▆▇█\n");
}

static void test_zero_is_not_a_gap(void **state) {
    (void)state;
    struct graph graph = {.to_us = 4 * S, .high = 10, .gap = GAP_HOLD};
    struct point points[] = {at(0, 0), at(1, NAN), at(2, 0), at(3, NAN)};
    graph.glyphs = GLYPH_BRAILLE;
    draw(&graph, points, 4, 4, 1, false, "⣀ ⣀\n");
    graph.glyphs = GLYPH_BLOCK;
    draw(&graph, points, 4, 4, 1, false, "▁ ▁\n");
    graph.glyphs = GLYPH_ASCII;
    draw(&graph, points, 4, 4, 1, false, ". .\n");
    draw(&graph, points, 4, 4, 2, false, "\n. .\n");
}

static void test_samples_hold_but_not_past_an_absent_one(void **state) {
    (void)state;
    struct graph graph = {.glyphs = GLYPH_BLOCK, .to_us = 10 * S, .high = 7, .gap = GAP_HOLD};
    struct point points[] = {at(1, 3), at(4, 7), at(6, NAN), at(8, 0)};
    draw(&graph, points, 4, 10, 1, false, " ▄▄▄██  ▁▁\n");
}

static void test_a_sample_from_before_the_window_holds_into_it(void **state) {
    (void)state;
    struct graph graph = {
        .glyphs = GLYPH_BLOCK, .from_us = 10 * S, .to_us = 14 * S, .high = 7, .gap = GAP_HOLD};
    struct point points[] = {at(1, 7), at(3, 3), at(12, 7), at(99, 1)};
    draw(&graph, points, 4, 4, 1, false, "▄▄██\n");
}

static void test_calls_are_single_marks(void **state) {
    (void)state;
    struct graph graph = {.glyphs = GLYPH_BRAILLE, .to_us = 4 * S, .high = 3, .gap = GAP_CALLS};
    struct point points[] = {at(0, 3), at(1.6, 1), at(4, 0)};
    draw(&graph, points, 3, 4, 1, false, "⡇⢠ ⢀\n");
    graph.glyphs = GLYPH_ASCII;
    draw(&graph, points, 3, 4, 1, false, "@= .\n");
}

static void test_the_worst_of_a_column_is_drawn(void **state) {
    (void)state;
    struct graph graph = {.glyphs = GLYPH_BLOCK, .to_us = 1 * S, .high = 7, .gap = GAP_CALLS};
    struct point points[] = {at(0.1, 1), at(0.2, 7), at(0.3, 2), at(0.4, NAN)};
    draw(&graph, points, 4, 1, 1, false, "█\n");
}

static void test_a_merged_point_shows_its_ends_and_its_worst(void **state) {
    (void)state;
    struct point points[] = {{1 * S, 3 * S, 0, 7, 3}};
    struct graph graph = {.glyphs = GLYPH_BLOCK, .to_us = 5 * S, .high = 7, .gap = GAP_CALLS};
    draw(&graph, points, 1, 5, 1, false, " █ █\n");
    graph.gap = GAP_HOLD;
    draw(&graph, points, 1, 5, 1, false, " ███▄\n");
}

static void test_more_rows(void **state) {
    (void)state;
    struct point points[] = {at(0, 0), at(1, 4), at(2, 8), at(3, NAN)};
    struct graph graph = {.to_us = 4 * S, .high = 8, .gap = GAP_HOLD};
    graph.glyphs = GLYPH_BRAILLE;
    draw(&graph, points, 4, 4, 2, false, " ⣀⣿\n⣀⣿⣿\n");
    graph.glyphs = GLYPH_BLOCK;
    draw(&graph, points, 4, 4, 2, false, " ▁█\n▁██\n");
    graph.glyphs = GLYPH_ASCII;
    draw(&graph, points, 4, 4, 2, false, " .|\n.||\n");
}

static void test_around_zero(void **state) {
    (void)state;
    struct point points[] = {at(0, -7), at(1, 0), at(2, 8), at(3, NAN)};
    struct graph graph = {
        .glyphs = GLYPH_BRAILLE, .to_us = 4 * S, .low = -7, .high = 8, .gap = GAP_HOLD};
    draw(&graph, points, 4, 4, 4, false, "  ⣿\n  ⣿\n⣿⠉⠉\n⣿\n");
}

static void test_values_beyond_the_axis_stay_at_its_end(void **state) {
    (void)state;
    struct point points[] = {at(0, 1e300), at(1, -5), at(2, INFINITY), at(3, -INFINITY)};
    struct graph graph = {.glyphs = GLYPH_BLOCK, .to_us = 4 * S, .high = 7, .gap = GAP_HOLD};
    draw(&graph, points, 4, 4, 1, false, "█▁█▁\n");
    graph.high = 0; /* an axis of no height, and ones of no sense */
    draw(&graph, points, 4, 4, 1, false, "█▁█▁\n");
    graph.low = NAN;
    graph.high = NAN;
    draw(&graph, points, 4, 4, 1, false, "█▁█▁\n");
}

static void test_graded_by_value_in_one_row_by_height_in_more(void **state) {
    (void)state;
    struct point points[] = {at(0, 1), at(1, 5), at(2, 9)};
    struct graph graph = {
        .glyphs = GLYPH_BLOCK, .to_us = 3 * S, .high = 9, .gap = GAP_HOLD, .graded = true};
    draw(&graph, points, 3, 3, 1, true, "▂▅█\n\nliu\n");
    draw(&graph, points, 3, 3, 3, true, "  █\n ▆█\n▄██\n\n  u\n ii\nlll\n");
}

static void test_no_window_no_room_no_points(void **state) {
    (void)state;
    struct point points[] = {at(0, 1), {INT64_MIN, INT64_MAX, 1, 1, 1}, at(-3, 4)};
    struct graph graph = {.glyphs = GLYPH_BLOCK, .high = 7, .gap = GAP_HOLD};
    draw(&graph, points, 3, 3, 1, false, "\n");
    graph.to_us = 3 * S;
    draw(&graph, NULL, 0, 3, 1, false, "\n");
    draw(&graph, points, 3, 0, 1, false, "\n");
    graph.from_us = INT64_MIN;
    graph.to_us = INT64_MAX;
    draw(&graph, points, 2, 2, 1, false, "▂▂\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nice_scale),
        cmocka_unit_test(test_blocks_one_column_a_level),
        cmocka_unit_test(test_zero_is_not_a_gap),
        cmocka_unit_test(test_samples_hold_but_not_past_an_absent_one),
        cmocka_unit_test(test_a_sample_from_before_the_window_holds_into_it),
        cmocka_unit_test(test_calls_are_single_marks),
        cmocka_unit_test(test_the_worst_of_a_column_is_drawn),
        cmocka_unit_test(test_a_merged_point_shows_its_ends_and_its_worst),
        cmocka_unit_test(test_more_rows),
        cmocka_unit_test(test_around_zero),
        cmocka_unit_test(test_values_beyond_the_axis_stay_at_its_end),
        cmocka_unit_test(test_graded_by_value_in_one_row_by_height_in_more),
        cmocka_unit_test(test_no_window_no_room_no_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
