/* Reports: the same bytes for the same events, live or replayed; nothing wider than asked; every
 * format says what is simulated, what is absent and which gate tripped; foreign text stays text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/text.h"
#include "build.h"
#include "store/player.h"
#include "store/report_parts.h"
#include "store_files.h"

#define HOSTILE "na,me \"q\" | \033[31m *x* [y](z) <b>\nnext `c`"

/* ---- a run with something of everything ---- */

struct scene {
    char *directory, *path;
    struct run run;
    struct log_writer *log;
    struct board *board;
    int64_t t, id;
};

/* Into the log and, as live, into the board. Takes the event. */
static void emit(struct scene *scene, struct event *event) {
    assert_true(log_append(scene->log, event, NULL));
    board_apply(scene->board, event);
    event_free(event);
}

static struct event_phase *phase_of(struct event *event, int ep, const char *phase, int pass) {
    event->phase.ep = ep;
    event->phase.suite = SUITE_AGENTIC;
    event->phase.pass = pass;
    copy_text(event->phase.phase, PHASE_MAX, phase);
    return &event->phase;
}

static void emit_call(struct scene *scene, int ep, const char *phase, int pass, double ttft_ms,
                      enum error_class error) {
    struct event *start = event_new(EVENT_CALL_START, scene->t);
    start->call_start.id = ++scene->id;
    start->call_start.ep = ep;
    start->call_start.suite = SUITE_AGENTIC;
    start->call_start.pass = pass;
    copy_text(start->call_start.phase, PHASE_MAX, phase);
    int64_t from = scene->t;
    emit(scene, start);
    scene->t += 5000000;
    struct event *end = event_new(EVENT_CALL_END, scene->t);
    struct call *call = &end->call;
    call->id = scene->id;
    call->ep = ep;
    call->suite = SUITE_AGENTIC;
    call->pass = pass;
    copy_text(call->phase, PHASE_MAX, phase);
    call->start_us = call->sent_us = from;
    call->end_us = scene->t;
    call->max_tokens = 400;
    call->error = error;
    if (error == ERROR_NONE) {
        call->first_byte_us = call->first_token_us = call->first_content_us =
            from + (int64_t)(ttft_ms * 1000);
        call->last_token_us = call->first_token_us + 4000000;
        call->completion_tokens = 401;
        call->prompt_tokens = 1800;
        call->tokens_source = TOKENS_USAGE;
        call->chunks = 401;
        call->content_chars = 1600;
        call->prompt_chars = 7800;
        call->http_status = 200;
        copy_text(call->finish, sizeof call->finish, "stop");
    } else {
        call->error_detail = mem_string("no token for 60 s, " HOSTILE);
    }
    call_finish(call);
    emit(scene, end);
}

static void emit_phase(struct scene *scene, int ep, const char *phase, int pass, double ttft_ms,
                       enum error_class error) {
    struct event *start = event_new(EVENT_PHASE_START, scene->t);
    phase_of(start, ep, phase, pass);
    emit(scene, start);
    emit_call(scene, ep, phase, pass, ttft_ms, error);
    struct event *end = event_new(EVENT_PHASE_END, ++scene->t);
    phase_of(end, ep, phase, pass)->status = PHASE_DONE;
    emit(scene, end);
}

static void emit_score(struct scene *scene) {
    struct event *event = event_new(EVENT_SCORE, scene->t);
    event->score.ep = 0;
    event->score.suite = SUITE_TOOL_CALL;
    copy_text(event->score.item, sizeof event->score.item, "edit_file");
    event->score.points = 0.5;
    event->score.failure = mem_string("empty-object");
    emit(scene, event);
}

