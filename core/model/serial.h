/* serial: what an engine did with N calls that came at once: one after the other, k at a time, all
 * together with or without gain. Judged from the calls' own intervals against single calls taken
 * just before; percentiles alone cannot tell (N equal calls in a true queue give p50/max =
 * (N+1)/(2N)). */
#ifndef MODEL_SERIAL_H
#define MODEL_SERIAL_H

#include "model/call.h"

struct serial_call { /* µs on one clock */
    int64_t start_us, first_us, last_us, end_us;
    int64_t tokens; /* COUNT_NONE: unknown */
    bool ok, buffered;
    enum error_class error;
};

struct serial_input {
    const struct serial_call *calls; /* in order of dispatch */
    size_t count;
    double single_ttft_ms, single_decode_ms, single_tokens; /* medians of the single calls; NaN */
};

enum serial_word {
    SERIAL_INCONCLUSIVE,
    SERIAL_FIFO,
    SERIAL_UNORDERED,
    SERIAL_SLOTS,
    SERIAL_SHARED, /* together, but no more tokens a second than one alone */
    SERIAL_BATCHED,
    SERIAL_REJECTING,
    SERIAL_COLLAPSING,
    SERIAL_BUFFERED,
    SERIAL_WORD_COUNT
};
const char *serial_word(enum serial_word word);

struct serial {
    enum serial_word word;
    int open; /* most decode intervals open at once: the k of slots(k) */
    double
        parallelism; /* Σ decode time / (last last token − first first token): 1 serial, k slots */
    double overlap;      /* share of pairs of decode intervals that intersect */
    double staircase;    /* mean distance of the sorted ends from an even staircase, share of the
                            makespan */
    double p50_over_max; /* of latencies; (N+1)/(2N) in a queue, 1 together */
    double
        tau; /* Kendall's τ of dispatch order and first-token order: 1 first come, first served */
    double scaling;     /* tokens a second together ÷ of one alone */
    char value[24];     /* the word, with k for slots */
    char evidence[240]; /* one line for a person */
};

/* `limits` holds the thresholds. Never fails: what cannot be told is `inconclusive` with the
 * reason: too few calls, no reference, too many failed, sent over too long a time, or first tokens
 * one TTFT of a single call apart, where prefill is all that can be seen: decode must be long
 * against it. */
void serial_classify(struct serial *out, const struct serial_input *input,
                     const struct limits *limits);

#endif
