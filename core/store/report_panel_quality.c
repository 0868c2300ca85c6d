/* The panel's direct measurements: quality suites, thinking ablation, and what a baseline differs
 * in (the MTP table). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/compare.h"
#include "store/report_panel.h"

static void put_pass_k(struct panel *panel, const struct couple *couple, int column) {
    struct pass_k pass_k;
    pass_k_of(couple->board, couple->ep, column, &pass_k);
    panel_number(panel, METRIC_SCORE, pass_k_percent(&pass_k, pass_k.k));
    if (pass_k.k > 0)
        buf_printf(panel->out, " | %d", pass_k.k);
    else
        buf_text(panel->out, " | –");
}

static void scores(struct panel *panel) {
    struct couple couple = {.ep = -1};
    bool any = false;
    while (panel_next(panel, &couple))
        for (int column = 0; column < (int)couple.board->column_count; column++) {
            const struct column *what = &couple.board->columns[column];
            const struct cell *cell = board_cell(couple.board, couple.ep, column);
            if (what->suite == SUITE_THINKING_ABLATION || !report_has(cell, METRIC_SCORE))
                continue;
            if (!any)
                panel_head(panel,
                           "Engine | Model | Suite | Clean (%) | pass^k (%) | k | Turns | n");
            any = true;
            panel_couple(panel, &couple);
            panel_text(panel, suite_word(what->suite));
            panel_value(panel, &couple, column, METRIC_SCORE, STAT_MEDIAN);
            put_pass_k(panel, &couple, column);
            if (cell->scores)
                buf_printf(panel->out, " | %d", cell->scores);
            else
                buf_text(panel->out, " | –");
            double n = report_n(couple.board, couple.ep, column, METRIC_SCORE);
            buf_printf(panel->out, n >= 0 ? " | %.0f" : " | –", n);
            panel_row_end(panel);
        }
    if (!any)
        buf_text(panel->out, "\nNo quality suite was run.\n");
}

static void ablation(struct panel *panel) {
    static const char *const phases[] = {"off", "on-preserve", "on-drop"};
    struct couple couple = {.ep = -1};
    bool any = false;
    while (panel_next(panel, &couple)) {
        if (!panel_has(&couple, SUITE_THINKING_ABLATION))
            continue;
        if (!any)
            buf_text(panel->out, "\n### Thinking ablation: tool calls clean (%)\n");
        if (!any)
            panel_head(panel, "Engine | Model | off | on, reasoning kept | on, reasoning dropped");
        any = true;
        panel_couple(panel, &couple);
        for (size_t i = 0; i < COUNT_OF(phases); i++)
            panel_value(panel, &couple,
                        board_column(couple.board, SUITE_THINKING_ABLATION, phases[i]),
                        METRIC_SCORE, STAT_MEDIAN);
        panel_row_end(panel);
    }
}

static void delta_row(struct panel *panel, const struct board *board, size_t run,
                      const struct compare_row *row) {
    struct couple couple = {.board = board, .ep = row->ep_b, .run = run};
    panel_couple(panel, &couple);
    panel_text(panel, report_name(board, row->ep_a));
    panel_number(panel, row->metric, row->a);
    panel_number(panel, row->metric, row->b);
    if (isnan(row->ratio.ratio))
        buf_text(panel->out, " | –");
    else
        buf_printf(panel->out, " | %+.0f %%", 100 * (row->ratio.ratio - 1));
    if (isnan(row->ratio.low))
        buf_text(panel->out, " | –");
    else
        buf_printf(panel->out, " | %+.1f to %+.1f %%", 100 * (row->ratio.low - 1),
                   100 * (row->ratio.high - 1));
    panel_text(panel, compare_word(row->verdict));
    if (row->bar != BAR_NONE)
        panel_note(panel, "not comparable: %s%s%s", compare_bar_word(row->bar),
                   row->detail[0] ? ", " : "", row->detail);
    else if (row->detail[0])
        panel_note(panel, "%s", row->detail);
    if (row->ratio.paired)
        buf_printf(panel->out, " | %zu pairs", row->n_a);
    else
        buf_printf(panel->out, " | %zu and %zu", row->n_a, row->n_b);
    panel_row_end(panel);
}

static void deltas(struct panel *panel) {
    bool any = false;
    for (size_t i = 0; i < panel->count; i++) {
        struct compare compare;
        compare_baselines(&compare, panel->boards[i]);
        for (size_t k = 0; k < compare.count; k++) {
            const struct compare_row *row = &compare.rows[k];
            if (row->suite != SUITE_AGENTIC || strcmp(row->phase, "warm") != 0 ||
                (row->metric != METRIC_DECODE && row->metric != METRIC_TTFT))
                continue;
            if (!any)
                buf_text(panel->out, "\n### Against a baseline (drafting, KV type, quant)\n");
            if (!any)
                panel_head(panel, "Engine | Model | Baseline | Warm, baseline | Warm | Δ | 95 % "
                                  "interval of Δ | Verdict | n");
            any = true;
            delta_row(panel, panel->boards[i], i, row);
        }
        compare_done(&compare);
    }
}

void panel_quality(struct panel *panel) {
    buf_text(panel->out, "\n## Direct measurements: quality, drafting\n");
    scores(panel);
    ablation(panel);
    deltas(panel);
}
