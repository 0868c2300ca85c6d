#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/embed.h"
#include "theme.h"

struct place {
    char directory[64], file[96];
};

static int make_place(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    copy_text(place->directory, sizeof place->directory, "/tmp/pitwall-theme-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->file, sizeof place->file, "%s/mine.json", place->directory);
    *state = place;
    return 0;
}

static int remove_place(void **state) {
    struct place *place = *state;
    unlink(place->file);
    rmdir(place->directory);
    free(place);
    return 0;
}

static void write_file(const struct place *place, const char *text) {
    FILE *file = fopen(place->file, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Relative luminance and contrast as WCAG 2 defines them. */
static double linear(int byte) {
    double share = byte / 255.0;
    return share <= 0.03928 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4);
}
static double luminance(int32_t rgb) {
    return 0.2126 * linear(rgb >> 16 & 0xff) + 0.7152 * linear(rgb >> 8 & 0xff) +
           0.0722 * linear(rgb & 0xff);
}
static double contrast(int32_t a, int32_t b) {
    double first = luminance(a), second = luminance(b);
    return first > second ? (first + 0.05) / (second + 0.05) : (second + 0.05) / (first + 0.05);
}

static void test_builtin_themes_are_sound(void **state) {
    (void)state;
    size_t count = 0;
    assert_string_equal(theme_builtin(0), "default");
    for (; theme_builtin(count); count++) {
        struct theme theme;
        struct error error = {0};
        assert_true(theme_load(&theme, theme_builtin(count), NULL, 0, NULL, &error));
        assert_string_equal(theme.name, theme_builtin(count));
        for (size_t other = 0; other < count; other++)
            assert_string_not_equal(theme_builtin(other), theme_builtin(count));
    }
    assert_true(count >= 6);
}

/* Read the embedded text as a user's file: it must be free of warnings, and complete. */
static void test_builtin_files_have_no_warnings(void **state) {
    struct place *place = *state;
    for (const struct embedded *file = embed_themes; file->name; file++) {
        struct theme theme;
        struct buf warnings;
        struct error error = {0};
        buf_init(&warnings, 1 << 16);
        write_file(place, file->text);
        assert_true(theme_load(&theme, place->file, NULL, 0, &warnings, &error));
        assert_string_equal(buf_string(&warnings), "");
        for (int role = 0; role < ROLE_COUNT; role++) {
            char key[40];
            snprintf(key, sizeof key, "\"%s\":", role_word(role));
            assert_non_null(strstr(file->text, key));
        }
        buf_done(&warnings);
    }
}

static void test_everything_can_be_read_on_its_ground(void **state) {
    (void)state;
    for (size_t i = 0; theme_builtin(i); i++) {
        struct theme theme;
        assert_true(theme_load(&theme, theme_builtin(i), NULL, 0, NULL, NULL));
        for (int role = 0; role < ROLE_COUNT; role++)
            for (int selected = 0; selected < 2; selected++) {
                bool bar = role == ROLE_BAR || role == ROLE_BAR_KEY; /* is never selected */
                if (role == ROLE_BORDER /* is meant to be faint */ || (bar && selected))
                    continue;
                struct style style = theme_style(&theme, role, selected);
                int32_t fg = style.fg == COLOR_DEFAULT ? theme.foreground : style.fg;
                int32_t bg = style.bg == COLOR_DEFAULT ? theme.background : style.bg;
                if (contrast(fg, bg) < (selected ? 2.6 : 3.5))
                    fail_msg("%s %s%s: contrast %.2f", theme.name, role_word(role),
                             selected ? " selected" : "", contrast(fg, bg));
            }
    }
}

static void test_good_warn_bad_and_series_differ_in_256_colours(void **state) {
    (void)state;
    static const enum role groups[][6] = {
        {ROLE_GOOD, ROLE_WARN, ROLE_BAD, ROLE_GOOD, ROLE_WARN, ROLE_BAD},
        {ROLE_SERIES_1, ROLE_SERIES_2, ROLE_SERIES_3, ROLE_SERIES_4, ROLE_SERIES_5, ROLE_SERIES_6},
        {ROLE_WAIT, ROLE_PREFILL, ROLE_DECODE, ROLE_CONNECT, ROLE_WAIT, ROLE_PREFILL}};
    for (size_t i = 0; theme_builtin(i); i++) {
        struct theme theme;
        assert_true(theme_load(&theme, theme_builtin(i), NULL, 0, NULL, NULL));
        if (strcmp(theme.name, "mono") == 0)
            continue;
        for (size_t group = 0; group < COUNT_OF(groups); group++)
            for (int a = 0; a < 6; a++)
                for (int b = 0; b < a; b++)
                    if (groups[group][a] != groups[group][b])
                        assert_int_not_equal(theme_256(theme.styles[groups[group][a]].fg),
                                             theme_256(theme.styles[groups[group][b]].fg));
    }
}

static void test_a_file_lies_over_the_default(void **state) {
    struct place *place = *state;
    struct theme theme, standard;
    struct error error = {0};
    struct buf warnings;
    const char *directories[] = {"/nonexistent", place->directory};
    buf_init(&warnings, 4096);
    write_file(place, "{ // a comment\n"
                      "  \"name\": \"mine\",\n"
                      "  \"roles\": {\"good\": {\"fg\": \"#Ff8000\", \"underline\": true},},\n"
                      "}\n");
    assert_true(theme_load(&theme, "mine", directories, 2, &warnings, &error));
    assert_true(theme_load(&standard, "default", directories, 2, &warnings, &error));
    assert_string_equal(buf_string(&warnings), "");
    assert_string_equal(theme.name, "mine");
    assert_int_equal(theme.styles[ROLE_GOOD].fg, 0xff8000);
    assert_int_equal(theme.styles[ROLE_GOOD].bg, COLOR_DEFAULT);
    assert_true(theme.styles[ROLE_GOOD].underline);
    assert_false(theme.styles[ROLE_GOOD].bold);
    assert_int_equal(theme.styles[ROLE_BAD].fg, standard.styles[ROLE_BAD].fg);
    assert_int_equal(theme.selection.bg, standard.selection.bg);
    buf_done(&warnings);
}

static void test_nonsense_is_named_with_its_place(void **state) {
    struct place *place = *state;
    struct theme theme, standard;
    struct error error = {0};
    struct buf warnings;
    buf_init(&warnings, 1 << 16);
    write_file(place, "{\"name\": \"mine\", \"colour\": 1,\n"
                      " \"roles\": {\n"
                      "  \"godo\": {\"fg\": \"#ffffff\"},\n"
                      "  \"bad\": {\"fg\": \"#ggg000\", \"bold\": 1, \"blink\": true},\n"
                      "  \"warn\": \"#ff0000\",\n"
                      "  \"dim\": {\"fg\": \"#fff\"}\n"
                      " }}\n");
    assert_true(theme_load(&theme, place->file, NULL, 0, &warnings, &error));
    assert_true(theme_load(&standard, "default", NULL, 0, NULL, &error));
    const char *text = buf_string(&warnings);
    assert_non_null(strstr(text, "mine.json:3:"));
    assert_non_null(strstr(text, "did you mean \"good\"?"));
    assert_non_null(strstr(text, "mine.json:4:"));
    assert_non_null(strstr(text, "roles.bad.fg: not a colour"));
    assert_non_null(strstr(text, "roles.bad.bold: neither"));
    assert_non_null(strstr(text, "roles.bad.blink: unknown field"));
    assert_non_null(strstr(text, "mine.json:5:"));
    assert_non_null(strstr(text, "roles.dim.fg: not a colour"));
    assert_non_null(strstr(text, "colour: not understood"));
    assert_int_equal(theme.styles[ROLE_WARN].fg, standard.styles[ROLE_WARN].fg);
    buf_done(&warnings);
}

static void test_broken_and_missing_themes_are_errors(void **state) {
    struct place *place = *state;
    struct theme theme;
    struct error error = {0};
    write_file(place, "{\"name\": \"mine\",\n \"roles\": {]}\n");
    assert_false(theme_load(&theme, place->file, NULL, 0, NULL, &error));
    assert_non_null(strstr(error.text, "mine.json:2:"));
    write_file(place, "[1, 2]");
    assert_false(theme_load(&theme, place->file, NULL, 0, NULL, &error));
    assert_false(theme_load(&theme, "nosuch", NULL, 0, NULL, &error));
    assert_non_null(strstr(error.text, "nosuch"));
    assert_non_null(strstr(error.hint, "high-contrast"));
    assert_false(theme_load(&theme, "/nonexistent/x.json", NULL, 0, NULL, &error));
}

static void test_256_colours(void **state) {
    (void)state;
    assert_int_equal(theme_256(0x000000), 16);
    assert_int_equal(theme_256(0xffffff), 231);
    assert_int_equal(theme_256(0xff0000), 196);
    assert_int_equal(theme_256(0x5f87af), 67);
    assert_int_equal(theme_256(0x080808), 232);
    assert_int_equal(theme_256(0xeeeeee), 255);
    assert_int_equal(theme_256(0x4a4a4a), 239);
}

static void test_16_colours_keep_the_hue(void **state) {
    (void)state;
    static const struct {
        int32_t rgb;
        int want;
    } cases[] = {
        {0x000000, 0},  {0x800000, 1},  {0x008000, 2},  {0x808000, 3},  {0x000080, 4},
        {0x800080, 5},  {0x008080, 6},  {0xc0c0c0, 7},  {0x808080, 8},  {0xff0000, 9},
        {0x00ff00, 10}, {0xffff00, 11}, {0x0000ff, 12}, {0xff00ff, 13}, {0x00ffff, 14},
        {0xffffff, 15}, {0x98c379, 2},  {0xe06c75, 9},  {0xcd0000, 1},  {0x22262e, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(theme_16(cases[i].rgb), cases[i].want);
}

static struct frame small_frame(void) {
    struct frame frame;
    frame_init(&frame);
    frame_resize(&frame, 8, 2);
    frame_text(&frame, 0, 0, 8, ROLE_BAD, "a<&");
    frame_put(&frame, 4, 0, 0x28ff, ROLE_GOOD);
    frame_put(&frame, 5, 0, 0x2584, ROLE_GOOD);
    frame_put(&frame, 6, 0, 0x256d, ROLE_BORDER);
    frame_text(&frame, 0, 1, 8, ROLE_TEXT, "模");
    frame_select(&frame, (struct rect){0, 1, 8, 1});
    return frame;
}

static void test_ansi(void **state) {
    (void)state;
    struct theme theme;
    struct buf out;
    struct frame frame = small_frame();
    assert_true(theme_load(&theme, "mono", NULL, 0, NULL, NULL));
    buf_init(&out, 1 << 16);
    frame_dump_ansi(&frame, &theme, &out);
    assert_string_equal(buf_string(&out),
                        "\033[0;1;7ma<&\033[0m \033[0;1m⣿▄\033[0m╭\033[0m \033[0m\n"
                        "\033[0;7m模      \033[0m\n");
    buf_done(&out);
    frame_done(&frame);
}

static size_t count_of(const char *text, const char *what) {
    size_t count = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        count++;
    return count;
}

static void test_svg(void **state) {
    (void)state;
    struct theme theme;
    struct buf out;
    struct frame frame = small_frame();
    assert_true(theme_load(&theme, "default", NULL, 0, NULL, NULL));
    buf_init(&out, 1 << 16);
    frame_dump_svg(&frame, &theme, "a <title>", &out);
    const char *svg = buf_string(&out);
    assert_non_null(strstr(svg, ">a&lt;&amp;</text>"));
    assert_non_null(strstr(svg, ">a &lt;title&gt;</text>"));
    assert_non_null(strstr(svg, ">模</text>"));
    assert_int_equal(count_of(svg, "h0"), 8);         /* eight dots */
    assert_int_equal(count_of(svg, "<text"), 3);      /* title, word, wide one */
    assert_non_null(strstr(svg, "fill=\"#2c3a4e\"")); /* the selection's ground */
    assert_null(strstr(svg, "⣿"));                    /* no font is asked for these */
    assert_null(strstr(svg, "╭"));
    assert_int_equal(count_of(svg, "<path"), 4); /* rule, dots, block, corner */
    buf_reset(&out);
    frame_dump_svg(&frame, &theme, NULL, &out);
    assert_int_equal(count_of(buf_string(&out), "<circle"), 0);
    buf_done(&out);
    frame_done(&frame);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtin_themes_are_sound),
        cmocka_unit_test_setup_teardown(test_builtin_files_have_no_warnings, make_place,
                                        remove_place),
        cmocka_unit_test(test_everything_can_be_read_on_its_ground),
        cmocka_unit_test(test_good_warn_bad_and_series_differ_in_256_colours),
        cmocka_unit_test_setup_teardown(test_a_file_lies_over_the_default, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_nonsense_is_named_with_its_place, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_broken_and_missing_themes_are_errors, make_place,
                                        remove_place),
        cmocka_unit_test(test_256_colours),
        cmocka_unit_test(test_16_colours_keep_the_hue),
        cmocka_unit_test(test_ansi),
        cmocka_unit_test(test_svg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
