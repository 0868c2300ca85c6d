#include "sim/reply_parts.h"

#include <math.h>
#include <string.h>

static double per_second(int64_t count, double ms) {
    return (double)count * 1e3 / ms;
}

/* ---- usage ---- */

static double hundredths(double value) {
    return round(value * 100) / 100;
}

/* oMLX: seconds with two decimals; its prompt rate counts cached tokens as computed (facts engines
 * G.4). */
static void put_times(struct json_writer *w, const struct reply_figures *figures) {
    json_put_integer(w, "input_tokens", 0);
    json_put_integer(w, "output_tokens", 0);
    json_put_number(w, "time_to_first_token", hundredths(figures->prompt_ms / 1e3));
    json_put_number(w, "total_time",
                    hundredths((figures->prompt_ms + figures->predicted_ms) / 1e3));
    json_put_number(w, "prompt_eval_duration", hundredths(figures->prompt_ms / 1e3));
    json_put_number(w, "generation_duration", hundredths(figures->predicted_ms / 1e3));
    json_put_number(w, "prompt_tokens_per_second",
                    hundredths(per_second(figures->prompt, figures->prompt_ms)));
    json_put_number(w, "generation_tokens_per_second",
                    hundredths(per_second(figures->completion, figures->predicted_ms)));
}

void reply_put_usage(const struct reply *reply, struct json_writer *w,
                     const struct reply_figures *figures) {
    enum wire_cached cached = reply->profile->wire.cached;
    enum wire_extra extra = reply->profile->wire.usage_extra;
    json_open(w, "usage", '{');
    json_put_integer(w, "prompt_tokens", figures->prompt);
    json_put_integer(w, "completion_tokens", figures->completion);
    json_put_integer(w, "total_tokens", figures->prompt + figures->completion);
    if (cached == CACHED_ALWAYS || (cached == CACHED_POSITIVE && figures->cached > 0)) {
        json_open(w, "prompt_tokens_details", '{');
        json_put_integer(w, "cached_tokens", figures->cached);
        json_close(w, '}');
    }
    if (extra == EXTRA_REASONING) {
        json_open(w, "completion_tokens_details", '{');
        json_put_integer(w, "reasoning_tokens", figures->reasoning);
        json_close(w, '}');
    }
    if (extra == EXTRA_TIMES)
        put_times(w, figures);
    json_close(w, '}');
}

/* ---- figures of their own ---- */

/* The decode clock starts at the first token but counts it (facts engines B.4). */
void reply_put_timings(struct json_writer *w, const struct reply_figures *figures) {
    int64_t computed = figures->prompt - figures->cached;
    json_open(w, "timings", '{');
    json_put_integer(w, "cache_n", figures->cached);
    json_put_integer(w, "prompt_n", computed);
    json_put_number(w, "prompt_ms", figures->prompt_ms);
    json_put_number(w, "prompt_per_token_ms", figures->prompt_ms / (double)computed);
    json_put_number(w, "prompt_per_second", per_second(computed, figures->prompt_ms));
    json_put_integer(w, "predicted_n", figures->completion);
    json_put_number(w, "predicted_ms", figures->predicted_ms);
    json_put_number(w, "predicted_per_token_ms",
                    figures->predicted_ms / (double)figures->completion);
    json_put_number(w, "predicted_per_second",
                    per_second(figures->completion, figures->predicted_ms));
    if (figures->drafted > 0) {
        json_put_integer(w, "draft_n", figures->drafted);
        json_put_integer(w, "draft_n_accepted", figures->accepted);
    }
    json_close(w, '}');
}

void reply_put_stats(struct json_writer *w, const char *finish,
                     const struct reply_figures *figures) {
    json_open(w, "stats", '{');
    json_put_number(w, "tokens_per_second", per_second(figures->completion, figures->predicted_ms));
    json_put_number(w, "time_to_first_token", figures->prompt_ms / 1e3);
    json_put_number(w, "generation_time", figures->predicted_ms / 1e3);
    json_put_string(w, "stop_reason",
                    strcmp(finish, "length") == 0 ? "maxPredictedTokensReached" : "eosFound");
    if (figures->drafted > 0) {
        json_put_integer(w, "total_draft_tokens_count", figures->drafted);
        json_put_integer(w, "accepted_draft_tokens_count", figures->accepted);
        json_put_integer(w, "rejected_draft_tokens_count", figures->drafted - figures->accepted);
        json_put_integer(w, "ignored_draft_tokens_count", 0);
    }
    json_close(w, '}');
}

void reply_put_runtime(const struct reply *reply, struct json_writer *w) {
    json_open(w, "model_info", '{');
    json_put_string(w, "arch", "qwen35moe");
    json_put_string(w, "quant", reply->profile->quant);
    json_put_string(w, "format", "gguf");
    json_put_integer(w, "context_length", 262144);
    json_close(w, '}');
    json_open(w, "runtime", '{');
    json_put_string(w, "name", "llama.cpp-mac-arm64-apple-metal-advsimd");
    json_put_string(w, "version", reply->profile->version);
    json_close(w, '}');
}

/* ---- Ollama ---- */

static void put_ns(struct json_writer *w, const char *key, double ms) {
    int64_t ns = (int64_t)(ms * 1e6);
    if (ns > 0) /* zero is left out */
        json_put_integer(w, key, ns);
}

static void put_count(struct json_writer *w, const char *key, int64_t count) {
    if (count > 0)
        json_put_integer(w, key, count);
}

/* vMLX, which imitates this API, has the counts and no durations (facts engines H.9). */
static void put_done(struct json_writer *w, const char *reason, const struct reply_figures *figures,
                     bool imitated) {
    json_put_string(w, "done_reason", strcmp(reason, "tool_calls") == 0 ? "stop" : reason);
    if (imitated) {
        put_count(w, "prompt_eval_count", figures->prompt);
        put_count(w, "eval_count", figures->completion);
        return;
    }
    put_ns(w, "total_duration", figures->prompt_ms + figures->predicted_ms);
    /* all of the prompt is counted, only the new part of it is timed (facts engines I.4) */
    put_count(w, "prompt_eval_count", figures->prompt);
    put_ns(w, "prompt_eval_duration", figures->prompt_ms);
    put_count(w, "eval_count", figures->completion);
    put_ns(w, "eval_duration", figures->predicted_ms);
}

void reply_line(const struct reply *reply, struct buf *out, const struct reply_texts *texts,
                const char *done, const struct reply_figures *figures) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "model", reply->profile->model);
    json_put_string(&w, "created_at", "2026-11-20T00:00:00Z");
    json_open(&w, "message", '{');
    json_put_string(&w, "role", "assistant");
    json_put_string(&w, "content", texts->content != NULL ? texts->content : "");
    if (texts->reasoning != NULL)
        json_put_string(&w, "thinking", texts->reasoning);
    if (texts->call_name != NULL) {
        json_open(&w, "tool_calls", '[');
        json_open(&w, NULL, '{');
        json_open(&w, "function", '{');
        json_put_string(&w, "name", texts->call_name);
        json_put_raw(&w, "arguments", texts->call_arguments);
        json_close(&w, '}');
        json_close(&w, '}');
        json_close(&w, ']');
    }
    json_close(&w, '}');
    json_put_bool(&w, "done", done != NULL);
    if (done != NULL)
        put_done(&w, done, figures, reply->profile->engine == ENGINE_VMLX);
    json_close(&w, '}');
    buf_char(out, '\n');
}
