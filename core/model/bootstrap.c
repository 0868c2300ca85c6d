#include "model/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/stats.h"

/* An interval's degrees of freedom, as multiples of Student's own: those cover 97-98 % where values
 * are few, since the bootstrap's error of a median, one of the values where they are odd in number,
 * is too large then. Found by simulation (tests/unit_bootstrap.c): so many cover 95-97 %. */
#define ODD_FREEDOM 3
#define PAIRED_FREEDOM 1.2
#define ODD_PAIRED_FREEDOM 1.4

/* ---- Student's t ---- */

#define FRACTION_STEPS 300
#define FRACTION_SMALL 1e-300
#define FRACTION_EXACT 1e-14

/* The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), evaluated
 * from the front as Lentz (1976) does. */
static double beta_fraction(double a, double b, double x) {
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < FRACTION_SMALL ? FRACTION_SMALL : d);
    double value = d;
    for (int m = 1; m <= FRACTION_STEPS; m++) {
        double terms[2] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                           -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
        double change = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + terms[i] * d;
            c = 1 + terms[i] / c;
            d = 1 / (fabs(d) < FRACTION_SMALL ? FRACTION_SMALL : d);
            c = fabs(c) < FRACTION_SMALL ? FRACTION_SMALL : c;
            change = c * d;
            value *= change;
        }
        if (fabs(change - 1) < FRACTION_EXACT)
            break;
    }
    return value;
}

/* The regularised incomplete beta function. */
static double beta_share(double a, double b, double x) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_p(double t, double df) {
    if (isnan(t) || !(df > 0))
        return NAN;
    return isinf(t) ? 0 : beta_share(df / 2, 0.5, df / (df + t * t));
}

