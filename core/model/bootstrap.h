/* bootstrap: how two samples' medians differ, and how sure that is. Knows numbers, not what they
 * measure.
 *
 * The interval is that of the log-ratio of the medians: log(b/a) ± t × the standard error of a
 * seeded bootstrap. Student's df is na + nb − 2, and n − 1 of samples that are paired, which are
 * resampled by pair; t takes somewhat more, so that on simulated normal, exponential and uniform
 * noise the interval covers the true ratio in 94–98 % of trials from 5 values a side on, 95–97 %
 * over the three (percentiles of the bootstrap itself fall to 85–90 % there). p takes df itself:
 * far out in the tails, where Holm's correction of many cells looks, more would find differences
 * 2–7 times as often as it may. Below 5 values a side no interval is honest, and there is none. */
#ifndef MODEL_BOOTSTRAP_H
#define MODEL_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOTSTRAP_LEAST 5         /* values a side for an interval */
#define BOOTSTRAP_RESAMPLES 1000  /* the error of a standard error from 1,000 is about 2 % */
#define BOOTSTRAP_CONFIDENCE 0.95 /* of the interval */

struct ratio {
    double ratio;     /* median(b) / median(a); NaN when one is not above 0 */
    double low, high; /* of its interval; NaN: too few values */
    double p;         /* two-sided, against a ratio of 1; NaN: too few values */
    bool paired;
};

/* `paired`: a[i] and b[i] belong together, and there are as many of both. The same seed gives the
 * same interval. */
struct ratio bootstrap_ratio(const double *a, size_t count_a, const double *b, size_t count_b,
                             bool paired, uint64_t seed);

/* The same, from what was computed before where samples and seed are the same: a screen asks ten
 * times a second, and next to nothing has changed. NULL: nothing is kept. */
struct ratio_memo;
struct ratio_memo *ratio_memo_new(void);
void ratio_memo_free(struct ratio_memo *memo);
struct ratio ratio_memo_find(struct ratio_memo *memo, const double *a, size_t count_a,
                             const double *b, size_t count_b, bool paired, uint64_t seed);

/* Holm's correction in place: each p as adjusted for the whole set. NaN stays and does not count.
 */
void bootstrap_holm(double *p, size_t count);

/* Student's t: the two-sided p of |t|, and the t that leaves `tail` above it (0 < tail < 0.5). */
double student_p(double t, double df);
double student_quantile(double tail, double df);

#endif
