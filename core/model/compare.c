#include "model/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/compare_private.h"

#define SURE 0.05      /* Holm's p of a difference that stands */
#define TIE_SHARE 0.01 /* medians closer than this do not differ for anyone (board_best) */

static const char *const verdict_words[COMPARE_COUNT] = {
    [COMPARE_BETTER] = "better",
    [COMPARE_WORSE] = "worse",
    [COMPARE_NONE] = "no difference shown",
    [COMPARE_NOT] = "not comparable",
};

const char *compare_word(enum compare_verdict verdict) {
    return verdict_words[verdict];
}

/* What is compared, each thing once: calls/s is the wall's inverse, J/token that of tok/s/W. */
static const struct compared compared[] = {
    {METRIC_TTFT, false, false, true, false},        {METRIC_DECODE, true, false, true, false},
    {METRIC_EFFECTIVE, true, false, true, false},    {METRIC_LATENCY, false, false, true, false},
    {METRIC_WALL, false, false, false, true},        {METRIC_AGGREGATE, true, false, false, true},
    {METRIC_PREFILL, true, false, true, false},      {METRIC_MTP_ACCEPT, false, false, true, false},
    {METRIC_TPS_PER_WATT, true, false, true, false}, {METRIC_VALID, false, true, true, false},
    {METRIC_SCORE, false, true, true, false},        {METRIC_SWAP_DELTA, false, true, false, false},
    {METRIC_RSS, false, false, false, false},        {METRIC_FOOTPRINT, false, false, false, false},
};

/* ---- one cell against another ---- */

static double unit_value(const struct units *units, int number, enum metric_id metric) {
    for (size_t i = 0; i < units->count; i++)
        if (units->at[i].number == number)
            return units->at[i].values[metric];
    return NAN;
}

static void known_values(const struct units *units, enum metric_id metric, struct values *out) {
    for (size_t i = 0; i < units->count; i++)
        values_add(out, units->at[i].values[metric]);
}

/* Both samples of a metric, side by side when they have the same units. */
static bool draw_samples(const struct side *a, const struct side *b, enum metric_id metric,
                         struct values *left, struct values *right) {
    struct values others = {0};
    for (size_t i = 0; i < a->units.count; i++) {
        double x = a->units.at[i].values[metric];
        double y = unit_value(&b->units, a->units.at[i].number, metric);
        if (isnan(x) || isnan(y))
            continue;
        values_add(left, x);
        values_add(right, y);
    }
    size_t pairs = left->count;
    known_values(&a->units, metric, &others);
    bool paired = others.count == pairs;
    others.count = 0;
    known_values(&b->units, metric, &others);
    paired = paired && others.count == pairs && pairs > 0;
    values_done(&others);
    if (paired)
        return true;
    left->count = right->count = 0;
    known_values(&a->units, metric, left);
    known_values(&b->units, metric, right);
    return false;
}

static void judge(struct compare_row *row) {
    const struct ratio *ratio = &row->ratio;
    if (isnan(ratio->low)) {
        row->verdict = COMPARE_NONE;
        if (isnan(ratio->ratio))
            copy_text(row->detail, sizeof row->detail, "a median is not above 0: no ratio");
        else if (row->n_a < BOOTSTRAP_LEAST || row->n_b < BOOTSTRAP_LEAST)
            snprintf(row->detail, sizeof row->detail, "n < %d", BOOTSTRAP_LEAST);
        else
            copy_text(row->detail, sizeof row->detail, "only aggregates were kept");
        return;
    }
    bool tie = fabs(ratio->ratio - 1) <= TIE_SHARE;
    if (tie || (ratio->low <= 1 && ratio->high >= 1)) {
        row->verdict = COMPARE_NONE;
        if (ratio->low > 1 || ratio->high < 1)
            copy_text(row->detail, sizeof row->detail, "within 1 %");
        return;
    }
    bool less = ratio->high < 1;
    row->verdict =
        less == (metric_of(row->metric)->better == BETTER_LESS) ? COMPARE_BETTER : COMPARE_WORSE;
}

