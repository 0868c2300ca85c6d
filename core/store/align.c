#include "store/align.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define REACH 12 /* marks ahead that are still taken for the same place: about a suite */

static const char *const words[ALIGN_COUNT] = {"start", "suite", "phase"};

const char *align_word(enum align_mode mode) {
    return words[mode];
}

struct align {
    size_t sources, count, capacity;
    int64_t *points; /* count × sources: when each run is there, by its own time */
    int64_t *met;    /* count: when they meet, by the screen's */
};

/* The marks of one run. */
struct lane_marks {
    const struct align_mark **at;
    size_t count, next; /* next: the first that may still be met */
};

/* Its place in what is still to come; `count` when it is not near. */
static size_t find(const struct lane_marks *marks, uint64_t what) {
    size_t end = marks->next + REACH < marks->count ? marks->next + REACH : marks->count;
    for (size_t i = marks->next; i < end; i++)
        if (marks->at[i]->what == what)
            return i;
    return marks->count;
}

static void add_point(struct align *align, const int64_t *at) {
    if (align->count == align->capacity) {
        align->capacity = align->capacity ? 2 * align->capacity : 64;
        align->points =
            mem_resize(align->points, align->capacity * align->sources, sizeof *align->points);
        align->met = mem_resize(align->met, align->capacity, sizeof *align->met);
    }
    int64_t *point = align->points + align->count * align->sources;
    int64_t longest = 0, before = 0;
    for (size_t i = 0; i < align->sources; i++) {
        int64_t since = at[i] - (align->count ? point[(int64_t)i - (int64_t)align->sources] : 0);
        longest = since > longest ? since : longest;
    }
    if (align->count)
        before = align->met[align->count - 1];
    memcpy(point, at, align->sources * sizeof *point);
    align->met[align->count++] = before + longest;
}

static struct lane_marks *split(const struct align_mark *marks, size_t count, size_t sources) {
    struct lane_marks *lanes = mem_zero(sources, sizeof *lanes);
    for (size_t s = 0; s < sources; s++)
        lanes[s].at = mem_zero(count, sizeof *lanes[s].at);
    for (size_t i = 0; i < count; i++) {
        struct lane_marks *lane = &lanes[marks[i].source];
        lane->at[lane->count++] = &marks[i];
    }
    return lanes;
}

/* All runs come to this mark of the first one: where, in `at`; false when one does not. */
static bool meet(struct lane_marks *lanes, size_t sources, const struct align_mark *mark,
                 int64_t *at) {
    at[0] = mark->t;
    for (size_t s = 1; s < sources; s++) {
        size_t found = find(&lanes[s], mark->what);
        if (found == lanes[s].count)
            return false;
        at[s] = lanes[s].at[found]->t;
    }
    for (size_t s = 1; s < sources; s++)
        lanes[s].next = find(&lanes[s], mark->what) + 1;
    return true;
}

struct align *align_new(const struct align_mark *marks, size_t count, size_t sources) {
    struct align *align = mem_zero(1, sizeof *align);
    align->sources = sources;
    if (sources < 2)
        return align;
    struct lane_marks *lanes = split(marks, count, sources);
    int64_t *at = mem_zero(sources, sizeof *at);
    for (size_t i = 0; i < lanes[0].count; i++)
        if (meet(lanes, sources, lanes[0].at[i], at))
            add_point(align, at);
    for (size_t s = 0; s < sources; s++)
        free(lanes[s].at);
    free(lanes);
    free(at);
    return align;
}

void align_free(struct align *align) {
    if (!align)
        return;
    free(align->points);
    free(align->met);
    free(align);
}

size_t align_points(const struct align *align) {
    return align->count;
}

int64_t align_time(const struct align *align, int source, int64_t t) {
    size_t low = 0, high = align->count; /* points that this run has reached by t: [0, low) */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (align->points[middle * align->sources + (size_t)source] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return t;
    int64_t reached = align->points[(low - 1) * align->sources + (size_t)source];
    return align->met[low - 1] + (t - reached);
}
