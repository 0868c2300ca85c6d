/* The directory of results: where it is, that it can be written, and how a name finds a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <errno.h>

#include "store/results.h"
#include "store_files.h"

static void test_directory(void **state) {
    (void)state;
    static const struct {
        const char *option, *env, *xdg, *home, *expected;
    } cases[] = {
        {"here", "/env", "/xdg", "/home/a", "here"},
        {"here///", "/env", "/xdg", "/home/a", "here"},
        {"/", "/env", "/xdg", "/home/a", "/"},
        {NULL, "/env/", "/xdg", "/home/a", "/env"},
        {"", "/env", "/xdg", "/home/a", "/env"},
        {NULL, NULL, "/xdg", "/home/a", "/xdg/pitwall/results"},
        {NULL, "", "/xdg", "/home/a", "/xdg/pitwall/results"},
        {NULL, NULL, "relative", "/home/a", "/home/a/.local/share/pitwall/results"},
        {NULL, NULL, NULL, "/home/a", "/home/a/.local/share/pitwall/results"},
        {NULL, NULL, NULL, NULL, "pitwall-results"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *path = results_directory(cases[i].option, cases[i].env, cases[i].xdg, cases[i].home);
        assert_string_equal(path, cases[i].expected);
        free(path);
    }
}

static size_t entries(const char *path) {
    size_t count = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void test_prepare(void **state) {
    (void)state;
    char *directory = directory_new();
    char *deep = mem_format("%s/a//b/c", directory);
    struct error error = {0};
    struct stat info;
    mode_t mask = umask(022);
    assert_true(results_prepare(deep, &error));
    umask(mask);
    assert_int_equal(stat(deep, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0755);
    assert_int_equal(entries(deep), 0); /* nothing is left of the trial */
    assert_true(results_prepare(deep, &error));

    char *file = mem_format("%s/file", directory);
    char *below = mem_format("%s/file/below", directory);
    write_file(file, "x", 1);
    assert_false(results_prepare(file, &error));
    assert_non_null(strstr(error.text, "file"));
    assert_true(error.hint[0]);
    error = (struct error){0};
    assert_false(results_prepare(below, &error));
    assert_non_null(strstr(error.text, file));
    if (geteuid() != 0) { /* root may write everywhere */
        assert_int_equal(chmod(deep, 0555), 0);
        error = (struct error){0};
        assert_false(results_prepare(deep, &error));
        assert_non_null(strstr(error.text, strerror(EACCES)));
        assert_non_null(strstr(error.hint, "--results"));
        assert_int_equal(chmod(deep, 0755), 0);
    }
    free(below);
    free(file);
    free(deep);
    directory_done(directory);
}

static void touch(const char *directory, const char *name) {
    char *path = mem_format("%s/%s", directory, name);
    write_file(path, "x", 1);
    free(path);
}

/* What `name` finds, without the directory; "!…" is the error. */
static void finds(const char *directory, const char *name, const char *expected) {
    struct error error = {0};
    char *path = results_find(directory, name, &error);
    if (expected[0] == '!') {
        assert_null(path);
        if (!strstr(error.text, expected + 1))
            fail_msg("'%s' does not say '%s'", error.text, expected + 1);
        return;
    }
    if (!path)
        fail_msg("%s: %s", name, error.text);
    char *full =
        expected[0] == '/' ? mem_string(expected) : mem_format("%s/%s", directory, expected);
    assert_string_equal(path, full);
    free(full);
    free(path);
}

