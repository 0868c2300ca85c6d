#include "model/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/verdict_private.h"

static const struct {
    const char *word, *title;
} names[VERDICT_COUNT] = {
    [VERDICT_REUSE] = {"prefix_reuse", "prefix reuse"},
    [VERDICT_SNAPSHOT] = {"snapshot_persists", "snapshot persists"},
    [VERDICT_SERIALISATION] = {"serialisation", "serialisation"},
    [VERDICT_DRIFT] = {"drift", "drift"},
};

const char *verdict_word(enum verdict_id id) {
    return names[id].word;
}

const char *verdict_title(enum verdict_id id) {
    return names[id].title;
}

void verdict_init(struct verdict *verdict, enum verdict_id id, enum suite_id suite, int ep) {
    *verdict = (struct verdict){.ep = ep,
                                .suite = suite,
                                .id = id,
                                .ratio = NAN,
                                .reuse_fraction = NAN,
                                .efficiency = NAN,
                                .ceiling = NAN};
}

void verdict_say(struct verdict *verdict, const char *format, ...) {
    size_t length = strlen(verdict->evidence);
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->evidence + length, sizeof verdict->evidence - length, format, args);
    va_end(args);
}

/* ---- prefix reuse (protocol 3) ---- */

static double prefix_of(const struct reuse_pass *pass) {
    struct values known = {0};
    for (size_t i = 0; i < COUNT_OF(pass->prefix); i++)
        values_add(&known, pass->prefix[i]);
    double median = stats_median(known.at, known.count);
    values_done(&known);
    return median;
}

/* (cold − prefix) / (cold − floor), where the floor keeps what can't be reused: the fixed overhead
 * (in warm) and the user's share of the prefill. */
static double efficiency_of(const struct reuse_pass *pass, double user_share,
                            const struct limits *limits) {
    if (!(pass->warm / pass->cold <= limits->reuse_warm_max))
        return NAN;
    double floor_ms = pass->warm + user_share * (pass->cold - pass->warm);
    double efficiency = (pass->cold - prefix_of(pass)) / (pass->cold - floor_ms);
    return isfinite(efficiency) ? fmin(fmax(efficiency, 0), 1) : NAN;
}

static double cold_differs(const struct reuse_pass *pass) {
    double low = fmin(pass->cold, pass->cold_other), high = fmax(pass->cold, pass->cold_other);
    return isnan(pass->cold) || isnan(pass->cold_other) || low <= 0 ? NAN : high / low - 1;
}

/* Medians over passes of what each pass says. */
struct reuse_medians {
    double ratio, prefix, cold, efficiency, differs;
    size_t passes;
};

static struct reuse_medians medians_of(const struct reuse_input *input,
                                       const struct limits *limits) {
    struct values all[5] = {{0}};
    for (size_t i = 0; i < input->count; i++) {
        const struct reuse_pass *pass = &input->passes[i];
        double prefix = prefix_of(pass);
        values_add(&all[4], cold_differs(pass));
        if (isnan(prefix) || !(pass->cold > 0))
            continue;
        values_add(&all[0], prefix / pass->cold);
        values_add(&all[1], prefix);
        values_add(&all[2], pass->cold);
        values_add(&all[3], efficiency_of(pass, input->user_share, limits));
    }
    double median[5];
    size_t passes = all[0].count;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        median[i] = stats_median(all[i].at, all[i].count);
        values_done(&all[i]);
    }
    return (struct reuse_medians){median[0], median[1], median[2], median[3], median[4], passes};
}

/* The two that make the ratio, in as many places as it takes to see it. */
static void say_ttft(struct verdict *out, double warm_ms, double cold_ms, double ratio) {
    char warm[METRIC_TEXT], cold[METRIC_TEXT];
    metric_figure(METRIC_TTFT, warm_ms, warm);
    metric_figure(METRIC_TTFT, cold_ms, cold);
    verdict_say(out, "TTFT %s / cold %s = %.2f", warm, cold, ratio);
}

static bool disagree(const struct verdict *verdict, bool yes, const struct limits *limits) {
    double shared = 1 - verdict->ceiling;
    if (isnan(verdict->reuse_fraction) || isnan(shared))
        return false;
    return yes ? verdict->reuse_fraction < limits->witness_low * shared
               : verdict->reuse_fraction > limits->witness_high * shared;
}

