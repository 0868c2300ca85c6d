/* The panel's measured sections as Markdown: 1 single calls, 2 bursts, 3 caches, 4 memory, quality,
 * 6 operational. */
#include "store/report_panel.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/compare.h"

#define NOT_MEASURED "\nNot measured.\n"
#define TURN_CALLS 60 /* of the lower bound (protocol 3) */

/* ---- parts ---- */

bool panel_next(const struct panel *panel, struct couple *couple) {
    couple->ep++;
    while (couple->run < panel->count) {
        couple->board = panel->boards[couple->run];
        if (couple->ep < (int)couple->board->row_count)
            return true;
        couple->run++;
        couple->ep = 0;
    }
    return false;
}

bool panel_has(const struct couple *couple, enum suite_id suite) {
    const struct board *board = couple->board;
    for (size_t i = 0; i < board->column_count; i++) {
        const struct cell *cell = board_cell(board, couple->ep, (int)i);
        if (board->columns[i].suite != suite)
            continue;
        for (int metric = 0; metric < METRIC_COUNT; metric++)
            if (report_has(cell, (enum metric_id)metric))
                return true;
    }
    return false;
}

void panel_note(struct panel *panel, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < panel->note_count; i++)
        if (strcmp(panel->seen[i], text) == 0) {
            buf_printf(panel->out, "[^%zu]", i + 1);
            return;
        }
    panel->seen =
        mem_grow(panel->seen, panel->note_count, &panel->note_capacity, sizeof *panel->seen);
    panel->seen[panel->note_count++] = mem_string(text);
    buf_printf(panel->out, "[^%zu]", panel->note_count);
    buf_printf(&panel->notes, "[^%zu]: ", panel->note_count);
    report_markup(&panel->notes, text, "");
    buf_char(&panel->notes, '\n');
}

void panel_head(struct panel *panel, const char *titles) {
    buf_printf(panel->out, "\n| %s |\n|", titles);
    size_t columns = 1;
    for (const char *at = titles; *at; at++)
        columns += *at == '|';
    for (size_t i = 0; i < columns; i++)
        buf_text(panel->out, i < 2 ? "---|" : "---:|");
    buf_char(panel->out, '\n');
}

void panel_text(struct panel *panel, const char *text) {
    buf_text(panel->out, " | ");
    report_markup(panel->out, text, "–");
}

void panel_number(struct panel *panel, enum metric_id metric, double value) {
    char text[METRIC_TEXT];
    metric_in_unit(metric, value, text);
    buf_printf(panel->out, " | %s", text);
}

void panel_row_end(struct panel *panel) {
    buf_text(panel->out, " |\n");
}

/* Where the couple's figures come from, and how many stand behind each. */
static void note_provenance(struct panel *panel, const struct couple *couple) {
    const struct run *run = &couple->board->run;
    const struct endpoint *endpoint = couple->board->rows[couple->ep].endpoint;
    enum report_origin origin = report_origin(endpoint);
    const char *chip = run->machine.chip ? run->machine.chip : run->machine.model;
    panel_note(panel, "%s%srun %s, %s, workload %s, %d pass%s, on %s%s%s%s",
               report_origin_word(origin), origin == ORIGIN_MEASURED ? "" : ": ", run->id,
               run->started ? run->started : "no date", workload_word(run->workload), run->passes,
               run->passes == 1 ? "" : "es", chip ? chip : "an unknown machine",
               run->machine.power_mode ? ", power mode " : "",
               run->machine.power_mode ? run->machine.power_mode : "",
               couple->board->status == RUN_COMPLETE ? "" : ", not complete");
}

void panel_couple(struct panel *panel, const struct couple *couple) {
    const struct row *row = &couple->board->rows[couple->ep];
    const struct endpoint *endpoint = row->endpoint;
    const char *version = row->engine_version ? row->engine_version : endpoint->engine_version;
    buf_text(panel->out, "| ");
    report_markup(panel->out, engine_title(endpoint->engine), "");
    if (version) {
        buf_char(panel->out, ' ');
        report_markup(panel->out, version, "");
    }
    if (endpoint->name && strcmp(endpoint->name, engine_word(endpoint->engine)) != 0) {
        buf_text(panel->out, " (");
        report_markup(panel->out, endpoint->name, "");
        buf_char(panel->out, ')');
    }
    note_provenance(panel, couple);
    panel_text(panel, row->model ? row->model : endpoint->model);
}

void panel_value(struct panel *panel, const struct couple *couple, int column,
                 enum metric_id metric, enum stat_id stat) {
    const struct board *board = couple->board;
    panel_number(panel, metric, board_value(board, couple->ep, column, metric, stat));
    for (int gate = 0; column >= 0 && gate < GATE_COUNT; gate++) {
        const struct gate_result *result =
            board_gate(board, couple->ep, column, (enum gate_id)gate);
        if (result)
            panel_note(panel, "%s tripped%s: %s", gate_word(result->gate),
                       gate_unranks(result->gate) ? " (not ranked)" : "", result->detail);
    }
}

