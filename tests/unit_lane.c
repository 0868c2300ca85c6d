/* lane: calls at once, headers, time limits, the user's commands, readiness; on the test's own
 * thread, without a runner. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/processes.h"
#include "host/sampler.h"
#include "rig.h"
#include "suites/lane_inner.h"

struct bed {
    struct fake fake;
    struct rig rig;
    struct lane *lane;
};

static void bed_begin(struct bed *bed, const char *more) {
    fake_start(&bed->fake);
    rig_begin(&bed->rig);
    rig_endpoint(&bed->rig, "a", bed->fake.port, more);
    rig_plan(&bed->rig);
    bed->lane = lane_new(&bed->rig.bench, "here");
    lane_add(bed->lane, 0);
}

static void bed_end(struct bed *bed) {
    lane_free(bed->lane);
    rig_done(&bed->rig);
    fake_done(&bed->fake);
}

static const struct chat_message hello[] = {{.role = "system",
                                             .content = "Be bri\xc3\xa9"
                                                        "f."},
                                            {.role = "user", .content = "Hello?"}};

static void ask(struct bed *bed, struct lane_call *call, int index) {
    lane_call_init(call, 0, SUITE_BURST, "burst-9", 2, index);
    lane_call_defaults(bed->lane, call);
    call->request.messages = hello;
    call->request.message_count = 2;
    call->request.shared_messages = 1;
    call->request.max_tokens = 20;
}

static enum verdict3 says_yes(const struct lane_call *call) {
    return call->expect == 42 && strstr(chat_content(call->stream), "amber0") ? CHECK_YES
                                                                              : CHECK_NO;
}

static void test_many_at_once(void **state) {
    (void)state;
    enum { COUNT = 40 };
    struct bed bed;
    struct lane_call calls[COUNT];
    bed_begin(&bed, ",key_env=RIG_KEY,model=m-1");
    atomic_store(&bed.fake.token_us, 20000);
    assert_int_equal(lane_connect(bed.lane, 0, COUNT, NULL), COUNT);
    int connections = atomic_load(&bed.fake.connections);
    for (int i = 0; i < COUNT; i++) {
        ask(&bed, &calls[i], i);
        calls[i].check = says_yes;
        calls[i].expect = i == 3 ? 41 : 42;
        calls[i].keep_output = calls[i].keep_request = i == 5;
    }
    assert_true(lane_perform(bed.lane, calls, COUNT));
    rig_take(&bed.rig, 0);
    assert_int_equal(atomic_load(&bed.fake.connections), connections);
    assert_int_equal(rig_kind(&bed.rig, EVENT_CALL_START), COUNT);
    assert_int_equal(rig_kind(&bed.rig, EVENT_FIRST_TOKEN), COUNT);
    assert_int_equal(rig_kind(&bed.rig, EVENT_CALL_END), COUNT);
    /* 0.4 s of tokens: at most ten a second, and the first not before 0.1 s */
    assert_in_range(rig_kind(&bed.rig, EVENT_PROGRESS), 1, 5);
    int64_t first = INT64_MAX, last = 0;
    for (int i = 0; i < COUNT; i++) {
        const struct call *call = &calls[i].call;
        assert_true(call->ok);
        assert_int_equal(call->correct, i == 3 ? CHECK_NO : CHECK_YES);
        assert_int_equal(call->index, i);
        assert_int_equal(call->pass, 2);
        assert_int_equal(call->prompt_chars, 9 + 6);
        assert_int_equal(call->shared_chars, 9);
        first = call->start_us < first ? call->start_us : first;
        last = call->sent_us > last ? call->sent_us : last;
    }
    assert_true(last - first < 200000);
    for (size_t i = 0; i < bed.rig.count; i++) {
        const struct event *event = bed.rig.events[i];
        if (event->kind == EVENT_PROGRESS) {
            assert_string_equal(event->progress.lane, "here");
            assert_in_range(event->progress.count, 1, COUNT);
        }
        if (event->kind == EVENT_CALL_OUTPUT) {
            assert_int_equal(event->output.id, calls[5].call.id);
            assert_non_null(strstr(event->output.content, "birch1"));
            assert_non_null(strstr(event->output.request, "Hello?"));
            assert_null(event->output.tool_calls);
            assert_false(event->output.cut);
        }
    }
    assert_int_equal(rig_kind(&bed.rig, EVENT_CALL_OUTPUT), 1);
    for (int i = 0; i < COUNT; i++)
        lane_call_done(&calls[i]);
    bed_end(&bed);
}

