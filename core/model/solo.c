#include "model/solo.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Stall share (Linux: PSI some avg10, %) or level (macOS: 2 warning, 4 critical) worth a word. */
#define PRESSURE_HIGH 2.0

const char *const solo_phases[SOLO_PHASES] = {"cold", "warm", "prefix-test-1"};

PRINTF_LIKE(4, 5)
static void add(struct solo *out, int ep, const char *todo, const char *format, ...) {
    if (out->count == SOLO_REASONS_MAX)
        return;
    struct solo_reason *reason = &out->reasons[out->count++];
    va_list args;
    va_start(args, format);
    vsnprintf(reason->what, sizeof reason->what, format, args);
    va_end(args);
    reason->ep = ep;
    copy_text(reason->todo, sizeof reason->todo, todo);
}

/* ---- the machine ---- */

static void judge_power(struct solo *out, const struct sample *sample) {
    if (sample->power_source && strcmp(sample->power_source, "battery") == 0)
        add(out, -1, "plug it in: engines run slower on battery", "the machine runs on battery");
    if (sample->power_mode && strcmp(sample->power_mode, "low") == 0)
        add(out, -1, "turn low power mode off", "low power mode is on");
}

static void judge_lane(struct solo *out, const struct board *board, const struct lane_state *lane) {
    const struct sample *sample = &lane->last;
    const struct limits *limits = &board->run.limits;
    if (!lane->seen)
        return;
    if (sample->swap_mb > limits->swap_mb)
        add(out, -1, "close what is not needed; a restart of the machine empties swap",
            "%s: %.0f MB of swap are in use", lane->name, sample->swap_mb);
    if (sample->pressure >= PRESSURE_HIGH)
        add(out, -1, "close what is not needed or take a smaller model",
            "%s: memory is under pressure (%.1f)", lane->name, sample->pressure);
    if (sample->thermal > THERMAL_NOMINAL)
        add(out, -1, "let the machine cool down", "%s: thermal pressure is %s", lane->name,
            thermal_word(sample->thermal));
    for (size_t i = 0; i < sample->other_count; i++) {
        int engine = sample->others[i].engine;
        bool alone = board->row_count == 0; /* nobody asked for an engine */
        add(out, -1,
            alone ? "name it with -e to check it, or stop it before another one is measured"
                  : "stop it: two engines on one machine spoil each other",
            "%s: %s %s (pid %d)", lane->name,
            engine >= 0 && engine < ENGINE_COUNT ? engine_title((enum engine_id)engine)
                                                 : "an engine",
            alone ? "runs here" : "is resident too", sample->others[i].pid);
    }
    judge_power(out, sample);
}

/* ---- the endpoints ---- */

static bool answered(const struct row *row, const struct board *board) {
    for (size_t c = 0; c < board->column_count; c++)
        if (row->cells[c].calls_ok > 0 || row->cells[c].scores > 0)
            return true;
    return false;
}

static bool tried(const struct row *row, const struct board *board) {
    for (size_t c = 0; c < board->column_count; c++)
        if (row->cells[c].state != CELL_WAITING && row->cells[c].state != CELL_RUNNING)
            return true;
    return false;
}

/* What the machine itself was told of just now. */
static unsigned told_of_machine(const struct board *board) {
    unsigned told = 0;
    for (size_t i = 0; i < board->lane_count; i++) {
        told |= board->lanes[i].last.other_count > 0 ? 1u << GATE_NOT_SOLO : 0;
        told |= board->lanes[i].last.thermal > THERMAL_NOMINAL ? 1u << GATE_THERMAL : 0;
    }
    return told;
}

static void judge_gates(struct solo *out, const struct board *board, int ep) {
    unsigned told = told_of_machine(board);
    for (size_t i = 0; i < board->gate_count; i++) {
        const struct gate_result *gate = &board->gates[i];
        if (gate->ep != ep || told & 1u << gate->gate)
            continue;
        told |= 1u << gate->gate;
        add(out, ep, gate_explain(gate->gate), "%s: %s", gate_word(gate->gate), gate->detail);
    }
}

