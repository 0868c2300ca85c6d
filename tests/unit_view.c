/* Views over boards built from events: they stay inside the screen at every size, say what they
 * must, need no colour and no Unicode, and keep selections by identity. */
#include "view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "build.h"
#include "callview.h"
#include "header.h"
#include "rows.h"

/* Eight engines with the panel's figures in mind; the sixth fails, the last one is running. */
static const struct {
    const char *name;
    enum engine_id engine;
    double cold, prefix, tps;
} engines[] = {
    {"rapid", ENGINE_RAPIDMLX, 2074, 131, 109},   {"vllm", ENGINE_VLLMMLX, 2095, 319, 107},
    {"mlx", ENGINE_MLXLM, 8647, 8423, 32},        {"omlx", ENGINE_OMLX, 8954, 8527, 20},
    {"studio", ENGINE_LMSTUDIO, 6063, 5965, 124}, {"vmlx", ENGINE_VMLX, 5624, 5785, 106},
    {"llama", ENGINE_LLAMACPP, 3000, 3010, 81},   {"ollama", ENGINE_OLLAMA, 13000, 13000, 25},
};
static const char *const phases[] = {"warmup",        "cold",          "warm",      "prefix-test-1",
                                     "prefix-test-2", "prefix-test-3", "cold-other"};
#define FAILS 5
#define RUNS 7

static double ttft_of(int ep, int phase) {
    return phase == 1 || phase == 6 ? engines[ep].cold : phase > 2 ? engines[ep].prefix : 140;
}

static void play_engine(struct board *board, int ep) {
    int64_t t = 1000 * (ep + 1), id = 100 * (ep + 1);
    for (int p = 0; p < (int)COUNT_OF(phases); p++, id++) {
        struct call call =
            build_call(id, ep, SUITE_AGENTIC, phases[p], 0, t, ttft_of(ep, p), engines[ep].tps, 96);
        call.error_detail = NULL;
        if (ep == FAILS)
            build_fail(&call, ERROR_HTTP_5XX);
        if (ep == FAILS)
            call.end_us = t + 5000;
        if (ep == RUNS && p == 2) { /* decoding when the test looks */
            build_phase_start(board, t, ep, SUITE_AGENTIC, phases[p], 0);
            build_call_start(board, t, &call);
            build_first_token(board, t + 140000, id);
            build_progress(board, t + 640000, id, 12);
            return;
        }
        t = build_phase(board, &call) + 10000;
    }
}

static struct board *demo_board(void) {
    struct run run = build_run((int)COUNT_OF(engines), 1);
    build_plan(&run, SUITE_AGENTIC,
               "warmup cold warm prefix-test-1 prefix-test-2 prefix-test-3 "
               "cold-other");
    for (size_t i = 0; i < COUNT_OF(engines); i++) {
        free(run.endpoints[i].name);
        run.endpoints[i].name = mem_string(engines[i].name);
        run.endpoints[i].engine = engines[i].engine;
        run.endpoints[i].simulated = true;
    }
    run.machine.chip = mem_string("Apple M5 Max");
    struct board *board = board_new(&run);
    run_done(&run);
    build_apply(board, event_note_new(10, NOTE_WARN, 2, "a note \033[31m from outside"));
    for (int ep = 0; ep < (int)COUNT_OF(engines); ep++)
        play_engine(board, ep);
    struct event *sample = build_sample(40000000);
    sample->sample.thermal = THERMAL_NOMINAL;
    sample->sample.swap_mb = 0;
    build_apply(board, sample);
    return board;
}

struct fixture {
    struct board *board;
    struct scene scene;
    struct ui ui;
    struct frame frame;
};

static int setup(void **state) {
    struct fixture *f = mem_zero(1, sizeof *f);
    f->board = demo_board();
    f->scene = (struct scene){.boards = {f->board}, .count = 1};
    ui_init(&f->ui);
    frame_init(&f->frame);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    frame_done(&f->frame);
    board_free(f->board);
    free(f);
    return 0;
}

