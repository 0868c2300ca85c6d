#include "model/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static const char *const stat_words[STAT_COUNT] = {
    [STAT_MEDIAN] = "median",
    [STAT_MIN] = "min",
    [STAT_MAX] = "max",
    [STAT_MEAN] = "mean",
    [STAT_N] = "n",
    [STAT_CV] = "cv",
    [STAT_P50] = "p50",
    [STAT_P95] = "p95",
    [STAT_P99] = "p99",
    [STAT_LAST] = "last",
    [STAT_SUM] = "sum",
    [STAT_MEDIAN_LOW] = "median_low",
    [STAT_MEDIAN_HIGH] = "median_high",
    [STAT_MEDIAN_LEVEL] = "median_level",
};

void values_add(struct values *values, double value) {
    if (isnan(value))
        return;
    values->at = mem_grow(values->at, values->count, &values->capacity, sizeof *values->at);
    values->at[values->count++] = value;
}

void values_done(struct values *values) {
    free(values->at);
    *values = (struct values){0};
}

const char *stat_word(enum stat_id stat) {
    return stat_words[stat];
}

int stat_find(const char *word) {
    for (int i = 0; word && i < STAT_COUNT; i++)
        if (strcmp(stat_words[i], word) == 0)
            return i;
    return -1;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* An ascending copy; the caller frees it. */
static double *sorted(const double *values, size_t count) {
    double *copy = mem_alloc(count * sizeof *copy);
    memcpy(copy, values, count * sizeof *copy);
    qsort(copy, count, sizeof *copy, compare_doubles);
    return copy;
}

/* The value that would stand at `rank` if they were sorted; afterwards nothing before it is larger.
 * Hoare's selection: a board shows thousands of medians a second. */
static double ranked(double *values, size_t count, size_t rank) {
    size_t low = 0, high = count - 1;
    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;; i++, j--) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            double other = values[i];
            values[i] = values[j];
            values[j] = other;
        }
        if (rank <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[rank];
}

double stats_median(const double *values, size_t count) {
    if (count == 0)
        return NAN;
    double *copy = mem_alloc(count * sizeof *copy);
    memcpy(copy, values, count * sizeof *copy);
    double median = ranked(copy, count, count / 2);
    if (count % 2 == 0) {
        double lower = copy[0];
        for (size_t i = 1; i < count / 2; i++)
            lower = fmax(lower, copy[i]);
        median = lower + (median - lower) / 2;
    }
    free(copy);
    return median;
}

static double extreme(const double *values, size_t count, double (*of)(double, double)) {
    double value = values[0];
    for (size_t i = 1; i < count; i++)
        value = of(value, values[i]);
    return value;
}

double stats_percentile(const double *values, size_t count, double percent) {
    if (count == 0 || isnan(percent))
        return NAN;
    /* 1e-9: 0.95 × 20 must stay rank 19 whatever the rounding of the product */
    double rank = ceil(percent * (double)count / 100.0 - 1e-9);
    rank = fmin(fmax(rank, 1.0), (double)count);
    double *copy = sorted(values, count);
    double value = copy[(size_t)rank - 1];
    free(copy);
    return value;
}

static double sum_of(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

static double cv_of(const double *values, size_t count) {
    if (count < 2)
        return NAN;
    double mean = sum_of(values, count) / (double)count, squares = 0;
    if (mean == 0)
        return NAN;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1)) / fabs(mean);
}

static double interval_of(const double *values, size_t count, enum stat_id stat) {
    double low, high, level;
    if (!stats_median_interval(values, count, &low, &high, &level))
        return NAN;
    return stat == STAT_MEDIAN_LOW ? low : stat == STAT_MEDIAN_HIGH ? high : level;
}

double stats_of(const double *values, size_t count, enum stat_id stat) {
    if (stat == STAT_N)
        return (double)count;
    if (count == 0)
        return NAN;
    switch (stat) {
    case STAT_MEDIAN:
        return stats_median(values, count);
    case STAT_MIN:
        return extreme(values, count, fmin);
    case STAT_MAX:
        return extreme(values, count, fmax);
    case STAT_MEAN:
        return sum_of(values, count) / (double)count;
    case STAT_CV:
        return cv_of(values, count);
    case STAT_P50:
        return stats_percentile(values, count, 50);
    case STAT_P95:
        return count < 20 ? NAN : stats_percentile(values, count, 95);
    case STAT_P99:
        return count < 100 ? NAN : stats_percentile(values, count, 99);
    case STAT_LAST:
        return values[count - 1];
    case STAT_SUM:
        return sum_of(values, count);
    case STAT_MEDIAN_LOW:
    case STAT_MEDIAN_HIGH:
    case STAT_MEDIAN_LEVEL:
        return interval_of(values, count, stat);
    case STAT_N:
    case STAT_COUNT:
        break;
    }
    return NAN;
}

/* P(X = successes) of n fair coins; by logarithms, 0.5^n alone underflows from 1,075 on. */
static double coin_share(size_t n, size_t successes) {
    double all = (double)n, k = (double)successes;
    return exp(lgamma(all + 1) - lgamma(k + 1) - lgamma(all - k + 1) - all * log(2));
}

bool stats_median_interval(const double *values, size_t count, double *low, double *high,
                           double *level) {
    if (count < 6)
        return false;
    double tail = coin_share(count, 0); /* P(X <= k - 1) of the k taken so far, k = 1 */
    size_t k = 1;
    while (2 * k < count) {
        double wider = tail + coin_share(count, k);
        if (1 - 2 * wider < 0.95)
            break;
        tail = wider;
        k++;
    }
    double *copy = sorted(values, count);
    *low = copy[k - 1];
    *high = copy[count - k];
    *level = 1 - 2 * tail;
    free(copy);
    return true;
}

/* splitmix64 (Steele, Lea, Flood 2014): every state gives a full-period, well mixed stream. */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t stats_random(uint64_t *state) {
    *state += UINT64_C(0x9E3779B97F4A7C15);
    return mix(*state);
}

double stats_uniform(uint64_t *state) {
    return (double)(stats_random(state) >> 11) * 0x1p-53;
}

uint64_t stats_hash(uint64_t seed, const char *text) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
    return mix(hash ^ mix(seed + UINT64_C(0x9E3779B97F4A7C15)));
}
