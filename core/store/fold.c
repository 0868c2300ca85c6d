#include "store/fold.h"

#include "store/merge.h"

struct board *fold_log(const char *path, struct error *error) {
    struct run run;
    struct event event;
    int source;
    int64_t t;
    struct merge *merge = merge_new(&path, 1, &run, error);
    if (!merge)
        return NULL;
    struct board *board = board_new(&run);
    while (merge_peek(merge, &source, &t)) {
        merge_take(merge, &event);
        board_apply(board, &event);
        event_done(&event);
    }
    merge_free(merge);
    run_done(&run);
    return board;
}
