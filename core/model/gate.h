/* gate: conditions under which a figure may not be trusted or ranked (protocol 4). Computed by the
 * board's fold from the cells' calls and the lane's samples; limits stand in the log's header. */
#ifndef MODEL_GATE_H
#define MODEL_GATE_H

#include "model/call.h"

struct board;

struct gate_result {
    int ep;
    int column; /* of the board */
    enum gate_id gate;
    double value, limit;
    char detail[160]; /* evidence for a person: counts, finish reasons, which process */
};

/* Recompute what may have changed when a pass of a cell ended, or a late call of it: the gates of
 * this cell, early_stop over the suite's pass, template over the family. The warm-up has none. */
void gate_refresh(struct board *board, int ep, int column, int pass);

#endif
