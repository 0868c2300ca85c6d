/* view_compare: the selected endpoint against another: the marked row, else the same endpoint of
 * the reference run, its baseline, or the first other row. One metric, phase by phase; below the
 * table all there is to say about the selected phase. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "heads.h"
#include "layout.h"
#include "model/compare.h"
#include "view_parts.h"

/* What matters most stands first; a column whose end is not seen is left out. */
enum column_id { COLUMN_A, COLUMN_B, COLUMN_CHANGE, COLUMN_INTERVAL, COLUMN_VERDICT, COLUMN_UNITS };
static const struct {
    const char *title;
    int width; /* its gap included */
    bool left;
} columns[] = {
    [COLUMN_A] = {"A", 7, false},
    [COLUMN_B] = {"B", 7, false},
    [COLUMN_CHANGE] = {"B - A", 10, false},
    [COLUMN_INTERVAL] = {"95 % interval", 16, false},
    [COLUMN_VERDICT] = {"verdict", 21, true},
    [COLUMN_UNITS] = {"n", 10, false},
};
enum { PHASE_NARROW = 13, PHASE_WIDE = 18, WIDE = 90, DETAIL_LINES = 3 };

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
    *source = rows_reference(scene, draw->ui);
    if (*source == ref->source) /* the reference itself: against the first other run */
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

/* The signs of the board: they stand where the verdict's word has no room. */
static void write_change(const struct compare_row *row, char *out, size_t size) {
    bool holds = compare_holds(row);
    if (isnan(row->ratio.ratio))
        copy_text(out, size, "–");
    else
        snprintf(out, size, "%+.1f%%%s", 100 * (row->ratio.ratio - 1),
                 !holds                           ? " "
                 : row->verdict == COMPARE_BETTER ? "▴"
                                                  : "▾");
}

static void write_interval(const struct ratio *ratio, char *out, size_t size) {
    if (isnan(ratio->low))
        copy_text(out, size, "–");
    else
        snprintf(out, size, "%+.1f to %+.1f", 100 * (ratio->low - 1), 100 * (ratio->high - 1));
}

static bool stands_alone(const struct compare_row *row) {
    bool differs = row->verdict == COMPARE_BETTER || row->verdict == COMPARE_WORSE;
    return differs && !compare_holds(row);
}

static enum role role_of(const struct compare_row *row) {
    return stands_alone(row) ? ROLE_TEXT : verdict_role(row);
}

/* What a column says of a row. */
static enum role write_column(enum column_id column, const struct compare_row *row, char *out,
                              size_t size) {
    char value[METRIC_TEXT];
    switch (column) {
    case COLUMN_A:
    case COLUMN_B:
        metric_format(row->metric, column == COLUMN_A ? row->a : row->b, value);
        copy_text(out, size, value);
        return ROLE_TEXT;
    case COLUMN_CHANGE:
        write_change(row, out, size);
        return role_of(row);
    case COLUMN_INTERVAL:
        write_interval(&row->ratio, out, size);
        return ROLE_TEXT;
    case COLUMN_VERDICT:
        snprintf(out, size, stands_alone(row) ? "(%s)" : "%s", compare_word(row->verdict));
        return role_of(row);
    case COLUMN_UNITS:
        if (row->ratio.paired)
            snprintf(out, size, "%zu pair%s", row->n_a, row->n_a == 1 ? "" : "s");
        else
            snprintf(out, size, "%zu|%zu", row->n_a, row->n_b);
        return ROLE_DIM;
    }
    return ROLE_TEXT;
}

/* A cell of the table from `x`; the x behind it, or -1 when it would leave the box. */
static int draw_column_text(const struct draw *draw, int x, int y, int end, enum column_id column,
                            enum role role, const char *text) {
    int width = columns[column].width;
    int needs = columns[column].left ? 1 + (int)text_cells(text) : width;
    if (x + needs > end)
        return -1;
    if (columns[column].left)
        frame_text(draw->frame, x + 2, y, end - x - 2, role, text);
    else
        frame_right(draw->frame, x, y, width, role, text);
    return x + width;
}

