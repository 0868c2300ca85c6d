/* The quality suites live: a row of marks for every suite and endpoint, the score so far, and for
 * the selected turn what was asked, what came, and what is wrong with it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "callpage.h"
#include "layout.h"
#include "quality_list.h"
#include "view_parts.h"

enum { FIGURE = 8 };

static const struct {
    uint32_t glyph;
    enum role role;
    const char *means;
} marks[] = {
    [SCORE_CLEAN] = {0x2713, ROLE_GOOD, "right"},
    [SCORE_FAILED] = {0x2717, ROLE_BAD, "wrong"},
    [SCORE_PARTLY] = {'~', ROLE_WARN, "in part"},
    [SCORE_FAULT] = {'!', ROLE_WARN, "engine's fault"},
    [SCORE_WAITING] = {0xb7, ROLE_DIM, "not yet"},
};

static void put_mark(const struct draw *draw, int x, int y, enum score_mark mark) {
    frame_put(draw->frame, x, y, marks[mark].glyph, marks[mark].role);
}

/* ---- the marks of a line ---- */

struct strip {
    const struct draw *draw;
    const struct scorecard *card;
    const struct scored *scored;
    struct rect rect;
    int64_t call; /* selected; 0: none */
    int64_t turn; /* of the spinner */
};

static void put_cell(const struct strip *strip, int at, enum score_mark mark, int clean,
                     bool selected, bool running) {
    struct rect cell = {strip->rect.x + at, strip->rect.y, 1, 1};
    if (at < 0 || at >= strip->rect.width)
        return;
    if (running)
        frame_put(strip->draw->frame, cell.x, cell.y, draw_spinner(strip->draw->ui, strip->turn),
                  ROLE_ACCENT);
    else if (mark == SCORE_PARTLY && clean > 0 && clean < 10)
        frame_put(strip->draw->frame, cell.x, cell.y, (uint32_t)('0' + clean), ROLE_WARN);
    else
        put_mark(strip->draw, cell.x, cell.y, mark);
    if (selected)
        frame_select(strip->draw->frame, cell);
}

static bool is_selected(const struct strip *strip, int place) {
    const struct score_line *line = strip->scored->at[place];
    return strip->call && line && line->call == strip->call;
}

/* Repeat after repeat, a blank between. */
static void draw_spread(const struct strip *strip) {
    int count = strip->card->count;
    for (int i = 0; i < strip->scored->size; i++)
        put_cell(strip, i + i / count, scored_mark(strip->scored->at[i]), 0, is_selected(strip, i),
                 i == strip->scored->running);
    int running = strip->scored->running; /* a turn that nobody has had yet */
    if (running >= strip->scored->size) {
        bool next = count > 0 && running > 0 && strip->card->repeats > 1;
        put_cell(strip, running + (next ? running / count : 0), SCORE_WAITING, 0, false, true);
    }
}

/* A mark a turn, over its repeats; about the selected one where not all fit. */
static void draw_folded(const struct strip *strip) {
    int count = strip->card->count, selected = -1;
    for (int i = 0; i < strip->scored->size; i++)
        selected = is_selected(strip, i) ? i % count : selected;
    int first = layout_scroll(count, strip->rect.width, selected < 0 ? 0 : selected);
    for (int turn = first; turn < count; turn++) {
        int clean;
        enum score_mark mark = scored_turn(strip->card, strip->scored, turn, &clean);
        int place = strip->scored->running;
        bool running = place >= 0 && place < strip->scored->size && place % count == turn;
        put_cell(strip, turn - first, mark, clean, turn == selected, running);
    }
}

static void draw_strip(const struct strip *strip) {
    if (quality_list_spread(strip->card, strip->rect.width))
        draw_spread(strip);
    else
        draw_folded(strip);
}

/* ---- the list ---- */

static void draw_percent(const struct draw *draw, int x, int y, double value) {
    enum role role = value >= 99.95 ? ROLE_GOOD : value < 50 ? ROLE_BAD : ROLE_TEXT;
    draw_value(draw, x, y, FIGURE - 1, role, METRIC_SCORE, value);
}

