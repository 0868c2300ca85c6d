/* sampler: a thread that pushes one `sample` a lane and second: the heartbeat of board time, also
 * where nothing can be measured. A lane whose endpoints name an exporter (`telemetry`) gets what
 * that tells; a lane on this machine what host.h can tell; any other an empty sample. A run without
 * endpoints has the lane "local" alone, with every engine that runs here. Rails stand
 * in a sample only when they were published anew. */
#ifndef HOST_SAMPLER_H
#define HOST_SAMPLER_H

#include "host/process.h"
#include "model/queue.h"

struct sampler;

/* `run` and `queue` must live until sampler_stop. `epoch_ns`: clock_ns() at t = 0. `patterns`: what
 * engines look like (engines/processes.h). After http_global_init. */
struct sampler *sampler_start(const struct run *run, struct queue *queue, int64_t epoch_ns,
                              const struct process_patterns *patterns);
/* Ends the thread within a sample's time, and frees. */
void sampler_stop(struct sampler *sampler);

#endif
