/* The quality view: marks, scores, what is selected and what opens, over boards built from events;
 * engine faults apart, repeats in their places, hostile logs drawn like any other. */
#include "view.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "build.h"
#include "scorecard.h"

struct fixture {
    struct board *board;
    struct scene scene;
    struct ui ui;
    struct frame frame;
    int64_t id, t;
};

static void begin(struct fixture *f, int endpoints, int passes, enum suite_id suite,
                  const char *phases) {
    struct run run = build_run(endpoints, passes);
    build_plan(&run, suite, phases);
    *f = (struct fixture){.board = board_new(&run), .id = 1};
    run_done(&run);
    f->scene = (struct scene){.boards = {f->board}, .count = 1};
    ui_init(&f->ui);
    f->ui.view = VIEW_QUALITY;
    frame_init(&f->frame);
}

static void end(struct fixture *f) {
    frame_done(&f->frame);
    board_free(f->board);
}

static void output(struct fixture *f, int64_t id, const char *request, const char *content) {
    struct event *event = event_new(EVENT_CALL_OUTPUT, f->t);
    event->output.id = id;
    event->output.request = mem_string(request);
    event->output.content = mem_string(content);
    build_apply(f->board, event);
}

/* A call with texts that tell its id; returns the id. */
static int64_t ask(struct fixture *f, int ep, enum suite_id suite, const char *phase, int pass) {
    struct call call = build_call(f->id++, ep, suite, phase, pass, f->t, 100, 100, 10);
    char *request = mem_format("request-%d", (int)call.id);
    char *content = mem_format("answer-%d", (int)call.id);
    build_whole_call(f->board, &call);
    f->t = call.end_us;
    output(f, call.id, request, content);
    free(request);
    free(content);
    return call.id;
}

static void tell(struct fixture *f, int ep, enum suite_id suite, const char *item, int turn,
                 int repeat, int pass, double points, const char *failure) {
    struct event *event = event_new(EVENT_SCORE, f->t);
    event->score.ep = ep;
    event->score.suite = suite;
    event->score.turn = turn;
    event->score.repeat = repeat;
    event->score.pass = pass;
    event->score.points = points;
    event->score.failure = mem_string(failure);
    copy_text(event->score.item, sizeof event->score.item, item);
    build_apply(f->board, event);
}

/* A turn for each letter: + right, x wrong, ! the engine's, ~ half. */
static void play(struct fixture *f, int ep, enum suite_id suite, const char *phase, int repeat,
                 int pass, const char *turns) {
    for (int turn = 0; turns[turn]; turn++) {
        char item[16];
        snprintf(item, sizeof item, "item-%d", turn);
        ask(f, ep, suite, phase, pass);
        tell(f, ep, suite, item, turn, repeat, pass,
             turns[turn] == '+'   ? 1
             : turns[turn] == '~' ? 0.5
             : turns[turn] == '!' ? NAN
                                  : 0,
             turns[turn] == '+'   ? NULL
             : turns[turn] == '!' ? "engine:http_5xx"
                                  : "model:empty-object");
    }
}

static char *shown(struct fixture *f, int width, int height) {
    struct buf out;
    buf_init(&out, 1 << 20);
    frame_resize(&f->frame, width, height);
    view_draw(&f->frame, &f->scene, &f->ui);
    frame_dump_text(&f->frame, false, &out);
    return buf_take(&out);
}

static bool has(struct fixture *f, int width, int height, const char *text) {
    char *screen = shown(f, width, height);
    bool found = strstr(screen, text) != NULL;
    free(screen);
    return found;
}

#define SHOWS(f, width, height, text)                                                              \
    do {                                                                                           \
        char *screen_ = shown(f, width, height);                                                   \
        if (!strstr(screen_, text))                                                                \
            print_error("%dx%d has no \"%s\":\n%s\n", width, height, text, screen_);               \
        assert_non_null(strstr(screen_, text));                                                    \
        free(screen_);                                                                             \
    } while (0)

static void act(struct fixture *f, enum action action) {
    assert_true(view_act(&f->ui, &f->scene, action, 80, 24));
}

/* ---- the table ---- */