static void draw_label(const struct draw *draw, struct rect rect, const struct quality_line *line) {
    const char *phase = line->ref->board->columns[line->column].phase;
    enum role role = draw->scene->count > 1 ? view_series_role(line->ref->source) : ROLE_TEXT;
    int width = rect.width - 3, x = rect.x + 2;
    if (line->ref->row->state == ENDPOINT_DOWN)
        role = ROLE_BAD;
    if (line->alone || line->leads) {
        int most = line->alone ? width : width - (int)strlen(phase) - 1;
        char title[160];
        row_title(draw->scene, draw->ui, line->ref, title, sizeof title);
        int used = frame_text(draw->frame, x, rect.y, most, role, title);
        x += used + 1;
        width -= used + 1;
    } else {
        x += 2;
        width -= 2;
    }
    if (!line->alone)
        frame_text(draw->frame, x, rect.y, width, ROLE_DIM, phase);
}

/* Nothing is scored: why. */
static void draw_state(const struct draw *draw, struct rect rect, const struct cell *cell) {
    static const char *const words[] = {[CELL_SKIPPED] = "skipped", [CELL_STOPPED] = "stopped"};
    if (cell->state == CELL_SKIPPED || cell->state == CELL_STOPPED)
        frame_printf(draw->frame, rect.x, rect.y, rect.width, ROLE_WARN, "%s%s%s",
                     words[cell->state], cell->reason ? ": " : "",
                     cell->reason ? cell->reason : "");
}

static void draw_figures(const struct draw *draw, const struct quality_layout *layout, int x, int y,
                         const struct quality_line *line, const struct scored *scored,
                         int repeats) {
    char text[160];
    draw_percent(draw, x, y, scored_mean(scored));
    draw_percent(draw, x + FIGURE, y, pass_k_percent(&scored->pass_k, repeats));
    x += 2 * FIGURE;
    if (layout->latency) {
        draw_value(draw, x, y, FIGURE - 1, ROLE_DIM, METRIC_LATENCY,
                   board_value(line->ref->board, line->ref->ep, line->column, METRIC_LATENCY,
                               STAT_MEDIAN));
        x += FIGURE;
    }
    scored_failures(scored, text, sizeof text);
    frame_text(draw->frame, x + 1, y, layout->failures, ROLE_DIM, text);
}

static void draw_line(const struct draw *draw, const struct quality_list *list,
                      const struct quality_layout *layout, int index, int y, bool selected) {
    const struct quality_line *line = &list->lines[index];
    const struct board *board = line->ref->board;
    const struct cell *cell = board_cell(board, line->ref->ep, line->column);
    struct rect rect = {layout->list.x, y, layout->list.width, 1};
    struct scored scored;
    scored_read(&list->cards[line->card], line->ref, line->column, &scored);
    int turn = selected ? quality_list_turn(&scored, draw->ui) : -1;
    if (selected)
        frame_put(draw->frame, rect.x, y, 0x25b6, ROLE_ACCENT);
    draw_label(draw, (struct rect){rect.x, y, layout->label, 1}, line);
    rect.x += layout->label;
    rect.width -= layout->label;
    if (scored.scored + scored.faults == 0 && cell->reason) {
        draw_state(draw, rect, cell);
    } else {
        struct strip strip = {draw,
                              &list->cards[line->card],
                              &scored,
                              {rect.x, y, layout->strip, 1},
                              turn >= 0 ? scored.at[turn]->call : 0,
                              board->now_us / 250000};
        draw_strip(&strip);
        draw_figures(draw, layout, rect.x + layout->strip, y, line, &scored,
                     list->cards[line->card].repeats);
    }
    scored_done(&scored);
}

static void draw_head(const struct draw *draw, const struct quality_layout *layout,
                      const struct scorecard *card, int y) {
    struct frame *frame = draw->frame;
    char pass_k[16] = "pass^k";
    int x = layout->list.x, room = layout->label + layout->strip;
    int used = frame_text(frame, x, y, room, ROLE_HEADER, suite_word(card->suite)) + 2;
    if (card->repeats > 0) {
        snprintf(pass_k, sizeof pass_k, "pass^%d", card->repeats);
        used += frame_printf(frame, x + used, y, room - used, ROLE_DIM, "%d", card->count);
        if (card->repeats > 1)
            frame_printf(
                frame, x + used, y, room - used, ROLE_DIM, " × %d%s", card->repeats,
                quality_list_spread(card, layout->strip) ? "" : " in a mark each, 2: right in two");
    }
    x += room;
    frame_right(frame, x, y, FIGURE - 1, ROLE_DIM, "score");
    frame_right(frame, x + FIGURE, y, FIGURE - 1, ROLE_DIM, pass_k);
    x += 2 * FIGURE;
    if (layout->latency) {
        frame_right(frame, x, y, FIGURE - 1, ROLE_DIM, "ms/call");
        x += FIGURE;
    }
    frame_text(frame, x + 1, y, layout->failures, ROLE_DIM, "what failed");
}

