/* pitwall runs, rm and import: the results directory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "commands_saved.h"
#include "store/import.h"
#include "store/results.h"
#include "store/summary.h"

#define LIST_BYTES ((size_t)64 << 20)

static void put_text(struct buf *out, const char *text) {
    size_t size = strlen(text) * 3 + 1;
    char *visible = mem_alloc(size);
    text_visible(visible, size, text, strlen(text));
    buf_text(out, visible);
    free(visible);
}

static void put_size(struct buf *out, int64_t bytes) {
    if (bytes < 1000 * 1000)
        buf_printf(out, "%6.1f kB", (double)bytes / 1e3);
    else
        buf_printf(out, "%6.1f MB", (double)bytes / 1e6);
}

static void put_line(struct buf *out, const struct result *result, const struct summary *summary) {
    struct buf words;
    buf_init(&words, (size_t)1 << 20);
    buf_printf(&words, "%-42s", result->id);
    put_text(out, buf_string(&words));
    buf_printf(out, "  %-20.20s  %-11s  ",
               summary->readable && summary->run.started ? summary->run.started : "–",
               summary_state(summary));
    put_size(out, result->bytes);
    buf_reset(&words);
    buf_text(&words, "  ");
    summary_suites(summary, &words);
    buf_text(&words, "  ");
    summary_endpoints(summary, &words);
    if (summary->readable && summary->run.resumes)
        buf_printf(&words, "  (resumes %s)", summary->run.resumes);
    put_text(out, buf_string(&words));
    buf_char(out, '\n');
    buf_done(&words);
}

static void put_list(struct buf *out, const struct result *list, size_t count, bool json) {
    struct json_writer writer;
    if (json) {
        json_begin(&writer, out);
        json_open(&writer, NULL, '[');
    }
    for (size_t i = 0; i < count; i++) {
        struct summary summary;
        summary_read(&summary, list[i].path);
        if (json)
            summary_json(&summary, &list[i], &writer);
        else
            put_line(out, &list[i], &summary);
        summary_done(&summary);
    }
    if (json) {
        json_close(&writer, ']');
        json_end(&writer);
        buf_char(out, '\n');
    }
}

int command_runs(const struct context *context) {
    struct error error = {0};
    struct result *list;
    size_t count;
    struct buf out;
    char *directory = results_of(context);
    if (!results_list(directory, &list, &count, &error)) {
        free(directory);
        return complain(&error, EXIT_RESULTS);
    }
    buf_init(&out, LIST_BYTES);
    put_list(&out, list, count, context->options->json);
    if (count == 0 && !context->options->json)
        buf_printf(&out, "no runs in %s\n", directory);
    bool ok = fwrite(buf_string(&out), 1, out.length, stdout) == out.length && fflush(stdout) == 0;
    buf_done(&out);
    results_free(list, count);
    free(directory);
    return ok ? EXIT_OK : EXIT_RESULTS;
}

/* ---- rm ---- */

static bool confirmed(const struct context *context, const char *path) {
    char answer[16];
    if (context->options->yes)
        return true;
    printf("remove %s? [y/N] ", path);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Only logs: a path that is something else was a slip. */
static bool remove_log(const char *path, struct error *error) {
    struct summary summary;
    summary_read(&summary, path);
    bool is_log = summary.readable;
    summary_done(&summary);
    if (!is_log)
        return error_set(error, "%s: not a log of pitwall, left alone", path);
    return unlink(path) == 0 || error_set(error, "%s: can't remove: %s", path, strerror(errno));
}

int command_rm(const struct context *context) {
    const struct options *options = context->options;
    struct error error = {0};
    if (options->operand_count == 0) {
        error_set(&error, "rm needs the name of a run");
        error_hint(&error, "'pitwall runs' lists them");
        return complain(&error, EXIT_USAGE);
    }
    if (!options->yes && !context->environment->input_is_terminal) {
        error_set(&error, "rm asks before it removes, and there is nobody to ask");
        error_hint(&error, "pitwall rm --yes RUN");
        return complain(&error, EXIT_USAGE);
    }
    char *directory = results_of(context);
    char **paths = mem_zero(options->operand_count, sizeof *paths);
    int code = EXIT_OK;
    for (size_t i = 0; i < options->operand_count && code == EXIT_OK; i++) {
        paths[i] = results_find(directory, options->operands[i], &error);
        if (!paths[i]) /* before anything is removed */
            code = complain(&error, EXIT_USAGE);
    }
    for (size_t i = 0; i < options->operand_count && code == EXIT_OK; i++) {
        if (!confirmed(context, paths[i]))
            continue;
        if (remove_log(paths[i], &error))
            printf("removed %s\n", paths[i]);
        else
            code = complain(&error, EXIT_RESULTS);
    }
    for (size_t i = 0; i < options->operand_count; i++)
        free(paths[i]);
    free(paths);
    free(directory);
    return code;
}

/* ---- import ---- */

int command_import(const struct context *context) {
    const struct options *options = context->options;
    struct error error = {0};
    if (options->operand_count == 0) {
        error_set(&error, "import needs a file");
        error_hint(&error, "asiai's JSON, or llama-bench -o json");
        return complain(&error, EXIT_USAGE);
    }
    char *directory = results_of(context);
    int code = results_prepare(directory, &error) ? EXIT_OK : complain(&error, EXIT_RESULTS);
    bool ready = code == EXIT_OK;
    for (size_t i = 0; i < options->operand_count && ready; i++) {
        char *path = import_file(directory, options->operands[i], &error);
        if (path)
            printf("%s\n", path);
        else
            code = complain(&error, EXIT_USAGE); /* the others may still be fine */
        free(path);
    }
    free(directory);
    return code;
}
