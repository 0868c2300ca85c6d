#include "grid.h"

#include <string.h>

#include "base/text.h"

enum board_series grid_series(int spark) {
    static const enum board_series series[LAYOUT_SPARKS] = {
        SERIES_TTFT, SERIES_TPS, SERIES_TPS_PER_WATT, SERIES_SWAP, SERIES_THERMAL};
    return series[spark];
}

int grid_column(const struct grid *grid, const struct row_ref *ref, int column) {
    if (ref->board == grid->board)
        return column;
    const struct column *of = &grid->board->columns[column];
    return board_column(ref->board, of->suite, of->phase);
}

static bool is_warmup(const struct board *board, int column) {
    return strcmp(board->columns[column].phase, "warmup") == 0;
}

/* Where the eye should be: the chosen column, else the latest one where something runs. */
static int column_anchor(const struct board *board, const struct ui *ui) {
    if (ui->column >= 0)
        return ui->column;
    int latest = 0;
    for (size_t i = 0; i < board->row_count; i++)
        if (board->rows[i].running_column > latest)
            latest = board->rows[i].running_column;
    return latest;
}

/* All phases when they fit; else without the warm-up; else a window about the anchor. */
static void choose_columns(struct grid *grid, const struct ui *ui) {
    int all =
        (int)(grid->board->column_count < COLUMNS_MOST ? grid->board->column_count : COLUMNS_MOST);
    int room = grid->layout.column_count, anchor = column_anchor(grid->board, ui), place = 0;
    grid->count = 0;
    for (int i = 0; i < all; i++) {
        if (i == anchor)
            place = grid->count;
        if (all <= room || !is_warmup(grid->board, i) || i == ui->column)
            grid->columns[grid->count++] = i;
    }
    if (grid->count <= room)
        return;
    int first = layout_scroll(grid->count, room, place);
    memmove(grid->columns, grid->columns + first, (size_t)room * sizeof grid->columns[0]);
    grid->count = room;
}

static int suites_of(const struct board *board) {
    int suites = 0;
    unsigned seen = 0;
    for (size_t i = 0; i < board->column_count; i++)
        if (!(seen & 1u << board->columns[i].suite)) {
            seen |= 1u << board->columns[i].suite;
            suites++;
        }
    return suites;
}

bool grid_init(struct grid *grid, struct rect rect, const struct draw *draw) {
    const struct scene *scene = draw->scene;
    rows_collect(scene, draw->ui, &grid->rows);
    grid->board = NULL;
    grid->count = 0;
    for (size_t i = 0; i < scene->count && !grid->board; i++)
        if (scene->boards[i]->column_count > 0)
            grid->board = scene->boards[i];
    struct board_want want = {.rows = grid->rows.count,
                              .labels = scene->count > 1 ? (int)scene->count : 0,
                              .value_width = metric_of(draw->ui->metric)->width,
                              .label_width = 4,
                              .name_width = 8,
                              .suites = 1};
    if (want.value_width <= 6) /* the few figures of six cells take the gap */
        want.value_width = 5;
    for (int i = 0; i < grid->rows.count; i++) {
        int cells = (int)text_cells(row_name(&grid->rows.at[i])) + 2;
        const char *model = rect.width >= 110 ? row_model(&grid->rows.at[i]) : NULL;
        int model_cells = model ? (int)text_cells(model) + 3 : 0;
        cells = model_cells > cells ? model_cells : cells;
        want.name_width = cells > want.name_width ? cells : want.name_width;
    }
    if (grid->board) {
        want.columns = (int)grid->board->column_count;
        for (size_t i = 0; i < grid->board->column_count; i++)
            want.columns -= is_warmup(grid->board, (int)i) && rect.width < 160 ? 1 : 0;
        want.suites = suites_of(grid->board);
        want.label_width = draw_phase_width(grid->board);
    }
    layout_board(rect, &want, &grid->layout);
    if (grid->board)
        choose_columns(grid, draw->ui);
    for (int i = 0; i < LAYOUT_SPARKS && grid->rows.count > 0; i++)
        grid->scales[i] = draw_scale(draw, &grid->rows, &grid->rows.at[0], grid_series(i));
    return grid->board != NULL && grid->rows.count > 0;
}
