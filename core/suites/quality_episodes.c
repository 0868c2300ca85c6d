/* Episodes: one request of the user, tools that answer from a script, and a model that goes on
 * until it has done what it was asked for, or a cap ends it. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "suites/expected.h"
#include "suites/quality.h"
#include "suites/quality_data.h"
#include "suites/quality_trace.h"
#include "suites/talk.h"

#define MAX_TOKENS 1024
#define MAX_TOKENS_THINKING 4096
#define CAP 8          /* answers of the model in an episode */
#define RECOVERY_CAP 4 /* the failing call, and three turns to put it right (protocol 3) */
#define CALLS_MAX 32   /* in one answer */

typedef void scorer(struct score *score, const struct trace *trace, const struct cJSON *episode);

struct kind {
    enum suite_id suite;
    int cap;
    bool ends_when_fixed;
    struct {
        const char *suffix; /* of the item; NULL: the item itself */
        scorer *score;
        char *(*expected)(const struct cJSON *episode);
    } scores[2];
};

struct episodes {
    const struct kind *kind;
    struct talk talk;
    const struct cJSON *data, *tools;
    int repeat;
};

/* ---- the tools' side ---- */

/* The nth result of a tool: of a list the last is given again and again. */
static const char *nth_result(const struct cJSON *episode, const char *tool, size_t nth) {
    const struct cJSON *results = json_object(episode, "results");
    const struct cJSON *result = results ? json_member(results, tool) : NULL;
    if (cJSON_IsString(result))
        return result->valuestring;
    const cJSON *item = cJSON_IsArray(result) ? result->child : NULL;
    while (item && item->next && nth-- > 0)
        item = item->next;
    return cJSON_IsString(item) ? item->valuestring : "done";
}

static bool is_fixed(const struct tool_call *call, const struct cJSON *fix) {
    const char *tool = json_string(fix, "tool");
    return tool &&
           score_addresses(call, tool, json_string(fix, "member"), json_string(fix, "value"));
}

/* What the tool says to a valid call. "fails": the tool that fails until the call is put right. */
static const char *result_of(const struct cJSON *episode, const struct trace *trace,
                             const struct tool_call *call) {
    const struct cJSON *fix = json_object(episode, "fix");
    const char *fails = json_string(episode, "fails"), *error = json_string(episode, "error");
    if (fix && fails && error && strcmp(fails, call->name) == 0 && !is_fixed(call, fix))
        return error;
    return nth_result(episode, call->name, trace_calls(trace, call->name, true));
}

/* Every call gets its result; true when one of them put the error right. */
static bool serve(struct episodes *episodes, struct trace *trace, const struct cJSON *episode) {
    const struct reply *reply = &episodes->talk.reply;
    const struct cJSON *fix = json_object(episode, "fix");
    bool fixed = false;
    for (size_t i = 0; i < reply->call_count; i++) {
        const struct tool_call *call = &reply->calls[i];
        struct score score;
        bool valid = score_call(&score, call, episodes->tools);
        if (valid) {
            talk_result(&episodes->talk, i, result_of(episode, trace, call));
        } else {
            char *text = mem_format("error: the call is not valid: %s", score.detail);
            talk_result(&episodes->talk, i, text);
            free(text);
        }
        if (trace->count < (size_t)CALLS_MAX * CAP)
            trace_add(trace, call, valid);
        fixed = fixed || (valid && fix && is_fixed(call, fix));
    }
    return fixed;
}

/* ---- one episode ---- */

/* A call that is none, or an answer cut off. False: the episode is over. */
static bool take_answer(struct episodes *episodes, struct trace *trace,
                        const struct cJSON *episode) {
    const struct reply *reply = &episodes->talk.reply;
    if (score_engine(&trace->broken, reply))
        return false;
    score_set(&trace->broken, FINDING_CLEAN, 1, "%s", "");
    if (score_is_cut(reply)) {
        score_set(&trace->broken, FINDING_TRUNCATED, 0, "%d tokens were not enough",
                  reply->call->max_tokens);
        return false;
    }
    if (reply->call_count == 0) {
        trace->answer = mem_string(reply->content);
        return false;
    }
    talk_take(&episodes->talk);
    return !serve(episodes, trace, episode) || !episodes->kind->ends_when_fixed;
}

static enum verdict3 check(const struct talk *talk) {
    struct score score;
    for (size_t i = 0; i < talk->reply.call_count; i++)
        if (!score_call(&score, &talk->reply.calls[i], talk->expected))
            return CHECK_NO;
    return talk->reply.call_count > 0 ? CHECK_YES : CHECK_NONE;
}

static void tell(struct episodes *episodes, const struct trace *trace, const struct cJSON *episode,
                 int number) {
    const char *name = json_string(episode, "item");
    for (size_t i = 0; i < COUNT_OF(episodes->kind->scores); i++) {
        struct score score;
        if (!episodes->kind->scores[i].score)
            continue;
        episodes->kind->scores[i].score(&score, trace, episode);
        const char *suffix = episodes->kind->scores[i].suffix;
        char *item =
            mem_format("%s%s%s", name ? name : "episode", suffix ? ": " : "", suffix ? suffix : "");
        talk_score(&episodes->talk, item, number, episodes->repeat, &score,
                   episodes->kind->scores[i].expected(episode));
        free(item);
    }
}

