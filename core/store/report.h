/* report: a board (or several) as text. One table of formats; figures come from the metric table.
 */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H

#include "base/buf.h"
#include "model/board.h"
#include "model/weights.h"

struct published;

enum report_format {
    REPORT_TABLE,
    REPORT_JSON,
    REPORT_CSV,
    REPORT_MD,
    REPORT_PANEL,
    REPORT_TRACE,
    REPORT_SCORE,
    REPORT_COUNT
};
const char *report_word(enum report_format format);
int report_find(const char *word);

struct report_how {
    int width;                     /* columns for the table; 0: 100 */
    const struct weights *weights; /* of the score; NULL: the default ones */
    /* Published figures that go before the built-in ones; NULL: none. */
    const struct published *published;
};

/* Append the report of `count` boards. `how` may be NULL. Several boards:
 * tables and Markdown one after the other, CSV rows told apart by `run`, JSON an array of the
 * objects. False when it passes the limit of `out`. */
bool report_write(struct buf *out, enum report_format format, const struct board *const *boards,
                  size_t count, const struct report_how *how, struct error *error);

#endif
