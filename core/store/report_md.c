/* Markdown: the same figures as the table, each tripped gate as a footnote with its evidence. */
#include <stdlib.h>
#include <string.h>

#include "store/report_parts.h"

struct notes { /* footnotes, numbered over the whole report; one for each tripped gate of a cell */
    struct buf text;
    const struct gate_result **gates;
    size_t count, capacity;
};

void report_markup(struct buf *out, const char *text, const char *absent) {
    struct buf visible;
    buf_init(&visible, SIZE_MAX / 4);
    report_text(&visible, text, absent);
    for (const char *at = buf_string(&visible); *at; at++) {
        if (strchr("\\`*_[]<>|#&~", *at))
            buf_char(out, '\\');
        buf_char(out, *at);
    }
    buf_done(&visible);
}

/* The number of a gate's footnote, which is written when it is first asked for. */
static size_t footnote(struct notes *notes, const struct gate_result *result) {
    for (size_t i = 0; i < notes->count; i++)
        if (notes->gates[i] == result)
            return i + 1;
    notes->gates = mem_grow(notes->gates, notes->count, &notes->capacity, sizeof *notes->gates);
    notes->gates[notes->count++] = result;
    buf_printf(&notes->text, "[^%zu]: ", notes->count);
    report_markup(&notes->text, gate_word(result->gate), "");
    buf_text(&notes->text, gate_unranks(result->gate) ? " (not ranked): " : ": ");
    report_markup(&notes->text, result->detail, "");
    buf_text(&notes->text, result->detail[0] ? ". " : "");
    report_markup(&notes->text, gate_explain(result->gate), "");
    buf_char(&notes->text, '\n');
    return notes->count;
}

static void put_name(struct buf *out, const struct board *board, int ep) {
    report_markup(out, report_name(board, ep), "?");
    enum report_origin origin = report_origin_of(board, ep);
    if (origin != ORIGIN_MEASURED)
        buf_printf(out, " **%s**", report_origin_word(origin));
}

static void put_cell(struct buf *out, const struct board *board, int ep, int column,
                     enum metric_id metric, struct notes *notes) {
    char value[METRIC_TEXT];
    metric_in_unit(metric, board_value(board, ep, column, metric, STAT_MEDIAN), value);
    bool best = board_best(board, column, metric) == ep;
    buf_printf(out, " %s%s%s", best ? "**" : "", value, best ? "**" : "");
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_result *result = board_gate(board, ep, column, (enum gate_id)gate);
        if (!result)
            continue;
        buf_printf(out, "[^%zu]", footnote(notes, result));
    }
    buf_text(out, " |");
}

/* The line of phases, and the one below it. */
static void put_head(struct buf *out, const struct board *board, enum suite_id suite) {
    buf_text(out, "| endpoint |");
    for (size_t column = 0; column < board->column_count; column++) {
        if (board->columns[column].suite != suite)
            continue;
        buf_char(out, ' ');
        report_markup(out, board->columns[column].phase, "");
        buf_text(out, " |");
    }
    buf_text(out, "\n|---|");
    for (size_t column = 0; column < board->column_count; column++)
        if (board->columns[column].suite == suite)
            buf_text(out, "---:|");
    buf_char(out, '\n');
}

static void put_metric(struct buf *out, const struct board *board, enum suite_id suite,
                       enum metric_id metric, struct notes *notes) {
    const struct metric *words = metric_of(metric);
    buf_printf(out, "\n%s (%s, median of %s)\n\n", words->title, words->unit,
               metric_sample(metric));
    put_head(out, board, suite);
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        buf_text(out, "| ");
        put_name(out, board, ep);
        buf_text(out, " |");
        for (int column = 0; column < (int)board->column_count; column++)
            if (board->columns[column].suite == suite)
                put_cell(out, board, ep, column, metric, notes);
        buf_char(out, '\n');
    }
}