static void test_headers_and_body(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call call;
    bed_begin(&bed, ",key_env=RIG_KEY,model=m-1,thinking=on,extra_body={\"top_k\":1,\"a\":2}");
    bed.rig.options.extra_body = mem_string("{\"top_k\":9,\"b\":3}");
    lane_free(bed.lane); /* anew: the lane lays the two over each other when it is made */
    bed.lane = lane_new(&bed.rig.bench, "here");
    lane_add(bed.lane, 0);
    ask(&bed, &call, 0);
    assert_true(lane_perform(bed.lane, &call, 1));
    const char *sent = bed.fake.requests[0];
    char *id = mem_format("X-Request-Id: %s/%d\r\n", bed.rig.run.id, (int)call.call.id);
    assert_non_null(strstr(sent, id));
    assert_non_null(strstr(sent, "Authorization: Bearer s3cret\r\n"));
    assert_non_null(strstr(sent, "\"model\":\"m-1\""));
    assert_non_null(strstr(sent, "\"top_k\":1"));
    assert_non_null(strstr(sent, "\"a\":2"));
    assert_non_null(strstr(sent, "\"b\":3"));
    assert_non_null(strstr(sent, "\"enable_thinking\":true"));
    assert_int_equal(call.call.thinking, THINKING_ON);
    free(id);
    lane_call_done(&call);
    bed_end(&bed);
}

static void test_key_that_is_not_there(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call call;
    bed_begin(&bed, ",key_env=OTHER_KEY");
    for (int i = 0; i < 2; i++) {
        ask(&bed, &call, i);
        assert_true(lane_perform(bed.lane, &call, 1));
        lane_call_done(&call);
    }
    rig_take(&bed.rig, 0);
    assert_null(strstr(bed.fake.requests[0], "Authorization"));
    assert_true(rig_noted(&bed.rig, "OTHER_KEY"));
    assert_int_equal(rig_kind(&bed.rig, EVENT_NOTE), 1);
    bed_end(&bed);
}

static void test_quiet(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call call;
    bed_begin(&bed, "");
    ask(&bed, &call, 0);
    call.quiet = true;
    assert_true(lane_perform(bed.lane, &call, 1));
    assert_true(call.call.ok);
    rig_take(&bed.rig, 0);
    assert_int_equal(bed.rig.count, 0);
    lane_call_done(&call);
    bed_end(&bed);
}

static void test_not_streamed(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call call;
    bed_begin(&bed, "");
    bed.rig.options.no_stream = true;
    ask(&bed, &call, 0);
    assert_true(lane_perform(bed.lane, &call, 1));
    assert_non_null(strstr(bed.fake.requests[0], "\"stream\":false"));
    lane_call_done(&call);
    bed_end(&bed);
}

static void test_bad_extra_body(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call call;
    bed_begin(&bed, "");
    ask(&bed, &call, 0);
    call.request.extra_body = "[1]";
    assert_true(lane_perform(bed.lane, &call, 1));
    assert_int_equal(call.call.error, ERROR_PROTOCOL);
    assert_int_equal(bed.fake.request_count, 0);
    rig_take(&bed.rig, 0);
    assert_int_equal(rig_kind(&bed.rig, EVENT_CALL_START), 1);
    assert_int_equal(rig_kind(&bed.rig, EVENT_CALL_END), 1);
    lane_call_done(&call);
    bed_end(&bed);
}

