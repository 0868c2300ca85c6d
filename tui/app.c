#include "app.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "beside.h"
#include "intake.h"
#include "live_run.h"
#include "model/bootstrap.h"
#include "screen.h"
#include "store/player.h"
#include "store/published.h"

#define FRAME_US INT64_C(100000) /* 10 Hz at most */

void app_init(struct app *app, const struct options *options) {
    memset(app, 0, sizeof *app);
    app->options = options;
    app->until_us = INT64_MAX;
    app->scene.memo = ratio_memo_new();
    ui_init(&app->ui);
}

void app_done(struct app *app) {
    for (size_t i = 0; i < app->run_count; i++) {
        board_free(app->boards[i]);
        run_done(&app->runs[i]);
        free(app->paths[i]);
    }
    player_free(app->player);
    beside_free(app->beside);
    if (app->feed)
        queue_free(app->feed);
    published_free(app->published);
    free(app->directory);
    free(app->marks);
    ratio_memo_free(app->scene.memo);
}

void app_boards(struct app *app) {
    for (size_t i = 0; i < app->run_count; i++)
        intake_fresh(app, i);
    app->scene.count = app->run_count;
}

/* ---- actions that reach the producer ---- */

static void restart(struct app *app) {
    struct error error = {0};
    struct run run;
    if (!app->live || !app->ui.ended)
        return;
    if (!live_run_finish(app->live, &app->failure)) {
        app->live = NULL;
        return;
    }
    intake_discard(app);
    app->live = live_run_start(app->options, NULL, app->directory, app->feed, 0, &run, &error);
    if (!app->live) {
        app->failure = error;
        return;
    }
    run_done(&app->runs[0]);
    app->runs[0] = run;
    free(app->paths[0]);
    app->paths[0] = mem_string(live_run_path(app->live));
    intake_fresh(app, 0);
    if (app->beside) {
        beside_rewind(app->beside);
        beside_follow(app->beside, app->boards);
    }
    app->ui.ended = app->interrupted = false;
}

static void act_live(struct app *app, enum action action) {
    if (action == ACTION_START)
        restart(app);
    if (!app->live || app->ui.ended)
        return;
    bool other = app->ui.source > 0 && (action == ACTION_SKIP || action == ACTION_RETRY);
    if (other)
        copy_text(app->ui.message, sizeof app->ui.message,
                  "this row is of a saved run: select one of the live run");
    else if (action == ACTION_STOP)
        app->ui.confirm_stop = true;
    else if (action == ACTION_SKIP)
        live_run_command(app->live, LANE_SKIP_PHASE, app->ui.ep);
    else if (action == ACTION_RETRY)
        live_run_command(app->live, LANE_RETRY, app->ui.ep);
}

/* The next landmark after or before `now`, of the phases or of the others; NULL: none. Back, the
 * one that was reached a moment ago is none. */
static const struct landmark *next_landmark(struct player *player, int64_t now, bool forward,
                                            bool phases) {
    size_t count;
    const struct landmark *marks = player_landmarks(player, &count), *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if ((marks[i].kind == LANDMARK_PHASE) != phases)
            continue;
        if (forward && marks[i].t > now)
            return &marks[i];
        if (!forward && marks[i].t < now - 1000000)
            found = &marks[i];
    }
    return found;
}

#define SEEK_STEP_US 5000000
#define SEEK_SETTLES_US 500000 /* keys pressed faster than that add up */

static void seek(struct app *app, int64_t to) {
    app->sought_us = to;
    app->sought_own_us = -1;
    app->sought_at_us = clock_us();
    player_seek(app->player, to);
}

static void seek_phase(struct app *app, int64_t now, bool forward) {
    const struct landmark *mark = next_landmark(app->player, now, forward, true);
    if (mark || !forward)
        seek(app, mark ? mark->t : 0);
}

/* The message says what it is that was jumped to, and whose. */
static void jump(struct app *app, int64_t now, bool forward) {
    static const char *const kinds[] = {
        [LANDMARK_PHASE] = "phase", [LANDMARK_RUN_END] = "end", [LANDMARK_NOTE] = "note",
        [LANDMARK_ERROR] = "error", [LANDMARK_GATE] = "gate",   [LANDMARK_VERDICT] = "verdict",
    };
    const struct landmark *mark = next_landmark(app->player, now, forward, false);
    char *message = app->ui.message;
    size_t size = sizeof app->ui.message;
    if (!mark) {
        snprintf(message, size, "no error, warning, gate or verdict %s this moment",
                 forward ? "after" : "before");
        return;
    }
    const struct run *run = &app->runs[mark->source];
    bool owned = mark->ep >= 0 && (size_t)mark->ep < run->endpoint_count;
    seek(app, mark->t);
    snprintf(message, size, "%s%s%.40s: %s", kinds[mark->kind], owned ? " of " : "",
             owned ? run->endpoints[mark->ep].name : "", mark->text);
}

