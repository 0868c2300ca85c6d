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

/* `text` made visible, and blanks up to `width` cells. */
static void put_text(struct buf *out, const char *text, size_t width) {
    size_t size = strlen(text) * 3 + 1;
    char *visible = mem_alloc(size);
    text_visible(visible, size, text, strlen(text));
    buf_text(out, visible);
    for (size_t cells = text_cells(visible); cells < width; cells++)
        buf_char(out, ' ');
    free(visible);
}

static void put_size(struct buf *out, int64_t bytes) {
    if (bytes < 1000 * 1000)
        buf_printf(out, "%6.1f kB", (double)bytes / 1e3);
    else
        buf_printf(out, "%6.1f MB", (double)bytes / 1e6);
}

/* Cells of the columns that are as wide as their longest. */
struct widths {
    size_t id, state, suites;
};

static struct widths measure(const struct result *list, const struct summary *summaries,
                             size_t count) {
    struct widths widths = {strlen("RUN"), strlen("STATE"), strlen("SUITES")};
    struct buf suites;
    buf_init(&suites, (size_t)1 << 20);
    for (size_t i = 0; i < count; i++, buf_reset(&suites)) {
        summary_suites(&summaries[i], &suites);
        size_t id = text_cells(list[i].id), cells = text_cells(buf_string(&suites));
        size_t state = strlen(summary_state(&summaries[i]));
        widths.id = id > widths.id ? id : widths.id;
        widths.state = state > widths.state ? state : widths.state;
        widths.suites = cells > widths.suites ? cells : widths.suites;
    }
    buf_done(&suites);
    return widths;
}

static void put_head(struct buf *out, struct widths widths) {
    put_text(out, "RUN", widths.id);
    buf_printf(out, "  %-20s  %-*s  %9s  ", "STARTED", (int)widths.state, "STATE", "SIZE");
    put_text(out, "SUITES", widths.suites);
    buf_text(out, "  ENDPOINTS\n");
}

static void put_line(struct buf *out, const struct result *result, const struct summary *summary,
                     const struct summary *next, struct widths widths) {
    struct buf words;
    char started[21]; /* as ISO 8601 has it */
    buf_init(&words, (size_t)1 << 20);
    put_text(out, result->id, widths.id);
    snprintf(started, sizeof started, "%.20s",
             summary->readable && summary->run.started ? summary->run.started : "–");
    buf_text(out, "  ");
    put_text(out, started, 20);
    buf_printf(out, "  %-*s  ", (int)widths.state, summary_state(summary));
    put_size(out, result->bytes);
    buf_text(out, "  ");
    summary_suites(summary, &words);
    put_text(out, words.length ? buf_string(&words) : "–", widths.suites);
    buf_reset(&words);
    buf_text(&words, "  ");
    summary_endpoints(summary, &words);
    if (words.length == 2)
        buf_text(&words, "–");
    if (summary->readable && summary->run.resumes)
        buf_printf(&words, "  (resumes %s)", summary->run.resumes);
    if (next)
        buf_printf(&words, "  (resumed by %s)", next->run.id);
    put_text(out, buf_string(&words), 0);
    buf_char(out, '\n');
    buf_done(&words);
}

