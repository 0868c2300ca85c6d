#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"

#define S INT64_C(1000000)
#define A SUITE_AGENTIC

static void close_to(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-6 * fmax(1, fabs(expected))))
        fail_msg("%.9g instead of %.9g", value, expected);
}

static struct board *new_board(int endpoints, const char *family) {
    struct run run = build_run(endpoints, 2);
    build_plan(&run, A, BUILD_AGENTIC);
    build_plan(&run, SUITE_BURST, "burst-80");
    for (int i = 0; i < endpoints; i++)
        run.endpoints[i].family = mem_string(family);
    struct board *board = board_new(&run);
    run_done(&run);
    return board;
}

static const struct gate_result *gate(const struct board *board, const char *phase,
                                      enum gate_id id) {
    return board_gate(board, 0, board_column(board, A, phase), id);
}

static const struct cell *cell(const struct board *board, const char *phase) {
    return board_cell(board, 0, board_column(board, A, phase));
}

/* One phase with `sample` (taken) in its middle. */
static void phase_with(struct board *board, const char *phase, int64_t id, struct event *sample) {
    struct call call = build_call(id, 0, A, phase, 0, id * 10 * S, 100, 100, 400);
    build_phase_start(board, call.start_us, 0, A, phase, 0);
    if (sample) {
        sample->t = call.start_us + S;
        build_apply(board, sample);
    }
    build_whole_call(board, &call);
    build_phase_end(board, call.end_us, 0, A, phase, 0, PHASE_DONE, NULL);
}

static void test_clean(void **state) {
    (void)state;
    struct board *board = new_board(1, "qwen");
    struct event *sample = build_sample(0);
    sample->sample.thermal = THERMAL_NOMINAL;
    sample->sample.swap_mb = 4000; /* in use, but it does not move */
    sample->sample.swapouts = 1e6;
    build_engine(&sample->sample, 0, 10, 5);
    phase_with(board, "cold", 1, sample);
    assert_int_equal(board->gate_count, 0);
    assert_true(cell(board, "cold")->ranked);
    board_free(board);
}

/* ---- early_stop ---- */

static void answer(struct board *board, int64_t id, const char *phase, int pass, int64_t tokens,
                   int max_tokens) {
    struct call call = build_call(id, 0, A, phase, pass, id * 10 * S, 100, 100, tokens);
    call.max_tokens = max_tokens;
    build_phase(board, &call);
}

static void test_early_stop(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    answer(board, 1, "cold", 0, 400, 400);
    answer(board, 2, "warm", 0, 190, 400);
    answer(board, 3, "prefix-test-1", 0, 390, 400);
    answer(board, 4, "prefix-test-2", 0, 400, 400);
    assert_int_equal(board->gate_count, 0); /* one short answer is none */
    answer(board, 5, "prefix-test-3", 0, 31, 400);
    const struct gate_result *result = gate(board, "prefix-test-3", GATE_EARLY_STOP);
    assert_non_null(result);
    close_to(result->value, 2);
    close_to(result->limit, 2);
    assert_string_equal(result->detail, "2 of 5 calls of pass 1 ended below 0.5 × the median; here "
                                        "31 of 390 tokens (stop)");
    assert_non_null(gate(board, "warm", GATE_EARLY_STOP)); /* known only now */
    assert_null(gate(board, "cold", GATE_EARLY_STOP));
    assert_true(cell(board, "warm")->ranked); /* a warning, not a bar */
    /* another pass of the same endpoint is judged by itself */
    answer(board, 6, "cold", 1, 400, 400);
    answer(board, 7, "warm", 1, 100, 400);
    assert_null(gate(board, "cold", GATE_EARLY_STOP));
    /* the short one again, in full: the other one is alone now */
    answer(board, 8, "prefix-test-3", 0, 400, 400);
    assert_null(gate(board, "prefix-test-3", GATE_EARLY_STOP));
    assert_null(gate(board, "warm", GATE_EARLY_STOP));
    board_free(board);
}

