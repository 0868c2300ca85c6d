/* A run in several logs, read as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/chain.h"
#include "store/fold.h"
#include "store_files.h"

#define END(t, word) "{\"t\":" #t ",\"e\":\"run_end\",\"status\":\"" word "\",\"dropped\":2}\n"
#define NOTE(t, text)                                                                              \
    "{\"t\":" #t ",\"e\":\"note\",\"level\":\"warn\",\"ep\":null,\"text\":\"" text "\"}\n"

/* DIR/<id>.jsonl of two endpoints that continues `resumes` (or NULL) and holds `body`. The caller
 * frees the path. */
static char *part(const char *directory, const char *id, const char *resumes, const char *body) {
    struct run run;
    struct error error = {0};
    small_run(&run, id, 2);
    run.resumes = mem_string(resumes);
    struct log_writer *log = log_create(directory, &run, &error);
    assert_non_null(log);
    char *path = mem_string(log_path(log));
    log_close(log);
    append_file(path, body, strlen(body));
    run_done(&run);
    return path;
}

/* Kinds, times, words of all events in one line; the caller frees. */
static char *told(struct chain *chain) {
    struct buf out;
    struct event event;
    buf_init(&out, 1 << 16);
    while (chain_next(chain, &event, NULL) == LOG_EVENT) {
        buf_printf(&out, "%lld %s%s ", (long long)event.t,
                   event.kind == EVENT_NOTE      ? event.note.text
                   : event.kind == EVENT_RUN_END ? run_status_word(event.run_end.status)
                                                 : event_word(event.kind),
                   chain_is_newest(chain) ? "!" : "");
        event_done(&event);
    }
    return buf_take(&out);
}

static void reads(const char *path, const char *expected) {
    struct run run;
    struct error error = {0};
    struct chain *chain = chain_open(path, &run, &error);
    if (!chain)
        fail_msg("%s", error.text);
    for (int i = 0; i < 2; i++) { /* and once more from the beginning */
        char *text = told(chain);
        assert_string_equal(text, expected);
        free(text);
        chain_rewind(chain);
    }
    chain_free(chain);
    run_done(&run);
}

static void test_one_log(void **state) {
    (void)state;
    char *directory = directory_new();
    char *path = part(directory, "one", NULL, NOTE(5, "a") END(9, "stopped"));
    reads(path, "5 a! 9 stopped! ");
    free(path);
    directory_done(directory);
}

/* An end of its own, none, a torn line, nothing at all: the seam is the same. */
static void test_seams(void **state) {
    (void)state;
    static const struct {
        const char *older, *expected;
    } cases[] = {
        {NOTE(5, "a") END(9, "stopped"), "5 a 9 open 10 b! 12 complete! "},
        {NOTE(5, "a"), "5 a 5 open 10 b! 12 complete! "},
        {NOTE(5, "a") "{\"t\":7,\"e\":\"no", "5 a 5 open 10 b! 12 complete! "},
        {"", "0 open 10 b! 12 complete! "},
        {NOTE(8, "a") NOTE(5, "late"), "8 a 5 late 8 open 10 b! 12 complete! "},
        {END(9, "failed") NOTE(11, "after the end"), "9 open 10 b! 12 complete! "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *directory = directory_new();
        free(part(directory, "one", NULL, cases[i].older));
        char *path = part(directory, "two", "one", NOTE(10, "b") END(12, "complete"));
        reads(path, cases[i].expected);
        free(path);
        directory_done(directory);
    }
}

static void test_three_logs(void **state) {
    (void)state;
    char *directory = directory_new();
    struct error error = {0};
    free(part(directory, "one", NULL, NOTE(5, "a")));
    free(part(directory, "two", "one", NOTE(6, "b") END(8, "stopped")));
    char *path = part(directory, "three", "two", NOTE(9, "c") END(10, "complete"));
    reads(path, "5 a 5 open 6 b 8 open 9 c! 10 complete! ");
    struct board *board = fold_log(path, &error);
    assert_non_null(board);
    assert_string_equal(board->run.id, "three");
    assert_int_equal(board->status, RUN_COMPLETE);
    assert_int_equal(board->now_us, 10);
    assert_int_equal(board->dropped, 4); /* of both ends */
    assert_int_equal(board->note_count, 3);
    board_free(board);
    free(path);
    directory_done(directory);
}

static void fails(const char *path, const char *says) {
    struct run run;
    struct error error = {0};
    assert_null(chain_open(path, &run, &error));
    if (!strstr(error.text, says))
        fail_msg("'%s' does not say '%s'", error.text, says);
}

static void test_refusals(void **state) {
    (void)state;
    char *directory = directory_new();
    char *path = part(directory, "two", "one", "");
    fails(path, "continues a run that can't be read");
    free(path);
    path = part(directory, "out", "../one", "");
    fails(path, "no name of a run");
    free(path);
    path = part(directory, "into", "runs/one", "");
    fails(path, "no name of a run");
    free(path);
    path = part(directory, "self", "self", "");
    fails(path, "or itself");
    free(path);
    free(part(directory, "x", "y", ""));
    path = part(directory, "y", "x", "");
    fails(path, "or itself");
    free(path);
    free(part(directory, "renamed", NULL, ""));
    char *from = mem_format("%s/renamed.jsonl", directory),
         *to = mem_format("%s/one.jsonl", directory);
    assert_int_equal(rename(from, to), 0);
    path = mem_format("%s/two.jsonl", directory);
    fails(path, "is not the run it continues");
    free(from);
    free(to);
    free(path);
    directory_done(directory);
}

static void test_other_plan(void **state) {
    (void)state;
    char *directory = directory_new();
    log_close(small_log(directory, "one", 3));
    char *path = part(directory, "two", "one", "");
    fails(path, "is not the run it continues");
    free(path);
    directory_done(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_log),    cmocka_unit_test(test_seams),
        cmocka_unit_test(test_three_logs), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_other_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
