/* deltas: on a board of several runs, how each row's figures differ from those of the row it is
 * held against, by the rules of model/compare.h: what may not be ranked has no sign of better or
 * worse. Holm's correction is over all cells of a run that are shown. Draws nothing. */
#ifndef TUI_DELTAS_H
#define TUI_DELTAS_H

#include "model/compare.h"
#include "rows.h"

struct deltas {
    struct compare runs[RUNS_ON_SCREEN]; /* each against the reference run */
    int count;                           /* rows that are held against another */
};
/* In the chosen metric, and in the scores of quality suites. */
void deltas_init(struct deltas *deltas, const struct rows *rows, const struct scene *scene,
                 const struct ui *ui);
void deltas_done(struct deltas *deltas);

enum delta_sign {
    DELTA_NONE,   /* nothing to say yet: a side has not measured it */
    DELTA_BARRED, /* not comparable */
    DELTA_SAME,   /* no difference shown; or one that does not stand among all cells */
    DELTA_BETTER,
    DELTA_WORSE
};
struct delta {
    enum delta_sign sign;
    char text[16]; /* "+12%▾", "≈+3.4%", "–": at most 6 cells */
    enum role role;
};
/* Of a row in the phase `column` of its board. */
void deltas_read(const struct deltas *deltas, const struct rows *rows, int row, int column,
                 const struct ui *ui, struct delta *out);

#endif
