/* A frame as SVG. Braille, blocks and box lines are drawn as shapes, since fonts differ in them or
 * lack them; words are placed one by one, so that no font can shift the grid. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "theme.h"

/* Pixels. 15 px monospace fonts advance 9 px within a hair. */
#define CELL_WIDTH 9
#define CELL_HEIGHT 19
#define BASELINE 14
#define FONT_SIZE 15
#define MARGIN 14
#define TITLE_HEIGHT 32
#define ROUNDING 8

struct picture {
    const struct frame *frame;
    const struct theme *theme;
    struct buf *out;
    int top; /* of the grid */
};

/* A style with nothing left open: what to fill, what to write with. */
struct ink {
    int32_t fg, bg;
    bool bold, underline, faint;
};

static struct ink ink_of(const struct picture *picture, const struct frame_cell *cell) {
    const struct theme *theme = picture->theme;
    struct style style = theme_style(theme, cell->role, cell->selected);
    int32_t fg = style.fg == COLOR_DEFAULT ? theme->foreground : style.fg;
    int32_t bg = style.bg == COLOR_DEFAULT ? theme->background : style.bg;
    return (struct ink){style.reverse ? bg : fg, style.reverse ? fg : bg, style.bold,
                        style.underline, style.dim};
}

static bool same_ink(const struct ink *a, const struct ink *b) {
    return a->fg == b->fg && a->bg == b->bg && a->bold == b->bold && a->underline == b->underline &&
           a->faint == b->faint;
}

static const struct frame_cell *cell_of(const struct picture *picture, int x, int y) {
    return &picture->frame->cells[(size_t)y * (size_t)picture->frame->width + (size_t)x];
}

static int left_of(int x) {
    return MARGIN + x * CELL_WIDTH;
}

static void put_escaped(struct buf *out, const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '&')
            buf_text(out, "&amp;");
        else if (bytes[i] == '<')
            buf_text(out, "&lt;");
        else if (bytes[i] == '>')
            buf_text(out, "&gt;");
        else
            buf_char(out, bytes[i]);
    }
}

/* ---- backgrounds ---- */

static void draw_backgrounds(const struct picture *picture, int y) {
    for (int x = 0, end; x < picture->frame->width; x = end) {
        int32_t bg = ink_of(picture, cell_of(picture, x, y)).bg;
        for (end = x + 1; end < picture->frame->width; end++)
            if (ink_of(picture, cell_of(picture, end, y)).bg != bg)
                break;
        if (bg != picture->theme->background)
            buf_printf(picture->out,
                       "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
                       left_of(x), picture->top + y * CELL_HEIGHT, (end - x) * CELL_WIDTH,
                       CELL_HEIGHT, (unsigned)bg);
    }
}

/* ---- shapes ---- */

enum shape { SHAPE_NONE, SHAPE_BRAILLE, SHAPE_BLOCK, SHAPE_LINE };

/* Arms of a box character: up, right, down, left; heavy ones count 2. */
struct arms {
    uint32_t code_point;
    uint8_t up, right, down, left;
    bool round;
};
static const struct arms arms_table[] = {
    {0x2500, 0, 1, 0, 1, false}, {0x2501, 0, 2, 0, 2, false}, {0x2502, 1, 0, 1, 0, false},
    {0x2503, 2, 0, 2, 0, false}, {0x250c, 0, 1, 1, 0, false}, {0x2510, 0, 0, 1, 1, false},
    {0x2514, 1, 1, 0, 0, false}, {0x2518, 1, 0, 0, 1, false}, {0x251c, 1, 1, 1, 0, false},
    {0x2524, 1, 0, 1, 1, false}, {0x252c, 0, 1, 1, 1, false}, {0x2534, 1, 1, 0, 1, false},
    {0x253c, 1, 1, 1, 1, false}, {0x256d, 0, 1, 1, 0, true},  {0x256e, 0, 0, 1, 1, true},
    {0x256f, 1, 0, 0, 1, true},  {0x2570, 1, 1, 0, 0, true},  {0x2574, 0, 0, 0, 1, false},
    {0x2575, 1, 0, 0, 0, false}, {0x2576, 0, 1, 0, 0, false}, {0x2577, 0, 0, 1, 0, false},
};

static const struct arms *arms_of(uint32_t code_point) {
    for (size_t i = 0; i < COUNT_OF(arms_table); i++)
        if (arms_table[i].code_point == code_point)
            return &arms_table[i];
    return NULL;
}

static enum shape shape_of(uint32_t code_point) {
    if (code_point > 0x2800 && code_point <= 0x28ff)
        return SHAPE_BRAILLE;
    if (code_point >= 0x2580 && code_point <= 0x2595)
        return SHAPE_BLOCK;
    return arms_of(code_point) ? SHAPE_LINE : SHAPE_NONE;
}

/* Dots are strokes of no length with round caps. */
static void put_braille(struct buf *out, uint32_t code_point, int x, int y) {
    static const struct {
        uint8_t column, row;
    } dot[8] = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}};
    for (int bit = 0; bit < 8; bit++)
        if (code_point >> bit & 1)
            buf_printf(out, "M%.2f %.2fh0", x + CELL_WIDTH * (0.25 + 0.5 * dot[bit].column),
                       y + CELL_HEIGHT * (0.125 + 0.25 * dot[bit].row));
}