/* Where the replay is, or is about to be. */
static int64_t position(const struct app *app, const struct player_state *state) {
    bool fresh = app->sought_at_us > 0 && clock_us() - app->sought_at_us < SEEK_SETTLES_US;
    return fresh ? app->sought_us : state->now_us;
}

static double next_speed(double speed, bool faster) {
    static const double steps[] = {0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000};
    size_t at = 0;
    while (at + 1 < COUNT_OF(steps) && steps[at + 1] <= speed)
        at++;
    if (faster && at + 1 < COUNT_OF(steps))
        at++;
    else if (!faster && at > 0 && steps[at] >= speed)
        at--;
    return steps[at];
}

static enum mark_kind mark_kind(const struct landmark *mark, uint64_t suite) {
    switch (mark->kind) {
    case LANDMARK_PHASE:
        return mark->suite_key != suite ? MARK_SUITE : MARK_PHASE;
    case LANDMARK_VERDICT:
        return MARK_VERDICT;
    case LANDMARK_GATE:
        return MARK_GATE;
    case LANDMARK_NOTE:
    case LANDMARK_ERROR:
    case LANDMARK_RUN_END:
        break;
    }
    return MARK_TROUBLE;
}

void app_marks(struct app *app) {
    size_t count, kept = 0;
    uint64_t suite = 0;
    const struct landmark *marks = player_landmarks(app->player, &count);
    free(app->marks);
    app->marks = mem_zero(count + 1, sizeof *app->marks);
    for (size_t i = 0; i < count; i++) {
        if (marks[i].kind == LANDMARK_RUN_END)
            continue;
        app->marks[kept++] = (struct mark){marks[i].t, mark_kind(&marks[i], suite)};
        suite = marks[i].kind == LANDMARK_PHASE ? marks[i].suite_key : suite;
    }
    app->scene.marks = app->marks;
    app->scene.mark_count = kept;
}

/* The next way to put several runs on one clock; the first run stays where it is. */
static void next_align(struct app *app, enum align_mode mode) {
    if (app->run_count < 2)
        return;
    mode = (enum align_mode)((mode + 1) % ALIGN_COUNT);
    bool fresh = app->sought_at_us > 0 && clock_us() - app->sought_at_us < SEEK_SETTLES_US;
    if (!fresh || app->sought_own_us < 0) /* else the board is still on its way there */
        app->sought_own_us = app->boards[0]->now_us;
    int64_t to = player_time(app->player, mode, 0, app->sought_own_us);
    player_align(app->player, mode, to);
    app->sought_us = to;
    app->sought_at_us = clock_us();
    app_marks(app);
    snprintf(app->ui.message, sizeof app->ui.message, "runs aligned by %s", align_word(mode));
}

static void act_replay(struct app *app, enum action action) {
    struct player_state state = player_state(app->player);
    int64_t now = position(app, &state);
    if (action == ACTION_STEP)
        player_step(app->player);
    else if (action == ACTION_FASTER || action == ACTION_SLOWER)
        player_speed(app->player, next_speed(state.speed, action == ACTION_FASTER));
    else if (action == ACTION_SEEK_BACK)
        seek(app, now > SEEK_STEP_US ? now - SEEK_STEP_US : 0);
    else if (action == ACTION_SEEK_FORWARD)
        seek(app, now + SEEK_STEP_US);
    else if (action == ACTION_PHASE_BACK || action == ACTION_PHASE_FORWARD)
        seek_phase(app, now, action == ACTION_PHASE_FORWARD);
    else if (action == ACTION_ALIGN)
        next_align(app, state.align);
    else if (action == ACTION_JUMP_NEXT || action == ACTION_JUMP_BACK)
        jump(app, now, action == ACTION_JUMP_NEXT);
}

static void next_theme(struct app *app) {
    size_t at = 0;
    while (theme_builtin(at) && strcmp(theme_builtin(at), app->theme.name) != 0)
        at++;
    const char *next = theme_builtin(at) ? theme_builtin(at + 1) : NULL;
    theme_load(&app->theme, next ? next : theme_builtin(0), NULL, 0, NULL, NULL);
    screen_theme(&app->theme);
}

/* One file of the screen as it is; false when it could not be written. */
static bool save_frame(const struct app *app, const struct frame *frame, const char *path,
                       bool picture) {
    struct buf out;
    buf_init(&out, (size_t)16 << 20);
    if (picture)
        frame_dump_svg(frame, &app->theme, "pitwall", &out);
    else
        frame_dump_text(frame, false, &out);
    FILE *file = fopen(path, "w");
    bool ok = file && fwrite(buf_string(&out), 1, out.length, file) == out.length;
    ok = (!file || fclose(file) == 0) && ok;
    buf_done(&out);
    return ok;
}

