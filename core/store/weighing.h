/* weighing: a board's endpoints on the weights: each part's score and where it comes from
 * (published figures by the model's id, measured ones from the suites), the weighted score, the
 * groups that may be ranked. Knows no format. */
#ifndef STORE_WEIGHING_H
#define STORE_WEIGHING_H

#include "model/board.h"
#include "store/published.h"

struct weighed {                             /* an endpoint */
    const char *model;                       /* its id; NULL */
    const struct published_model *published; /* NULL: no figures are known for it */
    struct published_model merged;           /* what `published` points to: see weighing_init */
    char *over;                              /* words of the id that were not compared */
    struct part_scores scores;
    int turns[PART_COUNT];   /* measured parts: scored turns; 0: imported */
    bool barred[PART_COUNT]; /* measured, and a gate that unranks is tripped */
    struct weighted weighted;
    double resident_gb, per_gb; /* largest RSS over the phases, in GiB; NaN */
    unsigned per_gb_missing;    /* bit per part */
};

struct weighing {
    const struct board *board;
    const struct weights *weights;
    struct published *figures;
    struct weighed *rows; /* by ep */
    size_t count;
};

/* `own`: the user's published figures, NULL: none. A figure of theirs goes before the built-in one
 * of the same model and part; what they do not name stays. All is borrowed. */
void weighing_init(struct weighing *weighing, const struct board *board,
                   const struct weights *weights, const struct published *own);
void weighing_done(struct weighing *weighing);

/* Groups of one coverage (the same parts), the widest coverage first: the bits of the next one
 * behind `known`; start with 0, ends with 0. */
unsigned weighing_next(const struct weighing *weighing, unsigned known);
/* Members of a group, best first; returns how many. */
size_t weighing_rank(const struct weighing *weighing, unsigned known, int eps[ENDPOINTS_MAX]);
bool weighing_sensitivity(const struct weighing *weighing, unsigned known, struct sensitivity *out);
/* Why a part is absent: one phrase. */
const char *weighing_absence(const struct weighing *weighing, int ep, enum part_id part);

#endif
