/* quality: every suite on an engine whose model has one known fault gives the score that is known.
 * The models are the simulated engines' own scripts, behind a fake engine without any delay. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/embed.h"
#include "base/json.h"
#include "model/board.h"
#include "rig.h"
#include "sim/script.h"
#include "suites/quality.h"
#include "suites/quality_answers.h"

/* ---- an engine that says what a script says ---- */

static void put_delta(struct buf *out, const char *member, const char *text) {
    struct json_writer w;
    buf_reset(out);
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_open(&w, "choices", '[');
    json_open(&w, NULL, '{');
    json_open(&w, "delta", '{');
    json_put_string(&w, member, text);
    json_close(&w, '}');
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
}

/* A piece of a tool call. No id: some servers give none. */
static void put_call(struct buf *out, const char *name, const char *arguments) {
    struct json_writer w;
    buf_reset(out);
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_open(&w, "choices", '[');
    json_open(&w, NULL, '{');
    json_open(&w, "delta", '{');
    json_open(&w, "tool_calls", '[');
    json_open(&w, NULL, '{');
    json_put_integer(&w, "index", 0);
    json_open(&w, "function", '{');
    if (name)
        json_put_string(&w, "name", name);
    json_put_string(&w, "arguments", arguments);
    json_close(&w, '}');
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
}

static bool send_call(int fd, const struct script_say *say, struct buf *out) {
    size_t half = strlen(say->arguments) / 2;
    while (half > 0 && ((unsigned char)say->arguments[half] & 0xc0) == 0x80)
        half--;
    char *first = mem_bytes(say->arguments, half);
    put_call(out, say->name, first);
    free(first);
    if (!fake_chunk(fd, buf_string(out)))
        return false;
    put_call(out, NULL, say->arguments + half);
    return fake_chunk(fd, buf_string(out));
}

static bool send_end(int fd, const struct script_say *say, int64_t max_tokens, int64_t prompt) {
    const char *finish = say->cut ? "length" : say->name ? "tool_calls" : "stop";
    char *last = mem_format("{\"choices\":[{\"delta\":{},\"finish_reason\":\"%s\"}]}", finish);
    char *usage = mem_format("{\"choices\":[],\"usage\":{\"prompt_tokens\":%d,"
                             "\"completion_tokens\":%d}}",
                             (int)prompt, say->cut ? (int)max_tokens : 12);
    bool sent = fake_chunk(fd, last) && fake_chunk(fd, usage) && fake_chunk(fd, "[DONE]") &&
                fake_send(fd, "0\r\n\r\n");
    free(last);
    free(usage);
    return sent;
}

static bool send_stream(int fd, const struct script_say *say, bool thinks, int64_t max_tokens,
                        int64_t prompt) {
    struct buf out;
    buf_init(&out, 1 << 22);
    bool sent = fake_send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n");
    put_delta(&out, "reasoning_content", "The next step is plain.");
    sent = sent && (!thinks || fake_chunk(fd, buf_string(&out)));
    put_delta(&out, "content", say->content ? say->content : "It is as it is.");
    if (say->content || !say->name)
        sent = sent && fake_chunk(fd, buf_string(&out));
    if (say->breaks) {
        fake_chunk(fd, "{\"error\":{\"message\":\"the sampler failed\",\"code\":500}}");
        buf_done(&out);
        return false;
    }
    if (say->name)
        sent = sent && send_call(fd, say, &out);
    buf_done(&out);
    return sent && send_end(fd, say, max_tokens, prompt);
}

static bool play(struct fake *fake, int fd, const char *request) {
    (void)fake;
    const char *body = strstr(request, "\r\n\r\n") + 4;
    struct cJSON *tree = json_parse(body, strlen(body), NULL);
    struct script_say say;
    assert_non_null(tree);
    bool thinks = json_bool(json_object(tree, "chat_template_kwargs"), "enable_thinking", false);
    script_play(&say, script_of_model(json_string(tree, "model")), tree, thinks);
    bool open = say.status ? fake_reply(fd, say.status, "{\"error\":{\"message\":\"template\"}}")
                           : send_stream(fd, &say, thinks, json_integer(tree, "max_tokens", 0),
                                         (int64_t)strlen(body) / 4);
    script_done(&say);
    json_free(tree);
    return open;
}

/* ---- a suite on it ---- */

