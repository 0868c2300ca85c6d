#include "store/report_compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "store/report_parts.h"

/* A row of 80 cells: two blanks, these, two blanks and the longest verdict. */
enum { METRIC_CELLS = 14, VALUE_CELLS = 7, INTERVAL_CELLS = 14, UNITS_CELLS = 8, ROW_CELLS = 80 };
enum { VERDICT_AT = 2 + METRIC_CELLS + 3 * VALUE_CELLS + INTERVAL_CELLS + UNITS_CELLS + 2 };

static void pad(struct buf *out, size_t used, size_t cells) {
    for (; used < cells; used++)
        buf_char(out, ' ');
}

static void put_left(struct buf *out, const char *text, size_t cells) {
    buf_text(out, text);
    pad(out, text_cells(text), cells);
}

static void put_right(struct buf *out, const char *text, size_t cells) {
    pad(out, text_cells(text), cells);
    buf_text(out, text);
}

static void put_value(struct buf *out, enum metric_id metric, double value) {
    char text[METRIC_TEXT];
    metric_format(metric, value, text);
    put_right(out, text, VALUE_CELLS);
}

static void put_ratio(struct buf *out, const struct ratio *ratio) {
    struct buf text;
    buf_init(&text, 64);
    if (isnan(ratio->ratio))
        buf_text(&text, "–");
    else
        buf_printf(&text, "%.3f", ratio->ratio);
    put_right(out, buf_string(&text), VALUE_CELLS);
    buf_reset(&text);
    if (isnan(ratio->low))
        buf_text(&text, "–");
    else
        buf_printf(&text, "%.3f–%.3f", ratio->low, ratio->high);
    put_right(out, buf_string(&text), INTERVAL_CELLS);
    buf_done(&text);
}

static void put_units(struct buf *out, const struct compare_row *row) {
    struct buf text;
    buf_init(&text, 64);
    if (row->ratio.paired)
        buf_printf(&text, "%zu pair%s", row->n_a, row->n_a == 1 ? "" : "s");
    else
        buf_printf(&text, "%zu|%zu", row->n_a, row->n_b);
    put_right(out, buf_string(&text), UNITS_CELLS);
    buf_done(&text);
}

/* That there are too few units stands in the column before, and below the table. */
static bool is_few(const struct compare_row *row) {
    return row->bar == BAR_NONE && (row->n_a < BOOTSTRAP_LEAST || row->n_b < BOOTSTRAP_LEAST);
}

/* The reason on a line of its own where it does not fit. */
static void put_verdict(struct buf *out, const struct compare_row *row) {
    struct buf why;
    bool differs = row->verdict == COMPARE_BETTER || row->verdict == COMPARE_WORSE;
    bool alone = differs && !compare_holds(row);
    buf_printf(out, "%s%s%s", alone ? "(" : "", compare_word(row->verdict), alone ? ")" : "");
    buf_init(&why, 1 << 12);
    if (row->bar != BAR_NONE)
        buf_text(&why, compare_bar_word(row->bar));
    if (row->detail[0] && !is_few(row)) {
        buf_text(&why, why.length ? " (" : "");
        report_text(&why, row->detail, "");
        buf_text(&why, why.length && row->bar != BAR_NONE ? ")" : "");
    }
    size_t used = VERDICT_AT + strlen(compare_word(row->verdict)) + 2;
    if (why.length && used + text_cells(buf_string(&why)) <= ROW_CELLS)
        buf_printf(out, ": %s", buf_string(&why));
    else if (why.length)
        buf_printf(out, "\n    %s", buf_string(&why));
    buf_done(&why);
}

static void put_row(struct buf *out, const struct compare_row *row) {
    const struct metric *metric = metric_of(row->metric);
    char words[64];
    copy_text(words, sizeof words, metric->title);
    bool told = strchr(metric->title, '/') != NULL;
    if (!told && strlen(words) + strlen(metric->unit) + 2 < sizeof words) {
        size_t length = strlen(words);
        words[length] = ' ';
        copy_text(words + length + 1, sizeof words - length - 1, metric->unit);
    }
    buf_text(out, "  ");
    put_left(out, words, METRIC_CELLS);
    put_value(out, row->metric, row->a);
    put_value(out, row->metric, row->b);
    put_ratio(out, &row->ratio);
    put_units(out, row);
    buf_text(out, "  ");
    put_verdict(out, row);
    buf_char(out, '\n');
}

static void put_head(struct buf *out, const struct compare_row *row, const struct board *a,
                     const struct board *b) {
    buf_char(out, '\n');
    report_text(out, report_name(b, row->ep_b), "?");
    if (a == b || strcmp(report_name(a, row->ep_a), report_name(b, row->ep_b)) != 0) {
        buf_text(out, " against ");
        report_text(out, report_name(a, row->ep_a), "?");
    }
    buf_printf(out, " · %s\n  ", suite_word(row->suite));
    put_left(out, "", METRIC_CELLS);
    put_right(out, "A", VALUE_CELLS);
    put_right(out, "B", VALUE_CELLS);
    put_right(out, "B/A", VALUE_CELLS);
    put_right(out, "95 % interval", INTERVAL_CELLS);
    put_right(out, "n", UNITS_CELLS);
    buf_text(out, "  verdict\n");
}

static void put_phase(struct buf *out, const struct compare_row *row) {
    buf_char(out, ' ');
    report_text(out, row->phase, "?");
    buf_char(out, '\n');
}

