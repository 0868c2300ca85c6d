/* Pass: the figures of a phase run once, from its calls and its watch. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

#define TURN_CALLS 60 /* calls of an agent's turn (protocol 3, lower bound) */

static double *value_of(struct pass_record *record, enum metric_id metric) {
    return &record->values[metric - METRIC_WALL];
}

static bool is_valid(const struct call *call) {
    return call->ok && call->correct != CHECK_NO && !call->degenerate;
}

static void count_truncated(struct pass_record *record, const struct call *call, double limit) {
    if (call->prompt_tokens < 0 || call->prompt_chars <= 0 ||
        (double)call->prompt_tokens >= (double)call->prompt_chars / limit)
        return;
    if (record->truncated++ == 0 || call->prompt_chars > record->truncated_chars) {
        record->truncated_tokens = call->prompt_tokens;
        record->truncated_chars = call->prompt_chars;
    }
}

static void count_call(struct pass_record *record, const struct call *call, double limit) {
    record->finished += !error_is_ours(call->error);
    record->valid += is_valid(call);
    record->reasoned += call->thinking == THINKING_OFF && call->reasoning_chars > 0;
    if (!call->ok)
        return;
    record->chunk_counted += call->tokens_source == TOKENS_CHUNKS;
    count_truncated(record, call, limit);
    /* NaN once unknown: a sum over some of the calls would be a lie */
    record->prompt += call->prompt_tokens < 0 ? NAN : (double)call->prompt_tokens;
    record->cached += call->cached_tokens < 0 ? NAN : (double)call->cached_tokens;
    if (call->prompt_chars > 0 && call->shared_chars >= 0) {
        record->prompt_chars += call->prompt_chars;
        record->shared_chars += call->shared_chars;
    }
}

void pass_count_calls(const struct board *board, const struct row *row, int column,
                      struct pass_record *record) {
    struct values ttft = {0}, prompt = {0};
    record->finished = record->valid = record->truncated = record->reasoned = 0;
    record->chunk_counted = 0;
    record->prompt = record->cached = 0;
    record->prompt_chars = record->shared_chars = 0;
    for (size_t i = record->first_call; i < record->end_call; i++) {
        const struct call *call = &row->calls[i]->call;
        if (!row->calls[i]->finished || !call_is_of(row->calls[i], column, record->pass))
            continue;
        count_call(record, call, board->run.limits.prompt_chars_per_token);
        if (!call->ok)
            continue;
        values_add(&ttft, call->ttft_ms);
        if (call->prompt_tokens >= 0)
            values_add(&prompt, (double)call->prompt_tokens);
    }
    record->ttft_ms = stats_median(ttft.at, ttft.count);
    record->prompt_mean = stats_of(prompt.at, prompt.count, STAT_MEAN);
    values_done(&ttft);
    values_done(&prompt);
}

/* Sums over the calls of a pass. */
struct totals {
    int64_t first_start_us, last_end_us, last_sent_us;
    double tokens; /* of ok calls; NaN when one is unknown */
    int ok, failed, suspended;
    struct values bounds; /* s */
};

static void earliest(int64_t *at, int64_t us) {
    if (us != MARK_NONE && (*at == MARK_NONE || us < *at))
        *at = us;
}

static void latest(int64_t *at, int64_t us) {
    if (us != MARK_NONE && us > *at)
        *at = us;
}

static void total_call(struct totals *totals, const struct call *call) {
    totals->suspended += call->error == ERROR_SUSPENDED;
    if (error_is_ours(call->error))
        return;
    earliest(&totals->first_start_us, call->start_us);
    latest(&totals->last_end_us, call->end_us);
    latest(&totals->last_sent_us, call->sent_us);
    if (!call->ok) {
        totals->failed++;
        return;
    }
    totals->ok++;
    totals->tokens += call->completion_tokens < 0 ? NAN : (double)call->completion_tokens;
    if (call->max_tokens > 0 && call->decode_tps > 0)
        values_add(&totals->bounds,
                   TURN_CALLS * (call->ttft_ms / 1e3 + call->max_tokens / call->decode_tps));
}

