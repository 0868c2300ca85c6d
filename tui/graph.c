#include "graph.h"

#include <math.h>
#include <stdlib.h>

/* A glyph set cuts a cell into dots: `across` columns of time, `up` steps of height. */
static const struct {
    int across, up;
} dots[] = {
    [GLYPH_BRAILLE] = {2, 4},
    [GLYPH_BLOCK] = {1, 8},
    [GLYPH_ASCII] = {1, 3},
};

/* One row of ASCII has more shades than heights. */
static const char ramp[] = ".:-=+*#%@";
static const char steps[] = ".:|";

/* Which dots of a dot column are set, from the bottom of the plot; from > to: none. */
struct span {
    int from, to;
};

struct plot {
    const struct graph *graph;
    int columns, levels; /* in dots */
    int base;            /* the level that stands for zero: columns grow from it */
    double *worst;       /* largest value of each dot column; NaN = nothing there */
};

double graph_nice(double high) {
    if (!isfinite(high) || high <= 0)
        return 1;
    double unit = pow(10, floor(log10(high)));
    static const double steps_of[] = {1, 2, 5, 10};
    for (size_t i = 0; i < COUNT_OF(steps_of); i++)
        if (high <= steps_of[i] * unit * (1 + 1e-9)) /* log10 and pow round */
            return steps_of[i] * unit;
    return 10 * unit;
}

static void raise_to(double *worst, double value) {
    if (!isnan(value) && !(*worst >= value))
        *worst = value;
}

/* The dot column of a time inside the window. */
static int column_at(const struct plot *plot, int64_t t_us) {
    const struct graph *graph = plot->graph;
    double from = (double)graph->from_us;
    double share = ((double)t_us - from) / ((double)graph->to_us - from);
    int column = (int)(share * plot->columns);
    return column >= plot->columns ? plot->columns - 1 : column;
}

static bool is_inside(const struct graph *graph, int64_t t_us) {
    return t_us >= graph->from_us && t_us <= graph->to_us;
}

/* Raise every column that [from, to] touches; the part outside the window is cut off. */
static void raise_span(struct plot *plot, int64_t from_us, int64_t to_us, double value) {
    const struct graph *graph = plot->graph;
    if (from_us > graph->to_us || to_us < graph->from_us || to_us < from_us || isnan(value))
        return;
    int first = column_at(plot, from_us < graph->from_us ? graph->from_us : from_us);
    int last = column_at(plot, to_us > graph->to_us ? graph->to_us : to_us);
    for (int column = first; column <= last; column++)
        raise_to(&plot->worst[column], value);
}

/* Single calls. A merged point marks its two ends: nothing is known of what lies between. */
static void collect_calls(struct plot *plot, const struct series *series) {
    for (size_t i = 0; i < series->count; i++) {
        const struct point *point = &series->points[i];
        if (is_inside(plot->graph, point->from_us))
            raise_to(&plot->worst[column_at(plot, point->from_us)], point->high);
        if (is_inside(plot->graph, point->to_us))
            raise_to(&plot->worst[column_at(plot, point->to_us)], point->high);
    }
}

/* Samples hold until the next one; one that is absent ends the line where it stands. */
static void collect_held(struct plot *plot, const struct series *series) {
    for (size_t i = 0; i < series->count; i++) {
        const struct point *point = &series->points[i];
        int64_t until_us = i + 1 == series->count ? plot->graph->to_us : point[1].from_us;
        raise_span(plot, point->from_us, point->to_us, point->high);
        if (until_us > point->to_us)
            raise_span(plot, point->to_us, until_us - 1, point->last);
    }
}

