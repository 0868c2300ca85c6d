#include "callview.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t callview_start_us(const struct board_call *call) {
    return call->call.start_us != MARK_NONE ? call->call.start_us : call->started_us;
}

static int64_t connect_us(const struct call *call) {
    return isnan(call->connect_ms) || call->connect_ms < 0 ? 0 : (int64_t)(call->connect_ms * 1000);
}

static int64_t end_of(const struct board_call *call, int64_t now_us) {
    if (!call->finished)
        return now_us;
    return call->call.end_us != MARK_NONE ? call->call.end_us : callview_start_us(call);
}

int64_t callview_length_us(const struct board_call *call, int64_t now_us) {
    int64_t length = end_of(call, now_us) - callview_start_us(call);
    return (length > 0 ? length : 0) + connect_us(&call->call);
}

/* Taller is nearer to the answer; the gap above keeps the bars of two lines apart. */
uint32_t callview_glyph(const struct ui *ui, enum role role) {
    bool ascii = ui->glyphs == GLYPH_ASCII;
    if (role == ROLE_CONNECT)
        return ascii ? '>' : 0x2581;
    if (role == ROLE_WAIT)
        return ascii ? '.' : 0x2582;
    if (role == ROLE_PREFILL)
        return ascii ? '-' : 0x2584;
    return ascii ? '#' : 0x2586;
}

int64_t callview_alone_us(const struct board *board, int ep, int column) {
    char single[PHASE_MAX];
    if (column < 0 || (size_t)column >= board->column_count)
        return 0;
    const struct column *of = &board->columns[column];
    if (of->suite != SUITE_BURST || strncmp(of->phase, "burst-", 6) != 0)
        return 0;
    snprintf(single, sizeof single, "single-%.16s", of->phase + 6);
    double ttft =
        board_value(board, ep, board_column(board, SUITE_BURST, single), METRIC_TTFT, STAT_MEDIAN);
    return ttft > 0 ? (int64_t)(ttft * 1e3) : 0;
}

void callview_parts(const struct board_call *call, int64_t now_us, int64_t alone_us,
                    int64_t ends_us[PART_COUNT]) {
    const struct call *of = &call->call;
    int64_t start = callview_start_us(call), end = end_of(call, now_us);
    bool decodes = of->first_token_us != MARK_NONE;
    int64_t token = decodes ? of->first_token_us : end;
    /* while it runs nobody knows when the first byte came: it counts as prefill */
    int64_t wait = of->first_byte_us != MARK_NONE ? of->first_byte_us
                   : call->finished               ? token
                                                  : start;
    if (alone_us > 0) {
        wait = decodes ? token - alone_us : token;
        wait = wait > start ? wait : start;
    }
    ends_us[PART_WAIT] = wait < token ? wait : token;
    ends_us[PART_PREFILL] = token;
    ends_us[PART_DECODE] = end;
}

enum role callview_part_role(enum call_part part) {
    static const enum role roles[PART_COUNT] = {
        [PART_WAIT] = ROLE_WAIT, [PART_PREFILL] = ROLE_PREFILL, [PART_DECODE] = ROLE_DECODE};
    return roles[part];
}

/* The cells of a bar from `from` up to where its time `us` lies; returns where that is. */
static int put_part(const struct draw *draw, struct rect bar, int from, double us, int64_t full_us,
                    enum role role) {
    int to = (int)(us * bar.width / (double)full_us + 0.5);
    to = to > bar.width ? bar.width : to;
    for (; from < to; from++)
        frame_put(draw->frame, bar.x + from, bar.y, callview_glyph(draw->ui, role), role);
    return from;
}

void callview_bar(const struct draw *draw, struct rect bar, const struct board_call *call,
                  int64_t now_us, int64_t alone_us, int64_t full_us) {
    int64_t ends[PART_COUNT];
    if (bar.width <= 0 || full_us <= 0)
        return;
    int64_t connect = connect_us(&call->call), begin = callview_start_us(call) - connect;
    int from = put_part(draw, bar, 0, (double)connect, full_us, ROLE_CONNECT);
    callview_parts(call, now_us, alone_us, ends);
    for (int part = 0; part < PART_COUNT; part++)
        from = put_part(draw, bar, from, (double)(ends[part] - begin), full_us,
                        callview_part_role((enum call_part)part));
    if (from == 0) /* too short for a cell, but it was there */
        frame_put(draw->frame, bar.x, bar.y, callview_glyph(draw->ui, ROLE_DECODE), ROLE_DECODE);
}