static void draw_list(const struct draw *draw, const struct quality_list *list,
                      const struct quality_layout *layout, int selected) {
    struct rect rect = layout->list;
    int lines = quality_list_height(list);
    int first = layout_scroll(lines, rect.height, quality_list_place(list, selected));
    for (int i = 0; i < list->count; i++) {
        int y = rect.y + quality_list_place(list, i) - first;
        const struct scorecard *card = &list->cards[list->lines[i].card];
        if (y - 1 >= rect.y && y - 1 < rect.y + rect.height &&
            (i == 0 || list->lines[i - 1].card != list->lines[i].card))
            draw_head(draw, layout, card, y - 1);
        if (y == rect.y && rect.height > 2 && i != selected)
            draw_head(draw, layout, card, y); /* its own head is above the screen */
        else if (y >= rect.y && y < rect.y + rect.height)
            draw_line(draw, list, layout, i, y, i == selected);
    }
    if (lines > rect.height)
        frame_printf(draw->frame, rect.x + rect.width - 10, rect.y + rect.height, 9, ROLE_ACCENT,
                     " %d/%d ", selected + 1, list->count);
}

static void draw_legend(const struct draw *draw, const struct quality_layout *layout) {
    static const enum score_mark order[] = {SCORE_CLEAN, SCORE_FAILED, SCORE_FAULT, SCORE_WAITING,
                                            SCORE_PARTLY};
    int x = layout->box.x + 2, y = layout->box.y + layout->box.height - 1;
    int end = layout->box.x + layout->box.width - 12;
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        const char *means = marks[order[i]].means;
        if (x + (int)strlen(means) + 4 > end)
            continue;
        frame_put(draw->frame, x, y, ' ', ROLE_DIM);
        put_mark(draw, x + 1, y, order[i]);
        x += 2 + frame_printf(draw->frame, x + 2, y, end - x, ROLE_DIM, " %s ", means);
    }
}

/* ---- the selected turn ---- */

struct flow { /* text from a line on */
    const struct draw *draw;
    struct rect rect;
    int line;
};

static void flow_text(struct flow *flow, enum role role, const char *text) {
    struct rect rest = {flow->rect.x, flow->rect.y + flow->line, flow->rect.width,
                        flow->rect.height - flow->line};
    if (rest.height > 0)
        flow->line += draw_wrapped(flow->draw, rest, 0, role, text);
}

static void flow_part(struct flow *flow, const char *title, const char *text) {
    bool roomy = flow->rect.height > 12;
    if (!text || !text[0])
        return;
    flow->line += roomy;
    if (roomy)
        flow_text(flow, ROLE_TITLE, title);
    flow_text(flow, ROLE_TEXT, text);
}

static void flow_score(struct flow *flow, const struct score_line *line) {
    enum score_mark mark = scored_mark(line);
    char points[32] = "", *text;
    if (flow->line >= flow->rect.height)
        return;
    if (mark == SCORE_PARTLY)
        snprintf(points, sizeof points, "%.2f points ", line->points);
    text = mem_format("%s: %s%s%s%s%s", line->item, points,
                      line->failure ? line->failure : marks[mark].means,
                      mark == SCORE_FAULT ? ", not scored" : "", line->detail ? ", " : "",
                      line->detail ? line->detail : "");
    put_mark(flow->draw, flow->rect.x, flow->rect.y + flow->line, mark);
    struct flow beside = *flow;
    beside.rect.x += 2;
    beside.rect.width -= 2;
    flow_text(&beside, mark == SCORE_CLEAN ? ROLE_TEXT : marks[mark].role, text);
    flow->line = beside.line;
    free(text);
}

/* Below a wrong answer's mark. */
static void flow_expected(struct flow *flow, const struct score_line *line) {
    if (!line->expected || flow->line >= flow->rect.height)
        return;
    char *text = mem_format("expected: %s", line->expected);
    struct flow below = *flow;
    below.rect.x += 2;
    below.rect.width -= 2;
    flow_text(&below, ROLE_TEXT, text);
    flow->line = below.line;
    free(text);
}

