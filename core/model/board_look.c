/* Look: what views and reports ask of a board. */
#include <math.h>
#include <string.h>

#include "model/board_private.h"

#define TIE_SHARE 0.01 /* medians closer than this do not differ */

enum metric_id board_series_metric(enum board_series series) {
    static const enum metric_id metrics[SERIES_COUNT] = {
        [SERIES_TTFT] = METRIC_TTFT,
        [SERIES_TPS] = METRIC_DECODE,
        [SERIES_TPS_PER_WATT] = METRIC_TPS_PER_WATT,
        [SERIES_SWAP] = METRIC_SWAP_DELTA,
        [SERIES_THERMAL] = METRIC_THERMAL,
        [SERIES_WATTS] = METRIC_WATTS,
        [SERIES_KV] = METRIC_KV_TOKENS,
    };
    return metrics[series];
}

int board_column(const struct board *board, enum suite_id suite, const char *phase) {
    for (size_t i = 0; i < board->column_count; i++)
        if (board->columns[i].suite == suite && strcmp(board->columns[i].phase, phase) == 0)
            return (int)i;
    return -1;
}

struct cell *board_cell(const struct board *board, int ep, int column) {
    if (ep < 0 || (size_t)ep >= board->row_count || column < 0 ||
        (size_t)column >= board->column_count)
        return NULL;
    return &board->rows[ep].cells[column];
}

enum board_pass board_pass(const struct board *board, int ep, enum suite_id suite, int pass) {
    bool begun = false, ended = true;
    for (size_t i = 0; i < board->column_count; i++) {
        const struct column *column = &board->columns[i];
        if (column->suite != suite || !column->planned)
            continue;
        const struct pass_record *record = pass_find(board_cell(board, ep, (int)i), pass);
        begun = begun || record;
        ended = ended && record && !record->open && !record->again &&
                record->status != PHASE_STOPPED && !record->down;
    }
    return !begun ? BOARD_PASS_NONE : ended ? BOARD_PASS_ENDED : BOARD_PASS_BEGUN;
}

const struct board_call *board_call(const struct board *board, int64_t id) {
    return call_find(board, id);
}

const struct verdict *board_verdict(const struct board *board, int ep, enum suite_id suite,
                                    enum verdict_id id) {
    const struct verdict *found = NULL;
    for (size_t i = 0; i < board->verdict_count; i++) {
        const struct verdict *verdict = &board->verdicts[i];
        if (verdict->ep == ep && verdict->suite == suite && verdict->id == id && *verdict->value)
            found = verdict;
    }
    return found;
}

const struct gate_result *board_gate(const struct board *board, int ep, int column,
                                     enum gate_id gate) {
    const struct cell *cell = board_cell(board, ep, column);
    if (!cell || !(cell->gates & 1u << gate))
        return NULL;
    for (size_t i = 0; i < board->gate_count; i++)
        if (board->gates[i].ep == ep && board->gates[i].column == column &&
            board->gates[i].gate == gate)
            return &board->gates[i];
    return NULL;
}

const struct lane_state *board_lane(const struct board *board, const char *name) {
    for (size_t i = 0; i < board->lane_count; i++)
        if (strcmp(board->lanes[i].name, name ? name : "") == 0)
            return &board->lanes[i];
    return NULL;
}

static double figure_of(const struct cell *cell, enum metric_id metric, enum stat_id stat) {
    const struct values *figures = &cell->figures[metric];
    if (figures->count == 0)
        return NAN;
    if (stat == STAT_MEDIAN && isnan(figures->at[STAT_MEDIAN]))
        return figures->at[STAT_P50];
    if (stat == STAT_P50 && isnan(figures->at[STAT_P50]))
        return figures->at[STAT_MEDIAN];
    return figures->at[stat];
}

static double cell_value(const struct cell *cell, enum metric_id metric, enum stat_id stat) {
    const struct values *values = &cell->values[metric];
    bool interval =
        stat == STAT_MEDIAN_LOW || stat == STAT_MEDIAN_HIGH || stat == STAT_MEDIAN_LEVEL;
    if (interval && values->count > (size_t)cell->passes_done)
        return NAN; /* calls of one pass share its heat, cache and queue: no sample of their own */
    return values->count ? stats_of(values->at, values->count, stat)
                         : figure_of(cell, metric, stat);
}

double board_value(const struct board *board, int ep, int column, enum metric_id metric,
                   enum stat_id stat) {
    const struct cell *cell = board_cell(board, ep, column);
    return cell ? cell_value(cell, metric, stat) : NAN;
}

