#include "suites/agentic.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "suites/prompts.h"

#define BASELINE_US INT64_C(10000000)
#define STILL_THERE_MS 1000

enum step_kind { STEP_WARMUP, STEP_CALL, STEP_LONG, STEP_RESTART };

/* The phases in order. system: whose salt and text; user: which message. */
static const struct step {
    const char *phase;
    enum step_kind kind;
    char system, user;
    int max_tokens;
} steps[] = {
    {"warmup", STEP_WARMUP, 0, 0, 16},
    {"cold", STEP_CALL, 'A', 'X', 400},
    {"warm", STEP_CALL, 'A', 'X', 400},
    {"prefix-test-1", STEP_CALL, 'A', 'Y', 400},
    {"prefix-test-2", STEP_CALL, 'A', 'Z', 400},
    {"prefix-test-3", STEP_CALL, 'A', 'W', 400},
    {"cold-other", STEP_CALL, 'B', 'X', 400},
    {"long-context", STEP_LONG, 'A', 'L', 200},
    {"long-prefix", STEP_LONG, 'A', 'L', 200},
    {"cold-prefix", STEP_RESTART, 'A', 'X', 400},
    {"cold-control", STEP_RESTART, 'C', 'X', 400},
};
#define QUICK_STEPS 7 /* --quick ends with cold-other */

/* One pass on one endpoint. */
struct pass {
    struct lane *lane;
    const struct endpoint *endpoint;
    const struct run *run;
    const struct options *options;
    int number;
    bool down;      /* nothing answers any more */
    bool too_small; /* the context does not hold the long text */
    bool called;    /* a pause is due before the next call */
};

static void agentic_plan(struct plan *plan, const struct options *options) {
    size_t count = options->quick ? QUICK_STEPS : COUNT_OF(steps);
    for (size_t i = 0; i < count; i++)
        plan_add(plan, steps[i].phase);
}

/* ---- one call ---- */

/* A new attempt draws new salts: the engine still holds the prompts of the one before. */
static char *system_text(const struct pass *pass, char which) {
    int variant = (which - 'A') + 3 * lane_attempt(pass->lane, pass->endpoint->ep);
    char *salt = prompt_salt(pass->run->salt, pass->run->id, pass->number, pass->endpoint->ep,
                             SUITE_AGENTIC, variant);
    char *text = prompt_system(pass->run->workload, which, salt);
    free(salt);
    return text;
}

static char *user_text(const struct pass *pass, const struct step *step) {
    if (step->kind == STEP_WARMUP)
        return prompt_warmup();
    if (step->kind == STEP_LONG)
        return prompt_long(pass->run->seed);
    return prompt_user(pass->run->workload, step->user, pass->run->seed);
}

/* Fills `call`; the texts are its only reader's until lane_call_done. False when interrupted. */
static bool perform(struct pass *pass, const struct step *step, struct lane_call *call,
                    bool quiet) {
    char *system = step->system ? system_text(pass, step->system) : NULL;
    char *user = user_text(pass, step);
    struct chat_message messages[] = {{.role = "system", .content = system},
                                      {.role = "user", .content = user}};
    size_t skip = system ? 0 : 1; /* the warm-up has no system prompt */
    lane_call_init(call, pass->endpoint->ep, SUITE_AGENTIC, step->phase, pass->number, 0);
    lane_call_defaults(pass->lane, call);
    call->quiet = quiet;
    call->request.messages = messages + skip;
    call->request.message_count = 2 - skip;
    call->request.shared_messages = system ? 1 : 0;
    call->request.max_tokens = step->kind != STEP_WARMUP && pass->options->max_tokens > 0
                                   ? pass->options->max_tokens
                                   : step->max_tokens;
    bool done = lane_perform(pass->lane, call, 1);
    call->request.messages = NULL;
    call->request.message_count = 0;
    free(system);
    free(user);
    return done;
}

/* How servers say that the prompt is longer than their context (facts/engines.md). */
static bool context_is_too_small(const struct call *call) {
    static const char *const words[] = {"exceed_context_size", "context_length_exceeded",
                                        "context length",      "context size",
                                        "context window",      "maximum context"};
    if (call->http_status < 400)
        return false;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (text_find(call->error_detail, words[i]))
            return true;
    return false;
}

static bool nobody_answered(const struct call *call) {
    return call->error == ERROR_CONNECT || call->error == ERROR_TLS ||
           call->error == ERROR_TIMEOUT_CONNECT || call->error == ERROR_LOADING;
}

