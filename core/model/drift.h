/* drift: is the end of a sequence slower than its beginning beyond noise? Two samples, the last
 * third of the calls against the first third, in order of start. "Slower" needs both: a median at
 * least 5 % worse, and a one-sided Mann–Whitney U test at α = 0.05 (normal approximation with
 * continuity and tie correction; both samples of at least 8, from where the approximation is good
 * to two digits). TTFT and decode are two tests of one question: Holm-corrected. */
#ifndef MODEL_DRIFT_H
#define MODEL_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#define DRIFT_LEAST 8    /* values in a third */
#define DRIFT_SHARE 0.05 /* what is less is no drift, however sure */
#define DRIFT_ALPHA 0.05 /* level of the two tests together */

struct drift_pair {     /* one figure, beginning and end */
    double first, last; /* medians; NaN */
    double slower;      /* how much slower the end is: 0.1 = 10 %; NaN */
    double p;           /* of no shift towards slower; NaN when a sample is too small */
};
struct drift {
    struct drift_pair ttft, decode; /* ms, t/s */
    bool known, slower;             /* known: at least one figure could be tested */
};

struct drift_sample { /* values of the first and the last third */
    const double *first, *last;
    size_t first_count, last_count;
};
void drift_test(struct drift *out, const struct drift_sample *ttft_ms,
                const struct drift_sample *decode_tps);

/* p of "values of b are not larger than those of a", one-sided; NaN when either has fewer than
 * DRIFT_LEAST. All values equal: 1. */
double drift_p(const double *a, size_t a_count, const double *b, size_t b_count);

#endif
