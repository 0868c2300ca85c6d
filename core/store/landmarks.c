#include "store/landmarks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LANDMARKS_MAX ((size_t)1 << 16) /* a scrub bar has some hundred cells */
#define TEXT_MAX 256

void landmarks_done(struct landmarks *marks) {
    free(marks->at);
    *marks = (struct landmarks){0};
}

/* ---- the table ---- */

/* The same endpoint's (by its place in the run), suite and pass give the same key. */
static uint64_t suite_key(int ep, enum suite_id suite, int pass) {
    char text[96];
    snprintf(text, sizeof text, "%d %s %d", ep, suite_word(suite), pass);
    return stats_hash(0, text);
}

static bool of_phase(const struct event *event, struct landmark *mark, char text[TEXT_MAX]) {
    const struct event_phase *phase = &event->phase;
    mark->kind = LANDMARK_PHASE;
    mark->ep = phase->ep;
    mark->suite_key = suite_key(phase->ep, phase->suite, phase->pass);
    mark->phase_key = stats_hash(mark->suite_key, phase->phase);
    snprintf(text, TEXT_MAX, "%s %s", suite_word(phase->suite), phase->phase);
    return true;
}

static bool of_call(const struct event *event, struct landmark *mark, char text[TEXT_MAX]) {
    mark->kind = LANDMARK_ERROR;
    mark->ep = event->call.ep;
    snprintf(text, TEXT_MAX, "%s %s", event->call.phase, error_word(event->call.error));
    return event->call.error != ERROR_NONE;
}

static bool of_note(const struct event *event, struct landmark *mark, char text[TEXT_MAX]) {
    mark->kind = LANDMARK_NOTE;
    mark->ep = event->note.ep;
    snprintf(text, TEXT_MAX, "%s", event->note.text ? event->note.text : "");
    return event->note.level != NOTE_INFO;
}

static bool of_run_end(const struct event *event, struct landmark *mark, char text[TEXT_MAX]) {
    mark->kind = LANDMARK_RUN_END;
    mark->ep = -1;
    snprintf(text, TEXT_MAX, "run %s", run_status_word(event->run_end.status));
    return true;
}

static const struct {
    enum event_kind kind;
    const char *with, *without; /* what its line holds, or does not; a quote in a text is escaped */
    bool (*read)(const struct event *event, struct landmark *mark, char text[TEXT_MAX]);
} rows[] = {
    {EVENT_PHASE_START, NULL, NULL, of_phase},
    {EVENT_CALL_END, "\"error\":{", NULL, of_call},
    {EVENT_NOTE, NULL, "\"level\":\"info\"", of_note},
    {EVENT_RUN_END, NULL, NULL, of_run_end},
};

static bool has_word(const char *at, const char *word) {
    size_t length = strlen(word);
    return strncmp(at, word, length) == 0 && at[length] == '"';
}

bool landmarks_may(const char *word) {
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (has_word(word, event_word(rows[i].kind)))
            return (!rows[i].with || strstr(word, rows[i].with)) &&
                   (!rows[i].without || !strstr(word, rows[i].without));
    return false;
}

/* ---- the list ---- */

static void add(struct landmarks *marks, struct landmark mark, const char *text) {
    if (marks->count == LANDMARKS_MAX)
        return;
    text_visible(mark.text, sizeof mark.text, text, strlen(text));
    marks->at = mem_grow(marks->at, marks->count, &marks->capacity, sizeof *marks->at);
    marks->at[marks->count++] = mark;
}

void landmarks_event(struct landmarks *marks, int source, int64_t t, const struct event *event) {
    struct landmark mark = {.t = t, .own_us = t, .source = source};
    char text[TEXT_MAX];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].kind == event->kind && rows[i].read(event, &mark, text))
            add(marks, mark, text);
}

void landmarks_judgements(struct landmarks *marks, int source, const struct board *board) {
    for (size_t i = 0; i < board->judgement_count; i++) {
        const struct judgement *judgement = &board->judgements[i];
        struct landmark mark = {.t = judgement->t,
                                .own_us = judgement->t,
                                .source = source,
                                .kind = judgement->is_gate ? LANDMARK_GATE : LANDMARK_VERDICT,
                                .ep = judgement->ep};
        add(marks, mark, judgement->text);
    }
}

int64_t landmarks_phase(const struct landmarks *marks, int ep, enum suite_id suite,
                        const char *phase, int pass) {
    uint64_t key = stats_hash(suite_key(ep, suite, pass), phase);
    for (size_t i = 0; i < marks->count; i++)
        if (marks->at[i].kind == LANDMARK_PHASE && marks->at[i].source == 0 &&
            marks->at[i].phase_key == key)
            return marks->at[i].own_us;
    return -1;
}

struct align *landmarks_align(const struct landmarks *marks, enum align_mode mode, size_t sources) {
    struct align_mark *meets = mem_zero(marks->count, sizeof *meets);
    uint64_t *last = mem_zero(sources, sizeof *last);
    size_t count = 0;
    for (size_t i = 0; mode != ALIGN_START && i < marks->count; i++) {
        const struct landmark *mark = &marks->at[i];
        uint64_t what = mode == ALIGN_PHASE ? mark->phase_key : mark->suite_key;
        bool again = mode == ALIGN_SUITE && last[mark->source] == what;
        if (mark->kind != LANDMARK_PHASE || again)
            continue;
        last[mark->source] = what;
        meets[count++] = (struct align_mark){mark->source, mark->own_us, what};
    }
    struct align *align = align_new(meets, count, sources);
    free(last);
    free(meets);
    return align;
}

static int by_time(const void *a, const void *b) {
    const struct landmark *left = a, *right = b;
    if (left->t != right->t)
        return left->t < right->t ? -1 : 1;
    if (left->source != right->source)
        return left->source - right->source;
    if (left->kind != right->kind)
        return (int)left->kind - (int)right->kind;
    return left->ep != right->ep ? left->ep - right->ep : strcmp(left->text, right->text);
}

void landmarks_place(struct landmarks *marks, const struct align *align) {
    for (size_t i = 0; i < marks->count; i++)
        marks->at[i].t = align_time(align, marks->at[i].source, marks->at[i].own_us);
    if (marks->count)
        qsort(marks->at, marks->count, sizeof *marks->at, by_time);
}
