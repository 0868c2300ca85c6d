/* Energy of a pass: joules over its calls' decode windows. Publications lag behind by up to 2.2 s
 * (telemetry A.1), so what a phase_end tells is read again until they have come. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

#define WAIT_US INT64_C(15000000) /* longer than a stall: what has not come by then will not */
/* The idle baseline: 10 s are set apart for it before the warm-up; half of them are enough. */
#define REST_MIN_US INT64_C(5000000)
#define REST_MAX_US INT64_C(10000000)

struct window {
    int64_t from_us, to_us;
};
struct windows {
    struct window *at;
    size_t count, capacity;
};

static void window_add(struct windows *windows, int64_t from_us, int64_t to_us) {
    if (from_us == MARK_NONE || to_us <= from_us)
        return;
    windows->at = mem_grow(windows->at, windows->count, &windows->capacity, sizeof *windows->at);
    windows->at[windows->count++] = (struct window){from_us, to_us};
}

static int by_start(const void *a, const void *b) {
    int64_t x = ((const struct window *)a)->from_us, y = ((const struct window *)b)->from_us;
    return (x > y) - (x < y);
}

/* Calls of a burst decode at once: the time counts once. */
static void join_overlaps(struct windows *windows) {
    if (windows->count < 2)
        return;
    qsort(windows->at, windows->count, sizeof *windows->at, by_start);
    size_t kept = 0;
    for (size_t i = 1; i < windows->count; i++) {
        struct window *last = &windows->at[kept];
        if (windows->at[i].from_us > last->to_us)
            windows->at[++kept] = windows->at[i];
        else if (windows->at[i].to_us > last->to_us)
            last->to_us = windows->at[i].to_us;
    }
    windows->count = kept + 1;
}

/* What all windows used together. */
struct use {
    double joules; /* NaN where publications cover less than 80 % */
    double seconds, cover;
};

static struct use use_of(const struct energy *energy, struct windows *windows) {
    double joules = 0, length = 0, covered = 0;
    join_overlaps(windows);
    for (size_t i = 0; i < windows->count; i++) {
        const struct window *window = &windows->at[i];
        double cover, us = (double)(window->to_us - window->from_us);
        joules += energy_window(energy, window->from_us, window->to_us, &cover);
        length += us;
        covered += cover * us;
    }
    bool known = length > 0 && covered >= ENERGY_COVER_MIN * length;
    return (struct use){known ? joules : NAN, length / 1e6, length > 0 ? covered / length : NAN};
}

/* ---- the machine at rest ---- */

void lane_busy(struct board *board, int ep, int64_t t) {
    board->lanes[board->rows[ep].live->lane].quiet_us = t;
}

void rest_note(struct board *board, int ep, int64_t t) {
    struct live *live = board->rows[ep].live;
    int64_t from_us = board->lanes[live->lane].quiet_us;
    for (size_t i = 0; i < board->row_count; i++)
        if (board->rows[i].live->lane == live->lane && board->rows[i].running_column >= 0)
            return;
    if (t - from_us >= REST_MIN_US)
        live->rest = (struct rest){t - from_us > REST_MAX_US ? t - REST_MAX_US : from_us, t};
}

/* Watts at rest; NaN where they are not known. */
static double rest_watts(const struct energy *energy, const struct rest *rest) {
    double cover, joules;
    if (rest->from_us == MARK_NONE)
        return NAN;
    joules = energy_window(energy, rest->from_us, rest->to_us, &cover);
    return cover >= ENERGY_COVER_MIN ? joules / ((double)(rest->to_us - rest->from_us) / 1e6) : NAN;
}

double board_rest_watts(const struct board *board, int ep) {
    const struct live *live = board->rows[ep].live;
    return rest_watts(board->lanes[live->lane].energy, &live->rest);
}

/* ---- a pass ---- */

static void put(struct pass_record *record, enum metric_id metric, double value) {
    record->values[metric - METRIC_WALL] = isfinite(value) ? value : NAN;
}