static void setup(struct scene *scene, bool hostile) {
    *scene = (struct scene){.directory = directory_new()};
    small_run(&scene->run, "20261120T180211Z-test-0001", 2);
    if (hostile) {
        free(scene->run.endpoints[1].name);
        scene->run.endpoints[1].name = mem_string(HOSTILE);
    }
    scene->run.endpoints[1].simulated = false;
    scene->run.machine.chip = mem_string("Chip | 1");
    scene->log = log_create(scene->directory, &scene->run, NULL);
    assert_non_null(scene->log);
    scene->path = mem_string(log_path(scene->log));
    scene->board = board_new(&scene->run);
    emit_phase(scene, 0, "cold", 0, 812.5, ERROR_NONE);
    emit_phase(scene, 0, "warm", 0, 55.25, ERROR_NONE);
    emit_phase(scene, 1, "cold", 0, 0, ERROR_TIMEOUT_STALL);
    struct event *skip = event_new(EVENT_PHASE_END, ++scene->t);
    phase_of(skip, 1, "warm", 0)->status = PHASE_SKIPPED;
    skip->phase.reason = mem_string("no restart command, " HOSTILE);
    emit(scene, skip);
    emit_score(scene);
    emit(scene, event_note_new(scene->t, NOTE_WARN, 1, "watch out: %s", HOSTILE));
    struct event *end = event_new(EVENT_RUN_END, ++scene->t);
    end->run_end.status = RUN_COMPLETE;
    emit(scene, end);
}

static void teardown(struct scene *scene) {
    board_free(scene->board);
    log_close(scene->log);
    run_done(&scene->run);
    free(scene->path);
    directory_done(scene->directory);
}

/* The report of one board. Caller frees. */
static char *write_report(const struct board *board, enum report_format format, int width) {
    struct buf out;
    struct error error = {0};
    buf_init(&out, (size_t)16 << 20);
    if (!report_write(&out, format, &board, 1, &(struct report_how){.width = width}, &error))
        fail_msg("%s", error.text);
    assert_true(out.length > 0);
    return buf_take(&out);
}

static void contains(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void lacks(const char *text, const char *part) {
    if (strstr(text, part))
        fail_msg("'%s' is in:\n%s", part, text);
}

static const enum report_format every[] = {REPORT_TABLE, REPORT_JSON, REPORT_CSV, REPORT_MD};

static void test_formats(void **state) {
    (void)state;
    for (int format = 0; format < REPORT_COUNT; format++)
        assert_int_equal(report_find(report_word((enum report_format)format)), format);
    assert_int_equal(report_find("sheet"), -1);
    assert_int_equal(report_find(""), -1);
    assert_int_equal(report_find(NULL), -1);
}

/* ---- the same events, the same bytes ---- */

static void test_live_is_replay(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene, true);
    struct run run;
    const char *path = scene.path;
    struct player *player = player_new(&path, 1, &run, NULL);
    assert_non_null(player);
    struct board *replayed = board_new(&run);
    assert_true(player_fold(player, &replayed, INT64_MAX, NULL));
    for (size_t i = 0; i < COUNT_OF(every); i++) {
        char *live = write_report(scene.board, every[i], 0);
        char *replay = write_report(replayed, every[i], 0);
        assert_string_equal(live, replay);
        free(replay);
        free(live);
    }
    board_free(replayed);
    player_free(player);
    run_done(&run);
    teardown(&scene);
}

static void test_no_controls(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene, true);
    for (size_t i = 0; i < COUNT_OF(every); i++) {
        char *text = write_report(scene.board, every[i], 0);
        for (const char *at = text; *at; at++)
            if ((unsigned char)*at < 0x20 && *at != '\n')
                fail_msg("a control in %s: %s", report_word(every[i]), at);
        free(text);
    }
    teardown(&scene);
}

static void test_sim_everywhere(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene, false);
    for (size_t i = 0; i < COUNT_OF(every); i++) {
        char *text = write_report(scene.board, every[i], 0);
        contains(text, "SIM");
        free(text);
    }
    teardown(&scene);
}

static void test_nothing_simulated(void **state) {
    (void)state;
    struct run run;
    small_run(&run, "20261120T180211Z-test-0001", 2);
    run.endpoints[0].simulated = false;
    run.endpoints[1].simulated = false;
    run.endpoints[1].imported = true;
    struct board *board = board_new(&run); /* without any event, too */
    for (size_t i = 0; i < COUNT_OF(every); i++) {
        char *text = write_report(board, every[i], 0);
        lacks(text, "SIM");
        if (every[i] != REPORT_CSV) /* no figures, no rows */
            contains(text, "IMPORTED");
        free(text);
    }
    board_free(board);
    run_done(&run);
}

