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

/* The head: phases right-aligned over their values, the sorted one with an arrow. */
static void draw_phases_head(const struct draw *draw, const struct grid *grid, int y) {
    const struct board_layout *layout = &grid->layout;
    const struct ui *ui = draw->ui;
    frame_text(draw->frame, layout->name.x + 2, y, layout->name.width - 2, ROLE_DIM, "engine");
    for (int i = 0; i < grid->count; i++) {
        int x = layout->column_x + i * layout->column_step;
        int width = layout->column_step - layout->mark_width;
        bool chosen = grid->columns[i] == ui->column;
        frame_right(draw->frame, x, y, width, chosen ? ROLE_ACCENT : ROLE_HEADER,
                    draw_column(&grid->board->columns[grid->columns[i]], width));
        if (!chosen)
            continue;
        if (ui->sort_by_value)
            frame_put(draw->frame, x + width, y, ui->sort_reverse ? 0x25bc : 0x25b2, ROLE_ACCENT);
        frame_select(draw->frame, (struct rect){x + 1, y, layout->column_step - 1, 1});
    }
    frame_text(draw->frame, layout->verdict.x, y, layout->verdict.width, ROLE_HEADER, "reuse");
}

static void draw_suites_head(const struct draw *draw, const struct grid *grid, int y) {
    const struct board_layout *layout = &grid->layout;
    for (int i = 0; i < grid->count; i++) {
        enum suite_id suite = grid->board->columns[grid->columns[i]].suite;
        if (i > 0 && grid->board->columns[grid->columns[i - 1]].suite == suite)
            continue;
        int end = i;
        while (end < grid->count && grid->board->columns[grid->columns[end]].suite == suite)
            end++;
        int x = layout->column_x + i * layout->column_step + 1;
        int width = (end - i) * layout->column_step - 2;
        frame_fill(draw->frame, (struct rect){x, y, width, 1}, 0x2500, ROLE_BORDER);
        if (end - i > 1 || !draw_names_suite(&grid->board->columns[grid->columns[i]]))
            frame_printf(draw->frame, x + 1, y, width - 1, ROLE_DIM, " %s ", suite_word(suite));
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

static void draw_cell(const struct draw *draw, const struct grid *grid, const struct row_ref *ref,
                      int place, int y) {
    const struct board_layout *layout = &grid->layout;
    int column = grid_column(grid, ref, grid->columns[place]);
    int x = layout->column_x + place * layout->column_step;
    int width = layout->column_step - layout->mark_width - 1;
    if (column < 0)
        return;
    struct cellview cell;
    cellview_read(ref, column, draw->ui, grid->best[place], layout->mark_width, &cell);
    frame_right(draw->frame, x, y, width + 1, cell.role, cell.text); /* long ones take the gap */
    int mark = x + 1 + width, room = layout->mark_width;
    if (cell.running && room > 0) {
        frame_put(draw->frame, mark++, y, draw_spinner(draw->ui, cell.turn), cell.turn_role);
        room--;
    }
    if (cell.best && room > 0) {
        frame_put(draw->frame, mark++, y, '*', ROLE_GOOD);
        room--;
    }
    frame_text(draw->frame, mark, y, room, cell.marks_role, cell.marks);
}

static void draw_verdict(const struct draw *draw, const struct grid *grid,
                         const struct row_ref *ref, int y) {
    const struct verdict *verdict = facts_verdict(ref);
    struct span span = grid->layout.verdict;
    if (!verdict || !verdict->value[0]) {
        frame_text(draw->frame, span.x, y, span.width, ROLE_DIM, verdict ? "–" : "·");
        return;
    }
    int used =
        frame_text(draw->frame, span.x, y, span.width, facts_verdict_role(verdict), verdict->value);
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

static void draw_sparks(const struct draw *draw, const struct grid *grid, const struct row_ref *ref,
                        int y) {
    const struct board_layout *layout = &grid->layout;
    if (layout->graph_rows == 0)
        return;
    int top = layout->beside ? y : y + 1;
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
                       int y) {
    const struct endpoint *endpoint = ref->row->endpoint;
    struct span name = grid->layout.name;
    int room = name.width - 3, lines = grid->layout.row_height - 1;
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
    if (lines > 0 && row_model(ref))
        frame_text(draw->frame, name.x + 2, y, room, ROLE_DIM, row_model(ref));
}

/* Lines of a row without the blank below it. */
static int row_lines(const struct grid *grid) {
    const struct board_layout *layout = &grid->layout;
    return layout->beside && layout->graph_rows > 1 ? layout->graph_rows : layout->row_height;
}

static void draw_row(const struct draw *draw, const struct grid *grid, const struct row_ref *ref,
                     int y, bool selected) {
    struct rect list = grid->layout.list;
    struct span name = grid->layout.name;
    enum role role = draw->scene->count > 1 ? view_series_role(ref->source) : ROLE_TITLE;
    if (ref->row->state == ENDPOINT_DOWN)
        role = ROLE_BAD;
    if (selected)
        frame_put(draw->frame, name.x, y, 0x25b6, ROLE_ACCENT);
    frame_text(draw->frame, name.x + 2, y, name.width - 2, role, row_name(ref));
    for (int i = 0; i < grid->count; i++)
        draw_cell(draw, grid, ref, i, y);
    draw_verdict(draw, grid, ref, y);
    draw_model(draw, grid, ref, y + 1);
    draw_sparks(draw, grid, ref, y);
    if (selected)
        frame_select(draw->frame, (struct rect){list.x, y, list.width, row_lines(grid)});
}

static void draw_label(const struct draw *draw, const struct grid *grid, const struct row_ref *ref,
                       int y) {
    char slug[64];
    const struct run *run = &ref->board->run;
    run_slug(run, slug, sizeof slug);
    char started[17] = "–"; /* to the minute */
    if (run->started && strlen(run->started) >= 16)
        snprintf(started, sizeof started, "%.10s %.5s", run->started, run->started + 11);
    bool over = ref->board->status != RUN_OPEN;
    struct rect list = grid->layout.list;
    frame_put(draw->frame, list.x + 1, y, 0x25a0, view_series_role(ref->source));
    frame_printf(draw->frame, list.x + 3, y, list.width - 4, view_series_role(ref->source),
                 "%s · %s%s%s", slug, started, over ? " · " : "",
                 over ? run_status_word(ref->board->status) : "");
}

/* Lines of the list before row `index`, labels of runs included. */
static int line_of(const struct draw *draw, const struct grid *grid, int index) {
    int labels = 0;
    for (int i = 0; i <= index && draw->scene->count > 1; i++)
        labels += i == 0 || grid->rows.at[i].source != grid->rows.at[i - 1].source;
    return index * grid->layout.row_height + labels;
}

/* Once a run, not once a cell. */
static void find_best(const struct draw *draw, struct grid *grid, const struct row_ref *ref) {
    for (int i = 0; i < grid->count; i++) {
        int column = grid_column(grid, ref, grid->columns[i]);
        grid->best[i] = column < 0
                            ? -1
                            : board_best(ref->board, column,
                                         row_metric(ref->board->columns[column].suite, draw->ui));
    }
}

static void draw_list(const struct draw *draw, struct grid *grid) {
    struct rect list = grid->layout.list;
    int height = grid->layout.row_height, count = grid->rows.count;
    int selected = rows_selected(&grid->rows, draw->ui);
    int lines = line_of(draw, grid, count - 1) + height;
    int first = layout_scroll(lines, list.height - height + 1, line_of(draw, grid, selected));
    if (lines <= list.height)
        first = 0;
    for (int i = 0; i < count; i++) {
        int y = list.y + line_of(draw, grid, i) - first;
        bool leads = i == 0 || grid->rows.at[i].source != grid->rows.at[i - 1].source;
        if (leads)
            find_best(draw, grid, &grid->rows.at[i]);
        if (leads && draw->scene->count > 1 && y - 1 >= list.y && y - 1 < list.y + list.height)
            draw_label(draw, grid, &grid->rows.at[i], y - 1);
        if (y >= list.y && y + height <= list.y + list.height)
            draw_row(draw, grid, &grid->rows.at[i], y, i == selected);
    }
    if (lines > list.height)
        frame_printf(draw->frame, list.x + list.width - 9, list.y + list.height, 8, ROLE_ACCENT,
                     " %d/%d ", selected + 1, count);
}

/* In the lower border: what the marks behind figures mean, only those that are there. */
static void draw_legend(const struct draw *draw, const struct grid *grid) {
    struct rect box = grid->layout.box;
    int x = box.x + 2, y = box.y + box.height - 1, end = box.x + box.width - 12;
    unsigned seen = 0;
    for (int i = 0; i < grid->rows.count; i++)
        for (size_t c = 0; c < grid->rows.at[i].board->column_count; c++)
            seen |= board_cell(grid->rows.at[i].board, grid->rows.at[i].ep, (int)c)->gates;
    x += frame_text(draw->frame, x, y, end - x, ROLE_GOOD, " *");
    x += frame_text(draw->frame, x, y, end - x, ROLE_DIM, " best ");
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        char title[GATE_TEXT];
        facts_gate_title((enum gate_id)gate, title);
        if (!(seen & 1u << gate) || x + (int)strlen(title) + 4 > end)
            continue;
        frame_put(draw->frame, x, y, ' ', ROLE_DIM);
        frame_put(draw->frame, x + 1, y, (unsigned char)gate_mark((enum gate_id)gate),
                  facts_gate_role((enum gate_id)gate));
        x += 2 + frame_printf(draw->frame, x + 2, y, end - x, ROLE_DIM, " %s ", title);
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
    if (draw->ui->filter[0])
        snprintf(right, sizeof right, "filter: %s", draw->ui->filter);
    else if (grid->board && grid->board->run.passes > 1)
        snprintf(right, sizeof right, "median of %d passes", grid->board->run.passes);
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
        events_draw(&draw, inner, 0);
    }
}

/* Whether a metric has any figure on screen. */
static bool has_figures(const struct scene *scene, enum metric_id metric) {
    for (size_t s = 0; s < scene->count; s++)
        for (size_t ep = 0; ep < scene->boards[s]->row_count; ep++)
            for (size_t c = 0; c < scene->boards[s]->column_count; c++)
                if (!isnan(board_value(scene->boards[s], (int)ep, (int)c, metric, STAT_MEDIAN)))
                    return true;
    return false;
}

static void change_metric(struct ui *ui, const struct scene *scene, int by) {
    for (int i = 1; i <= METRIC_COUNT; i++) {
        int metric = ((int)ui->metric + i * by + METRIC_COUNT * 2) % METRIC_COUNT;
        if (!has_figures(scene, (enum metric_id)metric))
            continue;
        ui->metric = (enum metric_id)metric;
        return;
    }
}

static void change_column(struct ui *ui, const struct scene *scene, int by) {
    int count = 0;
    for (size_t i = 0; i < scene->count && count == 0; i++)
        count = (int)scene->boards[i]->column_count;
    int to = ui->column + by;
    ui->column = to < -1 ? -1 : to >= count ? count - 1 : to;
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
