/* job: one chat completion inside an engine. For jobs.c and job.c alone. */
#ifndef SIM_JOB_H
#define SIM_JOB_H

#include "sim/jobs.h"
#include "sim/outlet.h"
#include "sim/reply.h"
#include "sim/speech.h"

struct job {
    struct jobs *jobs;
    struct job *previous, *next;
    struct task task;
    struct ask ask;
    struct outlet outlet;
    struct truth truth;
    struct reply reply;
    struct speech speech;
    struct event *beat; /* keep-alives; NULL: none */
    int64_t wrote_ns;   /* last write */
    int64_t prefill_began_ns;
    bool call_begun;                    /* the call's name has been written */
    struct buf content, thoughts, call; /* a reply that is not streamed; a call that goes whole */
    struct buf pending;                 /* a stream that goes in one write */
};

/* What the schedule asks for. */
extern const struct schedule_handler job_calls;

void job_start_stream(struct job *job);
void job_record(struct job *job);
void job_free(struct job *job);

#endif
