/* The recorder: every event is in the log before it is in the feed, a full feed costs nothing but
 * a refold, a full disk ends the run on the screen and blocks nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "store/recorder.h"
#include "store_files.h"

#define NAME "20261120T180211Z-test-0001"
#define PATIENCE_US 20000000

struct bench {
    char *directory, *path;
    struct queue *queue, *feed;
    struct recorder *recorder;
};

static void setup(struct bench *bench, size_t feed_bytes) {
    bench->directory = directory_new();
    struct log_writer *log = small_log(bench->directory, NAME, 2);
    bench->path = mem_string(log_path(log));
    bench->queue = queue_new((size_t)1 << 20);
    bench->feed = queue_new(feed_bytes);
    bench->recorder = recorder_start(bench->queue, log, bench->feed, 3);
}

static void teardown(struct bench *bench) {
    queue_free(bench->queue);
    queue_free(bench->feed);
    free(bench->path);
    directory_done(bench->directory);
}

static void push_token(struct bench *bench, int64_t id) {
    struct event *event = event_new(EVENT_FIRST_TOKEN, id);
    event->first_token.id = id;
    queue_push(bench->queue, (struct item){.event = event});
}

static void push_end(struct bench *bench, int64_t t) {
    struct event *event = event_new(EVENT_RUN_END, t);
    event->run_end.status = RUN_COMPLETE;
    queue_push(bench->queue, (struct item){.event = event});
}

/* The next item of the feed; fails the test when none comes. */
static struct item next(struct bench *bench) {
    struct item item;
    int64_t until = clock_us() + PATIENCE_US;
    while (queue_pop(bench->feed, &item, 1) == 0) {
        assert_true(clock_us() < until);
        queue_wait(bench->feed, 100);
    }
    assert_int_equal(item.source, 3);
    return item;
}

static int64_t lines_in(const char *path) {
    char *text = read_whole(path);
    int64_t count = -1; /* the header */
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        count++;
    free(text);
    return count;
}

static void test_log_first(void **state) {
    (void)state;
    enum { EVENTS = 200 };
    struct bench bench;
    struct error error = {0};
    setup(&bench, (size_t)1 << 20);
    for (int64_t id = 1; id <= EVENTS; id++) {
        push_token(&bench, id);
        struct item item = next(&bench);
        assert_int_equal(item.mark, QUEUE_EVENT);
        assert_int_equal(item.event->first_token.id, id);
        assert_true(lines_in(bench.path) >= id);
        event_free(item.event);
    }
    push_end(&bench, EVENTS);
    push_token(&bench, 4711); /* comes too late: the run is over */
    struct item end = next(&bench);
    assert_int_equal(end.event->kind, EVENT_RUN_END);
    assert_int_equal(end.event->run_end.status, RUN_COMPLETE);
    event_free(end.event);
    assert_int_equal(next(&bench).mark, QUEUE_END);
    assert_true(recorder_finish(bench.recorder, &error));
    assert_int_equal(lines_in(bench.path), EVENTS + 1);
    teardown(&bench);
}

/* ---- a feed that nobody reads ---- */

/* What a main thread sees: the first `upto` ids from the log, then what follows. */
struct view {
    int64_t last; /* id of the latest event seen */
    int refolds;
    bool ended, closed;
};

static void view_event(struct view *view, const struct event *event) {
    if (event->kind == EVENT_RUN_END) {
        view->ended = true;
        return;
    }
    assert_int_equal(event->kind, EVENT_FIRST_TOKEN);
    assert_int_equal(event->first_token.id, view->last + 1); /* each once, in order */
    view->last++;
}

static void view_refold(struct view *view, const char *path, int64_t upto) {
    struct run run;
    struct event event;
    struct log_reader *reader = log_open(path, &run, NULL);
    assert_non_null(reader);
    *view = (struct view){.refolds = view->refolds + 1};
    for (; upto > 0; upto--) {
        assert_int_equal(log_next(reader, &event, NULL), LOG_EVENT);
        view_event(view, &event);
        event_done(&event);
    }
    log_reader_free(reader);
    run_done(&run);
}

static void view_item(struct view *view, struct bench *bench, struct item item) {
    switch (item.mark) {
    case QUEUE_EVENT:
        view_event(view, item.event);
        event_free(item.event);
        break;
    case QUEUE_REFOLD:
        view_refold(view, bench->path, item.upto);
        break;
    case QUEUE_END:
        view->closed = true;
        break;
    case QUEUE_SURVEYED:
    case QUEUE_RESET:
        fail();
        break;
    }
}

static void wait_lines(const struct bench *bench, int64_t count) {
    int64_t until = clock_us() + PATIENCE_US;
    while (lines_in(bench->path) < count) {
        assert_true(clock_us() < until);
        usleep(1000);
    }
}

