/* board: the state of one run, the fold of its events. No clock, no I/O, no width of a screen: the
 * same events give the same board. Board time is the largest t seen. Only the main thread sees it.
 */
#ifndef MODEL_BOARD_H
#define MODEL_BOARD_H

#include "model/event.h"
#include "model/gate.h"
#include "model/metric.h"
#include "model/series.h"
#include "model/stats.h"
#include "model/verdict.h"

enum cell_state { CELL_WAITING, CELL_RUNNING, CELL_DONE, CELL_SKIPPED, CELL_STOPPED };

#define BOARD_COLUMNS_MAX 256              /* more phases than that are nonsense */
#define BOARD_TEXTS_MAX (64 * 1024 * 1024) /* bytes of call texts kept; the oldest go first */

struct pass_record; /* what a cell keeps of each pass (board_private.h) */

/* endpoint × (suite, phase). Of a phase that was run again in the same pass only the last attempt
 * counts; the earlier calls stay in the row, `superseded`. */
struct cell {
    enum cell_state state;
    char *reason; /* why skipped or stopped; NULL */
    int pass;     /* running or last, from 0 */
    int passes_done;
    int64_t started_us, ended_us; /* of the last pass */
    int calls, calls_ok, calls_wrong, calls_degenerate, calls_running;
    int calls_cancelled, calls_suspended; /* no failures: error_is_ours */
    int errors[ERROR_CLASS_COUNT];        /* of the others that are not ok */
    struct values values[METRIC_COUNT];   /* of ok calls or of passes, as the metric says */
    /* Imported aggregates (EVENT_FIGURE): count 0, or STAT_COUNT of them by enum stat_id, NaN =
     * absent
     */
    struct values figures[METRIC_COUNT];
    int scores, points_times_1000; /* quality: scored turns and their points */
    int turns_told,
        turns_due;          /* scores, faults too, of the running or last pass; due 0: not known */
    unsigned gates;         /* bit per gate_id tripped */
    unsigned token_sources; /* bit per tokens_source of ok calls */
    /* May be compared with others (protocol 4, 5): figures are there, it is not the warm-up and no
     * gate that unranks is tripped. Ask board_ranked. */
    bool ranked;
    bool tokens_ranked; /* so may figures made of token counts: one source, and it is not chunks */
    struct pass_record *records; /* one a pass, in order of arrival */
    size_t record_count, record_capacity;
};

struct column { /* a phase of a suite; order as planned, unplanned ones appended */
    enum suite_id suite;
    char phase[PHASE_MAX];
    bool planned;
    bool warmup; /* shown, but not scored: never ranked, in no gate, verdict or sparkline */
};

/* A running call, and every finished one. Kept in order of call_start. */
struct board_call {
    struct call
        call; /* marks as far as known; call.end_us == MARK_NONE while running; no chunk_us */
    int64_t started_us;    /* board time of its call_start */
    int64_t ttft_at_us;    /* where its TTFT stands in the series; MARK_NONE */
    int64_t tokens;        /* live count */
    double mtp_accept_pct; /* of `server`; NaN */
    int column;
    bool finished;
    bool superseded; /* of an attempt that was run again: shown, never counted */
    bool control;    /* of the drift-control pass: likewise */
    char *content, *reasoning, *tool_calls, *request; /* from call_output; NULL if none; bounded */
    bool cut;        /* a text was too long, or dropped for newer ones */
    bool holds_text; /* counted in the board's texts */
};

enum board_series {
    SERIES_TTFT,
    SERIES_TPS,
    SERIES_TPS_PER_WATT,
    SERIES_SWAP,
    SERIES_THERMAL,
    SERIES_WATTS,
    SERIES_KV,
    SERIES_COUNT
};
enum metric_id board_series_metric(enum board_series series); /* unit, scale, gap, title */

struct live; /* what a row needs to follow its calls (board_private.h) */

struct row { /* an endpoint's */
    const struct endpoint *endpoint;
    enum endpoint_state state;
    char *engine_version, *model, *detail; /* as last reported */
    struct cell *cells;                    /* board->column_count of them */
    struct series series[SERIES_COUNT];
    struct board_call **calls; /* this endpoint's, in order of start; owned by the board */
    size_t call_count, call_capacity;
    struct score_line *scores;
    size_t score_count, score_capacity;
    int running_column; /* -1 when idle */
    double tps_now;     /* live decode rate over the last second; NaN */
    int retries;        /* of phases and calls, by whatever log made both attempts */
    struct live *live;
};
struct score_line {
    enum suite_id suite;
    int column; /* where its points are counted; -1: nowhere */
    char item[40];
    int turn, repeat, pass;
    int64_t call; /* id of the last call before it, the one that is judged; 0: none */
    double points;
    char *failure, *detail;
    char *expected; /* what would have been right; NULL: it was, or nobody says */
};

/* When something was judged: a gate tripped, a verdict was told or became another. In order of
 * board time. What holds now stands in `gates` and `verdicts`. */
struct judgement {
    int64_t t;
    int ep;
    bool is_gate;  /* else a verdict */
    char text[64]; /* "memory_pressure cold", "prefix reuse YES" */
};

