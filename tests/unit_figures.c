/* figures: from an engine's reply over the log's line to a cell's figure, the whole way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "build.h"
#include "net/chat.h"

#define D(json) "data: " json "\n\n"

/* One call of that phase whose stream ends with these members; its cell's `metric`. */
static double told(const char *phase, const char *members, enum metric_id metric) {
    struct run run = build_run(1, 1);
    build_plan(&run, SUITE_AGENTIC, BUILD_AGENTIC);
    struct board *board = board_new(&run);
    run_done(&run);
    struct call call = build_call(1, 0, SUITE_AGENTIC, phase, 0, 0, 1000, 100, 100);
    struct chat_stream *stream = chat_stream_new(&dialect_openai, true);
    char *last = mem_format(
        D("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],%s}") D("[DONE]"), members);
    const char *first = D("{\"choices\":[{\"delta\":{\"content\":\"A\"}}]}");
    call.prompt_tokens = call.cached_tokens = call.completion_tokens = COUNT_NONE;
    call.first_token_us = call.first_content_us = call.last_token_us = MARK_NONE;
    call.chunks = 0;
    assert_true(chat_stream_feed(stream, &call, first, strlen(first), 1000000));
    assert_true(chat_stream_feed(stream, &call, last, strlen(last), 2000000));
    chat_stream_end(stream, &call, 200, ERROR_NONE, "");
    assert_true(call.ok);
    struct event event = {.t = call.end_us, .kind = EVENT_CALL_END, .call = call}, read;
    struct buf line;
    struct error error;
    buf_init(&line, 1 << 20);
    assert_true(event_encode(&event, &line));
    assert_int_equal(event_decode(&read, line.data, line.length, &error), EVENT_DECODED);
    board_apply(board, &read);
    double value =
        board_value(board, 0, board_column(board, SUITE_AGENTIC, phase), metric, STAT_MEDIAN);
    event_done(&read);
    buf_done(&line);
    free(last);
    chat_stream_free(stream);
    call_done(&call);
    board_free(board);
    return value;
}

static void close_to(double is, double wanted) {
    assert_true(fabs(is - wanted) < 1e-6 * fmax(1, fabs(wanted)));
}

static void test_acceptance(void **state) {
    (void)state;
    close_to(
        told("warm", "\"timings\":{\"draft_n\":200,\"draft_n_accepted\":164}", METRIC_MTP_ACCEPT),
        82);
    close_to(told("warm",
                  "\"stats\":{\"total_draft_tokens_count\":40,\"accepted_draft_tokens_count\":10}",
                  METRIC_MTP_ACCEPT),
             25);
    assert_true(isnan(
        told("warm", "\"timings\":{\"draft_n\":0,\"draft_n_accepted\":0}", METRIC_MTP_ACCEPT)));
    assert_true(isnan(
        told("warm", "\"timings\":{\"draft_n\":2,\"draft_n_accepted\":3}", METRIC_MTP_ACCEPT)));
    assert_true(isnan(told("warm", "\"usage\":{\"draft_n\":2}", METRIC_MTP_ACCEPT)));
}

#define USAGE(cached)                                                                              \
    "\"usage\":{\"prompt_tokens\":2000,\"completion_tokens\":9,\"prompt_tokens_details\":{" cached \
    "}}"

/* Unknown is not zero: a cached prompt would be the fastest prefill of all. */
static void test_prefill(void **state) {
    (void)state;
    close_to(told("cold", USAGE(""), METRIC_PREFILL), 2000);
    close_to(told("cold-control", USAGE(""), METRIC_PREFILL), 2000);
    assert_true(isnan(told("warm", USAGE(""), METRIC_PREFILL)));
    assert_true(isnan(told("cold-prefix", USAGE(""), METRIC_PREFILL)));
    close_to(told("warm", USAGE("\"cached_tokens\":0"), METRIC_PREFILL), 2000);
    close_to(told("warm", USAGE("\"cached_tokens\":1800"), METRIC_PREFILL), 200);
    assert_true(isnan(told("warm", USAGE("\"cached_tokens\":1801"), METRIC_PREFILL)));
    assert_true(isnan(told("cold", USAGE("\"cached_tokens\":1999"), METRIC_PREFILL)));
    assert_true(isnan(told("cold", "\"timings\":{}", METRIC_PREFILL)));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acceptance),
        cmocka_unit_test(test_prefill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