/* The screen as text; the caller frees it. */
static char *shown(struct fixture *f, int width, int height) {
    struct buf out;
    buf_init(&out, 1 << 20);
    frame_resize(&f->frame, width, height);
    view_draw(&f->frame, &f->scene, &f->ui);
    frame_dump_text(&f->frame, false, &out);
    return buf_take(&out);
}

static void shows(struct fixture *f, int width, int height, const char *text) {
    char *screen = shown(f, width, height);
    if (!strstr(screen, text))
        print_error("%dx%d has no \"%s\":\n%s\n", width, height, text, screen);
    assert_non_null(strstr(screen, text));
    free(screen);
}

static void hides(struct fixture *f, int width, int height, const char *text) {
    char *screen = shown(f, width, height);
    assert_null(strstr(screen, text));
    free(screen);
}

static void act(struct fixture *f, enum action action) {
    view_act(&f->ui, &f->scene, action, 80, 24);
}

static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};

static void board_says_it_all(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        int width = sizes[i][0], height = sizes[i][1];
        for (size_t e = 0; e < COUNT_OF(engines); e++)
            shows(f, width, height, engines[e].name);
        shows(f, width, height, "pitwall");
        shows(f, width, height, "SIM");
        shows(f, width, height, "cold");
        shows(f, width, height, "reuse");
        shows(f, width, height, "YES");
        shows(f, width, height, "NO");
        shows(f, width, height, "131");
        shows(f, width, height, "✗");
        shows(f, width, height, "help");
        hides(f, width, height, "\033");
    }
    shows(f, 80, 24, "tok/s/W");
    shows(f, 80, 24, "thermal");
    hides(f, 60, 16, "tok/s/W"); /* the sparklines went first */
    shows(f, 120, 40, "events");
    shows(f, 200, 60, "best possible"); /* the detail pane */
}

static void running_cell_is_live(void **state) {
    struct fixture *f = *state;
    shows(f, 80, 24, "running");
    struct rows rows;
    rows_collect(&f->scene, &f->ui, &rows);
    const struct row *row = rows.at[RUNS].row;
    const struct board_call *call = row->calls[row->call_count - 1];
    assert_false(call->finished);
    assert_true(callview_length_us(call, f->board->now_us) > 0);
    char *before = shown(f, 80, 24);
    build_progress(f->board, f->board->now_us + 300000, call->call.id, 20);
    char *after = shown(f, 80, 24);
    assert_string_not_equal(before, after);
    free(before);
    free(after);
}

static void same_input_same_frame(void **state) {
    struct fixture *f = *state;
    for (int view = 0; view < VIEW_COUNT; view++) {
        f->ui.view = (enum view_id)view;
        char *one = shown(f, 100, 30), *other = shown(f, 100, 30);
        assert_string_equal(one, other);
        free(one);
        free(other);
    }
}

/* Every view at every size, with every set of glyphs; ASan watches the borders. */
static void every_view_every_size(void **state) {
    struct fixture *f = *state;
    for (int view = 0; view < VIEW_COUNT; view++)
        for (int height = 1; height <= 64; height += height < 30 ? 1 : 7)
            for (int width = 1; width <= 220; width += width < 60 ? 13 : width < 84 ? 1 : 17) {
                f->ui.view = (enum view_id)view;
                f->ui.glyphs = (enum glyph_set)(width % 3);
                frame_resize(&f->frame, width, height);
                view_draw(&f->frame, &f->scene, &f->ui);
            }
}

static void ascii_is_ascii(void **state) {
    struct fixture *f = *state;
    free(f->board->run.endpoints[1].name);
    f->board->run.endpoints[1].name = mem_string("模型 ünï");
    f->ui.glyphs = GLYPH_ASCII;
    for (int view = 0; view < VIEW_COUNT; view++)
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            f->ui.view = (enum view_id)view;
            char *screen = shown(f, sizes[i][0], sizes[i][1]);
            for (const char *c = screen; *c; c++)
                assert_true(*c == '\n' || ((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f));
            free(screen);
        }
}