/* Headers and a role chunk come at once, a token never: the call's limit ends it. */
static void test_hanging_server(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call call;
    bed_begin(&bed, "");
    atomic_store(&bed.fake.mode, FAKE_HANGS);
    bed.rig.options.timeout_s = 0.3;
    ask(&bed, &call, 0);
    int64_t begin = clock_us();
    assert_true(lane_perform(bed.lane, &call, 1));
    assert_true(clock_us() - begin < 2000000);
    assert_int_equal(call.call.error, ERROR_TIMEOUT_CALL);
    assert_int_equal(call.call.first_token_us, MARK_NONE);
    assert_true(call.call.first_byte_us != MARK_NONE);
    assert_true(isnan(call.call.ttft_ms));
    lane_call_done(&call);
    bed_end(&bed);
}

static void test_interrupted_before(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call call;
    bed_begin(&bed, "");
    ask(&bed, &call, 0);
    lane_command(bed.lane, LANE_SKIP_PHASE, -1);
    assert_false(lane_perform(bed.lane, &call, 1));
    assert_false(lane_pause(bed.lane, 1000000));
    assert_true(lane_skipped(bed.lane));
    assert_false(lane_skipped(bed.lane));
    lane_command(bed.lane, LANE_SKIP_PHASE, 5); /* another endpoint's */
    assert_true(lane_pause(bed.lane, 1000));
    lane_command(bed.lane, LANE_STOP, 0);
    assert_false(lane_perform(bed.lane, &call, 1));
    assert_true(lane_stopped(bed.lane));
    rig_take(&bed.rig, 0);
    assert_int_equal(bed.rig.count, 0);
    lane_call_done(&call);
    bed_end(&bed);
}

/* A skip is of the endpoint it was asked for, also while another one is visited. */
static void test_skips_are_kept_apart(void **state) {
    (void)state;
    struct rig rig;
    rig_begin(&rig);
    rig_endpoint(&rig, "a", 4001, "");
    rig_endpoint(&rig, "b", 4002, "");
    rig_plan(&rig);
    struct lane *lane = lane_new(&rig.bench, "here");
    lane_add(lane, 0);
    lane_add(lane, 1);
    lane_visit(lane, 0);
    lane_command(lane, LANE_SKIP_PHASE, 1);
    assert_true(lane_pause(lane, 1000));
    assert_true(lane_phase_close(lane, 0, SUITE_AGENTIC, "warm", 0));
    lane_command(lane, LANE_SKIP_PHASE, 0);
    lane_command(lane, LANE_SKIP_PHASE, ENDPOINTS_MAX); /* nobody's */
    assert_true(lane_skipped(lane));
    assert_false(lane_skipped(lane));
    lane_visit(lane, 1);
    assert_false(lane_pause(lane, 1000));
    assert_true(lane_phase_close(lane, 1, SUITE_AGENTIC, "cold", 0));
    assert_true(lane_pause(lane, 1000));
    rig_take(&rig, 0);
    assert_int_equal(rig.events[0]->phase.status, PHASE_DONE);
    assert_int_equal(rig.events[1]->phase.status, PHASE_SKIPPED);
    lane_free(lane);
    rig_done(&rig);
}

static void test_pause_is_as_long_as_asked(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "");
    int64_t begin = clock_us();
    lane_wake(bed.lane); /* a wake for nothing does not end it */
    assert_true(lane_pause(bed.lane, 60000));
    assert_in_range(clock_us() - begin, 60000, 500000);
    bed_end(&bed);
}

/* ---- standing still ---- */

/* A call's check holds the lane's thread for a while. */
static enum verdict3 sleeps(const struct lane_call *call) {
    (void)call;
    fake_sleep(800000);
    return CHECK_NONE;
}

static enum verdict3 works(const struct lane_call *call) {
    (void)call;
    for (int64_t until = clock_us() + 800000; clock_us() < until;)
        continue;
    return CHECK_NONE;
}

/* Two engines: the other one's call is still in flight when the first one ends. */
struct pair {
    struct fake quick, slow;
    struct rig rig;
    struct lane *lane;
    struct lane_call calls[2];
};

