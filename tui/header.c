#include "header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/energy.h"
#include "model/solo.h"

#define MARK_ROOM 4 /* cells of the scrub bar a mark */

/* A line that is filled from the left and from the right until they meet. */
struct line {
    const struct draw *draw;
    int y, left, right; /* right: first cell that is taken */
};

static void put_left(struct line *line, enum role role, const char *text) {
    int cells = (int)text_cells(text);
    if (!text[0] || line->left + cells + 2 > line->right)
        return;
    frame_text(line->draw->frame, line->left, line->y, cells, role, text);
    line->left += cells + 2;
}

static void put_right(struct line *line, enum role role, const char *text) {
    int cells = (int)text_cells(text);
    if (!text[0] || line->right - cells - 2 < line->left)
        return;
    line->right -= cells;
    frame_text(line->draw->frame, line->right, line->y, cells, role, text);
    line->right -= 2;
}

/* Where figures on screen come from when they were not measured: the strongest word. */
static const char *origin_of(const struct scene *scene) {
    bool simulated = false, imported = false, published = false;
    for (size_t i = 0; i < scene->count; i++) {
        const struct run *run = &scene->boards[i]->run;
        for (size_t ep = 0; ep < run->endpoint_count; ep++) {
            simulated = simulated || run->endpoints[ep].simulated;
            imported = imported || run->endpoints[ep].imported;
            published = published || run->endpoints[ep].published;
        }
    }
    return simulated ? " SIM " : published ? " PUBLISHED " : imported ? " IMPORTED " : NULL;
}

/* "demo · agentic", "3 runs". */
static void what_runs(const struct scene *scene, char *out, size_t size) {
    char slug[64];
    if (scene->count != 1) {
        snprintf(out, size, scene->count ? "%zu runs" : "no run yet", scene->count);
        return;
    }
    const struct run *run = &scene->boards[0]->run;
    run_slug(run, slug, sizeof slug);
    snprintf(out, size, "%s", slug);
    for (size_t i = 0; i < run->plan_count && i < 3; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", i ? ", " : " · ",
                 suite_word(run->plans[i].suite));
    }
    size_t used = strlen(out);
    if (run->plan_count > 3 && used < size)
        snprintf(out + used, size - used, " …");
}

struct state {
    char text[48];
    enum role role;
};

/* Runs that the line tells of: of a live one and those beside it, the live one. */
static size_t told_runs(const struct draw *draw) {
    return draw->ui->replay || draw->scene->count == 0 ? draw->scene->count : 1;
}

static struct state run_state(const struct draw *draw) {
    const struct scene *scene = draw->scene;
    size_t done = 0, planned = 0;
    enum run_status status = RUN_COMPLETE;
    int64_t events = 0;
    bool measured = false;
    for (size_t i = 0; i < told_runs(draw); i++) {
        const struct board *board = scene->boards[i];
        measured = measured || board->measured;
        done += board->phases_done;
        planned += board->phases_planned;
        events += board->events;
        if (board->status == RUN_OPEN || status == RUN_COMPLETE)
            status = board->status;
    }
    struct state state = {.role = ROLE_ACCENT};
    if (scene->count == 0 || events == 0) {
        copy_text(state.text, sizeof state.text, "waiting");
        return state;
    }
    switch (status) {
    case RUN_OPEN:
        snprintf(state.text, sizeof state.text, "%s %zu/%zu", draw->ui->replay ? "at" : "running",
                 done, planned);
        break;
    case RUN_COMPLETE:
        state = measured ? (struct state){.text = "complete", .role = ROLE_GOOD}
                         : (struct state){.text = RUN_NOTHING, .role = ROLE_WARN};
        break;
    case RUN_STOPPED:
        state = (struct state){.text = "stopped", .role = ROLE_WARN};
        break;
    case RUN_FAILED:
    case RUN_STATUS_COUNT:
        state = (struct state){.text = "failed", .role = ROLE_BAD};
        break;
    }
    return state;
}