static void too_small_says_so(void **state) {
    struct fixture *f = *state;
    shows(f, 59, 16, "60x16");
    shows(f, 60, 15, "has 60x15");
    hides(f, 60, 16, "needs 60x16");
    free(shown(f, 1, 1));
}

static void nothing_to_show(void **state) {
    struct fixture *f = *state;
    struct run run = build_run(0, 1);
    struct board *empty = board_new(&run);
    run_done(&run);
    struct scene scenes[] = {{.count = 0}, {.boards = {empty}, .count = 1}};
    for (size_t s = 0; s < COUNT_OF(scenes); s++) {
        f->scene = scenes[s];
        for (int view = 0; view < VIEW_COUNT; view++)
            for (int action = 0; action < ACTION_COUNT; action++) {
                f->ui.view = (enum view_id)view;
                act(f, (enum action)action);
                free(shown(f, 80, 24));
            }
        ui_init(&f->ui);
        shows(f, 80, 24, "wait");
    }
    board_free(empty);
}

/* No engine answered: that the run came to its end is nothing to be glad of. */
static void a_void_run_says_so(void **state) {
    struct fixture *f = *state;
    struct run run = build_run(1, 1);
    build_plan(&run, SUITE_AGENTIC, "cold");
    struct board *board = board_new(&run);
    run_done(&run);
    build_phase_start(board, 1, 0, SUITE_AGENTIC, "cold", 0);
    build_phase_end(board, 2, 0, SUITE_AGENTIC, "cold", 0, PHASE_SKIPPED, REASON_DOWN);
    build_run_end(board, 3, RUN_COMPLETE);
    f->scene = (struct scene){.boards = {board}, .count = 1};
    shows(f, 120, 40, "  nothing measured  ");         /* the header */
    shows(f, 120, 40, "! run over: nothing measured"); /* the events */
    hides(f, 120, 40, "complete");
    board_free(board);
}

static void selection_is_kept_by_identity(void **state) {
    struct fixture *f = *state;
    act(f, ACTION_DOWN);
    act(f, ACTION_DOWN);
    assert_int_equal(f->ui.ep, 2);
    f->ui.column = 1;
    act(f, ACTION_SORT_REVERSE); /* sorted by cold TTFT: mlx is no longer third */
    assert_true(f->ui.sort_by_value);
    struct rows rows;
    rows_collect(&f->scene, &f->ui, &rows);
    assert_string_equal(row_name(&rows.at[0]), "rapid");
    assert_string_equal(row_name(&rows.at[7]), "vmlx"); /* failed: no figure, last */
    assert_int_equal(rows.at[rows_selected(&rows, &f->ui)].ep, 2);
    act(f, ACTION_SORT_REVERSE);
    rows_collect(&f->scene, &f->ui, &rows);
    assert_string_equal(row_name(&rows.at[0]), "ollama");
    assert_string_equal(row_name(&rows.at[7]), "vmlx");
    act(f, ACTION_LAST);
    act(f, ACTION_DOWN);
    assert_int_equal(f->ui.ep, 5);
    act(f, ACTION_SORT_REVERSE);
    assert_false(f->ui.sort_by_value);
}

static void filter_keeps_rows(void **state) {
    struct fixture *f = *state;
    copy_text(f->ui.filter, sizeof f->ui.filter, "OLLA");
    shows(f, 80, 24, "ollama");
    hides(f, 80, 24, "rapid");
    f->ui.filtering = true;
    shows(f, 80, 24, "filter /OLLA_");
    f->ui.filtering = false;
    copy_text(f->ui.filter, sizeof f->ui.filter, "nobody");
    shows(f, 80, 24, "no engine matches");
    act(f, ACTION_DOWN);
    act(f, ACTION_OPEN);
    shows(f, 80, 24, "no engine matches");
    act(f, ACTION_BACK);
    assert_int_equal(f->ui.view, VIEW_BOARD);
    act(f, ACTION_BACK);
    assert_int_equal(f->ui.filter[0], 0);
}

