#include "grid.h"

#include <string.h>

#include "base/text.h"

enum board_series grid_series(int spark) {
    static const enum board_series series[LAYOUT_SPARKS] = {
        SERIES_TTFT, SERIES_TPS, SERIES_TPS_PER_WATT, SERIES_SWAP, SERIES_THERMAL};
    return series[spark];
}

static bool is_warmup(const struct grid *grid, int head) {
    return phase_is_warmup(grid->heads.at[head].phase);
}

/* Where the eye should be: the chosen column, else the latest one where something runs. */
static int column_anchor(const struct grid *grid, const struct ui *ui) {
    int latest = 0;
    if (ui->column >= 0)
        return ui->column;
    for (int i = 0; i < grid->rows.count; i++) {
        const struct row_ref *ref = &grid->rows.at[i];
        for (int head = latest + 1; head < grid->heads.count && ref->row->running_column >= 0;
             head++)
            if (heads_column(&grid->heads, head, ref->board) == ref->row->running_column)
                latest = head;
    }
    return latest;
}

/* All phases when they fit; else without the warm-up; else a window about the anchor. */
static void choose_columns(struct grid *grid, const struct ui *ui) {
    int all = grid->heads.count;
    int room = grid->layout.column_count, anchor = column_anchor(grid, ui), place = 0;
    grid->count = 0;
    for (int i = 0; i < all; i++) {
        if (i == anchor)
            place = grid->count;
        if (all <= room || !is_warmup(grid, i) || i == ui->column)
            grid->columns[grid->count++] = i;
    }
    if (grid->count <= room)
        return;
    int first = layout_scroll(grid->count, room, place);
    memmove(grid->columns, grid->columns + first, (size_t)room * sizeof grid->columns[0]);
    grid->count = room;
}

static int suites_of(const struct heads *heads) {
    int suites = 0;
    unsigned seen = 0;
    for (int i = 0; i < heads->count; i++)
        if (!(seen & 1u << heads->at[i].suite)) {
            seen |= 1u << heads->at[i].suite;
            suites++;
        }
    return suites;
}

int grid_label_width(const struct draw *draw) {
    int widest = 0;
    for (int s = 0; s < (int)draw->scene->count; s++) {
        char label[160];
        run_label(draw->scene, s, true, label, sizeof label);
        int cells = (int)text_cells(label) + 16; /* glyph, status, blanks */
        widest = cells > widest ? cells : widest;
    }
    return widest;
}

/* Lines for the names of the runs. */
static int label_lines(const struct draw *draw, int width) {
    int runs = (int)draw->scene->count, entry = grid_label_width(draw);
    if (runs < 2)
        return 0;
    int across = entry < width ? width / entry : 1;
    return (runs + across - 1) / across;
}

static int name_width(const struct grid *grid, const struct draw *draw) {
    int widest = 8, sign = draw->scene->count > 1 ? 2 : 0;
    for (int i = 0; i < grid->rows.count; i++) {
        int cells = (int)text_cells(row_name(&grid->rows.at[i])) + 2 + sign;
        widest = cells > widest ? cells : widest;
    }
    return widest;
}

static int model_width(const struct grid *grid) {
    int widest = 0;
    for (int i = 0; i < grid->rows.count; i++) {
        const char *model = row_model_name(&grid->rows.at[i]);
        int cells = model ? (int)text_cells(model) + 3 : 0;
        widest = cells > widest ? cells : widest;
    }
    return widest;
}

/* Once a run, not once a cell. */
static void find_best(struct grid *grid, const struct draw *draw) {
    for (size_t s = 0; s < draw->scene->count; s++)
        for (int i = 0; i < grid->count; i++) {
            const struct board *board = draw->scene->boards[s];
            int column = heads_column(&grid->heads, grid->columns[i], board);
            enum suite_id suite = grid->heads.at[grid->columns[i]].suite;
            grid->best[s][i] =
                column < 0 ? -1 : board_best(board, column, row_metric(suite, draw->ui));
        }
}

bool grid_init(struct grid *grid, struct rect rect, const struct draw *draw) {
    grid->count = 0;
    rows_collect(draw->scene, draw->ui, &grid->rows);
    heads_collect(draw->scene, &grid->heads);
    deltas_init(&grid->deltas, &grid->rows, draw->scene, draw->ui);
    struct board_want want = {.rows = grid->rows.count,
                              .labels = label_lines(draw, rect.width - 4),
                              .deltas = grid->deltas.count,
                              .columns = grid->heads.count,
                              .value_width = metric_of(draw->ui->metric)->width,
                              .label_width = draw_phase_width(grid->heads.at, grid->heads.count),
                              .name_width = name_width(grid, draw),
                              .model_width = model_width(grid),
                              .suites = suites_of(&grid->heads)};
    if (rect.width >= 110 && want.model_width > want.name_width)
        want.name_width = want.model_width;
    if (want.value_width <= 6) /* the few figures of six cells take the gap */
        want.value_width = 5;
    for (int i = 0; i < grid->heads.count; i++)
        want.columns -= is_warmup(grid, i) && rect.width < 160 ? 1 : 0;
    layout_board(rect, &want, &grid->layout);
    choose_columns(grid, draw->ui);
    find_best(grid, draw);
    for (int i = 0; i < LAYOUT_SPARKS && grid->rows.count > 0; i++)
        grid->scales[i] = draw_scale(draw, &grid->rows, &grid->rows.at[0], grid_series(i));
    return grid->heads.count > 0 && grid->rows.count > 0;
}

void grid_done(struct grid *grid) {
    deltas_done(&grid->deltas);
}
