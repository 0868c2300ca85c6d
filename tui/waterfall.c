#include "waterfall.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "callview.h"

enum {
    FIGURES = 32,      /* TTFT, t/s, tokens, end */
    FIGURES_FEW = 9,   /* TTFT only */
    FIGURES_FROM = 84, /* width from which all figures stand there */
    FEW_FROM = 40,     /* and only TTFT */
    TWO_COLUMNS = 120, /* width from which two columns stand side by side */
    BETWEEN = 2
};

struct waterfall_layout waterfall_layout(struct rect rect, int count) {
    struct waterfall_layout out = {.columns = 1, .per_row = 1};
    int rows = rect.height - WATERFALL_LINES;
    if (rows < 1 || rect.width <= WATERFALL_LABEL || count < 1)
        return out;
    if (count > rows && rect.width >= TWO_COLUMNS && count <= 2 * rows)
        out.columns = 2;
    if (count > rows * out.columns)
        out.per_row = (count + rows - 1) / rows;
    int width = (rect.width - (out.columns - 1) * BETWEEN) / out.columns;
    out.figures = out.per_row > 1 ? 0 : width >= FIGURES_FROM ? FIGURES : 0;
    if (out.per_row == 1 && out.figures == 0 && width >= FEW_FROM)
        out.figures = FIGURES_FEW;
    for (int i = 0; i < out.columns; i++)
        out.bars[i] = (struct waterfall_span){rect.x + i * (width + BETWEEN) + WATERFALL_LABEL,
                                              width - WATERFALL_LABEL - out.figures};
    int needed = (count + out.per_row * out.columns - 1) / (out.per_row * out.columns);
    out.rows = needed < rows ? needed : rows;
    return out;
}

/* Where the axis begins and how long it is: a turn's calls all begin at the left. */
struct axis {
    int64_t from_us, length_us;
};

static struct axis axis_of(const struct volley *volley, const struct board_call *call) {
    if (volley->in_turn)
        return (struct axis){callview_start_us(call), volley->longest_us};
    return (struct axis){volley->from_us, volley->to_us - volley->from_us};
}

enum { CELL_EMPTY = -1 };

/* The parts of a call into the cells of a bar, over what is there and not as far. Decoding that is
 * shorter than a cell takes one. */
static void mark_call(int *cells, int width, const struct volley *volley,
                      const struct board_call *call, int64_t now_us) {
    int64_t ends[PART_COUNT];
    struct axis axis = axis_of(volley, call);
    double scale = (double)width / (double)(axis.length_us > 0 ? axis.length_us : 1);
    int at = (int)((double)(callview_start_us(call) - axis.from_us) * scale);
    callview_parts(call, now_us, volley->alone_us, ends);
    for (int part = 0; part < PART_COUNT; part++) {
        int to = (int)lround((double)(ends[part] - axis.from_us) * scale);
        if (part == PART_DECODE && call->call.first_token_us != MARK_NONE && to <= at)
            to = at + 1;
        if (to > width) {
            to = width;
            at = part == PART_DECODE && at >= width ? width - 1 : at;
        }
        for (; at < to; at++)
            if (at >= 0 && cells[at] < part)
                cells[at] = part;
    }
}

static void draw_figures(const struct draw *draw, int x, int y, int width,
                         const struct board_call *call) {
    const struct call *of = &call->call;
    double ttft = call->finished ? of->ttft_ms
                  : of->first_token_us != MARK_NONE
                      ? (double)(of->first_token_us - callview_start_us(call)) / 1000
                      : NAN;
    draw_value(draw, x, y, 8, ROLE_TEXT, METRIC_TTFT, ttft);
    if (width < FIGURES)
        return;
    draw_value(draw, x + 8, y, 7, ROLE_TEXT, METRIC_DECODE, of->decode_tps);
    draw_value(draw, x + 15, y, 6, ROLE_TEXT, METRIC_COMPLETION,
               call->tokens > 0 ? (double)call->tokens : NAN);
    frame_text(draw->frame, x + 22, y, width - 22, callview_role(call), callview_outcome(call));
}

static void put_cell(const struct draw *draw, int x, int y, enum call_part part) {
    enum role role = callview_part_role(part);
    frame_put(draw->frame, x, y, callview_glyph(draw->ui, role), role);
}

