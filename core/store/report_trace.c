/* Chrome trace JSON, which ui.perfetto.dev opens: a process a run, each call an async slice with
 * queue, prefill and decode inside, what the samples said as counters. Times are µs of the run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "store/report_parts.h"

#define CALLS_MAX 200000 /* slices of more make no viewer happy; what is left out is told */

static void begin(struct json_writer *w, const char *phase, const char *name, size_t run, int ep,
                  int64_t t) {
    json_open(w, NULL, '{');
    json_put_string(w, "ph", phase);
    json_put_string(w, "name", name);
    json_put_integer(w, "pid", (int64_t)run + 1);
    json_put_integer(w, "tid", ep + 1);
    json_put_integer(w, "ts", t);
}

/* The ids of two runs may be the same: the run stands before. */
static void put_id(struct json_writer *w, size_t run, int64_t id) {
    char text[48];
    snprintf(text, sizeof text, "%zu.%lld", run + 1, (long long)id);
    json_put_string(w, "cat", "call");
    json_put_string(w, "id", text);
}

static void edge(struct json_writer *w, const char *phase, const char *name, size_t run,
                 const struct call *call, int64_t t) {
    begin(w, phase, name, run, call->ep, t);
    put_id(w, run, call->id);
    json_close(w, '}');
}

static void part(struct json_writer *w, const char *name, size_t run, const struct call *call,
                 int64_t from, int64_t to) {
    if (from == MARK_NONE || to == MARK_NONE || to < from)
        return;
    edge(w, "b", name, run, call, from);
    edge(w, "e", name, run, call, to);
}

static void put_count(struct json_writer *w, const char *key, int64_t count) {
    if (count == COUNT_NONE)
        json_put_null(w, key);
    else
        json_put_integer(w, key, count);
}

static void put_call(struct json_writer *w, size_t run, const struct call *call) {
    char name[64];
    snprintf(name, sizeof name, "%s %s", suite_word(call->suite), call->phase);
    begin(w, "b", name, run, call->ep, call->start_us);
    put_id(w, run, call->id);
    json_open(w, "args", '{');
    json_put_integer(w, "pass", call->pass);
    json_put_integer(w, "i", call->index);
    json_put_number(w, "ttft_ms", call->ttft_ms);
    json_put_number(w, "decode_tps", call->decode_tps);
    put_count(w, "prompt_tokens", call->prompt_tokens);
    put_count(w, "completion_tokens", call->completion_tokens);
    json_put_bool(w, "ok", call->ok);
    json_put_string(w, "error", call->error == ERROR_NONE ? NULL : error_word(call->error));
    json_close(w, '}');
    json_close(w, '}');
    /* until the server says anything it queues or reads the prompt: headers tell them apart */
    int64_t first = call->first_byte_us != MARK_NONE && call->first_token_us != MARK_NONE &&
                            call->first_byte_us < call->first_token_us
                        ? call->first_byte_us
                        : MARK_NONE;
    if (first != MARK_NONE) {
        part(w, "queue", run, call, call->sent_us, first);
        part(w, "prefill", run, call, first, call->first_token_us);
    } else {
        part(w, "queue + prefill", run, call, call->sent_us, call->first_token_us);
    }
    part(w, "decode", run, call, call->first_token_us, call->last_token_us);
    edge(w, "e", name, run, call, call->end_us);
}

static void put_name(struct json_writer *w, const char *what, const char *name, size_t run,
                     int ep) {
    begin(w, "M", what, run, ep, 0);
    json_open(w, "args", '{');
    json_put_string(w, "name", name);
    json_close(w, '}');
    json_close(w, '}');
}

static void put_series(struct json_writer *w, const struct board *board, size_t run, int ep,
                       enum board_series series) {
    const struct series *points = &board->rows[ep].series[series];
    const struct metric *metric = metric_of(board_series_metric(series));
    char name[96];
    snprintf(name, sizeof name, "%s %.48s", metric->id, report_name(board, ep));
    for (size_t i = 0; i < points->count; i++) {
        const struct point *point = &points->points[i];
        if (!isfinite(point->last))
            continue;
        begin(w, "C", name, run, ep, point->to_us);
        json_open(w, "args", '{');
        json_put_number(w, metric->unit, point->last);
        json_close(w, '}');
        json_close(w, '}');
    }
}

static size_t put_calls(struct json_writer *w, const struct board *board, size_t run, int ep,
                        size_t *left) {
    const struct row *row = &board->rows[ep];
    size_t dropped = 0;
    for (size_t i = 0; i < row->call_count; i++) {
        const struct call *call = &row->calls[i]->call;
        if (!row->calls[i]->finished || call->start_us == MARK_NONE || call->end_us == MARK_NONE)
            continue;
        if (*left == 0) {
            dropped++;
            continue;
        }
        --*left;
        put_call(w, run, call);
    }
    return dropped;
}

static size_t put_board(struct json_writer *w, const struct board *board, size_t run,
                        size_t *left) {
    size_t dropped = 0;
    put_name(w, "process_name", board->run.id, run, 0);
    for (int ep = 0; ep < (int)board->row_count; ep++) {
        put_name(w, "thread_name", report_name(board, ep), run, ep);
        dropped += put_calls(w, board, run, ep, left);
        for (int series = 0; series < SERIES_COUNT; series++)
            if (series != SERIES_TTFT) /* the slices say it */
                put_series(w, board, run, ep, (enum board_series)series);
    }
    return dropped;
}

void report_trace(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how) {
    struct json_writer writer;
    size_t left = CALLS_MAX, dropped = 0;
    (void)how;
    json_begin(&writer, out);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "displayTimeUnit", "ms");
    json_open(&writer, "traceEvents", '[');
    for (size_t i = 0; i < count; i++)
        dropped += put_board(&writer, boards[i], i, &left);
    json_close(&writer, ']');
    json_put_integer(&writer, "calls_left_out", (int64_t)dropped);
    json_close(&writer, '}');
    json_end(&writer);
    buf_char(out, '\n');
}
