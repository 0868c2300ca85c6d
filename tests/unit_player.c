/* The player: several logs in order of time, paced, paused, stepped, sought; nothing lost, nothing
 * twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/clock.h"
#include "model/board.h"
#include "store/player.h"
#include "store_files.h"

#define PATIENCE_US 20000000
#define MS INT64_C(1000)

struct bench {
    char *directory;
    char *paths[2];
    size_t count;
    struct run runs[2];
    struct player *player;
    struct queue *feed;
};

/* Logs with a note at each of the times (ms, -1 ends); its text is the log's letter and the time.
 */
static void setup(struct bench *bench, const int *first, const int *second) {
    const int *times[] = {first, second};
    *bench = (struct bench){.directory = directory_new(), .count = second ? 2 : 1};
    for (size_t i = 0; i < bench->count; i++) {
        char *id = mem_format("20261120T180211Z-test-000%zu", i);
        struct log_writer *log = small_log(bench->directory, id, 1);
        for (const int *at = times[i]; *at >= 0; at++) {
            char text[16];
            snprintf(text, sizeof text, "%c%d", 'a' + (char)i, *at);
            append_note(log, *at * MS, NOTE_INFO, text);
        }
        bench->paths[i] = mem_string(log_path(log));
        log_close(log);
        free(id);
    }
    struct error error = {0};
    bench->player =
        player_new((const char *const *)bench->paths, bench->count, bench->runs, &error);
    if (!bench->player)
        fail_msg("%s", error.text);
    bench->feed = queue_new((size_t)1 << 20);
}

static void teardown(struct bench *bench) {
    player_free(bench->player);
    queue_free(bench->feed);
    for (size_t i = 0; i < bench->count; i++) {
        run_done(&bench->runs[i]);
        free(bench->paths[i]);
    }
    directory_done(bench->directory);
}

/* Append what an item is: "a10 ", "R0 " for a reset, "E0 " for an end. */
static void tell(struct buf *out, const struct item *item) {
    if (item->mark == QUEUE_EVENT && item->event->kind == EVENT_PHASE_START) {
        buf_printf(out, "%c:%s ", 'a' + item->source, item->event->phase.phase);
    } else if (item->mark == QUEUE_EVENT) {
        assert_int_equal(item->event->kind, EVENT_NOTE);
        buf_printf(out, "%.20s ", item->event->note.text);
    } else {
        assert_true(item->mark == QUEUE_RESET || item->mark == QUEUE_END);
        buf_printf(out, "%c%d ", item->mark == QUEUE_RESET ? 'R' : 'E', item->source);
    }
}

/* The next `count` items, told, must be these. */
static void expect(struct bench *bench, size_t count, const char *expected) {
    struct buf seen;
    int64_t until = clock_us() + PATIENCE_US;
    buf_init(&seen, 1 << 20);
    while (count > 0) {
        struct item item;
        if (queue_pop(bench->feed, &item, 1) == 0) {
            if (clock_us() > until)
                fail_msg("only '%s' came of '%s'", buf_string(&seen), expected);
            queue_wait(bench->feed, 50);
            continue;
        }
        tell(&seen, &item);
        event_free(item.event);
        count--;
    }
    assert_string_equal(buf_string(&seen), expected);
    buf_done(&seen);
}

static void expect_silence(struct bench *bench, int ms) {
    struct item item;
    usleep((useconds_t)ms * 1000);
    if (queue_pop(bench->feed, &item, 1) == 0)
        return;
    struct buf seen;
    buf_init(&seen, 1 << 20);
    tell(&seen, &item);
    fail_msg("'%s' came although the player rests", buf_string(&seen));
}

/* Wait until the player says it is at `us`. */
static void expect_now(struct bench *bench, int64_t us) {
    int64_t until = clock_us() + PATIENCE_US;
    while (player_state(bench->player).now_us != us) {
        if (clock_us() > until)
            fail_msg("now is %d, not %d", (int)player_state(bench->player).now_us, (int)us);
        usleep(1000);
    }
}

