/* collector: the exporters that a run's endpoints name, asked all at once. One that does not answer
 * is told once and asked less often; its figures are absent meanwhile. */
#ifndef HOST_COLLECTOR_H
#define HOST_COLLECTOR_H

#include "model/queue.h"

struct collector;
/* `run` must live as long; NULL when no endpoint has telemetry. */
struct collector *collector_new(const struct run *run);
void collector_free(struct collector *collector);

/* Does this lane get its figures from an exporter? */
bool collector_has(const struct collector *collector, const char *lane);

/* Some rail of theirs is published whenever it is asked for. */
bool collector_is_live(const struct collector *collector);

/* Ask them, or only those that are live; returns after half a second at the latest. What there is
 * to tell goes to `queue`. */
void collector_gather(struct collector *collector, struct queue *queue, int64_t epoch_ns,
                      bool live_only);
/* What a lane's exporters said just now. */
void collector_fill(struct collector *collector, const char *lane, int64_t epoch_ns,
                    struct sample *sample);

/* Why a figure is not among what this lane's exporter told: it does not answer, or does not publish
 * it; "" while that is not known yet. */
#define COLLECTOR_REASON 256
void collector_reason(const struct collector *collector, const char *lane,
                      char out[COLLECTOR_REASON]);

#endif
