/* volley: the calls of one phase of one endpoint in one pass, as the burst view shows them: which,
 * in what order, over what time, and what they made together. Draws nothing. */
#ifndef TUI_VOLLEY_H
#define TUI_VOLLEY_H

#include "rows.h"

struct volley {
    const struct board_call **calls; /* owned array; of the pass that runs or ran last */
    int count;
    int column, pass;
    bool in_turn;           /* one after the other (tick): bars begin at their own start */
    int64_t from_us, to_us; /* first start to last end, or now while one runs */
    int64_t longest_us;     /* of one call */
    int64_t alone_us;       /* callview_alone_us */
    bool running;
};
/* Phases that are shown so: bursts and ticks. */
bool volley_shows(const struct board *board, int column);
/* The column to show: the chosen one if it is such a phase, else the one that runs, else the last
 * with calls, else the first; -1: none. */
int volley_column(const struct row_ref *ref, const struct ui *ui);
/* In order of start, or of finish with those that run last. */
void volley_collect(const struct row_ref *ref, int column, bool by_finish, struct volley *out);
void volley_done(struct volley *volley);
/* Place of the selected call; 0 when it is not among them. */
int volley_selected(const struct volley *volley, const struct ui *ui);

/* Calls in flight, calls that decode, and tokens a second, over the volley's time; caller
 * series_done. Tokens are spread evenly between a call's first and last one. */
void volley_open(const struct volley *volley, int64_t now_us, struct series *out);
void volley_decoding(const struct volley *volley, int64_t now_us, struct series *out);
void volley_tps(const struct volley *volley, int64_t now_us, struct series *out);
/* One value a call at its start: TTFT ms, decode t/s of ok calls. */
void volley_values(const struct volley *volley, enum metric_id metric, struct series *out);
/* TTFT or latency of ok calls, ms, ascending. */
void volley_sorted(const struct volley *volley, enum metric_id metric, struct values *out);

#endif