static int column_of(const struct couple *couple, enum suite_id suite, const char *phase) {
    return board_column(couple->board, suite, phase);
}

static double median_of(const struct couple *couple, const char *phase, enum metric_id metric) {
    return board_value(couple->board, couple->ep, column_of(couple, SUITE_AGENTIC, phase), metric,
                       STAT_MEDIAN);
}

double panel_prefix_ttft(const struct couple *couple) {
    double values[3];
    size_t count = 0;
    char phase[PHASE_MAX];
    for (int i = 1; i <= 3; i++) {
        snprintf(phase, sizeof phase, "prefix-test-%d", i);
        double value = median_of(couple, phase, METRIC_TTFT);
        if (!isnan(value))
            values[count++] = value;
    }
    return count ? stats_median(values, count)
                 : median_of(couple, "prefix-test", METRIC_TTFT); /* published: one for three */
}

/* ---- 1: single calls ---- */

/* 60 × (TTFT + max_tokens / decode), as "3.7 min". max_tokens as asked in the warm phase; 400, the
 * suite's own, where only aggregates are known. */
static void put_bound(struct panel *panel, const struct couple *couple, double ttft_ms) {
    const struct row *row = &couple->board->rows[couple->ep];
    int column = column_of(couple, SUITE_AGENTIC, "warm"), tokens = 400;
    for (size_t i = 0; i < row->call_count; i++)
        if (row->calls[i]->column == column && row->calls[i]->call.max_tokens > 0)
            tokens = row->calls[i]->call.max_tokens;
    double minutes =
        TURN_CALLS * (ttft_ms / 1e3 + tokens / median_of(couple, "warm", METRIC_DECODE)) / 60;
    if (isfinite(minutes))
        buf_printf(panel->out, " | %.1f min", minutes);
    else
        buf_text(panel->out, " | –");
}

static void single_calls(struct panel *panel) {
    struct couple couple = {.ep = -1};
    bool any = false;
    buf_text(panel->out, "\n## Section 1: single-call performance\n");
    while (panel_next(panel, &couple)) {
        if (!panel_has(&couple, SUITE_AGENTIC))
            continue;
        if (!any)
            panel_head(panel,
                       "Engine | Model | Format | Warm decode (t/s) | TTFT warm (ms) | TTFT "
                       "prefix-test median (ms) | TTFT cold (ms) | Lower bound, 60 calls, warm | "
                       "Lower bound, 60 calls, prefix changing | n");
        any = true;
        const struct endpoint *endpoint = couple.board->rows[couple.ep].endpoint;
        int warm = column_of(&couple, SUITE_AGENTIC, "warm");
        double n = report_n(couple.board, couple.ep, warm, METRIC_DECODE);
        panel_couple(panel, &couple);
        buf_text(panel->out, " | ");
        report_markup(panel->out, endpoint->format, "–");
        buf_char(panel->out, ' ');
        report_markup(panel->out, endpoint->quant, "");
        panel_value(panel, &couple, warm, METRIC_DECODE, STAT_MEDIAN);
        if (endpoint->thinking == THINKING_ON)
            panel_note(panel, "thinking on: decode includes reasoning tokens");
        panel_value(panel, &couple, warm, METRIC_TTFT, STAT_MEDIAN);
        panel_number(panel, METRIC_TTFT, panel_prefix_ttft(&couple));
        panel_value(panel, &couple, column_of(&couple, SUITE_AGENTIC, "cold"), METRIC_TTFT,
                    STAT_MEDIAN);
        put_bound(panel, &couple, median_of(&couple, "warm", METRIC_TTFT));
        put_bound(panel, &couple, panel_prefix_ttft(&couple));
        buf_printf(panel->out, n >= 0 ? " | %.0f" : " | –", n);
        panel_row_end(panel);
    }
    buf_text(panel->out, any ? "\nMedians over the passes. Lower bound: 60 × (TTFT + max tokens / "
                               "decode), sequential dispatch, computed.\n"
                             : NOT_MEASURED);
}

/* ---- 2: bursts ---- */

static const struct verdict *burst_verdict(const struct couple *couple, const char *phase) {
    const struct verdict *found = NULL;
    for (size_t i = 0; i < couple->board->verdict_count; i++) {
        const struct verdict *verdict = &couple->board->verdicts[i];
        if (verdict->ep == couple->ep && verdict->id == VERDICT_SERIALISATION &&
            verdict->value[0] && strcmp(verdict->phase, phase) == 0)
            found = verdict;
    }
    return found;
}

