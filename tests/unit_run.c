/* A run's header: line 1 of its log. And endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/run.h"

/* As the log's description has it, typed by hand. */
static const char header[] =
    "{\"pitwall\":1,\"version\":\"0.1.0\",\"run\":\"20261120T180211Z-demo-1a2b\",\"started\":"
    "\"2026-11-20T18:02:11Z\",\"resumes\":null,\"seed\":9007199254740991,\"salt\":\"random\","
    "\"workload\":\"deep\",\"suites\":[{\"suite\":\"agentic\",\"phases\":[\"warmup\",\"cold\"]},{"
    "\"suite\":\"burst\",\"phases\":[\"burst-30\"]}],\"passes\":3,\"options\":{\"pause_s\":2.0,"
    "\"max_tokens\":null},\"limits\":{\"early_stop_share\":0.5,\"early_stop_calls\":2,\"swap_mb\":"
    "750,"
    "\"swapouts\":1000,\"output_valid\":0.8,\"prompt_chars_per_token\":12,\"template_share\":0.01,"
    "\"dispatch_ms\":200,\"reuse_yes\":0.2,\"cold_differs\":0.25,\"reuse_warm_max\":0.5,"
    "\"witness_low\":0.25,\"witness_high\":0.75,\"serial_overlap\":0.1,\"span_share\":0.2,"
    "\"scaling_gain\":1.2,\"scaling_collapse\":0.8,\"reject_share\":0.1"
    ",\"burst_calls\":4,\"burst_errors\":0.1,\"buffered_share\":0.5,\"serial_parallelism\":1.3,"
    "\"fifo_order\":0.7,\"all_open_share\":0.9,\"pace_even\":1.33,\"pace_least\":0.4,\"pace_most\":"
    "1.25,\"late_share\":0.1},\"machine\":{\"model\":"
    "\"Mac16,7\",\"chip\":null,\"os\":\"macOS 26\",\"ram_mb\":49152,\"cores\":null,\"power_mode\":"
    "null},\"endpoints\":[{\"ep\":0,\"name\":\"a\",\"url\":\"http://127.0.0.1:8080\",\"engine\":"
    "\"llama.cpp\",\"engine_version\":null,\"model\":\"qwen\",\"family\":null,\"format\":\"GGUF\","
    "\"quant\":\"Q4_K_M\",\"lane\":\"here\",\"baseline\":null,\"thinking\":\"default\","
    "\"simulated\":"
    "true,\"imported\":false,\"published\":false,\"notes\":\"KV "
    "q8\"},{\"ep\":1,\"name\":\"b\",\"url\":"
    "null,\"engine\":\"openai\",\"engine_version\":\"2\",\"model\":null,\"family\":\"qwen3\","
    "\"format\":"
    "null,\"quant\":null,\"lane\":null,\"baseline\":\"a\",\"thinking\":\"off\",\"simulated\":false,"
    "\"imported\":false,\"published\":true,\"notes\":null}]}";

static struct run decoded(const char *line) {
    struct run run;
    struct error error = {0};
    if (!run_decode(&run, line, strlen(line), &error))
        fail_msg("%s", error.text);
    return run;
}

static void encodes_to(const struct run *run, const char *line) {
    struct buf out;
    buf_init(&out, 100000);
    assert_true(run_encode(run, &out));
    assert_string_equal(buf_string(&out), line);
    buf_done(&out);
}

static void the_header_comes_back(void **state) {
    (void)state;
    struct run run = decoded(header);
    assert_string_equal(run.id, "20261120T180211Z-demo-1a2b");
    assert_null(run.resumes);
    assert_true(run.seed == UINT64_C(9007199254740991));
    assert_int_equal(run.workload, WORKLOAD_DEEP);
    assert_int_equal(run.passes, 3);
    assert_string_equal(run.options, "{\"pause_s\":2.0,\"max_tokens\":null}");
    assert_int_equal(run.plan_count, 2);
    assert_int_equal(run.plans[1].suite, SUITE_BURST);
    assert_string_equal(run.plans[0].phases[1], "cold");
    assert_true(run.limits.swap_mb == 750);
    assert_int_equal(run.machine.ram_mb, 49152);
    assert_int_equal(run.machine.cores, -1);
    assert_int_equal(run.endpoint_count, 2);
    assert_int_equal(run.endpoints[0].engine, ENGINE_LLAMACPP);
    assert_true(run.endpoints[0].simulated && run.endpoints[1].published);
    assert_string_equal(run.endpoints[1].baseline, "a");
    assert_int_equal(run.endpoints[1].thinking, THINKING_OFF);
    assert_null(run.endpoints[1].notes);
    encodes_to(&run, header);
    run_done(&run);
}

