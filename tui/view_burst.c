/* A burst: every call of it as a waterfall, beside it how TTFT and latency are spread, below it how
 * many calls were open and how many tokens a second came; what the engine did with them in one
 * word, with the evidence. A tick: the same with TTFT and t/s over the turn. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "callpage.h"
#include "callview.h"
#include "histogram.h"
#include "layout.h"
#include "view_parts.h"
#include "waterfall.h"

enum { VERDICT_CELLS = 32 }; /* of the word before its evidence, about */

struct parts {
    struct rect facts, falls, graphs[2], side, foot;
};

/* Graphs go first when there is no room, then the side, then the second line of facts. */
static struct parts lay_out(struct rect in, const struct volley *volley, int evidence) {
    struct parts out = {.side = {0}};
    int side = in.width < 70 ? 0 : in.width < 100 ? 26 : in.width < 150 ? 34 : 46;
    int most = in.height >= 18 ? 3 : in.height >= 14 ? 2 : 1;
    int facts = 1 + (evidence < most ? evidence : most);
    int gap = in.height >= 24 ? 1 : 0;
    int y = in.y + facts + gap, left = in.height - facts - gap - 1;
    int width = in.width - (side ? side + 2 : 0);
    out.facts = (struct rect){in.x, in.y, in.width, facts};
    out.foot = (struct rect){in.x, in.y + in.height - 1, in.width, 1};
    if (side)
        out.side = (struct rect){in.x + width + 2, y, side, left};
    int graph = left < 12 ? 0 : left < 20 ? 2 : left < 40 ? 3 : 4;
    if (volley->in_turn && graph > 0)
        graph++;
    struct rect rest = {in.x, y, width, left};
    int beside =
        waterfall_layout((struct rect){0, 0, width, left - 2 * graph}, volley->count).columns;
    if (beside == 2 && graph > 0) { /* a graph below each column */
        struct rect above = {in.x, y, width, left - 2 * graph};
        struct waterfall_layout falls = waterfall_layout(above, volley->count);
        for (int i = 0; i < 2; i++)
            out.graphs[i] = (struct rect){falls.bars[i].x - WATERFALL_LABEL, y + left - 2 * graph,
                                          falls.bars[i].width + WATERFALL_LABEL, 2 * graph};
        out.falls = above;
        return out;
    }
    rest.height -= 2 * graph;
    out.falls = rest;
    struct waterfall_layout falls = waterfall_layout(rest, volley->count);
    int bars =
        volley->in_turn || volley->count == 0 ? width : falls.bars[0].width + WATERFALL_LABEL;
    int used = volley->count ? falls.rows + WATERFALL_LINES : rest.height;
    int spare = rest.height - used; /* few calls: taller graphs */
    if (graph > 0) {
        graph += spare / 2 < 6 ? spare / 2 : 6;
        out.falls.height = used;
    }
    for (int i = 0; i < 2 && graph > 0; i++)
        out.graphs[i] = (struct rect){in.x, y + used + i * graph, bars, graph};
    return out;
}

/* ---- facts ---- */

static const struct verdict *verdict_of(const struct row_ref *ref, const struct column *column) {
    bool tick = column->suite == SUITE_TICK;
    for (size_t i = 0; i < ref->board->verdict_count; i++) {
        const struct verdict *verdict = &ref->board->verdicts[i];
        if (verdict->ep == ref->ep && verdict->suite == column->suite &&
            strcmp(verdict->phase, tick ? "" : column->phase) == 0)
            return verdict;
    }
    return NULL;
}

static enum role verdict_role(const char *value) {
    static const struct {
        const char *value;
        enum role role;
    } roles[] = {
        {"batched", ROLE_GOOD},          {"steady", ROLE_GOOD},      {"serial-fifo", ROLE_WARN},
        {"serial-unordered", ROLE_WARN}, {"slower", ROLE_BAD},       {"rejecting", ROLE_BAD},
        {"collapsing", ROLE_BAD},        {"inconclusive", ROLE_DIM},
    };
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (strcmp(value, roles[i].value) == 0)
            return roles[i].role;
    return ROLE_ACCENT;
}

