#include "frame.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The theme files' words, and one letter a role for frame_dump_text. */
static const struct {
    const char *word;
    char letter;
} role_table[ROLE_COUNT] = {
    [ROLE_TEXT] = {"text", '.'},
    [ROLE_DIM] = {"dim", 'd'},
    [ROLE_TITLE] = {"title", 't'},
    [ROLE_BORDER] = {"border", 'b'},
    [ROLE_BORDER_FOCUS] = {"border_focus", 'f'},
    [ROLE_ACCENT] = {"accent", 'a'},
    [ROLE_HEADER] = {"header", 'h'},
    [ROLE_SELECTION] = {"selection", 's'},
    [ROLE_BAR] = {"bar", 'r'},
    [ROLE_BAR_KEY] = {"bar_key", 'k'},
    [ROLE_GOOD] = {"good", 'g'},
    [ROLE_WARN] = {"warn", 'w'},
    [ROLE_BAD] = {"bad", 'x'},
    [ROLE_NOTICE] = {"notice", 'n'},
    [ROLE_SIM] = {"sim", 'm'},
    [ROLE_SERIES_1] = {"series_1", '1'},
    [ROLE_SERIES_2] = {"series_2", '2'},
    [ROLE_SERIES_3] = {"series_3", '3'},
    [ROLE_SERIES_4] = {"series_4", '4'},
    [ROLE_SERIES_5] = {"series_5", '5'},
    [ROLE_SERIES_6] = {"series_6", '6'},
    [ROLE_GRAPH_LOW] = {"graph_low", 'l'},
    [ROLE_GRAPH_MID] = {"graph_mid", 'i'},
    [ROLE_GRAPH_HIGH] = {"graph_high", 'u'},
    [ROLE_WAIT] = {"wait", 'q'},
    [ROLE_PREFILL] = {"prefill", 'p'},
    [ROLE_DECODE] = {"decode", 'e'},
    [ROLE_CONNECT] = {"connect", 'c'},
};

const char *role_word(enum role role) {
    assert(role >= 0 && role < ROLE_COUNT);
    return role_table[role].word;
}

int role_find(const char *word) {
    for (int role = 0; role < ROLE_COUNT; role++)
        if (strcmp(role_table[role].word, word) == 0)
            return role;
    return -1;
}

static const struct frame_cell blank_cell = {' ', ROLE_TEXT, 0, 0};

void frame_init(struct frame *frame) {
    *frame = (struct frame){0};
}

void frame_done(struct frame *frame) {
    free(frame->cells);
    *frame = (struct frame){0};
}

void frame_resize(struct frame *frame, int width, int height) {
    width = width < 0 ? 0 : width > FRAME_SIDE_MAX ? FRAME_SIDE_MAX : width;
    height = height < 0 ? 0 : height > FRAME_SIDE_MAX ? FRAME_SIDE_MAX : height;
    if (!frame->cells || width != frame->width || height != frame->height)
        frame->cells =
            mem_resize(frame->cells, (size_t)width * (size_t)height, sizeof *frame->cells);
    frame->width = width;
    frame->height = height;
    frame_clear(frame);
}

void frame_clear(struct frame *frame) {
    size_t count = (size_t)frame->width * (size_t)frame->height;
    for (size_t i = 0; i < count; i++)
        frame->cells[i] = blank_cell;
}

static struct frame_cell *cell_at(const struct frame *frame, int x, int y) {
    if (x < 0 || y < 0 || x >= frame->width || y >= frame->height)
        return NULL;
    return &frame->cells[(size_t)y * (size_t)frame->width + (size_t)x];
}

/* What the interface draws beyond ASCII, for frames that must stay ASCII. */
static char ascii_of(uint32_t code_point) {
    static const struct {
        uint32_t from, to;
        char ascii;
    } fold[] = {
        {0xb0, 0xb0, 'o'},     {0xb1, 0xb1, '~'},     {0xb5, 0xb5, 'u'},      {0xb7, 0xb7, '.'},
        {0xd7, 0xd7, 'x'},     {0xf7, 0xf7, '/'},     {0x394, 0x394, 'd'},    {0x3bc, 0x3bc, 'u'},
        {0x3c3, 0x3c3, 's'},   {0x2010, 0x2015, '-'}, {0x2018, 0x2019, '\''}, {0x201c, 0x201d, '"'},
        {0x2022, 0x2022, '*'}, {0x2026, 0x2026, '~'}, {0x2190, 0x2190, '<'},  {0x2191, 0x2191, '^'},
        {0x2192, 0x2192, '>'}, {0x2193, 0x2193, 'v'}, {0x21b5, 0x21b5, '/'},  {0x2212, 0x2212, '-'},
        {0x2248, 0x2248, '~'}, {0x2264, 0x2264, '<'}, {0x2265, 0x2265, '>'},  {0x2400, 0x2421, '?'},
        {0x2500, 0x2501, '-'}, {0x2502, 0x2503, '|'}, {0x2504, 0x2505, '-'},  {0x2506, 0x2507, '|'},
        {0x250c, 0x254b, '+'}, {0x2550, 0x2550, '='}, {0x2551, 0x2551, '|'},  {0x2552, 0x256c, '+'},
        {0x256d, 0x2570, '+'}, {0x2574, 0x2574, '-'}, {0x2580, 0x2588, '#'},  {0x2589, 0x258f, '|'},
        {0x2591, 0x2591, '.'}, {0x2592, 0x2592, ':'}, {0x2593, 0x2593, '#'},  {0x25a0, 0x25a0, '#'},
        {0x25a1, 0x25a1, 'o'}, {0x25b2, 0x25b4, '^'}, {0x25b6, 0x25ba, '>'},  {0x25bc, 0x25be, 'v'},
        {0x25c0, 0x25c4, '<'}, {0x25c6, 0x25c7, '*'}, {0x25cb, 0x25cb, 'o'},  {0x25cf, 0x25cf, '*'},
        {0x2605, 0x2606, '*'}, {0x26a0, 0x26a0, '!'}, {0x2713, 0x2714, '+'},  {0x2717, 0x2718, 'x'},
        {0x27f3, 0x27f3, '@'}, {0x2800, 0x28ff, ':'}, {0xfffd, 0xfffd, '?'},
    };
    for (size_t i = 0; i < COUNT_OF(fold); i++)
        if (code_point >= fold[i].from && code_point <= fold[i].to)
            return fold[i].ascii;
    return '\0';
}

