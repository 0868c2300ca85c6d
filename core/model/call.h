/* call: one completion: when what happened, how much came, and whether it counts. All times are µs
 * since the run's start on one monotonic clock (protocol 1). */
#ifndef MODEL_CALL_H
#define MODEL_CALL_H

#include <stdint.h>

#include "model/run.h"

#define MARK_NONE INT64_C(-1)  /* the mark was not reached */
#define COUNT_NONE INT64_C(-1) /* unknown, which is not 0 */

enum verdict3 { CHECK_NONE = -1, CHECK_NO = 0, CHECK_YES = 1 }; /* null, false, true in the log */

struct call {
    int64_t id;
    int ep;
    enum suite_id suite;
    char phase[PHASE_MAX];
    int pass;    /* from 0 */
    int index;   /* `i` in the log: place in the phase, from 0 */
    int attempt; /* from 0; > 0 after a retry */

    int64_t start_us, sent_us, first_byte_us, first_token_us, first_content_us, last_token_us,
        end_us;
    double connect_ms; /* NaN: the connection was there already and nobody timed it */
    int http_status;   /* 0: no answer */

    int64_t prompt_tokens, cached_tokens, completion_tokens; /* COUNT_NONE if unknown */
    enum tokens_source tokens_source;
    int chunks;                             /* that carried a token */
    int64_t reasoning_chars, content_chars; /* code points */
    int64_t prompt_chars;                   /* code points sent in messages */
    int shared_chars; /* of prompt_chars, those before the user's message; 0 if not meant */
    int max_tokens;
    enum thinking thinking; /* as asked */
    char finish[16];        /* finish_reason, "" if none was seen */
    int64_t *chunk_us;      /* owned; deltas between token-carrying chunks, chunks-1 of them */
    size_t chunk_us_count;
    char *server; /* owned; engine-reported figures, a JSON object as text; or NULL */

    bool ok;               /* finish seen, no error: only these enter figures */
    enum verdict3 correct; /* the suite's own check */
    bool degenerate;
    bool buffered; /* tokens came at too few instants: decode_tps absent */
    enum error_class error;
    char *error_detail; /* owned; NULL if none */

    double ttft_ms;    /* first_token - start; NaN if not reached */
    double decode_tps; /* (tokens-1)/(last_token-first_token); NaN where protocol 1 says so */
};

void call_init(struct call *call); /* all unknown */
void call_done(struct call *call);

/* Fill ok, ttft_ms, buffered and decode_tps from marks and counts (protocol 1). Call once, at the
 * end. decode_tps: (completion_tokens − 1) / (last_token − first_token); absent below 2 tokens, and
 * when ≥ 32 tokens came at < 8 distinct instants or faster than 5,000 t/s (`buffered`). */
void call_finish(struct call *call);

/* Derived, NaN where a part is unknown. */
double call_ttfc_ms(const struct call *call);
double call_latency_ms(const struct call *call); /* end − start */
double call_effective_tps(const struct call *call, bool *split_by_chars);

/* Empty, one trigram of words > 30 %, or < 15 % distinct words from 20 words on. */
bool text_is_degenerate(const char *reasoning, const char *content, bool has_tool_call);

#endif
