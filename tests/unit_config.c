/* options, endpoints as text, and the config file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "config/config.h"
#include "config/option_table.h"

#define WORDS_MAX 40

/* Parse words over fresh options; the caller calls options_done. */
static bool parse(struct options *options, struct error *error, const char *line) {
    static char text[512];
    static char program[] = "pitwall";
    char *argv[WORDS_MAX + 1] = {program};
    int argc = 1;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = text; *word && argc < WORDS_MAX;) {
        argv[argc++] = word;
        word += strcspn(word, " ");
        if (*word)
            *word++ = '\0';
    }
    argv[argc] = NULL;
    *error = (struct error){0};
    options_init(options);
    return options_parse(options, argc, argv, error);
}

static void test_defaults(void **state) {
    (void)state;
    struct options options;
    struct error error;
    assert_true(parse(&options, &error, ""));
    assert_true(options_settle(&options, &error));
    assert_int_equal(options.command, COMMAND_RUN);
    assert_int_equal(options.passes, 3);
    assert_int_equal(options.burst_count, 3);
    assert_int_equal(options.burst[2], 80);
    assert_true(options.suites[SUITE_AGENTIC]);
    assert_true(isnan(options.until_s));
    options_done(&options);
}

static void test_quick_gives_way_to_what_is_given(void **state) {
    (void)state;
    struct options options;
    struct error error;
    assert_true(parse(&options, &error, "--quick --passes 5"));
    assert_true(options_settle(&options, &error));
    assert_int_equal(options.passes, 5);
    assert_int_equal(options.max_tokens, 96);
    assert_true(options.pause_s == 0.2);
    options_done(&options);
}

static void test_command_and_operands(void **state) {
    (void)state;
    struct options options;
    struct error error;
    assert_true(parse(&options, &error, "replay --speed 4x one --until 1m30s two"));
    assert_int_equal(options.command, COMMAND_REPLAY);
    assert_int_equal(options.operand_count, 2);
    assert_string_equal(options.operands[1], "two");
    assert_true(options.speed == 4);
    assert_true(options.until_s == 90);
    options_done(&options);
    assert_true(parse(&options, &error, "replay --speed max --size 120x40"));
    assert_true(isinf(options.speed));
    assert_int_equal(options.width, 120);
    assert_int_equal(options.height, 40);
    options_done(&options);
}

static void test_options_of_other_commands(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool taken;
    } cases[] = {
        {"replay --speed 4 a", true},      {"replay --format md a", false},
        {"replay --beside a b", false},    {"report --quick a", false},
        {"report --plain --json a", true}, {"sim --port 0 --theme mono", true},
        {"compare --passes 5 a b", false}, {"--size 80x24", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct options options;
        struct error error = {0};
        assert_true(parse(&options, &error, cases[i].line));
        if (options_settle(&options, &error) != cases[i].taken)
            fail_msg("%s: %s", cases[i].line, error.text);
        options_done(&options);
    }
}

static void test_bare_url_is_an_endpoint(void **state) {
    (void)state;
    struct options options;
    struct error error;
    assert_true(parse(&options, &error, "http://127.0.0.1:8080/v1/"));
    assert_int_equal(options.endpoint_count, 1);
    assert_string_equal(options.endpoints[0].url, "http://127.0.0.1:8080");
    assert_string_equal(options.endpoints[0].name, "127.0.0.1:8080");
    options_done(&options);
}

static void test_endpoint_text(void **state) {
    (void)state;
    struct endpoint e;
    struct error error = {0};
    endpoint_init(&e);
    assert_true(endpoint_parse(
        "a=127.0.0.1:1234,engine=LM Studio,restart=lms stop, then lms start,quant=Q4_K_S", &e,
        &error));
    assert_string_equal(e.name, "a");
    assert_string_equal(e.url, "http://127.0.0.1:1234");
    assert_int_equal(e.engine, ENGINE_LMSTUDIO);
    assert_string_equal(e.restart, "lms stop, then lms start");
    assert_string_equal(e.quant, "Q4_K_S");
    endpoint_done(&e);
    endpoint_init(&e);
    assert_true(endpoint_parse("six=http://[::1]:8080", &e, &error));
    assert_string_equal(e.url, "http://[::1]:8080");
    endpoint_done(&e);
}