/* Text from cell `used` of the first line on, broken at blanks. */
static void draw_flow(const struct draw *draw, struct rect rect, int used, const char *text) {
    int room = rect.width - used;
    if ((int)text_cells(text) <= room || rect.height == 1) {
        frame_text(draw->frame, rect.x + used, rect.y, room, ROLE_DIM, text);
        return;
    }
    char first[256] = "";
    size_t kept = 0;
    for (const char *c = strchr(text, ' '); c && (size_t)(c - text) < sizeof first;
         c = strchr(c + 1, ' ')) {
        snprintf(first, sizeof first, "%.*s", (int)(c - text), text);
        if ((int)text_cells(first) > room)
            break;
        kept = (size_t)(c - text);
    }
    snprintf(first, sizeof first, "%.*s", (int)kept, text);
    frame_text(draw->frame, rect.x + used, rect.y, room, ROLE_DIM, first);
    draw_wrapped(draw, (struct rect){rect.x, rect.y + 1, rect.width, rect.height - 1}, 0, ROLE_DIM,
                 text + kept + (kept > 0));
}

static void draw_verdict(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                         const struct volley *volley) {
    const struct verdict *verdict = verdict_of(ref, &ref->board->columns[volley->column]);
    const char *what = volley->in_turn ? "drift" : "serialisation";
    int used = frame_text(draw->frame, rect.x, rect.y, rect.width, ROLE_DIM, what) + 1;
    if (!verdict || !verdict->value[0]) {
        frame_text(draw->frame, rect.x + used, rect.y, rect.width - used, ROLE_DIM,
                   volley->running ? "told when all have ended" : "–");
        return;
    }
    used += frame_text(draw->frame, rect.x + used, rect.y, rect.width - used,
                       verdict_role(verdict->value), verdict->value) +
            2;
    draw_flow(draw, rect, used, verdict->evidence);
}

static void join(char *out, size_t size, const char *name, const char *value) {
    size_t used = strlen(out);
    if (used < size)
        snprintf(out + used, size - used, "%s%s%s%s", used ? " · " : "", name, *name ? " " : "",
                 value);
}

/* The figure of the shown pass where passes are kept apart, else the median. */
static void join_metric(char *out, size_t size, const struct row_ref *ref, int column,
                        enum metric_id metric) {
    char text[FIGURE_TEXT];
    double value = board_value(ref->board, ref->ep, column, metric, STAT_LAST);
    if (isnan(value))
        return;
    draw_figure(metric, value, text);
    bool told = metric == METRIC_AGGREGATE || metric == METRIC_TPS_PER_WATT; /* by its unit */
    if (metric == METRIC_CALLS_PER_S)
        snprintf(text, sizeof text, "%.3g calls/s", value);
    join(out, size, told || metric == METRIC_CALLS_PER_S ? "" : metric_of(metric)->title, text);
}

static void count_calls(const struct volley *volley, char *out, size_t size) {
    int ok = 0, wrong = 0, running = 0, errors[ERROR_CLASS_COUNT] = {0};
    char text[48];
    for (int i = 0; i < volley->count; i++) {
        const struct board_call *call = volley->calls[i];
        running += !call->finished;
        ok += call->finished && call->call.ok;
        wrong += call->finished && call->call.ok && call->call.correct == CHECK_NO;
        if (call->finished && !call->call.ok)
            errors[call->call.error]++;
    }
    snprintf(text, sizeof text, "%d calls", volley->count);
    join(out, size, "", text);
    snprintf(text, sizeof text, "%d ok", ok);
    join(out, size, "", text);
    snprintf(text, sizeof text, "%d wrong", wrong);
    if (wrong)
        join(out, size, "", text);
    snprintf(text, sizeof text, "%d running", running);
    if (running)
        join(out, size, "", text);
    for (int i = 0; i < ERROR_CLASS_COUNT; i++) {
        snprintf(text, sizeof text, "%d %s", errors[i], error_word((enum error_class)i));
        if (errors[i])
            join(out, size, "", text);
    }
}