static void burst_row(struct panel *panel, const struct couple *couple, int column) {
    static const struct {
        enum metric_id metric;
        enum stat_id stat;
    } figures[] = {{METRIC_WALL, STAT_MEDIAN},      {METRIC_LATENCY, STAT_P50},
                   {METRIC_LATENCY, STAT_P95},      {METRIC_LATENCY, STAT_MAX},
                   {METRIC_TTFT, STAT_P50},         {METRIC_AGGREGATE, STAT_MEDIAN},
                   {METRIC_VALID, STAT_MEDIAN},     {METRIC_TPS_PER_WATT, STAT_MEDIAN},
                   {METRIC_SWAP_DELTA, STAT_MEDIAN}};
    const char *phase = couple->board->columns[column].phase;
    const struct verdict *verdict = burst_verdict(couple, phase);
    panel_couple(panel, couple);
    panel_text(panel, phase + strlen("burst-"));
    for (size_t i = 0; i < COUNT_OF(figures); i++)
        if (i == 0)
            panel_value(panel, couple, column, figures[i].metric, figures[i].stat);
        else
            panel_number(
                panel, figures[i].metric,
                board_value(couple->board, couple->ep, column, figures[i].metric, figures[i].stat));
    panel_text(panel, verdict ? verdict->value : NULL);
    if (verdict && verdict->evidence[0])
        panel_note(panel, "%s", verdict->evidence);
    panel_row_end(panel);
}

static void bursts(struct panel *panel) {
    struct couple couple = {.ep = -1};
    bool any = false;
    buf_text(panel->out, "\n## Section 2: concurrent burst\n");
    while (panel_next(panel, &couple))
        for (int column = 0; column < (int)couple.board->column_count; column++) {
            const struct column *what = &couple.board->columns[column];
            const struct cell *cell = board_cell(couple.board, couple.ep, column);
            if (what->suite != SUITE_BURST || strncmp(what->phase, "burst-", 6) != 0 ||
                (!report_has(cell, METRIC_WALL) && !report_has(cell, METRIC_LATENCY)))
                continue;
            if (!any)
                panel_head(panel, "Engine | Model | N | Wall (s) | p50 latency (ms) | p95 (ms) | "
                                  "max (ms) | p50 TTFT (ms) | Aggregate (t/s) | Valid (%) | "
                                  "tok/s/W | Swap Δ (MB) | Serialisation");
            any = true;
            burst_row(panel, &couple, column);
        }
    buf_text(panel->out,
             any ? "\np95 stands from 20 calls on. The word is read from the calls' own "
                   "intervals; equal p50, p95 and max are no sign of a queue.\n"
                 : NOT_MEASURED);
}

/* ---- 3: caches ---- */

static void put_share(struct panel *panel, double value) {
    if (isnan(value))
        buf_text(panel->out, " | –");
    else
        buf_printf(panel->out, " | %.2f", value);
}

static const char *capability_of(const struct couple *couple, const char *name) {
    const char *value = NULL;
    for (size_t i = 0; i < couple->board->capability_count; i++) {
        const struct capability *capability = &couple->board->capabilities[i];
        if (capability->ep == couple->ep && capability->name && strcmp(capability->name, name) == 0)
            value = capability->value;
    }
    return value;
}

#define CACHES_HEAD                                                                                \
    "Engine | Model | Reuse cross-user | prefix / cold | Best possible | Efficiency | Cached "     \
    "share | Persists cross-restart | MTP accept (%) | KV type | Slots"

static void caches(struct panel *panel) {
    struct couple couple = {.ep = -1};
    bool any = false;
    buf_text(panel->out, "\n## Section 3: caches\n");
    while (panel_next(panel, &couple)) {
        if (!panel_has(&couple, SUITE_AGENTIC))
            continue;
        const struct verdict *reuse =
            board_verdict(couple.board, couple.ep, SUITE_AGENTIC, VERDICT_REUSE);
        const struct verdict *snapshot =
            board_verdict(couple.board, couple.ep, SUITE_AGENTIC, VERDICT_SNAPSHOT);
        double ratio = reuse ? reuse->ratio
                             : panel_prefix_ttft(&couple) / median_of(&couple, "cold", METRIC_TTFT);
        bool computed = !reuse && !isnan(ratio);
        if (!reuse && !snapshot && !computed)
            continue;
        if (!any)
            panel_head(panel, CACHES_HEAD);
        any = true;
        panel_couple(panel, &couple);
        panel_text(panel, reuse ? reuse->value : computed ? (ratio < 0.2 ? "YES" : "NO") : NULL);
        if (computed)
            panel_note(panel, "from medians alone: prefix-test / cold below 0.2 is YES");
        if (reuse && (reuse->suspect_cold || reuse->witnesses_disagree))
            panel_note(panel, "%s",
                       reuse->suspect_cold ? "the cold is suspect" : "witnesses disagree");
        put_share(panel, ratio);
        put_share(panel, reuse ? reuse->ceiling : NAN);
        put_share(panel, reuse ? reuse->efficiency : NAN);
        put_share(panel, reuse ? reuse->reuse_fraction : NAN);
        panel_text(panel, snapshot ? snapshot->value : NULL);
        panel_value(panel, &couple, column_of(&couple, SUITE_AGENTIC, "warm"), METRIC_MTP_ACCEPT,
                    STAT_MEDIAN);
        panel_text(panel, capability_of(&couple, "kv_type"));
        panel_text(panel, capability_of(&couple, "slots"));
        panel_row_end(panel);
    }
    buf_text(panel->out, any ? "" : NOT_MEASURED);
}

