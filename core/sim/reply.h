/* reply: the bytes of a chat completion in an engine's own habits: SSE frames, NDJSON lines and
 * whole bodies. Pure: appends to a buffer, sends nothing. */
#ifndef SIM_REPLY_H
#define SIM_REPLY_H

#include <stdint.h>

#include "base/buf.h"
#include "sim/ask.h"
#include "sim/profile.h"

#define REPLY_ID_MAX 48

struct reply {
    const struct profile *profile; /* borrowed */
    char id[REPLY_ID_MAX];
    enum ask_form form;
    bool role_sent;
};

/* What usage and timings tell. */
struct reply_figures {
    int64_t prompt, cached, completion, reasoning;
    int64_t drafted, accepted;
    double prompt_ms, predicted_ms;
    bool include_usage; /* the request asked for it */
};

/* What a reply says in all; NULL where it says nothing. */
struct reply_texts {
    const char *content, *reasoning;
    const char *call_name, *call_arguments;
};

void reply_init(struct reply *reply, const struct profile *profile, enum ask_form form,
                int64_t number);
/* What goes out right after the headers; may be nothing. */
void reply_open(struct reply *reply, struct buf *out);
/* A sign of life while nothing comes; `done` of `all` prompt tokens are computed. */
void reply_beat(struct reply *reply, struct buf *out, int64_t done, int64_t all);
/* A frame with text, reasoning or visible. `figures` are those so far. */
void reply_text(struct reply *reply, struct buf *out, const char *text, bool reasoning,
                const struct reply_figures *figures);
/* A frame with a tool call: all of it, or with `name` NULL a further piece of its arguments. */
void reply_call(struct reply *reply, struct buf *out, const char *name, const char *arguments,
                const struct reply_figures *figures);
/* Finish chunk, usage chunk where there is one, [DONE]. */
void reply_close(struct reply *reply, struct buf *out, const char *finish,
                 const struct reply_figures *figures);
/* The end of a stream whose generation broke down. */
void reply_fail(struct reply *reply, struct buf *out);
/* A reply that is not streamed. */
void reply_whole(struct reply *reply, struct buf *out, const struct reply_texts *texts,
                 const char *finish, const struct reply_figures *figures);
/* The body of an error, in this engine's form. */
void reply_error(const struct profile *profile, struct buf *out, int code, const char *type,
                 const char *message);

#endif