static void judge_figure(struct solo *out, int ep, const char *phase, const char *what, double now,
                         double then, const char *run) {
    double change = now / then - 1;
    if (fabs(change) > SOLO_DIFFERS)
        add(out, ep, "find out what changed (version, flags, heat, load) before comparing with it",
            "%s of %s is %+.0f %% against run %.40s", what, phase, 100 * change, run);
}

static void judge_change(struct solo *out, const struct board *board, int ep,
                         const struct solo_reference *reference) {
    for (int i = 0; i < SOLO_PHASES && reference->known; i++) {
        int column = board_column(board, SUITE_SOLO, solo_phases[i]);
        judge_figure(out, ep, solo_phases[i], "TTFT",
                     board_value(board, ep, column, METRIC_TTFT, STAT_MEDIAN),
                     reference->ttft_ms[i], reference->run);
        judge_figure(out, ep, solo_phases[i], "decode t/s",
                     board_value(board, ep, column, METRIC_DECODE, STAT_MEDIAN),
                     reference->decode_tps[i], reference->run);
    }
}

void solo_judge(struct solo *out, const struct board *board,
                const struct solo_reference *references) {
    out->count = 0;
    for (size_t i = 0; i < board->lane_count; i++)
        judge_lane(out, board, &board->lanes[i]);
    for (size_t ep = 0; ep < board->row_count; ep++) {
        const struct row *row = &board->rows[ep];
        if (row->endpoint->imported) /* figures of others: there is nobody to ask */
            continue;
        if (!answered(row, board) && (row->state == ENDPOINT_DOWN || tried(row, board)))
            add(out, (int)ep, "start the engine, or look closer with pitwall probe",
                "no call succeeded%s%.100s", row->detail ? ": " : "",
                row->detail ? row->detail : "");
        judge_gates(out, board, (int)ep);
        if (references)
            judge_change(out, board, (int)ep, &references[ep]);
    }
}

/* ---- the last good run ---- */

static bool same(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

static bool same_machine(const struct machine *a, const struct machine *b) {
    return same(a->model, b->model) || (!a->model && !b->model && same(a->chip, b->chip));
}

/* The endpoint of `good` that is this one: engine, model and thinking agree. */
static int twin_of(const struct board *good, const struct board *now, int ep) {
    const struct row *row = &now->rows[ep];
    for (size_t i = 0; i < good->row_count; i++) {
        const struct row *other = &good->rows[i];
        if (other->endpoint->engine == row->endpoint->engine && same(other->model, row->model) &&
            other->endpoint->thinking == row->endpoint->thinking)
            return (int)i;
    }
    return -1;
}

/* Its figures are of agentic or of an earlier solo check: the same prompts. */
static double figure_of(const struct board *good, int ep, int phase, enum metric_id metric) {
    static const enum suite_id suites[] = {SUITE_SOLO, SUITE_AGENTIC};
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        int column = board_column(good, suites[i], solo_phases[phase]);
        double value = column < 0 ? NAN : board_value(good, ep, column, metric, STAT_MEDIAN);
        if (!isnan(value))
            return value;
    }
    return NAN;
}

bool solo_reference_from(struct solo_reference *out, const struct board *good,
                         const struct board *now, int ep) {
    int twin = twin_of(good, now, ep);
    if (twin < 0 || good->status != RUN_COMPLETE || good->run.workload != now->run.workload ||
        !same_machine(&good->run.machine, &now->run.machine) || same(good->run.id, now->run.id))
        return false;
    for (size_t i = 0; i < good->gate_count; i++)
        if (good->gates[i].ep == twin)
            return false;
    *out = (struct solo_reference){.known = false};
    copy_text(out->run, sizeof out->run, good->run.id ? good->run.id : "?");
    for (int i = 0; i < SOLO_PHASES; i++) {
        out->ttft_ms[i] = figure_of(good, twin, i, METRIC_TTFT);
        out->decode_tps[i] = figure_of(good, twin, i, METRIC_DECODE);
        out->known |= !isnan(out->ttft_ms[i]);
    }
    return out->known;
}
