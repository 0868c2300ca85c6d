/* names: the closed sets of the field and their words: engines, suites, error classes, states.
 * Words are what the log, the command line and the reports use; titles are for people. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include <stdbool.h>

/* A word's place in a table of words, or -1. `words` has `count` entries. */
int names_find(const char *const *words, int count, const char *word);

/* The tables of words that stand in the log. */
enum names_set {
    NAMES_ENGINE,
    NAMES_THINKING,
    NAMES_SUITE,
    NAMES_WORKLOAD,
    NAMES_ERROR,
    NAMES_TOKENS,
    NAMES_ENDPOINT_STATE,
    NAMES_PHASE_STATUS,
    NAMES_RUN_STATUS,
    NAMES_NOTE_LEVEL,
    NAMES_THERMAL,
    NAMES_SET_COUNT
};
const char *const *names_words(enum names_set set, int *count);

enum engine_id {
    ENGINE_LLAMACPP,
    ENGINE_MLXLM,
    ENGINE_LMSTUDIO,
    ENGINE_RAPIDMLX,
    ENGINE_VLLMMLX,
    ENGINE_OMLX,
    ENGINE_VMLX,
    ENGINE_OLLAMA,
    ENGINE_OPENAI /* any other OpenAI-compatible server */,
    ENGINE_COUNT
};
const char *engine_word(enum engine_id engine);  /* "llama.cpp", "mlx-lm", "lm-studio", … */
const char *engine_title(enum engine_id engine); /* "llama.cpp", "LM Studio", … */
int engine_find(const char *word);               /* -1 unknown; accepts word or title, any case */

enum thinking { THINKING_DEFAULT, THINKING_OFF, THINKING_ON, THINKING_COUNT };
const char *thinking_word(enum thinking mode); /* "default" "off" "on" */
int thinking_find(const char *word);

enum suite_id {
    SUITE_AGENTIC,
    SUITE_BURST,
    SUITE_TICK,
    SUITE_TOOL_CALL,
    SUITE_TOOL_CALL_STRESS,
    SUITE_RECOVERY,
    SUITE_THINKING,
    SUITE_THINKING_ABLATION,
    SUITE_INSTRUCT,
    SUITE_RESEARCH_BRIEF,
    SUITE_ORDER_CONTROL,
    SUITE_LOOP_SEARCH,
    SUITE_CODE_TRAPS,
    SUITE_ENDURANCE,
    SUITE_COHAB,
    SUITE_SOLO,
    SUITE_COUNT
};
const char *suite_word(enum suite_id suite); /* "agentic", "tool-call", … */
int suite_find(const char *word);
bool suite_is_quality(enum suite_id suite);        /* scored by items, not by latency */
enum thinking suite_thinking(enum suite_id suite); /* the suite's own mode, protocol 1 */

enum workload { WORKLOAD_ORCHESTRATOR, WORKLOAD_DEEP, WORKLOAD_COUNT };
const char *workload_word(enum workload workload);
int workload_find(const char *word);

/* Why a call failed. ERROR_NONE: it did not. */
enum error_class {
    ERROR_NONE,
    ERROR_CONNECT,
    ERROR_TLS,
    ERROR_TIMEOUT_CONNECT,
    ERROR_TIMEOUT_FIRST_TOKEN,
    ERROR_TIMEOUT_STALL,
    ERROR_TIMEOUT_CALL,
    ERROR_HTTP_4XX,
    ERROR_HTTP_429,
    ERROR_HTTP_5XX,
    ERROR_LOADING,
    ERROR_PROTOCOL,
    ERROR_TRUNCATED,
    ERROR_STREAM,
    ERROR_TOO_LARGE,
    ERROR_CANCELLED,
    ERROR_SUSPENDED, /* pitwall did not run meanwhile: its marks say nothing */
    ERROR_CLASS_COUNT
};
const char *error_word(enum error_class class); /* "connect", "timeout_first_token", … */
/* Not the engine's doing (cancelled by the user, suspended): kept and shown apart, no failure. */
bool error_is_ours(enum error_class class);

/* Where completion_tokens came from. */
enum tokens_source {
    TOKENS_UNKNOWN,
    TOKENS_USAGE,
    TOKENS_TIMINGS,
    TOKENS_CHUNKS,
    TOKENS_SOURCE_COUNT
};
const char *tokens_word(enum tokens_source source);

enum endpoint_state {
    ENDPOINT_UNKNOWN,
    ENDPOINT_UP,
    ENDPOINT_LOADING,
    ENDPOINT_DOWN,
    ENDPOINT_STATE_COUNT
};
const char *endpoint_state_word(enum endpoint_state state);
int endpoint_state_find(const char *word);

enum phase_status { PHASE_DONE, PHASE_SKIPPED, PHASE_STOPPED, PHASE_STATUS_COUNT };
const char *phase_status_word(enum phase_status status);
int phase_status_find(const char *word);

enum run_status { RUN_OPEN, RUN_COMPLETE, RUN_STOPPED, RUN_FAILED, RUN_STATUS_COUNT };
const char *run_status_word(enum run_status status);
int run_status_find(const char *word);
#define RUN_NOTHING "nothing measured" /* of a complete run in which no engine answered */

enum note_level { NOTE_INFO, NOTE_WARN, NOTE_ERROR, NOTE_LEVEL_COUNT };
const char *note_level_word(enum note_level level);
int note_level_find(const char *word);

/* Thermal pressure as the system publishes it (macOS notify levels; Linux: throttling = heavy). */
enum thermal {
    THERMAL_UNKNOWN,
    THERMAL_NOMINAL,
    THERMAL_MODERATE,
    THERMAL_HEAVY,
    THERMAL_TRAPPING,
    THERMAL_SLEEPING,
    THERMAL_COUNT
};
const char *thermal_word(enum thermal level);
int thermal_find(const char *word);

enum gate_id {
    GATE_EARLY_STOP,
    GATE_MEMORY_PRESSURE,
    GATE_DUPLICATE_PROCESSES,
    GATE_NOT_SOLO,
    GATE_THERMAL,
    GATE_OUTPUT_VALID,
    GATE_PROMPT_TRUNCATED,
    GATE_THINKING_IGNORED,
    GATE_TOKEN_SOURCE,
    GATE_TEMPLATE,
    GATE_DISPATCH,
    GATE_COUNT
};
const char *gate_word(enum gate_id gate);    /* "early_stop" */
char gate_mark(enum gate_id gate);           /* one letter for a cell */
const char *gate_explain(enum gate_id gate); /* one sentence: when it trips, what to do */
bool gate_unranks(enum gate_id gate);        /* output_valid, memory_pressure */

#endif
