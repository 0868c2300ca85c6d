/* Calls: from call_start to call_end, by id. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/board_private.h"

#define DETAIL_MAX 200         /* bytes of an error's detail kept a call */
#define TOKENS_MAX (1LL << 40) /* more live tokens than that are nonsense */
#define SERVER_MAX 4096        /* bytes of engine-reported figures looked at */
#define FRESH_LEAST 0.1        /* of a prompt, for its prefill to be timed by TTFT */

/* Open addressing; slots are a power of two, at most half full. */
struct call_index {
    struct board_call **slots;
    size_t capacity, count;
};

struct call_index *call_index_new(void) {
    struct call_index *index = mem_zero(1, sizeof *index);
    index->capacity = 64;
    index->slots = mem_zero(index->capacity, sizeof(struct board_call *));
    return index;
}

static void call_free(struct board_call *call) {
    call_done(&call->call);
    free(call->content);
    free(call->reasoning);
    free(call->tool_calls);
    free(call->request);
    free(call);
}

void call_index_free(struct call_index *index) {
    for (size_t i = 0; i < index->capacity; i++)
        if (index->slots[i])
            call_free(index->slots[i]);
    free(index->slots);
    free(index);
}

static struct board_call *call_copy(const struct board_call *from, size_t *bytes) {
    struct board_call *call = board_copy_items(from, 1, sizeof *from, bytes);
    call->call.server = board_copy_string(from->call.server, bytes);
    call->call.error_detail = board_copy_string(from->call.error_detail, bytes);
    call->content = board_copy_string(from->content, bytes);
    call->reasoning = board_copy_string(from->reasoning, bytes);
    call->tool_calls = board_copy_string(from->tool_calls, bytes);
    call->request = board_copy_string(from->request, bytes);
    return call;
}

/* The slot that holds `id`, or the empty one where it belongs. */
static struct board_call **slot_of(const struct call_index *index, int64_t id) {
    uint64_t state = (uint64_t)id;
    size_t at = (size_t)stats_random(&state) & (index->capacity - 1);
    while (index->slots[at] && index->slots[at]->call.id != id)
        at = (at + 1) & (index->capacity - 1);
    return &index->slots[at];
}

static void index_add(struct call_index *index, struct board_call *call) {
    if (2 * (index->count + 1) > index->capacity) {
        struct call_index larger = {.capacity = 2 * index->capacity};
        larger.slots = mem_zero(larger.capacity, sizeof(struct board_call *));
        for (size_t i = 0; i < index->capacity; i++)
            if (index->slots[i])
                *slot_of(&larger, index->slots[i]->call.id) = index->slots[i];
        free(index->slots);
        index->slots = larger.slots;
        index->capacity = larger.capacity;
    }
    *slot_of(index, call->call.id) = call;
    index->count++;
}

void calls_copy(struct board *board, const struct board *from, size_t *bytes) {
    size_t capacity = from->index->capacity;
    board->index = mem_zero(1, sizeof *board->index);
    *board->index = (struct call_index){.capacity = capacity, .count = from->index->count};
    board->index->slots = mem_zero(capacity, sizeof(struct board_call *));
    *bytes += capacity * sizeof(struct board_call *);
    for (size_t i = 0; i < board->row_count; i++) {
        struct row *row = &board->rows[i];
        row->calls =
            board_copy_items(row->calls, row->call_count, sizeof(struct board_call *), bytes);
        row->call_capacity = row->call_count;
        for (size_t k = 0; k < row->call_count; k++) {
            row->calls[k] = call_copy(row->calls[k], bytes);
            *slot_of(board->index, row->calls[k]->call.id) = row->calls[k];
        }
    }
}

struct board_call *call_find(const struct board *board, int64_t id) {
    return *slot_of(board->index, id);
}

bool call_is_of(const struct board_call *call, int column, int pass) {
    return call->column == column && call->call.pass == pass && !call->superseded;
}

