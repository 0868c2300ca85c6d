/* report_panel: the panel's document from any set of runs: what its sections share. For
 * report_panel*.c only. A row is a couple: an endpoint of one of the runs. Every figure is computed
 * from the boards; gates, provenance and n stand in footnotes. */
#ifndef STORE_REPORT_PANEL_H
#define STORE_REPORT_PANEL_H

#include "store/report_parts.h"

struct panel {
    struct buf *out;
    const struct board *const *boards;
    size_t count;
    struct buf notes; /* the footnotes' texts, in order */
    char **seen;      /* the same texts, to number each once */
    size_t note_count, note_capacity;
};

struct couple {
    const struct board *board;
    int ep;
    size_t run; /* its place among the boards */
};

/* Couples in order. False past the last. Start with a zeroed couple and ep -1. */
bool panel_next(const struct panel *panel, struct couple *couple);
/* Has the couple any figure or score in one of the suite's phases? */
bool panel_has(const struct couple *couple, enum suite_id suite);

/* A table's head: titles separated by '|'; the first two columns are text, the rest figures. */
void panel_head(struct panel *panel, const char *titles);
/* "| engine version | model " of a row, with its footnotes. */
void panel_couple(struct panel *panel, const struct couple *couple);
/* " | value" with the gates of that cell as footnotes; column -1: absent. */
void panel_value(struct panel *panel, const struct couple *couple, int column,
                 enum metric_id metric, enum stat_id stat);
void panel_number(struct panel *panel, enum metric_id metric, double value);
/* " | text", made harmless; NULL is absent. */
void panel_text(struct panel *panel, const char *text);
void panel_row_end(struct panel *panel);
/* "[^3]": one number a text. */
void panel_note(struct panel *panel, const char *format, ...) PRINTF_LIKE(2, 3);

/* Median over the couple's prefix tests of their medians, in ms; NaN. */
double panel_prefix_ttft(const struct couple *couple);

void panel_quality(struct panel *panel);

#endif
