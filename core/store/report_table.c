/* The final table on the normal screen: a block for each suite and metric, endpoints down, phases
 * across, broken into several when they don't fit; then verdicts, errors and a legend of the marks
 * that occur. No colour: it may go into a file or a mail. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/report_parts.h"

#define WIDTH_MIN 40
#define NAME_MAX_CELLS 28
#define NOTES_SHOWN 10
#define FAILED_SHOWN 6 /* wrong answers; the Markdown has all of them */
#define GAP 2          /* blanks between columns */

struct table {
    struct buf *out;
    const struct board *board;
    size_t width;
    size_t name_width; /* cells of an endpoint's name with its origin */
    unsigned gates;    /* seen */
    bool best;         /* a '*' was written */
};

/* ---- text in cells ---- */

static void blanks(struct buf *out, size_t count) {
    while (count--)
        buf_char(out, ' ');
}

/* As much of visible text as fits; "…" ends what does not. Returns the cells used. */
static size_t put_clipped(struct buf *out, const char *text, size_t cells) {
    size_t used = 0, length = strlen(text);
    bool fits = text_cells(text) <= cells;
    for (size_t at = 0; at < length;) {
        uint32_t c;
        size_t bytes = text_decode(text + at, length - at, &c);
        size_t wide = (size_t)text_width(c);
        if (!fits && used + wide + 1 > cells) {
            buf_text(out, "…");
            return used + 1;
        }
        buf_append(out, text + at, bytes);
        used += wide;
        at += bytes;
    }
    return used;
}

static void put_left(struct buf *out, const char *text, size_t cells) {
    size_t used = put_clipped(out, text, cells);
    blanks(out, cells > used ? cells - used : 0);
}

static void put_right(struct buf *out, const char *text, size_t cells) {
    size_t used = text_cells(text);
    blanks(out, cells > used ? cells - used : 0);
    put_clipped(out, text, cells);
}

/* Words wrapped to the width, later lines under column `indent`; the line already holds `at`
 * cells. A word that is longer than a line is left whole. */
static void put_wrapped(struct table *table, const char *text, size_t at, size_t indent) {
    bool first = true;
    while (*text) {
        size_t length = strcspn(text, " ");
        char *word = mem_bytes(text, length);
        size_t cells = text_cells(word);
        if (!first && at + 1 + cells > table->width) {
            buf_char(table->out, '\n');
            blanks(table->out, indent);
            at = indent;
            first = true;
        }
        if (!first) {
            buf_char(table->out, ' ');
            at++;
        }
        buf_text(table->out, word);
        at += cells;
        first = false;
        free(word);
        text += length;
        text += strspn(text, " ");
    }
    buf_char(table->out, '\n');
}

/* "  label   text", the text wrapped under itself. */
static void put_item(struct table *table, const char *label, size_t label_width, const char *text) {
    blanks(table->out, GAP);
    put_left(table->out, label, label_width);
    blanks(table->out, GAP);
    size_t indent = label_width + 2 * GAP;
    put_wrapped(table, text, indent, indent);
}

/* ---- names ---- */

/* Visible name with its origin. Caller frees. */
static char *label_of(const struct board *board, int ep) {
    struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    report_text(&text, report_name(board, ep), "?");
    enum report_origin origin = report_origin_of(board, ep);
    if (origin != ORIGIN_MEASURED) { /* the name is clipped, never its mark */
        struct buf whole;
        buf_init(&whole, SIZE_MAX / 4);
        put_clipped(&whole, buf_string(&text),
                    NAME_MAX_CELLS - 1 - strlen(report_origin_word(origin)));
        buf_printf(&whole, " %s", report_origin_word(origin));
        buf_done(&text);
        return buf_take(&whole);
    }
    return buf_take(&text);
}

static size_t name_width(const struct board *board) {
    size_t width = 8;
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        char *label = label_of(board, ep);
        size_t cells = text_cells(label);
        width = cells > width ? cells : width;
        free(label);
    }
    return width < NAME_MAX_CELLS ? width : NAME_MAX_CELLS;
}

/* ---- blocks of figures ---- */

struct place {           /* a phase's column in a block */
    int column, best;    /* best: its ep, or -1 */
    size_t value, marks; /* cells of the widest */
};

static void marks_of(const struct cell *cell, char marks[GATE_COUNT + 1]) {
    size_t count = 0;
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (cell->gates & 1u << gate)
            marks[count++] = gate_mark((enum gate_id)gate);
    marks[count] = '\0';
}

