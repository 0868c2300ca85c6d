/* The macOS backend but for energy, against a fake of the system's libraries (fake_darwin.h). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_darwin.h"

struct rig {
    struct fake_darwin fake;
    struct darwin_api api;
    struct host *host;
    struct event *event; /* the last sample */
};

static void rig_begin(struct rig *rig) {
    *rig = (struct rig){0};
    fake_begin(&rig->fake);
}

static void rig_open(struct rig *rig) {
    rig->api = fake_api();
    rig->host = darwin_host_new(&rig->api);
}

static const struct sample *poll_once(struct rig *rig) {
    event_free(rig->event);
    rig->event = event_new(EVENT_SAMPLE, 0);
    fake_pass(&rig->fake, FAKE_S);
    host_sample(rig->host, 0, &rig->event->sample);
    return &rig->event->sample;
}

/* Nothing of what the libraries gave is left. */
static void rig_end(struct rig *rig) {
    event_free(rig->event);
    host_free(rig->host);
    assert_int_equal(rig->fake.live, 0);
    assert_int_equal(rig->fake.ports, 0);
    assert_false(rig->fake.notified);
}

static bool says(struct rig *rig, enum host_figure figure, const char *what) {
    const char *reason = host_reason(rig->host, figure);
    if (!strstr(reason, what))
        print_message("reason: %s\n", reason);
    return strstr(reason, what) != NULL;
}

static void machine_done(struct machine *machine) {
    free(machine->model);
    free(machine->chip);
    free(machine->os);
    free(machine->power_mode);
}

/* ---- loading ---- */

static void the_table_is_filled(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    struct darwin_api loaded = fake_api(), typed = fake_typed_api();
    for (size_t i = 0; i < DARWIN_LIBRARY_COUNT; i++)
        assert_null(loaded.missing[i]);
    assert_memory_equal(&loaded, &typed, sizeof loaded);
}

static void a_missing_symbol_costs_figures_only(void **state) {
    static const struct {
        const char *symbol;
        bool energy, system, power;
    } losses[] = {{"CFRelease", false, true, false},
                  {"kCFTypeArrayCallBacks", false, true, false},
                  {"IOReportCreateSamples", false, true, true},
                  {"IOReportStateGetResidency", false, true, true},
                  {"IOPMCopyActivePMPreferences", true, true, false},
                  {"sysctlbyname", false, false, true},
                  {"mach_task_self_", false, false, true},
                  {"proc_pidinfo", false, false, true}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(losses); i++) {
        struct rig rig;
        struct machine machine;
        double rss, footprint;
        size_t count;
        rig_begin(&rig);
        fake_add(&rig.fake, "GPU Energy", "nJ", 30, FAKE_LIVE);
        rig.fake.missing = losses[i].symbol;
        rig_open(&rig);
        poll_once(&rig);
        const struct sample *sample = poll_once(&rig);
        assert_true((sample->rail_count > 0) == losses[i].energy);
        assert_true(losses[i].energy || says(&rig, HOST_ENERGY, losses[i].symbol));
        assert_true((sample->thermal == THERMAL_NOMINAL) == losses[i].system);
        assert_true(losses[i].system || says(&rig, HOST_SWAP, losses[i].symbol));
        assert_true((sample->power_source != NULL) == losses[i].power);
        host_machine(rig.host, &machine);
        assert_true((machine.ram_mb == 65536) == losses[i].system);
        machine_done(&machine);
        struct process *processes = host_processes(rig.host, &count);
        host_processes_free(processes, count);
        host_memory_of(rig.host, 1, &rss, &footprint);
        assert_true(isnan(rss) && isnan(footprint));
        assert_int_equal(host_listener(rig.host, 80), -1);
        rig_end(&rig);
    }
}

#ifndef __APPLE__
/* The true finder on a system without these libraries. */
static void elsewhere_everything_is_absent(void **state) {
    struct host *host = host_new();
    struct event *event = event_new(EVENT_SAMPLE, 0);
    struct machine machine;
    (void)state;
    host_sample(host, 0, &event->sample);
    host_machine(host, &machine);
    assert_int_equal(event->sample.rail_count, 0);
    assert_int_equal(event->sample.thermal, THERMAL_UNKNOWN);
    assert_true(isnan(event->sample.swap_mb) && isnan(event->sample.gpu_pct));
    assert_true(isnan(host_energy_period(host)));
    assert_null(machine.chip);
    for (int i = 0; i < HOST_FIGURE_COUNT; i++)
        assert_true(*host_reason(host, (enum host_figure)i));
    event_free(event);
    host_free(host);
}
#endif

