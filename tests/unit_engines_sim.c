/* The eight engines by name, on their simulated personalities (sped up), and a plain server: found,
 * told apart, spoken to in their own dialects, probed, unloaded. What is expected of each is from
 * the facts (engines.md, A and A.1), not from the profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/embed.h"
#include "base/json.h"
#include "engines/discover.h"
#include "engines/probe.h"
#include "engines/unload.h"
#include "net/http.h"
#include "rig.h"
#include "sim/sim.h"

struct expected {
    const char *profile;
    enum engine_id engine;
    bool version; /* told without a chat */
    const char *thinking, *off, *health, *metrics, *cached, *unload;
};

/* Rapid-MLX and vMLX report cached tokens above 0 alone: "no" or "yes" by what their caches do. */
static const struct expected table[] = {
    {"llama.cpp", ENGINE_LLAMACPP, true, "on", "yes", "yes", "opt-in", "yes", "no"},
    {"mlx-lm", ENGINE_MLXLM, false, "on", "yes", "yes", "no", "yes", "no"},
    {"lm-studio", ENGINE_LMSTUDIO, false, "on", "yes", "no", "no", "no", "yes"},
    {"rapid-mlx", ENGINE_RAPIDMLX, true, "off", "yes", "yes", "yes", NULL, "yes"},
    {"vllm-mlx", ENGINE_VLLMMLX, true, "on", "yes", "yes", "no", "no", "no"},
    {"omlx", ENGINE_OMLX, true, "on", "yes", "yes", "no", "yes", "yes"},
    {"vmlx", ENGINE_VMLX, true, "on", "yes", "yes", "no", NULL, "yes"},
    {"ollama", ENGINE_OLLAMA, true, "on", "yes", "no", "no", "no", "yes"},
    {"test-plain", ENGINE_OPENAI, false, NULL, "yes", "yes", NULL, NULL, "no"},
    {"test-refuses-usage", ENGINE_OPENAI, false, NULL, NULL, NULL, NULL, NULL, "no"},
    {"test-slots-1", ENGINE_OPENAI, false, NULL, NULL, NULL, NULL, NULL, "no"}, /* made deaf */
};
#define ENGINES COUNT_OF(table)

static char directory[64];
static char *paths[ENGINES];
static struct endpoint *spawned;
static size_t spawned_count;
static pid_t sim_pid;

static void set_number(struct cJSON *tree, const char *key, double value) {
    cJSON_DeleteItemFromObjectCaseSensitive(tree, key);
    cJSON_AddNumberToObject(tree, key, value);
}

/* The same personality, quick. */
static char *quick_profile(const char *name) {
    const struct embedded *profile = embed_find(embed_profiles, name);
    struct cJSON *tree = json_parse(profile->text, profile->length, NULL);
    struct buf out;
    set_number(tree, "prefill_tps", 20000);
    bool deaf = strcmp(name, "test-slots-1") == 0; /* goes on for a client that left */
    set_number(tree, "decode_tps", deaf ? 150 : 400);
    if (deaf) {
        struct cJSON *wire = cJSON_CreateObject();
        cJSON_AddStringToObject(wire, "leaver", "ignored");
        cJSON_DeleteItemFromObjectCaseSensitive(tree, "wire");
        cJSON_AddItemToObject(tree, "wire", wire);
    }
    set_number(tree, "overhead_ms", 20);
    buf_init(&out, 1 << 20);
    json_print(&out, tree);
    char *path = mem_format("%s/%s.json", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(buf_string(&out), file);
    fclose(file);
    buf_done(&out);
    json_free(tree);
    return path;
}

static int set_up(void **state) {
    struct error error = {0};
    (void)state;
    copy_text(directory, sizeof directory, "/tmp/pitwall-engines-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    for (size_t i = 0; i < ENGINES; i++)
        paths[i] = quick_profile(table[i].profile);
    sim_pid = sim_spawn((const char *const *)paths, ENGINES, &spawned, &spawned_count, &error);
    http_global_init();
    return sim_pid > 0 && spawned_count == ENGINES ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    kill(sim_pid, SIGTERM);
    waitpid(sim_pid, NULL, 0);
    for (size_t i = 0; i < ENGINES; i++) {
        endpoint_done(&spawned[i]);
        remove(paths[i]);
        free(paths[i]);
    }
    free(spawned);
    remove(directory);
    http_global_done();
    return 0;
}

/* As a user would name it: its URL and nothing else. */
static void bare(struct endpoint *endpoint, size_t which) {
    endpoint_init(endpoint);
    endpoint->name = mem_string("x");
    endpoint->url = mem_string(spawned[which].url);
}

static void assert_identified(const struct finding *finding, size_t which) {
    assert_true(finding->serves);
    assert_int_equal(finding->state, ENDPOINT_UP);
    assert_int_equal(finding->engine, table[which].engine);
    assert_true((finding->version != NULL) == table[which].version);
    assert_non_null(finding->model);
    if (table[which].engine != ENGINE_MLXLM) /* does not tell which of its list is loaded */
        assert_string_equal(finding->model, spawned[which].model);
    if (table[which].version)
        assert_non_null(strstr(finding->version, spawned[which].engine_version));
}

static void test_each_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < ENGINES; i++) {
        struct endpoint endpoint;
        struct finding finding;
        bare(&endpoint, i);
        identify(&endpoint, 1, NULL, 5000, &finding);
        assert_identified(&finding, i);
        finding_done(&finding);
        endpoint_done(&endpoint);
    }
}