struct bed {
    struct fake fake;
    struct rig rig;
    struct lane *lane;
};

static void bed_begin(struct bed *bed, const char *model,
                      bool (*script)(struct fake *, int, const char *)) {
    char *more = mem_format(",model=%s", model);
    fake_start(&bed->fake);
    bed->fake.script = script;
    rig_begin(&bed->rig);
    bed->rig.options.quick = false;
    bed->rig.options.passes = 3; /* which are the repeats */
    rig_endpoint(&bed->rig, "a", bed->fake.port, more);
    free(more);
}

static void bed_run(struct bed *bed, enum suite_id suite) {
    memset(bed->rig.options.suites, 0, sizeof bed->rig.options.suites);
    bed->rig.options.suites[suite] = true;
    rig_plan(&bed->rig);
    bed->lane = lane_new(&bed->rig.bench, "here");
    lane_add(bed->lane, 0);
    suite_of(suite)->run(bed->lane, &bed->rig.run.endpoints[0], 0);
    rig_take(&bed->rig, 0);
}

static void bed_end(struct bed *bed) {
    lane_free(bed->lane);
    rig_done(&bed->rig);
    fake_done(&bed->fake);
}

struct sum {
    int scored;    /* with points */
    double points; /* of them */
    int engine;    /* engine's faults */
    int failures;  /* of the kind asked for */
};

static struct sum sum_of(const struct bed *bed, const char *failure) {
    struct sum sum = {0};
    for (size_t i = 0; i < bed->rig.count; i++) {
        const struct event *event = bed->rig.events[i];
        if (event->kind != EVENT_SCORE)
            continue;
        const struct event_score *score = &event->score;
        bool engine = score->failure && strncmp(score->failure, "engine:", 7) == 0;
        assert_true(engine == (bool)isnan(score->points));
        assert_true(engine || score->points == 1 || score->failure);
        sum.engine += engine;
        sum.scored += !engine;
        sum.points += engine ? 0 : score->points;
        sum.failures += score->failure && failure && strcmp(score->failure, failure) == 0;
    }
    return sum;
}

static void print_scores(const struct bed *bed) {
    for (size_t i = 0; i < bed->rig.count; i++)
        if (bed->rig.events[i]->kind == EVENT_SCORE) {
            const struct event_score *score = &bed->rig.events[i]->score;
            print_message("  %d %s: %g %s (%s)\n", score->turn, score->item, score->points,
                          score->failure ? score->failure : "clean",
                          score->detail ? score->detail : "");
        }
}

