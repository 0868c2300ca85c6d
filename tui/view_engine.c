/* One endpoint in detail: who it is, its verdicts and gates, figures per phase, TTFT and t/s over
 * time, and every call. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "callview.h"
#include "facts.h"
#include "layout.h"
#include "view_parts.h"

struct table_column {
    const char *title;
    enum metric_id metric;
    enum stat_id stat;
    int drop; /* the lowest go first when there is no room */
};
static const struct table_column table[] = {
    {"TTFT ms", METRIC_TTFT, STAT_MEDIAN, 9},
    {"min", METRIC_TTFT, STAT_MIN, 5},
    {"max", METRIC_TTFT, STAT_MAX, 6},
    {"t/s", METRIC_DECODE, STAT_MEDIAN, 8},
    {"min", METRIC_DECODE, STAT_MIN, 2},
    {"max", METRIC_DECODE, STAT_MAX, 2},
    {"eff. t/s", METRIC_EFFECTIVE, STAT_MEDIAN, 3},
    {"total ms", METRIC_LATENCY, STAT_MEDIAN, 4},
    {"prompt", METRIC_PROMPT_TOKENS, STAT_MEDIAN, 7},
    {"cached", METRIC_CACHED, STAT_MEDIAN, 7},
    {"output", METRIC_COMPLETION, STAT_MEDIAN, 7},
    {"tok/s/W", METRIC_TPS_PER_WATT, STAT_MEDIAN, 1},
};
enum { PHASE_NAME = 15, PHASE_N = 4, TABLE_STEP = 9, CALL_HEAD = 1 };

/* Which columns of the table fit: a bit each. */
static unsigned table_fit(int width) {
    unsigned shown = (1u << COUNT_OF(table)) - 1;
    int room = (width - PHASE_NAME - PHASE_N - 4) / TABLE_STEP;
    for (int drop = 1, count = (int)COUNT_OF(table); count > room && drop < 10; drop++)
        for (size_t i = COUNT_OF(table); i-- > 0 && count > room;)
            if (table[i].drop == drop && (shown & 1u << i)) {
                shown &= ~(1u << i);
                count--;
            }
    return shown;
}

static const char *state_word(const struct cell *cell) {
    switch (cell->state) {
    case CELL_WAITING:
        return "waits";
    case CELL_RUNNING:
        return "runs";
    case CELL_SKIPPED:
        return "skipped";
    case CELL_STOPPED:
        return "stopped";
    case CELL_DONE:
        return "";
    }
    return "";
}

static void draw_phase_marks(const struct draw *draw, const struct cell *cell, int x, int y,
                             int width) {
    for (int gate = 0; gate < GATE_COUNT && width > 0; gate++)
        if (cell->gates & 1u << gate) {
            frame_put(draw->frame, x++, y, (unsigned char)gate_mark((enum gate_id)gate),
                      facts_gate_role((enum gate_id)gate));
            width--;
        }
}

static void draw_phase_line(const struct draw *draw, struct rect line, const struct row_ref *ref,
                            int column, unsigned shown) {
    struct frame *frame = draw->frame;
    const struct cell *cell = board_cell(ref->board, ref->ep, column);
    int x = line.x;
    bool running = cell->state == CELL_RUNNING;
    frame_text(frame, x, line.y, PHASE_NAME - 1, running ? ROLE_ACCENT : ROLE_TEXT,
               ref->board->columns[column].phase);
    x += PHASE_NAME;
    double n = board_value(ref->board, ref->ep, column, METRIC_TTFT, STAT_N);
    if (isnan(n) || n < 1) {
        frame_printf(frame, x, line.y, line.x + line.width - x, ROLE_DIM, "%s%s%s",
                     state_word(cell), cell->reason ? ": " : "", cell->reason ? cell->reason : "");
        return;
    }
    frame_printf(frame, x, line.y, PHASE_N, ROLE_DIM, "%*d", PHASE_N - 1, (int)n);
    x += PHASE_N;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (!(shown & 1u << i))
            continue;
        bool key = table[i].stat == STAT_MEDIAN;
        draw_value(draw, x, line.y, TABLE_STEP - 1, key ? ROLE_TEXT : ROLE_DIM, table[i].metric,
                   board_value(ref->board, ref->ep, column, table[i].metric, table[i].stat));
        x += TABLE_STEP;
    }
    draw_phase_marks(draw, cell, x + 1, line.y, line.x + line.width - x - 1);
}

