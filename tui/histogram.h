/* histogram: how a figure of many calls is spread: percentiles, and a bar for each range of it. */
#ifndef TUI_HISTOGRAM_H
#define TUI_HISTOGRAM_H

#include "draw.h"

#define HISTOGRAM_LINES 2 /* title and percentiles, before the bars */

/* `values` ascending. */
void histogram_draw(const struct draw *draw, struct rect rect, enum metric_id metric,
                    const struct values *values, enum role role);

/* Ranges of equal round width from a multiple of it that cover [low, high] in at most `most`. */
struct histogram_bins {
    double from, step;
    int count;
};
struct histogram_bins histogram_bins(double low, double high, int most);

#endif