/* Half of a wide character that is about to be overwritten: its other half becomes blank. */
static void part(struct frame *frame, int x, int y) {
    struct frame_cell *cell = cell_at(frame, x, y);
    if (!cell || cell->wide == 0)
        return;
    struct frame_cell *other = cell_at(frame, cell->wide == 1 ? x + 1 : x - 1, y);
    cell->wide = 0;
    cell->code_point = ' ';
    if (other) {
        other->wide = 0;
        other->code_point = ' ';
    }
}

static void put_half(struct frame *frame, int x, int y, uint32_t code_point, enum role role,
                     uint8_t wide) {
    struct frame_cell *cell = cell_at(frame, x, y);
    part(frame, x, y);
    *cell = (struct frame_cell){code_point, (uint8_t)role, wide, cell->selected};
}

void frame_put(struct frame *frame, int x, int y, uint32_t code_point, enum role role) {
    assert(role >= 0 && role < ROLE_COUNT);
    if (frame->ascii && code_point > 0x7e && ascii_of(code_point) != '\0')
        code_point = (uint32_t)ascii_of(code_point);
    int width = text_width(code_point);
    bool left = cell_at(frame, x, y) != NULL;
    if (width == 0 || x >= frame->width || (!left && width < 2))
        return;
    if (width == 1) {
        put_half(frame, x, y, code_point, role, 0);
        return;
    }
    bool right = cell_at(frame, x + 1, y) != NULL;
    if (left) /* a wide one that the edge cuts is a blank */
        put_half(frame, x, y, right ? code_point : ' ', role, right ? 1 : 0);
    if (right)
        put_half(frame, x + 1, y, ' ', role, left ? 2 : 0);
}

/* The next code point of foreign text as it may be shown; bytes used, 0 at the end. */
static size_t visible_next(const char *utf8, size_t length, uint32_t *code_point) {
    if (length == 0)
        return 0;
    size_t used = text_decode(utf8, length, code_point);
    if (*code_point >= 0x20 && *code_point < 0x7f)
        return used;
    char shown[16];
    text_visible(shown, sizeof shown, utf8, used);
    text_decode(shown, strlen(shown), code_point);
    return used;
}

/* Cells of the text, counted no further than past `most`. */
static int cells_up_to(const char *utf8, size_t length, int most) {
    int cells = 0;
    uint32_t code_point;
    for (size_t used; cells <= most && (used = visible_next(utf8, length, &code_point)) > 0;
         utf8 += used, length -= used)
        cells += text_width(code_point);
    return cells;
}

int frame_text(struct frame *frame, int x, int y, int width, enum role role, const char *utf8) {
    int64_t end = (int64_t)x + width;
    if (end > frame->width)
        end = frame->width;
    if (!utf8 || y < 0 || y >= frame->height || end <= 0 || end <= x)
        return 0;
    width = (int)(end - x);
    size_t length = strlen(utf8);
    bool cut = cells_up_to(utf8, length, width) > width;
    int room = cut ? width - 1 : width, at = 0;
    uint32_t code_point;
    for (size_t used; (used = visible_next(utf8, length, &code_point)) > 0;
         utf8 += used, length -= used) {
        int cells = text_width(code_point);
        if (at + cells > room)
            break;
        frame_put(frame, x + at, y, code_point, role);
        at += cells;
    }
    if (cut)
        frame_put(frame, x + at++, y, 0x2026, role);
    return at;
}

int frame_right(struct frame *frame, int x, int y, int width, enum role role, const char *utf8) {
    if (width <= 0 || !utf8)
        return 0;
    int cells = cells_up_to(utf8, strlen(utf8), width);
    int indent = cells < width ? width - cells : 0;
    return frame_text(frame, x + indent, y, width - indent, role, utf8);
}

