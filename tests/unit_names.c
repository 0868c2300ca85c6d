/* Words and traits of the closed sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "base/util.h"
#include "model/names.h"

static void every_set_has_distinct_words(void **state) {
    (void)state;
    for (int set = 0; set < NAMES_SET_COUNT; set++) {
        int count;
        const char *const *words = names_words((enum names_set)set, &count);
        for (int i = 0; i < count; i++) {
            assert_non_null(words[i]);
            assert_true(words[i][0] != '\0' && strlen(words[i]) < 32);
            for (const char *c = words[i]; *c; c++)
                assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) ||
                            strchr("._-", *c));
            assert_int_equal(names_find(words, count, words[i]), i);
        }
        assert_int_equal(names_find(words, count, "no such word"), -1);
        assert_int_equal(names_find(words, count, ""), -1);
        assert_int_equal(names_find(words, count, NULL), -1);
    }
}

static void words_of_the_log(void **state) {
    (void)state;
    assert_string_equal(engine_word(ENGINE_LMSTUDIO), "lm-studio");
    assert_string_equal(suite_word(SUITE_THINKING_ABLATION), "thinking-ablation");
    assert_string_equal(error_word(ERROR_STREAM), "stream_error");
    assert_string_equal(error_word(ERROR_HTTP_429), "http_429");
    assert_string_equal(tokens_word(TOKENS_TIMINGS), "timings");
    assert_string_equal(thinking_word(THINKING_OFF), "off");
    assert_string_equal(workload_word(WORKLOAD_DEEP), "deep");
    assert_string_equal(endpoint_state_word(ENDPOINT_LOADING), "loading");
    assert_string_equal(phase_status_word(PHASE_SKIPPED), "skipped");
    assert_string_equal(run_status_word(RUN_STOPPED), "stopped");
    assert_string_equal(note_level_word(NOTE_WARN), "warn");
    assert_string_equal(thermal_word(THERMAL_HEAVY), "heavy");
    assert_int_equal(suite_find("tool-call"), SUITE_TOOL_CALL);
    assert_int_equal(suite_find("Tool-Call"), -1);
    assert_int_equal(thermal_find("nominal"), THERMAL_NOMINAL);
}

static void engines_are_found_by_word_or_title(void **state) {
    (void)state;
    for (int engine = 0; engine < ENGINE_COUNT; engine++) {
        assert_int_equal(engine_find(engine_word((enum engine_id)engine)), engine);
        assert_int_equal(engine_find(engine_title((enum engine_id)engine)), engine);
    }
    assert_int_equal(engine_find("LM STUDIO"), ENGINE_LMSTUDIO);
    assert_int_equal(engine_find("Lm-Studio"), ENGINE_LMSTUDIO);
    assert_int_equal(engine_find("lm"), -1);
    assert_int_equal(engine_find(NULL), -1);
}

static void suites_know_their_mode(void **state) {
    (void)state;
    assert_int_equal(suite_thinking(SUITE_AGENTIC), THINKING_OFF);
    assert_int_equal(suite_thinking(SUITE_BURST), THINKING_OFF);
    assert_int_equal(suite_thinking(SUITE_RESEARCH_BRIEF), THINKING_ON);
    assert_int_equal(suite_thinking(SUITE_THINKING_ABLATION), THINKING_DEFAULT);
    assert_true(suite_is_quality(SUITE_TOOL_CALL) && suite_is_quality(SUITE_ENDURANCE));
    assert_false(suite_is_quality(SUITE_AGENTIC) || suite_is_quality(SUITE_TICK) ||
                 suite_is_quality(SUITE_SOLO) || suite_is_quality(SUITE_COHAB));
}

static void gates_are_told_apart_and_explained(void **state) {
    (void)state;
    bool seen[256] = {false};
    int unranking = 0;
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        unsigned char mark = (unsigned char)gate_mark((enum gate_id)gate);
        assert_true(isupper(mark) && !seen[mark]);
        seen[mark] = true;
        const char *explain = gate_explain((enum gate_id)gate);
        assert_true(strlen(explain) > 40 && explain[strlen(explain) - 1] == '.');
        assert_true(isupper((unsigned char)explain[0]));
        assert_non_null(gate_word((enum gate_id)gate));
        unranking += gate_unranks((enum gate_id)gate);
    }
    assert_int_equal(unranking, 2);
    assert_true(gate_unranks(GATE_OUTPUT_VALID) && gate_unranks(GATE_MEMORY_PRESSURE));
    assert_string_equal(gate_word(GATE_DUPLICATE_PROCESSES), "duplicate_processes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_has_distinct_words),
        cmocka_unit_test(words_of_the_log),
        cmocka_unit_test(engines_are_found_by_word_or_title),
        cmocka_unit_test(suites_know_their_mode),
        cmocka_unit_test(gates_are_told_apart_and_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
