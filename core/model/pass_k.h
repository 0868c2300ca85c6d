/* pass^k: how reliable a model is, not how good on average: the share of a phase's turns that were
 * right in every one of their k repeats. Pure; reads a board. */
#ifndef MODEL_PASS_K_H
#define MODEL_PASS_K_H

#include "model/board.h"

/* The points of a turn that is right: all of them, but for what a log's decimals cost. */
#define POINTS_RIGHT 0.999

struct pass_k {
    int k;     /* repeats of the turn that was scored most often; 0: nothing is scored */
    int turns; /* scored k times: of the others nobody knows */
    int held;  /* right in every repeat */
};

/* The estimator of tau-bench (Yao et al. 2024, arXiv 2406.12045, section 3) is the mean over tasks
 * of C(c, k) / C(n, k), c right ones of n trials; with k = n, as here, a task counts 1 when all of
 * its trials are right, else 0. A repeat that the engine failed is not the model's and not among
 * its turn's n; a turn with n < k has no pass^k. The drift control's pass is left out. A turn is
 * told by its number and its item. */
void pass_k_of(const struct board *board, int ep, int column, struct pass_k *out);
/* pass^k for this k, 100 × held / turns; NaN when nothing is scored, or not so often: the pass^1 of
 * a run that was stopped is no pass^3. */
double pass_k_percent(const struct pass_k *pass_k, int k);
/* Whether the score belongs to a pass of the run, and not to the drift control. */
bool pass_k_counts(const struct board *board, const struct score_line *line);

#endif
