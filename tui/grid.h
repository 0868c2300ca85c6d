/* grid: what the board view is about to draw: which rows and phases, where, on which scales. */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include "deltas.h"
#include "draw.h"
#include "heads.h"
#include "layout.h"

struct grid {
    struct rows rows;
    struct board_layout layout;
    struct heads heads;
    struct deltas deltas;
    int columns[BOARD_COLUMNS_MAX]; /* of the heads, those that are shown */
    int count;
    int best[RUNS_ON_SCREEN][BOARD_COLUMNS_MAX]; /* best row of each shown column, in each run */
    double scales[LAYOUT_SPARKS];                /* of the columns that are compared over rows */
};

/* False when there is nothing to show; grid_done in any case. */
bool grid_init(struct grid *grid, struct rect rect, const struct draw *draw);
void grid_done(struct grid *grid);
/* The sparklines, in the order of their columns. */
enum board_series grid_series(int spark);
/* Cells of an entry of the line that names the runs, so that they stand in columns. */
int grid_label_width(const struct draw *draw);

#endif
