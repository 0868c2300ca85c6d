#include "deltas.h"

#include <math.h>
#include <stdio.h>

#define TIE_PERCENT 1 /* closer than that nobody needs a figure */
#define TIMES_FROM 10 /* from ten times as much on a percentage says less than a factor */

void deltas_init(struct deltas *deltas, const struct rows *rows, const struct scene *scene,
                 const struct ui *ui) {
    bool wanted[RUNS_ON_SCREEN] = {false};
    int reference = rows_reference(scene, ui);
    *deltas = (struct deltas){.count = 0};
    for (int i = 0; i < rows->count; i++)
        if (rows->against[i] != i) {
            wanted[rows->at[i].source] = true;
            deltas->count++;
        }
    for (size_t s = 0; s < scene->count; s++)
        if (wanted[s])
            compare_metric(&deltas->runs[s], scene->boards[reference], scene->boards[s], ui->metric,
                           scene->memo);
}

void deltas_done(struct deltas *deltas) {
    for (int i = 0; i < RUNS_ON_SCREEN; i++)
        compare_done(&deltas->runs[i]);
}

static enum delta_sign sign_of(const struct compare_row *row) {
    if (!row)
        return DELTA_NONE;
    if (row->verdict == COMPARE_NOT || isnan(row->ratio.ratio))
        return DELTA_BARRED;
    if (!compare_holds(row))
        return DELTA_SAME;
    return row->verdict == COMPARE_BETTER ? DELTA_BETTER : DELTA_WORSE;
}

/* "+3.4%", "-12%", "×25": at most five cells; "" within 1 %. */
static void write_ratio(double ratio, char *out, size_t size) {
    double percent = 100 * (ratio - 1);
    if (ratio >= TIMES_FROM)
        snprintf(out, size, ratio < 1000 ? "×%.0f" : "×>999", ratio);
    else if (ratio * TIMES_FROM <= 1)
        snprintf(out, size, ratio * 1000 > 1 ? "÷%.0f" : "÷>999", 1 / ratio);
    else if (fabs(percent) <= TIE_PERCENT)
        out[0] = '\0';
    else
        snprintf(out, size, fabs(percent) < 9.95 ? "%+.1f%%" : "%+.0f%%", percent);
}

void deltas_read(const struct deltas *deltas, const struct rows *rows, int row, int column,
                 const struct ui *ui, struct delta *out) {
    const struct row_ref *ref = &rows->at[row];
    char ratio[12];
    *out = (struct delta){.role = ROLE_DIM};
    if (rows->against[row] == row || column < 0)
        return;
    const struct column *what = &ref->board->columns[column];
    const struct compare_row *found = compare_find(&deltas->runs[ref->source], ref->ep, what->suite,
                                                   what->phase, row_metric(what->suite, ui));
    out->sign = sign_of(found);
    if (found)
        write_ratio(found->ratio.ratio, ratio, sizeof ratio);
    switch (out->sign) {
    case DELTA_NONE:
        break;
    case DELTA_BARRED:
        snprintf(out->text, sizeof out->text, "–");
        break;
    case DELTA_SAME:
        snprintf(out->text, sizeof out->text, "≈%s", ratio);
        break;
    case DELTA_BETTER:
        snprintf(out->text, sizeof out->text, "%s▴", ratio);
        out->role = ROLE_GOOD;
        break;
    case DELTA_WORSE:
        snprintf(out->text, sizeof out->text, "%s▾", ratio);
        out->role = ROLE_BAD;
        break;
    }
}
