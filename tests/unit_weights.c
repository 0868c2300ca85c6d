/* The weighted score (and where its weights and published figures come from) against sums worked
 * out by hand: coverage, who may be ranked, what a moved weight changes, the score per gigabyte. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "model/weights.h"
#include "store/published.h"
#include "store/weights_file.h"

#define BIT(part) (1u << (part))

static void near(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-9))
        fail_msg("%.9g instead of %.9g", value, expected);
}

static struct part_scores scores_of(double swe, double bfcl, double terminal) {
    struct part_scores scores;
    part_scores_init(&scores);
    scores.of[PART_SWE] = swe;
    scores.of[PART_BFCL] = bfcl;
    scores.of[PART_TERMINAL] = terminal;
    return scores;
}

static void test_parts(void **state) {
    (void)state;
    struct weights weights;
    double total = 0;
    weights_default(&weights);
    for (int part = 0; part < PART_COUNT; part++) {
        assert_int_equal(part_find(part_word((enum part_id)part)), part);
        total += weights.of[part];
    }
    near(total, 100);
    assert_int_equal(part_find("BFCL v3"), -1);
    assert_int_equal(part_find(NULL), -1);
    assert_int_equal(part_suite(PART_BFCL), -1);
    assert_int_equal(part_suite(PART_LONG_HORIZON), SUITE_ENDURANCE);
    near(weights.of[PART_TOOL_CALL], 0); /* measured stays beside BFCL, not in its place */
}

static void test_coverage(void **state) {
    (void)state;
    struct weights weights;
    weights_default(&weights);
    /* the panel's 35B-A3B: (35·0.734 + 20·0.246) / 55 */
    struct part_scores scores = scores_of(0.734, NAN, 0.246);
    struct weighted weighted = weights_score(&weights, &scores);
    near(weighted.score, 30.61 / 55);
    near(weighted.coverage, 55);
    assert_int_equal(weighted.known, BIT(PART_SWE) | BIT(PART_TERMINAL));
    assert_int_equal(weighted.missing,
                     BIT(PART_BFCL) | BIT(PART_LIVEBENCH) | BIT(PART_LONG_HORIZON));
    scores.of[PART_TOOL_CALL] = 1; /* without a weight it is neither known nor missing */
    near(weights_score(&weights, &scores).score, 30.61 / 55);
    for (int part = 0; part < PART_COUNT; part++)
        scores.of[part] = 0.5;
    weighted = weights_score(&weights, &scores);
    near(weighted.coverage, 100);
    near(weighted.score, 0.5);
    assert_int_equal(weighted.missing, 0);
    part_scores_init(&scores);
    weighted = weights_score(&weights, &scores);
    assert_true(isnan(weighted.score));
    near(weighted.coverage, 0);
    scores.of[PART_SWE] = 0; /* a zero is a score */
    near(weights_score(&weights, &scores).score, 0);
    struct weights small = {.of = {[PART_SWE] = 0.3, [PART_BFCL] = 0.1}};
    near(weights_score(&small, &scores).coverage, 75); /* of 100, whatever they add up to */
    small = (struct weights){{0}};
    assert_true(isnan(weights_score(&small, &scores).score));
}

static void test_sways(void **state) {
    (void)state;
    struct weights weights;
    struct sensitivity found;
    weights_default(&weights);
    /* 36/55 and 35/55; with SWE 28: 30.4 and 30.8; with Terminal-Bench 24: 37.6 and 37.8 */
    struct part_scores close[] = {scores_of(0.8, NAN, 0.4), scores_of(0.6, NAN, 0.7),
                                  scores_of(1, 1, 1), scores_of(1, NAN, NAN)};
    unsigned known = BIT(PART_SWE) | BIT(PART_TERMINAL);
    assert_true(weights_sensitivity(&weights, close, COUNT_OF(close), known, &found));
    assert_int_equal(found.members, 3); /* not those of another coverage, however good */
    assert_int_equal(found.leaders, 1);
    assert_int_equal(found.sway_count, 2);
    assert_int_equal(found.sways[0].part, PART_SWE);
    near(found.sways[0].factor, 0.8);
    assert_int_equal(found.sways[0].leaders, 2);
    assert_int_equal(found.sways[1].part, PART_TERMINAL);
    near(found.sways[1].factor, 1.2);
    assert_int_equal(found.sways[1].leaders, 2);
}

