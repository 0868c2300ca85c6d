/* intake: what comes out of the feed, folded into the boards. Main thread only. */
#ifndef TUI_INTAKE_H
#define TUI_INTAKE_H

#include "app.h"
#include "plain.h"

/* A fresh board for run `source`. */
void intake_fresh(struct app *app, size_t source);

/* Fold what is there, at most a batch; `plain`: one a run, or NULL. True when something was. */
bool intake_take(struct app *app, struct plain *plain, struct buf *lines);

/* Everything that is left once all producers have ended; what the feed lost is read from the log. */
void intake_finish(struct app *app);
/* Throw away what is left of an earlier run. */
void intake_discard(struct app *app);

#endif
