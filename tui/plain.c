#include "plain.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "draw.h"

#define PROGRESS_US INT64_C(10000000)
#define TEXT_BYTES 400
#define NAME_CELLS_MAX 24

_Static_assert(GATE_COUNT <= 16, "a cell's gates told so far are 16 bits");

/* What every line is made from. */
struct line {
    struct plain *plain;
    const struct board *board;
    struct buf *out;
    int64_t t;
};

static void put_visible(struct buf *out, const char *text) {
    char shown[TEXT_BYTES];
    text_visible(shown, sizeof shown, text, strlen(text));
    buf_text(out, shown);
}

/* "  <before><text>", or nothing when there is no text. */
static void put_part(struct buf *out, const char *before, const char *text) {
    if (!text || !text[0])
        return;
    buf_printf(out, "  %s", before);
    put_visible(out, text);
}

static void put_figure(struct buf *out, const char *before, enum metric_id metric, double value) {
    char figure[FIGURE_TEXT];
    if (isnan(value))
        return;
    draw_figure(metric, value, figure);
    buf_printf(out, "  %s%s", before, figure);
}

static const struct row *row_of(const struct board *board, int ep) {
    return ep >= 0 && (size_t)ep < board->row_count ? &board->rows[ep] : NULL;
}

/* Names of one width keep the columns apart; long ones are not cut. */
static void put_name(const struct line *line, int ep) {
    size_t widest = 0;
    for (size_t i = 0; i < line->board->row_count; i++) {
        size_t cells = text_cells(line->board->rows[i].endpoint->name);
        widest = cells > widest && cells <= NAME_CELLS_MAX ? cells : widest;
    }
    const char *name = line->board->rows[ep].endpoint->name;
    buf_text(line->out, "  ");
    put_visible(line->out, name);
    for (size_t cells = text_cells(name); cells < widest; cells++)
        buf_char(line->out, ' ');
}

/* Time, run and endpoint (none when `ep` is no endpoint's). */
static void begin(const struct line *line, int ep) {
    buf_printf(line->out, "%7.1fs", (double)line->t / 1e6);
    put_part(line->out, "", line->plain->label);
    if (row_of(line->board, ep))
        put_name(line, ep);
    line->plain->printed_us = line->t;
}

static void end(const struct line *line) {
    buf_char(line->out, '\n');
}

static void put_phase(const struct line *line, enum suite_id suite, const char *phase, int pass) {
    buf_printf(line->out, "  %s/", suite_word(suite));
    put_visible(line->out, phase);
    int passes = line->board->run.passes;
    buf_printf(line->out, "  pass %d/%d", pass + 1, passes > pass ? passes : pass + 1);
}

/* ---- a phase's end ---- */

/* One pass of a phase, from its calls. */
struct tally {
    int calls, ok, failed, wrong, degenerate;
    int64_t tokens; /* COUNT_NONE until one is known */
    int errors[ERROR_CLASS_COUNT];
    struct values ttft, decode;
};

static void count_call(struct tally *tally, const struct call *call) {
    tally->calls++;
    tally->ok += call->ok;
    tally->failed += !call->ok && !error_is_ours(call->error);
    tally->wrong += call->correct == CHECK_NO;
    tally->degenerate += call->degenerate;
    tally->errors[call->error]++;
    if (call->ok && call->completion_tokens != COUNT_NONE)
        tally->tokens = (tally->tokens > 0 ? tally->tokens : 0) + call->completion_tokens;
    if (call->ok) {
        values_add(&tally->ttft, call->ttft_ms);
        values_add(&tally->decode, call->decode_tps);
    }
}

static void count_pass(struct tally *tally, const struct row *row, int column, int pass) {
    *tally = (struct tally){.tokens = COUNT_NONE};
    for (size_t i = 0; i < row->call_count; i++) {
        const struct board_call *call = row->calls[i];
        if (call->finished && !call->superseded && call->column == column &&
            call->call.pass == pass)
            count_call(tally, &call->call);
    }
}

