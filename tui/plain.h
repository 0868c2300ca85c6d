/* plain: one line per event worth a line, for pipes, screen readers and dumb terminals. Lines are
 * only added: no cursor movement, no spinner. */
#ifndef TUI_PLAIN_H
#define TUI_PLAIN_H

#include "base/buf.h"
#include "model/board.h"

struct plain {          /* of one board; zeroed before the first event */
    const char *label;  /* told in each line when several runs are read together; NULL: not */
    int64_t printed_us; /* board time of the last line */
    uint16_t *gates;    /* endpoint × BOARD_COLUMNS_MAX: those told already */
    uint64_t *verdicts; /* by place on the board: a hash of what was told */
    size_t verdict_count, verdict_capacity;
};
void plain_done(struct plain *plain);

/* Append the line(s) for `event`, already applied to `board`; progress at most every 10 s. */
void plain_event(struct plain *plain, const struct board *board, const struct event *event,
                 struct buf *out);
void plain_header(const struct board *board, struct buf *out);

#endif
