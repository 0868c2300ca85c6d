/* burst: N calls at once, released together, each with a question of its own (protocol 3). */
#ifndef SUITES_BURST_H
#define SUITES_BURST_H

#include "suites/suite.h"

extern const struct suite suite_burst;

/* The last whole number of a text; false when there is none. */
bool burst_last_integer(const char *text, int64_t *number);

/* The check of a question: does the visible answer end with the number asked for? */
enum verdict3 burst_check(const struct lane_call *call);

#endif
