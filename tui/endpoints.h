/* endpoints: what a run, a check and a probe measure: the endpoints that were named, identified; or
 * what is found on this machine. */
#ifndef TUI_ENDPOINTS_H
#define TUI_ENDPOINTS_H

#include "commands.h"
#include "engines/identify.h"

/* Identify the endpoints of the options; without any, look for engines and say on stderr what was
 * found and how. `findings` (may be NULL) gets one for each, the caller's to free with
 * endpoints_forget. False after a message: nothing is there to measure. */
bool endpoints_find(const struct context *context, struct finding **findings);
void endpoints_forget(struct finding *findings, size_t count);

#endif
