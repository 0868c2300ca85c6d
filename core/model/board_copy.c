/* A board's deep copy, part by part: what is owned is copied, what points within the board points
 * within the copy. A field that owns memory and is added to board.h or board_private.h needs its
 * line here. */
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

void *board_copy_items(const void *from, size_t count, size_t size, size_t *bytes) {
    if (count == 0)
        return NULL;
    void *to = mem_alloc(count * size);
    memcpy(to, from, count * size);
    *bytes += count * size;
    return to;
}

char *board_copy_string(const char *from, size_t *bytes) {
    return from ? board_copy_items(from, strlen(from) + 1, 1, bytes) : NULL;
}

static void copy_values(struct values *values, size_t *bytes) {
    values->at = board_copy_items(values->at, values->count, sizeof *values->at, bytes);
    values->capacity = values->count;
}

static void copy_cell(struct cell *cell, size_t *bytes) {
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        copy_values(&cell->values[i], bytes);
        copy_values(&cell->figures[i], bytes);
    }
    cell->reason = board_copy_string(cell->reason, bytes);
    cell->records =
        board_copy_items(cell->records, cell->record_count, sizeof *cell->records, bytes);
    cell->record_capacity = cell->record_count;
}

static void copy_row(struct board *board, struct row *row, size_t *bytes) {
    row->endpoint = &board->run.endpoints[row - board->rows];
    row->engine_version = board_copy_string(row->engine_version, bytes);
    row->model = board_copy_string(row->model, bytes);
    row->detail = board_copy_string(row->detail, bytes);
    row->live = board_copy_items(row->live, 1, sizeof *row->live, bytes);
    row->cells = board_copy_items(row->cells, board->column_count, sizeof *row->cells, bytes);
    for (size_t i = 0; i < board->column_count; i++)
        copy_cell(&row->cells[i], bytes);
    for (size_t i = 0; i < SERIES_COUNT; i++) {
        struct series *series = &row->series[i];
        series->points =
            board_copy_items(series->points, series->count, sizeof *series->points, bytes);
        series->capacity = series->count;
    }
    row->scores = board_copy_items(row->scores, row->score_count, sizeof *row->scores, bytes);
    row->score_capacity = row->score_count;
    for (size_t i = 0; i < row->score_count; i++) {
        row->scores[i].failure = board_copy_string(row->scores[i].failure, bytes);
        row->scores[i].detail = board_copy_string(row->scores[i].detail, bytes);
        row->scores[i].expected = board_copy_string(row->scores[i].expected, bytes);
    }
}

static void copy_told(struct board *board, size_t *bytes) {
    board->notes = board_copy_items(board->notes, board->note_count, sizeof *board->notes, bytes);
    board->note_capacity = board->note_count;
    for (size_t i = 0; i < board->note_count; i++)
        board->notes[i].text = board_copy_string(board->notes[i].text, bytes);
    board->capabilities = board_copy_items(board->capabilities, board->capability_count,
                                           sizeof *board->capabilities, bytes);
    board->capability_capacity = board->capability_count;
    for (size_t i = 0; i < board->capability_count; i++) {
        struct capability *capability = &board->capabilities[i];
        capability->name = board_copy_string(capability->name, bytes);
        capability->value = board_copy_string(capability->value, bytes);
        capability->evidence = board_copy_string(capability->evidence, bytes);
    }
}

static void copy_judged(struct board *board, size_t *bytes) {
    board->gates = board_copy_items(board->gates, board->gate_count, sizeof *board->gates, bytes);
    board->gate_capacity = board->gate_count;
    board->verdicts =
        board_copy_items(board->verdicts, board->verdict_count, sizeof *board->verdicts, bytes);
    board->verdict_capacity = board->verdict_count;
    board->judgements = board_copy_items(board->judgements, board->judgement_count,
                                         sizeof *board->judgements, bytes);
    board->judgement_capacity = board->judgement_count;
}

struct board *board_copy(const struct board *from, size_t *bytes) {
    size_t counted = 0, *into = bytes ? bytes : &counted;
    *into = 0;
    struct board *board = board_copy_items(from, 1, sizeof *from, into);
    run_copy(&board->run, &from->run);
    board->columns =
        board_copy_items(from->columns, from->column_count, sizeof *from->columns, into);
    board->rows = board_copy_items(from->rows, from->row_count, sizeof *from->rows, into);
    for (size_t i = 0; i < board->row_count; i++)
        copy_row(board, &board->rows[i], into);
    board->lanes = board_copy_items(from->lanes, from->lane_count, sizeof *from->lanes, into);
    for (size_t i = 0; i < board->lane_count; i++)
        lane_copy(&board->lanes[i], into);
    copy_told(board, into);
    copy_judged(board, into);
    calls_copy(board, from, into);
    texts_copy(board, from, into);
    return board;
}
