/* Reading JSON: strict, bounded, with places; and the writer, exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/scan.h"

static struct cJSON *parse(const char *text) {
    struct error error;
    return json_parse(text, strlen(text), &error);
}

static void accepts(const char *text, const char *printed) {
    struct cJSON *tree = parse(text);
    if (!tree)
        fail_msg("refused: %s", text);
    struct buf out;
    buf_init(&out, 10000);
    assert_true(json_print(&out, tree));
    assert_string_equal(buf_string(&out), printed);
    buf_done(&out);
    json_free(tree);
}

static void good_text_is_read(void **state) {
    (void)state;
    accepts("null", "null");
    accepts(" \t\r\n[ ] ", "[]");
    accepts("{}", "{}");
    accepts("[1,-0.5,1e2,1E-2,0,-1,true,false,null,\"\"]",
            "[1,-0.5,100,0.01,0,-1,true,false,null,\"\"]");
    accepts("{\"a\":{\"b\":[{}]},\"a\":2}", "{\"a\":{\"b\":[{}]},\"a\":2}");
    accepts("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
            "\"\\\"\\\\/\\b\\f\\n\\r\\té😀\"");
    accepts("\xEF\xBB\xBF[1]", "[1]");
}

/* What cJSON alone would read wrong. */
static void odd_text_is_mended(void **state) {
    (void)state;
    accepts("[\"a\\u0000b\",\"\\ud800\",\"\\udc00x\",\"\\ud83dx\",\"\\ud83d\\u0041\"]",
            "[\"a�b\",\"�\",\"�x\",\"�x\",\"�A\"]");
    accepts("{\"a\\u0000\":NaN,\"b\":[Infinity,-Infinity,-1]}",
            "{\"a�\":null,\"b\":[null,null,-1]}");
    accepts("\"\xFF\xC0\x80 \xED\xA0\x80\"", "\"��� ���\"");
}

static void bad_text_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "[",
        "]",
        "{",
        "}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "[1] x",
        "{} {}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "{,}",
        "{\"a\" 1}",
        "01",
        "-01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "1e+",
        "0x10",
        "1.e1",
        "--1",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "\"\t\"",
        "\"\x01\"",
        "tru",
        "True",
        "nul",
        "nan",
        "inf",
        "undefined",
        "// c\n1",
        "/* c */1",
        "[1 // c\n]",
        "1,",
        "[\"a\" \"b\"]",
        "{\"a\":1]",
        "[1}",
        "\"a\\",
        "-Infinit",
        "NaNa",
        "truefalse",
        "[--Infinity]",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error error = {0};
        struct cJSON *tree = json_parse(bad[i], strlen(bad[i]), &error);
        if (tree)
            fail_msg("accepted: %s", bad[i]);
        assert_true(error.text[0] != '\0');
    }
    assert_null(json_parse("[1]\0", 4, NULL)); /* a NUL behind it is garbage, too */
    assert_null(json_parse("\"a\0b\"", 5, NULL));
    assert_null(json_parse("[1]", 2, NULL));
}

static void depth_is_bounded(void **state) {
    (void)state;
    static char deep[1 << 20];
    memset(deep, '[', sizeof deep);
    struct error error;
    assert_null(json_parse(deep, sizeof deep, &error));
    assert_non_null(strstr(error.text, "deep"));
    for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        struct cJSON *tree = json_parse(deep, (size_t)depth * 2, &error);
        assert_true((tree != NULL) == (depth == JSON_DEPTH_MAX));
        json_free(tree);
    }
    /* wide is not deep */
    for (size_t i = 0; i < 3000; i++)
        memcpy(deep + 1 + i * 3, "[],", 3);
    deep[0] = '[';
    deep[9000] = ']';
    struct cJSON *tree = json_parse(deep, 9001, &error);
    assert_non_null(tree);
    json_free(tree);
}

static void members_by_type(void **state) {
    (void)state;
    struct cJSON *tree = parse(
        "{\"s\":\"x\",\"n\":1.5,\"i\":9007199254740992,\"big\":1e300,\"huge\":1e999,\"t\":true,"
        "\"z\":null,\"a\":[],\"o\":{},\"S\":\"other\",\"neg\":-7,\"f\":false}");
    assert_string_equal(json_string(tree, "s"), "x");
    assert_string_equal(json_string(tree, "S"), "other");
    assert_null(json_string(tree, "n"));
    assert_null(json_string(tree, "T"));
    assert_true(json_number(tree, "n") == 1.5);
    assert_true(isnan(json_number(tree, "s")));
    assert_true(isnan(json_number(tree, "z")));
    assert_true(isnan(json_number(tree, "none")));
    assert_true(isnan(json_number(tree, "huge")));
    assert_true(json_integer(tree, "i", 0) == INT64_C(9007199254740992));
    assert_int_equal(json_integer(tree, "neg", 0), -7);
    assert_int_equal(json_integer(tree, "n", -1), -1);
    assert_int_equal(json_integer(tree, "big", -1), -1);
    assert_int_equal(json_integer(tree, "z", -1), -1);
    assert_true(json_bool(tree, "t", false));
    assert_false(json_bool(tree, "f", true));
    assert_true(json_bool(tree, "s", true));
    assert_non_null(json_array(tree, "a"));
    assert_null(json_array(tree, "o"));
    assert_non_null(json_object(tree, "o"));
    assert_null(json_object(tree, "a"));
    assert_true(json_is_null_or_absent(tree, "z"));
    assert_true(json_is_null_or_absent(tree, "none"));
    assert_false(json_is_null_or_absent(tree, "f"));
    assert_null(json_member(json_array(tree, "a"), "x"));
    assert_null(json_member(NULL, "x"));
    assert_null(json_string(NULL, "x"));
    json_free(tree);
}