double board_row_value(const struct board *board, int ep, enum suite_id suite,
                       enum metric_id metric, enum stat_id stat) {
    struct values all = {0};
    bool ranked = true;
    for (size_t i = 0; i < board->column_count; i++) {
        const struct cell *cell = board_cell(board, ep, (int)i);
        if (!cell || board->columns[i].suite != suite || board->columns[i].warmup)
            continue;
        const struct values *values = &cell->values[metric];
        double figure = figure_of(cell, metric, stat);
        ranked = ranked && (board_ranked(cell, metric) || (values->count == 0 && isnan(figure)));
        for (size_t k = 0; k < values->count; k++)
            values_add(&all, values->at[k]);
        if (values->count == 0)
            values_add(&all, figure);
    }
    double value = all.count && ranked ? stats_of(all.at, all.count, stat) : NAN;
    values_done(&all);
    return value;
}

/* Two cells' medians tell the engines apart (board.h). */
static bool differ(const struct cell *a, const struct cell *b, enum metric_id metric) {
    double x = cell_value(a, metric, STAT_MEDIAN), y = cell_value(b, metric, STAT_MEDIAN);
    if (fabs(x - y) <= TIE_SHARE * fmax(fabs(x), fabs(y)))
        return false;
    if (!(cell_value(a, metric, STAT_N) >= 2 && cell_value(b, metric, STAT_N) >= 2))
        return true;
    return cell_value(a, metric, STAT_MIN) > cell_value(b, metric, STAT_MAX) ||
           cell_value(b, metric, STAT_MIN) > cell_value(a, metric, STAT_MAX);
}

int board_failed(const struct cell *cell) {
    return cell->calls - cell->calls_running - cell->calls_ok - cell->calls_cancelled -
           cell->calls_suspended;
}

bool board_nothing_ok(const struct cell *cell) {
    bool measured = cell->state == CELL_DONE || cell->state == CELL_STOPPED ||
                    (cell->state == CELL_SKIPPED && cell->passes_done > 0);
    return measured && board_failed(cell) > 0 && cell->calls_ok == 0 && cell->calls_running == 0;
}

bool board_ranked(const struct cell *cell, enum metric_id metric) {
    return metric_counts_tokens(metric) ? cell->tokens_ranked : cell->ranked;
}

int board_best(const struct board *board, int column, enum metric_id metric) {
    enum better better = metric_of(metric)->better;
    double sign = better == BETTER_LESS ? 1 : -1;
    int best = -1, second = -1;
    double best_value = NAN, second_value = NAN;
    for (int ep = 0; better != BETTER_NEITHER && ep < (int)board->row_count; ep++) {
        const struct cell *cell = board_cell(board, ep, column);
        bool ranked = cell && board_ranked(cell, metric);
        double value = ranked ? sign * cell_value(cell, metric, STAT_MEDIAN) : NAN;
        if (isnan(value))
            continue;
        if (best < 0 || value < best_value) {
            second = best, second_value = best_value;
            best = ep, best_value = value;
        } else if (second < 0 || value < second_value) {
            second = ep, second_value = value;
        }
    }
    if (second < 0 ||
        !differ(board_cell(board, best, column), board_cell(board, second, column), metric))
        return -1;
    return best;
}

bool board_is_void(const struct board *board) {
    return board->status == RUN_COMPLETE && !board->measured;
}

const char *board_end_word(const struct board *board) {
    return board_is_void(board) ? RUN_NOTHING : run_status_word(board->status);
}

double board_progress(const struct board *board) {
    if (board->phases_planned == 0)
        return board->status == RUN_OPEN ? 0 : 1;
    return fmin(1, (double)board->phases_done / (double)board->phases_planned);
}

/* Planned phases of a lane that are over, and all of them. */
static void lane_progress(const struct board *board, int lane, double *done, double *planned) {
    int passes = board->run.passes > 0 ? board->run.passes : 1;
    for (size_t i = 0; i < board->row_count; i++) {
        const struct row *row = &board->rows[i];
        for (size_t k = 0; row->live->lane == lane && k < board->column_count; k++) {
            if (!board->columns[k].planned)
                continue;
            *planned += passes;
            for (size_t r = 0; r < row->cells[k].record_count; r++)
                *done += pass_counts(&row->cells[k].records[r]);
        }
    }
}

int64_t board_eta_us(const struct board *board) {
    if (board->status != RUN_OPEN)
        return 0;
    double longest = -1;
    for (size_t lane = 0; lane < board->lane_count; lane++) {
        double done = 0, planned = 0;
        lane_progress(board, (int)lane, &done, &planned);
        if (planned == 0)
            continue;
        if (done == 0)
            return -1;
        longest = fmax(longest, (double)board->now_us * fmax(0, planned - done) / done);
    }
    return longest < 0 ? -1 : (int64_t)fmin(longest, 9e15);
}
