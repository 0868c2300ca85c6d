/* rows: the endpoints of all runs on screen as one list, filtered and sorted as the user chose.
 * Knows no size and draws nothing. */
#ifndef TUI_ROWS_H
#define TUI_ROWS_H

#include "view.h"

struct row_ref {
    const struct board *board;
    const struct row *row;
    int source; /* index of the run on screen */
    int ep;
};
struct rows {
    struct row_ref at[RUNS_ON_SCREEN * ENDPOINTS_MAX];
    /* Row that it is held against: the same endpoint of the reference run; itself, when there is
     * none, or when it is one. */
    int against[RUNS_ON_SCREEN * ENDPOINTS_MAX];
    int count;
};

/* In the run's order, or by the value of the chosen column. Of several runs: the reference run's
 * endpoints, each followed by the same endpoint of the others; then what only others have, by run.
 */
void rows_collect(const struct scene *scene, const struct ui *ui, struct rows *out);
/* Place of the selected row; the first when it is not there (any more); -1 when there is none. */
int rows_selected(const struct rows *rows, const struct ui *ui);
/* Move the selection by `by` rows, stopping at both ends. */
void rows_move(const struct rows *rows, struct ui *ui, int by);

/* Case is ignored for ASCII; an empty needle is in everything, NULL text has nothing. */
bool text_has(const char *text, const char *needle);

/* The run that others are held against: the marked row's, else the scene's own. */
int rows_reference(const struct scene *scene, const struct ui *ui);

/* What a run is called for people: the slug of its id. Never longer than `size`. */
void run_slug(const struct run *run, char *out, size_t size);
/* The same, and as much of the date, the time or the id as tells it from the others on screen;
 * `dated`: date and time in any case. */
void run_label(const struct scene *scene, int source, bool dated, char *out, size_t size);
/* The model as last reported, else as configured; NULL if unknown. */
const char *row_model(const struct row_ref *ref);
/* Its last part, without directory or owner; NULL when no model is known. */
const char *row_model_name(const struct row_ref *ref);
/* What a suite's cells show: the chosen metric; of a quality suite its score, whatever is chosen.
 */
enum metric_id row_metric(enum suite_id suite, const struct ui *ui);
/* An endpoint's name, never NULL. */
const char *row_name(const struct row_ref *ref);
/* The same with its run's sign before it where several runs are on screen. */
void row_title(const struct scene *scene, const struct ui *ui, const struct row_ref *ref, char *out,
               size_t size);

#endif