static void put_list(struct buf *out, const struct result *list, size_t count, bool json) {
    struct summary *summaries = summaries_read(list, count);
    struct widths widths = measure(list, summaries, count);
    struct json_writer writer;
    if (!json && count > 0)
        put_head(out, widths);
    if (json) {
        json_begin(&writer, out);
        json_open(&writer, NULL, '[');
    }
    for (size_t i = 0; i < count; i++) {
        const struct summary *next =
            summaries[i].readable ? summary_successor(summaries, count, summaries[i].run.id) : NULL;
        if (json)
            summary_json(&summaries[i], &list[i], next, &writer);
        else
            put_line(out, &list[i], &summaries[i], next, widths);
    }
    if (json) {
        json_close(&writer, ']');
        json_end(&writer);
        buf_char(out, '\n');
    }
    summaries_free(summaries, count);
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

/* What is to be removed, and what else there is. */
struct removal {
    const struct context *context;
    char **paths; /* of the operands */
    size_t path_count;
    struct result *list; /* the whole directory */
    struct summary *summaries;
    size_t count;
};

/* A run that goes on with `id`, and can't be opened any more without it; NULL: none (any more). */
static const struct summary *needed_by(const struct removal *removal, const char *id) {
    for (size_t i = 0; i < removal->count; i++) {
        const struct summary *summary = &removal->summaries[i];
        const char *resumes = summary->readable ? summary->run.resumes : NULL;
        if (resumes && strcmp(resumes, id) == 0 && access(removal->list[i].path, F_OK) == 0)
            return summary;
    }
    return NULL;
}

static bool confirmed(const struct removal *removal, const char *path, const struct summary *by) {
    char answer[16];
    if (removal->context->options->yes)
        return true;
    if (by)
        printf("%s goes on with it and can't be read without it.\n", by->run.id);
    printf("remove %s? [y/N] ", path);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Only logs: a path that is something else was a slip. Nor one that is being written, nor, unasked,
 * one that another run needs. */
static bool may_remove(const struct removal *removal, const char *path,
                       const struct summary *summary, const struct summary *by,
                       struct error *error) {
    if (!summary->readable)
        return error_set(error, "%s: not a log of pitwall, left alone", path);
    if (summary->running) {
        error_set(error, "%s: its run is in progress, left alone", path);
        return error_hint(error, "stop it first");
    }
    if (by && removal->context->options->yes) {
        error_set(error, "%s: %s goes on with it and can't be read without it, left alone", path,
                  by->run.id);
        return error_hint(error, "remove both: pitwall rm --yes %s %s", summary->run.id,
                          by->run.id);
    }
    return true;
}

static int remove_one(const struct removal *removal, const char *path) {
    struct error error = {0};
    struct summary summary;
    summary_read(&summary, path);
    const struct summary *by = summary.readable ? needed_by(removal, summary.run.id) : NULL;
    bool good = may_remove(removal, path, &summary, by, &error);
    if (good && confirmed(removal, path, by)) {
        good =
            unlink(path) == 0 || error_set(&error, "%s: can't remove: %s", path, strerror(errno));
        if (good)
            printf("removed %s\n", path);
    }
    summary_done(&summary);
    return good ? EXIT_OK : complain(&error, EXIT_RESULTS);
}

static int by_name(const void *a, const void *b) {
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    const char *left_slash = strrchr(left, '/'), *right_slash = strrchr(right, '/');
    return strcmp(right_slash ? right_slash + 1 : right, left_slash ? left_slash + 1 : left);
}

/* All names first: a slip in one removes nothing. Then the newest first: one that stays keeps those
 * that it goes on with. */
static int remove_all(struct removal *removal, const char *directory) {
    const struct options *options = removal->context->options;
    struct error error = {0};
    int code = EXIT_OK;
    if (!results_list(directory, &removal->list, &removal->count, &error))
        return complain(&error, EXIT_RESULTS);
    removal->summaries = summaries_read(removal->list, removal->count);
    for (; removal->path_count < options->operand_count; removal->path_count++) {
        char *path = results_find(directory, options->operands[removal->path_count], &error);
        if (!path)
            return complain(&error, EXIT_USAGE);
        removal->paths[removal->path_count] = path;
    }
    qsort(removal->paths, removal->path_count, sizeof *removal->paths, by_name);
    for (size_t i = 0; i < removal->path_count && code == EXIT_OK; i++)
        code = remove_one(removal, removal->paths[i]);
    return code;
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
    struct removal removal = {.context = context};
    removal.paths = mem_zero(options->operand_count, sizeof *removal.paths);
    char *directory = results_of(context);
    int code = remove_all(&removal, directory);
    for (size_t i = 0; i < removal.path_count; i++)
        free(removal.paths[i]);
    free(removal.paths);
    if (removal.summaries)
        summaries_free(removal.summaries, removal.count);
    results_free(removal.list, removal.count);
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
