/* view_compare: the selected endpoint against another: the marked row, else the same endpoint of
 * the first run, its baseline, or the first other row. One metric, phase by phase. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "layout.h"
#include "model/compare.h"
#include "view_parts.h"

#define PHASE_WIDTH 24
#define VALUE_WIDTH 9
#define RANGE_WIDTH 19
#define UNITS_WIDTH 10

static bool same_row(const struct row_ref *ref, int source, int ep) {
    return ref->source == source && ref->ep == ep;
}

/* What `ref` is held against; false when there is nothing else. */
static bool other_of(const struct draw *draw, const struct row_ref *ref, int *source, int *ep) {
    const struct scene *scene = draw->scene;
    *source = draw->ui->mark_source;
    *ep = draw->ui->mark_ep;
    bool there = *ep >= 0 && (size_t)*source < scene->count &&
                 (size_t)*ep < scene->boards[*source]->row_count;
    if (there && !same_row(ref, *source, *ep))
        return true;
    *source = ref->source == 0 && scene->count > 1 ? 1 : 0;
    *ep = *source == ref->source ? -1 : compare_match(ref->board, ref->ep, scene->boards[*source]);
    if (*ep >= 0)
        return true;
    *source = ref->source;
    *ep = compare_baseline(ref->board, ref->ep);
    if (*ep < 0)
        *ep = ref->ep == 0 ? 1 : 0;
    return (size_t)*ep < ref->board->row_count;
}

static enum role verdict_role(const struct compare_row *row) {
    switch (row->verdict) {
    case COMPARE_BETTER:
        return ROLE_GOOD;
    case COMPARE_WORSE:
        return ROLE_BAD;
    case COMPARE_NONE:
        return ROLE_TEXT;
    case COMPARE_NOT:
        return ROLE_WARN;
    case COMPARE_COUNT:
        break;
    }
    return ROLE_TEXT;
}

static void draw_line(const struct draw *draw, struct rect inner, int y,
                      const struct compare_row *row) {
    char text[200];
    int x = inner.x, end = inner.x + inner.width;
    snprintf(text, sizeof text, "%s %s", suite_word(row->suite), row->phase);
    frame_text(draw->frame, x, y, PHASE_WIDTH - 1, ROLE_TEXT, text);
    draw_value(draw, x += PHASE_WIDTH, y, VALUE_WIDTH - 1, ROLE_TEXT, row->metric, row->a);
    draw_value(draw, x += VALUE_WIDTH, y, VALUE_WIDTH - 1, ROLE_TEXT, row->metric, row->b);
    x += VALUE_WIDTH;
    if (isnan(row->ratio.ratio))
        copy_text(text, sizeof text, "–");
    else
        snprintf(text, sizeof text, "%+.1f %%", 100 * (row->ratio.ratio - 1));
    frame_right(draw->frame, x, y, VALUE_WIDTH - 1, verdict_role(row), text);
    x += VALUE_WIDTH;
    if (isnan(row->ratio.low))
        copy_text(text, sizeof text, "–");
    else
        snprintf(text, sizeof text, "%+.1f to %+.1f", 100 * (row->ratio.low - 1),
                 100 * (row->ratio.high - 1));
    frame_right(draw->frame, x, y, RANGE_WIDTH - 1, ROLE_TEXT, text);
    x += RANGE_WIDTH;
    if (row->ratio.paired)
        snprintf(text, sizeof text, "%zu pairs", row->n_a);
    else
        snprintf(text, sizeof text, "%zu|%zu", row->n_a, row->n_b);
    frame_right(draw->frame, x, y, UNITS_WIDTH - 1, ROLE_DIM, text);
    x += UNITS_WIDTH;
    snprintf(text, sizeof text, "%s%s%s%s%s%s", compare_word(row->verdict),
             row->bar == BAR_NONE ? "" : ": ", compare_bar_word(row->bar),
             row->detail[0] ? " (" : "", row->detail, row->detail[0] ? ")" : "");
    if (x < end)
        frame_text(draw->frame, x, y, end - x, verdict_role(row), text);
}

