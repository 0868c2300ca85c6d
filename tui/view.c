#include "view.h"

#include <math.h>
#include <stdio.h>

#include "header.h"
#include "layout.h"
#include "view_parts.h"
#include "why.h"

static const struct view_ops *const views[VIEW_COUNT] = {
    [VIEW_BOARD] = &view_board_ops,     /* 1 */
    [VIEW_ENGINE] = &view_engine_ops,   /* 2 */
    [VIEW_BURST] = &view_burst_ops,     /* 3 */
    [VIEW_QUALITY] = &view_quality_ops, /* 4 */
    [VIEW_COMPARE] = &view_compare_ops, /* 5 */
    [VIEW_SOLO] = &view_solo_ops,       /* 6 */
    [VIEW_EVENTS] = &view_events_ops,   /* 7 */
    [VIEW_HELP] = &view_help_ops,
};

const struct view_ops *view_of(enum view_id view) {
    return view >= 0 && view < VIEW_COUNT ? views[view] : NULL;
}

void ui_init(struct ui *ui) {
    *ui = (struct ui){
        .column = -1, .metric = METRIC_TTFT, .glyphs = GLYPH_BRAILLE, .speed = 1, .mark_ep = -1};
}

int ui_context(const struct ui *ui) {
    return ui->replay ? CONTEXT_REPLAY : ui->ended ? CONTEXT_ENDED : CONTEXT_LIVE;
}

/* Whether a metric has any figure on screen. */
bool view_has_figures(const struct scene *scene, enum metric_id metric) {
    for (size_t s = 0; s < scene->count; s++)
        for (size_t ep = 0; ep < scene->boards[s]->row_count; ep++)
            for (size_t c = 0; c < scene->boards[s]->column_count; c++)
                if (!isnan(board_value(scene->boards[s], (int)ep, (int)c, metric, STAT_MEDIAN)))
                    return true;
    return false;
}

void ui_settle(struct ui *ui, const struct scene *scene) {
    if (ui->metric_chosen)
        return;
    bool other = !view_has_figures(scene, METRIC_TTFT) && view_has_figures(scene, METRIC_DECODE);
    ui->metric = other ? METRIC_DECODE : METRIC_TTFT;
}

enum role view_series_role(int index) {
    return (enum role)(ROLE_SERIES_1 + (index < 0 ? 0 : index % 6));
}

const char *view_run_sign(const struct ui *ui, int source) {
    static const char *const signs[RUNS_ON_SCREEN] = {"●", "◆", "■", "★", "○", "◇", "□", "☆"};
    static const char *const letters[RUNS_ON_SCREEN] = {"A", "B", "C", "D", "E", "F", "G", "H"};
    return (ui->glyphs == GLYPH_ASCII ? letters : signs)[source % RUNS_ON_SCREEN];
}

static void draw_too_small(struct frame *frame) {
    int middle = frame->height / 2;
    char text[64];
    snprintf(text, sizeof text, "pitwall needs %dx%d", SCREEN_MIN_WIDTH, SCREEN_MIN_HEIGHT);
    frame_text(frame, 0, middle > 0 ? middle - 1 : 0, frame->width, ROLE_WARN, text);
    if (frame->height > 1)
        frame_printf(frame, 0, middle > 0 ? middle : 1, frame->width, ROLE_TEXT, "has %dx%d",
                     frame->width, frame->height);
}

/* Whatever came from outside and is no ASCII, on a terminal that has nothing else. */
static void keep_ascii(struct frame *frame) {
    for (int i = 0; i < frame->width * frame->height; i++) {
        struct frame_cell *cell = &frame->cells[i];
        if (cell->code_point >= 0x7f || cell->code_point < ' ')
            cell->code_point = cell->wide == 2 ? ' ' : '?';
        cell->wide = 0;
    }
}

void view_draw(struct frame *frame, const struct scene *scene, const struct ui *ui) {
    struct layout_screen screen;
    frame_clear(frame);
    frame->ascii = ui->glyphs == GLYPH_ASCII;
    layout_screen(frame->width, frame->height, &screen);
    if (!screen.fits) {
        draw_too_small(frame);
        return;
    }
    const struct view_ops *view = view_of(ui->view) ? view_of(ui->view) : &view_board_ops;
    struct draw draw = {frame, scene, ui};
    struct rect why = why_rect(&draw, screen.body);
    screen.body.height -= why.height;
    view->draw(frame, screen.body, scene, ui);
    if (why.height > 0)
        why_draw(&draw, why);
    header_draw(&draw, screen.header, screen.progress);
    header_bar(&draw, screen.bar);
    if (frame->ascii)
        keep_ascii(frame);
}

static void next_view(struct ui *ui, int by) {
    int view = (int)ui->view;
    do
        view = (view + by + VIEW_COUNT) % VIEW_COUNT;
    while (!view_of((enum view_id)view) || view == VIEW_HELP);
    ui->view = (enum view_id)view;
}

/* One level back; false when already at the outermost. */
static bool go_back(struct ui *ui) {
    if (ui->view == VIEW_HELP)
        ui->view = ui->back;
    else if (ui->call_text)
        ui->call_text = false;
    else if (ui->view != VIEW_BOARD)
        ui->view = VIEW_BOARD;
    else
        return false;
    return true;
}

static bool act_back(struct ui *ui) {
    if (go_back(ui))
        return true;
    bool had = ui->filter[0] || ui->column >= 0;
    ui->filter[0] = '\0';
    ui->column = -1;
    return had;
}

static bool open_view(struct ui *ui, enum view_id view) {
    if (!view_of(view))
        return false;
    ui->view = view;
    ui->call_text = false;
    return true;
}

/* The selected row is what others are compared with, or no longer. */
static bool mark(struct ui *ui, const struct scene *scene) {
    struct rows rows;
    rows_collect(scene, ui, &rows);
    int at = rows_selected(&rows, ui);
    if (at < 0)
        return false;
    bool marked = ui->mark_ep == rows.at[at].ep && ui->mark_source == rows.at[at].source;
    ui->mark_source = rows.at[at].source;
    ui->mark_ep = marked ? -1 : rows.at[at].ep;
    return true;
}

bool view_act(struct ui *ui, const struct scene *scene, enum action action, int width, int height) {
    struct layout_screen screen;
    layout_screen(width, height, &screen);
    const struct view_ops *view = view_of(ui->view) ? view_of(ui->view) : &view_board_ops;
    if (why_act(ui, scene, action, screen.body))
        return true;
    struct draw draw = {NULL, scene, ui};
    screen.body.height -= why_rect(&draw, screen.body).height;
    if (view->act && view->act(ui, scene, action, screen.body))
        return true;
    if (action >= ACTION_VIEW_BOARD && action <= ACTION_VIEW_EVENTS)
        return open_view(ui, (enum view_id)(action - ACTION_VIEW_BOARD));
    if (action == ACTION_NEXT_VIEW || action == ACTION_PREVIOUS_VIEW) {
        next_view(ui, action == ACTION_NEXT_VIEW ? 1 : -1);
        return true;
    }
    if (action == ACTION_HELP) {
        if (ui->view == VIEW_HELP)
            return go_back(ui);
        ui->back = ui->view;
        ui->view = VIEW_HELP;
        ui->help_scroll = 0;
        return true;
    }
    if (action == ACTION_BACK)
        return act_back(ui);
    if (action == ACTION_MARK)
        return mark(ui, scene);
    return action == ACTION_QUIT && go_back(ui); /* quits from the board only */
}
