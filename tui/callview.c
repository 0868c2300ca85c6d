#include "callview.h"

#include <math.h>
#include <stdio.h>

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

/* Parts of a call in order; each runs from where the one before ended. */
struct part {
    enum role role;
    int64_t end_us; /* since the bar's begin */
};
enum { PARTS = 4 };

static int64_t mark_or(int64_t mark, int64_t otherwise) {
    return mark != MARK_NONE ? mark : otherwise;
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

static void parts_of(const struct board_call *call, int64_t now_us, struct part parts[PARTS]) {
    const struct call *of = &call->call;
    int64_t end = end_of(call, now_us), start = callview_start_us(call);
    int64_t begin = start - connect_us(of);
    int64_t token = mark_or(of->first_token_us, end);
    /* while it runs nobody knows when the first byte came: it counts as prefill */
    int64_t byte = mark_or(of->first_byte_us, call->finished ? token : start);
    parts[0] = (struct part){ROLE_CONNECT, start - begin};
    parts[1] = (struct part){ROLE_WAIT, (byte < token ? byte : token) - begin};
    parts[2] = (struct part){ROLE_PREFILL, token - begin};
    parts[3] = (struct part){ROLE_DECODE, end - begin};
}

void callview_bar(const struct draw *draw, int x, int y, int width, const struct board_call *call,
                  int64_t now_us, int64_t full_us) {
    struct part parts[PARTS];
    if (width <= 0 || full_us <= 0)
        return;
    parts_of(call, now_us, parts);
    int from = 0;
    for (int i = 0; i < PARTS; i++) {
        int to = (int)((double)parts[i].end_us * width / (double)full_us + 0.5);
        to = to > width ? width : to;
        for (; from < to; from++)
            frame_put(draw->frame, x + from, y, callview_glyph(draw->ui, parts[i].role),
                      parts[i].role);
    }
    if (from == 0) /* too short for a cell, but it was there */
        frame_put(draw->frame, x, y, callview_glyph(draw->ui, ROLE_DECODE), ROLE_DECODE);
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
                  int64_t now_us, int scroll) {
    struct page page = {draw, rect, scroll, 0};
    page_figures(&page, call);
    if (page.line >= scroll && page.line - scroll < rect.height)
        callview_bar(draw, rect.x, rect.y + page.line - scroll, rect.width, call, now_us,
                     callview_length_us(call, now_us));
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
