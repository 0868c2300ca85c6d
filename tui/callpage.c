#include "callpage.h"

#include <stdio.h>

#include "callview.h"
#include "layout.h"

const struct board_call *callpage_open(const struct row_ref *ref, const struct ui *ui) {
    const struct board_call *call = ui->call_text ? board_call(ref->board, ui->call) : NULL;
    return call && call->call.ep == ref->ep ? call : NULL;
}

void callpage_draw(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                   const struct board_call *call) {
    char title[240], name[160];
    row_title(draw->scene, draw->ui, ref, name, sizeof name);
    snprintf(title, sizeof title, "%s · %s, pass %d, call %d", name, call->call.phase,
             call->call.pass + 1, call->call.index + 1);
    struct rect inner = draw_section(draw, rect, true, 0, title, "Esc closes");
    callview_page(draw, inner, call, ref->board->now_us,
                  callview_alone_us(ref->board, ref->ep, call->column), draw->ui->text_scroll);
}

bool callpage_act(struct ui *ui, const struct scene *scene, const struct row_ref *ref,
                  enum action action, struct rect rect) {
    const struct board_call *call = board_call(ref->board, ui->call);
    struct draw draw = {NULL, scene, ui};
    int pad = 1 + layout_pad(rect.width), height = rect.height - 2;
    struct rect none = {rect.x, rect.y, rect.width - 2 * pad, 0};
    int lines = call ? callview_page(&draw, none, call, ref->board->now_us, 0, 0) : 0;
    int most = lines > height ? lines - height : 0, to = ui->text_scroll;
    if (action == ACTION_BACK || action == ACTION_OPEN)
        ui->call_text = false;
    else if (action == ACTION_UP || action == ACTION_DOWN)
        to += action == ACTION_UP ? -1 : 1;
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        to += action == ACTION_PAGE_UP ? 1 - height : height - 1;
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        to = action == ACTION_FIRST ? 0 : most;
    else
        return false;
    ui->text_scroll = to > most ? most : to < 0 ? 0 : to;
    return true;
}