static int phase_width(struct rect inner) {
    return 2 + (inner.width >= WIDE ? PHASE_WIDE : PHASE_NARROW);
}

static void draw_line(const struct draw *draw, struct rect inner, int y,
                      const struct compare_row *row, bool selected) {
    char text[64], title[PHASE_TITLE];
    int x = inner.x + phase_width(inner), end = inner.x + inner.width;
    if (selected)
        frame_put(draw->frame, inner.x, y, 0x25b6, ROLE_ACCENT);
    struct column column = {.suite = row->suite};
    copy_text(column.phase, sizeof column.phase, row->phase);
    frame_text(draw->frame, inner.x + 2, y, x - inner.x - 2, ROLE_TEXT,
               draw_column(&column, x - inner.x - 2, title));
    for (size_t i = 0; i < COUNT_OF(columns) && x >= 0; i++) {
        enum role role = write_column((enum column_id)i, row, text, sizeof text);
        x = draw_column_text(draw, x, y, end, (enum column_id)i, role, text);
    }
    if (selected)
        frame_select(draw->frame, (struct rect){inner.x, y, inner.width, 1});
}

static void draw_head(const struct draw *draw, struct rect inner) {
    int x = inner.x + phase_width(inner);
    frame_text(draw->frame, inner.x + 2, inner.y, x - inner.x - 2, ROLE_DIM, "phase");
    for (size_t i = 0; i < COUNT_OF(columns) && x >= 0; i++)
        x = draw_column_text(draw, x, inner.y, inner.x + inner.width, (enum column_id)i, ROLE_DIM,
                             columns[i].title);
}

/* Everything about the selected phase, in words. */
static void draw_detail(const struct draw *draw, struct rect rect, const struct compare_row *row) {
    char text[400], units[24], interval[48] = "";
    bool few = row->n_a < BOOTSTRAP_LEAST || row->n_b < BOOTSTRAP_LEAST;
    write_column(COLUMN_UNITS, row, units, sizeof units);
    if (!isnan(row->ratio.low))
        write_interval(&row->ratio, interval, sizeof interval);
    snprintf(text, sizeof text, "%s %s: %s%s%s%s%s%s%s · n %s%s%s%s", suite_word(row->suite),
             row->phase, compare_word(row->verdict),
             stands_alone(row) ? ", but not among all phases together" : "",
             row->bar == BAR_NONE ? "" : ": ", compare_bar_word(row->bar),
             row->detail[0] ? " (" : "", row->detail, row->detail[0] ? ")" : "", units,
             few ? ", an interval takes 5" : "", interval[0] ? " · B - A " : "", interval);
    if (interval[0])
        copy_text(text + strlen(text), sizeof text - strlen(text), " % with 95 % confidence");
    draw_wrapped(draw, rect, 0, ROLE_TEXT, text);
}

/* "● run: name" when several runs are on screen. */
static void label_of(const struct draw *draw, int source, int ep, char *out, size_t size) {
    const struct board *board = draw->scene->boards[source];
    struct row_ref ref = {board, &board->rows[ep], source, ep};
    char label[64];
    if (draw->scene->count < 2) {
        copy_text(out, size, row_name(&ref));
        return;
    }
    run_label(draw->scene, source, false, label, sizeof label);
    snprintf(out, size, "%s %.48s: %.60s", view_run_sign(draw->ui, source), label, row_name(&ref));
}