static void pair_run(struct pair *pair, enum verdict3 (*check)(const struct lane_call *)) {
    fake_start(&pair->quick);
    fake_start(&pair->slow);
    atomic_store(&pair->slow.token_us, 15000);
    rig_begin(&pair->rig);
    rig_endpoint(&pair->rig, "a", pair->quick.port, "");
    rig_endpoint(&pair->rig, "b", pair->slow.port, "");
    rig_plan(&pair->rig);
    pair->lane = lane_new(&pair->rig.bench, "here");
    for (int ep = 0; ep < 2; ep++) {
        lane_add(pair->lane, ep);
        lane_call_init(&pair->calls[ep], ep, SUITE_COHAB, "both", 0, ep);
        lane_call_defaults(pair->lane, &pair->calls[ep]);
        pair->calls[ep].request.messages = hello;
        pair->calls[ep].request.message_count = 2;
    }
    pair->calls[0].check = check;
    assert_true(lane_perform(pair->lane, pair->calls, 2));
    rig_take(&pair->rig, 0);
}

static void pair_end(struct pair *pair) {
    for (int ep = 0; ep < 2; ep++)
        lane_call_done(&pair->calls[ep]);
    lane_free(pair->lane);
    rig_done(&pair->rig);
    fake_done(&pair->quick);
    fake_done(&pair->slow);
}

static void test_standing_still_is_no_figure(void **state) {
    (void)state;
    struct pair pair;
    pair_run(&pair, sleeps);
    assert_true(pair.calls[0].call.ok); /* its end was before */
    const struct call *call = &pair.calls[1].call;
    assert_int_equal(call->error, ERROR_SUSPENDED);
    assert_false(call->ok);
    assert_non_null(strstr(call->error_detail, "did not run for 0."));
    assert_int_equal(rig_kind(&pair.rig, EVENT_NOTE), 1);
    assert_true(rig_noted(&pair.rig, "not counted"));
    pair_end(&pair);
}

/* Between two calls nothing is measured. */
static void test_standing_still_between_calls(void **state) {
    (void)state;
    struct bed bed;
    struct lane_call calls[2];
    bed_begin(&bed, "");
    for (int i = 0; i < 2; i++) {
        ask(&bed, &calls[i], i);
        calls[i].check = i == 0 ? sleeps : NULL;
        assert_true(lane_perform(bed.lane, &calls[i], 1));
        assert_true(calls[i].call.ok);
    }
    rig_take(&bed.rig, 0);
    assert_int_equal(rig_kind(&bed.rig, EVENT_NOTE), 0);
    for (int i = 0; i < 2; i++)
        lane_call_done(&calls[i]);
    bed_end(&bed);
}

/* Its own work may keep the loop busy: that is lateness, told elsewhere. */
static void test_work_is_not_standing_still(void **state) {
    (void)state;
    struct pair pair;
    pair_run(&pair, works);
    assert_true(pair.calls[0].call.ok && pair.calls[1].call.ok);
    assert_int_equal(rig_kind(&pair.rig, EVENT_NOTE), 0);
    pair_end(&pair);
}

/* ---- commands of the user ---- */

static int shell(struct bed *bed, const char *command, int64_t ms, struct error *error) {
    *error = (struct error){0};
    return lane_shell(bed->lane, command, ms, error);
}

static void test_shell(void **state) {
    (void)state;
    struct bed bed;
    struct error error;
    bed_begin(&bed, "");
    assert_int_equal(shell(&bed, "true", 5000, &error), 0);
    assert_int_equal(shell(&bed, "echo first; echo second >&2; exit 7", 5000, &error), 7);
    assert_string_equal(error.text, "second");
    assert_int_equal(shell(&bed, "kill -9 $$", 5000, &error), 128 + SIGKILL);
    assert_int_equal(shell(&bed, "no-such-program-here", 5000, &error), 127);
    assert_int_equal(shell(&bed, "printf 'a\\033[31mb'", 5000, &error), 0);
    assert_null(strchr(error.text, '\033'));
    assert_int_equal(shell(&bed, "yes | head -c 300000; echo; echo end", 5000, &error), 0);
    assert_string_equal(error.text, "end");
    /* what it leaves in the background is not waited for */
    int64_t begin = clock_us();
    assert_int_equal(shell(&bed, "sleep 3 & echo started", 5000, &error), 0);
    assert_string_equal(error.text, "started");
    assert_true(clock_us() - begin < 2000000);
    bed_end(&bed);
}

