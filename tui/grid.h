/* grid: what the board view is about to draw: which rows and phases, where, on which scales. */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include "draw.h"
#include "layout.h"

#define COLUMNS_MOST 256
struct grid {
    struct rows rows;
    struct board_layout layout;
    const struct board *board; /* whose columns are the head: the first one with any */
    int columns[COLUMNS_MOST]; /* of the board, those that are shown */
    int count;
    int best[COLUMNS_MOST]; /* best row of each shown column, in the run that is being drawn */
    double scales[LAYOUT_SPARKS]; /* of the columns that are compared over rows */
};

/* False when there is nothing to show. */
bool grid_init(struct grid *grid, struct rect rect, const struct draw *draw);
/* The sparklines, in the order of their columns. */
enum board_series grid_series(int spark);
/* Column of a run's board that means the same phase as `column` of the grid's; -1. */
int grid_column(const struct grid *grid, const struct row_ref *ref, int column);

#endif
