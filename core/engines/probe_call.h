/* probe_call: one chat for the probe: asked, timed, perhaps left in the middle. */
#ifndef ENGINES_PROBE_CALL_H
#define ENGINES_PROBE_CALL_H

#include "engines/fetch.h"
#include "model/endpoint.h"
#include "net/chat.h"

struct probe_call {
    const char *system, *user, *tools; /* system, tools: NULL = none */
    int max_tokens;
    enum thinking thinking;
    int leave_after; /* chunks with a token until the connection is closed; 0: stay to the end */
    /* filled */
    struct call call;
    struct chat_stream *stream;
    bool left;
};
/* Blocks at most `timeout_ms`. */
void probe_call_perform(struct probe_call *self, struct fetcher *fetcher,
                        const struct endpoint *endpoint, const struct dialect *dialect,
                        const char *header, int64_t timeout_ms);
void probe_call_done(struct probe_call *self);

#endif