double student_quantile(double tail, double df) {
    double low = 0, high = 4;
    while (student_p(high, df) / 2 > tail && high < 1e6)
        high *= 2;
    for (int i = 0; i < 40; i++) {
        double middle = low + (high - low) / 2;
        if (student_p(middle, df) / 2 > tail)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

/* ---- resampling ---- */

/* A sample by rank: a resample is a count for each rank, so that its median needs no sorting. */
struct ranked {
    double *values; /* ascending */
    size_t *ranks;  /* of the sample's values in their own order */
    size_t *counts; /* of the resample */
    size_t count;
};

struct place {
    double value;
    size_t index;
};

static int by_value(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void ranked_init(struct ranked *ranked, const double *values, size_t count) {
    struct place *places = mem_alloc(count * sizeof *places);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){values[i], i};
    qsort(places, count, sizeof *places, by_value);
    ranked->values = mem_alloc(count * sizeof *ranked->values);
    ranked->ranks = mem_alloc(count * sizeof *ranked->ranks);
    ranked->counts = mem_zero(count, sizeof *ranked->counts);
    ranked->count = count;
    for (size_t i = 0; i < count; i++) {
        ranked->values[i] = places[i].value;
        ranked->ranks[places[i].index] = i;
    }
    free(places);
}

static void ranked_done(struct ranked *ranked) {
    free(ranked->values);
    free(ranked->ranks);
    free(ranked->counts);
}

/* The value at place `at` of the resample in order. */
static double ranked_at(const struct ranked *ranked, size_t at) {
    size_t seen = 0, i = 0;
    while (i + 1 < ranked->count && seen + ranked->counts[i] <= at)
        seen += ranked->counts[i++];
    return ranked->values[i];
}

static double ranked_median(const struct ranked *ranked) {
    size_t half = ranked->count / 2;
    double upper = ranked_at(ranked, half);
    return ranked->count % 2 ? upper : (ranked_at(ranked, half - 1) + upper) / 2;
}

static void ranked_draw(struct ranked *a, struct ranked *b, bool paired, uint64_t *random) {
    memset(a->counts, 0, a->count * sizeof *a->counts);
    memset(b->counts, 0, b->count * sizeof *b->counts);
    for (size_t i = 0; i < a->count; i++) {
        size_t pick = (size_t)(stats_uniform(random) * (double)a->count);
        a->counts[a->ranks[pick]]++;
        if (paired)
            b->counts[b->ranks[pick]]++;
    }
    for (size_t i = 0; !paired && i < b->count; i++)
        b->counts[b->ranks[(size_t)(stats_uniform(random) * (double)b->count)]]++;
}

/* Standard error of the log-ratio of medians; NaN when a resample's median is not above 0. */
static double standard_error(struct ranked *a, struct ranked *b, bool paired, uint64_t random) {
    double mean = 0, squares = 0; /* Welford */
    for (int i = 1; i <= BOOTSTRAP_RESAMPLES; i++) {
        ranked_draw(a, b, paired, &random);
        double x = ranked_median(a), y = ranked_median(b);
        if (!(x > 0) || !(y > 0))
            return NAN;
        double difference = log(y / x) - mean;
        mean += difference / i;
        squares += difference * (log(y / x) - mean);
    }
    return sqrt(squares / (BOOTSTRAP_RESAMPLES - 1));
}

static double interval_freedom(bool paired, bool odd) {
    if (paired)
        return odd ? ODD_PAIRED_FREEDOM : PAIRED_FREEDOM;
    return odd ? ODD_FREEDOM : 1;
}

static void judge(struct ratio *out, double error, size_t count_a, size_t count_b) {
    if (isnan(error))
        return;
    double log_ratio = log(out->ratio), tail = (1 - BOOTSTRAP_CONFIDENCE) / 2;
    double df = out->paired ? (double)count_a - 1 : (double)(count_a + count_b) - 2;
    double more = interval_freedom(out->paired, count_a % 2 && count_b % 2);
    double reach = error * student_quantile(tail, more * df);
    out->low = exp(log_ratio - reach);
    out->high = exp(log_ratio + reach);
    if (error > 0)
        out->p = student_p(log_ratio / error, df);
    else /* constants: they differ, or they don't */
        out->p = log_ratio == 0 ? 1 : 0;
}

struct ratio bootstrap_ratio(const double *a, size_t count_a, const double *b, size_t count_b,
                             bool paired, uint64_t seed) {
    struct ratio out = {.ratio = NAN, .low = NAN, .high = NAN, .p = NAN, .paired = paired};
    double x = stats_median(a, count_a), y = stats_median(b, count_b);
    if (!(x > 0) || !(y > 0) || isinf(x) || isinf(y) || (paired && count_a != count_b))
        return out;
    out.ratio = y / x;
    if (count_a < BOOTSTRAP_LEAST || count_b < BOOTSTRAP_LEAST)
        return out;
    struct ranked left, right;
    ranked_init(&left, a, count_a);
    ranked_init(&right, b, count_b);
    judge(&out, standard_error(&left, &right, paired, seed), count_a, count_b);
    ranked_done(&left);
    ranked_done(&right);
    return out;
}

/* ---- what was computed before ---- */

#define MEMO_SLOTS                                                                                 \
    4096 /* more cells than a screen of eight runs shows; a newer one takes its place */

struct ratio_memo {
    struct slot {
        uint64_t key; /* of everything that the ratio is made from; 0: empty */
        struct ratio ratio;
    } slots[MEMO_SLOTS];
};

struct ratio_memo *ratio_memo_new(void) {
    return mem_zero(1, sizeof(struct ratio_memo));
}

void ratio_memo_free(struct ratio_memo *memo) {
    free(memo);
}

/* FNV-1a, a value at a time; the multiplication is followed by a shift, as its low bits are weak.
 */
static uint64_t mix(uint64_t key, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        key = (key ^ bits) * UINT64_C(0x100000001b3);
        key ^= key >> 29;
    }
    return (key ^ count) * UINT64_C(0x100000001b3);
}

struct ratio ratio_memo_find(struct ratio_memo *memo, const double *a, size_t count_a,
                             const double *b, size_t count_b, bool paired, uint64_t seed) {
    bool cheap = count_a < BOOTSTRAP_LEAST || count_b < BOOTSTRAP_LEAST;
    if (!memo || cheap)
        return bootstrap_ratio(a, count_a, b, count_b, paired, seed);
    uint64_t key = mix(mix(seed ^ UINT64_C(0xcbf29ce484222325) ^ paired, a, count_a), b, count_b);
    key = key ? key : 1;
    struct slot *slot = &memo->slots[(key ^ key >> 32) % MEMO_SLOTS];
    if (slot->key != key)
        *slot = (struct slot){key, bootstrap_ratio(a, count_a, b, count_b, paired, seed)};
    return slot->ratio;
}

void bootstrap_holm(double *p, size_t count) {
    struct place *places = mem_alloc(count * sizeof *places);
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            places[known++] = (struct place){p[i], i};
    qsort(places, known, sizeof *places, by_value);
    double largest = 0;
    for (size_t i = 0; i < known; i++) {
        double adjusted = fmin(1, places[i].value * (double)(known - i));
        largest = fmax(largest, adjusted);
        p[places[i].index] = largest;
    }
    free(places);
}
