/* report: a board (or several) as text. One table of formats; figures come from the metric table.
 */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H

#include "base/buf.h"
#include "model/board.h"

enum report_format {
    REPORT_TABLE,
    REPORT_JSON,
    REPORT_CSV,
    REPORT_MD,
    REPORT_PANEL,
    REPORT_TRACE,
    REPORT_COUNT
};
const char *report_word(enum report_format format);
int report_find(const char *word);

/* Append the report of `count` boards. `width`: columns for the table (0: 100). Several boards:
 * tables and Markdown one after the other, CSV rows told apart by `run`, JSON an array of the
 * objects. False when it passes the limit of `out`. */
bool report_write(struct buf *out, enum report_format format, const struct board *const *boards,
                  size_t count, int width, struct error *error);

#endif