/* What went wrong, or "ok". */
static void put_outcome(struct buf *out, const struct tally *tally) {
    bool fine = tally->ok == tally->calls && tally->wrong == 0 && tally->degenerate == 0;
    if (tally->failed > 0)
        buf_printf(out, "  %d of %d failed", tally->failed, tally->calls);
    for (int class = ERROR_NONE + 1; class < ERROR_CLASS_COUNT; class ++)
        if (tally->errors[class] > 0)
            buf_printf(out, "  %d %s", tally->errors[class], error_word((enum error_class) class));
    if (tally->wrong > 0)
        buf_printf(out, "  %d wrong", tally->wrong);
    if (tally->degenerate > 0)
        buf_printf(out, "  %d degenerate", tally->degenerate);
    if (fine && tally->calls > 0)
        buf_text(out, "  ok");
}

static void put_figures(const struct line *line, const struct cell *cell,
                        const struct tally *tally) {
    bool many = tally->calls > 1;
    if (many)
        buf_printf(line->out, "  %d calls, medians:", tally->calls);
    put_figure(line->out, "TTFT ", METRIC_TTFT, stats_median(tally->ttft.at, tally->ttft.count));
    put_figure(line->out, "", METRIC_DECODE, stats_median(tally->decode.at, tally->decode.count));
    if (many)
        put_figure(line->out, "aggregate ", METRIC_AGGREGATE,
                   stats_of(cell->values[METRIC_AGGREGATE].at, cell->values[METRIC_AGGREGATE].count,
                            STAT_LAST));
    if (tally->tokens != COUNT_NONE)
        buf_printf(line->out, "  %" PRId64 " tokens", tally->tokens);
    if (cell->scores > 0)
        buf_printf(line->out, "  score %.1f of %d", cell->points_times_1000 / 1000.0, cell->scores);
}

static void phase_end(const struct line *line, const struct event_phase *phase) {
    int column = board_column(line->board, phase->suite, phase->phase);
    const struct row *row = row_of(line->board, phase->ep);
    const struct cell *cell = column < 0 ? NULL : board_cell(line->board, phase->ep, column);
    if (!row || !cell)
        return;
    struct tally tally;
    count_pass(&tally, row, column, phase->pass);
    begin(line, phase->ep);
    put_phase(line, phase->suite, phase->phase, phase->pass);
    put_figures(line, cell, &tally);
    put_outcome(line->out, &tally);
    if (phase->status != PHASE_DONE) {
        buf_printf(line->out, "  %s", phase_status_word(phase->status));
        put_part(line->out, "", phase->reason);
    }
    end(line);
    values_done(&tally.ttft);
    values_done(&tally.decode);
}

/* ---- what the fold found: told once, and again when it changed ---- */

static void new_gates(const struct line *line) {
    const struct board *board = line->board;
    for (size_t i = 0; i < board->gate_count; i++) {
        const struct gate_result *gate = &board->gates[i];
        if (!row_of(board, gate->ep) || gate->column < 0 || gate->column >= BOARD_COLUMNS_MAX)
            continue;
        size_t at = (size_t)gate->ep * BOARD_COLUMNS_MAX + (size_t)gate->column;
        unsigned bit = 1u << gate->gate;
        if (line->plain->gates[at] & bit)
            continue;
        line->plain->gates[at] |= (uint16_t)bit;
        const struct column *column = &board->columns[gate->column];
        begin(line, gate->ep);
        buf_printf(line->out, "  %s/", suite_word(column->suite));
        put_visible(line->out, column->phase);
        buf_printf(line->out, "  gate %s", gate_word(gate->gate));
        put_part(line->out, "", gate->detail);
        end(line);
    }
}

/* A gate that no longer holds, after a phase was run again, is told anew when it trips anew. */
static void forget_gates(const struct line *line) {
    const struct board *board = line->board;
    for (size_t ep = 0; ep < board->row_count; ep++)
        for (size_t column = 0; column < board->column_count && column < BOARD_COLUMNS_MAX;
             column++)
            line->plain->gates[ep * BOARD_COLUMNS_MAX + column] &=
                (uint16_t)board->rows[ep].cells[column].gates;
}

/* A verdict keeps its place on the board; new ones come behind it. */
static uint64_t *told_verdicts(struct plain *plain, size_t count) {
    while (plain->verdict_count < count) {
        plain->verdicts = mem_grow(plain->verdicts, plain->verdict_count, &plain->verdict_capacity,
                                   sizeof *plain->verdicts);
        plain->verdicts[plain->verdict_count++] = 0;
    }
    return plain->verdicts;
}