/* Which side is which, the selected phase in words, and between them the table. */
static void draw_rows(const struct draw *draw, struct rect inner, const struct compare *compare) {
    int count = (int)compare->count, selected = draw->ui->compare_line;
    if (count == 0) {
        frame_text(draw->frame, inner.x, inner.y, inner.width, ROLE_DIM,
                   compare_knows(draw->ui->metric)
                       ? "nothing that both have measured in this metric yet"
                       : "this metric is not compared: choose another one");
        return;
    }
    selected = selected < 0 ? 0 : selected >= count ? count - 1 : selected;
    int room = inner.height - 2 - DETAIL_LINES, lines = count < room ? count : room;
    int first = layout_scroll(count, room, selected);
    draw_head(draw, inner);
    for (int i = 0; i < room && first + i < count; i++)
        draw_line(draw, inner, inner.y + 1 + i, &compare->rows[first + i], first + i == selected);
    struct rect detail = {inner.x, inner.y + lines + 2, inner.width, DETAIL_LINES};
    frame_fill(draw->frame, (struct rect){inner.x, detail.y - 1, inner.width, 1}, 0x2500,
               ROLE_BORDER);
    if (count > room)
        frame_printf(draw->frame, inner.x + inner.width - 12, detail.y - 1, 12, ROLE_ACCENT,
                     " %d/%d ", selected + 1, count);
    draw_detail(draw, detail, &compare->rows[selected]);
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
    int reference = rows_reference(scene, ui);
    if (source != reference && ref.source == reference && ui->mark_ep < 0) { /* it is A always */
        struct row_ref other = {scene->boards[source], &scene->boards[source]->rows[ep], source,
                                ep};
        source = ref.source;
        ep = ref.ep;
        ref = other;
    }
    label_of(&draw, source, ep, a, sizeof a);
    label_of(&draw, ref.source, ref.ep, b, sizeof b);
    snprintf(title, sizeof title, "compare · %s %s", metric_of(ui->metric)->title,
             draw_unit(ui->metric));
    bool single = scene->boards[source]->run.passes == 1 && ref.board->run.passes == 1;
    struct rect inner = draw_section(&draw, rect, true, draw_view_key(VIEW_COMPARE), title,
                                     single ? "median of the pass" : "median of passes' medians");
    frame_printf(frame, inner.x, inner.y, inner.width, view_series_role(source), "A %s", a);
    frame_printf(frame, inner.x, inner.y + 1, inner.width, view_series_role(ref.source), "B %s", b);
    compare_endpoints(&compare, scene->boards[source], ep, ref.board, ref.ep, ui->metric);
    draw_rows(&draw, (struct rect){inner.x, inner.y + 2, inner.width, inner.height - 2}, &compare);
    compare_done(&compare);
}

static void change_metric(struct ui *ui, int by) {
    int metric = (int)ui->metric;
    do
        metric = (metric + by + METRIC_COUNT) % METRIC_COUNT;
    while (!compare_knows((enum metric_id)metric));
    ui->metric = (enum metric_id)metric;
    ui->metric_chosen = true;
}

/* The selected phase; beyond the last one there is none, however many there are. */
static void move_line(struct ui *ui, const struct scene *scene, int by) {
    struct heads heads;
    heads_collect(scene, &heads);
    int to = ui->compare_line + by;
    ui->compare_line = to < 0 ? 0 : to >= heads.count ? heads.count - 1 : to;
}

static bool view_act_compare(struct ui *ui, const struct scene *scene, enum action action,
                             struct rect rect) {
    struct rows rows;
    int page = rect.height > 12 ? rect.height - 9 : 3;
    rows_collect(scene, ui, &rows);
    if (action == ACTION_LEFT || action == ACTION_RIGHT)
        rows_move(&rows, ui, action == ACTION_LEFT ? -1 : 1);
    else if (action == ACTION_UP || action == ACTION_DOWN)
        move_line(ui, scene, action == ACTION_UP ? -1 : 1);
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        move_line(ui, scene, action == ACTION_PAGE_UP ? -page : page);
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        move_line(ui, scene, action == ACTION_FIRST ? -BOARD_COLUMNS_MAX : BOARD_COLUMNS_MAX);
    else if (action == ACTION_METRIC_NEXT || action == ACTION_METRIC_PREVIOUS)
        change_metric(ui, action == ACTION_METRIC_NEXT ? 1 : -1);
    else
        return false;
    return true;
}

const struct view_ops view_compare_ops = {VIEW_COMPARE, "compare", view_draw_compare,
                                          view_act_compare};
