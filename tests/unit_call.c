/* One call: what call_finish makes of its marks, and degenerate texts (protocol 1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/call.h"

#define MS 1000

/* A finished call of `tokens` in `chunks` chunks `gap_us` apart, first token after 200 ms. */
static struct call call_of(int64_t tokens, int chunks, int64_t gap_us) {
    struct call call;
    call_init(&call);
    call.start_us = 1000 * MS;
    call.first_token_us = call.first_content_us = 1200 * MS;
    call.last_token_us = call.first_token_us + (chunks - 1) * gap_us;
    call.end_us = call.last_token_us + 50 * MS;
    call.completion_tokens = tokens;
    call.chunks = chunks;
    call.chunk_us_count = (size_t)chunks - 1;
    call.chunk_us = mem_zero(call.chunk_us_count, sizeof *call.chunk_us);
    for (size_t i = 0; i < call.chunk_us_count; i++)
        call.chunk_us[i] = gap_us;
    copy_text(call.finish, sizeof call.finish, "stop");
    call_finish(&call);
    return call;
}

static void unknown_is_not_zero(void **state) {
    (void)state;
    struct call call;
    memset(&call, 'x', sizeof call);
    call_init(&call);
    call_finish(&call);
    assert_false(call.ok);
    assert_false(call.buffered);
    assert_true(isnan(call.ttft_ms));
    assert_true(isnan(call.decode_tps));
    assert_true(isnan(call_ttfc_ms(&call)));
    assert_true(isnan(call_latency_ms(&call)));
    bool split = true;
    assert_true(isnan(call_effective_tps(&call, &split)));
    assert_false(split);
    assert_true(call.prompt_tokens == COUNT_NONE && call.cached_tokens == COUNT_NONE);
    assert_true(call.correct == CHECK_NONE);
    call_done(&call);
}

static void ok_needs_a_finish_and_no_error(void **state) {
    (void)state;
    struct call call = call_of(10, 10, 10 * MS);
    assert_true(call.ok);
    call.error = ERROR_STREAM; /* inside the stream, after HTTP 200 */
    call_finish(&call);
    assert_false(call.ok);
    call.error = ERROR_NONE;
    call.finish[0] = '\0';
    call_finish(&call);
    assert_false(call.ok);
    call_done(&call);
}

static void rates_leave_the_first_token_out(void **state) {
    (void)state;
    struct call call = call_of(101, 101, 10 * MS);
    assert_true(call.ttft_ms == 200.0);
    assert_true(fabs(call.decode_tps - 100.0) < 1e-9); /* 100 tokens in 1 s, not 101 */
    assert_false(call.buffered);
    assert_true(call_latency_ms(&call) == 1250.0); /* the close is in the latency alone */
    call_done(&call);
    call = call_of(301, 101, 10 * MS); /* drafting: three tokens a chunk */
    assert_true(fabs(call.decode_tps - 300.0) < 1e-9);
    call_done(&call);
}

static void a_start_at_zero_is_a_mark(void **state) {
    (void)state;
    struct call call;
    call_init(&call);
    call.start_us = 0;
    call.first_token_us = 0;
    call_finish(&call);
    assert_true(call.ttft_ms == 0.0);
    call_done(&call);
}

static void short_answers_have_no_rate(void **state) {
    (void)state;
    struct call call = call_of(1, 1, 0);
    assert_true(isnan(call.decode_tps));
    assert_false(call.buffered);
    call_done(&call);
    call = call_of(2, 2, 20 * MS);
    assert_true(fabs(call.decode_tps - 50.0) < 1e-9);
    call_done(&call);
    call = call_of(20, 1, 0); /* all at one instant */
    assert_true(isnan(call.decode_tps));
    assert_false(call.buffered);
    call_done(&call);
    call = call_of(10, 2, 100); /* 90,000 t/s is no decode rate */
    assert_true(isnan(call.decode_tps));
    assert_false(call.buffered);
    call_done(&call);
    call = call_of(COUNT_NONE, 20, MS);
    assert_true(isnan(call.decode_tps));
    call_done(&call);
}

static void buffered_is_few_instants_or_too_fast(void **state) {
    (void)state;
    struct call call = call_of(32, 7, 100 * MS);
    assert_true(call.buffered && isnan(call.decode_tps));
    call_done(&call);
    call = call_of(31, 7, 100 * MS);
    assert_false(call.buffered || isnan(call.decode_tps));
    call_done(&call);
    call = call_of(32, 8, 100 * MS);
    assert_false(call.buffered || isnan(call.decode_tps));
    call_done(&call);
    call = call_of(400, 1, 0);
    assert_true(call.buffered);
    call_done(&call);
    call = call_of(51, 51, 199); /* a little above 5,000 t/s */
    assert_true(call.buffered && isnan(call.decode_tps));
    call_done(&call);
    call = call_of(51, 51, 201); /* a little below */
    assert_false(call.buffered || isnan(call.decode_tps));
    call_done(&call);
}

