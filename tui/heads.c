#include "heads.h"

#include <string.h>

static bool same_phase(const struct column *a, const struct column *b) {
    return a->suite == b->suite && strcmp(a->phase, b->phase) == 0;
}

static bool has(const struct heads *heads, const struct column *column) {
    for (int i = 0; i < heads->count; i++)
        if (same_phase(&heads->at[i], column))
            return true;
    return false;
}

void heads_collect(const struct scene *scene, struct heads *out) {
    out->count = 0;
    for (size_t s = 0; s < scene->count; s++)
        for (size_t c = 0; c < scene->boards[s]->column_count; c++) {
            const struct column *column = &scene->boards[s]->columns[c];
            if (out->count < BOARD_COLUMNS_MAX && (s == 0 || !has(out, column)))
                out->at[out->count++] = *column;
        }
}

int heads_column(const struct heads *heads, int head, const struct board *board) {
    const struct column *want = &heads->at[head];
    if ((size_t)head < board->column_count && same_phase(&board->columns[head], want))
        return head;
    return board_column(board, want->suite, want->phase);
}
