#include "model/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

#define TEMPLATE_SHARE 0.05 /* prompt_tokens that differ by more: another text (protocol 5) */
#define SURE 0.05           /* Holm's p of a difference that stands */
#define TIE_SHARE 0.01      /* medians closer than this do not differ for anyone (board_best) */

static const char *const verdict_words[COMPARE_COUNT] = {
    [COMPARE_BETTER] = "better",
    [COMPARE_WORSE] = "worse",
    [COMPARE_NONE] = "no difference shown",
    [COMPARE_NOT] = "not comparable",
};

static const char *const bar_words[BAR_COUNT] = {
    [BAR_NONE] = "",
    [BAR_WORKLOAD] = "other workload",
    [BAR_SALT] = "other salt policy",
    [BAR_MACHINE] = "other machine",
    [BAR_POWER_MODE] = "other power mode",
    [BAR_THINKING] = "other thinking mode",
    [BAR_GATE] = "gate tripped",
    [BAR_TOKEN_SOURCE] = "other token source",
    [BAR_TEMPLATE] = "other template",
    [BAR_DEFINITION] = "other definition",
};

const char *compare_word(enum compare_verdict verdict) {
    return verdict_words[verdict];
}

const char *compare_bar_word(enum compare_bar bar) {
    return bar_words[bar];
}

/* What is compared, each thing once: calls/s is the wall's inverse, J/token that of tok/s/W. */
struct compared {
    enum metric_id metric;
    bool tokens;  /* rests on token counts */
    bool outcome; /* says itself whether the rest may be trusted: no gate bars it */
    bool defined; /* tools define it differently */
    bool many;    /* of many calls: of a single one the others say it */
};
static const struct compared compared[] = {
    {METRIC_TTFT, false, false, true, false},        {METRIC_DECODE, true, false, true, false},
    {METRIC_EFFECTIVE, true, false, true, false},    {METRIC_LATENCY, false, false, true, false},
    {METRIC_WALL, false, false, false, true},        {METRIC_AGGREGATE, true, false, false, true},
    {METRIC_PREFILL, true, false, true, false},      {METRIC_MTP_ACCEPT, false, false, true, false},
    {METRIC_TPS_PER_WATT, true, false, true, false}, {METRIC_VALID, false, true, true, false},
    {METRIC_SCORE, false, true, true, false},        {METRIC_SWAP_DELTA, false, true, false, false},
    {METRIC_RSS, false, false, false, false},        {METRIC_FOOTPRINT, false, false, false, false},
};

/* ---- units ---- */

struct unit {
    int number; /* of the pass, or of the call in its only pass */
    double values[METRIC_COUNT];
};
struct units {
    struct unit *at;
    size_t count, capacity;
};

static struct unit *unit_add(struct units *units, int number) {
    units->at = mem_grow(units->at, units->count, &units->capacity, sizeof *units->at);
    struct unit *unit = &units->at[units->count++];
    unit->number = number;
    for (size_t i = 0; i < METRIC_COUNT; i++)
        unit->values[i] = NAN;
    return unit;
}

static bool counts(const struct board_call *call, int column, int pass) {
    return call->finished && call->call.ok && call_is_of(call, column, pass);
}

/* A pass as one unit: of its calls the medians, and its own figures. */
static void add_pass(struct units *units, const struct row *row, int column,
                     const struct pass_record *record) {
    struct unit *unit = unit_add(units, record->pass);
    struct values values[METRIC_COUNT] = {{0}};
    for (size_t i = record->first_call; i < record->end_call && i < row->call_count; i++)
        if (counts(row->calls[i], column, record->pass))
            call_values(values, row->calls[i]);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        unit->values[i] = i < METRIC_WALL ? stats_median(values[i].at, values[i].count)
                                          : record->values[i - METRIC_WALL];
        values_done(&values[i]);
    }
}

/* The calls of an only pass, each a unit; the pass's own figures stand with the first. */
static void add_calls(struct units *units, const struct row *row, int column,
                      const struct pass_record *record) {
    for (size_t i = record->first_call; i < record->end_call && i < row->call_count; i++) {
        const struct board_call *call = row->calls[i];
        if (!counts(call, column, record->pass))
            continue;
        struct values values[METRIC_COUNT] = {{0}};
        struct unit *unit = unit_add(units, call->call.index);
        call_values(values, call);
        for (size_t k = 0; k < METRIC_COUNT; k++) {
            if (k < METRIC_WALL && values[k].count)
                unit->values[k] = values[k].at[0];
            else if (k >= METRIC_WALL && units->count == 1)
                unit->values[k] = record->values[k - METRIC_WALL];
            values_done(&values[k]);
        }
    }
}

static bool usable(const struct pass_record *record) {
    return !record->open && !record->control;
}

static size_t passes_of(const struct cell *cell) {
    size_t passes = 0;
    for (size_t i = 0; i < cell->record_count; i++)
        passes += usable(&cell->records[i]);
    return passes;
}

/* A burst's calls share one queue, so that they are no sample of their own. */
static bool one_by_one(enum suite_id suite) {
    return suite != SUITE_BURST && suite != SUITE_COHAB;
}

static struct units units_of(const struct board *board, int ep, int column, bool calls) {
    const struct row *row = &board->rows[ep];
    const struct cell *cell = &row->cells[column];
    struct units units = {0};
    for (size_t i = 0; i < cell->record_count; i++) {
        if (!usable(&cell->records[i]))
            continue;
        if (calls)
            add_calls(&units, row, column, &cell->records[i]);
        else
            add_pass(&units, row, column, &cell->records[i]);
    }
    return units;
}

/* ---- one cell against another ---- */

struct side {
    const struct board *board;
    int ep, column;
    const struct cell *cell;
    struct units units;
};

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

