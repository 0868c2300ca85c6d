/* report_compare: what compare says of two runs, or of endpoints and their baselines, as text for
 * people and as JSON. */
#ifndef STORE_REPORT_COMPARE_H
#define STORE_REPORT_COMPARE_H

#include "base/buf.h"
#include "model/compare.h"

/* Append the table; `a` and `b` may be the same board (baselines). */
void report_compare(struct buf *out, const struct compare *compare, const struct board *a,
                    const struct board *b);
/* One object: the runs, the rows, the counts. */
void report_compare_json(struct buf *out, const struct compare *compare, const struct board *a,
                         const struct board *b);

#endif
