/* Live: how fast a row decodes right now, from the progress of its calls. */
#include <math.h>
#include <stdlib.h>

#include "model/board_private.h"

#define PLOT_US 100000   /* ten points a second at most */
#define SPACING_US 50000 /* kept points; 128 of them reach back 6 s at least */
#define CHUNKS_LEAST 8   /* of a call that tells how many tokens a chunk has */
#define RATE_US 1000000  /* the live rate is that of the last second */

struct live *live_new(int lane) {
    struct live *live = mem_zero(1, sizeof *live);
    live->lane = lane;
    live->per_chunk = 1;
    live->suite = live->pass = -1;
    live->base_us = MARK_NONE;
    live->rest = (struct rest){MARK_NONE, MARK_NONE};
    live->suite_swap = live->suite_swapouts = NAN;
    return live;
}

void series_put(struct series *series, int64_t t_us, double value) {
    if (isnan(value) && (series->count == 0 || isnan(series_last(series))))
        return;
    series_add(series, t_us, value);
}

void live_enter(struct row *row, enum suite_id suite, int pass, const struct lane_state *lane) {
    struct live *live = row->live;
    if (live->suite == (int)suite && live->pass == pass)
        return;
    live->suite = (int)suite;
    live->pass = pass;
    live->suite_swap = lane->seen ? lane->last.swap_mb : NAN;
    live->suite_swapouts = lane->seen ? lane->last.swapouts : NAN;
}

void live_leave(struct row *row) {
    row->live->suite = row->live->pass = -1;
}

static const struct live_point *point_at(const struct live *live, size_t i) {
    return &live->points[(live->first + i) % LIVE_POINTS];
}

static void remember(struct live *live, int64_t t) {
    if (live->count > 0) {
        struct live_point *newest = &live->points[(live->first + live->count - 1) % LIVE_POINTS];
        bool crowded = live->count > 1 && t - point_at(live, live->count - 2)->t_us < SPACING_US;
        if (newest->t_us >= t || crowded) {
            newest->t_us = newest->t_us > t ? newest->t_us : t;
            newest->tokens = live->tokens;
            return;
        }
    }
    if (live->count == LIVE_POINTS) {
        live->first = (live->first + 1) % LIVE_POINTS;
        live->count--;
    }
    live->points[(live->first + live->count++) % LIVE_POINTS] =
        (struct live_point){t, live->tokens};
}

static double tokens_at(const struct live *live, int64_t t_us) {
    if (live->count == 0)
        return live->tokens;
    if (t_us <= point_at(live, 0)->t_us)
        return point_at(live, 0)->tokens;
    for (size_t i = live->count; i-- > 1;) {
        const struct live_point *a = point_at(live, i - 1), *b = point_at(live, i);
        if (t_us >= b->t_us)
            return b->tokens;
        if (t_us >= a->t_us)
            return a->tokens +
                   (b->tokens - a->tokens) * (double)(t_us - a->t_us) / (double)(b->t_us - a->t_us);
    }
    return point_at(live, 0)->tokens;
}

void live_begin(struct row *row, int64_t t) {
    struct live *live = row->live;
    if (live->decoding++ == 0) {
        live->base_us = live->plotted_us = t;
        live->plotted_tokens = live->tokens + live->per_chunk;
    }
    live->tokens += live->per_chunk;
    remember(live, t);
}

/* While a call runs only its chunks are seen; an engine that drafts sends several tokens in one. */
void live_learn(struct row *row, const struct call *call) {
    if (call->ok &&
        (call->tokens_source == TOKENS_USAGE || call->tokens_source == TOKENS_TIMINGS) &&
        call->chunks >= CHUNKS_LEAST && call->completion_tokens > 0)
        row->live->per_chunk = (double)call->completion_tokens / (double)call->chunks;
}

void live_chunks(struct row *row, int64_t t, double chunks) {
    row->live->tokens += chunks * row->live->per_chunk;
    remember(row->live, t);
}

static void rate_now(struct row *row, int64_t t) {
    struct live *live = row->live;
    if (live->decoding == 0) {
        row->tps_now = NAN;
        return;
    }
    int64_t from = t - RATE_US > live->base_us ? t - RATE_US : live->base_us;
    if (t - from >= PLOT_US)
        row->tps_now = (live->tokens - tokens_at(live, from)) / ((double)(t - from) / 1e6);
}

void live_plot(struct row *row, int64_t t) {
    struct live *live = row->live;
    rate_now(row, t);
    if (live->decoding == 0 || t - live->plotted_us < PLOT_US)
        return;
    double tps = (live->tokens - live->plotted_tokens) / ((double)(t - live->plotted_us) / 1e6);
    series_add(&row->series[SERIES_TPS], t, tps);
    live->plotted_us = t;
    live->plotted_tokens = live->tokens;
}

void live_end(struct row *row, int64_t t) {
    struct live *live = row->live;
    if (live->decoding > 0 && --live->decoding == 0)
        live_stop(row, t);
}

void live_stop(struct row *row, int64_t t) {
    row->live->decoding = 0;
    row->tps_now = NAN;
    series_put(&row->series[SERIES_TPS], t, NAN);
}

/* No progress for a second while calls decode is a rate of zero, and it shows. */
void live_tick(struct row *row, int64_t t) {
    if (row->live->decoding > 0 && t - row->live->plotted_us >= RATE_US)
        live_plot(row, t);
}
