/* The Linux backend on a tree of files and a library of the test's own, and on this machine. */
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fake_nvml.h"
#include "host/linux.h"
#include "host_tree.h"

#define CAP "/sys/class/powercap"
#define CPU "/sys/devices/system/cpu"

static struct event *sample_of(struct host *host, int64_t epoch_ns) {
    struct event *event = event_new(EVENT_SAMPLE, 0);
    host_sample(host, epoch_ns, &event->sample);
    return event;
}

static const struct rail *rail_of(const struct event *event, const char *name) {
    for (size_t i = 0; i < event->sample.rail_count; i++)
        if (strcmp(event->sample.rails[i].name, name) == 0)
            return &event->sample.rails[i];
    return NULL;
}

static void close_to(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-6 * fmax(1, fabs(expected))))
        fail_msg("%.12g instead of %.12g", value, expected);
}

/* ---- RAPL ---- */

static void zone(struct host_tree *tree, const char *entry, const char *name, long long uj,
                 long long range_uj) {
    char path[128], text[64];
    snprintf(path, sizeof path, CAP "/%s/name", entry);
    snprintf(text, sizeof text, "%s\n", name);
    tree_file(tree, path, text);
    snprintf(path, sizeof path, CAP "/%s/energy_uj", entry);
    tree_number(tree, path, uj);
    snprintf(path, sizeof path, CAP "/%s/max_energy_range_uj", entry);
    if (range_uj > 0)
        tree_number(tree, path, range_uj);
}

static void test_rapl(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    zone(&tree, "intel-rapl:0", "package-0", 5000000, 262143328850);
    zone(&tree, "intel-rapl:0:0", "core", 4000000, 262143328850);
    zone(&tree, "intel-rapl:0:1", "dram", 1000000, 65532610987);
    zone(&tree, "intel-rapl:1", "package-1", 6000000, 262143328850);
    zone(&tree, "intel-rapl:1:0", "dram", 2000000, 65532610987);
    zone(&tree, "intel-rapl:2", "psys", 99000000, 262143328850);
    zone(&tree, "intel-rapl-mmio:0", "package-0", 5000000, 262143328850);
    struct host *host = linux_host_new(tree.root, "/nonexistent/nvml.so");
    int64_t epoch = clock_ns();
    struct event *first = sample_of(host, epoch);
    assert_int_equal(first->sample.rail_count, 4); /* no core, no psys, package-0 once */
    close_to(rail_of(first, "package-0")->energy_j, 5);
    close_to(rail_of(first, "package-1")->energy_j, 6);
    close_to(rail_of(first, "dram-0")->energy_j, 1);
    close_to(rail_of(first, "dram-1")->energy_j, 2);
    assert_true(rail_of(first, "dram-1")->pub_us >= 0);
    assert_string_equal(host_reason(host, HOST_ENERGY), "");
    /* one moves, the others keep their publication */
    tree_number(&tree, CAP "/intel-rapl:0/energy_uj", 45000000);
    usleep(2000);
    struct event *second = sample_of(host, epoch);
    close_to(rail_of(second, "package-0")->energy_j, 45);
    assert_true(rail_of(second, "package-0")->pub_us > rail_of(first, "package-0")->pub_us);
    assert_true(rail_of(second, "package-1")->pub_us == rail_of(first, "package-1")->pub_us);
    event_free(first);
    event_free(second);
    host_free(host);
    tree_end(&tree);
}

/* 40 W over two wraps: the joules between readings must be true. */
#define MON "/sys/class/hwmon"

