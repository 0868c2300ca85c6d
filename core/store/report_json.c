/* The fold in one object (design 5). The same events give the same bytes: tests compare a live
 * board with its replay by it. */
#include <math.h>

#include "base/json.h"
#include "store/report_parts.h"

static void put_run(struct json_writer *w, const struct board *board) {
    const struct run *run = &board->run;
    json_open(w, "run", '{');
    json_put_string(w, "id", run->id);
    json_put_string(w, "version", run->version);
    json_put_string(w, "started", run->started);
    json_put_string(w, "status", run_status_word(board->status));
    json_put_string(w, "resumes", run->resumes);
    json_put_integer(w, "duration_us", board->now_us);
    json_put_integer(w, "events", board->events);
    json_put_integer(w, "dropped", board->dropped);
    json_put_integer(w, "seed", (int64_t)run->seed);
    json_put_string(w, "salt", run->salt);
    json_put_string(w, "workload", workload_word(run->workload));
    json_put_integer(w, "passes", run->passes);
    json_put_bool(w, "simulated", run_is_simulated(run));
    json_put_raw(w, "options", run->options);
    struct limits limits = run->limits;
    json_open(w, "limits", '{');
    for (size_t i = 0; i < limits_count(); i++)
        json_put_number(w, limits_name(i), *limits_value(&limits, i));
    json_close(w, '}');
    json_close(w, '}');
}

static void put_count(struct json_writer *w, const char *key, int64_t value) {
    if (value < 0)
        json_put_null(w, key);
    else
        json_put_integer(w, key, value);
}

static void put_machine(struct json_writer *w, const struct machine *machine) {
    json_open(w, "machine", '{');
    json_put_string(w, "model", machine->model);
    json_put_string(w, "chip", machine->chip);
    json_put_string(w, "os", machine->os);
    put_count(w, "ram_mb", machine->ram_mb);
    put_count(w, "cores", machine->cores);
    json_put_string(w, "power_mode", machine->power_mode);
    json_close(w, '}');
}

static void put_endpoint(struct json_writer *w, const struct row *row) {
    const struct endpoint *endpoint = row->endpoint;
    enum report_origin origin = report_origin(endpoint);
    json_open(w, NULL, '{');
    json_put_integer(w, "ep", endpoint->ep);
    json_put_string(w, "name", endpoint->name);
    json_put_string(w, "origin",
                    origin == ORIGIN_MEASURED ? "MEASURED" : report_origin_word(origin));
    json_put_string(w, "url", endpoint->url);
    json_put_string(w, "engine", engine_word(endpoint->engine));
    json_put_string(w, "engine_version",
                    row->engine_version ? row->engine_version : endpoint->engine_version);
    json_put_string(w, "model", row->model ? row->model : endpoint->model);
    json_put_string(w, "family", endpoint->family);
    json_put_string(w, "format", endpoint->format);
    json_put_string(w, "quant", endpoint->quant);
    json_put_string(w, "lane", endpoint->lane);
    json_put_string(w, "baseline", endpoint->baseline);
    json_put_string(w, "thinking", thinking_word(endpoint->thinking));
    json_put_string(w, "state", endpoint_state_word(row->state));
    json_put_string(w, "detail", row->detail);
    json_put_integer(w, "retries", row->retries);
    json_close(w, '}');
}

static void put_place(struct json_writer *w, const struct board *board, int ep, int column) {
    json_put_integer(w, "ep", ep);
    json_put_string(w, "suite", suite_word(board->columns[column].suite));
    json_put_string(w, "phase", board->columns[column].phase);
}

static const char *state_word(enum cell_state state) {
    static const char *const words[] = {
        [CELL_WAITING] = "waiting", [CELL_RUNNING] = "running", [CELL_DONE] = "done",
        [CELL_SKIPPED] = "skipped", [CELL_STOPPED] = "stopped",
    };
    return words[state];
}

static void put_pass_k(struct json_writer *w, const struct board *board, int ep, int column) {
    struct pass_k pass_k;
    pass_k_of(board, ep, column, &pass_k);
    if (pass_k.turns == 0)
        return;
    json_open(w, "pass_k", '{');
    json_put_integer(w, "k", pass_k.k);
    json_put_integer(w, "turns", pass_k.turns);
    json_put_integer(w, "held", pass_k.held);
    json_put_number(w, "pct", pass_k_percent(&pass_k, pass_k.k));
    json_close(w, '}');
}

static void put_phase(struct json_writer *w, const struct board *board, int ep, int column) {
    const struct cell *cell = board_cell(board, ep, column);
    json_open(w, NULL, '{');
    put_place(w, board, ep, column);
    json_put_string(w, "state", state_word(cell->state));
    json_put_string(w, "reason", cell->reason);
    json_put_integer(w, "passes", cell->passes_done);
    json_put_integer(w, "calls", cell->calls);
    json_put_integer(w, "ok", cell->calls_ok);
    json_put_integer(w, "cancelled", cell->calls_cancelled);
    json_put_integer(w, "suspended", cell->calls_suspended);
    json_put_integer(w, "wrong", cell->calls_wrong);
    json_put_integer(w, "degenerate", cell->calls_degenerate);
    json_put_integer(w, "scored", cell->scores);
    put_pass_k(w, board, ep, column);
    json_close(w, '}');
}

static void put_figures(struct json_writer *w, const struct board *board, int ep, int column) {
    const struct cell *cell = board_cell(board, ep, column);
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        if (!report_has(cell, (enum metric_id)metric))
            continue;
        json_open(w, NULL, '{');
        put_place(w, board, ep, column);
        json_put_string(w, "metric", metric_of((enum metric_id)metric)->id);
        json_put_number(w, "n", report_n(board, ep, column, (enum metric_id)metric));
        for (size_t i = 0; i < REPORT_STATS; i++)
            json_put_number(
                w, stat_word(report_stats[i]),
                board_value(board, ep, column, (enum metric_id)metric, report_stats[i]));
        json_put_bool(w, "ranked", board_ranked(cell, (enum metric_id)metric));
        json_close(w, '}');
    }
}

