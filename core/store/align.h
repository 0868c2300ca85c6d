/* align: several runs on one clock. Each run keeps its own time; the screen's time is a table of
 * offsets per run, reset where a phase (or suite) begins that all of them have: the faster ones
 * wait there for the slowest, so that two colds race. Knows times, not events. */
#ifndef STORE_ALIGN_H
#define STORE_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum align_mode { ALIGN_START, ALIGN_SUITE, ALIGN_PHASE, ALIGN_COUNT };
const char *align_word(enum align_mode mode); /* "start" "suite" "phase" */

/* A place in a run that others may have, too. Of one run in order of time. */
struct align_mark {
    int source;
    int64_t t;
    uint64_t what; /* equal in all runs where the same begins */
};

struct align;
/* The meeting points are those marks that every run comes to, in the order of the first run; what
 * another run does much earlier or later is none. */
struct align *align_new(const struct align_mark *marks, size_t count, size_t sources);
void align_free(struct align *align);
size_t align_points(const struct align *align);

/* A run's time on the screen's clock; never falls as t rises. */
int64_t align_time(const struct align *align, int source, int64_t t);

#endif
