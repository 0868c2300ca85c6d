/* Conversations of fixed turns: each turn asks for one call of one tool, and its answer is judged
 * alone. What the tools return is canned, so every model sees the same files; after a wrong call it
 * is told what was wrong, as a tool would. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "suites/expected.h"
#include "suites/quality.h"
#include "suites/quality_data.h"
#include "suites/talk.h"

#define MAX_TOKENS 1024
#define MAX_TOKENS_THINKING 4096
#define LISTING_MAX 20000

/* One phase: how the model is asked to think. */
struct mode {
    const char *phase;
    bool thinking_set;
    enum thinking thinking;
    bool preserve_set, preserve;
};

struct turns {
    struct talk talk;
    const struct cJSON *data, *tools;
    int repeat;
    bool brief; /* --quick: the turns marked so, and the context does not grow by listings */
};

/* ---- one turn ---- */

static enum verdict3 check(const struct talk *talk) {
    struct score score;
    score_tool_turn(&score, &talk->reply, talk->expected, talk->expected_tool);
    if (score.finding == FINDING_ENGINE)
        return CHECK_NONE;
    return score.finding == FINDING_CLEAN ? CHECK_YES : CHECK_NO;
}

static void answer_call(struct turns *turns, size_t index, const struct cJSON *turn, int number) {
    struct score score;
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    bool due = index == 0;
    if (!score_call(&score, &turns->talk.reply.calls[index], turns->tools))
        buf_printf(&text, "error: %s", score.detail[0] ? score.detail : "the call is not valid");
    else
        buf_text(&text, due && json_string(turn, "result") ? json_string(turn, "result") : "done");
    int64_t listing = due && !turns->brief ? json_integer(turn, "listing", 0) : 0;
    if (listing > 0) {
        buf_char(&text, '\n');
        quality_listing(&text, (uint64_t)number,
                        (size_t)(listing < LISTING_MAX ? listing : LISTING_MAX));
    }
    talk_result(&turns->talk, index, buf_string(&text));
    buf_done(&text);
}

/* What was answered goes into the history; a word of the assistant's closes the turn, for some
 * templates take no user message right after a tool's. */
static void go_on(struct turns *turns, const struct cJSON *turn, int number) {
    struct talk *talk = &turns->talk;
    talk_take(talk);
    for (size_t i = 0; i < talk->reply.call_count; i++)
        answer_call(turns, i, turn, number);
    if (talk->reply.call_count > 0)
        talk_say(talk, "assistant", "That step is taken.");
}

static bool is_turn(const struct cJSON *turn) {
    return json_string(turn, "user") && json_string(turn, "tool");
}

/* False: nothing more can be asked. */
static bool run_turn(struct turns *turns, const struct cJSON *turn, int number) {
    struct talk *talk = &turns->talk;
    struct score score;
    const char *user = json_string(turn, "user"), *item = json_string(turn, "item");
    talk->expected = turns->tools;
    talk->expected_tool = json_string(turn, "tool");
    if (!is_turn(turn))
        return true;
    talk_say(talk, "user", user);
    if (!talk_ask(talk))
        return false;
    score_tool_turn(&score, &talk->reply, turns->tools, talk->expected_tool);
    talk_score(talk, item ? item : talk->expected_tool, number, turns->repeat, &score,
               expected_call(turns->tools, talk->expected_tool));
    if (score.finding == FINDING_ENGINE)
        talk_unsay(talk); /* the later turns must not pay for it */
    else
        go_on(turns, turn, number);
    return !talk_is_down(talk);
}

/* ---- one phase ---- */

static bool has_marked(const struct cJSON *list) {
    for (const cJSON *turn = list->child; turn; turn = turn->next)
        if (json_bool(turn, "quick", false))
            return true;
    return false;
}

/* Of one conversation. */
static int count_turns(const struct turns *turns) {
    const struct cJSON *list = json_array(turns->data, "turns");
    bool some = turns->brief && has_marked(list);
    int count = 0;
    for (const cJSON *turn = list->child; turn; turn = turn->next)
        count += is_turn(turn) && (!some || json_bool(turn, "quick", false));
    return count;
}

static bool run_conversation(struct turns *turns) {
    const struct cJSON *list = json_array(turns->data, "turns");
    const char *system = json_string(turns->data, "system");
    int number = 0;
    talk_reset(&turns->talk);
    if (system)
        talk_say(&turns->talk, "system", system);
    bool some = turns->brief && has_marked(list);
    for (const cJSON *turn = list->child; turn; turn = turn->next, number++)
        if ((!some || json_bool(turn, "quick", false)) && !run_turn(turns, turn, number))
            return false;
    return true;
}

