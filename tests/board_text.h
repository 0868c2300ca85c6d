/* board_text: all of a board as text, in full precision, so that two boards can be told apart by
 * strcmp: what is shown, and what only the fold goes on from. Static inline functions only. */
#ifndef TESTS_BOARD_TEXT_H
#define TESTS_BOARD_TEXT_H

#include "base/buf.h"
#include "model/board_private.h"

static inline const char *text_or(const char *text) {
    return text ? text : "(none)";
}

static inline void board_text_call(struct buf *out, const struct board_call *of) {
    const struct call *c = &of->call;
    buf_printf(out, "call %lld %d %s %d %d %d | %lld %lld %lld %lld %lld | %g %d %lld %lld %s %d",
               (long long)c->id, c->ep, c->phase, c->pass, c->index, c->attempt,
               (long long)c->start_us, (long long)c->first_token_us, (long long)c->last_token_us,
               (long long)c->end_us, (long long)c->sent_us, c->connect_ms, c->http_status,
               (long long)c->prompt_tokens, (long long)c->completion_tokens, c->finish, c->ok);
    buf_printf(out, " %d %s %a %a %s | %lld %lld %lld %a %d%d%d%d%d%d", (int)c->error,
               text_or(c->error_detail), c->ttft_ms, c->decode_tps, text_or(c->server),
               (long long)of->started_us, (long long)of->ttft_at_us, (long long)of->tokens,
               of->mtp_accept_pct, of->column, of->finished, of->superseded, of->control, of->cut,
               of->holds_text);
    buf_printf(out, " %s %s %s %s\n", text_or(of->content), text_or(of->reasoning),
               text_or(of->tool_calls), text_or(of->request));
}

static inline void board_text_values(struct buf *out, const struct values *values) {
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        buf_printf(out, " [%zu]", i);
        for (size_t k = 0; k < values[i].count; k++)
            buf_printf(out, " %a", values[i].at[k]);
    }
    buf_text(out, "\n");
}

static inline void board_text_record(struct buf *out, const struct pass_record *r) {
    buf_printf(out, "pass %d %d %d%d%d%d %d %lld %lld %zu %zu | %d %d %g %g %g %g %d %g %d %d |",
               r->pass, r->attempt, r->open, r->control, r->down, r->again, (int)r->status,
               (long long)r->started_us, (long long)r->ended_us, r->first_call,
               r->open ? 0 : r->end_call, r->watch.samples, r->watch.hot_samples,
               r->watch.swap_start, r->watch.swap_peak, r->watch.swapouts_last, r->watch.rss_mb,
               (int)r->watch.thermal, r->suite_swap, r->watch.others, r->watch.processes);
    for (size_t i = 0; i < PASS_METRICS; i++)
        buf_printf(out, " %a@%u", r->values[i], r->slots[i]);
    buf_printf(out, " %lld %g %g %lld %d %d %d %g %g %a %g %g %d %d %d\n",
               (long long)r->energy_until_us, r->decode_cover, r->prefill_cover,
               (long long)r->rest.to_us, r->finished, r->valid, r->early, r->early_median,
               r->template_differs, r->ttft_ms, r->prompt, r->cached, r->template_peer,
               r->points_times_1000, r->turns);
}

static inline void board_text_cell(struct buf *out, const struct cell *c) {
    buf_printf(out, "cell %d %s %d %d %lld %lld %d %d %d %d %d %d %d |", (int)c->state,
               text_or(c->reason), c->pass, c->passes_done, (long long)c->started_us,
               (long long)c->ended_us, c->calls, c->calls_ok, c->calls_wrong, c->calls_running,
               c->calls_degenerate, c->calls_cancelled, c->calls_suspended);
    for (size_t i = 0; i < ERROR_CLASS_COUNT; i++)
        buf_printf(out, " %d", c->errors[i]);
    buf_printf(out, " | %d %d %d/%d %x %x %d%d\n", c->scores, c->points_times_1000, c->turns_told,
               c->turns_due, c->gates, c->token_sources, c->ranked, c->tokens_ranked);
    board_text_values(out, c->values);
    board_text_values(out, c->figures);
    for (size_t i = 0; i < c->record_count; i++)
        board_text_record(out, &c->records[i]);
}

static inline void board_text_live(struct buf *out, const struct live *l) {
    buf_printf(out, "live %d %d %a %a %lld %lld %a %d %d %g %lld %x |", l->lane, l->decoding,
               l->tokens, l->per_chunk, (long long)l->base_us, (long long)l->plotted_us,
               l->plotted_tokens, l->suite, l->pass, l->suite_swap, (long long)l->rest.from_us,
               l->short_answers);
    for (size_t i = 0; i < l->count; i++)
        buf_printf(out, " %lld:%a", (long long)l->points[(l->first + i) % LIVE_POINTS].t_us,
                   l->points[(l->first + i) % LIVE_POINTS].tokens);
    for (size_t i = 0; i < l->pending_count; i++)
        buf_printf(out, " %d/%zu", l->pending[i].column, l->pending[i].record);
    buf_text(out, "\n");
}

