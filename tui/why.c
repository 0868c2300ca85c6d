#include "why.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "layout.h"
#include "model/absent.h"

enum {
    REASONS_MOST = 48,
    LABEL_PHASES = 3, /* phases named in a label; of more, how many */
    BODY_LEAST = 9    /* lines that the view keeps */
};

/* Figures of one reason. */
struct reason {
    char text[ABSENT_TEXT];
    bool unranked;       /* they are there, and not ranked */
    const char *machine; /* a figure of the machine; NULL: of phases */
    uint64_t metrics;    /* a bit each */
    bool columns[BOARD_COLUMNS_MAX];
    int column_count;
};
struct reasons {
    struct reason at[REASONS_MOST];
    int count;
};

static struct reason *reason_of(struct reasons *all, const char *text, bool unranked) {
    for (int i = 0; i < all->count; i++)
        if (!all->at[i].machine && all->at[i].unranked == unranked &&
            strcmp(all->at[i].text, text) == 0)
            return &all->at[i];
    if (all->count == REASONS_MOST)
        return NULL;
    struct reason *reason = &all->at[all->count++];
    *reason = (struct reason){.unranked = unranked};
    copy_text(reason->text, sizeof reason->text, text);
    return reason;
}

static void add_figure(struct reasons *all, const char *text, bool unranked, int column,
                       enum metric_id metric) {
    struct reason *reason = reason_of(all, text, unranked);
    if (!reason)
        return;
    reason->metrics |= UINT64_C(1) << metric;
    reason->column_count += !reason->columns[column];
    reason->columns[column] = true;
}

/* ---- what the user sees there ---- */

static const enum metric_id of_engine[] = {
    METRIC_TTFT,          METRIC_DECODE, METRIC_EFFECTIVE,    METRIC_LATENCY,
    METRIC_PROMPT_TOKENS, METRIC_CACHED, METRIC_COMPLETION,   METRIC_PREFILL_WATTS,
    METRIC_WATTS,         METRIC_JOULES, METRIC_JOULES_ABOVE, METRIC_TPS_PER_WATT,
    METRIC_SWAP_DELTA,    METRIC_THERMAL};
static const enum metric_id of_burst[] = {METRIC_WALL,         METRIC_AGGREGATE, METRIC_SPAN,
                                          METRIC_LATENCY,      METRIC_VALID,     METRIC_WATTS,
                                          METRIC_TPS_PER_WATT, METRIC_SWAP_DELTA};

static void add_cell(struct reasons *all, const struct row_ref *ref, int column,
                     enum metric_id metric) {
    char text[ABSENT_TEXT];
    if (absent_why(ref->board, ref->ep, column, metric, STAT_MEDIAN, text))
        add_figure(all, text, false, column, metric);
    else if (absent_unranked(ref->board, ref->ep, column, metric, text))
        add_figure(all, text, true, column, metric);
}

/* Column by column, so that labels name phases in order. */
static void add_cells(struct reasons *all, const struct draw *draw, const struct row_ref *ref) {
    const struct board *board = ref->board;
    const struct ui *ui = draw->ui;
    for (int c = 0; c < (int)board->column_count; c++) {
        enum suite_id suite = board->columns[c].suite;
        enum metric_id shown = row_metric(suite, ui);
        const enum metric_id *metrics = &shown;
        size_t count = 1;
        if (ui->view == VIEW_ENGINE && !suite_is_quality(suite)) {
            metrics = of_engine, count = COUNT_OF(of_engine);
        } else if (ui->view == VIEW_BURST) {
            if (suite != SUITE_BURST)
                continue;
            metrics = of_burst, count = COUNT_OF(of_burst);
        } else if (ui->view == VIEW_BOARD && ui->column >= 0 && ui->column != c) {
            continue;
        }
        for (size_t i = 0; i < count; i++)
            add_cell(all, ref, c, metrics[i]);
    }
}

static void add_machine(struct reasons *all, const struct row_ref *ref) {
    static const struct {
        enum machine_figure figure;
        const char *title;
    } shown[] = {{MACHINE_ENERGY, "power"},
                 {MACHINE_THERMAL, "heat"},
                 {MACHINE_SWAP, "swap"},
                 {MACHINE_PRESSURE, "memory pressure"},
                 {MACHINE_MEMORY, "engine memory"},
                 {MACHINE_POWER, "power source"}};
    for (size_t i = 0; i < COUNT_OF(shown) && all->count < REASONS_MOST; i++) {
        struct reason *reason = &all->at[all->count];
        *reason = (struct reason){.machine = shown[i].title};
        all->count += absent_machine(ref->board, ref->ep, shown[i].figure, reason->text);
    }
}

static void collect(struct reasons *all, const struct draw *draw, const struct row_ref *ref) {
    all->count = 0;
    add_cells(all, draw, ref);
    add_machine(all, ref);
}

/* ---- drawing ---- */

static void append(char *out, size_t size, const char *between, const char *text) {
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used ? between : "", text);
}

