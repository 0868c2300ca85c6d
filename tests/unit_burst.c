/* Whole bursts over HTTP on simulated engines whose truth is known: every call comes back, and the
 * board says what the engine did. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "model/board.h"
#include "rig.h"
#include "sim/sim.h"
#include "suites/burst.h"

static const struct {
    const char *profile, *word;
} engines[] = {
    {"test-slots-1", "serial-fifo"},   {"test-slots-2", "slots(2)"},
    {"test-slots-4", "slots(4)"},      {"test-slots-8", "slots(8)"},
    {"test-batched", "batched"},       {"test-no-gain", "shared-no-gain"},
    {"test-lock-step", "batched"},     {"test-buffered", "buffered"},
    {"test-collapses", "collapsing"},  {"test-rejects-429", "rejecting"},
    {"test-rejects-503", "rejecting"},
};
#define ENGINES COUNT_OF(engines)
#define CALLS 32

struct fixture {
    struct rig rig;
    struct board *board;
    pid_t sim;
};

static void run_all(struct fixture *f) {
    const char *names[ENGINES];
    struct error error = {0};
    for (size_t i = 0; i < ENGINES; i++)
        names[i] = engines[i].profile;
    rig_begin(&f->rig);
    struct options *options = &f->rig.options;
    f->sim = sim_spawn(names, ENGINES, &options->endpoints, &options->endpoint_count, &error);
    assert_true(f->sim > 0);
    options->suites[SUITE_AGENTIC] = false;
    options->suites[SUITE_BURST] = true;
    options->burst[0] = CALLS;
    options->burst_count = 1;
    rig_plan(&f->rig);
    f->rig.runner = runner_start(&f->rig.bench);
    assert_true(rig_until(&f->rig, 0, rig_is_end) >= 0);
    f->board = board_new(&f->rig.run);
    for (size_t i = 0; i < f->rig.count; i++)
        board_apply(f->board, f->rig.events[i]);
}

static void finish(struct fixture *f) {
    board_free(f->board);
    rig_done(&f->rig);
    kill(f->sim, SIGTERM);
    waitpid(f->sim, NULL, 0);
}

static void check_engine(const struct board *board, int ep, int column) {
    const struct cell *cell = board_cell(board, ep, column);
    const char *name = engines[ep].profile;
    assert_int_equal(cell->calls, CALLS);
    assert_int_equal(cell->calls_running, 0);
    int failed = 0;
    for (int i = 0; i < ERROR_CLASS_COUNT; i++)
        failed += cell->errors[i];
    assert_int_equal(cell->calls_ok + failed, CALLS); /* counted, all of them */
    bool rejects = strcmp(engines[ep].word, "rejecting") == 0;
    if (rejects ? failed == 0 : failed > 0)
        fail_msg("%s: %d failed", name, failed);
    assert_true(board_value(board, ep, column, METRIC_SPAN, STAT_LAST) > 0);
    assert_true(board_value(board, ep, column, METRIC_LATENESS, STAT_LAST) >= 0);
    assert_true(board_value(board, ep, column, METRIC_WALL, STAT_LAST) > 0);
}

/* How many have not been seen right yet. */
static int tell(const struct board *board, bool told[ENGINES], int round) {
    int missing = 0;
    for (int ep = 0; ep < (int)ENGINES; ep++) {
        const struct verdict *verdict =
            board_verdict(board, ep, SUITE_BURST, VERDICT_SERIALISATION);
        assert_non_null(verdict);
        bool right = strcmp(verdict->value, engines[ep].word) == 0;
        if (!right && !told[ep] && round > 0)
            print_message("%s: %s (%s)\n", engines[ep].profile, verdict->value, verdict->evidence);
        told[ep] = told[ep] || right;
        missing += !told[ep];
    }
    return missing;
}

static void check_round(struct fixture *f) {
    int column = board_column(f->board, SUITE_BURST, "burst-32");
    int single = board_column(f->board, SUITE_BURST, "single-32");
    for (int ep = 0; ep < (int)ENGINES; ep++) {
        check_engine(f->board, ep, column);
        assert_int_equal(board_cell(f->board, ep, single)->calls, 3); /* priming is not counted */
        assert_true(isnan(board_value(f->board, ep, single, METRIC_SPAN, STAT_LAST)));
    }
}

/* A machine that is busy with other things may starve an engine for as long as a whole call takes
 * here: every round must be complete, and each engine be seen right in one of them. */
#define ROUNDS 4
static void test_what_engines_do(void **state) {
    (void)state;
    bool told[ENGINES] = {false};
    int missing = (int)ENGINES;
    for (int round = 0; round < ROUNDS && missing > 0; round++) {
        struct fixture f;
        run_all(&f);
        check_round(&f);
        missing = tell(f.board, told, round);
        finish(&f);
    }
    assert_int_equal(missing, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_engines_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
