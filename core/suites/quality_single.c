/* Single questions: one request, one answer, judged alone. */
#include <cjson/cJSON.h>
#include <string.h>

#include "base/json.h"
#include "suites/expected.h"
#include "suites/quality.h"
#include "suites/quality_answers.h"
#include "suites/quality_data.h"
#include "suites/talk.h"

#define MAX_TOKENS 1024
#define MAX_TOKENS_THINKING 6144

typedef void scorer(struct score *score, const struct reply *reply, const struct cJSON *item);

struct single {
    struct talk talk;
    const struct cJSON *data;
    scorer *score;
    int repeat;
};

static enum verdict3 verdict_of(const struct talk *talk, scorer *judge) {
    struct score score;
    judge(&score, &talk->reply, talk->expected);
    if (score.finding == FINDING_ENGINE)
        return CHECK_NONE;
    return score.finding == FINDING_CLEAN ? CHECK_YES : CHECK_NO;
}

static enum verdict3 check_probe(const struct talk *talk) {
    return verdict_of(talk, answer_probe);
}

static enum verdict3 check_value(const struct talk *talk) {
    return verdict_of(talk, answer_value);
}

static enum verdict3 check_instructions(const struct talk *talk) {
    return verdict_of(talk, answer_instructions);
}

/* An item may say how it is to be thought about; else the suite, the endpoint and the user do. */
static void set_budget(struct single *single, const struct cJSON *item) {
    const struct options *options = lane_bench(single->talk.lane)->options;
    struct talk *talk = &single->talk;
    const char *word = json_string(item, "thinking");
    int mode = word ? thinking_find(word) : -1;
    talk->thinking_set = mode >= 0;
    talk->thinking = mode >= 0 ? (enum thinking)mode : THINKING_DEFAULT;
    enum thinking asked = options->thinking_set ? options->thinking : suite_thinking(talk->suite);
    bool thinks = (mode >= 0 ? (enum thinking)mode : asked) != THINKING_OFF;
    int64_t suite = thinks ? json_integer(single->data, "max_tokens_thinking", MAX_TOKENS_THINKING)
                           : json_integer(single->data, "max_tokens", MAX_TOKENS);
    talk->max_tokens = (int)json_integer(item, "max_tokens", suite);
}

/* False: nothing more can be asked. */
static bool run_item(struct single *single, const struct cJSON *item, int number) {
    struct talk *talk = &single->talk;
    struct score score;
    const char *system = json_string(single->data, "system"), *user = json_string(item, "user");
    const char *name = json_string(item, "item");
    if (!user)
        return true;
    talk_reset(talk);
    if (system)
        talk_say(talk, "system", system);
    talk_say(talk, "user", user);
    set_budget(single, item);
    talk->expected = item;
    if (!talk_ask(talk))
        return false;
    single->score(&score, &talk->reply, item);
    talk_score(talk, name ? name : "item", number, single->repeat, &score, expected_answer(item));
    return !talk_is_down(talk);
}

static int count_items(const struct cJSON *data) {
    const struct cJSON *items = json_array(data, "items");
    int count = 0;
    for (const cJSON *item = items->child; item; item = item->next)
        count += json_string(item, "user") != NULL;
    return count;
}

static bool run_items(struct single *single) {
    const struct cJSON *items = json_array(single->data, "items");
    int number = 0;
    for (const cJSON *item = items->child; item; item = item->next)
        if (!run_item(single, item, number++))
            return false;
    return true;
}

static void run_suite(struct lane *lane, int ep, enum suite_id suite, int pass, scorer *score,
                      enum verdict3 (*check)(const struct talk *talk)) {
    const struct options *options = lane_bench(lane)->options;
    struct error error = {0};
    struct single single = {.score = score};
    struct cJSON *data = quality_data(options, suite, "items", &error);
    int repeats = quality_repeats(options);
    lane_phase_start_turns(lane, ep, suite, QUALITY_PHASE, pass,
                           data ? repeats * count_items(data) : 0);
    if (!data) {
        lane_phase_end(lane, ep, suite, QUALITY_PHASE, pass, PHASE_SKIPPED, error.text);
        return;
    }
    single.data = data;
    lane_connect(lane, ep, 1, NULL);
    talk_init(&single.talk, lane, ep, suite, QUALITY_PHASE, pass);
    single.talk.check = check;
    while (single.repeat < repeats && run_items(&single))
        single.repeat++;
    quality_phase_close(&single.talk);
    talk_done(&single.talk);
    json_free(data);
}

static void probes_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_suite(lane, endpoint->ep, SUITE_THINKING, pass, answer_probe, check_probe);
}

static void instruct_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_suite(lane, endpoint->ep, SUITE_INSTRUCT, pass, answer_instructions, check_instructions);
}

static void traps_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    run_suite(lane, endpoint->ep, SUITE_CODE_TRAPS, pass, answer_value, check_value);
}

const struct suite suite_think_probes = {
    .id = SUITE_THINKING,
    .title = "thinking",
    .about = "no think tags in answers, an answer on a short budget, off means off",
    .plan = quality_plan,
    .run = probes_run,
};

const struct suite suite_instruct = {
    .id = SUITE_INSTRUCT,
    .title = "instructions",
    .about = "instructions whose outcome can be checked, strictly and loosely",
    .plan = quality_plan,
    .run = instruct_run,
};

const struct suite suite_code_traps = {
    .id = SUITE_CODE_TRAPS,
    .title = "code traps",
    .about = "small programs with a value that is easily got wrong",
    .plan = quality_plan,
    .run = traps_run,
};