/* The turn in every repeat. */
static void flow_repeats(struct flow *flow, const struct scorecard *card,
                         const struct scored *scored, int turn) {
    int x = flow->rect.x, y = flow->rect.y + flow->line;
    if (card->repeats < 2 || flow->rect.height - flow->line < 3)
        return;
    x += frame_text(flow->draw->frame, x, y, flow->rect.width, ROLE_DIM, "in all repeats ");
    for (int i = turn % card->count; i < scored->size && x < flow->rect.x + flow->rect.width;
         i += card->count)
        put_mark(flow->draw, x++, y, scored_mark(scored->at[i]));
    flow->line++;
}

static void draw_turn(const struct draw *draw, struct rect inner, const struct quality_list *list,
                      const struct quality_line *line, const struct scored *scored, int turn) {
    const struct scorecard *card = &list->cards[line->card];
    int64_t id = scored->at[turn]->call;
    const struct board_call *call = board_call(line->ref->board, id);
    struct flow flow = {draw, inner, 0};
    for (int i = turn; i < scored->size && i < turn + card->count; i++)
        if (scored->at[i] && (i == turn || (id && scored->at[i]->call == id)))
            flow_score(&flow, scored->at[i]);
    flow_expected(&flow, scored->at[turn]);
    flow_repeats(&flow, card, scored, turn);
    if (!call)
        return;
    const char *error = call->call.error_detail, *told = scored->at[turn]->detail;
    if (!error || !told || strcmp(error, told) != 0)
        flow_part(&flow, "error", error);
    flow_part(&flow, "tool calls", call->tool_calls);
    flow_part(&flow, "answer", call->content);
    flow_part(&flow, "reasoning", call->reasoning);
    if (!call->content && !call->reasoning && !call->tool_calls && !error)
        flow_text(&flow, ROLE_DIM, "its text was not kept");
}

static void draw_detail(const struct draw *draw, struct rect rect, const struct quality_list *list,
                        int selected) {
    const struct quality_line *line = &list->lines[selected];
    const struct scorecard *card = &list->cards[line->card];
    const struct cell *cell = board_cell(line->ref->board, line->ref->ep, line->column);
    char title[160];
    struct scored scored;
    if (rect.height < 3)
        return;
    scored_read(card, line->ref, line->column, &scored);
    int turn = quality_list_turn(&scored, draw->ui);
    if (turn < 0)
        snprintf(title, sizeof title, "%s", row_name(line->ref));
    else
        snprintf(title, sizeof title, "%s · turn %lld, repeat %d of %d", row_name(line->ref),
                 (long long)scored.at[turn]->turn + 1, turn / card->count + 1, card->repeats);
    struct rect inner =
        draw_section(draw, rect, true, 0, title, turn < 0 ? NULL : "Enter: request, answer");
    if (turn >= 0)
        draw_turn(draw, inner, list, line, &scored, turn);
    else
        frame_text(draw->frame, inner.x, inner.y, inner.width, ROLE_DIM,
                   cell->reason                  ? cell->reason
                   : cell->state == CELL_RUNNING ? "the first answer is not there yet"
                                                 : "no turn has been asked yet");
    scored_done(&scored);
}

static void quality_draw(struct frame *frame, struct rect rect, const struct scene *scene,
                         const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    struct quality_list list;
    struct quality_layout layout;
    quality_list_collect(scene, ui, &list);
    int selected = quality_list_selected(&list, ui);
    const struct row_ref *ref = selected < 0 ? NULL : list.lines[selected].ref;
    const struct board_call *call = ref ? callpage_open(ref, ui) : NULL;
    if (call) {
        callpage_draw(&draw, rect, ref, call);
    } else {
        quality_list_layout(&list, rect, &layout);
        const char *keys = selected < 0 ? NULL : "left, right: turns · PgUp, PgDn: failures";
        if (selected < 0)
            layout.box = rect;
        draw_section(&draw, layout.box, true, draw_view_key(VIEW_QUALITY), "quality", keys);
        if (selected < 0)
            frame_text(frame, layout.list.x + 1, layout.list.y, layout.list.width - 1, ROLE_DIM,
                       ui->filter[0] && list.rows.count == 0
                           ? "no engine matches the filter"
                           : "no quality suite in this run: pitwall --suite quality");
        else {
            draw_list(&draw, &list, &layout, selected);
            draw_legend(&draw, &layout);
            draw_detail(&draw, layout.detail, &list, selected);
        }
    }
    quality_list_done(&list);
}