/* "energy, above idle · cold, warm" */
static void label_of(const struct reason *reason, const struct board *board, char *out,
                     size_t size) {
    char phases[96] = "", more[24];
    int named = 0;
    *out = '\0';
    if (reason->machine) {
        snprintf(out, size, "machine · %s", reason->machine);
        return;
    }
    for (int i = 0; i < METRIC_COUNT; i++)
        if (reason->metrics & UINT64_C(1) << i)
            append(out, size, ", ", metric_of((enum metric_id)i)->title);
    for (size_t c = 0; c < board->column_count && named < LABEL_PHASES; c++)
        if (reason->columns[c]) {
            append(phases, sizeof phases, ", ", board->columns[c].phase);
            named++;
        }
    if (reason->column_count > LABEL_PHASES) {
        snprintf(more, sizeof more, "%d more", reason->column_count - LABEL_PHASES);
        append(phases, sizeof phases, ", ", more);
    }
    append(out, size, " · ", phases);
    if (reason->unranked)
        append(out, size, " · ", "not ranked");
}

/* All reasons from line `skip` on; returns their lines. */
static int write_reasons(const struct draw *draw, struct rect rect, int skip,
                         const struct reasons *all, const struct board *board) {
    int line = -skip;
    for (int i = 0; i < all->count; i++) {
        char label[320], text[ABSENT_TEXT + 320];
        const struct reason *reason = &all->at[i];
        label_of(reason, board, label, sizeof label);
        snprintf(text, sizeof text, "%s: %s", label, reason->text);
        int above = line < 0 ? -line : 0, from = line > 0 ? line : 0;
        int height = from < rect.height ? rect.height - from : 0;
        struct rect place = {rect.x, rect.y + from, rect.width, height};
        int lines = draw_wrapped(draw, place, above, reason->unranked ? ROLE_WARN : ROLE_DIM, text);
        if (line >= 0 && height > 0 && (int)text_cells(label) < rect.width)
            frame_text(draw->frame, rect.x, rect.y + line, rect.width, ROLE_HEADER, label);
        line += lines;
    }
    return line + skip;
}

static const struct row_ref *selected(const struct draw *draw, struct rows *rows) {
    rows_collect(draw->scene, draw->ui, rows);
    int at = rows_selected(rows, draw->ui);
    return at < 0 ? NULL : &rows->at[at];
}

static int inner_width(struct rect body) {
    return body.width - 2 * (1 + layout_pad(body.width));
}

static int lines_in(const struct draw *draw, struct rect body) {
    struct rows rows;
    struct reasons all;
    const struct row_ref *ref = selected(draw, &rows);
    if (!ref)
        return 1;
    collect(&all, draw, ref);
    struct rect none = {body.x, body.y, inner_width(body), 0};
    int lines = write_reasons(draw, none, 0, &all, ref->board);
    return lines > 0 ? lines : 1;
}

struct rect why_rect(const struct draw *draw, struct rect body) {
    if (!draw->ui->why || draw->ui->view == VIEW_HELP)
        return (struct rect){body.x, body.y + body.height, body.width, 0};
    int height = lines_in(draw, body) + 2, most = body.height - BODY_LEAST;
    most = most > body.height / 2 ? body.height / 2 : most;
    height = height > most ? most : height;
    return (struct rect){body.x, body.y + body.height - height, body.width, height};
}

void why_draw(const struct draw *draw, struct rect rect) {
    struct rows rows;
    struct reasons all = {.count = 0};
    char title[96];
    const struct row_ref *ref = selected(draw, &rows);
    snprintf(title, sizeof title, "why – %.60s", ref ? row_name(ref) : "");
    struct rect inner = draw_section(draw, rect, true, 'w', title, "PgUp PgDn · w closes");
    if (ref)
        collect(&all, draw, ref);
    if (all.count > 0)
        write_reasons(draw, inner, draw->ui->why_scroll, &all, ref->board);
    else if (inner.height > 0)
        frame_text(draw->frame, inner.x, inner.y, inner.width, ROLE_GOOD,
                   ref ? "nothing is absent here, and all of it is ranked" : "no engine yet");
}

bool why_act(struct ui *ui, const struct scene *scene, enum action action, struct rect body) {
    if (action == ACTION_WHY || (ui->why && action == ACTION_BACK)) {
        ui->why = !ui->why;
        ui->why_scroll = 0;
        return true;
    }
    if (!ui->why || (action != ACTION_PAGE_UP && action != ACTION_PAGE_DOWN))
        return false;
    struct draw draw = {NULL, scene, ui};
    int height = why_rect(&draw, body).height - 2, most = lines_in(&draw, body) - height;
    int to = ui->why_scroll + (action == ACTION_PAGE_UP ? 1 - height : height - 1);
    most = most > 0 ? most : 0;
    ui->why_scroll = to > most ? most : to < 0 ? 0 : to;
    return true;
}