static const char *definition_of(const struct side *side) {
    for (size_t i = 0; i < side->board->capability_count; i++) {
        const struct capability *capability = &side->board->capabilities[i];
        if (capability->ep == side->ep && capability->name &&
            strcmp(capability->name, COMPARE_DEFINITION) == 0)
            return capability->value ? capability->value : "";
    }
    return side->board->rows[side->ep].endpoint->imported ? "unknown" : "pitwall";
}

static enum thinking thinking_of(const struct side *side) {
    const struct row *row = &side->board->rows[side->ep];
    size_t first = side->cell->record_count ? side->cell->records[0].first_call : row->call_count;
    for (size_t i = first; i < row->call_count; i++)
        if (row->calls[i]->column == side->column && row->calls[i]->finished)
            return row->calls[i]->call.thinking;
    enum thinking mode = row->endpoint->thinking;
    return mode == THINKING_DEFAULT ? suite_thinking(side->board->columns[side->column].suite)
                                    : mode;
}

static bool text_differs(const char *a, const char *b) {
    return a && b && strcmp(a, b) != 0;
}

/* Drawn anew, or the same text every time: cold means something else then. */
static bool salt_is_drawn(const struct board *board) {
    return board->run.salt && strcmp(board->run.salt, "random") == 0;
}

static bool unranking_gate(const struct side *side, char *detail, size_t size) {
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (gate_unranks((enum gate_id)gate) && side->cell->gates & 1u << gate) {
            snprintf(detail, size, "%s of %s", gate_word((enum gate_id)gate),
                     side->board->rows[side->ep].endpoint->name);
            return true;
        }
    return false;
}

static bool template_differs(const struct side *a, const struct side *b, char *detail,
                             size_t size) {
    double x = board_value(a->board, a->ep, a->column, METRIC_PROMPT_TOKENS, STAT_MEDIAN);
    double y = board_value(b->board, b->ep, b->column, METRIC_PROMPT_TOKENS, STAT_MEDIAN);
    if (!(fabs(x - y) > TEMPLATE_SHARE * fmin(x, y)))
        return false;
    snprintf(detail, size, "prompt_tokens %.0f and %.0f", x, y);
    return true;
}

static enum compare_bar bar_of_runs(const struct side *a, const struct side *b, char *detail,
                                    size_t size) {
    const struct run *x = &a->board->run, *y = &b->board->run;
    if (x == y)
        return BAR_NONE;
    if (x->workload != y->workload) {
        snprintf(detail, size, "%s and %s", workload_word(x->workload), workload_word(y->workload));
        return BAR_WORKLOAD;
    }
    if (salt_is_drawn(a->board) != salt_is_drawn(b->board))
        return BAR_SALT;
    const char *was = x->machine.chip ? x->machine.chip : x->machine.model;
    const char *is = y->machine.chip ? y->machine.chip : y->machine.model;
    if (text_differs(was, is) || text_differs(x->machine.model, y->machine.model)) {
        snprintf(detail, size, "%.40s and %.40s", was ? was : "?", is ? is : "?");
        return BAR_MACHINE;
    }
    if (text_differs(x->machine.power_mode, y->machine.power_mode)) {
        snprintf(detail, size, "%.40s and %.40s", x->machine.power_mode, y->machine.power_mode);
        return BAR_POWER_MODE;
    }
    return BAR_NONE;
}

static enum compare_bar bar_of(const struct side *a, const struct side *b,
                               const struct compared *what, char *detail, size_t size) {
    enum compare_bar bar = bar_of_runs(a, b, detail, size);
    if (bar != BAR_NONE)
        return bar;
    enum thinking x = thinking_of(a), y = thinking_of(b);
    if (x != y) {
        snprintf(detail, size, "%s and %s", thinking_word(x), thinking_word(y));
        return BAR_THINKING;
    }
    if (what->defined && strcmp(definition_of(a), definition_of(b)) != 0)
        return BAR_DEFINITION;
    if (what->outcome)
        return BAR_NONE;
    if (unranking_gate(a, detail, size) || unranking_gate(b, detail, size))
        return BAR_GATE;
    if (what->tokens && a->cell->token_sources && b->cell->token_sources &&
        a->cell->token_sources != b->cell->token_sources)
        return BAR_TOKEN_SOURCE;
    return template_differs(a, b, detail, size) ? BAR_TEMPLATE : BAR_NONE;
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

static bool fill_row(struct compare_row *row, const struct side *a, const struct side *b) {
    struct values left = {0}, right = {0};
    bool paired = draw_samples(a, b, row->metric, &left, &right);
    bool known = left.count > 0 && right.count > 0;
    if (known) {
        row->a = stats_median(left.at, left.count);
        row->b = stats_median(right.at, right.count);
        row->n_a = left.count;
        row->n_b = right.count;
        row->ratio =
            bootstrap_ratio(left.at, left.count, right.at, right.count, paired, seed_of(row, a, b));
    }
    values_done(&left);
    values_done(&right);
    return known || fill_aggregates(row, a, b);
}

static void compare_cells(struct compare *out, struct side *a, struct side *b,
                          enum metric_id only) {
    const struct column *column = &b->board->columns[b->column];
    bool calls = one_by_one(column->suite) && passes_of(a->cell) == 1 && passes_of(b->cell) == 1;
    a->units = units_of(a->board, a->ep, a->column, calls);
    b->units = units_of(b->board, b->ep, b->column, calls);
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
        if (!fill_row(&row, a, b))
            continue;
        row.bar = bar_of(a, b, &compared[i], row.detail, sizeof row.detail);
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
                    enum metric_id metric) {
    *out = (struct compare){0};
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