static void test_all_at_once(void **state) {
    (void)state;
    int ports[ENGINES];
    struct discovery discovery;
    for (size_t i = 0; i < ENGINES; i++) /* backwards */
        ports[i] = (int)strtol(strrchr(spawned[ENGINES - 1 - i].url, ':') + 1, NULL, 10);
    int64_t from = clock_us();
    discover_ports(&discovery, ports, ENGINES, 5000);
    assert_in_range(clock_us() - from, 0, 3000000);
    assert_int_equal(discovery.count, ENGINES);
    for (size_t i = 0; i < ENGINES; i++) {
        assert_identified(&discovery.findings[i], ENGINES - 1 - i);
        finding_done(&discovery.findings[i]);
        endpoint_done(&discovery.endpoints[i]);
    }
    free(discovery.endpoints);
    free(discovery.findings);
}

/* ---- probes, all at the same time ---- */

struct task {
    size_t which;
    struct endpoint endpoint;
    struct finding finding;
    struct probe probe;
    pthread_t thread;
};

static void *work(void *context) {
    struct task *task = context;
    bare(&task->endpoint, task->which);
    identify(&task->endpoint, 1, NULL, 5000, &task->finding);
    finding_apply(&task->finding, &task->endpoint);
    probe_endpoint(&task->endpoint, &task->finding, NULL, PROBE_MS, &task->probe);
    return NULL;
}

static void assert_value(const struct task *task, enum probe_id id, const char *want) {
    const struct capability_found *found = &task->probe.found[id];
    if (want && strcmp(found->value, want) != 0)
        fail_msg("%s: %s is '%s' (%s), not '%s'", table[task->which].profile, probe_word(id),
                 found->value, found->evidence, want);
    assert_true(found->evidence[0] != '\0');
}

static void assert_probe(const struct task *task) {
    const struct expected *want = &table[task->which];
    assert_value(task, PROBE_STREAMING, "yes");
    assert_value(task, PROBE_MODELS, "yes");
    assert_value(task, PROBE_TOOLS, "yes");
    assert_value(task, PROBE_CANCEL, strcmp(want->profile, "test-slots-1") == 0 ? "no" : "yes");
    assert_value(task, PROBE_THINKING, want->thinking);
    assert_value(task, PROBE_THINKING_OFF, want->off);
    assert_value(task, PROBE_HEALTH, want->health);
    assert_value(task, PROBE_METRICS, want->metrics);
    assert_value(task, PROBE_CACHED, want->cached);
    assert_value(task, PROBE_UNLOAD, want->unload);
    if (strcmp(want->profile, "test-refuses-usage") == 0)
        assert_value(task, PROBE_USAGE, "refused");
    else
        assert_value(task, PROBE_USAGE, want->engine == ENGINE_OLLAMA ? "own" : "yes");
    if (want->engine == ENGINE_MLXLM)
        assert_string_equal(task->finding.version, "0.32.0"); /* from its first reply (C.2) */
    assert_true(task->probe.took_s < 20);
}

