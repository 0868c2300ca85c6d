#include "model/serial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/stats.h"

static const char *const words[SERIAL_WORD_COUNT] = {
    [SERIAL_INCONCLUSIVE] = "inconclusive",  [SERIAL_FIFO] = "serial-fifo",
    [SERIAL_UNORDERED] = "serial-unordered", [SERIAL_SLOTS] = "slots",
    [SERIAL_SHARED] = "shared-no-gain",      [SERIAL_BATCHED] = "batched",
    [SERIAL_REJECTING] = "rejecting",        [SERIAL_COLLAPSING] = "collapsing",
    [SERIAL_BUFFERED] = "buffered",
};

const char *serial_word(enum serial_word word) {
    return words[word];
}

/* The calls whose decode interval is known, in order of dispatch. */
struct kept {
    const struct serial_call **calls;
    size_t count;
};

static int compare_int64(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t *sorted(const struct kept *kept, int64_t (*of)(const struct serial_call *)) {
    int64_t *times = mem_zero(kept->count, sizeof *times);
    for (size_t i = 0; i < kept->count; i++)
        times[i] = of(kept->calls[i]);
    qsort(times, kept->count, sizeof *times, compare_int64);
    return times;
}

static int64_t first_of(const struct serial_call *call) {
    return call->first_us;
}

static int64_t last_of(const struct serial_call *call) {
    return call->last_us;
}

static int64_t end_of(const struct serial_call *call) {
    return call->end_us;
}

static int64_t latency_of(const struct serial_call *call) {
    return call->end_us - call->start_us;
}

/* Most intervals [first, last] open at once; an interval that begins when another ends does not
 * overlap it. */
static int most_open(const struct kept *kept) {
    int64_t *firsts = sorted(kept, first_of), *lasts = sorted(kept, last_of);
    int open = 0, most = 0;
    for (size_t i = 0, j = 0; i < kept->count;) {
        if (firsts[i] < lasts[j]) {
            i++;
            if (++open > most)
                most = open;
        } else {
            j++;
            open--;
        }
    }
    free(firsts);
    free(lasts);
    return most;
}

/* One pass over all pairs: overlap of decode intervals, and Kendall's τ of dispatch and first
 * token. */
static void pairs(struct serial *out, const struct kept *kept) {
    double all = 0, cross = 0, order = 0;
    for (size_t i = 0; i < kept->count; i++)
        for (size_t j = i + 1; j < kept->count; j++) {
            const struct serial_call *a = kept->calls[i], *b = kept->calls[j];
            all++;
            cross += a->first_us < b->last_us && b->first_us < a->last_us;
            order += (b->first_us > a->first_us) - (b->first_us < a->first_us);
        }
    out->overlap = all > 0 ? cross / all : NAN;
    out->tau = all > 0 ? order / all : NAN;
}

/* Σ (last − first) / (max last − min first), and tokens a second over the same span against one
 * call alone. */
static void rates(struct serial *out, const struct kept *kept, const struct serial_input *input) {
    int64_t from = INT64_MAX, to = 0, sum = 0;
    double tokens = 0;
    for (size_t i = 0; i < kept->count; i++) {
        const struct serial_call *call = kept->calls[i];
        from = call->first_us < from ? call->first_us : from;
        to = call->last_us > to ? call->last_us : to;
        sum += call->last_us - call->first_us;
        tokens += call->tokens > 0 ? (double)call->tokens : NAN;
    }
    double span_ms = (double)(to - from) / 1000;
    out->parallelism = span_ms > 0 ? (double)sum / 1000 / span_ms : NAN;
    /* one alone needs its prefill too: serial engines spend it between the decodes */
    double single_ms = input->single_decode_ms;
    if (out->open <= 1)
        single_ms += input->single_ttft_ms;
    out->scaling = span_ms > 0 ? tokens / span_ms / (input->single_tokens / single_ms) : NAN;
}

static void steps(struct serial *out, const struct kept *kept) {
    int64_t *ends = sorted(kept, end_of), *latencies = sorted(kept, latency_of);
    int64_t start = INT64_MAX;
    size_t n = kept->count;
    for (size_t i = 0; i < n; i++)
        start = kept->calls[i]->start_us < start ? kept->calls[i]->start_us : start;
    double makespan = (double)(ends[n - 1] - start), distance = 0;
    for (size_t i = 0; i < n; i++)
        distance += fabs((double)(ends[i] - start) - makespan * (double)(i + 1) / (double)n);
    out->staircase = makespan > 0 ? distance / (double)n / makespan : NAN;
    out->p50_over_max =
        latencies[n - 1] > 0 ? (double)latencies[(n - 1) / 2] / (double)latencies[n - 1] : NAN;
    free(ends);
    free(latencies);
}

/* The word from the figures, once it is clear that something can be said. */
static enum serial_word judge(const struct serial *s, size_t count, const struct limits *limits) {
    /* k slots overlap in (k−1)/(N−1) of the pairs only: parallelism tells them from a queue */
    if (s->overlap < limits->serial_overlap && s->parallelism < limits->serial_parallelism)
        return s->tau > limits->fifo_order ? SERIAL_FIFO : SERIAL_UNORDERED;
    if (s->scaling < limits->scaling_collapse)
        return SERIAL_COLLAPSING;
    if (s->open < limits->all_open_share * (double)count)
        return SERIAL_SLOTS;
    return s->scaling > limits->scaling_gain ? SERIAL_BATCHED : SERIAL_SHARED;
}

/* First tokens come evenly, one TTFT apart: prefill, one call after the other, is all that is seen.
 */
static bool prefill_sets_pace(const struct kept *kept, double ttft_us,
                              const struct limits *limits) {
    int64_t *firsts = sorted(kept, first_of);
    struct values gaps = {0};
    for (size_t i = 1; i < kept->count; i++)
        values_add(&gaps, (double)(firsts[i] - firsts[i - 1]));
    free(firsts);
    double usual = stats_median(gaps.at, gaps.count),
           mean = stats_of(gaps.at, gaps.count, STAT_MEAN);
    values_done(&gaps);
    return mean <= limits->pace_even * usual && usual <= limits->pace_even * mean &&
           mean >= limits->pace_least * ttft_us && mean <= limits->pace_most * ttft_us;
}

struct losses {
    double rejected, failed, buffered; /* shares */
    int64_t span_us;                   /* first to last start */
};

static struct losses look(const struct serial_input *input) {
    struct losses l = {0};
    int64_t from = INT64_MAX, to = 0;
    for (size_t i = 0; i < input->count; i++) {
        const struct serial_call *call = &input->calls[i];
        bool rejected = call->error == ERROR_HTTP_429 || call->error == ERROR_LOADING ||
                        call->error == ERROR_HTTP_5XX;
        l.rejected += !call->ok && rejected;
        l.failed += !call->ok && !rejected;
        l.buffered += call->ok && call->buffered;
        from = call->start_us < from ? call->start_us : from;
        to = call->start_us > to ? call->start_us : to;
    }
    double n = input->count ? (double)input->count : 1;
    l.rejected /= n;
    l.failed /= n;
    l.buffered /= n;
    l.span_us = input->count ? to - from : 0;
    return l;
}

static void say(struct serial *out, enum serial_word word, const char *why) {
    out->word = word;
    if (word == SERIAL_SLOTS)
        snprintf(out->value, sizeof out->value, "slots(%d)", out->open);
    else
        copy_text(out->value, sizeof out->value, words[word]);
    if (why)
        copy_text(out->evidence, sizeof out->evidence, why);
}

static void explain(struct serial *s, size_t count) {
    double fifo = ((double)count + 1) / (2 * (double)count);
    snprintf(
        s->evidence, sizeof s->evidence,
        "%d of %zu decode at once, parallelism %.2f, overlap %.2f, p50/max %.2f (queue: %.2f), "
        "off a staircase %.2f, order %.2f, %.2fx the t/s of one",
        s->open, count, s->parallelism, s->overlap, s->p50_over_max, fifo, s->staircase, s->tau,
        s->scaling);
}

/* Reasons why nothing can be told; NULL when something can. `text` is room for one. */
static const char *obstacle(const struct serial_input *input, const struct losses *losses,
                            const struct limits *limits, char *text, size_t size) {
    double single_us = (input->single_ttft_ms + input->single_decode_ms) * 1000;
    if ((double)input->count < limits->burst_calls) {
        snprintf(text, size, "fewer than %.0f calls", limits->burst_calls);
        return text;
    }
    if (losses->failed > limits->burst_errors) {
        snprintf(text, size, "%.0f %% of the calls did not end well", 100 * losses->failed);
        return text;
    }
    if (!(single_us > 0))
        return "no single call to hold it against";
    if ((double)losses->span_us > limits->span_share * single_us) {
        snprintf(text, size, "the calls left over %.0f ms, too long against one call's %.0f ms",
                 (double)losses->span_us / 1000, single_us / 1000);
        return text;
    }
    return NULL;
}

/* From the calls that streamed more than one token. */
static void classify_kept(struct serial *out, const struct kept *kept,
                          const struct serial_input *input, const struct limits *limits) {
    char text[160];
    if ((double)kept->count < limits->burst_calls) {
        snprintf(text, sizeof text, "fewer than %.0f calls streamed more than one token",
                 limits->burst_calls);
        say(out, SERIAL_INCONCLUSIVE, text);
        return;
    }
    out->open = most_open(kept);
    pairs(out, kept);
    rates(out, kept, input);
    steps(out, kept);
    enum serial_word word = judge(out, kept->count, limits);
    bool in_turns = word == SERIAL_FIFO || word == SERIAL_UNORDERED || word == SERIAL_SLOTS;
    if (in_turns && prefill_sets_pace(kept, input->single_ttft_ms * 1000, limits)) {
        snprintf(text, sizeof text,
                 "first tokens come one prefill apart (TTFT alone %.0f ms, decode %.0f ms): a "
                 "queue, slots and batching look alike",
                 input->single_ttft_ms, input->single_decode_ms);
        say(out, SERIAL_INCONCLUSIVE, text);
        return;
    }
    say(out, word, NULL);
    explain(out, kept->count);
}

void serial_classify(struct serial *out, const struct serial_input *input,
                     const struct limits *limits) {
    struct losses losses = look(input);
    bool enough = (double)input->count >= limits->burst_calls;
    char text[160];
    memset(out, 0, sizeof *out);
    out->parallelism = out->overlap = out->staircase = out->p50_over_max = NAN;
    out->tau = out->scaling = NAN;
    if (enough && losses.rejected >= limits->reject_share) {
        snprintf(text, sizeof text, "%.0f %% of the calls were turned away (429, 5xx)",
                 100 * losses.rejected);
        say(out, SERIAL_REJECTING, text);
        return;
    }
    if (enough && losses.buffered > limits->buffered_share) {
        say(out, SERIAL_BUFFERED, "replies came in one piece: the tokens' times say nothing");
        return;
    }
    const char *why = obstacle(input, &losses, limits, text, sizeof text);
    if (why) {
        say(out, SERIAL_INCONCLUSIVE, why);
        return;
    }
    struct kept kept = {mem_zero(input->count, sizeof *kept.calls), 0};
    for (size_t i = 0; i < input->count; i++)
        if (input->calls[i].ok && input->calls[i].last_us > input->calls[i].first_us)
            kept.calls[kept.count++] = &input->calls[i];
    classify_kept(out, &kept, input, limits);
    free(kept.calls);
}
