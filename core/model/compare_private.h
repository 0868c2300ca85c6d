/* compare_private: what the files of compare share. Not for anybody else. */
#ifndef MODEL_COMPARE_PRIVATE_H
#define MODEL_COMPARE_PRIVATE_H

#include "model/board_private.h"
#include "model/compare.h"

struct compared {
    enum metric_id metric;
    bool tokens;  /* rests on token counts */
    bool outcome; /* says itself whether the rest may be trusted: no gate bars it */
    bool defined; /* tools define it differently */
    bool many;    /* of many calls: of a single one the others say it */
};
struct unit {
    int number; /* of the pass, or of the call in its only pass */
    double values[METRIC_COUNT];
};
struct units {
    struct unit *at;
    size_t count, capacity;
};

/* One of the two cells. */
struct side {
    const struct board *board;
    int ep, column;
    const struct cell *cell;
    struct units units;
};

/* ---- units ---- */

/* Passes that count: ended, and not the drift control's. */
size_t compare_passes(const struct cell *cell);
/* Whether the suite's calls are made one after the other. */
bool compare_one_by_one(enum suite_id suite);
/* Of each pass, or of each call (`calls`); the caller frees `at`. */
struct units compare_units(const struct board *board, int ep, int column, bool calls);

/* ---- bars ---- */

/* The first reason there is, with its detail; BAR_NONE. */
enum compare_bar compare_bar_of(const struct side *a, const struct side *b,
                                const struct compared *what, char *detail, size_t size);

#endif
