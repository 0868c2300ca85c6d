#include "model/gate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

/* What a gate looks at. */
struct view {
    const struct board *board;
    const struct row *row;
    const struct cell *cell;
    const struct limits *limits;
    int column;
};

/* The ended passes of a cell, one after the other: NULL when there is none left. */
static const struct pass_record *next_pass(const struct view *view, size_t *at) {
    while (*at < view->cell->record_count) {
        const struct pass_record *record = &view->cell->records[(*at)++];
        if (!record->open && record->status != PHASE_SKIPPED && !record->control)
            return record;
    }
    return NULL;
}

static bool early_stop(const struct view *view, struct gate_result *out) {
    const struct pass_record *record, *worst = NULL;
    for (size_t i = 0; (record = next_pass(view, &i));)
        if (record->early > 0 && record->early_in_pass >= view->limits->early_stop_calls &&
            (!worst || record->early_in_pass > worst->early_in_pass))
            worst = record;
    if (!worst)
        return false;
    out->value = worst->early_in_pass;
    out->limit = view->limits->early_stop_calls;
    snprintf(out->detail, sizeof out->detail,
             "%d of %d calls of pass %d ended below %g × the median; here %lld of %.0f tokens (%s)",
             worst->early_in_pass, worst->early_of, worst->pass + 1, view->limits->early_stop_share,
             (long long)worst->early_tokens, worst->early_median, worst->early_finish);
    return true;
}

static bool memory_pressure(const struct view *view, struct gate_result *out) {
    const struct pass_record *record;
    double swap = NAN, swapouts = NAN;
    for (size_t i = 0; (record = next_pass(view, &i));) {
        swap = fmax(swap, record->watch.swap_peak - record->suite_swap);
        swapouts = fmax(swapouts, record->watch.swapouts_last - record->suite_swapouts);
    }
    bool by_swap = swap > view->limits->swap_mb;
    out->value = by_swap ? swap : swapouts;
    out->limit = by_swap ? view->limits->swap_mb : view->limits->swapouts;
    char pages[48] = "";
    if (!isnan(swapouts))
        snprintf(pages, sizeof pages, ", %.0f pages swapped out", swapouts);
    if (isnan(swap))
        snprintf(out->detail, sizeof out->detail, "%.0f pages swapped out", swapouts);
    else
        snprintf(out->detail, sizeof out->detail, "swap %+.0f MB since the suite began%s", swap,
                 pages);
    return by_swap || swapouts > view->limits->swapouts;
}

static bool duplicate_processes(const struct view *view, struct gate_result *out) {
    const struct pass_record *record;
    int most = 0;
    for (size_t i = 0; (record = next_pass(view, &i));)
        most = record->watch.processes > most ? record->watch.processes : most;
    out->value = most;
    out->limit = 1;
    snprintf(out->detail, sizeof out->detail, "%d processes of %s", most,
             engine_title(view->row->endpoint->engine));
    return most > 1;
}

static bool not_solo(const struct view *view, struct gate_result *out) {
    const struct pass_record *record, *worst = NULL;
    if (view->board->columns[view->column].suite == SUITE_COHAB)
        return false; /* two engines at once are its subject */
    for (size_t i = 0; (record = next_pass(view, &i));)
        if (record->watch.others > (worst ? worst->watch.others : 0))
            worst = record;
    if (!worst)
        return false;
    int engine = worst->watch.other_engine;
    out->value = worst->watch.others;
    out->limit = 0;
    snprintf(out->detail, sizeof out->detail, "%s (pid %d)%s resident",
             engine >= 0 && engine < ENGINE_COUNT ? engine_title((enum engine_id)engine)
                                                  : "another endpoint's engine",
             worst->watch.other_pid, worst->watch.others > 1 ? " and more" : "");
    return true;
}