/* ---- merging ---- */

static void test_merged(void **state) {
    (void)state;
    struct bench bench;
    /* a30 stands behind a40 in its log: the order of the log holds; ties: the first log */
    setup(&bench, (int[]){0, 10, 40, 30, 50, -1}, (int[]){5, 10, 45, 60, -1});
    player_speed(bench.player, INFINITY);
    player_start(bench.player, bench.feed);
    expect(&bench, 11, "a0 b5 a10 b10 a40 a30 b45 a50 b60 E0 E1 ");
    expect_now(&bench, 60 * MS);
    struct player_state now = player_state(bench.player);
    assert_int_equal(now.end_us, 60 * MS);
    teardown(&bench);
}

static void test_bad_log(void **state) {
    (void)state;
    char *directory = directory_new();
    struct log_writer *log = small_log(directory, "20261120T180211Z-test-0001", 1);
    struct run runs[2];
    struct error error = {0};
    const char *paths[] = {log_path(log), "/nonexistent.jsonl"};
    assert_null(player_new(paths, 2, runs, &error));
    assert_non_null(strstr(error.text, "/nonexistent.jsonl"));
    log_close(log);
    directory_done(directory);
}

static void test_empty(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){-1}, NULL);
    player_start(bench.player, bench.feed);
    expect(&bench, 1, "E0 ");
    assert_int_equal(player_state(bench.player).end_us, 0);
    teardown(&bench);
}

static void test_torn(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){1, 2, -1}, NULL);
    append_file(bench.paths[0], "{\"t\":9", 6);
    player_speed(bench.player, INFINITY);
    player_start(bench.player, bench.feed);
    expect(&bench, 4, "a1 a2 the log ends in a to E0 ");
    teardown(&bench);
}

/* ---- fold ---- */

static void fold(struct bench *bench, int64_t until_us, size_t notes) {
    struct board *board = board_new(&bench->runs[0]);
    struct error error = {0};
    assert_true(player_fold(bench->player, &board, until_us, &error));
    assert_int_equal(board->note_count, notes);
    board_free(board);
}

static void test_fold(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 10, 20, 30, -1}, NULL);
    fold(&bench, INT64_MAX, 4);
    fold(&bench, 20 * MS, 3);
    fold(&bench, 20 * MS - 1, 2);
    fold(&bench, 0, 1);
    player_speed(bench.player, INFINITY); /* a fold leaves no trace */
    player_start(bench.player, bench.feed);
    expect(&bench, 5, "a0 a10 a20 a30 E0 ");
    teardown(&bench);
}

/* ---- pace ---- */

static void test_pace(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 100, 300, -1}, NULL);
    int64_t began = clock_us();
    player_start(bench.player, bench.feed);
    expect(&bench, 2, "a0 a100 ");
    assert_true(clock_us() - began >= 100 * MS);
    assert_true(player_state(bench.player).now_us < 300 * MS);
    expect(&bench, 2, "a300 E0 ");
    assert_true(clock_us() - began >= 300 * MS);
    expect_now(&bench, 300 * MS);
    teardown(&bench);

    setup(&bench, (int[]){0, 1000, 3000, -1}, NULL);
    began = clock_us();
    player_speed(bench.player, 10);
    player_start(bench.player, bench.feed);
    expect(&bench, 4, "a0 a1000 a3000 E0 ");
    assert_true(clock_us() - began >= 300 * MS);
    assert_true(clock_us() - began < 3000 * MS); /* an order of magnitude of slack */
    teardown(&bench);
}

static void test_speed_on_the_way(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 3600000, -1}, NULL);
    player_start(bench.player, bench.feed);
    expect(&bench, 1, "a0 ");
    player_speed(bench.player, 1e9); /* bounded: 3.6 s still, so… */
    assert_true(player_state(bench.player).speed == 1000);
    player_speed(bench.player, NAN);
    assert_true(player_state(bench.player).speed == 1000);
    player_speed(bench.player, 0);
    assert_true(player_state(bench.player).speed == 0.1);
    player_speed(bench.player, INFINITY); /* … the rest at once */
    expect(&bench, 2, "a3600000 E0 ");
    teardown(&bench);
}

