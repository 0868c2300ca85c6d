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

/* endpoint × (suite, phase) */
struct cell {
    enum cell_state state;
    char *reason; /* why skipped or stopped; NULL */
    int pass;     /* running or last, from 0 */
    int passes_done;
    int64_t started_us, ended_us; /* of the last pass */
    int calls, calls_ok, calls_wrong, calls_degenerate, calls_running;
    int errors[ERROR_CLASS_COUNT];
    struct values values[METRIC_COUNT];  /* of ok calls or of passes, as the metric says */
    struct values figures[METRIC_COUNT]; /* imported aggregates (EVENT_FIGURE): median first */
    int scores, points_times_1000;       /* quality: scored turns and their points */
    unsigned gates;                      /* bit per gate_id tripped */
    bool ranked;                         /* may be compared with others (protocol 4, 5) */
};

struct column { /* a phase of a suite; order as planned, unplanned ones appended */
    enum suite_id suite;
    char phase[PHASE_MAX];
};

/* A running call, and every finished one. Kept in order of call_start. */
struct board_call {
    struct call call; /* marks as far as known; call.end_us == MARK_NONE while running */
    int64_t tokens;   /* live count */
    bool finished;
    char *content, *reasoning, *tool_calls, *request; /* from call_output; NULL if none; bounded */
    bool cut;
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
    int retries;
};
struct score_line {
    enum suite_id suite;
    char item[40];
    int turn, repeat, pass;
    double points;
    char *failure, *detail;
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
    bool seen;
    double swap_start, swapouts_start; /* first known value: NaN until one came */
    struct energy *energy;             /* joules over time (energy.h) */
};

struct board {
    struct run run; /* owned copy */
    int64_t now_us; /* board time */
    enum run_status status;
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
    int64_t events;                         /* applied */
    size_t calls_done, phases_done, phases_planned;
    struct call_index *index; /* id → call */
};

struct board *board_new(const struct run *run);
void board_free(struct board *board);

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

/* A figure of a cell: measured values if there are any, else imported ones. NaN if absent. */
double board_value(const struct board *board, int ep, int column, enum metric_id metric,
                   enum stat stat);
/* The whole row over a suite, for rankings. */
double board_row_value(const struct board *board, int ep, enum suite_id suite,
                       enum metric_id metric, enum stat stat);
/* Best ranked cell of a column: its ep, or -1 when fewer than two may be ranked or the best two do
 * not differ. */
int board_best(const struct board *board, int column, enum metric_id metric);

/* Share of the planned phases done, 0..1, and the µs still to go by the pace so far (-1 unknown).
 */
double board_progress(const struct board *board);
int64_t board_eta_us(const struct board *board);

#endif