static void test_probe(void **state) {
    (void)state;
    static struct task tasks[ENGINES];
    for (size_t i = 0; i < ENGINES; i++) {
        tasks[i].which = i;
        pthread_create(&tasks[i].thread, NULL, work, &tasks[i]);
    }
    for (size_t i = 0; i < ENGINES; i++)
        pthread_join(tasks[i].thread, NULL);
    for (size_t i = 0; i < ENGINES; i++) {
        assert_probe(&tasks[i]);
        finding_done(&tasks[i].finding);
        endpoint_done(&tasks[i].endpoint);
    }
}

static void test_probe_of_nobody(void **state) {
    (void)state;
    struct endpoint endpoint;
    struct finding finding;
    struct probe probe;
    endpoint_init(&endpoint);
    endpoint.url = mem_string("http://127.0.0.1:1");
    identify(&endpoint, 1, NULL, 1000, &finding);
    probe_endpoint(&endpoint, &finding, NULL, PROBE_MS, &probe);
    for (int id = 0; id < PROBE_COUNT; id++) {
        assert_string_equal(probe.found[id].value, "");
        assert_non_null(strstr(probe.found[id].evidence, "not measured"));
    }
    finding_done(&finding);
    endpoint_done(&endpoint);
}

/* ---- life cycle ---- */

static void test_unload_and_load(void **state) {
    (void)state;
    struct loop *loop = loop_new();
    struct http *http = http_new(loop, "unit/1");
    for (size_t i = 0; i < ENGINES; i++) {
        struct error error = {0};
        struct endpoint endpoint;
        struct finding finding;
        struct engine_at at = {.engine = table[i].engine,
                               .url = spawned[i].url,
                               .model = spawned[i].model,
                               .http = http};
        bool can = strcmp(table[i].unload, "yes") == 0;
        assert_true(engine_can_unload(&at) == can);
        if (!can)
            continue;
        for (int loaded = 0; loaded <= 1; loaded++) {
            assert_true(loaded ? engine_load(&at, 5000, &error) : engine_unload(&at, 5000, &error));
            bare(&endpoint, i);
            identify(&endpoint, 1, NULL, 5000, &finding);
            assert_int_equal(finding.engine, table[i].engine);
            if (table[i].engine != ENGINE_OLLAMA || loaded == 0)
                assert_int_equal(finding.loaded, loaded ? CHECK_YES : CHECK_NO);
            finding_done(&finding);
            endpoint_done(&endpoint);
        }
    }
    http_free(http);
    loop_free(loop);
}

static size_t of_engine(enum engine_id engine) {
    for (size_t i = 0; i < ENGINES; i++)
        if (table[i].engine == engine)
            return i;
    return 0;
}

/* Two engines of one machine that unload by themselves are visited in turn, each with the machine
 * to itself. */
static void test_interleaved_by_unloading(void **state) {
    (void)state;
    static const enum engine_id two[] = {ENGINE_RAPIDMLX, ENGINE_OMLX};
    struct rig rig;
    rig_begin(&rig);
    for (size_t i = 0; i < 2; i++) {
        const char *url = spawned[of_engine(two[i])].url;
        rig_endpoint(&rig, engine_word(two[i]), (int)strtol(strrchr(url, ':') + 1, NULL, 10),
                     ",lane=one");
        engine_meet(&rig.options.endpoints[i], NULL);
    }
    rig.options.order = ORDER_INTERLEAVED;
    rig.options.passes = 1;
    rig.options.max_tokens = 4;
    rig_plan(&rig);
    rig.bench.dialect_of = engine_dialect;
    rig.runner = runner_start(&rig.bench);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    size_t unloaded = 0, switches = 0;
    int last = -1;
    for (size_t i = 0; i < rig.count; i++) {
        const struct event *event = rig.events[i];
        if (event->kind == EVENT_NOTE && strstr(event->note.text, "is unloaded"))
            unloaded++;
        if (event->kind == EVENT_PHASE_START && event->phase.ep != last) {
            last = event->phase.ep;
            switches++;
        }
        if (event->kind == EVENT_CALL_END)
            assert_true(event->call.ok);
    }
    assert_false(rig_noted(&rig, "resident"));
    assert_int_equal(unloaded, 4); /* both before the run, then after each visit */
    assert_int_equal(switches, 2);
    rig_done(&rig);
    http_global_init(); /* rig_done ended it */
}