static bool thermal(const struct view *view, struct gate_result *out) {
    const struct pass_record *record;
    enum thermal level = THERMAL_UNKNOWN;
    int hot = 0, samples = 0;
    for (size_t i = 0; (record = next_pass(view, &i));) {
        level = record->watch.thermal > level ? record->watch.thermal : level;
        hot += record->watch.hot_samples;
        samples += record->watch.samples;
    }
    out->value = (double)level - THERMAL_NOMINAL;
    out->limit = 0;
    snprintf(out->detail, sizeof out->detail, "%s; above nominal in %d of %d samples",
             thermal_word(level), hot, samples);
    return level > THERMAL_NOMINAL;
}

static bool output_valid(const struct view *view, struct gate_result *out) {
    const struct pass_record *record;
    int valid = 0, finished = 0;
    for (size_t i = 0; (record = next_pass(view, &i));) {
        valid += record->valid;
        finished += record->finished;
    }
    if (finished == 0)
        return false;
    out->value = (double)valid / finished;
    out->limit = view->limits->output_valid;
    snprintf(out->detail, sizeof out->detail,
             "%d of %d calls valid: %d failed, %d wrong, %d degenerate", valid, finished,
             board_failed(view->cell), view->cell->calls_wrong, view->cell->calls_degenerate);
    return out->value < out->limit;
}

static bool prompt_truncated(const struct view *view, struct gate_result *out) {
    const struct pass_record *record, *worst = NULL;
    int calls = 0;
    for (size_t i = 0; (record = next_pass(view, &i));) {
        calls += record->truncated;
        if (record->truncated && (!worst || record->truncated_chars > worst->truncated_chars))
            worst = record;
    }
    if (!worst)
        return false;
    out->value = calls;
    out->limit = 0;
    snprintf(out->detail, sizeof out->detail,
             "%d calls: %lld characters sent, %lld prompt tokens counted", calls,
             (long long)worst->truncated_chars, (long long)worst->truncated_tokens);
    return true;
}

static bool thinking_ignored(const struct view *view, struct gate_result *out) {
    const struct pass_record *record;
    int calls = 0;
    for (size_t i = 0; (record = next_pass(view, &i));)
        calls += record->reasoned;
    out->value = calls;
    out->limit = 0;
    snprintf(out->detail, sizeof out->detail, "%d calls streamed reasoning, asked off", calls);
    return calls > 0;
}

static bool token_source(const struct view *view, struct gate_result *out) {
    const struct pass_record *record;
    int calls = 0;
    for (size_t i = 0; (record = next_pass(view, &i));)
        calls += record->chunk_counted;
    out->value = calls;
    out->limit = 0;
    snprintf(out->detail, sizeof out->detail, "%d calls without usage: chunks counted", calls);
    return calls > 0;
}

static bool template_differs(const struct view *view, struct gate_result *out) {
    const struct pass_record *record, *worst = NULL;
    for (size_t i = 0; (record = next_pass(view, &i));)
        if (record->template_differs > (worst ? worst->template_differs : 0))
            worst = record;
    if (!worst)
        return false;
    out->value = worst->template_differs;
    out->limit = view->limits->template_share;
    const char *peer = view->board->run.endpoints[worst->template_peer].name;
    snprintf(out->detail, sizeof out->detail, "%.0f prompt tokens, %.1f %% apart from %.40s",
             worst->prompt_mean, 100 * worst->template_differs, peer ? peer : "a peer");
    return out->value > out->limit;
}

/* Our own share of what was measured: requests that left too far apart, or a loop that came late by
 * so much of the usual TTFT that it changes the result. */
static bool dispatch(const struct view *view, struct gate_result *out) {
    const struct values *values = view->cell->values;
    const struct values *spans = &values[METRIC_SPAN], *late = &values[METRIC_LATENESS];
    double ttft = stats_median(values[METRIC_TTFT].at, values[METRIC_TTFT].count);
    char usual[METRIC_TEXT];
    out->value = stats_of(spans->at, spans->count, STAT_MAX);
    out->limit = view->limits->dispatch_ms;
    snprintf(out->detail, sizeof out->detail, "requests left over %.0f ms", out->value);
    if (out->value > out->limit)
        return true;
    out->value = stats_of(late->at, late->count, STAT_MAX);
    out->limit = view->limits->late_share * ttft;
    metric_figure(METRIC_TTFT, ttft, usual);
    snprintf(out->detail, sizeof out->detail,
             "our own loop was up to %.1f ms late, the median TTFT is %s", out->value, usual);
    return out->value > out->limit;
}