/* ---- one phase ---- */

static void skip(struct pass *pass, const struct step *step, const char *reason) {
    int ep = pass->endpoint->ep;
    lane_phase_start(pass->lane, ep, SUITE_AGENTIC, step->phase, pass->number);
    lane_phase_end(pass->lane, ep, SUITE_AGENTIC, step->phase, pass->number, PHASE_SKIPPED, reason);
}

/* After a call that found nobody: one that loads is waited for; one that is gone ends the pass,
 * whose other phases would only burn their time limits. */
static void look_again(struct pass *pass) {
    if (lane_ready(pass->lane, pass->endpoint->ep, STILL_THERE_MS) != LANE_NOT_READY)
        return;
    pass->down = true;
    lane_note(pass->lane, NOTE_ERROR, pass->endpoint->ep,
              "it does not answer any more: the other phases of this pass are skipped");
}

/* Before the phase, so that its window holds the call alone. False: skipped, or stopped. */
static bool restart(struct pass *pass, const struct step *step) {
    struct error error = {0};
    struct lane_call warmup;
    if (!lane_can_restart(pass->lane, pass->endpoint->ep)) {
        skip(pass, step, "no restart command");
        return false;
    }
    bool skipped = lane_skipped(pass->lane), again = false;
    if (!skipped) {
        again = lane_restart(pass->lane, pass->endpoint->ep, &error);
        if (again) {
            perform(pass, &steps[0], &warmup, true);
            lane_call_done(&warmup);
        }
        skipped = lane_skipped(pass->lane);
    }
    if (lane_stopped(pass->lane))
        return false;
    if (skipped)
        skip(pass, step, "skipped by the user");
    else if (!again)
        skip(pass, step, error.text[0] ? error.text : "the restart failed");
    return again && !skipped;
}

static void run_step(struct pass *pass, const struct step *step) {
    struct lane *lane = pass->lane;
    int ep = pass->endpoint->ep;
    struct lane_call call;
    if (step->kind == STEP_RESTART && !restart(pass, step))
        return;
    if (pass->called)
        lane_pause(lane, (int64_t)(pass->options->pause_s * 1e6));
    if (lane_stopped(lane))
        return;
    lane_phase_start(lane, ep, SUITE_AGENTIC, step->phase, pass->number);
    lane_connect(lane, ep, 1, NULL);
    bool done = perform(pass, step, &call, false);
    pass->called = true;
    if (done && context_is_too_small(&call.call)) {
        pass->too_small |= step->kind == STEP_LONG;
        lane_phase_end(lane, ep, SUITE_AGENTIC, step->phase, pass->number, PHASE_SKIPPED,
                       "context too small");
    } else {
        lane_phase_close(lane, ep, SUITE_AGENTIC, step->phase, pass->number);
    }
    if (done && nobody_answered(&call.call))
        look_again(pass);
    lane_call_done(&call);
}

/* Nothing is asked for 10 s: what the machine draws at rest. A skip ends it, and no more than it.
 */
static void baseline(struct pass *pass) {
    lane_note(pass->lane, NOTE_INFO, pass->endpoint->ep, "idle baseline: 10 s before the warm-up");
    lane_pause(pass->lane, BASELINE_US);
    lane_skipped(pass->lane);
}

static void agentic_run(struct lane *lane, const struct endpoint *endpoint, int number) {
    const struct bench *bench = lane_bench(lane);
    struct pass pass = {.lane = lane,
                        .endpoint = endpoint,
                        .run = bench->run,
                        .options = bench->options,
                        .number = number};
    size_t count = bench->options->quick ? QUICK_STEPS : COUNT_OF(steps);
    if (!bench->options->quick)
        baseline(&pass);
    for (size_t i = 0; i < count && !lane_stopped(lane); i++) {
        if (pass.down)
            skip(&pass, &steps[i], REASON_DOWN);
        else if (pass.too_small && steps[i].kind == STEP_LONG)
            skip(&pass, &steps[i], "context too small");
        else
            run_step(&pass, &steps[i]);
    }
}

const struct suite suite_agentic = {
    .id = SUITE_AGENTIC,
    .title = "agentic",
    .about = "single calls: cold, warm, the same system prompt with new users, long context",
    .plan = agentic_plan,
    .run = agentic_run,
};