/* Beside the mean of a quality suite: how much of it can be relied on. */
static void put_pass_k(struct buf *out, const struct board *board, enum suite_id suite) {
    int repeats = report_repeats(board, suite);
    if (repeats < 2)
        return;
    buf_printf(out, "\npass^%d (%%, turns right in all %d repeats)\n\n", repeats, repeats);
    put_head(out, board, suite);
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        buf_text(out, "| ");
        put_name(out, board, ep);
        buf_text(out, " |");
        for (int column = 0; column < (int)board->column_count; column++) {
            struct pass_k pass_k;
            char value[METRIC_TEXT];
            if (board->columns[column].suite != suite)
                continue;
            pass_k_of(board, ep, column, &pass_k);
            metric_in_unit(METRIC_SCORE, pass_k_percent(&pass_k, repeats), value);
            buf_printf(out, " %s |", value);
        }
        buf_char(out, '\n');
    }
}

static void put_verdicts(struct buf *out, const struct board *board, enum suite_id suite) {
    bool any = false;
    for (size_t i = 0; i < board->verdict_count; i++) {
        const struct verdict *verdict = &board->verdicts[i];
        if (verdict->suite != suite || !verdict->value[0])
            continue;
        if (!any)
            buf_text(out, "\n| endpoint | verdict | | evidence |\n|---|---|---|---|\n");
        any = true;
        buf_text(out, "| ");
        put_name(out, board, verdict->ep);
        buf_printf(out, " | %s %s | **", verdict_title(verdict->id), verdict->phase);
        report_markup(out, verdict->value, "");
        buf_text(out, "** | ");
        report_markup(out, verdict->evidence, "");
        if (verdict->suspect_cold)
            buf_text(out, " Cold is suspect.");
        if (verdict->witnesses_disagree)
            buf_text(out, " Witnesses disagree.");
        buf_text(out, " |\n");
    }
}

static void put_place(struct buf *out, const struct board *board, int ep, int column) {
    buf_text(out, "- ");
    put_name(out, board, ep);
    buf_printf(out, ", %s ", suite_word(board->columns[column].suite));
    report_markup(out, board->columns[column].phase, "");
    buf_text(out, ": ");
}

static void put_absences(struct buf *out, const struct board *board, int ep) {
    struct buf why;
    buf_init(&why, SIZE_MAX / 4);
    for (int column = 0; report_absence(board, ep, &column, &why); buf_reset(&why)) {
        buf_text(out, "- ");
        put_name(out, board, ep);
        buf_text(out, ", ");
        report_markup(out, buf_string(&why), "");
        buf_char(out, '\n');
    }
    buf_done(&why);
}

/* What was not measured, and what went wrong. */
static void put_failures(struct buf *out, const struct board *board) {
    size_t before = out->length;
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        put_absences(out, board, ep);
        for (int column = 0; column < (int)board->column_count; column++) {
            const struct cell *cell = board_cell(board, ep, column);
            if (cell->calls_cancelled + cell->calls_suspended > 0) {
                put_place(out, board, ep, column);
                report_uncounted(cell, out);
                buf_text(out, ", not counted\n");
            }
            for (int class = ERROR_NONE + 1; class < ERROR_CLASS_COUNT; class ++) {
                if (!cell->errors[class])
                    continue;
                put_place(out, board, ep, column);
                buf_printf(out, "%d × `%s`", cell->errors[class],
                           error_word((enum error_class) class));
                const char *detail =
                    report_error_detail(board, ep, column, (enum error_class) class);
                buf_text(out, detail ? ": " : "");
                report_markup(out, detail, "");
                buf_char(out, '\n');
            }
        }
    }
    if (out->length > before)
        buf_char(out, '\n');
}

static void put_cell_text(struct buf *out, const char *text) {
    report_markup(out, text, "–");
    buf_text(out, " | ");
}