static void test_bad_endpoints(void **state) {
    (void)state;
    static const char *const bad[] = {
        "a=",
        "=http://127.0.0.1:1",
        "a=ftp://127.0.0.1:1",
        "a=http://u:p@127.0.0.1:1",
        "a=http://127.0.0.1:0",
        "a=http://127.0.0.1:65536",
        "a=http://127.0.0.1:80a",
        "a=http://:80",
        "a=http://[::1",
        "a=http://127.0.0.1:1?x=1",
        "a=http://127.0.0.1:1,engine=vlm",
        "a=http://127.0.0.1:1,thinking=maybe",
        "a=http://127.0.0.1:1,extra_body=[1]",
        "a=http://127.0.0.1:1,key_env=sk-123",
        "a=http://127.0.0.1:1,nonsense",
        "a=http://127.0.0.1 :1",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct endpoint e;
        struct error error = {0};
        endpoint_init(&e);
        if (endpoint_parse(bad[i], &e, &error))
            fail_msg("accepted: %s", bad[i]);
        assert_true(error.text[0] != '\0');
        endpoint_done(&e);
    }
}

static void test_values_out_of_range(void **state) {
    (void)state;
    static const char *const bad[] = {
        "--passes 0",    "--passes 1.5",      "--passes 101",   "--burst 0",
        "--burst 2001",  "--burst 1,x",       "--speed 0",      "--speed fast",
        "--until x",     "--until 1q",        "--size 80",      "--size 80x",
        "--glyphs nice", "--thinking never",  "--seed -1",      "--seed 9007199254740992",
        "--timeout nan", "--extra-body [1]",  "--fail-over -1", "--suite ,",
        "--pause inf",   "--max-tokens 1e99",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct options options;
        struct error error;
        if (parse(&options, &error, bad[i]))
            fail_msg("accepted: %s", bad[i]);
        assert_true(error.text[0] != '\0');
        options_done(&options);
    }
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_config_file(void **state) {
    (void)state;
    char path[] = "/tmp/pitwall-config-XXXXXX";
    close(mkstemp(path));
    write_file(path,
               "{ // mine\n \"endpoints\": [\n  {\"name\": \"a\", \"url\": \"http://127.0.0.1:1\","
               " \"extra_body\": {\"top_k\": 1}, \"key_env\": \"A_KEY\",},\n"
               "  {\"name\": \"b\", \"url\": \"http://127.0.0.1:2\", \"baseline\": \"a\"}],\n"
               " \"defaults\": {\"passes\": 7, \"suite\": [\"agentic\", \"burst\"]},\n"
               " \"theme\": \"light\" }\n");
    struct options options;
    struct error error = {0};
    struct buf errors;
    buf_init(&errors, 4096);
    options_init(&options);
    assert_true(config_read(&options, path, true, &errors));
    assert_int_equal(options.configured_count, 2);
    assert_string_equal(options.configured[0].extra_body, "{\"top_k\":1}");
    assert_string_equal(options.configured[1].baseline, "a");
    assert_int_equal(options.passes, 7);
    assert_true(options.suites[SUITE_BURST]);
    char program[] = "pitwall", option[] = "-e", name[] = "b";
    char *argv[] = {program, option, name, NULL};
    assert_true(options_parse(&options, 3, argv, &error));
    assert_true(options_settle(&options, &error));
    assert_int_equal(options.endpoint_count, 1);
    assert_string_equal(options.endpoints[0].url, "http://127.0.0.1:2");
    options_done(&options);
    buf_done(&errors);
    unlink(path);
}

static void test_config_tells_all_errors(void **state) {
    (void)state;
    char path[] = "/tmp/pitwall-config-XXXXXX";
    close(mkstemp(path));
    write_file(path,
               "{\n \"endpoints\": [\n  {\"name\": \"a\",\n   \"uri\": \"http://127.0.0.1:1\"}],\n"
               " \"defaults\": {\n  \"pases\": 7,\n  \"burst\": \"0\"},\n \"colour\": 1\n}\n");
    struct options options;
    struct buf errors;
    buf_init(&errors, 4096);
    options_init(&options);
    assert_false(config_read(&options, path, true, &errors));
    const char *text = buf_string(&errors);
    assert_non_null(strstr(text, ":4:"));
    assert_non_null(strstr(text, "did you mean 'url'?"));
    assert_non_null(strstr(text, ":6:"));
    assert_non_null(strstr(text, "--passes"));
    assert_non_null(strstr(text, ":7:"));
    assert_non_null(strstr(text, ":8:"));
    options_done(&options);
    buf_done(&errors);
    unlink(path);
}

static int port_of(enum engine_id engine) {
    return engine == ENGINE_OPENAI ? 0 : 8000 + (int)engine;
}

/* Takes the // away where it stands before a value, not before prose. */
static void take_values_in(char *text) {
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += strspn(line, "\n ");
        const char *value = line + 2 + strspn(line + 2, " ");
        if (strncmp(line, "//", 2) == 0 && strchr("\"{}", *value))
            line[0] = line[1] = ' ';
    }
}

