/* calls: an endpoint's calls as lines: phase, bar of its marks, figures, how it ended. */
#ifndef TUI_CALLS_H
#define TUI_CALLS_H

#include "draw.h"

/* Place of the selected call in the row; the newest when none is selected. -1: no calls. */
int calls_selected(const struct row *row, const struct ui *ui);
/* As many as fit, about the selected one; the longest call's bar fills the width. */
void calls_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref);

#endif
