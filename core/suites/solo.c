#include "suites/solo.h"

#include <stdlib.h>

#include "suites/prompts.h"

#define ANSWER_TOKENS 64

/* Named as the agentic phases, whose prompts they are: figures can be held against those. */
static const struct {
    const char *phase;
    char user;
} steps[] = {{"cold", 'X'}, {"warm", 'X'}, {"prefix-test-1", 'Y'}};

static void solo_plan(struct plan *plan, const struct options *options) {
    (void)options;
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        plan_add(plan, steps[i].phase);
}

/* False when the suite should return. */
static bool step(struct lane *lane, const struct endpoint *endpoint, int pass, size_t which,
                 const char *system) {
    const struct bench *bench = lane_bench(lane);
    const char *phase = steps[which].phase;
    struct lane_call call;
    char *user = prompt_user(bench->run->workload, steps[which].user, bench->run->seed);
    struct chat_message messages[] = {{.role = "system", .content = system},
                                      {.role = "user", .content = user}};
    lane_phase_start(lane, endpoint->ep, SUITE_SOLO, phase, pass);
    lane_connect(lane, endpoint->ep, 1, NULL);
    lane_call_init(&call, endpoint->ep, SUITE_SOLO, phase, pass, 0);
    lane_call_defaults(lane, &call);
    call.request.messages = messages;
    call.request.message_count = COUNT_OF(messages);
    call.request.shared_messages = 1;
    call.request.max_tokens =
        bench->options->max_tokens > 0 ? bench->options->max_tokens : ANSWER_TOKENS;
    bool answered = lane_perform(lane, &call, 1) && call.call.ok;
    call.request.messages = NULL;
    lane_call_done(&call);
    free(user);
    return lane_phase_close(lane, endpoint->ep, SUITE_SOLO, phase, pass) && answered;
}

static void solo_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    const struct bench *bench = lane_bench(lane);
    char *salt = prompt_salt(bench->run->salt, bench->run->id, pass, endpoint->ep, SUITE_SOLO,
                             lane_attempt(lane, endpoint->ep));
    char *system = prompt_system(bench->run->workload, 'A', salt);
    free(salt);
    size_t i = 0;
    while (i < COUNT_OF(steps) && step(lane, endpoint, pass, i, system))
        i++;
    for (i++; i < COUNT_OF(steps) && !lane_stopped(lane); i++) {
        lane_phase_start(lane, endpoint->ep, SUITE_SOLO, steps[i].phase, pass);
        lane_phase_end(lane, endpoint->ep, SUITE_SOLO, steps[i].phase, pass, PHASE_SKIPPED,
                       "the call before it failed");
    }
    free(system);
}

const struct suite suite_solo = {
    .id = SUITE_SOLO,
    .title = "solo",
    .about = "the quick check: three short calls, held against the last good run",
    .plan = solo_plan,
    .run = solo_run,
};
