#include "cellview.h"

#include "callview.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A burst has many in flight: look no further back than that. */
enum { RUNNING_LOOK_BACK = 2048 };

const struct board_call *cellview_running(const struct row *row, int column) {
    size_t look = row->call_count < RUNNING_LOOK_BACK ? row->call_count : RUNNING_LOOK_BACK;
    for (size_t i = 0; i < look; i++) {
        const struct board_call *call = row->calls[row->call_count - 1 - i];
        if (!call->finished && call->column == column)
            return call;
    }
    return NULL;
}

/* The figure that a call has reached so far, or NaN. */
static double live_value(const struct board *board, const struct row *row,
                         const struct board_call *call, enum metric_id metric) {
    bool started = call->call.first_token_us != MARK_NONE;
    int64_t reached = started ? call->call.first_token_us : board->now_us;
    if (metric == METRIC_TTFT)
        return (double)(reached - callview_start_us(call)) / 1000;
    if (metric == METRIC_LATENCY)
        return (double)(board->now_us - callview_start_us(call)) / 1000;
    if (metric == METRIC_DECODE)
        return row->tps_now;
    return metric == METRIC_COMPLETION ? (double)call->tokens : NAN;
}

/* A quality suite's progress: "5/24"; false when nobody knows how many there will be. */
static bool tell_turns(const struct cell *cell, struct cellview *out) {
    if (cell->turns_due <= 0)
        return false;
    snprintf(out->text, sizeof out->text, "%d/%d", cell->turns_told, cell->turns_due);
    return true;
}

static void read_running(const struct row_ref *ref, int column, const struct ui *ui,
                         struct cellview *out) {
    const struct cell *cell = board_cell(ref->board, ref->ep, column);
    const struct board_call *call = cellview_running(ref->row, column);
    out->running = true;
    out->role = out->turn_role = ROLE_ACCENT;
    out->turn = ref->board->now_us / 250000;
    if (tell_turns(cell, out))
        return;
    if (cell->calls_running > 1) {
        snprintf(out->text, sizeof out->text, "%d on", cell->calls_running);
        return;
    }
    if (!call) {
        copy_text(out->text, sizeof out->text, "…");
        return;
    }
    out->turn += call->tokens;
    bool started = call->call.first_token_us != MARK_NONE;
    enum metric_id metric = row_metric(ref->board->columns[column].suite, ui);
    double value = live_value(ref->board, ref->row, call, metric);
    out->turn_role = started ? ROLE_DECODE : ROLE_PREFILL;
    if (!isnan(value))
        metric_format(metric, value, out->text);
    else if (started)
        snprintf(out->text, sizeof out->text, "%d t", (int)call->tokens);
    else
        copy_text(out->text, sizeof out->text, "…");
}

static void read_marks(const struct cell *cell, int mark_width, struct cellview *out) {
    int count = 0, most = mark_width < CELL_MARKS - 1 ? mark_width : CELL_MARKS - 1;
    out->marks_role = ROLE_WARN;
    for (int pass = 0; pass < 2; pass++) /* first those that take the cell out of the ranking */
        for (int gate = 0; gate < GATE_COUNT; gate++) {
            if (!(cell->gates & 1u << gate) || gate_unranks((enum gate_id)gate) != (pass == 0))
                continue;
            if (pass == 0)
                out->marks_role = ROLE_BAD;
            if (count < most)
                out->marks[count++] = gate_mark((enum gate_id)gate);
            else if (most > 0)
                out->marks[most - 1] = most > 1 || out->marks[0] == '\0' ? '+' : out->marks[0];
        }
}

void cellview_read(const struct row_ref *ref, int column, const struct ui *ui, int best,
                   int mark_width, struct cellview *out) {
    const struct cell *cell = board_cell(ref->board, ref->ep, column);
    *out = (struct cellview){.role = ROLE_DIM, .marks_role = ROLE_WARN, .turn_role = ROLE_ACCENT};
    if (!cell)
        return;
    read_marks(cell, mark_width, out);
    enum suite_id suite = ref->board->columns[column].suite;
    enum metric_id metric = row_metric(suite, ui);
    double value = board_value(ref->board, ref->ep, column, metric, STAT_MEDIAN);
    if (cell->state == CELL_RUNNING && (isnan(value) || cell->turns_due > 0)) {
        read_running(ref, column, ui, out);
        return;
    }
    out->running = cell->state == CELL_RUNNING; /* a later pass: the figure so far stays */
    out->turn = ref->board->now_us / 250000;
    if (board_nothing_ok(cell)) {
        copy_text(out->text, sizeof out->text, "✗");
        out->role = ROLE_BAD;
    } else if (cell->state == CELL_WAITING && isnan(value)) {
        copy_text(out->text, sizeof out->text, "·");
    } else {
        out->best = best == ref->ep;
        out->role = out->best                                     ? ROLE_GOOD
                    : isnan(value) || !board_ranked(cell, metric) ? ROLE_DIM
                    : cell->state == CELL_STOPPED                 ? ROLE_WARN
                                                                  : ROLE_TEXT;
        metric_format(metric, value, out->text);
        if (suite_is_quality(suite) && !isnan(value)) /* whatever the title says */
            copy_text(out->text + strlen(out->text), sizeof out->text - strlen(out->text), "%");
    }
}
