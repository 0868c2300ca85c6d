/* Exporters' pages: what each one's series come to, and hostile ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/exporter.h"
#include "net/scrape.h"

#define S INT64_C(1000000000)

static void close_to(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%.12g instead of %.12g", value, expected);
}

/* The sample of a page that came `at_ns` after the run's start; NULL when it is nobody's page. */
static struct event *read_at(struct exporter *exporter, const char *page, int64_t at_ns) {
    struct event *event = event_new(EVENT_SAMPLE, 0);
    if (exporter_read(exporter, page, strlen(page), 1000 * S + at_ns, 1000 * S, &event->sample))
        return event;
    event_free(event);
    return NULL;
}

static void check_rail(const struct event *event, size_t at, const char *name, double joules,
                       int64_t pub_us) {
    assert_true(at < event->sample.rail_count);
    const struct rail *rail = &event->sample.rails[at];
    assert_string_equal(rail->name, name);
    close_to(rail->energy_j, joules);
    assert_int_equal(rail->pub_us, pub_us);
}

/* ---- the text format ---- */

static void test_lines(void **state) {
    (void)state;
    static const char text[] = "# HELP a b\n# TYPE a counter\na 1\n"
                               "llamacpp:tokens_total{} 2e+09 1700000000000\r\n"
                               "b{x=\"a\\\"b\\\\c\\nd\",y=\"{},=\"} NaN\n"
                               "  c {x = \"1\" , y=\"2\"} +Inf # {trace=\"1\"} 3\n"
                               "\n\t\nd -Inf\ne 0x10\nf nan(1)\n9g 1\nh{x=1} 2\ni{x=\"open 3\n"
                               "j{x=\"1\"\nk\nl 1 2 3\nm 1e999\nn{x=\"1\",} 5";
    static const char *const names[] = {"a", "llamacpp:tokens_total", "b", "c", "d", "m", "n"};
    struct scrape scrape;
    struct scrape_line line;
    scrape_init(&scrape, text, strlen(text));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_true(scrape_next(&scrape, &line));
        assert_string_equal(line.name, names[i]);
        if (i == 1)
            close_to(line.value, 2e9);
        if (i == 2) {
            assert_true(isnan(line.value));
            assert_string_equal(scrape_label(&line, "x"), "a\"b\\c\nd");
            assert_string_equal(scrape_label(&line, "y"), "{},=");
            assert_null(scrape_label(&line, "z"));
        }
        if (i == 3)
            assert_string_equal(scrape_label(&line, "y"), "2");
        if (i == 3 || i == 5)
            assert_true(isinf(line.value) && line.value > 0);
    }
    assert_false(scrape_next(&scrape, &line));
    assert_int_equal(scrape.skipped, 8);
}

static void test_long_lines(void **state) {
    (void)state;
    struct buf page;
    struct scrape scrape;
    struct scrape_line line;
    buf_init(&page, 1 << 20);
    for (int i = 0; i < 200; i++) /* a name too long */
        buf_char(&page, 'x');
    buf_text(&page, " 1\na{x=\"");
    for (int i = 0; i < 1000; i++)
        buf_char(&page, 'v');
    buf_text(&page, "\"} 1\nb{");
    for (int i = 0; i < 100; i++)
        buf_printf(&page, "l%d=\"%d\",", i, i);
    buf_text(&page,
             "} 2\nc 000000000000000000000000000000000000000000000000000000000000000000001\n");
    scrape_init(&scrape, buf_string(&page), page.length);
    assert_true(scrape_next(&scrape, &line));
    assert_int_equal(strlen(scrape_label(&line, "x")), SCRAPE_VALUE_MAX - 1);
    assert_true(scrape_next(&scrape, &line));
    assert_int_equal(line.label_count, SCRAPE_LABELS_MAX);
    close_to(line.value, 2);
    assert_false(scrape_next(&scrape, &line));
    assert_int_equal(scrape.skipped, 2);
    buf_done(&page);
}

/* ---- exporters ---- */