int frame_printf(struct frame *frame, int x, int y, int width, enum role role, const char *format,
                 ...) {
    char text[4 * FRAME_SIDE_MAX];
    va_list args;
    va_start(args, format);
    bool failed = vsnprintf(text, sizeof text, format, args) < 0;
    va_end(args);
    if (failed)
        return 0;
    return frame_text(frame, x, y, width, role, text);
}

/* The part of a rect that is inside the frame; far coordinates must not overflow. */
static struct rect clip(const struct frame *frame, struct rect rect) {
    int64_t right = (int64_t)rect.x + rect.width, bottom = (int64_t)rect.y + rect.height;
    if (right > frame->width)
        right = frame->width;
    if (bottom > frame->height)
        bottom = frame->height;
    int x = rect.x < 0 ? 0 : rect.x, y = rect.y < 0 ? 0 : rect.y;
    if (right <= x || bottom <= y)
        return (struct rect){0, 0, 0, 0};
    return (struct rect){x, y, (int)(right - x), (int)(bottom - y)};
}

void frame_fill(struct frame *frame, struct rect rect, uint32_t code_point, enum role role) {
    struct rect in = clip(frame, rect);
    int step = text_width(code_point) == 2 ? 2 : 1;
    for (int y = in.y; y < in.y + in.height; y++)
        for (int x = in.x; x < in.x + in.width; x += step)
            frame_put(frame, x, y, step == 2 && x + 1 >= in.x + in.width ? ' ' : code_point, role);
}

void frame_select(struct frame *frame, struct rect rect) {
    struct rect in = clip(frame, rect);
    for (int y = in.y; y < in.y + in.height; y++)
        for (int x = in.x; x < in.x + in.width; x++)
            cell_at(frame, x, y)->selected = 1;
}

void frame_box(struct frame *frame, struct rect rect, const char *title, bool focus, bool ascii) {
    static const uint32_t parts[2][6] = {{0x256d, 0x256e, 0x2570, 0x256f, 0x2500, 0x2502},
                                         {'+', '+', '+', '+', '-', '|'}};
    if (rect.width < 2 || rect.height < 2)
        return;
    const uint32_t *part_of = parts[ascii];
    enum role role = focus ? ROLE_BORDER_FOCUS : ROLE_BORDER;
    int right = rect.x + rect.width - 1, bottom = rect.y + rect.height - 1;
    frame_fill(frame, (struct rect){rect.x, rect.y, rect.width, 1}, part_of[4], role);
    frame_fill(frame, (struct rect){rect.x, bottom, rect.width, 1}, part_of[4], role);
    frame_fill(frame, (struct rect){rect.x, rect.y, 1, rect.height}, part_of[5], role);
    frame_fill(frame, (struct rect){right, rect.y, 1, rect.height}, part_of[5], role);
    frame_put(frame, rect.x, rect.y, part_of[0], role);
    frame_put(frame, right, rect.y, part_of[1], role);
    frame_put(frame, rect.x, bottom, part_of[2], role);
    frame_put(frame, right, bottom, part_of[3], role);
    if (title && title[0] && rect.width > 6) {
        int used = frame_text(frame, rect.x + 3, rect.y, rect.width - 6, ROLE_TITLE, title);
        frame_put(frame, rect.x + 2, rect.y, ' ', role);
        frame_put(frame, rect.x + 3 + used, rect.y, ' ', role);
    }
}

static bool is_blank(const struct frame_cell *cell) {
    return cell->code_point == ' ' && cell->wide == 0;
}

static void dump_line(const struct frame *frame, int y, struct buf *out) {
    int end = frame->width;
    while (end > 0 && is_blank(cell_at(frame, end - 1, y)))
        end--;
    for (int x = 0; x < end; x++) {
        const struct frame_cell *cell = cell_at(frame, x, y);
        char bytes[4];
        if (cell->wide != 2)
            buf_append(out, bytes, text_encode(cell->code_point, bytes));
    }
    buf_char(out, '\n');
}

/* A role's letter, upper case (or 'S') where selected; blanks of plain text stay blank. */
static char cell_letter(const struct frame_cell *cell) {
    char letter = role_table[cell->role].letter;
    if (cell->selected)
        return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : 'S';
    return is_blank(cell) && cell->role == ROLE_TEXT ? ' ' : letter;
}

static void dump_roles(const struct frame *frame, int y, struct buf *out) {
    int end = frame->width;
    while (end > 0 && cell_letter(cell_at(frame, end - 1, y)) == ' ')
        end--;
    for (int x = 0; x < end; x++)
        buf_char(out, cell_letter(cell_at(frame, x, y)));
    buf_char(out, '\n');
}

void frame_dump_text(const struct frame *frame, bool roles, struct buf *out) {
    for (int y = 0; y < frame->height; y++)
        dump_line(frame, y, out);
    if (!roles)
        return;
    buf_char(out, '\n');
    for (int y = 0; y < frame->height; y++)
        dump_roles(frame, y, out);
}