static void test_early_stop_compares_equals(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    answer(board, 1, "cold", 0, 400, 400);
    answer(board, 2, "warm", 0, 400, 400);
    answer(board, 3, "long-context", 0, 150, 200); /* asked for less: no early stop */
    answer(board, 4, "long-prefix", 0, 150, 200);
    answer(board, 5, "warmup", 0, 1, 400);
    assert_int_equal(board->gate_count, 0);
    assert_int_equal(board->note_count, 0);
    board_free(board);
}

static void test_short_median_is_noted_once(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    const char *const phases[] = {"cold", "warm", "prefix-test-1", "prefix-test-2"};
    for (int i = 0; i < 4; i++)
        answer(board, i + 1, phases[i], 0, 120, 400);
    assert_int_equal(board->gate_count, 0);
    assert_int_equal(board->note_count, 1);
    assert_non_null(strstr(board->notes[0].text, "120 of 400 tokens"));
    assert_int_equal(board->notes[0].ep, 0);
    board_free(board);
}

/* ---- machine ---- */

static void test_memory_pressure(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    const double swap[] = {1000, 1400, 1501, 1450, 1450};
    const char *const phases[] = {"cold", "warm", "prefix-test-1", "prefix-test-2",
                                  "prefix-test-3"};
    for (int i = 0; i < 5; i++) {
        struct event *sample = build_sample(0);
        sample->sample.swap_mb = swap[i];
        phase_with(board, phases[i], i + 1, sample);
    }
    assert_null(gate(board, "warm", GATE_MEMORY_PRESSURE));
    const struct gate_result *result = gate(board, "prefix-test-1", GATE_MEMORY_PRESSURE);
    assert_non_null(result); /* 501 MB since the suite began, though only 101 in this phase */
    close_to(result->value, 501);
    close_to(result->limit, 500);
    assert_string_equal(result->detail, "swap +501 MB since the suite began");
    assert_false(cell(board, "prefix-test-1")->ranked);
    /* the next phase began with it, the one after did not */
    assert_non_null(gate(board, "prefix-test-2", GATE_MEMORY_PRESSURE));
    assert_null(gate(board, "prefix-test-3", GATE_MEMORY_PRESSURE));
    assert_true(cell(board, "prefix-test-3")->ranked);
    board_free(board);
}

static void test_swapouts(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct event *sample = build_sample(0);
    sample->sample.swapouts = 50000;
    build_apply(board, sample);
    sample = build_sample(0);
    sample->sample.swapouts = 51000;
    phase_with(board, "cold", 1, sample);
    assert_null(gate(board, "cold", GATE_MEMORY_PRESSURE)); /* 1,000 is not above 1,000 */
    sample = build_sample(0);
    sample->sample.swapouts = 51001;
    phase_with(board, "warm", 2, sample);
    assert_non_null(gate(board, "warm", GATE_MEMORY_PRESSURE));
    close_to(gate(board, "warm", GATE_MEMORY_PRESSURE)->value, 1001);
    board_free(board);
}