static void test_pause_and_step(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 20, 40, 60, -1}, (int[]){20, -1});
    player_pause(bench.player, true);
    player_start(bench.player, bench.feed);
    expect_silence(&bench, 80);
    player_step(bench.player);
    expect(&bench, 1, "a0 ");
    player_step(bench.player);
    player_step(bench.player);
    expect(&bench, 2, "a20 b20 ");
    expect_now(&bench, 20 * MS);
    expect_silence(&bench, 60);
    assert_true(player_state(bench.player).paused);
    player_pause(bench.player, false);
    expect(&bench, 4, "a40 a60 E0 E1 ");
    player_step(bench.player); /* nothing left to step to */
    expect_silence(&bench, 30);
    teardown(&bench);
}

/* A pause stops the clock of the replay, not only its events. */
static void test_pause_holds_time(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 200, -1}, NULL);
    player_start(bench.player, bench.feed);
    expect(&bench, 1, "a0 ");
    player_pause(bench.player, true);
    usleep(20000);
    int64_t held = player_state(bench.player).now_us;
    expect_silence(&bench, 300);
    assert_int_equal(player_state(bench.player).now_us, held);
    int64_t began = clock_us();
    player_pause(bench.player, false);
    expect(&bench, 2, "a200 E0 ");
    assert_true(clock_us() - began >= 200 * MS - held);
    teardown(&bench);
}

/* ---- seeking ---- */

static void test_seek(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 1000, 2000, 3000, 900000, -1}, (int[]){1500, 800000, -1});
    player_pause(bench.player, true);
    player_start(bench.player, bench.feed);
    player_seek(bench.player, 2000 * MS); /* forward: what lies between, the target included */
    expect(&bench, 4, "a0 a1000 b1500 a2000 ");
    expect_now(&bench, 2000 * MS);
    player_seek(bench.player, 2500 * MS); /* nothing lies between */
    expect_now(&bench, 2500 * MS);
    player_seek(bench.player, 2000 * MS); /* back, but not past an event */
    expect_now(&bench, 2000 * MS);
    expect_silence(&bench, 20);
    player_seek(bench.player, 1200 * MS);
    expect(&bench, 4, "R0 R1 a0 a1000 ");
    expect_now(&bench, 1200 * MS);
    expect_silence(&bench, 20);
    player_seek(bench.player, INT64_MAX); /* the end */
    expect(&bench, 5, "b1500 a2000 a3000 b800000 a900000 ");
    expect_now(&bench, 900000 * MS);
    assert_false(player_state(bench.player).ended);
    player_pause(bench.player, false);
    expect(&bench, 2, "E0 E1 ");
    player_pause(bench.player, true);
    player_seek(bench.player, -5); /* the beginning */
    expect(&bench, 3, "R0 R1 a0 ");
    assert_false(player_state(bench.player).ended);
    player_speed(bench.player, INFINITY);
    player_pause(bench.player, false);
    expect(&bench, 8, "a1000 b1500 a2000 a3000 b800000 a900000 E0 E1 ");
    teardown(&bench);
}

/* After a seek the replay goes on from there at its pace. */
static void test_seek_while_playing(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 60000, 60200, -1}, NULL);
    player_start(bench.player, bench.feed);
    expect(&bench, 1, "a0 ");
    int64_t began = clock_us();
    player_seek(bench.player, 60100 * MS);
    expect(&bench, 3, "a60000 a60200 E0 ");
    assert_true(clock_us() - began >= 100 * MS);
    teardown(&bench);
}

/* ---- a feed that is full ---- */

#define MANY 2000

