#include "calls.h"

#include <math.h>

#include "callview.h"
#include "layout.h"

enum { CALL_NAME = 16, CALL_FIGURES = 33, CALL_HEAD = 1 };

int calls_selected(const struct row *row, const struct ui *ui) {
    for (size_t i = row->call_count; i-- > 0;)
        if (row->calls[i]->call.id == ui->call)
            return (int)i;
    return (int)row->call_count - 1;
}

static void draw_call_figures(const struct draw *draw, struct rect line,
                              const struct board_call *call) {
    const struct call *of = &call->call;
    bool started = of->first_token_us != MARK_NONE;
    double ttft = call->finished ? of->ttft_ms
                  : started      ? (double)(of->first_token_us - callview_start_us(call)) / 1000
                                 : NAN;
    double tokens = call->finished
                        ? (of->completion_tokens < 0 ? NAN : (double)of->completion_tokens)
                        : (double)call->tokens;
    draw_value(draw, line.x, line.y, 8, ROLE_TEXT, METRIC_TTFT, ttft);
    draw_value(draw, line.x + 8, line.y, 8, ROLE_TEXT, METRIC_DECODE, of->decode_tps);
    draw_value(draw, line.x + 16, line.y, 7, ROLE_TEXT, METRIC_COMPLETION, tokens);
    frame_text(draw->frame, line.x + 24, line.y, line.width - 24, callview_role(call),
               callview_outcome(call));
}

static void draw_call(const struct draw *draw, struct rect line, const struct row_ref *ref,
                      const struct board_call *call, int64_t full_us, bool selected) {
    const struct call *of = &call->call;
    char phase[PHASE_TITLE];
    if (selected)
        frame_put(draw->frame, line.x, line.y, 0x25b6, ROLE_ACCENT);
    frame_printf(draw->frame, line.x + 2, line.y, CALL_NAME - 3,
                 call->finished ? ROLE_TEXT : ROLE_ACCENT, "%s%s%.0d%s",
                 draw_phase(of->phase, 10, phase), ref->board->run.passes > 1 ? " p" : "",
                 ref->board->run.passes > 1 ? of->pass + 1 : 0, of->attempt > 0 ? " again" : "");
    int bar = line.width - CALL_NAME - CALL_FIGURES;
    callview_bar(draw, (struct rect){line.x + CALL_NAME, line.y, bar, 1}, call, ref->board->now_us,
                 callview_alone_us(ref->board, ref->ep, call->column), full_us);
    draw_call_figures(draw, (struct rect){line.x + CALL_NAME + bar, line.y, CALL_FIGURES, 1}, call);
    if (selected)
        frame_select(draw->frame, line);
}

/* Title line of the calls: what the parts of a bar are, and over how long a time it runs. */
static void draw_calls_head(const struct draw *draw, struct rect line, int64_t full_us) {
    struct frame *frame = draw->frame;
    int bar = line.width - CALL_NAME - CALL_FIGURES, x = line.x + CALL_NAME;
    frame_text(frame, line.x + 2, line.y, CALL_NAME - 3, ROLE_DIM, "call");
    static const struct {
        enum role role;
        const char *word;
    } legend[] = {{ROLE_WAIT, "wait"}, {ROLE_PREFILL, "prefill"}, {ROLE_DECODE, "decode"}};
    for (size_t i = 0; i < COUNT_OF(legend) && bar >= 28; i++) {
        frame_put(frame, x, line.y, callview_glyph(draw->ui, legend[i].role), legend[i].role);
        x += 2 + frame_text(frame, x + 2, line.y, 8, ROLE_DIM, legend[i].word) + 2;
    }
    if (bar >= 38 && full_us > 0) {
        char full[FIGURE_TEXT];
        draw_figure(METRIC_LATENCY, (double)full_us / 1000, full);
        frame_right(frame, line.x + CALL_NAME, line.y, bar, ROLE_DIM, full);
    }
    int figures = line.x + CALL_NAME + bar;
    frame_right(frame, figures, line.y, 8, ROLE_HEADER, "TTFT ms");
    frame_right(frame, figures + 8, line.y, 8, ROLE_HEADER, "t/s");
    frame_right(frame, figures + 16, line.y, 7, ROLE_HEADER, "tokens");
    frame_text(frame, figures + 24, line.y, 10, ROLE_HEADER, "end");
}

void calls_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref) {
    int count = (int)ref->row->call_count, height = rect.height - CALL_HEAD;
    int selected = calls_selected(ref->row, draw->ui);
    int64_t full_us = 0;
    if (rect.height < 1)
        return;
    for (int i = 0; i < count; i++) {
        int64_t length = callview_length_us(ref->row->calls[i], ref->board->now_us);
        full_us = length > full_us ? length : full_us;
    }
    draw_calls_head(draw, (struct rect){rect.x, rect.y, rect.width, 1}, full_us);
    int first = layout_scroll(count, height, selected);
    for (int i = 0; i < height && first + i < count; i++)
        draw_call(draw, (struct rect){rect.x, rect.y + CALL_HEAD + i, rect.width, 1}, ref,
                  ref->row->calls[first + i], full_us, first + i == selected && draw->ui->call);
    if (count == 0 && height > 0)
        frame_text(draw->frame, rect.x + 2, rect.y + 1, rect.width - 2, ROLE_DIM, "no call yet");
}
