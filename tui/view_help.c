/* Help: keys, metrics, gates and signs, all from their tables. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "facts.h"
#include "layout.h"
#include "view_parts.h"

/* A page that is written from top to bottom, of which the part in `rect` is seen. */
struct page {
    const struct draw *draw;
    struct rect rect;
    int scroll, line;
};

static bool is_seen(const struct page *page, int *y) {
    *y = page->rect.y + page->line - page->scroll;
    return *y >= page->rect.y && *y < page->rect.y + page->rect.height;
}

static void page_title(struct page *page, const char *title) {
    int y;
    if (page->line > 0)
        page->line++;
    if (is_seen(page, &y))
        frame_text(page->draw->frame, page->rect.x, y, page->rect.width, ROLE_TITLE, title);
    page->line++;
}

/* A term in the first `left` cells, its explanation beside it, over as many lines as it needs. */
static void page_term(struct page *page, int left, enum role role, const char *term,
                      const char *text) {
    struct rect rect = page->rect;
    int y, above = page->scroll - page->line;
    if (is_seen(page, &y))
        frame_text(page->draw->frame, rect.x + 1, y, left - 2, role, term);
    int skip = above > 0 ? above : 0;
    y = rect.y + page->line + skip - page->scroll;
    int room = rect.y + rect.height - y;
    struct rect right = {rect.x + left, y, rect.width - left, room > 0 ? room : 0};
    int lines = draw_wrapped(page->draw, right, skip, ROLE_TEXT, text);
    page->line += lines > 0 ? lines : 1;
}

static void page_keys(struct page *page) {
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    int context = page->draw->ui->replay ? CONTEXT_REPLAY : CONTEXT_LIVE | CONTEXT_ENDED;
    page_title(page, "Keys");
    for (size_t i = 0; i < count; i++) {
        char keys[80] = "";
        bool view = rows[i].action >= ACTION_VIEW_BOARD && rows[i].action <= ACTION_VIEW_EVENTS;
        if (view && !view_of((enum view_id)(rows[i].action - ACTION_VIEW_BOARD)))
            continue; /* not built */
        if (!rows[i].help || !rows[i].keys[0] || !(rows[i].context & context))
            continue;
        for (size_t k = 0; k < COUNT_OF(rows[i].keys) && rows[i].keys[k]; k++) {
            char name[16];
            size_t used = strlen(keys);
            keymap_key_name(rows[i].keys[k], name);
            snprintf(keys + used, sizeof keys - used, "%s%s", used ? " " : "", name);
        }
        page_term(page, 20, ROLE_ACCENT, keys, rows[i].help);
    }
}

static void page_signs(struct page *page) {
    static const struct {
        const char *sign, *text;
        enum role role;
    } signs[] = {
        {"·", "waits for its turn", ROLE_DIM},
        {"–", "absent: skipped, not measured, or not told by the engine", ROLE_DIM},
        {"✗", "no call of the phase succeeded; the engine view says why", ROLE_BAD},
        {"*",
         "best of its column among those that may be ranked: more than 1 % ahead, ranges apart; "
         "whether it stands is for 5 compare to say",
         ROLE_GOOD},
        {"!",
         "behind a verdict: the cold prompt may not have been cold, or the times and the tokens "
         "that the engine "
         "says it had cached disagree",
         ROLE_WARN},
        {"● ◆ ■ ★ …", "several runs: which run a row is of", ROLE_SERIES_1},
        {"+12%▾ -5%▴ ×12 ÷15",
         "several runs: the difference to the same engine of the reference "
         "run (the first, or that of a marked row), ▴ better, ▾ worse",
         ROLE_TEXT},
        {"≈",
         "no difference shown: fewer than 5 passes, an interval that holds 0, less than 1 %, "
         "or one that does not stand among all cells",
         ROLE_DIM},
    };
    page_title(page, "Signs");
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        page_term(page, 22, signs[i].role, signs[i].sign, signs[i].text);
    if (page->draw->ui->replay)
        page_term(page, 22, ROLE_TEXT, "┼ ◇ ▮ ▴",
                  "on a replay's scrub bar: a phase or suite begins, a verdict is told, a gate "
                  "trips, an error or a warning");
    page_term(
        page, 22, ROLE_TEXT, "median",
        "On the board and in reports of all calls of all passes together (of what is measured "
        "once a pass, of the passes). Compared are passes: the median of their medians. A "
        "burst's p50 is the call in the middle of one pass, by nearest rank.");
    page_term(
        page, 22, ROLE_TEXT, "sparklines",
        "All run over board time, from the run's start to now; the figure beside one is its "
        "newest point, not a median. TTFT has a scale of its own in each row; the others share "
        "one over all rows.");
    page_term(
        page, 22, ROLE_TEXT, "bars of calls",
        "Wait up to the reply's first byte, prefill from there to the first token, decode up to "
        "the last. Engines that send nothing before the first token show their prefill as wait. "
        "In a burst as much of it is prefill as a call alone took.");
    if (!page->draw->ui->replay)
        page_term(
            page, 22, ROLE_TEXT, "--beside RUN",
            "Saved runs follow the live one by phase: they jump ahead with it and wait for it. "
            "No key moves them; a pause holds the display of all.");
}

