/* The long form: a row for each run, endpoint, phase, metric and stat. RFC 4180 with bare newlines;
 * the metric's id carries the unit; an absent figure is an empty field. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "store/report_parts.h"

static void put_text(struct buf *out, const char *text) {
    struct buf visible;
    buf_init(&visible, SIZE_MAX / 4);
    report_text(&visible, text, "");
    const char *from = buf_string(&visible);
    if (!strpbrk(from, ",\"")) { /* no newline is left in it */
        buf_text(out, from);
    } else {
        buf_char(out, '"');
        for (; *from; from++) {
            if (*from == '"')
                buf_char(out, '"');
            buf_char(out, *from);
        }
        buf_char(out, '"');
    }
    buf_done(&visible);
    buf_char(out, ',');
}

/* As the log writes numbers: the shortest form that reads back. */
static void put_number(struct buf *out, double value) {
    struct json_writer w;
    if (isnan(value))
        return;
    json_begin(&w, out);
    json_put_number(&w, NULL, value);
}

static void put_gates(struct buf *out, unsigned gates) {
    const char *between = "";
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        if (!(gates & 1u << gate))
            continue;
        buf_printf(out, "%s%s", between, gate_word((enum gate_id)gate));
        between = " ";
    }
}

/* What is the same in all rows of a cell. */
static void put_place(struct buf *out, const struct board *board, int ep, int column) {
    const struct row *row = &board->rows[ep];
    const struct endpoint *endpoint = row->endpoint;
    put_text(out, board->run.id);
    put_text(out, board->run.started);
    put_text(out, run_status_word(board->status));
    put_text(out, report_origin_word(report_origin(endpoint)));
    put_text(out, workload_word(board->run.workload));
    buf_printf(out, "%d,", ep);
    put_text(out, endpoint->name);
    put_text(out, engine_word(endpoint->engine));
    put_text(out, row->engine_version ? row->engine_version : endpoint->engine_version);
    put_text(out, row->model ? row->model : endpoint->model);
    put_text(out, endpoint->format);
    put_text(out, endpoint->quant);
    put_text(out, endpoint->lane);
    put_text(out, suite_word(board->columns[column].suite));
    put_text(out, board->columns[column].phase);
}

static void put_figure(struct buf *out, const struct board *board, int ep, int column,
                       enum metric_id metric) {
    const struct cell *cell = board_cell(board, ep, column);
    struct buf place;
    buf_init(&place, SIZE_MAX / 4);
    put_place(&place, board, ep, column);
    for (size_t i = 0; i < REPORT_STATS; i++) {
        buf_append(out, buf_string(&place), place.length);
        buf_printf(out, "%s,%s,", metric_of(metric)->id, stat_word(report_stats[i]));
        put_number(out, board_value(board, ep, column, metric, report_stats[i]));
        buf_char(out, ',');
        put_number(out, report_n(board, ep, column, metric));
        buf_printf(out, ",%s,", board_ranked(cell, metric) ? "true" : "false");
        put_gates(out, cell->gates);
        buf_char(out, '\n');
    }
    buf_done(&place);
}

/* The mean over turns of "right in every repeat"; n are the turns. */
static void put_pass_k(struct buf *out, const struct board *board, int ep, int column) {
    const struct cell *cell = board_cell(board, ep, column);
    struct pass_k pass_k;
    pass_k_of(board, ep, column, &pass_k);
    if (pass_k.turns == 0)
        return;
    put_place(out, board, ep, column);
    buf_printf(out, "pass_%d_pct,mean,", pass_k.k);
    put_number(out, pass_k_percent(&pass_k, pass_k.k));
    buf_printf(out, ",%d,%s,", pass_k.turns, board_ranked(cell, METRIC_SCORE) ? "true" : "false");
    put_gates(out, cell->gates);
    buf_char(out, '\n');
}

void report_csv(struct buf *out, const struct board *const *boards, size_t count,
                const struct report_how *how) {
    (void)how;
    buf_text(out, "run,started,status,origin,workload,ep,endpoint,engine,engine_version,model,"
                  "format,quant,lane,suite,phase,metric,stat,value,n,ranked,gates\n");
    for (size_t b = 0; b < count; b++)
        for (int ep = 0; ep < (int)boards[b]->row_count; ep++)
            for (int column = 0; column < (int)boards[b]->column_count; column++) {
                for (int metric = 0; metric < METRIC_COUNT; metric++)
                    if (report_has(board_cell(boards[b], ep, column), (enum metric_id)metric))
                        put_figure(out, boards[b], ep, column, (enum metric_id)metric);
                put_pass_k(out, boards[b], ep, column);
            }
}
