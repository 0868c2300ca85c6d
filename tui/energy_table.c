#include "energy_table.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "callview.h"
#include "model/absent.h"
#include "model/energy.h"

struct energy_column {
    const char *title;
    enum metric_id metric;
    int width;
    int drop; /* the lowest go first when there is no room */
};
static const struct energy_column table[] = {
    {"prefill W", METRIC_PREFILL_WATTS, 9, 4},  {"decode W", METRIC_WATTS, 8, 8},
    {"prefill J", METRIC_PREFILL_JOULES, 9, 1}, {"decode J", METRIC_JOULES, 8, 6},
    {"above idle", METRIC_JOULES_ABOVE, 10, 3}, {"J/token", METRIC_J_PER_TOKEN, 7, 7},
    {"tok/s/W", METRIC_TPS_PER_WATT, 7, 9},
};
enum { PHASE_NAME = 15, PHASE_N = 4, GAP = 1, BAR_LEAST = 16, BAR_MOST = 48 };

static bool has_energy(const struct row_ref *ref) {
    for (size_t c = 0; c < ref->board->column_count; c++)
        for (size_t i = 0; i < COUNT_OF(table); i++)
            if (!isnan(board_value(ref->board, ref->ep, (int)c, table[i].metric, STAT_MEDIAN)))
                return true;
    return false;
}

int energy_table_lines(const struct row_ref *ref) {
    return has_energy(ref) ? (int)ref->board->column_count + 1 : 1;
}

static const struct lane_state *lane_of(const struct row_ref *ref) {
    return board_lane(ref->board, ref->row->endpoint->lane);
}

void energy_table_title(const struct row_ref *ref, int width, char out[ENERGY_TITLE]) {
    const struct lane_state *lane = lane_of(ref);
    char figure[FIGURE_TEXT], rails[40], rest[FIGURE_TEXT + 16] = "", often[24] = "";
    out[0] = '\0';
    if (!lane || !*energy_rails(lane->energy))
        return;
    double watts = board_rest_watts(ref->board, ref->ep);
    double period = energy_period_s(lane->energy);
    copy_text(rails, sizeof rails, energy_rails(lane->energy));
    draw_figure(METRIC_WATTS, watts, figure);
    snprintf(rest, sizeof rest, " · %s%s", isnan(watts) ? "rest unknown" : "at rest ",
             isnan(watts) ? "" : figure);
    if (!isnan(period))
        snprintf(often, sizeof often, " · every %.2g s", period);
    snprintf(out, ENERGY_TITLE, "%s%s%s", rails, width >= 60 ? rest : "", width >= 76 ? often : "");
}

/* Which columns fit: a bit each; what is left over is `*bar`'s. */
static unsigned fit(int width, int *bar) {
    unsigned shown = (1u << COUNT_OF(table)) - 1;
    int room = width - PHASE_NAME - PHASE_N, used = 0;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        used += table[i].width + GAP;
    for (int drop = 1; used > room && drop < 10; drop++)
        for (size_t i = 0; i < COUNT_OF(table); i++)
            if (table[i].drop == drop && used > room) {
                shown &= ~(1u << i);
                used -= table[i].width + GAP;
            }
    *bar = room - used - 2 >= BAR_LEAST ? room - used - 2 : 0;
    *bar = *bar > BAR_MOST ? BAR_MOST : *bar;
    return shown;
}

static double joules_of(const struct row_ref *ref, int column, enum metric_id metric) {
    double joules = board_value(ref->board, ref->ep, column, metric, STAT_MEDIAN);
    return joules > 0 ? joules : 0;
}

static double most_joules(const struct row_ref *ref) {
    double most = 0;
    for (int c = 0; c < (int)ref->board->column_count; c++)
        most =
            fmax(most, joules_of(ref, c, METRIC_PREFILL_JOULES) + joules_of(ref, c, METRIC_JOULES));
    return most;
}

/* Prefill and decode joules of a phase beside those of the hungriest one. */
static void draw_bar(const struct draw *draw, int x, int y, int width, const struct row_ref *ref,
                     int column, double most) {
    double prefill = joules_of(ref, column, METRIC_PREFILL_JOULES);
    double decode = joules_of(ref, column, METRIC_JOULES);
    int middle = (int)lround(prefill / most * width);
    int end = (int)lround((prefill + decode) / most * width);
    for (int i = 0; i < end; i++) {
        enum role role = i < middle ? ROLE_PREFILL : ROLE_DECODE;
        frame_put(draw->frame, x + i, y, callview_glyph(draw->ui, role), role);
    }
}

