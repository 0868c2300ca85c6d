/* The board: endpoints × phases for one metric, with each endpoint's sparklines. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "calls.h"
#include "cellview.h"
#include "facts.h"
#include "grid.h"
#include "view_parts.h"

enum { PLOT_MIN = 5, PLOT_MOST = 9, CALLS_MIN = 4 }; /* lines, in the detail pane */

/* Cells of a column that are the figure's: its gap and its value. */
static int figure_width(const struct board_layout *layout) {
    int delta = layout->deltas == DELTA_BESIDE ? DELTA_WIDTH : 0;
    return layout->column_step - layout->mark_width - delta;
}

static bool has_suite(const struct heads *heads, enum suite_id suite) {
    for (int i = 0; i < heads->count; i++)
        if (heads->at[i].suite == suite)
            return true;
    return false;
}

/* The head: phases right-aligned over their values, the sorted one with an arrow. */
static void draw_phases_head(const struct draw *draw, const struct grid *grid, int y) {
    const struct board_layout *layout = &grid->layout;
    const struct ui *ui = draw->ui;
    char title[PHASE_TITLE];
    int width = figure_width(layout);
    bool beside = layout->deltas == DELTA_BESIDE;
    frame_text(draw->frame, layout->name.x + 2, y, layout->name.width - 2, ROLE_DIM, "engine");
    for (int i = 0; i < grid->count; i++) {
        int x = layout->column_x + i * layout->column_step;
        bool chosen = grid->columns[i] == ui->column;
        frame_right(draw->frame, x, y, width, chosen ? ROLE_ACCENT : ROLE_HEADER,
                    draw_column(&grid->heads.at[grid->columns[i]], width, title));
        if (beside)
            frame_text(draw->frame, x + layout->column_step - 2, y, 1, ROLE_DIM, "Δ");
        if (!chosen)
            continue;
        if (ui->sort_by_value)
            frame_put(draw->frame, x + width, y, ui->sort_reverse ? 0x25bc : 0x25b2, ROLE_ACCENT);
        frame_select(draw->frame, (struct rect){x + 1, y, layout->column_step - 1, 1});
    }
    frame_text(draw->frame, layout->verdict.x, y, layout->verdict.width, ROLE_HEADER,
               has_suite(&grid->heads, SUITE_AGENTIC) ? "reuse" : "verdict");
}

static void draw_suites_head(const struct draw *draw, const struct grid *grid, int y) {
    const struct board_layout *layout = &grid->layout;
    for (int i = 0; i < grid->count; i++) {
        const struct column *column = &grid->heads.at[grid->columns[i]];
        if (i > 0 && grid->heads.at[grid->columns[i - 1]].suite == column->suite)
            continue;
        int end = i;
        while (end < grid->count && grid->heads.at[grid->columns[end]].suite == column->suite)
            end++;
        int x = layout->column_x + i * layout->column_step + 1;
        int width = (end - i) * layout->column_step - 2;
        const char *word = suite_word(column->suite);
        bool roomy = (int)strlen(word) + 3 <= width;
        frame_fill(draw->frame, (struct rect){x, y, width, 1}, 0x2500, ROLE_BORDER);
        if (end - i > 1 || !draw_names_suite(column))
            frame_printf(draw->frame, roomy ? x + 1 : x, y, width, ROLE_DIM, roomy ? " %s " : "%s",
                         word);
    }
}

static void draw_sparks_head(const struct draw *draw, const struct grid *grid, int y) {
    for (int i = 0; i < LAYOUT_SPARKS; i++) {
        struct span span = grid->layout.sparks[i];
        const struct metric *metric = metric_of(board_series_metric(grid_series(i)));
        int used = frame_text(draw->frame, span.x, y, span.width, ROLE_HEADER, metric->title);
        const char *unit = draw_unit(board_series_metric(grid_series(i)));
        if (used + 1 + (int)strlen(unit) <= span.width)
            frame_text(draw->frame, span.x + used + 1, y, span.width, ROLE_DIM, unit);
    }
}

