#include "store/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/report_parts.h"

#define WIDTH 100

static const struct {
    const char *word;
    void (*write)(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how);
} formats[REPORT_COUNT] = {
    [REPORT_TABLE] = {"table", report_table}, [REPORT_JSON] = {"json", report_json},
    [REPORT_CSV] = {"csv", report_csv},       [REPORT_MD] = {"md", report_md},
    [REPORT_PANEL] = {"panel", report_panel}, [REPORT_TRACE] = {"trace", report_trace},
    [REPORT_SCORE] = {"score", report_score},
};

const char *report_word(enum report_format format) {
    return formats[format].word;
}

int report_find(const char *word) {
    for (int i = 0; word && i < REPORT_COUNT; i++)
        if (strcmp(formats[i].word, word) == 0)
            return i;
    return -1;
}

bool report_write(struct buf *out, enum report_format format, const struct board *const *boards,
                  size_t count, const struct report_how *how, struct error *error) {
    struct report_how filled = how ? *how : (struct report_how){0};
    struct weights weights;
    weights_default(&weights);
    filled.width = filled.width > 0 ? filled.width : WIDTH;
    filled.weights = filled.weights ? filled.weights : &weights;
    formats[format].write(out, boards, count, &filled);
    if (out->over)
        return error_set(error, "the report is longer than %zu bytes", out->limit);
    return true;
}

/* ---- parts ---- */

enum report_origin report_origin(const struct endpoint *endpoint) {
    return endpoint->simulated   ? ORIGIN_SIMULATED
           : endpoint->published ? ORIGIN_PUBLISHED
           : endpoint->imported  ? ORIGIN_IMPORTED
                                 : ORIGIN_MEASURED;
}

enum report_origin report_origin_of(const struct board *board, int ep) {
    if (ep < 0 || (size_t)ep >= board->row_count)
        return ORIGIN_MEASURED;
    return report_origin(board->rows[ep].endpoint);
}

static const struct {
    const char *word, *explain;
} origins[ORIGIN_COUNT] = {
    [ORIGIN_MEASURED] = {"", ""},
    [ORIGIN_SIMULATED] = {"SIM", "a simulated engine: its figures say nothing about a real one."},
    [ORIGIN_PUBLISHED] = {"PUBLISHED", "figures that others published, not measured here."},
    [ORIGIN_IMPORTED] = {"IMPORTED", "figures of another tool's file, not measured by this run."},
};

const char *report_origin_word(enum report_origin origin) {
    return origins[origin].word;
}

const char *report_origin_explain(enum report_origin origin) {
    return origins[origin].explain;
}

void report_origins(struct buf *out, const struct board *board) {
    for (int origin = ORIGIN_MEASURED + 1; origin < ORIGIN_COUNT; origin++) {
        bool any = false;
        for (size_t ep = 0; ep < board->row_count && !any; ep++)
            any = report_origin(board->rows[ep].endpoint) == (enum report_origin)origin;
        if (any)
            buf_printf(out, " %s", origins[origin].word);
    }
}

size_t report_suites(const struct board *board, enum suite_id suites[SUITE_COUNT]) {
    size_t count = 0;
    for (size_t column = 0; column < board->column_count; column++) {
        size_t i = 0;
        while (i < count && suites[i] != board->columns[column].suite)
            i++;
        if (i == count)
            suites[count++] = board->columns[column].suite;
    }
    return count;
}

static bool suite_has(const struct board *board, enum suite_id suite, enum metric_id metric) {
    for (size_t column = 0; column < board->column_count; column++)
        for (size_t ep = 0; board->columns[column].suite == suite && ep < board->row_count; ep++)
            if (report_has(&board->rows[ep].cells[column], metric))
                return true;
    return false;
}

size_t report_metrics(const struct board *board, enum suite_id suite,
                      enum metric_id metrics[METRIC_COUNT]) {
    /* what a suite is about comes first; wall and aggregate say nothing of single calls */
    static const enum metric_id single[] = {METRIC_TTFT, METRIC_DECODE, METRIC_TPS_PER_WATT,
                                            METRIC_COUNT};
    static const enum metric_id many[] = {METRIC_TTFT,       METRIC_DECODE, METRIC_AGGREGATE,
                                          METRIC_WALL,       METRIC_VALID,  METRIC_TPS_PER_WATT,
                                          METRIC_SWAP_DELTA, METRIC_COUNT};
    static const enum metric_id quality[] = {METRIC_SCORE, METRIC_TTFT, METRIC_DECODE,
                                             METRIC_COUNT};
    bool parallel = suite == SUITE_BURST || suite == SUITE_TICK || suite == SUITE_COHAB;
    const enum metric_id *from = suite_is_quality(suite) ? quality : parallel ? many : single;
    size_t count = 0;
    for (size_t i = 0; from[i] != METRIC_COUNT; i++)
        if (suite_has(board, suite, from[i]))
            metrics[count++] = from[i];
    return count;
}

const enum stat_id report_stats[REPORT_STATS] = {
    STAT_MEDIAN, STAT_MIN, STAT_MAX,        STAT_MEAN,        STAT_CV,          STAT_P50,
    STAT_P95,    STAT_P99, STAT_MEDIAN_LOW, STAT_MEDIAN_HIGH, STAT_MEDIAN_LEVEL};

