/* processes: what the engines' processes look like. */
#ifndef ENGINES_PROCESSES_H
#define ENGINES_PROCESSES_H

#include "host/process.h"

/* For the sampler and the SOLO check. Static. */
extern const struct process_patterns engine_processes;

#endif
