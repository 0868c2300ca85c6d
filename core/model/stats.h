/* stats: small exact statistics over doubles. Absent values (NaN) never get in. */
#ifndef MODEL_STATS_H
#define MODEL_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct values { /* a growing sample, in order of arrival */
    double *at;
    size_t count, capacity;
};
void values_add(struct values *values, double value); /* ignores NaN */
void values_done(struct values *values);

/* Not `stat`: that tag is the system's. MEDIAN_LOW to _LEVEL: the median's exact interval and its
 * real level. */
enum stat_id {
    STAT_MEDIAN,
    STAT_MIN,
    STAT_MAX,
    STAT_MEAN,
    STAT_N,
    STAT_CV,
    STAT_P50,
    STAT_P95,
    STAT_P99,
    STAT_LAST,
    STAT_SUM,
    STAT_MEDIAN_LOW,
    STAT_MEDIAN_HIGH,
    STAT_MEDIAN_LEVEL,
    STAT_COUNT
};
const char *stat_word(enum stat_id stat);
int stat_find(const char *word);

/* NaN where the sample is too small: p95 from 20, p99 from 100 (nearest rank); CV from 2; the
 * interval of the median from 6. Median of an even sample is the mean of the middle two. */
double stats_of(const double *values, size_t count, enum stat_id stat);
double stats_median(const double *values, size_t count);
double stats_percentile(const double *values, size_t count,
                        double percent); /* nearest rank, no minimum n */

/* Order-statistic interval of the median, from 6 values: [x(k), x(n+1-k)] with the largest level
 * >= 0.95 shortest interval; `level` its real level (binomial). False below 6. */
bool stats_median_interval(const double *values, size_t count, double *low, double *high,
                           double *level);

/* Seeded generator (splitmix64), for shuffles and bootstrap. */
uint64_t stats_random(uint64_t *state);
double stats_uniform(uint64_t *state);                /* [0, 1) */
uint64_t stats_hash(uint64_t seed, const char *text); /* derive a seed */

#endif