static const struct known {
    enum suite_id suite;
    const char *script;
    int scored;
    double points;
    int engine, failures;
    const char *failure;
} knowns[] = {
    {SUITE_TOOL_CALL, "clean", 8, 8, 0, 0, NULL},
    /* from the fifth turn on: one edit, no search */
    {SUITE_TOOL_CALL, "empty-edits", 8, 7, 0, 1, "model:empty-object"},
    {SUITE_TOOL_CALL, "truncates", 8, 0, 0, 8, "model:truncated"},
    /* the first call again and again */
    {SUITE_TOOL_CALL, "loops", 8, 2, 0, 6, "model:wrong-tool"},
    {SUITE_TOOL_CALL, "wrong-tool", 8, 0, 0, 8, "model:wrong-tool"},
    {SUITE_TOOL_CALL, "stringifies", 8, 2, 0, 4, "model:empty-object"},
    {SUITE_TOOL_CALL, "stringifies", 8, 2, 0, 2, "model:schema"},
    {SUITE_TOOL_CALL, "no-call", 8, 0, 0, 8, "model:no-call"},
    {SUITE_TOOL_CALL, "leaks-thinking", 8, 8, 0, 0, NULL}, /* it is the thinking suite's to see */
    {SUITE_TOOL_CALL, "fails", 0, 0, 8, 8, "engine:http_5xx"},
    {SUITE_TOOL_CALL, "breaks", 0, 0, 8, 8, "engine:stream_error"},
    {SUITE_TOOL_CALL_STRESS, "clean", 9, 9, 0, 0, NULL},
    {SUITE_TOOL_CALL_STRESS, "empty-edits", 9, 5, 0, 4, "model:empty-object"},
    {SUITE_TOOL_CALL_STRESS, "stringifies", 9, 2, 0, 6, "model:empty-object"},
    {SUITE_TOOL_CALL_STRESS, "truncates", 9, 0, 0, 9, "model:truncated"},
    {SUITE_TOOL_CALL_STRESS, "wrong-tool", 9, 0, 0, 9, "model:wrong-tool"},
    {SUITE_THINKING_ABLATION, "clean", 27, 27, 0, 0, NULL},
    /* preserve off: the template fails from the second turn on */
    {SUITE_THINKING_ABLATION, "needs-reasoning", 19, 19, 8, 8, "engine:http_5xx"},
    {SUITE_RECOVERY, "clean", 5, 5, 0, 0, NULL},
    {SUITE_RECOVERY, "loops", 5, 0, 0, 5, "model:repeated-call"},
    {SUITE_RECOVERY, "searches", 5, 0, 0, 5, "model:not-corrected"},
    {SUITE_RECOVERY, "no-call", 5, 0, 0, 5, "model:no-call"},
    {SUITE_RECOVERY, "truncates", 5, 0, 0, 5, "model:truncated"},
    {SUITE_RECOVERY, "fails", 0, 0, 5, 5, "engine:http_5xx"},
    {SUITE_RESEARCH_BRIEF, "clean", 6, 6, 0, 0, NULL},
    {SUITE_RESEARCH_BRIEF, "skips-deliverable", 6, 0, 0, 6, "model:not-delivered"},
    {SUITE_RESEARCH_BRIEF, "searches", 6, 0, 0, 6, "model:not-delivered"},
    {SUITE_RESEARCH_BRIEF, "breaks", 0, 0, 6, 6, "engine:stream_error"},
    {SUITE_ORDER_CONTROL, "clean", 4, 4, 0, 0, NULL},
    {SUITE_ORDER_CONTROL, "loops", 4, 0, 0, 4, "model:not-delivered"},
    {SUITE_LOOP_SEARCH, "clean", 4, 4, 0, 0, NULL},
    {SUITE_LOOP_SEARCH, "searches", 4, 0, 0, 4, "model:looped"},
    {SUITE_LOOP_SEARCH, "skips-deliverable", 4, 0, 0, 4, "model:not-delivered"},
    /* 80 turns, 8 calls made again after a fault, and the edits at the end */
    {SUITE_ENDURANCE, "clean", 89, 89, 0, 0, NULL},
    {SUITE_ENDURANCE, "stringifies", 89, 10, 0, 54, "model:empty-object"},
    {SUITE_ENDURANCE, "fails", 0, 0, 80, 80, "engine:http_5xx"},
    {SUITE_THINKING, "clean", 8, 8, 0, 0, NULL},
    {SUITE_THINKING, "leaks-thinking", 8, 0, 0, 8, "model:think-leak"},
    {SUITE_THINKING, "fails", 0, 0, 8, 8, "engine:http_5xx"},
};

static void test_known_scores(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(knowns); i++) {
        const struct known *known = &knowns[i];
        struct bed bed;
        char *model = mem_format("script-%s", known->script);
        bed_begin(&bed, model, play);
        bed_run(&bed, known->suite);
        struct sum sum = sum_of(&bed, known->failure);
        if (sum.scored != known->scored || fabs(sum.points - known->points) > 1e-9 ||
            sum.engine != known->engine || sum.failures != known->failures) {
            print_message("%s, %s: %g of %d, %d of the engine, %d %s\n", suite_word(known->suite),
                          known->script, sum.points, sum.scored, sum.engine, sum.failures,
                          known->failure ? known->failure : "");
            print_scores(&bed);
            wrong++;
        }
        bed_end(&bed);
        free(model);
    }
    assert_int_equal(wrong, 0);
}

/* ---- the conversation itself ---- */

static const char *body_at(const struct bed *bed, size_t index) {
    assert_true(index < bed->fake.request_count);
    return strstr(bed->fake.requests[index], "\r\n\r\n") + 4;
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p += strlen(part))
        count++;
    return count;
}

