#include "model/board.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

#define NOTES_MAX 4096 /* the older half goes when full */
#define CAPABILITIES_MAX 4096
#define JUDGEMENTS_MAX 4096     /* no scrub bar has cells for more */
#define TEXT_MAX 2000           /* bytes of a note, a detail, a version */
#define TIME_MAX_US (1LL << 53) /* 285 years: a log's t beyond it is nonsense */

/* A bounded copy, cut between code points. */
static char *short_copy(const char *text) {
    if (!text)
        return NULL;
    size_t length = strnlen(text, TEXT_MAX + 1);
    if (length > TEXT_MAX)
        for (length = TEXT_MAX; length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80;)
            length--;
    return mem_bytes(text, length);
}

static void replace(char **at, const char *text) {
    free(*at);
    *at = short_copy(text);
}

static void plan_columns(struct board *board) {
    const struct run *run = &board->run;
    for (size_t i = 0; i < run->plan_count; i++)
        for (size_t k = 0; k < run->plans[i].phase_count; k++)
            board_column_make(board, run->plans[i].suite, run->plans[i].phases[k], true);
    int passes = run->passes > 0 ? run->passes : 1;
    board->phases_planned = board->column_count * board->row_count * (size_t)passes;
}

struct board *board_new(const struct run *run) {
    struct board *board = mem_zero(1, sizeof *board);
    run_copy(&board->run, run);
    board->status = RUN_OPEN;
    board->index = call_index_new();
    board->row_count = board->run.endpoint_count;
    board->rows = mem_zero(board->row_count, sizeof *board->rows);
    for (size_t i = 0; i < board->row_count; i++) {
        struct row *row = &board->rows[i];
        row->endpoint = &board->run.endpoints[i];
        row->running_column = -1;
        row->tps_now = NAN;
        row->live = live_new(board_lane_make(board, row->endpoint->lane));
    }
    board->measured = board->row_count == 0 || run_is_imported(&board->run);
    plan_columns(board);
    return board;
}

static void row_done(struct board *board, struct row *row) {
    for (size_t i = 0; row->cells && i < board->column_count; i++)
        cell_done(&row->cells[i]);
    for (size_t i = 0; i < SERIES_COUNT; i++)
        series_done(&row->series[i]);
    for (size_t i = 0; i < row->score_count; i++) {
        free(row->scores[i].failure);
        free(row->scores[i].detail);
        free(row->scores[i].expected);
    }
    free(row->engine_version);
    free(row->model);
    free(row->detail);
    free(row->cells);
    free(row->calls);
    free(row->scores);
    free(row->live);
}

void board_free(struct board *board) {
    if (!board)
        return;
    for (size_t i = 0; i < board->row_count; i++)
        row_done(board, &board->rows[i]);
    for (size_t i = 0; i < board->lane_count; i++)
        lane_done(&board->lanes[i]);
    for (size_t i = 0; i < board->note_count; i++)
        free(board->notes[i].text);
    for (size_t i = 0; i < board->capability_count; i++) {
        free(board->capabilities[i].name);
        free(board->capabilities[i].value);
        free(board->capabilities[i].evidence);
    }
    call_index_free(board->index);
    texts_free(board->texts);
    free(board->rows);
    free(board->columns);
    free(board->lanes);
    free(board->notes);
    free(board->capabilities);
    free(board->gates);
    free(board->verdicts);
    free(board->judgements);
    run_done(&board->run);
    free(board);
}

void board_note(struct board *board, int64_t t, enum note_level level, int ep, const char *text) {
    if (board->note_count == NOTES_MAX) {
        size_t half = NOTES_MAX / 2;
        for (size_t i = 0; i < half; i++)
            free(board->notes[i].text);
        memmove(board->notes, board->notes + half, half * sizeof *board->notes);
        board->note_count = half;
    }
    board->notes =
        mem_grow(board->notes, board->note_count, &board->note_capacity, sizeof *board->notes);
    board->notes[board->note_count++] = (struct note_line){t, level, ep, short_copy(text)};
}

void board_nonsense(struct board *board, const char *what, int64_t which) {
    if (board->nonsense++ > 0)
        return;
    char text[160];
    snprintf(text, sizeof text, "an event names %s %lld: ignored, as any more like it", what,
             (long long)which);
    board_note(board, board->now_us, NOTE_WARN, -1, text);
}

