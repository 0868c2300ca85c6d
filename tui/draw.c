#include "draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "layout.h"

char draw_view_key(enum view_id view) {
    size_t count;
    const struct action_row *rows = keymap_rows(&count);
    enum action action =
        view == VIEW_HELP ? ACTION_HELP : (enum action)(ACTION_VIEW_BOARD + (int)view);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < COUNT_OF(rows[i].keys) && rows[i].keys[k]; k++)
            if (rows[i].action == action && rows[i].keys[k] > ' ' && rows[i].keys[k] < 127)
                return (char)rows[i].keys[k];
    return 0;
}

/* Title, key and right text in the line `y`. */
static void draw_title(const struct draw *draw, struct rect rect, char key, const char *title,
                       const char *right) {
    struct frame *frame = draw->frame;
    int x = rect.x + 2, end = rect.x + rect.width - 2;
    int right_cells = right ? (int)text_cells(right) : 0;

    frame_put(frame, x++, rect.y, ' ', ROLE_BORDER);
    if (key) {
        frame_put(frame, x++, rect.y, (unsigned char)key, ROLE_ACCENT);
        frame_put(frame, x++, rect.y, ' ', ROLE_BORDER);
    }
    x += frame_text(frame, x, rect.y, end - x - 1, ROLE_TITLE, title);
    frame_put(frame, x++, rect.y, ' ', ROLE_BORDER);
    if (right_cells == 0 || end - x < right_cells + 4)
        return;
    frame_printf(frame, end - right_cells - 2, rect.y, right_cells + 2, ROLE_DIM, " %s ", right);
}

struct rect draw_section(const struct draw *draw, struct rect rect, bool boxed, char key,
                         const char *title, const char *right) {
    struct frame *frame = draw->frame;
    int pad = layout_pad(rect.width);
    if (rect.width < 8 || rect.height < 1)
        return (struct rect){rect.x, rect.y, 0, 0};
    if (boxed && rect.height >= 2)
        frame_box(frame, rect, NULL, false, draw->ui->glyphs == GLYPH_ASCII);
    else
        frame_fill(frame, (struct rect){rect.x, rect.y, rect.width, 1}, 0x2500, ROLE_BORDER);
    draw_title(draw, rect, key, title, right);
    if (boxed)
        return (struct rect){rect.x + 1 + pad, rect.y + 1, rect.width - 2 - 2 * pad,
                             rect.height - 2};
    return (struct rect){rect.x + pad, rect.y + 1, rect.width - 2 * pad, rect.height - 1};
}

