/* energy: cumulative joules of a machine's rails with their own publication times, and what was
 * used within a window (protocol 1, Energy). A rail that stops publishing is stalled, never 0 W.
 *
 * Rails publish at their own times: on an M5 Max the GPU whenever it is asked, the CPU in batches
 * 2.03–2.23 s apart (facts: telemetry A.1). Between two publications only the sum is known. A
 * publication interval of length g of which the share f lies inside the window is interpolated: if
 * the power changed exactly at the window's edge from P0 to P1, the error is f (1 − f) g |P1 − P0|.
 * `cover` of a rail is therefore
 *
 *     1 − Σ over cut intervals of f (1 − f) g / window − the share nobody published,
 *
 * the part of the window's energy that interpolation can't have misplaced (when the power outside
 * differs by no more than the power inside). A window of 1 s inside a gap of 2.1 s is covered to
 * 1/2.1 = 48 %, one of 10 s to at least 89 %. The rails' covers are weighed by their joules: a slow
 * rail of 2 W does not spoil a live one of 40 W. */
#ifndef MODEL_ENERGY_H
#define MODEL_ENERGY_H

#include "model/event.h"

#define ENERGY_COVER_MIN 0.8              /* below: no figure (protocol 1) */
#define ENERGY_STALL_US INT64_C(10000000) /* this long without a publication: stalled */

struct energy;
struct energy *energy_new(void);
void energy_free(struct energy *energy);
/* A copy of its own; `bytes` grows by what it takes. */
struct energy *energy_copy(const struct energy *energy, size_t *bytes);

/* Fold a sample's rails (or its `watts`, integrated over time as the rail "watts", where only watts
 * exist). A counter or a publication time that goes backwards starts afresh, without a reading. */
void energy_add(struct energy *energy, int64_t t_us, const struct sample *sample);

/* What comes next does not follow what was: the time between is nobody's, as after a counter that
 * went backwards. */
void energy_break(struct energy *energy);

/* Joules used in [from, to] by interpolating each rail between publications; where publications
 * miss a part of the window (before the first, after the last, within a stall that an edge cuts)
 * the mean of the rest stands for it, and `cover` tells. Joules NaN, cover 0 when a rail has
 * nothing there. */
double energy_window(const struct energy *energy, int64_t from_us, int64_t to_us, double *cover);
/* The oldest of the rails' newest publications: windows that end before it gain nothing by waiting.
 * -1 when nothing was published. */
int64_t energy_covered_to(const struct energy *energy);
/* Mean watts between the last two publications (all rails, each at its own time); NaN if stalled.
 */
double energy_watts(const struct energy *energy);
/* Mean time between publications of the slowest rail, as far as kept; NaN before the second. */
double energy_period_s(const struct energy *energy);
/* The rails that are summed, "CPU+GPU+ANE+DRAM". Borrowed. "" when none. */
const char *energy_rails(const struct energy *energy);

#endif