/* The windows of the calls that count; returns their tokens (NaN when one call's are unknown). */
static double collect_windows(const struct row *row, int column, struct pass_record *record,
                              struct windows *prefill, struct windows *decode) {
    double tokens = 0;
    record->energy_until_us = MARK_NONE;
    for (size_t i = record->first_call; i < record->end_call; i++) {
        const struct call *call = &row->calls[i]->call;
        if (!call_is_of(row->calls[i], column, record->pass) || !call->ok || call->buffered)
            continue;
        if (call->first_token_us == MARK_NONE || call->last_token_us <= call->first_token_us)
            continue;
        window_add(decode, call->first_token_us, call->last_token_us);
        window_add(prefill, call->start_us, call->first_token_us);
        /* the first token came at the window's start: its joules are the prefill's */
        tokens += call->completion_tokens > 0 ? (double)(call->completion_tokens - 1) : NAN;
        if (call->last_token_us > record->energy_until_us)
            record->energy_until_us = call->last_token_us;
    }
    return tokens;
}

void pass_energy(const struct board *board, const struct row *row, int column,
                 struct pass_record *record) {
    const struct energy *energy = board->lanes[row->live->lane].energy;
    struct windows decode = {0}, prefill = {0};
    if (*energy_rails(energy) == '\0')
        return;
    double tokens = collect_windows(row, column, record, &prefill, &decode);
    struct use use = use_of(energy, &decode);
    record->decode_cover = use.cover;
    put(record, METRIC_WATTS, use.joules / use.seconds);
    put(record, METRIC_TPS_PER_WATT, tokens / use.joules);
    put(record, METRIC_J_PER_TOKEN, use.joules / tokens);
    put(record, METRIC_JOULES, use.joules);
    put(record, METRIC_JOULES_ABOVE, use.joules - rest_watts(energy, &record->rest) * use.seconds);
    if (board->columns[column].suite != SUITE_BURST) {
        use = use_of(energy, &prefill);
        record->prefill_cover = use.cover;
        put(record, METRIC_PREFILL_WATTS, use.joules / use.seconds);
        put(record, METRIC_PREFILL_JOULES, use.joules);
    }
    free(decode.at);
    free(prefill.at);
}

void pass_await_energy(struct row *row, int column, size_t record) {
    struct live *live = row->live;
    if (row->cells[column].records[record].energy_until_us == MARK_NONE)
        return;
    for (size_t i = 0; i < live->pending_count; i++)
        if (live->pending[i].column == column && live->pending[i].record == record)
            return;
    if (live->pending_count == PENDING_MAX) {
        live->pending_count--;
        memmove(live->pending, live->pending + 1, live->pending_count * sizeof *live->pending);
    }
    live->pending[live->pending_count++] = (struct pending){column, record};
}

/* One point a pass, as its cell has it. */
static void plot_efficiency(struct row *row, const struct pass_record *record) {
    double value = record->values[METRIC_TPS_PER_WATT - METRIC_WALL];
    if (!record->control && !isnan(value))
        series_add(&row->series[SERIES_TPS_PER_WATT], record->energy_until_us, value);
}

/* Read again what was waiting for publications; `last`: none will come any more. */
void pass_settle_energy(struct board *board, int ep, bool last) {
    struct row *row = &board->rows[ep];
    struct live *live = row->live;
    const struct energy *energy = board->lanes[live->lane].energy;
    size_t kept = 0;
    for (size_t i = 0; i < live->pending_count; i++) {
        struct pending pending = live->pending[i];
        struct cell *cell = &row->cells[pending.column];
        struct pass_record *record = &cell->records[pending.record];
        if (record->open || record->status != PHASE_DONE)
            continue; /* run again meanwhile */
        pass_energy(board, row, pending.column, record);
        pass_publish(cell, record);
        bool covered = energy_covered_to(energy) >= record->energy_until_us;
        if (!last && !covered && board->now_us - record->ended_us < WAIT_US)
            live->pending[kept++] = pending;
        else if (!board->columns[pending.column].warmup)
            plot_efficiency(row, record);
    }
    live->pending_count = kept;
}
