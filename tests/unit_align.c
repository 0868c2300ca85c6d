/* Runs of unequal length on one clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/util.h"
#include "store/align.h"

static void test_race(void **state) {
    (void)state;
    /* run 0 reaches phases 1, 2, 3 at 10, 30, 100; run 1 at 5, 90, 100 */
    const struct align_mark marks[] = {{0, 10, 1}, {0, 30, 2}, {0, 100, 3},
                                       {1, 5, 1},  {1, 90, 2}, {1, 100, 3}};
    struct align *align = align_new(marks, COUNT_OF(marks), 2);
    assert_int_equal(align_points(align), 3);
    /* all begin phase 1 at 10, phase 2 at 10 + 85, phase 3 at 95 + 70 */
    assert_int_equal(align_time(align, 0, 10), 10);
    assert_int_equal(align_time(align, 1, 5), 10);
    assert_int_equal(align_time(align, 1, 4), 4);
    assert_int_equal(align_time(align, 0, 29), 29); /* the fast one is through, and waits */
    assert_int_equal(align_time(align, 0, 30), 95);
    assert_int_equal(align_time(align, 1, 90), 95);
    assert_int_equal(align_time(align, 0, 100), 165);
    assert_int_equal(align_time(align, 1, 100), 165);
    assert_int_equal(align_time(align, 1, 1000), 1065);
    align_free(align);
}

static void test_never_back(void **state) {
    (void)state;
    const struct align_mark marks[] = {{0, 7, 1}, {0, 7, 2}, {0, 20, 4}, {1, 3, 1},
                                       {1, 9, 3}, {1, 9, 2}, {2, 0, 1},  {2, 50, 2}};
    struct align *align = align_new(marks, COUNT_OF(marks), 3);
    assert_int_equal(align_points(align), 2); /* 3 and 4 are not everywhere */
    for (int source = 0; source < 3; source++) {
        int64_t before = -1;
        for (int64_t t = 0; t < 100; t++) {
            int64_t now = align_time(align, source, t);
            assert_true(now >= before);
            before = now;
        }
    }
    assert_int_equal(align_time(align, 0, 7), align_time(align, 2, 50));
    align_free(align);
}

static void test_alone(void **state) {
    (void)state;
    const struct align_mark mark = {0, 10, 1};
    struct align *align = align_new(&mark, 1, 1);
    assert_int_equal(align_points(align), 0);
    assert_int_equal(align_time(align, 0, 123), 123);
    align_free(align);
    align = align_new(NULL, 0, 4);
    assert_int_equal(align_time(align, 3, 123), 123);
    align_free(align);
    align_free(NULL);
}

/* What the other run does in another order is no meeting point, and no later one is lost. */
static void test_other_order(void **state) {
    (void)state;
    struct align_mark marks[80];
    size_t count = 0;
    for (uint64_t i = 0; i < 40; i++) {
        marks[count++] = (struct align_mark){0, (int64_t)i * 10, i};
        marks[count++] = (struct align_mark){1, (int64_t)i * 7, i < 20 ? 1000 + i : i};
    }
    struct align *align = align_new(marks, count, 2);
    assert_true(align_points(align) == 0); /* 20 marks of its own stand before: too far */
    align_free(align);
    for (size_t i = 0; i < count; i++)
        if (marks[i].source == 1 && marks[i].what < 1012 && marks[i].what >= 1000)
            marks[i].what -= 1000;
    align = align_new(marks, count, 2);
    assert_true(align_points(align) == 32); /* 12 alike, 8 not, 20 alike */
    align_free(align);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_never_back),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_other_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
