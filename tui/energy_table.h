/* energy_table: what an endpoint's phases cost in energy: watts of prefill and decode, joules, and
 * what a token takes, with the rails that are summed. Where nothing is known: why. */
#ifndef TUI_ENERGY_TABLE_H
#define TUI_ENERGY_TABLE_H

#include "draw.h"

/* Lines the table takes, head included. */
int energy_table_lines(const struct row_ref *ref);
/* What stands at the right of its title: rails, watts at rest, how often they are published. */
#define ENERGY_TITLE 128
void energy_table_title(const struct row_ref *ref, int width, char out[ENERGY_TITLE]);
/* Phases from `first` on, as many as fit. Columns that have no room are left out. */
void energy_table_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                       int first);

#endif
