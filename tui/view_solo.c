/* view_solo: is the machine clean? What each machine tells, and the reasons against measuring on
 * it, each with what to do. Beside each other where there is room, else reasons first; what does
 * not fit is scrolled to. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "layout.h"
#include "model/energy.h"
#include "model/solo.h"
#include "view_parts.h"

enum { LABEL_WIDTH = 16, SIDE_WIDTH = 100, MACHINES_WIDTH = 44 };

/* Lines in order, of which those from `scroll` on are seen. */
struct page {
    const struct draw *draw;
    struct rect rect;
    int scroll, line;
};

static void page_text(struct page *page, int indent, enum role role, const char *text) {
    struct rect rect = page->rect;
    int above = page->scroll - page->line, skip = above > 0 ? above : 0;
    int y = page->line + skip - page->scroll, room = rect.height - y;
    struct rect place = {rect.x + indent, rect.y + y, rect.width - indent, room > 0 ? room : 0};
    page->line += draw_wrapped(page->draw, place, skip, role, text);
}

/* One fact of a machine; NULL text: it does not tell. */
static void page_fact(struct page *page, const char *label, enum role role, const char *text) {
    int y = page->line - page->scroll;
    if (y >= 0 && y < page->rect.height)
        frame_text(page->draw->frame, page->rect.x, page->rect.y + y, LABEL_WIDTH, ROLE_DIM, label);
    page_text(page, LABEL_WIDTH, text ? role : ROLE_DIM, text ? text : "–");
}

static void page_number(struct page *page, const char *label, int decimals, double value,
                        const char *unit) {
    char text[64];
    snprintf(text, sizeof text, "%.*f%s", decimals, value, unit);
    page_fact(page, label, ROLE_TEXT, isnan(value) ? NULL : text);
}

static void page_residents(struct page *page, const struct sample *sample) {
    for (size_t i = 0; i < sample->other_count; i++) {
        char text[64];
        int engine = sample->others[i].engine;
        bool known = engine >= 0 && engine < ENGINE_COUNT;
        snprintf(text, sizeof text, "%s (pid %d)",
                 known ? engine_title((enum engine_id)engine) : "an engine", sample->others[i].pid);
        page_fact(page, i == 0 ? "other engines" : "", ROLE_BAD, text);
    }
}

static void page_machine(struct page *page, const struct lane_state *lane) {
    const struct sample *sample = &lane->last;
    char power[64];
    bool known = sample->thermal != THERMAL_UNKNOWN;
    snprintf(power, sizeof power, "%s%s%s", sample->power_source ? sample->power_source : "",
             sample->power_source && sample->power_mode ? " · " : "",
             sample->power_mode ? sample->power_mode : "");
    page_text(page, 0, ROLE_TITLE, lane->name);
    page_residents(page, sample);
    page_fact(page, "thermal", sample->thermal == THERMAL_NOMINAL ? ROLE_GOOD : ROLE_WARN,
              known ? thermal_word(sample->thermal) : NULL);
    page_number(page, "swap in use", 0, sample->swap_mb, " MB");
    page_number(page, "swap moved", 0, sample->swap_mb - lane->swap_start, " MB since the start");
    page_number(page, "memory pressure", 1, sample->pressure, "");
    page_number(page, "memory free", 0, sample->free_mb, " MB");
    page_number(page, "GPU busy", 0, sample->gpu_pct, " %");
    page_number(page, "power draw", 1, energy_watts(lane->energy), " W");
    page_fact(page, "power source", ROLE_TEXT, power[0] ? power : NULL);
    page->line++;
}

static void page_machines(struct page *page) {
    const struct scene *scene = page->draw->scene;
    int first = page->line;
    for (size_t s = 0; s < scene->count; s++)
        for (size_t i = 0; i < scene->boards[s]->lane_count; i++)
            if (scene->boards[s]->lanes[i].seen)
                page_machine(page, &scene->boards[s]->lanes[i]);
    if (page->line == first)
        page_text(page, 0, ROLE_DIM, "no sample yet");
}