/* ---- 4: memory ---- */

/* The largest over all scored phases of all suites. */
static double largest(const struct couple *couple, enum metric_id metric) {
    double most = NAN;
    for (int column = 0; column < (int)couple->board->column_count; column++)
        most = fmax(most, board_value(couple->board, couple->ep, column, metric, STAT_MAX));
    return most;
}

static bool has_memory(const struct couple *couple) {
    return !isnan(largest(couple, METRIC_RSS)) || !isnan(largest(couple, METRIC_FOOTPRINT)) ||
           !isnan(largest(couple, METRIC_SWAP_DELTA));
}

static void memory(struct panel *panel) {
    struct couple couple = {.ep = -1};
    bool any = false;
    buf_text(panel->out, "\n## Section 4: memory\n");
    while (panel_next(panel, &couple)) {
        if (!has_memory(&couple))
            continue;
        if (!any)
            panel_head(panel, "Engine | Model | Footprint (MB) | RSS (MB) | Swap Δ under load (MB) "
                              "| Swapouts Δ under load");
        any = true;
        panel_couple(panel, &couple);
        panel_number(panel, METRIC_FOOTPRINT, largest(&couple, METRIC_FOOTPRINT));
        panel_number(panel, METRIC_RSS, largest(&couple, METRIC_RSS));
        panel_number(panel, METRIC_SWAP_DELTA, largest(&couple, METRIC_SWAP_DELTA));
        panel_number(panel, METRIC_SWAPOUTS_DELTA, largest(&couple, METRIC_SWAPOUTS_DELTA));
        panel_row_end(panel);
    }
    buf_text(panel->out, any ? "\nThe largest of all phases.\n" : NOT_MEASURED);
}

/* ---- 6: operational ---- */

static void operational(struct panel *panel) {
    struct couple couple = {.ep = -1};
    bool any = false;
    buf_text(panel->out, "\n## Section 6: operational\n");
    while (panel_next(panel, &couple))
        for (size_t i = 0; i < couple.board->capability_count; i++) {
            const struct capability *capability = &couple.board->capabilities[i];
            if (capability->ep != couple.ep || !capability->name ||
                strcmp(capability->name, COMPARE_DEFINITION) == 0)
                continue;
            if (!any)
                panel_head(panel, "Engine | Model | What | Value | Evidence");
            any = true;
            panel_couple(panel, &couple);
            panel_text(panel, capability->name);
            panel_text(panel, capability->value);
            panel_text(panel, capability->evidence);
            panel_row_end(panel);
        }
    if (!any)
        buf_text(panel->out, "\nNot probed.\n");
}

static void caveats(struct panel *panel) {
    size_t before = panel->out->length;
    for (size_t i = 0; i < panel->count; i++)
        for (size_t k = 0; k < panel->boards[i]->note_count; k++) {
            const struct note_line *note = &panel->boards[i]->notes[k];
            if (note->level == NOTE_INFO)
                continue;
            if (panel->out->length == before)
                buf_text(panel->out, "\n## Caveats\n\n");
            buf_text(panel->out, "- ");
            report_markup(panel->out, panel->boards[i]->run.id, "");
            buf_text(panel->out, ": ");
            report_markup(panel->out, note->text, "");
            buf_char(panel->out, '\n');
        }
}

void report_panel(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how) {
    struct panel panel = {.out = out, .boards = boards, .count = count};
    (void)how;
    buf_init(&panel.notes, SIZE_MAX / 4);
    buf_text(out, "# Agentic inference panel\n\nComputed from ");
    buf_printf(out, "%zu run%s.\n", count, count == 1 ? "" : "s");
    single_calls(&panel);
    bursts(&panel);
    caches(&panel);
    memory(&panel);
    panel_quality(&panel);
    operational(&panel);
    caveats(&panel);
    buf_char(out, '\n');
    buf_append(out, buf_string(&panel.notes), panel.notes.length);
    for (size_t i = 0; i < panel.note_count; i++)
        free(panel.seen[i]);
    free(panel.seen);
    buf_done(&panel.notes);
}