static void draw_head(const struct draw *draw, const struct grid *grid) {
    struct rect head = grid->layout.head;
    int y = head.y, last = head.y + head.height - 1;
    bool below = grid->layout.graph_rows > 0 && !grid->layout.beside;
    if (head.height > 1 + (below ? 1 : 0))
        draw_suites_head(draw, grid, y++);
    draw_phases_head(draw, grid, y);
    if (grid->layout.graph_rows > 0)
        draw_sparks_head(draw, grid, last);
}

/* The figure with its marks behind it. */
static void draw_figures(const struct draw *draw, const struct board_layout *layout,
                         const struct cellview *cell, int x, int y) {
    int width = figure_width(layout);
    frame_right(draw->frame, x, y, width, cell->role, cell->text); /* long ones take the gap */
    int mark = x + width, room = layout->mark_width;
    if (cell->running && room > 0) {
        frame_put(draw->frame, mark++, y, draw_spinner(draw->ui, cell->turn), cell->turn_role);
        room--;
    }
    if (cell->best && room > 0) {
        frame_put(draw->frame, mark++, y, '*', ROLE_GOOD);
        room--;
    }
    frame_text(draw->frame, mark, y, room, cell->marks_role, cell->marks);
}

static void draw_cell(const struct draw *draw, const struct grid *grid, int row, int place, int y) {
    const struct board_layout *layout = &grid->layout;
    const struct row_ref *ref = &grid->rows.at[row];
    int column = heads_column(&grid->heads, grid->columns[place], ref->board);
    int x = layout->column_x + place * layout->column_step;
    struct cellview cell;
    struct delta delta;
    if (column < 0)
        return;
    cellview_read(ref, column, draw->ui, grid->best[ref->source][place], layout->mark_width, &cell);
    deltas_read(&grid->deltas, &grid->rows, row, column, draw->ui, &delta);
    bool told = delta.sign == DELTA_SAME || delta.sign == DELTA_BETTER || delta.sign == DELTA_WORSE;
    if (layout->deltas == DELTA_INSTEAD && told && !cell.running) {
        copy_text(cell.text, sizeof cell.text, delta.text);
        cell.role = delta.role;
        cell.best = false;
    }
    draw_figures(draw, layout, &cell, x, y);
    if (layout->deltas == DELTA_BELOW)
        frame_right(draw->frame, x, y + 1, figure_width(layout), delta.role, delta.text);
    else if (layout->deltas == DELTA_BESIDE && delta.text[0])
        frame_right(draw->frame, x + layout->column_step - DELTA_WIDTH, y, DELTA_WIDTH, delta.role,
                    delta.text);
}

/* The verdict's word, a shorter one where the column has no room for the whole. */
static const char *verdict_value(const struct verdict *verdict, int width) {
    static const struct {
        const char *word, *brief;
    } briefs[] = {{"inconclusive", "unclear"},
                  {"serial-fifo", "serial"},
                  {"serial-unordered", "unordered"},
                  {"shared-no-gain", "no gain"},
                  {"collapsing", "collapse"}};
    for (size_t i = 0; i < COUNT_OF(briefs) && (int)text_cells(verdict->value) > width; i++)
        if (strcmp(verdict->value, briefs[i].word) == 0)
            return briefs[i].brief;
    return verdict->value;
}

