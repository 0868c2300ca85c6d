#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "keymap.h"

#define KEYS_OF(row) COUNT_OF((row).keys)

static void test_every_action_has_one_row_and_a_key(void **state) {
    (void)state;
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    int seen[ACTION_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        assert_in_range(rows[i].action, ACTION_NONE + 1, ACTION_COUNT - 1);
        seen[rows[i].action]++;
        assert_int_not_equal(rows[i].keys[0], KEY_ID_NONE);
        assert_int_equal(rows[i].keys[KEYS_OF(rows[i]) - 1], 0);
        assert_true(rows[i].name && rows[i].name[0] && rows[i].help && rows[i].help[0]);
        assert_in_range(rows[i].context, CONTEXT_LIVE, CONTEXT_ANY);
    }
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
        assert_int_equal(seen[action], 1);
}

static void test_no_key_twice_in_one_context(void **state) {
    (void)state;
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < KEYS_OF(rows[i]) && rows[i].keys[k]; k++)
            for (int context = CONTEXT_LIVE; context <= CONTEXT_ENDED; context *= 2)
                if (rows[i].context & context) /* an earlier row would have taken it */
                    assert_int_equal(keymap_action(rows[i].keys[k], context), rows[i].action);
}

static void test_no_name_twice(void **state) {
    (void)state;
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            assert_string_not_equal(rows[i].name, rows[j].name);
}

static void test_conventions(void **state) {
    (void)state;
    static const struct {
        int key, context;
        enum action action;
    } cases[] = {
        {'q', CONTEXT_ANY, ACTION_QUIT},           {KEY_ID_ESCAPE, CONTEXT_ANY, ACTION_BACK},
        {'h', CONTEXT_ANY, ACTION_LEFT},           {KEY_ID_F1, CONTEXT_ANY, ACTION_HELP},
        {'G', CONTEXT_ANY, ACTION_LAST},           {'1', CONTEXT_ANY, ACTION_VIEW_BOARD},
        {'s', CONTEXT_ENDED, ACTION_START},        {'s', CONTEXT_REPLAY, ACTION_STEP},
        {'s', CONTEXT_LIVE, ACTION_NONE},          {'x', CONTEXT_ENDED, ACTION_NONE},
        {'n', CONTEXT_ENDED, ACTION_NONE},         {'p', CONTEXT_ENDED, ACTION_NONE},
        {'[', CONTEXT_LIVE, ACTION_NONE},          {'[', CONTEXT_REPLAY, ACTION_PHASE_BACK},
        {0x1f600, CONTEXT_ANY, ACTION_NONE},       {KEY_ID_NONE, CONTEXT_ANY, ACTION_NONE},
        {KEY_ID_RESIZE, CONTEXT_ANY, ACTION_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(keymap_action(cases[i].key, cases[i].context), cases[i].action);
}

/* What the bottom bar needs: at most eight short words in each context. */
static void test_the_bar_is_short(void **state) {
    (void)state;
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    for (int context = CONTEXT_LIVE; context <= CONTEXT_ENDED; context *= 2) {
        int shown = 0;
        for (size_t i = 0; i < count; i++)
            shown += rows[i].bar && (rows[i].context & context);
        assert_in_range(shown, 5, 9);
    }
}

static void test_sequences(void **state) {
    (void)state;
    int keys[8];
    assert_int_equal(keymap_parse("jj<Enter>q", keys, 8), 4);
    assert_int_equal(keys[0], 'j');
    assert_int_equal(keys[2], KEY_ID_ENTER);
    assert_int_equal(keys[3], 'q');
    assert_int_equal(keymap_parse("<pgup><F10><Ctrl-P><Shift-Tab> é", keys, 8), 6);
    assert_int_equal(keys[0], KEY_ID_PAGE_UP);
    assert_int_equal(keys[1], KEY_ID_F10);
    assert_int_equal(keys[2], 'p' & 0x1f);
    assert_int_equal(keys[3], KEY_ID_BACKTAB);
    assert_int_equal(keys[4], ' ');
    assert_int_equal(keys[5], 0xe9);
    assert_int_equal(keymap_parse("", keys, 8), 0);
    assert_int_equal(keymap_parse("<<>>", keys, 8), 4); /* the keys < and > themselves */
    assert_int_equal(keymap_parse("<Entr>", keys, 8), -1);
    assert_int_equal(keymap_parse("123456789", keys, 8), -1);
    assert_int_equal(keymap_parse("<Enter", keys, 8), 6);
}

/* Every key of the table can be written in a sequence by its name and comes back. */
static void test_names_round_trip(void **state) {
    (void)state;
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < KEYS_OF(rows[i]) && rows[i].keys[k]; k++) {
            char name[16], text[20];
            int key = 0;
            keymap_key_name(rows[i].keys[k], name);
            snprintf(text, sizeof text, strlen(name) > 1 ? "<%s>" : "%s", name);
            assert_int_equal(keymap_parse(text, &key, 1), 1);
            assert_int_equal(key, rows[i].keys[k]);
        }
}

static void test_names_of_odd_keys(void **state) {
    (void)state;
    char name[16];
    keymap_key_name(0x6a21, name);
    assert_string_equal(name, "模");
    keymap_key_name(-7, name);
    assert_string_equal(name, "?");
    keymap_key_name(INT32_MAX, name);
    assert_string_equal(name, "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_action_has_one_row_and_a_key),
        cmocka_unit_test(test_no_key_twice_in_one_context),
        cmocka_unit_test(test_no_name_twice),
        cmocka_unit_test(test_conventions),
        cmocka_unit_test(test_the_bar_is_short),
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_names_round_trip),
        cmocka_unit_test(test_names_of_odd_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
