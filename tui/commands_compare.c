/* pitwall compare A B: what differs, how surely, and what must not be compared. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands_saved.h"
#include "model/compare.h"
#include "store/fold.h"
#include "store/report_compare.h"
#include "store/results.h"

#define REPORT_BYTES ((size_t)64 << 20)

static struct board *fold_named(const char *directory, const char *name, struct error *error) {
    char *path = results_find(directory, name, error);
    struct board *board = path ? fold_log(path, error) : NULL;
    free(path);
    return board;
}

/* How many rows got worse by more than the limit; each is told on standard error. */
static size_t count_worse(const struct compare *compare, const struct board *board,
                          double percent) {
    size_t count = 0;
    for (size_t i = 0; i < compare->count; i++) {
        const struct compare_row *row = &compare->rows[i];
        if (!compare_worse_by(row, percent))
            continue;
        const char *name = board->rows[row->ep_b].endpoint->name;
        struct error error = {0};
        error_set(&error, "%s: %s %s: %s is worse by more than %g %%: ratio %.3f (%.3f–%.3f)",
                  name ? name : "?", suite_word(row->suite), row->phase, metric_of(row->metric)->id,
                  percent, row->ratio.ratio, row->ratio.low, row->ratio.high);
        complain(&error, EXIT_CHECK);
        count++;
    }
    return count;
}

static size_t count_compared(const struct compare *compare) {
    size_t count = 0;
    for (size_t i = 0; i < compare->count; i++)
        count += compare->rows[i].verdict != COMPARE_NOT;
    return count;
}

static int show(const struct context *context, const struct board *a, const struct board *b) {
    struct compare compare;
    struct buf out;
    compare_boards(&compare, a, b);
    buf_init(&out, REPORT_BYTES);
    if (context->options->json)
        report_compare_json(&out, &compare, a, b);
    else
        report_compare(&out, &compare, a, b);
    int code = EXIT_OK;
    if (fwrite(buf_string(&out), 1, out.length, stdout) != out.length || fflush(stdout) != 0)
        code = EXIT_RESULTS;
    double percent = context->options->fail_over;
    if (!isnan(percent) && count_worse(&compare, b, percent) > 0)
        code = EXIT_CHECK;
    if (count_compared(&compare) == 0) { /* a check that looked at nothing has not passed */
        struct error error = {0};
        error_set(&error, "nothing in the two runs can be compared");
        error_hint(&error, compare.count > 0 ? "the table says why, row by row"
                                             : "they have no endpoint and suite in common");
        code = complain(&error, isnan(percent) ? code : EXIT_CHECK);
    }
    buf_done(&out);
    compare_done(&compare);
    return code;
}

int command_compare(const struct context *context) {
    const struct options *options = context->options;
    struct error error = {0};
    if (options->operand_count != 2) {
        error_set(&error, "compare needs two runs, not %zu", options->operand_count);
        error_hint(&error, "pitwall compare A B: B is held against A; 'pitwall runs' lists them");
        return complain(&error, EXIT_USAGE);
    }
    char *directory = results_of(context);
    struct board *a = fold_named(directory, options->operands[0], &error);
    struct board *b = a ? fold_named(directory, options->operands[1], &error) : NULL;
    free(directory);
    int code = a && b ? show(context, a, b) : complain(&error, EXIT_USAGE);
    if (a)
        board_free(a);
    if (b)
        board_free(b);
    return code;
}