static bool (*const judges[GATE_COUNT])(const struct view *, struct gate_result *) = {
    [GATE_EARLY_STOP] = early_stop,
    [GATE_MEMORY_PRESSURE] = memory_pressure,
    [GATE_DUPLICATE_PROCESSES] = duplicate_processes,
    [GATE_NOT_SOLO] = not_solo,
    [GATE_THERMAL] = thermal,
    [GATE_OUTPUT_VALID] = output_valid,
    [GATE_PROMPT_TRUNCATED] = prompt_truncated,
    [GATE_THINKING_IGNORED] = thinking_ignored,
    [GATE_TOKEN_SOURCE] = token_source,
    [GATE_TEMPLATE] = template_differs,
    [GATE_DISPATCH] = dispatch,
};

static void drop_results(struct board *board, int ep, int column) {
    size_t kept = 0;
    for (size_t i = 0; i < board->gate_count; i++)
        if (board->gates[i].ep != ep || board->gates[i].column != column)
            board->gates[kept++] = board->gates[i];
    board->gate_count = kept;
}

static void judge_cell(struct board *board, int ep, int column) {
    struct cell *cell = board_cell(board, ep, column);
    struct view view = {board, &board->rows[ep], cell, &board->run.limits, column};
    unsigned before = cell->gates;
    if (cell->gates)
        drop_results(board, ep, column);
    cell->gates = 0;
    for (int gate = 0; gate < GATE_COUNT && !board->columns[column].warmup; gate++) {
        struct gate_result result = {.ep = ep, .column = column, .gate = (enum gate_id)gate};
        if (!judges[gate](&view, &result))
            continue;
        cell->gates |= 1u << gate;
        board->gates =
            mem_grow(board->gates, board->gate_count, &board->gate_capacity, sizeof *board->gates);
        board->gates[board->gate_count++] = result;
        if (!(before & 1u << gate))
            board_judged(board, ep, true, gate_word(result.gate), board->columns[column].phase);
    }
    cell_rank(board, ep, column);
}

/* ---- early_stop: the calls of one pass of the suite against each other ---- */

struct answer {
    struct pass_record *record;
    int column;
    const struct call *call;
    double median; /* of those with the same max_tokens */
};
struct answers {
    struct answer *at;
    size_t count, capacity;
};

static struct answers answers_of(struct board *board, int ep, enum suite_id suite, int pass) {
    struct answers answers = {0};
    struct row *row = &board->rows[ep];
    for (int column = 0; column < (int)board->column_count; column++) {
        if (board->columns[column].suite != suite || board->columns[column].warmup)
            continue;
        struct pass_record *record = pass_find(&row->cells[column], pass);
        if (!record || record->open)
            continue;
        for (size_t i = record->first_call; i < record->end_call; i++) {
            const struct call *call = &row->calls[i]->call;
            if (!call_is_of(row->calls[i], column, pass) || !call->ok ||
                call->completion_tokens < 0)
                continue;
            answers.at = mem_grow(answers.at, answers.count, &answers.capacity, sizeof *answers.at);
            answers.at[answers.count++] = (struct answer){record, column, call, NAN};
        }
    }
    return answers;
}

static double median_for(const struct answers *answers, int max_tokens, size_t *count) {
    struct values tokens = {0};
    for (size_t i = 0; i < answers->count; i++)
        if (answers->at[i].call->max_tokens == max_tokens)
            values_add(&tokens, (double)answers->at[i].call->completion_tokens);
    double median = stats_median(tokens.at, tokens.count);
    *count = tokens.count;
    values_done(&tokens);
    return median;
}

static void note_short_answers(struct board *board, int ep, enum suite_id suite, double median,
                               int max_tokens) {
    unsigned *noted = &board->rows[ep].live->short_answers;
    if (*noted & 1u << suite)
        return;
    *noted |= 1u << suite;
    char text[160];
    snprintf(text, sizeof text, "%s: the median answer is %.0f of %d tokens asked for",
             suite_word(suite), median, max_tokens);
    board_note(board, board->now_us, NOTE_INFO, ep, text);
}

