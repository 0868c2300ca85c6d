/* The burst classifier on engines whose truth is known: a small discrete simulation of slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "model/serial.h"
#include "model/stats.h"

#define CALLS 80
#define TTFT_US 100000
#define DECODE_US 1000000
#define TOKENS 200

/* N calls on an engine of `slots`; decoding `open` at once runs at open^gain of one's rate in sum.
 */
static void serve(struct serial_call *calls, size_t count, size_t slots, double gain,
                  bool shuffled) {
    int64_t free_at[CALLS] = {0};
    double together = (double)(slots < count ? slots : count);
    double slower = together / pow(together, gain);
    uint64_t seed = 1;
    size_t order[CALLS];
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; shuffled && i > 1; i--) {
        size_t j = stats_random(&seed) % i, keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
    for (size_t i = 0; i < count; i++) {
        struct serial_call *call = &calls[order[i]];
        size_t slot = 0;
        for (size_t s = 1; s < slots && s < count; s++)
            if (free_at[s] < free_at[slot])
                slot = s;
        int64_t length = (int64_t)(DECODE_US * slower * (0.9 + 0.2 * stats_uniform(&seed)));
        *call =
            (struct serial_call){.start_us = (int64_t)order[i] * 50, .tokens = TOKENS, .ok = true};
        call->first_us = free_at[slot] + TTFT_US + (int64_t)(stats_uniform(&seed) * 1000);
        call->last_us = call->first_us + length;
        call->end_us = call->last_us + 200;
        free_at[slot] = call->end_us;
    }
}

static struct serial classify(const struct serial_call *calls, size_t count) {
    struct limits limits;
    struct serial out;
    limits_default(&limits);
    struct serial_input input = {.calls = calls,
                                 .count = count,
                                 .single_ttft_ms = TTFT_US / 1000.0,
                                 .single_decode_ms = DECODE_US / 1000.0,
                                 .single_tokens = TOKENS};
    serial_classify(&out, &input, &limits);
    return out;
}

static void expect(size_t count, size_t slots, double gain, bool shuffled, const char *value) {
    struct serial_call calls[CALLS];
    serve(calls, count, slots, gain, shuffled);
    struct serial out = classify(calls, count);
    if (strcmp(out.value, value) != 0)
        fail_msg("%zu calls, %zu slots, gain %.1f: %s, not %s (%s)", count, slots, gain, out.value,
                 value, out.evidence);
}

static void test_queues(void **state) {
    (void)state;
    static const size_t sizes[] = {5, 8, 30, 60, 80};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        expect(sizes[i], 1, 1, false, "serial-fifo");
        expect(sizes[i], 1, 1, true, "serial-unordered");
    }
}

static void test_slots(void **state) {
    (void)state;
    expect(30, 2, 0.7, false, "slots(2)");
    expect(80, 2, 0.7, false, "slots(2)");
    expect(30, 4, 0.7, false, "slots(4)");
    expect(80, 4, 0.7, true, "slots(4)");
    expect(80, 8, 0.7, false, "slots(8)");
    expect(60, 8, 1, false, "slots(8)");
}

static void test_all_together(void **state) {
    (void)state;
    expect(30, 80, 0.8, false, "batched");
    expect(80, 80, 0.5, false, "batched");
    expect(30, 80, 0, false, "shared-no-gain");
    expect(80, 80, -0.3, false, "collapsing");
}

static void test_lock_step_is_not_a_queue(void **state) {
    (void)state;
    struct serial_call calls[8];
    for (int i = 0; i < 8; i++)
        calls[i] = (struct serial_call){.start_us = i * 40,
                                        .first_us = 2000000,
                                        .last_us = 2000000 + 2 * DECODE_US,
                                        .end_us = 2000000 + 2 * DECODE_US + 100,
                                        .tokens = TOKENS,
                                        .ok = true};
    struct serial out = classify(calls, 8);
    assert_string_equal(out.value,
                        "batched"); /* 8 in the time of 2: p50 = p95 = max all the same */
    assert_true(out.p50_over_max > 0.99);
    assert_true(out.overlap > 0.99);
}

/* Prefill one by one, each longer than a decode: nobody can tell a queue from batching. */
static void test_prefill_alone(void **state) {
    (void)state;
    struct serial_call calls[30];
    for (int decode_us = 20000; decode_us <= 80000; decode_us += 60000) {
        for (int i = 0; i < 30; i++)
            calls[i] = (struct serial_call){.start_us = i * 40,
                                            .first_us = (i + 1) * TTFT_US,
                                            .last_us = (i + 1) * TTFT_US + decode_us,
                                            .end_us = (i + 1) * TTFT_US + decode_us + 100,
                                            .tokens = TOKENS,
                                            .ok = true};
        struct serial out = classify(calls, 30);
        assert_string_equal(out.value, "inconclusive");
        assert_non_null(strstr(out.evidence, "look alike"));
    }
}

static void test_rejecting_failing_buffered(void **state) {
    (void)state;
    struct serial_call calls[30];
    serve(calls, 30, 4, 0.7, false);
    for (int i = 0; i < 12; i++) {
        calls[i].ok = false;
        calls[i].error = i % 2 ? ERROR_HTTP_429 : ERROR_HTTP_5XX;
    }
    assert_string_equal(classify(calls, 30).value, "rejecting");
    for (int i = 0; i < 12; i++)
        calls[i].error = ERROR_TRUNCATED;
    assert_string_equal(classify(calls, 30).value, "inconclusive");
    serve(calls, 30, 4, 0.7, false);
    for (int i = 0; i < 30; i++) {
        calls[i].first_us = calls[i].last_us - 2000;
        calls[i].buffered = true;
    }
    assert_string_equal(classify(calls, 30).value, "buffered");
}

static void test_what_cannot_be_told(void **state) {
    (void)state;
    struct serial_call calls[30];
    struct limits limits;
    struct serial out;
    limits_default(&limits);
    serve(calls, 3, 1, 1, false);
    assert_string_equal(classify(calls, 3).value, "inconclusive");
    serve(calls, 30, 1, 1, false);
    for (int i = 0; i < 30; i++)
        calls[i].start_us = i * 20000; /* dispatched over 600 ms */
    assert_string_equal(classify(calls, 30).value, "inconclusive");
    serve(calls, 30, 1, 1, false);
    struct serial_input input = {.calls = calls,
                                 .count = 30,
                                 .single_ttft_ms = NAN,
                                 .single_decode_ms = NAN,
                                 .single_tokens = NAN};
    serial_classify(&out, &input, &limits);
    assert_string_equal(out.value, "inconclusive");
    input.count = 0;
    serial_classify(&out, &input, &limits);
    assert_string_equal(out.value, "inconclusive");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queues),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_all_together),
        cmocka_unit_test(test_lock_step_is_not_a_queue),
        cmocka_unit_test(test_prefill_alone),
        cmocka_unit_test(test_rejecting_failing_buffered),
        cmocka_unit_test(test_what_cannot_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
