/* event: a fact, filled once by its producer, immutable once pushed, owned by whoever popped it.
 * One JSON line each in the log (design 5). */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "model/call.h"

enum event_kind {
    EVENT_ENDPOINT,
    EVENT_CAPABILITY,
    EVENT_PHASE_START,
    EVENT_PHASE_END,
    EVENT_CALL_START,
    EVENT_FIRST_TOKEN,
    EVENT_PROGRESS,
    EVENT_CALL_END,
    EVENT_CALL_OUTPUT,
    EVENT_SAMPLE,
    EVENT_SCORE,
    EVENT_FIGURE,
    EVENT_NOTE,
    EVENT_RUN_END,
    EVENT_COUNT
};
const char *event_word(enum event_kind kind); /* "endpoint" … "run_end" */

struct event_endpoint {
    int ep;
    enum endpoint_state state;
    int engine /* enum or -1 */;
    char *engine_version, *model, *detail;
};
struct event_capability {
    int ep;
    char *name, *value, *evidence;
};
/* Why a phase was skipped whose engine did not answer: the one reason that a later day may cure, so
 * a resumed run measures it again. */
#define REASON_DOWN "the endpoint is down"

struct event_phase {
    int ep;
    enum suite_id suite;
    char phase[PHASE_MAX];
    int pass;
    int turns; /* the start only: scores that the pass gives, at most; 0: not told */
    enum phase_status status;
    char *reason; /* the end only */
};
struct event_call_start {
    int64_t id;
    int ep;
    enum suite_id suite;
    char phase[PHASE_MAX];
    int pass, index, attempt;
};
struct event_first_token {
    int64_t id;
};
struct progress {
    int64_t id, tokens;
}; /* tokens so far (chunks until usage is known) */
struct event_progress {
    char *lane;
    struct progress *calls;
    size_t count;
};
struct event_call_output {
    int64_t id;
    char *content, *reasoning, *tool_calls /* raw JSON */, *request;
    bool cut;
};

struct rail {
    char name[24];
    double energy_j;
    int64_t pub_us; /* when the source published it */
};
struct engine_memory {
    int ep;
    int pid;
    double rss_mb, footprint_mb;
};
struct resident {
    int engine;
    int pid;
};              /* another engine's process on the lane */
struct sample { /* NaN / THERMAL_UNKNOWN / NULL / count 0 = not known here */
    char *lane;
    struct rail *rails;
    size_t rail_count;
    double watts; /* only where the source gives watts, not joules */
    enum thermal thermal;
    double temp_c, swap_mb, swapouts, pressure, free_mb, gpu_pct, kv_tokens;
    char *power_source, *power_mode; /* "ac" "battery"; "normal" "low" "high" */
    struct engine_memory *engines;
    size_t engine_count;
    struct resident *others;
    size_t other_count;
};
struct event_score {
    int ep;
    enum suite_id suite;
    char item[40];
    int turn, repeat, pass;
    double points;
    char *failure, *detail, *expected;
};
struct event_figure {
    int ep;
    enum suite_id suite;
    char phase[PHASE_MAX];
    char metric[24], stat[12];
    double value;
    int64_t n;
};
struct event_note {
    enum note_level level;
    int ep /* -1 none */;
    char *text;
};
struct event_run_end {
    enum run_status status;
    int64_t dropped;
};

struct event {
    int64_t t; /* µs since the run's start, monotonic */
    enum event_kind kind;
    union {
        struct event_endpoint endpoint;
        struct event_capability capability;
        struct event_phase phase;
        struct event_call_start call_start;
        struct event_first_token first_token;
        struct event_progress progress;
        struct call call; /* EVENT_CALL_END */
        struct event_call_output output;
        struct sample sample;
        struct event_score score;
        struct event_figure figure;
        struct event_note note;
        struct event_run_end run_end;
    };
};

/* libevent has functions of these two names, and in one program ours would take their place. */
#define event_new pitwall_event_new
#define event_free pitwall_event_free

/* Whether it says that something was measured: a call outside the warm-up ended well, or a turn was
 * scored. */
bool event_measures(const struct event *event);

/* A zeroed event of this kind with absent values marked absent. */
struct event *event_new(enum event_kind kind, int64_t t);
void event_free(struct event *event);
/* Free what the event owns, not the event itself (for events on the stack). */
void event_done(struct event *event);
size_t event_bytes(const struct event *event); /* memory it holds, for the queue's bound */

struct event *event_note_new(int64_t t, enum note_level level, int ep, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* One line, without the newline. For a line of this version encode(decode(line)) is the line. */
bool event_encode(const struct event *event, struct buf *out);

enum event_decoded { EVENT_DECODED, EVENT_UNKNOWN /* another kind: skip it */, EVENT_BROKEN };
/* On EVENT_DECODED *event holds the event; the caller calls event_done. */
enum event_decoded event_decode(struct event *event, const char *line, size_t length,
                                struct error *error);

#endif
