/* absent: why a figure is not there, or not ranked, in a sentence for a person: what is missing and
 * what to do about it. One table of figures × circumstances (absent.c); the first row that holds
 * tells. Asks the board only: what a machine can't tell of itself stands in the log as a
 * `capability` of its endpoints, named by machine_figure_word, with the reason as evidence. */
#ifndef MODEL_ABSENT_H
#define MODEL_ABSENT_H

#include "model/board.h"

#define ABSENT_TEXT 320

/* What a machine may tell of itself. */
enum machine_figure {
    MACHINE_ENERGY,
    MACHINE_THERMAL,
    MACHINE_SWAP,
    MACHINE_PRESSURE,
    MACHINE_MEMORY, /* of the engine's processes */
    MACHINE_POWER,  /* where its power comes from */
    MACHINE_FIGURE_COUNT
};
const char *machine_figure_word(enum machine_figure figure); /* "energy": in the log */
/* Whether a sample has it; `energy` from elsewhere: rails may be silent in one sample. */
bool machine_figure_told(const struct sample *sample, enum machine_figure figure, bool energy);

/* Why board_value gives nothing for this figure; never empty for one that is absent. False, and "",
 * when it is there, or when there is no such cell. */
bool absent_why(const struct board *board, int ep, int column, enum metric_id metric,
                enum stat_id stat, char out[ABSENT_TEXT]);

/* Why a figure that is there is not compared with others'. False, and "", when it is, or where
 * nothing is compared by this metric. */
bool absent_unranked(const struct board *board, int ep, int column, enum metric_id metric,
                     char out[ABSENT_TEXT]);

/* Why the newest sample of the endpoint's machine lacks a figure. False, and "", when it is there.
 */
bool absent_machine(const struct board *board, int ep, enum machine_figure figure,
                    char out[ABSENT_TEXT]);

#endif
