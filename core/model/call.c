#include "model/call.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* protocol 1 */
#define BUFFERED_TOKENS 32
#define BUFFERED_INSTANTS 8
#define BUFFERED_TPS 5000.0

void call_init(struct call *call) {
    *call = (struct call){
        .id = -1,
        .start_us = MARK_NONE,
        .sent_us = MARK_NONE,
        .first_byte_us = MARK_NONE,
        .first_token_us = MARK_NONE,
        .first_content_us = MARK_NONE,
        .last_token_us = MARK_NONE,
        .end_us = MARK_NONE,
        .connect_ms = NAN,
        .prompt_tokens = COUNT_NONE,
        .cached_tokens = COUNT_NONE,
        .completion_tokens = COUNT_NONE,
        .prompt_chars = COUNT_NONE,
        .correct = CHECK_NONE,
        .ttft_ms = NAN,
        .decode_tps = NAN,
    };
}

void call_done(struct call *call) {
    free(call->chunk_us);
    free(call->server);
    free(call->error_detail);
    call_init(call);
}

static double between_ms(int64_t from_us, int64_t to_us) {
    return from_us == MARK_NONE || to_us == MARK_NONE ? NAN : (double)(to_us - from_us) / 1e3;
}

/* Different times at which tokens came; -1 when the times of the chunks were not kept. */
static int64_t instants(const struct call *call) {
    if (call->chunks > 1 && call->chunk_us_count == 0)
        return -1;
    int64_t count = call->chunks > 0 ? 1 : 0;
    for (size_t i = 0; i < call->chunk_us_count; i++)
        count += call->chunk_us[i] > 0;
    return count;
}

void call_finish(struct call *call) {
    call->ok = call->finish[0] != '\0' && call->error == ERROR_NONE;
    call->ttft_ms = between_ms(call->start_us, call->first_token_us);
    call->decode_tps = NAN;
    call->buffered = false;
    double decode_ms = between_ms(call->first_token_us, call->last_token_us);
    if (call->completion_tokens < 2 || isnan(decode_ms))
        return;
    /* one token is in the first chunk: its time is the prefill's */
    double tps = (double)(call->completion_tokens - 1) * 1e3 / decode_ms;
    int64_t seen = instants(call);
    bool few = seen >= 0 && seen < BUFFERED_INSTANTS;
    call->buffered = call->completion_tokens >= BUFFERED_TOKENS && (few || tps > BUFFERED_TPS);
    if (decode_ms > 0 && tps <= BUFFERED_TPS && !call->buffered)
        call->decode_tps = tps;
}

double call_ttfc_ms(const struct call *call) {
    return between_ms(call->start_us, call->first_content_us);
}

double call_latency_ms(const struct call *call) {
    return between_ms(call->start_us, call->end_us);
}

double call_effective_tps(const struct call *call, bool *split_by_chars) {
    *split_by_chars = false;
    double span_ms = between_ms(call->start_us, call->last_token_us);
    if (call->completion_tokens < 0 || !(span_ms > 0))
        return NAN;
    double visible = (double)call->completion_tokens;
    if (call->reasoning_chars > 0) {
        double all = (double)(call->reasoning_chars + call->content_chars);
        visible *= (double)call->content_chars / all;
        *split_by_chars = true;
    }
    return visible * 1e3 / span_ms;
}
