/* solo: the quick check's calls: the prompts of agentic 1-3 with 64 tokens (protocol 3). */
#ifndef SUITES_SOLO_H
#define SUITES_SOLO_H

#include "suites/suite.h"

extern const struct suite suite_solo;

#endif
