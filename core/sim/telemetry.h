/* telemetry: what a simulated machine publishes of itself, as Prometheus text. The series are
 * described in sim/sim.h. */
#ifndef SIM_TELEMETRY_H
#define SIM_TELEMETRY_H

#include "base/buf.h"
#include "sim/jobs.h"

/* Jobs must be settled up to now. */
void telemetry_print(const struct jobs *jobs, bool loaded, struct buf *out);

#endif
