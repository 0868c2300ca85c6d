/* Every line of every sample run is what this version writes: encode(decode(line)) is the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <string.h>

#include "model/event.h"

static void check_header(const char *path, const char *line, size_t length) {
    struct run run;
    struct error error = {0};
    struct buf again;
    run_init(&run);
    if (!run_decode(&run, line, length, &error))
        fail_msg("%s: %s", path, error.text);
    buf_init(&again, 1 << 22);
    assert_true(run_encode(&run, &again));
    assert_int_equal(again.length, length);
    assert_memory_equal(again.data, line, length);
    buf_done(&again);
    run_done(&run);
}

static void check_event(const char *path, int number, const char *line, size_t length) {
    struct event event;
    struct error error = {0};
    struct buf again;
    if (event_decode(&event, line, length, &error) != EVENT_DECODED)
        fail_msg("%s:%d: %s", path, number, error.text);
    buf_init(&again, 1 << 22);
    assert_true(event_encode(&event, &again));
    if (again.length != length || memcmp(again.data, line, length) != 0)
        fail_msg("%s:%d reads\n%.*s\nand is written\n%s", path, number, (int)length, line,
                 buf_string(&again));
    buf_done(&again);
    event_done(&event);
}

static void check_file(const char *path) {
    struct buf text;
    struct error error = {0};
    int number = 0;
    buf_init(&text, (size_t)16 << 20);
    assert_true(buf_read_file(&text, path, &error));
    assert_true(text.length < 300000);
    for (const char *line = text.data; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        assert_true(line[length] == '\n'); /* no torn line */
        if (number++ == 0)
            check_header(path, line, length);
        else
            check_event(path, number, line, length);
    }
    assert_true(number > 2);
    buf_done(&text);
}

static void test_sample_runs(void **state) {
    (void)state;
    glob_t found;
    assert_int_equal(glob("sample-runs/*.jsonl", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_file(found.gl_pathv[i]);
    assert_true(found.gl_pathc >= 2);
    globfree(&found);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sample_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
