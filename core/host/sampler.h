/* sampler: a thread that pushes one `sample` a lane and second: the heartbeat of board time, also
 * where nothing can be measured. A lane on this machine gets what host.h can tell; any other lane,
 * and that of a simulated engine, gets an empty sample. */
#ifndef HOST_SAMPLER_H
#define HOST_SAMPLER_H

#include "model/queue.h"

struct sampler;

/* `run` and `queue` must live until sampler_stop. `epoch_ns`: clock_ns() at t = 0. */
struct sampler *sampler_start(const struct run *run, struct queue *queue, int64_t epoch_ns);
/* Ends the thread within a sample's time, and frees. */
void sampler_stop(struct sampler *sampler);

#endif
