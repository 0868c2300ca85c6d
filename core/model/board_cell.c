/* Cells: a phase on an endpoint, pass by pass. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

#define SCORES_MAX 20000 /* lines a row; more is nonsense */
#define POINTS_MAX 100   /* a turn: the sum of 20,000 thousandfold still fits an int */
#define SCORE_TEXT_MAX 2000
#define REPLACE_REACH 4096 /* calls looked back for the one that is made again, or judged */

int board_column_make(struct board *board, enum suite_id suite, const char *phase, bool planned) {
    int known = board_column(board, suite, phase);
    if (known >= 0)
        return known;
    if (board->column_count == BOARD_COLUMNS_MAX || !*phase) {
        board_nonsense(board, "a phase too many in suite", suite);
        return -1;
    }
    size_t count = board->column_count + 1;
    board->columns = mem_resize(board->columns, count, sizeof *board->columns);
    struct column *column = &board->columns[count - 1];
    *column = (struct column){.suite = suite, .planned = planned, .warmup = phase_is_warmup(phase)};
    copy_text(column->phase, sizeof column->phase, phase);
    for (size_t i = 0; i < board->row_count; i++) {
        struct row *row = &board->rows[i];
        row->cells = mem_resize(row->cells, count, sizeof *row->cells);
        row->cells[count - 1] = (struct cell){.state = CELL_WAITING};
    }
    board->column_count = count;
    return (int)count - 1;
}

void cell_done(struct cell *cell) {
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        values_done(&cell->values[i]);
        values_done(&cell->figures[i]);
    }
    free(cell->reason);
    free(cell->records);
}

/* The runner measures the first engine of a lane once more after all others. */
bool pass_is_control(const struct board *board, int pass) {
    return board->run.passes > 0 && pass >= board->run.passes;
}

struct pass_record *pass_find(const struct cell *cell, int pass) {
    if (pass >= 0 && (size_t)pass < cell->record_count && cell->records[pass].pass == pass)
        return &cell->records[pass]; /* the usual: passes come in order */
    for (size_t i = cell->record_count; i-- > 0;)
        if (cell->records[i].pass == pass)
            return &cell->records[i];
    return NULL;
}

/* Begin, or begin again. */
static void pass_open(struct board *board, int ep, struct pass_record *record) {
    struct row *row = &board->rows[ep];
    int pass = record->pass, attempt = record->attempt;
    *record = (struct pass_record){.pass = pass,
                                   .attempt = attempt,
                                   .open = true,
                                   .control = pass_is_control(board, pass),
                                   .started_us = board->now_us,
                                   .ended_us = MARK_NONE,
                                   .first_call = row->call_count,
                                   .energy_until_us = MARK_NONE,
                                   .decode_cover = NAN,
                                   .prefill_cover = NAN,
                                   .rest = row->live->rest,
                                   .suite_swap = NAN,
                                   .suite_swapouts = NAN,
                                   .ttft_ms = NAN,
                                   .prompt = NAN,
                                   .cached = NAN,
                                   .prompt_mean = NAN,
                                   .early_median = NAN,
                                   .template_peer = -1};
    watch_init(&record->watch, &board->lanes[row->live->lane]);
    for (size_t i = 0; i < PASS_METRICS; i++) {
        record->values[i] = NAN;
        record->slots[i] = NO_SLOT;
    }
}

struct pass_record *pass_make(struct board *board, int ep, int column, int pass) {
    struct cell *cell = board_cell(board, ep, column);
    struct pass_record *record = pass_find(cell, pass);
    if (record)
        return record;
    cell->records =
        mem_grow(cell->records, cell->record_count, &cell->record_capacity, sizeof *cell->records);
    record = &cell->records[cell->record_count++];
    record->pass = pass;
    record->attempt = 0;
    pass_open(board, ep, record);
    return record;
}

/* Count the remaining calls and passes afresh. */
static void cell_recount(struct board *board, int ep, int column) {
    struct row *row = &board->rows[ep];
    struct cell *cell = &row->cells[column];
    for (size_t i = 0; i < METRIC_COUNT; i++)
        cell->values[i].count = 0;
    memset(cell->errors, 0, sizeof cell->errors);
    cell->calls = cell->calls_ok = cell->calls_wrong = cell->calls_degenerate = 0;
    cell->calls_running = cell->calls_cancelled = cell->calls_suspended = 0;
    cell->token_sources = 0;
    for (size_t i = 0; i < row->call_count; i++)
        if (row->calls[i]->column == column && !row->calls[i]->superseded)
            cell_fold_call(cell, row->calls[i], true);
    pass_republish(cell);
}

