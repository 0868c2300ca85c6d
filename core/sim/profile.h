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
/* What usage says besides: nothing, the reasoning tokens, times in seconds with 2 decimals. */
enum wire_extra { EXTRA_NONE, EXTRA_REASONING, EXTRA_TIMES, EXTRA_COUNT };
/* Whether usage has cached_tokens. */
enum wire_cached { CACHED_ALWAYS, CACHED_POSITIVE, CACHED_NEVER, CACHED_COUNT };
/* Tool calls: each in one delta, or the arguments in pieces. */
enum wire_tools { TOOLS_WHOLE, TOOLS_FRAGMENTS, TOOLS_COUNT };
/* What a client sees when generation breaks down in mid-stream: an error object and the end, the
 * same with [DONE], just the end, [DONE] alone, a chunk with nothing in it and the end. */
enum wire_failure {
    FAILURE_OBJECT,
    FAILURE_OBJECT_DONE,
    FAILURE_SILENT,
    FAILURE_DONE,
    FAILURE_EMPTY,
    FAILURE_COUNT
};
/* "error" of a reply that is not 200: an object, a text. */
enum wire_errors { ERRORS_OBJECT, ERRORS_STRING, ERRORS_COUNT };
/* A path nobody serves: 404 with an error object, 404 as plain text, 404 with "detail" (FastAPI),
 * 200 with an error. */
enum wire_unknown { UNKNOWN_OBJECT, UNKNOWN_TEXT, UNKNOWN_DETAIL, UNKNOWN_OK, UNKNOWN_COUNT };
/* While the model loads: 503 everywhere, all is well and chats wait, 503 only where a model is
 * needed. */
enum wire_loading { LOADING_503, LOADING_WAITS, LOADING_CHAT_503, LOADING_COUNT };
/* A request it can't read: 400, or the connection closed without a word. */
enum wire_refusal { REFUSAL_400, REFUSAL_CLOSE, REFUSAL_COUNT };
/* A client that left: its work stops, its prefill runs to the end first, it is not noticed. */
enum wire_leaver { LEAVER_STOPS, LEAVER_AFTER_PREFILL, LEAVER_IGNORED, LEAVER_COUNT };

/* How a scripted model behaves with tools (sim/script.h). */
enum script_id {
    SCRIPT_CLEAN,
    SCRIPT_EMPTY_EDITS,
    SCRIPT_TRUNCATES,
    SCRIPT_LOOPS,
    SCRIPT_SKIPS_DELIVERABLE,
    SCRIPT_SEARCHES,
    SCRIPT_LEAKS_THINKING,
    SCRIPT_NEEDS_REASONING,
    SCRIPT_WRONG_TOOL,
    SCRIPT_STRINGIFIES,
    SCRIPT_NO_CALL,
    SCRIPT_FAILS,
    SCRIPT_BREAKS,
    SCRIPT_COUNT
};

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
    double wobble;      /* of a call's prefill and of its decode, 0..0.9: up to so much slower */
    int tokens_per_chunk;
    bool lock_step; /* what decodes together begins together, when all prefills are over */
    struct {
        int above;   /* more requests in the house than this slow it down; 0: never */
        double gain; /* by (requests / above)^gain, so less than 0 */
    } collapse;
    struct {
        int waiting; /* as many may wait; the next is refused; -1: no limit */
        int status;  /* 429 or 503 */
        int retry_s; /* Retry-After; 0: none */
    } limit;
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
    int load_ms;  /* after a restart */
    bool restart; /* its endpoint offers a restart command */

    struct {
        double share;    /* of the tokens, when it thinks; 0: not a thinking model */
        bool by_default; /* thinks when the request says nothing */
        bool kwargs;     /* honours chat_template_kwargs.enable_thinking */
        bool top_level;  /* honours enable_thinking */
        bool effort;     /* honours reasoning_effort "none" */
        bool effort_on;  /* any other effort turns it on */
        bool strict;     /* a switch of the wrong type or word is refused */
    } thinking;
    struct {
        enum wire_headers headers;
        enum wire_role role;
        char *reasoning_field; /* owned: "reasoning_content", "reasoning" */
        bool empty_content;    /* "content": "" stands beside reasoning */
        bool null_usage;       /* "usage": null on chunks that have none */
        bool null_logprobs;
        enum wire_usage usage;
        enum wire_extra usage_extra;
        enum wire_cached cached;
        char *usage_object; /* owned: "object" of the usage chunk */
        char *fingerprint;  /* owned; NULL: no system_fingerprint */
        bool timings;       /* llama.cpp's own figures on the last chunk */
        bool omits_done;    /* no [DONE] */
        bool refuses_usage; /* 400 when asked for stream_options */
        bool buffers;       /* the whole stream in one write at its end */
        enum wire_tools tools;
        bool tool_index;
        enum wire_failure failure;
        enum wire_errors errors;
        enum wire_unknown unknown;
        enum wire_loading loading;
        enum wire_refusal refusal;
        enum wire_leaver leaver;
        bool checks_model;         /* 404 for any other model than its own */
        char *server, *powered_by; /* owned: headers; NULL: none */
        char *owned_by;            /* owned: of a model in /v1/models; NULL: no such member */
        bool http10;               /* HTTP/1.0: no chunks, the connection ends with the reply */
    } wire;
    struct {
        char *comment;   /* owned: the line, with its colon; NULL: none */
        bool frame;      /* a chunk of "model": "keepalive" instead */
        bool progress;   /* the comment ends with " done/all" tokens; only during prefill */
        bool first;      /* one at once, after the headers */
        double period_s; /* of silence; 0: only the first */
    } keepalive;
    double wrong_answers; /* share of questions answered with a wrong integer */
    enum script_id script;

    struct {
        double idle, prefill, decode; /* NaN: not told */
        double gpu_share;             /* of it; the rest is the CPU's rail */
        double period_s;              /* how often the CPU's rail is published; 0: live */
    } watts;
    struct {
        int calls; /* more requests at once than this push the machine into swap; 0: never */
        double mb_per_call; /* for each above */
    } swap;
    struct {
        double after_s; /* of work, for each level of thermal pressure; 0: stays cool */
        int most;       /* level it stays at */
    } heat;
    struct {
        double total_mb, model_mb;
        double kv_bytes; /* of one token */
    } memory;
};

/* Fill from JSON text. Members that are left out have defaults, but for the engine and its rates.
 * False and `error` names the member that is missing, unknown, of the wrong type or out of range.
 */
bool profile_read(struct profile *profile, const char *name, const char *text, size_t length,
                  struct error *error);
/* An embedded name, or a path (with a '/' or ending in ".json"). */
bool profile_load(struct profile *profile, const char *name, struct error *error);
void profile_done(struct profile *profile);

/* Mean tokens of one decode step: tokens_per_chunk, or what drafting yields. */
double profile_tokens_per_step(const struct profile *profile);

#endif