static void put_producer(struct line *line, const struct ui *ui) {
    char text[32];
    if (ui->paused) {
        put_left(line, ROLE_WARN, ui->replay ? "replay paused" : "display held");
        return;
    }
    if (!ui->replay)
        return;
    if (isfinite(ui->speed) && ui->speed > 0 && ui->speed < 100000)
        snprintf(text, sizeof text, "replay %gx", ui->speed);
    else
        copy_text(text, sizeof text, "replay max");
    put_left(line, ROLE_ACCENT, text);
}

static int64_t scene_now(const struct scene *scene) {
    return scene->count > 0 ? draw_window(scene, 0).to_us + scene->offset_us[0] : 0;
}

static void put_times(struct line *line, const struct draw *draw) {
    const struct scene *scene = draw->scene;
    char now[DURATION_TEXT], end[DURATION_TEXT], text[64];
    int64_t eta = -1;
    bool open = false;
    draw_duration(scene_now(scene), now);
    if (draw->ui->replay && draw->ui->end_us > 0) {
        draw_duration(draw->ui->end_us, end);
        snprintf(text, sizeof text, "%s / %s", now, end);
        put_left(line, ROLE_TEXT, text);
        return;
    }
    put_left(line, ROLE_TEXT, now);
    for (size_t i = 0; i < told_runs(draw); i++) {
        int64_t one = board_eta_us(scene->boards[i]);
        open = open || scene->boards[i]->status == RUN_OPEN;
        eta = one > eta ? one : eta;
    }
    if (!open || draw->ui->replay)
        return;
    draw_duration(eta, end);
    snprintf(text, sizeof text, "ETA %s", end);
    put_left(line, ROLE_DIM, text);
}

/* Whether anything is known of the state of the machine. */
static bool tells(const struct sample *sample) {
    return !isnan(sample->swap_mb) || !isnan(sample->pressure) ||
           sample->thermal != THERMAL_UNKNOWN;
}

/* The quick check in a word: what speaks against trusting figures taken now. */
static void put_solo(struct line *line, const struct board *board) {
    struct solo solo;
    char text[32];
    bool known = false;
    for (size_t i = 0; i < board->lane_count; i++)
        known |= board->lanes[i].seen && tells(&board->lanes[i].last);
    solo_judge(&solo, board, NULL);
    snprintf(text, sizeof text, "solo: %zu reason%s", solo.count, solo.count == 1 ? "" : "s");
    if (solo.count > 0)
        put_right(line, ROLE_WARN, text);
    else if (known)
        put_right(line, ROLE_GOOD, "solo clean");
}

static void put_heat(struct line *line, const struct lane_state *lane) {
    enum thermal level = lane->last.thermal;
    if (level == THERMAL_UNKNOWN)
        put_right(line, ROLE_DIM, "heat –");
    else
        put_right(line, level == THERMAL_NOMINAL ? ROLE_GOOD : ROLE_WARN, thermal_word(level));
}

/* What came to swap since the run began. */
static void put_swap(struct line *line, const struct board *board, const struct lane_state *lane) {
    char figure[METRIC_TEXT], text[METRIC_TEXT + 16];
    double swap = lane->last.swap_mb - lane->swap_start;
    metric_format(METRIC_SWAP_DELTA, swap, figure);
    snprintf(text, sizeof text, "swap %s%s%s", swap > 0 ? "+" : "", figure,
             isnan(swap) ? "" : " MB");
    put_right(line,
              isnan(swap)                        ? ROLE_DIM
              : swap > board->run.limits.swap_mb ? ROLE_BAD
                                                 : ROLE_TEXT,
              text);
}

