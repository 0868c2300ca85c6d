/* reply: the bytes of a chat completion in an engine's own habits: SSE frames and whole bodies.
 * Pure: appends to a buffer, sends nothing. */
#ifndef SIM_REPLY_H
#define SIM_REPLY_H

#include <stdint.h>

#include "base/buf.h"
#include "sim/profile.h"

#define REPLY_ID_MAX 48

struct reply {
    const struct profile *profile; /* borrowed */
    char id[REPLY_ID_MAX];
    bool role_sent;
};

/* What usage and timings tell. */
struct reply_figures {
    int64_t prompt, cached, completion;
    int64_t drafted, accepted;
    double prompt_ms, predicted_ms;
    bool include_usage; /* the request asked for it */
};

void reply_init(struct reply *reply, const struct profile *profile, int64_t number);
/* What goes out right after the headers; may be nothing. */
void reply_open(struct reply *reply, struct buf *out);
/* A frame with text, reasoning or visible. `figures` are those so far. */
void reply_text(struct reply *reply, struct buf *out, const char *text, bool reasoning,
                const struct reply_figures *figures);
/* Finish chunk, usage chunk where there is one, [DONE]. */
void reply_close(struct reply *reply, struct buf *out, const char *finish,
                 const struct reply_figures *figures);
/* A reply that is not streamed. */
void reply_whole(struct reply *reply, struct buf *out, const char *content, const char *reasoning,
                 const char *finish, const struct reply_figures *figures);
/* {"error":{message,type,code}} */
void reply_error(struct buf *out, int code, const char *type, const char *message);

#endif
