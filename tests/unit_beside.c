/* Saved runs beside a live one: they wait for it, they are taken along by it, they begin anew with
 * it; what only one of the two did is no reason to wait. */
#include "beside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "build.h"
#include "store_files.h"

#define MS INT64_C(1000)
#define PATIENCE_US 20000000
#define FAR_MS 600000 /* nobody waits ten minutes for it: only a jump gets there */

struct fixture {
    char *directory, *path;
    struct beside *beside;
    struct queue *feed;
    struct run run;
    struct board *boards[2]; /* live, saved */
    int resets, ends;
};

static void save_phase(struct log_writer *log, int start_ms, int end_ms, int ep, const char *phase,
                       int pass) {
    for (int end = 0; end < 2; end++) {
        struct event *event =
            event_new(end ? EVENT_PHASE_END : EVENT_PHASE_START, (end ? end_ms : start_ms) * MS);
        event->phase = (struct event_phase){
            .ep = ep, .suite = SUITE_AGENTIC, .pass = pass, .status = PHASE_DONE};
        copy_text(event->phase.phase, PHASE_MAX, phase);
        assert_true(log_append(log, event, NULL));
        event_free(event);
    }
}

/* Saved: endpoints "one", "two"; `one` runs cold, an odd phase, warm, then far behind prefix. The
 * live run has them the other way round. */
static void begin(struct fixture *f) {
    struct error error = {0};
    *f = (struct fixture){.directory = directory_new(), .feed = queue_new((size_t)1 << 20)};
    struct log_writer *log = small_log(f->directory, "20261120T180211Z-test-0001", 2);
    save_phase(log, 50, 80, 0, "cold", 0);
    save_phase(log, 90, 95, 0, "odd", 0);
    save_phase(log, 120, 140, 0, "warm", 0);
    save_phase(log, FAR_MS, FAR_MS + 10, 0, "prefix-test-1", 0);
    save_phase(log, FAR_MS + 20, FAR_MS + 30, 0, "cold", 1);
    f->path = mem_string(log_path(log));
    log_close(log);
    f->beside = beside_new(&f->path, 1, &f->run, &error);
    if (!f->beside)
        fail_msg("%s", error.text);
    struct run live = build_run(2, 2);
    build_plan(&live, SUITE_AGENTIC, "cold warm prefix-test-1");
    free(live.endpoints[0].name);
    free(live.endpoints[1].name);
    live.endpoints[0].name = mem_string("two");
    live.endpoints[1].name = mem_string("one");
    f->boards[0] = board_new(&live);
    f->boards[1] = board_new(&f->run);
    run_done(&live);
    beside_start(f->beside, f->feed);
    beside_follow(f->beside, f->boards);
}

static void end(struct fixture *f) {
    beside_free(f->beside);
    queue_free(f->feed);
    run_done(&f->run);
    board_free(f->boards[0]);
    board_free(f->boards[1]);
    free(f->path);
    directory_done(f->directory);
}

static void take(struct fixture *f) {
    struct item item;
    while (queue_pop(f->feed, &item, 1) == 1) {
        assert_int_equal(item.source, 1);
        f->resets += item.mark == QUEUE_RESET;
        f->ends += item.mark == QUEUE_END;
        if (item.mark == QUEUE_RESET) {
            board_free(f->boards[1]);
            f->boards[1] = board_new(&f->run);
        } else if (item.mark == QUEUE_EVENT) {
            board_apply(f->boards[1], item.event);
            event_free(item.event);
        }
    }
}

static const struct cell *saved_cell(const struct fixture *f, const char *phase) {
    return board_cell(f->boards[1], 0, board_column(f->boards[1], SUITE_AGENTIC, phase));
}

static void expect(struct fixture *f, const char *phase, enum cell_state state) {
    int64_t until = clock_us() + PATIENCE_US;
    for (;;) {
        take(f);
        const struct cell *cell = saved_cell(f, phase);
        if (cell && cell->state == state)
            return;
        if (clock_us() > until)
            fail_msg("%s is in state %d, not %d", phase, cell ? (int)cell->state : -1, (int)state);
        queue_wait(f->feed, 20);
    }
}

