/* view: the board as a frame. Pure: same boards, same ui, same size: same cells. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "graph.h"
#include "keymap.h"
#include "model/board.h"

enum view_id {
    VIEW_BOARD,
    VIEW_ENGINE,
    VIEW_BURST,
    VIEW_QUALITY,
    VIEW_COMPARE,
    VIEW_SOLO,
    VIEW_EVENTS,
    VIEW_HELP,
    VIEW_COUNT
};

#define RUNS_ON_SCREEN 8

struct ratio_memo;

/* What the user chose, and nothing that a log could tell. Selections are kept by identity. */
struct ui {
    enum view_id view, back;  /* back: where Esc goes from help */
    int source, ep;           /* selected row: run on screen, endpoint */
    int mark_source, mark_ep; /* row that others are compared with; ep -1: none */
    int column;               /* selected phase column */
    enum metric_id metric;    /* shown in the board's grid */
    bool metric_chosen;       /* by a key */
    int64_t call;             /* selected call's id; 0 none */
    bool call_text;           /* its text is open */
    bool energy;              /* engine view: energy in the phase table's place, where both have no
                                 room */
    int text_scroll;          /* lines of that text above the screen */
    int event;                /* lines scrolled back from the newest in the event view */
    int help_scroll, solo_scroll;
    int compare_line; /* compare view: selected phase, from the first; past the last: the last */
    bool by_finish;   /* burst view: order */
    bool sort_by_value, sort_reverse; /* rows in the order of the metric in the selected column */
    bool why;                         /* the panel of reasons is open */
    int why_scroll;
    char filter[64];
    bool filtering;
    bool confirm_stop; /* a question is open: stop the run? */
    bool quitting;     /* … and leave afterwards */
    enum glyph_set glyphs;
    /* about the producer, for the header line */
    bool replay, paused;
    bool ended;        /* the (live) run's run_end was folded */
    double speed;      /* replay */
    int64_t end_us;    /* replay: length of the longest run */
    int64_t notices;   /* log lag, dropped progress: shown when > 0 */
    char message[160]; /* bottom line instead of the action bar; "" none */
};
void ui_init(struct ui *ui);
/* Which keys work now: one of keymap's contexts. */
int ui_context(const struct ui *ui);

/* A place on the scrub bar of a replay. */
enum mark_kind { /* the later covers the former */
                 MARK_PHASE,
                 MARK_SUITE,
                 MARK_VERDICT,
                 MARK_GATE,
                 MARK_TROUBLE, /* an error, a warning */
                 MARK_COUNT
};
struct mark {
    int64_t t; /* on the screen's clock */
    enum mark_kind kind;
};

struct scene { /* what there is to draw */
    const struct board *boards[RUNS_ON_SCREEN];
    size_t count;
    int reference; /* the run that others are held against, as long as no row is marked */
    int64_t offset_us[RUNS_ON_SCREEN]; /* alignment of several runs */
    struct ratio_memo *memo;           /* what comparing has computed for frames before; or NULL */
    const struct mark *marks;          /* of a replay, by time; borrowed */
    size_t mark_count;
};

struct view_ops {
    enum view_id id;
    const char *title;
    void (*draw)(struct frame *frame, struct rect rect, const struct scene *scene,
                 const struct ui *ui);
    /* An action this view handles itself; false: the app's own handling. NULL: it handles none. */
    bool (*act)(struct ui *ui, const struct scene *scene, enum action action, struct rect rect);
};
const struct view_ops *view_of(enum view_id view); /* NULL: not built */

#define SCREEN_MIN_WIDTH 60
#define SCREEN_MIN_HEIGHT 16
/* The whole screen: header, view, bottom bar; or a notice with the needed size. */
void view_draw(struct frame *frame, const struct scene *scene, const struct ui *ui);
/* Whether a metric has any figure on screen. */
bool view_has_figures(const struct scene *scene, enum metric_id metric);
/* Before drawing: until somebody chose a metric, TTFT is shown, or decode t/s where there is no
 * TTFT at all (figures of others). */
void ui_settle(struct ui *ui, const struct scene *scene);
/* Apply one action to the ui (not those that reach the producer). True when handled. */
bool view_act(struct ui *ui, const struct scene *scene, enum action action, int width, int height);
/* Role of a run's colour: the endpoints' or runs' own series. */
enum role view_series_role(int index);
/* A run's own glyph, a letter where there is ASCII alone. Borrowed. */
const char *view_run_sign(const struct ui *ui, int source);

#endif