/* The calls [from, to) in one line. */
static void draw_row(const struct draw *draw, const struct volley *volley, int64_t now_us, int from,
                     int to, struct waterfall_span bar, int figures, int y) {
    int cells[FRAME_SIDE_MAX], bad = 0;
    int width = bar.width < FRAME_SIDE_MAX ? bar.width : FRAME_SIDE_MAX;
    char label[24];
    for (int x = 0; x < width; x++)
        cells[x] = CELL_EMPTY;
    for (int i = from; i < to; i++) {
        const struct board_call *call = volley->calls[i];
        mark_call(cells, width, volley, call, now_us);
        bad += call->finished && !call->call.ok;
    }
    if (to - from == 1)
        snprintf(label, sizeof label, "%d", volley->calls[from]->call.index + 1);
    else
        snprintf(label, sizeof label, "%d-%d", from + 1, to);
    frame_right(draw->frame, bar.x - WATERFALL_LABEL + 1, y, WATERFALL_LABEL - 2,
                bad ? ROLE_BAD : ROLE_DIM, label);
    for (int x = 0; x < width; x++)
        if (cells[x] != CELL_EMPTY)
            put_cell(draw, bar.x + x, y, (enum call_part)cells[x]);
    if (to - from == 1 && figures)
        draw_figures(draw, bar.x + bar.width, y, figures, volley->calls[from]);
}

static void draw_head(const struct draw *draw, const struct waterfall_layout *layout, int column,
                      int y, const char *order) {
    static const struct {
        enum role role;
        const char *word;
    } legend[] = {{ROLE_WAIT, "wait"}, {ROLE_PREFILL, "prefill"}, {ROLE_DECODE, "decode"}};
    struct waterfall_span bar = layout->bars[column];
    int x = bar.x, end = bar.x + bar.width;
    for (size_t i = 0; i < COUNT_OF(legend) && x + 10 <= end; i++) {
        frame_put(draw->frame, x, y, callview_glyph(draw->ui, legend[i].role), legend[i].role);
        x += 2 + frame_text(draw->frame, x + 2, y, end - x - 2, ROLE_DIM, legend[i].word) + 2;
    }
    if (end - x >= 18)
        frame_right(draw->frame, x, y, end - x, ROLE_DIM, order);
    frame_right(draw->frame, bar.x - WATERFALL_LABEL + 1, y, WATERFALL_LABEL - 2, ROLE_DIM,
                layout->per_row > 1 ? "calls" : "call");
    if (layout->figures)
        frame_right(draw->frame, end, y, 8, ROLE_HEADER, "TTFT ms");
    if (layout->figures < FIGURES)
        return;
    frame_right(draw->frame, end + 8, y, 7, ROLE_HEADER, "t/s");
    frame_right(draw->frame, end + 15, y, 6, ROLE_HEADER, "tokens");
    frame_text(draw->frame, end + 22, y, 9, ROLE_HEADER, "end");
}

/* A line with 0, the middle and the end. */
static void draw_axis(const struct draw *draw, struct waterfall_span bar, int y,
                      int64_t length_us) {
    char text[FIGURE_TEXT];
    frame_fill(draw->frame, (struct rect){bar.x, y, bar.width, 1}, 0x2500, ROLE_BORDER);
    frame_put(draw->frame, bar.x - 1, y, 0x2514, ROLE_BORDER);
    frame_text(draw->frame, bar.x, y, 2, ROLE_DIM, "0 ");
    draw_figure(METRIC_LATENCY, (double)length_us / 1e3, text);
    int cells = (int)text_cells(text);
    frame_printf(draw->frame, bar.x + bar.width - cells - 1, y, cells + 1, ROLE_DIM, " %s", text);
    if (bar.width < 40)
        return;
    draw_figure(METRIC_LATENCY, (double)length_us / 2e3, text);
    cells = (int)text_cells(text) + 2;
    frame_printf(draw->frame, bar.x + (bar.width - cells) / 2, y, cells, ROLE_DIM, " %s ", text);
}

void waterfall_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                    const struct volley *volley) {
    int selected = volley_selected(volley, draw->ui);
    struct waterfall_layout layout = waterfall_layout(rect, volley->count);
    if (layout.rows < 1)
        return;
    const char *order = volley->in_turn       ? "each from its start"
                        : draw->ui->by_finish ? "by finish"
                                              : "by dispatch";
    for (int column = 0; column < layout.columns; column++) {
        draw_head(draw, &layout, column, rect.y, order);
        for (int row = 0; row < layout.rows; row++) {
            int from = (row + column * layout.rows) * layout.per_row;
            int to = from + layout.per_row < volley->count ? from + layout.per_row : volley->count;
            if (from >= volley->count)
                break;
            int y = rect.y + 1 + row;
            struct waterfall_span bar = layout.bars[column];
            draw_row(draw, volley, ref->board->now_us, from, to, bar, layout.figures, y);
            if (!draw->ui->call || selected < from || selected >= to)
                continue;
            frame_put(draw->frame, bar.x - WATERFALL_LABEL, y, 0x25b6, ROLE_ACCENT);
            frame_select(draw->frame,
                         (struct rect){bar.x - WATERFALL_LABEL, y,
                                       WATERFALL_LABEL + bar.width + layout.figures, 1});
        }
        int64_t length = volley->in_turn ? volley->longest_us : volley->to_us - volley->from_us;
        draw_axis(draw, layout.bars[column], rect.y + 1 + layout.rows, length);
    }
}