/* A call not seen before, in its row and cell. NULL: its phase is nonsense. */
static struct board_call *call_new(struct board *board, int64_t t, const struct call *as) {
    if (as->pass < 0 || as->pass >= PASSES_MAX) {
        board_nonsense(board, "impossible pass", as->pass);
        return NULL;
    }
    int column = board_column_make(board, as->suite, as->phase, false);
    if (column < 0)
        return NULL;
    struct row *row = &board->rows[as->ep];
    struct pass_record *record = pass_make(board, as->ep, column, as->pass);
    if (as->attempt > record->attempt)
        cell_replace_call(board, as, column, record);
    struct board_call *call = mem_zero(1, sizeof *call);
    call_init(&call->call);
    call->call.id = as->id;
    call->call.ep = as->ep;
    call->call.suite = as->suite;
    copy_text(call->call.phase, sizeof call->call.phase, as->phase);
    call->call.pass = as->pass;
    call->call.index = as->index;
    call->call.attempt = as->attempt;
    call->started_us = t;
    call->ttft_at_us = MARK_NONE;
    call->column = column;
    call->control = record->control;
    index_add(board->index, call);
    row->calls = mem_grow(row->calls, row->call_count, &row->call_capacity, sizeof *row->calls);
    row->calls[row->call_count++] = call;
    if (!record->open) /* late: the pass is over already */
        record->end_call = row->call_count;
    return call;
}

void apply_call_start(struct board *board, int64_t t, const struct event_call_start *start) {
    if (call_find(board, start->id)) {
        board_nonsense(board, "again call", start->id);
        return;
    }
    struct call as = {.id = start->id,
                      .ep = start->ep,
                      .suite = start->suite,
                      .pass = start->pass,
                      .index = start->index,
                      .attempt = start->attempt};
    copy_text(as.phase, sizeof as.phase, start->phase);
    struct board_call *call = call_new(board, t, &as);
    if (call)
        cell_fold_call(&board->rows[start->ep].cells[call->column], call, true);
}

/* What the sparkline shows of a call; until its end only events tell. */
static double shown_ttft(const struct board_call *call) {
    bool measured = call->finished && !isnan(call->call.ttft_ms);
    if (call->call.error == ERROR_SUSPENDED)
        return NAN;
    return measured ? call->call.ttft_ms : (double)(call->ttft_at_us - call->started_us) / 1e3;
}

static void plot_ttft(struct row *row, struct board_call *call, int64_t t) {
    call->ttft_at_us = t;
    series_add(&row->series[SERIES_TTFT], t, shown_ttft(call));
}

static int earlier(const void *a, const void *b) {
    const struct board_call *x = *(struct board_call *const *)a;
    const struct board_call *y = *(struct board_call *const *)b;
    if (x->ttft_at_us != y->ttft_at_us)
        return x->ttft_at_us < y->ttft_at_us ? -1 : 1;
    return (x->call.id > y->call.id) - (x->call.id < y->call.id);
}

void calls_replot(struct row *row) {
    struct board_call **drawn = mem_alloc(row->call_count * sizeof(struct board_call *));
    size_t count = 0;
    for (size_t i = 0; i < row->call_count; i++)
        if (!row->calls[i]->superseded && row->calls[i]->ttft_at_us != MARK_NONE)
            drawn[count++] = row->calls[i];
    qsort(drawn, count, sizeof(struct board_call *), earlier);
    series_done(&row->series[SERIES_TTFT]);
    for (size_t i = 0; i < count; i++)
        series_add(&row->series[SERIES_TTFT], drawn[i]->ttft_at_us, shown_ttft(drawn[i]));
    free(drawn);
}

void apply_first_token(struct board *board, int64_t t, const struct event_first_token *first) {
    struct board_call *call = call_find(board, first->id);
    if (!call || call->finished || call->call.first_token_us != MARK_NONE) {
        board_nonsense(board, "a first token of call", first->id);
        return;
    }
    struct row *row = &board->rows[call->call.ep];
    call->call.first_token_us = t;
    call->tokens = 1;
    if (call->superseded)
        return;
    if (!board->columns[call->column].warmup)
        plot_ttft(row, call, t);
    live_begin(row, t);
}

