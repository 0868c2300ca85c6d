#include "store/weighing.h"

#include <math.h>
#include <stdlib.h>

#define OVER_MAX 1024

/* The largest over all phases of all suites. */
static double resident_gb(const struct board *board, int ep) {
    double most = NAN;
    for (int column = 0; column < (int)board->column_count; column++)
        most = fmax(most, board_value(board, ep, column, METRIC_RSS, STAT_MAX));
    return most / 1024;
}

/* A measured part: all passes of all phases of its suite, unless one of them may not be ranked. */
static void measure(struct weighed *row, const struct board *board, int ep, enum part_id part) {
    enum suite_id suite = (enum suite_id)part_suite(part);
    double percent = board_row_value(board, ep, suite, METRIC_SCORE, STAT_MEDIAN);
    bool any = false;
    for (int column = 0; column < (int)board->column_count; column++) {
        const struct cell *cell = board_cell(board, ep, column);
        if (board->columns[column].suite != suite || !cell)
            continue;
        row->turns[part] += cell->scores;
        any = any || !isnan(board_value(board, ep, column, METRIC_SCORE, STAT_MEDIAN));
    }
    row->barred[part] = any && isnan(percent);
    if (percent >= 0 && percent <= 100)
        row->scores.of[part] = percent / 100;
}

/* The user's figures of the model, and the built-in ones where they have none. */
static void look_up(struct weighed *row, const struct published *own,
                    const struct published *built_in, struct buf *over) {
    struct buf unused;
    buf_init(&unused, OVER_MAX);
    const struct published_model *first = own ? published_find(own, row->model, over) : NULL;
    const struct published_model *rest =
        published_find(built_in, row->model, first ? &unused : over);
    buf_done(&unused);
    if (!first && !rest)
        return;
    row->merged = first ? *first : *rest;
    for (int part = 0; rest && part < PART_COUNT; part++)
        if (isnan(row->merged.of[part].score))
            row->merged.of[part] = rest->of[part];
    row->published = &row->merged;
}

static void weigh(struct weighing *weighing, const struct published *own, int ep) {
    const struct row *from = &weighing->board->rows[ep];
    struct weighed *row = &weighing->rows[ep];
    struct buf over;
    buf_init(&over, OVER_MAX);
    row->model = from->model ? from->model : from->endpoint->model;
    look_up(row, own, weighing->figures, &over);
    row->over = buf_take(&over);
    part_scores_init(&row->scores);
    for (int part = 0; part < PART_COUNT; part++) {
        if (part_suite((enum part_id)part) >= 0)
            measure(row, weighing->board, ep, (enum part_id)part);
        else if (row->published)
            row->scores.of[part] = row->published->of[part].score;
    }
    row->weighted = weights_score(weighing->weights, &row->scores);
    row->resident_gb = resident_gb(weighing->board, ep);
    row->per_gb = weights_per_gb(&row->scores, row->resident_gb, &row->per_gb_missing);
}

void weighing_init(struct weighing *weighing, const struct board *board,
                   const struct weights *weights, const struct published *own) {
    *weighing = (struct weighing){.board = board, .weights = weights};
    weighing->figures = published_embedded();
    weighing->count = board->row_count < ENDPOINTS_MAX ? board->row_count : ENDPOINTS_MAX;
    weighing->rows = mem_zero(weighing->count, sizeof *weighing->rows);
    for (int ep = 0; ep < (int)weighing->count; ep++)
        weigh(weighing, own, ep);
}

void weighing_done(struct weighing *weighing) {
    for (size_t i = 0; i < weighing->count; i++)
        free(weighing->rows[i].over);
    free(weighing->rows);
    published_free(weighing->figures);
}

/* ---- groups ---- */

static double coverage_of(const struct weights *weights, unsigned known) {
    double sum = 0;
    for (int part = 0; part < PART_COUNT; part++)
        sum += known >> part & 1 ? weights->of[part] : 0;
    return sum;
}

/* Does group a come before b? Equal weight by other parts: the bits decide. */
static bool before(const struct weights *weights, unsigned a, unsigned b) {
    double wide_a = coverage_of(weights, a), wide_b = coverage_of(weights, b);
    return wide_a > wide_b || (!(wide_a < wide_b) && a < b);
}

unsigned weighing_next(const struct weighing *weighing, unsigned known) {
    const struct weights *weights = weighing->weights;
    unsigned next = 0;
    for (size_t i = 0; i < weighing->count; i++) {
        unsigned own = weighing->rows[i].weighted.known;
        if (own && (!known || before(weights, known, own)) && (!next || before(weights, own, next)))
            next = own;
    }
    return next;
}

size_t weighing_rank(const struct weighing *weighing, unsigned known, int eps[ENDPOINTS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < weighing->count; i++) {
        if (!known || weighing->rows[i].weighted.known != known)
            continue;
        size_t at = count++;
        double score = weighing->rows[i].weighted.score;
        for (; at > 0 && weighing->rows[eps[at - 1]].weighted.score < score; at--)
            eps[at] = eps[at - 1];
        eps[at] = (int)i;
    }
    return count;
}

bool weighing_sensitivity(const struct weighing *weighing, unsigned known,
                          struct sensitivity *out) {
    struct part_scores entries[ENDPOINTS_MAX];
    for (size_t i = 0; i < weighing->count; i++)
        entries[i] = weighing->rows[i].scores;
    return weights_sensitivity(weighing->weights, entries, weighing->count, known, out);
}

const char *weighing_absence(const struct weighing *weighing, int ep, enum part_id part) {
    const struct weighed *row = &weighing->rows[ep];
    if (part_suite(part) < 0)
        return !row->model       ? "the model is not known"
               : !row->published ? "no published figures for this model"
                                 : "no published figure";
    return row->barred[part] ? "measured, but a gate bars it from ranking"
                             : "the suite has no score in this run";
}