/* Imported aggregates have medians, but nothing to draw from. */
static bool fill_aggregates(struct compare_row *row, const struct side *a, const struct side *b) {
    double n_a = board_value(a->board, a->ep, a->column, row->metric, STAT_N);
    double n_b = board_value(b->board, b->ep, b->column, row->metric, STAT_N);
    row->a = board_value(a->board, a->ep, a->column, row->metric, STAT_MEDIAN);
    row->b = board_value(b->board, b->ep, b->column, row->metric, STAT_MEDIAN);
    row->n_a = n_a > 0 ? (size_t)n_a : 0;
    row->n_b = n_b > 0 ? (size_t)n_b : 0;
    row->ratio = (struct ratio){.ratio = row->a > 0 && row->b > 0 ? row->b / row->a : NAN,
                                .low = NAN,
                                .high = NAN,
                                .p = NAN};
    return !isnan(row->a) && !isnan(row->b);
}

static uint64_t seed_of(const struct compare_row *row, const struct side *a, const struct side *b) {
    uint64_t seed = stats_hash(a->board->run.seed, row->phase);
    seed = stats_hash(seed ^ (uint64_t)row->suite << 8, metric_of(row->metric)->id);
    return stats_hash(seed, b->board->rows[b->ep].endpoint->name);
}

static bool fill_row(struct compare_row *row, const struct side *a, const struct side *b,
                     struct ratio_memo *memo) {
    struct values left = {0}, right = {0};
    bool paired = draw_samples(a, b, row->metric, &left, &right);
    bool known = left.count > 0 && right.count > 0;
    if (known) {
        row->a = stats_median(left.at, left.count);
        row->b = stats_median(right.at, right.count);
        row->n_a = left.count;
        row->n_b = right.count;
        row->ratio = ratio_memo_find(memo, left.at, left.count, right.at, right.count, paired,
                                     seed_of(row, a, b));
    }
    values_done(&left);
    values_done(&right);
    return known || fill_aggregates(row, a, b);
}

static bool is_known(const struct side *side, enum metric_id metric) {
    return !isnan(board_value(side->board, side->ep, side->column, metric, STAT_MEDIAN));
}

static void compare_cells(struct compare *out, struct side *a, struct side *b,
                          enum metric_id only) {
    const struct column *column = &b->board->columns[b->column];
    if (only != METRIC_COUNT && (!is_known(a, only) || !is_known(b, only)))
        return; /* making units is the dear part */
    bool calls = compare_one_by_one(column->suite) && compare_passes(a->cell) == 1 &&
                 compare_passes(b->cell) == 1;
    a->units = compare_units(a->board, a->ep, a->column, calls);
    b->units = compare_units(b->board, b->ep, b->column, calls);
    for (size_t i = 0; i < COUNT_OF(compared); i++) {
        if (only != METRIC_COUNT && compared[i].metric != only)
            continue;
        if (compared[i].many && (column->suite == SUITE_AGENTIC || column->suite == SUITE_SOLO))
            continue;
        struct compare_row row = {.ep_a = a->ep,
                                  .ep_b = b->ep,
                                  .suite = column->suite,
                                  .metric = compared[i].metric,
                                  .p_set = NAN};
        copy_text(row.phase, sizeof row.phase, column->phase);
        if (!fill_row(&row, a, b, out->memo))
            continue;
        row.bar = compare_bar_of(a, b, &compared[i], row.detail, sizeof row.detail);
        if (row.bar != BAR_NONE)
            row.verdict = COMPARE_NOT;
        else
            judge(&row);
        out->rows = mem_grow(out->rows, out->count, &out->capacity, sizeof *out->rows);
        out->rows[out->count++] = row;
    }
    free(a->units.at);
    free(b->units.at);
}

static void compare_pair(struct compare *out, const struct board *board_a, int ep_a,
                         const struct board *board_b, int ep_b, enum metric_id only) {
    for (int column = 0; column < (int)board_b->column_count; column++) {
        const struct column *what = &board_b->columns[column];
        int other = board_column(board_a, what->suite, what->phase);
        if (what->warmup || other < 0)
            continue;
        struct side a = {board_a, ep_a, other, board_cell(board_a, ep_a, other), {0}};
        struct side b = {board_b, ep_b, column, board_cell(board_b, ep_b, column), {0}};
        compare_cells(out, &a, &b, only);
    }
}

