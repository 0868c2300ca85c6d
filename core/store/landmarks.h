/* landmarks: where things are in saved runs, for jumps and the scrub bar. The one table of which
 * events are worth a jump, and the list made of them and of what the boards judged. */
#ifndef STORE_LANDMARKS_H
#define STORE_LANDMARKS_H

#include "model/board.h"
#include "store/align.h"

enum landmark_kind {
    LANDMARK_PHASE,   /* one begins */
    LANDMARK_RUN_END, /* the run is over */
    LANDMARK_NOTE,    /* from warn on */
    LANDMARK_ERROR,   /* a call failed */
    LANDMARK_GATE,    /* one tripped */
    LANDMARK_VERDICT  /* one was told, or became another */
};

struct landmark {
    int64_t t; /* on the screen's clock */
    int source;
    enum landmark_kind kind;
    int ep;                        /* -1: of none */
    char text[64];                 /* visible characters */
    int64_t own_us;                /* by the run's own time */
    uint64_t phase_key, suite_key; /* of LANDMARK_PHASE: the same in every run */
};

struct landmarks { /* zeroed: empty */
    struct landmark *at;
    size_t count, capacity;
};
void landmarks_done(struct landmarks *marks);

/* Whether a line of a log may be a landmark, by a cheap look at its text from the kind's word on:
 * true may be wrong, false never is. */
bool landmarks_may(const char *word);
/* Add the event of run `source`, if it is a landmark. `t`: its place in the log's order. */
void landmarks_event(struct landmarks *marks, int source, int64_t t, const struct event *event);
/* Add the gates and verdicts of run `source`, folded. */
void landmarks_judgements(struct landmarks *marks, int source, const struct board *board);

/* By its own time: when the first run begins this phase of its endpoint `ep`; -1: it never does. */
int64_t landmarks_phase(const struct landmarks *marks, int ep, enum suite_id suite,
                        const char *phase, int pass);
/* How the runs meet: at every phase, or at the first phase of each suite. The caller's to free. */
struct align *landmarks_align(const struct landmarks *marks, enum align_mode mode, size_t sources);
/* Put them on this clock, in order of its time. */
void landmarks_place(struct landmarks *marks, const struct align *align);

#endif