static void test_simulated(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    assert_null(exporter_name(exporter));
    struct event *event = read_at(exporter,
                                  "sim_energy_joules_total{rail=\"CPU\"} 10.5\n"
                                  "sim_energy_joules_total{rail=\"GPU\"} 41.25\n"
                                  "sim_energy_published_seconds{rail=\"CPU\"} 1001.250000000\n"
                                  "sim_energy_published_seconds{rail=\"GPU\"} 1002.999999999\n"
                                  "sim_swap_used_bytes 1073741824\nsim_swapouts_total 65536\n"
                                  "sim_thermal_pressure_level 2\nsim_memory_free_bytes 2097152\n"
                                  "sim_kv_tokens 2044\nsim_power_source{source=\"battery\"} 1\n",
                                  3 * S);
    assert_non_null(event);
    check_rail(event, 0, "CPU", 10.5, 1250000);
    check_rail(event, 1, "GPU", 41.25, 2999999);
    close_to(event->sample.swap_mb, 1024);
    close_to(event->sample.swapouts, 65536);
    close_to(event->sample.free_mb, 2);
    close_to(event->sample.kv_tokens, 2044);
    assert_int_equal(event->sample.thermal, THERMAL_HEAVY);
    assert_string_equal(event->sample.power_source, "battery");
    assert_true(isnan(event->sample.watts) && isnan(event->sample.temp_c));
    assert_true(exporter_is_live(exporter)); /* the GPU's was published on asking */
    event_free(event);
    /* a publication told by another machine's clock: the page's own time counts */
    event = read_at(exporter,
                    "sim_energy_joules_total{rail=\"CPU\"} 11\n"
                    "sim_energy_published_seconds{rail=\"CPU\"} 4.0\n",
                    5 * S);
    check_rail(event, 0, "CPU", 11, 5000000);
    assert_int_equal(event->sample.rail_count, 1); /* the GPU's is not on the page */
    assert_false(exporter_is_live(exporter));
    event_free(event);
    event = read_at(exporter,
                    "sim_energy_joules_total{rail=\"CPU\"} 12\n"
                    "sim_energy_published_seconds{rail=\"CPU\"} 1e300\n",
                    6 * S);
    check_rail(event, 0, "CPU", 12, 6000000);
    event_free(event);
    exporter_free(exporter);
}

static void test_macmon(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    struct event *event =
        read_at(exporter,
                "macmon_gpu_power_watts{chip=\"Apple M5 Max\"} 40.5\n"
                "macmon_cpu_power_watts{chip=\"Apple M5 Max\"} 8\n"
                "macmon_ane_power_watts{chip=\"Apple M5 Max\"} 0\n"
                "macmon_ram_power_watts{chip=\"Apple M5 Max\"} 3.5\n"
                "macmon_all_power_watts{chip=\"Apple M5 Max\"} 48.5\n"
                "macmon_sys_power_watts{chip=\"Apple M5 Max\"} 70\n"
                "macmon_cpu_temp_celsius{chip=\"Apple M5 Max\"} 60\n"
                "macmon_gpu_temp_celsius{chip=\"Apple M5 Max\"} 71.5\n"
                "macmon_gpu_active_ratio{chip=\"Apple M5 Max\"} 0.97\n"
                "macmon_gpu_usage_ratio{chip=\"Apple M5 Max\"} 0.3\n"
                "macmon_memory_swap_used_bytes{chip=\"Apple M5 Max\"} 1.048576e+06\n"
                "macmon_memory_ram_total_bytes 137438953472\n"
                "macmon_memory_ram_used_bytes 103079215104\n",
                0);
    assert_string_equal(exporter_name(exporter), "macmon");
    close_to(event->sample.watts, 52); /* the parts, once */
    close_to(event->sample.temp_c, 71.5);
    close_to(event->sample.gpu_pct, 97);
    close_to(event->sample.swap_mb, 1);
    close_to(event->sample.free_mb, 32768);
    assert_int_equal(event->sample.rail_count, 0);
    assert_int_equal(event->sample.thermal, THERMAL_UNKNOWN);
    assert_true(isnan(event->sample.swapouts));
    event_free(event);
    exporter_free(exporter);
}

static void test_mactop(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    struct event *event = read_at(exporter,
                                  "mactop_power_watts{component=\"cpu\"} 5\n"
                                  "mactop_power_watts{component=\"gpu\"} 20\n"
                                  "mactop_power_watts{component=\"total\"} 60\n"
                                  "mactop_power_watts{component=\"system\"} 35\n"
                                  "mactop_thermal_state 1\nmactop_gpu_usage_percent 88\n"
                                  "mactop_memory_gb{type=\"swap_used\"} 0.5\n"
                                  "mactop_memory_gb{type=\"swap_total\"} 9\n"
                                  "mactop_memory_gb{type=\"total\"} 64\n",
                                  0);
    close_to(event->sample.watts, 25);
    assert_int_equal(event->sample.thermal, THERMAL_MODERATE);
    close_to(event->sample.gpu_pct, 88);
    close_to(event->sample.swap_mb, 512);
    assert_true(isnan(event->sample.free_mb)); /* used is missing: total is not what is free */
    event_free(event);
    exporter_free(exporter);
}