static void set_medians(struct board *board, int ep, enum suite_id suite, struct answers *answers) {
    for (size_t i = 0; i < answers->count; i++) {
        size_t same;
        int max_tokens = answers->at[i].call->max_tokens;
        if (!isnan(answers->at[i].median))
            continue;
        double median = median_for(answers, max_tokens, &same);
        for (size_t k = i; k < answers->count; k++)
            if (answers->at[k].call->max_tokens == max_tokens)
                answers->at[k].median = median;
        if (same >= 3 && median < board->run.limits.early_stop_share * max_tokens)
            note_short_answers(board, ep, suite, median, max_tokens);
    }
}

static void mark_early(struct pass_record *record, const struct answer *answer) {
    if (record->early++ > 0 && answer->call->completion_tokens >= record->early_tokens)
        return;
    record->early_tokens = answer->call->completion_tokens;
    record->early_median = answer->median;
    copy_text(record->early_finish, sizeof record->early_finish, answer->call->finish);
}

/* Marks the pass's records; cells other than `column` that hold an early stop are judged again. */
static void mark_pass(struct board *board, int ep, int column, int pass) {
    enum suite_id suite = board->columns[column].suite;
    double share = board->run.limits.early_stop_share;
    struct answers answers = answers_of(board, ep, suite, pass);
    set_medians(board, ep, suite, &answers);
    int early = 0;
    for (size_t i = 0; i < answers.count; i++)
        answers.at[i].record->early = 0;
    for (size_t i = 0; i < answers.count; i++)
        if ((double)answers.at[i].call->completion_tokens < share * answers.at[i].median) {
            mark_early(answers.at[i].record, &answers.at[i]);
            early++;
        }
    for (size_t i = 0; i < answers.count; i++) {
        struct pass_record *record = answers.at[i].record;
        bool was = board_gate(board, ep, answers.at[i].column, GATE_EARLY_STOP) != NULL;
        record->early_in_pass = early;
        record->early_of = (int)answers.count;
        if (answers.at[i].column != column && (record->early > 0 || was))
            judge_cell(board, ep, answers.at[i].column);
    }
    free(answers.at);
}

/* ---- template: the same text counted by endpoints of one family ---- */

static bool same_family(const struct endpoint *a, const struct endpoint *b) {
    return a->family && b->family && *a->family && strcmp(a->family, b->family) == 0;
}

static void note_difference(struct pass_record *record, double differs, int peer) {
    if (differs <= record->template_differs)
        return;
    record->template_differs = differs;
    record->template_peer = peer;
}

static void compare_templates(struct board *board, int ep, int column, int pass) {
    struct pass_record *own = pass_find(board_cell(board, ep, column), pass);
    if (!own || own->open || isnan(own->prompt_mean))
        return;
    own->template_differs = 0;
    for (int peer = 0; peer < (int)board->row_count; peer++) {
        struct pass_record *other = pass_find(board_cell(board, peer, column), pass);
        if (peer == ep || !other || other->open || isnan(other->prompt_mean) ||
            !same_family(board->rows[ep].endpoint, board->rows[peer].endpoint))
            continue;
        double low = fmin(own->prompt_mean, other->prompt_mean);
        double differs = fabs(own->prompt_mean - other->prompt_mean) / fmax(low, 1);
        note_difference(own, differs, peer);
        if (other->template_peer == ep)
            other->template_differs = 0; /* what it was before this pass was run again */
        note_difference(other, differs, ep);
        if (differs > board->run.limits.template_share ||
            board_gate(board, peer, column, GATE_TEMPLATE))
            judge_cell(board, peer, column);
    }
}

void gate_refresh(struct board *board, int ep, int column, int pass) {
    if (board->columns[column].warmup)
        return;
    if (board->columns[column].suite == SUITE_AGENTIC)
        mark_pass(board, ep, column, pass);
    compare_templates(board, ep, column, pass);
    judge_cell(board, ep, column);
}
