#include "quality_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "layout.h"

enum {
    MARGIN = 2,      /* before a name */
    NAME_LEAST = 13, /* "  on-preserve" */
    NAME_MOST = 18,
    FIGURE = 8, /* cells of score, pass^k and latency each */
    FAILURES_LEAST = 12,
    FAILURES_WANTED = 24,
    WIDE = 96, /* of the list: room for latency and words */
    BESIDE = 150
};

/* ---- lines ---- */

static bool has_card(const struct quality_list *list, enum suite_id suite) {
    for (int i = 0; i < list->card_count; i++)
        if (list->cards[i].suite == suite)
            return true;
    return false;
}

static void add_lines(struct quality_list *list, int card) {
    enum suite_id suite = list->cards[card].suite;
    for (int r = 0; r < list->rows.count; r++) {
        const struct row_ref *ref = &list->rows.at[r];
        int first = list->count;
        for (int c = 0; c < (int)ref->board->column_count; c++) {
            if (ref->board->columns[c].suite != suite)
                continue;
            list->lines =
                mem_grow(list->lines, (size_t)list->count, &list->capacity, sizeof *list->lines);
            list->lines[list->count] =
                (struct quality_line){card, ref, c, list->count == first, false};
            list->count++;
        }
        if (list->count == first + 1)
            list->lines[first].alone = true;
    }
}

void quality_list_collect(const struct scene *scene, const struct ui *ui,
                          struct quality_list *out) {
    out->card_count = out->count = 0;
    out->capacity = 0;
    out->lines = NULL;
    rows_collect(scene, ui, &out->rows);
    for (size_t s = 0; s < scene->count; s++)
        for (size_t c = 0; c < scene->boards[s]->column_count; c++) {
            enum suite_id suite = scene->boards[s]->columns[c].suite;
            if (!suite_is_quality(suite) || has_card(out, suite))
                continue;
            scorecard_collect(&out->rows, suite, &out->cards[out->card_count]);
            add_lines(out, out->card_count++);
        }
}

void quality_list_done(struct quality_list *list) {
    for (int i = 0; i < list->card_count; i++)
        scorecard_done(&list->cards[i]);
    free(list->lines);
    list->lines = NULL;
    list->count = list->card_count = 0;
}

int quality_list_selected(const struct quality_list *list, const struct ui *ui) {
    int selected = rows_selected(&list->rows, ui), first = -1, running = -1;
    for (int i = 0; i < list->count; i++) {
        const struct quality_line *line = &list->lines[i];
        if (line->ref != &list->rows.at[selected])
            continue;
        if (line->column == ui->column)
            return i;
        first = first < 0 ? i : first;
        if (board_cell(line->ref->board, line->ref->ep, line->column)->state == CELL_RUNNING)
            running = i;
    }
    return running >= 0 ? running : first >= 0 ? first : list->count > 0 ? 0 : -1;
}

void quality_list_select(const struct quality_list *list, struct ui *ui, int line) {
    const struct quality_line *to = &list->lines[line];
    if (to->ref->source == ui->source && to->ref->ep == ui->ep && to->column == ui->column)
        return;
    ui->source = to->ref->source;
    ui->ep = to->ref->ep;
    ui->column = to->column;
    ui->call = 0;
    ui->call_text = false;
}

int quality_list_place(const struct quality_list *list, int line) {
    return line + 2 * list->lines[line].card + 1;
}

int quality_list_height(const struct quality_list *list) {
    return list->count > 0 ? quality_list_place(list, list->count - 1) + 1 : 0;
}

/* ---- layout ---- */

static int spread_width(const struct scorecard *card) {
    return card->repeats > 0 ? card->repeats * (card->count + 1) - 1 : 0;
}

bool quality_list_spread(const struct scorecard *card, int strip) {
    return spread_width(card) <= strip;
}

static int label_width(const struct quality_list *list, bool wide) {
    int widest = NAME_LEAST, most = wide ? NAME_MOST : NAME_LEAST;
    for (int i = 0; i < list->count; i++) {
        int sign = list->lines[i].ref->source != list->lines[0].ref->source ? 2 : 0;
        int cells = (int)text_cells(row_name(list->lines[i].ref)) + sign;
        widest = cells > widest ? cells : widest;
    }
    return MARGIN + (widest < most ? widest : most) + 1;
}

/* The narrowest strip in which every suite looks as well as it can in `room`. */
static int strip_width(const struct quality_list *list, int room) {
    int width = 8;
    for (int i = 0; i < list->card_count; i++) {
        int want = spread_width(&list->cards[i]);
        want = want <= room ? want : list->cards[i].count;
        width = want > width ? want : width;
    }
    return width < room ? width : room;
}

void quality_list_layout(const struct quality_list *list, struct rect rect,
                         struct quality_layout *out) {
    *out = (struct quality_layout){.box = rect};
    if (rect.width >= BESIDE && rect.height >= 10) {
        out->box.width = rect.width * 3 / 5;
        out->detail = (struct rect){rect.x + out->box.width, rect.y, rect.width - out->box.width,
                                    rect.height};
    } else if (rect.height >= 14) {
        int height = rect.height * 3 / 10 > 5 ? rect.height * 3 / 10 : 5;
        out->box.height = rect.height - height;
        out->detail = (struct rect){rect.x, rect.y + out->box.height, rect.width, height};
    }
    int pad = 1 + layout_pad(out->box.width);
    out->list =
        (struct rect){rect.x + pad, rect.y + 1, out->box.width - 2 * pad, out->box.height - 2};
    bool wide = out->list.width >= WIDE;
    out->latency = wide;
    out->label = label_width(list, wide);
    int room = out->list.width - out->label - FIGURE * (wide ? 3 : 2);
    out->strip = strip_width(list, room - (wide ? FAILURES_WANTED : 0));
    int left = room - out->strip - 2;
    out->failures = left >= FAILURES_LEAST ? left : 0;
}

/* ---- turns ---- */

/* Several scores of one call are selected together. */
static int first_of_call(const struct scored *scored, int place) {
    int64_t call = place >= 0 ? scored->at[place]->call : 0;
    for (int i = 0; i < place && call; i++)
        if (scored->at[i] && scored->at[i]->call == call)
            return i;
    return place;
}

int quality_list_turn(const struct scored *scored, const struct ui *ui) {
    int last = -1, failed = -1;
    for (int i = 0; i < scored->size; i++) {
        if (!scored->at[i])
            continue;
        if (ui->call && scored->at[i]->call == ui->call)
            return i;
        last = i;
        failed = scored_mark(scored->at[i]) == SCORE_CLEAN ? failed : i;
    }
    return first_of_call(scored, failed >= 0 ? failed : last);
}

/* On screen: repeat after repeat, or turn after turn where their repeats are one mark. */
static int at_place(const struct scorecard *card, bool spread, int place) {
    return spread ? place : place % card->repeats * card->count + place / card->repeats;
}

int quality_list_step(const struct scorecard *card, const struct scored *scored, bool spread,
                      int from, int by, bool failing) {
    int place = by > 0 ? -1 : scored->size;
    for (int i = 0; i < scored->size && from >= 0; i++)
        if (at_place(card, spread, i) == from)
            place = i;
    for (place += by; place >= 0 && place < scored->size; place += by) {
        const struct score_line *line = scored->at[at_place(card, spread, place)];
        if (!line || (from >= 0 && line->call == scored->at[from]->call))
            continue;
        if (!failing || scored_mark(line) != SCORE_CLEAN)
            return at_place(card, spread, place);
    }
    return -1;
}