static void new_verdicts(const struct line *line) {
    uint64_t *told = told_verdicts(line->plain, line->board->verdict_count);
    for (size_t i = 0; i < line->board->verdict_count; i++) {
        const struct verdict *verdict = &line->board->verdicts[i];
        if (!row_of(line->board, verdict->ep) || !verdict->value[0])
            continue;
        uint64_t hash = stats_hash(1, verdict->value);
        if (told[i] == hash)
            continue;
        told[i] = hash;
        begin(line, verdict->ep);
        buf_printf(line->out, "  %s", suite_word(verdict->suite));
        put_part(line->out, "", verdict->phase);
        buf_printf(line->out, "  %s: ", verdict_title(verdict->id));
        put_visible(line->out, verdict->value);
        if (verdict->suspect_cold)
            buf_text(line->out, "  (cold is suspect)");
        if (verdict->witnesses_disagree)
            buf_text(line->out, "  (witnesses disagree)");
        put_part(line->out, "", verdict->evidence);
        end(line);
    }
}

static void found(const struct line *line) {
    struct plain *plain = line->plain;
    if (!plain->gates)
        plain->gates = mem_zero(line->board->row_count * BOARD_COLUMNS_MAX, sizeof *plain->gates);
    forget_gates(line);
    new_gates(line);
    new_verdicts(line);
}

/* ---- other events ---- */

static void endpoint(const struct line *line, const struct event_endpoint *event) {
    if (!row_of(line->board, event->ep))
        return;
    begin(line, event->ep);
    buf_printf(line->out, "  %s", endpoint_state_word(event->state));
    if (event->engine >= 0 && event->engine < ENGINE_COUNT)
        put_part(line->out, "", engine_title((enum engine_id)event->engine));
    put_part(line->out, "version ", event->engine_version);
    put_part(line->out, "model ", event->model);
    put_part(line->out, "", event->detail);
    end(line);
}

/* The first failure of its class in a cell; the phase's end counts them all. */
static void call_end(const struct line *line, const struct call *call) {
    int column = board_column(line->board, call->suite, call->phase);
    const struct cell *cell = column < 0 ? NULL : board_cell(line->board, call->ep, column);
    if (!cell || call->error == ERROR_NONE || error_is_ours(call->error) ||
        cell->errors[call->error] > 1)
        return;
    begin(line, call->ep);
    put_phase(line, call->suite, call->phase, call->pass);
    buf_printf(line->out, "  call %d  error %s", call->index + 1, error_word(call->error));
    if (call->http_status > 0)
        buf_printf(line->out, "  HTTP %d", call->http_status);
    put_part(line->out, "", call->error_detail);
    end(line);
}

static void put_running(const struct line *line, size_t ep) {
    const struct row *row = &line->board->rows[ep];
    const struct column *column = &line->board->columns[row->running_column];
    const struct cell *cell = &row->cells[row->running_column];
    put_part(line->out, "", row->endpoint->name);
    buf_printf(line->out, "  %s/", suite_word(column->suite));
    put_visible(line->out, column->phase);
    if (cell->turns_due > 0)
        buf_printf(line->out, "  %d of %d turns", cell->turns_told, cell->turns_due);
    else
        buf_printf(line->out, "  %d done, %d running", cell->calls - cell->calls_running,
                   cell->calls_running);
    put_figure(line->out, "", METRIC_DECODE, row->tps_now);
}

static void progress(const struct line *line) {
    const struct board *board = line->board;
    if (line->t - line->plain->printed_us < PROGRESS_US || board->status != RUN_OPEN)
        return;
    begin(line, -1);
    double share = board_progress(board);
    if (!isnan(share))
        buf_printf(line->out, "  %d%% done", (int)(share * 100));
    int64_t left_us = board_eta_us(board);
    if (left_us >= 0) {
        char left[DURATION_TEXT];
        draw_duration(left_us, left);
        buf_printf(line->out, ", about %s left", left);
    }
    for (size_t ep = 0; ep < board->row_count; ep++)
        if (board->rows[ep].running_column >= 0)
            put_running(line, ep);
    end(line);
}

