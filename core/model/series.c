#include "model/series.h"

#include <math.h>
#include <stdlib.h>

#include "base/util.h"

/* The smaller / larger known one; NaN only when both are absent (what fmin and fmax do). */
static struct point join(struct point a, struct point b) {
    return (struct point){.from_us = a.from_us,
                          .to_us = b.to_us,
                          .low = fmin(a.low, b.low),
                          .high = fmax(a.high, b.high),
                          .last = b.last};
}

/* The newest point is full here, and the capacity even. */
static void merge_pairs(struct series *series) {
    size_t half = series->count / 2;
    for (size_t i = 0; i < half; i++)
        series->points[i] = join(series->points[2 * i], series->points[2 * i + 1]);
    series->count = half;
    series->merged++;
    series->filled *= 2;
}

void series_add(struct series *series, int64_t t_us, double value) {
    struct point *last = series->count ? &series->points[series->count - 1] : NULL;
    if (last && t_us < last->to_us)
        t_us = last->to_us;
    struct point point = {t_us, t_us, value, value, value};
    if (last && series->filled < (size_t)1 << series->merged) {
        *last = join(*last, point);
        series->filled++;
        return;
    }
    if (series->count == SERIES_CAPACITY)
        merge_pairs(series);
    series->points =
        mem_grow(series->points, series->count, &series->capacity, sizeof *series->points);
    series->points[series->count++] = point;
    series->filled = 1;
}

void series_done(struct series *series) {
    free(series->points);
    *series = (struct series){0};
}

/* First point that ends at or after `t_us`. Points are in order of time. */
static size_t first_after(const struct series *series, int64_t t_us) {
    size_t low = 0, high = series->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->points[middle].to_us < t_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double series_high(const struct series *series, int64_t from_us, int64_t to_us) {
    double high = NAN;
    for (size_t i = first_after(series, from_us); i < series->count; i++) {
        if (series->points[i].from_us > to_us)
            break;
        high = fmax(high, series->points[i].high);
    }
    return high;
}

double series_last(const struct series *series) {
    return series->count ? series->points[series->count - 1].last : NAN;
}