static void a_copy_owns_what_it_has(void **state) {
    (void)state;
    struct run run = decoded(header), copy;
    run.endpoints[0].key_variable = mem_string("KEY_OF_A");
    run_copy(&copy, &run);
    run_done(&run);
    run_done(&run); /* done twice is done */
    encodes_to(&copy, header);
    assert_string_equal(copy.endpoints[0].key_variable, "KEY_OF_A");
    run_done(&copy);
    assert_int_equal(copy.endpoint_count, 0);
    run_init(&run);
    run_copy(&copy, &run); /* an empty one, too */
    run_done(&copy);
    run_done(&run);
}

/* Nothing of how an endpoint is reached or started gets into the log. */
static void secrets_stay_out(void **state) {
    (void)state;
    struct run run = decoded(header);
    struct endpoint *endpoint = &run.endpoints[0];
    endpoint->key_variable = mem_string("SECRET");
    endpoint->extra_body = mem_string("{\"key\":\"SECRET\"}");
    endpoint->telemetry = mem_string("http://SECRET");
    endpoint->start = mem_string("SECRET");
    endpoint->stop = mem_string("SECRET");
    endpoint->restart = mem_string("SECRET");
    endpoint->ready = mem_string("SECRET");
    encodes_to(&run, header);
    run_done(&run);
}

static void a_new_run_is_empty(void **state) {
    (void)state;
    struct run run;
    run_init(&run);
    assert_int_equal(run.machine.ram_mb, -1);
    assert_true(run.limits.reuse_yes == 0.2);
    assert_false(run_is_simulated(&run));
    run.id = mem_string("x");
    struct buf out;
    buf_init(&out, 10000);
    assert_true(run_encode(&run, &out));
    struct run again = decoded(buf_string(&out));
    encodes_to(&again, buf_string(&out));
    run_done(&again);
    run_done(&run);
    buf_done(&out);
}

static void limits_have_names(void **state) {
    (void)state;
    struct limits limits;
    limits_default(&limits);
    bool found = false;
    for (size_t i = 0; i < limits_count(); i++) {
        assert_true(*limits_value(&limits, i) > 0);
        if (strcmp(limits_name(i), "dispatch_ms") == 0) {
            found = true;
            *limits_value(&limits, i) = 123;
        }
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(limits_name(i), limits_name(j));
    }
    assert_true(found && limits.dispatch_ms == 123);
}

/* Other logs: a limit that did not exist yet keeps its default, new members are skipped. */
static void logs_of_other_versions(void **state) {
    (void)state;
    struct run run =
        decoded("{\"new\":[1,{}],\"pitwall\":1,\"run\":\"r\",\"seed\":0,\"workload\":"
                "\"orchestrator\",\"suites\":[],\"passes\":1,\"limits\":{\"swap_mb\":1},"
                "\"machine\":{},\"endpoints\":[]}");
    assert_true(run.limits.swap_mb == 1 && run.limits.swapouts == 1000);
    assert_int_equal(run.machine.ram_mb, -1);
    assert_null(run.version);
    run_done(&run);
}

/* The header with `old` replaced by `new`. */
static void refused(const char *old, const char *new, const char *reason) {
    const char *at = strstr(header, old);
    assert_non_null(at);
    char *line = mem_format("%.*s%s%s", (int)(at - header), header, new, at + strlen(old));
    struct run run;
    struct error error = {0};
    if (run_decode(&run, line, strlen(line), &error))
        fail_msg("accepted with %s", new);
    if (!strstr(error.text, reason))
        fail_msg("%s: %s", new, error.text);
    assert_int_equal(run.endpoint_count, 0); /* nothing to free */
    assert_null(run.id);
    free(line);
}