static void value_of(const struct board *board, int ep, int column, enum metric_id metric,
                     char out[METRIC_TEXT]) {
    metric_in_unit(metric, board_value(board, ep, column, metric, STAT_MEDIAN), out);
}

static struct place measure(const struct board *board, int column, enum metric_id metric) {
    struct place place = {.column = column,
                          .best = board_best(board, column, metric),
                          .value = text_cells(board->columns[column].phase)};
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        char value[METRIC_TEXT], marks[GATE_COUNT + 1];
        value_of(board, ep, column, metric, value);
        marks_of(board_cell(board, ep, column), marks);
        size_t cells = text_cells(value), count = strlen(marks);
        place.value = cells > place.value ? cells : place.value;
        place.marks = count > place.marks ? count : place.marks;
    }
    return place;
}

/* Behind the value: the star of the best, a blank and the marks. */
static size_t tail_width(const struct place *place) {
    return (place->best >= 0 ? 1 : 0) + (place->marks ? 1 + place->marks : 0);
}

static void put_heads(struct table *table, const struct place *places, size_t count) {
    blanks(table->out, GAP + table->name_width);
    for (size_t i = 0; i < count; i++) {
        blanks(table->out, GAP);
        put_right(table->out, table->board->columns[places[i].column].phase, places[i].value);
        if (i + 1 < count) /* no blanks at a line's end */
            blanks(table->out, tail_width(&places[i]));
    }
    buf_char(table->out, '\n');
}

static void put_cell(struct table *table, int ep, enum metric_id metric, const struct place *place,
                     bool last) {
    const struct cell *cell = board_cell(table->board, ep, place->column);
    char value[METRIC_TEXT], marks[GATE_COUNT + 1];
    value_of(table->board, ep, place->column, metric, value);
    marks_of(cell, marks);
    table->gates |= cell->gates;
    table->best = table->best || place->best >= 0;
    blanks(table->out, GAP);
    put_right(table->out, value, place->value);
    size_t before = table->out->length;
    if (place->best >= 0 && (marks[0] || !last || place->best == ep))
        buf_char(table->out, place->best == ep ? '*' : ' ');
    if (marks[0])
        buf_printf(table->out, " %s", marks);
    if (!last)
        blanks(table->out, tail_width(place) - (table->out->length - before));
}

static void put_name(struct table *table, int ep) {
    char *label = label_of(table->board, ep);
    blanks(table->out, GAP);
    put_left(table->out, label, table->name_width);
    free(label);
}

static void put_row(struct table *table, int ep, enum metric_id metric, const struct place *places,
                    size_t count) {
    put_name(table, ep);
    for (size_t i = 0; i < count; i++)
        put_cell(table, ep, metric, &places[i], i + 1 == count);
    buf_char(table->out, '\n');
}

static void put_block(struct table *table, enum suite_id suite, enum metric_id metric) {
    const struct board *board = table->board;
    const struct metric *words = metric_of(metric);
    struct place *places = mem_zero(board->column_count, sizeof *places);
    size_t count = 0;
    for (int column = 0; column < (int)board->column_count; column++)
        if (board->columns[column].suite == suite)
            places[count++] = measure(board, column, metric);
    buf_printf(table->out, "\n%s · %s (%s, median of %s)\n", suite_word(suite), words->title,
               words->unit, metric_sample(metric));
    for (size_t from = 0, to; from < count; from = to) {
        size_t width = GAP + table->name_width;
        for (to = from; to < count; to++) {
            width += GAP + places[to].value + tail_width(&places[to]);
            if (width > table->width && to > from)
                break;
        }
        put_heads(table, places + from, to - from);
        for (int ep = 0; ep < (int)board->row_count; ep++)
            put_row(table, ep, metric, places + from, to - from);
    }
    free(places);
}

/* Beside the mean of a quality suite: how much of it can be relied on. */
static void pass_k_value(const struct board *board, int ep, int column, int repeats,
                         char out[METRIC_TEXT]) {
    struct pass_k pass_k;
    pass_k_of(board, ep, column, &pass_k);
    metric_in_unit(METRIC_SCORE, pass_k_percent(&pass_k, repeats), out);
}

