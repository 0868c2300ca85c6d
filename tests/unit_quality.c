/* quality: how the suites hold a conversation: history, repeats, phases, ends, data of one's own.
 * What they find is in unit_quality_scores.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/embed.h"
#include "model/board.h"
#include "scripted.h"
#include "suites/quality_answers.h"

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
    assert_int_equal(cell->turns_told, 9); /* progress: the engine's faults too */
    assert_int_equal(cell->turns_due, 9);
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

/* As many turns as nobody can have meant. */
static void test_absurd_turns(void **state) {
    (void)state;
    static const char *const files[] = {
        "{\"suite\": \"endurance\", \"tools\": [{}], \"turns\": 2147483647}",
        "{\"suite\": \"endurance\", \"tools\": [{}], \"turns\": 9007199254740992}",
        "{\"suite\": \"endurance\", \"tools\": [{}], \"turns\": -1}",
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct bed bed;
        char *path = own_file(files[i]);
        bed_begin(&bed, "script-clean", play);
        bed.rig.options.suite_file = mem_string(path);
        bed_run(&bed, SUITE_ENDURANCE);
        const struct event_phase *end = rig_phase_end(&bed.rig, 0, "run");
        assert_non_null(end);
        assert_int_equal(end->status, PHASE_SKIPPED);
        assert_non_null(strstr(end->reason, "from 1 to 1000"));
        bed_end(&bed);
        unlink(path);
        free(path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(test_absurd_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
