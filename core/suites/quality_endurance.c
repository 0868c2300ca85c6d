/* endurance: one long trajectory of tool calls: the schema is checked at every turn while the
 * context grows; some tools fail once and want their call again, the conversation is cut off in the
 * middle and taken up again, and at the end the files must hold every edit that was asked for. The
 * files are real in memory: they are what the model's own calls made of them. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "suites/expected.h"
#include "suites/quality.h"
#include "suites/quality_data.h"
#include "suites/quality_files.h"
#include "suites/talk.h"

#define TURNS 80 /* protocol 3 */
#define TURNS_QUICK 16
#define TURNS_MAX 1000
#define START_CHARS 32000 /* ≈ 10,000 tokens with the tools */
#define TURN_CHARS 1100   /* ≈ 500 tokens a turn with what is said: 50,000 at the end */
#define FAULT_EVERY 10    /* turns */
#define MAX_TOKENS 1024
#define SLOTS 12 /* values that are edited, over FILES files */
#define FILES 4

enum step { STEP_EDIT, STEP_SEARCH, STEP_TEST, STEP_WRITE };

static const enum step cycle[] = {STEP_EDIT, STEP_SEARCH, STEP_EDIT,  STEP_TEST,
                                  STEP_EDIT, STEP_EDIT,   STEP_WRITE, STEP_TEST};
static const char *const tools[] = {[STEP_EDIT] = "edit_file",
                                    [STEP_SEARCH] = "search_code",
                                    [STEP_TEST] = "run_tests",
                                    [STEP_WRITE] = "write_file"};
static const char *const names[FILES] = {"src/ring.c", "src/index.c", "src/journal.c",
                                         "src/relay.c"};

struct endurance {
    struct talk talk;
    const struct cJSON *data, *tools;
    struct files files;
    int value[SLOTS];  /* as asked for last */
    bool asked[SLOTS]; /* by an edit that reached the model */
    int turn, turns;
    bool brief;
    enum step step;
    int slot, next; /* of an edit: which value, and the new one */
};

/* ---- the files ---- */

static const char *file_of(int slot) {
    return names[slot % FILES];
}

static void put_line(char *out, size_t size, int slot, int value) {
    snprintf(out, size, "int limit_%c = %d;", 'a' + slot, value);
}

static void make_files(struct endurance *run) {
    for (int f = 0; f < FILES; f++) {
        struct buf text;
        char line[48];
        buf_init(&text, FILE_TEXT_MAX);
        buf_printf(&text, "/* %s */\n", names[f]);
        for (int slot = f; slot < SLOTS; slot += FILES) {
            run->value[slot] = 100 + slot;
            put_line(line, sizeof line, slot, run->value[slot]);
            buf_printf(&text, "%s\n", line);
        }
        files_write(&run->files, names[f], buf_string(&text));
        buf_done(&text);
    }
}

/* ---- what is asked ---- */

static char *edit_text(struct endurance *run) {
    char before[48], after[48];
    run->slot = (run->turn * 5 + run->turn / 8) % SLOTS;
    run->next = 1000 + run->turn;
    put_line(before, sizeof before, run->slot, run->value[run->slot]);
    put_line(after, sizeof after, run->slot, run->next);
    return mem_format("Use edit_file on `%s` with one edit: replace `%s` by `%s`.",
                      file_of(run->slot), before, after);
}

static char *user_text(struct endurance *run) {
    run->step = cycle[(size_t)run->turn % COUNT_OF(cycle)];
    switch (run->step) {
    case STEP_EDIT:
        return edit_text(run);
    case STEP_SEARCH:
        return mem_format("Use search_code for `limit_%c` in files that match the globs "
                          "`src/*.c` and `tests/*.c`.",
                          'a' + run->turn % SLOTS);
    case STEP_TEST:
        return mem_string("Use run_tests on the suite `unit`, and let it stop at the first "
                          "failure: true.");
    case STEP_WRITE:
        return mem_format("Use write_file to create `docs/step-%c%c.md` with the content "
                          "`The limits were changed in step %d.`.",
                          'a' + run->turn / 26 % 26, 'a' + run->turn % 26, run->turn);
    }
    return NULL;
}

