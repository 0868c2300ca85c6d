/* plain: one line per event worth a line, for pipes, screen readers and dumb terminals. */
#ifndef TUI_PLAIN_H
#define TUI_PLAIN_H

#include "base/buf.h"
#include "model/board.h"

struct plain {
    int64_t last_progress_us;
};
/* Append the line(s) for `event`, already applied to `board`; progress at most every 10 s. */
void plain_event(struct plain *plain, const struct board *board, const struct event *event,
                 struct buf *out);
void plain_header(const struct board *board, struct buf *out);

#endif
