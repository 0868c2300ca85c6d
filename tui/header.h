/* header: the lines around a view: what runs and how far it is, and what the keys do. */
#ifndef TUI_HEADER_H
#define TUI_HEADER_H

#include "draw.h"

void header_draw(const struct draw *draw, struct rect header, struct rect progress);
void header_bar(const struct draw *draw, struct rect bar);

#endif