static void put_run(struct buf *out, const char *letter, const struct board *board) {
    const struct run *run = &board->run;
    buf_printf(out, "%s  ", letter);
    report_text(out, run->id, "?");
    report_origins(out, board);
    buf_printf(out, ", %s, %d pass%s\n   ", workload_word(run->workload), run->passes,
               run->passes == 1 ? "" : "es");
    report_machine(out, &run->machine);
    buf_char(out, '\n');
}

struct tally {
    size_t verdicts[COMPARE_COUNT], holds, few;
};

static struct tally tally_of(const struct compare *compare) {
    struct tally tally = {{0}, 0, 0};
    for (size_t i = 0; i < compare->count; i++) {
        tally.few += is_few(&compare->rows[i]);
        tally.verdicts[compare->rows[i].verdict]++;
        tally.holds += compare_holds(&compare->rows[i]);
    }
    return tally;
}

static void put_unmatched(struct buf *out, const struct board *a, const struct board *b) {
    for (int ep = 0; ep < (int)b->row_count; ep++) {
        if (compare_match(b, ep, a) >= 0)
            continue;
        report_text(out, report_name(b, ep), "?");
        buf_text(out, ": no such endpoint in A, by name or by engine and model\n");
    }
}

void report_compare(struct buf *out, const struct compare *compare, const struct board *a,
                    const struct board *b) {
    if (a != b) {
        put_run(out, "A", a);
        put_run(out, "B", b);
        buf_text(out, "The unit is the pass: A and B are medians of the passes' medians, where a "
                      "report\ntakes the median of all calls.\n");
        if (a->run.seed != b->run.seed && a->run.seed && b->run.seed)
            buf_text(out, "The seeds differ, and with them the prompts, not their size: --seed N "
                          "makes them the same.\n");
    }
    for (size_t i = 0; i < compare->count; i++) {
        const struct compare_row *row = &compare->rows[i], *before = i ? row - 1 : NULL;
        bool other = !before || before->ep_b != row->ep_b || before->suite != row->suite;
        if (other)
            put_head(out, row, a, b);
        if (other || strcmp(before->phase, row->phase) != 0)
            put_phase(out, row);
        put_row(out, row);
    }
    struct tally tally = tally_of(compare);
    buf_char(out, '\n');
    if (a != b)
        put_unmatched(out, a, b);
    for (int i = 0; i < COMPARE_COUNT; i++)
        buf_printf(out, "%s%s: %zu", i ? " · " : "", compare_word((enum compare_verdict)i),
                   tally.verdicts[i]);
    size_t alone = tally.verdicts[COMPARE_BETTER] + tally.verdicts[COMPARE_WORSE] - tally.holds;
    buf_printf(out, "\n%zu difference%s stand%s among all rows (Holm, 5 %%)%s\n", tally.holds,
               tally.holds == 1 ? "" : "s", tally.holds == 1 ? "s" : "",
               alone ? "; those in (brackets) do not" : "");
    if (tally.few)
        buf_printf(out, "Below n = %d no interval is honest: --passes %d measures enough.\n",
                   BOOTSTRAP_LEAST, BOOTSTRAP_LEAST);
}

/* ---- JSON ---- */

static void put_json_row(struct json_writer *w, const struct compare_row *row,
                         const struct board *a, const struct board *b) {
    json_open(w, NULL, '{');
    json_put_string(w, "a", report_name(a, row->ep_a));
    json_put_string(w, "b", report_name(b, row->ep_b));
    json_put_string(w, "suite", suite_word(row->suite));
    json_put_string(w, "phase", row->phase);
    json_put_string(w, "metric", metric_of(row->metric)->id);
    json_put_number(w, "a_median", row->a);
    json_put_number(w, "b_median", row->b);
    json_put_integer(w, "a_n", (int64_t)row->n_a);
    json_put_integer(w, "b_n", (int64_t)row->n_b);
    json_put_number(w, "ratio", row->ratio.ratio);
    json_put_number(w, "low", row->ratio.low);
    json_put_number(w, "high", row->ratio.high);
    json_put_bool(w, "paired", row->ratio.paired);
    json_put_number(w, "p", row->ratio.p);
    json_put_number(w, "p_holm", row->p_set);
    json_put_string(w, "verdict", compare_word(row->verdict));
    json_put_string(w, "reason", row->bar == BAR_NONE ? NULL : compare_bar_word(row->bar));
    json_put_string(w, "detail", row->detail[0] ? row->detail : NULL);
    json_close(w, '}');
}

void report_compare_json(struct buf *out, const struct compare *compare, const struct board *a,
                         const struct board *b) {
    struct json_writer writer;
    struct tally tally = tally_of(compare);
    json_begin(&writer, out);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "a", a->run.id);
    json_put_string(&writer, "b", b->run.id);
    json_open(&writer, "rows", '[');
    for (size_t i = 0; i < compare->count; i++)
        put_json_row(&writer, &compare->rows[i], a, b);
    json_close(&writer, ']');
    json_open(&writer, "verdicts", '{');
    for (int i = 0; i < COMPARE_COUNT; i++)
        json_put_integer(&writer, compare_word((enum compare_verdict)i),
                         (int64_t)tally.verdicts[i]);
    json_close(&writer, '}');
    json_put_integer(&writer, "stand_among_all", (int64_t)tally.holds);
    json_close(&writer, '}');
    json_end(&writer);
    buf_char(out, '\n');
}
