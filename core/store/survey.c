#include "store/survey.h"

#include <stdlib.h>

#define SPACING 16384 /* events between two checkpoints at first: some 50 ms of work */

struct track {
    struct board *board; /* as far as it is folded */
    struct checkpoint
        *checkpoints; /* in order; all at multiples of `spacing` events, the first at none */
    size_t count, capacity, bytes;
    int64_t spacing;
    struct checkpoint end; /* board NULL: not there yet; else track->board */
};

struct survey {
    struct merge *merge;
    struct track *tracks;
    size_t count;
};

static void thin(struct track *track) {
    size_t kept = 0;
    track->spacing *= 2;
    for (size_t i = 0; i < track->count; i++) {
        struct checkpoint *checkpoint = &track->checkpoints[i];
        if (checkpoint->place.events % track->spacing == 0) {
            track->checkpoints[kept++] = *checkpoint;
            continue;
        }
        track->bytes -= checkpoint->bytes;
        board_free(checkpoint->board);
    }
    track->count = kept;
}

static void keep(const struct survey *survey, struct track *track, struct merge_place place) {
    track->checkpoints =
        mem_grow(track->checkpoints, track->count, &track->capacity, sizeof *track->checkpoints);
    struct checkpoint *checkpoint = &track->checkpoints[track->count++];
    *checkpoint = (struct checkpoint){.place = place};
    checkpoint->board = board_copy(track->board, &checkpoint->bytes);
    track->bytes += checkpoint->bytes;
    while (track->bytes > CHECKPOINTS_BYTES / survey->count && track->count > 1)
        thin(track);
}

struct survey *survey_new(const char *const *paths, size_t count, struct error *error) {
    struct run *runs = mem_zero(count, sizeof *runs);
    struct merge *merge = merge_new(paths, count, runs, error);
    struct survey *survey = NULL;
    if (merge) {
        survey = mem_zero(1, sizeof *survey);
        survey->merge = merge;
        survey->count = count;
        survey->tracks = mem_zero(count, sizeof *survey->tracks);
    }
    for (size_t i = 0; survey && i < count; i++) {
        survey->tracks[i].board = board_new(&runs[i]);
        survey->tracks[i].spacing = SPACING;
        keep(survey, &survey->tracks[i], merge_place(merge, (int)i));
        run_done(&runs[i]);
    }
    free(runs);
    return survey;
}

void survey_free(struct survey *survey) {
    if (!survey)
        return;
    for (size_t i = 0; i < survey->count; i++) {
        struct track *track = &survey->tracks[i];
        for (size_t k = 0; k < track->count; k++)
            board_free(track->checkpoints[k].board);
        free(track->checkpoints);
        board_free(track->board);
    }
    free(survey->tracks);
    merge_free(survey->merge);
    free(survey);
}

static void finish(struct survey *survey) {
    for (size_t i = 0; i < survey->count; i++) {
        struct track *track = &survey->tracks[i];
        track->end = (struct checkpoint){merge_place(survey->merge, (int)i), track->board, 0};
    }
}

bool survey_step(struct survey *survey, size_t events) {
    int source;
    int64_t t;
    for (; events > 0; events--) {
        struct event event;
        if (!merge_peek(survey->merge, &source, &t)) {
            finish(survey);
            return false;
        }
        struct track *track = &survey->tracks[source];
        merge_take(survey->merge, &event);
        board_apply(track->board, &event);
        event_done(&event);
        struct merge_place place = merge_place(survey->merge, source);
        if (place.events % track->spacing == 0)
            keep(survey, track, place);
    }
    return true;
}

bool survey_reaches(const struct survey *survey, const struct align *align, int64_t to_us) {
    for (size_t i = 0; i < survey->count; i++) {
        struct merge_place place = merge_place(survey->merge, (int)i);
        if (!survey->tracks[i].end.board && align_time(align, (int)i, place.t) <= to_us)
            return false;
    }
    return true;
}

static bool is_before(const struct checkpoint *checkpoint, int source, const struct align *align,
                      int64_t to_us) {
    return align_time(align, source, checkpoint->place.t) <= to_us;
}

const struct checkpoint *survey_before(const struct survey *survey, int source,
                                       const struct align *align, int64_t to_us) {
    const struct track *track = &survey->tracks[source];
    if (track->end.board && is_before(&track->end, source, align, to_us))
        return &track->end;
    size_t i = track->count - 1;
    while (i > 0 && !is_before(&track->checkpoints[i], source, align, to_us))
        i--;
    return &track->checkpoints[i];
}

const struct error *survey_error(const struct survey *survey) {
    return merge_error(survey->merge);
}

const struct board *survey_board(const struct survey *survey, int source) {
    return survey->tracks[source].board;
}
