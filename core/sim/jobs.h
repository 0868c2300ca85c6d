/* jobs: the chat completions of one simulated engine, from the request to the last byte: what the
 * schedule says is due is drawn from the speech and handed to the outlet. Knows no routes. */
#ifndef SIM_JOBS_H
#define SIM_JOBS_H

#include "sim/ask.h"
#include "sim/cache.h"
#include "sim/meter.h"
#include "sim/profile.h"
#include "sim/schedule.h"
#include "sim/truth.h"

struct event;
struct event_base;
struct evhttp_request;
struct job;

#define REPLY_BYTES_MAX ((size_t)16 << 20)

struct jobs {
    const struct profile *profile; /* borrowed */
    struct event_base *base;       /* borrowed */
    struct event *timer;           /* at the schedule's next due time */
    struct schedule schedule;
    struct meter meter;
    struct cache cache;
    struct truth_ring truths;
    struct job *newest;
    int64_t requests; /* so far */
    bool unloaded;    /* the next request loads the model again, and waits for it */
    struct {
        int64_t requests, prompt, cached, completion, drafted,
            accepted;      /* of those that are over */
        double swap_mb;    /* in use: what was pushed out stays there */
        double swapped_mb; /* pushed out so far */
    } sums;
};

/* How many requests are where now, and the tokens they hold. */
struct jobs_count {
    int running, waiting;
    int64_t kv_tokens;
};

void jobs_init(struct jobs *jobs, struct event_base *base, const struct profile *profile);
void jobs_done(struct jobs *jobs);

/* Take a request that came in whole at `now_ns`: it is answered sooner or later, a bad one at
 * once. */
void jobs_admit(struct jobs *jobs, struct evhttp_request *request, enum ask_form form,
                int64_t now_ns);
/* Bring schedule and meter up to `now_ns`. */
void jobs_settle(struct jobs *jobs, int64_t now_ns);
struct jobs_count jobs_count(const struct jobs *jobs);
/* Cut the connections of all that run or wait, as a process that dies cuts them. */
void jobs_drop(struct jobs *jobs, int64_t now_ns);
/* Nothing is computed before `ready_ns`. */
void jobs_hold(struct jobs *jobs, int64_t ready_ns);

#endif
