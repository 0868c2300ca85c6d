#include "model/names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

static const char *const engines[ENGINE_COUNT] = {
    [ENGINE_LLAMACPP] = "llama.cpp", [ENGINE_MLXLM] = "mlx-lm",     [ENGINE_LMSTUDIO] = "lm-studio",
    [ENGINE_RAPIDMLX] = "rapid-mlx", [ENGINE_VLLMMLX] = "vllm-mlx", [ENGINE_OMLX] = "omlx",
    [ENGINE_VMLX] = "vmlx",          [ENGINE_OLLAMA] = "ollama",    [ENGINE_OPENAI] = "openai",
};
static const char *const engine_titles[ENGINE_COUNT] = {
    [ENGINE_LLAMACPP] = "llama.cpp", [ENGINE_MLXLM] = "mlx-lm",     [ENGINE_LMSTUDIO] = "LM Studio",
    [ENGINE_RAPIDMLX] = "Rapid-MLX", [ENGINE_VLLMMLX] = "vLLM-MLX", [ENGINE_OMLX] = "oMLX",
    [ENGINE_VMLX] = "vMLX",          [ENGINE_OLLAMA] = "Ollama",    [ENGINE_OPENAI] = "OpenAI API",
};
static const char *const thinkings[THINKING_COUNT] = {
    [THINKING_DEFAULT] = "default",
    [THINKING_OFF] = "off",
    [THINKING_ON] = "on",
};
static const char *const suites[SUITE_COUNT] = {
    [SUITE_AGENTIC] = "agentic",
    [SUITE_BURST] = "burst",
    [SUITE_TICK] = "tick",
    [SUITE_TOOL_CALL] = "tool-call",
    [SUITE_TOOL_CALL_STRESS] = "tool-call-stress",
    [SUITE_RECOVERY] = "recovery",
    [SUITE_THINKING] = "thinking",
    [SUITE_THINKING_ABLATION] = "thinking-ablation",
    [SUITE_INSTRUCT] = "instruct",
    [SUITE_RESEARCH_BRIEF] = "research-brief",
    [SUITE_ORDER_CONTROL] = "order-control",
    [SUITE_LOOP_SEARCH] = "loop-search",
    [SUITE_CODE_TRAPS] = "code-traps",
    [SUITE_ENDURANCE] = "endurance",
    [SUITE_COHAB] = "cohab",
    [SUITE_SOLO] = "solo",
};
static const char *const workloads[WORKLOAD_COUNT] = {
    [WORKLOAD_ORCHESTRATOR] = "orchestrator",
    [WORKLOAD_DEEP] = "deep",
};
static const char *const errors[ERROR_CLASS_COUNT] = {
    [ERROR_NONE] = "none",
    [ERROR_CONNECT] = "connect",
    [ERROR_TLS] = "tls",
    [ERROR_TIMEOUT_CONNECT] = "timeout_connect",
    [ERROR_TIMEOUT_FIRST_TOKEN] = "timeout_first_token",
    [ERROR_TIMEOUT_STALL] = "timeout_stall",
    [ERROR_TIMEOUT_CALL] = "timeout_call",
    [ERROR_HTTP_4XX] = "http_4xx",
    [ERROR_HTTP_429] = "http_429",
    [ERROR_HTTP_5XX] = "http_5xx",
    [ERROR_LOADING] = "loading",
    [ERROR_PROTOCOL] = "protocol",
    [ERROR_TRUNCATED] = "truncated",
    [ERROR_STREAM] = "stream_error",
    [ERROR_TOO_LARGE] = "too_large",
    [ERROR_CANCELLED] = "cancelled",
    [ERROR_SUSPENDED] = "suspended",
};
static const char *const tokens[TOKENS_SOURCE_COUNT] = {
    [TOKENS_UNKNOWN] = "unknown",
    [TOKENS_USAGE] = "usage",
    [TOKENS_TIMINGS] = "timings",
    [TOKENS_CHUNKS] = "chunks",
};
static const char *const endpoint_states[ENDPOINT_STATE_COUNT] = {
    [ENDPOINT_UNKNOWN] = "unknown",
    [ENDPOINT_UP] = "up",
    [ENDPOINT_LOADING] = "loading",
    [ENDPOINT_DOWN] = "down",
};
static const char *const phase_statuses[PHASE_STATUS_COUNT] = {
    [PHASE_DONE] = "done",
    [PHASE_SKIPPED] = "skipped",
    [PHASE_STOPPED] = "stopped",
};
static const char *const run_statuses[RUN_STATUS_COUNT] = {
    [RUN_OPEN] = "open",
    [RUN_COMPLETE] = "complete",
    [RUN_STOPPED] = "stopped",
    [RUN_FAILED] = "failed",
};
static const char *const note_levels[NOTE_LEVEL_COUNT] = {
    [NOTE_INFO] = "info",
    [NOTE_WARN] = "warn",
    [NOTE_ERROR] = "error",
};
static const char *const thermals[THERMAL_COUNT] = {
    [THERMAL_UNKNOWN] = "unknown", [THERMAL_NOMINAL] = "nominal",   [THERMAL_MODERATE] = "moderate",
    [THERMAL_HEAVY] = "heavy",     [THERMAL_TRAPPING] = "trapping", [THERMAL_SLEEPING] = "sleeping",
};