/* The screen beside the log it shows: RUN-SECONDS.svg and .txt. */
static void save_screen(struct app *app, int width, int height) {
    const struct board *board = app->boards[0];
    const char *end = strrchr(app->paths[0], '.');
    int stem = end ? (int)(end - app->paths[0]) : (int)strlen(app->paths[0]);
    struct frame frame;
    frame_init(&frame);
    frame_resize(&frame, width, height);
    view_draw(&frame, &app->scene, &app->ui);
    bool ok = true;
    for (int picture = 0; picture < 2; picture++) {
        char *path = mem_format("%.*s-%llds.%s", stem, app->paths[0],
                                (long long)(board->now_us / 1000000), picture ? "svg" : "txt");
        ok = save_frame(app, &frame, path, picture) && ok;
        if (picture)
            snprintf(app->ui.message, sizeof app->ui.message,
                     ok ? "screen saved: %s, .txt" : "the screen could not be written to %s", path);
        free(path);
    }
    frame_done(&frame);
}

/* True when the program should end. */
static bool act_quit(struct app *app) {
    if (app->live && !app->ui.ended && !app->ui.confirm_stop) {
        app->ui.confirm_stop = true;
        app->ui.quitting = true;
        return false;
    }
    return true;
}

/* Keys while a question or the filter is open. True when taken. */
static bool key_prompt(struct app *app, int key, bool *quit) {
    struct ui *ui = &app->ui;
    if (ui->confirm_stop) {
        bool yes = key == 'y' || key == 'Y' || key == KEY_ID_ENTER;
        if (yes && app->live) {
            live_run_stop(app->live);
            app->interrupted = true;
            *quit = ui->quitting;
        }
        ui->confirm_stop = ui->quitting = false;
        return true;
    }
    if (!ui->filtering)
        return false;
    size_t length = strlen(ui->filter);
    if (key == KEY_ID_ENTER || key == KEY_ID_ESCAPE) {
        ui->filtering = false;
        if (key == KEY_ID_ESCAPE)
            ui->filter[0] = '\0';
    } else if (key == KEY_ID_BACKSPACE && length > 0) {
        ui->filter[length - 1] = '\0';
    } else if (key >= 0x20 && key < 0x7f && length + 1 < sizeof ui->filter) {
        ui->filter[length] = (char)key;
        ui->filter[length + 1] = '\0';
    }
    return true;
}

/* One key. True when the program should end. */
static bool press(struct app *app, int key, int width, int height) {
    bool quit = false;
    if (key_prompt(app, key, &quit))
        return quit;
    enum action action = keymap_action(key, ui_context(&app->ui));
    if (action == ACTION_NONE)
        return false;
    app->ui.message[0] = '\0';
    if (action == ACTION_PAUSE) { /* the display when live, the player in a replay */
        app->ui.paused = !app->ui.paused;
        if (app->player)
            player_pause(app->player, app->ui.paused);
        return false;
    }
    if (action == ACTION_FILTER) {
        app->ui.filtering = true;
        return false;
    }
    if (view_act(&app->ui, &app->scene, action, width, height))
        return false;
    if (action == ACTION_QUIT)
        return act_quit(app);
    if (action == ACTION_THEME)
        next_theme(app);
    if (action == ACTION_SAVE_SCREEN)
        save_screen(app, width, height);
    if (app->player)
        act_replay(app, action);
    else
        act_live(app, action);
    return false;
}

bool app_keys(struct app *app, const char *sequence, int width, int height, struct error *error) {
    int keys[256];
    int count = keymap_parse(sequence, keys, COUNT_OF(keys));
    if (count < 0)
        return error_set(error, "--keys: unknown key in '%s'", sequence);
    for (int i = 0; i < count; i++) {
        if (key_prompt(app, keys[i], &(bool){false}))
            continue;
        enum action action = keymap_action(keys[i], CONTEXT_REPLAY);
        if (action == ACTION_FILTER) {
            app->ui.filtering = true;
        } else if (!view_act(&app->ui, &app->scene, action, width, height) &&
                   keymap_action(keys[i], CONTEXT_LIVE) != action) {
            char name[16]; /* bound in a replay alone: it is the player's */
            keymap_key_name(keys[i], name);
            error_set(error, "--keys: '%s' moves a replay, and a picture stands still", name);
            return error_hint(error, "--until T chooses the moment");
        }
    }
    return true;
}

/* ---- loops ---- */

