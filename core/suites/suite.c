#include "suites/suite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "suites/agentic.h"
#include "suites/burst.h"
#include "suites/quality.h"
#include "suites/solo.h"
#include "suites/tick.h"

/* What is built so far; a suite is one row here and one file. */
static const struct suite *const suites[] = {&suite_agentic,
                                             &suite_burst,
                                             &suite_tick,
                                             &suite_solo,
                                             &suite_tool_call,
                                             &suite_tool_call_stress,
                                             &suite_thinking_ablation,
                                             &suite_recovery,
                                             &suite_think_probes,
                                             &suite_instruct,
                                             &suite_research_brief,
                                             &suite_order_control,
                                             &suite_loop_search,
                                             &suite_code_traps,
                                             &suite_endurance};

const struct suite *suite_of(enum suite_id id) {
    for (size_t i = 0; i < COUNT_OF(suites); i++)
        if (suites[i]->id == id)
            return suites[i];
    return NULL;
}

void plan_add(struct plan *plan, const char *phase) {
    plan->phases = mem_resize(plan->phases, plan->phase_count + 1, sizeof *plan->phases);
    copy_text(plan->phases[plan->phase_count++], PHASE_MAX, phase);
}
