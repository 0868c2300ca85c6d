/* report_parts: what the formats of a report share: which figures are shown for a suite, how a
 * figure's standing is said, foreign text made safe. For report_*.c only. */
#ifndef STORE_REPORT_PARTS_H
#define STORE_REPORT_PARTS_H

#include "base/json.h"
#include "model/pass_k.h"
#include "store/report.h"

/* One function a format; `how` is filled. */
void report_table(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how);
void report_json(struct buf *out, const struct board *const *boards, size_t count,
                 const struct report_how *how);
void report_csv(struct buf *out, const struct board *const *boards, size_t count,
                const struct report_how *how);
void report_md(struct buf *out, const struct board *const *boards, size_t count,
               const struct report_how *how);
void report_panel(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how);
void report_trace(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how);
void report_score(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how);
/* The member "score" of a board's object. */
void score_json(struct json_writer *w, const struct board *board, const struct report_how *how);

/* "SIM", "PUBLISHED", "IMPORTED" or "": where an endpoint's figures come from when they were not
 * measured by this run. `explain`: one sentence for a legend. */
enum report_origin {
    ORIGIN_MEASURED,
    ORIGIN_SIMULATED,
    ORIGIN_PUBLISHED,
    ORIGIN_IMPORTED,
    ORIGIN_COUNT
};
enum report_origin report_origin(const struct endpoint *endpoint);
enum report_origin report_origin_of(const struct board *board, int ep); /* any ep */
const char *report_origin_word(enum report_origin origin);
const char *report_origin_explain(enum report_origin origin);
/* The words of all origins of a run, each with a blank before: "", " SIM", " SIM IMPORTED". */
void report_origins(struct buf *out, const struct board *board);

/* Suites of the board in the order of its columns; returns how many. */
size_t report_suites(const struct board *board, enum suite_id suites[SUITE_COUNT]);
/* The metrics that a person's table shows for a suite: those of which some cell has a value. */
size_t report_metrics(const struct board *board, enum suite_id suite,
                      enum metric_id metrics[METRIC_COUNT]);

/* Stats that the machine formats list of each figure, in order. */
#define REPORT_STATS 11
extern const enum stat_id report_stats[REPORT_STATS];
/* Has the cell any value of the metric, measured or imported? */
bool report_has(const struct cell *cell, enum metric_id metric);
/* How many values stand behind it; NaN when an import did not say. */
double report_n(const struct board *board, int ep, int column, enum metric_id metric);

/* A turn that the model got wrong, with the same failure in `times` repeats; `line` is the first.
 */
struct report_failed {
    int ep, times;
    const struct score_line *line;
};
#define REPORT_FAILED_MAX 200
/* Returns how many; `more`: scores that found no room. An engine's faults are not among them. */
size_t report_failed(const struct board *board, struct report_failed failed[REPORT_FAILED_MAX],
                     size_t *more);
/* A line of it: "tool-call edit two, 3 times: model:schema, jobs: no integer"; "expected: …", empty
 * where the log does not say; "got: …". */
enum failed_part { FAILED_WHAT, FAILED_EXPECTED, FAILED_GOT, FAILED_PARTS };
void report_failed_part(struct buf *out, const struct board *board,
                        const struct report_failed *failed, enum failed_part part);
/* What came instead, bounded and safe: the first tool call, else the answer, else the reasoning. */
void report_got(struct buf *out, const struct board *board, const struct score_line *line);

/* The k of a quality suite's pass^k: its phases' largest over all endpoints. Below 2 nothing was
 * repeated, and people's tables leave it out. */
int report_repeats(const struct board *board, enum suite_id suite);

/* "2 cancelled, 1 suspended", appended; nothing where there are none. */
void report_uncounted(const struct cell *cell, struct buf *out);
/* What the first counted call of the cell that failed so said; NULL if nothing. */
const char *report_error_detail(const struct board *board, int ep, int column,
                                enum error_class class);
/* Why phases of an endpoint have no figures, all of one reason together: "agentic cold, warm, tick
 * 1: skipped: no restart command", a suite of which every phase is meant by its name alone. Begin
 * with *column 0; it is moved on. False when there is no further reason. */
bool report_absence(const struct board *board, int ep, int *column, struct buf *out);

/* Name of an endpoint ("?" when a log names one that is not there), never NULL, not yet visible. */
const char *report_name(const struct board *board, int ep);
/* Append foreign text with controls made visible; NULL appends `absent`. */
void report_text(struct buf *out, const char *text, const char *absent);
/* The same, in which nothing is Markdown's. */
void report_markup(struct buf *out, const char *text, const char *absent);
/* "Mac15,9 · Apple M3 Max · macOS 15.1 · 65536 MB · 16 cores"; "unknown" if nothing is known. */
void report_machine(struct buf *out, const struct machine *machine);

#endif
