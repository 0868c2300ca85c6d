/* resume: a run taken up again: what of its plan is still to be measured, and where its clock, its
 * ids and its salts go on. The unit is a suite's pass on an endpoint: its phases need the state
 * that the ones before them left in the engine, so one that did not end is measured anew as a
 * whole. A phase that was skipped has ended, unless the engine was down then. */
#ifndef SUITES_RESUME_H
#define SUITES_RESUME_H

#include "model/board.h"

struct resume {
    struct run run;       /* header of the run that goes on */
    int64_t base_us;      /* its clock goes on here */
    int64_t next_id;      /* of a call */
    int attempt;          /* salts are drawn from here on: engines still hold older prompts */
    bool *missing;        /* by endpoint, suite and pass; one pass more for the drift control */
    size_t units, wanted; /* of the plan; missing ones among them */
};

/* From the run as it was saved (all its logs). False and `error`: nothing is missing, it was not
 * measured by `pitwall run`, or its clock or ids stand where no log could hold what follows. On
 * true the caller calls resume_done. */
bool resume_init(struct resume *resume, const struct board *board, struct error *error);
void resume_done(struct resume *resume);

/* Whether it is to be measured; always of a new run (NULL). Pass `passes` is the drift control. */
bool resume_wants(const struct resume *resume, int ep, enum suite_id suite, int pass);
bool resume_wants_visit(const struct resume *resume, int ep, int pass); /* any suite of it */
bool resume_wants_endpoint(const struct resume *resume, int ep);        /* any pass of it */

/* Whether `now`, as planned here and today, is the same run on the same machine; else `error`. */
bool resume_fits(const struct resume *resume, const struct run *now, struct error *error);

#endif