static void collect(struct fixture *f, enum suite_id suite, struct rows *rows,
                    struct scorecard *card) {
    rows_collect(&f->scene, &f->ui, rows);
    scorecard_collect(rows, suite, card);
}

static void scores_are_folded(void **state) {
    struct fixture f;
    struct rows rows;
    struct scorecard card;
    struct scored scored;
    char text[80];
    (void)state;
    begin(&f, 1, 1, SUITE_TOOL_CALL, "run");
    build_phase_start(f.board, 0, 0, SUITE_TOOL_CALL, "run", 0);
    play(&f, 0, SUITE_TOOL_CALL, "run", 0, 0, "++x!~");
    play(&f, 0, SUITE_TOOL_CALL, "run", 1, 0, "+x!!+");
    collect(&f, SUITE_TOOL_CALL, &rows, &card);
    assert_int_equal(card.count, 5);
    assert_int_equal(card.repeats, 2);
    scored_read(&card, &rows.at[0], 0, &scored);
    assert_int_equal(scored.scored, 7);
    assert_int_equal(scored.faults, 3);
    assert_int_equal(scored.failed, 3);
    assert_float_equal(scored_mean(&scored), 100 * 4.5 / 7, 1e-9);
    /* two turns are not scored twice: of three one is right every time */
    assert_float_equal(pass_k_percent(&scored.pass_k, card.repeats), 100 / 3.0, 1e-9);
    scored_failures(&scored, text, sizeof text);
    assert_string_equal(text, "3 !http_5xx, 3 empty-object");
    scored_failures(&scored, text, 8);
    assert_string_equal(text, "3 !http");
    int clean;
    assert_int_equal(scored_turn(&card, &scored, 0, &clean), SCORE_CLEAN);
    assert_int_equal(scored_turn(&card, &scored, 1, &clean), SCORE_PARTLY);
    assert_int_equal(clean, 1);
    assert_int_equal(scored_turn(&card, &scored, 2, &clean), SCORE_FAULT);
    scored_done(&scored);
    scorecard_done(&card);
    end(&f);
}

static void passes_are_repeats_and_the_control_is_none(void **state) {
    struct fixture f;
    struct rows rows;
    struct scorecard card;
    (void)state;
    begin(&f, 1, 2, SUITE_TOOL_CALL, "run");
    for (int pass = 0; pass < 3; pass++) {
        build_phase_start(f.board, f.t, 0, SUITE_TOOL_CALL, "run", pass);
        play(&f, 0, SUITE_TOOL_CALL, "run", 0, pass, pass == 1 ? "+x" : "++");
        build_phase_end(f.board, f.t, 0, SUITE_TOOL_CALL, "run", pass, PHASE_DONE, NULL);
    }
    collect(&f, SUITE_TOOL_CALL, &rows, &card);
    assert_int_equal(card.repeats, 2);
    SHOWS(&f, 80, 24, "✓✓ ✓✗ ");
    scorecard_done(&card);
    end(&f);
}

static void absent_is_absent(void **state) {
    struct scored scored = {0};
    (void)state;
    assert_true(isnan(scored_mean(&scored)));
    assert_true(isnan(pass_k_percent(&scored.pass_k, scored.pass_k.k)));
    assert_int_equal(scored_mark(NULL), SCORE_WAITING);
}

/* ---- the screen ---- */

static void marks_of_all_kinds(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 2, 1, SUITE_TOOL_CALL, "run");
    build_phase_start(f.board, 0, 0, SUITE_TOOL_CALL, "run", 0);
    play(&f, 0, SUITE_TOOL_CALL, "run", 0, 0, "++x!");
    build_phase_end(f.board, f.t, 0, SUITE_TOOL_CALL, "run", 0, PHASE_DONE, NULL);
    SHOWS(&f, 80, 24, "✓✓✗!");
    SHOWS(&f, 80, 24, "····"); /* what the other one is still to be asked */
    SHOWS(&f, 80, 24, "66.7");
    SHOWS(&f, 120, 40, "1 !http_5xx");
    f.ui.glyphs = GLYPH_ASCII;
    SHOWS(&f, 80, 24, "++x!");
    SHOWS(&f, 80, 24, "....");
    build_phase_start(f.board, f.t, 1, SUITE_TOOL_CALL, "run", 0);
    play(&f, 1, SUITE_TOOL_CALL, "run", 0, 0, "+");
    assert_true(has(&f, 80, 24, "+|..") || has(&f, 80, 24, "+/..") || has(&f, 80, 24, "+-..") ||
                has(&f, 80, 24, "+\\.."));
    end(&f);
}