void draw_duration(int64_t us, char out[DURATION_TEXT]) {
    if (us < 0) {
        copy_text(out, DURATION_TEXT, "–");
        return;
    }
    int64_t seconds = us / 1000000;
    if (seconds >= 3600 * 1000)
        copy_text(out, DURATION_TEXT, ">999h");
    else if (seconds >= 3600)
        snprintf(out, DURATION_TEXT, "%d:%02d:%02d", (int)(seconds / 3600),
                 (int)(seconds / 60 % 60), (int)(seconds % 60));
    else
        snprintf(out, DURATION_TEXT, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

/* Phases whose word is long: what they are called where there is less room. */
static const struct {
    const char *phase, *shorter, *shortest;
} phase_titles[] = {
    {"warmup", "warmup", "wup"},
    {"prefix-test-1", "prefix-1", "pfx-1"},
    {"prefix-test-2", "prefix-2", "pfx-2"},
    {"prefix-test-3", "prefix-3", "pfx-3"},
    {"cold-other", "cold-B", "cold-B"},
    {"long-context", "long", "long"},
    {"long-prefix", "long-2", "long-2"},
    {"cold-prefix", "restart", "rest."},
    {"cold-control", "control", "ctrl"},
    {"on-preserve", "on-keep", "keep"},
    {"on-drop", "on-drop", "drop"},
    {"prefix-test", "prefix", "pfx"},
};

/* Stems of phases that end in a number. */
static const struct {
    const char *stem, *shorter;
} phase_stems[] = {{"single-", "sgl-"}, {"burst-", "bst-"}};

static const char *shorten(const char *phase, int width, char out[PHASE_TITLE]) {
    for (size_t i = 0; i < COUNT_OF(phase_stems); i++) {
        size_t stem = strlen(phase_stems[i].stem);
        if (strncmp(phase, phase_stems[i].stem, stem) != 0)
            continue;
        snprintf(out, PHASE_TITLE, "%s%.*s", phase_stems[i].shorter, PHASE_MAX, phase + stem);
        if ((int)text_cells(out) <= width)
            return out;
    }
    if (width < 3)
        return phase;
    char visible[PHASE_TITLE];
    text_visible(visible, sizeof visible, phase, strlen(phase));
    int length = (int)strlen(visible), tail = (width - 1) / 2, head = width - 1 - tail;
    if (length != (int)text_cells(visible)) /* no ASCII: bytes are no cells; cut at its end */
        return phase;
    snprintf(out, PHASE_TITLE, "%.*s…%s", head, visible, visible + length - tail);
    return out;
}

const char *draw_phase(const char *phase, int width, char out[PHASE_TITLE]) {
    if ((int)strlen(phase) <= width && width >= 10)
        return phase;
    for (size_t i = 0; i < COUNT_OF(phase_titles); i++) {
        if (strcmp(phase, phase_titles[i].phase) != 0)
            continue;
        bool fits = (int)strlen(phase_titles[i].shorter) <= width;
        return fits ? phase_titles[i].shorter : phase_titles[i].shortest;
    }
    return (int)text_cells(phase) <= width ? phase : shorten(phase, width, out);
}

/* Quality suites have one phase, and its word says nothing. */
static const char *const suite_titles[SUITE_COUNT] = {
    [SUITE_TOOL_CALL] = "tools",     [SUITE_TOOL_CALL_STRESS] = "stress",
    [SUITE_RECOVERY] = "recov.",     [SUITE_THINKING] = "think",
    [SUITE_INSTRUCT] = "instr.",     [SUITE_RESEARCH_BRIEF] = "brief",
    [SUITE_ORDER_CONTROL] = "order", [SUITE_LOOP_SEARCH] = "loop",
    [SUITE_CODE_TRAPS] = "traps",
};

bool draw_names_suite(const struct column *column) {
    return suite_titles[column->suite] && strcmp(column->phase, "run") == 0;
}

const char *draw_column(const struct column *column, int width, char out[PHASE_TITLE]) {
    if (!draw_names_suite(column))
        return draw_phase(column->phase, width, out);
    const char *word = suite_word(column->suite);
    return (int)strlen(word) < width ? word : suite_titles[column->suite];
}

int draw_phase_width(const struct column *columns, int count) {
    char title[PHASE_TITLE];
    int widest = 4;
    for (int i = 0; i < count; i++) {
        int width = (int)text_cells(draw_column(&columns[i], 9, title));
        widest = width > widest ? width : widest;
    }
    return widest;
}

void draw_value(const struct draw *draw, int x, int y, int width, enum role role,
                enum metric_id metric, double value) {
    char text[METRIC_TEXT];
    metric_format(metric, value, text);
    frame_right(draw->frame, x, y, width, isnan(value) ? ROLE_DIM : role, text);
}

void draw_figure(enum metric_id metric, double value, char out[FIGURE_TEXT]) {
    metric_figure(metric, value, out);
}

void draw_thermal(double level, int width, char out[METRIC_TEXT]) {
    static const char *const shorts[] = {"ok", "mod.", "heavy", "trap", "sleep"};
    metric_format(METRIC_THERMAL, level, out);
    if ((int)text_cells(out) > width && level >= 0 && level < (double)COUNT_OF(shorts))
        copy_text(out, METRIC_TEXT, shorts[(int)level]);
}

const char *draw_unit(enum metric_id metric) {
    const struct metric *row = metric_of(metric);
    bool told =
        strchr(row->title, '/') || row->scale == SCALE_LEVELS || strcmp(row->title, row->unit) == 0;
    return told ? "" : row->unit;
}

uint32_t draw_spinner(const struct ui *ui, int64_t turn) {
    static const uint32_t sets[][4] = {
        [GLYPH_BRAILLE] = {0x2839, 0x283c, 0x2827, 0x280f},
        [GLYPH_BLOCK] = {0x2596, 0x2598, 0x259d, 0x2597},
        [GLYPH_ASCII] = {'|', '/', '-', '\\'},
    };
    return sets[ui->glyphs][(uint64_t)turn % 4];
}

struct window draw_window(const struct scene *scene, int source) {
    struct window window = {0, 1};
    for (size_t i = 0; i < scene->count; i++) {
        int64_t from = scene->offset_us[i], to = from + scene->boards[i]->now_us;
        window.from_us = i == 0 || from < window.from_us ? from : window.from_us;
        window.to_us = to > window.to_us ? to : window.to_us;
    }
    window.from_us -= scene->offset_us[source];
    window.to_us -= scene->offset_us[source];
    return window;
}

/* Least upper end of a scale: below it a change is not worth a tall line. 0: none. */
static double scale_floor(enum board_series series) {
    switch (series) {
    case SERIES_SWAP:
        return 500; /* MB, the limit of memory_pressure */
    case SERIES_THERMAL:
        return 4; /* levels */
    case SERIES_TTFT:
    case SERIES_TPS:
    case SERIES_TPS_PER_WATT:
    case SERIES_WATTS:
    case SERIES_KV:
    case SERIES_COUNT:
        return 0;
    }
    return 0;
}

double draw_last(const struct row *row, enum board_series series) {
    const struct series *of = &row->series[series];
    bool per_call = series == SERIES_TTFT || series == SERIES_TPS || series == SERIES_TPS_PER_WATT;
    if (!per_call) /* a sensor that fell silent has no figure */
        return series_last(of);
    for (size_t i = of->count; i-- > 0;)
        if (!isnan(of->points[i].last))
            return of->points[i].last;
    return NAN;
}

static double raise(double high, double value) {
    return isnan(value) || value < high ? high : value;
}

double draw_scale(const struct draw *draw, const struct rows *rows, const struct row_ref *ref,
                  enum board_series series) {
    double high = scale_floor(series);
    /* TTFT spans orders of magnitude between engines; what is read off it is cold against warm */
    bool own = series == SERIES_TTFT || !rows;
    for (int i = 0; i < (own ? 1 : rows->count); i++) {
        const struct row_ref *other = own ? ref : &rows->at[i];
        struct window window = draw_window(draw->scene, other->source);
        high = raise(high, series_high(&other->row->series[series], window.from_us, window.to_us));
    }
    return high > 0 ? high : 1;
}

enum role draw_series_role(const struct draw *draw, const struct row_ref *ref,
                           enum board_series series) {
    return draw->scene->count > 1 ? view_series_role(ref->source) : view_series_role((int)series);
}

static bool is_graded(enum board_series series) {
    return series == SERIES_SWAP || series == SERIES_THERMAL;
}

static void draw_series(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                        enum board_series series, double high) {
    struct window window = draw_window(draw->scene, ref->source);
    struct graph graph = {.glyphs = draw->ui->glyphs,
                          .from_us = window.from_us,
                          .to_us = window.to_us,
                          .low = 0,
                          .high = high,
                          .gap = metric_of(board_series_metric(series))->gap,
                          .role = draw_series_role(draw, ref, series),
                          .graded = is_graded(series)};
    double most = series_high(&ref->row->series[series], window.from_us, window.to_us);
    if (graph.graded && !(most > 0)) { /* a quiet line for what has not moved */
        graph.graded = false;
        graph.role = ROLE_BORDER;
    }
    graph_draw(draw->frame, rect, &ref->row->series[series], &graph);
}

void draw_sparkline(const struct draw *draw, struct rect rect, const struct row_ref *ref,
                    enum board_series series, double high) {
    if (rect.width > 0 && rect.height > 0)
        draw_series(draw, rect, ref, series, high);
}

enum { AXIS = 6 }; /* cells of a plot's scale */

/* A round number a little above: a fifth of the decade's own steps. */
static double plot_top(double high) {
    double step = graph_nice(high) / 5;
    return ceil(high / step - 1e-9) * step;
}

void draw_plot(const struct draw *draw, struct rect rect, const struct row_ref *ref,
               enum board_series series) {
    if (rect.width < 12 || rect.height < 3)
        return;
    struct frame *frame = draw->frame;
    enum metric_id metric = board_series_metric(series);
    const struct metric *row = metric_of(metric);
    double high = plot_top(draw_scale(draw, NULL, ref, series));
    if (series == SERIES_THERMAL)
        high = scale_floor(series);
    char top[METRIC_TEXT], now[FIGURE_TEXT], begin[DURATION_TEXT], end[DURATION_TEXT];
    if (series == SERIES_THERMAL)
        draw_thermal(high, AXIS, top);
    else
        metric_format(metric, high, top);
    draw_figure(metric, draw_last(ref->row, series), now);
    struct window window = draw_window(draw->scene, ref->source);
    draw_duration(window.from_us < 0 ? 0 : window.from_us, begin);
    draw_duration(window.to_us, end);

    int axis = AXIS, plot = rect.width - axis - 1, last = rect.y + rect.height - 1;
    int used = frame_text(frame, rect.x + axis + 1, rect.y, plot,
                          draw_series_role(draw, ref, series), row->title);
    frame_text(frame, rect.x + axis + 2 + used, rect.y, plot - used - 1, ROLE_DIM,
               draw_unit(metric));
    frame_right(frame, rect.x + axis + 1, rect.y, plot, ROLE_TEXT, now);
    frame_right(frame, rect.x, rect.y + 1, axis, ROLE_DIM, top);
    for (int y = rect.y + 1; y < last; y++)
        frame_put(frame, rect.x + axis, y, y == rect.y + 1 ? 0x2524 : 0x2502, ROLE_BORDER);
    frame_put(frame, rect.x + axis, last, 0x2514, ROLE_BORDER);
    frame_fill(frame, (struct rect){rect.x + axis + 1, last, plot, 1}, 0x2500, ROLE_BORDER);
    frame_right(frame, rect.x, last, axis, ROLE_DIM, "0");
    frame_printf(frame, rect.x + axis + 2, last, plot, ROLE_DIM, " %s ", begin);
    int cells = (int)strlen(end) + 2;
    frame_printf(frame, rect.x + rect.width - cells - 1, last, cells, ROLE_DIM, " %s ", end);
    draw_series(draw, (struct rect){rect.x + axis + 1, rect.y + 1, plot, rect.height - 2}, ref,
                series, high);
}

enum role draw_level_role(enum note_level level) {
    switch (level) {
    case NOTE_INFO:
        return ROLE_DIM;
    case NOTE_WARN:
        return ROLE_WARN;
    case NOTE_ERROR:
    case NOTE_LEVEL_COUNT:
        return ROLE_BAD;
    }
    return ROLE_DIM;
}

/* Bytes of the next line of `text` in `width` cells; `*next` is where the one after it begins. */
static size_t line_bytes(const char *text, int width, const char **next) {
    int cells = 0;
    size_t length = strlen(text), at = 0, blank = 0;
    while (at < length && text[at] != '\n') {
        uint32_t code_point;
        size_t used = text_decode(text + at, length - at, &code_point);
        int wide = code_point < ' ' ? 1 : text_width(code_point);
        if (cells + wide > width && at > 0)
            break;
        if (text[at] == ' ')
            blank = at;
        cells += wide;
        at += used;
    }
    if (at < length && text[at] != '\n' && text[at] != ' ' && blank > 0)
        at = blank;
    *next = text + at + (at < length && (text[at] == '\n' || text[at] == ' ') ? 1 : 0);
    return at;
}

int draw_wrapped(const struct draw *draw, struct rect rect, int skip, enum role role,
                 const char *text) {
    int line = 0;
    for (const char *next; text && *text && rect.width > 0; text = next, line++) {
        size_t bytes = line_bytes(text, rect.width, &next);
        if (line >= skip && line - skip < rect.height)
            frame_printf(draw->frame, rect.x, rect.y + line - skip, rect.width, role, "%.*s",
                         (int)(bytes > 4096 ? 4096 : bytes), text);
    }
    return line;
}