static void put_failed_row(struct buf *out, const struct board *board,
                           const struct report_failed *failed) {
    const struct score_line *line = failed->line;
    struct buf got;
    buf_text(out, "| ");
    put_name(out, board, failed->ep);
    buf_printf(out, " | %s ", suite_word(line->suite));
    report_markup(out, board->columns[line->column].phase, "");
    buf_text(out, " | ");
    put_cell_text(out, line->item);
    buf_printf(out, "%d | ", failed->times);
    put_cell_text(out, line->failure);
    put_cell_text(out, line->detail);
    put_cell_text(out, line->expected);
    buf_init(&got, SIZE_MAX / 4);
    report_got(&got, board, line);
    report_markup(out, buf_string(&got), "–");
    buf_text(out, " |\n");
    buf_done(&got);
}

static void put_failed(struct buf *out, const struct board *board) {
    struct report_failed failed[REPORT_FAILED_MAX];
    size_t more, count = report_failed(board, failed, &more);
    if (count == 0)
        return;
    buf_text(out, "Wrong answers\n\n| endpoint | phase | turn | times | what | detail | expected | "
                  "got |\n|---|---|---|---:|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        put_failed_row(out, board, &failed[i]);
    if (more)
        buf_printf(out, "\nand %zu more, in the log.\n", more);
    buf_char(out, '\n');
}

static void put_notes(struct buf *out, const struct board *board) {
    size_t before = out->length;
    for (size_t i = 0; i < board->note_count; i++) {
        const struct note_line *note = &board->notes[i];
        if (note->level == NOTE_INFO)
            continue;
        buf_printf(out, "- %s", note_level_word(note->level));
        if (note->ep >= 0) {
            buf_text(out, ", ");
            put_name(out, board, note->ep);
        }
        buf_text(out, ": ");
        report_markup(out, note->text, "");
        buf_char(out, '\n');
    }
    if (out->length > before)
        buf_char(out, '\n');
}

static void put_origins(struct buf *out, const struct board *board) {
    bool seen[ORIGIN_COUNT] = {true};
    for (size_t ep = 0; ep < board->row_count; ep++) {
        enum report_origin origin = report_origin(board->rows[ep].endpoint);
        if (!seen[origin])
            buf_printf(out, "- **%s**: %s\n", report_origin_word(origin),
                       report_origin_explain(origin));
        seen[origin] = true;
    }
}

static void put_board(struct buf *out, const struct board *board, struct notes *notes) {
    enum suite_id suites[SUITE_COUNT];
    enum metric_id metrics[METRIC_COUNT];
    const struct run *run = &board->run;
    buf_text(out, "## ");
    report_markup(out, run->id, "–");
    report_origins(out, board);
    buf_printf(out, "\n\n- status: %s, started ", board_end_word(board));
    report_markup(out, run->started, "–");
    buf_text(out, "\n- machine: ");
    struct buf machine;
    buf_init(&machine, SIZE_MAX / 4);
    report_machine(&machine, &run->machine);
    report_markup(out, buf_string(&machine), "");
    buf_done(&machine);
    buf_printf(out, "\n- workload: %s, %d pass%s\n", workload_word(run->workload), run->passes,
               run->passes == 1 ? "" : "es");
    put_origins(out, board);
    size_t count = report_suites(board, suites);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "\n### %s\n", suite_word(suites[i]));
        size_t metric_count = report_metrics(board, suites[i], metrics);
        for (size_t m = 0; m < metric_count; m++) {
            put_metric(out, board, suites[i], metrics[m], notes);
            if (metrics[m] == METRIC_SCORE)
                put_pass_k(out, board, suites[i]);
        }
        if (metric_count == 0)
            buf_text(out, "\nNo figures.\n");
        put_verdicts(out, board, suites[i]);
    }
    buf_char(out, '\n');
    put_failures(out, board);
    put_failed(out, board);
    put_notes(out, board);
}

void report_md(struct buf *out, const struct board *const *boards, size_t count,
               const struct report_how *how) {
    struct notes notes = {.count = 0};
    (void)how;
    buf_init(&notes.text, SIZE_MAX / 4);
    for (size_t i = 0; i < count; i++)
        put_board(out, boards[i], &notes);
    buf_append(out, buf_string(&notes.text), notes.text.length);
    buf_done(&notes.text);
    free(notes.gates);
}