/* Every call in the history has an id that its result names, though the server gave none. */
static void test_history_is_whole(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "script-clean", play);
    bed_run(&bed, SUITE_TOOL_CALL);
    struct cJSON *tree = json_parse(body_at(&bed, 7), strlen(body_at(&bed, 7)), NULL);
    const struct cJSON *messages = json_array(tree, "messages");
    assert_non_null(messages);
    struct buf text;
    buf_init(&text, 1 << 20);
    assert_true(json_print(&text, messages));
    assert_int_equal(count_of(buf_string(&text), "\"role\":\"tool\""), 7);
    assert_int_equal(count_of(buf_string(&text), "\"role\":\"user\""), 8);
    for (int i = 0; i < 7; i++) {
        char id[40];
        snprintf(id, sizeof id, "\"id\":\"c%04d0000\"", i);
        assert_int_equal(count_of(buf_string(&text), id), 1);
        snprintf(id, sizeof id, "\"tool_call_id\":\"c%04d0000\"", i);
        assert_int_equal(count_of(buf_string(&text), id), 1);
    }
    assert_int_equal(json_number(tree, "temperature"), 0);
    assert_int_equal(json_integer(tree, "max_tokens", 0), 1024);
    assert_non_null(json_array(tree, "tools"));
    buf_done(&text);
    json_free(tree);
    bed_end(&bed);
}

/* What is not JSON goes back wrapped, and the tool says what was wrong; the raw text is kept. */
static void test_broken_arguments_are_kept_raw(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "script-truncates", play);
    bed_run(&bed, SUITE_TOOL_CALL);
    const char *raw = NULL;
    for (size_t i = 0; i < bed.rig.count && !raw; i++)
        if (bed.rig.events[i]->kind == EVENT_CALL_OUTPUT) {
            raw = bed.rig.events[i]->output.tool_calls;
            assert_non_null(bed.rig.events[i]->output.request);
        }
    assert_non_null(raw);
    assert_non_null(strstr(raw, "\"arguments\":\"{\\\"path\\\""));
    assert_null(strstr(raw, "unparsed"));
    assert_non_null(strstr(body_at(&bed, 1), "{\\\"unparsed\\\":\\\"{"));
    assert_non_null(strstr(body_at(&bed, 1), "\"error: "));
    bed_end(&bed);
}

/* A turn that the engine failed is no part of what follows. */
static void test_engine_faults_leave_no_trace(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "script-fails", play);
    bed_run(&bed, SUITE_TOOL_CALL);
    assert_int_equal(bed.fake.request_count, 8);
    assert_int_equal(count_of(body_at(&bed, 7), "\"role\":\"user\""), 1);
    assert_null(strstr(body_at(&bed, 7), "\"role\":\"assistant\""));
    bed_end(&bed);
}

static void test_ablation_sets_what_it_compares(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "script-clean", play);
    bed_run(&bed, SUITE_THINKING_ABLATION);
    assert_int_equal(bed.fake.request_count, 27);
    const char *off = body_at(&bed, 8), *keep = body_at(&bed, 17), *drop = body_at(&bed, 26);
    assert_non_null(strstr(off, "\"enable_thinking\":false"));
    assert_null(strstr(off, "preserve_thinking"));
    assert_int_equal(count_of(off, "\"reasoning_content\""), 0);
    assert_non_null(strstr(keep, "\"preserve_thinking\":true"));
    assert_int_equal(count_of(keep, "\"reasoning_content\""), 8);
    assert_non_null(strstr(drop, "\"preserve_thinking\":false"));
    assert_int_equal(count_of(drop, "\"reasoning_content\""), 8);
    assert_non_null(rig_phase_end(&bed.rig, 0, "on-drop"));
    bed_end(&bed);
}

/* The board counts what is the model's alone. */
static void test_board_counts_the_model_alone(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "script-needs-reasoning", play);
    bed_run(&bed, SUITE_THINKING_ABLATION);
    struct board *board = board_new(&bed.rig.run);
    for (size_t i = 0; i < bed.rig.count; i++)
        board_apply(board, bed.rig.events[i]);
    int drop = board_column(board, SUITE_THINKING_ABLATION, "on-drop");
    const struct cell *cell = board_cell(board, 0, drop);
    assert_int_equal(cell->scores, 1);
    assert_int_equal(cell->points_times_1000, 1000);
    assert_int_equal(cell->errors[ERROR_HTTP_5XX], 8);
    assert_int_equal(board->rows[0].score_count, 27);
    assert_int_equal(board->nonsense, 0);
    board_free(board);
    bed_end(&bed);
}

/* ---- repeats, phases, ends ---- */

