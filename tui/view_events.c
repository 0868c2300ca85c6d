/* Events: notes, failed calls, ends of phases, gates and verdicts of all runs, in order of time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "facts.h"
#include "layout.h"
#include "view_parts.h"

enum { BRIEF_WIDTH = 60 }; /* below it lines are put shortly */

enum line_kind { /* in order at one time */
                 LINE_NOTE,
                 LINE_CALL,
                 LINE_PHASE,
                 LINE_GATE,
                 LINE_VERDICT,
                 LINE_RUN
};

/* One line, as a reference: its text is made when it is looked at. */
struct line {
    int64_t t; /* on the screen's axis: alignment added */
    enum line_kind kind;
    int source, ep;
    size_t index; /* of the note, the call, the column, the gate or the verdict */
};
struct lines {
    struct line *at;
    size_t count, capacity;
};
struct line_text {
    enum role role;
    const char *name; /* of the endpoint; "" none */
    char text[320];
};

static void add(struct lines *lines, struct line line) {
    lines->at = mem_grow(lines->at, lines->count, &lines->capacity, sizeof line);
    lines->at[lines->count++] = line;
}

static bool is_over(const struct cell *cell) {
    return cell->state != CELL_WAITING && cell->state != CELL_RUNNING &&
           (cell->passes_done > 0 || cell->reason);
}

static void collect_row(struct lines *lines, const struct board *board, int source, int ep,
                        int64_t offset) {
    const struct row *row = &board->rows[ep];
    for (size_t c = 0; c < board->column_count; c++)
        if (is_over(&row->cells[c]))
            add(lines, (struct line){row->cells[c].ended_us + offset, LINE_PHASE, source, ep, c});
    for (size_t i = 0; i < row->call_count; i++) {
        const struct board_call *call = row->calls[i];
        if (call->finished && call->call.error != ERROR_NONE)
            add(lines, (struct line){call->call.end_us + offset, LINE_CALL, source, ep, i});
    }
}

/* Gates at the end of their phase, verdicts at the end of their suite's newest one. */
static void collect_judgements(struct lines *lines, const struct board *board, int source,
                               int64_t offset) {
    for (size_t i = 0; i < board->gate_count; i++) {
        const struct gate_result *gate = &board->gates[i];
        const struct cell *cell = board_cell(board, gate->ep, gate->column);
        if (cell)
            add(lines, (struct line){cell->ended_us + offset, LINE_GATE, source, gate->ep, i});
    }
    for (size_t i = 0; i < board->verdict_count; i++) {
        const struct verdict *verdict = &board->verdicts[i];
        int64_t t = -1;
        for (size_t c = 0; c < board->column_count; c++) {
            const struct cell *cell = board_cell(board, verdict->ep, (int)c);
            if (cell && board->columns[c].suite == verdict->suite && cell->ended_us > t)
                t = cell->ended_us;
        }
        if (t >= 0 && verdict->value[0])
            add(lines, (struct line){t + offset, LINE_VERDICT, source, verdict->ep, i});
    }
}

static void collect(const struct draw *draw, struct lines *lines) {
    for (size_t s = 0; s < draw->scene->count; s++) {
        const struct board *board = draw->scene->boards[s];
        int64_t offset = draw->scene->offset_us[s];
        for (size_t i = 0; i < board->note_count; i++)
            add(lines, (struct line){board->notes[i].t + offset, LINE_NOTE, (int)s,
                                     board->notes[i].ep, i});
        for (size_t ep = 0; ep < board->row_count; ep++)
            collect_row(lines, board, (int)s, (int)ep, offset);
        collect_judgements(lines, board, (int)s, offset);
        if (board->status != RUN_OPEN)
            add(lines, (struct line){board->now_us + offset, LINE_RUN, (int)s, -1, 0});
    }
}

static int compare(const void *left, const void *right) {
    const struct line *a = left, *b = right;
    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    if (a->source != b->source)
        return a->source - b->source;
    if (a->kind != b->kind)
        return (int)a->kind - (int)b->kind;
    return a->ep != b->ep ? a->ep - b->ep : a->index < b->index ? -1 : a->index > b->index;
}

