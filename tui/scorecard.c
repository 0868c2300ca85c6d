#include "scorecard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than that is nonsense from a log. */
enum { TURNS_MAX = 512, REPEATS_MAX = 64, KINDS_MAX = 16 };

/* ---- the table ---- */

static bool counts(const struct board *board, const struct score_line *line, enum suite_id suite) {
    return line->suite == suite && line->repeat < REPEATS_MAX && line->pass < REPEATS_MAX &&
           pass_k_counts(board, line);
}

/* Place of a turn, or -1. Turns come in order: the last ones are the likely ones. */
static int find_turn(const struct scorecard *card, const struct score_line *line) {
    for (int i = card->count; i-- > 0 && card->turns[i].turn >= line->turn;)
        if (card->turns[i].turn == line->turn && strcmp(card->turns[i].item, line->item) == 0)
            return i;
    return -1;
}

static void add_turn(struct scorecard *card, const struct score_line *line) {
    if (card->count == TURNS_MAX || find_turn(card, line) >= 0)
        return;
    card->turns = mem_grow(card->turns, (size_t)card->count, &card->capacity, sizeof *card->turns);
    int at = card->count++;
    for (; at > 0 && card->turns[at - 1].turn > line->turn; at--)
        card->turns[at] = card->turns[at - 1];
    card->turns[at] = (struct scorecard_turn){line->turn, line->item};
}

static int repeat_of(const struct scorecard *card, const struct score_line *line) {
    return line->pass * card->in_pass + line->repeat;
}

void scorecard_collect(const struct rows *rows, enum suite_id suite, struct scorecard *out) {
    *out = (struct scorecard){.suite = suite, .in_pass = 1};
    for (int r = 0; r < rows->count; r++)
        for (size_t i = 0; i < rows->at[r].row->score_count; i++) {
            const struct score_line *line = &rows->at[r].row->scores[i];
            if (!counts(rows->at[r].board, line, suite))
                continue;
            add_turn(out, line);
            out->in_pass = line->repeat >= out->in_pass ? line->repeat + 1 : out->in_pass;
        }
    for (int r = 0; r < rows->count; r++)
        for (size_t i = 0; i < rows->at[r].row->score_count; i++) {
            const struct score_line *line = &rows->at[r].row->scores[i];
            if (!counts(rows->at[r].board, line, suite) || repeat_of(out, line) < out->repeats)
                continue;
            int repeat = repeat_of(out, line);
            out->repeats = repeat < REPEATS_MAX ? repeat + 1 : REPEATS_MAX;
        }
}

void scorecard_done(struct scorecard *card) {
    free(card->turns);
    *card = (struct scorecard){0};
}

/* ---- a row of it ---- */

/* Behind the last one of the pass that runs. */
static int running_place(const struct scorecard *card, const struct scored *scored,
                         const struct cell *cell) {
    if (cell->state != CELL_RUNNING)
        return -1;
    int first = cell->pass * card->in_pass * card->count;
    int place = first < scored->size ? first : scored->size;
    for (int i = place; i < scored->size; i++)
        if (scored->at[i])
            place = i + 1;
    return place;
}

static void count_line(struct scored *scored, const struct score_line *line) {
    if (isnan(line->points)) {
        scored->faults++;
        return;
    }
    scored->scored++;
    scored->points += line->points;
    scored->failed += line->points < POINTS_RIGHT;
}

void scored_read(const struct scorecard *card, const struct row_ref *ref, int column,
                 struct scored *out) {
    *out = (struct scored){.size = card->count * card->repeats, .running = -1};
    out->at = mem_zero((size_t)out->size + 1, sizeof *out->at);
    for (size_t i = 0; i < ref->row->score_count; i++) {
        const struct score_line *line = &ref->row->scores[i];
        if (line->column != column || !counts(ref->board, line, card->suite))
            continue;
        int turn = find_turn(card, line), repeat = repeat_of(card, line);
        if (turn >= 0 && repeat < card->repeats)
            out->at[repeat * card->count + turn] = line;
    }
    for (int i = 0; i < out->size; i++)
        if (out->at[i])
            count_line(out, out->at[i]);
    pass_k_of(ref->board, ref->ep, column, &out->pass_k);
    const struct cell *cell = board_cell(ref->board, ref->ep, column);
    if (cell)
        out->running = running_place(card, out, cell);
}

void scored_done(struct scored *scored) {
    free(scored->at);
    *scored = (struct scored){0};
}

double scored_mean(const struct scored *scored) {
    return scored->scored > 0 ? 100 * scored->points / scored->scored : NAN;
}

enum score_mark scored_mark(const struct score_line *line) {
    if (!line)
        return SCORE_WAITING;
    if (isnan(line->points))
        return SCORE_FAULT;
    if (line->points >= POINTS_RIGHT)
        return SCORE_CLEAN;
    return line->points > 0 ? SCORE_PARTLY : SCORE_FAILED;
}

enum score_mark scored_turn(const struct scorecard *card, const struct scored *scored, int turn,
                            int *clean) {
    int of[SCORE_FAULT + 1] = {0};
    for (int i = turn; i < scored->size; i += card->count)
        of[scored_mark(scored->at[i])]++;
    *clean = of[SCORE_CLEAN];
    if (of[SCORE_FAULT])
        return SCORE_FAULT;
    if (of[SCORE_PARTLY] || (of[SCORE_FAILED] && of[SCORE_CLEAN]))
        return SCORE_PARTLY;
    return of[SCORE_FAILED] ? SCORE_FAILED : of[SCORE_CLEAN] ? SCORE_CLEAN : SCORE_WAITING;
}

/* ---- in words ---- */

struct kind {
    const char *failure;
    int count;
};

static void count_failure(struct kind kinds[KINDS_MAX], int *count, const char *failure) {
    for (int i = 0; i < *count; i++)
        if (strcmp(kinds[i].failure, failure) == 0) {
            kinds[i].count++;
            return;
        }
    if (*count < KINDS_MAX)
        kinds[(*count)++] = (struct kind){failure, 1};
}

static int compare_kinds(const void *a, const void *b) {
    const struct kind *first = a, *second = b;
    if (first->count != second->count)
        return second->count - first->count;
    return strcmp(first->failure, second->failure);
}

void scored_failures(const struct scored *scored, char *out, size_t size) {
    struct kind kinds[KINDS_MAX] = {{NULL, 0}};
    int count = 0;
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < scored->size; i++)
        if (scored->at[i] && scored->at[i]->failure)
            count_failure(kinds, &count, scored->at[i]->failure);
    qsort(kinds, (size_t)count, sizeof *kinds, compare_kinds);
    for (int i = 0; i < count && used < size; i++) {
        bool engine = strncmp(kinds[i].failure, "engine:", 7) == 0;
        bool model = strncmp(kinds[i].failure, "model:", 6) == 0;
        int length = snprintf(out + used, size - used, "%s%d %s%s", i ? ", " : "", kinds[i].count,
                              engine ? "!" : "",
                              kinds[i].failure + (engine  ? 7
                                                  : model ? 6
                                                          : 0));
        used += length > 0 ? (size_t)length : 0;
    }
}