static void test_holds(void **state) {
    (void)state;
    struct weights weights;
    struct sensitivity found;
    weights_default(&weights);
    unsigned known = BIT(PART_SWE) | BIT(PART_TERMINAL);
    /* better in every part: no weight changes that; the same model twice leads together */
    struct part_scores clear[] = {scores_of(0.734, NAN, 0.246), scores_of(0.772, NAN, 0.593),
                                  scores_of(0.772, NAN, 0.593)};
    assert_true(weights_sensitivity(&weights, clear, 3, known, &found));
    assert_int_equal(found.leaders, 6);
    assert_int_equal(found.sway_count, 0);
    assert_false(weights_sensitivity(&weights, clear, 1, known, &found));
    assert_false(weights_sensitivity(&weights, clear, 3, BIT(PART_SWE), &found));
    assert_false(weights_sensitivity(&weights, clear, 3, 0, &found));
    assert_false(weights_sensitivity(&weights, NULL, 0, known, &found));
    struct part_scores nothing[] = {scores_of(0, NAN, 0), scores_of(0, NAN, 0)};
    assert_true(weights_sensitivity(&weights, nothing, 2, known, &found));
    assert_int_equal(found.leaders, 3);
}

/* 35 + 10 and 25 + 20 cover the same share by other parts: no ranking either. */
static void test_same_share_other_parts(void **state) {
    (void)state;
    struct weights weights;
    struct sensitivity found;
    weights_default(&weights);
    struct part_scores entries[] = {scores_of(0.9, NAN, NAN), scores_of(NAN, 0.5, 0.5)};
    entries[0].of[PART_LIVEBENCH] = 0.9;
    struct weighted a = weights_score(&weights, &entries[0]);
    near(a.coverage, weights_score(&weights, &entries[1]).coverage);
    assert_false(weights_sensitivity(&weights, entries, 2, a.known, &found));
}

static void test_per_gb(void **state) {
    (void)state;
    unsigned missing;
    struct part_scores scores = scores_of(0.8, 0.6, 0.5);
    near(weights_per_gb(&scores, 17, &missing), 0.04); /* (0.4 + 0.18 + 0.1) / 17 */
    assert_int_equal(missing, 0);
    assert_true(isnan(weights_per_gb(&scores, NAN, &missing)));
    assert_int_equal(missing, 0);
    assert_true(isnan(weights_per_gb(&scores, 0, &missing)));
    scores = scores_of(0.8, NAN, NAN);
    assert_true(isnan(weights_per_gb(&scores, 17, &missing)));
    assert_int_equal(missing, BIT(PART_BFCL) | BIT(PART_TERMINAL));
}

/* ---- published figures ---- */

static const char *name_of(const struct published *published, const char *id) {
    const struct published_model *model = published_find(published, id, NULL);
    return model ? model->name : "none";
}

static void test_published_figures(void **state) {
    (void)state;
    struct published *published = published_embedded();
    const struct published_model *model = published_find(published, "qwen3.6-35b-a3b", NULL);
    assert_non_null(model);
    near(model->of[PART_SWE].score, 0.734);
    near(model->of[PART_TERMINAL].score, 0.246);
    assert_true(isnan(model->of[PART_BFCL].score)); /* absent from the board */
    assert_non_null(model->of[PART_SWE].source);
    assert_string_equal(model->of[PART_SWE].date, "2026-06");
    model = published_find(published, "Qwen3.6-27B", NULL);
    assert_non_null(model);
    near(model->of[PART_SWE].score, 0.772);
    near(model->of[PART_TERMINAL].score, 0.593);
    assert_string_equal(model->of[PART_TERMINAL].standing, "vendor");
    published_free(published);
}