static void text_of_phase(const struct board *board, const struct line *line, bool brief,
                          struct line_text *out) {
    const struct cell *cell = &board->rows[line->ep].cells[line->index];
    const char *phase = board->columns[line->index].phase;
    enum metric_id metric =
        suite_is_quality(board->columns[line->index].suite) ? METRIC_SCORE : METRIC_TTFT;
    char value[FIGURE_TEXT], decode[FIGURE_TEXT], word[PHASE_TITLE];
    if (cell->state != CELL_DONE) {
        out->role = cell->state == CELL_SKIPPED ? ROLE_DIM : ROLE_WARN;
        snprintf(out->text, sizeof out->text, "%s %s%s%s", phase,
                 cell->state == CELL_SKIPPED ? "skipped" : "stopped", cell->reason ? ": " : "",
                 cell->reason ? cell->reason : "");
        return;
    }
    draw_figure(metric, board_value(board, line->ep, (int)line->index, metric, STAT_MEDIAN), value);
    draw_figure(METRIC_DECODE,
                board_value(board, line->ep, (int)line->index, METRIC_DECODE, STAT_MEDIAN), decode);
    out->role = ROLE_DIM;
    if (cell->calls > 0 && cell->calls_ok == 0)
        snprintf(out->text, sizeof out->text, "%s done, no call succeeded", phase);
    else if (metric == METRIC_TTFT && brief)
        snprintf(out->text, sizeof out->text, "%s %s %s", draw_phase(phase, 9, word), value,
                 decode);
    else if (metric == METRIC_TTFT)
        snprintf(out->text, sizeof out->text, "%s done, TTFT %s, %s", phase, value, decode);
    else
        snprintf(out->text, sizeof out->text, "%s done, score %s", phase, value);
}

static void text_of_gate(const struct board *board, const struct line *line,
                         struct line_text *out) {
    const struct gate_result *gate = &board->gates[line->index];
    char title[GATE_TEXT], phase[PHASE_TITLE];
    facts_gate_title(gate->gate, title);
    out->role = facts_gate_role(gate->gate);
    snprintf(out->text, sizeof out->text, "%s: gate %c %s, %s",
             draw_phase(board->columns[gate->column].phase, 8, phase), gate_mark(gate->gate), title,
             gate->detail);
}

static void text_of_verdict(const struct board *board, const struct line *line,
                            struct line_text *out) {
    const struct verdict *verdict = &board->verdicts[line->index];
    out->role = facts_verdict_role(verdict);
    snprintf(out->text, sizeof out->text, "%s %s%s%s", verdict_title(verdict->id), verdict->value,
             verdict->evidence[0] ? ": " : "", verdict->evidence);
}

static void text_of(const struct draw *draw, const struct line *line, bool brief,
                    struct line_text *out) {
    const struct board *board = draw->scene->boards[line->source];
    *out = (struct line_text){.role = ROLE_DIM, .name = ""};
    if (line->ep >= 0 && (size_t)line->ep < board->row_count) {
        struct row_ref ref = {board, &board->rows[line->ep], line->source, line->ep};
        out->name = row_name(&ref);
    }
    switch (line->kind) {
    case LINE_NOTE:
        out->role = board->notes[line->index].level == NOTE_INFO
                        ? ROLE_TEXT
                        : draw_level_role(board->notes[line->index].level);
        copy_text(out->text, sizeof out->text, board->notes[line->index].text);
        return;
    case LINE_PHASE:
        text_of_phase(board, line, brief, out);
        return;
    case LINE_CALL: {
        const struct call *call = &board->rows[line->ep].calls[line->index]->call;
        bool ours = error_is_ours(call->error);
        const char *detail = call->error_detail;
        if (detail && strcmp(detail, error_word(call->error)) == 0)
            detail = NULL;
        out->role = ours ? ROLE_WARN : ROLE_BAD;
        snprintf(out->text, sizeof out->text, "%s call %d %s%s%s%s", call->phase, call->index + 1,
                 ours ? "" : "failed, ", error_word(call->error), detail ? ": " : "",
                 detail ? detail : "");
        return;
    }
    case LINE_GATE:
        text_of_gate(board, line, out);
        return;
    case LINE_VERDICT:
        text_of_verdict(board, line, out);
        return;
    case LINE_RUN:
        out->role = board->status == RUN_COMPLETE && board->measured ? ROLE_GOOD : ROLE_WARN;
        snprintf(out->text, sizeof out->text, "run %s%s", board_is_void(board) ? "over: " : "",
                 board_end_word(board));
        return;
    }
}