static void draw_figures(const struct draw *draw, struct rect line, const struct row_ref *ref,
                         const struct volley *volley) {
    static const enum metric_id of_burst[] = {
        METRIC_WALL,  METRIC_AGGREGATE,  METRIC_CALLS_PER_S,    METRIC_SPAN,  METRIC_LATENESS,
        METRIC_VALID, METRIC_SWAP_DELTA, METRIC_SWAPOUTS_DELTA, METRIC_WATTS, METRIC_TPS_PER_WATT};
    static const enum metric_id of_tick[] = {METRIC_WALL, METRIC_BOUND_WARM, METRIC_BOUND_PREFIX,
                                             METRIC_BOUND_GENERATED, METRIC_VALID};
    const enum metric_id *metrics = volley->in_turn ? of_tick : of_burst;
    size_t count = volley->in_turn ? COUNT_OF(of_tick) : COUNT_OF(of_burst);
    char text[400] = "";
    count_calls(volley, text, sizeof text);
    for (size_t i = 0; i < count; i++)
        join_metric(text, sizeof text, ref, volley->column, metrics[i]);
    frame_text(draw->frame, line.x, line.y, line.width, ROLE_TEXT, text);
}

/* ---- graphs ---- */

struct plot {
    const char *title;
    enum metric_id metric;
    enum gap gap;
    enum role role;
};

static void draw_one(const struct draw *draw, struct rect rect, const struct volley *volley,
                     const struct series *series, const struct plot *plot, double high) {
    struct graph graph = {.glyphs = draw->ui->glyphs,
                          .from_us = volley->from_us,
                          .to_us = volley->to_us,
                          .high = high,
                          .gap = plot->gap,
                          .role = plot->role};
    graph_draw(draw->frame, rect, series, &graph);
}

static struct rect draw_scale_of(const struct draw *draw, struct rect rect, const struct plot *plot,
                                 double high) {
    char text[METRIC_TEXT];
    frame_right(draw->frame, rect.x, rect.y, WATERFALL_LABEL - 2, plot->role, plot->title);
    metric_format(plot->metric, high, text);
    if (rect.height > 1)
        frame_right(draw->frame, rect.x, rect.y + 1, WATERFALL_LABEL - 2, ROLE_DIM, text);
    for (int y = rect.y; y < rect.y + rect.height; y++)
        frame_put(draw->frame, rect.x + WATERFALL_LABEL - 1, y, 0x2502, ROLE_BORDER);
    return (struct rect){rect.x + WATERFALL_LABEL, rect.y, rect.width - WATERFALL_LABEL,
                         rect.height};
}

static double high_of(const struct series *series, double otherwise) {
    double high = series_high(series, INT64_MIN, INT64_MAX);
    return high > 0 ? high : otherwise;
}

/* Open calls with those that decode over them; tokens a second. */
static void draw_burst_graphs(const struct draw *draw, const struct rect rects[2],
                              const struct volley *volley, int64_t now_us) {
    static const struct plot open_plot = {"open", METRIC_ERRORS, GAP_HOLD, ROLE_WAIT};
    static const struct plot decode_plot = {"open", METRIC_ERRORS, GAP_HOLD, ROLE_DECODE};
    const struct plot tps_plot = {"t/s", METRIC_AGGREGATE, GAP_HOLD, view_series_role(SERIES_TPS)};
    struct series open, decoding, tps;
    volley_open(volley, now_us, &open);
    volley_decoding(volley, now_us, &decoding);
    volley_tps(volley, now_us, &tps);
    double high = high_of(&open, 1);
    struct rect inner = draw_scale_of(draw, rects[0], &open_plot, high);
    draw_one(draw, inner, volley, &open, &open_plot, high);
    draw_one(draw, inner, volley, &decoding, &decode_plot, high);
    high = high_of(&tps, 1);
    inner = draw_scale_of(draw, rects[1], &tps_plot, high);
    draw_one(draw, inner, volley, &tps, &tps_plot, high);
    series_done(&open);
    series_done(&decoding);
    series_done(&tps);
}

static void draw_tick_graphs(const struct draw *draw, const struct rect rects[2],
                             const struct volley *volley) {
    const struct plot plots[2] = {{"TTFT", METRIC_TTFT, GAP_HOLD, view_series_role(SERIES_TTFT)},
                                  {"t/s", METRIC_DECODE, GAP_HOLD, view_series_role(SERIES_TPS)}};
    for (int i = 0; i < 2; i++) {
        struct series series;
        volley_values(volley, plots[i].metric, &series);
        double high = high_of(&series, 1);
        struct rect inner = draw_scale_of(draw, rects[i], &plots[i], high);
        draw_one(draw, inner, volley, &series, &plots[i], high);
        series_done(&series);
    }
}

