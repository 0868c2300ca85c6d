/* fold: a saved run as a board, for whatever needs the end of it and no replay. */
#ifndef STORE_FOLD_H
#define STORE_FOLD_H

#include "model/board.h"

/* The whole log folded. The caller frees the board (its header is board->run). NULL and `error`
 * when it is no log; one that can't be read to its end is folded as far as it goes. */
struct board *fold_log(const char *path, struct error *error);

#endif
