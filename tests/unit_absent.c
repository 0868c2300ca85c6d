/* Why a figure is absent or not ranked; and the joules above the machine at rest, of which one
 * reason tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"
#include "model/absent.h"

#define S INT64_C(1000000)

static struct board *make(struct run *run) {
    *run = build_run(2, 1);
    build_plan(run, SUITE_AGENTIC, "warmup cold warm");
    build_plan(run, SUITE_BURST, "single-4 burst-4");
    build_plan(run, SUITE_INSTRUCT, "instruct");
    return board_new(run);
}

static void done(struct board *board, struct run *run) {
    board_free(board);
    run_done(run);
}

static void why_is(const struct board *board, enum suite_id suite, const char *phase,
                   enum metric_id metric, const char *part) {
    char out[ABSENT_TEXT];
    int column = board_column(board, suite, phase);
    bool absent = absent_why(board, 0, column, metric, STAT_MEDIAN, out);
    if (absent != (part != NULL) || (part && !strstr(out, part)))
        fail_msg("%s of %s: \"%s\", not \"%s\"", metric_of(metric)->id, phase, out,
                 part ? part : "(it is there)");
}

/* Constant watts, published every `period_us`. */
static void power(struct board *board, int64_t from_us, int64_t to_us, int64_t period_us,
                  double watts, double *joules) {
    for (int64_t t = from_us; t < to_us; t += period_us) {
        struct event *event = build_sample(t);
        build_rail(&event->sample, "GPU", *joules, t);
        event->sample.swap_mb = 10;
        build_apply(board, event);
        *joules += watts * (double)period_us / 1e6;
    }
}

static void capability(struct board *board, int ep, const char *name, const char *evidence) {
    struct event *event = event_new(EVENT_CAPABILITY, 0);
    event->capability.ep = ep;
    event->capability.name = mem_string(name);
    event->capability.value = mem_string("absent");
    event->capability.evidence = mem_string(evidence);
    build_apply(board, event);
}

static void test_states(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    char out[ABSENT_TEXT];
    why_is(board, SUITE_AGENTIC, "cold", METRIC_TTFT, "has not begun");
    build_phase_start(board, 1, 0, SUITE_AGENTIC, "cold", 0);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_TTFT, "not over yet");
    build_phase_end(board, 2, 0, SUITE_AGENTIC, "cold", 0, PHASE_SKIPPED, "context too small");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_TTFT, "skipped: context too small");
    struct call call = build_call(1, 0, SUITE_AGENTIC, "warm", 0, 10, 100, 50, 64);
    build_fail(&call, ERROR_HTTP_5XX);
    build_phase(board, &call);
    why_is(board, SUITE_AGENTIC, "warm", METRIC_DECODE, "no call ended well: http_5xx");
    why_is(board, SUITE_AGENTIC, "warm", METRIC_ERRORS, NULL);
    /* no such cell: nothing is absent there */
    assert_false(absent_why(board, 0, -1, METRIC_TTFT, STAT_MEDIAN, out));
    assert_false(absent_why(board, 9, 0, METRIC_TTFT, STAT_MEDIAN, out));
    assert_string_equal(out, "");
    done(board, &run);
}

static void test_of_the_engine(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 10, 100, 50, 64);
    call.cached_tokens = COUNT_NONE;
    build_phase(board, &call);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_TTFT, NULL);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_CACHED, "did not report cached tokens");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_MTP_ACCEPT, "no drafting");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_SPAN, "only bursts");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_SCORE, "only quality suites");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_KV_TOKENS, "telemetry=");
    call = build_call(2, 0, SUITE_AGENTIC, "warm", 0, 3 * S, 100, 50, 64);
    call.buffered = true;
    call.decode_tps = NAN;
    build_phase(board, &call);
    why_is(board, SUITE_AGENTIC, "warm", METRIC_DECODE, "buffered");
    call = build_call(3, 0, SUITE_BURST, "single-4", 0, 6 * S, 100, 50, 64);
    call.completion_tokens = COUNT_NONE;
    call.decode_tps = NAN;
    build_phase(board, &call);
    why_is(board, SUITE_BURST, "single-4", METRIC_DECODE, "how many tokens");
    char out[ABSENT_TEXT];
    int column = board_column(board, SUITE_AGENTIC, "cold");
    assert_true(absent_why(board, 0, column, METRIC_TTFT, STAT_P95, out));
    assert_string_equal(out, "a p95 needs 20 values: there are 1");
    assert_true(absent_why(board, 0, column, METRIC_TTFT, STAT_P99, out));
    assert_non_null(strstr(out, "100"));
    done(board, &run);
}