static struct totals totals_of(const struct row *row, int column,
                               const struct pass_record *record) {
    struct totals totals = {
        .first_start_us = MARK_NONE, .last_end_us = MARK_NONE, .last_sent_us = MARK_NONE};
    for (size_t i = record->first_call; i < record->end_call; i++)
        if (row->calls[i]->finished && call_is_of(row->calls[i], column, record->pass))
            total_call(&totals, &row->calls[i]->call);
    return totals;
}

static void figures_of_calls(struct pass_record *record, const struct column *column,
                             const struct totals *totals) {
    int calls = totals->ok + totals->failed;
    if (calls == 0)
        return;
    *value_of(record, METRIC_ERRORS) = totals->failed;
    if (record->finished > 0)
        *value_of(record, METRIC_VALID) = 100.0 * record->valid / record->finished;
    if (totals->suspended > 0)
        return; /* nobody saw when what happened */
    bool at_once = column->suite == SUITE_BURST && strncmp(column->phase, "burst-", 6) == 0;
    if (at_once && totals->first_start_us != MARK_NONE && totals->last_sent_us != MARK_NONE)
        *value_of(record, METRIC_SPAN) =
            (double)(totals->last_sent_us - totals->first_start_us) / 1e3;
    if (totals->first_start_us == MARK_NONE || totals->last_end_us <= totals->first_start_us)
        return;
    double wall = (double)(totals->last_end_us - totals->first_start_us) / 1e6;
    *value_of(record, METRIC_WALL) = wall;
    *value_of(record, METRIC_CALLS_PER_S) = totals->ok / wall;
    *value_of(record, METRIC_AGGREGATE) = totals->ok ? totals->tokens / wall : NAN;
}

static void figures_of_bound(struct pass_record *record, const struct column *column,
                             const struct totals *totals) {
    if (column->suite != SUITE_AGENTIC)
        return;
    double bound = stats_median(totals->bounds.at, totals->bounds.count);
    if (strcmp(column->phase, "warm") == 0)
        *value_of(record, METRIC_BOUND_WARM) = bound;
    if (strncmp(column->phase, "prefix-test", strlen("prefix-test")) == 0)
        *value_of(record, METRIC_BOUND_PREFIX) = bound;
}

/* What agentic found of this endpoint in the phases of that name: medians over them; NaN. */
static void agentic_medians(const struct board *board, const struct row *row, const char *phases,
                            double *ttft_ms, double *decode_tps) {
    struct values ttft = {0}, decode = {0};
    for (size_t i = 0; i < board->column_count; i++) {
        const struct column *column = &board->columns[i];
        if (column->suite != SUITE_AGENTIC || column->warmup ||
            strncmp(column->phase, phases, strlen(phases)) != 0)
            continue;
        const struct values *values = row->cells[i].values;
        for (size_t k = 0; k < values[METRIC_TTFT].count; k++)
            values_add(&ttft, values[METRIC_TTFT].at[k]);
        for (size_t k = 0; k < values[METRIC_DECODE].count; k++)
            values_add(&decode, values[METRIC_DECODE].at[k]);
    }
    *ttft_ms = stats_median(ttft.at, ttft.count);
    *decode_tps = stats_median(decode.at, decode.count);
    values_done(&ttft);
    values_done(&decode);
}

/* A tick's own medians. */
static void tick_medians(const struct row *row, int column, const struct pass_record *record,
                         double *ttft_ms, double *decode_tps) {
    struct values ttft = {0}, decode = {0};
    for (size_t i = record->first_call; i < record->end_call; i++) {
        const struct call *call = &row->calls[i]->call;
        if (!call_is_of(row->calls[i], column, record->pass) || !call->ok)
            continue;
        values_add(&ttft, call->ttft_ms);
        values_add(&decode, call->decode_tps);
    }
    *ttft_ms = stats_median(ttft.at, ttft.count);
    *decode_tps = stats_median(decode.at, decode.count);
    values_done(&ttft);
    values_done(&decode);
}

