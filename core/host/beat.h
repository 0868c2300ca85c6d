/* beat: one round of samples: a `sample` a lane, and in between joules alone where they are
 * published live. Knows no thread and no schedule: sampler.h has both. */
#ifndef HOST_BEAT_H
#define HOST_BEAT_H

#include "host/process.h"
#include "model/queue.h"

#define BEAT_NS INT64_C(1000000000) /* a whole one each second */

struct beat;
/* `run` and `queue` must live as long. Takes `host`. After http_global_init. */
struct beat *beat_new(const struct run *run, struct queue *queue, int64_t epoch_ns,
                      const struct process_patterns *patterns, struct host *host);
void beat_free(struct beat *beat);

/* Push a sample of each lane, or (not `whole`) only keep their joules for the next one. `now_ns`
 * decides what is due. Takes half a second at most, when an exporter is silent. */
void beat_once(struct beat *beat, int64_t now_ns, bool whole);
/* How long until joules are worth reading again; not above BEAT_NS where reading is cheap. */
int64_t beat_step_ns(const struct beat *beat);

#endif