/* ---- what the tools do ---- */

static void apply(struct endurance *run, const struct tool_call *call, struct buf *out) {
    struct cJSON *arguments = score_arguments(call);
    struct error error = {0};
    if (strcmp(call->name, "edit_file") == 0) {
        if (files_edit(&run->files, arguments, &error))
            buf_text(out, "the edits were made");
        else
            buf_printf(out, "error: %s", error.text);
    } else if (strcmp(call->name, "write_file") == 0) {
        const char *path = json_string(arguments, "path");
        const char *content = json_string(arguments, "content");
        bool written = path && content && files_write(&run->files, path, content);
        buf_text(out, written ? "written" : "error: the file is too long");
    } else {
        buf_text(out, strcmp(call->name, "run_tests") == 0 ? "41 passed, 0 failed" : "found:");
    }
    json_free(arguments);
}

/* The results into the history. `fault`: the tool fails this once, without having done anything. */
static void serve(struct endurance *run, bool fault) {
    const struct reply *reply = &run->talk.reply;
    for (size_t i = 0; i < reply->call_count; i++) {
        struct score score;
        struct buf out;
        buf_init(&out, (size_t)1 << 20);
        if (!score_call(&score, &reply->calls[i], run->tools))
            buf_printf(&out, "error: the call is not valid: %s", score.detail);
        else if (fault)
            buf_text(&out, "error: the disk did not answer in time and nothing was done; make the "
                           "same call again");
        else
            apply(run, &reply->calls[i], &out);
        if (i == 0 && !fault && !run->brief) {
            buf_char(&out, '\n');
            quality_listing(&out, (uint64_t)run->turn + 1, TURN_CHARS);
        }
        talk_result(&run->talk, i, buf_string(&out));
        buf_done(&out);
    }
}

/* ---- one turn ---- */

/* Asks and scores; false: nothing more can be asked. */
static bool ask(struct endurance *run, const char *item, struct score *score) {
    struct talk *talk = &run->talk;
    if (!talk_ask(talk))
        return false;
    score_tool_turn(score, &talk->reply, run->tools, tools[run->step]);
    if (item)
        talk_score(talk, item, run->turn, 0, score, expected_call(run->tools, tools[run->step]));
    return !talk_is_down(talk);
}

/* The answer is lost on the way, the connection gone: the same is asked again, history and all. */
static bool interrupt(struct endurance *run) {
    struct score score;
    if (!ask(run, NULL, &score))
        return false;
    lane_connect(run->talk.lane, run->talk.ep, 1, NULL);
    return true;
}

static const char *item_of(const struct endurance *run, bool fault, bool interrupted) {
    return interrupted ? "after the interruption" : fault ? "before the fault" : tools[run->step];
}

/* `reached`: the call was the model's to make; where the engine failed nothing was asked of it. */
static void close_turn(struct endurance *run, bool reached) {
    talk_say(&run->talk, "assistant", "That step is taken.");
    if (run->step != STEP_EDIT || !reached)
        return;
    run->value[run->slot] = run->next;
    run->asked[run->slot] = true;
}

/* The tool failed: the call must come again. */
static bool again(struct endurance *run, struct score *score) {
    serve(run, true);
    if (!ask(run, "after the fault", score))
        return false;
    if (score->finding == FINDING_ENGINE)
        return true;
    talk_take(&run->talk);
    serve(run, false);
    return true;
}

static bool run_turn(struct endurance *run) {
    struct talk *talk = &run->talk;
    struct score score;
    bool fault = run->turn % FAULT_EVERY == FAULT_EVERY - 1;
    bool interrupted = run->turn == run->turns / 2;
    char *text = user_text(run);
    talk_say(talk, "user", text);
    free(text);
    talk->expected_tool = tools[run->step];
    if (interrupted && !interrupt(run))
        return false;
    if (!ask(run, item_of(run, fault, interrupted), &score))
        return false;
    if (score.finding == FINDING_ENGINE) {
        talk_unsay(talk);
        return true;
    }
    talk_take(talk);
    if (fault && talk->reply.call_count > 0) {
        if (!again(run, &score))
            return false;
    } else {
        serve(run, false);
    }
    close_turn(run, score.finding != FINDING_ENGINE);
    return true;
}

