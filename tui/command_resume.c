/* pitwall run --resume RUN: what an interrupted run still lacks, into a new log that goes on where
 * the old one ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "endpoints.h"
#include "engines/discover.h"
#include "store/fold.h"
#include "store/log.h"
#include "store/results.h"
#include "store/summary.h"
#include "suites/resume.h"

/* Nobody went on with it yet. */
static bool is_last(const char *directory, const char *id, struct error *error) {
    struct result *list;
    size_t count;
    if (!results_list(directory, &list, &count, error))
        return false;
    struct summary *summaries = summaries_read(list, count);
    const struct summary *next = summary_successor(summaries, count, id);
    if (next) {
        error_set(error, "%s was resumed already, by %s", id, next->run.id);
        error_hint(error, "resume that one: pitwall run --resume %s", next->run.id);
    }
    bool last = !next;
    summaries_free(summaries, count);
    results_free(list, count);
    return last;
}

/* Nobody writes it, and a log beside it can name it. */
static bool may_go_on(const char *directory, const char *path, const char *id,
                      struct error *error) {
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t length = strlen(id);
    if (strncmp(name, id, length) != 0 || strcmp(name + length, ".jsonl") != 0) {
        error_set(error, "%s holds the run %s", path, id);
        return error_hint(error, "call it %s.jsonl again: it is found by that name", id);
    }
    if (log_is_open(path)) {
        error_set(error, "%s is running", id);
        return error_hint(error, "stop it first; what it has measured by then is kept");
    }
    return is_last(directory, id, error);
}

/* The whole run as it was saved; NULL and `error`. What follows is written beside it. */
static struct board *read_run(const struct context *context, struct error *error) {
    struct options *options = context->options;
    char *directory = results_of(context);
    char *path = results_find(directory, options->resume, error);
    struct board *board = path ? fold_log(path, error) : NULL;
    if (board) {
        const char *slash = strrchr(path, '/');
        free(options->results);
        options->results = slash ? mem_bytes(path, (size_t)(slash - path) + 1) : mem_string("./");
    }
    if (board && !may_go_on(options->results, path, board->run.id, error)) {
        board_free(board);
        board = NULL;
    }
    free(path);
    free(directory);
    return board;
}

/* The header said what the engines were; the log must say what they are now. */
static void take_versions(struct options *options, const struct finding *findings) {
    for (size_t i = 0; i < options->endpoint_count; i++) {
        struct endpoint *endpoint = &options->endpoints[i];
        if (!findings[i].version)
            continue;
        free(endpoint->engine_version);
        endpoint->engine_version = mem_string(findings[i].version);
    }
}

static int go_on(const struct context *context, const struct resume *resume) {
    struct context with = *context;
    struct finding *findings;
    with.resume = resume;
    if (!endpoints_find(&with, &findings))
        return EXIT_NO_ENDPOINT;
    take_versions(with.options, findings);
    endpoints_forget(findings, with.options->endpoint_count);
    fprintf(stderr, "pitwall: resumes %s: %zu of %zu passes are to be measured\n", resume->run.id,
            resume->wanted, resume->units);
    return with_app(&with, run_live);
}

int command_resume(const struct context *context) {
    struct error error = {0};
    struct resume resume;
    struct board *board = read_run(context, &error);
    bool ready = board && resume_init(&resume, board, &error);
    if (board)
        board_free(board);
    if (!ready)
        return complain(&error, EXIT_USAGE);
    int code = options_restore(context->options, &resume.run, &error)
                   ? go_on(context, &resume)
                   : complain(&error, EXIT_USAGE);
    resume_done(&resume);
    return code;
}