static void put_rect(struct buf *out, double x, double y, double width, double height) {
    buf_printf(out, "M%.2f %.2fh%.2fv%.2fh%.2fz", x, y, width, height, -width);
}

static void put_block(struct buf *out, uint32_t code_point, int x, int y) {
    double eighth = CELL_HEIGHT / 8.0;
    if (code_point == 0x2580)
        put_rect(out, x, y, CELL_WIDTH, 4 * eighth);
    else if (code_point <= 0x2588) /* lower eighths */
        put_rect(out, x, y + (0x2588 - code_point) * eighth, CELL_WIDTH,
                 (code_point - 0x2580) * eighth);
    else if (code_point <= 0x258f) /* left eighths */
        put_rect(out, x, y, (0x2590 - code_point) * CELL_WIDTH / 8.0, CELL_HEIGHT);
    else if (code_point == 0x2590)
        put_rect(out, x + CELL_WIDTH / 2.0, y, CELL_WIDTH / 2.0, CELL_HEIGHT);
    else if (code_point <= 0x2593) /* shades: the caller's opacity */
        put_rect(out, x, y, CELL_WIDTH, CELL_HEIGHT);
    else if (code_point == 0x2594)
        put_rect(out, x, y, CELL_WIDTH, eighth);
    else
        put_rect(out, x + CELL_WIDTH * 7 / 8.0, y, CELL_WIDTH / 8.0, CELL_HEIGHT);
}

static void put_corner(struct buf *out, const struct arms *arms, double x, double y) {
    int vertical = arms->down ? 1 : -1, side = arms->right ? 1 : -1;
    double bend = CELL_WIDTH / 2.0;
    buf_printf(out, "M%.1f %.1fV%.1fQ%.1f %.1f %.1f %.1f", x, y + vertical * CELL_HEIGHT / 2.0,
               y + vertical * bend, x, y, x + side * bend, y);
}

static void put_line(struct buf *out, uint32_t code_point, int left, int top) {
    const struct arms *arms = arms_of(code_point);
    double x = left + CELL_WIDTH / 2.0, y = top + CELL_HEIGHT / 2.0;
    if (arms->round) {
        put_corner(out, arms, x, y);
        return;
    }
    double from_x = arms->left ? left : x, to_x = arms->right ? left + CELL_WIDTH : x;
    double from_y = arms->up ? top : y, to_y = arms->down ? top + CELL_HEIGHT : y;
    if (to_x > from_x)
        buf_printf(out, "M%.1f %.1fH%.1f", from_x, y, to_x);
    if (to_y > from_y)
        buf_printf(out, "M%.1f %.1fV%.1f", x, from_y, to_y);
}

static double stroke_of(enum shape shape, uint32_t code_point) {
    if (shape == SHAPE_BRAILLE)
        return 3;
    bool heavy = shape == SHAPE_LINE && (code_point == 0x2501 || code_point == 0x2503);
    return heavy ? 2.4 : 1.2;
}

/* ░ ▒ ▓ are a quarter, half, three quarters of the colour. */
static double opacity_of(const struct ink *ink, uint32_t code_point) {
    double share = ink->faint ? 0.7 : 1;
    if (code_point >= 0x2591 && code_point <= 0x2593)
        share *= (code_point - 0x2590) * 0.25;
    return share;
}

static void close_shapes(struct buf *out, enum shape shape, const struct ink *ink,
                         uint32_t code_point) {
    buf_char(out, '"');
    if (shape == SHAPE_BLOCK)
        buf_printf(out, " fill=\"#%06x\" shape-rendering=\"crispEdges\"", (unsigned)ink->fg);
    else
        buf_printf(out, " fill=\"none\" stroke=\"#%06x\" stroke-width=\"%.1f\"%s",
                   (unsigned)ink->fg, stroke_of(shape, code_point),
                   shape == SHAPE_BRAILLE ? " stroke-linecap=\"round\"" : "");
    if (opacity_of(ink, code_point) < 1)
        buf_printf(out, " opacity=\"%.2f\"", opacity_of(ink, code_point));
    buf_text(out, "/>\n");
}

/* One path for neighbours of one kind and colour; returns the cell after them. */
static int draw_shapes(const struct picture *picture, int x, int y) {
    const struct frame_cell *first = cell_of(picture, x, y);
    enum shape shape = shape_of(first->code_point);
    struct ink ink = ink_of(picture, first);
    int top = picture->top + y * CELL_HEIGHT;
    buf_text(picture->out, "<path d=\"");
    for (; x < picture->frame->width; x++) {
        const struct frame_cell *cell = cell_of(picture, x, y);
        struct ink here = ink_of(picture, cell);
        if (shape_of(cell->code_point) != shape || !same_ink(&here, &ink) ||
            opacity_of(&here, cell->code_point) != opacity_of(&ink, first->code_point) ||
            stroke_of(shape, cell->code_point) != stroke_of(shape, first->code_point))
            break;
        if (shape == SHAPE_BRAILLE)
            put_braille(picture->out, cell->code_point, left_of(x), top);
        else if (shape == SHAPE_BLOCK)
            put_block(picture->out, cell->code_point, left_of(x), top);
        else
            put_line(picture->out, cell->code_point, left_of(x), top);
    }
    close_shapes(picture->out, shape, &ink, first->code_point);
    return x;
}