void board_judged(struct board *board, int ep, bool is_gate, const char *what, const char *tail) {
    if (board->judgement_count == JUDGEMENTS_MAX)
        return;
    board->judgements = mem_grow(board->judgements, board->judgement_count,
                                 &board->judgement_capacity, sizeof *board->judgements);
    struct judgement *judgement = &board->judgements[board->judgement_count++];
    *judgement = (struct judgement){.t = board->now_us, .ep = ep, .is_gate = is_gate};
    snprintf(judgement->text, sizeof judgement->text, "%s %s", what, tail);
}

static void apply_note(struct board *board, int64_t t, const struct event_note *note) {
    bool level_known = (unsigned)note->level < NOTE_LEVEL_COUNT;
    bool ep_known = note->ep >= 0 && (size_t)note->ep < board->row_count;
    board_note(board, t, level_known ? note->level : NOTE_INFO, ep_known ? note->ep : -1,
               note->text ? note->text : "");
}

static bool has_ep(struct board *board, int ep) {
    if (ep >= 0 && (size_t)ep < board->row_count)
        return true;
    board_nonsense(board, "unknown endpoint", ep);
    return false;
}

static void tell_other_version(struct board *board, const struct row *row, const char *version) {
    char text[400];
    snprintf(text, sizeof text, "its engine's version is %.120s from here on; it was %.120s",
             version, row->engine_version);
    board_note(board, board->now_us, NOTE_WARN, (int)(row - board->rows), text);
}

static void apply_endpoint(struct board *board, const struct event_endpoint *event) {
    struct row *row = &board->rows[event->ep];
    if ((unsigned)event->state >= ENDPOINT_STATE_COUNT) {
        board_nonsense(board, "unknown endpoint state", event->state);
        return;
    }
    row->state = event->state;
    struct endpoint *endpoint = &board->run.endpoints[event->ep];
    if (!endpoint->engine_set && event->engine >= 0 && event->engine < ENGINE_COUNT)
        endpoint->engine = (enum engine_id)event->engine;
    if (event->engine_version && row->engine_version &&
        strcmp(event->engine_version, row->engine_version) != 0)
        tell_other_version(board, row, event->engine_version);
    if (event->engine_version)
        replace(&row->engine_version, event->engine_version);
    if (event->model)
        replace(&row->model, event->model);
    replace(&row->detail, event->detail);
}

static void apply_capability(struct board *board, const struct event_capability *event) {
    if (!event->name)
        return;
    struct capability *found = NULL;
    for (size_t i = 0; i < board->capability_count && !found; i++)
        if (board->capabilities[i].ep == event->ep &&
            strcmp(board->capabilities[i].name, event->name) == 0)
            found = &board->capabilities[i];
    if (!found && board->capability_count == CAPABILITIES_MAX)
        return;
    if (!found) {
        board->capabilities = mem_grow(board->capabilities, board->capability_count,
                                       &board->capability_capacity, sizeof *board->capabilities);
        found = &board->capabilities[board->capability_count++];
        *found = (struct capability){.ep = event->ep, .name = short_copy(event->name)};
    }
    replace(&found->value, event->value);
    replace(&found->evidence, event->evidence);
}

/* The run was taken up again later: what is measured next does not follow what was, what it
 * measures anew is open again, and nothing is known of engines that nobody has asked since. */
static void pass_seam(struct board *board, int64_t t) {
    for (size_t i = 0; i < board->lane_count; i++)
        lane_break(&board->lanes[i], t);
    for (size_t ep = 0; ep < board->row_count; ep++) {
        board->rows[ep].state = ENDPOINT_UNKNOWN;
        replace(&board->rows[ep].detail, NULL);
    }
    passes_reopen(board);
}

/* The end, or (`open`) the end so far. */
static void apply_run_end(struct board *board, int64_t t, const struct event_run_end *event) {
    board->status = (unsigned)event->status < RUN_STATUS_COUNT ? event->status : RUN_FAILED;
    board->dropped += event->dropped;
    if (board->status == RUN_OPEN)
        pass_seam(board, t);
    for (size_t ep = 0; ep < board->row_count; ep++) {
        struct row *row = &board->rows[ep];
        live_stop(row, t);
        live_leave(row);
        pass_settle_energy(board, (int)ep, true);
        row->running_column = -1;
        for (size_t i = 0; i < board->column_count; i++)
            if (row->cells[i].state == CELL_RUNNING) {
                row->cells[i].state = CELL_STOPPED;
                row->cells[i].ended_us = t;
            }
    }
}