static void put_pass_k(struct table *table, enum suite_id suite) {
    const struct board *board = table->board;
    struct place places[BOARD_COLUMNS_MAX];
    char value[METRIC_TEXT];
    size_t count = 0;
    int repeats = report_repeats(board, suite);
    if (repeats < 2)
        return;
    for (int column = 0; column < (int)board->column_count; column++) {
        if (board->columns[column].suite != suite)
            continue;
        size_t cells = text_cells(board->columns[column].phase);
        for (int ep = 0; ep < (int)board->row_count; ep++) {
            pass_k_value(board, ep, column, repeats, value);
            cells = text_cells(value) > cells ? text_cells(value) : cells;
        }
        places[count++] = (struct place){.column = column, .best = -1, .value = cells};
    }
    buf_printf(table->out, "\n%s · pass^%d (%%, turns right in all %d repeats)\n",
               suite_word(suite), repeats, repeats);
    put_heads(table, places, count);
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        put_name(table, ep);
        for (size_t i = 0; i < count; i++) {
            pass_k_value(board, ep, places[i].column, repeats, value);
            blanks(table->out, GAP);
            put_right(table->out, value, places[i].value);
        }
        buf_char(table->out, '\n');
    }
}

/* ---- what stands below ---- */

static void put_verdicts(struct table *table, enum suite_id suite) {
    const struct board *board = table->board;
    bool any = false;
    for (size_t i = 0; i < board->verdict_count; i++) {
        const struct verdict *verdict = &board->verdicts[i];
        if (verdict->suite != suite || !verdict->value[0])
            continue;
        if (!any)
            buf_printf(table->out, "\n%s · verdicts\n", suite_word(suite));
        any = true;
        struct buf text;
        char *label = label_of(board, verdict->ep);
        buf_init(&text, SIZE_MAX / 4);
        buf_printf(&text, "%s%s%s: %s", verdict_title(verdict->id), verdict->phase[0] ? " " : "",
                   verdict->phase, verdict->value);
        if (verdict->suspect_cold)
            buf_text(&text, " (cold is suspect)");
        if (verdict->witnesses_disagree)
            buf_text(&text, " (witnesses disagree)");
        if (verdict->evidence[0]) {
            buf_text(&text, " – ");
            report_text(&text, verdict->evidence, "");
        }
        put_item(table, label, table->name_width, buf_string(&text));
        buf_done(&text);
        free(label);
    }
}

static void list_errors(const struct board *board, int ep, int column, struct buf *out) {
    const struct cell *cell = board_cell(board, ep, column);
    const char *between = "";
    for (int class = ERROR_NONE + 1; class < ERROR_CLASS_COUNT; class ++) {
        if (!cell->errors[class])
            continue;
        buf_printf(out, "%s%d × %s", between, cell->errors[class],
                   error_word((enum error_class) class));
        const char *detail = report_error_detail(board, ep, column, (enum error_class) class);
        if (detail) {
            buf_text(out, " (");
            report_text(out, detail, "");
            buf_char(out, ')');
        }
        between = ", ";
    }
}

static void list_uncounted(const struct board *board, int ep, int column, struct buf *out) {
    report_uncounted(board_cell(board, ep, column), out);
}

/* A section with an item for each cell of which `tell` has something to say. */
static void put_cells(struct table *table, const char *title,
                      void (*tell)(const struct board *board, int ep, int column,
                                   struct buf *out)) {
    const struct board *board = table->board;
    bool any = false;
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        char *label = label_of(board, ep);
        for (int column = 0; column < (int)board->column_count; column++) {
            struct buf told, text;
            buf_init(&told, SIZE_MAX / 4);
            buf_init(&text, SIZE_MAX / 4);
            tell(board, ep, column, &told);
            if (told.length) {
                buf_printf(&text, "%s %s: %s", suite_word(board->columns[column].suite),
                           board->columns[column].phase, buf_string(&told));
                if (!any)
                    buf_printf(table->out, "\n%s\n", title);
                any = true;
                put_item(table, label, table->name_width, buf_string(&text));
            }
            buf_done(&text);
            buf_done(&told);
        }
        free(label);
    }
}

static void put_absences(struct table *table) {
    const struct board *board = table->board;
    bool any = false;
    struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        char *label = label_of(board, ep);
        for (int column = 0; report_absence(board, ep, &column, &text); buf_reset(&text)) {
            if (!any)
                buf_text(table->out, "\nnot measured\n");
            any = true;
            put_item(table, label, table->name_width, buf_string(&text));
        }
        free(label);
    }
    buf_done(&text);
}