/* Joules as they are counted, watts summed up; a GPU within the package is not counted twice. */
static void test_other_gpus(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    tree_file(&tree, MON "/hwmon0/name", "coretemp\n");
    tree_number(&tree, MON "/hwmon0/power1_average", 1);
    tree_file(&tree, MON "/hwmon1/name", "xe\n");
    tree_number(&tree, MON "/hwmon1/energy1_input", 7000000000); /* above 32 bits: no wrap */
    tree_file(&tree, MON "/hwmon2/name", "amdgpu\n");
    tree_number(&tree, MON "/hwmon2/power1_input", 50000000);
    tree_number(&tree, MON "/hwmon2/power1_cap", 300000000);
    tree_file(&tree, MON "/hwmon3/name", "amdgpu\n"); /* in the package */
    tree_number(&tree, MON "/hwmon3/power1_average", 9000000);
    struct host *host = linux_host_new(tree.root, "/nonexistent/nvml.so");
    int64_t epoch = clock_ns();
    struct event *first = sample_of(host, epoch);
    assert_int_equal(first->sample.rail_count, 3); /* no RAPL here: the third GPU is all there is */
    close_to(rail_of(first, "xe-0")->energy_j, 7000);
    close_to(rail_of(first, "amdgpu-1")->energy_j, 0);
    usleep(200000);
    tree_number(&tree, MON "/hwmon1/energy1_input", 7003000000);
    tree_number(&tree, MON "/hwmon3/power1_average", 999999999999); /* no reading */
    struct event *second = sample_of(host, epoch);
    close_to(rail_of(second, "xe-0")->energy_j, 7003);
    double seconds =
        (double)(rail_of(second, "amdgpu-1")->pub_us - rail_of(first, "amdgpu-1")->pub_us) / 1e6;
    assert_true(fabs(rail_of(second, "amdgpu-1")->energy_j - 50 * seconds) < 0.01);
    assert_int_equal(second->sample.rail_count, 2);
    event_free(first);
    event_free(second);
    host_free(host);
    zone(&tree, "intel-rapl:0", "package-0", 5000000, 262143328850);
    host = linux_host_new(tree.root, "/nonexistent/nvml.so");
    first = sample_of(host, epoch);
    assert_int_equal(first->sample.rail_count, 3); /* package-0, xe-0, amdgpu-1 */
    event_free(first);
    host_free(host);
    tree_end(&tree);
}

static void test_rapl_wraps(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    const long long range = 262143328850;
    zone(&tree, "intel-rapl:0", "package-0", range - 10000000, range);
    struct host *host = linux_host_new(tree.root, "");
    struct event *event = sample_of(host, 0);
    double before = rail_of(event, "package-0")->energy_j;
    event_free(event);
    for (int round = 0; round < 2; round++) {
        tree_number(&tree, CAP "/intel-rapl:0/energy_uj", 30000000);
        event = sample_of(host, 0);
        double after = rail_of(event, "package-0")->energy_j;
        close_to(after - before, 40);
        event_free(event);
        tree_number(&tree, CAP "/intel-rapl:0/energy_uj", range - 10000000);
        event = sample_of(host, 0);
        before = rail_of(event, "package-0")->energy_j;
        close_to(before - after, (double)(range - 40000000) / 1e6);
        event_free(event);
    }
    host_free(host);
    tree_end(&tree);
}

static void test_rapl_without_range_starts_afresh(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    zone(&tree, "intel-rapl:0", "package-0", 7000000, 0);
    struct host *host = linux_host_new(tree.root, "");
    event_free(sample_of(host, 0));
    tree_number(&tree, CAP "/intel-rapl:0/energy_uj", 1000000);
    struct event *event = sample_of(host, 0);
    close_to(rail_of(event, "package-0")->energy_j, 1); /* goes back: energy begins anew */
    event_free(event);
    host_free(host);
    tree_end(&tree);
}