static void setup_many(struct bench *bench, size_t feed_events) {
    static int times[MANY + 1];
    for (int i = 0; i < MANY; i++)
        times[i] = i;
    times[MANY] = -1;
    setup(bench, times, NULL);
    queue_free(bench->feed);
    bench->feed = queue_new(feed_events * sizeof(struct event));
    player_speed(bench->player, INFINITY);
    player_start(bench->player, bench->feed);
}

/* Events from `from` on without a gap until the end; a reset starts again at 0. */
static int read_rest(struct bench *bench, int from) {
    int resets = 0;
    for (;;) {
        struct item item;
        queue_wait(bench->feed, 1000);
        if (queue_pop(bench->feed, &item, 1) == 0)
            continue;
        if (item.mark == QUEUE_END)
            break;
        if (item.mark == QUEUE_RESET) {
            from = 0;
            resets++;
            continue;
        }
        assert_int_equal(item.event->t, from++ * MS);
        event_free(item.event);
    }
    assert_int_equal(from, MANY);
    return resets;
}

/* Nothing passes the place where the clock is held; a seek does; letting go costs no jump. */
static void test_hold(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, 20, 40, 60, 80, -1}, NULL);
    player_hold(bench.player, 39 * MS);
    player_start(bench.player, bench.feed);
    expect(&bench, 2, "a0 a20 ");
    expect_silence(&bench, 100);
    expect_now(&bench, 39 * MS);
    player_hold(bench.player, 59 * MS);
    expect(&bench, 1, "a40 ");
    expect_silence(&bench, 60);
    player_seek(bench.player, 60 * MS);
    expect(&bench, 1, "a60 ");
    expect_silence(&bench, 60);
    player_speed(bench.player, INFINITY);
    expect_silence(&bench, 30);
    player_hold(bench.player, INT64_MAX);
    expect(&bench, 2, "a80 E0 ");
    teardown(&bench);
}

/* Beside others in one feed its sources are numbered from somewhere else. */
static void test_numbered(void **state) {
    (void)state;
    struct bench bench;
    setup(&bench, (int[]){0, -1}, (int[]){5, -1});
    player_number(bench.player, 3);
    player_speed(bench.player, INFINITY);
    player_start(bench.player, bench.feed);
    expect(&bench, 4, "a0 b5 E3 E4 ");
    teardown(&bench);
}

static void test_full_feed(void **state) {
    (void)state;
    struct bench bench;
    setup_many(&bench, 20);
    usleep(20000);
    assert_int_equal(read_rest(&bench, 0), 0);
    teardown(&bench);

    setup_many(&bench, 20); /* back and forth while it waits for room */
    usleep(20000);
    player_seek(bench.player, 1);
    usleep(10000);
    player_seek(bench.player, 1000 * MS);
    usleep(10000);
    player_seek(bench.player, 500 * MS);
    assert_true(read_rest(&bench, 0) >= 1);
    teardown(&bench);

    setup_many(&bench, 20); /* and ended while it waits */
    usleep(20000);
    teardown(&bench);
}

/* ---- landmarks ---- */

static void append(struct log_writer *log, struct event *event) {
    assert_true(log_append(log, event, NULL));
    event_free(event);
}

static struct event *phase(enum event_kind kind, int64_t t, const char *name) {
    struct event *event = event_new(kind, t);
    event->phase.suite = SUITE_AGENTIC;
    copy_text(event->phase.phase, PHASE_MAX, name);
    return event;
}

static struct event *call_end(int64_t t, enum error_class error, const char *server) {
    struct event *event = event_new(EVENT_CALL_END, t);
    event->call.id = t;
    event->call.ep = 0;
    event->call.error = error;
    event->call.server = mem_string(server);
    copy_text(event->call.phase, PHASE_MAX, "cold");
    return event;
}