static void draw_phases(const struct draw *draw, struct rect rect, const struct row_ref *ref) {
    unsigned shown = table_fit(rect.width);
    int x = rect.x + PHASE_NAME;
    if (rect.height < 1)
        return;
    frame_text(draw->frame, rect.x, rect.y, PHASE_NAME, ROLE_DIM, "phase");
    frame_right(draw->frame, x, rect.y, PHASE_N - 1, ROLE_DIM, "n");
    x += PHASE_N;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (!(shown & 1u << i))
            continue;
        frame_right(draw->frame, x, rect.y, TABLE_STEP - 1,
                    table[i].stat == STAT_MEDIAN ? ROLE_HEADER : ROLE_DIM, table[i].title);
        x += TABLE_STEP;
    }
    int count = (int)ref->board->column_count, height = rect.height - 1;
    int anchor = ref->row->running_column >= 0 ? ref->row->running_column : 0;
    int first = layout_scroll(count, height, anchor);
    for (int i = 0; i < height && first + i < count; i++)
        draw_phase_line(draw, (struct rect){rect.x, rect.y + 1 + i, rect.width, 1}, ref, first + i,
                        shown);
}

/* Place of the selected call in the row; the newest when none is selected. -1: no calls. */
static int selected_call(const struct row *row, const struct ui *ui) {
    for (size_t i = row->call_count; i-- > 0;)
        if (row->calls[i]->call.id == ui->call)
            return (int)i;
    return (int)row->call_count - 1;
}

static void draw_call_figures(const struct draw *draw, struct rect line,
                              const struct board_call *call) {
    const struct call *of = &call->call;
    bool started = of->first_token_us != MARK_NONE;
    double ttft = call->finished ? of->ttft_ms
                  : started      ? (double)(of->first_token_us - of->start_us) / 1000
                                 : NAN;
    double tokens = call->finished
                        ? (of->completion_tokens < 0 ? NAN : (double)of->completion_tokens)
                        : (double)call->tokens;
    draw_value(draw, line.x, line.y, 8, ROLE_TEXT, METRIC_TTFT, ttft);
    draw_value(draw, line.x + 8, line.y, 8, ROLE_TEXT, METRIC_DECODE, of->decode_tps);
    draw_value(draw, line.x + 16, line.y, 7, ROLE_TEXT, METRIC_COMPLETION, tokens);
    frame_text(draw->frame, line.x + 24, line.y, line.width - 24, callview_role(call),
               callview_outcome(call));
}

enum { CALL_NAME = 20, CALL_FIGURES = 35 };

static void draw_call(const struct draw *draw, struct rect line, const struct row_ref *ref,
                      const struct board_call *call, int64_t full_us, bool selected) {
    const struct call *of = &call->call;
    if (selected)
        frame_put(draw->frame, line.x, line.y, 0x25b6, ROLE_ACCENT);
    frame_printf(draw->frame, line.x + 2, line.y, CALL_NAME - 3,
                 call->finished ? ROLE_TEXT : ROLE_ACCENT, "%s%s%.0d%s", draw_phase(of->phase, 10),
                 ref->board->run.passes > 1 ? " p" : "",
                 ref->board->run.passes > 1 ? of->pass + 1 : 0, of->attempt > 0 ? " again" : "");
    int bar = line.width - CALL_NAME - CALL_FIGURES;
    callview_bar(draw, line.x + CALL_NAME, line.y, bar, call, ref->board->now_us, full_us);
    draw_call_figures(draw, (struct rect){line.x + CALL_NAME + bar, line.y, CALL_FIGURES, 1}, call);
    if (selected)
        frame_select(draw->frame, line);
}