static void test_repeats_and_indexes(void **state) {
    (void)state;
    static const struct {
        int passes;
        bool quick;
        int calls, repeats;
    } cases[] = {
        {1, false, 24, 3}, {2, false, 16, 2}, {3, false, 8, 1}, {5, false, 8, 1}, {1, true, 4, 1}};
    for (size_t k = 0; k < COUNT_OF(cases); k++) {
        struct bed bed;
        int index = 0, repeat = 0;
        bed_begin(&bed, "script-clean", play);
        bed.rig.options.passes = cases[k].passes;
        bed.rig.options.quick = cases[k].quick;
        bed_run(&bed, SUITE_TOOL_CALL);
        for (size_t i = 0; i < bed.rig.count; i++) {
            const struct event *event = bed.rig.events[i];
            if (event->kind == EVENT_CALL_END) {
                assert_int_equal(event->call.index, index++);
                assert_int_equal(event->call.correct, CHECK_YES);
            }
            if (event->kind == EVENT_SCORE && event->score.repeat > repeat)
                repeat = event->score.repeat;
        }
        assert_int_equal(index, cases[k].calls);
        assert_int_equal(repeat + 1, cases[k].repeats);
        assert_int_equal(rig_phase_end(&bed.rig, 0, "run")->status, PHASE_DONE);
        bed_end(&bed);
    }
}

/* A server that is gone costs one call, not every one that was planned. */
static void test_an_engine_that_is_gone(void **state) {
    (void)state;
    for (int suite = 0; suite < SUITE_COUNT; suite++) {
        struct bed bed;
        if (!suite_is_quality((enum suite_id)suite) || suite == SUITE_THINKING_ABLATION)
            continue;
        bed_begin(&bed, "script-clean", play);
        fake_stop(&bed.fake);
        bed_run(&bed, (enum suite_id)suite);
        struct sum sum = sum_of(&bed, "engine:connect");
        assert_int_equal(sum.scored, 0);
        assert_true(sum.engine >= 1 && sum.engine <= 2);
        assert_int_equal(sum.engine, sum.failures);
        assert_int_equal(rig_kind(&bed.rig, EVENT_CALL_END), 1);
        assert_int_equal(rig_phase_end(&bed.rig, 0, "run")->status, PHASE_SKIPPED);
        bed_end(&bed);
    }
}

/* ---- single questions ---- */

/* Answers each question of a suite's data as its "answer" says, one of them wrongly. */
static bool know(struct fake *fake, int fd, const char *request) {
    (void)fake;
    struct script_say say = {0};
    const struct embedded *file = embed_find(embed_suites, "code-traps");
    struct cJSON *data = json_parse(file->text, file->length, NULL);
    const char *body = strstr(request, "\r\n\r\n") + 4;
    struct cJSON *tree = json_parse(body, strlen(body), NULL);
    struct buf asked;
    buf_init(&asked, 1 << 20);
    assert_true(json_print(&asked, json_array(tree, "messages")));
    const struct cJSON *items = json_array(data, "items");
    for (size_t i = 0; cJSON_GetArrayItem(items, (int)i); i++) {
        const struct cJSON *item = cJSON_GetArrayItem(items, (int)i);
        struct buf user;
        buf_init(&user, 1 << 16);
        struct json_writer w;
        json_begin(&w, &user);
        json_put_string(&w, NULL, json_string(item, "user"));
        if (strstr(buf_string(&asked), buf_string(&user)))
            say.content = mem_format("The operators bind as they do.\n\n**Answer: `%s`**\n",
                                     i == 2 ? "wrong" : json_string(item, "answer"));
        buf_done(&user);
    }
    bool open = send_stream(fd, &say, false, 100, 10);
    script_done(&say);
    buf_done(&asked);
    json_free(tree);
    json_free(data);
    return open;
}

static void test_code_traps(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, "m", know);
    bed_run(&bed, SUITE_CODE_TRAPS);
    struct sum sum = sum_of(&bed, "model:wrong-answer");
    assert_true(sum.scored >= 12);
    assert_int_equal(sum.failures, 1);
    assert_true(sum.points == sum.scored - 1);
    bed_end(&bed);
}