void apply_progress(struct board *board, int64_t t, const struct event_progress *progress) {
    struct row *row = NULL;
    for (size_t i = 0; i < progress->count; i++) {
        const struct progress *line = &progress->calls[i];
        struct board_call *call = call_find(board, line->id);
        if (!call || line->tokens > TOKENS_MAX) {
            board_nonsense(board, "progress of call", line->id);
            continue;
        }
        if (call->finished || line->tokens <= call->tokens)
            continue; /* came late */
        double more = (double)(line->tokens - call->tokens);
        call->tokens = line->tokens;
        if (call->superseded)
            continue;
        if (row && row != &board->rows[call->call.ep])
            live_plot(row, t);
        row = &board->rows[call->call.ep];
        live_chunks(row, t, more);
    }
    if (row)
        live_plot(row, t);
}

/* The mark drawn at first_token time was made from events; put the measured value in its place. */
static void correct_ttft(struct series *series, int64_t t_us, double ttft_ms) {
    size_t last = series->count > 2048 ? series->count - 2048 : 0;
    for (size_t i = series->count; i-- > last && series->points[i].from_us >= t_us;) {
        struct point *point = &series->points[i];
        if (point->from_us == t_us && point->to_us == t_us) {
            point->low = point->high = point->last = ttft_ms;
            return;
        }
    }
}

/* Where engines tell what they drafted, as net/chat keeps it (facts of llama.cpp; LM Studio's v0).
 */
static const struct {
    const char *object, *drafted, *accepted;
} drafts[] = {
    {"timings", "draft_n", "draft_n_accepted"},
    {"stats", "total_draft_tokens_count", "accepted_draft_tokens_count"},
};

/* Percent; NaN. */
static double accepted_share(const char *server) {
    size_t length = server ? strnlen(server, SERVER_MAX + 1) : 0;
    if (length == 0 || length > SERVER_MAX || !strstr(server, "draft"))
        return NAN;
    struct cJSON *tree = json_parse(server, length, NULL);
    double share = NAN;
    for (size_t i = 0; i < COUNT_OF(drafts) && isnan(share); i++) {
        const struct cJSON *figures = json_object(tree, drafts[i].object);
        double drafted = json_number(figures, drafts[i].drafted);
        double accepted = json_number(figures, drafts[i].accepted);
        if (drafted > 0 && accepted >= 0 && accepted <= drafted)
            share = 100 * accepted / drafted;
    }
    json_free(tree);
    return share;
}

static double count_or_nan(int64_t count) {
    return count < 0 ? NAN : (double)count;
}

/* Phases whose prompt no cache holds, whatever the engine says of it. */
static bool is_cold(const char *phase) {
    static const char *const phases[] = {"warmup", "cold", "cold-other", "cold-control"};
    for (size_t i = 0; i < COUNT_OF(phases); i++)
        if (strcmp(phase, phases[i]) == 0)
            return true;
    return false;
}

/* Of a few fresh tokens the TTFT says nothing: it is all overhead. */
static double prefill_tps(const struct call *call) {
    double prompt = count_or_nan(call->prompt_tokens), cached = count_or_nan(call->cached_tokens);
    double fresh = prompt - (isnan(cached) && is_cold(call->phase) ? 0 : cached);
    bool enough = fresh > 0 && fresh >= FRESH_LEAST * prompt;
    return enough && call->ttft_ms > 0 ? fresh * 1e3 / call->ttft_ms : NAN;
}

void call_values(struct values *values, const struct board_call *of) {
    const struct call *call = &of->call;
    bool split;
    values_add(&values[METRIC_TTFT], call->ttft_ms);
    values_add(&values[METRIC_TTFC], call_ttfc_ms(call));
    values_add(&values[METRIC_DECODE], call->decode_tps);
    values_add(&values[METRIC_EFFECTIVE], call_effective_tps(call, &split));
    values_add(&values[METRIC_LATENCY], call_latency_ms(call));
    values_add(&values[METRIC_PREFILL], prefill_tps(call));
    values_add(&values[METRIC_PROMPT_TOKENS], count_or_nan(call->prompt_tokens));
    values_add(&values[METRIC_CACHED], count_or_nan(call->cached_tokens));
    values_add(&values[METRIC_COMPLETION], count_or_nan(call->completion_tokens));
    values_add(&values[METRIC_CONNECT], call->connect_ms);
    values_add(&values[METRIC_MTP_ACCEPT], of->mtp_accept_pct);
}