static void draw_verdict(const struct draw *draw, const struct grid *grid,
                         const struct row_ref *ref, int y) {
    const struct verdict *verdict = facts_verdict(ref);
    struct span span = grid->layout.verdict;
    if (!verdict || !verdict->value[0]) {
        frame_text(draw->frame, span.x, y, span.width, ROLE_DIM, verdict ? "–" : "·");
        return;
    }
    int used = frame_text(draw->frame, span.x, y, span.width, facts_verdict_role(verdict),
                          verdict_value(verdict, span.width));
    bool doubted = verdict->suspect_cold || verdict->witnesses_disagree;
    if (doubted && used < span.width)
        frame_put(draw->frame, span.x + used, y, '!', ROLE_WARN);
    if (!isnan(verdict->ratio) && span.width - used >= 6)
        frame_printf(draw->frame, span.x + 4, y, span.width - 4, ROLE_DIM, "%.2f", verdict->ratio);
}

/* The current figure, in the colour of its line. */
static void draw_spark_value(const struct draw *draw, struct span span, int y, int width,
                             const struct row_ref *ref, enum board_series series) {
    int x = span.x + span.width - width;
    double value = draw_last(ref->row, series);
    char text[METRIC_TEXT];
    enum role role = draw_series_role(draw, ref, series);
    if (series == SERIES_TPS && !isnan(ref->row->tps_now))
        value = ref->row->tps_now;
    if (series == SERIES_THERMAL)
        draw_thermal(value, width, text);
    else
        metric_format(board_series_metric(series), value, text);
    if (series == SERIES_THERMAL || series == SERIES_SWAP)
        role = value > (series == SERIES_SWAP ? 100 : 0) ? ROLE_WARN : ROLE_DIM;
    frame_right(draw->frame, x - 1, y, width + 1, isnan(value) ? ROLE_DIM : role, text);
}

/* `y`: of the row's first line, `below`: lines under it that are taken. */
static void draw_sparks(const struct draw *draw, const struct grid *grid, const struct row_ref *ref,
                        int y, int below) {
    const struct board_layout *layout = &grid->layout;
    if (layout->graph_rows == 0)
        return;
    int top = layout->beside ? y : y + 1 + below;
    int bottom = top + layout->graph_rows - 1;
    for (int i = 0; i < LAYOUT_SPARKS; i++) {
        struct span span = layout->sparks[i];
        struct rect rect = {span.x, top, span.width - layout->spark_value - 1, layout->graph_rows};
        double high = grid_series(i) == SERIES_TTFT
                          ? draw_scale(draw, &grid->rows, ref, SERIES_TTFT)
                          : grid->scales[i];
        draw_sparkline(draw, rect, ref, grid_series(i), high);
        draw_spark_value(draw, span, layout->beside ? y : bottom, layout->spark_value, ref,
                         grid_series(i));
    }
}

/* Under the name: what it serves, the shorter and surer words first. */
static void draw_model(const struct draw *draw, const struct grid *grid, const struct row_ref *ref,
                       int y, int lines) {
    const struct endpoint *endpoint = ref->row->endpoint;
    struct span name = grid->layout.name;
    int room = name.width - 3;
    char format[64];
    snprintf(format, sizeof format, "%s%s%s", endpoint->format ? endpoint->format : "",
             endpoint->format && endpoint->quant ? " " : "",
             endpoint->quant ? endpoint->quant : "");
    if ((int)text_cells(format) > room && endpoint->quant)
        copy_text(format, sizeof format, endpoint->quant);
    if (lines > 0 && (ref->row->state == ENDPOINT_DOWN || ref->row->state == ENDPOINT_LOADING)) {
        frame_text(draw->frame, name.x + 2, y++, room,
                   ref->row->state == ENDPOINT_DOWN ? ROLE_BAD : ROLE_WARN,
                   endpoint_state_word(ref->row->state));
        lines--;
    }
    if (lines > 0 && format[0]) {
        frame_text(draw->frame, name.x + 2, y++, room, ROLE_DIM, format);
        lines--;
    }
    const char *model = row_model(ref);
    if (lines > 0 && model)
        frame_text(draw->frame, name.x + 2, y, room, ROLE_DIM,
                   (int)text_cells(model) > room ? row_model_name(ref) : model);
}

