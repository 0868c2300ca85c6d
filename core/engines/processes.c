/* Engines by their command lines (facts: engines B.1 to I.1). The traps: an interpreter's name says
 * nothing, its script or module does; mlx_lm has other tools than its server; "vllm" is part of two
 * engines' names; Ollama brings a llama-server of its own; oMLX renames its process; LM Studio's
 * models live in node workers, and its window may be open without serving anything. */
#include "engines/processes.h"

#include <string.h>

struct pattern {
    enum engine_id engine;
    const char *program; /* or script, or module behind -m; with a '*' at its end: begins so */
    const char *verb;    /* the argument behind it; NULL: any */
};

/* The first that fits. */
static const struct pattern patterns[] = {
    {ENGINE_LLAMACPP, "llama-server*", NULL}, /* forks call theirs llama-server-… */
    {ENGINE_LLAMACPP, "llama", "serve"},
    {ENGINE_LLAMACPP, "llama", "server"},
    {ENGINE_MLXLM, "mlx_lm.server", NULL},
    {ENGINE_MLXLM, "mlx_lm", "server"},
    {ENGINE_LMSTUDIO, "llmworker.js", NULL},
    {ENGINE_LMSTUDIO, "llmster", NULL},
    {ENGINE_RAPIDMLX, "rapid-mlx", "serve"},
    {ENGINE_RAPIDMLX, "rmlx", "serve"},
    {ENGINE_VLLMMLX, "vllm-mlx", "serve"}, /* Rapid-MLX installs one, too: only /v1/models tells */
    {ENGINE_VLLMMLX, "vllm_mlx.server", NULL},
    {ENGINE_VLLMMLX, "vllm_mlx*", "serve"},
    {ENGINE_OMLX, "omlx-server", NULL},
    {ENGINE_OMLX, "omlx.cli", "serve"},
    {ENGINE_OMLX, "omlx", "serve"},
    {ENGINE_VMLX, "vmlx", "serve"},
    {ENGINE_VMLX, "vmlx-serve", NULL},
    {ENGINE_VMLX, "vmlx-engine", NULL},
    {ENGINE_VMLX, "vmlx-worker", NULL},
    {ENGINE_VMLX, "vmlx_engine*", NULL},
    {ENGINE_OLLAMA, "ollama", "serve"},
    {ENGINE_OLLAMA, "ollama", "runner"},
    {ENGINE_OPENAI, "vllm", "serve"},
    {ENGINE_OPENAI, "vllm.entrypoints.openai.api_server", NULL},
    {ENGINE_OPENAI, "sglang.launch_server", NULL},
};

struct word {
    const char *at;
    size_t length;
};

/* The last part of a path. A process that renamed itself keeps its whole title, with blanks, as its
 * only argument: then up to the first. */
static struct word base_of(const struct process *process, int argument) {
    const char *path = process->argv[argument];
    size_t length = process->argc == 1 ? strcspn(path, " :") : strlen(path);
    const char *at = path;
    for (size_t i = 0; i < length; i++)
        if (path[i] == '/')
            at = path + i + 1;
    return (struct word){at, (size_t)(path + length - at)};
}

static bool begins(struct word word, const char *with) {
    size_t length = strlen(with);
    return word.length >= length && strncmp(word.at, with, length) == 0;
}

static bool is_word(struct word word, const char *text) {
    return word.length == strlen(text) && begins(word, text);
}

/* Index of the first argument from `from` on that is no option; argc if there is none. */
static int skip_options(const struct process *process, int from) {
    while (from < process->argc && process->argv[from][0] == '-' &&
           strcmp(process->argv[from], "-m") != 0)
        from++;
    return from;
}

/* Which argument names the program: behind an interpreter its script or module; argc if none. */
static int program_of(const struct process *process) {
    struct word first = base_of(process, 0);
    int at = 0;
    if (begins(first, "uv")) {
        at = skip_options(process, 1);
        if (at < process->argc && strcmp(process->argv[at], "run") == 0)
            at = skip_options(process, at + 1);
        first = at < process->argc ? base_of(process, at) : first;
    }
    if (begins(first, "python") || begins(first, "Python") || begins(first, "pypy") ||
        is_word(first, "node"))
        at = skip_options(process, at + 1);
    if (at < process->argc && strcmp(process->argv[at], "-m") == 0)
        at++;
    return at;
}

static bool fits(const struct pattern *pattern, struct word program, const char *verb) {
    size_t length = strlen(pattern->program);
    bool prefix = pattern->program[length - 1] == '*';
    bool named = prefix ? program.length >= length - 1 &&
                              strncmp(program.at, pattern->program, length - 1) == 0
                        : is_word(program, pattern->program);
    return named && (!pattern->verb || (verb && strcmp(verb, pattern->verb) == 0));
}

static bool is_ollamas(const struct process *process) {
    const char *places[] = {process->path, process->argv[0]};
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (places[i] && (strstr(places[i], "lib/ollama") || strstr(places[i], "Ollama.app")))
            return true;
    return false;
}

/* LM Studio's own node has llmworker.js behind options that may take values. */
static bool is_node_worker(const struct process *process) {
    if (!begins(base_of(process, 0), "node") && !strstr(process->argv[0], ".lmstudio"))
        return false;
    for (int i = 1; i < process->argc; i++)
        if (is_word(base_of(process, i), "llmworker.js"))
            return true;
    return false;
}

static int engine_of(const struct process *process) {
    if (process->argc < 1)
        return -1;
    if (is_node_worker(process))
        return ENGINE_LMSTUDIO;
    int at = program_of(process);
    if (at >= process->argc)
        return -1;
    struct word program = base_of(process, at);
    const char *verb = at + 1 < process->argc ? process->argv[at + 1] : NULL;
    for (size_t i = 0; i < COUNT_OF(patterns); i++)
        if (fits(&patterns[i], program, verb))
            return patterns[i].engine == ENGINE_LLAMACPP && is_ollamas(process)
                       ? ENGINE_OLLAMA
                       : (int)patterns[i].engine;
    return -1;
}

/* The window's helpers are its children and go with it. */
static bool is_shell(const struct process *process) {
    if (process->argc < 1)
        return false;
    struct word first = base_of(process, 0);
    return is_word(first, "lm-studio") ||
           (begins(first, "LM") && strstr(process->argv[0], "LM Studio"));
}

const struct process_patterns engine_processes = {engine_of, is_shell};
