/* callview: one call as a bar of its marks, and as a page with its marks and text. */
#ifndef TUI_CALLVIEW_H
#define TUI_CALLVIEW_H

#include "draw.h"

/* Its start as far as known: the mark comes at the end, until then when it was announced. */
int64_t callview_start_us(const struct board_call *call);
/* How long a call has taken so far, opening its connection included. */
int64_t callview_length_us(const struct board_call *call, int64_t now_us);
/* The glyph of a part of the bar, by its role. */
uint32_t callview_glyph(const struct ui *ui, enum role role);
/* The bar, `full_us` in `width` cells. Parts differ by glyph, so that it reads without colour. */
void callview_bar(const struct draw *draw, int x, int y, int width, const struct board_call *call,
                  int64_t now_us, int64_t full_us);
/* Marks, figures and text, from line `scroll` on; returns the lines of all of it. */
int callview_page(const struct draw *draw, struct rect rect, const struct board_call *call,
                  int64_t now_us, int scroll);
/* What came of it: "stop", "length", an error's class, "running". */
const char *callview_outcome(const struct board_call *call);
enum role callview_role(const struct board_call *call);

#endif