/* ---- text ---- */

static bool is_word(const struct frame_cell *cell) {
    return cell->code_point > ' ' && cell->code_point < 0x7f;
}

/* A word of ASCII in one style, or one other character; returns the cell after it. */
static int draw_text(const struct picture *picture, int x, int y) {
    const struct frame_cell *first = cell_of(picture, x, y);
    struct ink ink = ink_of(picture, first);
    int end = x + 1;
    for (; is_word(first) && end < picture->frame->width; end++) {
        struct ink here = ink_of(picture, cell_of(picture, end, y));
        if (!is_word(cell_of(picture, end, y)) || !same_ink(&here, &ink))
            break;
    }
    if (first->wide == 1)
        end = x + 2;
    struct buf *out = picture->out;
    buf_printf(out, "<text x=\"%d\" y=\"%d\" fill=\"#%06x\"", left_of(x),
               picture->top + y * CELL_HEIGHT + BASELINE, (unsigned)ink.fg);
    if (is_word(first))
        buf_printf(out, " textLength=\"%d\"", (end - x) * CELL_WIDTH);
    buf_printf(out, "%s%s%s>", ink.bold ? " font-weight=\"bold\"" : "",
               ink.underline ? " text-decoration=\"underline\"" : "",
               ink.faint ? " opacity=\"0.7\"" : "");
    for (; x < end; x++) {
        char bytes[4];
        const struct frame_cell *cell = cell_of(picture, x, y);
        if (cell->wide != 2)
            put_escaped(out, bytes, text_encode(cell->code_point, bytes));
    }
    buf_text(out, "</text>\n");
    return end;
}

static void draw_row(const struct picture *picture, int y) {
    draw_backgrounds(picture, y);
    for (int x = 0; x < picture->frame->width;) {
        const struct frame_cell *cell = cell_of(picture, x, y);
        if (shape_of(cell->code_point) != SHAPE_NONE)
            x = draw_shapes(picture, x, y);
        else if (cell->wide == 2 || cell->code_point == ' ' || cell->code_point == 0x2800)
            x++;
        else
            x = draw_text(picture, x, y);
    }
}

/* ---- the whole ---- */

/* Between the two, `share` of the way. */
static int32_t mix(int32_t from, int32_t to, double share) {
    int32_t mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        int a = (int)(from >> shift & 0xff), b = (int)(to >> shift & 0xff);
        mixed |= (int32_t)(a + (b - a) * share) << shift;
    }
    return mixed;
}

static void draw_title(const struct picture *picture, int width, const char *title) {
    static const unsigned lights[] = {0xec6a5e, 0xf4bf4f, 0x61c554};
    const struct theme *theme = picture->theme;
    struct buf *out = picture->out;
    char shown[256];
    text_visible(shown, sizeof shown, title, strlen(title));
    for (int i = 0; i < 3; i++)
        buf_printf(out, "<circle cx=\"%d\" cy=\"%d\" r=\"5.5\" fill=\"#%06x\"/>\n",
                   MARGIN + 6 + i * 19, TITLE_HEIGHT / 2, lights[i]);
    buf_printf(out,
               "<path d=\"M0 %d.5H%d\" stroke=\"#%06x\"/>\n"
               "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#%06x\">",
               TITLE_HEIGHT, width, (unsigned)mix(theme->background, theme->foreground, 0.12),
               width / 2, TITLE_HEIGHT / 2 + 5,
               (unsigned)mix(theme->background, theme->foreground, 0.65));
    put_escaped(out, shown, strlen(shown));
    buf_text(out, "</text>\n");
}

void frame_dump_svg(const struct frame *frame, const struct theme *theme, const char *title,
                    struct buf *out) {
    bool has_title = title && title[0];
    struct picture picture = {frame, theme, out, has_title ? TITLE_HEIGHT + 8 : MARGIN};
    int width = frame->width * CELL_WIDTH + 2 * MARGIN;
    int height = picture.top + frame->height * CELL_HEIGHT + MARGIN;
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
               "viewBox=\"0 0 %d %d\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, "
               "'Liberation Mono', 'Noto Sans Mono', monospace\" font-size=\"%d\" "
               "xml:space=\"preserve\">\n"
               "<rect width=\"%d\" height=\"%d\" rx=\"%d\" fill=\"#%06x\"/>\n",
               width, height, width, height, FONT_SIZE, width, height, ROUNDING,
               (unsigned)theme->background);
    if (has_title)
        draw_title(&picture, width, title);
    for (int y = 0; y < frame->height; y++)
        draw_row(&picture, y);
    buf_text(out, "</svg>\n");
}