static void page_gates(struct page *page) {
    page_title(page, "Gates");
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        char title[GATE_TEXT], term[GATE_TEXT + 4];
        facts_gate_title((enum gate_id)gate, title);
        snprintf(term, sizeof term, "%c %s", gate_mark((enum gate_id)gate), title);
        page_term(page, 26, facts_gate_role((enum gate_id)gate), term,
                  gate_explain((enum gate_id)gate));
    }
}

static void page_metrics(struct page *page) {
    page_title(page, "Metrics");
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct metric *metric = metric_of((enum metric_id)i);
        char term[80];
        bool unit = metric->unit[0] && strcmp(metric->unit, metric->title) != 0;
        snprintf(term, sizeof term, "%s%s%s", metric->title, unit ? " " : "",
                 unit ? metric->unit : "");
        page_term(page, 26, ROLE_HEADER, term, metric->explain);
    }
}

/* Draw the page from line `scroll`; returns its lines. */
static int page_write(const struct draw *draw, struct rect rect, int scroll) {
    struct page page = {draw, rect, scroll, 0};
    page_keys(&page);
    page_signs(&page);
    page_gates(&page);
    page_metrics(&page);
    return page.line;
}

/* How far one can scroll: measured on a page of no height. */
static int scroll_most(const struct draw *draw, struct rect inner) {
    struct rect none = {inner.x, inner.y, inner.width, 0};
    int lines = page_write(draw, none, 0);
    return lines > inner.height ? lines - inner.height : 0;
}

static struct rect inner_of(struct rect rect) {
    int pad = 1 + layout_pad(rect.width);
    return (struct rect){rect.x + pad, rect.y + 1, rect.width - 2 * pad, rect.height - 2};
}

static void help_draw(struct frame *frame, struct rect rect, const struct scene *scene,
                      const struct ui *ui) {
    struct draw draw = {frame, scene, ui};
    struct rect inner = inner_of(rect);
    int most = scroll_most(&draw, inner);
    int scroll = ui->help_scroll > most ? most : ui->help_scroll < 0 ? 0 : ui->help_scroll;
    char right[40] = "";
    if (most > 0)
        snprintf(right, sizeof right, "%d%%", scroll * 100 / most);
    draw_section(&draw, rect, true, draw_view_key(VIEW_HELP), "help", right);
    page_write(&draw, inner, scroll);
}

static bool help_act(struct ui *ui, const struct scene *scene, enum action action,
                     struct rect rect) {
    struct draw draw = {NULL, scene, ui};
    struct rect inner = inner_of(rect);
    int most = scroll_most(&draw, inner);
    int to = ui->help_scroll > most ? most : ui->help_scroll;
    if (action == ACTION_UP || action == ACTION_DOWN)
        to += action == ACTION_UP ? -1 : 1;
    else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
        to += action == ACTION_PAGE_UP ? 1 - inner.height : inner.height - 1;
    else if (action == ACTION_FIRST || action == ACTION_LAST)
        to = action == ACTION_FIRST ? 0 : most;
    else
        return false;
    ui->help_scroll = to < 0 ? 0 : to > most ? most : to;
    return true;
}

const struct view_ops view_help_ops = {VIEW_HELP, "help", help_draw, help_act};