static void test_find(void **state) {
    (void)state;
    char *directory = directory_new();
    finds(directory, "latest", "!there are no runs");
    finds(directory, "x", "!there are no runs");
    finds("/nonexistent/results", "latest", "!there are no runs");
    touch(directory, "20261119T100000Z-demo-1111.jsonl");
    touch(directory, "20261120T100000Z-bench-2222.jsonl");
    touch(directory, "20261121T100000Z-demo-3333.jsonl");
    touch(directory, "zebra.jsonl"); /* named by a person: never the latest */
    touch(directory, ".20991231T000000Z-hidden-0000.jsonl");
    touch(directory, "20991231T000000Z-other-0000.txt");
    char *inner = mem_format("%s/20991231T000000Z-dir-0000.jsonl", directory);
    assert_int_equal(mkdir(inner, 0755), 0);
    finds(directory, "latest", "20261121T100000Z-demo-3333.jsonl");
    finds(directory, "bench", "20261120T100000Z-bench-2222.jsonl");
    finds(directory, "1111", "20261119T100000Z-demo-1111.jsonl");
    finds(directory, "20261120", "20261120T100000Z-bench-2222.jsonl");
    finds(directory, "zebra", "zebra.jsonl");
    finds(directory, "demo",
          "!'demo' could be 2 runs: 20261121T100000Z-demo-3333, 20261119T100000Z-demo-1111");
    finds(directory, "nothing", "!no run 'nothing'");
    finds(directory, "", "!empty");
    finds(directory, "no/such/file", "!no/such/file: ");
    finds(directory, inner, "!directory");
    touch(directory, "20261120T100000Z-bench-2222-again.jsonl"); /* an exact name wins */
    finds(directory, "20261120T100000Z-bench-2222", "20261120T100000Z-bench-2222.jsonl");
    finds(directory, "bench", "!could be 2 runs");
    char *path = mem_format("%s/zebra.jsonl", directory);
    finds("/nonexistent/results", path, path);
    free(path);
    free(inner);
    directory_done(directory);
}

static void test_many_candidates(void **state) {
    (void)state;
    char *directory = directory_new();
    struct error error = {0};
    char long_slug[120];
    memset(long_slug, 'x', sizeof long_slug - 1);
    long_slug[sizeof long_slug - 1] = '\0';
    for (int i = 0; i < 7; i++) {
        char *name = mem_format("2026112%dT100000Z-%s-%04x.jsonl", i, i < 5 ? "a" : long_slug, i);
        touch(directory, name);
        free(name);
    }
    assert_null(results_find(directory, "T100000Z", &error));
    assert_non_null(strstr(error.text, "could be 7 runs: 20261126T100000Z-"));
    assert_non_null(strstr(error.text, "20261122T100000Z-a-0002"));
    assert_null(strstr(error.text, "20261121T100000Z"));
    assert_non_null(strstr(error.text, "…"));
    directory_done(directory);
}

static void test_list(void **state) {
    (void)state;
    char *directory = directory_new();
    struct result *list;
    size_t count;
    struct error error = {0};
    assert_true(results_list(directory, &list, &count, &error));
    assert_int_equal(count, 0);
    results_free(list, count);
    touch(directory, "20261119T100000Z-a-1111.jsonl");
    touch(directory, "20261121T100000Z-a-1111.jsonl");
    touch(directory, "20261120T100000Z-a-1111.jsonl");
    assert_true(results_list(directory, &list, &count, &error));
    assert_int_equal(count, 3);
    assert_string_equal(list[0].id, "20261121T100000Z-a-1111");
    assert_string_equal(list[2].id, "20261119T100000Z-a-1111");
    assert_int_equal(list[1].bytes, 1);
    results_free(list, count);
    char *file = mem_format("%s/20261120T100000Z-a-1111.jsonl", directory);
    assert_false(results_list(file, &list, &count, &error));
    assert_non_null(strstr(error.text, strerror(ENOTDIR)));
    free(file);
    directory_done(directory);
}

static void test_run_id(void **state) {
    (void)state;
    static const struct {
        const char *slug, *word;
    } cases[] = {
        {"demo", "-demo-"},
        {"My Bench!! 2", "-my-bench-2-"},
        {"../../etc/passwd", "-etc-passwd-"},
        {"ä", "-run-"},
        {"", "-run-"},
        {NULL, "-run-"},
        {"0123456789012345678901234567890123456789", "-01234567890123456789012345678901-"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *id = results_run_id(cases[i].slug), *other = results_run_id(cases[i].slug);
        size_t word = strlen(cases[i].word);
        assert_int_equal(strlen(id), 16 + word + 4);
        assert_memory_equal(id + 16, cases[i].word, word);
        for (int at = 0; at < 16; at++)
            assert_true(at == 8 ? id[at] == 'T' : at == 15 ? id[at] == 'Z' : isdigit(id[at]));
        for (const char *at = id + 16 + word; *at; at++)
            assert_true(isxdigit(*at) && !isupper(*at));
        free(other);
        free(id);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directory), cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_find),      cmocka_unit_test(test_many_candidates),
        cmocka_unit_test(test_list),      cmocka_unit_test(test_run_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
