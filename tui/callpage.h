/* callpage: the page of one call in place of a whole view, and the keys while it is open. */
#ifndef TUI_CALLPAGE_H
#define TUI_CALLPAGE_H

#include "draw.h"

/* The open call of this row; NULL when none is open. */
const struct board_call *callpage_open(const struct row_ref *ref, const struct ui *ui);
void callpage_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                   const struct board_call *call);
/* True when the action was one of the page's. */
bool callpage_act(struct ui *ui, const struct scene *scene, const struct row_ref *ref,
                  enum action action, struct rect rect);

#endif
