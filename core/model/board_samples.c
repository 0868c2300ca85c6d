/* Samples: what a machine's sensors say, into its lane and the rows of its endpoints. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

#define LANES_MAX (2 * ENDPOINTS_MAX)

int board_lane_make(struct board *board, const char *name) {
    if (!name)
        name = "";
    for (size_t i = 0; i < board->lane_count; i++)
        if (strcmp(board->lanes[i].name, name) == 0)
            return (int)i;
    if (board->lane_count == LANES_MAX)
        return -1;
    size_t count = board->lane_count + 1;
    board->lanes = mem_resize(board->lanes, count, sizeof *board->lanes);
    board->lanes[count - 1] = (struct lane_state){.name = mem_string(name),
                                                  .last_us = MARK_NONE,
                                                  .swap_start = NAN,
                                                  .swapouts_start = NAN,
                                                  .energy = energy_new()};
    board->lane_count = count;
    return (int)count - 1;
}

static void sample_free(struct sample *sample) {
    free(sample->lane);
    free(sample->rails);
    free(sample->power_source);
    free(sample->power_mode);
    free(sample->engines);
    free(sample->others);
}

void lane_done(struct lane_state *lane) {
    sample_free(&lane->last);
    energy_free(lane->energy);
    free(lane->name);
}

void lane_break(struct lane_state *lane, int64_t t) {
    energy_break(lane->energy);
    lane->seen = false;
    lane->quiet_us = t;
}

/* Its own of all that the sample holds. */
static void sample_own(struct sample *sample, size_t *bytes) {
    sample->lane = board_copy_string(sample->lane, bytes);
    sample->power_source = board_copy_string(sample->power_source, bytes);
    sample->power_mode = board_copy_string(sample->power_mode, bytes);
    sample->rails =
        board_copy_items(sample->rails, sample->rail_count, sizeof *sample->rails, bytes);
    sample->engines =
        board_copy_items(sample->engines, sample->engine_count, sizeof *sample->engines, bytes);
    sample->others =
        board_copy_items(sample->others, sample->other_count, sizeof *sample->others, bytes);
}

void lane_copy(struct lane_state *lane, size_t *bytes) {
    lane->name = board_copy_string(lane->name, bytes);
    lane->energy = energy_copy(lane->energy, bytes);
    sample_own(&lane->last, bytes);
}

static void keep(struct lane_state *lane, int64_t t, const struct sample *sample) {
    sample_free(&lane->last);
    lane->last = *sample;
    sample_own(&lane->last, &(size_t){0});
    lane->last_us = t;
    lane->seen = true;
    if (isnan(lane->swap_start))
        lane->swap_start = sample->swap_mb;
    if (isnan(lane->swapouts_start))
        lane->swapouts_start = sample->swapouts;
}

static void plot(struct row *row, int64_t t, const struct lane_state *lane, bool alone) {
    const struct sample *sample = &lane->last;
    double watts = energy_watts(lane->energy);
    series_put(&row->series[SERIES_WATTS], t, isnan(watts) ? sample->watts : watts);
    series_put(&row->series[SERIES_SWAP], t, sample->swap_mb - lane->swap_start);
    series_put(&row->series[SERIES_THERMAL], t,
               sample->thermal == THERMAL_UNKNOWN ? NAN
                                                  : (double)(sample->thermal - THERMAL_NOMINAL));
    /* an exporter's figure is of the engine that runs */
    if (alone || row->running_column >= 0)
        series_put(&row->series[SERIES_KV], t, sample->kv_tokens);
    live_tick(row, t);
}

static void watch_row(struct row *row, const struct sample *sample) {
    if (row->running_column < 0)
        return;
    struct cell *cell = &row->cells[row->running_column];
    struct pass_record *record = pass_find(cell, cell->pass);
    if (!record || !record->open)
        return;
    watch_sample(&record->watch, row, sample);
    if (isnan(row->live->suite_swap))
        row->live->suite_swap = sample->swap_mb;
    if (isnan(row->live->suite_swapouts))
        row->live->suite_swapouts = sample->swapouts;
}

void apply_sample(struct board *board, int64_t t, const struct sample *sample) {
    int at = !sample->lane && board->lane_count == 1 ? 0 : board_lane_make(board, sample->lane);
    if (at < 0 || (unsigned)sample->thermal >= THERMAL_COUNT) {
        board_nonsense(board, "a lane too many or thermal level", sample->thermal);
        return;
    }
    struct lane_state *lane = &board->lanes[at];
    energy_add(lane->energy, t, sample);
    keep(lane, t, sample);
    size_t rows = 0;
    for (size_t i = 0; i < board->row_count; i++)
        rows += board->rows[i].live->lane == at;
    for (size_t i = 0; i < board->row_count; i++) {
        struct row *row = &board->rows[i];
        if (row->live->lane != at)
            continue;
        plot(row, t, lane, rows == 1);
        watch_row(row, sample);
        pass_settle_energy(board, (int)i, false);
    }
}
