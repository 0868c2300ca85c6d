/* run: what is fixed for a whole run and stands in line 1 of its log. */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include <stdint.h>

#include "base/buf.h"
#include "model/endpoint.h"

#define LOG_FORMAT 1
#define PHASE_MAX 24 /* bytes of a phase's word with its NUL */

bool phase_is_warmup(const char *phase);

/* One suite as planned: its phases in order ("warmup" … ; "burst-30" …). */
struct plan {
    enum suite_id suite;
    char (*phases)[PHASE_MAX];
    size_t phase_count;
};

struct machine {
    char *model, *chip, *os, *power_mode; /* NULL = unknown */
    int64_t ram_mb;                       /* -1 = unknown */
    int cores;                            /* -1 = unknown */
};

/* Limits of gates and verdicts, as they were for this run (protocol 4). */
struct limits {
    double early_stop_share;          /* 0.5 of the median completion */
    double early_stop_calls;          /* 2 */
    double swap_mb;                   /* 500 */
    double swapouts;                  /* 1000 */
    double output_valid;              /* 0.8 */
    double prompt_chars_per_token;    /* prompt_truncated: prompt_tokens < chars / this (12) */
    double template_share;            /* 0.01 */
    double dispatch_ms;               /* 200 */
    double reuse_yes;                 /* 0.2 */
    double cold_differs;              /* 0.25 */
    double reuse_warm_max;            /* 0.5: efficiency absent above */
    double witness_low, witness_high; /* 0.25, 0.75 of the shared share */
    double serial_overlap;            /* 0.1 */
    double span_share;                /* 0.2 of S: burst inconclusive above */
    double scaling_gain;              /* aggregate ÷ single above which batching gains */
    double scaling_collapse;          /* below which it collapses */
    double reject_share;              /* 429 and 5xx share that makes `rejecting` */
    double burst_calls;               /* 4: fewer show nothing */
    double burst_errors;              /* 0.1: share of calls lost to other errors; above: nothing */
    double buffered_share;            /* 0.5 of the calls came in one piece: `buffered` */
    double serial_parallelism;        /* 1.3: below, one after the other */
    double fifo_order;                /* 0.7: Kendall's τ above which the order was kept */
    double all_open_share;            /* 0.9 of the calls open at once: all together */
    double pace_even;                 /* 1.33: mean ÷ median of first-token gaps, evenly spaced */
    double pace_least, pace_most;     /* 0.4, 1.25 of the single TTFT: prefill sets the pace */
    double late_share;                /* 0.1 of the median TTFT: our own loop was too late */
};
void limits_default(struct limits *limits);

/* Name, value pairs of `limits` in order, for header and reports. */
size_t limits_count(void);
const char *limits_name(size_t index);
double *limits_value(struct limits *limits, size_t index);

struct run {
    char *version; /* of pitwall */
    char *id;      /* "20261120T180211Z-demo-1a2b" */
    char *started; /* ISO 8601 UTC */
    char *resumes; /* id of the run this one continues, or NULL */
    uint64_t seed; /* < 2^53 */
    char *salt;    /* "random", "none" or the user's text */
    enum workload workload;
    int passes;
    char *options; /* resolved options, a JSON object as text */
    struct limits limits;
    struct machine machine;
    struct plan *plans;
    size_t plan_count;
    struct endpoint *endpoints;
    size_t endpoint_count;
};

void run_init(struct run *run);
void run_done(struct run *run);
void run_copy(struct run *to, const struct run *from);

/* Line 1 of a log, without the newline. decode fails on another format or bad text. */
bool run_encode(const struct run *run, struct buf *out);
bool run_decode(struct run *run, const char *line, size_t length, struct error *error);

/* Whether both plan the same: passes, suites with their phases, and endpoints by name, in order. */
bool run_same_plan(const struct run *a, const struct run *b);

/* Any endpoint's figures are another tool's, imported or published. */
bool run_is_imported(const struct run *run);
/* Any endpoint simulated / imported / published. */
bool run_is_simulated(const struct run *run);

#endif