bool report_has(const struct cell *cell, enum metric_id metric) {
    return cell->values[metric].count > 0 || cell->figures[metric].count > 0;
}

int report_repeats(const struct board *board, enum suite_id suite) {
    int most = 0;
    for (int column = 0; column < (int)board->column_count; column++)
        for (int ep = 0; board->columns[column].suite == suite && ep < (int)board->row_count;
             ep++) {
            struct pass_k pass_k;
            pass_k_of(board, ep, column, &pass_k);
            most = pass_k.k > most ? pass_k.k : most;
        }
    return most;
}

double report_n(const struct board *board, int ep, int column, enum metric_id metric) {
    return board_value(board, ep, column, metric, STAT_N);
}

const char *report_error_detail(const struct board *board, int ep, int column,
                                enum error_class class) {
    const struct row *row = &board->rows[ep];
    for (size_t i = 0; i < row->call_count; i++) {
        const struct board_call *call = row->calls[i];
        if (call->column == column && !call->superseded && call->call.error == class &&
            call->call.error_detail)
            return call->call.error_detail;
    }
    return NULL;
}

static bool is_absent(const struct cell *cell) {
    return cell->state == CELL_SKIPPED || cell->state == CELL_STOPPED;
}

static bool same_absence(const struct cell *a, const struct cell *b) {
    return a->state == b->state &&
           strcmp(a->reason ? a->reason : "", b->reason ? b->reason : "") == 0;
}

/* Are all of the suite's phases absent for the same reason? */
static bool whole_suite(const struct board *board, int ep, enum suite_id suite,
                        const struct cell *like) {
    for (int column = 0; column < (int)board->column_count; column++)
        if (board->columns[column].suite == suite &&
            !same_absence(board_cell(board, ep, column), like))
            return false;
    return true;
}

/* "agentic cold, warm, tick 1" */
static void put_phases(struct buf *out, const struct board *board, int ep,
                       const struct cell *like) {
    enum suite_id suites[SUITE_COUNT];
    size_t count = report_suites(board, suites);
    const char *between = "";
    for (size_t i = 0; i < count; i++) {
        bool whole = whole_suite(board, ep, suites[i], like), named = whole;
        if (whole)
            buf_printf(out, "%s%s", between, suite_word(suites[i]));
        for (int column = 0; column < (int)board->column_count && !whole; column++) {
            const struct column *what = &board->columns[column];
            if (what->suite != suites[i] || !same_absence(board_cell(board, ep, column), like))
                continue;
            buf_printf(out, "%s%s%s", between, named ? "" : suite_word(suites[i]),
                       named ? "" : " ");
            report_text(out, what->phase, "");
            between = ", ";
            named = true;
        }
        between = named ? ", " : between;
    }
}

bool report_absence(const struct board *board, int ep, int *column, struct buf *out) {
    for (; *column < (int)board->column_count; ++*column) {
        const struct cell *cell = board_cell(board, ep, *column);
        bool told = !is_absent(cell);
        for (int before = 0; before < *column && !told; before++)
            told = same_absence(board_cell(board, ep, before), cell);
        if (told)
            continue;
        put_phases(out, board, ep, cell);
        buf_text(out, cell->state == CELL_SKIPPED ? ": skipped" : ": stopped");
        buf_text(out, cell->reason ? ": " : "");
        report_text(out, cell->reason, "");
        ++*column;
        return true;
    }
    return false;
}

const char *report_name(const struct board *board, int ep) {
    if (ep < 0 || (size_t)ep >= board->row_count || !board->rows[ep].endpoint->name)
        return "?";
    return board->rows[ep].endpoint->name;
}

void report_text(struct buf *out, const char *text, const char *absent) {
    if (!text) {
        buf_text(out, absent);
        return;
    }
    size_t length = strlen(text);
    size_t size = length * 3 + 1; /* a control becomes a code point of three bytes */
    char *visible = mem_alloc(size);
    text_visible(visible, size, text, length);
    buf_text(out, visible);
    free(visible);
}

void report_machine(struct buf *out, const struct machine *machine) {
    const char *words[] = {machine->model, machine->chip, machine->os, machine->power_mode};
    const char *between = "";
    size_t before = out->length;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!words[i])
            continue;
        buf_text(out, between);
        report_text(out, words[i], "");
        between = " · ";
    }
    if (machine->ram_mb >= 0) {
        buf_printf(out, "%s%lld MB", between, (long long)machine->ram_mb);
        between = " · ";
    }
    if (machine->cores >= 0)
        buf_printf(out, "%s%d cores", between, machine->cores);
    if (out->length == before)
        buf_text(out, "unknown");
}

void report_uncounted(const struct cell *cell, struct buf *out) {
    if (cell->calls_cancelled)
        buf_printf(out, "%d %s", cell->calls_cancelled, error_word(ERROR_CANCELLED));
    if (cell->calls_suspended)
        buf_printf(out, "%s%d %s", cell->calls_cancelled ? ", " : "", cell->calls_suspended,
                   error_word(ERROR_SUSPENDED));
}