static void views_are_reached(void **state) {
    struct fixture *f = *state;
    act(f, ACTION_VIEW_EVENTS);
    assert_int_equal(f->ui.view, VIEW_EVENTS);
    shows(f, 80, 100, "http_5xx");
    shows(f, 80, 100, "a note");
    copy_text(f->ui.filter, sizeof f->ui.filter, "HTTP_5");
    shows(f, 80, 24, "http_5xx");
    hides(f, 80, 24, "prefix-test-3 done");
    copy_text(f->ui.filter, sizeof f->ui.filter, "prefix reuse");
    shows(f, 80, 24, "prefix reuse YES");
    shows(f, 80, 24, "prefix reuse NO");
    copy_text(f->ui.filter, sizeof f->ui.filter, "gate V");
    shows(f, 80, 24, "output valid");
    f->ui.filter[0] = '\0';
    act(f, ACTION_FIRST);
    shows(f, 80, 24, "a note");
    act(f, ACTION_LAST);
    hides(f, 80, 24, "a note");
    act(f, ACTION_HELP);
    shows(f, 80, 24, "Keys");
    act(f, ACTION_LAST);
    shows(f, 80, 24, "100%");
    act(f, ACTION_BACK);
    assert_int_equal(f->ui.view, VIEW_EVENTS);
    act(f, ACTION_NEXT_VIEW);
    assert_int_equal(f->ui.view, VIEW_BOARD);
    act(f, ACTION_PREVIOUS_VIEW);
    assert_int_equal(f->ui.view, VIEW_EVENTS);
    assert_true(view_act(&f->ui, &f->scene, ACTION_QUIT, 80, 24)); /* closes the view */
    assert_int_equal(f->ui.view, VIEW_BOARD);
    assert_false(view_act(&f->ui, &f->scene, ACTION_QUIT, 80, 24)); /* the app's */
    assert_false(view_act(&f->ui, &f->scene, ACTION_BACK, 80, 24)); /* Esc never quits */
}

static void metrics_go_round(void **state) {
    struct fixture *f = *state;
    assert_int_equal(f->ui.metric, METRIC_TTFT);
    act(f, ACTION_METRIC_NEXT);
    assert_true(f->ui.metric != METRIC_TTFT);
    for (int i = 0; i < METRIC_COUNT && f->ui.metric != METRIC_DECODE; i++)
        act(f, ACTION_METRIC_NEXT);
    assert_int_equal(f->ui.metric, METRIC_DECODE);
    shows(f, 80, 24, "decode t/s");
    for (int i = 0; i < METRIC_COUNT && f->ui.metric != METRIC_TTFT; i++)
        act(f, ACTION_METRIC_PREVIOUS);
    assert_int_equal(f->ui.metric, METRIC_TTFT);
}

static void engine_shows_calls(void **state) {
    struct fixture *f = *state;
    act(f, ACTION_OPEN);
    assert_int_equal(f->ui.view, VIEW_ENGINE);
    for (size_t i = 1; i < COUNT_OF(sizes); i++) {
        int width = sizes[i][0], height = sizes[i][1];
        shows(f, width, height, "rapid");
        shows(f, width, height, "Rapid-MLX");
        shows(f, width, height, "prefix-test-2");
        shows(f, width, height, "7 calls");
        shows(f, width, height, "decode");
        shows(f, width, height, "http://127.0.0.1:8000");
        shows(f, width, height, "best possible");
    }
    act(f, ACTION_FIRST);
    act(f, ACTION_DOWN);
    assert_int_equal(f->ui.call, 101); /* the second call */
    act(f, ACTION_OPEN);
    assert_true(f->ui.call_text);
    shows(f, 80, 24, "first token");
    shows(f, 80, 24, "+2074.000 ms");
    act(f, ACTION_BACK);
    assert_false(f->ui.call_text);
    act(f, ACTION_RIGHT);
    assert_int_equal(f->ui.ep, 1);
    assert_int_equal(f->ui.call, 0); /* another engine's calls */
}

/* One key away wherever one stands: it follows the selection, scrolls, closes, and the view keeps
 * its place above. */
