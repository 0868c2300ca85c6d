/* quality: the suites that ask whether an answer is right: conversations of fixed turns, single
 * questions, and episodes that the model itself ends. */
#ifndef SUITES_QUALITY_H
#define SUITES_QUALITY_H

#include "suites/suite.h"

extern const struct suite suite_tool_call, suite_tool_call_stress, suite_thinking_ablation;
extern const struct suite suite_think_probes, suite_instruct, suite_code_traps;
extern const struct suite suite_recovery, suite_research_brief, suite_order_control,
    suite_loop_search;
extern const struct suite suite_endurance;

/* The one phase of most of them, and the plan that has it. */
#define QUALITY_PHASE "run"
void quality_plan(struct plan *plan, const struct options *options);

/* The end of the talk's phase: done, or what interrupted it; skipped when the endpoint does not
 * answer any more. False when stopped. */
struct talk;
bool quality_phase_close(struct talk *talk);

#endif
