/* board_private: what the board's files share and nobody else sees. One file a noun: board.c (the
 * dispatch, what is not a call or a sample), board_cell.c (phases, passes), board_calls.c (calls
 * and their texts), board_samples.c (lanes, live series), board_pass.c (figures of a pass),
 * board_look.c (look-ups); gate.c and verdict.c read the records. */
#ifndef MODEL_BOARD_PRIVATE_H
#define MODEL_BOARD_PRIVATE_H

#include "model/board.h"
#include "model/energy.h"

/* What a lane's samples said within a phase. */
struct watch {
    int samples, hot_samples; /* hot: thermal level above nominal */
    double swap_start, swap_peak, swapouts_start, swapouts_last;
    enum thermal thermal; /* highest */
    double rss_mb, footprint_mb, kv_tokens;
    int processes;               /* most processes of the endpoint's own engine at once */
    int others;                  /* most other engines' processes at once */
    int other_engine, other_pid; /* the first of them; -1 none */
};
#define PASS_METRICS (METRIC_SCORE - METRIC_WALL + 1)
#define NO_SLOT UINT32_MAX

/* When nothing was asked of the machine: what it drew then is the idle baseline. */
struct rest {
    int64_t from_us, to_us; /* MARK_NONE: not seen yet */
};

/* What a cell keeps of a pass: enough for gates and verdicts to never walk old calls again. */
struct pass_record {
    int pass, attempt;
    bool open;
    bool control; /* the drift control: one pass more than planned, in no figure (runner.h) */
    enum phase_status status;
    bool down;  /* skipped because the engine did not answer */
    bool again; /* of a pass that is measured anew since the run was resumed, and it is its turn */
    int64_t started_us, ended_us;
    size_t first_call, end_call; /* of the row's calls; others may lie between */
    struct watch watch;
    double suite_swap, suite_swapouts;         /* at the start of the suite's pass; NaN */
    double values[PASS_METRICS];               /* from METRIC_WALL on */
    uint32_t slots[PASS_METRICS];              /* where in the cell's values; NO_SLOT */
    int64_t energy_until_us;                   /* end of the last decode window; MARK_NONE */
    double decode_cover, prefill_cover;        /* 0..1: of those windows, by publications; NaN */
    struct rest rest;                          /* the machine at rest, as known when it began */
    int finished, valid;                       /* calls, without those cancelled by hand */
    int truncated, reasoned, chunk_counted;    /* calls of gates */
    int64_t truncated_tokens, truncated_chars; /* the worst truncated prompt */
    int early, early_of; /* calls that stopped early in this phase / the pass */
    int early_in_pass;
    int64_t early_tokens; /* the shortest of them */
    double early_median;
    char early_finish[16];
    double template_differs; /* share; to which endpoint */
    int template_peer;
    double ttft_ms;                     /* median of ok calls; NaN */
    double prompt, cached;              /* Σ tokens of ok calls; NaN when one is unknown */
    double prompt_mean;                 /* of those known */
    int64_t prompt_chars, shared_chars; /* Σ */
    int points_times_1000, turns;
};

/* A row while it runs. */
#define LIVE_POINTS 128 /* at 10 a second: longer than any publication gap that counts */
struct live_point {
    int64_t t_us;
    double tokens;
};
struct pending { /* a pass whose energy may still become better known */
    int column;
    size_t record;
};
#define PENDING_MAX 16
struct live {
    int lane; /* of board->lanes */
    int decoding;
    double tokens;    /* seen so far, all calls */
    double per_chunk; /* tokens a chunk brings, as the last call that told both had it; 1 */
    struct live_point points[LIVE_POINTS];
    size_t first, count;         /* ring */
    int64_t base_us, plotted_us; /* decode began; last point of SERIES_TPS */
    double plotted_tokens;
    int suite, pass; /* whose baseline these are */
    double suite_swap, suite_swapouts;
    struct rest rest; /* the newest */
    struct pending pending[PENDING_MAX];
    size_t pending_count;
    unsigned short_answers; /* bit per suite: the median was noted once */
};

/* board_copy.c: what the copies of parts share. NULL for none; `bytes` grows by what it takes. */
void *board_copy_items(const void *from, size_t count, size_t size, size_t *bytes);
char *board_copy_string(const char *from, size_t *bytes);

/* board.c */
void board_nonsense(struct board *board, const char *what, int64_t which);
void board_note(struct board *board, int64_t t, enum note_level level, int ep, const char *text);

/* A gate tripped (`tail`: the phase) or a verdict was told (its word). */
void board_judged(struct board *board, int ep, bool is_gate, const char *what, const char *tail);

