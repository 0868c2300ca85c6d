#include "model/absent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/board_private.h"

/* What is asked for, and what is known of its place. */
struct ask {
    const struct board *board;
    const struct row *row;
    const struct column *column;
    const struct cell *cell;
    const struct pass_record *record; /* of the newest pass; NULL before the first */
    const struct lane_state *lane;
    enum metric_id metric;
    enum stat_id stat;
    int ep;
};

static const char *const words[MACHINE_FIGURE_COUNT] = {
    [MACHINE_ENERGY] = "energy",     [MACHINE_THERMAL] = "thermal", [MACHINE_SWAP] = "swap",
    [MACHINE_PRESSURE] = "pressure", [MACHINE_MEMORY] = "memory",   [MACHINE_POWER] = "power"};

const char *machine_figure_word(enum machine_figure figure) {
    return words[figure];
}

/* ---- the machine ---- */

bool machine_figure_told(const struct sample *sample, enum machine_figure figure, bool energy) {
    switch (figure) {
    case MACHINE_ENERGY:
        return energy;
    case MACHINE_THERMAL:
        return sample->thermal != THERMAL_UNKNOWN;
    case MACHINE_SWAP:
        return !isnan(sample->swap_mb);
    case MACHINE_PRESSURE:
        return !isnan(sample->pressure);
    case MACHINE_MEMORY:
        return sample->engine_count > 0;
    case MACHINE_POWER:
        return sample->power_source != NULL;
    case MACHINE_FIGURE_COUNT:
        break;
    }
    return false;
}

static bool machine_tells(const struct lane_state *lane, enum machine_figure figure) {
    return lane->seen &&
           machine_figure_told(&lane->last, figure, *energy_rails(lane->energy) != '\0');
}

/* What its sampler said of it. */
static const char *told(const struct board *board, int ep, enum machine_figure figure) {
    for (size_t i = 0; i < board->capability_count; i++)
        if (board->capabilities[i].ep == ep && board->capabilities[i].name &&
            strcmp(board->capabilities[i].name, words[figure]) == 0)
            return board->capabilities[i].evidence;
    return NULL;
}

static const char *machine_reason(const struct board *board, int ep, enum machine_figure figure) {
    const struct row *row = &board->rows[ep];
    const char *reason = told(board, ep, figure);
    if (row->endpoint->published || row->endpoint->imported)
        return "imported figures come without their machine";
    if (reason && *reason)
        return reason;
    if (!board->lanes[row->live->lane].seen)
        return "its machine was not sampled yet";
    return "its machine does not tell";
}

bool absent_machine(const struct board *board, int ep, enum machine_figure figure,
                    char out[ABSENT_TEXT]) {
    *out = '\0';
    if (ep < 0 || (size_t)ep >= board->row_count ||
        machine_tells(&board->lanes[board->rows[ep].live->lane], figure))
        return false;
    copy_text(out, ABSENT_TEXT, machine_reason(board, ep, figure));
    return true;
}

/* ---- circumstances: whether one holds; `detail` says more where there is more ---- */

static bool is_imported(const struct ask *ask, char *detail) {
    (void)detail;
    return ask->row->endpoint->imported || ask->row->endpoint->published;
}

static void detail_reason(const struct ask *ask, char *detail) {
    if (ask->cell->reason)
        copy_text(detail, ABSENT_TEXT, ask->cell->reason);
}

static bool is_skipped(const struct ask *ask, char *detail) {
    detail_reason(ask, detail);
    return ask->cell->state == CELL_SKIPPED && !board_nothing_ok(ask->cell);
}

static bool is_stopped(const struct ask *ask, char *detail) {
    detail_reason(ask, detail);
    return ask->cell->state == CELL_STOPPED;
}

static bool is_waiting(const struct ask *ask, char *detail) {
    (void)detail;
    return ask->cell->state == CELL_WAITING;
}