/* How far up the axis, 0..1. */
static double share_of(const struct graph *graph, double value) {
    double low = isfinite(graph->low) ? graph->low : 0;
    double high = graph->high > low ? graph->high : low + 1;
    double share = (value - low) / (high - low);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static int level_of(const struct plot *plot, double value) {
    return (int)lround(share_of(plot->graph, value) * (plot->levels - 1));
}

/* The value's own dot is always set, so that a zero is seen and a gap is not. */
static struct span span_of(const struct plot *plot, double value) {
    if (isnan(value))
        return (struct span){1, 0};
    int level = level_of(plot, value), base = plot->base;
    return level < base ? (struct span){level, base} : (struct span){base, level};
}

/* The part of a span that lies in the row whose lowest dot is `floor`, in dots of that row. */
static struct span span_in_row(struct span span, int floor, int up) {
    span.from = span.from < floor ? 0 : span.from - floor;
    span.to = span.to - floor >= up ? up - 1 : span.to - floor;
    return span;
}

static uint32_t braille_glyph(const struct span span[2]) {
    static const uint8_t bit[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
    uint32_t set = 0;
    for (int side = 0; side < 2; side++)
        for (int dot = span[side].from; dot <= span[side].to; dot++)
            set |= bit[side][dot];
    return set == 0 ? ' ' : 0x2800 + set;
}

/* Only lower parts exist in every eighth; what hangs from above is a half or a line. */
static uint32_t block_glyph(struct span span) {
    if (span.from > span.to)
        return ' ';
    if (span.from == 0)
        return 0x2581 + (uint32_t)span.to;
    if (span.to == 7)
        return span.from <= 5 ? 0x2580 : 0x2594;
    return 0x2500;
}

static uint32_t ascii_glyph(struct span span) {
    if (span.from > span.to)
        return ' ';
    if (span.from > 0)
        return span.to == 2 ? '\'' : '-';
    return (unsigned char)steps[span.to];
}

static uint32_t glyph_of(const struct plot *plot, const struct span span[2]) {
    switch (plot->graph->glyphs) {
    case GLYPH_BRAILLE:
        return braille_glyph(span);
    case GLYPH_BLOCK:
        return block_glyph(span[0]);
    case GLYPH_ASCII:
        return ascii_glyph(span[0]);
    }
    return ' ';
}

static enum role graded(double share) {
    return share < 1.0 / 3 ? ROLE_GRAPH_LOW : share < 2.0 / 3 ? ROLE_GRAPH_MID : ROLE_GRAPH_HIGH;
}

/* One row is coloured by value, more rows by height: so the eye reads both right. */
static enum role cell_role(const struct plot *plot, int rows, int row, double worst) {
    if (!plot->graph->graded)
        return plot->graph->role;
    if (rows > 1)
        return graded((rows - row - 0.5) / rows);
    return graded(share_of(plot->graph, worst));
}

static void draw_cell(struct frame *frame, struct rect rect, const struct plot *plot, int column,
                      int row) {
    int across = dots[plot->graph->glyphs].across, up = dots[plot->graph->glyphs].up;
    int floor_dot = (rect.height - 1 - row) * up;
    struct span span[2] = {{1, 0}, {1, 0}};
    double worst = NAN;
    for (int i = 0; i < across; i++) {
        double value = plot->worst[column * across + i];
        span[i] = span_in_row(span_of(plot, value), floor_dot, up);
        raise_to(&worst, value);
    }
    uint32_t glyph = glyph_of(plot, span);
    if (glyph != ' ')
        frame_put(frame, rect.x + column, rect.y + row, glyph,
                  cell_role(plot, rect.height, row, worst));
}

static void draw_ramp(struct frame *frame, struct rect rect, const struct plot *plot) {
    for (int column = 0; column < rect.width; column++) {
        double value = plot->worst[column];
        if (!isnan(value))
            frame_put(frame, rect.x + column, rect.y, (unsigned char)ramp[level_of(plot, value)],
                      cell_role(plot, 1, 0, value));
    }
}

void graph_draw(struct frame *frame, struct rect rect, const struct series *series,
                const struct graph *graph) {
    if (rect.width <= 0 || rect.height <= 0 || rect.width > FRAME_SIDE_MAX ||
        rect.height > FRAME_SIDE_MAX || graph->to_us <= graph->from_us)
        return;
    bool shades = graph->glyphs == GLYPH_ASCII && rect.height == 1;
    struct plot plot = {.graph = graph,
                        .columns = rect.width * dots[graph->glyphs].across,
                        .levels =
                            shades ? (int)sizeof ramp - 1 : rect.height * dots[graph->glyphs].up};
    plot.worst = mem_zero((size_t)plot.columns, sizeof *plot.worst);
    for (int column = 0; column < plot.columns; column++)
        plot.worst[column] = NAN;
    /* one row of blocks cannot hang from a zero line in its middle */
    bool from_bottom = graph->glyphs == GLYPH_BLOCK && rect.height == 1;
    plot.base = from_bottom ? 0 : level_of(&plot, 0);
    if (graph->gap == GAP_CALLS)
        collect_calls(&plot, series);
    else
        collect_held(&plot, series);
    if (shades)
        draw_ramp(frame, rect, &plot);
    for (int row = 0; row < rect.height && !shades; row++)
        for (int column = 0; column < rect.width; column++)
            draw_cell(frame, rect, &plot, column, row);
    free(plot.worst);
}

