/* Drift: of a tick from its first to its last third (drift.h), with the measured wall beside the
 * lower bounds; of the machine from the drift-control pass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/drift.h"
#include "model/verdict_private.h"

static bool counts(const struct pass_record *record, bool control) {
    return !record->open && record->status == PHASE_DONE && record->control == control;
}

/* ---- tick ---- */

struct thirds {
    struct values ttft[2], decode[2]; /* first, last */
};

/* The ok calls of a pass in order of start, its first and last third. All passes together: each
 * gives as many calls to the one as to the other. */
static void add_pass(struct thirds *thirds, const struct row *row, int column,
                     const struct pass_record *record) {
    struct values *ttft = thirds->ttft, *decode = thirds->decode;
    size_t ok = 0, at = 0;
    for (int go = 0; go < 2; go++)
        for (size_t i = record->first_call; i < record->end_call; i++) {
            const struct call *call = &row->calls[i]->call;
            if (!call_is_of(row->calls[i], column, record->pass) || !call->ok)
                continue;
            if (go == 0) {
                ok++;
                continue;
            }
            size_t place = at++, third = ok / 3;
            if (place >= third && place < ok - third)
                continue;
            values_add(&ttft[place >= third], call->ttft_ms);
            values_add(&decode[place >= third], call->decode_tps);
        }
}

static struct drift test_thirds(const struct thirds *of) {
    struct drift drift;
    struct drift_sample ttft = {of->ttft[0].at, of->ttft[1].at, of->ttft[0].count,
                                of->ttft[1].count};
    struct drift_sample decode = {of->decode[0].at, of->decode[1].at, of->decode[0].count,
                                  of->decode[1].count};
    drift_test(&drift, &ttft, &decode);
    return drift;
}

static void say_pair(struct verdict *verdict, const char *name, const struct drift_pair *pair,
                     const char *unit) {
    if (isnan(pair->p))
        return;
    verdict_say(verdict, "%s%s %.*f → %.*f %s (p %.3f)", *verdict->evidence ? ", " : "", name,
                pair->first < 100, pair->first, pair->first < 100, pair->last, unit, pair->p);
}

static void say_bound(struct verdict *verdict, const char *name, double bound) {
    if (!isnan(bound))
        verdict_say(verdict, ", %s %.1f", name, bound);
}

/* Wall beside the bounds: of all its tokens, then of those really generated. */
static void say_wall(struct verdict *verdict, const struct board *board, int ep, int column) {
    double wall = board_value(board, ep, column, METRIC_WALL, STAT_MEDIAN);
    if (isnan(wall))
        return;
    verdict_say(verdict, "; wall %.1f s, bounds ", wall);
    size_t length = strlen(verdict->evidence);
    say_bound(verdict, "warm", board_value(board, ep, column, METRIC_BOUND_WARM, STAT_MEDIAN));
    say_bound(verdict, "prefix", board_value(board, ep, column, METRIC_BOUND_PREFIX, STAT_MEDIAN));
    say_bound(verdict, "tokens as generated",
              board_value(board, ep, column, METRIC_BOUND_GENERATED, STAT_MEDIAN));
    char *list = verdict->evidence + length; /* no comma before the first */
    if (strncmp(list, ", ", 2) == 0)
        memmove(list, list + 2, strlen(list + 2) + 1);
}

void verdict_refresh_tick(struct board *board, int ep, int column) {
    const struct row *row = &board->rows[ep];
    const struct cell *cell = &row->cells[column];
    struct thirds thirds = {0};
    bool any = false;
    for (size_t i = 0; i < cell->record_count; i++)
        if (counts(&cell->records[i], false)) {
            add_pass(&thirds, row, column, &cell->records[i]);
            any = true;
        }
    struct verdict verdict;
    verdict_init(&verdict, VERDICT_DRIFT, SUITE_TICK, ep);
    if (any) {
        struct drift drift = test_thirds(&thirds);
        bool by_ttft = !(drift.ttft.slower < drift.decode.slower);
        verdict.ratio = 1 + (by_ttft ? drift.ttft.slower : drift.decode.slower);
        copy_text(verdict.value, sizeof verdict.value,
                  !drift.known   ? "inconclusive"
                  : drift.slower ? "slower"
                                 : "steady");
        if (!drift.known)
            verdict_say(&verdict, "fewer than %d calls in a third", DRIFT_LEAST);
        say_pair(&verdict, "TTFT", &drift.ttft, "ms");
        say_pair(&verdict, "decode", &drift.decode, "t/s");
        say_wall(&verdict, board, ep, column);
    }
    verdict_store(board, &verdict);
    for (int i = 0; i < 2; i++) {
        values_done(&thirds.ttft[i]);
        values_done(&thirds.decode[i]);
    }
}

/* ---- the drift control: the first engine of a lane once more, after all others ---- */

/* Ratio of the control pass to the median of the passes that count; NaN. */
struct control {
    struct values ttft, decode;
};

static double decode_of(const struct row *row, int column, const struct pass_record *record) {
    struct values all = {0};
    for (size_t i = record->first_call; i < record->end_call; i++)
        if (call_is_of(row->calls[i], column, record->pass) && row->calls[i]->call.ok)
            values_add(&all, row->calls[i]->call.decode_tps);
    double median = stats_median(all.at, all.count);
    values_done(&all);
    return median;
}

static void add_phase(struct control *control, const struct row *row, int column) {
    const struct cell *cell = &row->cells[column];
    struct values ttft = {0}, decode = {0};
    const struct pass_record *last = NULL;
    for (size_t i = 0; i < cell->record_count; i++) {
        const struct pass_record *record = &cell->records[i];
        if (counts(record, true))
            last = record;
        if (!counts(record, false))
            continue;
        values_add(&ttft, record->ttft_ms);
        values_add(&decode, decode_of(row, column, record));
    }
    if (last) {
        values_add(&control->ttft, last->ttft_ms / stats_median(ttft.at, ttft.count));
        values_add(&control->decode,
                   decode_of(row, column, last) / stats_median(decode.at, decode.count));
    }
    values_done(&ttft);
    values_done(&decode);
}

void verdict_refresh_control(struct board *board, int ep, enum suite_id suite) {
    const struct row *row = &board->rows[ep];
    struct control control = {{0}, {0}};
    for (int column = 0; column < (int)board->column_count; column++)
        if (board->columns[column].suite == suite && !board->columns[column].warmup)
            add_phase(&control, row, column);
    if (control.ttft.count > 0) {
        struct verdict verdict;
        verdict_init(&verdict, VERDICT_DRIFT, suite, ep);
        copy_text(verdict.phase, sizeof verdict.phase, "control");
        double ttft = stats_median(control.ttft.at, control.ttft.count);
        double decode = stats_median(control.decode.at, control.decode.count);
        double slower = fmax(ttft, 1 / decode), faster = fmin(ttft, 1 / decode);
        bool moved = slower > 1 + DRIFT_SHARE;
        verdict.ratio = moved ? slower : faster;
        copy_text(verdict.value, sizeof verdict.value,
                  moved                      ? "slower"
                  : faster < 1 - DRIFT_SHARE ? "faster"
                                             : "steady");
        verdict_say(&verdict, "measured once more at the end: TTFT %.2f ×", ttft);
        if (!isnan(decode))
            verdict_say(&verdict, ", decode %.2f ×", decode);
        verdict_say(&verdict, " its passes (median of %zu phase%s)", control.ttft.count,
                    control.ttft.count == 1 ? "" : "s");
        verdict_store(board, &verdict);
    }
    values_done(&control.ttft);
    values_done(&control.decode);
}