/* board_cell.c */
#define PASSES_MAX 1000
int board_column_make(struct board *board, enum suite_id suite, const char *phase, bool planned);
void cell_done(struct cell *cell);
bool pass_is_control(const struct board *board, int pass);
struct pass_record *pass_find(const struct cell *cell, int pass);
struct pass_record *pass_make(struct board *board, int ep, int column, int pass);
bool pass_counts(const struct pass_record *record); /* as done, for the progress */
/* The run was resumed: what it measures anew no longer counts as done (suites/resume.h). */
void passes_reopen(struct board *board);
void cell_retry(struct board *board, int ep, int column, struct pass_record *record);
void cell_replace_call(struct board *board, const struct call *by, int column,
                       struct pass_record *record);
void pass_settle(struct board *board, int ep, int column, struct pass_record *record);
void cell_rank(struct board *board, int ep, int column);
void apply_phase_start(struct board *board, int64_t t, const struct event_phase *phase);
void apply_phase_end(struct board *board, int64_t t, const struct event_phase *phase);
void apply_score(struct board *board, const struct event_score *score);
void apply_figure(struct board *board, const struct event_figure *figure);

/* board_calls.c */
struct call_index *call_index_new(void);
void call_index_free(struct call_index *index); /* and the calls */
/* Index and rows of `board`, a copy else, get copies of the calls of `from`. */
void calls_copy(struct board *board, const struct board *from, size_t *bytes);
struct board_call *call_find(const struct board *board, int64_t id); /* NULL */
/* An ok call's figures, each to the values of its metric. */
void call_values(struct values *values, const struct board_call *call);
void cell_fold_call(struct cell *cell, const struct board_call *call, bool started);
/* The row's TTFT series anew, of the calls that still count. */
void calls_replot(struct row *row);
bool call_is_of(const struct board_call *call, int column, int pass);
void apply_call_start(struct board *board, int64_t t, const struct event_call_start *start);
void apply_first_token(struct board *board, int64_t t, const struct event_first_token *first);
void apply_progress(struct board *board, int64_t t, const struct event_progress *progress);
void apply_call_end(struct board *board, int64_t t, const struct call *call);

/* board_texts.c */
void texts_free(struct texts *texts);
/* The same calls of `board`, whose calls are copied already. */
void texts_copy(struct board *board, const struct board *from, size_t *bytes);
void texts_server(struct board *board, struct board_call *call, const char *server);
void apply_call_output(struct board *board, const struct event_call_output *output);

/* board_samples.c */
int board_lane_make(struct board *board, const char *name);
void lane_done(struct lane_state *lane);
/* Its next sample does not follow the last: counters may have started anew meanwhile. */
void lane_break(struct lane_state *lane, int64_t t);
/* The lane, a plain copy of another's, gets its own of all that is owned. */
void lane_copy(struct lane_state *lane, size_t *bytes);
void apply_sample(struct board *board, int64_t t, const struct sample *sample);

/* board_watch.c */
void watch_init(struct watch *watch, const struct lane_state *lane);
void watch_sample(struct watch *watch, const struct row *row, const struct sample *sample);
/* The phase is over: where it was too short for a sample of its own, the one before stands for it.
 */
void watch_close(struct watch *watch, const struct row *row, const struct lane_state *lane,
                 int64_t started_us);

/* board_live.c */
struct live *live_new(int lane);
/* A phase begins: take the baseline of its suite's pass. */
void live_enter(struct row *row, enum suite_id suite, int pass, const struct lane_state *lane);
void live_leave(struct row *row);                            /* the next one takes its own */
void live_begin(struct row *row, int64_t t);                 /* a call began to decode */
void live_chunks(struct row *row, int64_t t, double chunks); /* more of them came */
void live_learn(struct row *row, const struct call *call);   /* a call ended */
void live_plot(struct row *row, int64_t t);                  /* all of an instant have come */
void live_end(struct row *row, int64_t t);                   /* a decoding call is over */
void live_tick(struct row *row, int64_t t);                  /* time passed */
void live_stop(struct row *row, int64_t t);                  /* nothing decodes any more */
/* A gap is kept once, not once a second. */
void series_put(struct series *series, int64_t t_us, double value);

/* board_pass.c */
void pass_count_calls(const struct board *board, const struct row *row, int column,
                      struct pass_record *record);
void pass_figures(const struct board *board, const struct row *row, int column,
                  struct pass_record *record);
void pass_publish(struct cell *cell, struct pass_record *record);
void pass_republish(struct cell *cell);

/* board_energy.c */
/* Something is asked of the endpoint's machine, or was until now. */
void lane_busy(struct board *board, int ep, int64_t t);
/* A phase begins at t: if its machine was quiet for long enough, that was rest. */
void rest_note(struct board *board, int ep, int64_t t);
void pass_energy(const struct board *board, const struct row *row, int column,
                 struct pass_record *record);
void pass_await_energy(struct row *row, int column, size_t record);
void pass_settle_energy(struct board *board, int ep, bool last);

#endif
