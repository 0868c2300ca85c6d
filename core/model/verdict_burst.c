/* Serialisation: what the engine did with N calls at once, pass by pass (serial.h judges one). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/serial.h"
#include "model/verdict_private.h"

#define BURST "burst-"
#define SINGLE "single-"

/* Medians of the single calls of a pass; NaN where there are none. */
static void take_single(struct serial_input *input, const struct row *row, int column, int pass) {
    struct values ttft = {0}, decode = {0}, tokens = {0};
    const struct pass_record *record = column < 0 ? NULL : pass_find(&row->cells[column], pass);
    for (size_t i = record ? record->first_call : 0; record && i < record->end_call; i++) {
        const struct call *call = &row->calls[i]->call;
        if (!call_is_of(row->calls[i], column, pass) || !call->ok)
            continue;
        values_add(&ttft, call->ttft_ms);
        if (call->first_token_us != MARK_NONE && call->last_token_us > call->first_token_us)
            values_add(&decode, (double)(call->last_token_us - call->first_token_us) / 1e3);
        if (call->completion_tokens > 0)
            values_add(&tokens, (double)call->completion_tokens);
    }
    input->single_ttft_ms = stats_median(ttft.at, ttft.count);
    input->single_decode_ms = stats_median(decode.at, decode.count);
    input->single_tokens = stats_median(tokens.at, tokens.count);
    values_done(&ttft);
    values_done(&decode);
    values_done(&tokens);
}

static int compare_start(const void *a, const void *b) {
    int64_t x = ((const struct serial_call *)a)->start_us;
    int64_t y = ((const struct serial_call *)b)->start_us;
    return (x > y) - (x < y);
}

/* The calls of a pass in order of dispatch; caller frees. */
static struct serial_call *calls_of(const struct row *row, int column,
                                    const struct pass_record *record, size_t *count) {
    struct serial_call *calls = mem_zero(record->end_call - record->first_call + 1, sizeof *calls);
    *count = 0;
    for (size_t i = record->first_call; i < record->end_call; i++) {
        const struct call *call = &row->calls[i]->call;
        if (!row->calls[i]->finished || !call_is_of(row->calls[i], column, record->pass))
            continue;
        calls[(*count)++] = (struct serial_call){
            .start_us = call->start_us != MARK_NONE ? call->start_us : row->calls[i]->started_us,
            .first_us = call->first_token_us,
            .last_us = call->last_token_us,
            .end_us = call->end_us,
            .tokens = call->completion_tokens,
            .ok = call->ok,
            .buffered = call->buffered,
            .error = call->error};
    }
    qsort(calls, *count, sizeof *calls, compare_start);
    return calls;
}

static void judge_pass(const struct board *board, const struct row *row, int column, int single,
                       const struct pass_record *record, struct serial *out) {
    struct serial_input input = {0};
    struct serial_call *calls = calls_of(row, column, record, &input.count);
    input.calls = calls;
    take_single(&input, row, single, record->pass);
    serial_classify(out, &input, &board->run.limits);
    free(calls);
}

/* The word most passes agree on; of equally frequent ones the newest. */
static size_t most_common(const struct serial *passes, size_t count, size_t *agreeing) {
    size_t best = 0;
    *agreeing = 0;
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        for (size_t k = 0; k < count; k++)
            same += strcmp(passes[i].value, passes[k].value) == 0;
        if (same >= *agreeing) {
            *agreeing = same;
            best = i;
        }
    }
    return best;
}

/* What the other passes say, each word once. */
static void say_others(struct verdict *verdict, const struct serial *passes, size_t count,
                       size_t agreeing) {
    verdict_say(verdict, "; %zu of %zu passes, the others:", agreeing, count);
    for (size_t i = 0; i < count; i++) {
        bool told = strcmp(passes[i].value, verdict->value) == 0;
        for (size_t k = 0; k < i && !told; k++)
            told = strcmp(passes[i].value, passes[k].value) == 0;
        if (!told)
            verdict_say(verdict, " %s", passes[i].value);
    }
}

static int single_column(const struct board *board, const char *burst) {
    char phase[PHASE_MAX];
    snprintf(phase, sizeof phase, SINGLE "%.*s", PHASE_MAX - (int)sizeof SINGLE,
             burst + strlen(BURST));
    return board_column(board, SUITE_BURST, phase);
}

#define PASSES_JUDGED 64 /* the newest ones: a pass of thousands of calls takes its time */

void verdict_refresh_burst(struct board *board, int ep, int column) {
    const char *phase = board->columns[column].phase;
    if (strncmp(phase, BURST, strlen(BURST)) != 0)
        return;
    const struct row *row = &board->rows[ep];
    const struct cell *cell = &row->cells[column];
    int single = single_column(board, phase);
    struct serial passes[PASSES_JUDGED];
    size_t count = 0, agreeing;
    for (size_t i = cell->record_count; i-- > 0 && count < PASSES_JUDGED;) {
        const struct pass_record *record = &cell->records[i];
        if (!record->open && record->status == PHASE_DONE && !record->control)
            judge_pass(board, row, column, single, record,
                       &passes[PASSES_JUDGED - ++count]); /* oldest first */
    }
    struct verdict verdict;
    verdict_init(&verdict, VERDICT_SERIALISATION, SUITE_BURST, ep);
    copy_text(verdict.phase, sizeof verdict.phase, phase);
    if (count > 0) {
        const struct serial *first = &passes[PASSES_JUDGED - count];
        const struct serial *chosen = &first[most_common(first, count, &agreeing)];
        copy_text(verdict.value, sizeof verdict.value, chosen->value);
        verdict_say(&verdict, "%s", chosen->evidence);
        if (agreeing < count)
            say_others(&verdict, first, count, agreeing);
        else if (count > 1)
            verdict_say(&verdict, "; all %zu passes agree", count);
    }
    verdict_store(board, &verdict);
}