static void supersede(struct board *board, struct board_call *call) {
    if (!call->finished && call->call.first_token_us != MARK_NONE)
        live_end(&board->rows[call->call.ep], board->now_us);
    call->superseded = true;
}

/* One call was made again within its phase: what it replaces no longer counts. */
void cell_replace_call(struct board *board, const struct call *by, int column,
                       struct pass_record *record) {
    struct row *row = &board->rows[by->ep];
    size_t from = row->call_count > REPLACE_REACH ? row->call_count - REPLACE_REACH : 0;
    bool found = false;
    for (size_t i = from > record->first_call ? from : record->first_call; i < row->call_count;
         i++) {
        struct board_call *call = row->calls[i];
        if (!call_is_of(call, column, by->pass) || call->call.index != by->index ||
            call->call.attempt >= by->attempt)
            continue;
        supersede(board, call);
        found = true;
    }
    if (!found)
        return;
    row->retries++;
    calls_replot(row);
    cell_recount(board, by->ep, column);
}

static void drop_scores(struct row *row, int column, int pass) {
    size_t kept = 0;
    for (size_t i = 0; i < row->score_count; i++) {
        struct score_line *line = &row->scores[i];
        if (line->column == column && line->pass == pass) {
            free(line->failure);
            free(line->detail);
            free(line->expected);
        } else {
            row->scores[kept++] = *line;
        }
    }
    row->score_count = kept;
}

bool pass_counts(const struct pass_record *record) {
    return !record->open && !record->control && !record->again;
}

static bool counts_as_done(const struct board *board, int column,
                           const struct pass_record *record) {
    return board->columns[column].planned && pass_counts(record);
}

/* A suite's pass is measured anew as a whole, or not at all. */
static void pass_reopen(struct board *board, int ep, enum suite_id suite, int pass) {
    if (board_pass(board, ep, suite, pass) != BOARD_PASS_BEGUN)
        return;
    for (int column = 0; column < (int)board->column_count; column++) {
        struct pass_record *record = pass_find(board_cell(board, ep, column), pass);
        if (!record || board->columns[column].suite != suite)
            continue;
        board->phases_done -= counts_as_done(board, column, record);
        record->again = true;
    }
}

void passes_reopen(struct board *board) {
    for (int ep = 0; ep < (int)board->row_count; ep++)
        for (int column = 0; column < (int)board->column_count; column++) {
            const struct cell *cell = board_cell(board, ep, column);
            for (size_t i = 0; i < cell->record_count; i++)
                if (!cell->records[i].again)
                    pass_reopen(board, ep, board->columns[column].suite, cell->records[i].pass);
        }
}

/* The phase is run again in the same pass: nothing of the attempt before may stay. A retry it is
 * only when the same log holds both attempts. */
void cell_retry(struct board *board, int ep, int column, struct pass_record *record) {
    struct row *row = &board->rows[ep];
    struct cell *cell = &row->cells[column];
    bool counted = false;
    size_t end = record->open ? row->call_count : record->end_call;
    for (size_t i = record->first_call; i < end; i++) {
        if (!call_is_of(row->calls[i], column, record->pass))
            continue;
        supersede(board, row->calls[i]);
        counted = true;
    }
    if (!record->open && record->status == PHASE_DONE && !record->control)
        cell->passes_done--;
    board->phases_done -= counts_as_done(board, column, record);
    cell->scores -= record->turns;
    cell->points_times_1000 -= record->points_times_1000;
    drop_scores(row, column, record->pass);
    bool published = !record->open;
    record->attempt++;
    row->retries += !record->again;
    pass_open(board, ep, record);
    if (counted)
        calls_replot(row);
    if (counted || published)
        cell_recount(board, ep, column);
}