/* Lines of differences under a row's figures. */
static int lines_below(const struct grid *grid, int row) {
    return grid->layout.deltas == DELTA_BELOW && grid->rows.against[row] != row;
}

/* Lines of a row without the blank below it. */
static int row_lines(const struct grid *grid, int row) {
    const struct board_layout *layout = &grid->layout;
    bool tall = layout->beside && layout->graph_rows > 1;
    return (tall ? layout->graph_rows : layout->row_height) + lines_below(grid, row);
}

static void draw_row(const struct draw *draw, const struct grid *grid, int row, int y,
                     bool selected) {
    const struct row_ref *ref = &grid->rows.at[row];
    struct rect list = grid->layout.list;
    struct span name = grid->layout.name;
    bool several = draw->scene->count > 1;
    enum role role = several ? view_series_role(ref->source) : ROLE_TITLE;
    int below = lines_below(grid, row);
    char title[160];
    if (selected)
        frame_put(draw->frame, name.x, y, 0x25b6, ROLE_ACCENT);
    if (ref->row->state == ENDPOINT_DOWN)
        role = ROLE_BAD;
    row_title(draw->scene, draw->ui, ref, title, sizeof title);
    frame_text(draw->frame, name.x + 2, y, name.width - 2, role, title);
    for (int i = 0; i < grid->count; i++)
        draw_cell(draw, grid, row, i, y);
    draw_verdict(draw, grid, ref, y);
    draw_model(draw, grid, ref, y + 1, grid->layout.row_height - 1 + below);
    draw_sparks(draw, grid, ref, y, below);
    if (selected)
        frame_select(draw->frame, (struct rect){list.x, y, list.width, row_lines(grid, row)});
}

/* Which run is which, and which one the others are held against. */
static void draw_runs(const struct draw *draw, const struct grid *grid) {
    struct rect runs = grid->layout.runs;
    int entry = grid_label_width(draw), across = entry < runs.width ? runs.width / entry : 1;
    for (int s = 0; s < (int)draw->scene->count; s++) {
        const struct board *board = draw->scene->boards[s];
        enum role role = view_series_role(s);
        char label[160];
        int x = runs.x + 3 + s % across * entry, y = runs.y + s / across;
        if (s / across >= runs.height)
            return;
        run_label(draw->scene, s, true, label, sizeof label);
        frame_text(draw->frame, x, y, 1, role, view_run_sign(draw->ui, s));
        x += 2 + frame_text(draw->frame, x + 2, y, runs.x + runs.width - x - 2, role, label);
        if (s == 0 && board->status == RUN_OPEN && !draw->ui->replay)
            frame_text(draw->frame, x, y, runs.x + runs.width - x, ROLE_ACCENT, " live");
        else if (board->status != RUN_OPEN && board->status != RUN_COMPLETE)
            frame_printf(draw->frame, x, y, runs.x + runs.width - x, ROLE_DIM, " %s",
                         run_status_word(board->status));
    }
}

/* Lines of the list before row `index`. */
static int line_of(const struct grid *grid, int index) {
    int lines = 0;
    for (int i = 0; i < index; i++)
        lines += grid->layout.row_height + lines_below(grid, i);
    return lines;
}

static void draw_list(const struct draw *draw, struct grid *grid) {
    struct rect list = grid->layout.list;
    int height = grid->layout.row_height, count = grid->rows.count;
    int selected = rows_selected(&grid->rows, draw->ui);
    int lines = line_of(grid, count);
    int first = layout_scroll(lines, list.height - height + 1, line_of(grid, selected));
    if (lines <= list.height)
        first = 0;
    for (int i = 0; i < count; i++) {
        int y = list.y + line_of(grid, i) - first;
        if (y >= list.y && y + height + lines_below(grid, i) <= list.y + list.height)
            draw_row(draw, grid, i, y, i == selected);
    }
    if (lines > list.height)
        frame_printf(draw->frame, list.x + list.width - 9, list.y + list.height, 8, ROLE_ACCENT,
                     " %d/%d ", selected + 1, count);
}