/* ---- heat, memory, power ---- */

static void thermal_levels(void **state) {
    static const struct {
        int theirs;
        enum thermal ours;
    } levels[] = {{0, THERMAL_NOMINAL},  {1, THERMAL_MODERATE}, {2, THERMAL_HEAVY},
                  {3, THERMAL_TRAPPING}, {4, THERMAL_SLEEPING}, {5, THERMAL_UNKNOWN},
                  {10, THERMAL_UNKNOWN}, {30, THERMAL_UNKNOWN}, {50, THERMAL_UNKNOWN}};
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    rig_open(&rig);
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        rig.fake.thermal = levels[i].theirs;
        assert_int_equal(poll_once(&rig)->thermal, levels[i].ours);
    }
    assert_true(isnan(rig.event->sample.temp_c));
    assert_true(*host_reason(rig.host, HOST_TEMPERATURE));
    rig_end(&rig);
    rig_begin(&rig);
    rig.fake.thermal = -1;
    rig_open(&rig);
    assert_int_equal(poll_once(&rig)->thermal, THERMAL_UNKNOWN);
    assert_true(says(&rig, HOST_THERMAL, "no thermal pressure level"));
    rig_end(&rig);
}

static void swap_and_pressure(void **state) {
    struct rig rig;
    (void)state;
    rig_begin(&rig);
    rig.fake.swap_used = INT64_C(1536) << 20;
    rig.fake.swapouts = UINT64_C(5000000000);
    rig_open(&rig);
    const struct sample *sample = poll_once(&rig);
    assert_true(sample->swap_mb == 1536 && sample->swapouts == 5e9 && sample->pressure == 1);
    /* 64 GiB less (1000000 + 500000 + 400000 + 20000 + 250000 − 30000 − 300000) pages of 16 KiB */
    assert_true(fabs(sample->free_mb - (65536 - 1840000 / 64.0)) < 0.001);
    assert_int_equal(rig.fake.vm_over, 0);
    rig.fake.pressure = 4;
    assert_true(poll_once(&rig)->pressure == 4);
    rig.fake.pressure = 3; /* no level */
    assert_true(isnan(poll_once(&rig)->pressure));
    rig.fake.pressure = rig.fake.swap_used = rig.fake.memsize = -1;
    sample = poll_once(&rig);
    assert_true(isnan(sample->pressure) && isnan(sample->swap_mb) && isnan(sample->free_mb));
    assert_true(sample->swapouts == 5e9);
    assert_true(says(&rig, HOST_SWAP, "vm.swapusage"));
    assert_true(says(&rig, HOST_PRESSURE, "vm_pressure_level"));
    rig_end(&rig);
}

/* macOS 26 and 27: the struct grew, and too small a count fails now and then or from now on. */
static void the_struct_has_grown(void **state) {
    static const unsigned sizes[] = {38, 40, 62, 104, 256};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct rig rig;
        rig_begin(&rig);
        rig.fake.swapouts = 1234;
        rig.fake.vm_count = sizes[i];
        rig.fake.vm_answers = 3;
        rig_open(&rig);
        for (int k = 0; k < 10; k++)
            assert_true(poll_once(&rig)->swapouts == 1234);
        assert_int_equal(rig.fake.vm_over, 0);
        assert_int_equal(rig.fake.vm_asked, sizes[i]);
        rig_end(&rig);
    }
    struct rig rig; /* more than the interface can carry: nobody can read it */
    rig_begin(&rig);
    rig.fake.vm_count = 300;
    rig.fake.vm_answers = 0;
    rig_open(&rig);
    assert_true(isnan(poll_once(&rig)->swapouts));
    rig_end(&rig);
    rig_begin(&rig); /* older than what is read here */
    rig.fake.vm_count = 20;
    rig_open(&rig);
    assert_true(isnan(poll_once(&rig)->swapouts));
    rig_end(&rig);
}

static void assert_word(const char *word, const char *expected) {
    if (expected && word)
        assert_string_equal(word, expected);
    assert_true((word != NULL) == (expected != NULL));
}

