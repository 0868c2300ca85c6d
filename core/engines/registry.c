#include "engines/registry.h"

#include <string.h>

#include "base/util.h"

#define KWARGS_OFF "{\"chat_template_kwargs\":{\"enable_thinking\":false}}"
#define KWARGS_ON "{\"chat_template_kwargs\":{\"enable_thinking\":true}}"
#define TOP_OFF "{\"enable_thinking\":false}"
#define TOP_ON "{\"enable_thinking\":true}"
#define CHAT "/v1/chat/completions"
#define USAGE_CACHED "usage.prompt_tokens_details.cached_tokens"

/* Nobody's absent cached_tokens is a 0: those that always report it need no such rule, the others
 * leave it out for "none" and "unknown" alike (facts A.2 rule 5). */
static const struct engine_row rows[ENGINE_COUNT] = {
    [ENGINE_LLAMACPP] =
        {
            .licence = "MIT",
            .ports = {8080, 9931}, /* B.1: a coming release moves to the second */
            .owned_by = "llamacpp",
            .asks = {"/props"},
            .version = {.path = "/props", .member = "build_info"},
            .format = "GGUF",
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = KWARGS_OFF, [THINKING_ON] = KWARGS_ON},
                        .include_usage = true,
                        .sends_seed = true},
            .cached = USAGE_CACHED ", timings.cache_n",
            .figures = "timings (prefill, decode, drafted and accepted tokens)",
            .metrics = "/metrics",
            .slots = "/slots",
            .unload = {"POST", "/models/unload", "{\"model\":{id}}"},
            .load = {"POST", "/models/load", "{\"model\":{id}}"},
            .switches = {"/props", "role", "router"}, /* B.3: only a router unloads */
            .download = "-hf USER/REPO",
            .persists = "no",
            .restart = "end llama-server and start it with the same arguments",
        },
    [ENGINE_MLXLM] =
        {
            .licence = "MIT",
            .ports = {8080},
            .format = "MLX",
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = KWARGS_OFF, [THINKING_ON] = KWARGS_ON},
                        .include_usage = true,
                        .sends_seed = false}, /* C.7: a seed turns batching off */
            .cached = USAGE_CACHED,
            .download = "on start",
            .persists = "no",
            .restart = "end mlx_lm.server and start it with the same arguments",
        },
    [ENGINE_LMSTUDIO] =
        {
            .licence = "proprietary",
            .ports = {1234},
            .asks = {"/api/v1/models"},
            /* D.5: enable_thinking is ignored without a word */
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = "{\"reasoning_effort\":\"none\"}",
                                          [THINKING_ON] = "{\"reasoning_effort\":\"medium\"}"},
                        .include_usage = true,
                        .sends_seed = true},
            .figures = "stats (only on /api/v0)",
            .slots = "/api/v1/models",
            .unload = {"POST", "/api/v1/models/unload", "{\"instance_id\":{id}}"},
            .load = {"POST", "/api/v1/models/load", "{\"model\":{id}}"},
            .download = "lms get",
            .persists = "no",
            .restart = "lms server stop && lms server start",
        },
    [ENGINE_RAPIDMLX] =
        {
            .licence = "Apache-2.0",
            .ports = {8000},
            .owned_by = "rapid-mlx",
            .asks = {"/metrics"},
            .version = {.path = "/metrics", .series = "rapid_mlx_build_info"},
            .format = "MLX",
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = TOP_OFF, [THINKING_ON] = TOP_ON},
                        .include_usage = true,
                        .sends_seed = true},
            .cached = USAGE_CACHED " above 0",
            .metrics = "/metrics",
            .slots = "/v1/status",
            .unload = {"DELETE", "/v1/models/{id}", NULL},
            .load = {"POST", "/v1/models/load", "{\"model\":{id}}"},
            .download = "on start",
            .persists = "at shutdown",
            .restart = "end rapid-mlx serve and start it with the same arguments",
        },
    [ENGINE_VLLMMLX] =
        {
            .licence = "Apache-2.0",
            .ports = {8000},
            .owned_by = "vllm-mlx",
            .asks = {"/openapi.json"},
            .version = {.path = "/openapi.json", .member = "info.version"},
            .format = "MLX",
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = TOP_OFF, [THINKING_ON] = TOP_ON},
                        .include_usage = true,
                        .sends_seed = true},
            .metrics = "/metrics",
            .slots = "/v1/status",
            .download = "on start",
            .persists = "opt-in",
            .restart = "end vllm-mlx serve and start it with the same arguments",
        },
    [ENGINE_OMLX] =
        {
            .licence = "Apache-2.0",
            .ports = {8000},
            .owned_by = "omlx",
            .asks = {"/api/status", "/v1/models/status"},
            .version = {.path = "/api/status", .member = "version"},
            .format = "MLX",
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = KWARGS_OFF, [THINKING_ON] = KWARGS_ON},
                        .include_usage = true,
                        .sends_seed = true},
            .cached = USAGE_CACHED,
            .figures = "usage (its own times, rounded to 10 ms)",
            .slots = "/api/status",
            .unload = {"POST", "/v1/models/{id}/unload", ""},
            .load = {"POST", "/v1/models/{id}/load", ""},
            .download = "admin page",
            .persists = "SSD tier",
            .restart = "end omlx-server and start omlx serve again",
        },
    [ENGINE_VMLX] =
        {
            .licence = "Apache-2.0",
            .ports = {8000},
            .owned_by = "vmlx-engine",
            .asks = {"/openapi.json"},
            .version = {.path = "/openapi.json", .member = "info.version"},
            .format = "MLX",
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = TOP_OFF, [THINKING_ON] = TOP_ON},
                        .include_usage = true,
                        .sends_seed = true},
            .cached = USAGE_CACHED " above 0",
            .slots = "/v1/cache/stats",
            .unload = {"POST", "/admin/deep-sleep", ""},
            .load = {"POST", "/admin/wake", ""},
            .download = "repository name",
            .persists = "opt-in",
            .restart = "end vmlx serve and start it with the same arguments",
        },
    [ENGINE_OLLAMA] =
        {
            .licence = "MIT",
            .ports = {11434},
            .asks = {"/api/ps", "/api/tags"},
            .version = {.path = "/api/version", .member = "version"},
            /* Its own API: thinking has a switch there, errors in mid-stream are told, and it
             * reports its durations (I.4, I.5). */
            .dialect = {.path = "/api/chat", .native_ollama = true, .sends_seed = true},
            .figures = "durations (load, prefill, decode)",
            .slots = "/api/ps",
            .unload = {"POST", "/api/generate", "{\"model\":{id},\"keep_alive\":0}"},
            .load = {"POST", "/api/generate", "{\"model\":{id}}"},
            .download = "ollama pull",
            .persists = "no",
            .restart = "end ollama serve (or the app) and start it again",
        },
    [ENGINE_OPENAI] =
        {
            .licence = "unknown",
            .ports = {8000, 30000}, /* vLLM, SGLang */
            .asks = {"/version"},
            .version = {.path = "/version", .member = "version"},
            .dialect = {.path = CHAT,
                        .thinking_body = {[THINKING_OFF] = KWARGS_OFF, [THINKING_ON] = KWARGS_ON},
                        .include_usage = true,
                        .sends_seed = true},
            .cached = USAGE_CACHED,
            .metrics = "/metrics",
            .download = "unknown",
            .persists = "unknown",
            .restart = "end the server and start it with the same arguments",
        },
};

const struct engine_row *engine_row(enum engine_id engine) {
    return &rows[engine < ENGINE_COUNT ? engine : ENGINE_OPENAI];
}

const struct dialect *engine_dialect(const struct endpoint *endpoint) {
    return &engine_row(endpoint->engine)->dialect;
}

char *engine_version_in(enum engine_id engine, const char *fingerprint) {
    if (!fingerprint || !fingerprint[0])
        return NULL;
    if (engine == ENGINE_LLAMACPP)
        return mem_string(fingerprint);
    if (engine == ENGINE_MLXLM) /* <mlx-lm>-<mlx>-<platform>-<GPU> (C.2) */
        return mem_bytes(fingerprint, strcspn(fingerprint, "-"));
    return NULL;
}