/* One entry of the legend; nothing when there is no room. Returns the x behind it. */
static int draw_sign(const struct draw *draw, int x, int y, int end, enum role role,
                     const char *sign, const char *text) {
    int cells = (int)text_cells(sign) + (int)text_cells(text) + 3;
    if (x + cells > end)
        return x;
    frame_put(draw->frame, x, y, ' ', ROLE_DIM);
    int used = frame_text(draw->frame, x + 1, y, end - x, role, sign);
    frame_printf(draw->frame, x + 1 + used, y, end - x, ROLE_DIM, " %s ", text);
    return x + cells;
}

/* In the lower border: what the marks behind figures mean, only those that are there. */
static void draw_legend(const struct draw *draw, const struct grid *grid) {
    struct rect box = grid->layout.box;
    int x = box.x + 2, y = box.y + box.height - 1, end = box.x + box.width - 12;
    unsigned seen = 0;
    for (int i = 0; i < grid->rows.count; i++)
        for (size_t c = 0; c < grid->rows.at[i].board->column_count; c++)
            seen |= board_cell(grid->rows.at[i].board, grid->rows.at[i].ep, (int)c)->gates;
    x = draw_sign(draw, x, y, end, ROLE_GOOD, "*",
                  draw->scene->count > 1 ? "best of its run" : "best");
    if (grid->deltas.count > 0 && compare_knows(draw->ui->metric)) {
        x = draw_sign(draw, x, y, end, ROLE_GOOD, "▴", "better");
        x = draw_sign(draw, x, y, end, ROLE_BAD, "▾", "worse");
        x = draw_sign(draw, x, y, end, ROLE_DIM, "≈", "no difference shown");
    }
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        char title[GATE_TEXT], mark[2] = {gate_mark((enum gate_id)gate)};
        facts_gate_title((enum gate_id)gate, title);
        if (seen & 1u << gate)
            x = draw_sign(draw, x, y, end, facts_gate_role((enum gate_id)gate), mark, title);
    }
}

static void draw_detail(const struct draw *draw, const struct grid *grid) {
    const struct row_ref *ref = &grid->rows.at[rows_selected(&grid->rows, draw->ui)];
    struct rect inner = draw_section(draw, grid->layout.detail, true, draw_view_key(VIEW_ENGINE),
                                     row_name(ref), "Enter opens it");
    struct fact facts[FACTS_MOST];
    int count = facts_collect(ref, facts);
    facts_draw(draw, inner, facts, count);
    int left = inner.height - count - 1, y = inner.y + count + 1;
    int plots = left < PLOT_MIN ? 0 : left > PLOT_MOST + CALLS_MIN ? PLOT_MOST : left;
    int half = inner.width / 2;
    draw_plot(draw, (struct rect){inner.x, y, half - 1, plots}, ref, SERIES_TTFT);
    draw_plot(draw, (struct rect){inner.x + half + 1, y, inner.width - half - 1, plots}, ref,
              SERIES_TPS);
    y += plots + 1;
    left -= plots + 1;
    if (left >= CALLS_MIN)
        calls_draw(draw, (struct rect){inner.x, y, inner.width, left}, ref);
}

static void draw_title(const struct draw *draw, const struct grid *grid) {
    const struct metric *metric = metric_of(draw->ui->metric);
    char title[96], right[96] = "";
    snprintf(title, sizeof title, "board · %s %s%s", metric->title, draw_unit(draw->ui->metric),
             draw->ui->sort_by_value ? ", sorted" : "");
    const struct scene *scene = draw->scene;
    int passes = scene->count > 0 ? scene->boards[0]->run.passes : 0;
    if (draw->ui->filter[0]) {
        snprintf(right, sizeof right, "filter: %s", draw->ui->filter);
    } else if (grid->deltas.count > 0) {
        int reference = rows_reference(scene, draw->ui);
        char label[64];
        run_label(scene, reference, false, label, sizeof label);
        snprintf(right, sizeof right, "Δ against %s %.64s", view_run_sign(draw->ui, reference),
                 label);
    } else if (passes > 1) {
        bool calls = strcmp(metric_sample(draw->ui->metric), "calls") == 0;
        snprintf(right, sizeof right, "median of %s%d passes", calls ? "calls, " : "", passes);
    }
    draw_section(draw, grid->layout.box, true, draw_view_key(VIEW_BOARD), title, right);
}

