/* view_solo: is the machine clean? What each machine tells, and the reasons against measuring on
 * it, each with what to do. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/solo.h"
#include "view_parts.h"

#define LABEL_WIDTH 16

/* One fact of a machine that is known. Returns the next line. */
static int fact(const struct draw *draw, struct rect inner, int y, const char *label,
                enum role role, const char *text) {
    if (y >= inner.height || !text)
        return y;
    frame_text(draw->frame, inner.x, inner.y + y, LABEL_WIDTH, ROLE_DIM, label);
    frame_text(draw->frame, inner.x + LABEL_WIDTH, inner.y + y, inner.width - LABEL_WIDTH, role,
               text);
    return y + 1;
}

static int number(const struct draw *draw, struct rect inner, int y, const char *label,
                  int decimals, double value, const char *unit) {
    char text[64];
    if (isnan(value))
        return y;
    snprintf(text, sizeof text, "%.*f%s", decimals, value, unit);
    return fact(draw, inner, y, label, ROLE_TEXT, text);
}

static int draw_residents(const struct draw *draw, struct rect inner, int y,
                          const struct sample *sample) {
    char text[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < sample->other_count && used < sizeof text; i++) {
        int engine = sample->others[i].engine;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s (pid %d)", i ? ", " : "",
                                 engine >= 0 && engine < ENGINE_COUNT
                                     ? engine_title((enum engine_id)engine)
                                     : "an engine",
                                 sample->others[i].pid);
    }
    return fact(draw, inner, y, "other engines", ROLE_BAD, used > 0 ? text : NULL);
}

static int draw_machine(const struct draw *draw, struct rect inner, int y,
                        const struct lane_state *lane) {
    const struct sample *sample = &lane->last;
    char power[64];
    bool fine = sample->thermal == THERMAL_NOMINAL;
    snprintf(power, sizeof power, "%s%s%s", sample->power_source ? sample->power_source : "",
             sample->power_source && sample->power_mode ? " · " : "",
             sample->power_mode ? sample->power_mode : "");
    if (y < inner.height)
        frame_text(draw->frame, inner.x, inner.y + y, inner.width, ROLE_TITLE, lane->name);
    int first = y + 1;
    y = draw_residents(draw, inner, first, sample);
    y = fact(draw, inner, y, "thermal", fine ? ROLE_GOOD : ROLE_WARN,
             sample->thermal == THERMAL_UNKNOWN ? NULL : thermal_word(sample->thermal));
    y = number(draw, inner, y, "swap in use", 0, sample->swap_mb, " MB");
    y = number(draw, inner, y, "swap moved", 0, sample->swap_mb - lane->swap_start,
               " MB since the start");
    y = number(draw, inner, y, "memory pressure", 1, sample->pressure, "");
    y = number(draw, inner, y, "memory free", 0, sample->free_mb, " MB");
    y = number(draw, inner, y, "GPU busy", 0, sample->gpu_pct, " %");
    y = fact(draw, inner, y, "power", ROLE_TEXT, power[0] ? power : NULL);
    if (y == first)
        y = fact(draw, inner, y, "", ROLE_DIM, "it tells nothing of itself");
    return y + 1;
}

static void draw_machines(const struct draw *draw, struct rect inner) {
    int y = 0;
    for (size_t s = 0; s < draw->scene->count; s++) {
        const struct board *board = draw->scene->boards[s];
        for (size_t i = 0; i < board->lane_count && y < inner.height; i++)
            if (board->lanes[i].seen)
                y = draw_machine(draw, inner, y, &board->lanes[i]);
    }
    if (y == 0)
        frame_text(draw->frame, inner.x, inner.y, inner.width, ROLE_DIM, "no sample yet");
}

static int draw_reason(const struct draw *draw, struct rect inner, int y, const struct board *board,
                       const struct solo_reason *reason) {
    char text[300];
    const char *about = reason->ep < 0 ? "machine" : board->rows[reason->ep].endpoint->name;
    struct rect line = {inner.x, inner.y + y, inner.width, inner.height - y};
    snprintf(text, sizeof text, "%.60s: %s", about, reason->what);
    int used = draw_wrapped(draw, line, 0, ROLE_WARN, text);
    if (y + used >= inner.height)
        return y + used;
    line = (struct rect){inner.x + 2, line.y + used, inner.width - 2, line.height - used};
    return y + used + draw_wrapped(draw, line, 0, ROLE_DIM, reason->todo) + 1;
}

static void draw_reasons(const struct draw *draw, struct rect inner) {
    int y = 0;
    for (size_t s = 0; s < draw->scene->count && y < inner.height; s++) {
        const struct board *board = draw->scene->boards[s];
        struct solo solo;
        solo_judge(&solo, board, NULL);
        if (solo.count == 0)
            frame_text(draw->frame, inner.x, inner.y + y++, inner.width, ROLE_GOOD,
                       "CLEAN: nothing that is known speaks against measuring here");
        for (size_t i = 0; i < solo.count && y < inner.height; i++)
            y = draw_reason(draw, inner, y, board, &solo.reasons[i]);
    }
}

static void view_draw_solo(struct frame *frame, struct rect rect, const struct scene *scene,
                           const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    bool side = rect.width >= 100;
    struct rect left = rect, right = rect;
    if (side) {
        left.width = 44;
        right.x += left.width;
        right.width -= left.width;
    } else {
        left.height = rect.height / 2;
        right.y += left.height;
        right.height -= left.height;
    }
    draw_machines(&draw,
                  draw_section(&draw, left, true, draw_view_key(VIEW_SOLO), "machines", NULL));
    draw_reasons(&draw, draw_section(&draw, right, true, 0, "may figures be trusted?", NULL));
}

const struct view_ops view_solo_ops = {VIEW_SOLO, "solo", view_draw_solo, NULL};