/* The endpoint, suite and phase an event names; false when it names none or they are nonsense. */
static bool place_is_known(struct board *board, const struct event *event) {
    int ep = 0, suite = 0;
    switch (event->kind) {
    case EVENT_ENDPOINT:
        ep = event->endpoint.ep;
        break;
    case EVENT_CAPABILITY:
        ep = event->capability.ep;
        break;
    case EVENT_PHASE_START:
    case EVENT_PHASE_END:
        ep = event->phase.ep, suite = (int)event->phase.suite;
        break;
    case EVENT_CALL_START:
        ep = event->call_start.ep, suite = (int)event->call_start.suite;
        break;
    case EVENT_CALL_END:
        ep = event->call.ep, suite = (int)event->call.suite;
        break;
    case EVENT_SCORE:
        ep = event->score.ep, suite = (int)event->score.suite;
        break;
    case EVENT_FIGURE:
        ep = event->figure.ep, suite = (int)event->figure.suite;
        break;
    case EVENT_FIRST_TOKEN:
    case EVENT_PROGRESS:
    case EVENT_CALL_OUTPUT:
    case EVENT_SAMPLE:
    case EVENT_NOTE:
    case EVENT_RUN_END:
    case EVENT_COUNT:
        return true;
    }
    if (!has_ep(board, ep))
        return false;
    if (suite >= 0 && suite < SUITE_COUNT)
        return true;
    board_nonsense(board, "unknown suite", suite);
    return false;
}

static void dispatch(struct board *board, const struct event *event) {
    int64_t t = event->t;
    switch (event->kind) {
    case EVENT_ENDPOINT:
        apply_endpoint(board, &event->endpoint);
        break;
    case EVENT_CAPABILITY:
        apply_capability(board, &event->capability);
        break;
    case EVENT_PHASE_START:
        apply_phase_start(board, t, &event->phase);
        break;
    case EVENT_PHASE_END:
        apply_phase_end(board, t, &event->phase);
        break;
    case EVENT_CALL_START:
        apply_call_start(board, t, &event->call_start);
        break;
    case EVENT_FIRST_TOKEN:
        apply_first_token(board, t, &event->first_token);
        break;
    case EVENT_PROGRESS:
        apply_progress(board, t, &event->progress);
        break;
    case EVENT_CALL_END:
        apply_call_end(board, t, &event->call);
        break;
    case EVENT_CALL_OUTPUT:
        apply_call_output(board, &event->output);
        break;
    case EVENT_SAMPLE:
        apply_sample(board, t, &event->sample);
        break;
    case EVENT_SCORE:
        apply_score(board, &event->score);
        break;
    case EVENT_FIGURE:
        apply_figure(board, &event->figure);
        break;
    case EVENT_NOTE:
        apply_note(board, t, &event->note);
        break;
    case EVENT_RUN_END:
        apply_run_end(board, t, &event->run_end);
        break;
    case EVENT_COUNT:
        break;
    }
}

void board_apply(struct board *board, const struct event *event) {
    board->events++;
    if (event->t < 0 || event->t > TIME_MAX_US) {
        board_nonsense(board, "impossible time", event->t);
        return;
    }
    if (event->t > board->now_us)
        board->now_us = event->t;
    if (!place_is_known(board, event))
        return;
    dispatch(board, event);
    board->measured = board->measured || event_measures(event);
    if (event->kind == EVENT_ENDPOINT)
        lane_busy(board, event->endpoint.ep, event->t);
    else if (event->kind == EVENT_PHASE_START || event->kind == EVENT_PHASE_END)
        lane_busy(board, event->phase.ep, event->t);
    else if (event->kind == EVENT_CALL_START)
        lane_busy(board, event->call_start.ep, event->t);
    else if (event->kind == EVENT_CALL_END)
        lane_busy(board, event->call.ep, event->t);
}
