/* cellview: what one cell of the board's grid says: a figure, a sign of its state, the marks behind
 * it. Knows nothing of where it is drawn. */
#ifndef TUI_CELLVIEW_H
#define TUI_CELLVIEW_H

#include "draw.h"

#define CELL_MARKS 4
struct cellview {
    char text[METRIC_TEXT];
    enum role role;
    char marks[CELL_MARKS]; /* gate letters, worst first; '+' when there are more */
    enum role marks_role;
    bool best, running;
    int64_t turn; /* of the spinner of a running one */
    enum role turn_role;
};

/* `best` is the column's best row (-1: none), `mark_width` how many marks may be shown. */
void cellview_read(const struct row_ref *ref, int column, const struct ui *ui, int best,
                   int mark_width, struct cellview *out);

/* The newest running call of a cell; NULL when none runs. */
const struct board_call *cellview_running(const struct row *row, int column);

#endif