/* The lower bounds of this tick: Σ over its calls of TTFT + tokens / decode. */
static void figures_of_tick(const struct board *board, const struct row *row, int column,
                            struct pass_record *record) {
    double warm_ttft, warm_decode, ttft, decode, calls = 0, most = 0, generated = 0;
    if (board->columns[column].suite != SUITE_TICK)
        return;
    agentic_medians(board, row, "warm", &warm_ttft, &warm_decode);
    agentic_medians(board, row, "prefix-test", &ttft, &decode);
    if (isnan(ttft) || isnan(decode))
        tick_medians(row, column, record, &ttft, &decode);
    for (size_t i = record->first_call; i < record->end_call; i++) {
        const struct call *call = &row->calls[i]->call;
        if (!call_is_of(row->calls[i], column, record->pass) || !row->calls[i]->finished)
            continue;
        calls++;
        most += call->max_tokens > 0 ? call->max_tokens : NAN;
        generated += call->completion_tokens < 0 ? NAN : (double)call->completion_tokens;
    }
    if (calls == 0)
        return;
    *value_of(record, METRIC_BOUND_WARM) = calls * warm_ttft / 1e3 + most / warm_decode;
    *value_of(record, METRIC_BOUND_PREFIX) = calls * ttft / 1e3 + most / decode;
    *value_of(record, METRIC_BOUND_GENERATED) = calls * ttft / 1e3 + generated / decode;
}

static void figures_of_watch(struct pass_record *record) {
    const struct watch *watch = &record->watch;
    *value_of(record, METRIC_SWAP_DELTA) = watch->swap_peak - watch->swap_start;
    *value_of(record, METRIC_SWAPOUTS_DELTA) = watch->swapouts_last - watch->swapouts_start;
    *value_of(record, METRIC_RSS) = watch->rss_mb;
    *value_of(record, METRIC_FOOTPRINT) = watch->footprint_mb;
    *value_of(record, METRIC_KV_TOKENS) = watch->kv_tokens;
    *value_of(record, METRIC_THERMAL) =
        watch->thermal == THERMAL_UNKNOWN ? NAN : (double)(watch->thermal - THERMAL_NOMINAL);
}

void pass_figures(const struct board *board, const struct row *row, int column,
                  struct pass_record *record) {
    struct totals totals = totals_of(row, column, record);
    figures_of_calls(record, &board->columns[column], &totals);
    figures_of_bound(record, &board->columns[column], &totals);
    figures_of_tick(board, row, column, record);
    figures_of_watch(record);
    values_done(&totals.bounds);
}

/* A value that was told before is replaced in its place: figures of a pass may become better known
 * (energy) or change (a late call). */
void pass_publish(struct cell *cell, struct pass_record *record) {
    if (record->control)
        return;
    for (size_t i = 0; i < PASS_METRICS; i++) {
        struct values *values = &cell->values[METRIC_WALL + i];
        bool known = !isnan(record->values[i]);
        if (!known && record->slots[i] != NO_SLOT) {
            pass_republish(cell); /* rare: no longer covered well enough */
            return;
        }
        if (!known)
            continue;
        if (record->slots[i] == NO_SLOT) {
            record->slots[i] = (uint32_t)values->count;
            values_add(values, record->values[i]);
        } else {
            values->at[record->slots[i]] = record->values[i];
        }
    }
}

void pass_republish(struct cell *cell) {
    for (size_t i = METRIC_WALL; i < METRIC_COUNT; i++)
        cell->values[i].count = 0;
    for (size_t i = 0; i < cell->record_count; i++) {
        for (size_t k = 0; k < PASS_METRICS; k++)
            cell->records[i].slots[k] = NO_SLOT;
        pass_publish(cell, &cell->records[i]);
    }
}