/* Root reads everything: another user has to look. */
static int look_as_nobody(const char *root) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(3);
        struct host *host = linux_host_new(root, "");
        struct event *event = sample_of(host, 0);
        const char *reason = host_reason(host, HOST_ENERGY);
        bool right = event->sample.rail_count == 0 && isnan(event->sample.watts) &&
                     strstr(reason, "RAPL needs root: chmod a+r /sys/class/powercap/intel-rapl:0/"
                                    "energy_uj");
        event_free(event);
        host_free(host);
        _exit(right ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_rapl_permission(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    zone(&tree, "intel-rapl:0", "package-0", 5000000, 262143328850);
    char path[128];
    snprintf(path, sizeof path, "%s" CAP "/intel-rapl:0/energy_uj", tree.root);
    chmod(path, 0);
    assert_int_equal(look_as_nobody(tree.root), 0);
    tree_end(&tree);
}

static void test_rapl_nonsense(void **state) {
    (void)state;
    static const char *const texts[] = {"", "abc", "-5", "99999999999999999999999"};
    struct host_tree tree;
    tree_begin(&tree);
    zone(&tree, "intel-rapl:0", "package-0", 5, 100);
    struct host *host = linux_host_new(tree.root, "");
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        tree_file(&tree, CAP "/intel-rapl:0/energy_uj", texts[i]);
        struct event *event = sample_of(host, 0);
        assert_int_equal(event->sample.rail_count, 0);
        assert_string_not_equal(host_reason(host, HOST_ENERGY), "");
        event_free(event);
    }
    host_free(host);
    tree_end(&tree);
}

/* ---- NVML ---- */

struct library {
    char path[96];
    void *handle;
    struct fake_nvml *fake;
};