static void test_final_values(void **state) {
    (void)state;
    static const struct {
        const char *text, *value;
    } finals[] = {
        {"Answer: -4", "-4"},
        {"Work.\n\n**Answer:** `-4`.\n", "-4"},
        {"Answer: 3\nNo, wait.\nANSWER: 512\nThat is it.", "512"},
        {"The answer:\n\n4 2\n", "4 2"},
        {"It prints\n`True False`\n\n", "True False"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(finals); i++) {
        char *value = answer_final(finals[i].text);
        assert_string_equal(value, finals[i].value);
        free(value);
    }
}

static bool say_both(struct fake *fake, int fd, const char *request) {
    (void)fake;
    (void)request;
    struct script_say say = {.content = mem_string("<think>\nDREI, vier\n</think>\n\nfive, six")};
    bool open = send_stream(fd, &say, false, 100, 10);
    script_done(&say);
    return open;
}

static char *own_file(const char *text) {
    char *path = mem_string("/tmp/pitwall-quality-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* The user's own instructions, on an answer whose leaked reasoning breaks them. */
static void test_instructions_of_ones_own(void **state) {
    (void)state;
    struct bed bed;
    char *path =
        own_file("// mine\n{\"suite\": \"instruct\", \"items\": [\n"
                 " {\"item\": \"both\", \"user\": \"u\", \"instructions\": ["
                 "{\"kind\": \"words\", \"exactly\": 2}, {\"kind\": \"lowercase\"}]},\n"
                 " {\"item\": \"one\", \"user\": \"u\", \"instructions\": ["
                 "{\"kind\": \"without\", \"marks\": \",\"}, {\"kind\": \"lowercase\"}]},\n]}");
    bed_begin(&bed, "m", say_both);
    bed.rig.options.suite_file = mem_string(path);
    bed_run(&bed, SUITE_INSTRUCT);
    struct sum sum = sum_of(&bed, "model:instruction");
    assert_int_equal(sum.scored, 2);
    assert_true(sum.points == 1);
    assert_int_equal(sum.failures, 1);
    const char *details[2] = {NULL, NULL};
    size_t count = 0;
    for (size_t i = 0; i < bed.rig.count && count < 2; i++)
        if (bed.rig.events[i]->kind == EVENT_SCORE)
            details[count++] = bed.rig.events[i]->score.detail;
    assert_string_equal(details[0],
                        "strict 2 of 2, loose 2 of 2; 29 characters of reasoning left out");
    assert_string_equal(details[1], "strict 1 of 2, loose 1 of 2; without; 29 characters of "
                                    "reasoning left out");
    bed_end(&bed);
    unlink(path);
    free(path);
}

/* A file for another suite changes nothing; a broken one skips the phase and says why. */
static void test_suite_files(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int scored;
    } files[] = {
        {"{\"suite\": \"recovery\", \"episodes\": []}", 8},
        {"{\"suite\": \"no-such\"}", 0},
        {"{\"suite\": \"tool-call\", \"turns\": [1]}", 0},
        {"{\"suite\": \"tool-call\"}", 0},
        {"{\"suite\": \"tool-call\",", 0},
        {"{\"suite\": \"tool-call\", \"turns\": [{}, {\"user\": 3}]}", 0},
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct bed bed;
        char *path = own_file(files[i].text);
        bed_begin(&bed, "script-clean", play);
        bed.rig.options.suite_file = mem_string(path);
        bed_run(&bed, SUITE_TOOL_CALL);
        assert_int_equal(sum_of(&bed, NULL).scored, files[i].scored);
        const struct event_phase *end = rig_phase_end(&bed.rig, 0, "run");
        assert_non_null(end);
        bool skipped = i > 0 && i < 5;
        assert_int_equal(end->status, skipped ? PHASE_SKIPPED : PHASE_DONE);
        assert_true(!skipped || (end->reason && end->reason[0]));
        bed_end(&bed);
        unlink(path);
        free(path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_scores),
        cmocka_unit_test(test_history_is_whole),
        cmocka_unit_test(test_broken_arguments_are_kept_raw),
        cmocka_unit_test(test_engine_faults_leave_no_trace),
        cmocka_unit_test(test_ablation_sets_what_it_compares),
        cmocka_unit_test(test_board_counts_the_model_alone),
        cmocka_unit_test(test_repeats_and_indexes),
        cmocka_unit_test(test_an_engine_that_is_gone),
        cmocka_unit_test(test_code_traps),
        cmocka_unit_test(test_final_values),
        cmocka_unit_test(test_instructions_of_ones_own),
        cmocka_unit_test(test_suite_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