static void test_processes(void **state) {
    (void)state;
    struct board *board = new_board(2, NULL);
    struct event *sample = build_sample(0);
    build_engine(&sample->sample, 0, 10, 5);
    build_engine(&sample->sample, 1, 10, 5); /* one server, two endpoints */
    phase_with(board, "cold", 1, sample);
    assert_int_equal(board->gate_count, 0);
    sample = build_sample(0);
    build_engine(&sample->sample, 0, 10, 5);
    build_engine(&sample->sample, 0, 11, 5);
    phase_with(board, "warm", 2, sample);
    assert_string_equal(gate(board, "warm", GATE_DUPLICATE_PROCESSES)->detail,
                        "2 processes of llama.cpp");
    assert_null(gate(board, "warm", GATE_NOT_SOLO));
    sample = build_sample(0);
    build_engine(&sample->sample, 0, 10, 5);
    build_other(&sample->sample, ENGINE_LLAMACPP, 12); /* a stray one */
    phase_with(board, "prefix-test-1", 3, sample);
    assert_non_null(gate(board, "prefix-test-1", GATE_DUPLICATE_PROCESSES));
    sample = build_sample(0);
    build_engine(&sample->sample, 0, 10, 5);
    build_other(&sample->sample, ENGINE_OLLAMA, 4711);
    phase_with(board, "prefix-test-2", 4, sample);
    const struct gate_result *result = gate(board, "prefix-test-2", GATE_NOT_SOLO);
    char expected[80];
    snprintf(expected, sizeof expected, "%s (pid 4711) resident", engine_title(ENGINE_OLLAMA));
    assert_string_equal(result->detail, expected);
    assert_null(gate(board, "prefix-test-2", GATE_DUPLICATE_PROCESSES));
    sample = build_sample(0);
    build_engine(&sample->sample, 0, 10, 5);
    build_engine(&sample->sample, 1, 20, 5); /* the run's other endpoint was not stopped */
    phase_with(board, "prefix-test-3", 5, sample);
    assert_non_null(gate(board, "prefix-test-3", GATE_NOT_SOLO));
    assert_true(cell(board, "prefix-test-3")->ranked);
    board_free(board);
}

static void test_samples_outside_do_not_count(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct event *sample = build_sample(5 * S); /* 5 s before the phase */
    sample->sample.thermal = THERMAL_HEAVY;
    build_other(&sample->sample, ENGINE_OLLAMA, 4711);
    build_apply(board, sample);
    phase_with(board, "cold", 1, NULL);
    sample = build_sample(17 * S); /* between two phases */
    sample->sample.thermal = THERMAL_HEAVY;
    build_apply(board, sample);
    sample = build_sample(0);
    sample->sample.thermal = THERMAL_NOMINAL;
    phase_with(board, "warm", 2, sample);
    assert_int_equal(board->gate_count, 0);
    /* a phase too short for a sample of its own: the one just before it tells */
    sample = build_sample(29500000);
    sample->sample.thermal = THERMAL_HEAVY;
    build_apply(board, sample);
    phase_with(board, "prefix-test-1", 3, NULL);
    assert_string_equal(gate(board, "prefix-test-1", GATE_THERMAL)->detail,
                        "heavy; above nominal in 1 of 1 samples");
    board_free(board);
}

static void test_thermal(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct event *sample = build_sample(0);
    sample->sample.thermal = THERMAL_MODERATE;
    phase_with(board, "cold", 1, sample);
    const struct gate_result *result = gate(board, "cold", GATE_THERMAL);
    close_to(result->value, 1);
    close_to(result->limit, 0);
    close_to(board_value(board, 0, 1, METRIC_THERMAL, STAT_MAX), 1);
    phase_with(board, "warm", 2, build_sample(0)); /* unknown is not hot */
    assert_null(gate(board, "warm", GATE_THERMAL));
    board_free(board);
}

/* ---- calls ---- */

static void burst(struct board *board, int count, int errors, int wrong, int degenerate,
                  int cancelled, int64_t span_us) {
    build_phase_start(board, S, 0, SUITE_BURST, "burst-80", 0);
    for (int i = 0; i < count; i++) {
        struct call call = build_call(i + 1, 0, SUITE_BURST, "burst-80", 0, S, 100, 100, 50);
        call.index = i;
        call.sent_us = S + (i == count - 1 ? span_us : 10);
        if (i < errors)
            build_fail(&call, ERROR_HTTP_429);
        else if (i < errors + wrong)
            call.correct = CHECK_NO;
        else if (i < errors + wrong + degenerate)
            call.degenerate = true;
        else if (i < errors + wrong + degenerate + cancelled)
            build_fail(&call, ERROR_CANCELLED);
        build_whole_call(board, &call);
    }
    build_phase_end(board, 9 * S, 0, SUITE_BURST, "burst-80", 0, PHASE_DONE, NULL);
}

