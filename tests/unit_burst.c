/* Whole bursts over HTTP on simulated engines whose truth is known: every call comes back, and the
 * board says what the engine did. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "model/board.h"
#include "rig.h"
#include "sim/sim.h"
#include "suites/burst.h"

struct engine {
    const char *profile, *word;
};
#define ENGINES_MOST 16

/* Prefill goes one by one: with more calls than these, it alone would set the pace. */
#define CALLS 16
static const struct engine engines[] = {
    {"test-slots-1", "serial-fifo"},   {"test-slots-2", "slots(2)"},
    {"test-slots-4", "slots(4)"},      {"test-slots-8", "slots(8)"},
    {"test-batched", "batched"},       {"test-no-gain", "shared-no-gain"},
    {"test-lock-step", "batched"},     {"test-buffered", "buffered"},
    {"test-rejects-429", "rejecting"}, {"test-rejects-503", "rejecting"},
};
#define CALLS_TOO_MANY 32 /* of few tokens: together they take their time */
#define TOKENS_TOO_MANY 64
static const struct engine collapsing[] = {{"test-collapses", "collapsing"}};

struct test {
    const struct engine *engines;
    size_t count;
    int calls;
    int tokens; /* 0: the suite's own */
};

struct fixture {
    struct rig rig;
    struct board *board;
    pid_t sim;
};

static void run_all(struct fixture *f, const struct test *test) {
    const char *names[ENGINES_MOST];
    struct error error = {0};
    for (size_t i = 0; i < test->count; i++)
        names[i] = test->engines[i].profile;
    rig_begin(&f->rig);
    struct options *options = &f->rig.options;
    f->sim = sim_spawn(names, test->count, &options->endpoints, &options->endpoint_count, &error);
    assert_true(f->sim > 0);
    options->suites[SUITE_AGENTIC] = false;
    options->suites[SUITE_BURST] = true;
    options->burst[0] = test->calls;
    options->burst_count = 1;
    options->max_tokens = test->tokens;
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

/* Every call is there, ended and counted. */
static void check_calls(const struct board *board, const struct test *test, int ep) {
    char phase[PHASE_MAX];
    snprintf(phase, sizeof phase, "burst-%d", test->calls);
    int column = board_column(board, SUITE_BURST, phase), failed = 0;
    const struct cell *cell = board_cell(board, ep, column);
    assert_int_equal(cell->calls, test->calls);
    assert_int_equal(cell->calls_running, 0);
    for (int i = 0; i < ERROR_CLASS_COUNT; i++)
        failed += cell->errors[i];
    assert_int_equal(cell->calls_ok + failed, test->calls);
    bool rejects = strcmp(test->engines[ep].word, "rejecting") == 0;
    if (rejects ? failed == 0 : failed > 0)
        fail_msg("%s: %d failed", test->engines[ep].profile, failed);
    assert_true(board_value(board, ep, column, METRIC_SPAN, STAT_LAST) > 0);
    assert_true(board_value(board, ep, column, METRIC_LATENESS, STAT_LAST) >= 0);
    assert_true(board_value(board, ep, column, METRIC_WALL, STAT_LAST) > 0);
    snprintf(phase, sizeof phase, "single-%d", test->calls);
    column = board_column(board, SUITE_BURST, phase);
    assert_int_equal(board_cell(board, ep, column)->calls, 3); /* priming is not counted */
    assert_true(isnan(board_value(board, ep, column, METRIC_SPAN, STAT_LAST)));
}

/* How many have not been seen right yet. */
static size_t tell(const struct board *board, const struct test *test, bool *told) {
    size_t missing = 0;
    for (int ep = 0; ep < (int)test->count; ep++) {
        const struct engine *engine = &test->engines[ep];
        const struct verdict *verdict =
            board_verdict(board, ep, SUITE_BURST, VERDICT_SERIALISATION);
        assert_non_null(verdict);
        bool right = strcmp(verdict->value, engine->word) == 0;
        if (!right && !told[ep])
            print_message("%s: %s (%s)\n", engine->profile, verdict->value, verdict->evidence);
        told[ep] = told[ep] || right;
        missing += !told[ep];
    }
    return missing;
}

/* A machine that is busy with other things may starve an engine for as long as a whole call takes
 * here: every round must be complete, and each engine be seen right in one of them. */
#define ROUNDS 4
static void run_rounds(const struct test *test) {
    bool told[ENGINES_MOST] = {false};
    size_t missing = test->count;
    for (int round = 0; round < ROUNDS && missing > 0; round++) {
        struct fixture f;
        run_all(&f, test);
        for (int ep = 0; ep < (int)test->count; ep++)
            check_calls(f.board, test, ep);
        missing = tell(f.board, test, told);
        finish(&f);
    }
    assert_int_equal(missing, 0);
}

/* As systems begin with: too few for the bursts of ten lanes at once, enough for one of them. */
static void test_what_engines_do(void **state) {
    struct rlimit limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 200;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    run_rounds(&(struct test){engines, COUNT_OF(engines), CALLS, 0});
}

static void test_too_many_for_it(void **state) {
    (void)state;
    run_rounds(&(struct test){collapsing, COUNT_OF(collapsing), CALLS_TOO_MANY, TOKENS_TOO_MANY});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_engines_do),
        cmocka_unit_test(test_too_many_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
