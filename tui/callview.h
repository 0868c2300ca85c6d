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

enum call_part { PART_WAIT, PART_PREFILL, PART_DECODE, PART_COUNT };
/* What a single call alone took to its first token, µs, of the burst in that column: 0 when it was
 * not measured, or where the phase is no burst. */
int64_t callview_alone_us(const struct board *board, int ep, int column);
/* When the parts of a call end; it begins with wait. Of a burst's call (`alone_us` > 0) as much
 * counts as prefill as a call alone took, and what came before as waiting; else prefill begins with
 * the first byte. A running call's parts reach up to now. */
void callview_parts(const struct board_call *call, int64_t now_us, int64_t alone_us,
                    int64_t ends_us[PART_COUNT]);
enum role callview_part_role(enum call_part part);
/* The bar in the first line of a rect whose width stands for `full_us`. Parts differ by glyph, so
 * that it reads without colour. */
void callview_bar(const struct draw *draw, struct rect bar, const struct board_call *call,
                  int64_t now_us, int64_t alone_us, int64_t full_us);
/* Marks, figures and text, from line `scroll` on; returns the lines of all of it. */
int callview_page(const struct draw *draw, struct rect rect, const struct board_call *call,
                  int64_t now_us, int64_t alone_us, int scroll);
/* What came of it: "stop", "length", an error's class, "running". */
const char *callview_outcome(const struct board_call *call);
enum role callview_role(const struct board_call *call);

#endif