static void test_machine(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    char out[ABSENT_TEXT];
    assert_true(absent_machine(board, 0, MACHINE_ENERGY, out));
    assert_string_equal(out, "its machine was not sampled yet");
    build_apply(board, build_sample(1000));
    assert_true(absent_machine(board, 0, MACHINE_THERMAL, out));
    assert_string_equal(out, "its machine does not tell");
    capability(board, 0, "energy", "RAPL needs root: chmod a+r /sys/x");
    assert_true(absent_machine(board, 0, MACHINE_ENERGY, out));
    assert_string_equal(out, "RAPL needs root: chmod a+r /sys/x");
    assert_true(absent_machine(board, 1, MACHINE_ENERGY, out)); /* told of the other endpoint */
    assert_string_equal(out, "its machine does not tell");
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 10, 100, 50, 64);
    build_phase(board, &call);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_WATTS,
           "joules are not known: RAPL needs root: chmod a+r /sys/x");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_SWAP_DELTA, "swap is not known");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_RSS, "process was not seen");
    struct event *event = build_sample(2 * S);
    event->sample.thermal = THERMAL_NOMINAL;
    build_apply(board, event);
    assert_false(absent_machine(board, 0, MACHINE_THERMAL, out));
    assert_false(absent_machine(board, -1, MACHINE_THERMAL, out));
    /* a hostile log: longer than any sentence */
    char long_text[2000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    capability(board, 0, "energy", long_text);
    assert_true(absent_machine(board, 0, MACHINE_ENERGY, out));
    assert_true(strlen(out) < ABSENT_TEXT);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_JOULES, "joules are not known: xxx");
    done(board, &run);
}

/* Published every 2 s, asked for half a second: nothing honest can be said, and it is told why. */
static void test_too_short(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    double joules = 0;
    power(board, 0, 4 * S, 2 * S, 10, &joules);
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 4 * S + 700000, 100, 100, 51);
    build_phase(board, &call);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_WATTS, ""); /* not published yet */
    power(board, 4 * S, 12 * S, 2 * S, 10, &joules);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_WATTS, "published every 2 s");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_TPS_PER_WATT, "less than 80 % of its time");
    why_is(board, SUITE_AGENTIC, "cold", METRIC_PREFILL_WATTS, "prefill was too short");
    done(board, &run);
}

/* 4 W at rest for 8 s, then 40 W: 100 tokens in 1 s of decode after 1 s of prefill. */
static void test_above_rest(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    double joules = 0;
    power(board, 0, 8 * S, S / 10, 4, &joules);
    assert_true(isnan(board_rest_watts(board, 0)));
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 8 * S, 1000, 100, 101);
    build_phase_start(board, 8 * S, 0, SUITE_AGENTIC, "cold", 0);
    power(board, 8 * S, 12 * S, S / 10, 40, &joules);
    build_whole_call(board, &call);
    build_phase_end(board, call.end_us, 0, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    int column = board_column(board, SUITE_AGENTIC, "cold");
    double watts = board_rest_watts(board, 0);
    assert_true(fabs(watts - 4) < 0.01);
    double decode = board_value(board, 0, column, METRIC_JOULES, STAT_MEDIAN);
    double above = board_value(board, 0, column, METRIC_JOULES_ABOVE, STAT_MEDIAN);
    assert_true(fabs(decode - 40) < 0.01);
    assert_true(fabs(above - 36) < 0.05);
    assert_true(fabs(board_value(board, 0, column, METRIC_PREFILL_JOULES, STAT_MEDIAN) - 40) <
                0.01);
    assert_true(fabs(board_value(board, 0, column, METRIC_J_PER_TOKEN, STAT_MEDIAN) - 0.4) < 0.001);
    /* what follows at once is held against the same rest, not against the other's work */
    call = build_call(2, 0, SUITE_AGENTIC, "warm", 0, 11 * S, 100, 100, 51);
    build_phase(board, &call);
    assert_true(fabs(board_rest_watts(board, 0) - 4) < 0.01);
    /* the lane's other endpoint never began after a rest */
    assert_true(isnan(board_rest_watts(board, 1)));
    done(board, &run);
}

