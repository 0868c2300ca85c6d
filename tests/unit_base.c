/* util, clock, embed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/util.h"

static void error_is_filled_and_false(void **state) {
    (void)state;
    struct error error;
    memset(&error, 'x', sizeof error);
    assert_false(error_set(&error, "%s: %d", "port", 80));
    assert_string_equal(error.text, "port: 80");
    assert_string_equal(error.hint, "");
    assert_false(error_hint(&error, "try %d", 81));
    assert_string_equal(error.hint, "try 81");
    assert_string_equal(error.text, "port: 80");
    assert_false(error_set(NULL, "nobody listens"));
    assert_false(error_hint(NULL, "nobody listens"));
    char longer[2000];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    error_set(&error, "%s", longer);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void memory_is_never_null(void **state) {
    (void)state;
    void *nothing = mem_alloc(0), *none = mem_zero(0, 8);
    assert_non_null(nothing);
    assert_non_null(none);
    none = mem_resize(none, 0, 8);
    assert_non_null(none);
    free(nothing);
    free(none);
    assert_null(mem_string(NULL));
    char *text = mem_string("abc"), *bytes = mem_bytes("a\0b", 3), *empty = mem_bytes(NULL, 0);
    assert_string_equal(text, "abc");
    assert_memory_equal(bytes, "a\0b", 4);
    assert_string_equal(empty, "");
    free(text);
    free(bytes);
    free(empty);
    char *long_one = mem_format("%0500d|%s", 7, "end");
    assert_int_equal(strlen(long_one), 504);
    assert_string_equal(long_one + 500, "|end");
    free(long_one);
}

static void memory_grows_by_doubling(void **state) {
    (void)state;
    int *items = NULL;
    size_t capacity = 0;
    for (size_t count = 0; count < 1000; count++) {
        items = mem_grow(items, count, &capacity, sizeof *items);
        assert_true(capacity > count);
        items[count] = (int)count;
    }
    assert_true(capacity <= 2048);
    assert_int_equal(items[777], 777);
    free(items);
}

static void copies_are_cut_at_whole_letters(void **state) {
    (void)state;
    char small[6];
    assert_true(copy_text(small, sizeof small, "12345"));
    assert_string_equal(small, "12345");
    assert_false(copy_text(small, sizeof small, "123456"));
    assert_string_equal(small, "12345");
    assert_false(copy_text(small, sizeof small, "1234é"));
    assert_string_equal(small, "1234");
    assert_false(copy_text(small, 1, "x"));
    assert_string_equal(small, "");
    assert_true(copy_text(small, sizeof small, ""));
}

static void says_hook(void) {
    fputs("hook ", stderr);
}

/* Run `doomed` in a child: its stderr, and the signal that ended it. */
static int end_of(void (*doomed)(void), char *said, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        doomed();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], said + length, size - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void die_plainly(void) {
    signal(SIGABRT, SIG_DFL);
    die_hook(says_hook);
    die("no %s", "luck");
}

static void overflow(void) {
    signal(SIGABRT, SIG_DFL);
    free(mem_resize(NULL, SIZE_MAX / 2, 4));
}

static void death_restores_the_terminal_first(void **state) {
    (void)state;
    char said[4096];
    assert_int_equal(end_of(die_plainly, said, sizeof said), SIGABRT);
    assert_string_equal(said, "hook pitwall: no luck\n");
    assert_int_equal(end_of(overflow, said, sizeof said), SIGABRT);
    assert_non_null(strstr(said, "no memory"));
}

static void clocks_go_forward(void **state) {
    (void)state;
    int64_t before = clock_ns(), before_us = clock_us();
    struct timespec pause = {.tv_nsec = 3000000};
    nanosleep(&pause, NULL);
    int64_t slept = clock_ns() - before, slept_us = clock_us() - before_us;
    assert_true(slept >= 2900000 && slept < INT64_C(5000000000));
    assert_true(slept_us >= 2900 && slept_us < 5000000);
    int64_t cpu = clock_cpu_us();
    volatile unsigned work = 0;
    while (clock_cpu_us() - cpu < 1000)
        work++;
    assert_true(work > 0);
}

static void wall_times_have_their_form(void **state) {
    (void)state;
    char iso[CLOCK_ISO_SIZE], stamp[CLOCK_ISO_SIZE];
    clock_iso(iso);
    clock_stamp(stamp);
    const char *const forms[] = {"dddd-dd-ddTdd:dd:ddZ", "ddddddddTddddddZ"};
    const char *const got[] = {iso, stamp};
    for (int k = 0; k < 2; k++) {
        assert_int_equal(strlen(got[k]), strlen(forms[k]));
        for (size_t i = 0; forms[k][i]; i++)
            assert_true(forms[k][i] == 'd' ? isdigit((unsigned char)got[k][i])
                                           : forms[k][i] == got[k][i]);
    }
    assert_memory_equal(iso, stamp, 4);
}

static void entropy_differs(void **state) {
    (void)state;
    uint64_t a = clock_entropy(), b = clock_entropy(), c = clock_entropy();
    assert_true(a != b && b != c && a != c);
}

static void embedded_files_are_found(void **state) {
    (void)state;
    static const struct embedded table[] = {{"one", "{}", 2}, {"two", "[]", 2}, {NULL, NULL, 0}};
    assert_ptr_equal(embed_find(table, "two"), &table[1]);
    assert_null(embed_find(table, "tw"));
    assert_null(embed_find(table, ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_is_filled_and_false),
        cmocka_unit_test(memory_is_never_null),
        cmocka_unit_test(memory_grows_by_doubling),
        cmocka_unit_test(copies_are_cut_at_whole_letters),
        cmocka_unit_test(death_restores_the_terminal_first),
        cmocka_unit_test(clocks_go_forward),
        cmocka_unit_test(wall_times_have_their_form),
        cmocka_unit_test(entropy_differs),
        cmocka_unit_test(embedded_files_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