static void set_mode(struct talk *talk, const struct mode *mode, const struct cJSON *data) {
    bool thinks = mode->thinking_set && mode->thinking == THINKING_ON;
    talk->thinking_set = mode->thinking_set;
    talk->thinking = mode->thinking;
    talk->preserve_set = mode->preserve_set;
    talk->preserve = mode->preserve;
    talk->keep_reasoning = thinks;
    talk->max_tokens = (int)(thinks ? json_integer(data, "max_tokens_thinking", MAX_TOKENS_THINKING)
                                    : json_integer(data, "max_tokens", MAX_TOKENS));
    talk->check = check;
}

/* False when stopped. */
static bool run_phase(struct lane *lane, int ep, enum suite_id suite, const struct mode *mode,
                      int pass, const struct cJSON *data) {
    struct turns turns = {.data = data, .tools = json_array(data, "tools")};
    int repeats = quality_repeats(lane_bench(lane)->options);
    turns.brief = lane_bench(lane)->options->quick;
    lane_phase_start_turns(lane, ep, suite, mode->phase, pass, repeats * count_turns(&turns));
    lane_connect(lane, ep, 1, NULL);
    talk_init(&turns.talk, lane, ep, suite, mode->phase, pass);
    talk_tools(&turns.talk, turns.tools);
    set_mode(&turns.talk, mode, data);
    for (; turns.repeat < repeats; turns.repeat++)
        if (!run_conversation(&turns))
            break;
    bool goes_on = quality_phase_close(&turns.talk);
    talk_done(&turns.talk);
    return goes_on;
}

static void run_modes(struct lane *lane, int ep, enum suite_id suite, enum suite_id load, int pass,
                      const struct mode *modes, size_t count) {
    struct error error = {0};
    struct cJSON *data = quality_data(lane_bench(lane)->options, load, "turns", &error);
    for (size_t i = 0; i < count; i++) {
        if (data) {
            if (!run_phase(lane, ep, suite, &modes[i], pass, data))
                break;
            continue;
        }
        lane_phase_start(lane, ep, suite, modes[i].phase, pass);
        lane_phase_end(lane, ep, suite, modes[i].phase, pass, PHASE_SKIPPED, error.text);
    }
    json_free(data);
}

/* ---- the suites ---- */

static const struct mode plain = {.phase = QUALITY_PHASE};
static const struct mode ablation[] = {
    {.phase = "off", .thinking_set = true, .thinking = THINKING_OFF},
    {.phase = "on-preserve",
     .thinking_set = true,
     .thinking = THINKING_ON,
     .preserve_set = true,
     .preserve = true},
    {.phase = "on-drop",
     .thinking_set = true,
     .thinking = THINKING_ON,
     .preserve_set = true,
     .preserve = false},
};

static void plan_ablation(struct plan *plan, const struct options *options) {
    (void)options;
    for (size_t i = 0; i < COUNT_OF(ablation); i++)
        plan_add(plan, ablation[i].phase);
}

static void tool_call_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_modes(lane, endpoint->ep, SUITE_TOOL_CALL, SUITE_TOOL_CALL, pass, &plain, 1);
}

static void stress_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_modes(lane, endpoint->ep, SUITE_TOOL_CALL_STRESS, SUITE_TOOL_CALL_STRESS, pass, &plain, 1);
}

static void ablation_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_modes(lane, endpoint->ep, SUITE_THINKING_ABLATION, SUITE_TOOL_CALL_STRESS, pass, ablation,
              COUNT_OF(ablation));
}

const struct suite suite_tool_call = {
    .id = SUITE_TOOL_CALL,
    .title = "tool calls",
    .about = "eight turns of file editing: is every call there, whole, of the right shape",
    .plan = quality_plan,
    .run = tool_call_run,
};

const struct suite suite_tool_call_stress = {
    .id = SUITE_TOOL_CALL_STRESS,
    .title = "tool calls, stress",
    .about = "nine turns with long edit lists, quotes, backslashes, Unicode and braces",
    .plan = quality_plan,
    .run = stress_run,
};

const struct suite suite_thinking_ablation = {
    .id = SUITE_THINKING_ABLATION,
    .title = "thinking ablation",
    .about = "the stress turns with thinking off, on and kept, on and dropped",
    .plan = plan_ablation,
    .run = ablation_run,
};