/* Another endpoint of the machine works for 8 s: that is no rest for this one. */
static void test_no_rest_beside_work(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    double joules = 0;
    build_phase_start(board, 1, 1, SUITE_AGENTIC, "cold", 0);
    power(board, 0, 20 * S, S / 10, 4, &joules);
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 8 * S, 1000, 100, 101);
    build_phase(board, &call);
    assert_true(isnan(board_rest_watts(board, 0)));
    why_is(board, SUITE_AGENTIC, "cold", METRIC_WATTS, NULL);
    why_is(board, SUITE_AGENTIC, "cold", METRIC_JOULES_ABOVE, "no idle baseline");
    /* 4 s of quiet are too few, 12 s give the last ten of them */
    build_phase_end(board, 10 * S, 1, SUITE_AGENTIC, "cold", 0, PHASE_DONE, NULL);
    build_phase_start(board, 14 * S, 0, SUITE_AGENTIC, "warm", 0);
    build_phase_end(board, 14 * S, 0, SUITE_AGENTIC, "warm", 0, PHASE_DONE, NULL);
    assert_true(isnan(board_rest_watts(board, 0)));
    power(board, 20 * S, 24 * S, S / 10, 400, &joules);
    power(board, 24 * S, 34 * S + S / 2, S / 10, 7, &joules);
    build_phase_start(board, 34 * S, 0, SUITE_AGENTIC, "warm", 0);
    assert_true(fabs(board_rest_watts(board, 0) - 7) < 0.05);
    done(board, &run);
}

static void test_unranked(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    char out[ABSENT_TEXT];
    struct call call = build_call(1, 0, SUITE_AGENTIC, "warmup", 0, 10, 100, 50, 64);
    build_phase(board, &call);
    call = build_call(2, 0, SUITE_AGENTIC, "cold", 0, 4 * S, 100, 50, 64);
    build_phase(board, &call);
    call = build_call(3, 0, SUITE_AGENTIC, "warm", 0, 8 * S, 100, 50, 64);
    call.tokens_source = TOKENS_CHUNKS;
    build_phase(board, &call);
    int warmup = board_column(board, SUITE_AGENTIC, "warmup");
    int cold = board_column(board, SUITE_AGENTIC, "cold");
    int warm = board_column(board, SUITE_AGENTIC, "warm");
    assert_true(absent_unranked(board, 0, warmup, METRIC_TTFT, out));
    assert_non_null(strstr(out, "warm-up"));
    assert_false(absent_unranked(board, 0, cold, METRIC_DECODE, out));
    assert_true(absent_unranked(board, 0, warm, METRIC_DECODE, out));
    assert_non_null(strstr(out, "chunks"));
    assert_false(absent_unranked(board, 0, warm, METRIC_TTFT, out));
    assert_false(absent_unranked(board, 0, warm, METRIC_COMPLETION, out)); /* never compared */
    assert_false(absent_unranked(board, 0, 99, METRIC_TTFT, out));
    struct event *event = build_sample(12 * S);
    event->sample.swap_mb = 0;
    build_apply(board, event);
    build_phase_start(board, 13 * S, 0, SUITE_BURST, "burst-4", 0);
    event = build_sample(14 * S);
    event->sample.swap_mb = 4000;
    build_apply(board, event);
    call = build_call(4, 0, SUITE_BURST, "burst-4", 0, 13 * S, 100, 50, 64);
    build_whole_call(board, &call);
    build_phase_end(board, 16 * S, 0, SUITE_BURST, "burst-4", 0, PHASE_DONE, NULL);
    int burst = board_column(board, SUITE_BURST, "burst-4");
    assert_true(absent_unranked(board, 0, burst, METRIC_TTFT, out));
    assert_non_null(strstr(out, "memory_pressure tripped: "));
    done(board, &run);
}

/* Every figure of every suite and state has a reason when it is absent, whatever it is. */
static void test_never_silent(void **state) {
    (void)state;
    struct run run;
    struct board *board = make(&run);
    char out[ABSENT_TEXT];
    for (int round = 0; round < 3; round++) {
        for (int column = 0; column < (int)board->column_count; column++)
            for (int metric = 0; metric < METRIC_COUNT; metric++)
                for (int stat = 0; stat < STAT_COUNT; stat++)
                    if (absent_why(board, 0, column, (enum metric_id)metric, (enum stat_id)stat,
                                   out))
                        assert_true(out[0] != '\0' && strlen(out) < ABSENT_TEXT);
        struct call call =
            build_call(round + 1, 0, SUITE_BURST, "burst-4", 0, round * 10 * S + 1, 100, 50, 64);
        if (round == 0)
            build_fail(&call, ERROR_CONNECT);
        build_phase(board, &call);
    }
    run.endpoints[0].imported = true;
    struct board *imported = board_new(&run);
    why_is(imported, SUITE_AGENTIC, "cold", METRIC_TTFT, "imported file");
    assert_true(absent_machine(imported, 0, MACHINE_SWAP, out));
    board_free(imported);
    done(board, &run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),     cmocka_unit_test(test_of_the_engine),
        cmocka_unit_test(test_machine),    cmocka_unit_test(test_too_short),
        cmocka_unit_test(test_above_rest), cmocka_unit_test(test_no_rest_beside_work),
        cmocka_unit_test(test_unranked),   cmocka_unit_test(test_never_silent),
    };
    return cmocka_run_group_tests_name("absent", tests, NULL, NULL);
}
