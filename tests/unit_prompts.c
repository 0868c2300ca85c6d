/* prompts: sizes, determinism, no repetition, questions whose answers are right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/stats.h"
#include "suites/prompts.h"

static const char salt[] = "session 0123456789abcdef";

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void assert_size(const char *text, size_t size) {
    size_t length = strlen(text);
    if (length < size * 98 / 100 || length > size * 102 / 100)
        fail_msg("%zu characters, wanted %zu", length, size);
    for (const char *c = text; *c; c++)
        assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
    assert_null(strchr(text, '{'));
    assert_null(strchr(text, '}'));
    assert_null(strstr(text, "  "));
}

/* Sentences and lines: cut at ". ", at "? " and at line ends. */
static void assert_segments_differ(const char *text) {
    char *copy = mem_string(text);
    size_t count = 0, capacity = 0;
    char **segments = NULL;
    for (char *at = copy; *at;) {
        size_t length = strcspn(at, "\n");
        for (size_t i = 0; i + 1 < length; i++)
            if (strchr(".?!", at[i]) && at[i + 1] == ' ')
                length = i + 1;
        bool last = at[length] == '\0';
        at[length] = '\0';
        if (length > 4) {
            segments = mem_grow(segments, count, &capacity, sizeof *segments);
            segments[count++] = at;
        }
        if (last)
            break;
        at += length + 1;
    }
    assert_true(count > 4);
    qsort(segments, count, sizeof *segments, by_text);
    for (size_t i = 1; i < count; i++)
        if (strcmp(segments[i - 1], segments[i]) == 0)
            fail_msg("twice: %s", segments[i]);
    free(segments);
    free(copy);
}

/* Share of 8-grams of words that occurred before. */
static double repetition(const char *text) {
    char *copy = mem_string(text), *save = NULL;
    size_t count = 0, capacity = 0, hashes = 0;
    uint64_t *words = NULL;
    for (char *w = strtok_r(copy, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
        words = mem_grow(words, count, &capacity, sizeof *words);
        words[count++] = stats_hash(1, w);
    }
    assert_true(count > 8);
    for (size_t i = 0; i + 8 <= count; i++) {
        uint64_t hash = 0;
        for (size_t k = 0; k < 8; k++)
            hash = hash * UINT64_C(1099511628211) + words[i + k];
        words[hashes++] = hash;
    }
    qsort(words, hashes, sizeof *words, by_number);
    size_t repeated = 0;
    for (size_t i = 1; i < hashes; i++)
        repeated += words[i] == words[i - 1];
    free(words);
    free(copy);
    return (double)repeated / (double)hashes;
}

static void check_text(char *text, char *again, size_t size, double most) {
    assert_size(text, size);
    assert_string_equal(text, again);
    assert_segments_differ(text);
    double share = repetition(text);
    if (share > most)
        fail_msg("%.4f of the 8-grams repeat", share);
    free(text);
    free(again);
}

static void test_system(void **state) {
    (void)state;
    static const size_t size[] = {7000, 31500};
    for (int w = 0; w < WORKLOAD_COUNT; w++)
        for (char which = 'A'; which <= 'E'; which++) {
            char *text = prompt_system((enum workload)w, which, salt);
            assert_int_equal(strncmp(text, salt, SALT_CHARS), 0);
            check_text(text, prompt_system((enum workload)w, which, salt), size[w], 0.02);
        }
}

static void test_systems_differ_only_where_they_should(void **state) {
    (void)state;
    char *a = prompt_system(WORKLOAD_ORCHESTRATOR, 'A', salt);
    char *b = prompt_system(WORKLOAD_ORCHESTRATOR, 'B', salt);
    char *other = prompt_system(WORKLOAD_ORCHESTRATOR, 'A', "session fedcba9876543210");
    assert_string_not_equal(a + SALT_CHARS, b + SALT_CHARS);
    assert_string_equal(a + SALT_CHARS, other + SALT_CHARS);
    assert_string_not_equal(a, other);
    free(a);
    free(b);
    free(other);
}

static void test_user(void **state) {
    (void)state;
    static const size_t size[] = {800, 8000};
    for (int w = 0; w < WORKLOAD_COUNT; w++)
        for (uint64_t seed = 1; seed < 40; seed += w ? 13 : 1)
            for (char which = 'W'; which <= 'Z'; which++)
                check_text(prompt_user((enum workload)w, which, seed),
                           prompt_user((enum workload)w, which, seed), size[w], 0.02);
    char *x = prompt_user(WORKLOAD_ORCHESTRATOR, 'X', 7);
    char *y = prompt_user(WORKLOAD_ORCHESTRATOR, 'Y', 7);
    assert_string_not_equal(x, y);
    assert_non_null(strstr(x, "number"));
    free(x);
    free(y);
}

static void test_long(void **state) {
    (void)state;
    check_text(prompt_long(3), prompt_long(3), 265000, 0.02);
    char *one = prompt_long(3), *two = prompt_long(4);
    assert_string_not_equal(one, two);
    free(one);
    free(two);
}

/* Truth from elsewhere: read the question as an engine would. */
static void test_questions(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        int64_t answer = 0;
        char *text = prompt_question(11, i, &answer);
        const char *what = strstr(text, "What is ");
        assert_non_null(what);
        long a, b;
        char sign, end;
        assert_int_equal(sscanf(what, "What is %ld %c %ld%c", &a, &sign, &b, &end), 4);
        assert_int_equal(end, '?');
        assert_int_equal(answer, sign == '+' ? a + b : sign == '-' ? a - b : a * b);
        assert_true(answer > 0);
        assert_non_null(strstr(text, "at least 150 tokens"));
        assert_non_null(strstr(text, "last line"));
        free(text);
    }
    int64_t first, second;
    char *one = prompt_question(11, 5, &first), *two = prompt_question(11, 5, &second);
    assert_string_equal(one, two);
    assert_int_equal(first, second);
    free(one);
    free(two);
}