void apply_phase_start(struct board *board, int64_t t, const struct event_phase *phase) {
    int column = board_column_make(board, phase->suite, phase->phase, false);
    if (column < 0)
        return;
    if (phase->pass < 0 || phase->pass >= PASSES_MAX) {
        board_nonsense(board, "impossible pass", phase->pass);
        return;
    }
    struct row *row = &board->rows[phase->ep];
    struct cell *cell = &row->cells[column];
    rest_note(board, phase->ep, t);
    live_enter(row, phase->suite, phase->pass, &board->lanes[row->live->lane]);
    struct pass_record *record = pass_find(cell, phase->pass);
    if (record)
        cell_retry(board, phase->ep, column, record);
    record = pass_make(board, phase->ep, column, phase->pass);
    record->started_us = t;
    free(cell->reason);
    cell->reason = NULL;
    cell->state = CELL_RUNNING;
    cell->pass = phase->pass;
    cell->started_us = t;
    cell->turns_told = 0;
    cell->turns_due = phase->turns > 0 ? phase->turns : 0;
    row->running_column = column;
}

/* All that is known of an ended pass: figures, gates, verdicts. Also when a call came in late. */
void pass_settle(struct board *board, int ep, int column, struct pass_record *record) {
    struct row *row = &board->rows[ep];
    struct cell *cell = &row->cells[column];
    pass_count_calls(board, row, column, record);
    if (record->status == PHASE_DONE) {
        pass_figures(board, row, column, record);
        pass_energy(board, row, column, record);
        pass_publish(cell, record);
        pass_await_energy(row, column, (size_t)(record - cell->records));
    }
    if (!record->control)
        gate_refresh(board, ep, column, record->pass);
    verdict_refresh(board, ep, column, record->pass);
}

static enum cell_state state_after(enum phase_status status) {
    switch (status) {
    case PHASE_DONE:
        return CELL_DONE;
    case PHASE_SKIPPED:
        return CELL_SKIPPED;
    case PHASE_STOPPED:
    case PHASE_STATUS_COUNT:
        break;
    }
    return CELL_STOPPED;
}

void apply_phase_end(struct board *board, int64_t t, const struct event_phase *phase) {
    int column = board_column_make(board, phase->suite, phase->phase, false);
    if (column < 0 || phase->pass < 0 || phase->pass >= PASSES_MAX) {
        board_nonsense(board, "impossible pass", phase->pass);
        return;
    }
    struct row *row = &board->rows[phase->ep];
    struct cell *cell = &row->cells[column];
    struct pass_record *record = pass_make(board, phase->ep, column, phase->pass);
    if (!record->open) {
        board_nonsense(board, "a second end of pass", phase->pass);
        return;
    }
    record->open = false;
    record->status = phase->status;
    record->down =
        phase->status == PHASE_SKIPPED && phase->reason && strcmp(phase->reason, REASON_DOWN) == 0;
    record->ended_us = t;
    record->end_call = row->call_count;
    bool kept = record->control && cell->passes_done > 0; /* what was measured before stands */
    cell->state = kept ? CELL_DONE : state_after(phase->status);
    cell->pass = phase->pass;
    cell->ended_us = t;
    free(cell->reason);
    cell->reason = phase->status == PHASE_DONE || !phase->reason
                       ? NULL
                       : mem_bytes(phase->reason, strnlen(phase->reason, SCORE_TEXT_MAX));
    cell->passes_done += phase->status == PHASE_DONE && !record->control;
    board->phases_done += counts_as_done(board, column, record);
    if (row->running_column == column)
        row->running_column = -1;
    watch_close(&record->watch, row, &board->lanes[row->live->lane], record->started_us);
    record->suite_swap = row->live->suite_swap;
    record->suite_swapouts = row->live->suite_swapouts;
    pass_settle(board, phase->ep, column, record);
}

/* A score names an item, not a phase: the phase of that name, the one that runs, the suite's first.
 */
static int column_of_score(const struct board *board, const struct event_score *score) {
    int column = board_column(board, score->suite, score->item);
    if (column >= 0)
        return column;
    int running = board->rows[score->ep].running_column;
    if (running >= 0 && board->columns[running].suite == score->suite)
        return running;
    for (size_t i = 0; i < board->column_count; i++)
        if (board->columns[i].suite == score->suite && !board->columns[i].warmup)
            return (int)i;
    return -1;
}

static char *score_text(const char *text) {
    return text ? mem_bytes(text, strnlen(text, SCORE_TEXT_MAX)) : NULL;
}

