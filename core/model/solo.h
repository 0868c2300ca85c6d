/* solo: may this machine's figures be trusted right now? A fold of a board into CLEAN or reasons,
 * each with what to do about it (protocol 3, solo). */
#ifndef MODEL_SOLO_H
#define MODEL_SOLO_H

#include "model/board.h"

#define SOLO_REASONS_MAX 48
#define SOLO_PHASES 3     /* cold, warm, prefix-test-1: the prompts of agentic 1-3 */
#define SOLO_DIFFERS 0.15 /* from the last good run, either way */
extern const char *const solo_phases[SOLO_PHASES];

/* What an endpoint gave in its last good run: same engine, model, machine, workload and thinking.
 */
struct solo_reference {
    bool known;
    char run[64];                /* its id */
    double ttft_ms[SOLO_PHASES]; /* medians; NaN if absent */
    double decode_tps[SOLO_PHASES];
};

struct solo_reason {
    int ep; /* -1: the machine */
    char what[200];
    char todo[200];
};
struct solo {
    struct solo_reason reasons[SOLO_REASONS_MAX];
    size_t count; /* 0: clean */
};

/* `references`: one an endpoint, or NULL where nothing is to be held against (the header's state).
 */
void solo_judge(struct solo *out, const struct board *board,
                const struct solo_reference *references);

/* Fill the reference of `endpoint` from a finished board; false when that board is no good run of
 * the same engine, model, machine, workload and thinking (other than complete, any gate tripped …).
 */
bool solo_reference_from(struct solo_reference *out, const struct board *good,
                         const struct board *now, int ep);

#endif
