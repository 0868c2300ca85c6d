/* truth: what a simulated engine knows of its own requests, for tests to hold measurements against.
 * All times are clock_ns(): a client on the same machine can compare. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "base/buf.h"

#define TRUTH_RECORDS 4096
#define TRUTH_ID_MAX 96

/* One request; 0 = not reached. Tokens are stamped when their bytes left for the kernel. */
struct truth {
    char id[TRUTH_ID_MAX];   /* X-Request-Id, or the engine's own */
    int64_t received_ns;     /* the request was complete */
    int64_t slot_ns;         /* due times of the schedule … */
    int64_t prefill_end_ns;  /* … the first token is due here */
    int64_t last_due_ns;     /* … and the last one here */
    int64_t first_token_ns;  /* written */
    int64_t last_token_ns;   /* written */
    int64_t lateness_max_ns; /* of all writes that carry tokens: written − due */
    int64_t lateness_sum_ns;
    int64_t writes; /* of a client that does not read: those that waited together are two */
    int64_t prompt_tokens, cached_tokens, completion_tokens;
    bool stream, cancelled;
};

/* The newest TRUTH_RECORDS of them. */
struct truth_ring {
    struct truth *records;
    size_t count, capacity, next;
};

void truth_init(struct truth_ring *ring);
void truth_done(struct truth_ring *ring);
void truth_clear(struct truth_ring *ring);
void truth_add(struct truth_ring *ring, const struct truth *truth);
/* A JSON array, oldest first. */
void truth_print(const struct truth_ring *ring, struct buf *out);

#endif