/* Wait for a key, an item, a signal or the next frame. */
static void wait_for(struct app *app, struct app_signals signals, bool keyboard,
                     int64_t timeout_us) {
    struct pollfd fds[3] = {{.fd = queue_fd(app->feed), .events = POLLIN},
                            {.fd = signals.wake_fd, .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    if (app->ui.paused && app->live)
        fds[0].fd = -1; /* the display is held: what comes waits in the feed */
    int timeout = timeout_us < 0 ? -1 : (int)((timeout_us + 999) / 1000);
    poll(fds, keyboard ? 3 : 2, timeout);
    if (fds[1].revents & POLLIN) {
        char bytes[64];
        while (read(signals.wake_fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes)
            ;
    }
}

void app_replay_state(struct app *app) {
    ui_settle(&app->ui, &app->scene);
    for (size_t i = 1; i < app->run_count && app->beside; i++) /* now is now for all of them */
        app->scene.offset_us[i] = app->boards[0]->now_us - beside_now(app->beside, i - 1);
    if (!app->player)
        return;
    struct player_state state = player_state(app->player);
    app->ui.paused = state.paused;
    app->ui.speed = state.speed;
    app->ui.end_us = state.end_us;
    for (size_t i = 0; i < app->run_count; i++) {
        int64_t now = app->boards[i]->now_us;
        app->scene.offset_us[i] = player_time(app->player, state.align, (int)i, now) - now;
    }
    if (!app->marks)
        app_marks(app);
}

static void draw(struct app *app, struct frame *frame) {
    int width, height;
    screen_size(&width, &height);
    if (frame->width != width || frame->height != height)
        frame_resize(frame, width, height);
    app_replay_state(app);
    if (app->ui.ended) /* nothing is left to stop */
        app->ui.confirm_stop = app->ui.quitting = false;
    frame_clear(frame);
    view_draw(frame, &app->scene, &app->ui);
    screen_show(frame);
}

static bool press_all(struct app *app, const struct frame *frame, bool *dirty) {
    int key;
    bool quit = false;
    while (!quit && (key = screen_key()) != KEY_ID_NONE) {
        *dirty = true;
        quit = key == KEY_ID_INTERRUPT || press(app, key, frame->width, frame->height);
    }
    return quit;
}

/* The log could not be written: there is nothing to measure for any more. */
static bool has_failed(const struct app *app) {
    return app->failure.text[0] ||
           (app->live && app->ui.ended && app->boards[0]->status == RUN_FAILED);
}

bool app_screen(struct app *app, struct app_signals signals, struct error *error) {
    struct frame frame;
    bool color = app->options->color != COLOR_NEVER;
    if (!screen_open(color, &app->theme, error))
        return false;
    frame_init(&frame);
    bool dirty = true, quit = false;
    int64_t due = 0;
    while (!quit && *signals.stop == 0 && !has_failed(app)) {
        bool held = app->ui.paused && app->live;
        if (!held)
            dirty |= intake_take(app, NULL, NULL);
        int64_t now = clock_us();
        if (dirty && now >= due) {
            draw(app, &frame);
            dirty = false;
            due = now + FRAME_US;
        }
        quit = press_all(app, &frame, &dirty);
        if (!quit)
            wait_for(app, signals, true, dirty ? (due > now ? due - now : 0) : -1);
    }
    if (app->live && !app->ui.ended)
        app->interrupted = true;
    frame_done(&frame);
    screen_close();
    return true;
}

static bool write_lines(struct buf *lines) {
    size_t written = fwrite(buf_string(lines), 1, lines->length, stdout);
    bool ok = written == lines->length && fflush(stdout) == 0;
    buf_reset(lines);
    return ok;
}

bool app_plain(struct app *app, struct app_signals signals, struct error *error) {
    struct plain plain[RUNS_ON_SCREEN] = {{0}};
    struct buf lines;
    int stops = 0;
    bool ok = true;
    buf_init(&lines, (size_t)64 << 20);
    for (size_t i = 0; i < app->run_count; i++) {
        plain_header(app->boards[i], &lines);
        plain[i].label = app->run_count > 1 ? app->runs[i].id : NULL;
    }
    while (ok && !app->ui.ended) {
        intake_take(app, plain, &lines);
        if (app->quiet)
            buf_reset(&lines);
        else
            ok = write_lines(&lines);
        if (*signals.stop > stops) {
            stops = *signals.stop;
            app->interrupted = true;
            if (!app->live || stops > 1)
                break;
            live_run_stop(app->live);
        }
        if (ok && !app->ui.ended)
            wait_for(app, signals, false, -1);
    }
    for (size_t i = 0; i < app->run_count; i++)
        plain_done(&plain[i]);
    buf_done(&lines);
    if (!ok)
        app->interrupted = true; /* nobody reads any more: main tells, if it was no closed pipe */
    return ok || error_set(error, "standard output: %s", strerror(errno));
}
