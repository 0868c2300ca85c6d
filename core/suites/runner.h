/* runner: a whole run: lanes, order of engines over passes, and the end. */
#ifndef SUITES_RUNNER_H
#define SUITES_RUNNER_H

#include "suites/suite.h"

struct runner;

/* Fill run (plans, salt, seed, passes, endpoints) from options; what the caller has set (id,
 * version, started, options) stays. */
void runner_plan(struct run *run, const struct options *options);

/* Order of `count` engines in pass `pass`: a seeded Latin-square row, balanced over passes. */
void runner_order(uint64_t seed, int pass, size_t count, int *order);

/* A run without endpoints is one of this machine alone, as long as a few samples take.
 *
 * Starts one thread a lane; takes nothing (bench must live until runner_free). A lane that is done
 * waits for a retry until all are done; then run_end is pushed, the last event of the run's lanes:
 * `complete`, or `stopped` when any lane was stopped.
 *
 * Interleaved, each pass visits the engines of a lane in another order (runner_order). With more
 * than one engine in a lane that means starting and stopping each at its visit, or loading and
 * unloading its model by the engine's own requests; where an endpoint offers neither the lane falls
 * back to blocked, and says so. Blocked: one engine after the other with all its passes, then the
 * first again as drift control, with pass = run->passes (one more than was planned: not a pass of
 * the figures). */
struct runner *runner_start(struct bench *bench);
void runner_command(struct runner *runner, enum lane_command command, int ep);
void runner_stop(struct runner *runner); /* all lanes; returns at once */
void runner_free(struct runner *runner); /* joins */

/* The lane's work, called by its thread: every suite, pass and endpoint of the lane in order. */
void runner_visit(struct lane *lane, const int *eps, size_t count);

#endif