/* Keep the lines that hold the filter's text. */
static void filter(const struct draw *draw, struct lines *lines) {
    size_t kept = 0;
    if (!draw->ui->filter[0])
        return;
    for (size_t i = 0; i < lines->count; i++) {
        struct line_text text;
        text_of(draw, &lines->at[i], false, &text);
        if (text_has(text.name, draw->ui->filter) || text_has(text.text, draw->ui->filter))
            lines->at[kept++] = lines->at[i];
    }
    lines->count = kept;
}

/* Cells of the column of names. */
static int name_cells(int width) {
    return width >= BRIEF_WIDTH ? 13 : 10;
}

/* Where a line's text begins; `name`: cells of the column of names. */
static int text_left(const struct draw *draw, int width, int name, const struct line_text *text) {
    int indent = width < BRIEF_WIDTH ? 5 : 6;
    return indent + 3 + (draw->scene->count > 1 ? 2 : 0) + (text->name[0] ? name + 1 : 0);
}

/* In a rect of more than one row the text is wrapped, else cut. */
static void draw_line(const struct draw *draw, struct rect rect, int name,
                      const struct line *line) {
    struct line_text text;
    char time[DURATION_TEXT];
    bool brief = rect.width < BRIEF_WIDTH;
    int indent = brief ? 5 : 6;
    text_of(draw, line, brief, &text);
    draw_duration(line->t, time);
    frame_right(draw->frame, rect.x, rect.y, indent, ROLE_DIM, time);
    uint32_t sign = text.role == ROLE_BAD    ? 0x2717
                    : text.role == ROLE_WARN ? '!'
                    : text.role == ROLE_GOOD ? 0x2713
                                             : 0xb7;
    frame_put(draw->frame, rect.x + indent + 1, rect.y, sign, text.role);
    int x = rect.x + indent + 3;
    enum role role = draw->scene->count > 1 ? view_series_role(line->source) : ROLE_HEADER;
    if (draw->scene->count > 1) {
        frame_text(draw->frame, x, rect.y, 1, role, view_run_sign(draw->ui, line->source));
        x += 2;
    }
    if (text.name[0])
        frame_text(draw->frame, x, rect.y, name, role, text.name);
    int left = text_left(draw, rect.width, name, &text);
    struct rect room = {rect.x + left, rect.y, rect.width - left, rect.height};
    if (rect.height > 1)
        draw_wrapped(draw, room, 0, text.role, text.text);
    else
        frame_text(draw->frame, room.x, room.y, room.width, text.role, text.text);
}

/* Rows that a line's whole text takes. */
static int rows_of(const struct draw *draw, const struct line *line, int width) {
    struct line_text text;
    text_of(draw, line, width < BRIEF_WIDTH, &text);
    int left = text_left(draw, width, name_cells(width), &text);
    int rows = draw_wrapped(draw, (struct rect){0, 0, width - left, 0}, 0, text.role, text.text);
    return rows > 1 ? rows : 1;
}

/* How many lines can be scrolled away: all but the oldest that fill the rect. */
static int scroll_most(const struct draw *draw, const struct lines *lines, struct rect rect) {
    int oldest = 0, used = 0;
    while (oldest < (int)lines->count &&
           (used += rows_of(draw, &lines->at[oldest], rect.width)) <= rect.height)
        oldest++;
    return (int)lines->count - (oldest > 0 ? oldest : 1);
}

static void collect_sorted(const struct draw *draw, struct lines *lines) {
    collect(draw, lines);
    filter(draw, lines);
    if (lines->count > 0)
        qsort(lines->at, lines->count, sizeof *lines->at, compare);
}

static void draw_none(const struct draw *draw, struct rect rect) {
    if (rect.height > 0)
        frame_text(draw->frame, rect.x, rect.y, rect.width, ROLE_DIM,
                   draw->ui->filter[0] ? "nothing matches the filter" : "nothing has happened yet");
}

