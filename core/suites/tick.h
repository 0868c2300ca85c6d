/* tick: an orchestrator's whole turn: 60 calls one after the other, the same system prompt, a new
 * user message each, short answers (protocol 3). */
#ifndef SUITES_TICK_H
#define SUITES_TICK_H

#include "suites/suite.h"

extern const struct suite suite_tick;

#endif