static void test_all_smi(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    struct event *event = read_at(exporter,
                                  "all_smi_gpu_power_consumption_watts{gpu_index=\"0\"} 30\n"
                                  "all_smi_cpu_power_consumption_watts{} 10\n"
                                  "all_smi_chassis_power_watts{hostname=\"h\"} 41\n"
                                  "all_smi_chassis_thermal_pressure_info{level=\"Nominal\"} 0\n"
                                  "all_smi_chassis_thermal_pressure_info{level=\"Serious\"} 1\n"
                                  "all_smi_energy_consumed_joules_total{scope=\"chassis\"} 900000\n"
                                  "all_smi_swap_used_bytes 0\n",
                                  0);
    close_to(event->sample.watts, 41);
    assert_int_equal(event->sample.rail_count, 0); /* its joules are summed up watts */
    assert_int_equal(event->sample.thermal, THERMAL_HEAVY);
    close_to(event->sample.swap_mb, 0); /* zero is a figure */
    event_free(event);
    exporter_free(exporter);
}

static void test_dcgm(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    static const char page[] =
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\",UUID=\"GPU-1\"} 5000\n"
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"1\",UUID=\"GPU-2\"} 9223372036854775794\n"
        "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\"} 300\nDCGM_FI_DEV_GPU_TEMP{gpu=\"0\"} 55\n"
        "DCGM_FI_DEV_GPU_TEMP{gpu=\"1\"} 9223372036854775794\n"
        "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\"} 99\n";
    struct event *event = read_at(exporter, page, 10 * S);
    assert_int_equal(event->sample.rail_count, 1); /* a blank is none */
    check_rail(event, 0, "GPU0", 5, 10000000);
    close_to(event->sample.temp_c, 55);
    event_free(event);
    event = read_at(exporter, page, 20 * S);
    check_rail(event, 0, "GPU0", 5, 10000000); /* it did not move, so it was not published */
    event_free(event);
    event = read_at(exporter, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\"} 305000\n", 30 * S);
    check_rail(event, 0, "GPU0", 305, 30000000);
    event_free(event);
    exporter_free(exporter);
}

static void test_nvidia_gpu_exporter(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    struct event *event =
        read_at(exporter,
                "nvidia_smi_power_draw_watts{uuid=\"a\"} 100\n"
                "nvidia_smi_power_draw_watts{uuid=\"b\"} 150.5\n"
                "nvidia_smi_utilization_gpu_ratio{uuid=\"a\"} 0.5\n"
                "nvidia_smi_clocks_event_reasons_hw_thermal_slowdown{uuid=\"a\"} 0\n"
                "nvidia_smi_clocks_event_reasons_sw_thermal_slowdown{uuid=\"b\"} 1\n",
                0);
    close_to(event->sample.watts, 250.5);
    close_to(event->sample.gpu_pct, 50);
    assert_int_equal(event->sample.thermal, THERMAL_HEAVY);
    event_free(event);
    exporter_free(exporter);
}

static void test_node(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    static const char first[] =
        "node_rapl_package_joules_total{index=\"0\",path=\"/sys/class/powercap/intel-rapl:0\"} "
        "100\n"
        "node_rapl_package_joules_total{index=\"1\"} 200\n"
        "node_rapl_core_joules_total{index=\"0\"} 90\nnode_rapl_psys_joules_total{index=\"0\"} "
        "900\n"
        "node_rapl_dram_joules_total{index=\"0\"} 10\n"
        "node_cpu_core_throttles_total{core=\"0\",package=\"0\"} 5\n"
        "node_cpu_package_throttles_total{package=\"0\"} 1\n"
        "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 66\n"
        "node_hwmon_temp_celsius{chip=\"nvme_nvme0\",sensor=\"temp1\"} 90\n"
        "node_memory_SwapTotal_bytes 4.194304e+06\nnode_memory_SwapFree_bytes 1.048576e+06\n"
        "node_memory_MemAvailable_bytes 1.048576e+09\nnode_vmstat_pswpout 77\n"
        "node_pressure_memory_waiting_seconds_total 3.5\n";
    struct event *event = read_at(exporter, first, 1 * S);
    assert_int_equal(event->sample.rail_count, 3);
    check_rail(event, 0, "package-0", 100, 1000000);
    check_rail(event, 1, "package-1", 200, 1000000);
    check_rail(event, 2, "dram-0", 10, 1000000);
    close_to(event->sample.temp_c, 66);
    close_to(event->sample.swap_mb, 3);
    close_to(event->sample.swapouts, 77);
    close_to(event->sample.free_mb, 1000);
    assert_true(isnan(event->sample.pressure)); /* a counter says nothing alone */
    assert_int_equal(event->sample.thermal, THERMAL_NOMINAL);
    event_free(event);
    event = read_at(exporter,
                    "node_cpu_core_throttles_total{core=\"0\"} 6\n"
                    "node_cpu_package_throttles_total{package=\"0\"} 1\n"
                    "node_memory_SwapTotal_bytes 4.194304e+06\n"
                    "node_pressure_memory_waiting_seconds_total 3.75\n",
                    2 * S);
    assert_int_equal(event->sample.thermal, THERMAL_HEAVY);
    close_to(event->sample.pressure, 25);
    assert_true(isnan(event->sample.swap_mb)); /* half of it */
    event_free(event);
    exporter_free(exporter);
}

