#include "sim/profile_fields.h"

#include <math.h>
#include <stddef.h>

#include "sim/script.h"

/* ---- words ---- */

#define FINDER(name, ...)                                                                          \
    static int find_##name(const char *word) {                                                     \
        static const char *const words[] = {__VA_ARGS__};                                          \
        return names_find(words, (int)COUNT_OF(words), word);                                      \
    }

FINDER(policy, "none", "same-prompt", "cross-user")
FINDER(headers, "arrival", "slot", "first-token")
FINDER(role, "at-once", "before-first", "with-first", "every")
FINDER(usage, "asked", "finish", "every", "never")
FINDER(extra, "none", "reasoning", "times")
FINDER(cached, "always", "positive", "never")
FINDER(tools, "whole", "fragments")
FINDER(failure, "object", "object-done", "silent", "done", "empty")
FINDER(errors, "object", "string")
FINDER(unknown, "object", "text", "detail", "ok")
FINDER(loading, "503", "waits", "chat-503")
FINDER(refusal, "400", "close")
FINDER(leaver, "stops", "after-prefill", "ignored")

static int find_engine(const char *word) {
    return engine_find(word);
}

/* ---- the table ---- */

#define AT(member) offsetof(struct profile, member)
#define TEXT(section, key, member, text)                                                           \
    { section, key, FIELD_TEXT, AT(member), false, 0, 0, 0, text, NULL }
#define NUMBER(section, key, member, required, least, most, fallback)                              \
    { section, key, FIELD_NUMBER, AT(member), required, least, most, fallback, NULL, NULL }
#define INTEGER(section, key, member, least, most, fallback)                                       \
    { section, key, FIELD_INTEGER, AT(member), false, least, most, fallback, NULL, NULL }
#define BOOL(section, key, member, fallback)                                                       \
    { section, key, FIELD_BOOL, AT(member), false, 0, 0, fallback, NULL, NULL }
#define WORD(section, key, member, fallback, find)                                                 \
    { section, key, FIELD_WORD, AT(member), false, 0, 0, fallback, NULL, find }

