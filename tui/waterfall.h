/* waterfall: the calls of a volley as bars below each other: wait, prefill, decode over one time
 * axis. One row a call where there is room, in two columns where that makes room; else a row holds
 * several calls and shows the farthest of their states. */
#ifndef TUI_WATERFALL_H
#define TUI_WATERFALL_H

#include "draw.h"
#include "volley.h"

#define WATERFALL_LABEL                                                                            \
    7                     /* cells before the bars; graphs below on the same axis begin there too  \
                           */
#define WATERFALL_LINES 2 /* besides the rows: legend and axis */

struct waterfall_layout {
    int columns, per_row; /* side by side; calls a row */
    struct waterfall_span {
        int x, width;
    } bars[2];   /* where each column's bars are */
    int figures; /* cells right of the bars; 0: none */
    int rows;
};
struct waterfall_layout waterfall_layout(struct rect rect, int count);

void waterfall_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                    const struct volley *volley);

#endif
