/* verdict_private: what the verdicts' files share. verdict.c: reuse and snapshot, and which phase
 * makes which verdict anew; verdict_burst.c: serialisation; verdict_drift.c: drift of a tick and of
 * the machine. */
#ifndef MODEL_VERDICT_PRIVATE_H
#define MODEL_VERDICT_PRIVATE_H

#include "model/board_private.h"

void verdict_init(struct verdict *verdict, enum verdict_id id, enum suite_id suite, int ep);
/* Append to the evidence. */
void verdict_say(struct verdict *verdict, const char *format, ...) PRINTF_LIKE(2, 3);
/* In the place of the one before it of the same endpoint, suite, kind and phase. */
void verdict_store(struct board *board, const struct verdict *verdict);

void verdict_refresh_burst(struct board *board, int ep, int column);
void verdict_refresh_tick(struct board *board, int ep, int column);
/* After a phase of the drift-control pass. */
void verdict_refresh_control(struct board *board, int ep, enum suite_id suite);

#endif
