/* frame: a grid of cells: code point + role. Views draw into it, the screen shows it, tests dump
 * it. No curses, no colours. Everything is clipped. A wide character takes two cells; a combining
 * one none: it is left out. */
#ifndef TUI_FRAME_H
#define TUI_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum role { /* what a cell means; the theme says how it looks */
            ROLE_TEXT,
            ROLE_DIM,
            ROLE_TITLE,
            ROLE_BORDER,
            ROLE_BORDER_FOCUS,
            ROLE_ACCENT,
            ROLE_HEADER,
            ROLE_SELECTION,
            ROLE_BAR,
            ROLE_BAR_KEY,
            ROLE_GOOD,
            ROLE_WARN,
            ROLE_BAD,
            ROLE_NOTICE,
            ROLE_SIM,
            ROLE_SERIES_1,
            ROLE_SERIES_2,
            ROLE_SERIES_3,
            ROLE_SERIES_4,
            ROLE_SERIES_5,
            ROLE_SERIES_6,
            ROLE_GRAPH_LOW,
            ROLE_GRAPH_MID,
            ROLE_GRAPH_HIGH,
            ROLE_WAIT,
            ROLE_PREFILL,
            ROLE_DECODE,
            ROLE_CONNECT,
            ROLE_COUNT
};
const char *role_word(enum role role);
int role_find(const char *word);

struct frame_cell {
    uint32_t code_point;
    uint8_t role;
    uint8_t wide; /* 1: left half of a wide one, 2: right */
    uint8_t selected;
};
#define FRAME_SIDE_MAX 1000 /* a terminal may claim any size */
struct frame {
    int width, height;
    struct frame_cell *cells;
    bool ascii; /* what the interface draws beyond ASCII is folded: … becomes ~, ─ becomes - */
};
struct rect {
    int x, y, width, height;
};

void frame_init(struct frame *frame);
void frame_done(struct frame *frame);
void frame_resize(struct frame *frame, int width, int height); /* and clears */
void frame_clear(struct frame *frame);

void frame_put(struct frame *frame, int x, int y, uint32_t code_point, enum role role);
/* Text through text_visible, clipped at `width` cells (an ellipsis when cut); returns cells used.
 */
int frame_text(struct frame *frame, int x, int y, int width, enum role role, const char *utf8);
int frame_right(struct frame *frame, int x, int y, int width, enum role role,
                const char *utf8); /* right-aligned */
int frame_printf(struct frame *frame, int x, int y, int width, enum role role, const char *format,
                 ...) PRINTF_LIKE(6, 7);
void frame_fill(struct frame *frame, struct rect rect, uint32_t code_point, enum role role);
void frame_select(struct frame *frame,
                  struct rect rect); /* mark as selected: drawn over the role */
/* Rounded box with a title in its upper border; `ascii`: + - |. */
void frame_box(struct frame *frame, struct rect rect, const char *title, bool focus, bool ascii);

/* Text, one line a row, trailing blanks cut. roles: after an empty line a second block with one
 * letter a cell (frame.c's table), upper case or 'S' where selected. */
void frame_dump_text(const struct frame *frame, bool roles, struct buf *out);

#endif
