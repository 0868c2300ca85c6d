/* weights: the weighted score of protocol 6: parts with weights, a sum over the weight that is
 * known, how far it hangs on the weights, and AgentScorePerGB. Pure; knows nothing of where the
 * parts' scores come from. Scores are 0..1, NaN = absent. */
#ifndef MODEL_WEIGHTS_H
#define MODEL_WEIGHTS_H

#include <stdint.h>

#include "base/util.h"
#include "model/endpoint.h"

/* Published benchmarks, then what the suites measure. A measured suite is never a benchmark of
 * another name: tool-call is no BFCL. */
enum part_id {
    PART_SWE,
    PART_BFCL,
    PART_TERMINAL,
    PART_LIVEBENCH,
    PART_LONG_HORIZON,
    PART_TOOL_CALL,
    PART_TOOL_CALL_STRESS,
    PART_RECOVERY,
    PART_THINKING,
    PART_INSTRUCT,
    PART_RESEARCH_BRIEF,
    PART_ORDER_CONTROL,
    PART_LOOP_SEARCH,
    PART_CODE_TRAPS,
    PART_COUNT
};
const char *part_word(enum part_id part);  /* "swe-bench-verified": in files */
const char *part_title(enum part_id part); /* "SWE-bench Verified" */
int part_find(const char *word);           /* -1 unknown */
const char *part_near(const char *word);   /* the part that was likely meant; NULL */
/* The suite that measures it; -1: it is published. */
int part_suite(enum part_id part);

struct weights {
    double of[PART_COUNT]; /* >= 0; 0: not in the score */
};
struct part_scores {
    double of[PART_COUNT];
};
/* The panel's section 7: 35, 25, 20, 10, 10. */
void weights_default(struct weights *weights);
void part_scores_init(struct part_scores *scores); /* all absent */

struct weighted {
    double score;     /* over the known weight; NaN when nothing is known */
    double coverage;  /* known weight of 100 */
    unsigned known;   /* bit per part: it has a weight and a score */
    unsigned missing; /* bit per part: it has a weight and no score */
};
struct weighted weights_score(const struct weights *weights, const struct part_scores *scores);

/* How far the winner hangs on the weights. Only scores made of the same parts are held against each
 * other: `known` names the group. Sets of entries are bits by index, ties lead together. */
struct sway { /* a weight moved, and others lead */
    enum part_id part;
    double factor; /* 0.8 or 1.2 */
    uint64_t leaders;
};
struct sensitivity {
    uint64_t members, leaders;
    struct sway sways[2 * PART_COUNT];
    size_t sway_count;
};
#define WEIGHTS_SWAY 0.2
/* False when the group has fewer than two members. `count` is at most ENDPOINTS_MAX. */
bool weights_sensitivity(const struct weights *weights, const struct part_scores *entries,
                         size_t count, unsigned known, struct sensitivity *out);

/* (0.5 SWE + 0.3 BFCL + 0.2 Terminal-Bench) / resident GB (protocol 6). NaN when a part or the
 * memory is missing; `missing` gets a bit per part that is. */
double weights_per_gb(const struct part_scores *scores, double resident_gb, unsigned *missing);

#endif