/* ---- the side: how figures are spread ---- */

static void draw_side(const struct draw *draw, struct rect side, const struct volley *volley) {
    static const struct {
        enum metric_id metric;
        enum role role;
    } shown[] = {{METRIC_TTFT, ROLE_PREFILL}, {METRIC_LATENCY, ROLE_DECODE}};
    int height = side.height / (int)COUNT_OF(shown);
    if (side.width == 0 || height < HISTOGRAM_LINES)
        return;
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        struct values values;
        volley_sorted(volley, shown[i].metric, &values);
        struct rect rect = {side.x, side.y + (int)i * height, side.width,
                            height - (height > 8 && i == 0)};
        histogram_draw(draw, rect, shown[i].metric, &values, shown[i].role);
        values_done(&values);
    }
}

/* ---- the whole ---- */

/* The selected call in a line, else what the keys do. */
static void draw_foot(const struct draw *draw, struct rect line, const struct volley *volley) {
    const struct ui *ui = draw->ui;
    const struct board_call *call =
        volley->count ? volley->calls[volley_selected(volley, ui)] : NULL;
    if (!call || call->call.id != ui->call) {
        frame_text(draw->frame, line.x, line.y, line.width, ROLE_DIM,
                   "up, down: a call · Enter: its page · left, right: size, engine · r: order");
        return;
    }
    char ttft[FIGURE_TEXT], latency[FIGURE_TEXT], decode[FIGURE_TEXT];
    draw_figure(METRIC_TTFT, call->call.ttft_ms, ttft);
    draw_figure(METRIC_LATENCY, call_latency_ms(&call->call), latency);
    draw_figure(METRIC_DECODE, call->call.decode_tps, decode);
    frame_printf(draw->frame, line.x, line.y, line.width, callview_role(call),
                 "call %d: TTFT %s · %s · %lld tokens · total %s · %s%s", call->call.index + 1,
                 ttft, decode, (long long)call->tokens, latency, callview_outcome(call),
                 call->call.correct == CHECK_NO ? ", wrong" : "");
}

static void draw_volley(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                        int column) {
    char title[200], name[160], right[64];
    struct volley volley;
    const struct run *run = &ref->board->run;
    volley_collect(ref, column, draw->ui->by_finish, &volley);
    row_title(draw->scene, draw->ui, ref, name, sizeof name);
    snprintf(title, sizeof title, "%s · %s", ref->board->columns[column].phase, name);
    bool control = run->passes > 0 && volley.pass >= run->passes;
    if (control)
        copy_text(right, sizeof right, "drift control");
    else
        snprintf(right, sizeof right, "pass %d of %d", volley.pass + 1, run->passes);
    struct rect inner = draw_section(draw, rect, true, draw_view_key(VIEW_BURST), title, right);
    const struct verdict *verdict = verdict_of(ref, &ref->board->columns[column]);
    int cells = verdict ? (int)text_cells(verdict->evidence) + VERDICT_CELLS : 1;
    struct parts parts =
        lay_out(inner, &volley, 1 + cells / (inner.width > 20 ? inner.width - 6 : 20));
    struct rect facts = parts.facts;
    draw_verdict(
        draw, (struct rect){facts.x, facts.y, facts.width, facts.height > 1 ? facts.height - 1 : 1},
        ref, &volley);
    if (facts.height > 1)
        draw_figures(draw, (struct rect){facts.x, facts.y + facts.height - 1, facts.width, 1}, ref,
                     &volley);
    if (volley.count == 0) {
        const struct cell *cell = board_cell(ref->board, ref->ep, column);
        frame_printf(draw->frame, parts.falls.x, parts.falls.y, parts.falls.width, ROLE_DIM,
                     "no call yet%s%s", cell->reason ? ": " : "", cell->reason ? cell->reason : "");
    } else {
        waterfall_draw(draw, parts.falls, ref, &volley);
        if (parts.graphs[0].height > 0 && volley.in_turn)
            draw_tick_graphs(draw, parts.graphs, &volley);
        else if (parts.graphs[0].height > 0)
            draw_burst_graphs(draw, parts.graphs, &volley, ref->board->now_us);
        draw_side(draw, parts.side, &volley);
    }
    draw_foot(draw, parts.foot, &volley);
    volley_done(&volley);
}

