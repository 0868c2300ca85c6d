#include "model/pass_k.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool pass_k_counts(const struct board *board, const struct score_line *line) {
    return line->column >= 0 && line->repeat >= 0 && line->pass >= 0 &&
           (board->run.passes <= 0 || line->pass < board->run.passes);
}

static int compare_turns(const struct score_line *a, const struct score_line *b) {
    if (a->turn != b->turn)
        return a->turn < b->turn ? -1 : 1;
    return strcmp(a->item, b->item);
}

static int by_turn(const void *a, const void *b) {
    return compare_turns(*(const struct score_line *const *)a,
                         *(const struct score_line *const *)b);
}

/* The scores of one turn stand together. */
static void count_turns(const struct score_line *const *lines, size_t count, struct pass_k *out) {
    for (size_t from = 0, to; from < count; from = to) {
        bool held = true;
        for (to = from; to < count && compare_turns(lines[from], lines[to]) == 0; to++)
            held = held && lines[to]->points >= POINTS_RIGHT;
        int repeats = (int)(to - from);
        if (repeats > out->k)
            *out = (struct pass_k){.k = repeats};
        out->turns += repeats == out->k;
        out->held += held && repeats == out->k;
    }
}

void pass_k_of(const struct board *board, int ep, int column, struct pass_k *out) {
    *out = (struct pass_k){0};
    if (!board_cell(board, ep, column))
        return;
    const struct row *row = &board->rows[ep];
    const struct score_line **lines = mem_zero(row->score_count + 1, sizeof *lines);
    size_t count = 0;
    for (size_t i = 0; i < row->score_count; i++) {
        const struct score_line *line = &row->scores[i];
        if (line->column == column && !isnan(line->points) && pass_k_counts(board, line))
            lines[count++] = line;
    }
    qsort(lines, count, sizeof *lines, by_turn);
    count_turns(lines, count, out);
    free(lines);
}

double pass_k_percent(const struct pass_k *pass_k, int k) {
    return pass_k->turns > 0 && pass_k->k == k ? 100.0 * pass_k->held / pass_k->turns : NAN;
}