/* Count a call into its cell: `started` when it is new there, and its end when it has ended. */
void cell_fold_call(struct cell *cell, const struct board_call *call, bool started) {
    if (call->control)
        return;
    cell->calls += started;
    cell->calls_running += started;
    if (!call->finished)
        return;
    cell->calls_running--;
    cell->calls_ok += call->call.ok;
    cell->calls_wrong += call->call.correct == CHECK_NO;
    cell->calls_degenerate += call->call.degenerate;
    if (call->call.ok) {
        cell->token_sources |= 1u << call->call.tokens_source;
        call_values(cell->values, call);
    } else if (error_is_ours(call->call.error)) {
        cell->calls_cancelled += call->call.error == ERROR_CANCELLED;
        cell->calls_suspended += call->call.error == ERROR_SUSPENDED;
    } else {
        cell->errors[call->call.error == ERROR_NONE ? ERROR_TRUNCATED : call->call.error]++;
    }
}

static bool is_sane(const struct call *call) {
    return (unsigned)call->error < ERROR_CLASS_COUNT &&
           (unsigned)call->tokens_source < TOKENS_SOURCE_COUNT &&
           (unsigned)call->thinking < THINKING_COUNT;
}

/* Everything of `from` but what belongs to its producer (chunk_us) or to the place it was started
 * in. */
static void take_marks(struct board *board, struct board_call *call, const struct call *from) {
    struct call place = call->call;
    call->call = *from;
    call->call.ep = place.ep;
    call->call.suite = place.suite;
    memcpy(call->call.phase, place.phase, sizeof place.phase);
    call->call.pass = place.pass;
    call->call.attempt = place.attempt;
    call->call.chunk_us = NULL;
    call->call.chunk_us_count = 0;
    call->call.server = NULL;
    call->call.error_detail =
        from->error_detail ? mem_bytes(from->error_detail, strnlen(from->error_detail, DETAIL_MAX))
                           : NULL;
    call->mtp_accept_pct = accepted_share(from->server);
    texts_server(board, call, from->server);
    if (from->completion_tokens > call->tokens)
        call->tokens = from->completion_tokens;
    call->finished = true;
}

void apply_call_end(struct board *board, int64_t t, const struct call *from) {
    struct board_call *call = call_find(board, from->id);
    bool started = !call;
    if (!is_sane(from) || (call && (call->finished || call->call.ep != from->ep))) {
        board_nonsense(board, "an end of call", from->id);
        return;
    }
    if (!call)
        call = call_new(board, from->start_us == MARK_NONE ? t : from->start_us, from);
    if (!call)
        return;
    struct row *row = &board->rows[from->ep];
    int64_t seen_us = call->call.first_token_us;
    take_marks(board, call, from);
    board->calls_done++;
    if (call->superseded)
        return;
    live_learn(row, &call->call);
    bool scored = !board->columns[call->column].warmup;
    if (seen_us != MARK_NONE) {
        live_end(row, t);
        bool untrue = from->error == ERROR_SUSPENDED; /* a gap, then */
        if (scored && (untrue || !isnan(from->ttft_ms)))
            correct_ttft(&row->series[SERIES_TTFT], seen_us, untrue ? NAN : from->ttft_ms);
    } else if (scored && !isnan(from->ttft_ms) && from->error != ERROR_SUSPENDED) {
        plot_ttft(row, call, t);
    }
    struct cell *cell = &row->cells[call->column];
    cell_fold_call(cell, call, started);
    struct pass_record *record = pass_find(cell, call->call.pass);
    if (record && !record->open)
        pass_settle(board, from->ep, call->column, record);
}
