/* What the model got wrong: each turn once, with what would have been right and what came. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/report_parts.h"

#define GOT_BYTES 240 /* of a text that came, before its control characters are made visible */

/* ---- which ---- */

static bool is_failed(const struct board *board, const struct score_line *line) {
    return pass_k_counts(board, line) && !isnan(line->points) && line->points < POINTS_RIGHT;
}

static bool is_same(const struct score_line *a, const struct score_line *b) {
    return a->column == b->column && a->turn == b->turn && strcmp(a->item, b->item) == 0 &&
           strcmp(a->failure ? a->failure : "", b->failure ? b->failure : "") == 0;
}

/* The turn's place among those of this endpoint, from `first` on; `count` when it is new. */
static size_t place_of(const struct report_failed *failed, size_t first, size_t count,
                       const struct score_line *line) {
    for (size_t i = first; i < count; i++)
        if (is_same(failed[i].line, line))
            return i;
    return count;
}

size_t report_failed(const struct board *board, struct report_failed failed[REPORT_FAILED_MAX],
                     size_t *more) {
    size_t count = 0;
    *more = 0;
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        const struct row *row = &board->rows[ep];
        size_t first = count;
        for (size_t i = 0; i < row->score_count; i++) {
            const struct score_line *line = &row->scores[i];
            if (!is_failed(board, line))
                continue;
            size_t at = place_of(failed, first, count, line);
            if (at == REPORT_FAILED_MAX) {
                ++*more;
                continue;
            }
            if (at == count)
                failed[count++] = (struct report_failed){.ep = ep, .line = line};
            failed[at].times++;
        }
    }
    return count;
}

/* ---- what came ---- */

/* As much of a text as a line can take, then "…". */
static void put_some(struct buf *out, const char *text) {
    char some[GOT_BYTES];
    copy_text(some, sizeof some, text); /* between code points */
    report_text(out, some, "");
    if (strlen(some) < strlen(text))
        buf_text(out, "…");
}

static void put_call(struct buf *out, const struct cJSON *call) {
    const struct cJSON *function = json_object(call, "function");
    const char *name = function ? json_string(function, "name") : NULL;
    const char *arguments = function ? json_string(function, "arguments") : NULL;
    report_text(out, name, "?");
    buf_char(out, ' ');
    put_some(out, arguments ? arguments : "");
}

/* The first call; a text that was cut is no JSON, and shown as it is. */
static void put_calls(struct buf *out, const char *text) {
    struct cJSON *calls = json_parse(text, strlen(text), NULL);
    if (cJSON_IsArray(calls) && calls->child)
        put_call(out, calls->child);
    else
        put_some(out, text);
    int count = cJSON_IsArray(calls) ? cJSON_GetArraySize(calls) : 1;
    if (count > 1)
        buf_printf(out, " (and %d more)", count - 1);
    json_free(calls);
}

static bool is_there(const char *text) {
    return text && text[0];
}

void report_got(struct buf *out, const struct board *board, const struct score_line *line) {
    const struct board_call *call = board_call(board, line->call);
    if (call && is_there(call->tool_calls)) {
        put_calls(out, call->tool_calls);
    } else if (call && is_there(call->content)) {
        put_some(out, call->content);
    } else if (call && is_there(call->reasoning)) {
        buf_text(out, "only reasoning: ");
        put_some(out, call->reasoning);
    } else if (call && !call->cut && call->holds_text) {
        buf_text(out, "nothing");
    } else {
        buf_text(out, "its text was not kept");
    }
}

/* ---- in lines ---- */

static void put_what(struct buf *out, const struct board *board,
                     const struct report_failed *failed) {
    const struct score_line *line = failed->line;
    buf_printf(out, "%s ", suite_word(line->suite));
    if (strcmp(board->columns[line->column].phase, "run") != 0) { /* one of several */
        report_text(out, board->columns[line->column].phase, "");
        buf_char(out, ' ');
    }
    report_text(out, line->item, "");
    if (failed->times > 1)
        buf_printf(out, ", %d times", failed->times);
    buf_text(out, ": ");
    report_text(out, line->failure, "wrong");
    if (is_there(line->detail)) {
        buf_text(out, ", ");
        report_text(out, line->detail, "");
    }
}

void report_failed_part(struct buf *out, const struct board *board,
                        const struct report_failed *failed, enum failed_part part) {
    switch (part) {
    case FAILED_WHAT:
        put_what(out, board, failed);
        return;
    case FAILED_EXPECTED:
        if (!is_there(failed->line->expected))
            return;
        buf_text(out, "expected: ");
        report_text(out, failed->line->expected, "");
        return;
    case FAILED_GOT:
        buf_text(out, "got: ");
        report_got(out, board, failed->line);
        return;
    case FAILED_PARTS:
        break;
    }
}
