/* quality_trace: what a model did in an episode that it ended itself, and what that is worth. Pure.
 */
#ifndef SUITES_QUALITY_TRACE_H
#define SUITES_QUALITY_TRACE_H

#include "suites/score.h"

struct step { /* a tool call, in order */
    char *name, *arguments;
    bool valid; /* a tool there is, arguments that conform */
};

struct trace {
    struct step *steps;
    size_t count, capacity;
    char *answer;        /* the last text without a call; NULL: it never came */
    bool capped;         /* the cap of calls ended it */
    struct score broken; /* what broke it off: an engine's fault or a cut answer; else clean */
};

void trace_init(struct trace *trace);
void trace_done(struct trace *trace);
void trace_add(struct trace *trace, const struct tool_call *call, bool valid);
/* Calls of this tool; `valid_only`: those that conform. */
size_t trace_calls(const struct trace *trace, const char *tool, bool valid_only);

/* The scores below read the episode's description: "fix" {tool, member, value}, "sections" [name],
 * "deliver" {tool, member}, "order" [tool], "search" (a tool), "fails" (a tool). */

/* A tool failed: was a later call one that addresses the error, or the failing one again? */
void trace_recovery(struct score *score, const struct trace *trace, const struct cJSON *episode);
/* The answer holds every section. */
void trace_brief(struct score *score, const struct trace *trace, const struct cJSON *episode);
/* The tool that delivers was called, with every section in its text. */
void trace_delivery(struct score *score, const struct trace *trace, const struct cJSON *episode);
/* Every tool was called, in this order. */
void trace_order(struct score *score, const struct trace *trace, const struct cJSON *episode);
/* The searching ended by itself, and what was found was delivered: after a search, not before it.
 */
void trace_search(struct score *score, const struct trace *trace, const struct cJSON *episode);

#endif
