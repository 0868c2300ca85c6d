/* beside: saved runs that are played beside a live one, each by its own player into the same feed.
 * They follow the live run by phase, so that two colds race: where the live one begins a phase, a
 * saved run that is not yet there jumps to its own beginning of it; from there it goes on at its
 * own pace, and waits where it would begin a phase that the live one has still to come to. What
 * only the saved run did is no reason to wait. Phases are those of the same endpoint
 * (compare_match), suite and pass. Several endpoints of a saved run share its clock: the one that
 * is farthest ahead takes the others with it. Main thread only. */
#ifndef TUI_BESIDE_H
#define TUI_BESIDE_H

#include "model/board.h"
#include "model/queue.h"

struct beside;

/* Open the logs; runs[i] get the headers, the caller's to free with run_done. NULL and `error` on
 * the first bad one. */
struct beside *beside_new(char *const *paths, size_t count, struct run *runs, struct error *error);
void beside_free(struct beside *beside); /* stops the threads */

/* The saved runs are sources 1, 2 … of the feed. */
void beside_start(struct beside *beside, struct queue *feed);
/* The live run (boards[0]) has begun or ended a phase, or is over: the saved ones (from boards[1])
 * are let go as far as that. */
void beside_follow(struct beside *beside, struct board *const *boards);
/* The live run begins anew, and so do they. */
void beside_rewind(struct beside *beside);
/* Where saved run `index` (from 0) is, by its own time. */
int64_t beside_now(const struct beside *beside, size_t index);

#endif
