/* One endpoint in detail: who it is, its verdicts and gates, figures per phase, TTFT and t/s over
 * time, and every call. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "callpage.h"
#include "calls.h"
#include "energy_table.h"
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
enum { PHASE_NAME = 15, PHASE_N = 4, TABLE_STEP = 9, PLOT_HEIGHT = 8, PLOT_HEIGHT_LEAST = 5 };

/* Which columns of the table fit: a bit each. Least and most say nothing of a single pass. */
static unsigned table_fit(int width, bool single) {
    unsigned shown = 0;
    int room = (width - PHASE_NAME - PHASE_N - 4) / TABLE_STEP, count = 0;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (!single || table[i].stat == STAT_MEDIAN) {
            shown |= 1u << i;
            count++;
        }
    for (int drop = 1; count > room && drop < 10; drop++)
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

/* First phase of a table with `height` lines of them: the running one stays inside, else that of
 * the selected call. */
static int first_phase(const struct draw *draw, const struct row_ref *ref, int height) {
    int anchor = ref->row->running_column,
        call = draw->ui->call ? calls_selected(ref->row, draw->ui) : -1;
    if (anchor < 0)
        anchor = call >= 0 ? ref->row->calls[call]->column : 0;
    return layout_scroll((int)ref->board->column_count, height, anchor);
}

static void draw_phases(const struct draw *draw, struct rect rect, const struct row_ref *ref) {
    unsigned shown = table_fit(rect.width, ref->board->run.passes <= 1);
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
    int first = first_phase(draw, ref, height);
    for (int i = 0; i < height && first + i < count; i++)
        draw_phase_line(draw, (struct rect){rect.x, rect.y + 1 + i, rect.width, 1}, ref, first + i,
                        shown);
}

/* Those of `all` that have anything to show; the first two always have a place. */
static int series_known(const struct row *row, enum board_series known[SERIES_COUNT]) {
    static const enum board_series all[] = {SERIES_TTFT,  SERIES_TPS,  SERIES_TPS_PER_WATT,
                                            SERIES_WATTS, SERIES_SWAP, SERIES_THERMAL,
                                            SERIES_KV};
    int count = 0;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (i < 2 || !isnan(series_high(&row->series[all[i]], INT64_MIN, INT64_MAX)))
            known[count++] = all[i];
    return count;
}

/* As many plots as the height gives, in one column or two. */
static void draw_graphs(const struct draw *draw, struct rect rect, const struct row_ref *ref) {
    enum board_series known[SERIES_COUNT];
    int count = series_known(ref->row, known);
    int across = rect.width >= 60 && rect.height < 2 * PLOT_HEIGHT ? 2 : 1;
    int down = rect.height / PLOT_HEIGHT > 0 ? rect.height / PLOT_HEIGHT : 1;
    down = down > count ? count : down;
    if (across == 1 && down == 1 && rect.height >= PLOT_HEIGHT_LEAST * 2)
        down = 2;
    int width = rect.width / across, height = rect.height / down;
    for (int i = 0; i < across * down && i < count; i++) {
        struct rect plot = {rect.x + i % across * width, rect.y + i / across * height,
                            width - (across > 1 ? 1 : 0), height - (height > PLOT_HEIGHT ? 1 : 0)};
        draw_plot(draw, plot, ref, known[i]);
    }
}

static void draw_energy(const struct draw *draw, struct rect rect, bool boxed,
                        const struct row_ref *ref) {
    char title[ENERGY_TITLE];
    energy_table_title(ref, rect.width, title);
    struct rect inner = draw_section(draw, rect, boxed, 0, "energy", title);
    energy_table_draw(draw, inner, ref, first_phase(draw, ref, inner.height - 1));
}

static void draw_tables(const struct draw *draw, const struct engine_layout *layout,
                        const struct row_ref *ref) {
    bool both = layout->energy.height > 0;
    char right[64];
    if (both) {
        draw_energy(draw, layout->energy, layout->boxed, ref);
    } else if (draw->ui->energy) {
        draw_energy(draw, layout->phases, layout->boxed, ref);
        return;
    }
    snprintf(right, sizeof right, "%s%s%s",
             ref->board->run.passes > 1 ? "median, least and most over passes" : "",
             ref->board->run.passes > 1 && !both ? " · " : "", both ? "" : "> energy");
    draw_phases(draw, draw_section(draw, layout->phases, layout->boxed, 0, "phases", right), ref);
}

static void draw_sections(const struct draw *draw, struct rect rect, const struct rows *rows,
                          int selected) {
    const struct row_ref *ref = &rows->at[selected];
    struct fact facts[FACTS_MOST];
    int count = facts_collect(ref, facts);
    struct engine_want want = {.facts = count,
                               .phases = (int)ref->board->column_count,
                               .energy = energy_table_lines(ref),
                               .calls = (int)ref->row->call_count};
    struct engine_layout layout;
    layout_engine(rect, &want, &layout);

    char place[48], title[160];
    row_title(draw->scene, draw->ui, ref, title, sizeof title);
    snprintf(place, sizeof place, "%d of %d", selected + 1, rows->count);
    struct rect inner =
        draw_section(draw, layout.facts, layout.boxed, draw_view_key(VIEW_ENGINE), title, place);
    facts_draw(draw, inner, facts, count);
    draw_tables(draw, &layout, ref);
    if (layout.graphs.height > 0)
        draw_graphs(draw, draw_section(draw, layout.graphs, layout.boxed, 0, "over time", NULL),
                    ref);
    char calls[48];
    snprintf(calls, sizeof calls, "%zu calls", ref->row->call_count);
    calls_draw(draw, draw_section(draw, layout.calls, layout.boxed, 0, "calls", calls), ref);
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
    const struct board_call *call = callpage_open(ref, ui);
    if (call)
        callpage_draw(&draw, rect, ref, call);
    else
        draw_sections(&draw, rect, &rows, selected);
}

static void move_call(struct ui *ui, const struct row *row, int by) {
    int at = calls_selected(row, ui);
    if (at < 0)
        return;
    bool first_step = !ui->call && (by == 1 || by == -1);
    if (!first_step) /* that one only makes the selection seen */
        at += by;
    int most = (int)row->call_count - 1;
    ui->call = row->calls[at < 0 ? 0 : at > most ? most : at]->call.id;
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
        return callpage_act(ui, scene, ref, action, rect);
    if (calls_act(ui, ref->row, action, rect.height / 4 > 1 ? rect.height / 4 : 1))
        return true;
    if (action == ACTION_METRIC_NEXT || action == ACTION_METRIC_PREVIOUS) {
        ui->energy = !ui->energy;
        return true;
    }
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        rows_move(&rows, ui, action == ACTION_LEFT ? -1 : 1);
        return true;
    }
    if (action != ACTION_OPEN)
        return false;
    int at = calls_selected(ref->row, ui);
    if (at >= 0) {
        ui->call = ref->row->calls[at]->call.id;
        ui->call_text = true;
        ui->text_scroll = 0;
    }
    return true;
}

const struct view_ops view_engine_ops = {VIEW_ENGINE, "engine", engine_draw, engine_act};
