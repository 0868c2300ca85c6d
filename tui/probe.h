/* probe: `pitwall probe [URL…]`: what answers there and what it can do, as a matrix, as JSON, and
 * as a log of capability events in the results directory. */
#ifndef TUI_PROBE_H
#define TUI_PROBE_H

#include "commands.h"

int command_probe(const struct context *context);

#endif
