#include "suites/resume.h"

#include <stdlib.h>
#include <string.h>

#define PASSES_MAX 100 /* as --passes; a header may say anything */
#define ATTEMPT_MAX (1 << 24)
/* A log holds no number above 2^53; this leaves the run that goes on as much again. */
#define START_MAX (INT64_C(1) << 52)

static bool *unit(const struct resume *resume, int ep, enum suite_id suite, int pass) {
    size_t passes = (size_t)resume->run.passes + 1;
    return &resume->missing[((size_t)ep * SUITE_COUNT + suite) * passes + (size_t)pass];
}

/* The drift control was not planned: it counts when it was begun. */
static void find_missing(struct resume *resume, const struct board *board) {
    const struct run *run = &resume->run;
    for (int ep = 0; ep < (int)run->endpoint_count; ep++)
        for (size_t i = 0; i < run->plan_count; i++)
            for (int pass = 0; pass <= run->passes; pass++) {
                enum suite_id suite = run->plans[i].suite;
                enum board_pass come = board_pass(board, ep, suite, pass);
                bool planned = pass < run->passes || come == BOARD_PASS_BEGUN;
                *unit(resume, ep, suite, pass) = come != BOARD_PASS_ENDED;
                resume->units += planned;
                resume->wanted += planned && come != BOARD_PASS_ENDED;
            }
}

/* False when there is no room left for a clock or for ids. */
static bool find_start(struct resume *resume, const struct board *board) {
    resume->base_us = board->now_us + 1;
    resume->next_id = 1;
    for (size_t i = 0; i < board->row_count; i++) {
        const struct row *row = &board->rows[i];
        for (size_t k = 0; k < row->call_count; k++)
            if (row->calls[k]->call.id >= resume->next_id)
                resume->next_id = row->calls[k]->call.id + 1;
    }
    /* each attempt so far made a call at least, so none had this number */
    resume->attempt = resume->next_id < ATTEMPT_MAX ? (int)resume->next_id : ATTEMPT_MAX;
    return resume->base_us < START_MAX && resume->next_id < START_MAX;
}

static bool was_measured_here(const struct run *run, struct error *error) {
    if (run->plan_count == 0 || run->endpoint_count == 0 || run_is_imported(run))
        return error_set(error, "%s was not measured by pitwall: there is nothing to resume",
                         run->id);
    if (run->passes < 1 || run->passes > PASSES_MAX)
        return error_set(error, "%s: its header plans %d passes", run->id, run->passes);
    return true;
}

bool resume_init(struct resume *resume, const struct board *board, struct error *error) {
    *resume = (struct resume){0};
    if (!was_measured_here(&board->run, error))
        return false;
    run_copy(&resume->run, &board->run);
    size_t passes = (size_t)resume->run.passes + 1;
    resume->missing = mem_zero(resume->run.endpoint_count * SUITE_COUNT * passes, sizeof(bool));
    find_missing(resume, board);
    if (!find_start(resume, board)) {
        error_set(error, "%s can't go on: its times or its ids of calls are beyond any run's",
                  board->run.id);
        resume_done(resume);
        return false;
    }
    if (resume->wanted > 0)
        return true;
    error_set(error, "nothing is missing of %s: every pass of every suite has ended",
              board->run.id);
    error_hint(error, "'pitwall report' shows it; a new run starts without --resume");
    resume_done(resume);
    return false;
}

void resume_done(struct resume *resume) {
    run_done(&resume->run);
    free(resume->missing);
    *resume = (struct resume){0};
}

bool resume_wants(const struct resume *resume, int ep, enum suite_id suite, int pass) {
    return !resume || *unit(resume, ep, suite, pass);
}

bool resume_wants_visit(const struct resume *resume, int ep, int pass) {
    bool any = !resume;
    for (size_t i = 0; !any && i < resume->run.plan_count; i++)
        any = resume_wants(resume, ep, resume->run.plans[i].suite, pass);
    return any;
}

bool resume_wants_endpoint(const struct resume *resume, int ep) {
    bool any = !resume;
    for (int pass = 0; !any && pass < resume->run.passes; pass++)
        any = resume_wants_visit(resume, ep, pass);
    return any;
}

/* Both known, and not the same. */
static bool differ(const char *a, const char *b) {
    return a && b && strcmp(a, b) != 0;
}

bool resume_fits(const struct resume *resume, const struct run *now, struct error *error) {
    const struct machine *then = &resume->run.machine, *here = &now->machine;
    if (!run_same_plan(&resume->run, now)) {
        error_set(error, "this version of pitwall plans other phases than %s, which has %s",
                  resume->run.id, resume->run.version ? resume->run.version : "no version");
        return error_hint(error, "start a new run");
    }
    if (differ(then->model, here->model) || differ(then->chip, here->chip) ||
        (then->cores > 0 && here->cores > 0 && then->cores != here->cores)) {
        error_set(error, "%s was measured on another machine: %s, this is %s", resume->run.id,
                  then->chip ? then->chip : "unknown", here->chip ? here->chip : "unknown");
        return error_hint(error, "figures of two machines are no single run: start a new one");
    }
    return true;
}
