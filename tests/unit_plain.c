#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"
#include "plain.h"

#define S INT64_C(1000000)

/* A board, what was told of it, and the lines. */
struct stage {
    struct run run;
    struct board *board;
    struct plain plain;
    struct buf out;
};

static void set_stage(struct stage *stage, int passes) {
    *stage = (struct stage){.run = build_run(2, passes)};
    build_plan(&stage->run, SUITE_AGENTIC, BUILD_AGENTIC);
    build_plan(&stage->run, SUITE_BURST, "burst-4");
    stage->board = board_new(&stage->run);
    buf_init(&stage->out, 1 << 20);
}

static void clear_stage(struct stage *stage) {
    plain_done(&stage->plain);
    board_free(stage->board);
    run_done(&stage->run);
    buf_done(&stage->out);
}

/* Apply, tell, free. */
static void tell(struct stage *stage, struct event *event) {
    board_apply(stage->board, event);
    plain_event(&stage->plain, stage->board, event, &stage->out);
    event_free(event);
}

static void tell_phase(struct stage *stage, enum event_kind kind, int64_t t, int ep,
                       enum suite_id suite, const char *phase, enum phase_status status,
                       const char *reason) {
    struct event *event = event_new(kind, t);
    event->phase.ep = ep;
    event->phase.suite = suite;
    event->phase.pass = 0;
    event->phase.status = status;
    event->phase.reason = mem_string(reason);
    copy_text(event->phase.phase, PHASE_MAX, phase);
    tell(stage, event);
}

static void tell_call(struct stage *stage, const struct call *call) {
    build_call_start(stage->board, call->start_us, call);
    struct event event = {.t = call->end_us, .kind = EVENT_CALL_END};
    event.call = *call;
    board_apply(stage->board, &event);
    plain_event(&stage->plain, stage->board, &event, &stage->out);
}

static size_t lines_of(const struct stage *stage) {
    size_t lines = 0;
    for (const char *at = buf_string(&stage->out); *at; at++)
        lines += *at == '\n';
    return lines;
}

static void test_a_phase_of_one_call_is_one_line(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 1);
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, 10 * S, 2074, 109, 400);
    tell_phase(&stage, EVENT_PHASE_START, 10 * S, 0, SUITE_AGENTIC, "cold", PHASE_DONE, NULL);
    tell_call(&stage, &call);
    assert_string_equal(buf_string(&stage.out), "");
    tell_phase(&stage, EVENT_PHASE_END, call.end_us, 0, SUITE_AGENTIC, "cold", PHASE_DONE, NULL);
    assert_string_equal(
        buf_string(&stage.out),
        "   15.7s  a  agentic/cold  pass 1/1  TTFT 2074 ms  109 t/s  400 tokens  ok\n");
    clear_stage(&stage);
}

static void test_a_burst_tells_medians_and_each_class_once(void **state) {
    (void)state;
    struct stage stage;
    char detail[] = "nothing\033[2J came";
    set_stage(&stage, 3);
    tell_phase(&stage, EVENT_PHASE_START, S, 1, SUITE_BURST, "burst-4", PHASE_DONE, NULL);
    for (int i = 0; i < 4; i++) {
        struct call call = build_call(i + 1, 1, SUITE_BURST, "burst-4", 0, S, 300, 50, 100);
        call.index = i;
        if (i > 0) {
            build_fail(&call, i == 1 ? ERROR_HTTP_5XX : ERROR_TIMEOUT_STALL);
            call.error_detail = detail;
            call.end_us = 5 * S;
        }
        tell_call(&stage, &call);
    }
    assert_int_equal(lines_of(&stage), 2);
    assert_non_null(strstr(buf_string(&stage.out), "    5.0s  b  burst/burst-4  pass 1/3  call 2  "
                                                   "error http_5xx  HTTP 500  nothing␛[2J came\n"));
    buf_reset(&stage.out);
    tell_phase(&stage, EVENT_PHASE_END, 6 * S, 1, SUITE_BURST, "burst-4", PHASE_DONE, NULL);
    const char *text = buf_string(&stage.out);
    assert_non_null(strstr(text, "4 calls, medians:  TTFT 300 ms  50"));
    assert_non_null(strstr(text, "100 tokens  3 of 4 failed"));
    assert_non_null(strstr(text, "2 timeout_stall"));
    assert_non_null(strstr(text, "1 http_5xx"));
    assert_null(strstr(text, " ok\n"));
    clear_stage(&stage);
}