static void put_failed(struct table *table) {
    const struct board *board = table->board;
    struct report_failed failed[REPORT_FAILED_MAX];
    size_t more, count = report_failed(board, failed, &more);
    for (size_t i = 0; i < count && i < FAILED_SHOWN; i++) {
        char *label = label_of(board, failed[i].ep);
        if (i == 0)
            buf_text(table->out, "\nwrong answers\n");
        for (int part = FAILED_WHAT; part < FAILED_PARTS; part++) {
            struct buf text;
            buf_init(&text, SIZE_MAX / 4);
            report_failed_part(&text, board, &failed[i], (enum failed_part)part);
            if (text.length)
                put_item(table, part == FAILED_WHAT ? label : "", table->name_width,
                         buf_string(&text));
            buf_done(&text);
        }
        free(label);
    }
    if (count > FAILED_SHOWN) {
        buf_printf(table->out, "  and %zu more: pitwall report ", count - FAILED_SHOWN + more);
        report_text(table->out, board->run.id, "RUN");
        buf_text(table->out, " --format md\n");
    }
}

static void put_notes(struct table *table) {
    const struct board *board = table->board;
    size_t count = 0;
    for (size_t i = 0; i < board->note_count; i++) {
        if (board->notes[i].level == NOTE_INFO || ++count > NOTES_SHOWN)
            continue;
        if (count == 1)
            buf_text(table->out, "\nnotes\n");
        struct buf text;
        buf_init(&text, SIZE_MAX / 4);
        report_text(&text, board->notes[i].text, "");
        char *label = board->notes[i].ep < 0 ? mem_string("") : label_of(board, board->notes[i].ep);
        put_item(table, label, table->name_width, buf_string(&text));
        free(label);
        buf_done(&text);
    }
    if (count > NOTES_SHOWN)
        buf_printf(table->out, "  and %zu more\n", count - NOTES_SHOWN);
}

static void put_legend(struct table *table) {
    bool origins[ORIGIN_COUNT] = {false};
    buf_text(table->out, "\n");
    for (size_t ep = 0; ep < table->board->row_count; ep++)
        origins[report_origin(table->board->rows[ep].endpoint)] = true;
    for (int origin = ORIGIN_MEASURED + 1; origin < ORIGIN_COUNT; origin++)
        if (origins[origin])
            put_item(table, report_origin_word((enum report_origin)origin), 3,
                     report_origin_explain((enum report_origin)origin));
    if (table->best)
        put_item(table, "*", 3, "best of those that may be compared and differ.");
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        if (!(table->gates & 1u << gate))
            continue;
        char mark[2] = {gate_mark((enum gate_id)gate)};
        char *text = mem_format("%s: %s%s", gate_word((enum gate_id)gate),
                                gate_unranks((enum gate_id)gate) ? "not ranked. " : "",
                                gate_explain((enum gate_id)gate));
        put_item(table, mark, 3, text);
        free(text);
    }
}

/* ---- the whole ---- */

static void put_head(struct table *table) {
    const struct run *run = &table->board->run;
    struct buf line;
    buf_init(&line, SIZE_MAX / 4);
    buf_text(&line, "run ");
    report_text(&line, run->id, "–");
    buf_printf(&line, " · %s", board_end_word(table->board));
    report_origins(&line, table->board);
    buf_text(&line, " · ");
    report_text(&line, run->started, "–");
    buf_printf(&line, " · workload %s · %d pass%s", workload_word(run->workload), run->passes,
               run->passes == 1 ? "" : "es");
    put_wrapped(table, buf_string(&line), 0, 4);
    buf_reset(&line);
    buf_text(&line, "machine ");
    report_machine(&line, &run->machine);
    put_wrapped(table, buf_string(&line), 0, 4);
    buf_done(&line);
}

static void put_board(struct table *table) {
    enum suite_id suites[SUITE_COUNT];
    enum metric_id metrics[METRIC_COUNT];
    put_head(table);
    size_t suite_count = report_suites(table->board, suites);
    for (size_t i = 0; i < suite_count; i++) {
        size_t metric_count = report_metrics(table->board, suites[i], metrics);
        for (size_t m = 0; m < metric_count; m++) {
            put_block(table, suites[i], metrics[m]);
            if (metrics[m] == METRIC_SCORE)
                put_pass_k(table, suites[i]);
        }
        put_verdicts(table, suites[i]);
    }
    put_absences(table);
    put_cells(table, "errors", list_errors);
    put_cells(table, "calls not counted", list_uncounted);
    put_failed(table);
    put_notes(table);
    put_legend(table);
}

void report_table(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how) {
    for (size_t i = 0; i < count; i++) {
        struct table table = {.out = out,
                              .board = boards[i],
                              .width = (size_t)(how->width > WIDTH_MIN ? how->width : WIDTH_MIN),
                              .name_width = name_width(boards[i])};
        if (i)
            buf_char(out, '\n');
        put_board(&table);
    }
}
