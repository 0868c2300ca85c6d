#include "volley.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callview.h"

bool volley_shows(const struct board *board, int column) {
    if (column < 0 || (size_t)column >= board->column_count)
        return false;
    const struct column *of = &board->columns[column];
    return of->suite == SUITE_TICK ||
           (of->suite == SUITE_BURST && strncmp(of->phase, "burst-", 6) == 0);
}

int volley_column(const struct row_ref *ref, const struct ui *ui) {
    int found = -1, first = -1;
    if (volley_shows(ref->board, ui->column))
        return ui->column;
    if (volley_shows(ref->board, ref->row->running_column))
        return ref->row->running_column;
    for (int i = 0; i < (int)ref->board->column_count; i++) {
        if (!volley_shows(ref->board, i))
            continue;
        first = first < 0 ? i : first;
        if (ref->row->cells[i].record_count > 0)
            found = i;
    }
    return found >= 0 ? found : first;
}

static int64_t end_of(const struct board_call *call) {
    if (!call->finished)
        return INT64_MAX; /* those that run go last */
    return call->call.end_us != MARK_NONE ? call->call.end_us : callview_start_us(call);
}

static int by_start(const void *a, const void *b) {
    const struct board_call *x = *(const struct board_call *const *)a;
    const struct board_call *y = *(const struct board_call *const *)b;
    int64_t from = callview_start_us(x), to = callview_start_us(y);
    if (from != to)
        return from < to ? -1 : 1;
    return (x->call.index > y->call.index) - (x->call.index < y->call.index);
}

static int by_end(const void *a, const void *b) {
    int64_t x = end_of(*(const struct board_call *const *)a);
    int64_t y = end_of(*(const struct board_call *const *)b);
    return x != y ? (x < y ? -1 : 1) : by_start(a, b);
}

static void measure(struct volley *volley, int64_t now_us) {
    volley->from_us = INT64_MAX;
    volley->to_us = 0;
    for (int i = 0; i < volley->count; i++) {
        const struct board_call *call = volley->calls[i];
        int64_t start = callview_start_us(call), end = call->finished ? end_of(call) : now_us;
        volley->running = volley->running || !call->finished;
        volley->from_us = start < volley->from_us ? start : volley->from_us;
        volley->to_us = end > volley->to_us ? end : volley->to_us;
        volley->longest_us = end - start > volley->longest_us ? end - start : volley->longest_us;
    }
    if (volley->to_us <= volley->from_us) { /* nothing yet, or nothing that took time */
        volley->from_us = volley->count ? volley->from_us : 0;
        volley->to_us = volley->from_us + 1;
    }
}

void volley_collect(const struct row_ref *ref, int column, bool by_finish, struct volley *out) {
    const struct row *row = ref->row;
    *out = (struct volley){.column = column, .pass = row->cells[column].pass};
    out->in_turn = ref->board->columns[column].suite == SUITE_TICK;
    out->calls = mem_zero(row->call_count + 1, sizeof *out->calls);
    for (size_t i = 0; i < row->call_count; i++) {
        const struct board_call *call = row->calls[i];
        if (call->column == column && call->call.pass == out->pass && !call->superseded)
            out->calls[out->count++] = call;
    }
    qsort(out->calls, (size_t)out->count, sizeof *out->calls, by_finish ? by_end : by_start);
    measure(out, ref->board->now_us);
    out->alone_us = callview_alone_us(ref->board, ref->ep, column);
}

void volley_done(struct volley *volley) {
    free(volley->calls);
}

int volley_selected(const struct volley *volley, const struct ui *ui) {
    for (int i = 0; i < volley->count; i++)
        if (volley->calls[i]->call.id == ui->call)
            return i;
    return 0;
}

/* ---- what they made together: a sum of steps ---- */

struct step {
    int64_t t_us;
    double by;
};

static int by_time(const void *a, const void *b) {
    int64_t x = ((const struct step *)a)->t_us, y = ((const struct step *)b)->t_us;
    return (x > y) - (x < y);
}

/* Add a step up and one down for each call; `span` says where and how high (false: not at all). */
static void sum_steps(const struct volley *volley, int64_t now_us, struct series *out,
                      bool (*span)(const struct board_call *, int64_t now_us, int64_t *from_us,
                                   int64_t *to_us, double *by)) {
    struct step *steps = mem_zero(2 * (size_t)volley->count + 1, sizeof *steps);
    size_t count = 0;
    for (int i = 0; i < volley->count; i++) {
        int64_t from, to;
        double by;
        if (!span(volley->calls[i], now_us, &from, &to, &by))
            continue;
        steps[count++] = (struct step){from, by};
        if (to < now_us || volley->calls[i]->finished)
            steps[count++] = (struct step){to, -by};
    }
    qsort(steps, count, sizeof *steps, by_time);
    *out = (struct series){0};
    series_add(out, volley->from_us, 0);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += steps[i].by;
        bool last = i + 1 == count || steps[i + 1].t_us > steps[i].t_us;
        if (last)
            series_add(out, steps[i].t_us, sum > 1e-6 ? sum : 0);
    }
    free(steps);
}

static bool open_span(const struct board_call *call, int64_t now_us, int64_t *from_us,
                      int64_t *to_us, double *by) {
    *from_us = callview_start_us(call);
    *to_us = call->finished ? end_of(call) : now_us;
    *by = 1;
    return true;
}

static bool decode_span(const struct board_call *call, int64_t now_us, int64_t *from_us,
                        int64_t *to_us, double *by) {
    const struct call *of = &call->call;
    *from_us = of->first_token_us;
    *to_us = !call->finished                  ? now_us
             : of->last_token_us != MARK_NONE ? of->last_token_us
                                              : end_of(call);
    *by = 1;
    return of->first_token_us != MARK_NONE && *to_us > *from_us;
}

static bool tokens_span(const struct board_call *call, int64_t now_us, int64_t *from_us,
                        int64_t *to_us, double *by) {
    if (!decode_span(call, now_us, from_us, to_us, by))
        return false;
    *by = (double)call->tokens * 1e6 / (double)(*to_us - *from_us);
    return call->tokens > 1 && !call->call.buffered;
}

void volley_open(const struct volley *volley, int64_t now_us, struct series *out) {
    sum_steps(volley, now_us, out, open_span);
}

void volley_decoding(const struct volley *volley, int64_t now_us, struct series *out) {
    sum_steps(volley, now_us, out, decode_span);
}

void volley_tps(const struct volley *volley, int64_t now_us, struct series *out) {
    sum_steps(volley, now_us, out, tokens_span);
}

static double value_of(const struct call *call, enum metric_id metric) {
    if (!call->ok)
        return NAN;
    if (metric == METRIC_LATENCY)
        return call_latency_ms(call);
    return metric == METRIC_TTFT ? call->ttft_ms : call->decode_tps;
}

void volley_values(const struct volley *volley, enum metric_id metric, struct series *out) {
    *out = (struct series){0};
    for (int i = 0; i < volley->count; i++)
        if (volley->calls[i]->finished)
            series_add(out, callview_start_us(volley->calls[i]),
                       value_of(&volley->calls[i]->call, metric));
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void volley_sorted(const struct volley *volley, enum metric_id metric, struct values *out) {
    *out = (struct values){0};
    for (int i = 0; i < volley->count; i++)
        if (volley->calls[i]->finished)
            values_add(out, value_of(&volley->calls[i]->call, metric));
    if (out->count)
        qsort(out->at, out->count, sizeof *out->at, by_value);
}