static void why_is_one_key_away(void **state) {
    struct fixture *f = *state;
    hides(f, 80, 24, "why –");
    act(f, ACTION_WHY);
    for (size_t i = 1; i < COUNT_OF(sizes); i++) {
        shows(f, sizes[i][0], sizes[i][1], "why – rapid");
        shows(f, sizes[i][0], sizes[i][1], "llama");
    }
    shows(f, 120, 40, "the warm-up is shown, and never compared");
    act(f, ACTION_OPEN);
    assert_int_equal(f->ui.view, VIEW_ENGINE);
    char *before = shown(f, 80, 24);
    act(f, ACTION_PAGE_DOWN);
    assert_true(f->ui.why_scroll > 0);
    char *after = shown(f, 80, 24);
    assert_string_not_equal(before, after);
    free(before);
    free(after);
    for (int i = 0; i < 50; i++)
        act(f, ACTION_PAGE_DOWN);
    shows(f, 80, 24, "machine ·");
    int most = f->ui.why_scroll;
    act(f, ACTION_PAGE_DOWN);
    assert_int_equal(f->ui.why_scroll, most);
    act(f, ACTION_BACK); /* the panel first, then the view */
    assert_false(f->ui.why);
    assert_int_equal(f->ui.view, VIEW_ENGINE);
    act(f, ACTION_BACK);
    assert_int_equal(f->ui.view, VIEW_BOARD);
}

/* Where both tables have no room one takes the other's place. */
static void energy_is_one_key_away(void **state) {
    struct fixture *f = *state;
    act(f, ACTION_OPEN);
    shows(f, 80, 24, "> energy");
    hides(f, 80, 24, "J/token");
    act(f, ACTION_METRIC_NEXT);
    assert_int_equal(f->ui.metric, METRIC_TTFT); /* the grid's stays */
    char *screen = shown(f, 80, 24);
    assert_true(strstr(screen, "J/token") || strstr(screen, "– "));
    free(screen);
    act(f, ACTION_METRIC_PREVIOUS);
    shows(f, 80, 24, "> energy");
}

/* What does not fit is scrolled to, and no further. */
static void solo_scrolls(void **state) {
    struct fixture *f = *state;
    act(f, ACTION_VIEW_SOLO);
    shows(f, 80, 24, "may figures be trusted?");
    hides(f, 80, 16, "GPU busy");
    for (int i = 0; i < 60; i++)
        view_act(&f->ui, &f->scene, ACTION_DOWN, 80, 16);
    shows(f, 80, 16, "GPU busy");
    int most = f->ui.solo_scroll;
    view_act(&f->ui, &f->scene, ACTION_PAGE_DOWN, 80, 16);
    assert_int_equal(f->ui.solo_scroll, most);
    view_act(&f->ui, &f->scene, ACTION_FIRST, 80, 16);
    assert_int_equal(f->ui.solo_scroll, 0);
    hides(f, 80, 16, "GPU busy");
    shows(f, 120, 40, "machines"); /* beside each other */
    shows(f, 120, 40, "GPU busy");
}

static void bar_line(struct fixture *f, struct buf *out) {
    struct draw draw = {&f->frame, &f->scene, &f->ui};
    frame_resize(&f->frame, 80, 1);
    header_bar(&draw, (struct rect){0, 0, 80, 1});
    frame_dump_text(&f->frame, false, out);
}

/* Nothing is offered that does nothing: a run that is over can't be paused, stopped or skipped in.
 */
static void keys_after_the_end(void **state) {
    struct fixture *f = *state;
    struct buf during, after;
    buf_init(&during, 4096);
    buf_init(&after, 4096);
    f->ui.replay = f->ui.ended = false;
    bar_line(f, &during);
    f->ui.ended = true;
    bar_line(f, &after);
    assert_non_null(strstr(buf_string(&during), "p pause  x stop  n skip"));
    assert_null(strstr(buf_string(&during), "again"));
    assert_non_null(strstr(buf_string(&after), "s again"));
    assert_null(strstr(buf_string(&after), "pause"));
    assert_null(strstr(buf_string(&after), "stop"));
    assert_null(strstr(buf_string(&after), "skip"));
    buf_done(&during);
    buf_done(&after);
}