struct note_line {
    int64_t t;
    enum note_level level;
    int ep;
    char *text;
};
struct capability {
    int ep;
    char *name, *value, *evidence;
};

struct lane_state { /* one machine, from its samples */
    char *name;
    struct sample last; /* owned copy of the newest sample */
    int64_t last_us;    /* when it was taken */
    bool seen;
    double swap_start, swapouts_start; /* first known value: NaN until one came */
    struct energy *energy;             /* joules over time (energy.h) */
    int64_t quiet_us;                  /* nothing was asked of it since */
};

struct board {
    struct run run; /* owned copy */
    int64_t now_us; /* board time */
    enum run_status status;
    bool measured; /* anything (event_measures), or others' figures; true without endpoints, too:
                      then nothing was to be measured but the machine */
    int64_t dropped;
    struct row *rows;
    size_t row_count;
    struct column *columns;
    size_t column_count;
    struct lane_state *lanes;
    size_t lane_count;
    struct note_line *notes;
    size_t note_count, note_capacity;
    struct capability *capabilities;
    size_t capability_count, capability_capacity;
    struct gate_result *gates;
    size_t gate_count, gate_capacity; /* one per tripped gate × cell */
    struct verdict *verdicts;
    size_t verdict_count, verdict_capacity; /* newest per ep × suite × kind */
    struct judgement *judgements;
    size_t judgement_count, judgement_capacity;
    int64_t events; /* applied */
    size_t calls_done, phases_planned;
    size_t phases_done; /* of those; without what is measured anew since the run was resumed */
    struct call_index *index; /* id → call */
    struct texts *texts;      /* calls that hold texts, oldest first */
    int64_t nonsense;         /* events ignored; the first one is told in a note */
};

struct board *board_new(const struct run *run);
void board_free(struct board *board);
/* A deep copy that goes on as the original would; `bytes` (NULL: not asked) gets what it takes. */
struct board *board_copy(const struct board *board, size_t *bytes);

/* Fold one event. Takes nothing: what must be kept is copied. Nonsense from a log (unknown ep, id)
 * is ignored and counted as a note once. */
void board_apply(struct board *board, const struct event *event);

/* Look-ups. -1 / NULL when there is none. */
int board_column(const struct board *board, enum suite_id suite, const char *phase);
struct cell *board_cell(const struct board *board, int ep, int column);
const struct board_call *board_call(const struct board *board, int64_t id);
const struct verdict *board_verdict(const struct board *board, int ep, enum suite_id suite,
                                    enum verdict_id id);
const struct gate_result *board_gate(const struct board *board, int ep, int column,
                                     enum gate_id gate);
const struct lane_state *board_lane(const struct board *board, const char *name);

/* How far a suite's pass on an endpoint has come: nothing of it began; begun, but not all its
 * planned phases have ended; all have: done, or skipped for a reason that stays (not
 * REASON_DOWN). Of a run that was resumed, a pass that had not ended by then begins anew. */
enum board_pass { BOARD_PASS_NONE, BOARD_PASS_BEGUN, BOARD_PASS_ENDED };
enum board_pass board_pass(const struct board *board, int ep, enum suite_id suite, int pass);

/* A figure of a cell: measured values if there are any, else imported ones (a percentile that was
 * not imported is absent; p50 may stand in for the median and the other way round). The median's
 * interval only where each pass gave one value. NaN if absent.
 */
double board_value(const struct board *board, int ep, int column, enum metric_id metric,
                   enum stat_id stat);
/* The whole row over a suite, for rankings: its scored cells' values together (of imported ones
 * their `stat`, each as one value). NaN when there are none, or when one of the cells that hold
 * values may not be ranked. */
double board_row_value(const struct board *board, int ep, enum suite_id suite,
                       enum metric_id metric, enum stat_id stat);
/* What the endpoint's machine drew at rest, before its newest phase that followed 5 s of quiet; W,
 * NaN where that is not known. */
double board_rest_watts(const struct board *board, int ep);
/* Finished calls that are not ok by the engine's doing. */
int board_failed(const struct cell *cell);
/* The phase was measured, and no call of it succeeded; a pass that was skipped later changes
 * nothing.
 */
bool board_nothing_ok(const struct cell *cell);
/* Whether the cell's figures of this metric may be compared with others'. */
bool board_ranked(const struct cell *cell, enum metric_id metric);
/* Best ranked cell of a column by its median: its ep, or -1 when fewer than two may be ranked or
 * the best two do not differ: medians within 1 %, or ranges min–max that overlap where both have n
 * >= 2. */
int board_best(const struct board *board, int column, enum metric_id metric);

/* The run is complete, and no engine answered. */
bool board_is_void(const struct board *board);
/* How the run ended: the word of its status, or that nothing was measured. */
const char *board_end_word(const struct board *board);
/* Share of the planned phases done, 0..1, and the µs still to go by the pace so far (-1 unknown).
 */
double board_progress(const struct board *board);
int64_t board_eta_us(const struct board *board);

#endif
