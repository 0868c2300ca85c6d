/* jobs: the chat completions of one simulated engine, from the request to the last byte: what the
 * schedule says is due is drawn from the prose and handed to the outlet. Knows no routes. */
#ifndef SIM_JOBS_H
#define SIM_JOBS_H

#include "sim/cache.h"
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
    struct event *timer;           /* at the schedule's next due time */
    struct schedule schedule;
    struct cache cache;
    struct truth_ring truths;
    struct job *newest;
    int64_t requests; /* so far */
};

void jobs_init(struct jobs *jobs, struct event_base *base, const struct profile *profile);
void jobs_done(struct jobs *jobs);

/* Take a request that came in whole at `now_ns`: it is answered sooner or later, a bad one at once
 * with 400. */
void jobs_admit(struct jobs *jobs, struct evhttp_request *request, int64_t now_ns);
/* Cut the connections of all that run or wait, as a process that dies cuts them. */
void jobs_drop(struct jobs *jobs, int64_t now_ns);

#endif
