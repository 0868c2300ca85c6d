/* lane_inner: what the files of suites/lane share. Not for suites. */
#ifndef SUITES_LANE_INNER_H
#define SUITES_LANE_INNER_H

#include <pthread.h>

#include "net/loop.h"
#include "suites/lane.h"

/* An endpoint of the lane. */
struct slot {
    int ep;
    const struct endpoint *endpoint; /* of the run */
    enum endpoint_state state;       /* as last told */
    enum engine_id engine;           /* as known by now, and its version where only we know it */
    char *engine_version;
    bool met;               /* identified, or known before */
    char *model;            /* found by lane_ready where the endpoint names none */
    char *extra_body;       /* the run's and the endpoint's in one; NULL */
    struct dialect dialect; /* without what the server refuses */
    enum verdict3 unloads;  /* whether the engine can; CHECK_NONE: not asked yet */
    bool away;              /* its model was unloaded by us */
    int attempt;
    double connect_ms;  /* of the connection opened last, until a call used it; NaN */
    int64_t longest_us; /* of the single calls so far: what a queue is estimated by */
    bool key_noted;
};

struct lane {
    struct bench *bench;
    char *name;
    struct slot *slots;
    size_t slot_count, slot_capacity;
    struct loop *loop;
    struct http *http;
    pthread_t thread;
    bool started;
    atomic_int current; /* ep that is visited, -1: none; set by the lane's thread */

    /* Flags of the keyboard, any thread. */
    atomic_bool stop;
    atomic_bool skip_running;   /* whoever is running */
    atomic_uint_fast64_t skip;  /* a bit per ep */
    atomic_uint_fast64_t retry; /* likewise */

    /* The calls being performed; the lane's thread only. */
    struct http_owner *flights;
    size_t flight_count, in_flight;
    int64_t progress_us;   /* when the last progress was sent */
    int64_t released_ns;   /* when the calls in flight were */
    int64_t stall_told_ns; /* the end of the stall that was told last */
};

struct slot *lane_slot(const struct lane *lane, int ep);
bool lane_halted(const struct lane *lane);          /* the lane ends, a retry aside */
bool lane_retries(const struct lane *lane, int ep); /* a retry was asked for */
/* The same, and clears it: the next attempt begins. */
bool lane_take_retry(struct lane *lane, int ep);
bool lane_skips(const struct lane *lane); /* asked, not cleared */
/* "Authorization: Bearer …" of the endpoint; the caller frees. NULL: none, which is noted once
 * where a key was named. The key is nowhere but in this header. */
char *lane_authorization(struct lane *lane, struct slot *slot);
/* The visit of an endpoint begins (-1: ends). */
void lane_visit(struct lane *lane, int ep);
/* Takes in the wakes that came before: what follows is cut short by new ones alone. Look at the
 * flags after it. */
void lane_settle(struct lane *lane);
/* Blocks until a command or a wake. */
void lane_doze(struct lane *lane);
void lane_set_state(struct lane *lane, struct slot *slot, enum endpoint_state state,
                    const char *detail);
/* The same although the state is what it was: something else became known. */
void lane_tell(struct lane *lane, struct slot *slot, const char *detail);

/* ---- lane_events.c ---- */
void lane_emit_call_start(struct lane *lane, const struct call *call);
void lane_emit_call_end(struct lane *lane, const struct call *call);
/* Its texts, bounded; what was asked too where the call keeps its request. */
void lane_emit_output(struct lane *lane, const struct lane_call *call);

/* ---- lane_life.c ---- */
/* The user's start or stop command, if there is one. A failure is told; whether the engine answers
 * is seen later. */
bool lane_command_of(struct lane *lane, int ep, const char *what, const char *text);
/* Whether the engine can unload its model by itself. */
bool lane_unloads(struct lane *lane, int ep);
/* Unload the model where the engine can and the user has no stop command, and wait for the memory;
 * load what was unloaded. Failures are told. */
void lane_put_away(struct lane *lane, int ep);
void lane_bring_back(struct lane *lane, int ep);

#endif