/* Kept and told, but under no heading that says error. */
static void test_calls_not_counted(void **state) {
    (void)state;
    struct run run;
    small_run(&run, "20261120T180211Z-test-0001", 1);
    struct board *board = board_new(&run);
    build_phase_start(board, 1000000, 0, SUITE_AGENTIC, "cold", 0);
    for (int i = 0; i < 3; i++) {
        struct call call = build_call(i + 1, 0, SUITE_AGENTIC, "cold", 0, 1000000, 100, 50, 100);
        build_fail(&call, i == 0 ? ERROR_SUSPENDED : ERROR_CANCELLED);
        call.end_us = 5000000;
        build_whole_call(board, &call);
    }
    build_phase_end(board, 6000000, 0, SUITE_AGENTIC, "cold", 0, PHASE_SKIPPED, "skipped");
    assert_int_equal(board->gate_count, 0);
    for (size_t i = 0; i < COUNT_OF(every); i++) {
        char *text = write_report(board, every[i], 0);
        lacks(text, "\nerrors");
        if (every[i] == REPORT_TABLE || every[i] == REPORT_MD)
            contains(text, "2 cancelled, 1 suspended");
        if (every[i] == REPORT_JSON)
            contains(text, "\"cancelled\":2,\"suspended\":1");
        free(text);
    }
    board_free(board);
    run_done(&run);
}

/* ---- JSON ---- */

static const struct cJSON *item(const struct cJSON *array, size_t index) {
    return cJSON_GetArrayItem(array, (int)index);
}

/* The figure of a cell; NULL if there is none. */
static const struct cJSON *figure(const struct cJSON *report, int ep, const char *phase,
                                  const char *metric) {
    const struct cJSON *cells = json_array(report, "cells"), *cell;
    cJSON_ArrayForEach(cell, cells) {
        if (json_integer(cell, "ep", -1) == ep && strcmp(json_string(cell, "phase"), phase) == 0 &&
            strcmp(json_string(cell, "metric"), metric) == 0)
            return cell;
    }
    return NULL;
}

static void test_json(void **state) {
    (void)state;
    struct scene scene;
    struct error error = {0};
    setup(&scene, true);
    char *text = write_report(scene.board, REPORT_JSON, 0);
    struct cJSON *report = json_parse(text, strlen(text), &error);
    if (!report)
        fail_msg("%s", error.text);
    const struct cJSON *run = json_object(report, "run");
    assert_string_equal(json_string(run, "id"), scene.run.id);
    assert_string_equal(json_string(run, "status"), "complete");
    assert_true(json_bool(run, "simulated", false));
    assert_true(json_is_null_or_absent(json_object(report, "machine"), "ram_mb"));
    const struct cJSON *endpoints = json_array(report, "endpoints");
    assert_int_equal(cJSON_GetArraySize(endpoints), 2);
    assert_string_equal(json_string(item(endpoints, 0), "origin"), "SIM");
    assert_string_equal(json_string(item(endpoints, 1), "origin"), "MEASURED");
    assert_string_equal(json_string(item(endpoints, 1), "name"), HOSTILE);
    const struct cJSON *cold = figure(report, 0, "cold", "ttft_ms");
    assert_non_null(cold);
    assert_true(json_number(cold, "median") == 812.5);
    assert_true(json_number(cold, "n") == 1);
    assert_true(json_is_null_or_absent(cold, "p95"));
    const struct cJSON *warm = figure(report, 0, "warm", "decode_tps");
    assert_true(json_number(warm, "median") == 100);
    assert_null(figure(report, 1, "cold", "ttft_ms"));
    const struct cJSON *errors = json_array(report, "errors");
    assert_int_equal(cJSON_GetArraySize(errors), 1);
    assert_string_equal(json_string(item(errors, 0), "class"), "timeout_stall");
    assert_true(json_number(item(errors, 0), "count") == 1);
    const struct cJSON *scores = json_array(report, "scores");
    assert_int_equal(cJSON_GetArraySize(scores), 1);
    assert_string_equal(json_string(item(scores, 0), "failure"), "empty-object");
    assert_true(cJSON_GetArraySize(json_array(report, "notes")) >= 1);
    assert_non_null(json_array(report, "gates"));
    assert_non_null(json_array(report, "verdicts"));
    json_free(report);
    free(text);

    const struct board *two[] = {scene.board, scene.board};
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_true(report_write(&out, REPORT_JSON, two, 2, NULL, &error));
    report = json_parse(out.data, out.length, &error);
    assert_int_equal(cJSON_GetArraySize(report), 2);
    json_free(report);
    buf_done(&out);
    buf_init(&out, 1000);
    assert_false(report_write(&out, REPORT_JSON, two, 2, NULL, &error));
    assert_non_null(strstr(error.text, "1000 bytes"));
    buf_done(&out);
    teardown(&scene);
}

