/* agentic: single calls and the prefix cache: what an agent's turn costs cold, warm and with a user
 * message never seen before (protocol 3). */
#ifndef SUITES_AGENTIC_H
#define SUITES_AGENTIC_H

#include "suites/suite.h"

extern const struct suite suite_agentic;

#endif