/* ---- keys ---- */

/* Another turn of a line; where it has no more, a failing one of the lines behind. */
static void move_turn(const struct quality_list *list, const struct quality_layout *layout,
                      struct ui *ui, int by, bool failing) {
    int at = quality_list_selected(list, ui), to = -1;
    bool first = true;
    while (at >= 0 && at < list->count && to < 0) {
        const struct quality_line *line = &list->lines[at];
        const struct scorecard *card = &list->cards[line->card];
        struct scored scored;
        scored_read(card, line->ref, line->column, &scored);
        int from = first ? quality_list_turn(&scored, ui) : -1;
        to = quality_list_step(card, &scored, quality_list_spread(card, layout->strip), from, by,
                               failing);
        if (to >= 0) {
            int64_t call = scored.at[to]->call;
            quality_list_select(list, ui, at);
            ui->call = call;
        }
        scored_done(&scored);
        if (!failing)
            break;
        first = false;
        at += by;
    }
}

static void move_end(const struct quality_list *list, const struct quality_layout *layout,
                     struct ui *ui, int by) {
    int at = quality_list_selected(list, ui);
    const struct quality_line *line = &list->lines[at];
    const struct scorecard *card = &list->cards[line->card];
    struct scored scored;
    scored_read(card, line->ref, line->column, &scored);
    int to =
        quality_list_step(card, &scored, quality_list_spread(card, layout->strip), -1, by, false);
    quality_list_select(list, ui, at);
    ui->call = to >= 0 ? scored.at[to]->call : 0;
    scored_done(&scored);
}

static void open_call(const struct quality_list *list, struct ui *ui, int selected) {
    const struct quality_line *line = &list->lines[selected];
    struct scored scored;
    scored_read(&list->cards[line->card], line->ref, line->column, &scored);
    int turn = quality_list_turn(&scored, ui);
    quality_list_select(list, ui, selected);
    if (turn >= 0 && board_call(line->ref->board, scored.at[turn]->call)) {
        ui->call = scored.at[turn]->call;
        ui->call_text = true;
        ui->text_scroll = 0;
    }
    scored_done(&scored);
}

static bool list_act(const struct quality_list *list, const struct quality_layout *layout,
                     struct ui *ui, enum action action, int selected) {
    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        move_turn(list, layout, ui, action == ACTION_LEFT ? -1 : 1, false);
    } else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN) {
        move_turn(list, layout, ui, action == ACTION_PAGE_UP ? -1 : 1, true);
    } else if (action == ACTION_FIRST || action == ACTION_LAST) {
        move_end(list, layout, ui, action == ACTION_FIRST ? 1 : -1);
    } else if (action == ACTION_UP || action == ACTION_DOWN) {
        int to = selected + (action == ACTION_UP ? -1 : 1);
        quality_list_select(list, ui, to < 0 ? 0 : to >= list->count ? list->count - 1 : to);
    } else if (action == ACTION_OPEN) {
        open_call(list, ui, selected);
    } else {
        return false;
    }
    return true;
}

static bool quality_act(struct ui *ui, const struct scene *scene, enum action action,
                        struct rect rect) {
    struct quality_list list;
    struct quality_layout layout;
    quality_list_collect(scene, ui, &list);
    int selected = quality_list_selected(&list, ui);
    bool handled = false;
    if (selected >= 0) {
        const struct row_ref *ref = list.lines[selected].ref;
        bool sideways = action == ACTION_LEFT || action == ACTION_RIGHT;
        bool open = callpage_open(ref, ui) != NULL;
        quality_list_layout(&list, rect, &layout);
        if (open && !sideways)
            handled = callpage_act(ui, scene, ref, action, rect);
        else
            handled = list_act(&list, &layout, ui, action, selected);
        if (open && sideways)
            ui->text_scroll = 0;
    }
    quality_list_done(&list);
    return handled;
}

const struct view_ops view_quality_ops = {VIEW_QUALITY, "quality", quality_draw, quality_act};
