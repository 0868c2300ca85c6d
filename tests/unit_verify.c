/* verify: each kind of instruction with texts that hold it, that do not, and that only look like
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/json.h"
#include "suites/verify.h"
#include "suites/verify_text.h"

enum due { NEVER, LOOSELY, STRICTLY };

static const struct trial {
    const char *kind, *args, *text;
    enum due due;
} trials[] = {
    {"words", "{\"exactly\":3}", "One two three.", STRICTLY},
    {"words", "{\"exactly\":3}", "  One — two – three…\n", STRICTLY},
    {"words", "{\"exactly\":2}", "well-known don't", STRICTLY},
    {"words", "{\"exactly\":4}", "- one\n- two\n* 3 % **four**", STRICTLY},
    {"words", "{\"exactly\":4}", "日本語だ", STRICTLY},
    {"words", "{\"exactly\":3}", "Żółta łódź płynie.", STRICTLY},
    {"words", "{\"exactly\":3}",
     "un\xc2\xa0\x20"
     "deux\xe3\x80\x80trois",
     STRICTLY},
    {"words", "{\"min\":2,\"max\":3}", "one", NEVER},
    {"words", "{\"max\":3}", "Sure!\none two three", LOOSELY},
    {"words", "{}", "one", NEVER},
    {"words", "{\"min\":0}", " \n\t", NEVER},
    {"sentences", "{\"exactly\":3}", "It is. Is it? It is!", STRICTLY},
    {"sentences", "{\"exactly\":1}", "Dr. J. Smith paid 3.14 e.g. for pi vs. 3.", STRICTLY},
    {"sentences", "{\"exactly\":2}", "The answer is no. Then he left", STRICTLY},
    {"sentences", "{\"exactly\":2}", "\"Stop!\" he cried... Then silence.", NEVER},
    {"sentences", "{\"exactly\":3}", "\"Stop!\" he cried... Then silence.", STRICTLY},
    {"sentences", "{\"exactly\":2}", "これは本です。それも本です。", STRICTLY},
    {"sentences", "{\"exactly\":2}", "Heading\n\nA sentence without a stop", STRICTLY},
    {"sentences", "{\"exactly\":3}", "1. First one.\n2. Second one.\n3. Third one.", STRICTLY},
    {"sentences", "{\"exactly\":1}", "What?!?! ...", STRICTLY},
    {"sentences", "{\"exactly\":2}", "(It was late.) He slept.", STRICTLY},
    {"sentences", "{\"exactly\":1}", "see www.example.org for v1.2.3 now", STRICTLY},
    {"sentences", "{\"exactly\":2}", "Here you go.\nIt is. It was.", LOOSELY},
    {"paragraphs", "{\"exactly\":2}", "\n\none\ntwo\n \t\n\nthree\n", STRICTLY},
    {"paragraphs", "{\"exactly\":2}", "one\r\n\r\ntwo", STRICTLY},
    {"paragraphs", "{\"exactly\":2}", "one\ntwo", NEVER},
    {"characters", "{\"max\":4}", "gut\xc3\xa9\n", STRICTLY},
    {"characters", "{\"max\":4}", "guten", NEVER},
    {"characters", "{\"max\":6}", "**guten**", LOOSELY},
    {"sentence-length", "{\"max\":3}", "It is late. I go.", STRICTLY},
    {"sentence-length", "{\"max\":3}", "It is late. I now go home.", NEVER},
    {"keywords", "{\"words\":[\"fog\",\"Crane\"]}", "A crane in the FOG.", STRICTLY},
    {"keywords", "{\"words\":[\"fog\"]}", "foggy fogs", NEVER},
    {"keywords", "{\"words\":[\"straße\"]}", "Die STRAße, sie", STRICTLY},
    {"keywords", "{\"words\":[]}", "fog", NEVER},
    {"forbidden", "{\"words\":[\"sea\",\"sun\"]}", "Seasons and sunny sands.", STRICTLY},
    {"forbidden", "{\"words\":[\"sea\"]}", "The Sea.", NEVER},
    {"forbidden", "{\"words\":[\"sure\"]}", "Sure!\nHere it is.", LOOSELY},
    {"keyword-count", "{\"word\":\"green\",\"exactly\":2}", "Green, green, greener.", STRICTLY},
    {"keyword-count", "{\"word\":\"green\",\"exactly\":2}", "green green green", NEVER},
    {"keyword-count", "{\"word\":\"\",\"min\":0}", "green", NEVER},
    {"letter-count", "{\"letter\":\"z\",\"min\":3}", "Zigzag z", STRICTLY},
    {"letter-count", "{\"letter\":\"z\",\"min\":3}", "Zig z", NEVER},
    {"letter-count", "{\"letter\":\"é\",\"exactly\":2}", "É é e", STRICTLY},
    {"word-order", "{\"words\":[\"kettle\",\"letter\"]}", "A Kettle, a letter.", STRICTLY},
    {"word-order", "{\"words\":[\"kettle\",\"letter\"]}", "A letter, a kettle.", NEVER},
    {"no-repeats", "{}", "Every word differs.", STRICTLY},
    {"no-repeats", "{}", "The cat saw the dog.", NEVER},
    {"starts-with", "{\"text\":\"As every\"}", "As every cook", STRICTLY},
    {"starts-with", "{\"text\":\"As every\"}", " As every cook", LOOSELY},
    {"starts-with", "{\"text\":\"As every\"}", "as every cook", NEVER},
    {"ends-with", "{\"text\":\"the end.\"}", "This is the end.\n", STRICTLY},
    {"ends-with", "{\"text\":\"the end.\"}", "This is the end. Bye.", NEVER},
    {"ends-with", "{\"text\":\"the end.\"}", "This is **the end.**", LOOSELY},
    {"ends-with", "{}", "anything", NEVER},
    {"lowercase", "{}", "all small, ß and ñ", STRICTLY},
    {"lowercase", "{}", "Ésta no", NEVER},
    {"lowercase", "{}", "Here you go:\nall small", LOOSELY},
    {"lowercase", "{}", "123", NEVER},
    {"uppercase", "{}", "ÄÖÜ, МОСКВА 3!", STRICTLY},
    {"uppercase", "{}", "ÄÖü", NEVER},
    {"capital-words", "{\"exactly\":2}", "A STORM, a BIG one; I saw it", STRICTLY},
    {"capital-words", "{\"exactly\":2}", "A STORM", NEVER},
    {"without", "{\"marks\":\",;\"}", "no such marks. none", STRICTLY},
    {"without", "{\"marks\":\",;\"}", "no; such", NEVER},
    {"without", "{\"marks\":\"…\"}", "well… no", NEVER},
    {"no-digits", "{}", "ninety days", STRICTLY},
    {"no-digits", "{}", "90 days", NEVER},
    {"language", "{\"language\":\"fr\"}", "Il protège de la pluie et des gouttes dans la rue.",
     STRICTLY},
    {"language", "{\"language\":\"fr\"}", "It keeps the rain off and is in the hall.", NEVER},
    {"language", "{\"language\":\"de\"}", "Die Bibliothek ist ein Ort mit Büchern und Ruhe.",
     STRICTLY},
    {"language", "{\"language\":\"de\"}", "De bibliotheek is een plek met boeken voor het volk.",
     NEVER},
    {"language", "{\"language\":\"xx\"}", "the and of", NEVER},
    {"lines", "{\"exactly\":2}", "one\n\n  \ntwo\n", STRICTLY},
    {"lines", "{\"exactly\":2}", "one", NEVER},
    {"bullets", "{\"exactly\":3}", "- a\n* b\n\xe2\x80\xa2 c\n-d\n---", STRICTLY},
    {"bullets", "{\"exactly\":1}", "**bold** is no bullet", NEVER},
    {"bullets", "{\"exactly\":0}", "1 - 2 = -1", STRICTLY},
    {"numbered", "{\"exactly\":2}", "1. a\n 2) b\n3.5 c\n2024 d", STRICTLY},
    {"numbered", "{\"exactly\":2}", "- a\n- b", NEVER},
    {"headings", "{\"exactly\":2}", "# One\ntext\n### Two\n#tag\n####### deep", STRICTLY},
    {"headings", "{\"exactly\":1}", "One\n===", NEVER},
    {"sections", "{\"names\":[\"Cause\",\"Remedy\"]}", "## Cause\nrust\n\n**Remedy:** oil",
     STRICTLY},
    {"sections", "{\"names\":[\"Cause\",\"Remedy\"]}", "## Cause\nrust, the remedy is oil", NEVER},
    {"sections", "{\"names\":[]}", "## Cause", NEVER},
    {"title", "{}", "<<The Crow>>\nOnce", STRICTLY},
    {"title", "{}", "**<<The Crow>>**\nOnce", LOOSELY},
    {"title", "{}", "cout << \"x\" >> y", NEVER},
    {"title", "{}", "<<>>\nOnce", NEVER},
    {"quotation", "{}", "\"Ask.\"\n", STRICTLY},
    {"quotation", "{}", "“Ask.”", STRICTLY},
    {"quotation", "{}", "Here:\n\"Ask.\"", LOOSELY},
    {"quotation", "{}", "He said \"Ask.\"", NEVER},
    {"quotation", "{}", "\"", NEVER},
    {"postscript", "{\"text\":\"P.S.\"}", "Thanks.\n\nP.S. The cake was good.", STRICTLY},
    {"postscript", "{\"text\":\"P.S.\"}", "Thanks.\n\n**P.S.** The cake.", STRICTLY},
    {"postscript", "{\"text\":\"P.S.\"}", "Thanks, with a P.S. in it", NEVER},
    {"postscript", "{\"text\":\"P.S.\"}", "P.S.", NEVER},
    {"repeats-prompt", "{\"text\":\"Name it.\"}", "Name it. Jupiter.", STRICTLY},
    {"repeats-prompt", "{\"text\":\"Name it.\"}", "Name it.", NEVER},
    {"repeats-prompt", "{}", "The prompt\nan answer", STRICTLY},
    {"two-answers", "{}", "One.\n******\nTwo.", STRICTLY},
    {"two-answers", "{}", "One.\n******\nOne.", NEVER},
    {"two-answers", "{}", "One.\n*****\nTwo.", NEVER},
    {"two-answers", "{}", "One.\n******\n", NEVER},
    {"two-answers", "{}", "a\n******\nb\n******\nc", NEVER},
    {"choice", "{\"options\":[\"Yes.\",\"No.\"]}", "No.\n", STRICTLY},
    {"choice", "{\"options\":[\"Yes.\",\"No.\"]}", "**No.**", LOOSELY},
    {"choice", "{\"options\":[\"Yes.\",\"No.\"]}", "No. Or yes.", NEVER},
    {"placeholders", "{\"min\":2}", "Dear [name], on [the date]", STRICTLY},
    {"placeholders", "{\"min\":1}", "[a link](https://x.org) and []", NEVER},
    {"highlights", "{\"exactly\":2}", "*one* and **two** and 3 * 4 * 5", STRICTLY},
    {"highlights", "{\"min\":1}", "* a bullet\n* another", NEVER},
    {"code-block", "{\"language\":\"c\"}", "So:\n```c\nint x;\n```\n", STRICTLY},
    {"code-block", "{\"language\":\"c\"}", "```cpp\nint x;\n```", NEVER},
    {"code-block", "{\"language\":\"c\"}", "```c\nint x;", NEVER},
    {"code-block", "{}", "use ```c``` here", NEVER},
    {"table", "{\"exactly\":2}", "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |", STRICTLY},
    {"table", "{\"exactly\":2}", "| a | b |\n| 1 | 2 |\n| 3 | 4 |", NEVER},
    {"table", "{\"exactly\":2}", "A table:\n| a |\n|---|\n| 1 |\n| 2 |", STRICTLY},
    {"json", "{}", "{\"a\": [1, 2]}", STRICTLY},
    {"json", "{}", "```json\n{\"a\": 1}\n```", STRICTLY},
    {"json", "{}", "Here it is:\n{\"a\": 1}", LOOSELY},
    {"json", "{}", "{'a': 1}", NEVER},
    {"json", "{}", "\"just a string\"", NEVER},
    {"json-keys", "{\"keys\":[\"a\",\"b\"]}", "{\"b\":1,\"a\":null}", STRICTLY},
    {"json-keys", "{\"keys\":[\"a\",\"b\"]}", "{\"a\":1}", NEVER},
    {"json-keys", "{\"keys\":[\"a\"]}", "{\"a\":1,\"c\":2}", NEVER},
    {"json-keys", "{\"keys\":[\"a\"]}", "{\"A\":1}", NEVER},
    {"json-items", "{\"exactly\":2}", "[\"x\", \"y\"]", STRICTLY},
    {"json-items", "{\"exactly\":2}", "[\"x\"]", NEVER},
    {"json-items", "{\"exactly\":2}", "{\"x\":1,\"y\":2}", NEVER},
    {"comma-list", "{\"exactly\":3}", "leek, pea, kale", STRICTLY},
    {"comma-list", "{\"exactly\":3}", "leek, pea,", NEVER},
    {"comma-list", "{\"exactly\":3}", "leek,\npea, kale", NEVER},
    {"alphabetical", "{}", "Ant\nbee\n- Cat", STRICTLY},
    {"alphabetical", "{}", "1. Ant\n2. bee", STRICTLY},
    {"alphabetical", "{}", "Bee\nAnt", NEVER},
    {"alphabetical", "{}", "Ant", NEVER},
};

static void test_trials(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(trials); i++) {
        const struct trial *t = &trials[i];
        struct cJSON *args = json_parse(t->args, strlen(t->args), NULL);
        int kind = verify_find(t->kind);
        assert_non_null(args);
        if (kind < 0)
            fail_msg("no kind %s", t->kind);
        bool strict = verify_strict(kind, t->text, args, "The prompt");
        bool loose = verify_loose(kind, t->text, args, "The prompt");
        enum due found = strict ? STRICTLY : loose ? LOOSELY : NEVER;
        if (found != t->due) {
            print_message("%s %s on \"%s\": %d, not %d\n", t->kind, t->args, t->text, (int)found,
                          (int)t->due);
            wrong++;
        }
        if (strict)
            assert_true(loose);
        json_free(args);
    }
    assert_int_equal(wrong, 0);
}

/* A kind that no trial passes and fails is not tested. */
static void test_every_kind_is_tried(void **state) {
    (void)state;
    const char *kind, *about;
    size_t count = 0;
    for (; (kind = verify_kind(count, &about)) != NULL; count++) {
        bool held = false, failed = false;
        for (size_t i = 0; i < COUNT_OF(trials); i++)
            if (strcmp(trials[i].kind, kind) == 0) {
                held = held || trials[i].due == STRICTLY;
                failed = failed || trials[i].due == NEVER;
            }
        if (!held || !failed)
            fail_msg("%s is not tried both ways", kind);
        assert_true(about[0]);
        assert_int_equal(verify_find(kind), (int)count);
    }
    assert_true(count >= 25);
    assert_int_equal(verify_find("no such kind"), -1);
    assert_int_equal(verify_find(NULL), -1);
}