static void page_reason(struct page *page, const struct board *board,
                        const struct solo_reason *reason) {
    char text[300];
    const char *about = reason->ep < 0 ? "machine" : board->rows[reason->ep].endpoint->name;
    snprintf(text, sizeof text, "%.60s: %s", about, reason->what);
    page_text(page, 0, ROLE_WARN, text);
    page_text(page, 2, ROLE_DIM, reason->todo);
    page->line++;
}

static void page_reasons(struct page *page) {
    const struct scene *scene = page->draw->scene;
    for (size_t s = 0; s < scene->count; s++) {
        struct solo solo;
        solo_judge(&solo, scene->boards[s], NULL);
        if (solo.count == 0) {
            page_text(page, 0, ROLE_GOOD,
                      "CLEAN: nothing that is known speaks against measuring here");
            page->line++;
        }
        for (size_t i = 0; i < solo.count; i++)
            page_reason(page, scene->boards[s], &solo.reasons[i]);
    }
}

static void page_both(struct page *page) {
    page_reasons(page);
    page_machines(page);
}

/* How far a section of these lines can be scrolled, in `inner`. */
static int scroll_most(const struct draw *draw, struct rect inner, void (*write)(struct page *)) {
    struct page page = {draw, {inner.x, inner.y, inner.width, 0}, 0, 0};
    write(&page);
    return page.line > inner.height ? page.line - inner.height : 0;
}

static struct rect inner_of(struct rect rect) {
    int pad = 1 + layout_pad(rect.width);
    return (struct rect){rect.x + pad, rect.y + 1, rect.width - 2 * pad, rect.height - 2};
}

/* The view's sections: returns how many. */
struct section {
    struct rect rect;
    const char *title;
    void (*write)(struct page *);
};
static int sections_of(struct rect rect, struct section sections[2]) {
    struct rect left = rect, right = rect;
    if (rect.width < SIDE_WIDTH) {
        sections[0] = (struct section){rect, "may figures be trusted?", page_both};
        return 1;
    }
    left.width = MACHINES_WIDTH;
    right.x += left.width;
    right.width -= left.width;
    sections[0] = (struct section){left, "machines", page_machines};
    sections[1] = (struct section){right, "may figures be trusted?", page_reasons};
    return 2;
}

static void solo_draw(struct frame *frame, struct rect rect, const struct scene *scene,
                      const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    struct section sections[2];
    int count = sections_of(rect, sections);
    for (int i = 0; i < count; i++) {
        struct rect inner = inner_of(sections[i].rect);
        int most = scroll_most(&draw, inner, sections[i].write);
        int scroll = ui->solo_scroll > most ? most : ui->solo_scroll;
        char right[40] = "";
        if (most > 0)
            snprintf(right, sizeof right, "%d%%", scroll * 100 / most);
        draw_section(&draw, sections[i].rect, true, i == 0 ? draw_view_key(VIEW_SOLO) : 0,
                     sections[i].title, right);
        sections[i].write(&(struct page){&draw, inner, scroll, 0});
    }
}

static bool solo_act(struct ui *ui, const struct scene *scene, enum action action,
                     struct rect rect) {
    struct draw draw = {NULL, scene, ui};
    struct section sections[2];
    int count = sections_of(rect, sections), most = 0, page = rect.height - 3;
    for (int i = 0; i < count; i++) {
        int one = scroll_most(&draw, inner_of(sections[i].rect), sections[i].write);
        most = one > most ? one : most;
    }
    int to = ui->solo_scroll > most ? most : ui->solo_scroll;
    if (action == ACTION_UP || action == ACTION_DOWN)
        to += action == ACTION_UP ? -1 : 1;
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        to += action == ACTION_PAGE_UP ? -page : page;
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        to = action == ACTION_FIRST ? 0 : most;
    else
        return false;
    ui->solo_scroll = to < 0 ? 0 : to > most ? most : to;
    return true;
}

const struct view_ops view_solo_ops = {VIEW_SOLO, "solo", solo_draw, solo_act};
