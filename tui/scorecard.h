/* scorecard: the scores of a quality suite as a table: its turns across, repeats behind each other;
 * and what one endpoint has in it. Pure, and draws nothing. */
#ifndef TUI_SCORECARD_H
#define TUI_SCORECARD_H

#include "model/pass_k.h"
#include "rows.h"

enum score_mark {
    SCORE_WAITING,
    SCORE_CLEAN,
    SCORE_PARTLY, /* some of the points, or right in some repeats only */
    SCORE_FAILED,
    SCORE_FAULT /* the engine's: not scored */
};

struct scorecard_turn {
    int turn;
    const char *item; /* borrowed */
};
struct scorecard {
    enum suite_id suite;
    struct scorecard_turn *turns; /* all that any row has shown so far, in order */
    int count;
    size_t capacity;
    int in_pass; /* repeats in a pass */
    int repeats; /* that any row has begun, over all passes */
};
/* Over all rows: what one row has shown is what the others wait for. The drift control's pass is
 * left out. */
void scorecard_collect(const struct rows *rows, enum suite_id suite, struct scorecard *out);
void scorecard_done(struct scorecard *card);

struct scored {                   /* an endpoint's phase */
    const struct score_line **at; /* [repeat * card->count + turn]; NULL: not yet */
    int size;
    int running; /* place of the turn that runs; may be one behind the last; -1: none */
    int scored, faults, failed;
    double points; /* of the scored ones */
    struct pass_k pass_k;
};
void scored_read(const struct scorecard *card, const struct row_ref *ref, int column,
                 struct scored *out);
void scored_done(struct scored *scored);

/* Percent; NaN when nothing is scored. */
double scored_mean(const struct scored *scored);

enum score_mark scored_mark(const struct score_line *line); /* NULL: waiting */
/* A turn over its repeats; `clean`: in how many of them it was right. */
enum score_mark scored_turn(const struct scorecard *card, const struct scored *scored, int turn,
                            int *clean);

/* What failed, the most frequent first: "2 empty-object, 1 !http_5xx"; "" when nothing did. */
void scored_failures(const struct scored *scored, char *out, size_t size);

#endif