static bool is_running(const struct ask *ask, char *detail) {
    (void)detail;
    return ask->cell->state == CELL_RUNNING;
}

static bool is_quality(const struct ask *ask, char *detail) {
    (void)detail;
    return suite_is_quality(ask->column->suite);
}

static bool is_no_quality(const struct ask *ask, char *detail) {
    return !is_quality(ask, detail);
}

static bool is_no_volley(const struct ask *ask, char *detail) {
    (void)detail;
    return strncmp(ask->column->phase, "burst-", 6) != 0;
}

static bool is_burst(const struct ask *ask, char *detail) {
    (void)detail;
    return ask->column->suite == SUITE_BURST;
}

static bool is_no_turn(const struct ask *ask, char *detail) {
    (void)detail;
    return ask->column->suite != SUITE_AGENTIC && ask->column->suite != SUITE_TICK;
}

static bool nothing_ok(const struct ask *ask, char *detail) {
    int most = 0;
    for (int class = 0; class < ERROR_CLASS_COUNT; class ++)
        if (ask->cell->errors[class] > most) {
            most = ask->cell->errors[class];
            copy_text(detail, ABSENT_TEXT, error_word((enum error_class) class));
        }
    return ask->cell->calls_ok == 0;
}

static bool few_values(const struct ask *ask, char *detail) {
    double n = board_value(ask->board, ask->ep, (int)(ask->column - ask->board->columns),
                           ask->metric, STAT_N);
    snprintf(detail, ABSENT_TEXT, "there are %.0f", isnan(n) ? 0 : n);
    return n > 0;
}

static bool is_p95(const struct ask *ask, char *detail) {
    return ask->stat == STAT_P95 && few_values(ask, detail);
}

static bool is_p99(const struct ask *ask, char *detail) {
    return ask->stat == STAT_P99 && few_values(ask, detail);
}

/* Of the cell's calls that ended well, those for which `which` holds are all. */
static bool all_calls(const struct ask *ask, bool (*which)(const struct call *)) {
    size_t count = 0;
    for (size_t i = 0; i < ask->row->call_count; i++) {
        const struct board_call *call = ask->row->calls[i];
        if (&ask->board->columns[call->column] != ask->column || !call->finished ||
            call->superseded || call->control || !call->call.ok)
            continue;
        if (!which(&call->call))
            return false;
        count++;
    }
    return count > 0;
}

static bool call_buffered(const struct call *call) {
    return call->buffered;
}

static bool call_uncounted(const struct call *call) {
    return call->completion_tokens < 0;
}

static bool call_short(const struct call *call) {
    return call->completion_tokens < 2;
}

static bool is_buffered(const struct ask *ask, char *detail) {
    (void)detail;
    return all_calls(ask, call_buffered);
}

static bool is_uncounted(const struct ask *ask, char *detail) {
    (void)detail;
    return all_calls(ask, call_uncounted);
}

static bool is_too_short(const struct ask *ask, char *detail) {
    (void)detail;
    return all_calls(ask, call_short);
}

static bool no_joules(const struct ask *ask, char *detail) {
    copy_text(detail, ABSENT_TEXT, machine_reason(ask->board, ask->ep, MACHINE_ENERGY));
    return *energy_rails(ask->lane->energy) == '\0';
}

/* No figure that differs from phase to phase: those of one reason are told together. */
static bool poorly_covered(const struct ask *ask, double cover, char *detail) {
    double period = energy_period_s(ask->lane->energy);
    if (isnan(cover) || cover >= ENERGY_COVER_MIN)
        return false;
    if (!isnan(period))
        snprintf(detail, ABSENT_TEXT,
                 "joules are published every %.2g s, and of less than 80 %% of its time it is sure "
                 "whose they are; longer answers help (--max-tokens)",
                 period);
    return true;
}

static bool decode_uncovered(const struct ask *ask, char *detail) {
    return ask->record && poorly_covered(ask, ask->record->decode_cover, detail);
}