static void library_build(struct library *library, const char *define) {
    int status;
    snprintf(library->path, sizeof library->path, "/tmp/pitwall-nvml-%d%s.so", (int)getpid(),
             define);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("cc", "cc", "-shared", "-fPIC", define, "-Itests", "-o", library->path,
               "tests/fake_nvml.c", (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    library->handle = dlopen(library->path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library->handle);
    library->fake = dlsym(library->handle, "fake_nvml");
    assert_non_null(library->fake);
}

static void library_drop(struct library *library) {
    assert_int_equal(library->fake->open, 0); /* each start was followed by its end */
    dlclose(library->handle);
    unlink(library->path);
}

static void test_nvml(void **state) {
    (void)state;
    struct library library;
    struct host_tree tree;
    tree_begin(&tree);
    library_build(&library, "-DFAKE");
    library.fake->count = 2;
    for (int i = 0; i < 2; i++) {
        library.fake->devices[i].energy_mj = 1000u * (unsigned)(i + 1);
        library.fake->devices[i].celsius = 60 + 5 * (unsigned)i;
        library.fake->devices[i].busy = 30 + 60 * (unsigned)i;
        library.fake->devices[i].reasons = 0x1 | 0x4; /* idle, power cap: no heat */
    }
    struct host *host = linux_host_new(tree.root, library.path);
    int64_t epoch = clock_ns();
    struct event *event = sample_of(host, epoch);
    close_to(rail_of(event, "GPU0")->energy_j, 1);
    close_to(rail_of(event, "GPU1")->energy_j, 2);
    close_to(event->sample.temp_c, 65);
    close_to(event->sample.gpu_pct, 90);
    assert_int_equal(event->sample.thermal, THERMAL_NOMINAL);
    int64_t published = rail_of(event, "GPU0")->pub_us;
    event_free(event);

    library.fake->devices[1].energy_mj = 3500;
    library.fake->devices[1].reasons = 0x40;
    library.fake->devices[0].busy = library.fake->devices[1].busy = ~0u;
    library.fake->devices[0].celsius = library.fake->devices[1].celsius = ~0u;
    usleep(2000);
    event = sample_of(host, epoch);
    close_to(rail_of(event, "GPU1")->energy_j, 3.5);
    assert_true(rail_of(event, "GPU0")->pub_us == published); /* did not move: stalled, not 0 W */
    assert_true(rail_of(event, "GPU1")->pub_us > published);
    assert_int_equal(event->sample.thermal, THERMAL_HEAVY);
    assert_true(isnan(event->sample.temp_c)); /* blanks */
    assert_true(isnan(event->sample.gpu_pct));
    event_free(event);

    struct machine machine;
    host_machine(host, &machine);
    assert_string_equal(machine.chip, "2 × NVIDIA H200");
    free(machine.chip);
    free(machine.model);
    free(machine.os);
    free(machine.power_mode);
    host_free(host);
    library_drop(&library);
    tree_end(&tree);
}

/* Blank or refused energy: watts summed up over time; blank watts are nothing. */
static void test_nvml_power(void **state) {
    (void)state;
    struct library library;
    struct host_tree tree;
    tree_begin(&tree);
    library_build(&library, "-DFAKE");
    library.fake->devices[0].energy_mj = UINT64_C(9223372036854775794); /* DCGM's blank */
    library.fake->devices[0].power_mw = 250000;
    library.fake->devices[0].reasons_status = 3;
    struct host *host = linux_host_new(tree.root, library.path);
    struct event *first = sample_of(host, 0);
    usleep(50000);
    struct event *second = sample_of(host, 0);
    double joules = rail_of(second, "GPU0")->energy_j - rail_of(first, "GPU0")->energy_j;
    int64_t us = rail_of(second, "GPU0")->pub_us - rail_of(first, "GPU0")->pub_us;
    double watts = joules / ((double)us / 1e6);
    assert_true(fabs(watts - 250) < 0.25); /* times are in whole µs */
    assert_int_equal(second->sample.thermal, THERMAL_UNKNOWN);
    event_free(first);
    event_free(second);
    library.fake->devices[0].power_mw = ~0u;
    first = sample_of(host, 0);
    assert_null(rail_of(first, "GPU0"));
    event_free(first);
    library.fake->devices[0].power_mw = 100000;
    first = sample_of(host, 0);
    close_to(rail_of(first, "GPU0")->energy_j, 0); /* nothing is known of the gap */
    event_free(first);
    host_free(host);
    library_drop(&library);
    tree_end(&tree);
}

static void test_nvml_old_names(void **state) {
    (void)state;
    struct library library;
    struct host_tree tree;
    tree_begin(&tree);
    library_build(&library, "-DFAKE_OLD");
    library.fake->devices[0].power_mw = 70000;
    library.fake->devices[0].reasons = 0x20;
    struct host *host = linux_host_new(tree.root, library.path);
    struct event *event = sample_of(host, 0);
    assert_non_null(rail_of(event, "GPU0"));
    assert_int_equal(event->sample.thermal, THERMAL_HEAVY);
    event_free(event);
    host_free(host);
    library_drop(&library);
    tree_end(&tree);
}

static void test_nvml_absent(void **state) {
    (void)state;
    struct library library;
    struct host_tree tree;
    tree_begin(&tree);
    library_build(&library, "-DFAKE");
    library.fake->init_status = 9; /* driver not loaded */
    struct host *host = linux_host_new(tree.root, library.path);
    event_free(sample_of(host, 0));
    assert_non_null(strstr(host_reason(host, HOST_GPU), "driver"));
    host_free(host);
    library.fake->init_status = 0;
    library.fake->count = 0;
    host = linux_host_new(tree.root, library.path);
    event_free(sample_of(host, 0));
    assert_non_null(strstr(host_reason(host, HOST_GPU), "no device"));
    host_free(host);
    library_drop(&library);
    host = linux_host_new(tree.root, "/nonexistent/nvml.so");
    struct event *event = sample_of(host, 0);
    assert_int_equal(event->sample.rail_count, 0);
    assert_non_null(strstr(host_reason(host, HOST_ENERGY), "no RAPL"));
    assert_non_null(strstr(host_reason(host, HOST_ENERGY), "no /nonexistent/nvml.so"));
    event_free(event);
    host_free(host);
    tree_end(&tree);
}

/* ---- heat ---- */

static void cpu(struct host_tree *tree, int id, int core, int package, long long core_count) {
    char path[128];
    snprintf(path, sizeof path, CPU "/cpu%d/topology/core_id", id);
    tree_number(tree, path, core);
    snprintf(path, sizeof path, CPU "/cpu%d/topology/physical_package_id", id);
    tree_number(tree, path, package);
    snprintf(path, sizeof path, CPU "/cpu%d/thermal_throttle/core_throttle_count", id);
    tree_number(tree, path, core_count);
    snprintf(path, sizeof path, CPU "/cpu%d/thermal_throttle/package_throttle_count", id);
    tree_number(tree, path, 3);
}

static void test_throttling(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    for (int i = 0; i < 4; i++) /* two threads a core */
        cpu(&tree, i, i / 2, 0, 7);
    tree_file(&tree, CPU "/cpufreq/boost", "1");
    tree_file(&tree, CPU "/cpuidle/current_driver", "x");
    struct host *host = linux_host_new(tree.root, "");
    enum thermal levels[3];
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            cpu(&tree, 2, 1, 0, 8);
        struct event *event = sample_of(host, 0);
        levels[i] = event->sample.thermal;
        event_free(event);
    }
    assert_int_equal(levels[0], THERMAL_NOMINAL); /* what was before says nothing */
    assert_int_equal(levels[1], THERMAL_HEAVY);
    assert_int_equal(levels[2], THERMAL_NOMINAL);
    host_free(host);
    struct heat heat = {0};
    heat_find(&heat, tree.root);
    assert_int_equal(heat.counter_count, 3); /* two cores, one package */
    heat_done(&heat);
    tree_end(&tree);
}

static void test_temperature(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    tree_file(&tree, "/sys/class/thermal/thermal_zone0/type", "acpitz\n");
    tree_file(&tree, "/sys/class/thermal/thermal_zone0/temp", "99000\n");
    tree_file(&tree, "/sys/class/thermal/thermal_zone1/type", "x86_pkg_temp\n");
    tree_file(&tree, "/sys/class/thermal/thermal_zone1/temp", "61500\n");
    struct host *host = linux_host_new(tree.root, "");
    struct event *event = sample_of(host, 0);
    close_to(event->sample.temp_c, 61.5);
    assert_int_equal(event->sample.thermal, THERMAL_UNKNOWN);
    assert_string_not_equal(host_reason(host, HOST_THERMAL), "");
    event_free(event);
    host_free(host);
    tree_file(&tree, "/sys/class/hwmon/hwmon0/name", "nvme\n");
    tree_file(&tree, "/sys/class/hwmon/hwmon0/temp1_input", "80000\n");
    tree_file(&tree, "/sys/class/hwmon/hwmon1/name", "k10temp\n");
    tree_file(&tree, "/sys/class/hwmon/hwmon1/temp1_input", "70125\n");
    host = linux_host_new(tree.root, "");
    event = sample_of(host, 0);
    close_to(event->sample.temp_c, 70.125);
    event_free(event);
    tree_file(&tree, "/sys/class/hwmon/hwmon1/temp1_input", "-274000\n"); /* a sensor asleep */
    event = sample_of(host, 0);
    assert_true(isnan(event->sample.temp_c));
    event_free(event);
    host_free(host);
    tree_end(&tree);
}

/* ---- memory ---- */

static void test_memory(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    tree_file(
        &tree, "/proc/meminfo",
        "MemTotal:       32768000 kB\nMemFree:          100 kB\nMemAvailable:    2048000 kB\n"
        "SwapCached:         77 kB\nSwapTotal:       8388608 kB\nSwapFree:        7340032 kB\n");
    tree_file(&tree, "/proc/vmstat", "pswpin 5\npswpout 4242\npgmajfault 1\n");
    tree_file(&tree, "/proc/pressure/memory",
              "some avg10=12.50 avg60=1.00 avg300=0.20 total=123\n"
              "full avg10=9.00 avg60=0.00 avg300=0.00 total=0\n");
    struct host *host = linux_host_new(tree.root, "");
    struct event *event = sample_of(host, 0);
    close_to(event->sample.swap_mb, 1024);
    close_to(event->sample.swapouts, 4242);
    close_to(event->sample.free_mb, 2000);
    close_to(event->sample.pressure, 12.5);
    event_free(event);
    tree_file(&tree, "/proc/meminfo", "MemTotal: 5 kB\nSwapTotal: x\n");
    tree_file(&tree, "/proc/vmstat", "pswpoutx 9\n");
    tree_file(&tree, "/proc/pressure/memory", "some avg10=nonsense\n");
    event = sample_of(host, 0);
    assert_true(isnan(event->sample.swap_mb) && isnan(event->sample.swapouts));
    assert_true(isnan(event->sample.free_mb) && isnan(event->sample.pressure));
    event_free(event);
    host_free(host);
    tree_end(&tree);
}

/* ---- power ---- */

static void check_power(struct host_tree *tree, const char *source, const char *mode) {
    char *is_source = power_source(tree->root), *is_mode = power_mode(tree->root);
    if (source)
        assert_string_equal(is_source, source);
    else
        assert_null(is_source);
    if (mode)
        assert_string_equal(is_mode, mode);
    else
        assert_null(is_mode);
    free(is_source);
    free(is_mode);
}

static void test_power(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    check_power(&tree, NULL, NULL);
    tree_file(&tree, "/sys/class/power_supply/hidpp_battery_0/type", "Battery\n");
    tree_file(&tree, "/sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
    tree_file(&tree, "/sys/class/power_supply/hidpp_battery_0/status", "Discharging\n");
    check_power(&tree, NULL, NULL); /* a mouse */
    tree_file(&tree, "/sys/class/power_supply/AC/type", "Mains\n");
    tree_file(&tree, "/sys/class/power_supply/AC/online", "1\n");
    tree_file(&tree, CPU "/cpu0/cpufreq/scaling_governor", "powersave\n");
    check_power(&tree, "ac", "low");
    tree_file(&tree, CPU "/cpu0/cpufreq/energy_performance_preference", "balance_performance\n");
    tree_file(&tree, "/sys/class/power_supply/BAT0/type", "Battery\n");
    tree_file(&tree, "/sys/class/power_supply/BAT0/status", "Charging\n");
    check_power(&tree, "ac", "normal"); /* powersave is the usual governor there */
    tree_file(&tree, "/sys/firmware/acpi/platform_profile", "performance\n");
    tree_file(&tree, "/sys/class/power_supply/BAT0/status", "Discharging\n");
    check_power(&tree, "battery", "high"); /* though the charger is on line */
    tree_file(&tree, "/sys/class/power_supply/AC/online", "0\n");
    tree_file(&tree, "/sys/firmware/acpi/platform_profile", "custom\n");
    check_power(&tree, "battery", "normal");
    tree_end(&tree);
}

/* ---- machine ---- */

static void machine_drop(struct machine *machine) {
    free(machine->model);
    free(machine->chip);
    free(machine->os);
    free(machine->power_mode);
}

static void test_machine(void **state) {
    (void)state;
    struct host_tree tree;
    struct machine machine;
    tree_begin(&tree);
    machine_facts(tree.root, &machine);
    assert_null(machine.model);
    assert_null(machine.chip);
    assert_int_equal(machine.cores, -1);
    assert_int_equal(machine.ram_mb, -1);
    machine_drop(&machine);
    tree_file(&tree, "/sys/class/dmi/id/product_name", "System Product Name\n");
    tree_file(&tree, "/sys/class/dmi/id/sys_vendor", "ASUS\n");
    tree_file(&tree, "/proc/cpuinfo",
              "processor\t: 0\nmodel name\t: AMD   Ryzen 9 7950X\n\nprocessor\t: 1\n"
              "model name\t: AMD   Ryzen 9 7950X\n");
    tree_file(&tree, "/proc/meminfo", "MemTotal:       65536000 kB\n");
    tree_file(&tree, "/etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    tree_file(&tree, "/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
    machine_facts(tree.root, &machine);
    assert_null(machine.model); /* filler */
    assert_string_equal(machine.chip, "AMD Ryzen 9 7950X");
    assert_string_equal(machine.os, "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64");
    assert_int_equal(machine.cores, 2);
    assert_int_equal(machine.ram_mb, 64000);
    machine_drop(&machine);
    tree_file(&tree, "/sys/class/dmi/id/product_name", "NUC12WSHi7\n");
    machine_facts(tree.root, &machine);
    assert_string_equal(machine.model, "ASUS NUC12WSHi7");
    machine_drop(&machine);
    tree_end(&tree);
}

/* ---- processes ---- */

static void process(struct host_tree *tree, int pid, int parent, const char *name,
                    const char *arguments, size_t length) {
    char path[128], text[256];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    snprintf(text, sizeof text,
             "%d (%s) S %d 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 %d 1000 100 1 2\n", pid, name,
             parent, 1000 + pid);
    tree_file(tree, path, text);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    tree_bytes(tree, path, arguments, length);
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    snprintf(text, sizeof text, "9999 %d 10 1 0 5 0\n", 256 * pid);
    tree_file(tree, path, text);
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    snprintf(text, sizeof text,
             "5600-7ff [rollup]\nRss:  %d kB\nPss:               %d kB\nPss_Anon: 3 kB\n",
             pid * 1024, pid * 512);
    tree_file(tree, path, text);
}
#define ARGUMENTS(text) text, sizeof(text)

static void lay_processes(struct host_tree *tree) {
    process(tree, 2, 0, "kthreadd", "", 0);
    process(tree, 100, 1, "llama) S 7 (x", ARGUMENTS("/opt/my llama/llama-server\0--port\0008080"));
    process(tree, 101, 100, "child", ARGUMENTS("child\0\0last"));
    process(tree, 99, 101, "grandchild", ARGUMENTS("g"));
    process(tree, 200, 1, "other", ARGUMENTS("other"));
    tree_link(tree, "/proc/100/exe", "/opt/my llama/llama-server");
    tree_file(tree, "/proc/self", "not a folder");
}

static void test_processes(void **state) {
    (void)state;
    struct host_tree tree;
    size_t count;
    tree_begin(&tree);
    lay_processes(&tree);
    struct host *host = linux_host_new(tree.root, "");
    struct process *list = host_processes(host, &count);
    assert_int_equal(count, 4); /* not the kernel's */
    const struct process *server = NULL, *child = NULL;
    for (size_t i = 0; i < count; i++) {
        server = list[i].pid == 100 ? &list[i] : server;
        child = list[i].pid == 101 ? &list[i] : child;
    }
    assert_non_null(server);
    assert_int_equal(server->parent, 1);
    assert_int_equal(server->started, 1100);
    assert_string_equal(server->path, "/opt/my llama/llama-server");
    assert_int_equal(server->argc, 3);
    assert_string_equal(server->argv[2], "8080");
    assert_int_equal(child->argc, 3); /* an empty argument is one */
    assert_string_equal(child->argv[1], "");
    assert_null(child->path);
    host_processes_free(list, count);

    double rss, footprint;
    host_memory_of(host, 100, &rss, &footprint);
    close_to(rss, (100 + 101 + 99) * 256.0 * (double)sysconf(_SC_PAGESIZE) / 1048576);
    close_to(footprint, (100 + 101 + 99) * 0.5);
    tree_remove(&tree, "/proc/101/smaps_rollup");
    host_memory_of(host, 100, &rss, &footprint);
    assert_true(rss > 0);
    assert_true(isnan(footprint)); /* a part is not the whole */
    host_memory_of(host, 4711, &rss, &footprint);
    assert_true(isnan(rss) && isnan(footprint));
    host_free(host);
    tree_end(&tree);
}

#define TCP_HEAD                                                                                   \
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "  \
    "inode\n"
#define TCP_LINE(local, state, inode)                                                              \
    "   0: " local " 00000000:0000 " state                                                         \
    " 00000000:00000000 00:00000000 00000000     0        0 " inode " 1 0000 100 0 0 10 0\n"

static void test_listener(void **state) {
    (void)state;
    struct host_tree tree;
    tree_begin(&tree);
    lay_processes(&tree);
    tree_file(&tree, "/proc/net/tcp",
              TCP_HEAD TCP_LINE("0100007F:1F90", "0A", "5001") /* 8080 listens */
              TCP_LINE("0100007F:1F91", "01", "5002")          /* 8081 is only connected */
              "garbage\n");
    tree_file(&tree, "/proc/net/tcp6",
              TCP_HEAD TCP_LINE("00000000000000000000000000000000:2CAA", "0A", "6001")); /* 11434 */
    tree_link(&tree, "/proc/101/fd/3", "socket:[5001]"); /* inherited */
    tree_link(&tree, "/proc/99/fd/3", "socket:[5001]");
    tree_link(&tree, "/proc/100/fd/0", "/dev/null");
    tree_link(&tree, "/proc/100/fd/7", "socket:[5001]");
    tree_link(&tree, "/proc/200/fd/7", "socket:[6001]");
    tree_link(&tree, "/proc/200/fd/8", "socket:[5002]");
    struct host *host = linux_host_new(tree.root, "");
    assert_int_equal(host_listener(host, 8080), 100);
    assert_int_equal(host_listener(host, 8081), -1);
    assert_int_equal(host_listener(host, 11434), 200);
    assert_int_equal(host_listener(host, 1), -1);
    host_free(host);
    tree_end(&tree);
}

/* ---- this machine ---- */

static int listen_here(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 4), 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

static void test_here(void **state) {
    (void)state;
    struct host *host = host_new();
    int port, fd = listen_here(&port);
    size_t count;
    struct process *list = host_processes(host, &count);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found |= list[i].pid == getpid() && strstr(list[i].argv[0], "unit_linux") &&
                 list[i].parent == getppid() && list[i].path;
    assert_true(found);
    host_processes_free(list, count);
    assert_int_equal(host_listener(host, port), getpid());
    close(fd);
    double rss, footprint;
    host_memory_of(host, getpid(), &rss, &footprint);
    assert_true(rss > 1);
    if (!isnan(footprint)) /* not in every sandbox */
        assert_true(footprint > 0.2 && footprint < rss * 1.5);
    struct event *event = sample_of(host, 0);
    assert_true(event->sample.free_mb > 0);
    assert_true(event->sample.swap_mb >= 0);
    event_free(event);
    host_free(host);
}

static size_t descriptors(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* 5,000 samples (83 minutes) on a full tree: at once, they may take 1 % of that at most. */
static void test_cost(void **state) {
    (void)state;
    struct host_tree tree;
    double rss_before = 0, rss, footprint;
    tree_begin(&tree);
    zone(&tree, "intel-rapl:0", "package-0", 5000000, 262143328850);
    zone(&tree, "intel-rapl:0:0", "dram", 5000000, 262143328850);
    for (int i = 0; i < 8; i++)
        cpu(&tree, i, i, 0, 0);
    tree_file(&tree, "/sys/class/hwmon/hwmon1/name", "coretemp\n");
    tree_file(&tree, "/sys/class/hwmon/hwmon1/temp1_input", "70125\n");
    tree_file(&tree, "/proc/meminfo", "MemAvailable: 1 kB\nSwapTotal: 5 kB\nSwapFree: 5 kB\n");
    tree_file(&tree, "/proc/vmstat", "pswpout 4242\n");
    struct host *host = linux_host_new(tree.root, ""), *here = host_new();
    size_t open_before = descriptors();
    int64_t cpu_us = clock_cpu_us();
    for (int i = 0; i < 5000; i++) {
        if (i == 500)
            host_memory_of(here, getpid(), &rss_before, &footprint);
        event_free(sample_of(host, 0));
    }
    double each_us = (double)(clock_cpu_us() - cpu_us) / 5000;
    print_message("%.0f µs of CPU a sample\n", each_us);
    assert_true(each_us < 10000);
    assert_int_equal(descriptors(), open_before);
    host_memory_of(here, getpid(), &rss, &footprint);
#ifndef __SANITIZE_ADDRESS__ /* it keeps what was freed */
    assert_true(rss < rss_before + 1);
#endif
    host_free(here);
    host_free(host);
    tree_end(&tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rapl),
        cmocka_unit_test(test_other_gpus),
        cmocka_unit_test(test_rapl_wraps),
        cmocka_unit_test(test_rapl_without_range_starts_afresh),
        cmocka_unit_test(test_rapl_permission),
        cmocka_unit_test(test_rapl_nonsense),
        cmocka_unit_test(test_nvml),
        cmocka_unit_test(test_nvml_power),
        cmocka_unit_test(test_nvml_old_names),
        cmocka_unit_test(test_nvml_absent),
        cmocka_unit_test(test_throttling),
        cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_listener),
        cmocka_unit_test(test_here),
        cmocka_unit_test(test_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