static void test_output_valid(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    burst(board, 80, 10, 3, 3, 0, 1000); /* 64 of 80: just enough */
    assert_null(board_gate(board, 0, 11, GATE_OUTPUT_VALID));
    assert_true(board_cell(board, 0, 11)->ranked);
    board_free(board);
    board = new_board(1, NULL);
    burst(board, 80, 10, 4, 3, 0, 1000);
    const struct gate_result *result = board_gate(board, 0, 11, GATE_OUTPUT_VALID);
    close_to(result->value, 63 / 80.0);
    close_to(result->limit, 0.8);
    assert_string_equal(result->detail, "63 of 80 calls valid: 10 failed, 4 wrong, 3 degenerate");
    assert_false(board_cell(board, 0, 11)->ranked);
    board_free(board);
    board = new_board(1, NULL);
    burst(board, 80, 0, 0, 0, 40, 1000); /* cancelled by hand is no fault of the engine */
    assert_null(board_gate(board, 0, 11, GATE_OUTPUT_VALID));
    board_free(board);
}

static void test_dispatch(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    burst(board, 5, 0, 0, 0, 0, 200000);
    assert_null(board_gate(board, 0, 11, GATE_DISPATCH));
    board_free(board);
    board = new_board(1, NULL);
    burst(board, 5, 0, 0, 0, 0, 201000);
    assert_string_equal(board_gate(board, 0, 11, GATE_DISPATCH)->detail,
                        "requests left over 201 ms");
    board_free(board);
}

static void one_call(struct board *board, const char *phase, struct call *call) {
    copy_text(call->phase, PHASE_MAX, phase);
    build_phase(board, call);
}

static void test_token_source(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct call call = build_call(1, 0, A, "", 0, S, 100, 100, 400);
    call.tokens_source = TOKENS_CHUNKS;
    one_call(board, "cold", &call);
    assert_non_null(gate(board, "cold", GATE_TOKEN_SOURCE));
    assert_true(board_ranked(cell(board, "cold"), METRIC_TTFT)); /* times stay comparable */
    assert_true(board_ranked(cell(board, "cold"), METRIC_WALL));
    assert_false(board_ranked(cell(board, "cold"), METRIC_DECODE));
    assert_false(board_ranked(cell(board, "cold"), METRIC_J_PER_TOKEN));
    assert_true(isnan(board_row_value(board, 0, A, METRIC_DECODE, STAT_MEDIAN)));
    assert_false(isnan(board_row_value(board, 0, A, METRIC_TTFT, STAT_MEDIAN)));
    call = build_call(2, 0, A, "", 0, 10 * S, 100, 100, 400);
    call.tokens_source = TOKENS_TIMINGS;
    one_call(board, "warm", &call);
    assert_null(gate(board, "warm", GATE_TOKEN_SOURCE));
    assert_true(board_ranked(cell(board, "warm"), METRIC_DECODE));
    call = build_call(3, 0, A, "", 1, 20 * S, 100, 100, 400); /* the next pass by usage */
    one_call(board, "warm", &call);
    assert_false(board_ranked(cell(board, "warm"), METRIC_DECODE));
    assert_true(board_ranked(cell(board, "warm"), METRIC_TTFT));
    board_free(board);
}

static void test_thinking_ignored(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct call call = build_call(1, 0, A, "", 0, S, 100, 100, 400);
    call.reasoning_chars = 90;
    one_call(board, "cold", &call);
    assert_string_equal(gate(board, "cold", GATE_THINKING_IGNORED)->detail,
                        "1 calls streamed reasoning, asked off");
    call.id = 2;
    call.thinking = THINKING_ON;
    one_call(board, "warm", &call);
    assert_null(gate(board, "warm", GATE_THINKING_IGNORED));
    board_free(board);
}

