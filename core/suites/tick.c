#include "suites/tick.h"

#include <stdlib.h>

#include "suites/burst.h"
#include "suites/prompts.h"

#define PHASE "tick"
#define ANSWER_TOKENS 128

static void tick_plan(struct plan *plan, const struct options *options) {
    (void)options;
    plan_add(plan, PHASE);
}

static bool call_once(struct lane *lane, const struct endpoint *endpoint, int pass, int index,
                      const char *system) {
    const struct bench *bench = lane_bench(lane);
    const struct options *options = bench->options;
    struct lane_call call;
    lane_call_init(&call, endpoint->ep, SUITE_TICK, PHASE, pass, index);
    lane_call_defaults(lane, &call);
    char *question = prompt_question(bench->run->seed, index, &call.expect);
    struct chat_message messages[] = {{.role = "system", .content = system},
                                      {.role = "user", .content = question}};
    call.request.messages = messages;
    call.request.message_count = COUNT_OF(messages);
    call.request.shared_messages = 1;
    call.request.max_tokens = options->max_tokens > 0 ? options->max_tokens : ANSWER_TOKENS;
    call.check = burst_check;
    bool done = lane_perform(lane, &call, 1);
    bool alive = call.call.error != ERROR_CONNECT && call.call.error != ERROR_TIMEOUT_CONNECT;
    call.request.messages = NULL;
    lane_call_done(&call);
    free(question);
    return done && alive;
}

static void tick_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    const struct bench *bench = lane_bench(lane);
    char *salt = prompt_salt(bench->run->salt, bench->run->id, pass, endpoint->ep, SUITE_TICK,
                             lane_attempt(lane, endpoint->ep));
    char *system = prompt_system(bench->run->workload, 'A', salt);
    free(salt);
    lane_phase_start(lane, endpoint->ep, SUITE_TICK, PHASE, pass);
    lane_connect(lane, endpoint->ep, 1, NULL);
    for (int i = 0; i < bench->options->tick; i++)
        if (!call_once(lane, endpoint, pass, i, system))
            break;
    lane_phase_close(lane, endpoint->ep, SUITE_TICK, PHASE, pass);
    free(system);
}

const struct suite suite_tick = {
    .id = SUITE_TICK,
    .title = "tick",
    .about = "a whole turn: 60 calls one after the other, as an orchestrator makes them",
    .plan = tick_plan,
    .run = tick_run,
};