/* Text that is no UTF-8, or endless marks, must not lead astray. */
static void test_hostile_texts(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",       "\xff\xfe", "\xe2\x80", "a\xf0\x9f", "\n\n\n", "******************",
        "[[[[[[", "```",      "<<",       "#",         ".",      "-",
        "1",      "|",        "\"",       "\xc3"};
    static const char any[] = "{\"min\":0,\"words\":[\"\xff\",\"a\"],\"word\":\"a\",\"letter\":"
                              "\"\xff\",\"text\":\"\xff\","
                              "\"marks\":\"\xff\",\"names\":[\"\"],\"options\":[\"\"],\"keys\":["
                              "\"\"],\"language\":\"en\"}";
    struct cJSON *args = json_parse(any, strlen(any), NULL);
    assert_non_null(args);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (int kind = 0; verify_kind((size_t)kind, NULL); kind++)
            verify_loose(kind, texts[i], args, texts[i]);
    json_free(args);
}

static void test_answer(void **state) {
    (void)state;
    static const char text[] = "[{\"kind\":\"words\",\"max\":3},{\"kind\":\"lowercase\"},"
                               "{\"kind\":\"unheard-of\"}]";
    struct cJSON *list = json_parse(text, strlen(text), NULL);
    struct verified verified;
    verify_answer(&verified, "Sure!\nall small here", list, "");
    assert_int_equal(verified.instructions, 3);
    assert_int_equal(verified.strict, 0);
    assert_int_equal(verified.loose, 2);
    assert_string_equal(verified.failed, "words");
    verify_answer(&verified, "all small here", list, "");
    assert_int_equal(verified.strict, 2);
    assert_string_equal(verified.failed, "unheard-of");
    /* nothing said holds nothing, whatever is forbidden */
    verify_answer(&verified, " \n", list, "");
    assert_int_equal(verified.strict + verified.loose, 0);
    json_free(list);
}

