/* compare: two endpoints' figures side by side, phase by phase, with how sure a difference is, or
 * the reason why they must not be compared (protocol 5). Folds boards; knows no report, no screen.
 *
 * The unit is the pass: the calls of one pass share its heat, its cache and its queue. Of a call's
 * metric a pass counts with its median. Only where both sides have a single pass of calls made one
 * after the other the calls are the units. Units that both sides have are compared in pairs. A
 * difference of at most 1 % is none, however sure. */
#ifndef MODEL_COMPARE_H
#define MODEL_COMPARE_H

#include "model/board.h"
#include "model/bootstrap.h"

enum compare_verdict { COMPARE_BETTER, COMPARE_WORSE, COMPARE_NONE, COMPARE_NOT, COMPARE_COUNT };
const char *compare_word(enum compare_verdict verdict); /* "no difference shown" */

/* Why two figures are not compared. */
enum compare_bar {
    BAR_NONE,
    BAR_WORKLOAD,
    BAR_SALT,
    BAR_MACHINE,
    BAR_POWER_MODE,
    BAR_THINKING,
    BAR_GATE,
    BAR_TOKEN_SOURCE,
    BAR_TEMPLATE,
    BAR_DEFINITION,
    BAR_COUNT
};
const char *compare_bar_word(enum compare_bar bar); /* "other workload" */

/* Name of the capability by which an imported endpoint tells how its tool defines its figures. */
#define COMPARE_DEFINITION "definition"

struct compare_row { /* a is what b is held against */
    int ep_a, ep_b;
    enum suite_id suite;
    char phase[PHASE_MAX];
    enum metric_id metric;
    double a, b;     /* medians */
    size_t n_a, n_b; /* units */
    struct ratio ratio;
    double p_set; /* p with Holm's correction over all rows; NaN */
    enum compare_verdict verdict;
    enum compare_bar bar;
    char detail[96]; /* of the bar, or why no difference can be shown; "" */
};

struct compare {
    struct compare_row *rows; /* by endpoint, suite, phase, metric */
    size_t count, capacity;
    struct ratio_memo *memo; /* borrowed; NULL: none */
};

/* Endpoints of both boards matched by name, else by engine and model where only one has these. */
void compare_boards(struct compare *out, const struct board *a, const struct board *b);
/* The same in one metric alone, and in the scores of quality suites. `memo` may be NULL. */
void compare_metric(struct compare *out, const struct board *a, const struct board *b,
                    enum metric_id metric, struct ratio_memo *memo);
/* Endpoints that name a baseline, against it. */
void compare_baselines(struct compare *out, const struct board *board);
/* One endpoint against another, in one metric. */
void compare_endpoints(struct compare *out, const struct board *a, int ep_a, const struct board *b,
                       int ep_b, enum metric_id metric);
void compare_done(struct compare *compare);

/* Is the metric compared at all? (Not one that says the same as another, or nothing better.) */
bool compare_knows(enum metric_id metric);
/* The endpoint that this one names as its baseline; -1 none. */
int compare_baseline(const struct board *board, int ep);

/* The endpoint of `in` that stands for `ep` of `board`; -1 none. */
int compare_match(const struct board *board, int ep, const struct board *in);
/* NULL: no such row. */
const struct compare_row *compare_find(const struct compare *compare, int ep_b, enum suite_id suite,
                                       const char *phase, enum metric_id metric);
/* Worse by more than `percent`, with the whole interval beyond it, also among all rows. */
bool compare_worse_by(const struct compare_row *row, double percent);
/* A difference that stands among all rows of its set, too. */
bool compare_holds(const struct compare_row *row);

#endif
