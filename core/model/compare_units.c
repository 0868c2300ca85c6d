/* What a cell is made of when it is compared: its passes, or the calls of its only one. */
#include <math.h>

#include "model/compare_private.h"

static struct unit *unit_add(struct units *units, int number) {
    units->at = mem_grow(units->at, units->count, &units->capacity, sizeof *units->at);
    struct unit *unit = &units->at[units->count++];
    unit->number = number;
    for (size_t i = 0; i < METRIC_COUNT; i++)
        unit->values[i] = NAN;
    return unit;
}

static bool counts(const struct board_call *call, int column, int pass) {
    return call->finished && call->call.ok && call_is_of(call, column, pass);
}

/* A pass as one unit: of its calls the medians, and its own figures. */
static void add_pass(struct units *units, const struct row *row, int column,
                     const struct pass_record *record) {
    struct unit *unit = unit_add(units, record->pass);
    struct values values[METRIC_COUNT] = {{0}};
    for (size_t i = record->first_call; i < record->end_call && i < row->call_count; i++)
        if (counts(row->calls[i], column, record->pass))
            call_values(values, row->calls[i]);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        unit->values[i] = i < METRIC_WALL ? stats_median(values[i].at, values[i].count)
                                          : record->values[i - METRIC_WALL];
        values_done(&values[i]);
    }
}

/* The calls of an only pass, each a unit; the pass's own figures stand with the first. */
static void add_calls(struct units *units, const struct row *row, int column,
                      const struct pass_record *record) {
    for (size_t i = record->first_call; i < record->end_call && i < row->call_count; i++) {
        const struct board_call *call = row->calls[i];
        if (!counts(call, column, record->pass))
            continue;
        struct values values[METRIC_COUNT] = {{0}};
        struct unit *unit = unit_add(units, call->call.index);
        call_values(values, call);
        for (size_t k = 0; k < METRIC_COUNT; k++) {
            if (k < METRIC_WALL && values[k].count)
                unit->values[k] = values[k].at[0];
            else if (k >= METRIC_WALL && units->count == 1)
                unit->values[k] = record->values[k - METRIC_WALL];
            values_done(&values[k]);
        }
    }
}

static bool usable(const struct pass_record *record) {
    return !record->open && !record->control;
}

size_t compare_passes(const struct cell *cell) {
    size_t passes = 0;
    for (size_t i = 0; i < cell->record_count; i++)
        passes += usable(&cell->records[i]);
    return passes;
}

/* A burst's calls share one queue, so that they are no sample of their own. */
bool compare_one_by_one(enum suite_id suite) {
    return suite != SUITE_BURST && suite != SUITE_COHAB;
}

struct units compare_units(const struct board *board, int ep, int column, bool calls) {
    const struct row *row = &board->rows[ep];
    const struct cell *cell = &row->cells[column];
    struct units units = {0};
    for (size_t i = 0; i < cell->record_count; i++) {
        if (!usable(&cell->records[i]))
            continue;
        if (calls)
            add_calls(&units, row, column, &cell->records[i]);
        else
            add_pass(&units, row, column, &cell->records[i]);
    }
    return units;
}