static void eight_endpoints_fit(void **state) {
    static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 60}};
    struct fixture f;
    (void)state;
    begin(&f, 8, 1, SUITE_TOOL_CALL_STRESS, "run");
    for (int ep = 0; ep < 8; ep++)
        build_phase_start(f.board, 0, ep, SUITE_TOOL_CALL_STRESS, "run", 0);
    for (int repeat = 0; repeat < 3; repeat++)
        for (int ep = 0; ep < 8; ep++)
            play(&f, ep, SUITE_TOOL_CALL_STRESS, "run", repeat, 0, "++++x++++");
    f.ui.glyphs = GLYPH_ASCII;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *screen = shown(&f, sizes[i][0], sizes[i][1]);
        int rows = 0;
        for (char *at = screen; (at = strstr(at, "++++x++++ ++++x++++ ++++x++++")); at++)
            rows++;
        assert_int_equal(rows, 8);
        assert_non_null(strstr(screen, "88.9"));
        assert_non_null(strstr(screen, "pass^3"));
        free(screen);
    }
    end(&f);
}

static void repeats_become_one_mark_where_they_do_not_fit(void **state) {
    struct fixture f;
    char turns[41];
    (void)state;
    begin(&f, 1, 1, SUITE_INSTRUCT, "run");
    build_phase_start(f.board, 0, 0, SUITE_INSTRUCT, "run", 0);
    memset(turns, '+', 40);
    turns[40] = '\0';
    play(&f, 0, SUITE_INSTRUCT, "run", 0, 0, turns);
    turns[3] = 'x';
    play(&f, 0, SUITE_INSTRUCT, "run", 1, 0, turns);
    turns[5] = '!';
    play(&f, 0, SUITE_INSTRUCT, "run", 2, 0, turns);
    f.ui.glyphs = GLYPH_ASCII;
    SHOWS(&f, 80, 24, "+++1+!++");
    /* step by step through the repeats of one turn */
    act(&f, ACTION_FIRST);
    assert_int_equal(f.ui.call, 1);
    act(&f, ACTION_RIGHT);
    assert_int_equal(f.ui.call, 41);
    act(&f, ACTION_RIGHT);
    assert_int_equal(f.ui.call, 81);
    act(&f, ACTION_RIGHT);
    assert_int_equal(f.ui.call, 2);
    end(&f);
}

static void ablation_has_three_rows(void **state) {
    static const char *const phases[] = {"off", "on-preserve", "on-drop"};
    struct fixture f;
    (void)state;
    begin(&f, 1, 1, SUITE_THINKING_ABLATION, "off on-preserve on-drop");
    for (size_t i = 0; i < COUNT_OF(phases); i++) {
        build_phase_start(f.board, f.t, 0, SUITE_THINKING_ABLATION, phases[i], 0);
        play(&f, 0, SUITE_THINKING_ABLATION, phases[i], 0, 0, i == 2 ? "+!!" : "+++");
        build_phase_end(f.board, f.t, 0, SUITE_THINKING_ABLATION, phases[i], 0, PHASE_DONE, NULL);
    }
    f.ui.glyphs = GLYPH_ASCII;
    SHOWS(&f, 80, 24, "a off         +++");
    SHOWS(&f, 80, 24, "  on-preserve +++");
    SHOWS(&f, 80, 24, "  on-drop     +!!");
    end(&f);
}

static void skipped_says_why(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 1, 1, SUITE_RECOVERY, "run");
    build_phase_start(f.board, 0, 0, SUITE_RECOVERY, "run", 0);
    build_phase_end(f.board, 1, 0, SUITE_RECOVERY, "run", 0, PHASE_SKIPPED, "no such file");
    SHOWS(&f, 80, 24, "skipped: no such file");
    act(&f, ACTION_OPEN); /* there is nothing to open */
    assert_false(f.ui.call_text);
    end(&f);
}