void events_draw(const struct draw *draw, struct rect rect) {
    struct lines lines = {0};
    collect_sorted(draw, &lines);
    int count = (int)lines.count, first = count > rect.height ? count - rect.height : 0;
    for (int i = first; i < count; i++)
        draw_line(draw, (struct rect){rect.x, rect.y + i - first, rect.width, 1},
                  name_cells(rect.width), &lines.at[i]);
    if (count == 0)
        draw_none(draw, rect);
    free(lines.at);
}

/* The same with every text whole, `ui->event` lines back from the newest. */
static void draw_whole(const struct draw *draw, struct rect rect) {
    struct lines lines = {0};
    collect_sorted(draw, &lines);
    int count = (int)lines.count, most = count > 0 ? scroll_most(draw, &lines, rect) : 0;
    int end = count - (draw->ui->event < most ? draw->ui->event : most);
    int first = end, used = 0;
    while (first > 0 && used + rows_of(draw, &lines.at[first - 1], rect.width) <= rect.height)
        used += rows_of(draw, &lines.at[--first], rect.width);
    if (first == end && end > 0)
        first--; /* taller than the rect: its beginning */
    for (int i = first, y = 0; i < end && y < rect.height; i++) {
        int rows = rows_of(draw, &lines.at[i], rect.width);
        rows = rows < rect.height - y ? rows : rect.height - y;
        draw_line(draw, (struct rect){rect.x, rect.y + y, rect.width, rows}, name_cells(rect.width),
                  &lines.at[i]);
        y += rows;
    }
    if (count == 0)
        draw_none(draw, rect);
    free(lines.at);
}

bool events_newest(const struct draw *draw, struct rect rect) {
    const struct note_line *newest = NULL;
    int source = 0;
    for (size_t s = 0; s < draw->scene->count; s++) {
        const struct board *board = draw->scene->boards[s];
        if (board->note_count == 0)
            continue;
        const struct note_line *note = &board->notes[board->note_count - 1];
        if (!newest ||
            note->t + draw->scene->offset_us[s] > newest->t + draw->scene->offset_us[source]) {
            newest = note;
            source = (int)s;
        }
    }
    if (!newest)
        return false;
    const struct board *board = draw->scene->boards[source];
    int ep = newest->ep >= 0 && (size_t)newest->ep < board->row_count ? newest->ep : 0;
    struct row_ref ref = {board, &board->rows[ep], source, ep};
    draw_line(draw, rect, board->row_count > 0 ? (int)text_cells(row_name(&ref)) : 0,
              &(struct line){newest->t + draw->scene->offset_us[source], LINE_NOTE, source,
                             newest->ep, (size_t)(newest - board->notes)});
    return true;
}

static void view_draw_events(struct frame *frame, struct rect rect, const struct scene *scene,
                             const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    char right[96] = "";
    if (ui->filter[0])
        snprintf(right, sizeof right, "filter: %s", ui->filter);
    else if (ui->event > 0)
        snprintf(right, sizeof right, "%d back from the newest", ui->event);
    struct rect inner =
        draw_section(&draw, rect, true, draw_view_key(VIEW_EVENTS), "events", right);
    draw_whole(&draw, inner);
}

static bool events_act(struct ui *ui, const struct scene *scene, enum action action,
                       struct rect rect) {
    struct lines lines = {0};
    struct draw draw = {NULL, scene, ui};
    collect_sorted(&draw, &lines);
    int page = rect.height > 3 ? rect.height - 3 : 1, pad = layout_pad(rect.width);
    struct rect inner = {0, 0, rect.width - 2 - 2 * pad, rect.height - 2};
    int most = lines.count > 0 ? scroll_most(&draw, &lines, inner) : 0;
    free(lines.at);
    int to = ui->event > most ? most : ui->event;
    if (action == ACTION_UP || action == ACTION_DOWN)
        to += action == ACTION_UP ? 1 : -1;
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        to += action == ACTION_PAGE_UP ? page : -page;
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        to = action == ACTION_FIRST ? most : 0;
    else
        return false;
    ui->event = to < 0 ? 0 : to > most ? most : to;
    return true;
}

const struct view_ops view_events_ops = {VIEW_EVENTS, "events", view_draw_events, events_act};
