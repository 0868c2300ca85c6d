/* survey: saved runs read ahead of their replay. Folds each log once on a board of its own and
 * keeps copies of it on the way (checkpoints), so that a replay can be anywhere soon, and the whole
 * run's judgements. The copies take CHECKPOINTS_BYTES at most, or so many that every second one
 * goes and the rest lie twice as far apart. Knows nothing of pace, clocks and screens. */
#ifndef STORE_SURVEY_H
#define STORE_SURVEY_H

#include "model/board.h"
#include "store/merge.h"

#define CHECKPOINTS_BYTES ((size_t)192 << 20) /* of all logs together */

struct checkpoint {
    struct merge_place place; /* where in the log the board stands */
    struct board *board;
    size_t bytes;
};

struct survey;
/* NULL and `error` when a log can't be opened. */
struct survey *survey_new(const char *const *paths, size_t count, struct error *error);
void survey_free(struct survey *survey);

/* Fold up to so many events more. False once all is folded. */
bool survey_step(struct survey *survey, size_t events);
/* Whether all logs are folded beyond `to_us` of the clock, or to their ends. */
bool survey_reaches(const struct survey *survey, const struct align *align, int64_t to_us);
/* The last checkpoint of a log at or before `to_us` of the clock, or its beginning. Borrowed until
 * the next step. */
const struct checkpoint *survey_before(const struct survey *survey, int source,
                                       const struct align *align, int64_t to_us);
/* The first failure to read; NULL if there was none. */
const struct error *survey_error(const struct survey *survey);
/* A log's board as far as it is folded. Borrowed. */
const struct board *survey_board(const struct survey *survey, int source);

#endif