static void power_source_and_mode(void **state) {
    static const struct {
        const char *theirs;
        int setting;
        const char *source, *mode;
    } cases[] = {{"AC Power", 0, "ac", "normal"},
                 {"AC Power", 1, "ac", "low"},
                 {"AC Power", 2, "ac", "high"},
                 {"AC Power", 3, "ac", NULL},
                 {"AC Power", -1, "ac", NULL},
                 {"Battery Power", 2, "battery", "low"},
                 {"UPS Power", 0, "battery", NULL},
                 {"Fusion", 0, NULL, NULL},
                 {NULL, 0, NULL, NULL}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rig rig;
        rig_begin(&rig);
        rig.fake.source = cases[i].theirs;
        rig.fake.mode = cases[i].setting;
        rig_open(&rig);
        const struct sample *sample = poll_once(&rig);
        assert_word(sample->power_source, cases[i].source);
        assert_word(sample->power_mode, cases[i].mode);
        rig.fake.source = "Battery Power"; /* seen a few seconds later */
        for (int k = 0; k < 6; k++)
            sample = poll_once(&rig);
        assert_word(sample->power_source, "battery");
        rig_end(&rig);
    }
}

static void machine_facts(void **state) {
    struct rig rig;
    struct machine machine;
    (void)state;
    rig_begin(&rig);
    rig.fake.mode = 2;
    rig_open(&rig);
    host_machine(rig.host, &machine);
    assert_string_equal(machine.model, "Mac16,5");
    assert_string_equal(machine.chip, "Apple M4 Max");
    assert_string_equal(machine.os, "macOS 15.5 (24F74)");
    assert_string_equal(machine.power_mode, "high");
    assert_int_equal(machine.ram_mb, 65536);
    assert_int_equal(machine.cores, 16);
    machine_done(&machine);
    rig_end(&rig);
}

/* ---- processes ---- */

static const char *const serve[] = {"ollama", "serve", NULL};
static const char *const runner[] = {
    "/opt/ollama/llama-server", "--model", "/m/q 4.gguf", "--port", "5000", NULL};
static const char *const bare[] = {NULL};
static const char *const shell[] = {"-zsh", "", "x", NULL};

static void add_processes(struct fake_darwin *fake) {
    static const struct fake_process all[] = {
        {.pid = 1, .foreign = true, .path = "/sbin/launchd", .argv = bare},
        {.pid = 400, .parent = 1, .path = "/bin/zsh", .argv = shell, .resident = 1 << 20},
        {.pid = 500,
         .parent = 400,
         .path = "/opt/ollama/ollama",
         .argv = serve,
         .resident = 100 << 20,
         .footprint = 50 << 20,
         .listens = 11434},
        {.pid = 501,
         .parent = 500,
         .path = "/opt/ollama/llama-server",
         .argv = runner,
         .resident = UINT64_C(40) << 30,
         .footprint = UINT64_C(3) << 30,
         .listens = 5000,
         .connects = 11434},
        {.pid = 502, .parent = 500, .path = "/gone", .argv = serve, .gone = true},
        {.pid = 503, .parent = 501, .path = "/opt/helper", .argv = bare, .footprint = 1 << 20},
        {.pid = 600,
         .parent = 1,
         .foreign = true,
         .path = "/usr/local/bin/llama-server",
         .argv = serve,
         .listens = 8080},
        {.pid = 601, .parent = 500, .path = "/opt/ollama/child", .argv = serve, .listens = 11434}};
    memcpy(fake->processes, all, sizeof all);
    fake->process_count = (int)COUNT_OF(all);
}

static void process_list(void **state) {
    struct rig rig;
    size_t count;
    (void)state;
    rig_begin(&rig);
    add_processes(&rig.fake);
    rig_open(&rig);
    struct process *processes = host_processes(rig.host, &count);
    assert_int_equal(count, 7); /* one has gone */
    assert_int_equal(processes[3].pid, 501);
    assert_int_equal(processes[3].parent, 500);
    assert_true(processes[3].started == INT64_C(1700000000000000));
    assert_string_equal(processes[3].path, "/opt/ollama/llama-server");
    assert_int_equal(processes[3].argc, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(processes[3].argv[i], runner[i]);
    assert_int_equal(processes[1].argc, 3); /* an empty argument is one, too */
    assert_string_equal(processes[1].argv[1], "");
    assert_string_equal(processes[1].argv[2], "x");
    assert_int_equal(processes[5].pid, 600); /* another user's: its path stands for its arguments */
    assert_int_equal(processes[5].argc, 1);
    assert_string_equal(processes[5].argv[0], "/usr/local/bin/llama-server");
    assert_int_equal(processes[5].parent, 1);
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < processes[i].argc; k++)
            assert_null(strstr(processes[i].argv[k], "secret"));
    host_processes_free(processes, count);
    rig_end(&rig);
}