static void note(const struct line *line, const struct event_note *event) {
    begin(line, event->ep);
    buf_printf(line->out, "  %s: ", note_level_word(event->level));
    put_visible(line->out, event->text ? event->text : "");
    end(line);
}

static void run_end(const struct line *line, const struct event_run_end *event) {
    const struct board *board = line->board;
    int calls = 0, failed = 0, cancelled = 0, suspended = 0;
    for (size_t ep = 0; ep < board->row_count; ep++)
        for (size_t column = 0; column < board->column_count; column++) {
            const struct cell *cell = &board->rows[ep].cells[column];
            calls += cell->calls - cell->calls_running;
            failed += board_failed(cell);
            cancelled += cell->calls_cancelled;
            suspended += cell->calls_suspended;
        }
    begin(line, -1);
    buf_printf(line->out, "  run %s%s  %zu phases  %d calls", board_is_void(board) ? "over: " : "",
               event->status == RUN_OPEN ? "interrupted here and resumed" : board_end_word(board),
               board->phases_done, calls);
    if (failed > 0)
        buf_printf(line->out, "  %d failed", failed);
    if (cancelled > 0)
        buf_printf(line->out, "  %d cancelled", cancelled);
    if (suspended > 0)
        buf_printf(line->out, "  %d suspended", suspended);
    if (event->dropped > 0)
        buf_printf(line->out, "  %" PRId64 " progress events dropped", event->dropped);
    end(line);
}

void plain_event(struct plain *plain, const struct board *board, const struct event *event,
                 struct buf *out) {
    struct line line = {plain, board, out, event->t};
    switch (event->kind) {
    case EVENT_ENDPOINT:
        endpoint(&line, &event->endpoint);
        break;
    case EVENT_PHASE_END:
        phase_end(&line, &event->phase);
        found(&line);
        break;
    case EVENT_CALL_END:
        call_end(&line, &event->call);
        break;
    case EVENT_NOTE:
        note(&line, &event->note);
        break;
    case EVENT_RUN_END:
        found(&line);
        run_end(&line, &event->run_end);
        break;
    case EVENT_PROGRESS:
    case EVENT_SAMPLE: /* the heartbeat */
        progress(&line);
        break;
    case EVENT_CAPABILITY:
    case EVENT_PHASE_START:
    case EVENT_CALL_START:
    case EVENT_FIRST_TOKEN:
    case EVENT_CALL_OUTPUT:
    case EVENT_SCORE:
    case EVENT_FIGURE:
    case EVENT_COUNT:
        break;
    }
}

void plain_done(struct plain *plain) {
    free(plain->gates);
    free(plain->verdicts);
    *plain = (struct plain){0};
}

/* ---- header ---- */

static void put_plan(const struct plan *plan, struct buf *out) {
    buf_printf(out, "%10s%s:", "", suite_word(plan->suite));
    for (size_t i = 0; i < plan->phase_count; i++) {
        buf_char(out, ' ');
        put_visible(out, plan->phases[i]);
    }
    buf_char(out, '\n');
}

static void put_endpoint(const struct endpoint *endpoint, struct buf *out) {
    buf_printf(out, "%8s", "");
    put_part(out, "", endpoint->name);
    buf_printf(out, "  %s", engine_title(endpoint->engine));
    put_part(out, "", endpoint->engine_version);
    put_part(out, "", endpoint->model);
    put_part(out, "", endpoint->format);
    put_part(out, "", endpoint->quant);
    put_part(out, "", endpoint->url);
    put_part(out, "lane ", endpoint->lane);
    if (endpoint->simulated)
        buf_text(out, "  SIM");
    buf_char(out, '\n');
}

void plain_header(const struct board *board, struct buf *out) {
    const struct run *run = &board->run;
    buf_text(out, "pitwall");
    put_part(out, "", run->version);
    put_part(out, "run ", run->id);
    put_part(out, "", run->started);
    buf_printf(out, "  %d %s", run->passes, run->passes == 1 ? "pass" : "passes");
    if (run_is_simulated(run))
        buf_text(out, "  SIM: simulated engines, no figure is real");
    buf_char(out, '\n');
    for (size_t i = 0; i < run->endpoint_count; i++)
        put_endpoint(&run->endpoints[i], out);
    for (size_t i = 0; i < run->plan_count; i++)
        put_plan(&run->plans[i], out);
}
