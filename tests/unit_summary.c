/* Lists of runs: what a log's first and last line say. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "build.h"
#include "store/log.h"
#include "store/summary.h"

/* A log with a phase_start and, if asked, its end; plus whatever `tail` holds. Caller frees. */
static char *make_log(bool ended, const char *tail) {
    char directory[] = "/tmp/pitwall-summary-XXXXXX";
    struct error error = {0};
    struct run run = build_run(2, 3);
    build_plan(&run, SUITE_AGENTIC, "cold");
    build_plan(&run, SUITE_BURST, "burst-30");
    assert_non_null(mkdtemp(directory));
    struct log_writer *log = log_create(directory, &run, &error);
    assert_non_null(log);
    struct event *start = event_new(EVENT_PHASE_START, 10);
    copy_text(start->phase.phase, PHASE_MAX, "cold");
    assert_true(log_append(log, start, &error));
    event_free(start);
    if (ended) {
        struct event *end = event_new(EVENT_RUN_END, 4000000);
        end->run_end.status = RUN_STOPPED;
        assert_true(log_append(log, end, &error));
        event_free(end);
    }
    char *path = mem_string(log_path(log));
    log_close(log);
    run_done(&run);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_true(fputs(tail, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void drop(char *path) {
    assert_int_equal(unlink(path), 0);
    *strrchr(path, '/') = '\0';
    assert_int_equal(rmdir(path), 0);
    free(path);
}

static void state_is(char *path, const char *state, int64_t last_us) {
    struct summary summary;
    summary_read(&summary, path);
    assert_string_equal(summary_state(&summary), state);
    assert_int_equal(summary.last_us, last_us);
    summary_done(&summary);
    drop(path);
}

static void test_states(void **unused) {
    (void)unused;
    state_is(make_log(true, ""), "stopped", 4000000);
    state_is(make_log(false, ""), "interrupted", 10);
    state_is(make_log(true, "{\"t\":9000000,\"e\":\"no"), "stopped", 4000000); /* torn */
    state_is(make_log(true, "garbage\n"), "interrupted", -1);
}

/* DIR/<id>.jsonl of a complete run with one event, of which it is the owner (NULL: none). */
static void make_complete(const char *directory, const char *id, const char *resumes, bool imported,
                          struct event *event) {
    struct error error = {0};
    struct run run = build_run(1, 1);
    build_plan(&run, SUITE_AGENTIC, "warmup cold");
    free(run.id);
    run.id = mem_string(id);
    run.resumes = mem_string(resumes);
    run.endpoints[0].imported = imported;
    struct log_writer *log = log_create(directory, &run, &error);
    assert_non_null(log);
    struct event *end = event_new(EVENT_RUN_END, 5000000);
    end->run_end.status = RUN_COMPLETE;
    assert_true((!event || log_append(log, event, &error)) && log_append(log, end, &error));
    if (event)
        event_free(event);
    event_free(end);
    log_close(log);
    run_done(&run);
}

static struct event *call_of(const char *phase, bool ok) {
    struct event *event = event_new(EVENT_CALL_END, 4000000);
    call_init(&event->call);
    event->call.id = 1;
    event->call.suite = SUITE_AGENTIC;
    copy_text(event->call.phase, PHASE_MAX, phase);
    event->call.ok = ok;
    event->call.error = ok ? ERROR_NONE : ERROR_CONNECT;
    return event;
}

static struct event *score_of(double points) {
    struct event *event = event_new(EVENT_SCORE, 4000000);
    event->score.suite = SUITE_TOOL_CALL;
    copy_text(event->score.item, sizeof event->score.item, "one");
    event->score.points = points;
    return event;
}

static void says(const char *directory, const char *id, const char *state) {
    struct summary summary;
    char *path = mem_format("%s/%s.jsonl", directory, id);
    summary_read(&summary, path);
    assert_string_equal(summary_state(&summary), state);
    summary_done(&summary);
    free(path);
}

/* A run is complete when it came to its end: that no engine answered in it is another thing. */
static void test_nothing_measured(void **unused) {
    (void)unused;
    static const char nothing[] = "nothing measured", complete[] = "complete";
    char directory[] = "/tmp/pitwall-summary-XXXXXX";
    assert_non_null(mkdtemp(directory));
    make_complete(directory, "empty", NULL, false, NULL);
    make_complete(directory, "failed", NULL, false, call_of("cold", false));
    make_complete(directory, "warm", NULL, false, call_of("warmup", true));
    make_complete(directory, "fault", NULL, false, score_of(NAN));
    make_complete(directory, "good", NULL, false, call_of("cold", true));
    make_complete(directory, "score", NULL, false, score_of(0));
    make_complete(directory, "import", NULL, true, NULL);
    make_complete(directory, "onward", "good", false, NULL); /* the older one has the figures */
    make_complete(directory, "further", "failed", false, NULL);
    make_complete(directory, "orphan", "gone", false, NULL); /* nobody can tell */
    static const char *const of[][2] = {
        {"empty", nothing},   {"failed", nothing}, {"warm", nothing},    {"fault", nothing},
        {"good", complete},   {"score", complete}, {"import", complete}, {"onward", complete},
        {"further", nothing}, {"orphan", complete}};
    for (size_t i = 0; i < COUNT_OF(of); i++)
        says(directory, of[i][0], of[i][1]);
    for (size_t i = 0; i < COUNT_OF(of); i++) {
        char *path = mem_format("%s/%s.jsonl", directory, of[i][0]);
        assert_int_equal(unlink(path), 0);
        free(path);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void test_running(void **unused) {
    (void)unused;
    struct error error = {0};
    struct summary summary;
    char directory[] = "/tmp/pitwall-summary-XXXXXX";
    struct run run = build_run(1, 1);
    assert_non_null(mkdtemp(directory));
    struct log_writer *log = log_create(directory, &run, &error);
    assert_non_null(log);
    char *path = mem_string(log_path(log));
    assert_true(log_is_open(path));
    summary_read(&summary, path);
    assert_string_equal(summary_state(&summary), "running");
    summary_done(&summary);
    assert_true(log_is_open(path)); /* looking at it took nothing away */
    log_close(log);
    assert_false(log_is_open(path));
    assert_false(log_is_open("/nowhere/at/all"));
    run_done(&run);
    state_is(path, "interrupted", -1);
}

/* The lock goes with the process, however it ends. */
static void test_killed(void **unused) {
    (void)unused;
    char directory[] = "/tmp/pitwall-summary-XXXXXX";
    struct run run = build_run(1, 1);
    int ready[2], status;
    char byte;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool made = log_create(directory, &run, NULL) && write(ready[1], "", 1) == 1;
        while (made)
            pause();
        _exit(1);
    }
    assert_true(pid > 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    char *path = mem_format("%s/%s.jsonl", directory, run.id);
    assert_true(log_is_open(path));
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    state_is(path, "interrupted", -1);
    close(ready[0]);
    close(ready[1]);
    run_done(&run);
}

static void test_successor(void **unused) {
    (void)unused;
    char ids[3][2] = {"b", "c", "a"}, first[] = "a";
    struct summary all[4] = {{.readable = true, .run = {.id = ids[0], .resumes = first}},
                             {.readable = true, .run = {.id = ids[1], .resumes = first}},
                             {.readable = true, .run = {.id = ids[2]}},
                             {.readable = false}};
    assert_ptr_equal(summary_successor(all, 4, "a"), &all[1]); /* the newest of two */
    assert_null(summary_successor(all, 4, "b"));
}

static void test_words(void **unused) {
    (void)unused;
    struct summary summary;
    struct buf out;
    struct json_writer writer;
    char *path = make_log(true, "");
    char id[] = "some-run";
    struct result result = {.path = path, .id = id, .bytes = 77};
    buf_init(&out, 1 << 16);
    summary_read(&summary, path);
    summary_suites(&summary, &out);
    assert_string_equal(buf_string(&out), "agentic,burst");
    buf_reset(&out);
    summary_endpoints(&summary, &out);
    assert_string_equal(buf_string(&out), "a,b");
    buf_reset(&out);
    json_begin(&writer, &out);
    summary_json(&summary, &result, NULL, &writer);
    assert_true(json_end(&writer));
    assert_non_null(strstr(buf_string(&out), "\"state\":\"stopped\""));
    assert_non_null(strstr(buf_string(&out), "\"suites\":[\"agentic\",\"burst\"]"));
    assert_non_null(strstr(buf_string(&out), "\"bytes\":77"));
    summary_done(&summary);
    buf_done(&out);
    drop(path);
}

static void test_no_log(void **unused) {
    (void)unused;
    struct summary summary;
    struct buf out;
    struct json_writer writer;
    char nothing[] = "";
    struct result result = {.path = nothing, .id = nothing, .bytes = 0};
    summary_read(&summary, "/nowhere/at/all");
    assert_string_equal(summary_state(&summary), "unreadable");
    buf_init(&out, 1 << 16);
    summary_endpoints(&summary, &out);
    assert_int_equal(out.length, 0);
    json_begin(&writer, &out);
    summary_json(&summary, &result, NULL, &writer);
    assert_true(json_end(&writer));
    summary_done(&summary);
    buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),    cmocka_unit_test(test_nothing_measured),
        cmocka_unit_test(test_running),   cmocka_unit_test(test_killed),
        cmocka_unit_test(test_successor), cmocka_unit_test(test_words),
        cmocka_unit_test(test_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