/* 9090 is shared: a page of Prometheus itself, of an engine, or no page at all. */
static void test_nobodys_pages(void **state) {
    (void)state;
    static const char *const pages[] = {
        "",
        "\n\n",
        "<html><body>macmon_gpu_power_watts 5</body></html>",
        "prometheus_build_info{version=\"2\"} 1\ngo_goroutines 5\n",
        "llamacpp:prompt_tokens_total 5\nvllm:num_requests_running 2\n",
        "{\"error\":\"no data yet\"}",
    };
    struct exporter *exporter = exporter_new();
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        assert_null(read_at(exporter, pages[i], 0));
    exporter_free(exporter);
}

static void test_hostile_pages(void **state) {
    (void)state;
    struct exporter *exporter = exporter_new();
    struct buf page;
    buf_init(&page, 1 << 20);
    for (int i = 0; i < 200; i++) /* rails without end, and a name that does not fit */
        buf_printf(&page, "sim_energy_joules_total{rail=\"r%d\"} %d\n", i, i);
    buf_text(&page, "sim_energy_joules_total{rail=\"a name of more than 24 bytes\"} 1\n"
                    "sim_energy_joules_total 1\nsim_energy_joules_total{rail=\"n\"} NaN\n"
                    "sim_thermal_pressure_level 77\nsim_swap_used_bytes +Inf\n"
                    "sim_power_source{source=\"a very long name of a source of power\"} 1\n");
    struct event *event = read_at(exporter, buf_string(&page), 0);
    assert_non_null(event);
    assert_true(event->sample.rail_count <= 64);
    assert_int_equal(event->sample.thermal, THERMAL_UNKNOWN);
    assert_true(isnan(event->sample.swap_mb));
    struct buf line; /* and the log takes it */
    buf_init(&line, 1 << 20);
    event->sample.lane = mem_string("x");
    assert_true(event_encode(event, &line));
    buf_done(&line);
    event_free(event);
    buf_done(&page);
    exporter_free(exporter);
}

/* What a sample holds already stays: two exporters on one machine. */
static void test_two_exporters(void **state) {
    (void)state;
    struct exporter *node = exporter_new(), *dcgm = exporter_new();
    static const char node_page[] = "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\"} 66\n"
                                    "node_rapl_package_joules_total{index=\"0\"} 100\n";
    static const char dcgm_page[] = "DCGM_FI_DEV_GPU_TEMP{gpu=\"0\"} 80\n"
                                    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\"} 1000\n";
    struct event *event = read_at(node, node_page, 0);
    assert_true(
        exporter_read(dcgm, dcgm_page, strlen(dcgm_page), 1000 * S, 1000 * S, &event->sample));
    assert_int_equal(event->sample.rail_count, 2);
    close_to(event->sample.temp_c, 66);
    event_free(event);
    exporter_free(node);
    exporter_free(dcgm);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),         cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_simulated),     cmocka_unit_test(test_macmon),
        cmocka_unit_test(test_mactop),        cmocka_unit_test(test_all_smi),
        cmocka_unit_test(test_dcgm),          cmocka_unit_test(test_nvidia_gpu_exporter),
        cmocka_unit_test(test_node),          cmocka_unit_test(test_nobodys_pages),
        cmocka_unit_test(test_hostile_pages), cmocka_unit_test(test_two_exporters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