/* It has not begun, and does not begin by waiting. */
static void expect_waits(struct fixture *f, const char *phase) {
    usleep(250000);
    take(f);
    const struct cell *cell = saved_cell(f, phase);
    if (cell)
        assert_int_equal(cell->state, CELL_WAITING);
}

static void live_phase(struct fixture *f, const char *phase, int pass, bool end) {
    if (end)
        build_phase_end(f->boards[0], f->boards[0]->now_us + MS, 1, SUITE_AGENTIC, phase, pass,
                        PHASE_DONE, NULL);
    else
        build_phase_start(f->boards[0], f->boards[0]->now_us + MS, 1, SUITE_AGENTIC, phase, pass);
    beside_follow(f->beside, f->boards);
}

static void waits_for_the_live_run(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    expect_waits(&f, "cold");
    assert_true(beside_now(f.beside, 0) < 50 * MS);
    live_phase(&f, "cold", 0, false);
    expect(&f, "cold", CELL_DONE);
    expect(&f, "odd", CELL_DONE); /* the live run has no such phase */
    expect_waits(&f, "warm");
    live_phase(&f, "cold", 0, true);
    expect_waits(&f, "warm");
    live_phase(&f, "warm", 0, false);
    expect(&f, "warm", CELL_DONE);
    end(&f);
}

static void is_taken_along(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    live_phase(&f, "cold", 0, false);
    live_phase(&f, "cold", 0, true);
    live_phase(&f, "warm", 0, false);
    live_phase(&f, "prefix-test-1", 0, false);
    expect(&f, "warm", CELL_DONE);
    expect(&f, "prefix-test-1", CELL_DONE);
    take(&f);
    assert_int_equal(f.resets, 0);
    assert_int_equal(saved_cell(&f, "cold")->pass, 0); /* and waits again before the next pass */
    live_phase(&f, "cold", 1, false);
    expect(&f, "cold", CELL_DONE);
    for (int i = 0; i < 400 && f.ends == 0; i++) { /* nothing is left that it could wait for */
        queue_wait(f.feed, 50);
        take(&f);
    }
    assert_int_equal(f.ends, 1);
    end(&f);
}

static void ends_with_the_live_run(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    struct event *over = event_new(EVENT_RUN_END, 10 * MS);
    over->run_end.status = RUN_STOPPED;
    build_apply(f.boards[0], over);
    beside_follow(f.beside, f.boards);
    expect(&f, "warm", CELL_DONE); /* it is let go */
    end(&f);
}

static void begins_anew(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    live_phase(&f, "cold", 0, false);
    live_phase(&f, "prefix-test-1", 0, false);
    expect(&f, "prefix-test-1", CELL_DONE);
    struct run run;
    run_copy(&run, &f.boards[0]->run);
    board_free(f.boards[0]);
    f.boards[0] = board_new(&run);
    run_done(&run);
    beside_rewind(f.beside);
    beside_follow(f.beside, f.boards);
    for (int i = 0; i < 400 && f.resets == 0; i++) {
        queue_wait(f.feed, 50);
        take(&f);
    }
    assert_int_equal(f.resets, 1);
    expect_waits(&f, "cold");
    live_phase(&f, "cold", 0, false);
    expect(&f, "cold", CELL_DONE);
    end(&f);
}

static void no_such_log(void **state) {
    (void)state;
    char path[] = "/nonexistent.jsonl", *paths[] = {path};
    struct run run;
    struct error error = {0};
    assert_null(beside_new(paths, 1, &run, &error));
    assert_non_null(strstr(error.text, "/nonexistent.jsonl"));
    beside_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_for_the_live_run),
        cmocka_unit_test(is_taken_along),
        cmocka_unit_test(ends_with_the_live_run),
        cmocka_unit_test(begins_anew),
        cmocka_unit_test(no_such_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