static void draw_head(const struct draw *draw, struct rect rect, unsigned shown, int bar) {
    int x = rect.x + PHASE_NAME + PHASE_N;
    frame_text(draw->frame, rect.x, rect.y, PHASE_NAME, ROLE_DIM, "phase");
    frame_right(draw->frame, rect.x + PHASE_NAME, rect.y, PHASE_N - 1, ROLE_DIM, "n");
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (!(shown & 1u << i))
            continue;
        frame_right(draw->frame, x, rect.y, table[i].width, ROLE_HEADER, table[i].title);
        x += table[i].width + GAP;
    }
    if (bar == 0)
        return;
    frame_put(draw->frame, x + 2, rect.y, callview_glyph(draw->ui, ROLE_PREFILL), ROLE_PREFILL);
    frame_text(draw->frame, x + 4, rect.y, 7, ROLE_DIM, "prefill");
    frame_put(draw->frame, x + 13, rect.y, callview_glyph(draw->ui, ROLE_DECODE), ROLE_DECODE);
    frame_text(draw->frame, x + 15, rect.y, bar - 13, ROLE_DIM, "decode");
}

static void draw_line(const struct draw *draw, struct rect line, const struct row_ref *ref,
                      int column, unsigned shown) {
    const struct cell *cell = board_cell(ref->board, ref->ep, column);
    int x = line.x + PHASE_NAME;
    double n = 0;
    frame_text(draw->frame, line.x, line.y, PHASE_NAME - 1,
               cell->state == CELL_RUNNING ? ROLE_ACCENT : ROLE_TEXT,
               ref->board->columns[column].phase);
    for (size_t i = 0; i < COUNT_OF(table); i++)
        n = fmax(n, board_value(ref->board, ref->ep, column, table[i].metric, STAT_N));
    frame_printf(draw->frame, x, line.y, PHASE_N, ROLE_DIM, "%*.0f", PHASE_N - 1, n);
    x += PHASE_N;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (!(shown & 1u << i))
            continue;
        draw_value(draw, x, line.y, table[i].width, ROLE_TEXT, table[i].metric,
                   board_value(ref->board, ref->ep, column, table[i].metric, STAT_MEDIAN));
        x += table[i].width + GAP;
    }
}

/* Why there is nothing, once for all phases: that of the last phase that ran. */
static void draw_reason(const struct draw *draw, struct rect rect, const struct row_ref *ref) {
    char text[ABSENT_TEXT] = "", why[ABSENT_TEXT + 8];
    for (int c = 0; c < (int)ref->board->column_count; c++)
        if (c == 0 || board_cell(ref->board, ref->ep, c)->passes_done > 0)
            absent_why(ref->board, ref->ep, c, METRIC_WATTS, STAT_MEDIAN, text);
    snprintf(why, sizeof why, "– %s", text);
    if (rect.height > 1)
        draw_wrapped(draw, rect, 0, ROLE_DIM, why);
    else
        frame_text(draw->frame, rect.x, rect.y, rect.width, ROLE_DIM, why);
}

void energy_table_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                       int first) {
    int bar, x = rect.x + PHASE_NAME + PHASE_N + 2;
    if (rect.height < 1)
        return;
    if (!has_energy(ref)) {
        draw_reason(draw, rect, ref);
        return;
    }
    unsigned shown = fit(rect.width, &bar);
    double most = most_joules(ref);
    for (size_t i = 0; i < COUNT_OF(table); i++)
        x += shown & 1u << i ? table[i].width + GAP : 0;
    draw_head(draw, rect, shown, bar);
    for (int i = 0; i < rect.height - 1 && first + i < (int)ref->board->column_count; i++) {
        struct rect line = {rect.x, rect.y + 1 + i, rect.width, 1};
        draw_line(draw, line, ref, first + i, shown);
        if (bar > 0 && most > 0)
            draw_bar(draw, x, line.y, bar, ref, first + i, most);
    }
}