static void read_default_config(struct options *options, bool values) {
    char path[] = "/tmp/pitwall-config-XXXXXX";
    struct buf text, errors;
    buf_init(&text, 1 << 16);
    buf_init(&errors, 4096);
    close(mkstemp(path));
    config_default(&text, port_of);
    if (values)
        take_values_in(text.data);
    write_file(path, buf_string(&text));
    options_init(options);
    if (!config_read(options, path, true, &errors))
        fail_msg("%s", buf_string(&errors));
    buf_done(&text);
    buf_done(&errors);
    unlink(path);
}

static void test_default_config_changes_nothing(void **state) {
    (void)state;
    struct options options;
    read_default_config(&options, false);
    assert_int_equal(options.configured_count, 0);
    assert_string_equal(options.theme, "default");
    options_done(&options);
}

/* Every value of it is one that is taken; what it calls a default is one. */
static void test_default_config_has_every_key(void **state) {
    (void)state;
    struct options options, plain;
    size_t count;
    const struct option_row *rows = option_rows(&count);
    read_default_config(&options, true);
    options_init(&plain);
    for (size_t i = 0; i < count; i++) {
        bool left_out = !strcmp(rows[i].name, "endpoint") || !strcmp(rows[i].name, "config") ||
                        !strcmp(rows[i].name, "help") || !strcmp(rows[i].name, "version") ||
                        !strcmp(rows[i].name, "default-config") || !strcmp(rows[i].name, "resume");
        if (options.given[i] == left_out)
            fail_msg("%s", rows[i].name);
    }
    assert_int_equal(options.passes, plain.passes);
    assert_int_equal(options.tick, plain.tick);
    assert_memory_equal(options.burst, plain.burst, sizeof plain.burst);
    assert_true(options.pause_s == plain.pause_s && options.timeout_s == plain.timeout_s);
    assert_true(options.workload == plain.workload && options.order == plain.order);
    assert_true(options.speed == plain.speed && options.port == plain.port);
    assert_string_equal(options.salt, "random"); /* what a run without one has */
    assert_true(options.suites[SUITE_AGENTIC] && !options.suites[SUITE_BURST]);
    assert_int_equal(options.configured_count, ENGINE_COUNT - 1 + 1);
    const struct endpoint *every = &options.configured[ENGINE_COUNT - 1];
    assert_string_equal(every->name, "mine");
    assert_string_equal(every->key_variable, "MY_API_KEY");
    assert_non_null(every->notes);
    assert_int_equal(options.configured[ENGINE_OLLAMA].engine, ENGINE_OLLAMA);
    options_done(&plain);
    options_done(&options);
}

static void test_secrets_stay_out_of_the_log(void **state) {
    (void)state;
    struct options options;
    struct error error;
    struct buf out;
    assert_true(parse(&options, &error,
                      "--extra-body {\"api_key\":\"sk-1\",\"a\":{\"Auth\":\"sk-2\",\"top_k\":3},"
                      "\"max_tokens\":4}"));
    buf_init(&out, 1 << 16);
    options_resolved(&options, &out);
    assert_null(strstr(buf_string(&out), "sk-"));
    assert_non_null(
        strstr(buf_string(&out), "\"extra_body\":{\"a\":{\"top_k\":3},\"max_tokens\":4}"));
    struct cJSON *tree = json_parse(buf_string(&out), out.length, &error);
    assert_non_null(tree);
    json_free(tree);
    buf_done(&out);
    options_done(&options);
}