/* ---- CSV ---- */

/* Fields of one record by RFC 4180; *at moves behind it. */
static size_t csv_fields(const char **at) {
    size_t count = 1;
    bool quoted = false;
    for (; **at && (quoted || **at != '\n'); (*at)++) {
        if (**at == '"')
            quoted = !quoted;
        count += !quoted && **at == ',';
    }
    assert_false(quoted);
    assert_int_equal(**at, '\n');
    (*at)++;
    return count;
}

static void test_csv(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene, true);
    char *text = write_report(scene.board, REPORT_CSV, 0);
    const char *at = text;
    size_t fields = csv_fields(&at), rows = 0;
    for (; *at; rows++)
        assert_int_equal(csv_fields(&at), fields);
    assert_true(rows > 16);
    contains(text, ",ttft_ms,median,812.5,1,");
    contains(text, ",ttft_ms,p95,,1,"); /* absent is empty */
    contains(text, ",SIM,orchestrator,0,one,");
    lacks(text, "nan");
    free(text);
    teardown(&scene);
}

/* ---- table ---- */

static void test_table(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene, false);
    char *text = write_report(scene.board, REPORT_TABLE, 100);
    contains(text, "run 20261120T180211Z-test-0001 · complete SIM");
    contains(text, "agentic · TTFT (ms, median of calls)");
    contains(text, "one SIM");
    contains(text, "812");
    contains(text, "–"); /* absent */
    contains(text, "1 × timeout_stall");
    contains(text, "skipped: no restart command");
    contains(text, "watch out");
    contains(text, "simulated engine");
    lacks(text, "nan");
    /* the call that failed trips output_valid: the mark, its legend, and no other legend */
    contains(text, "V    output_valid: not ranked.");
    lacks(text, "memory_pressure");
    lacks(text, " \n");
    free(text);
    teardown(&scene);
}

static void test_table_fits(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene, true);
    for (int width = 40; width <= 160; width++) {
        char *text = write_report(scene.board, REPORT_TABLE, width);
        for (char *line = text, *end; *line; line = end + 1) {
            end = strchr(line, '\n');
            assert_non_null(end);
            *end = '\0';
            /* a run's name and such stay whole: a single word behind the indentation */
            const char *word = line + strspn(line, " ");
            if (text_cells(line) > (size_t)width && strchr(word, ' '))
                fail_msg("%zu cells, not %d: '%s'", text_cells(line), width, line);
        }
        free(text);
    }
    teardown(&scene);
}

/* Eleven phases don't fit into 60 columns: every one is there, once. */
static void test_table_breaks(void **state) {
    (void)state;
    struct run run;
    small_run(&run, "20261120T180211Z-test-0001", 2);
    free(run.plans[0].phases);
    run.plans[0].phases = mem_zero(11, sizeof *run.plans[0].phases);
    run.plans[0].phase_count = 11;
    for (int i = 0; i < 11; i++)
        snprintf(run.plans[0].phases[i], PHASE_MAX, "phase-number-%02d", i % 100);
    struct board *board = board_new(&run);
    for (int i = 0; i < 11; i++) { /* of two metrics one has figures, and one table stands */
        struct call call = build_call(i, 0, SUITE_AGENTIC, run.plans[0].phases[i], 0,
                                      1000000 * (i + 1), 12345, 100, 1);
        call.decode_tps = NAN;
        build_phase(board, &call);
    }
    char *text = write_report(board, REPORT_TABLE, 60);
    contains(text, "12345"); /* in the unit of its head */
    lacks(text, "12.3s");
    lacks(text, "decode");
    for (int i = 0; i < 11; i++) {
        const char *first = strstr(text, run.plans[0].phases[i]);
        assert_non_null(first);
        assert_null(strstr(first + 1, run.plans[0].phases[i]));
    }
    free(text);
    board_free(board);
    run_done(&run);
}