/* The machine of the selected row: what it is, how hot, how hungry. */
static void put_machine(struct line *line, const struct draw *draw) {
    struct rows rows;
    char text[96], figure[FIGURE_TEXT];
    rows_collect(draw->scene, draw->ui, &rows);
    int selected = rows_selected(&rows, draw->ui);
    if (selected < 0)
        return;
    const struct row_ref *ref = &rows.at[selected];
    const struct endpoint *endpoint = ref->row->endpoint;
    const struct lane_state *lane = endpoint->lane ? board_lane(ref->board, endpoint->lane) : NULL;
    put_solo(line, ref->board);
    double watts = draw_last(ref->row, SERIES_WATTS);
    if (lane && lane->seen && isnan(watts) && !tells(&lane->last)) {
        put_right(line, ROLE_DIM, "machine –");
    } else if (lane && lane->seen) {
        put_heat(line, lane);
        draw_figure(METRIC_WATTS, watts, figure);
        put_right(line, isnan(watts) ? ROLE_DIM : ROLE_TEXT, isnan(watts) ? "power –" : figure);
        put_swap(line, ref->board, lane);
    }
    const struct machine *machine = &ref->board->run.machine;
    const char *name = machine->chip ? machine->chip : machine->model;
    if (!name)
        return;
    if (machine->ram_mb > 0)
        snprintf(text, sizeof text, "%.60s %d GB", name, (int)((machine->ram_mb + 512) / 1024));
    else
        snprintf(text, sizeof text, "%.60s", name);
    put_right(line, ROLE_DIM, text);
}

static double share_done(const struct draw *draw) {
    double sum = 0;
    if (draw->ui->replay && draw->ui->end_us > 0)
        return (double)scene_now(draw->scene) / (double)draw->ui->end_us;
    for (size_t i = 0; i < told_runs(draw); i++)
        sum += board_progress(draw->scene->boards[i]);
    return draw->scene->count > 0 ? sum / (double)told_runs(draw) : 0;
}

static void draw_progress(const struct draw *draw, struct rect rect) {
    double share = share_done(draw);
    share = !(share > 0) ? 0 : share > 1 ? 1 : share;
    int halves = (int)lround(share * rect.width * 2);
    bool ascii = draw->ui->glyphs == GLYPH_ASCII;
    uint32_t full = ascii ? '=' : 0x2501, half = ascii ? '=' : 0x2578, rest = ascii ? '-' : 0x2500;
    for (int x = 0; x < rect.width; x++)
        frame_put(draw->frame, rect.x + x, rect.y,
                  halves >= 2 * x + 2   ? full
                  : halves == 2 * x + 1 ? half
                                        : rest,
                  halves > 2 * x ? ROLE_ACCENT : ROLE_BORDER);
}

static const struct {
    uint32_t glyph;
    char ascii;
    enum role role;
    bool may_hide; /* where there are too many of them to tell them apart */
} signs[MARK_COUNT] = {
    [MARK_PHASE] = {0x253C, '+', ROLE_BORDER, true},  [MARK_SUITE] = {0x253C, '+', ROLE_TEXT, true},
    [MARK_VERDICT] = {0x25C7, '*', ROLE_TEXT, false}, [MARK_GATE] = {0x25AE, '#', ROLE_WARN, false},
    [MARK_TROUBLE] = {0x25B4, '!', ROLE_BAD, false},
};

static bool crowds(const struct scene *scene, enum mark_kind kind, int width) {
    size_t count = 0;
    for (size_t i = 0; i < scene->mark_count; i++)
        count += scene->marks[i].kind == kind;
    return signs[kind].may_hide && count > (size_t)width / MARK_ROOM;
}

static void draw_mark(const struct draw *draw, struct rect rect, const struct mark *mark) {
    bool ascii = draw->ui->glyphs == GLYPH_ASCII;
    int x = (int)((double)mark->t / (double)draw->ui->end_us * rect.width);
    x = x < 0 ? 0 : x >= rect.width ? rect.width - 1 : x;
    frame_put(draw->frame, rect.x + x, rect.y,
              ascii ? (uint32_t)signs[mark->kind].ascii : signs[mark->kind].glyph,
              signs[mark->kind].role);
}