/* The header of a run of `line`, as it would be in its log; the caller calls run_done. */
static struct run header_of(const char *line) {
    struct options options;
    struct error error = {0};
    struct run run;
    struct buf out;
    assert_true(parse(&options, &error, line));
    assert_true(options_settle(&options, &error));
    run_init(&run);
    buf_init(&out, 1 << 16);
    options_resolved(&options, &out);
    run.options = buf_take(&out);
    run.id = mem_string("old");
    run.seed = 77;
    run.salt = mem_string("none");
    run.passes = options.passes;
    run.plans = mem_zero(1, sizeof *run.plans);
    run.plan_count = 1;
    run.plans[0].suite = SUITE_BURST;
    run.endpoint_count = options.endpoint_count;
    run.endpoints = mem_zero(run.endpoint_count, sizeof *run.endpoints);
    for (size_t i = 0; i < run.endpoint_count; i++) {
        const struct endpoint *from = &options.endpoints[i];
        endpoint_init(&run.endpoints[i]);
        run.endpoints[i].ep = (int)i;
        run.endpoints[i].name = mem_string(from->name);
        run.endpoints[i].url = mem_string(from->url);
        run.endpoints[i].engine = from->engine;
    }
    options_done(&options);
    return run;
}

/* Restores `was` under today's `line`; the text of the error, "" when all went well. */
static const char *restored(struct options *options, const char *was, const char *line) {
    static struct error error;
    error = (struct error){0};
    struct run run = header_of(was);
    assert_true(parse(options, &error, line));
    assert_true(options_settle(options, &error));
    bool ok = options_restore(options, &run, &error);
    assert_int_equal(ok, error.text[0] == '\0');
    run_done(&run);
    return error.text;
}

static void test_restore(void **state) {
    (void)state;
    struct options options;
    assert_string_equal(
        restored(&options,
                 "run -e a=http://127.0.0.1:1,key_env=MY_KEY,engine=ollama,extra_body={\"k\":1} "
                 "-e b=http://127.0.0.1:2 -n 5 --burst 8,16 --tick 70 --max-tokens 44 "
                 "--workload deep --thinking on --order blocked --timeout 7.5 --pause 0 "
                 "--extra-body {\"top_k\":3} --no-stream --suite-file f.json",
                 "run --resume x"),
        "");
    assert_int_equal(options.passes, 5);
    assert_int_equal(options.burst_count, 2);
    assert_int_equal(options.burst[1], 16);
    assert_int_equal(options.tick, 70);
    assert_int_equal(options.max_tokens, 44);
    assert_int_equal(options.workload, WORKLOAD_DEEP);
    assert_true(options.thinking_set && options.thinking == THINKING_ON);
    assert_int_equal(options.order, ORDER_BLOCKED);
    assert_true(options.timeout_s == 7.5 && options.pause_s == 0);
    assert_string_equal(options.extra_body, "{\"top_k\":3}");
    assert_true(options.no_stream);
    assert_string_equal(options.suite_file, "f.json");
    assert_true(options.suites[SUITE_BURST] && !options.suites[SUITE_AGENTIC]);
    assert_true(options.seed_set && options.seed == 77);
    assert_string_equal(options.salt, "none");
    assert_int_equal(options.endpoint_count, 2);
    assert_string_equal(options.endpoints[0].key_variable, "MY_KEY");
    assert_string_equal(options.endpoints[0].extra_body, "{\"k\":1}");
    assert_true(options.endpoints[0].engine_set);
    assert_null(options.endpoints[1].key_variable);
    options_done(&options);
}

static void test_restore_round_trip(void **state) {
    (void)state;
    const char *was = "run -e a=http://127.0.0.1:1,key_env=K --quick --max-tokens 20";
    struct options options;
    struct run run = header_of(was);
    struct buf again;
    buf_init(&again, 1 << 16);
    assert_string_equal(restored(&options, was, "run --resume x"), "");
    options_resolved(&options, &again); /* so a resumed run can be resumed */
    assert_string_equal(buf_string(&again), run.options);
    buf_done(&again);
    run_done(&run);
    options_done(&options);
}

static void restore_fails(const char *was, const char *line, const char *says) {
    struct options options;
    const char *error = restored(&options, was, line);
    if (!strstr(error, says))
        fail_msg("'%s' does not say '%s'", error, says);
    options_done(&options);
}