/* The built-in instructions name kinds there are, with the arguments they need. */
static void test_the_data(void **state) {
    (void)state;
    const struct embedded *file = embed_find(embed_suites, "instruct");
    assert_non_null(file);
    struct cJSON *tree = json_parse(file->text, file->length, NULL);
    const struct cJSON *items = json_array(tree, "items");
    assert_non_null(items);
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_true(json_print(&out, items));
    for (const char *p = buf_string(&out); (p = strstr(p, "\"kind\":\"")) != NULL;) {
        char kind[40];
        p += 8;
        size_t length = strcspn(p, "\"");
        assert_true(length < sizeof kind);
        memcpy(kind, p, length);
        kind[length] = '\0';
        if (verify_find(kind) < 0)
            fail_msg("instruct.json: no kind %s", kind);
    }
    buf_done(&out);
    json_free(tree);
}

static void test_case(void **state) {
    (void)state;
    static const uint32_t pairs[][2] = {{'A', 'a'},     {0xc9, 0xe9},   {0x160, 0x161},
                                        {0x13d, 0x13e}, {0x178, 0xff},  {0x391, 0x3b1},
                                        {0x38f, 0x3ce}, {0x401, 0x451}, {0x42f, 0x44f},
                                        {0x490, 0x491}, {0x531, 0x561}, {0x1e9e - 0x1e, 0x1e81}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        assert_int_equal(uni_lower(pairs[i][0]), pairs[i][1]);
        assert_int_equal(uni_lower(pairs[i][1]), pairs[i][1]);
        assert_true(uni_is_upper(pairs[i][0]));
        assert_false(uni_is_upper(pairs[i][1]));
        assert_true(uni_is_lower(pairs[i][1]));
        assert_false(uni_is_lower(pairs[i][0]));
    }
    assert_false(uni_is_upper(0xd7) || uni_is_lower(0xf7) || uni_is_letter(0xd7));
    assert_false(uni_is_upper('1') || uni_is_lower('1') || uni_is_lower(0x4e00));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trials),        cmocka_unit_test(test_every_kind_is_tried),
        cmocka_unit_test(test_hostile_texts), cmocka_unit_test(test_answer),
        cmocka_unit_test(test_the_data),      cmocka_unit_test(test_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