/* A user's key and a suspended machine are told apart from what an engine got wrong. */
static void test_calls_not_counted_are_no_failures(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 1);
    tell_phase(&stage, EVENT_PHASE_START, S, 1, SUITE_BURST, "burst-4", PHASE_DONE, NULL);
    for (int i = 0; i < 4; i++) {
        struct call call = build_call(i + 1, 1, SUITE_BURST, "burst-4", 0, S, 300, 50, 100);
        call.index = i;
        if (i > 0)
            build_fail(&call, i == 1 ? ERROR_SUSPENDED : ERROR_CANCELLED), call.end_us = 5 * S;
        tell_call(&stage, &call);
    }
    assert_string_equal(buf_string(&stage.out), "");
    tell_phase(&stage, EVENT_PHASE_END, 6 * S, 1, SUITE_BURST, "burst-4", PHASE_DONE, NULL);
    const char *text = buf_string(&stage.out);
    assert_null(strstr(text, "failed"));
    assert_non_null(strstr(text, "2 cancelled"));
    assert_non_null(strstr(text, "1 suspended"));
    clear_stage(&stage);
}

static void test_skipped_phases_say_why(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 1);
    tell_phase(&stage, EVENT_PHASE_END, S, 0, SUITE_AGENTIC, "cold", PHASE_SKIPPED, "by the user");
    assert_string_equal(buf_string(&stage.out),
                        "    1.0s  a  agentic/cold  pass 1/1  skipped  by the user\n");
    clear_stage(&stage);
}

static void test_gates_are_told_once(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 1);
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, S, 2000, 100, 400);
    call.degenerate = true; /* output_valid: less than 80 % */
    tell_phase(&stage, EVENT_PHASE_START, S, 0, SUITE_AGENTIC, "cold", PHASE_DONE, NULL);
    tell_call(&stage, &call);
    tell_phase(&stage, EVENT_PHASE_END, 9 * S, 0, SUITE_AGENTIC, "cold", PHASE_DONE, NULL);
    const char *text = buf_string(&stage.out);
    assert_non_null(strstr(text, "1 degenerate\n"));
    assert_non_null(strstr(text, "    9.0s  a  agentic/cold  gate output_valid  "));
    buf_reset(&stage.out);
    tell_phase(&stage, EVENT_PHASE_END, 10 * S, 0, SUITE_AGENTIC, "warm", PHASE_SKIPPED, NULL);
    assert_null(strstr(buf_string(&stage.out), "gate"));
    clear_stage(&stage);
}

/* A prefix that is served from the cache: the verdict is told when it is known, and not again. */
static void test_verdicts_are_told_when_they_change(void **state) {
    (void)state;
    static const char *const phases[] = {"cold",          "warm",          "prefix-test-1",
                                         "prefix-test-2", "prefix-test-3", "cold-other"};
    static const double ttft[] = {2000, 100, 150, 150, 150, 2000};
    struct stage stage;
    set_stage(&stage, 1);
    int64_t t = S;
    for (size_t i = 0; i < COUNT_OF(phases); i++) {
        struct call call =
            build_call((int64_t)i + 1, 0, SUITE_AGENTIC, phases[i], 0, t, ttft[i], 100, 400);
        tell_phase(&stage, EVENT_PHASE_START, t, 0, SUITE_AGENTIC, phases[i], PHASE_DONE, NULL);
        tell_call(&stage, &call);
        t = call.end_us;
        tell_phase(&stage, EVENT_PHASE_END, t, 0, SUITE_AGENTIC, phases[i], PHASE_DONE, NULL);
    }
    const char *first = strstr(buf_string(&stage.out), "agentic  prefix reuse: YES");
    assert_non_null(first);
    assert_null(strstr(first + 20, "prefix reuse:"));
    clear_stage(&stage);
}

