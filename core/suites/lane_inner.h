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
    char *model;                     /* found by lane_ready where the endpoint names none */
    char *extra_body;                /* the run's and the endpoint's in one; NULL */
    struct dialect dialect;          /* include_usage goes when the server refuses it */
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
    int64_t progress_us; /* when the last progress was sent */
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

#endif
