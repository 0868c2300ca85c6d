/* view_parts: the views' functions, for view.c's table alone, and the panes that two views share.
 */
#ifndef TUI_VIEW_PARTS_H
#define TUI_VIEW_PARTS_H

#include "draw.h"

extern const struct view_ops view_board_ops, view_engine_ops, view_burst_ops, view_events_ops,
    view_help_ops, view_solo_ops, view_compare_ops, view_quality_ops;

/* Events of all runs that are worth a line, the newest that fit, into rect; long ones are cut. */
void events_draw(const struct draw *draw, struct rect rect);
/* The newest note worth a line; false when there is none. */
bool events_newest(const struct draw *draw, struct rect line);

#endif