/* False: nothing more can be asked. */
static bool run_episode(struct episodes *episodes, const struct cJSON *episode, int number) {
    struct talk *talk = &episodes->talk;
    const char *system = json_string(episodes->data, "system");
    const char *user = json_string(episode, "user");
    int cap = (int)json_integer(episode, "cap", episodes->kind->cap), asked = 0;
    struct trace trace;
    if (!user)
        return true;
    trace_init(&trace);
    talk_reset(talk);
    if (system)
        talk_say(talk, "system", system);
    talk_say(talk, "user", user);
    bool answered = true, goes_on = true;
    while (answered && goes_on && asked++ < cap) {
        answered = talk_ask(talk);
        goes_on = answered && take_answer(episodes, &trace, episode);
    }
    trace.capped = goes_on;
    if (answered)
        tell(episodes, &trace, episode, number);
    trace_done(&trace);
    return answered && !talk_is_down(talk);
}

/* ---- one phase ---- */

static bool thinks(enum suite_id suite, const struct options *options) {
    return (options->thinking_set ? options->thinking : suite_thinking(suite)) != THINKING_OFF;
}

/* Scores of all episodes, once. */
static int count_scores(const struct kind *kind, const struct cJSON *data) {
    const struct cJSON *list = json_array(data, "episodes");
    int episodes = 0, scores = 0;
    for (const cJSON *episode = list->child; episode; episode = episode->next)
        episodes += json_string(episode, "user") != NULL;
    for (size_t i = 0; i < COUNT_OF(kind->scores); i++)
        scores += kind->scores[i].score != NULL;
    return episodes * scores;
}

static bool run_all(struct episodes *episodes) {
    const struct cJSON *list = json_array(episodes->data, "episodes");
    int number = 0;
    for (const cJSON *episode = list->child; episode; episode = episode->next)
        if (!run_episode(episodes, episode, number++))
            return false;
    return true;
}

static void run_kind(struct lane *lane, int ep, const struct kind *kind, int pass) {
    const struct options *options = lane_bench(lane)->options;
    struct error error = {0};
    struct episodes episodes = {.kind = kind};
    struct cJSON *data = quality_data(options, kind->suite, "episodes", &error);
    int repeats = quality_repeats(options);
    lane_phase_start_turns(lane, ep, kind->suite, QUALITY_PHASE, pass,
                           data ? repeats * count_scores(kind, data) : 0);
    if (!data) {
        lane_phase_end(lane, ep, kind->suite, QUALITY_PHASE, pass, PHASE_SKIPPED, error.text);
        return;
    }
    episodes.data = data;
    episodes.tools = json_array(data, "tools");
    lane_connect(lane, ep, 1, NULL);
    talk_init(&episodes.talk, lane, ep, kind->suite, QUALITY_PHASE, pass);
    talk_tools(&episodes.talk, episodes.tools);
    episodes.talk.keep_reasoning = true; /* within one request a template may want it back */
    episodes.talk.check = check;
    episodes.talk.expected = episodes.tools;
    episodes.talk.max_tokens =
        (int)(thinks(kind->suite, options)
                  ? json_integer(data, "max_tokens_thinking", MAX_TOKENS_THINKING)
                  : json_integer(data, "max_tokens", MAX_TOKENS));
    while (episodes.repeat < repeats && run_all(&episodes))
        episodes.repeat++;
    quality_phase_close(&episodes.talk);
    talk_done(&episodes.talk);
    json_free(data);
}

/* ---- the suites ---- */

static const struct kind recovery = {
    .suite = SUITE_RECOVERY,
    .cap = RECOVERY_CAP,
    .ends_when_fixed = true,
    .scores = {{NULL, trace_recovery, expected_recovery}},
};
static const struct kind research_brief = {
    .suite = SUITE_RESEARCH_BRIEF,
    .cap = CAP,
    .scores = {{"brief", trace_brief, expected_brief}, {"save", trace_delivery, expected_delivery}},
};
static const struct kind order_control = {
    .suite = SUITE_ORDER_CONTROL,
    .cap = CAP,
    .scores = {{NULL, trace_order, expected_order}},
};
static const struct kind loop_search = {
    .suite = SUITE_LOOP_SEARCH,
    .cap = CAP,
    .scores = {{NULL, trace_search, expected_search}},
};

static void recovery_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_kind(lane, endpoint->ep, &recovery, pass);
}

static void research_brief_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_kind(lane, endpoint->ep, &research_brief, pass);
}

static void order_control_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_kind(lane, endpoint->ep, &order_control, pass);
}

static void loop_search_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_kind(lane, endpoint->ep, &loop_search, pass);
}

const struct suite suite_recovery = {
    .id = SUITE_RECOVERY,
    .title = "recovery",
    .about = "a tool fails: is the call put right within three turns, or made again as it was",
    .plan = quality_plan,
    .run = recovery_run,
};

const struct suite suite_research_brief = {
    .id = SUITE_RESEARCH_BRIEF,
    .title = "research brief",
    .about = "look things up, write a brief in sections, save it: is it delivered",
    .plan = quality_plan,
    .run = research_brief_run,
};

const struct suite suite_order_control = {
    .id = SUITE_ORDER_CONTROL,
    .title = "order control",
    .about = "steps in an order that is not the usual one: is it kept",
    .plan = quality_plan,
    .run = order_control_run,
};

const struct suite suite_loop_search = {
    .id = SUITE_LOOP_SEARCH,
    .title = "loop search",
    .about = "a fact that cannot be confirmed: does the search end, and the work get delivered",
    .plan = quality_plan,
    .run = loop_search_run,
};
