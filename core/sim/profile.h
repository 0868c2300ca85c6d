/* profile: what one simulated engine is like: a JSON data file, embedded or the user's own. Figures
 * of the embedded ones stand in the panel; member "source" says in which row. Knows nothing of
 * HTTP or time. */
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include "base/util.h"
#include "model/names.h"

enum cache_policy { CACHE_NONE, CACHE_SAME_PROMPT, CACHE_CROSS_USER, CACHE_POLICY_COUNT };

/* When the response headers leave. */
enum wire_headers { HEADERS_ARRIVAL, HEADERS_SLOT, HEADERS_FIRST_TOKEN, HEADERS_COUNT };
/* Where the role stands: in a frame of its own right after the headers, in one just before the
 * first token, in the first token's delta, in every delta. */
enum wire_role { ROLE_AT_ONCE, ROLE_BEFORE_FIRST, ROLE_WITH_FIRST, ROLE_EVERY, ROLE_COUNT };
/* Which chunks carry usage: one of its own when asked, the finish chunk always (and one of its own
 * when asked), every chunk when asked, none. */
enum wire_usage { USAGE_ASKED, USAGE_FINISH, USAGE_EVERY, USAGE_NEVER, USAGE_COUNT };
/* Whether usage has cached_tokens. */
enum wire_cached { CACHED_ALWAYS, CACHED_POSITIVE, CACHED_NEVER, CACHED_COUNT };

struct profile {
    char name[48]; /* embedded name, or the file's name without directory and ".json" */
    enum engine_id engine;
    char *version, *model, *format, *quant; /* owned */

    double prefill_tps; /* prompt tokens/s, one prompt at a time */
    double decode_tps;  /* tokens/s of a single stream, drafting included */
    double overhead_ms; /* per request, before its prefill; does not occupy the engine */
    int slots;          /* requests served at once; the rest queue first in, first out */
    double gain;        /* n streams together decode at decode_tps × n^gain; 0: shared, 1: free */
    double jitter;      /* of a step's length, 0..0.9: a step comes up to so much late */
    int tokens_per_chunk;
    struct {
        double acceptance; /* probability that a drafted token is kept */
        int draft;         /* tokens drafted per step; 0: no drafting */
    } mtp;
    struct {
        enum cache_policy policy;
        int min_prefix_chars; /* nothing shorter is reused */
        int block_tokens;     /* reuse is rounded down to these */
        int entries;          /* prompts kept, least recently used goes first */
        bool persists;        /* survives a restart */
    } cache;
    int load_ms;  /* 503 "Loading model" for so long after a restart */
    bool restart; /* its endpoint offers a restart command */

    struct {
        double share;    /* of the tokens, when it thinks; 0: not a thinking model */
        bool by_default; /* thinks when the request says nothing */
        bool kwargs;     /* honours chat_template_kwargs.enable_thinking */
        bool top_level;  /* honours enable_thinking */
        bool effort;     /* honours reasoning_effort "none" */
    } thinking;
    struct {
        enum wire_headers headers;
        enum wire_role role;
        char *reasoning_field; /* owned: "reasoning_content", "reasoning" */
        enum wire_usage usage;
        enum wire_cached cached;
        bool timings;            /* llama.cpp's own figures on the last chunk */
        bool ignores_disconnect; /* goes on decoding for a client that left */
    } wire;
    double wrong_answers; /* share of questions answered with a wrong integer */

    struct {
        double idle, prefill, decode;
    } watts; /* NaN: not told */
    struct {
        int calls; /* more requests at once than this push the machine into swap; 0: never */
        double mb_per_call; /* for each above */
    } swap;
};

/* Fill from JSON text. False and `error` names the member that is missing, unknown, of the wrong
 * type or out of range. */
bool profile_read(struct profile *profile, const char *name, const char *text, size_t length,
                  struct error *error);
/* An embedded name, or a path (with a '/' or ending in ".json"). */
bool profile_load(struct profile *profile, const char *name, struct error *error);
void profile_done(struct profile *profile);

/* Mean tokens of one decode step: tokens_per_chunk, or what drafting yields. */
double profile_tokens_per_step(const struct profile *profile);

#endif