static void correct(struct compare *compare) {
    double *p = mem_alloc(compare->count * sizeof *p);
    for (size_t i = 0; i < compare->count; i++)
        p[i] = compare->rows[i].bar == BAR_NONE ? compare->rows[i].ratio.p : NAN;
    bootstrap_holm(p, compare->count);
    for (size_t i = 0; i < compare->count; i++)
        compare->rows[i].p_set = p[i];
    free(p);
}

/* ---- who stands against whom ---- */

static bool same_text(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

static int match_name(const struct board *in, const char *name) {
    for (size_t i = 0; i < in->row_count; i++)
        if (same_text(in->rows[i].endpoint->name, name))
            return (int)i;
    return -1;
}

/* The only endpoint of that engine and model; -1 when there is none, or more. */
static int match_kind(const struct board *in, const struct endpoint *as) {
    int found = -1;
    for (size_t i = 0; i < in->row_count; i++) {
        const struct endpoint *endpoint = in->rows[i].endpoint;
        if (endpoint->engine != as->engine || !same_text(endpoint->model, as->model))
            continue;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

int compare_match(const struct board *board, int ep, const struct board *in) {
    const struct endpoint *endpoint = board->rows[ep].endpoint;
    int found = match_name(in, endpoint->name);
    return found >= 0 ? found : match_kind(in, endpoint);
}

void compare_boards(struct compare *out, const struct board *a, const struct board *b) {
    *out = (struct compare){0};
    for (int ep = 0; ep < (int)b->row_count; ep++) {
        int other = compare_match(b, ep, a);
        if (other >= 0)
            compare_pair(out, a, other, b, ep, METRIC_COUNT);
    }
    correct(out);
}

void compare_metric(struct compare *out, const struct board *a, const struct board *b,
                    enum metric_id metric, struct ratio_memo *memo) {
    *out = (struct compare){.memo = memo};
    for (int ep = 0; ep < (int)b->row_count; ep++) {
        int other = compare_match(b, ep, a);
        if (other < 0)
            continue;
        compare_pair(out, a, other, b, ep, metric);
        if (metric != METRIC_SCORE)
            compare_pair(out, a, other, b, ep, METRIC_SCORE);
    }
    correct(out);
}

void compare_baselines(struct compare *out, const struct board *board) {
    *out = (struct compare){0};
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        int other = compare_baseline(board, ep);
        if (other >= 0)
            compare_pair(out, board, other, board, ep, METRIC_COUNT);
    }
    correct(out);
}

int compare_baseline(const struct board *board, int ep) {
    const char *baseline = board->rows[ep].endpoint->baseline;
    int other = baseline ? match_name(board, baseline) : -1;
    return other == ep ? -1 : other;
}

void compare_endpoints(struct compare *out, const struct board *a, int ep_a, const struct board *b,
                       int ep_b, enum metric_id metric) {
    *out = (struct compare){0};
    compare_pair(out, a, ep_a, b, ep_b, metric);
    correct(out);
}

bool compare_knows(enum metric_id metric) {
    for (size_t i = 0; i < COUNT_OF(compared); i++)
        if (compared[i].metric == metric)
            return true;
    return false;
}

void compare_done(struct compare *compare) {
    free(compare->rows);
    *compare = (struct compare){0};
}

const struct compare_row *compare_find(const struct compare *compare, int ep_b, enum suite_id suite,
                                       const char *phase, enum metric_id metric) {
    for (size_t i = 0; i < compare->count; i++) {
        const struct compare_row *row = &compare->rows[i];
        if (row->ep_b == ep_b && row->suite == suite && row->metric == metric &&
            strcmp(row->phase, phase) == 0)
            return row;
    }
    return NULL;
}

bool compare_holds(const struct compare_row *row) {
    bool differs = row->verdict == COMPARE_BETTER || row->verdict == COMPARE_WORSE;
    return differs && row->p_set < SURE;
}

bool compare_worse_by(const struct compare_row *row, double percent) {
    if (row->verdict != COMPARE_WORSE || !compare_holds(row))
        return false;
    double share = percent / 100;
    return metric_of(row->metric)->better == BETTER_LESS ? row->ratio.low > 1 + share
                                                         : row->ratio.high < 1 - share;
}