static void test_landmarks(void **state) {
    (void)state;
    char *directory = directory_new();
    struct log_writer *log = small_log(directory, "20261120T180211Z-test-0001", 1);
    struct run run;
    size_t count;
    append(log, phase(EVENT_PHASE_START, 10, "cold"));
    append_note(log, 20, NOTE_INFO, "no landmark: \"level\":\"warn\"");
    append_note(log, 30, NOTE_WARN, "one: \"level\":\"info\" \033[31m");
    append(log, call_end(40, ERROR_NONE, "{\"error\":{\"no\":1}}"));
    append(log, call_end(50, ERROR_TIMEOUT_STALL, NULL));
    append(log, phase(EVENT_PHASE_END, 60, "cold"));
    append(log, phase(EVENT_PHASE_START, 60, "warm"));
    append(log, event_new(EVENT_RUN_END, 70));
    append_note(log, 99, NOTE_INFO, "the last");
    /* a line in another order of keys, as another program may write it */
    static const char other[] =
        "{ \"e\":\"note\", \"text\":\"odd\", \"level\":\"error\", \"ep\":null, \"t\":120 }\n";
    append_file(log_path(log), other, sizeof other - 1);
    const char *path = log_path(log);
    struct player *player = player_new(&path, 1, &run, NULL);
    assert_non_null(player);
    assert_int_equal(player_state(player).end_us, 120);
    const struct landmark *marks = player_landmarks(player, &count);
    static const struct {
        int64_t t;
        enum landmark_kind kind;
        int ep;
        const char *text;
    } expected[] = {
        {10, LANDMARK_PHASE, 0, "agentic cold"},
        {30, LANDMARK_NOTE, -1, "one: \"level\":\"info\" ␛[31m"},
        {50, LANDMARK_ERROR, 0, "cold timeout_stall"},
        {60, LANDMARK_PHASE, 0, "agentic warm"},
        {70, LANDMARK_RUN_END, -1, "run open"},
        {120, LANDMARK_NOTE, -1, "odd"},
    };
    assert_int_equal(count, COUNT_OF(expected));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(marks[i].t, expected[i].t);
        assert_int_equal(marks[i].kind, expected[i].kind);
        assert_int_equal(marks[i].ep, expected[i].ep);
        assert_int_equal(marks[i].source, 0);
        assert_string_equal(marks[i].text, expected[i].text);
    }
    player_free(player);
    run_done(&run);
    log_close(log);
    directory_done(directory);
}

/* ---- several runs on one clock ---- */

/* Two runs of the same phases: the second is slower, longer, and of two suites as the first. Times
 * in ms; a note in the middle of each phase. */
struct lap {
    int at;
    enum suite_id suite;
    const char *phase;
};

static char *write_laps(const char *directory, int number, const struct lap *laps) {
    char *id = mem_format("20261120T180211Z-test-000%d", number);
    struct log_writer *log = small_log(directory, id, 1);
    for (; laps->phase; laps++) {
        char text[16];
        struct event *event = phase(EVENT_PHASE_START, laps->at * MS, laps->phase);
        event->phase.suite = laps->suite;
        append(log, event);
        snprintf(text, sizeof text, "%c%d", 'a' + number, laps->at + 5);
        append_note(log, (laps->at + 5) * MS, NOTE_INFO, text);
    }
    char *path = mem_string(log_path(log));
    log_close(log);
    free(id);
    return path;
}

static const struct lap quick[] = {{0, SUITE_AGENTIC, "cold"},
                                   {100, SUITE_AGENTIC, "warm"},
                                   {150, SUITE_BURST, "burst-30"},
                                   {0, SUITE_AGENTIC, NULL}};
static const struct lap slow[] = {{20, SUITE_AGENTIC, "cold"},
                                  {300, SUITE_AGENTIC, "warm"},
                                  {320, SUITE_BURST, "burst-30"},
                                  {900, SUITE_BURST, "burst-60"},
                                  {0, SUITE_AGENTIC, NULL}};

static void setup_laps(struct bench *bench) {
    *bench = (struct bench){.directory = directory_new(), .count = 2};
    bench->paths[0] = write_laps(bench->directory, 0, quick);
    bench->paths[1] = write_laps(bench->directory, 1, slow);
    bench->player = player_new((const char *const *)bench->paths, 2, bench->runs, NULL);
    assert_non_null(bench->player);
    bench->feed = queue_new((size_t)1 << 20);
}

