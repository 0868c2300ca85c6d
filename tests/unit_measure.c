/* measure: our marks and figures against the simulated engines' own truth, over a whole agentic
 * pass. The machine may be busy: medians are held to a few ms and decode to 1 %, single calls to
 * more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/json.h"
#include "model/stats.h"
#include "rig.h"
#include "sim/sim.h"

struct engines {
    struct rig rig;
    pid_t pid;
};

static int set_up(void **state) {
    static const char *const profiles[] = {"rapid-mlx", "vllm-mlx"};
    struct engines *engines = mem_zero(1, sizeof *engines);
    struct error error = {0};
    struct endpoint *endpoints;
    size_t count;
    rig_begin(&engines->rig);
    engines->pid = sim_spawn(profiles, COUNT_OF(profiles), &endpoints, &count, &error);
    if (engines->pid < 0)
        return -1;
    engines->rig.options.endpoints = endpoints;
    engines->rig.options.endpoint_count = count;
    engines->rig.options.max_tokens = 40;
    rig_plan(&engines->rig);
    engines->rig.runner = runner_start(&engines->rig.bench);
    *state = engines;
    return rig_until(&engines->rig, 0, rig_is_end) < 0 ? -1 : 0;
}

static int tear_down(void **state) {
    struct engines *engines = *state;
    kill(engines->pid, SIGTERM);
    waitpid(engines->pid, NULL, 0);
    rig_done(&engines->rig);
    free(engines);
    return 0;
}

static struct cJSON *fetch_truth(const char *base) {
    struct loop *loop = loop_new();
    struct http *http = http_new(loop, "measure");
    struct http_reply reply = {0};
    struct error error = {0};
    char *url = mem_format("%s/truth", base);
    assert_true(http_fetch(http, "GET", url, NULL, 0, NULL, 5000, 8 << 20, &reply, &error));
    struct cJSON *tree = json_parse(reply.body, reply.length, &error);
    http_reply_done(&reply);
    free(url);
    http_free(http);
    loop_free(loop);
    assert_non_null(tree);
    return tree;
}

static const cJSON *truth_of(const struct cJSON *list, const char *run, int64_t id) {
    char wanted[96];
    snprintf(wanted, sizeof wanted, "%s/%lld", run, (long long)id);
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        const char *found = json_string(item, "id");
        if (found && strcmp(found, wanted) == 0)
            return item;
    }
    fail_msg("the engine knows nothing of %s", wanted);
    return NULL;
}

/* What is held against the truth, over all calls. */
struct errors {
    struct values start, first, last, decode; /* ms, ms, ms, percent */
    size_t calls;
};

static void hold(struct errors *errors, const struct call *call, const cJSON *truth,
                 int64_t epoch_ns) {
    double epoch = (double)epoch_ns;
    double first = json_number(truth, "first_token_ns"), last = json_number(truth, "last_token_ns");
    double received = json_number(truth, "received_ns");
    double tokens = json_number(truth, "completion_tokens");
    assert_true(call->ok);
    assert_int_equal(call->completion_tokens, (int64_t)tokens);
    assert_int_equal(call->prompt_tokens, (int64_t)json_number(truth, "prompt_tokens"));
    values_add(&errors->start, (received - epoch - 1e3 * (double)call->start_us) / 1e6);
    values_add(&errors->first, (1e3 * (double)call->first_token_us + epoch - first) / 1e6);
    values_add(&errors->last, (1e3 * (double)call->last_token_us + epoch - last) / 1e6);
    double rate = (tokens - 1) / ((last - first) / 1e9);
    values_add(&errors->decode, 100 * (call->decode_tps - rate) / rate);
    errors->calls++;
}

static void test_marks_and_rates(void **state) {
    const struct engines *engines = *state;
    const struct rig *rig = &engines->rig;
    struct errors errors = {0};
    for (size_t e = 0; e < rig->run.endpoint_count; e++) {
        struct cJSON *list = fetch_truth(rig->run.endpoints[e].url);
        for (size_t i = 0; i < rig->count; i++) {
            const struct event *event = rig->events[i];
            if (event->kind == EVENT_CALL_END && event->call.ep == (int)e)
                hold(&errors, &event->call, truth_of(list, rig->run.id, event->call.id),
                     rig->bench.epoch_ns);
        }
        json_free(list);
    }
    assert_int_equal(errors.calls, 14); /* 7 phases on two engines */
    double start = stats_median(errors.start.at, errors.start.count);
    double first = stats_median(errors.first.at, errors.first.count);
    double last = stats_median(errors.last.at, errors.last.count);
    double decode = stats_median(errors.decode.at, errors.decode.count);
    print_message("median: request on its way %.3f ms, first token %.3f ms, last %.3f ms after "
                  "the engine's; decode %+.3f %%\n",
                  start, first, last, decode);
    /* the request is at the engine after we started the clock, and soon */
    assert_true(start > 0 && start < 20);
    /* tokens cannot be seen before they were written; the engine stamps just after its write */
    assert_true(first > -1 && first < 5);
    assert_true(last > -1 && last < 5);
    assert_true(fabs(decode) < 1);
    values_done(&errors.start);
    values_done(&errors.first);
    values_done(&errors.last);
    values_done(&errors.decode);
}

/* Reuse as the profiles have it: one engine keeps the system prompt for other users, one does not.
 */
static void test_cached_tokens(void **state) {
    const struct engines *engines = *state;
    const struct rig *rig = &engines->rig;
    double cold[2] = {0}, prefix[2] = {0};
    for (size_t i = 0; i < rig->count; i++) {
        const struct call *call = &rig->events[i]->call;
        if (rig->events[i]->kind != EVENT_CALL_END)
            continue;
        if (strcmp(call->phase, "cold") == 0)
            cold[call->ep] = call->ttft_ms;
        if (strcmp(call->phase, "prefix-test-2") == 0)
            prefix[call->ep] = call->ttft_ms;
    }
    assert_true(prefix[0] / cold[0] < 0.3);
    assert_true(prefix[1] / cold[1] > 0.8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_and_rates),
        cmocka_unit_test(test_cached_tokens),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
