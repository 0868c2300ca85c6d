#include "rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool text_has(const char *text, const char *needle) {
    return !*needle || text_find(text, needle);
}

const char *row_name(const struct row_ref *ref) {
    const struct endpoint *endpoint = ref->row->endpoint;
    return endpoint->name ? endpoint->name : engine_title(endpoint->engine);
}

const char *row_model(const struct row_ref *ref) {
    return ref->row->model ? ref->row->model : ref->row->endpoint->model;
}

enum metric_id row_metric(enum suite_id suite, const struct ui *ui) {
    return suite_is_quality(suite) ? METRIC_SCORE : ui->metric;
}

static bool is_wanted(const struct row_ref *ref, const char *filter) {
    const struct endpoint *endpoint = ref->row->endpoint;
    const char *model = row_model(ref);
    return text_has(row_name(ref), filter) || text_has(engine_title(endpoint->engine), filter) ||
           (model && text_has(model, filter));
}

/* The column that rows are sorted by; -1: none. */
static int sort_column(const struct board *board, const struct ui *ui) {
    bool chosen = ui->column >= 0 && (size_t)ui->column < board->column_count;
    return chosen ? ui->column : board->column_count > 0 ? 0 : -1;
}

static double sort_value(const struct row_ref *ref, const struct ui *ui) {
    const struct board *board = ref->board;
    int column = sort_column(board, ui);
    if (column < 0)
        return NAN;
    enum suite_id suite = board->columns[column].suite;
    if (column == ui->column)
        return board_value(board, ref->ep, column, row_metric(suite, ui), STAT_MEDIAN);
    return board_row_value(board, ref->ep, suite, row_metric(suite, ui), STAT_MEDIAN);
}

static bool sorts_more_first(const struct board *board, const struct ui *ui) {
    int column = sort_column(board, ui);
    enum metric_id metric = column < 0 ? ui->metric : row_metric(board->columns[column].suite, ui);
    return (metric_of(metric)->better == BETTER_MORE) != ui->sort_reverse;
}

/* Insertion: at most 64 rows, and equal ones must keep their order. Absent values go last. */
static void sort_group(struct row_ref *at, int count, const struct ui *ui) {
    bool more_first = count > 0 && sorts_more_first(at[0].board, ui);
    double values[ENDPOINTS_MAX];
    for (int i = 0; i < count; i++) {
        struct row_ref ref = at[i];
        double value = sort_value(&ref, ui);
        int to = i;
        while (to > 0 && !isnan(value) &&
               (isnan(values[to - 1]) ||
                (more_first ? value > values[to - 1] : value < values[to - 1]))) {
            values[to] = values[to - 1];
            at[to] = at[to - 1];
            to--;
        }
        values[to] = value;
        at[to] = ref;
    }
}

void rows_collect(const struct scene *scene, const struct ui *ui, struct rows *out) {
    out->count = 0;
    for (size_t source = 0; source < scene->count; source++) {
        const struct board *board = scene->boards[source];
        int first = out->count;
        for (size_t i = 0; i < board->row_count && i < ENDPOINTS_MAX; i++) {
            struct row_ref ref = {board, &board->rows[i], (int)source, (int)i};
            if (is_wanted(&ref, ui->filter))
                out->at[out->count++] = ref;
        }
        if (ui->sort_by_value)
            sort_group(&out->at[first], out->count - first, ui);
    }
}

int rows_selected(const struct rows *rows, const struct ui *ui) {
    for (int i = 0; i < rows->count; i++)
        if (rows->at[i].source == ui->source && rows->at[i].ep == ui->ep)
            return i;
    return rows->count > 0 ? 0 : -1;
}

void rows_move(const struct rows *rows, struct ui *ui, int by) {
    int selected = rows_selected(rows, ui);
    if (selected < 0)
        return;
    int to = selected + by;
    to = to < 0 ? 0 : to >= rows->count ? rows->count - 1 : to;
    if (to == selected && rows->at[to].source == ui->source && rows->at[to].ep == ui->ep)
        return;
    ui->source = rows->at[to].source;
    ui->ep = rows->at[to].ep;
    ui->call = 0;
    ui->call_text = false;
}

void run_slug(const struct run *run, char *out, size_t size) {
    const char *id = run->id ? run->id : "";
    const char *from = strchr(id, '-');
    const char *to = strrchr(id, '-');
    if (!from || to <= from + 1) {
        copy_text(out, size, id);
        return;
    }
    snprintf(out, size, "%.*s", (int)(to - from - 1), from + 1);
}