/* Down when the run began: who it is is asked when it answers. */
static void test_met_late(void **state) {
    (void)state;
    const char *url = spawned[of_engine(ENGINE_MLXLM)].url;
    struct rig rig;
    rig_begin(&rig);
    rig_endpoint(&rig, "late", (int)strtol(strrchr(url, ':') + 1, NULL, 10), "");
    rig.options.max_tokens = 4;
    rig_plan(&rig);
    rig.bench.dialect_of = engine_dialect;
    rig.bench.identify = engine_meet;
    rig.runner = runner_start(&rig.bench);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    bool engine = false, version = false;
    for (size_t i = 0; i < rig.count; i++) {
        const struct event *event = rig.events[i];
        if (event->kind != EVENT_ENDPOINT)
            continue;
        engine = engine || event->endpoint.engine == ENGINE_MLXLM;
        version = version || (event->endpoint.engine_version &&
                              strcmp(event->endpoint.engine_version, "0.32.0") == 0);
    }
    assert_true(engine);
    assert_true(version);
    assert_true(rig_call_end(&rig, 0, "cold")->ok);
    rig_done(&rig);
    http_global_init();
}

/* The user's own commands fail: it is told, and what can be measured is. */
static void test_failing_commands(void **state) {
    (void)state;
    const char *url = spawned[of_engine(ENGINE_OPENAI)].url;
    struct rig rig;
    rig_begin(&rig);
    rig_endpoint(&rig, "own", (int)strtol(strrchr(url, ':') + 1, NULL, 10),
                 ",start=echo no room; exit 3,stop=exit 4");
    rig.options.max_tokens = 4;
    rig_plan(&rig);
    rig.runner = runner_start(&rig.bench);
    assert_true(rig_until(&rig, 0, rig_is_end) >= 0);
    assert_true(rig_noted(&rig, "start command failed (3): no room"));
    assert_true(rig_noted(&rig, "stop command failed (4)"));
    assert_true(rig_call_end(&rig, 0, "cold")->ok);
    rig_done(&rig);
    http_global_init();
}

/* A start command that never ends is given up when the user stops, and its children with it. */
static void test_hanging_command(void **state) {
    (void)state;
    const char *url = spawned[of_engine(ENGINE_OPENAI)].url;
    struct rig rig;
    rig_begin(&rig);
    rig_endpoint(&rig, "own", (int)strtol(strrchr(url, ':') + 1, NULL, 10), ",start=sleep 100");
    rig_plan(&rig);
    int64_t from = clock_us();
    rig.runner = runner_start(&rig.bench);
    fake_sleep(300000);
    runner_stop(rig.runner);
    int end = rig_until(&rig, 0, rig_is_end);
    assert_true(end >= 0);
    assert_int_equal(rig.events[end]->run_end.status, RUN_STOPPED);
    assert_in_range(clock_us() - from, 300000, 8000000);
    rig_done(&rig);
    http_global_init();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_alone),      cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_probe),           cmocka_unit_test(test_probe_of_nobody),
        cmocka_unit_test(test_unload_and_load), cmocka_unit_test(test_interleaved_by_unloading),
        cmocka_unit_test(test_met_late),        cmocka_unit_test(test_failing_commands),
        cmocka_unit_test(test_hanging_command),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
