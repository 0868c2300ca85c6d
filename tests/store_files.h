/* store_files: a directory of its own and small logs for the tests of core/store. Included after
 * cmocka.h. */
#ifndef TESTS_STORE_FILES_H
#define TESTS_STORE_FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/log.h"

#define UNUSED __attribute__((unused))

/* A fresh directory. Caller frees with directory_done. */
static UNUSED char *directory_new(void) {
    const char *base = getenv("TMPDIR");
    char *path = mem_format("%s/pitwall-test-XXXXXX", base && base[0] ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

static UNUSED void directory_remove(const char *path) {
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inner = mem_format("%s/%s", path, entry->d_name);
        struct stat info;
        if (lstat(inner, &info) == 0 && S_ISDIR(info.st_mode))
            directory_remove(inner);
        else
            unlink(inner);
        free(inner);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

static UNUSED void directory_done(char *path) {
    directory_remove(path);
    free(path);
}

static UNUSED void write_file(const char *path, const char *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static UNUSED void append_file(const char *path, const char *bytes, size_t length) {
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* The whole file. Caller frees. */
static UNUSED char *read_whole(const char *path) {
    struct buf buf;
    buf_init(&buf, (size_t)1 << 30);
    assert_true(buf_read_file(&buf, path, NULL));
    return buf_take(&buf);
}

/* A run of `endpoints` simulated endpoints named one, two, … with the phases cold and warm. */
static UNUSED void small_run(struct run *run, const char *id, size_t endpoints) {
    static const char *const names[] = {"one", "two", "three", "four"};
    run_init(run);
    run->version = mem_string("0.1.0");
    run->id = mem_string(id);
    run->started = mem_string("2026-11-20T18:02:11Z");
    run->salt = mem_string("none");
    run->passes = 1;
    run->endpoints = mem_zero(endpoints, sizeof *run->endpoints);
    run->endpoint_count = endpoints;
    for (size_t i = 0; i < endpoints; i++) {
        endpoint_init(&run->endpoints[i]);
        run->endpoints[i].ep = (int)i;
        run->endpoints[i].name = mem_string(names[i]);
        run->endpoints[i].lane = mem_string("here");
        run->endpoints[i].simulated = true;
    }
    run->plans = mem_zero(1, sizeof *run->plans);
    run->plan_count = 1;
    run->plans[0].suite = SUITE_AGENTIC;
    run->plans[0].phases = mem_zero(2, sizeof *run->plans[0].phases);
    run->plans[0].phase_count = 2;
    copy_text(run->plans[0].phases[0], PHASE_MAX, "cold");
    copy_text(run->plans[0].phases[1], PHASE_MAX, "warm");
}

/* Create DIR/<id>.jsonl with the header of small_run. */
static UNUSED struct log_writer *small_log(const char *directory, const char *id,
                                           size_t endpoints) {
    struct run run;
    struct error error = {0};
    small_run(&run, id, endpoints);
    struct log_writer *log = log_create(directory, &run, &error);
    if (!log)
        fail_msg("%s", error.text);
    run_done(&run);
    return log;
}

static UNUSED void append_note(struct log_writer *log, int64_t t, enum note_level level,
                               const char *text) {
    struct event *event = event_note_new(t, level, -1, "%s", text);
    assert_true(log_append(log, event, NULL));
    event_free(event);
}

#endif