static inline void board_text_row(struct buf *out, const struct board *board, const struct row *r) {
    buf_printf(out, "row %s %d %s %s %s %d %a %d\n", r->endpoint->name, (int)r->state,
               text_or(r->engine_version), text_or(r->model), text_or(r->detail), r->running_column,
               r->tps_now, r->retries);
    for (size_t i = 0; i < board->column_count; i++)
        board_text_cell(out, &r->cells[i]);
    for (size_t s = 0; s < SERIES_COUNT; s++) {
        const struct series *series = &r->series[s];
        buf_printf(out, "series %zu %zu", series->merged, series->filled);
        for (size_t i = 0; i < series->count; i++)
            buf_printf(out, " %lld-%lld %a %a %a", (long long)series->points[i].from_us,
                       (long long)series->points[i].to_us, series->points[i].low,
                       series->points[i].high, series->points[i].last);
        buf_text(out, "\n");
    }
    for (size_t i = 0; i < r->call_count; i++) {
        board_text_call(out, r->calls[i]);
        if (board_call(board, r->calls[i]->call.id) != r->calls[i])
            buf_text(out, "the index has another call of this id\n");
    }
    for (size_t i = 0; i < r->score_count; i++)
        buf_printf(out, "score %d %s %d %d %d %lld %g %s %s %s\n", r->scores[i].column,
                   r->scores[i].item, r->scores[i].turn, r->scores[i].repeat, r->scores[i].pass,
                   (long long)r->scores[i].call, r->scores[i].points, text_or(r->scores[i].failure),
                   text_or(r->scores[i].detail), text_or(r->scores[i].expected));
    board_text_live(out, r->live);
}

static inline void board_text_lane(struct buf *out, const struct board *board,
                                   const struct lane_state *l) {
    double cover, joules = energy_window(l->energy, 0, board->now_us, &cover);
    buf_printf(out, "lane %s %d %lld %g %g %lld | %a %g %a %lld %s | %s %g %g %s %zu", l->name,
               l->seen, (long long)l->last_us, l->swap_start, l->swapouts_start,
               (long long)l->quiet_us, joules, cover, energy_watts(l->energy),
               (long long)energy_covered_to(l->energy), energy_rails(l->energy),
               text_or(l->last.lane), l->last.swap_mb, l->last.watts, text_or(l->last.power_mode),
               l->last.engine_count);
    for (size_t i = 0; i < l->last.rail_count; i++)
        buf_printf(out, " %s=%a", l->last.rails[i].name, l->last.rails[i].energy_j);
    for (size_t i = 0; i < l->last.engine_count; i++)
        buf_printf(out, " %d:%g", l->last.engines[i].pid, l->last.engines[i].rss_mb);
    for (size_t i = 0; i < l->last.other_count; i++)
        buf_printf(out, " +%d", l->last.others[i].pid);
    buf_text(out, "\n");
}

static inline void board_text_judged(struct buf *out, const struct board *b) {
    for (size_t i = 0; i < b->gate_count; i++)
        buf_printf(out, "gate %d %d %d %a %a %s\n", b->gates[i].ep, b->gates[i].column,
                   (int)b->gates[i].gate, b->gates[i].value, b->gates[i].limit, b->gates[i].detail);
    for (size_t i = 0; i < b->verdict_count; i++)
        buf_printf(out, "verdict %d %d %s %s %s %a\n", b->verdicts[i].ep, (int)b->verdicts[i].id,
                   b->verdicts[i].phase, b->verdicts[i].value, b->verdicts[i].evidence,
                   b->verdicts[i].ratio);
    for (size_t i = 0; i < b->judgement_count; i++)
        buf_printf(out, "judged %lld %d %d %s\n", (long long)b->judgements[i].t,
                   b->judgements[i].ep, b->judgements[i].is_gate, b->judgements[i].text);
}

/* Appended to `out`. */
static inline void board_text(struct buf *out, const struct board *b) {
    buf_printf(out, "%s %lld %d%d %lld %lld %zu %zu %zu %lld\n", b->run.id, (long long)b->now_us,
               (int)b->status, b->measured, (long long)b->dropped, (long long)b->events,
               b->calls_done, b->phases_done, b->phases_planned, (long long)b->nonsense);
    for (size_t i = 0; i < b->column_count; i++)
        buf_printf(out, "column %d %s %d%d\n", (int)b->columns[i].suite, b->columns[i].phase,
                   b->columns[i].planned, b->columns[i].warmup);
    for (size_t i = 0; i < b->row_count; i++)
        board_text_row(out, b, &b->rows[i]);
    for (size_t i = 0; i < b->lane_count; i++)
        board_text_lane(out, b, &b->lanes[i]);
    for (size_t i = 0; i < b->note_count; i++)
        buf_printf(out, "note %lld %d %d %s\n", (long long)b->notes[i].t, (int)b->notes[i].level,
                   b->notes[i].ep, b->notes[i].text);
    for (size_t i = 0; i < b->capability_count; i++)
        buf_printf(out, "can %d %s %s %s\n", b->capabilities[i].ep, b->capabilities[i].name,
                   text_or(b->capabilities[i].value), text_or(b->capabilities[i].evidence));
    board_text_judged(out, b);
}

#endif
