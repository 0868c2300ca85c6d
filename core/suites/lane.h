/* lane: a worker thread of one machine. Owns a loop and an http; suites are straight-line code in
 * it. The only things that leave it are events. */
#ifndef SUITES_LANE_H
#define SUITES_LANE_H

#include <stdatomic.h>

#include "config/options.h"
#include "model/queue.h"
#include "net/chat.h"
#include "suites/resume.h"

struct runner;

/* What a run needs everywhere; fixed, shared by all lanes, read-only but for the counters. */
struct bench {
    const struct run *run;
    const struct options *options;
    const struct resume *resume; /* NULL: a new run, measured as a whole */
    struct queue *queue;
    int64_t epoch_ns;                            /* clock_ns() at t = 0 */
    atomic_int_fast64_t next_id;                 /* ids of calls */
    atomic_bool stop;                            /* everything */
    const char *(*key_of)(const char *variable); /* getenv, from main */
    const struct dialect *(*dialect_of)(const struct endpoint *endpoint);
    /* Asks the server who it is: engine, version, model into the endpoint. NULL: never asked. */
    void (*identify)(struct endpoint *endpoint, const char *(*key_of)(const char *variable));
    struct runner *runner; /* set by runner_start */
};

/* Commands from the keyboard to a lane; each shows its effect as an event. Skip ends the running
 * phase of `ep` (or the next one, between phases); retry runs its current suite pass again from the
 * start, with other salts; stop ends the lane. They are flags: asking twice is asking once. */
enum lane_command { LANE_SKIP_PHASE, LANE_RETRY, LANE_STOP, LANE_COMMAND_COUNT };

struct lane; /* opaque: name, endpoints, loop, http, command queue */
struct lane *lane_new(struct bench *bench, const char *name);
void lane_free(struct lane *lane);
void lane_add(struct lane *lane, int ep);
void lane_start(struct lane *lane); /* the thread: runs runner_visit over passes and endpoints */
void lane_wake(struct lane *lane);  /* any thread: the lane looks at its flags again */
void lane_join(struct lane *lane);
void lane_command(struct lane *lane, enum lane_command command, int ep); /* any thread */
bool lane_has(const struct lane *lane, int ep);
const char *lane_name(const struct lane *lane);

/* ---- for suites, on the lane's thread ---- */
struct bench *lane_bench(struct lane *lane);
int64_t lane_now_us(const struct lane *lane);

/* One chat completion to perform: fill request; after lane_perform call and texts are filled. */
struct lane_call {
    int ep;
    enum suite_id suite;
    char phase[PHASE_MAX];
    int pass, index;
    struct chat_request request;
    bool quiet;        /* priming: no events, not counted */
    bool keep_output;  /* emit call_output (texts) */
    bool keep_request; /* with the request's messages (quality suites) */
    /* The suite's own check, called before call_end is emitted; NULL: none. */
    enum verdict3 (*check)(const struct lane_call *call);
    int64_t expect; /* for `check` */
    /* results */
    struct call call;
    struct chat_stream *stream; /* texts; freed by lane_call_done */
};
void lane_call_init(struct lane_call *call, int ep, enum suite_id suite, const char *phase,
                    int pass, int index);
void lane_call_done(struct lane_call *call);
/* The request as the run, the endpoint and the suite want it: model, thinking, seed, streaming and
 * the user's extra_body. Strings are borrowed from the lane. */
void lane_call_defaults(struct lane *lane, struct lane_call *call);
/* Grows whenever this endpoint's current pass is started anew; part of what salts are drawn from.
 */
int lane_attempt(const struct lane *lane, int ep);

/* Submit, run the lane's loop until all are over or a stop came. Emits call_start, first_token,
 * progress and call_end. False when stopped or the phase is skipped (calls in flight were
 * cancelled). */
bool lane_perform(struct lane *lane, struct lane_call *calls, size_t count);
/* Wait, serving the loop. False when stopped or skipped. */
bool lane_pause(struct lane *lane, int64_t us);
/* Open `count` connections to the endpoint before a phase (never part of TTFT). Returns how many
 * are open; 0 makes the endpoint `down`. connect_ms may be NULL. */
size_t lane_connect(struct lane *lane, int ep, size_t count, double *connect_ms);
/* Run the user's command with a limit, serving the loop; exit status, -1 on timeout or stop.
 * `error` gets the end of what it printed. A command "POST URL" is that request instead (0:
 * answered 2xx).
 */
int lane_shell(struct lane *lane, const char *command, int64_t timeout_ms, struct error *error);
/* Wait until the endpoint answers its health / model list. One that refuses is waited for
 * `timeout_ms`, one that is loading at least LANE_LOAD_MS. A skip ends the waiting, not the first
 * look, and stays asked: whoever waited says what is skipped (lane_skipped). Emits endpoint
 * events. */
#define LANE_LOAD_MS 300000
enum lane_wait { LANE_READY, LANE_NOT_READY, LANE_WAIT_SKIPPED, LANE_WAIT_STOPPED };
enum lane_wait lane_ready(struct lane *lane, int ep, int64_t timeout_ms);

/* The endpoint's restart command, else its stop and start, else its model unloaded and loaded by
 * the engine; then ready again. False: `error` says why not; also when stopped or skipped. */
bool lane_can_restart(struct lane *lane, int ep);
bool lane_restart(struct lane *lane, int ep, struct error *error);

/* How late the lane's own loop was at most since the last call, µs: our share of what was measured.
 */
int64_t lane_lateness_us(struct lane *lane);

bool lane_stopped(const struct lane *lane); /* stop, or a retry: the suite returns at once */
bool lane_skipped(struct lane *lane);       /* skip was asked of whoever runs now; reading it
                                             * clears it, and nobody else's */

/* Events. Phases bracket calls; status and reason as in the log. */
void lane_emit(struct lane *lane, struct event *event);
void lane_phase_start(struct lane *lane, int ep, enum suite_id suite, const char *phase, int pass);
/* `turns`: how many scores the phase will give in this pass, at most. */
void lane_phase_start_turns(struct lane *lane, int ep, enum suite_id suite, const char *phase,
                            int pass, int turns);
void lane_phase_end(struct lane *lane, int ep, enum suite_id suite, const char *phase, int pass,
                    enum phase_status status, const char *reason);
/* The end of a phase whose calls were performed: done, or what interrupted it. False when stopped:
 * the suite returns. */
bool lane_phase_close(struct lane *lane, int ep, enum suite_id suite, const char *phase, int pass);
void lane_note(struct lane *lane, enum note_level level, int ep, const char *format, ...)
    PRINTF_LIKE(4, 5);
void lane_score(struct lane *lane, int ep, enum suite_id suite, const char *item, int turn,
                int repeat, int pass, double points, const char *failure, const char *detail,
                const char *expected);

#endif