static bool prefill_uncovered(const struct ask *ask, char *detail) {
    return ask->record && poorly_covered(ask, ask->record->prefill_cover, detail);
}

static bool never_rested(const struct ask *ask, char *detail) {
    (void)detail;
    return ask->record && ask->record->rest.from_us == MARK_NONE;
}

static bool without_swap(const struct ask *ask, char *detail) {
    copy_text(detail, ABSENT_TEXT, machine_reason(ask->board, ask->ep, MACHINE_SWAP));
    return !machine_tells(ask->lane, MACHINE_SWAP);
}

static bool without_heat(const struct ask *ask, char *detail) {
    copy_text(detail, ABSENT_TEXT, machine_reason(ask->board, ask->ep, MACHINE_THERMAL));
    return !machine_tells(ask->lane, MACHINE_THERMAL);
}

static bool without_process(const struct ask *ask, char *detail) {
    copy_text(detail, ABSENT_TEXT, machine_reason(ask->board, ask->ep, MACHINE_MEMORY));
    return true;
}

static bool always(const struct ask *ask, char *detail) {
    (void)ask, (void)detail;
    return true;
}

_Static_assert(METRIC_COUNT <= 64, "a bit each");

/* ---- the table: figures × circumstance → reason ---- */

#define ONE(metric) (UINT64_C(1) << METRIC_##metric)
#define ENERGY_DECODE (ONE(WATTS) | ONE(TPS_PER_WATT) | ONE(J_PER_TOKEN) | ONE(JOULES) | ABOVE)
#define ENERGY_PREFILL (ONE(PREFILL_WATTS) | ONE(PREFILL_JOULES))
#define ABOVE ONE(JOULES_ABOVE)
#define DECODED (ONE(DECODE) | ONE(EFFECTIVE) | ENERGY_DECODE)
#define COUNTED                                                                                    \
    (ONE(COMPLETION) | ONE(DECODE) | ONE(EFFECTIVE) | ONE(AGGREGATE) | ONE(TPS_PER_WATT) |         \
     ONE(J_PER_TOKEN))
#define BOUNDS (ONE(BOUND_WARM) | ONE(BOUND_PREFIX) | ONE(BOUND_GENERATED))
#define SWAP (ONE(SWAP_DELTA) | ONE(SWAPOUTS_DELTA))
#define ALL UINT64_MAX
/* Those that do not come from calls that ended well. */
#define OF_SAMPLES (SWAP | ONE(RSS) | ONE(FOOTPRINT) | ONE(KV_TOKENS) | ONE(THERMAL))
#define OF_OK (ALL & ~(OF_SAMPLES | ONE(ERRORS) | ONE(VALID) | ONE(SCORE)))

