/* pass^k: turns right in every repeat, over passes and repeats, with faults and odd logs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/pass_k.h"
#include "store/report.h"
#include "store_files.h"

struct scene {
    struct run run;
    struct board *board;
};

static void setup(struct scene *scene) {
    small_run(&scene->run, "20261120T180211Z-score-0001", 2);
    scene->run.passes = 3;
    scene->board = board_new(&scene->run);
}

static void teardown(struct scene *scene) {
    board_free(scene->board);
    run_done(&scene->run);
}

/* As the log would have it, the phase being "run" of tool-call. */
static void phase(struct scene *scene, enum event_kind kind, int pass) {
    struct event *event = event_new(kind, 0);
    event->phase.suite = SUITE_TOOL_CALL;
    copy_text(event->phase.phase, PHASE_MAX, "run");
    event->phase.pass = pass;
    board_apply(scene->board, event);
    event_free(event);
}

static void score_of(struct scene *scene, int ep, const char *item, int turn, int repeat, int pass,
                     double points) {
    struct event *event = event_new(EVENT_SCORE, 0);
    event->score.ep = ep;
    event->score.suite = SUITE_TOOL_CALL;
    copy_text(event->score.item, sizeof event->score.item, item);
    event->score.turn = turn;
    event->score.repeat = repeat;
    event->score.pass = pass;
    event->score.points = points;
    board_apply(scene->board, event);
    event_free(event);
}

static void score(struct scene *scene, const char *item, int turn, int repeat, int pass,
                  double points) {
    score_of(scene, 0, item, turn, repeat, pass, points);
}

static void expect(const struct scene *scene, int k, int turns, int held) {
    struct pass_k pass_k;
    pass_k_of(scene->board, 0, board_column(scene->board, SUITE_TOOL_CALL, "run"), &pass_k);
    assert_int_equal(pass_k.k, k);
    assert_int_equal(pass_k.turns, turns);
    assert_int_equal(pass_k.held, held);
    if (turns)
        assert_float_equal(pass_k_percent(&pass_k, k), 100.0 * held / turns, 1e-9);
    else
        assert_true(isnan(pass_k_percent(&pass_k, k)));
}

static void test_nothing(void **state) {
    (void)state;
    struct scene scene;
    struct pass_k pass_k;
    setup(&scene);
    expect(&scene, 0, 0, 0);
    phase(&scene, EVENT_PHASE_START, 0);
    expect(&scene, 0, 0, 0);
    score(&scene, "a", 0, 0, 0, NAN); /* the engine's fault alone */
    expect(&scene, 0, 0, 0);
    pass_k_of(scene.board, 7, 0, &pass_k);
    assert_int_equal(pass_k.turns, 0);
    pass_k_of(scene.board, 0, -1, &pass_k);
    assert_int_equal(pass_k.turns, 0);
    teardown(&scene);
}

/* Three passes of two turns: the mean is 5 of 6, and only one of two can be relied on. */
static void test_over_passes(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene);
    for (int pass = 0; pass < 3; pass++) {
        phase(&scene, EVENT_PHASE_START, pass);
        score(&scene, "a", 0, 0, pass, 1);
        score(&scene, "b", 1, 0, pass, pass == 1 ? 0 : 1);
        phase(&scene, EVENT_PHASE_END, pass);
    }
    expect(&scene, 3, 2, 1);
    phase(&scene, EVENT_PHASE_START, 3); /* the drift control is one pass more than planned */
    score(&scene, "a", 0, 0, 3, 0);
    expect(&scene, 3, 2, 1);
    teardown(&scene);
}

static void test_over_repeats(void **state) {
    (void)state;
    struct scene scene;
    setup(&scene);
    phase(&scene, EVENT_PHASE_START, 0);
    score(&scene, "a", 0, 0, 0, 1);
    score(&scene, "brief", 1, 0, 0, 0.8); /* two scores of one turn are two */
    score(&scene, "save", 1, 0, 0, 1);
    expect(&scene, 1, 3, 2);
    score(&scene, "save", 1, 1, 0, 1); /* the order of arrival says nothing */
    score(&scene, "brief", 1, 1, 0, 1);
    score(&scene, "a", 0, 1, 0, NAN); /* one repeat is left of it */
    expect(&scene, 2, 2, 1);          /* right once of once is no pass^2 */
    score(&scene, "a", 0, -1, 0, 0);  /* no repeat of anything */
    expect(&scene, 2, 2, 1);
    score(&scene, "a", 0, 2, 0, 0.9995); /* what decimals cost */
    expect(&scene, 2, 3, 2);
    phase(&scene, EVENT_PHASE_START, 0); /* run again: nothing of before stays */
    expect(&scene, 0, 0, 0);
    teardown(&scene);
}

/* Who was stopped after the first repeat has a pass^1, which does not stand under pass^2. */
static void test_fewer_repeats(void **state) {
    (void)state;
    struct scene scene;
    struct pass_k pass_k;
    struct buf out;
    setup(&scene);
    phase(&scene, EVENT_PHASE_START, 0);
    for (int ep = 0; ep < 2; ep++)
        for (int repeat = 0; repeat + ep < 2; repeat++)
            score_of(&scene, ep, "a", 0, repeat, 0, 1);
    pass_k_of(scene.board, 1, board_column(scene.board, SUITE_TOOL_CALL, "run"), &pass_k);
    assert_float_equal(pass_k_percent(&pass_k, 1), 100, 1e-9);
    assert_true(isnan(pass_k_percent(&pass_k, 2)));
    const struct board *board = scene.board;
    buf_init(&out, 1 << 20);
    assert_true(report_write(&out, REPORT_MD, &board, 1, NULL, NULL));
    const char *from = strstr(buf_string(&out), "pass^2 (%");
    assert_non_null(from);
    assert_non_null(strstr(from, "| 100 |\n"));
    assert_non_null(strstr(from, "| – |\n"));
    buf_done(&out);
    teardown(&scene);
}

/* The same figure in every format. */
static void test_reports(void **state) {
    (void)state;
    static const struct {
        enum report_format format;
        const char *says;
    } cases[] = {
        {REPORT_TABLE, "tool-call · pass^3 (%, turns right in all 3 repeats)"},
        {REPORT_MD, "pass^3 (%, turns right in all 3 repeats)\n\n| endpoint | run |\n|---|---:|\n"},
        {REPORT_PANEL, " | tool-call | 100 | 50 | 3 | 6 | 3 |"},
        {REPORT_CSV, ",tool-call,run,pass_3_pct,mean,50,2,"},
        {REPORT_JSON, "\"pass_k\":{\"k\":3,\"turns\":2,\"held\":1,\"pct\":50}"},
    };
    struct scene scene;
    setup(&scene);
    for (int pass = 0; pass < 3; pass++) {
        phase(&scene, EVENT_PHASE_START, pass);
        score(&scene, "a", 0, 0, pass, 1);
        score(&scene, "b", 1, 0, pass, pass != 1);
        phase(&scene, EVENT_PHASE_END, pass);
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        struct error error = {0};
        const struct board *board = scene.board;
        buf_init(&out, 1 << 20);
        assert_true(report_write(&out, cases[i].format, &board, 1, NULL, &error));
        if (!strstr(buf_string(&out), cases[i].says))
            fail_msg("'%s' is not in:\n%s", cases[i].says, buf_string(&out));
        buf_done(&out);
    }
    teardown(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),      cmocka_unit_test(test_over_passes),
        cmocka_unit_test(test_over_repeats), cmocka_unit_test(test_fewer_repeats),
        cmocka_unit_test(test_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