/* Where suites and phases begin (as far as they don't crowd), verdicts were told, gates tripped,
 * and where trouble was. */
static void draw_marks(const struct draw *draw, struct rect rect) {
    const struct scene *scene = draw->scene;
    if (!draw->ui->replay || draw->ui->end_us <= 0)
        return;
    for (enum mark_kind kind = MARK_PHASE; kind < MARK_COUNT; kind++) {
        bool hidden = crowds(scene, kind, rect.width);
        for (size_t i = 0; i < scene->mark_count && !hidden; i++)
            if (scene->marks[i].kind == kind)
                draw_mark(draw, rect, &scene->marks[i]);
    }
}

void header_draw(const struct draw *draw, struct rect header, struct rect progress) {
    struct line line = {draw, header.y, header.x + 1, header.x + header.width - 1};
    char what[160];
    what_runs(draw->scene, what, sizeof what);
    struct state state = run_state(draw);
    put_left(&line, ROLE_TITLE, "pitwall");
    const char *origin = origin_of(draw->scene);
    if (origin)
        put_right(&line, ROLE_SIM, origin);
    int room = header.width - 60;
    if (room > 8 && (int)text_cells(what) <= room)
        put_left(&line, ROLE_HEADER, what);
    else if (room > 8 && strchr(what, ' '))
        put_left(&line, ROLE_HEADER, (*strchr(what, ' ') = '\0', what));
    put_producer(&line, draw->ui);
    put_left(&line, state.role, state.text);
    put_times(&line, draw);
    if (draw->ui->notices > 0) {
        char text[48];
        snprintf(text, sizeof text, "! %lld notices", (long long)draw->ui->notices);
        put_right(&line, ROLE_NOTICE, text);
    }
    put_machine(&line, draw);
    draw_progress(draw, progress);
    draw_marks(draw, progress);
}

/* ---- the bottom line ---- */

static void draw_prompt(const struct draw *draw, struct rect bar) {
    int x = bar.x + 1;
    x += frame_text(draw->frame, x, bar.y, 8, ROLE_BAR_KEY, "filter /");
    x += frame_text(draw->frame, x, bar.y, bar.width - 30, ROLE_BAR, draw->ui->filter);
    frame_put(draw->frame, x, bar.y, '_', ROLE_BAR_KEY);
    frame_right(draw->frame, x + 2, bar.y, bar.x + bar.width - x - 3, ROLE_BAR,
                "Enter keeps, Esc clears");
}

static void draw_actions(const struct draw *draw, struct rect bar) {
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    int context = ui_context(draw->ui);
    int x = bar.x + 1, end = bar.x + bar.width - 1, shown = 0;
    for (size_t i = 0; i < count && shown < 9; i++) {
        char key[16];
        if (!rows[i].bar || !(rows[i].context & context))
            continue;
        keymap_key_name(rows[i].keys[0], key);
        int cells = (int)text_cells(key) + 1 + (int)text_cells(rows[i].bar);
        if (x + cells > end)
            continue;
        x += frame_text(draw->frame, x, bar.y, end - x, ROLE_BAR_KEY, key) + 1;
        x += frame_text(draw->frame, x, bar.y, end - x, ROLE_BAR, rows[i].bar) + 2;
        shown++;
    }
}

void header_bar(const struct draw *draw, struct rect bar) {
    frame_fill(draw->frame, bar, ' ', ROLE_BAR);
    if (draw->ui->confirm_stop)
        frame_text(draw->frame, bar.x + 1, bar.y, bar.width - 2, ROLE_NOTICE,
                   "Stop the run? y stops it, any other key goes on. What was measured is kept.");
    else if (draw->ui->filtering)
        draw_prompt(draw, bar);
    else if (draw->ui->message[0])
        frame_text(draw->frame, bar.x + 1, bar.y, bar.width - 2, ROLE_NOTICE, draw->ui->message);
    else
        draw_actions(draw, bar);
}