static void without_a_quality_suite(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 1, 1, SUITE_AGENTIC, "cold warm");
    SHOWS(&f, 80, 24, "no quality suite");
    assert_false(view_act(&f.ui, &f.scene, ACTION_OPEN, 80, 24));
    copy_text(f.ui.filter, sizeof f.ui.filter, "nobody");
    SHOWS(&f, 80, 24, "no engine matches");
    end(&f);
}

/* ---- keys ---- */

static void the_failing_turn_is_one_key_away(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 1, 1, SUITE_TOOL_CALL, "run");
    build_phase_start(f.board, 0, 0, SUITE_TOOL_CALL, "run", 0);
    play(&f, 0, SUITE_TOOL_CALL, "run", 0, 0, "+x++");
    SHOWS(&f, 80, 24, "model:empty-object");
    SHOWS(&f, 80, 24, "answer-2");
    act(&f, ACTION_OPEN);
    assert_true(f.ui.call_text);
    assert_int_equal(f.ui.call, 2);
    SHOWS(&f, 120, 40, "request-2");
    act(&f, ACTION_RIGHT); /* the page of the next turn */
    SHOWS(&f, 120, 40, "request-3");
    act(&f, ACTION_BACK);
    assert_false(f.ui.call_text);
    assert_int_equal(f.ui.view, VIEW_QUALITY);
    SHOWS(&f, 80, 24, "item-2: right");
    end(&f);
}

static void arrows_walk_turns_and_rows(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 3, 1, SUITE_TOOL_CALL, "run");
    for (int ep = 0; ep < 3; ep++) { /* calls 1-3, 4-6, 7-9 */
        build_phase_start(f.board, f.t, ep, SUITE_TOOL_CALL, "run", 0);
        play(&f, ep, SUITE_TOOL_CALL, "run", 0, 0, ep == 1 ? "+++" : "x+x");
    }
    act(&f, ACTION_LEFT); /* from the last that failed */
    assert_int_equal(f.ui.call, 2);
    act(&f, ACTION_LEFT);
    act(&f, ACTION_LEFT); /* stops at the end */
    assert_int_equal(f.ui.call, 1);
    act(&f, ACTION_PAGE_DOWN);
    assert_int_equal(f.ui.call, 3);
    act(&f, ACTION_PAGE_DOWN); /* over the row without a failure */
    assert_int_equal(f.ui.ep, 2);
    assert_int_equal(f.ui.call, 7);
    act(&f, ACTION_PAGE_UP);
    assert_int_equal(f.ui.ep, 0);
    assert_int_equal(f.ui.call, 3);
    act(&f, ACTION_DOWN);
    assert_int_equal(f.ui.ep, 1);
    assert_int_equal(f.ui.call, 0);
    act(&f, ACTION_FIRST);
    assert_int_equal(f.ui.call, 4);
    act(&f, ACTION_LAST);
    assert_int_equal(f.ui.call, 6);
    act(&f, ACTION_DOWN);
    act(&f, ACTION_DOWN);
    assert_int_equal(f.ui.ep, 2);
    end(&f);
}

/* Several calls, then two scores: both are of the last call, and of no call of another phase. */
static void an_episode_opens_its_last_call(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 2, 1, SUITE_RESEARCH_BRIEF, "run");
    build_phase_start(f.board, 0, 0, SUITE_RESEARCH_BRIEF, "run", 0);
    build_phase_start(f.board, 0, 1, SUITE_RESEARCH_BRIEF, "run", 0);
    ask(&f, 0, SUITE_RESEARCH_BRIEF, "run", 0);
    int64_t last = ask(&f, 0, SUITE_RESEARCH_BRIEF, "run", 0);
    ask(&f, 1, SUITE_RESEARCH_BRIEF, "run", 0);
    tell(&f, 0, SUITE_RESEARCH_BRIEF, "pumps: brief", 0, 0, 0, 0.5, "model:section-missing");
    tell(&f, 0, SUITE_RESEARCH_BRIEF, "pumps: save", 0, 0, 0, 0, "model:not-delivered");
    const struct row *row = &f.board->rows[0];
    assert_int_equal(row->scores[0].call, last);
    assert_int_equal(row->scores[1].call, last);
    SHOWS(&f, 80, 24, "0.50 points model:section-missing");
    SHOWS(&f, 80, 24, "pumps: save: model:not-delivered");
    act(&f, ACTION_OPEN);
    SHOWS(&f, 120, 40, "request-2");
    end(&f);
}