/* A score follows the answer it judges. */
static int64_t call_of_score(const struct row *row, int column, int pass) {
    size_t from = row->call_count > REPLACE_REACH ? row->call_count - REPLACE_REACH : 0;
    for (size_t i = row->call_count; i-- > from;)
        if (row->calls[i]->finished && call_is_of(row->calls[i], column, pass))
            return row->calls[i]->call.id;
    return 0;
}

void apply_score(struct board *board, const struct event_score *score) {
    struct row *row = &board->rows[score->ep];
    bool scored =
        !isnan(score->points); /* an engine's fault is shown, but no points of the model */
    if (row->score_count == SCORES_MAX || (scored && !(fabs(score->points) <= POINTS_MAX))) {
        board_nonsense(board, "a score too many or too high, turn", score->turn);
        return;
    }
    int column = column_of_score(board, score);
    row->scores =
        mem_grow(row->scores, row->score_count, &row->score_capacity, sizeof *row->scores);
    struct score_line *line = &row->scores[row->score_count++];
    *line = (struct score_line){.suite = score->suite,
                                .column = column,
                                .turn = score->turn,
                                .repeat = score->repeat,
                                .pass = score->pass,
                                .call = call_of_score(row, column, score->pass),
                                .points = score->points,
                                .failure = score_text(score->failure),
                                .detail = score_text(score->detail),
                                .expected = score_text(score->expected)};
    copy_text(line->item, sizeof line->item, score->item);
    struct cell *cell = board_cell(board, score->ep, column);
    if (cell && cell->pass == score->pass)
        cell->turns_told++;
    if (!cell || !scored)
        return;
    struct pass_record *record = pass_make(board, score->ep, column, score->pass);
    if (record->control)
        return;
    int points = (int)lround(score->points * 1000);
    cell->scores++;
    cell->points_times_1000 += points;
    record->turns++;
    record->points_times_1000 += points;
    record->values[METRIC_SCORE - METRIC_WALL] = record->points_times_1000 / 10.0 / record->turns;
    pass_publish(cell, record);
    cell_rank(board, score->ep, column);
}

void apply_figure(struct board *board, const struct event_figure *figure) {
    int metric = metric_find(figure->metric), stat = stat_find(figure->stat);
    int column = board_column_make(board, figure->suite, figure->phase, false);
    if (metric < 0 || stat < 0) {
        board_nonsense(board, "an unknown metric or statistic of endpoint", figure->ep);
        return;
    }
    if (column < 0)
        return;
    struct cell *cell = board_cell(board, figure->ep, column);
    struct pass_record *record = pass_find(cell, cell->pass);
    if (cell->state == CELL_RUNNING && record && record->open && metric >= METRIC_WALL) {
        record->values[metric - METRIC_WALL] = figure->value; /* of this pass, told by its suite */
        return;
    }
    struct values *values = &cell->figures[metric];
    if (values->count == 0) {
        values->at = mem_resize(values->at, STAT_COUNT, sizeof *values->at);
        values->count = values->capacity = STAT_COUNT;
        for (size_t i = 0; i < STAT_COUNT; i++)
            values->at[i] = NAN;
    }
    values->at[stat] = figure->value;
    if (figure->n >= 0)
        values->at[STAT_N] = (double)figure->n;
    if (cell->state == CELL_WAITING)
        cell->state = CELL_DONE;
    cell_rank(board, figure->ep, column);
}

static bool has_figures(const struct cell *cell) {
    for (size_t i = 0; i < METRIC_COUNT; i++)
        if (cell->values[i].count || cell->figures[i].count)
            return true;
    return false;
}

void cell_rank(struct board *board, int ep, int column) {
    struct cell *cell = board_cell(board, ep, column);
    unsigned unranking = 0;
    for (int gate = 0; gate < GATE_COUNT; gate++)
        unranking |= gate_unranks((enum gate_id)gate) ? 1u << gate : 0;
    unsigned sources = cell->token_sources;
    bool one_source = (sources & (sources - 1)) == 0;
    cell->ranked =
        !board->columns[column].warmup && !(cell->gates & unranking) && has_figures(cell);
    cell->tokens_ranked = cell->ranked && one_source && !(sources & 1u << TOKENS_CHUNKS);
}