/* ---- the whole ---- */

/* Every edit that was asked for stands in its file. */
static void score_edits(struct endurance *run) {
    struct score score;
    int due = 0, held = 0;
    char lost[48] = "", line[48];
    for (int slot = 0; slot < SLOTS; slot++) {
        if (!run->asked[slot])
            continue;
        put_line(line, sizeof line, slot, run->value[slot]);
        const char *text = files_text(&run->files, file_of(slot));
        bool holds = text && strstr(text, line);
        due++;
        held += holds;
        if (!holds && !lost[0])
            copy_text(lost, sizeof lost, line);
    }
    if (due == 0)
        return;
    score_set(&score, held == due ? FINDING_CLEAN : FINDING_LOST_EDIT, (double)held / due,
              "%d of %d edits hold%s%s", held, due, lost[0] ? ", not " : "", lost);
    talk_score(&run->talk, "edits at the end", run->turn, 0, &score,
               mem_string("every edit that was asked for"));
}

static enum verdict3 check(const struct talk *talk) {
    struct score score;
    score_tool_turn(&score, &talk->reply, talk->expected, talk->expected_tool);
    if (score.finding == FINDING_ENGINE)
        return CHECK_NONE;
    return score.finding == FINDING_CLEAN ? CHECK_YES : CHECK_NO;
}

static void begin(struct endurance *run) {
    struct talk *talk = &run->talk;
    const char *system = json_string(run->data, "system");
    struct buf text;
    talk->check = check;
    talk->expected = run->tools;
    talk->max_tokens = (int)json_integer(run->data, "max_tokens", MAX_TOKENS);
    make_files(run);
    buf_init(&text, (size_t)1 << 20);
    buf_text(&text, system ? system : "");
    if (!run->brief) {
        buf_text(&text, "\n\nThe repository, as far as it matters:\n");
        quality_listing(&text, 0, START_CHARS);
    }
    talk_say(talk, "system", buf_string(&text));
    buf_done(&text);
}

/* NULL and `error` as quality_data, and when it has no sensible number of turns. */
static struct cJSON *read_data(const struct options *options, int *turns, struct error *error) {
    struct cJSON *data = quality_data(options, SUITE_ENDURANCE, "tools", error);
    int64_t told = data ? json_integer(data, "turns", TURNS) : 0;
    *turns = options->quick ? TURNS_QUICK : (int)told;
    if (data && (told < 1 || told > TURNS_MAX)) {
        error_set(error, "endurance: \"turns\" is a number from 1 to %d", TURNS_MAX);
        json_free(data);
        return NULL;
    }
    return data;
}

static void endurance_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    const struct options *options = lane_bench(lane)->options;
    struct error error = {0};
    struct endurance run = {.brief = options->quick};
    int turns;
    struct cJSON *data = read_data(options, &turns, &error);
    /* with every call that is made again, and the edits at the end */
    lane_phase_start_turns(lane, endpoint->ep, SUITE_ENDURANCE, QUALITY_PHASE, pass,
                           data ? turns + turns / FAULT_EVERY + 1 : 0);
    if (!data) {
        lane_phase_end(lane, endpoint->ep, SUITE_ENDURANCE, QUALITY_PHASE, pass, PHASE_SKIPPED,
                       error.text);
        return;
    }
    run.data = data;
    run.tools = json_array(data, "tools");
    run.turns = turns;
    lane_connect(lane, endpoint->ep, 1, NULL);
    talk_init(&run.talk, lane, endpoint->ep, SUITE_ENDURANCE, QUALITY_PHASE, pass);
    talk_tools(&run.talk, run.tools);
    begin(&run);
    while (run.turn < run.turns && run_turn(&run))
        run.turn++;
    score_edits(&run);
    quality_phase_close(&run.talk);
    talk_done(&run.talk);
    files_done(&run.files);
    json_free(data);
}

const struct suite suite_endurance = {
    .id = SUITE_ENDURANCE,
    .title = "endurance",
    .about = "80 tool calls in one trajectory, faults and an interruption among them",
    .plan = quality_plan,
    .run = endurance_run,
};
