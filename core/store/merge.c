#include "store/merge.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define T_MAX (INT64_C(1) << 53)

struct track {
    struct chain *log;
    struct event next;
    bool ready;  /* `next` holds an event */
    bool over;   /* nothing more will come */
    int64_t t;   /* of the latest event read, never falling */
    int64_t end; /* of the whole log, once scanned */
    struct merge_place place;
};

struct merge {
    struct track *tracks;
    size_t count;
    const struct align *align; /* NULL: none */
    struct error error;        /* text empty: none */
};

struct merge *merge_new(const char *const *paths, size_t count, struct run *runs,
                        struct error *error) {
    struct merge *merge = mem_zero(1, sizeof *merge);
    merge->tracks = mem_zero(count, sizeof *merge->tracks);
    for (; merge->count < count; merge->count++) {
        struct track *track = &merge->tracks[merge->count];
        track->log = chain_open(paths[merge->count], &runs[merge->count], error);
        if (track->log) {
            merge_go(merge, (int)merge->count, NULL);
            continue;
        }
        for (size_t i = 0; i < merge->count; i++)
            run_done(&runs[i]);
        merge_free(merge);
        return NULL;
    }
    return merge;
}

static void drop_next(struct track *track) {
    if (track->ready)
        event_done(&track->next);
    track->ready = false;
}

void merge_free(struct merge *merge) {
    if (!merge)
        return;
    for (size_t i = 0; i < merge->count; i++) {
        drop_next(&merge->tracks[i]);
        chain_free(merge->tracks[i].log);
    }
    free(merge->tracks);
    free(merge);
}

size_t merge_count(const struct merge *merge) {
    return merge->count;
}

/* What is to be said about the log at its end, as its last event; false: nothing. */
static bool last_words(struct track *track, const char *failure) {
    long long skipped = (long long)chain_skipped(track->log);
    struct event *note = NULL;
    if (failure)
        note = event_note_new(track->t, NOTE_ERROR, -1, "the log can't be read on: %s", failure);
    else if (chain_torn(track->log))
        note = event_note_new(track->t, NOTE_WARN, -1,
                              "the log ends in a torn line, which was dropped (%lld skipped)",
                              skipped);
    else if (skipped)
        note = event_note_new(track->t, NOTE_WARN, -1,
                              "%lld lines of the log were skipped: broken or of an unknown kind",
                              skipped);
    if (!note)
        return false;
    track->next = *note; /* moved */
    free(note);
    return true;
}

static void advance(struct merge *merge, struct track *track) {
    struct error error = {0};
    if (track->ready || track->over)
        return;
    enum log_read read = chain_next(track->log, &track->next, &error);
    track->over = read != LOG_EVENT;
    if (read == LOG_FAILED && !merge->error.text[0])
        merge->error = error;
    track->ready = !track->over || last_words(track, read == LOG_FAILED ? error.text : NULL);
    if (track->ready && track->next.t > track->t)
        track->t = track->next.t;
}

void merge_align(struct merge *merge, const struct align *align) {
    merge->align = align;
}

static int64_t shown_time(const struct merge *merge, const struct track *track) {
    return merge->align ? align_time(merge->align, (int)(track - merge->tracks), track->t)
                        : track->t;
}

static struct track *earliest(struct merge *merge) {
    struct track *first = NULL;
    for (size_t i = 0; i < merge->count; i++) {
        struct track *track = &merge->tracks[i];
        advance(merge, track);
        if (track->ready && (!first || shown_time(merge, track) < shown_time(merge, first)))
            first = track;
    }
    return first;
}

bool merge_peek(struct merge *merge, int *source, int64_t *t) {
    struct track *track = earliest(merge);
    if (!track)
        return false;
    *source = (int)(track - merge->tracks);
    *t = shown_time(merge, track);
    return true;
}

void merge_take(struct merge *merge, struct event *event) {
    struct track *track = earliest(merge);
    *event = track->next;
    track->ready = false;
    track->place = (struct merge_place){chain_tell(track->log), track->t, track->place.events + 1,
                                        track->over};
}

struct merge_place merge_place(const struct merge *merge, int source) {
    return merge->tracks[source].place;
}

void merge_go(struct merge *merge, int source, const struct merge_place *place) {
    struct track *track = &merge->tracks[source];
    drop_next(track);
    if (place)
        chain_go(track->log, place->log);
    else
        chain_rewind(track->log);
    track->place = place ? *place : (struct merge_place){.log = chain_tell(track->log)};
    track->over = track->place.over;
    track->t = track->place.t;
}

void merge_rewind(struct merge *merge) {
    for (size_t i = 0; i < merge->count; i++)
        merge_go(merge, (int)i, NULL);
}

const struct error *merge_error(const struct merge *merge) {
    return merge->error.text[0] ? &merge->error : NULL;
}

/* ---- the scan ---- */

/* The t of a line of ours, {"t":123,"e":"kind"…, and where the kind's word begins; -1 when the line
 * does not look so. */
static int64_t line_time(const char *line, const char **word) {
    static const char open[] = "{\"t\":", kind[] = ",\"e\":\"";
    if (strncmp(line, open, sizeof open - 1) != 0)
        return -1;
    const char *at = line + sizeof open - 1;
    int64_t t = 0;
    if (!isdigit((unsigned char)*at))
        return -1;
    for (; isdigit((unsigned char)*at) && t < T_MAX; at++)
        t = t * 10 + (*at - '0');
    if (strncmp(at, kind, sizeof kind - 1) != 0)
        return -1;
    *word = at + sizeof kind - 1;
    return t;
}

void merge_scan(struct merge *merge, struct landmarks *into) {
    for (size_t i = 0; i < merge->count; i++) {
        struct chain *log = merge->tracks[i].log;
        int64_t t = 0;
        while (chain_next_line(log, NULL) == LOG_EVENT) {
            size_t length;
            struct event event;
            const char *line = chain_line(log, &length), *word = NULL;
            int64_t at = line_time(line, &word);
            if (at >= T_MAX || (at >= 0 && !landmarks_may(word))) {
                t = at > t && at < T_MAX ? at : t;
                continue;
            }
            if (memchr(line, '\0', length) ||
                event_decode(&event, line, length, NULL) != EVENT_DECODED)
                continue;
            t = event.t > t ? event.t : t;
            landmarks_event(into, (int)i, t, &event);
            event_done(&event);
        }
        merge->tracks[i].end = t;
    }
    merge_rewind(merge);
}

int64_t merge_end(const struct merge *merge, int source) {
    return merge->tracks[source].end;
}
