/* metric: THE table of what can be shown: id, words, unit, which way is better, how wide, how to
 * draw, what it means. Screen, reports, help and README take everything from here. */
#ifndef MODEL_METRIC_H
#define MODEL_METRIC_H

#include <stdbool.h>
#include <stddef.h>

enum metric_id {
    /* one value per ok call */
    METRIC_TTFT,
    METRIC_TTFC,
    METRIC_DECODE,
    METRIC_EFFECTIVE,
    METRIC_LATENCY,
    METRIC_PREFILL,
    METRIC_PROMPT_TOKENS,
    METRIC_CACHED,
    METRIC_COMPLETION,
    METRIC_CONNECT,
    METRIC_MTP_ACCEPT,
    /* one value per pass of a phase */
    METRIC_WALL,
    METRIC_AGGREGATE,
    METRIC_CALLS_PER_S,
    METRIC_SPAN,
    METRIC_VALID,
    METRIC_ERRORS,
    METRIC_SWAP_DELTA,
    METRIC_SWAPOUTS_DELTA,
    METRIC_WATTS,
    METRIC_PREFILL_WATTS,
    METRIC_TPS_PER_WATT,
    METRIC_J_PER_TOKEN,
    METRIC_PREFILL_JOULES,
    METRIC_JOULES,
    METRIC_JOULES_ABOVE,
    METRIC_RSS,
    METRIC_FOOTPRINT,
    METRIC_KV_TOKENS,
    METRIC_THERMAL,
    METRIC_BOUND_WARM,
    METRIC_BOUND_PREFIX,
    METRIC_BOUND_GENERATED,
    METRIC_LATENESS,
    /* quality */
    METRIC_SCORE,
    METRIC_COUNT
};

enum better { BETTER_LESS, BETTER_MORE, BETTER_NEITHER };
enum scale { SCALE_FROM_ZERO, SCALE_AROUND_ZERO, SCALE_LEVELS /* ordinal, 0..4 */ };
enum gap {
    GAP_CALLS /* a mark per call, nothing between */,
    GAP_HOLD /* holds until the next sample */
};

struct metric {
    const char *id;    /* "ttft_ms": key in log, json, csv; carries the unit */
    const char *title; /* "TTFT" */
    const char *unit;  /* "ms" */
    enum better better;
    int width;    /* cells of a value on screen */
    int decimals; /* at most; three significant digits otherwise */
    enum scale scale;
    enum gap gap;
    const char *explain; /* one sentence for help and README */
};
const struct metric *metric_of(enum metric_id metric);
int metric_find(const char *id_or_title); /* -1 unknown */
/* Made of token counts: not to be ranked where chunks were counted (protocol 1). */
bool metric_counts_tokens(enum metric_id metric);

/* What a cell's figures of this metric are drawn from, of all passes together: "calls" or
 * "passes". (Comparing takes passes in either case: compare.h.) */
const char *metric_sample(enum metric_id metric);

/* A value as people read it: three significant digits, at most `width` cells, "–" when absent
 * (NaN); milliseconds from 10,000 on as "12.3s", tokens from 10,000 as "12.3k". `out` is UTF-8. */
#define METRIC_TEXT 24
void metric_format(enum metric_id metric, double value, char out[METRIC_TEXT]);
/* The same with its unit, where a letter does not stand in for it: "131 ms", "12.3s". */
void metric_figure(enum metric_id metric, double value, char out[METRIC_TEXT]);
/* The same number in the metric's own unit however large it is, for a column whose head names the
 * unit: "17066", never "17.1s". */
void metric_in_unit(enum metric_id metric, double value, char out[METRIC_TEXT]);

#endif