static void board_draw(struct frame *frame, struct rect rect, const struct scene *scene,
                       const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    struct grid grid;
    bool any = grid_init(&grid, rect, &draw);
    draw_title(&draw, &grid);
    if (!any) {
        struct rect list = grid.layout.list;
        frame_text(frame, list.x + 2, list.y, list.width - 4, ROLE_DIM,
                   ui->filter[0] ? "no engine matches the filter" : "waiting for the run to begin");
    } else {
        draw_runs(&draw, &grid);
        draw_head(&draw, &grid);
        draw_list(&draw, &grid);
        draw_legend(&draw, &grid);
        if (grid.layout.detail.height > 0)
            draw_detail(&draw, &grid);
    }
    if (grid.layout.note.height > 0)
        events_newest(&draw, grid.layout.note);
    if (grid.layout.events.height > 0) {
        struct rect inner = draw_section(&draw, grid.layout.events, true,
                                         draw_view_key(VIEW_EVENTS), "events", NULL);
        events_draw(&draw, inner);
    }
    grid_done(&grid);
}

static void change_metric(struct ui *ui, const struct scene *scene, int by) {
    for (int i = 1; i <= METRIC_COUNT; i++) {
        int metric = ((int)ui->metric + i * by + METRIC_COUNT * 2) % METRIC_COUNT;
        if (!view_has_figures(scene, (enum metric_id)metric))
            continue;
        ui->metric = (enum metric_id)metric;
        ui->metric_chosen = true;
        return;
    }
}

static void change_column(struct ui *ui, const struct scene *scene, int by) {
    struct heads heads;
    heads_collect(scene, &heads);
    int to = ui->column + by;
    ui->column = to < -1 ? -1 : to >= heads.count ? heads.count - 1 : to;
}

static void change_sort(struct ui *ui) {
    if (!ui->sort_by_value)
        ui->sort_by_value = true;
    else if (!ui->sort_reverse)
        ui->sort_reverse = true;
    else
        ui->sort_by_value = ui->sort_reverse = false;
}

static bool board_act(struct ui *ui, const struct scene *scene, enum action action,
                      struct rect rect) {
    struct rows rows;
    rows_collect(scene, ui, &rows);
    int page = rect.height / 3 > 1 ? rect.height / 3 : 1;
    if (action == ACTION_UP || action == ACTION_DOWN)
        rows_move(&rows, ui, action == ACTION_UP ? -1 : 1);
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        rows_move(&rows, ui, action == ACTION_PAGE_UP ? -page : page);
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        rows_move(&rows, ui, action == ACTION_FIRST ? -rows.count : rows.count);
    else if (action == ACTION_LEFT || action == ACTION_RIGHT)
        change_column(ui, scene, action == ACTION_LEFT ? -1 : 1);
    else if (action == ACTION_METRIC_NEXT || action == ACTION_METRIC_PREVIOUS)
        change_metric(ui, scene, action == ACTION_METRIC_NEXT ? 1 : -1);
    else if (action == ACTION_SORT_REVERSE)
        change_sort(ui);
    else if (action == ACTION_OPEN)
        ui->view = VIEW_ENGINE;
    else
        return false;
    return true;
}

const struct view_ops view_board_ops = {VIEW_BOARD, "board", board_draw, board_act};