/* Many chunks read at once are one instant: their deltas are 0. */
static void instants_are_distinct_times(void **state) {
    (void)state;
    struct call call = call_of(100, 100, 0);
    for (size_t i = 0; i < 7; i++)
        call.chunk_us[i * 10] = 100 * MS;
    call.last_token_us = call.first_token_us + 700 * MS;
    call_finish(&call);
    assert_false(call.buffered); /* eight instants */
    call.chunk_us[0] = 0;
    call_finish(&call);
    assert_true(call.buffered); /* seven */
    free(call.chunk_us);
    call.chunk_us = NULL;
    call.chunk_us_count = 0; /* times not kept: only the rate can tell */
    call_finish(&call);
    assert_false(call.buffered);
    call_done(&call);
}

static void thinking_delays_content(void **state) {
    (void)state;
    struct call call = call_of(100, 100, 10 * MS);
    call.first_content_us = 1700 * MS;
    call.reasoning_chars = 300;
    call.content_chars = 100;
    assert_true(call_ttfc_ms(&call) == 700.0);
    bool split = false;
    /* 25 visible tokens in 200 + 990 ms */
    assert_true(fabs(call_effective_tps(&call, &split) - 25 / 1.19) < 1e-9);
    assert_true(split);
    call.reasoning_chars = 0;
    assert_true(fabs(call_effective_tps(&call, &split) - 100 / 1.19) < 1e-9);
    assert_false(split);
    call.reasoning_chars = 300;
    call.content_chars = 0;
    assert_true(call_effective_tps(&call, &split) == 0.0);
    call_done(&call);
}

/* ---- degenerate ---- */

static void empty_is_degenerate_without_a_tool_call(void **state) {
    (void)state;
    assert_true(text_is_degenerate(NULL, NULL, false));
    assert_true(text_is_degenerate("", " \n\t", false));
    assert_false(text_is_degenerate("", "", true));
    assert_false(text_is_degenerate("hm", "", false));
    assert_false(text_is_degenerate(NULL, "42", false));
}

/* `count` words: every `period`-th begins the cycle again. The caller frees. */
static char *cycle(int count, int period) {
    struct buf text;
    buf_init(&text, 100000);
    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s%d ", i % 2 ? "Word" : "wORD", i % period);
    return buf_take(&text);
}

static bool cycle_is_degenerate(int count, int period) {
    char *text = cycle(count, period);
    bool degenerate = text_is_degenerate(NULL, text, false);
    bool as_reasoning = text_is_degenerate(text, "fine", false);
    free(text);
    assert_true(degenerate == as_reasoning);
    return degenerate;
}

static void repetition_counts_from_twenty_words(void **state) {
    (void)state;
    assert_true(cycle_is_degenerate(20, 1));
    assert_false(cycle_is_degenerate(19, 1)); /* too short to say */
    assert_true(cycle_is_degenerate(200, 2));
    assert_true(cycle_is_degenerate(200, 3));   /* each trigram a third of all */
    assert_false(cycle_is_degenerate(26, 4));   /* a quarter, 4 of 26 words differ: 15.4 % */
    assert_true(cycle_is_degenerate(27, 4));    /* 14.8 % */
    assert_false(cycle_is_degenerate(200, 30)); /* exactly 15 % */
    assert_true(cycle_is_degenerate(200, 29));
    assert_false(cycle_is_degenerate(200, 200));
}

static void letters_have_one_case(void **state) {
    (void)state;
    assert_true(text_is_degenerate(
        NULL, "no No nO NO no No nO NO no No nO NO no No nO NO no No nO NO no", false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_is_not_zero),
        cmocka_unit_test(ok_needs_a_finish_and_no_error),
        cmocka_unit_test(rates_leave_the_first_token_out),
        cmocka_unit_test(a_start_at_zero_is_a_mark),
        cmocka_unit_test(short_answers_have_no_rate),
        cmocka_unit_test(buffered_is_few_instants_or_too_fast),
        cmocka_unit_test(instants_are_distinct_times),
        cmocka_unit_test(thinking_delays_content),
        cmocka_unit_test(empty_is_degenerate_without_a_tool_call),
        cmocka_unit_test(repetition_counts_from_twenty_words),
        cmocka_unit_test(letters_have_one_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