/* When the phases of both runs stand on the clock: the faster waits for the slower. */
static void test_align(void **state) {
    (void)state;
    static const struct {
        int quick[3], slow[4], end;
        const char *order;
    } modes[ALIGN_COUNT] = {
        [ALIGN_START] = {{0, 100, 150},
                         {20, 300, 320, 900},
                         905,
                         "a:cold a5 b:cold b25 a:warm a105 a:burst-30 a155 b:warm b305 b:burst-30 "
                         "b325 b:burst-60 b905 "},
        /* cold meets at 20, burst-30 at 20 + 300; between them each at its own pace */
        [ALIGN_SUITE] = {{20, 120, 320},
                         {20, 300, 320, 900},
                         905,
                         "a:cold b:cold a5 b25 a:warm a105 b:warm b305 a:burst-30 b:burst-30 a155 "
                         "b325 b:burst-60 b905 "},
        /* warm at 20 + 280, burst-30 at 300 + 50: here the quick one is the longer */
        [ALIGN_PHASE] = {{20, 300, 350},
                         {20, 300, 350, 930},
                         935,
                         "a:cold b:cold a5 b25 a:warm b:warm a105 b305 a:burst-30 b:burst-30 a155 "
                         "b325 b:burst-60 b905 "},
    };
    for (int mode = 0; mode < ALIGN_COUNT; mode++) {
        struct bench bench;
        setup_laps(&bench);
        enum align_mode by = (enum align_mode)mode;
        for (size_t i = 0; i < COUNT_OF(modes->quick); i++)
            assert_int_equal(player_time(bench.player, by, 0, quick[i].at * MS),
                             modes[mode].quick[i] * MS);
        for (size_t i = 0; i < COUNT_OF(modes->slow); i++)
            assert_int_equal(player_time(bench.player, by, 1, slow[i].at * MS),
                             modes[mode].slow[i] * MS);
        player_align(bench.player, by, 0);
        assert_int_equal(player_state(bench.player).end_us, modes[mode].end * MS);
        size_t count;
        const struct landmark *marks = player_landmarks(bench.player, &count);
        assert_int_equal(count, 7);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(marks[i].t,
                             player_time(bench.player, by, marks[i].source, marks[i].own_us));
        player_pause(bench.player, true);
        player_start(bench.player, bench.feed);
        player_seek(bench.player, INT64_MAX);
        expect(&bench, 14, modes[mode].order);
        expect_now(&bench, modes[mode].end * MS);
        teardown(&bench);
    }
}

/* From one clock to the next while it plays: both runs stand where that clock puts them. */
static void test_align_on_the_way(void **state) {
    (void)state;
    struct bench bench;
    setup_laps(&bench);
    player_pause(bench.player, true);
    player_start(bench.player, bench.feed);
    player_seek(bench.player, 310 * MS);
    expect(&bench, 10, "a:cold a5 b:cold b25 a:warm a105 a:burst-30 a155 b:warm b305 ");
    expect_now(&bench, 310 * MS);
    player_align(bench.player, ALIGN_PHASE, 310 * MS); /* the quick one has to go back */
    expect(&bench, 5, "R0 a:cold a5 a:warm a105 ");
    expect_now(&bench, 310 * MS);
    player_align(bench.player, ALIGN_START, 150 * MS); /* on for the one, back for the other */
    expect(&bench, 4, "R1 b:cold b25 a:burst-30 ");
    expect_silence(&bench, 20);
    teardown(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merged),
        cmocka_unit_test(test_bad_log),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_speed_on_the_way),
        cmocka_unit_test(test_pause_and_step),
        cmocka_unit_test(test_pause_holds_time),
        cmocka_unit_test(test_seek),
        cmocka_unit_test(test_seek_while_playing),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_numbered),
        cmocka_unit_test(test_full_feed),
        cmocka_unit_test(test_landmarks),
        cmocka_unit_test(test_align),
        cmocka_unit_test(test_align_on_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