static const struct {
    const char *const *words;
    int count;
} sets[NAMES_SET_COUNT] = {
    [NAMES_ENGINE] = {engines, ENGINE_COUNT},
    [NAMES_THINKING] = {thinkings, THINKING_COUNT},
    [NAMES_SUITE] = {suites, SUITE_COUNT},
    [NAMES_WORKLOAD] = {workloads, WORKLOAD_COUNT},
    [NAMES_ERROR] = {errors, ERROR_CLASS_COUNT},
    [NAMES_TOKENS] = {tokens, TOKENS_SOURCE_COUNT},
    [NAMES_ENDPOINT_STATE] = {endpoint_states, ENDPOINT_STATE_COUNT},
    [NAMES_PHASE_STATUS] = {phase_statuses, PHASE_STATUS_COUNT},
    [NAMES_RUN_STATUS] = {run_statuses, RUN_STATUS_COUNT},
    [NAMES_NOTE_LEVEL] = {note_levels, NOTE_LEVEL_COUNT},
    [NAMES_THERMAL] = {thermals, THERMAL_COUNT},
};

int names_find(const char *const *words, int count, const char *word) {
    for (int i = 0; word && i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

const char *const *names_words(enum names_set set, int *count) {
    *count = sets[set].count;
    return sets[set].words;
}

const char *engine_word(enum engine_id engine) {
    return engines[engine];
}

const char *engine_title(enum engine_id engine) {
    return engine_titles[engine];
}

int engine_find(const char *word) {
    for (int i = 0; word && i < ENGINE_COUNT; i++)
        if (strcasecmp(engines[i], word) == 0 || strcasecmp(engine_titles[i], word) == 0)
            return i;
    return -1;
}

const char *thinking_word(enum thinking mode) {
    return thinkings[mode];
}

int thinking_find(const char *word) {
    return names_find(thinkings, THINKING_COUNT, word);
}

static const struct {
    bool quality;
    enum thinking thinking;
} suite_traits[SUITE_COUNT] = {
    [SUITE_AGENTIC] = {false, THINKING_OFF},
    [SUITE_BURST] = {false, THINKING_OFF},
    [SUITE_TICK] = {false, THINKING_OFF},
    [SUITE_TOOL_CALL] = {true, THINKING_OFF},
    [SUITE_TOOL_CALL_STRESS] = {true, THINKING_OFF},
    [SUITE_RECOVERY] = {true, THINKING_OFF},
    [SUITE_THINKING] = {true, THINKING_OFF},
    [SUITE_THINKING_ABLATION] = {true, THINKING_DEFAULT}, /* sets each mode itself */
    [SUITE_INSTRUCT] = {true, THINKING_OFF},
    [SUITE_RESEARCH_BRIEF] = {true, THINKING_ON},
    [SUITE_ORDER_CONTROL] = {true, THINKING_OFF},
    [SUITE_LOOP_SEARCH] = {true, THINKING_OFF},
    [SUITE_CODE_TRAPS] = {true, THINKING_OFF},
    [SUITE_ENDURANCE] = {true, THINKING_OFF},
    [SUITE_COHAB] = {false, THINKING_OFF},
    [SUITE_SOLO] = {false, THINKING_OFF},
};

const char *suite_word(enum suite_id suite) {
    return suites[suite];
}

int suite_find(const char *word) {
    return names_find(suites, SUITE_COUNT, word);
}

bool suite_is_quality(enum suite_id suite) {
    return suite_traits[suite].quality;
}

enum thinking suite_thinking(enum suite_id suite) {
    return suite_traits[suite].thinking;
}

const char *workload_word(enum workload workload) {
    return workloads[workload];
}

int workload_find(const char *word) {
    return names_find(workloads, WORKLOAD_COUNT, word);
}

const char *error_word(enum error_class class) {
    return errors[class];
}

bool error_is_ours(enum error_class class) {
    return class == ERROR_CANCELLED || class == ERROR_SUSPENDED;
}

const char *tokens_word(enum tokens_source source) {
    return tokens[source];
}

const char *endpoint_state_word(enum endpoint_state state) {
    return endpoint_states[state];
}

int endpoint_state_find(const char *word) {
    return names_find(endpoint_states, ENDPOINT_STATE_COUNT, word);
}

const char *phase_status_word(enum phase_status status) {
    return phase_statuses[status];
}

int phase_status_find(const char *word) {
    return names_find(phase_statuses, PHASE_STATUS_COUNT, word);
}

const char *run_status_word(enum run_status status) {
    return run_statuses[status];
}

int run_status_find(const char *word) {
    return names_find(run_statuses, RUN_STATUS_COUNT, word);
}

const char *note_level_word(enum note_level level) {
    return note_levels[level];
}

int note_level_find(const char *word) {
    return names_find(note_levels, NOTE_LEVEL_COUNT, word);
}

const char *thermal_word(enum thermal level) {
    return thermals[level];
}

int thermal_find(const char *word) {
    return names_find(thermals, THERMAL_COUNT, word);
}

static const struct {
    const char *word;
    char mark;
    bool unranks;
    const char *explain;
} gates[GATE_COUNT] = {
    [GATE_EARLY_STOP] = {"early_stop", 'E', false,
                         "Two or more calls of a pass stopped at less than half the median length: "
                         "look at their finish reasons and the model's stop tokens."},
    [GATE_MEMORY_PRESSURE] = {"memory_pressure", 'M', true,
                              "The machine swapped during the suite: close what else is running or "
                              "take a smaller model or context, then measure again."},
    [GATE_DUPLICATE_PROCESSES] = {"duplicate_processes", 'D', false,
                                  "More than one process of the engine under test is running: stop "
                                  "the others, then measure again."},
    [GATE_NOT_SOLO] = {"not_solo", 'S', false,
                       "Another engine was resident on the machine: stop it, then measure again."},
    [GATE_THERMAL] = {"thermal", 'T', false,
                      "The machine was throttled by heat: let it cool down or lengthen the pauses, "
                      "then measure again."},
    [GATE_OUTPUT_VALID] = {"output_valid", 'V', true,
                           "Fewer than four in five calls gave a whole, correct, sane answer: read "
                           "the outputs before trusting any figure of this cell."},
    [GATE_PROMPT_TRUNCATED] =
        {"prompt_truncated", 'P', false,
         "The engine counted far fewer prompt tokens than were sent: raise its "
         "context size, it cut the prompt silently."},
    [GATE_THINKING_IGNORED] = {"thinking_ignored", 'K', false,
                               "Reasoning was streamed although thinking was asked off: set it off "
                               "in the engine or with --extra-body."},
    [GATE_TOKEN_SOURCE] = {"token_source", 'C', false,
                           "The engine reports no usage, so chunks were counted as tokens: compare "
                           "times, not token rates."},
    [GATE_TEMPLATE] =
        {"template", 'X', false,
         "Endpoints of one family count the same text differently: give them the same "
         "chat template."},
    [GATE_DISPATCH] =
        {"dispatch", 'B', false,
         "The requests of the burst left over more than 200 ms, or pitwall's own loop was late by "
         "more than a tenth of the median TTFT: free the machine that runs pitwall or take a "
         "smaller burst."},
};

const char *gate_word(enum gate_id gate) {
    return gates[gate].word;
}

char gate_mark(enum gate_id gate) {
    return gates[gate].mark;
}

const char *gate_explain(enum gate_id gate) {
    return gates[gate].explain;
}

bool gate_unranks(enum gate_id gate) {
    return gates[gate].unranks;
}
