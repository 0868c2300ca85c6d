/* Lists of runs: what a log's first and last line say. */
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
        cmocka_unit_test(test_states), cmocka_unit_test(test_running),
        cmocka_unit_test(test_killed), cmocka_unit_test(test_successor),
        cmocka_unit_test(test_words),  cmocka_unit_test(test_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
