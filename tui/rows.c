#include "rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "heads.h"
#include "model/compare.h"

bool text_has(const char *text, const char *needle) {
    return !*needle || text_find(text, needle);
}

const char *row_name(const struct row_ref *ref) {
    const struct endpoint *endpoint = ref->row->endpoint;
    return endpoint->name ? endpoint->name : engine_title(endpoint->engine);
}

void row_title(const struct scene *scene, const struct ui *ui, const struct row_ref *ref, char *out,
               size_t size) {
    bool several = scene->count > 1;
    snprintf(out, size, "%s%s%s", several ? view_run_sign(ui, ref->source) : "", several ? " " : "",
             row_name(ref));
}

const char *row_model(const struct row_ref *ref) {
    return ref->row->model ? ref->row->model : ref->row->endpoint->model;
}

const char *row_model_name(const struct row_ref *ref) {
    const char *model = row_model(ref), *slash = model ? strrchr(model, '/') : NULL;
    return slash && slash[1] ? slash + 1 : model;
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

/* The column that rows are sorted by, of all runs' heads; -1: none. */
static int sort_head(const struct heads *heads, const struct ui *ui) {
    bool chosen = ui->column >= 0 && ui->column < heads->count;
    return chosen ? ui->column : heads->count > 0 ? 0 : -1;
}

static double sort_value(const struct row_ref *ref, const struct heads *heads,
                         const struct ui *ui) {
    int head = sort_head(heads, ui);
    if (head < 0)
        return NAN;
    enum suite_id suite = heads->at[head].suite;
    int column = heads_column(heads, head, ref->board);
    if (head != ui->column)
        return board_row_value(ref->board, ref->ep, suite, row_metric(suite, ui), STAT_MEDIAN);
    if (column < 0)
        return NAN;
    return board_value(ref->board, ref->ep, column, row_metric(suite, ui), STAT_MEDIAN);
}

static bool sorts_more_first(const struct heads *heads, const struct ui *ui) {
    int head = sort_head(heads, ui);
    enum metric_id metric = head < 0 ? ui->metric : row_metric(heads->at[head].suite, ui);
    return (metric_of(metric)->better == BETTER_MORE) != ui->sort_reverse;
}

/* Insertion: at most 64 rows, and equal ones must keep their order. Absent values go last. */
static void sort_group(struct row_ref *at, int count, const struct heads *heads,
                       const struct ui *ui) {
    bool more_first = sorts_more_first(heads, ui);
    double values[ENDPOINTS_MAX];
    for (int i = 0; i < count; i++) {
        struct row_ref ref = at[i];
        double value = sort_value(&ref, heads, ui);
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

/* One run's rows, filtered and sorted; returns how many. */
static int collect_run(const struct scene *scene, const struct ui *ui, const struct heads *heads,
                       int source, struct row_ref *at) {
    const struct board *board = scene->boards[source];
    int count = 0;
    for (size_t i = 0; i < board->row_count && i < ENDPOINTS_MAX; i++) {
        struct row_ref ref = {board, &board->rows[i], source, (int)i};
        if (is_wanted(&ref, ui->filter))
            at[count++] = ref;
    }
    if (ui->sort_by_value)
        sort_group(at, count, heads, ui);
    return count;
}

static void add_row(struct rows *rows, struct row_ref ref, int against) {
    rows->against[rows->count] = against < 0 ? rows->count : against;
    rows->at[rows->count++] = ref;
}

int rows_reference(const struct scene *scene, const struct ui *ui) {
    bool marked = ui->mark_ep >= 0 && (size_t)ui->mark_source < scene->count;
    return marked ? ui->mark_source : scene->reference;
}

/* Of another run's rows those that stand for endpoint `ep` of the reference run (-1: for none that
 * is on screen), whose row is `lead`. */
static void add_matching(struct rows *rows, const struct row_ref *at, const int *matches, int count,
                         int ep, int lead) {
    for (int i = 0; i < count; i++)
        if (matches[i] == ep)
            add_row(rows, at[i], lead);
}

static bool is_on_screen(const struct row_ref *at, int count, int ep) {
    for (int i = 0; i < count; i++)
        if (at[i].ep == ep)
            return true;
    return false;
}

struct run_rows {
    struct row_ref at[ENDPOINTS_MAX];
    int matches[ENDPOINTS_MAX]; /* endpoint of the reference run; -1 */
    int count;
};

void rows_collect(const struct scene *scene, const struct ui *ui, struct rows *out) {
    struct heads heads = {.count = 0};
    struct run_rows runs[RUNS_ON_SCREEN];
    int reference = rows_reference(scene, ui);
    out->count = 0;
    if (ui->sort_by_value)
        heads_collect(scene, &heads);
    for (size_t s = 0; s < scene->count; s++)
        runs[s].count = collect_run(scene, ui, &heads, (int)s, runs[s].at);
    for (size_t s = 0; s < scene->count; s++)
        for (int i = 0; i < runs[s].count && (int)s != reference; i++) {
            int ep = compare_match(scene->boards[s], runs[s].at[i].ep, scene->boards[reference]);
            bool there = is_on_screen(runs[reference].at, runs[reference].count, ep);
            runs[s].matches[i] = there ? ep : -1;
        }
    for (int i = 0; scene->count > 0 && i < runs[reference].count; i++) {
        int lead = out->count;
        add_row(out, runs[reference].at[i], -1);
        for (size_t s = 0; s < scene->count; s++)
            if ((int)s != reference)
                add_matching(out, runs[s].at, runs[s].matches, runs[s].count,
                             runs[reference].at[i].ep, lead);
    }
    for (size_t s = 0; s < scene->count; s++)
        if ((int)s != reference)
            add_matching(out, runs[s].at, runs[s].matches, runs[s].count, -1, -1);
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

/* Words for a run, each surer than the one before. */
enum label { LABEL_SLUG, LABEL_DATE, LABEL_MINUTE, LABEL_SECOND, LABEL_ID, LABEL_COUNT };

static void write_label(const struct run *run, enum label label, char *out, size_t size) {
    static const int cells[LABEL_COUNT] = {0, 10, 16, 19, 19}; /* of 2026-11-20T18:02:11Z */
    const char *digits = run->id ? strrchr(run->id, '-') : NULL;
    char slug[64], started[32] = "";
    run_slug(run, slug, sizeof slug);
    if (run->started && (int)strlen(run->started) >= cells[label])
        snprintf(started, sizeof started, "%.*s", cells[label], run->started);
    if (strlen(started) > 10 && started[10] == 'T')
        started[10] = ' ';
    snprintf(out, size, "%s%s%s%s", slug, started[0] ? " " : "", started,
             label == LABEL_ID && digits ? digits : "");
}

void run_label(const struct scene *scene, int source, bool dated, char *out, size_t size) {
    char other[160];
    enum label label = dated ? LABEL_MINUTE : LABEL_SLUG;
    write_label(&scene->boards[source]->run, label, out, size);
    for (size_t s = 0; s < scene->count; s++)
        while ((int)s != source && label < LABEL_ID &&
               (write_label(&scene->boards[s]->run, label, other, sizeof other),
                strcmp(other, out) == 0))
            write_label(&scene->boards[source]->run, ++label, out, size);
}