/* Ids as engines really give them; and what only looks like one of ours. */
static void test_matching(void **state) {
    (void)state;
    static const char *const same[] = {
        "Qwen3.6-35B-A3B-UD-Q5_K_XL",         "qwen3.6:35b-a3b-q4_K_M",
        "mlx-community/Qwen3.6-35B-A3B-4bit", "qwen3.6-35b-a3b-mtp",
        "/models/Qwen3.6-35B-A3B-Q8_0.gguf",  "Qwen 3.6-35B-A3B-MTP (Unsloth GGUF)",
        "Qwen3.6-35B-A3B-Instruct-MXFP4"};
    static const char *const other[] = {"Qwopus3.6-35B-A3B-v1-MLX-4bit",
                                        "Qwen3.6-35B-A3B-abliterated",
                                        "Qwen3.6-35B-A3B-Opus-Distill",
                                        "Qwen3.5-35B-A3B",
                                        "Qwen3.6-35B",
                                        "Qwen3.6-A3B-35B",
                                        "Qwen3-35B-A3B",
                                        "qwen3.6-35b-a3b-2",
                                        "Qwen3.6-35B-A3B-\xd0\xb0",
                                        "gpt-5-mini",
                                        "gpt-5-4",
                                        "Qwen3.6-35B-A3B/",
                                        "",
                                        "...---"};
    struct published *published = published_embedded();
    for (size_t i = 0; i < COUNT_OF(same); i++)
        if (strcmp(name_of(published, same[i]), "Qwen 3.6-35B-A3B-Instruct") != 0)
            fail_msg("%s is %s", same[i], name_of(published, same[i]));
    for (size_t i = 0; i < COUNT_OF(other); i++)
        if (published_find(published, other[i], NULL))
            fail_msg("%s is %s", other[i], name_of(published, other[i]));
    assert_string_equal(name_of(published, "gpt-5"), "GPT-5 (base)");
    assert_string_equal(name_of(published, "gpt-5.5"), "GPT-5.5");
    assert_null(published_find(published, NULL, NULL));
    struct buf over;
    buf_init(&over, 256);
    assert_non_null(published_find(published, "Qwen3.6-27B-UD-Q5_K_XL.gguf", &over));
    assert_string_equal(buf_string(&over), "ud q5 k xl gguf");
    buf_done(&over);
    char long_id[4096];
    memset(long_id, 'a', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    assert_null(published_find(published, long_id, NULL));
    for (size_t i = 0; i + 1 < sizeof long_id; i++)
        long_id[i] = i % 2 ? '-' : 'a';
    assert_null(published_find(published, long_id, NULL));
    published_free(published);
}

static void test_published_bad(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", "[]", "{}", "{\"models\": 1}", "{\"models\": [1]}",
        "{\"models\": [{\"model\": \"x\", \"words\": \"\"}]}",
        "{\"models\": [{\"model\": \"x\", \"words\": \"x\", \"figures\": "
        "[{\"part\": \"bfcl\", \"percent\": 101, \"source\": \"s\", \"date\": \"d\"}]}]}",
        "{\"models\": [{\"model\": \"x\", \"words\": \"x\", \"figures\": "
        "[{\"part\": \"bfcl\", \"percent\": 50, \"source\": \"s\"}]}]}",
        /* a suite's own part is measured, never published */
        "{\"models\": [{\"model\": \"x\", \"words\": \"x\", \"figures\": "
        "[{\"part\": \"tool-call\", \"percent\": 5, \"source\": \"s\", \"date\": \"d\"}]}]}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct error error = {0};
        assert_null(published_parse("f", bad[i], strlen(bad[i]), &error));
        assert_true(error.text[0]);
    }
}

/* What is wrong, and where; a file of the user's. */
static void test_published_errors(void **state) {
    (void)state;
#define MODEL "{\"models\": [{\"model\": \"x\", \"words\": \"x 1\",\n \"figures\": [\n"
    static const struct {
        const char *text, *says, *hint;
    } cases[] = {
        {MODEL
         "  {\"part\": \"bfcl\", \"percent\": 101, \"source\": \"s\", \"date\": \"2026-06\"}]}]}",
         "f:3:31: \"percent\" is a number", ""},
        {MODEL
         "  {\"part\": \"bfcI\", \"percent\": 1, \"source\": \"s\", \"date\": \"2026-06\"}]}]}",
         "f:3:12: \"part\" names no benchmark: bfcI", "did you mean bfcl?"},
        {MODEL "  {\"part\": \"endurance\", \"percent\": 1}]}]}",
         "f:3:12: \"part\" names no benchmark", "swe-bench-verified, bfcl"},
        {MODEL "  {\"part\": \"tool-call\", \"percent\": 1}]}]}",
         "f:3:12: a suite's score is measured", "swe-bench-verified, bfcl"},
        {MODEL "  {\"percent\": 1}]}]}", "f:3:3: \"part\" names no", "swe-bench"},
        {MODEL "  {\"part\": \"bfcl\", \"percent\": 1, \"date\": \"2026-06\"}]}]}",
         "f:3:3: a figure needs a \"source\"", ""},
        {MODEL "  {\"part\": \"bfcl\", \"percent\": 1, \"source\": \"s\", \"date\": \"June\"}]}]}",
         "f:3:57: a figure needs a \"date\", YYYY-MM or YYYY-MM-DD: June", ""},
        {MODEL
         "  {\"part\": \"bfcl\", \"percent\": 1, \"source\": \"s\", \"date\": \"2026-06\"},\n"
         "  {\"part\": \"bfcl\", \"percent\": 2, \"source\": \"s\", \"date\": \"2026-06\"}]}]}",
         "f:4:12: named twice: bfcl", ""},
        {MODEL "]}]}", "f:2:13: a model needs \"figures\"", ""},
        {"{\"models\": [{\"model\": \"x\", \"words\": \"--\", \"figures\": []}]}",
         "f:1:37: a model needs \"words\"", ""},
        {"{\"models\": [{\"model\": \"x\", \"words\": \"\xd1\x85\", \"figures\": []}]}",
         "f:1:37: a model needs \"words\"", ""},
        {"{\"models\": [{\"words\": \"x\"}]}", "f:1:13: a model needs a name", ""},
        {"{\"models\": [\n7]}", "f:2:1: a model needs a name", ""},
        {"{\"models\": {}}", "f:1:12: \"models\" is an array", ""},
        {"{\"models\": [}", "f:1:", ""},
        {"{\"models\": [{\"model\": \"x\", \"words\": \"a\\u001b[2J\", \"figures\": [{\"part\": "
         "\"a\\u001b[2J\"}]}]}",
         "names no benchmark: a\xe2\x90\x9b[2J", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = {0};
        assert_null(published_parse("f", cases[i].text, strlen(cases[i].text), &error));
        if (!strstr(error.text, cases[i].says) || !strstr(error.hint, cases[i].hint))
            fail_msg("%s (%s) instead of %s (%s)", error.text, error.hint, cases[i].says,
                     cases[i].hint);
    }
}

/* ---- the user's weights ---- */

static void test_weights_file(void **state) {
    (void)state;
    struct weights weights;
    struct error error = {0};
    const char *text = "{ // mine\n \"bfcl\": 3, \"tool-call\": 1.5, }";
    assert_true(weights_parse(&weights, "w.json", text, strlen(text), &error));
    near(weights.of[PART_BFCL], 3);
    near(weights.of[PART_TOOL_CALL], 1.5);
    near(weights.of[PART_SWE], 0); /* what it does not name has none */
}

static void test_weights_bad(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"{\n  \"bfcl\": 1,\n  \"bfcI\": 2 }", "w.json:3:11: unknown part: bfcI"},
        {"{ \"swe-bench-verified\": \"35\" }", "w.json:1:25: a weight is a number"},
        {"{ \"bfcl\": -1 }", "w.json:1:11: a weight is a number"},
        {"{ \"bfcl\": 1e300 }", "w.json:1:11: a weight is a number"},
        {"{ \"bfcl\": null }", "w.json:1:11: a weight is a number"},
        {"{ \"bfcl\": NaN }", "w.json:1:11: a weight is a number"},
        {"{ \"bfcl\": 1, \"bfcl\": 2 }", "w.json:1:11: named twice: bfcl"},
        {"{ \"bfcl\": 0 }", "w.json:1:1: no part has a weight"},
        {"{}", "w.json:1:1: no part has a weight"},
        {"[35, 25]", "w.json:1:1: an object"},
        {"{ \"bfcl\" 1 }", "w.json:1:10:"},
        {"", "w.json:1:1:"},
        {"{ \"\\u001b[31m\": 1 }", "w.json:1:"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct weights weights, before;
        struct error error = {0};
        weights_default(&weights);
        before = weights;
        assert_false(weights_parse(&weights, "w.json", bad[i].text, strlen(bad[i].text), &error));
        if (strncmp(error.text, bad[i].says, strlen(bad[i].says)) != 0)
            fail_msg("'%s' says '%s'", bad[i].text, error.text);
        assert_null(strchr(error.text, '\033'));
        assert_memory_equal(&weights, &before, sizeof weights);
    }
    struct weights weights;
    struct error error = {0};
    assert_false(weights_read(&weights, "/nowhere/w.json", &error));
    assert_non_null(strstr(error.text, "/nowhere/w.json"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_sways),
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_per_gb),
        cmocka_unit_test(test_same_share_other_parts),
        cmocka_unit_test(test_published_figures),
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_published_bad),
        cmocka_unit_test(test_published_errors),
        cmocka_unit_test(test_weights_file),
        cmocka_unit_test(test_weights_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