static void test_progress_is_rare(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 1);
    struct call call = build_call(1, 0, SUITE_AGENTIC, "cold", 0, S, 2000, 100, 400);
    tell_phase(&stage, EVENT_PHASE_START, S, 0, SUITE_AGENTIC, "cold", PHASE_DONE, NULL);
    build_call_start(stage.board, S, &call);
    for (int second = 1; second <= 35; second++)
        tell(&stage, build_sample(second * S));
    assert_int_equal(lines_of(&stage), 3);
    assert_non_null(strstr(buf_string(&stage.out), "   10.0s  0% done"));
    assert_non_null(strstr(buf_string(&stage.out), "  a  agentic/cold  0 done, 1 running"));
    clear_stage(&stage);
}

static void test_notes_endpoints_and_the_end(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 1);
    tell(&stage, event_note_new(S, NOTE_WARN, 1, "slow\ndisk"));
    tell(&stage, event_note_new(2 * S, NOTE_INFO, -1, "hello"));
    struct event *event = event_new(EVENT_ENDPOINT, 3 * S);
    event->endpoint.ep = 0;
    event->endpoint.state = ENDPOINT_DOWN;
    event->endpoint.engine = -1;
    event->endpoint.detail = mem_string("connection refused");
    tell(&stage, event);
    event = event_new(EVENT_ENDPOINT, 3 * S);
    event->endpoint.ep = 77; /* of no endpoint */
    tell(&stage, event);
    event = event_new(EVENT_RUN_END, 61 * S);
    event->run_end.status = RUN_STOPPED;
    event->run_end.dropped = 3;
    tell(&stage, event);
    assert_string_equal(buf_string(&stage.out),
                        "    1.0s  b  warn: slow␊disk\n"
                        "    2.0s  info: hello\n"
                        "    3.0s  a  down  connection refused\n"
                        "   61.0s  run stopped  0 phases  0 calls  3 progress events dropped\n");
    clear_stage(&stage);
}

static void test_labels_tell_runs_apart(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 1);
    stage.plain.label = "first-run";
    tell(&stage, event_note_new(S, NOTE_ERROR, 0, "x"));
    assert_string_equal(buf_string(&stage.out), "    1.0s  first-run  a  error: x\n");
    clear_stage(&stage);
}

static void test_header(void **state) {
    (void)state;
    struct stage stage;
    set_stage(&stage, 3);
    plain_header(stage.board, &stage.out);
    const char *text = buf_string(&stage.out);
    assert_non_null(strstr(text, "pitwall  test  run 20261120T180211Z-test-0001"));
    assert_non_null(strstr(text, "3 passes\n"));
    assert_non_null(strstr(text, "b  llama.cpp  tiny  http://127.0.0.1:8001  lane box\n"));
    assert_non_null(strstr(text, "agentic: warmup cold"));
    assert_null(strstr(text, "SIM"));
    clear_stage(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_phase_of_one_call_is_one_line),
        cmocka_unit_test(test_a_burst_tells_medians_and_each_class_once),
        cmocka_unit_test(test_calls_not_counted_are_no_failures),
        cmocka_unit_test(test_skipped_phases_say_why),
        cmocka_unit_test(test_gates_are_told_once),
        cmocka_unit_test(test_verdicts_are_told_when_they_change),
        cmocka_unit_test(test_progress_is_rare),
        cmocka_unit_test(test_notes_endpoints_and_the_end),
        cmocka_unit_test(test_labels_tell_runs_apart),
        cmocka_unit_test(test_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
