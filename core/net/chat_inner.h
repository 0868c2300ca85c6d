/* chat_inner: what the files of net/chat share. Not for anybody else. */
#ifndef NET_CHAT_INNER_H
#define NET_CHAT_INNER_H

#include "base/scan.h"
#include "net/chat.h"
#include "net/sse.h"

struct cJSON;

#define CHAT_TEXT_MAX ((size_t)8 << 20) /* content, reasoning, the arguments of a tool call */
#define CHAT_TOOLS_MAX 256

/* ---- chat_tools.c: tool calls put together from their pieces ---- */
struct tool_part {
    int64_t index; /* as the server counts; -1: it does not */
    struct buf arguments;
};
struct tools {
    struct tool_call *calls; /* what the outside sees; arguments point into parts */
    struct tool_part *parts;
    size_t count, call_capacity, part_capacity;
    bool over; /* too many, or one too long */
};
void tools_done(struct tools *tools);
/* Takes a delta's (or a message's) array. True when any name or argument text came. */
bool tools_take(struct tools *tools, const struct cJSON *array);

/* ---- chat_figures.c: what the server says of itself ---- */
struct figures { /* owned; the last that was seen, NULL if none */
    struct cJSON *usage, *timings, *stats, *durations;
};
void figures_done(struct figures *figures);
/* Moves what there is out of a chunk. */
void figures_take(struct figures *figures, struct cJSON *chunk, bool native_ollama);
/* Token counts and `server` of a call whose stream is over. */
void figures_fill(const struct figures *figures, struct call *call, const struct dialect *dialect);

/* ---- chat_brief.c: the usual chunk ---- */
struct brief {
    struct slice text; /* as it stands, without quotes; empty: nothing */
    bool reasons;      /* it is reasoning */
    struct slice model, fingerprint;
};
/* False: not the usual chunk (or no JSON at all); read it in full. */
bool chat_brief(const char *data, size_t length, struct brief *out);
/* The usual chunk that came last: the next one mostly differs in its text alone. */
struct mould {
    struct buf bytes;
    size_t before, after; /* bytes around the text; 0: none is known */
    bool reasons;
};
void mould_init(struct mould *mould);
void mould_done(struct mould *mould);
void mould_take(struct mould *mould, const char *data, size_t length, const struct brief *brief);
/* The same bytes around a text that has no escape and no end in it: then it is the same chunk. */
bool mould_fits(const struct mould *mould, const char *data, size_t length, struct brief *out);
/* Appends a text of it with its escapes resolved; false above the ceiling. */
bool chat_brief_text(const struct slice *text, struct buf *to);

/* The text of an error's JSON ("error" as object or string, "message", "detail"), made visible;
 * false when there is none. */
bool chat_error_text(const struct cJSON *chunk, char *out, size_t size);

#endif