static void a_score_without_a_call(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 1, 1, SUITE_TOOL_CALL, "run");
    tell(&f, 0, SUITE_TOOL_CALL, "imported", 0, 0, 0, 0, "model:schema");
    assert_int_equal(f.board->rows[0].scores[0].call, 0);
    SHOWS(&f, 80, 24, "imported: model:schema");
    act(&f, ACTION_OPEN);
    assert_false(f.ui.call_text);
    act(&f, ACTION_RIGHT);
    end(&f);
}

/* ---- the board ---- */

static void the_board_shows_scores(void **state) {
    struct fixture f;
    (void)state;
    begin(&f, 2, 1, SUITE_TOOL_CALL, "run");
    for (int ep = 0; ep < 2; ep++) {
        build_phase_start(f.board, f.t, ep, SUITE_TOOL_CALL, "run", 0);
        play(&f, ep, SUITE_TOOL_CALL, "run", 0, 0, ep ? "++++" : "++xx");
        build_phase_end(f.board, f.t, ep, SUITE_TOOL_CALL, "run", 0, PHASE_DONE, NULL);
    }
    f.ui.view = VIEW_BOARD;
    f.ui.metric = METRIC_TTFT;
    SHOWS(&f, 80, 24, "50%");
    SHOWS(&f, 80, 24, "100%*");
    SHOWS(&f, 80, 24, "engine    tools");
    struct rows rows;
    f.ui.sort_by_value = true; /* the better score first, although less TTFT is better */
    rows_collect(&f.scene, &f.ui, &rows);
    assert_int_equal(rows.at[0].ep, 1);
    end(&f);
}

/* ---- hostile logs ---- */

static void nonsense_is_drawn(void **state) {
    static const int numbers[] = {INT_MIN, -1, 0, 1, 63, 64, 511, 512, 100000, INT_MAX};
    struct fixture f;
    (void)state;
    begin(&f, 3, 1, SUITE_THINKING_ABLATION, "off on-preserve on-drop");
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        for (size_t k = 0; k < COUNT_OF(numbers); k++)
            for (int pass = 0; pass < 3; pass++)
                tell(&f, (int)(i + k) % 3, SUITE_THINKING_ABLATION, "\033[31m 日本語 \xff",
                     numbers[i], numbers[k], pass ? numbers[k] : 0, pass == 1 ? NAN : -1,
                     i % 2 ? "engine:" : "model:");
    for (int turn = 0; turn < 2000; turn++)
        tell(&f, 1, SUITE_INSTRUCT, "x", turn, turn % 70, 0, 1, NULL);
    for (int width = 1; width < 210; width += 7)
        for (int height = 1; height < 64; height += 5) {
            char *screen = shown(&f, width, height);
            assert_null(strchr(screen, '\033'));
            free(screen);
            for (int action = ACTION_UP; action <= ACTION_OPEN; action++)
                view_act(&f.ui, &f.scene, (enum action)action, width, height);
            f.ui.call_text = false;
            f.ui.view = VIEW_QUALITY;
        }
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_folded),
        cmocka_unit_test(passes_are_repeats_and_the_control_is_none),
        cmocka_unit_test(absent_is_absent),
        cmocka_unit_test(marks_of_all_kinds),
        cmocka_unit_test(eight_endpoints_fit),
        cmocka_unit_test(repeats_become_one_mark_where_they_do_not_fit),
        cmocka_unit_test(ablation_has_three_rows),
        cmocka_unit_test(skipped_says_why),
        cmocka_unit_test(without_a_quality_suite),
        cmocka_unit_test(the_failing_turn_is_one_key_away),
        cmocka_unit_test(arrows_walk_turns_and_rows),
        cmocka_unit_test(an_episode_opens_its_last_call),
        cmocka_unit_test(a_score_without_a_call),
        cmocka_unit_test(the_board_shows_scores),
        cmocka_unit_test(nonsense_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
