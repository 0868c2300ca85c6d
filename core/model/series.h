/* series: (time, value or absent) in arrival order, bounded: when full, neighbours are merged two
 * by two, and from then on that many values make a point, so that the whole run stays in view at
 * one resolution. Does not know how it will be drawn. */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define SERIES_CAPACITY 4096

struct point {
    int64_t from_us, to_us; /* board time covered (equal for a single value) */
    double low, high, last; /* NaN = absent: a gap, never zero */
};
struct series {
    struct point *points;
    size_t count, capacity;
    size_t merged; /* how often neighbours were merged: 2^merged values a point */
    size_t filled; /* values in the newest point */
};
void series_add(struct series *series, int64_t t_us, double value);
void series_done(struct series *series);
/* Largest value in [from, to]; NaN if there is none. */
double series_high(const struct series *series, int64_t from_us, int64_t to_us);
double series_last(const struct series *series);

#endif