void verdict_reuse(struct verdict *out, const struct reuse_input *input,
                   const struct limits *limits) {
    verdict_init(out, VERDICT_REUSE, SUITE_AGENTIC, -1);
    struct reuse_medians medians = medians_of(input, limits);
    out->ratio = medians.ratio;
    out->efficiency = medians.efficiency;
    out->ceiling = input->user_share;
    if (input->prompt > 0 && input->cached >= 0)
        out->reuse_fraction = input->cached / input->prompt;
    out->suspect_cold = medians.differs > limits->cold_differs;
    if (isnan(medians.ratio))
        return;
    bool yes = medians.ratio < limits->reuse_yes;
    copy_text(out->value, sizeof out->value, yes ? "YES" : "NO");
    out->witnesses_disagree = disagree(out, yes, limits);
    verdict_say(out, "median prefix ");
    say_ttft(out, medians.prefix, medians.cold, medians.ratio);
    if (medians.passes > 1)
        verdict_say(out, " (%zu passes)", medians.passes);
    if (!isnan(out->reuse_fraction))
        verdict_say(out, "; cached %.0f %% of prompt", 100 * out->reuse_fraction);
    if (!isnan(out->efficiency))
        verdict_say(out, "; efficiency %.2f", out->efficiency);
    if (out->ceiling >= limits->reuse_yes)
        verdict_say(out, "; the user's share alone is %.2f", out->ceiling);
    if (out->suspect_cold)
        verdict_say(out, "; cold and cold-other differ by %.0f %%", 100 * medians.differs);
}

/* ---- from the board ---- */

static const struct cell *cell_of(const struct board *board, int ep, const char *phase) {
    int column = board_column(board, SUITE_AGENTIC, phase);
    return column < 0 ? NULL : board_cell(board, ep, column);
}

static const struct pass_record *done_pass(const struct cell *cell, int pass) {
    const struct pass_record *record = cell ? pass_find(cell, pass) : NULL;
    bool counts = record && !record->open && record->status == PHASE_DONE && !record->control;
    return counts ? record : NULL;
}

static double ttft_of(const struct cell *cell, int pass) {
    const struct pass_record *record = done_pass(cell, pass);
    return record ? record->ttft_ms : NAN;
}

static void tell_judgement(struct board *board, const struct verdict *verdict) {
    char what[64];
    snprintf(what, sizeof what, "%s%s%s", verdict_title(verdict->id), *verdict->phase ? " " : "",
             verdict->phase);
    board_judged(board, verdict->ep, false, what, verdict->value);
}

void verdict_store(struct board *board, const struct verdict *verdict) {
    for (size_t i = 0; i < board->verdict_count; i++) {
        struct verdict *old = &board->verdicts[i];
        if (old->ep == verdict->ep && old->suite == verdict->suite && old->id == verdict->id &&
            strcmp(old->phase, verdict->phase) == 0) {
            if (*verdict->value && strcmp(old->value, verdict->value) != 0)
                tell_judgement(board, verdict);
            *old = *verdict;
            return;
        }
    }
    if (!*verdict->value)
        return;
    board->verdicts = mem_grow(board->verdicts, board->verdict_count, &board->verdict_capacity,
                               sizeof *board->verdicts);
    board->verdicts[board->verdict_count++] = *verdict;
    tell_judgement(board, verdict);
}

#define PREFIX_TESTS 3
static const char *const prefix_tests[PREFIX_TESTS] = {"prefix-test-1", "prefix-test-2",
                                                       "prefix-test-3"};

/* Sums over the prefix tests: tokens where the engine tells both, characters always. */
static void sum_prefix(struct reuse_input *input, const struct cell *const tests[PREFIX_TESTS]) {
    double cached = 0, prompt = 0, chars = 0, shared = 0;
    for (size_t i = 0; i < PREFIX_TESTS; i++) {
        const struct cell *cell = tests[i];
        for (size_t k = 0; cell && k < cell->record_count; k++) {
            const struct pass_record *record = &cell->records[k];
            if (record->open || record->status != PHASE_DONE || record->control)
                continue;
            chars += (double)record->prompt_chars;
            shared += (double)record->shared_chars;
            if (isnan(record->cached) || isnan(record->prompt))
                continue;
            cached += record->cached;
            prompt += record->prompt;
        }
    }
    input->cached = prompt > 0 ? cached : NAN;
    input->prompt = prompt > 0 ? prompt : NAN;
    input->user_share = shared > 0 && chars >= shared ? 1 - shared / chars : NAN;
}

/* The pass's last prefix test is over: a median of the first one or two would be told too early. */
static bool tests_are_over(const struct cell *const tests[PREFIX_TESTS], int pass) {
    const struct cell *last = NULL;
    for (size_t i = 0; i < PREFIX_TESTS; i++)
        last = tests[i] ? tests[i] : last;
    const struct pass_record *record = last ? pass_find(last, pass) : NULL;
    return record && !record->open;
}

