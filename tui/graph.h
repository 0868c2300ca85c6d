/* graph: series → cells, pure. Glyph sets are tables; the same code draws braille, blocks, ASCII.
 */
#ifndef TUI_GRAPH_H
#define TUI_GRAPH_H

#include "frame.h"
#include "model/metric.h"
#include "model/series.h"

enum glyph_set { GLYPH_BRAILLE, GLYPH_BLOCK, GLYPH_ASCII };

struct graph {
    enum glyph_set glyphs;
    int64_t from_us, to_us; /* x-axis: board time */
    double low, high;       /* y-axis */
    enum gap gap;
    enum role role; /* ROLE_GRAPH_LOW..HIGH by value when `graded` */
    bool graded;
};
/* A scale that people can read (1, 2, 5 × 10^n) covering the data. */
double graph_nice(double high);
/* Draw into rect; one row: sparkline; more rows: a plot. A gap stays blank. */
void graph_draw(struct frame *frame, struct rect rect, const struct series *series,
                const struct graph *graph);

#endif
