/* draw: what several views draw alike: boxes with a key in the title, values, times, sparklines,
 * plots. Pure; every glyph beyond ASCII is one that frame.c folds when the terminal has none. */
#ifndef TUI_DRAW_H
#define TUI_DRAW_H

#include "rows.h"

/* What every drawing function of a view needs. */
struct draw {
    struct frame *frame;
    const struct scene *scene;
    const struct ui *ui;
};

/* A box, or only a title line when not `boxed`. `key` (0: none) stands highlighted before the
 * title, `right` (NULL: none) at the right end. Returns the inside, padded where there is room. */
struct rect draw_section(const struct draw *draw, struct rect rect, bool boxed, char key,
                         const char *title, const char *right);
/* Key of a view's title, from the action table; 0 when it has none. */
char draw_view_key(enum view_id view);

/* "0:41", "12:03", "1:02:03"; "–" below 0. */
#define DURATION_TEXT 16
void draw_duration(int64_t us, char out[DURATION_TEXT]);
/* A phase's title that fits in `width` cells: whole, short, shortest, or without its middle, so
 * that what tells it from others ("single-30", "burst-30") is still there. Borrowed, or `out`. */
#define PHASE_TITLE (2 * PHASE_MAX)
const char *draw_phase(const char *phase, int width, char out[PHASE_TITLE]);
/* The same of a column: of a suite with one phase, its suite. */
const char *draw_column(const struct column *column, int width, char out[PHASE_TITLE]);
/* Its title is the suite's. */
bool draw_names_suite(const struct column *column);
/* Longest title that draw_column would give for these columns when there is room. */
int draw_phase_width(const struct column *columns, int count);

/* A figure right-aligned; dim when absent. */
void draw_value(const struct draw *draw, int x, int y, int width, enum role role,
                enum metric_id metric, double value);
/* A figure with what it is: "12.3 s", "80.9 t/s"; "–" when absent. */
#define FIGURE_TEXT 48
void draw_figure(enum metric_id metric, double value, char out[FIGURE_TEXT]);

/* A thermal level in a word that fits in `width` cells. */
void draw_thermal(double level, int width, char out[METRIC_TEXT]);

/* A metric's unit where its title does not tell; else "". */
const char *draw_unit(enum metric_id metric);

/* A sign that turns with the events. */
uint32_t draw_spinner(const struct ui *ui, int64_t turn);

/* Board time that all graphs on screen share, in the time of run `source`. */
struct window {
    int64_t from_us, to_us;
};
struct window draw_window(const struct scene *scene, int source);

/* Upper end of a series' scale on screen; for series that are compared it covers all rows. */
double draw_scale(const struct draw *draw, const struct rows *rows, const struct row_ref *ref,
                  enum board_series series);
/* The current figure of a series; of those that calls make, the last one there was. */
double draw_last(const struct row *row, enum board_series series);
enum role draw_series_role(const struct draw *draw, const struct row_ref *ref,
                           enum board_series series);
void draw_sparkline(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                    enum board_series series, double high);
/* A plot with title, scale and time axis. */
void draw_plot(const struct draw *draw, struct rect rect, const struct row_ref *ref,
               enum board_series series);

enum role draw_level_role(enum note_level level);
/* Text over several lines, broken at blanks; newlines break too. Starts at line `skip`, draws only
 * inside rect; returns the lines of the whole text. */
int draw_wrapped(const struct draw *draw, struct rect rect, int skip, enum role role,
                 const char *text);

#endif