static void refresh_reuse(struct board *board, int ep, int ended) {
    const struct cell *cold = cell_of(board, ep, "cold"), *warm = cell_of(board, ep, "warm");
    const struct cell *other = cell_of(board, ep, "cold-other"), *tests[PREFIX_TESTS];
    for (size_t i = 0; i < PREFIX_TESTS; i++)
        tests[i] = cell_of(board, ep, prefix_tests[i]);
    if (!cold || cold->record_count == 0 || !tests_are_over(tests, ended))
        return;
    struct reuse_pass *passes = mem_zero(cold->record_count, sizeof *passes);
    for (size_t i = 0; i < cold->record_count; i++) {
        int pass = cold->records[i].pass;
        passes[i] = (struct reuse_pass){.cold = ttft_of(cold, pass),
                                        .warm = ttft_of(warm, pass),
                                        .cold_other = ttft_of(other, pass)};
        bool over = tests_are_over(tests, pass);
        for (size_t k = 0; k < PREFIX_TESTS; k++)
            passes[i].prefix[k] = over ? ttft_of(tests[k], pass) : NAN;
    }
    struct reuse_input input = {.passes = passes, .count = cold->record_count};
    sum_prefix(&input, tests);
    struct verdict verdict;
    verdict_reuse(&verdict, &input, &board->run.limits);
    verdict.ep = ep;
    verdict_store(board, &verdict);
    free(passes);
}

static void refresh_snapshot(struct board *board, int ep) {
    const struct cell *control = cell_of(board, ep, "cold-control");
    const struct cell *prefix = cell_of(board, ep, "cold-prefix");
    struct values ratios = {0}, cold = {0}, after = {0}, cached = {0};
    for (size_t i = 0; control && prefix && i < control->record_count; i++) {
        int pass = control->records[i].pass;
        const struct pass_record *a = done_pass(prefix, pass), *b = done_pass(control, pass);
        if (!a || !b || isnan(a->ttft_ms) || !(b->ttft_ms > 0))
            continue;
        values_add(&ratios, a->ttft_ms / b->ttft_ms);
        values_add(&after, a->ttft_ms);
        values_add(&cold, b->ttft_ms);
        values_add(&cached, a->cached / a->prompt);
    }
    struct verdict verdict;
    verdict_init(&verdict, VERDICT_SNAPSHOT, SUITE_AGENTIC, ep);
    verdict.ratio = stats_median(ratios.at, ratios.count);
    verdict.reuse_fraction = stats_median(cached.at, cached.count);
    if (ratios.count > 0) {
        bool yes = verdict.ratio < board->run.limits.reuse_yes;
        copy_text(verdict.value, sizeof verdict.value, yes ? "YES" : "NO");
        verdict_say(&verdict, "after a restart ");
        say_ttft(&verdict, stats_median(after.at, after.count), stats_median(cold.at, cold.count),
                 verdict.ratio);
        if (!isnan(verdict.reuse_fraction))
            verdict_say(&verdict, "; cached %.0f %% of prompt", 100 * verdict.reuse_fraction);
    }
    verdict_store(board, &verdict);
    values_done(&ratios);
    values_done(&cold);
    values_done(&after);
    values_done(&cached);
}

/* The phases a verdict is made of: no other one's end changes it. */
static const struct {
    const char *phase;
    enum verdict_id verdict;
} sources[] = {
    {"cold", VERDICT_REUSE},           {"warm", VERDICT_REUSE},
    {"prefix-test-1", VERDICT_REUSE},  {"prefix-test-2", VERDICT_REUSE},
    {"prefix-test-3", VERDICT_REUSE},  {"cold-other", VERDICT_REUSE},
    {"cold-prefix", VERDICT_SNAPSHOT}, {"cold-control", VERDICT_SNAPSHOT},
};

static void refresh_agentic(struct board *board, int ep, int column, int pass) {
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (strcmp(sources[i].phase, board->columns[column].phase) != 0)
            continue;
        if (sources[i].verdict == VERDICT_REUSE)
            refresh_reuse(board, ep, pass);
        else
            refresh_snapshot(board, ep);
    }
}

void verdict_refresh(struct board *board, int ep, int column, int pass) {
    enum suite_id suite = board->columns[column].suite;
    if (suite == SUITE_AGENTIC)
        refresh_agentic(board, ep, column, pass);
    else if (suite == SUITE_BURST)
        verdict_refresh_burst(board, ep, column);
    else if (suite == SUITE_TICK)
        verdict_refresh_tick(board, ep, column);
    const struct cell *cell = &board->rows[ep].cells[column];
    if (cell->record_count > 0 && cell->records[cell->record_count - 1].control)
        verdict_refresh_control(board, ep, suite);
}