/* clang-format off */
static const struct field fields[] = {
    {"", "engine", FIELD_WORD, AT(engine), true, 0, 0, 0, NULL, find_engine},
    TEXT("", "version", version, "1"),
    TEXT("", "model", model, "simulated"),
    TEXT("", "format", format, "GGUF"),
    TEXT("", "quant", quant, "Q4"),
    NUMBER("", "prefill_tps", prefill_tps, true, 1, 1e7, 0),
    NUMBER("", "decode_tps", decode_tps, true, 0.1, 1e5, 0),
    NUMBER("", "overhead_ms", overhead_ms, false, 0, 60000, 0),
    INTEGER("", "slots", slots, 1, 4096, 1),
    NUMBER("", "gain", gain, false, -1, 1, 0),
    NUMBER("", "jitter", jitter, false, 0, 0.9, 0),
    NUMBER("", "wobble", wobble, false, 0, 0.9, 0),
    INTEGER("", "tokens_per_chunk", tokens_per_chunk, 1, 64, 1),
    BOOL("", "lock_step", lock_step, false),
    INTEGER("", "load_ms", load_ms, 0, 600000, 0),
    BOOL("", "restart", restart, false),
    NUMBER("", "wrong_answers", wrong_answers, false, 0, 1, 0),
    WORD("", "script", script, SCRIPT_CLEAN, script_find),
    INTEGER("collapse", "above", collapse.above, 1, 4096, 0),
    NUMBER("collapse", "gain", collapse.gain, false, -4, 0, 0),
    INTEGER("limit", "waiting", limit.waiting, 0, 4096, -1),
    INTEGER("limit", "status", limit.status, 400, 599, 503),
    INTEGER("limit", "retry_s", limit.retry_s, 0, 3600, 0),
    NUMBER("mtp", "acceptance", mtp.acceptance, false, 0, 1, 0),
    INTEGER("mtp", "draft", mtp.draft, 0, 16, 0),
    WORD("cache", "policy", cache.policy, CACHE_NONE, find_policy),
    INTEGER("cache", "min_prefix_chars", cache.min_prefix_chars, 0, 1e7, 0),
    INTEGER("cache", "block_tokens", cache.block_tokens, 1, 65536, 1),
    INTEGER("cache", "entries", cache.entries, 1, 256, 8),
    BOOL("cache", "persists", cache.persists, false),
    NUMBER("thinking", "share", thinking.share, false, 0, 0.95, 0),
    BOOL("thinking", "by_default", thinking.by_default, false),
    BOOL("thinking", "kwargs", thinking.kwargs, false),
    BOOL("thinking", "top_level", thinking.top_level, false),
    BOOL("thinking", "effort", thinking.effort, false),
    BOOL("thinking", "effort_on", thinking.effort_on, false),
    BOOL("thinking", "strict", thinking.strict, false),
    WORD("wire", "headers", wire.headers, HEADERS_ARRIVAL, find_headers),
    WORD("wire", "role", wire.role, ROLE_AT_ONCE, find_role),
    TEXT("wire", "reasoning_field", wire.reasoning_field, "reasoning_content"),
    BOOL("wire", "empty_content", wire.empty_content, false),
    BOOL("wire", "null_usage", wire.null_usage, false),
    BOOL("wire", "null_logprobs", wire.null_logprobs, false),
    WORD("wire", "usage", wire.usage, USAGE_ASKED, find_usage),
    WORD("wire", "usage_extra", wire.usage_extra, EXTRA_NONE, find_extra),
    WORD("wire", "cached_tokens", wire.cached, CACHED_ALWAYS, find_cached),
    TEXT("wire", "usage_object", wire.usage_object, "chat.completion.chunk"),
    TEXT("wire", "fingerprint", wire.fingerprint, NULL),
    BOOL("wire", "timings", wire.timings, false),
    BOOL("wire", "omits_done", wire.omits_done, false),
    BOOL("wire", "refuses_usage", wire.refuses_usage, false),
    BOOL("wire", "buffers", wire.buffers, false),
    WORD("wire", "tools", wire.tools, TOOLS_WHOLE, find_tools),
    BOOL("wire", "tool_index", wire.tool_index, true),
    WORD("wire", "failure", wire.failure, FAILURE_OBJECT, find_failure),
    WORD("wire", "errors", wire.errors, ERRORS_OBJECT, find_errors),
    WORD("wire", "unknown", wire.unknown, UNKNOWN_OBJECT, find_unknown),
    WORD("wire", "loading", wire.loading, LOADING_503, find_loading),
    WORD("wire", "refusal", wire.refusal, REFUSAL_400, find_refusal),
    WORD("wire", "leaver", wire.leaver, LEAVER_STOPS, find_leaver),
    BOOL("wire", "checks_model", wire.checks_model, false),
    TEXT("wire", "server", wire.server, NULL),
    TEXT("wire", "powered_by", wire.powered_by, NULL),
    TEXT("wire", "owned_by", wire.owned_by, NULL),
    BOOL("wire", "http10", wire.http10, false),
    TEXT("keepalive", "comment", keepalive.comment, NULL),
    BOOL("keepalive", "frame", keepalive.frame, false),
    BOOL("keepalive", "progress", keepalive.progress, false),
    BOOL("keepalive", "first", keepalive.first, false),
    NUMBER("keepalive", "period_s", keepalive.period_s, false, 0.01, 3600, 0),
    NUMBER("watts", "idle", watts.idle, false, 0, 10000, NAN),
    NUMBER("watts", "prefill", watts.prefill, false, 0, 10000, NAN),
    NUMBER("watts", "decode", watts.decode, false, 0, 10000, NAN),
    NUMBER("watts", "gpu_share", watts.gpu_share, false, 0, 1, 0.8),
    NUMBER("watts", "period_s", watts.period_s, false, 0.01, 60, 0),
    INTEGER("swap", "calls", swap.calls, 0, 100000, 0),
    NUMBER("swap", "mb_per_call", swap.mb_per_call, false, 0, 1e6, 0),
    NUMBER("heat", "after_s", heat.after_s, false, 0.01, 86400, 0),
    INTEGER("heat", "most", heat.most, 0, 3, 1),
    NUMBER("memory", "total_mb", memory.total_mb, false, 1024, 1e7, 131072),
    NUMBER("memory", "model_mb", memory.model_mb, false, 0, 1e7, 20480),
    NUMBER("memory", "kv_bytes", memory.kv_bytes, false, 0, 1e8, 20480),
};
/* clang-format on */

const struct field *profile_fields(size_t *count) {
    *count = COUNT_OF(fields);
    return fields;
}