/* Title line of the calls: what the parts of a bar are, and over how long a time it runs. */
static void draw_calls_head(const struct draw *draw, struct rect line, int64_t full_us) {
    struct frame *frame = draw->frame;
    int bar = line.width - CALL_NAME - CALL_FIGURES, x = line.x + CALL_NAME;
    frame_text(frame, line.x + 2, line.y, CALL_NAME - 3, ROLE_DIM, "call");
    if (bar >= 24) {
        x += frame_text(frame, x, line.y, 8, ROLE_WAIT, "░ wait ");
        x += frame_text(frame, x, line.y, 10, ROLE_PREFILL, "▒ prefill ");
        frame_text(frame, x, line.y, 8, ROLE_DECODE, "█ decode");
    }
    if (bar >= 34 && full_us > 0) {
        char full[FIGURE_TEXT];
        draw_figure(METRIC_LATENCY, (double)full_us / 1000, full);
        frame_right(frame, line.x + CALL_NAME, line.y, bar, ROLE_DIM, full);
    }
    int figures = line.x + CALL_NAME + bar;
    frame_right(frame, figures, line.y, 8, ROLE_HEADER, "TTFT ms");
    frame_right(frame, figures + 8, line.y, 8, ROLE_HEADER, "t/s");
    frame_right(frame, figures + 16, line.y, 7, ROLE_HEADER, "tokens");
    frame_text(frame, figures + 24, line.y, 10, ROLE_HEADER, "end");
}

static void draw_calls(const struct draw *draw, struct rect rect, const struct row_ref *ref) {
    int count = (int)ref->row->call_count, height = rect.height - CALL_HEAD;
    int selected = selected_call(ref->row, draw->ui);
    int64_t full_us = 0;
    if (rect.height < 1)
        return;
    for (int i = 0; i < count; i++) {
        int64_t length = callview_length_us(ref->row->calls[i], ref->board->now_us);
        full_us = length > full_us ? length : full_us;
    }
    draw_calls_head(draw, (struct rect){rect.x, rect.y, rect.width, 1}, full_us);
    int first = layout_scroll(count, height, selected);
    for (int i = 0; i < height && first + i < count; i++)
        draw_call(draw, (struct rect){rect.x, rect.y + CALL_HEAD + i, rect.width, 1}, ref,
                  ref->row->calls[first + i], full_us, first + i == selected && draw->ui->call);
    if (count == 0 && height > 0)
        frame_text(draw->frame, rect.x + 2, rect.y + 1, rect.width - 2, ROLE_DIM, "no call yet");
}

static void draw_graphs(const struct draw *draw, struct rect rect, const struct row_ref *ref) {
    if (rect.width >= 60 && rect.height < 16) { /* beside each other */
        int half = rect.width / 2;
        draw_plot(draw, (struct rect){rect.x, rect.y, half - 1, rect.height}, ref, SERIES_TTFT);
        draw_plot(draw,
                  (struct rect){rect.x + half + 1, rect.y, rect.width - half - 1, rect.height}, ref,
                  SERIES_TPS);
        return;
    }
    int half = rect.height / 2;
    draw_plot(draw, (struct rect){rect.x, rect.y, rect.width, half}, ref, SERIES_TTFT);
    draw_plot(draw, (struct rect){rect.x, rect.y + half, rect.width, rect.height - half}, ref,
              SERIES_TPS);
}

static void draw_call_page(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                           const struct board_call *call) {
    char title[128];
    snprintf(title, sizeof title, "%s · %s, pass %d, call %d", row_name(ref), call->call.phase,
             call->call.pass + 1, call->call.index + 1);
    struct rect inner = draw_section(draw, rect, true, 0, title, "Esc closes");
    callview_page(draw, inner, call, ref->board->now_us, draw->ui->text_scroll);
}

static void draw_sections(const struct draw *draw, struct rect rect, const struct rows *rows,
                          int selected) {
    const struct row_ref *ref = &rows->at[selected];
    struct fact facts[FACTS_MOST];
    int count = facts_collect(ref, facts);
    struct engine_want want = {.facts = count, .phases = (int)ref->board->column_count};
    struct engine_layout layout;
    layout_engine(rect, &want, &layout);

    char place[48];
    snprintf(place, sizeof place, "%d of %d", selected + 1, rows->count);
    struct rect inner = draw_section(draw, layout.facts, layout.boxed, draw_view_key(VIEW_ENGINE),
                                     row_name(ref), place);
    facts_draw(draw, inner, facts, count);
    inner = draw_section(draw, layout.phases, layout.boxed, 0, "phases",
                         ref->board->run.passes > 1 ? "median, least and most over passes" : NULL);
    draw_phases(draw, inner, ref);
    if (layout.graphs.height > 0)
        draw_graphs(draw, draw_section(draw, layout.graphs, layout.boxed, 0, "over time", NULL),
                    ref);
    char calls[48];
    snprintf(calls, sizeof calls, "%zu calls", ref->row->call_count);
    draw_calls(draw, draw_section(draw, layout.calls, layout.boxed, 0, "calls", calls), ref);
}