static void burst_draw(struct frame *frame, struct rect rect, const struct scene *scene,
                       const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    struct rows rows;
    rows_collect(scene, ui, &rows);
    int selected = rows_selected(&rows, ui);
    int column = selected < 0 ? -1 : volley_column(&rows.at[selected], ui);
    if (column < 0) {
        struct rect inner =
            draw_section(&draw, rect, true, draw_view_key(VIEW_BURST), "burst", NULL);
        const char *why = ui->filter[0] && selected < 0
                              ? "no engine matches the filter"
                              : "no burst and no tick in this run: pitwall --suite burst,tick";
        frame_text(frame, inner.x, inner.y, inner.width, ROLE_DIM, why);
        return;
    }
    const struct row_ref *ref = &rows.at[selected];
    const struct board_call *call = callpage_open(ref, ui);
    if (call)
        callpage_draw(&draw, rect, ref, call);
    else
        draw_volley(&draw, rect, ref, column);
}

/* ---- keys ---- */

static void move_call(struct ui *ui, const struct volley *volley, int by) {
    if (volley->count == 0)
        return;
    int at = volley_selected(volley, ui);
    bool chosen = volley->calls[at]->call.id == ui->call;
    int to = chosen ? at + by : by < -1 || by > 1 ? at + by : at; /* the first step shows it */
    to = to < 0 ? 0 : to >= volley->count ? volley->count - 1 : to;
    ui->call = volley->calls[to]->call.id;
}

/* The next phase that is shown so, then the next engine's first one; backwards likewise. */
static void move_column(struct ui *ui, const struct rows *rows, int column, int by) {
    int at = rows_selected(rows, ui);
    const struct board *board = rows->at[at].board;
    int next = column + by;
    while (next >= 0 && next < (int)board->column_count && !volley_shows(board, next))
        next += by;
    bool inside = next >= 0 && next < (int)board->column_count;
    if (!inside && (at + by < 0 || at + by >= rows->count))
        return;
    ui->call = 0;
    if (!inside) {
        rows_move(rows, ui, by);
        board = rows->at[rows_selected(rows, ui)].board;
        next = by > 0 ? 0 : (int)board->column_count - 1;
        while (next >= 0 && next < (int)board->column_count && !volley_shows(board, next))
            next += by;
    }
    ui->column = next;
}

static bool calls_act(struct ui *ui, const struct volley *volley, enum action action, int page) {
    if (action == ACTION_UP || action == ACTION_DOWN)
        move_call(ui, volley, action == ACTION_UP ? -1 : 1);
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        move_call(ui, volley, action == ACTION_PAGE_UP ? -page : page);
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        move_call(ui, volley, action == ACTION_FIRST ? -volley->count - 1 : volley->count + 1);
    else
        return false;
    return true;
}

static bool burst_act(struct ui *ui, const struct scene *scene, enum action action,
                      struct rect rect) {
    struct rows rows;
    rows_collect(scene, ui, &rows);
    int selected = rows_selected(&rows, ui);
    if (selected < 0)
        return false;
    const struct row_ref *ref = &rows.at[selected];
    int column = volley_column(ref, ui);
    if (column < 0)
        return false;
    if (callpage_open(ref, ui))
        return callpage_act(ui, scene, ref, action, rect);
    if (action == ACTION_SORT_REVERSE) {
        ui->by_finish = !ui->by_finish;
        return true;
    }
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        move_column(ui, &rows, column, action == ACTION_LEFT ? -1 : 1);
        return true;
    }
    struct volley volley;
    volley_collect(ref, column, ui->by_finish, &volley);
    int page = rect.height / 3 > 1 ? rect.height / 3 : 1;
    bool handled = calls_act(ui, &volley, action, page);
    if (action == ACTION_OPEN && volley.count > 0) {
        ui->call = volley.calls[volley_selected(&volley, ui)]->call.id;
        ui->call_text = true;
        ui->text_scroll = 0;
        handled = true;
    }
    volley_done(&volley);
    return handled;
}

const struct view_ops view_burst_ops = {VIEW_BURST, "burst", burst_draw, burst_act};
