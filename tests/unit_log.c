/* The log: what was appended is read back byte for byte; what is torn, broken, unknown, too long
 * or no log at all is told apart; a full disk leaves whole lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "store_files.h"

#define NAME "20261120T180211Z-test-0001"

/* ---- there and back ---- */

static void append_all_kinds(struct log_writer *log, struct buf *lines) {
    for (int kind = 0; kind < EVENT_COUNT; kind++) {
        struct event *event = event_new((enum event_kind)kind, 1000 * kind);
        assert_true(log_append(log, event, NULL));
        assert_true(event_encode(event, lines));
        assert_true(buf_char(lines, '\n'));
        event_free(event);
    }
}

static void test_there_and_back(void **state) {
    (void)state;
    char *directory = directory_new();
    struct log_writer *log = small_log(directory, NAME, 2);
    struct buf lines, again;
    struct run run;
    struct event event;
    struct error error = {0};
    buf_init(&lines, 1 << 20);
    buf_init(&again, 1 << 20);
    assert_int_equal(log_count(log), 0);
    append_all_kinds(log, &lines);
    assert_int_equal(log_count(log), EVENT_COUNT);
    assert_true(log_sync(log, &error));
    char *path = mem_string(log_path(log));
    log_close(log);

    struct log_reader *reader = log_open(path, &run, &error);
    assert_non_null(reader);
    assert_string_equal(run.id, NAME);
    assert_int_equal(run.endpoint_count, 2);
    for (int round = 0; round < 2; round++) {
        buf_reset(&again);
        for (int kind = 0; kind < EVENT_COUNT; kind++) {
            size_t length;
            assert_int_equal(log_next(reader, &event, &error), LOG_EVENT);
            assert_int_equal(event.kind, kind);
            assert_int_equal(event.t, 1000 * kind);
            const char *line = log_line(reader, &length);
            assert_int_equal(strlen(line), length);
            buf_append(&again, line, length);
            buf_char(&again, '\n');
            event_done(&event);
        }
        assert_int_equal(log_next(reader, &event, &error), LOG_END);
        assert_int_equal(log_next(reader, &event, &error), LOG_END);
        assert_string_equal(buf_string(&again), buf_string(&lines));
        assert_false(log_torn(reader));
        assert_int_equal(log_skipped(reader), 0);
        log_go(reader, (struct log_place){0});
    }
    log_reader_free(reader);
    run_done(&run);
    buf_done(&lines);
    buf_done(&again);
    free(path);
    directory_done(directory);
}

static void test_never_over_another(void **state) {
    (void)state;
    char *directory = directory_new();
    struct error error = {0};
    struct run run;
    log_close(small_log(directory, NAME, 1));
    small_run(&run, NAME, 1);
    assert_null(log_create(directory, &run, &error));
    assert_non_null(strstr(error.text, NAME));
    assert_true(error.hint[0]);
    assert_null(log_create("/nonexistent/place", &run, &error));
    assert_non_null(strstr(error.text, strerror(ENOENT)));
    run_done(&run);
    directory_done(directory);
}

/* ---- damage ---- */

/* The notes that are read from header + `tail`, as "[a][b]", then "T" if torn, then the number of
 * skipped lines. */
static void expect(const char *tail, size_t length, const char *expected) {
    char *directory = directory_new();
    struct log_writer *log = small_log(directory, NAME, 1);
    struct run run;
    struct event event;
    struct error error = {0};
    struct buf seen;
    buf_init(&seen, 1 << 20);
    append_file(log_path(log), tail, length);
    struct log_reader *reader = log_open(log_path(log), &run, &error);
    assert_non_null(reader);
    while (log_next(reader, &event, &error) == LOG_EVENT) {
        assert_int_equal(event.kind, EVENT_NOTE);
        buf_printf(&seen, "[%.8s]", event.note.text);
        event_done(&event);
    }
    buf_printf(&seen, "%s%d", log_torn(reader) ? "T" : "", (int)log_skipped(reader));
    assert_string_equal(buf_string(&seen), expected);
    log_reader_free(reader);
    run_done(&run);
    buf_done(&seen);
    log_close(log);
    directory_done(directory);
}

#define NOTE(text) "{\"t\":1,\"e\":\"note\",\"level\":\"info\",\"ep\":null,\"text\":\"" text "\"}"