struct reason {
    uint64_t metrics; /* a bit each */
    bool (*holds)(const struct ask *, char *detail);
    const char *text;
};
static const struct reason reasons[] = {
    {ALL, is_imported, "the imported file does not hold it"},
    {ALL, is_p95, "a p95 needs 20 values"},
    {ALL, is_p99, "a p99 needs 100 values"},
    {ALL, is_skipped, "its phase was skipped"},
    {ALL, is_waiting, "its phase has not begun"},
    {ONE(SCORE), is_no_quality, "only quality suites give points"},
    {ONE(SPAN) | ONE(LATENESS), is_no_volley, "only bursts send calls at once"},
    {BOUNDS, is_no_turn, "only agentic and tick predict a turn"},
    {ENERGY_PREFILL, is_burst, "in a burst one call's prefill is another one's decode"},
    {ENERGY_DECODE | ENERGY_PREFILL, no_joules, "the machine's joules are not known"},
    {SWAP, without_swap, "swap is not known"},
    {ONE(THERMAL), without_heat, "the thermal level is not known"},
    {ONE(KV_TOKENS), always,
     "nothing tells what the engine's KV cache holds: an exporter that does goes into telemetry="},
    {ALL, is_running, "its phase is not over yet"},
    {ALL, is_stopped, "its phase was stopped"},
    {OF_OK, nothing_ok, "no call ended well"},
    {DECODED, is_buffered,
     "the server sent its tokens in lumps (buffered), their times say nothing"},
    {COUNTED, is_uncounted, "the engine does not tell how many tokens it made"},
    {DECODED, is_too_short, "a rate needs two tokens at least"},
    {ENERGY_DECODE, decode_uncovered, "decoding was too short for this energy source"},
    {ENERGY_PREFILL, prefill_uncovered, "prefill was too short for this energy source"},
    {ABOVE, never_rested,
     "there is no idle baseline: the machine was not quiet for 5 s before (--quick leaves it out)"},
    {ABOVE, always, "the machine's joules at rest are not known"},
    {ONE(RSS) | ONE(FOOTPRINT), without_process, "the engine's process was not seen"},
    {ONE(TTFC) | ONE(EFFECTIVE), always, "nothing visible came: reasoning alone"},
    {ONE(CACHED), always, "the engine did not report cached tokens"},
    {ONE(PROMPT_TOKENS), always, "the engine does not report prompt tokens"},
    {ONE(PREFILL), always,
     "the engine does not tell what it took from its cache, or that was nearly all"},
    {ONE(MTP_ACCEPT), always, "the engine reports no drafting"},
    {OF_SAMPLES, always, "no sample fell into the phase"},
    {BOUNDS, always, "the phase it is made of is another one"},
    {ALL, is_quality, "this suite does not measure it"},
    {ALL, always, "it was not measured in this phase"},
};

static bool ask_about(struct ask *ask, const struct board *board, int ep, int column) {
    const struct cell *cell = board_cell(board, ep, column);
    if (!cell)
        return false;
    const struct row *row = &board->rows[ep];
    *ask =
        (struct ask){.board = board,
                     .row = row,
                     .column = &board->columns[column],
                     .cell = cell,
                     .record = cell->record_count ? &cell->records[cell->record_count - 1] : NULL,
                     .lane = &board->lanes[row->live->lane],
                     .ep = ep};
    return true;
}

bool absent_why(const struct board *board, int ep, int column, enum metric_id metric,
                enum stat_id stat, char out[ABSENT_TEXT]) {
    struct ask ask;
    *out = '\0';
    if (!ask_about(&ask, board, ep, column) || !isnan(board_value(board, ep, column, metric, stat)))
        return false;
    ask.metric = metric;
    ask.stat = stat;
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        char detail[ABSENT_TEXT] = "";
        if (!(reasons[i].metrics & UINT64_C(1) << metric) || !reasons[i].holds(&ask, detail))
            continue;
        snprintf(out, ABSENT_TEXT, "%s%s%.200s", reasons[i].text, *detail ? ": " : "", detail);
        return true;
    }
    return true; /* not reached: the last row always holds */
}

/* ---- not ranked ---- */

bool absent_unranked(const struct board *board, int ep, int column, enum metric_id metric,
                     char out[ABSENT_TEXT]) {
    struct ask ask;
    *out = '\0';
    if (!ask_about(&ask, board, ep, column) || metric_of(metric)->better == BETTER_NEITHER ||
        isnan(board_value(board, ep, column, metric, STAT_MEDIAN)) ||
        board_ranked(ask.cell, metric))
        return false;
    const char *text = "its tokens were counted in chunks, or in more than one way";
    if (ask.column->warmup)
        text = "the warm-up is shown, and never compared";
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (gate_unranks((enum gate_id)gate) && ask.cell->gates & 1u << gate) {
            const struct gate_result *result = board_gate(board, ep, column, (enum gate_id)gate);
            snprintf(out, ABSENT_TEXT, "gate %c %s tripped: %.200s", gate_mark((enum gate_id)gate),
                     gate_word((enum gate_id)gate), result ? result->detail : "");
            return true;
        }
    copy_text(out, ABSENT_TEXT, text);
    return true;
}
