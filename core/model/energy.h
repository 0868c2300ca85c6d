/* energy: cumulative joules of a machine's rails with their own publication times, and what was
 * used within a window (protocol 1, Energy). A rail that stops publishing is stalled, never 0 W. */
#ifndef MODEL_ENERGY_H
#define MODEL_ENERGY_H

#include "model/event.h"

struct energy;
struct energy *energy_new(void);
void energy_free(struct energy *energy);

/* Fold a sample's rails (or its `watts`, integrated over time, where only watts exist). */
void energy_add(struct energy *energy, int64_t t_us, const struct sample *sample);

/* Joules used in [from, to] by interpolating each rail between publications. `cover` = share of the
 * window that publications cover (0..1); joules NaN when a rail has none. */
double energy_window(const struct energy *energy, int64_t from_us, int64_t to_us, double *cover);
/* Mean watts between the last two publications (all rails, each at its own time); NaN if stalled.
 */
double energy_watts(const struct energy *energy);
/* The rails that are summed, "CPU+GPU+ANE+DRAM". Borrowed. "" when none. */
const char *energy_rails(const struct energy *energy);

#endif
