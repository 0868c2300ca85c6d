/* heads: the phases of all runs on screen as one list: those of the first run that has any, in its
 * order, then those that only a later run has. Knows no size and draws nothing. */
#ifndef TUI_HEADS_H
#define TUI_HEADS_H

#include "view.h"

struct heads {
    struct column at[BOARD_COLUMNS_MAX];
    int count;
};
void heads_collect(const struct scene *scene, struct heads *out);
/* The column of a run's board that is this head's phase; -1 none. */
int heads_column(const struct heads *heads, int head, const struct board *board);

#endif
