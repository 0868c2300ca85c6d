/* Layout over all sizes: nothing overlaps, nothing leaves the screen, and what the header promises
 * about the sizes that people use. */
#include "layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "view.h"

static bool inside(struct rect outer, struct rect inner) {
    if (inner.width <= 0 || inner.height <= 0)
        return inner.width >= 0 && inner.height >= 0;
    return inner.x >= outer.x && inner.y >= outer.y &&
           inner.x + inner.width <= outer.x + outer.width &&
           inner.y + inner.height <= outer.y + outer.height;
}

static bool apart(struct rect a, struct rect b) {
    if (a.width <= 0 || a.height <= 0 || b.width <= 0 || b.height <= 0)
        return true;
    return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y ||
           b.y + b.height <= a.y;
}

static void all_apart(const struct rect *rects, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            assert_true(apart(rects[i], rects[j]));
}

static void spans_in_order(const struct span *spans, size_t count, struct rect box) {
    int end = box.x;
    for (size_t i = 0; i < count; i++) {
        if (spans[i].width <= 0)
            continue;
        assert_true(spans[i].x >= end);
        end = spans[i].x + spans[i].width;
        assert_true(end <= box.x + box.width);
    }
}

static void check_board(struct rect body, const struct board_want *want) {
    struct board_layout out;
    layout_board(body, want, &out);
    assert_int_equal(out.deltas == DELTA_NOWHERE,
                     want->deltas == 0 || body.width < 3 || body.height < 3);
    struct rect panes[] = {out.box, out.note, out.detail, out.events};
    for (size_t i = 0; i < 4; i++)
        assert_true(inside(body, panes[i]));
    all_apart(panes, 4);
    assert_true(inside(out.box, out.head) || out.head.height == 0);
    assert_true(inside(out.box, out.list));
    assert_true(inside(out.box, out.runs) || out.runs.height == 0);
    all_apart((struct rect[]){out.head, out.list, out.runs}, 3);
    assert_true(out.row_height >= 1);
    assert_true(out.column_count >= 0 && out.column_count <= want->columns);
    assert_true(out.mark_width >= 0);
    if (out.box.width < SCREEN_MIN_WIDTH)
        return; /* the view is never drawn there */
    struct span line[3 + LAYOUT_SPARKS] = {
        out.name, {out.column_x, out.column_step * out.column_count}, out.verdict};
    size_t spans = 3;
    for (int i = 0; i < LAYOUT_SPARKS && out.beside; i++)
        line[spans++] = out.sparks[i];
    spans_in_order(line, spans, out.list);
    spans_in_order(out.sparks, LAYOUT_SPARKS, out.list);
    if (out.graph_rows > 0)
        assert_true(out.sparks[0].width > out.spark_value + 1);
}

static void board_fits_everywhere(void **state) {
    (void)state;
    static const int rows[] = {0, 1, 2, 8, 20, 64}, columns[] = {0, 1, 7, 11, 40};
    for (int height = 1; height <= 100; height++)
        for (int width = 1; width <= 300; width++) {
            struct layout_screen screen;
            layout_screen(width, height, &screen);
            assert_int_equal(screen.fits, width >= 60 && height >= 16);
            struct rect whole = {0, 0, width, height};
            struct rect parts[] = {screen.header, screen.progress, screen.body, screen.bar};
            for (size_t i = 0; i < 4; i++)
                assert_true(inside(whole, parts[i]));
            all_apart(parts, 4);
            struct board_want want = {.rows = rows[width % 6],
                                      .labels = height % 3,
                                      .deltas = height % 3 ? rows[width % 6] / 2 : 0,
                                      .columns = columns[(width + height) % 5],
                                      .suites = 1 + height % 2,
                                      .value_width = 6,
                                      .label_width = 9,
                                      .name_width = width % 40};
            check_board(whole, &want);
            if (screen.fits)
                check_board(screen.body, &want);
        }
}

static void engine_fits_everywhere(void **state) {
    (void)state;
    for (int height = 1; height <= 100; height++)
        for (int width = 1; width <= 300; width++) {
            struct rect body = {0, 2, width, height};
            struct engine_layout out;
            struct engine_want want = {.facts = 3 + width % 9,
                                       .phases = height % 14,
                                       .energy = height % 15,
                                       .calls = width % 90};
            layout_engine(body, &want, &out);
            struct rect parts[] = {out.facts, out.phases, out.energy, out.graphs, out.calls};
            for (size_t i = 0; i < 5; i++)
                assert_true(inside(body, parts[i]));
            all_apart(parts, 5);
            if (height >= 13 && width >= 60)
                assert_true(out.calls.height >= 3);
        }
}

/* Eight endpoints, six scored phases and the warm-up. */
static struct board_layout demo_at(int width, int height) {
    struct layout_screen screen;
    layout_screen(width, height, &screen);
    struct board_want want = {
        .rows = 8, .columns = 7, .suites = 1, .value_width = 6, .label_width = 8, .name_width = 12};
    struct board_layout out;
    layout_board(screen.body, &want, &out);
    return out;
}

static void common_sizes(void **state) {
    (void)state;
    struct board_layout out = demo_at(80, 24);
    assert_int_equal(out.row_height, 2);
    assert_int_equal(out.graph_rows, 1);
    assert_true(out.list.height >= 16);
    assert_true(out.column_count >= 6);
    assert_int_equal(out.note.height, 1);

    out = demo_at(60, 16);
    assert_int_equal(out.row_height, 1);
    assert_int_equal(out.graph_rows, 0);
    assert_true(out.list.height >= 8);

    out = demo_at(120, 40);
    assert_true(out.graph_rows >= 2);
    assert_true(out.events.height > 0);
    assert_true(out.list.height >= 8 * out.row_height);

    out = demo_at(200, 60);
    assert_true(out.beside);
    assert_true(out.graph_rows >= 2);
    assert_true(out.detail.height > 0 && out.events.height > 0);
    assert_int_equal(out.column_count, 7);
}

/* A taller screen never has smaller rows; the panes give way only to taller rows. */
static void growing_never_loses(void **state) {
    (void)state;
    for (int width = 60; width <= 300; width += 20) {
        struct board_layout before = demo_at(width, 16);
        for (int height = 17; height <= 100; height++) {
            struct board_layout now = demo_at(width, height);
            assert_true(now.graph_rows >= before.graph_rows);
            assert_true(now.events.height > 0 || before.events.height == 0 ||
                        now.graph_rows > before.graph_rows); /* rows come before panes */
            before = now;
        }
    }
}

static void scroll_keeps_selected_inside(void **state) {
    (void)state;
    for (int count = 0; count < 40; count++)
        for (int height = 1; height < 20; height++)
            for (int selected = 0; selected < count; selected++) {
                int first = layout_scroll(count, height, selected);
                assert_true(first >= 0 && first <= selected && selected < first + height);
                assert_true(first == 0 || first + height <= count);
            }
    assert_int_equal(layout_scroll(10, 0, 5), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(board_fits_everywhere),
        cmocka_unit_test(engine_fits_everywhere),
        cmocka_unit_test(common_sizes),
        cmocka_unit_test(growing_never_loses),
        cmocka_unit_test(scroll_keeps_selected_inside),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