static void test_shell_timeout_ends_the_group(void **state) {
    (void)state;
    struct bed bed;
    struct error error;
    char path[] = "/tmp/pitwall-lane-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    bed_begin(&bed, "");
    char *command = mem_format("while :; do echo x >> %s; sleep 0.02; done & sleep 100", path);
    int64_t begin = clock_us();
    assert_int_equal(shell(&bed, command, 300, &error), -1);
    assert_true(clock_us() - begin < 2500000);
    assert_non_null(strstr(error.text, "no end after"));
    off_t written = lseek(fd, 0, SEEK_END);
    assert_true(written > 0);
    fake_sleep(150000); /* whoever still lived would write on */
    assert_int_equal(lseek(fd, 0, SEEK_END), written);
    free(command);
    close(fd);
    unlink(path);
    bed_end(&bed);
}

/* The engine that is started must not hold our connections open. */
static void test_shell_inherits_nothing(void **state) {
    (void)state;
    struct bed bed;
    struct error error;
    bed_begin(&bed, "");
    lane_wake(bed.lane);
    assert_int_equal(lane_connect(bed.lane, 0, 3, NULL), 3);
    int status =
        shell(&bed, "for f in 3 4 5 6 7 8 9; do if (: <&$f) 2>/dev/null; then exit 9; fi; done",
              5000, &error);
    assert_int_equal(status, 0);
    bed_end(&bed);
}

static void test_shell_post(void **state) {
    (void)state;
    struct bed bed;
    struct error error;
    bed_begin(&bed, "");
    char *good = mem_format("POST http://127.0.0.1:%d/restart", bed.fake.port);
    char *bad = mem_format("POST http://127.0.0.1:%d/nowhere", bed.fake.port);
    lane_wake(bed.lane); /* one of before does not cut it short */
    assert_int_equal(shell(&bed, good, 5000, &error), 0);
    assert_int_equal(atomic_load(&bed.fake.restarts), 1);
    assert_int_equal(shell(&bed, bad, 5000, &error), 1);
    assert_string_equal(error.text, "HTTP 404");
    free(good);
    free(bad);
    bed_end(&bed);
}

/* ---- readiness ---- */

static void test_ready(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "");
    atomic_store(&bed.fake.loading, 1);
    assert_int_equal(lane_ready(bed.lane, 0, 0),
                     LANE_READY); /* loading is waited for, refusing is not */
    assert_int_equal(lane_ready(bed.lane, 0, 0), LANE_READY);
    fake_stop(&bed.fake);
    int64_t begin = clock_us();
    assert_int_equal(lane_ready(bed.lane, 0, 250), LANE_NOT_READY);
    assert_in_range(clock_us() - begin, 250000, 1500000);
    assert_int_equal(lane_connect(bed.lane, 0, 1, NULL), 0);
    rig_take(&bed.rig, 0);
    static const enum endpoint_state states[] = {ENDPOINT_LOADING, ENDPOINT_UP, ENDPOINT_DOWN};
    assert_int_equal(bed.rig.count, COUNT_OF(states));
    for (size_t i = 0; i < COUNT_OF(states); i++)
        assert_int_equal(bed.rig.events[i]->endpoint.state, states[i]);
    bed_end(&bed);
}

/* Stopped, skipped and waited in vain are three things; one that answers is ready all the same. */
static void test_why_it_is_not_ready(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "");
    lane_visit(bed.lane, 0);
    lane_command(bed.lane, LANE_SKIP_PHASE, 0);
    assert_int_equal(lane_ready(bed.lane, 0, 0), LANE_READY);
    fake_stop(&bed.fake);
    assert_int_equal(lane_ready(bed.lane, 0, 60000), LANE_WAIT_SKIPPED);
    assert_true(lane_skipped(bed.lane));
    assert_int_equal(lane_ready(bed.lane, 0, 0), LANE_NOT_READY);
    lane_command(bed.lane, LANE_RETRY, 0);
    assert_int_equal(lane_ready(bed.lane, 0, 60000), LANE_WAIT_STOPPED);
    bed_end(&bed);
}