/* Errors of a cell by class; the first detail of each stands for all. */
static void put_errors(struct json_writer *w, const struct board *board, int ep, int column) {
    const struct cell *cell = board_cell(board, ep, column);
    for (int class = ERROR_NONE + 1; class < ERROR_CLASS_COUNT; class ++) {
        if (!cell->errors[class])
            continue;
        json_open(w, NULL, '{');
        put_place(w, board, ep, column);
        json_put_string(w, "class", error_word((enum error_class) class));
        json_put_integer(w, "count", cell->errors[class]);
        json_put_string(w, "detail",
                        report_error_detail(board, ep, column, (enum error_class) class));
        json_close(w, '}');
    }
}

/* One array over all cells. */
static void put_cells(struct json_writer *w, const char *key, const struct board *board,
                      void (*put)(struct json_writer *w, const struct board *board, int ep,
                                  int column)) {
    json_open(w, key, '[');
    for (int ep = 0; ep < (int)board->row_count; ep++)
        for (int column = 0; column < (int)board->column_count; column++)
            put(w, board, ep, column);
    json_close(w, ']');
}

static void put_gates(struct json_writer *w, const struct board *board, int ep, int column) {
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_result *result = board_gate(board, ep, column, (enum gate_id)gate);
        if (!result)
            continue;
        json_open(w, NULL, '{');
        put_place(w, board, ep, column);
        json_put_string(w, "gate", gate_word((enum gate_id)gate));
        json_put_bool(w, "tripped", true);
        json_put_number(w, "value", result->value);
        json_put_number(w, "limit", result->limit);
        json_put_string(w, "detail", result->detail);
        json_close(w, '}');
    }
}

static void put_verdict(struct json_writer *w, const struct verdict *verdict) {
    json_open(w, NULL, '{');
    json_put_integer(w, "ep", verdict->ep);
    json_put_string(w, "suite", suite_word(verdict->suite));
    json_put_string(w, "phase", verdict->phase[0] ? verdict->phase : NULL);
    json_put_string(w, "verdict", verdict_word(verdict->id));
    json_put_string(w, "value", verdict->value[0] ? verdict->value : NULL);
    json_put_number(w, "ratio", verdict->ratio);
    json_put_number(w, "reuse_fraction", verdict->reuse_fraction);
    json_put_number(w, "reuse_efficiency", verdict->efficiency);
    json_put_number(w, "ceiling", verdict->ceiling);
    json_put_bool(w, "suspect_cold", verdict->suspect_cold);
    json_put_bool(w, "witnesses_disagree", verdict->witnesses_disagree);
    json_put_string(w, "evidence", verdict->evidence);
    json_close(w, '}');
}

static void put_scores(struct json_writer *w, const struct row *row) {
    for (size_t i = 0; i < row->score_count; i++) {
        const struct score_line *score = &row->scores[i];
        json_open(w, NULL, '{');
        json_put_integer(w, "ep", row->endpoint->ep);
        json_put_string(w, "suite", suite_word(score->suite));
        json_put_string(w, "item", score->item);
        json_put_integer(w, "turn", score->turn);
        json_put_integer(w, "repeat", score->repeat);
        json_put_integer(w, "pass", score->pass);
        json_put_number(w, "points", score->points);
        json_put_string(w, "failure", score->failure);
        json_put_string(w, "detail", score->detail);
        json_put_string(w, "expected", score->expected);
        json_close(w, '}');
    }
}

static void put_note(struct json_writer *w, const struct note_line *note) {
    json_open(w, NULL, '{');
    json_put_integer(w, "t", note->t);
    json_put_string(w, "level", note_level_word(note->level));
    put_count(w, "ep", note->ep);
    json_put_string(w, "text", note->text);
    json_close(w, '}');
}

static void put_board(struct json_writer *w, const struct board *board,
                      const struct report_how *how) {
    json_open(w, NULL, '{');
    put_run(w, board);
    put_machine(w, &board->run.machine);
    json_open(w, "endpoints", '[');
    for (size_t i = 0; i < board->row_count; i++)
        put_endpoint(w, &board->rows[i]);
    json_close(w, ']');
    put_cells(w, "phases", board, put_phase);
    put_cells(w, "cells", board, put_figures);
    put_cells(w, "gates", board, put_gates);
    json_open(w, "verdicts", '[');
    for (size_t i = 0; i < board->verdict_count; i++)
        put_verdict(w, &board->verdicts[i]);
    json_close(w, ']');
    json_open(w, "scores", '[');
    for (size_t i = 0; i < board->row_count; i++)
        put_scores(w, &board->rows[i]);
    json_close(w, ']');
    score_json(w, board, how);
    put_cells(w, "errors", board, put_errors);
    json_open(w, "notes", '[');
    for (size_t i = 0; i < board->note_count; i++)
        put_note(w, &board->notes[i]);
    json_close(w, ']');
    json_close(w, '}');
}

void report_json(struct buf *out, const struct board *const *boards, size_t count,
                 const struct report_how *how) {
    struct json_writer w;
    json_begin(&w, out);
    if (count != 1)
        json_open(&w, NULL, '[');
    for (size_t i = 0; i < count; i++)
        put_board(&w, boards[i], how);
    if (count != 1)
        json_close(&w, ']');
    json_end(&w);
    buf_char(out, '\n');
}
