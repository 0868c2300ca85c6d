/* suite: one row a suite: its phases and the function that runs them on a lane. */
#ifndef SUITES_SUITE_H
#define SUITES_SUITE_H

#include "suites/lane.h"

struct suite {
    enum suite_id id;
    const char *title;
    const char *about; /* one line for --help and the help view */
    /* Fill the plan's phases from the options. */
    void (*plan)(struct plan *plan, const struct options *options);
    /* One pass on one endpoint: every planned phase gets a phase_start and phase_end. */
    void (*run)(struct lane *lane, const struct endpoint *endpoint, int pass);
};
const struct suite *suite_of(enum suite_id id); /* NULL: not built */
void plan_add(struct plan *plan, const char *phase);

#endif