/* The bar's parts add up, in the order of time, and never leave their cells. */
static void bar_of_a_call(void **state) {
    struct fixture *f = *state;
    struct board_call call = {.finished = true, .started_us = 0};
    call_init(&call.call);
    call.call.start_us = 1000000;
    call.call.first_byte_us = 1250000;
    call.call.first_token_us = 1500000;
    call.call.last_token_us = call.call.end_us = 2000000;
    call.call.connect_ms = NAN;
    f->ui.glyphs = GLYPH_ASCII;
    struct draw draw = {&f->frame, &f->scene, &f->ui};
    frame_resize(&f->frame, 24, 1);
    callview_bar(&draw, (struct rect){2, 0, 20, 1}, &call, 2000000, 0, 1000000);
    struct buf out;
    buf_init(&out, 4096);
    frame_dump_text(&f->frame, false, &out);
    assert_string_equal(buf_string(&out), "  .....-----##########\n");
    buf_reset(&out);
    callview_bar(&draw, (struct rect){2, 0, 20, 1}, &call, 2000000, 100000, 1000000);
    frame_dump_text(&f->frame, false, &out); /* of a burst: 100 ms alone, and it stood in line */
    assert_string_equal(buf_string(&out), "  ........--##########\n");
    buf_done(&out);
    assert_int_equal(callview_length_us(&call, 9000000), 1000000);
    call.finished = false;
    assert_int_equal(callview_length_us(&call, 1600000), 600000);
    callview_bar(&draw, (struct rect){2, 0, 20, 1}, &call, INT64_MAX, 0,
                 1); /* longer than the scale: clipped */
    assert_int_equal(f->frame.cells[22].code_point, ' ');
}

static void two_runs_have_labels(void **state) {
    struct fixture *f = *state;
    struct board *other = demo_board();
    f->scene.boards[1] = other;
    f->scene.count = 2;
    f->scene.offset_us[1] = -2000000;
    for (size_t i = 1; i < COUNT_OF(sizes); i++)
        shows(f, sizes[i][0], sizes[i][1], "2 runs");
    shows(f, 120, 40, "2026-11-20 18:02");
    for (int i = 0; i < 9; i++)
        act(f, ACTION_DOWN);
    assert_int_equal(f->ui.source, 1); /* each endpoint's rows stand together */
    assert_int_equal(f->ui.ep, 4);
    char *screen = shown(f, 60, 16); /* scrolled so that the selected one is seen */
    assert_non_null(strstr(screen, "▶ ◆ studio"));
    free(screen);
    board_free(other);
}

static void bottom_line(void **state) {
    struct fixture *f = *state;
    f->ui.confirm_stop = true;
    shows(f, 60, 16, "Stop the run?");
    f->ui.confirm_stop = false;
    copy_text(f->ui.message, sizeof f->ui.message, "saved a picture");
    shows(f, 60, 16, "saved a picture");
    f->ui.message[0] = '\0';
    f->ui.replay = true;
    f->ui.speed = 4;
    f->ui.end_us = 90000000;
    shows(f, 80, 24, "replay 4x");
    shows(f, 80, 24, "/ 1:30");
    f->ui.paused = true;
    shows(f, 80, 24, "replay paused");
}

int main(void) {
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH(board_says_it_all),
        WITH(running_cell_is_live),
        WITH(same_input_same_frame),
        WITH(every_view_every_size),
        WITH(ascii_is_ascii),
        WITH(too_small_says_so),
        WITH(nothing_to_show),
        WITH(a_void_run_says_so),
        WITH(selection_is_kept_by_identity),
        WITH(filter_keeps_rows),
        WITH(views_are_reached),
        WITH(metrics_go_round),
        WITH(engine_shows_calls),
        WITH(why_is_one_key_away),
        WITH(energy_is_one_key_away),
        WITH(solo_scrolls),
        WITH(bar_of_a_call),
        WITH(keys_after_the_end),
        WITH(two_runs_have_labels),
        WITH(bottom_line),
    };
    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