const char *callview_outcome(const struct board_call *call) {
    if (!call->finished)
        return "running";
    if (call->call.error != ERROR_NONE)
        return error_word(call->call.error);
    return call->call.finish[0] ? call->call.finish : "–";
}

enum role callview_role(const struct board_call *call) {
    if (!call->finished)
        return ROLE_ACCENT;
    if (call->superseded)
        return ROLE_DIM;
    if (!call->call.ok)
        return ROLE_BAD;
    return call->call.correct == CHECK_NO || call->call.degenerate ? ROLE_WARN : ROLE_TEXT;
}

/* ---- the page ---- */

struct page {
    const struct draw *draw;
    struct rect rect;
    int scroll, line;
};

static void page_text(struct page *page, enum role role, const char *text) {
    int above = page->scroll > page->line ? page->scroll - page->line : 0;
    int at = page->line > page->scroll ? page->line - page->scroll : 0;
    int room = page->rect.height > at ? page->rect.height - at : 0;
    struct rect rect = {page->rect.x, page->rect.y + at, page->rect.width, room};
    page->line += draw_wrapped(page->draw, rect, above, role, text);
}

static void page_part(struct page *page, const char *title, const char *text) {
    if (!text || !text[0])
        return;
    page->line++;
    page_text(page, ROLE_TITLE, title);
    page_text(page, ROLE_TEXT, text);
}

static void page_mark(struct page *page, const char *name, int64_t mark, int64_t start) {
    char text[80];
    if (mark == MARK_NONE)
        snprintf(text, sizeof text, "  %-14s –", name);
    else
        snprintf(text, sizeof text, "  %-14s %+12.3f ms", name, (double)(mark - start) / 1000);
    page_text(page, ROLE_TEXT, text);
}

static void page_marks(struct page *page, const struct board_call *of) {
    const struct call *call = &of->call;
    int64_t start = callview_start_us(of);
    page_mark(page, "sent", call->sent_us, start);
    page_mark(page, "first byte", call->first_byte_us, start);
    page_mark(page, "first token", call->first_token_us, start);
    page_mark(page, "first content", call->first_content_us, start);
    page_mark(page, "last token", call->last_token_us, start);
    page_mark(page, "end", call->end_us, start);
}

static void page_figures(struct page *page, const struct board_call *call) {
    char ttft[FIGURE_TEXT], decode[FIGURE_TEXT], prompt[METRIC_TEXT], cached[METRIC_TEXT],
        tokens[METRIC_TEXT], text[320];
    const struct call *of = &call->call;
    draw_figure(METRIC_TTFT, of->ttft_ms, ttft);
    draw_figure(METRIC_DECODE, of->decode_tps, decode);
    metric_format(METRIC_PROMPT_TOKENS, of->prompt_tokens < 0 ? NAN : (double)of->prompt_tokens,
                  prompt);
    metric_format(METRIC_CACHED, of->cached_tokens < 0 ? NAN : (double)of->cached_tokens, cached);
    metric_format(METRIC_COMPLETION,
                  of->completion_tokens < 0 ? NAN : (double)of->completion_tokens, tokens);
    snprintf(text, sizeof text,
             "TTFT %s · decode %s · prompt %s, cached %s, output %s tokens (%s) · %s", ttft, decode,
             prompt, cached, tokens, tokens_word(of->tokens_source), callview_outcome(call));
    page_text(page, callview_role(call), text);
    if (of->error_detail)
        page_text(page, ROLE_BAD, of->error_detail);
}

int callview_page(const struct draw *draw, struct rect rect, const struct board_call *call,
                  int64_t now_us, int64_t alone_us, int scroll) {
    struct page page = {draw, rect, scroll, 0};
    page_figures(&page, call);
    if (page.line >= scroll && page.line - scroll < rect.height)
        callview_bar(draw, (struct rect){rect.x, rect.y + page.line - scroll, rect.width, 1}, call,
                     now_us, alone_us, callview_length_us(call, now_us));
    page.line++;
    page_marks(&page, call);
    page_part(&page, "reasoning", call->reasoning);
    page_part(&page, "answer", call->content);
    page_part(&page, "tool calls", call->tool_calls);
    page_part(&page, "request", call->request);
    page_part(&page, "what the engine reports", call->call.server);
    if (!call->content && !call->reasoning && !call->tool_calls)
        page_part(&page, "text", call->finished ? "not kept in the log" : "not there yet");
    if (call->cut)
        page_text(&page, ROLE_WARN, "(cut: longer than the log keeps)");
    return page.line;
}
