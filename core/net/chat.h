/* chat: one streamed chat completion: builds the request body, reads the stream into a struct call.
 * Engines differ in details only: those are in a struct dialect. */
#ifndef NET_CHAT_H
#define NET_CHAT_H

#include "model/call.h"
#include "net/http.h"

/* How one engine wants to be asked, and where it hides things (facts/engines.md A). */
struct dialect {
    const char *path;   /* "/v1/chat/completions" */
    bool native_ollama; /* NDJSON of /api/chat */
    /* JSON members put at top level of the body for each mode; NULL: nothing. */
    const char *thinking_body[THINKING_COUNT];
    bool include_usage;         /* send stream_options.include_usage */
    bool cached_absent_is_zero; /* false: an absent cached_tokens is unknown */
    bool sends_seed;            /* false: a seed changes the engine's path (mlx-lm) */
};
extern const struct dialect dialect_openai;

struct chat_message {
    const char *role, *content; /* content may be NULL */
    const char *reasoning;      /* put back as reasoning_content; NULL: none */
    const char *tool_calls;     /* JSON array as text; NULL: none */
    const char *tool_call_id;   /* role "tool" */
};
struct chat_request {
    const char *model;
    const struct chat_message *messages;
    size_t message_count;
    const char *tools; /* JSON array as text; NULL */
    int max_tokens;
    enum thinking thinking;
    bool preserve_thinking_set, preserve_thinking;
    uint64_t seed;
    bool stream;
    const char *extra_body; /* JSON object laid on top; NULL */
    int shared_messages;    /* the first n messages are the shared prefix (for shared_chars) */
};
/* Appends the body. `extra_body` is merged member by member over what the dialect wants; a null in
 * it takes a member away. False when a text is not the JSON it should be. */
bool chat_body(struct buf *out, const struct chat_request *request, const struct dialect *dialect,
               struct error *error);

struct tool_call {
    char *id, *name, *arguments; /* raw, also when it is not JSON */
};

/* A stream being read. Bytes in, a struct call and its texts out. Pure: no I/O.
 *
 * A reply that comes whole (not streamed, or by a server that ignores `stream`) has last_token_us
 * but no first token and no chunks: nobody saw when it began. `call->server` gets what the server
 * says of itself: {"timings": llama.cpp, "usage": where it says more than counts, "stats":
 * LM Studio, "durations_ns": Ollama's own API}, each only if seen. */
struct chat_stream;
struct chat_stream *chat_stream_new(const struct dialect *dialect, bool stream);
void chat_stream_free(struct chat_stream *stream);
/* Feed bytes read at `at_us` (µs since the run's start). Updates marks, counts and chunk_us in
 * `call`. False when it must be stopped (too large). */
bool chat_stream_feed(struct chat_stream *stream, struct call *call, const char *bytes,
                      size_t length, int64_t at_us);
/* The stream is over (status and error of the transfer): sets tokens, finish, error, then
 * call_finish(). */
void chat_stream_end(struct chat_stream *stream, struct call *call, int status,
                     enum error_class error, const char *detail);
/* The texts so far. Borrowed. */
const char *chat_content(const struct chat_stream *stream);
const char *chat_reasoning(const struct chat_stream *stream);
const struct tool_call *chat_tool_calls(const struct chat_stream *stream, size_t *count);
/* Tool calls as a JSON array for history and log; caller frees; NULL if there are none. */
char *chat_tool_calls_json(const struct chat_stream *stream);
/* From the stream, for the endpoint's state: NULL if not seen. */
const char *chat_fingerprint(const struct chat_stream *stream);

#endif