static void test_restore_what_no_log_keeps(void **state) {
    (void)state;
    struct options options;
    const char *was = "run -e a=http://127.0.0.1:1,restart=./again,extra_body={\"token\":\"x7\"}";
    struct run run = header_of(was);
    assert_null(strstr(run.options, "./again"));
    assert_null(strstr(run.options, "x7"));
    run_done(&run);
    restore_fails(was, "run --resume x", "'a' had its restart in that run");
    restore_fails(was, "run --resume x -e a=http://127.0.0.1:1,restart=./again", "its extra_body");
    restore_fails(was, "run --resume x -e z=http://127.0.0.1:1", "no endpoint 'z'");
    assert_string_equal(
        restored(&options, was,
                 "run --resume x -e a=http://127.0.0.1:5,restart=./again,extra_body={\"token\":1}"),
        "");
    assert_string_equal(options.endpoints[0].restart, "./again");
    assert_string_equal(options.endpoints[0].url, "http://127.0.0.1:5"); /* it has moved */
    options_done(&options);
    restore_fails("run -e a=http://h --extra-body {\"api_key\":\"s\"}", "run --resume x",
                  "--extra-body of that run");
    restore_fails("run -e a=http://h", "run --resume x --extra-body {\"k\":1}", "is fixed");
    const char *far = "run -e a=http://far.example:1,key_env=K"; /* anybody's log may say so */
    restore_fails(far, "run --resume x", "would send the key in $K to http://far.example:1");
    restore_fails(far, "run --resume x -e a=http://other.example", "would send the key");
    assert_string_equal(restored(&options, far, "run --resume x -e a=http://far.example,key_env=K"),
                        "");
    options_done(&options);
    restore_fails("demo", "run --resume x", "pitwall demo");
    restore_fails("solo -e a=http://h", "run --resume x", "pitwall solo");
}

static void test_restore_hostile_header(void **state) {
    (void)state;
    static const char *const headers[] = {
        NULL,
        "[]",
        "{\"command\":7}",
        "{\"command\":\"run\",\"passes\":1e9}",
        "{\"command\":\"run\",\"burst\":[8,1e300]}",
        "{\"command\":\"run\",\"burst\":[{}]}",
        "{\"command\":\"run\",\"order\":\"upside\"}",
        "{\"command\":\"run\",\"endpoints\":[{\"name\":\"a\",\"key_env\":\"a b\"}]}",
    };
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        struct options options;
        struct error error = {0};
        struct run run = header_of("run -e a=http://127.0.0.1:1");
        free(run.options);
        run.options = mem_string(headers[i]);
        assert_true(parse(&options, &error, "run --resume x"));
        assert_false(options_restore(&options, &run, &error));
        assert_true(error.text[0]);
        run_done(&run);
        options_done(&options);
    }
}

static void test_resume_fixes_the_rest(void **state) {
    (void)state;
    struct options options;
    struct error error = {0};
    assert_true(parse(&options, &error, "run --resume x --passes 5"));
    assert_false(options_settle(&options, &error));
    assert_non_null(strstr(error.text, "--passes is fixed"));
    options_done(&options);
    assert_true(parse(&options, &error, "demo --resume x"));
    assert_false(options_settle(&options, &error));
    options_done(&options);
    options_init(&options); /* of the config file: a default, not a wish */
    assert_true(options_set(&options, "passes", "5", &error));
    assert_true(options_set(&options, "resume", "x", &error));
    assert_true(options_settle(&options, &error));
    options_done(&options);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_quick_gives_way_to_what_is_given),
        cmocka_unit_test(test_command_and_operands),
        cmocka_unit_test(test_options_of_other_commands),
        cmocka_unit_test(test_bare_url_is_an_endpoint),
        cmocka_unit_test(test_endpoint_text),
        cmocka_unit_test(test_bad_endpoints),
        cmocka_unit_test(test_values_out_of_range),
        cmocka_unit_test(test_config_file),
        cmocka_unit_test(test_config_tells_all_errors),
        cmocka_unit_test(test_default_config_changes_nothing),
        cmocka_unit_test(test_default_config_has_every_key),
        cmocka_unit_test(test_secrets_stay_out_of_the_log),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_round_trip),
        cmocka_unit_test(test_restore_what_no_log_keeps),
        cmocka_unit_test(test_restore_hostile_header),
        cmocka_unit_test(test_resume_fixes_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
