/* residents: which engines run on this machine: those of the run's endpoints with their memory, and
 * others beside them. Looked at every few seconds: a list of all processes is not free, and reading
 * an engine's page tables holds it up. */
#ifndef HOST_RESIDENTS_H
#define HOST_RESIDENTS_H

#include "host/process.h"

struct residents;
/* All borrowed; only endpoints added are watched. */
struct residents *residents_new(struct host *host, const struct process_patterns *patterns);
void residents_free(struct residents *residents);

/* An endpoint that is served on this machine; `lane` and `endpoint` must live as long. */
void residents_add(struct residents *residents, const char *lane, const struct endpoint *endpoint);

/* Without endpoints too: which engines run here at all. */
void residents_watch(struct residents *residents);

/* Look again, when it is time. */
void residents_look(struct residents *residents, int64_t now_ns);
/* What was seen last, of the endpoints of this lane and of engines that are no endpoint's. */
void residents_fill(const struct residents *residents, const char *lane, struct sample *sample);

#endif
