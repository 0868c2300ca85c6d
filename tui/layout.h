/* layout: pure geometry: sizes in, rectangles out. Knows no board, no text, no colour. Rectangles
 * never overlap and never leave what they were cut from; one that has no room has width or height
 * 0, and is not drawn.
 *
 * The screen: header line, thin progress line, body (a view), bottom bar. Below
 * SCREEN_MIN_WIDTH x SCREEN_MIN_HEIGHT nothing is laid out (`fits` is false).
 *
 * The board when room gets short, in this order:
 *   1. the detail pane of the selected endpoint
 *   2. the event tail (its newest note keeps one line while there is one); taller rows come first,
 *      these two panes take the lines that are left over
 *   3. sparklines taller than one row; sparklines beside the phases go below them
 *   4. that note line
 *   5. the sparklines: one line per endpoint is left
 *   6. phase columns: warm-up first, then those farthest from the selected one
 *   7. rows: the list scrolls to keep the selected one inside
 * 80x24 holds eight endpoints with two lines each, 60x16 with one line each.
 *
 * The engine view: the energy table first (it can be shown in the phase table's place), graphs,
 * then boxes around sections become title lines, then the phase table is cut to what leaves the
 * calls a few lines. */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "frame.h"

struct layout_screen {
    bool fits;
    struct rect header, progress, body, bar;
};
void layout_screen(int width, int height, struct layout_screen *out);

/* Blank columns inside each side of a box of that width: one where there is room. */
int layout_pad(int width);

struct span {
    int x, width;
};

#define LAYOUT_SPARKS 5

/* What the board view would like to show. */
struct board_want {
    int rows;        /* endpoints, of each run */
    int labels;      /* lines above them that name the runs */
    int deltas;      /* rows that are held against another one */
    int columns;     /* phases */
    int suites;      /* over which they are spread: a line of suite names above 1 */
    int value_width; /* cells of a value */
    int label_width; /* cells of the longest column title */
    int name_width;  /* cells of the longest name, in wide boxes of the longest model */
    int model_width; /* of the longest model: it may have what the columns leave */
};
/* Where a difference stands: right of the figure when all columns have room for it, else in a line
 * below while all rows are seen, else in the figure's place. */
enum delta_place { DELTA_NOWHERE, DELTA_BESIDE, DELTA_BELOW, DELTA_INSTEAD };
#define DELTA_WIDTH 7 /* "≈+250%", and a blank before it */
struct board_layout {
    struct rect box, head, runs, list; /* the last three lie inside the box */
    struct rect note, detail, events;
    int row_height; /* lines of one endpoint, a line of differences not counted */
    int graph_rows; /* lines of its sparklines; 0: none */
    bool beside;    /* sparklines stand right of the phases, not below */
    struct span name, verdict;
    int column_x, column_step, column_count; /* a column: its gap, value and mark cells */
    int mark_width;                          /* cells behind a value */
    enum delta_place deltas;                 /* beside: DELTA_WIDTH at the end of a column */
    struct span sparks[LAYOUT_SPARKS];       /* graph, blank and value together */
    int spark_value;                         /* cells of the value at its right end */
};
void layout_board(struct rect body, const struct board_want *want, struct board_layout *out);

struct engine_want {
    int facts;  /* lines above: identity, verdict, gates */
    int phases; /* lines of the phase table, its head not counted */
    int energy; /* lines of the energy table */
    int calls;
};
struct engine_layout {
    bool boxed; /* sections have a full box, else one title line */
    struct rect facts, phases, energy, graphs, calls;
};
void layout_engine(struct rect body, const struct engine_want *want, struct engine_layout *out);

/* First of `count` lines to show in `height` so that `selected` is inside, about its middle. */
int layout_scroll(int count, int height, int selected);

#endif