static void test_prompt_truncated(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct call call = build_call(1, 0, A, "", 0, S, 100, 100, 200);
    call.max_tokens = 200;
    call.prompt_chars = 265000;
    call.prompt_tokens = 4096;
    one_call(board, "long-context", &call);
    assert_string_equal(gate(board, "long-context", GATE_PROMPT_TRUNCATED)->detail,
                        "1 calls: 265000 characters sent, 4096 prompt tokens counted");
    call.id = 2;
    call.prompt_tokens = 50000;
    one_call(board, "long-prefix", &call);
    assert_null(gate(board, "long-prefix", GATE_PROMPT_TRUNCATED));
    call.id = 3;
    call.prompt_tokens = COUNT_NONE;
    one_call(board, "cold", &call);
    assert_null(gate(board, "cold", GATE_PROMPT_TRUNCATED));
    board_free(board);
}

static void prompt_of(struct board *board, int64_t id, int ep, int pass, int64_t tokens) {
    struct call call = build_call(id, ep, A, "cold", pass, id * 10 * S, 100, 100, 400);
    call.prompt_tokens = tokens;
    build_phase(board, &call);
}

static void test_template(void **state) {
    (void)state;
    struct board *board = new_board(3, "qwen");
    prompt_of(board, 1, 0, 0, 2000);
    prompt_of(board, 2, 1, 0, 2020); /* 1 % is not above 1 % */
    assert_int_equal(board->gate_count, 0);
    prompt_of(board, 3, 2, 0, 2100);
    const struct gate_result *result = board_gate(board, 0, 1, GATE_TEMPLATE);
    assert_non_null(result); /* also at the one that was there before */
    close_to(result->value, 0.05);
    assert_string_equal(result->detail, "2000 prompt tokens, 5.0 % apart from c");
    assert_string_equal(board_gate(board, 2, 1, GATE_TEMPLATE)->detail,
                        "2100 prompt tokens, 5.0 % apart from a");
    assert_non_null(board_gate(board, 1, 1, GATE_TEMPLATE));
    prompt_of(board, 4, 2, 0, 2010); /* run again, with the right template */
    assert_null(board_gate(board, 2, 1, GATE_TEMPLATE));
    assert_null(board_gate(board, 0, 1, GATE_TEMPLATE));
    assert_null(board_gate(board, 1, 1, GATE_TEMPLATE));
    board_free(board);
    board = new_board(2, NULL); /* no family, nothing to compare */
    prompt_of(board, 1, 0, 0, 2000);
    prompt_of(board, 2, 1, 0, 3000);
    assert_int_equal(board->gate_count, 0);
    board_free(board);
}

/* A gate that was tripped by an attempt goes with it. */
static void test_gates_go_with_a_retry(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct event *sample = build_sample(0);
    sample->sample.thermal = THERMAL_HEAVY;
    phase_with(board, "cold", 1, sample);
    assert_int_equal(board->gate_count, 1);
    sample = build_sample(0);
    sample->sample.thermal = THERMAL_NOMINAL;
    phase_with(board, "cold", 9, sample);
    assert_int_equal(board->gate_count, 0);
    assert_int_equal(cell(board, "cold")->gates, 0);
    board_free(board);
}

static void test_warmup_has_none(void **state) {
    (void)state;
    struct board *board = new_board(1, NULL);
    struct event *sample = build_sample(0);
    sample->sample.thermal = THERMAL_HEAVY;
    phase_with(board, "warmup", 1, sample);
    assert_int_equal(board->gate_count, 0);
    board_free(board);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_early_stop),
        cmocka_unit_test(test_early_stop_compares_equals),
        cmocka_unit_test(test_short_median_is_noted_once),
        cmocka_unit_test(test_memory_pressure),
        cmocka_unit_test(test_swapouts),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_samples_outside_do_not_count),
        cmocka_unit_test(test_thermal),
        cmocka_unit_test(test_output_valid),
        cmocka_unit_test(test_dispatch),
        cmocka_unit_test(test_token_source),
        cmocka_unit_test(test_thinking_ignored),
        cmocka_unit_test(test_prompt_truncated),
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_gates_go_with_a_retry),
        cmocka_unit_test(test_warmup_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