/* More and longer arguments than are kept. */
static void endless_arguments(void **state) {
    static const char *many[2001];
    static char text[1 << 16];
    struct rig rig;
    size_t count;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 2000; i++)
        many[i] = "argument";
    const char *const wide[] = {"llama-server", text, "behind", NULL};
    rig_begin(&rig);
    rig.fake.processes[0] = (struct fake_process){.pid = 7, .path = "/a", .argv = many};
    rig.fake.processes[1] = (struct fake_process){.pid = 8, .path = "/b", .argv = wide};
    rig.fake.process_count = 2;
    rig_open(&rig);
    struct process *processes = host_processes(rig.host, &count);
    assert_int_equal(count, 2);
    assert_int_equal(processes[0].argc, 256);
    assert_int_equal(processes[1].argc, 2);
    assert_int_equal(strlen(processes[1].argv[1]), 16384 - strlen("llama-server"));
    host_processes_free(processes, count);
    rig_end(&rig);
}

/* What the system hands out belongs to the process, which may have changed it. */
static void hostile_arguments(void **state) {
    static const struct {
        const char *area;
        size_t size;
        int argc; /* 1 for the path that stands for none */
    } areas[] = {{"", 0, 1},
                 {"\1\0", 2, 1},
                 {"\1\0\0\0", 4, 1},
                 {"\377\377\377\377/a\0b\0", 9, 1},
                 {"\377\377\377\177/a\0\0b\0c", 11, 2},
                 {"\2\0\0\0/no/end", 11, 1},
                 {"\2\0\0\0\0\0\0\0", 8, 1},
                 {"\0\0\0\0/a\0b\0", 9, 1},
                 {"\2\0\0\0/a\0b\0c\0d\0", 13, 2}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(areas); i++) {
        struct rig rig;
        size_t count;
        rig_begin(&rig);
        rig.fake.processes[0] = (struct fake_process){.pid = 7, .path = "/sbin/x"};
        rig.fake.processes[0].area = areas[i].area;
        rig.fake.processes[0].area_size = areas[i].size;
        rig.fake.process_count = 1;
        rig_open(&rig);
        struct process *processes = host_processes(rig.host, &count);
        assert_int_equal(count, 1);
        assert_int_equal(processes[0].argc, areas[i].argc);
        assert_string_equal(processes[0].argv[0], areas[i].argc == 2 ? "b" : "/sbin/x");
        host_processes_free(processes, count);
        rig_end(&rig);
    }
}

static void who_listens(void **state) {
    static const int sizes[] = {792, 1000};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct rig rig;
        rig_begin(&rig);
        add_processes(&rig.fake);
        rig.fake.socket_size = sizes[i];
        rig_open(&rig);
        assert_int_equal(host_listener(rig.host, 11434), 500); /* its child has the socket, too */
        assert_int_equal(host_listener(rig.host, 5000), 501);
        assert_int_equal(host_listener(rig.host, 8080), -1); /* another user's */
        assert_int_equal(host_listener(rig.host, 1), -1);
        rig_end(&rig);
    }
}

static void memory_of_a_tree(void **state) {
    struct rig rig;
    double rss, footprint;
    (void)state;
    rig_begin(&rig);
    add_processes(&rig.fake);
    rig_open(&rig);
    host_memory_of(rig.host, 500, &rss, &footprint);
    assert_true(rss == 100 + 40960 && footprint == 50 + 3072 + 1);
    host_memory_of(rig.host, 501, &rss, &footprint);
    assert_true(rss == 40960 && footprint == 3073);
    host_memory_of(rig.host, 600, &rss, &footprint); /* another user's */
    assert_true(isnan(rss) && isnan(footprint));
    host_memory_of(rig.host, 502, &rss, &footprint);
    assert_true(isnan(rss) && isnan(footprint));
    host_memory_of(rig.host, -1, &rss, &footprint);
    assert_true(isnan(rss) && isnan(footprint));
    rig_end(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_filled),
        cmocka_unit_test(a_missing_symbol_costs_figures_only),
#ifndef __APPLE__
        cmocka_unit_test(elsewhere_everything_is_absent),
#endif
        cmocka_unit_test(thermal_levels),
        cmocka_unit_test(swap_and_pressure),
        cmocka_unit_test(the_struct_has_grown),
        cmocka_unit_test(power_source_and_mode),
        cmocka_unit_test(machine_facts),
        cmocka_unit_test(process_list),
        cmocka_unit_test(endless_arguments),
        cmocka_unit_test(hostile_arguments),
        cmocka_unit_test(who_listens),
        cmocka_unit_test(memory_of_a_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