/* What requests send, looking for readiness sends too; and neither what is no header. */
static void test_one_key_for_all(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, ",key_env=RIG_KEY");
    char *header = lane_authorization(bed.lane, lane_slot(bed.lane, 0));
    assert_string_equal(header, "Authorization: Bearer s3cret");
    free(header);
    bed_end(&bed);
    bed_begin(&bed, ",key_env=RIG_BAD_KEY");
    assert_null(lane_authorization(bed.lane, lane_slot(bed.lane, 0)));
    assert_int_equal(lane_ready(bed.lane, 0, 0), LANE_READY);
    rig_take(&bed.rig, 0);
    assert_int_equal(rig_kind(&bed.rig, EVENT_NOTE), 1);
    bed_end(&bed);
}

static void test_ready_command(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, ",ready=echo not yet; exit 1");
    assert_int_equal(lane_ready(bed.lane, 0, 0), LANE_NOT_READY);
    rig_take(&bed.rig, 0);
    assert_int_equal(bed.rig.events[0]->endpoint.state, ENDPOINT_DOWN);
    assert_non_null(strstr(bed.rig.events[0]->endpoint.detail, "not yet"));
    bed_end(&bed);
}

/* ---- the heartbeat ---- */

static void test_sampler(void **state) {
    (void)state;
    struct run run;
    struct queue *queue = queue_new(1 << 20);
    struct event *samples[8];
    size_t count = 0, absences = 0;
    run_init(&run);
    run.endpoint_count = 3;
    run.endpoints = mem_zero(3, sizeof *run.endpoints);
    for (int i = 0; i < 3; i++)
        endpoint_init(&run.endpoints[i]);
    run.endpoints[0].lane = mem_string("one");
    run.endpoints[0].url = mem_string("http://10.1.2.3:80");
    run.endpoints[1].lane = mem_string("two");
    run.endpoints[1].url = mem_string("http://127.0.0.1:80");
    run.endpoints[1].simulated = true;
    run.endpoints[2].lane = mem_string("one");
    struct sampler *sampler = sampler_start(&run, queue, clock_ns(), &engine_processes);
    while (count < 4) {
        struct item item;
        queue_wait(queue, 3000);
        if (queue_pop(queue, &item, 1) == 0)
            continue;
        if (item.event->kind == EVENT_SAMPLE) {
            samples[count++] = item.event;
            continue;
        }
        /* of the two endpoints on "one": no telemetry */
        assert_int_equal(item.event->kind, EVENT_CAPABILITY);
        assert_int_not_equal(item.event->capability.ep, 1);
        absences++;
        event_free(item.event);
    }
    int64_t begin = clock_us();
    sampler_stop(sampler);
    assert_true(clock_us() - begin < 500000);
    for (size_t i = 0; i < count; i++) {
        const struct event *event = samples[i];
        assert_string_equal(event->sample.lane, i % 2 ? "two" : "one");
        assert_int_equal(event->sample.rail_count, 0);
        assert_true(isnan(event->sample.swap_mb));
        event_free(samples[i]);
    }
    assert_true(absences > 0);
    run_done(&run);
    queue_free(queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_headers_and_body),
        cmocka_unit_test(test_key_that_is_not_there),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_not_streamed),
        cmocka_unit_test(test_bad_extra_body),
        cmocka_unit_test(test_hanging_server),
        cmocka_unit_test(test_interrupted_before),
        cmocka_unit_test(test_skips_are_kept_apart),
        cmocka_unit_test(test_pause_is_as_long_as_asked),
        cmocka_unit_test(test_standing_still_is_no_figure),
        cmocka_unit_test(test_standing_still_between_calls),
        cmocka_unit_test(test_work_is_not_standing_still),
        cmocka_unit_test(test_shell),
        cmocka_unit_test(test_shell_timeout_ends_the_group),
        cmocka_unit_test(test_shell_inherits_nothing),
        cmocka_unit_test(test_shell_post),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_why_it_is_not_ready),
        cmocka_unit_test(test_one_key_for_all),
        cmocka_unit_test(test_ready_command),
        cmocka_unit_test(test_sampler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