static void draw_head(const struct draw *draw, struct rect inner) {
    static const struct {
        const char *title;
        int width;
    } columns[] = {{"A", VALUE_WIDTH},
                   {"B", VALUE_WIDTH},
                   {"B - A", VALUE_WIDTH},
                   {"95 % interval", RANGE_WIDTH},
                   {"n", UNITS_WIDTH}};
    int x = inner.x + PHASE_WIDTH;
    frame_text(draw->frame, inner.x, inner.y, PHASE_WIDTH, ROLE_DIM, "phase");
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        frame_right(draw->frame, x, inner.y, columns[i].width - 1, ROLE_DIM, columns[i].title);
        x += columns[i].width;
    }
    frame_text(draw->frame, x, inner.y, inner.x + inner.width - x, ROLE_DIM, "verdict");
}

/* "run: name" when several runs are on screen. */
static void label_of(const struct scene *scene, int source, int ep, char *out, size_t size) {
    const struct board *board = scene->boards[source];
    const char *id = board->run.id ? board->run.id : "", *dash = strrchr(id, '-');
    char slug[64];
    run_slug(&board->run, slug, sizeof slug);
    if (scene->count > 1) /* two runs of one slug differ in their last four digits */
        snprintf(out, size, "%s%.8s: ", slug, dash ? dash : "");
    else
        out[0] = '\0';
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%.60s",
             board->rows[ep].endpoint->name ? board->rows[ep].endpoint->name : "?");
}

static void draw_rows(const struct draw *draw, struct rect inner, const struct compare *compare) {
    if (compare->count == 0) {
        frame_text(draw->frame, inner.x, inner.y, inner.width, ROLE_DIM,
                   compare_knows(draw->ui->metric)
                       ? "nothing that both have measured in this metric yet"
                       : "this metric is not compared: choose another one");
        return;
    }
    draw_head(draw, inner);
    for (int i = 0; i < (int)compare->count && i + 1 < inner.height; i++)
        draw_line(draw, inner, inner.y + 1 + i, &compare->rows[i]);
}

static void view_draw_compare(struct frame *frame, struct rect rect, const struct scene *scene,
                              const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    struct rows rows;
    char a[160], b[160], title[400];
    int source, ep;
    rows_collect(scene, ui, &rows);
    int at = rows_selected(&rows, ui);
    bool able = at >= 0 && other_of(&draw, &rows.at[at], &source, &ep);
    if (!able) {
        struct rect inner =
            draw_section(&draw, rect, true, draw_view_key(VIEW_COMPARE), "compare", NULL);
        frame_text(frame, inner.x, inner.y, inner.width, ROLE_DIM, "nothing to compare with");
        return;
    }
    struct row_ref ref = rows.at[at];
    struct compare compare;
    if (source > ref.source && ui->mark_ep < 0) { /* the earlier run is what the later is held to */
        struct row_ref other = {scene->boards[source], &scene->boards[source]->rows[ep], source,
                                ep};
        source = ref.source;
        ep = ref.ep;
        ref = other;
    }
    label_of(scene, source, ep, a, sizeof a);
    label_of(scene, ref.source, ref.ep, b, sizeof b);
    snprintf(title, sizeof title, "compare %s: A %s, B %s", metric_of(ui->metric)->title, a, b);
    struct rect inner = draw_section(&draw, rect, true, draw_view_key(VIEW_COMPARE), title,
                                     metric_of(ui->metric)->unit);
    compare_endpoints(&compare, scene->boards[source], ep, ref.board, ref.ep, ui->metric);
    draw_rows(&draw, inner, &compare);
    compare_done(&compare);
}

static void change_metric(struct ui *ui, int by) {
    int metric = (int)ui->metric;
    do
        metric = (metric + by + METRIC_COUNT) % METRIC_COUNT;
    while (!compare_knows((enum metric_id)metric));
    ui->metric = (enum metric_id)metric;
}

static bool view_act_compare(struct ui *ui, const struct scene *scene, enum action action,
                             struct rect rect) {
    struct rows rows;
    (void)rect;
    rows_collect(scene, ui, &rows);
    if (action == ACTION_UP || action == ACTION_LEFT)
        rows_move(&rows, ui, -1);
    else if (action == ACTION_DOWN || action == ACTION_RIGHT)
        rows_move(&rows, ui, 1);
    else if (action == ACTION_METRIC_NEXT || action == ACTION_METRIC_PREVIOUS)
        change_metric(ui, action == ACTION_METRIC_NEXT ? 1 : -1);
    else
        return false;
    return true;
}

const struct view_ops view_compare_ops = {VIEW_COMPARE, "compare", view_draw_compare,
                                          view_act_compare};