/* ---- files people edit ---- */

static const char config[] = "// pitwall\n"
                             "{\n"
                             "  \"theme\": \"dark\", /* é // not ended here\n"
                             "  */ \"endpoints\": [\n"
                             "    {\"url\": \"http://a//b\"},\n"
                             "    {\"name\": \"é\", \"url\": 7,}, // last\n"
                             "  ],\n"
                             "}\n"
                             "// end";

static void comments_and_trailing_commas(void **state) {
    (void)state;
    struct error error;
    struct cJSON *tree = json_parse_commented("c", config, strlen(config), &error);
    assert_non_null(tree);
    struct buf out;
    buf_init(&out, 1000);
    json_print(&out, tree);
    assert_string_equal(buf_string(&out), "{\"theme\":\"dark\",\"endpoints\":[{\"url\":\"http://a//"
                                          "b\"},{\"name\":\"é\",\"url\":7}]}");
    buf_done(&out);
    json_free(tree);
    tree = json_parse_commented("c", "[1]", 3, &error);
    assert_non_null(tree);
    json_free(tree);
}

static void errors_say_where(void **state) {
    (void)state;
    static const struct {
        const char *text, *where;
    } bad[] = {
        {"", "f.json:1:1: "},
        {"{\n  \"a\": 1\n  \"b\": 2\n}", "f.json:3:3: "},
        {"{\"é\": tru}", "f.json:1:7: "},
        {"[1,\n 02]", "f.json:2:"},
        {"[1,,]", "f.json:1:4: "},
        {"{,}", "f.json:1:2: "},
        {"[1, /* open", "f.json:1:5: the comment has no end"},
        {"[1] [2]", "f.json:1:5: something follows the value"},
        {"[\n\n\"open\n]", "f.json:3:6: "},
        {"{\"a\": /", "f.json:1:7: "},
        {"[1, \"open", "f.json:1:5: the string has no end"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error error = {0};
        assert_null(json_parse_commented("f.json", bad[i].text, strlen(bad[i].text), &error));
        if (strncmp(error.text, bad[i].where, strlen(bad[i].where)) != 0)
            fail_msg("%s: %s", bad[i].text, error.text);
    }
}

static void locates(const char *path, int line, int column) {
    int l = 0, c = 0;
    if (!json_locate(config, strlen(config), path, &l, &c))
        fail_msg("not found: %s", path);
    if (l != line || c != column)
        fail_msg("%s is at %d:%d", path, l, c);
}

static void values_are_located(void **state) {
    (void)state;
    locates("", 2, 1);
    locates("theme", 3, 12);
    locates("endpoints", 4, 19);
    locates("endpoints[0]", 5, 5);
    locates("endpoints[0].url", 5, 13);
    locates("endpoints[1].url", 6, 26);
    static const char *const absent[] = {
        "none", "theme.x",     "theme[0]",      "endpoints[2]", "endpoints.url",
        "[0]",  "endpoints[]", "endpoints[-1]", "endpoints[x",  "endpoints[99999999999]",
        ".",
    };
    int l, c;
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        if (json_locate(config, strlen(config), absent[i], &l, &c))
            fail_msg("found: %s", absent[i]);
    assert_false(json_locate("[1,", 3, "[1]", &l, &c));
}

/* ---- numbers ---- */

static double scanned(const char *text) {
    struct scan scan;
    double value = NAN;
    scan_init(&scan, text, strlen(text));
    assert_true(scan_number(&scan, &value));
    assert_true(scan_end(&scan));
    return value;
}

static void numbers_are_exact(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0",
        "1",
        "123456789",
        "1234567890",
        "9007199254740993",
        "0.1",
        "-2.5e3",
        "1e22",
        "1e23",
        "3.14159265358979323846",
        "5e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "123456789012345678901234567890",
        "0.000001",
        "1e-22",
        "8.41",
        "9007199254740991.5",
        "0.30000000000000004",
        "1e400",
        "-1e400",
        "1e-400",
        "1e99999",
        "0e99999",
        "100000000000000000000e-20",
        "4.35",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (scanned(texts[i]) != strtod(texts[i], NULL))
            fail_msg("%s read as %.17g", texts[i], scanned(texts[i]));
    assert_true(signbit(scanned("-0")));
    char longer[100];
    memset(longer, '1', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_null(parse(longer));
}

static const char *written(double value) {
    static char text[64];
    struct buf out;
    buf_init(&out, 60);
    struct json_writer writer;
    json_begin(&writer, &out);
    json_put_number(&writer, NULL, value);
    assert_true(json_end(&writer));
    snprintf(text, sizeof text, "%s", buf_string(&out));
    buf_done(&out);
    return text;
}

static void numbers_are_short(void **state) {
    (void)state;
    assert_string_equal(written(0.1), "0.1");
    assert_string_equal(written(0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(written(100), "100");
    assert_string_equal(written(-3), "-3");
    assert_string_equal(written(9007199254740991.0), "9007199254740991");
    assert_string_equal(written(1e15), "1000000000000000");
    assert_string_equal(written(-0.0), "-0");
    assert_string_equal(written(1e300), "1e+300");
    assert_string_equal(written(NAN), "null");
    assert_string_equal(written(INFINITY), "null");
    uint64_t random = 7;
    for (int i = 0; i < 20000; i++) {
        double value;
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t bits = random ^ random >> 29;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        if (scanned(written(value)) != value)
            fail_msg("%.17g was written as %s", value, written(value));
    }
}

static void a_foreign_locale_changes_nothing(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
    bool set = false;
    for (size_t i = 0; i < COUNT_OF(names) && !set; i++)
        set = setlocale(LC_NUMERIC, names[i]) != NULL;
    if (!set)
        skip();
    assert_string_equal(written(0.30000000000000004), "0.30000000000000004");
    assert_true(scanned("0.30000000000000004") == 0.1 + 0.2);
    assert_true(scanned("1.5") == 1.5);
    setlocale(LC_NUMERIC, "C");
}

/* ---- writer ---- */

static void the_writer_writes(void **state) {
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    buf_text(&out, "> ");
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "s", "a\"b\\c\n\x01\x7F é \xFF");
    json_put_string(&w, "none", NULL);
    json_open(&w, "list", '[');
    json_put_integer(&w, NULL, INT64_MIN);
    json_put_integer(&w, NULL, INT64_MAX);
    json_put_integer(&w, NULL, 0);
    json_open(&w, NULL, '{');
    json_close(&w, '}');
    json_put_bool(&w, NULL, true);
    json_close(&w, ']');
    json_put_null(&w, "k\"ey");
    json_put_raw(&w, "raw", " { \"x\" : [ 1.50 , 9007199254740993 , \"\\u0000\\u0041\" ] } ");
    json_put_raw(&w, "no", "{\"x\":");
    json_put_raw(&w, "nl", NULL);
    json_put_raw(&w, "two", "1 2");
    json_put_bool(&w, "end", false);
    json_close(&w, '}');
    assert_true(json_end(&w));
    assert_string_equal(
        buf_string(&out),
        "> {\"s\":\"a\\\"b\\\\c\\n\\u0001\\u007f é �\",\"none\":null,\"list\":[-"
        "9223372036854775808,9223372036854775807,0,{},true],\"k\\\"ey\":null,\"raw\":{\"x\":[1.50,"
        "9007199254740993,\"�A\"]},\"no\":null,\"nl\":null,\"two\":null,\"end\":false}");
    buf_done(&out);
}

static void too_long_is_taken_back(void **state) {
    (void)state;
    struct buf out;
    buf_init(&out, 12);
    buf_text(&out, "> ");
    struct json_writer w;
    json_begin(&w, &out);
    json_open(&w, NULL, '[');
    json_put_string(&w, NULL, "123456789");
    json_put_integer(&w, NULL, 1);
    json_close(&w, ']');
    assert_false(json_end(&w));
    assert_string_equal(buf_string(&out), "> ");
    buf_done(&out);
}

/* Whatever the bytes are: what is accepted prints, and its print reads back to the same print. */
static void printing_is_stable(void **state) {
    (void)state;
    static const char alphabet[] = "[]{},:\"\\u0123456789.eE-+truefalsn aN/*\n\xC3\xA9\xFF";
    uint64_t random = 11;
    int accepted = 0;
    for (int round = 0; round < 60000; round++) {
        char text[13];
        size_t length = 1 + (size_t)(random >> 60) % (sizeof text - 1);
        for (size_t i = 0; i < length; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            text[i] = alphabet[(random >> 33) % (sizeof alphabet - 1)];
        }
        struct cJSON *tree = round % 2 ? json_parse(text, length, NULL)
                                       : json_parse_commented("f", text, length, NULL);
        if (!tree)
            continue;
        accepted++;
        struct buf once, twice;
        buf_init(&once, 1000);
        buf_init(&twice, 1000);
        assert_true(json_print(&once, tree));
        struct cJSON *again = json_parse(once.data, once.length, NULL);
        assert_non_null(again);
        assert_true(json_print(&twice, again));
        assert_string_equal(once.data, twice.data);
        buf_done(&once);
        buf_done(&twice);
        json_free(again);
        json_free(tree);
    }
    assert_true(accepted > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_is_read),
        cmocka_unit_test(odd_text_is_mended),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(members_by_type),
        cmocka_unit_test(comments_and_trailing_commas),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(values_are_located),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(a_foreign_locale_changes_nothing),
        cmocka_unit_test(the_writer_writes),
        cmocka_unit_test(too_long_is_taken_back),
        cmocka_unit_test(printing_is_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
