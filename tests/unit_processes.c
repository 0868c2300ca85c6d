/* Which process is which engine: the facts' patterns with their traps, and how trees count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engines/processes.h"

#define ARGS_MAX 12

/* A process from a line of arguments split at '|'. */
struct made {
    struct process process;
    char text[256], *argv[ARGS_MAX];
};

static void make(struct made *made, int pid, int parent, const char *path, const char *line) {
    *made = (struct made){.process = {.pid = pid, .parent = parent, .started = pid * 10}};
    copy_text(made->text, sizeof made->text, line);
    for (char *at = made->text; at && made->process.argc < ARGS_MAX;) {
        made->argv[made->process.argc++] = at;
        at = strchr(at, '|');
        if (at)
            *at++ = '\0';
    }
    made->process.argv = made->argv;
    made->process.path = (char *)(uintptr_t)path;
}

static void test_patterns(void **state) {
    (void)state;
    static const struct {
        int engine;
        const char *path, *line;
    } rows[] = {
        {ENGINE_LLAMACPP, NULL, "llama-server|-m|x.gguf"},
        {ENGINE_LLAMACPP, NULL, "/home/a b/bin/llama-server|--port|8080"},
        {ENGINE_LLAMACPP, NULL, "./llama-server-turboquant|-m|x"},
        {ENGINE_LLAMACPP, NULL, "/opt/homebrew/bin/llama|serve|-m|x"},
        {-1, NULL, "llama|run|x"},
        {-1, NULL, "vim|llama-server"},
        {-1, NULL, "bash|-c|llama-server -m x"},
        {-1, NULL, "grep|mlx_lm.server"},
        {ENGINE_OLLAMA, "/usr/local/lib/ollama/llama-server", "llama-server|--port|41123"},
        {ENGINE_OLLAMA, NULL, "/Applications/Ollama.app/Contents/Resources/llama-server|--offline"},
        {ENGINE_OLLAMA, NULL, "/usr/local/bin/ollama|serve"},
        {ENGINE_OLLAMA, NULL, "/usr/local/bin/ollama|runner|--mlx-engine|--model|x"},
        {-1, NULL, "ollama|run|qwen3"},
        {-1, NULL, "/Applications/Ollama.app/Contents/MacOS/Ollama"},
        {ENGINE_MLXLM, NULL, "/opt/python3.12|/opt/bin/mlx_lm.server|--model|x"},
        {ENGINE_MLXLM, NULL, "python|-m|mlx_lm|server"},
        {ENGINE_MLXLM, NULL, "/Library/Frameworks/Python|-u|-m|mlx_lm.server"},
        {ENGINE_MLXLM, NULL, "uv|run|mlx_lm.server|--model|x"},
        {ENGINE_MLXLM, NULL, "uv|run|python|-m|mlx_lm.server"},
        {-1, NULL, "python|-m|mlx_lm|generate"},
        {-1, NULL, "python|/opt/bin/mlx_lm.lora"},
        {-1, NULL, "python|/opt/bin/mlx-openai-server"},
        {-1, NULL, "python|-m|mlx_omni_server"},
        {ENGINE_LMSTUDIO, NULL,
         "/home/u/.lmstudio/.internal/utils/node|--max-old|4|/home/u/.lmstudio/llmworker.js"},
        {ENGINE_LMSTUDIO, NULL, "/home/u/.lmstudio/llmster"},
        {-1, NULL, "node|server.js"},
        {-1, NULL, "/Applications/LM Studio.app/Contents/MacOS/LM Studio"},
        {ENGINE_RAPIDMLX, NULL, "python3|/opt/bin/rapid-mlx|serve|qwen"},
        {ENGINE_RAPIDMLX, NULL, "rmlx|serve|qwen"},
        {-1, NULL, "rapid-mlx|list"},
        {ENGINE_VLLMMLX, NULL, "python3|/opt/bin/vllm-mlx|serve|qwen"},
        {ENGINE_VLLMMLX, NULL, "python3|-m|vllm_mlx.server"},
        {ENGINE_OPENAI, NULL, "python3|/opt/bin/vllm|serve|qwen"},
        {ENGINE_OPENAI, NULL, "python3|-m|vllm.entrypoints.openai.api_server"},
        {ENGINE_VMLX, NULL, "python3|/opt/bin/vmlx|serve|qwen"},
        {ENGINE_VMLX, NULL, "python3|-m|vmlx_engine.cli|serve"},
        {ENGINE_OMLX, NULL, "omlx-server"},
        {ENGINE_OMLX, NULL, "omlx-server: 127.0.0.1:8000"},
        {ENGINE_OMLX, NULL, "python3|-m|omlx.cli|serve|--port|8000"},
        {ENGINE_OMLX, NULL, "/opt/bin/omlx|serve"},
        {-1, NULL, "python3|mlx-omni-server"},
        {-1, NULL, "pitwall|demo"},
        {-1, NULL, "python3"},
        {-1, NULL, "python3|-m"},
        {-1, NULL, "uv|run"},
        {-1, NULL, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct made made;
        make(&made, 1, 0, rows[i].path, rows[i].line);
        int engine = engine_processes.engine_of(&made.process);
        if (engine != rows[i].engine)
            fail_msg("%s: %d instead of %d", rows[i].line, engine, rows[i].engine);
    }
    struct process none = {.pid = 1};
    assert_int_equal(engine_processes.engine_of(&none), -1);
}

static void test_trees(void **state) {
    (void)state;
    static const struct {
        int pid, parent;
        const char *line;
    } rows[] = {
        {10, 1, "ollama|serve"},
        {11, 10, "llama-server|--offline"}, /* its own, wherever it lies */
        {20, 1, "llama-server"},            /* a router and its models */
        {21, 20, "llama-server|-m|a"},
        {22, 20, "llama-server|-m|b"},
        {30, 1, "/Applications/LM Studio.app/Contents/MacOS/LM Studio"},
        {31, 30, "/Applications/LM Studio.app/Contents/Frameworks/LM Studio Helper"},
        {32, 30, "/x/.lmstudio/node|llmworker.js"},
        {33, 30, "/x/.lmstudio/node|llmworker.js"},
        {40, 1, "uv|run|mlx_lm.server"},
        {41, 40, "python|-m|mlx_lm.server"},
        {50, 1, "bash"},
        {51, 50, "python|/bin/mlx_lm.server"}, /* a second one */
        {60, 61, "sleep"},                     /* a circle, as a list read in motion may have */
        {61, 60, "sleep"},
    };
    struct made made[COUNT_OF(rows)];
    struct process list[COUNT_OF(rows)];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make(&made[i], rows[i].pid, rows[i].parent, NULL, rows[i].line);
        list[i] = made[i].process;
    }
    size_t found;
    struct engine_process *engines =
        process_engines(list, COUNT_OF(list), &engine_processes, &found);
    static const struct engine_process expected[] = {{ENGINE_OLLAMA, 10, 100},
                                                     {ENGINE_LLAMACPP, 20, 200},
                                                     {ENGINE_LMSTUDIO, 30, 300},
                                                     {ENGINE_MLXLM, 40, 400},
                                                     {ENGINE_MLXLM, 51, 510}};
    assert_int_equal(found, COUNT_OF(expected));
    for (size_t i = 0; i < found; i++) {
        assert_int_equal(engines[i].engine, expected[i].engine);
        assert_int_equal(engines[i].pid, expected[i].pid);
        assert_int_equal(engines[i].started, expected[i].started);
    }
    free(engines);
    assert_int_equal(process_root(list, COUNT_OF(list), &engine_processes, 60), 60);
    assert_int_equal(process_root(list, COUNT_OF(list), &engine_processes, 4711), 4711);
    /* LM Studio's window alone serves nothing */
    engines = process_engines(list + 5, 2, &engine_processes, &found);
    assert_int_equal(found, 0);
    free(engines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