/* A dead endpoint's phases of one reason are one line; another reason is another. */
static void test_absences_together(void **state) {
    (void)state;
    struct run run = build_run(1, 1);
    build_plan(&run, SUITE_AGENTIC, "cold warm");
    build_plan(&run, SUITE_BURST, "burst-2 burst-4");
    struct board *board = board_new(&run);
    build_phase_end(board, 1, 0, SUITE_AGENTIC, "cold", 0, PHASE_SKIPPED, "no answer");
    build_phase_end(board, 2, 0, SUITE_AGENTIC, "warm", 0, PHASE_SKIPPED, "no answer");
    build_phase_end(board, 3, 0, SUITE_BURST, "burst-2", 0, PHASE_SKIPPED, "no answer");
    build_phase_end(board, 4, 0, SUITE_BURST, "burst-4", 0, PHASE_STOPPED, NULL);
    struct buf out;
    int column = 0;
    buf_init(&out, 1000);
    assert_true(report_absence(board, 0, &column, &out));
    assert_string_equal(buf_string(&out), "agentic, burst burst-2: skipped: no answer");
    buf_reset(&out);
    assert_true(report_absence(board, 0, &column, &out));
    assert_string_equal(buf_string(&out), "burst burst-4: stopped");
    assert_false(report_absence(board, 0, &column, &out));
    buf_done(&out);
    for (size_t i = 0; i < COUNT_OF(every); i++) {
        char *text = write_report(board, every[i], 100);
        const char *first = strstr(text, "skipped: no answer");
        if (every[i] == REPORT_TABLE || every[i] == REPORT_MD)
            assert_true(first && !strstr(first + 10, "no answer"));
        lacks(text, "TTFT"); /* no table of nothing */
        free(text);
    }
    board_free(board);
    run_done(&run);
}

/* ---- Markdown ---- */

static size_t pipes(const char *line, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\\')
            i++;
        else
            count += line[i] == '|';
    }
    return count;
}

static void test_md(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene, true);
    char *text = write_report(scene.board, REPORT_MD, 0);
    size_t expected = 0, notes = 0;
    for (const char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        assert_non_null(end);
        if (line[0] != '|') {
            expected = 0;
            continue;
        }
        size_t count = pipes(line, (size_t)(end - line));
        if (expected)
            assert_int_equal(count, expected);
        expected = count;
    }
    for (;; notes++) { /* each footnote is used and then explained, once */
        char *mark = mem_format("[^%zu]", notes + 1), *explained = mem_format("\n%s: ", mark);
        const char *use = strstr(text, mark), *note = strstr(text, explained);
        free(mark);
        if (use) {
            assert_non_null(note);
            assert_true(use < note);
            assert_null(strstr(note + 1, explained));
        }
        free(explained);
        if (!use)
            break;
    }
    assert_int_equal(notes, 1); /* one gate of one cell, though two metrics show it */
    contains(text, "output\\_valid (not ranked)");
    contains(text, "\\*x\\* \\[y\\](z) \\<b\\>");
    contains(text, "- warn, ");
    contains(text, "Chip \\| 1");
    contains(text, "| one **SIM** |");
    free(text);
    teardown(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_live_is_replay),
        cmocka_unit_test(test_no_controls),
        cmocka_unit_test(test_sim_everywhere),
        cmocka_unit_test(test_nothing_simulated),
        cmocka_unit_test(test_calls_not_counted),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_fits),
        cmocka_unit_test(test_table_breaks),
        cmocka_unit_test(test_absences_together),
        cmocka_unit_test(test_md),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
