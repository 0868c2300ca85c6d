/* verdict: what a suite says in one word, with its evidence (protocol 3). */
#ifndef MODEL_VERDICT_H
#define MODEL_VERDICT_H

#include "model/call.h"

struct board;

enum verdict_id {
    VERDICT_REUSE,
    VERDICT_SNAPSHOT,
    VERDICT_SERIALISATION,
    VERDICT_DRIFT,
    VERDICT_COUNT
};
const char *verdict_word(enum verdict_id id);  /* "prefix_reuse" */
const char *verdict_title(enum verdict_id id); /* "prefix reuse" */

struct verdict {
    int ep;
    enum suite_id suite;
    enum verdict_id id;
    char phase[PHASE_MAX]; /* the burst's size, else "" */
    char value[24];        /* "YES" "NO" "slots(4)" … ; "" = not known yet */
    double ratio;          /* reuse: median over passes of median(prefix-test)/cold; NaN */
    double reuse_fraction; /* Σ cached / Σ prompt over prefix-test phases; NaN if not reported */
    double efficiency;     /* (cold − prefix)/(cold − floor), 0..1; NaN if warm/cold > 0.5 */
    double ceiling;        /* best ratio that perfect reuse could reach: user share; NaN */
    bool suspect_cold;     /* cold and cold-other differ by more than the limit */
    bool witnesses_disagree;
    char evidence[240]; /* one line for a person */
};

/* Recompute the endpoint's verdicts that rest on this phase, after it ended in this pass. */
void verdict_refresh(struct board *board, int ep, int column, int pass);

/* The reuse verdict from figures alone (testable): per pass TTFT of cold, warm, the three prefix
 * tests (NaN if missing); shares by characters. */
struct reuse_pass {
    double cold, warm, prefix[3], cold_other;
};
struct reuse_input {
    const struct reuse_pass *passes;
    size_t count;
    double user_share;
    double cached, prompt; /* sums over prefix tests; NaN if not reported */
};
void verdict_reuse(struct verdict *out, const struct reuse_input *input,
                   const struct limits *limits);

#endif