static void bad_headers_are_refused(void **state) {
    (void)state;
    struct run run;
    struct error error;
    assert_false(run_decode(&run, "", 0, &error));
    assert_false(run_decode(&run, "[]", 2, &error));
    assert_false(run_decode(&run, "{\"t\":1}", 7, &error));
    assert_string_equal(error.text, "its first line is not a run's header");
    for (size_t i = 0; i < sizeof header - 1; i++)
        assert_false(run_decode(&run, header, i, &error));
    refused("\"pitwall\":1", "\"pitwall\":2", "format 2");
    refused("\"pitwall\":1", "\"pitwall\":\"1\"", "not a run's header");
    refused("\"run\":\"20261120T180211Z-demo-1a2b\"", "\"run\":null", "run: null");
    refused("\"seed\":9007199254740991", "\"seed\":-1", "seed");
    refused("\"seed\":9007199254740991", "\"seed\":1e16", "seed");
    refused("\"workload\":\"deep\"", "\"workload\":\"wide\"", "workload");
    refused("\"burst\"", "\"bursts\"", "suite");
    refused("\"warmup\"", "\"a phase's name of 24 byte\"", "phase");
    refused("\"ep\":1", "\"ep\":0", "endpoint 1");
    refused("\"ep\":1", "\"ep\":64", "ep: ");
    refused("\"engine\":\"openai\"", "\"engine\":\"none\"", "engine");
    refused("\"passes\":3", "\"passes\":[3]", "passes");
    refused("null}]}", "null}]} {}", "follows");
    refused("\"machine\":{", "\"machine\":{\"model\":7},\"x\":{", "model: a string");
}

static void too_many_endpoints_are_refused(void **state) {
    (void)state;
    struct run run = decoded(header);
    run.endpoints = mem_resize(run.endpoints, ENDPOINTS_MAX, sizeof *run.endpoints);
    while (run.endpoint_count < ENDPOINTS_MAX) {
        endpoint_init(&run.endpoints[run.endpoint_count]);
        run.endpoints[run.endpoint_count].ep = (int)run.endpoint_count;
        run.endpoints[run.endpoint_count++].name = mem_string("more");
    }
    struct buf out;
    buf_init(&out, 100000);
    assert_true(run_encode(&run, &out));
    struct run again = decoded(buf_string(&out));
    assert_int_equal(again.endpoint_count, ENDPOINTS_MAX);
    run_done(&again);
    out.length -= 2;
    buf_text(&out, ",{\"ep\":64}]}");
    struct error error;
    assert_false(run_decode(&again, out.data, out.length, &error));
    assert_non_null(strstr(error.text, "too many"));
    buf_done(&out);
    run_done(&run);
}

static void not_measured_here_is_simulated(void **state) {
    (void)state;
    struct run run = decoded(header);
    assert_true(run_is_simulated(&run));
    run.endpoints[0].simulated = false;
    assert_true(run_is_simulated(&run));
    run.endpoints[1].published = false;
    assert_false(run_is_simulated(&run));
    run.endpoints[1].imported = true;
    assert_true(run_is_simulated(&run));
    run_done(&run);
}

static void hosts_of_urls(void **state) {
    (void)state;
    static const struct {
        const char *url, *host;
        bool loopback;
    } cases[] = {
        {"http://127.0.0.1:8080", "127.0.0.1", true},
        {"https://localhost", "localhost", true},
        {"http://[::1]:9/v1", "[::1]", true},
        {"http://[::12]:9", "[::12]", false},
        {"http://localhosts:1", "localhosts", false},
        {"http://mini.local:1/x", "mini.local", false},
        {"http://[::1", "[::1", false},
        {"http://", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *host = endpoint_host(cases[i].url);
        assert_string_equal(host, cases[i].host);
        assert_int_equal(endpoint_is_loopback(host), cases[i].loopback);
        free(host);
    }
    assert_null(endpoint_host(NULL));
    assert_null(endpoint_host("127.0.0.1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_urls),
        cmocka_unit_test(the_header_comes_back),
        cmocka_unit_test(a_copy_owns_what_it_has),
        cmocka_unit_test(secrets_stay_out),
        cmocka_unit_test(a_new_run_is_empty),
        cmocka_unit_test(limits_have_names),
        cmocka_unit_test(logs_of_other_versions),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(too_many_endpoints_are_refused),
        cmocka_unit_test(not_measured_here_is_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