static void engine_draw(struct frame *frame, struct rect rect, const struct scene *scene,
                        const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    struct rows rows;
    rows_collect(scene, ui, &rows);
    int selected = rows_selected(&rows, ui);
    if (selected < 0) {
        struct rect inner =
            draw_section(&draw, rect, true, draw_view_key(VIEW_ENGINE), "engine", NULL);
        frame_text(frame, inner.x, inner.y, inner.width, ROLE_DIM,
                   ui->filter[0] ? "no engine matches the filter" : "no engine yet");
        return;
    }
    const struct row_ref *ref = &rows.at[selected];
    const struct board_call *call = ui->call_text ? board_call(ref->board, ui->call) : NULL;
    if (call && call->call.ep == ref->ep)
        draw_call_page(&draw, rect, ref, call);
    else
        draw_sections(&draw, rect, &rows, selected);
}

static void move_call(struct ui *ui, const struct row *row, int by) {
    int at = selected_call(row, ui);
    if (at < 0)
        return;
    if (ui->call) /* the first key only makes the selection seen */
        at += by;
    int most = (int)row->call_count - 1;
    ui->call = row->calls[at < 0 ? 0 : at > most ? most : at]->call.id;
}

/* Keys while a call's text is open. */
static bool page_act(struct ui *ui, const struct scene *scene, const struct row_ref *ref,
                     enum action action, struct rect rect) {
    const struct board_call *call = board_call(ref->board, ui->call);
    struct draw draw = {NULL, scene, ui};
    int pad = rect.width >= 76 ? 2 : 1, height = rect.height - 2;
    struct rect none = {rect.x, rect.y, rect.width - 2 * pad, 0};
    int lines = call ? callview_page(&draw, none, call, ref->board->now_us, 0) : 0;
    int most = lines > height ? lines - height : 0, to = ui->text_scroll;
    if (action == ACTION_BACK || action == ACTION_OPEN)
        ui->call_text = false;
    else if (action == ACTION_UP || action == ACTION_DOWN)
        to += action == ACTION_UP ? -1 : 1;
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        to += action == ACTION_PAGE_UP ? 1 - height : height - 1;
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        to = action == ACTION_FIRST ? 0 : most;
    else
        return false;
    ui->text_scroll = to > most ? most : to < 0 ? 0 : to;
    return true;
}

static bool calls_act(struct ui *ui, const struct row *row, enum action action, int page) {
    if (action == ACTION_UP || action == ACTION_DOWN)
        move_call(ui, row, action == ACTION_UP ? -1 : 1);
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        move_call(ui, row, action == ACTION_PAGE_UP ? -page : page);
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        move_call(ui, row, (int)row->call_count * (action == ACTION_FIRST ? -1 : 1));
    else
        return false;
    return true;
}

static bool engine_act(struct ui *ui, const struct scene *scene, enum action action,
                       struct rect rect) {
    struct rows rows;
    rows_collect(scene, ui, &rows);
    int selected = rows_selected(&rows, ui);
    if (selected < 0)
        return false;
    const struct row_ref *ref = &rows.at[selected];
    if (ui->call_text)
        return page_act(ui, scene, ref, action, rect);
    if (calls_act(ui, ref->row, action, rect.height / 4 > 1 ? rect.height / 4 : 1))
        return true;
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        rows_move(&rows, ui, action == ACTION_LEFT ? -1 : 1);
        return true;
    }
    if (action != ACTION_OPEN)
        return false;
    int at = selected_call(ref->row, ui);
    if (at >= 0) {
        ui->call = ref->row->calls[at]->call.id;
        ui->call_text = true;
        ui->text_scroll = 0;
    }
    return true;
}

const struct view_ops view_engine_ops = {VIEW_ENGINE, "engine", engine_draw, engine_act};