static void test_stalled_feed(void **state) {
    (void)state;
    enum { FIRST = 500, SECOND = 500 };
    struct bench bench;
    struct view view = {0};
    setup(&bench, 10 * sizeof(struct event));
    for (int64_t id = 1; id <= FIRST; id++)
        push_token(&bench, id);
    wait_lines(&bench, FIRST); /* nobody reads the feed; the log goes on */
    while (view.refolds == 0)
        view_item(&view, &bench, next(&bench));
    assert_int_equal(view.last, FIRST);
    for (int64_t id = FIRST + 1; id <= FIRST + SECOND; id++)
        push_token(&bench, id);
    push_end(&bench, FIRST + SECOND);
    wait_lines(&bench, FIRST + SECOND + 1);
    while (!view.closed)
        view_item(&view, &bench, next(&bench));
    assert_true(view.ended);
    assert_int_equal(view.last, FIRST + SECOND);
    assert_true(view.refolds >= 2);
    assert_true(view.refolds <= 20); /* and not one for each event */
    assert_true(recorder_finish(bench.recorder, NULL));
    teardown(&bench);
}

/* A slow reader on a small feed, with a busy writer: still each event once. */
static void *write_many(void *argument) {
    struct bench *bench = argument;
    for (int64_t id = 1; id <= 5000; id++)
        push_token(bench, id);
    push_end(bench, 5000);
    return NULL;
}

static void test_slow_reader(void **state) {
    (void)state;
    struct bench bench;
    struct view view = {0};
    pthread_t writer;
    setup(&bench, 64 * sizeof(struct event));
    assert_int_equal(pthread_create(&writer, NULL, write_many, &bench), 0);
    while (!view.closed) {
        view_item(&view, &bench, next(&bench));
        if (view.last % 100 == 0)
            usleep(2000);
    }
    assert_int_equal(view.last, 5000);
    assert_true(view.ended);
    pthread_join(writer, NULL);
    assert_true(recorder_finish(bench.recorder, NULL));
    teardown(&bench);
}

/* Nobody ever reads the feed: finishing does not wait for it. */
static void test_finish_without_reader(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, 4 * sizeof(struct event));
    write_many(&bench);
    assert_true(recorder_finish(bench.recorder, NULL));
    assert_int_equal(lines_in(bench.path), 5001);
    teardown(&bench);
}

/* The producers ended without a run_end: what they pushed is kept. */
static void test_finish_without_end(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (size_t)1 << 20);
    for (int64_t id = 1; id <= 300; id++)
        push_token(&bench, id);
    assert_true(recorder_finish(bench.recorder, NULL));
    assert_int_equal(lines_in(bench.path), 300);
    teardown(&bench);
}

/* ---- a full disk ---- */

/* Let the log grow by `room` bytes more. */
static struct rlimit limit_file(const char *path, size_t room) {
    struct rlimit before, small;
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)info.st_size + room;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    return before;
}

static void full_disk(size_t room, int64_t expected_lines) {
    struct bench bench;
    struct view view = {0};
    struct error error = {0};
    struct event *end = NULL;
    setup(&bench, (size_t)1 << 20);
    struct rlimit before = limit_file(bench.path, room);
    for (int64_t id = 1; id <= 100; id++)
        push_token(&bench, id);
    for (struct item item; (item = next(&bench)).mark != QUEUE_END;) {
        assert_null(end); /* the end is the last event */
        assert_int_equal(item.mark, QUEUE_EVENT);
        if (item.event->kind == EVENT_RUN_END) {
            end = item.event;
            continue;
        }
        view_event(&view, item.event);
        event_free(item.event);
    }
    assert_non_null(end);
    assert_int_equal(end->run_end.status, RUN_FAILED);
    event_free(end);
    for (int64_t id = 101; id <= 20000; id++) /* more than the queue holds: it must be drained */
        push_token(&bench, id);
    push_end(&bench, 20000);
    bool written = recorder_finish(bench.recorder, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(written);
    assert_non_null(strstr(error.text, strerror(EFBIG)));
    assert_true(error.hint[0]);
    int64_t lines = lines_in(bench.path);
    assert_int_equal(view.last, 2);
    assert_int_equal(lines, expected_lines);
    teardown(&bench);
}

static void test_full_disk(void **state) {
    (void)state;
    size_t token = strlen("{\"t\":1,\"e\":\"first_token\",\"id\":1}\n");
    full_disk(2 * token + 10, 2); /* the third is torn, and there is no room for an end */
    full_disk(2 * token, 2);      /* the second just fits */
}

/* A run_end that fits after the torn line was cut off is in the log, and once in the feed. */
static void test_full_disk_with_room(void **state) {
    (void)state;
    struct bench bench;
    struct error error = {0};
    setup(&bench, (size_t)1 << 20);
    struct rlimit before = limit_file(bench.path, 200);
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct event *note = event_note_new(7, NOTE_INFO, -1, "%s", text);
    queue_push(bench.queue, (struct item){.event = note});
    struct item item = next(&bench);
    assert_int_equal(item.event->kind, EVENT_RUN_END);
    assert_int_equal(item.event->run_end.status, RUN_FAILED);
    event_free(item.event);
    assert_int_equal(next(&bench).mark, QUEUE_END);
    bool written = recorder_finish(bench.recorder, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(written);
    assert_int_equal(lines_in(bench.path), 1);
    char *log = read_whole(bench.path);
    assert_non_null(strstr(log, "\"run_end\",\"status\":\"failed\""));
    free(log);
    teardown(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_first),           cmocka_unit_test(test_stalled_feed),
        cmocka_unit_test(test_slow_reader),         cmocka_unit_test(test_finish_without_reader),
        cmocka_unit_test(test_finish_without_end),  cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_full_disk_with_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
