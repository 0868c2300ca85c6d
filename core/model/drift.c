#include "model/drift.h"

#include <math.h>
#include <stdlib.h>

#include "base/util.h"
#include "model/stats.h"

struct ranked {
    double value;
    bool of_b;
};

static int compare_ranked(const void *a, const void *b) {
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

/* Rank sum of b with mid-ranks, and Σ (t³ − t) over ties. */
static double rank_sum(struct ranked *all, size_t count, double *ties) {
    double sum = 0;
    *ties = 0;
    qsort(all, count, sizeof *all, compare_ranked);
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && all[end].value <= all[i].value)
            end++;
        double t = (double)(end - i), rank = (double)(i + 1 + end) / 2;
        *ties += t * t * t - t;
        for (; i < end; i++)
            sum += all[i].of_b ? rank : 0;
    }
    return sum;
}

double drift_p(const double *a, size_t a_count, const double *b, size_t b_count) {
    if (a_count < DRIFT_LEAST || b_count < DRIFT_LEAST)
        return NAN;
    size_t count = a_count + b_count;
    struct ranked *all = mem_zero(count, sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct ranked){i < a_count ? a[i] : b[i - a_count], i >= a_count};
    double ties, n = (double)count, m = (double)a_count, k = (double)b_count;
    double u = rank_sum(all, count, &ties) - k * (k + 1) / 2;
    free(all);
    double variance = m * k / 12 * (n + 1 - ties / (n * (n - 1)));
    if (!(variance > 0))
        return 1;
    double z = (u - m * k / 2 - 0.5) / sqrt(variance);
    return 0.5 * erfc(z / sqrt(2));
}

static struct drift_pair pair_of(const struct drift_sample *sample, bool less_is_slower) {
    struct drift_pair pair = {.first = stats_median(sample->first, sample->first_count),
                              .last = stats_median(sample->last, sample->last_count)};
    double from = less_is_slower ? pair.last : pair.first;
    double to = less_is_slower ? pair.first : pair.last;
    pair.slower = from > 0 ? to / from - 1 : NAN;
    pair.p = less_is_slower
                 ? drift_p(sample->last, sample->last_count, sample->first, sample->first_count)
                 : drift_p(sample->first, sample->first_count, sample->last, sample->last_count);
    return pair;
}

static bool is_slower(const struct drift_pair *pair, double level) {
    return pair->p <= level && pair->slower > DRIFT_SHARE;
}

void drift_test(struct drift *out, const struct drift_sample *ttft_ms,
                const struct drift_sample *decode_tps) {
    out->ttft = pair_of(ttft_ms, false);
    out->decode = pair_of(decode_tps, true);
    const struct drift_pair *low = &out->ttft, *high = &out->decode;
    out->known = !isnan(low->p) || !isnan(high->p);
    int tests = !isnan(low->p) + !isnan(high->p);
    if (isnan(low->p) || high->p < low->p) {
        low = &out->decode;
        high = &out->ttft;
    }
    /* Holm: the surer one at α / tests; the other at α once that one is below its level */
    bool sure = low->p <= DRIFT_ALPHA / tests;
    out->slower = sure && (is_slower(low, DRIFT_ALPHA) || is_slower(high, DRIFT_ALPHA));
}