static void test_salt(void **state) {
    (void)state;
    char *a = prompt_salt("random", "run-1", 0, 0, SUITE_AGENTIC, 0);
    char *others[] = {
        prompt_salt("random", "run-2", 0, 0, SUITE_AGENTIC, 0),
        prompt_salt("random", "run-1", 1, 0, SUITE_AGENTIC, 0),
        prompt_salt("random", "run-1", 0, 1, SUITE_AGENTIC, 0),
        prompt_salt("random", "run-1", 0, 0, SUITE_BURST, 0),
        prompt_salt("random", "run-1", 0, 0, SUITE_AGENTIC, 1),
        prompt_salt("none", "run-1", 0, 0, SUITE_AGENTIC, 0),
        prompt_salt("mine", "run-1", 0, 0, SUITE_AGENTIC, 0),
    };
    assert_int_equal(strlen(a), SALT_CHARS);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_int_equal(strlen(others[i]), SALT_CHARS);
        assert_string_not_equal(a, others[i]);
        free(others[i]);
    }
    free(a);
    char *none = prompt_salt("none", "run-1", 0, 0, SUITE_AGENTIC, 0);
    char *also = prompt_salt("none", "run-9", 3, 2, SUITE_AGENTIC, 2);
    assert_string_equal(none, also);
    free(none);
    free(also);
    char *mine = prompt_salt("mine", "run-1", 1, 2, SUITE_AGENTIC, 0);
    char *later = prompt_salt("mine", "run-2", 1, 2, SUITE_AGENTIC, 0);
    assert_string_equal(mine, later);
    free(mine);
    free(later);
}

static void test_warmup(void **state) {
    (void)state;
    char *text = prompt_warmup();
    assert_true(strlen(text) > 60);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system),
        cmocka_unit_test(test_systems_differ_only_where_they_should),
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_salt),
        cmocka_unit_test(test_warmup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