static void test_damage(void **state) {
    (void)state;
    static const struct {
        const char *tail, *expected;
    } cases[] = {
        {"", "0"},
        {NOTE("a") "\n" NOTE("b") "\n", "[a][b]0"},
        {NOTE("a") "\n" NOTE("b"), "[a]T0"},
        {NOTE("a") "\n{\"t\":2,\"e\":\"no", "[a]T0"},
        {"\n\n" NOTE("a") "\n", "[a]2"},
        {NOTE("a") "\n{\"t\":2,\"e\":\"of another version\",\"x\":[1,{}]}\n" NOTE("b") "\n",
         "[a][b]1"},
        {NOTE("a") "\nnot json\n{\"t\":-5,\"e\":\"note\"}\n[]\n" NOTE("b") "\n", "[a][b]3"},
        {NOTE("a") NOTE("torn in the middle") "\n" NOTE("b") "\n", "[b]1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect(cases[i].tail, strlen(cases[i].tail), cases[i].expected);
    static const char zeros[] = NOTE("a") "\n\0\0\0\0\0\n" NOTE("b") "\n\0\0\0";
    expect(zeros, sizeof zeros - 1, "[a][b]T1");
    static const char inside[] = NOTE("a") "\0 \n" NOTE("b") "\n";
    expect(inside, sizeof inside - 1, "[b]1");
}

/* A line of `length` bytes: a note, padded with blanks that JSON allows. */
static void long_note(struct buf *out, size_t length) {
    size_t before = out->length;
    buf_text(out, NOTE("long"));
    out->length--; /* the brace */
    char *pad = mem_alloc(length);
    memset(pad, ' ', length);
    buf_append(out, pad, length - 1 - (out->length - before));
    free(pad);
    buf_text(out, "}\n");
}

static void test_long_lines(void **state) {
    (void)state;
    static const struct {
        size_t length;
        const char *expected;
    } cases[] = {
        {(1 << 20) - 1, "[a][long][b]0"}, {1 << 20, "[a][long][b]0"},
        {(2 << 20) + 1, "[a][long][b]0"}, {(3 << 20) + 77, "[a][long][b]0"},
        {LOG_LINE_MAX, "[a][long][b]0"},  {LOG_LINE_MAX + 1, "[a][b]1"},
        {3 * LOG_LINE_MAX, "[a][b]1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf tail;
        buf_init(&tail, (size_t)64 << 20);
        buf_text(&tail, NOTE("a") "\n");
        long_note(&tail, cases[i].length);
        buf_text(&tail, NOTE("b") "\n");
        expect(tail.data, tail.length, cases[i].expected);
        buf_done(&tail);
    }
}

/* ---- no log at all ---- */

static void refuse(const char *path, const char *why) {
    struct run run;
    struct error error = {0};
    assert_null(log_open(path, &run, &error));
    if (!strstr(error.text, why))
        fail_msg("'%s' does not say '%s'", error.text, why);
    assert_non_null(strstr(error.text, path));
}

static void test_not_a_log(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        const char *why;
    } cases[] = {
#define CASE(text, why) {text, sizeof text - 1, why}
        CASE("", "not a log of pitwall: it is empty"),
        CASE("\x7f"
             "ELF\0\0\0\n",
             "not a log of pitwall: it is a binary file"),
        CASE("# a README\n", "not a log of pitwall"),
        CASE("{\"some\":\"json\"}\n", "not a log of pitwall"),
        CASE("{\"pitwall\":1,\"version", "not a log of pitwall: its first line has no end"),
        CASE("{\"pitwall\":2,\"later\":{}}\n", "a log of format 2; this pitwall reads format 1"),
        CASE("{\"pitwall\":1}\n", "not a log of pitwall"),
        CASE("\n", "not a log of pitwall"),
#undef CASE
    };
    char *directory = directory_new();
    char *path = mem_format("%s/file", directory);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_file(path, cases[i].text, cases[i].length);
        refuse(path, cases[i].why);
    }
    unlink(path);
    refuse(path, strerror(ENOENT));
    refuse(directory, "not a log of pitwall: it is a directory");
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse(path, "not a log of pitwall: it is not a regular file");
    free(path);
    directory_done(directory);
}

/* ---- a full disk ---- */

static void test_full_disk(void **state) {
    (void)state;
    char *directory = directory_new();
    struct log_writer *log = small_log(directory, NAME, 1);
    struct rlimit before, small;
    struct error error = {0};
    struct stat info;
    struct buf lines;
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 5; i++)
        buf_text(&lines, NOTE("0123456789") "\n");
    size_t line = lines.length / 5;
    assert_int_equal(stat(log_path(log), &info), 0);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)info.st_size + 2 * line + line / 2;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool written = log_append_lines(log, lines.data, lines.length, &error);
    int64_t count = log_count(log);
    bool fits = log_append_lines(log, "{}\n", 3, NULL); /* there is room for a short one */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old);
    assert_false(written);
    assert_non_null(strstr(error.text, strerror(EFBIG)));
    assert_non_null(strstr(error.hint, "--results"));
    assert_int_equal(count, 2);
    assert_true(fits);
    assert_int_equal(log_count(log), 3);
    assert_int_equal(stat(log_path(log), &info), 0);
    char *text = read_whole(log_path(log));
    assert_memory_equal(text + info.st_size - (off_t)(line + 3), lines.data, line);
    assert_string_equal(text + info.st_size - 3, "{}\n");
    free(text);
    buf_done(&lines);
    log_close(log);
    directory_done(directory);
}

/* ---- many ---- */

static void test_many(void **state) {
    (void)state;
    enum { MANY = 100000 };
    char *directory = directory_new();
    struct log_writer *log = small_log(directory, NAME, 1);
    struct run run;
    struct event event;
    struct buf lines;
    buf_init(&lines, (size_t)64 << 20);
    struct event *token = event_new(EVENT_FIRST_TOKEN, 0);
    for (int i = 0; i < MANY; i++) {
        token->t = i;
        token->first_token.id = i + 1;
        event_encode(token, &lines);
        buf_char(&lines, '\n');
    }
    event_free(token);
    assert_true(log_append_lines(log, lines.data, lines.length, NULL));
    assert_int_equal(log_count(log), MANY);
    struct log_reader *reader = log_open(log_path(log), &run, NULL);
    assert_non_null(reader);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(log_next(reader, &event, NULL), LOG_EVENT);
        assert_int_equal(event.first_token.id, i + 1);
        event_done(&event);
    }
    assert_int_equal(log_next(reader, &event, NULL), LOG_END);
    log_reader_free(reader);
    run_done(&run);
    buf_done(&lines);
    log_close(log);
    directory_done(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_never_over_another),
        cmocka_unit_test(test_damage),         cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_not_a_log),      cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
