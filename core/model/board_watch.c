/* Watch: what the samples of a lane say within one phase of one endpoint. */
#include <math.h>
#include <string.h>

#include "model/board_private.h"

#define BEFORE_US INT64_C(2000000) /* a sample this old still tells how a short phase began */

void watch_init(struct watch *watch, const struct lane_state *lane) {
    double swap = lane->seen ? lane->last.swap_mb : NAN;
    double swapouts = lane->seen ? lane->last.swapouts : NAN;
    *watch = (struct watch){.swap_start = swap,
                            .swap_peak = swap,
                            .swapouts_start = swapouts,
                            .swapouts_last = swapouts,
                            .thermal = THERMAL_UNKNOWN,
                            .rss_mb = NAN,
                            .footprint_mb = NAN,
                            .kv_tokens = NAN,
                            .other_engine = -1,
                            .other_pid = -1};
}

static void watch_memory(struct watch *watch, const struct row *row, const struct sample *sample) {
    double rss = NAN, footprint = NAN;
    for (size_t i = 0; i < sample->engine_count; i++) {
        const struct engine_memory *engine = &sample->engines[i];
        if (engine->ep != row->endpoint->ep)
            continue;
        if (!isnan(engine->rss_mb))
            rss = (isnan(rss) ? 0 : rss) + engine->rss_mb;
        if (!isnan(engine->footprint_mb))
            footprint = (isnan(footprint) ? 0 : footprint) + engine->footprint_mb;
    }
    watch->rss_mb = fmax(watch->rss_mb, rss);
    watch->footprint_mb = fmax(watch->footprint_mb, footprint);
    watch->kv_tokens = fmax(watch->kv_tokens, sample->kv_tokens);
}

/* One of the first `count` entries has this pid and (own) is, or is not, of this endpoint. */
static bool pid_before(const struct sample *sample, size_t count, int pid, int ep, bool own) {
    for (size_t i = 0; i < count; i++)
        if (sample->engines[i].pid == pid && (sample->engines[i].ep == ep) == own)
            return true;
    return false;
}

static void note_other(struct watch *watch, int engine, int pid) {
    if (watch->other_pid >= 0)
        return;
    watch->other_engine = engine;
    watch->other_pid = pid;
}

/* Processes of the endpoint's own engine, and of others: strangers on the lane, or endpoints of
 * this run that were not stopped. One process that serves two endpoints is no other one. */
static void watch_processes(struct watch *watch, const struct row *row,
                            const struct sample *sample) {
    int own = 0, others = 0, ep = row->endpoint->ep;
    for (size_t i = 0; i < sample->engine_count; i++) {
        const struct engine_memory *engine = &sample->engines[i];
        if (engine->pid <= 0 || pid_before(sample, i, engine->pid, ep, engine->ep == ep))
            continue;
        if (engine->ep == ep) {
            own++;
        } else if (!pid_before(sample, sample->engine_count, engine->pid, ep, true)) {
            others++;
            note_other(watch, -1, engine->pid);
        }
    }
    for (size_t i = 0; i < sample->other_count; i++) {
        bool same = sample->others[i].engine == (int)row->endpoint->engine;
        if (same && !row->endpoint->simulated) {
            own++;
        } else {
            others++;
            note_other(watch, sample->others[i].engine, sample->others[i].pid);
        }
    }
    watch->processes = own > watch->processes ? own : watch->processes;
    watch->others = others > watch->others ? others : watch->others;
}

void watch_sample(struct watch *watch, const struct row *row, const struct sample *sample) {
    watch->samples++;
    if (isnan(watch->swap_start))
        watch->swap_start = sample->swap_mb;
    if (isnan(watch->swapouts_start))
        watch->swapouts_start = sample->swapouts;
    watch->swap_peak = fmax(watch->swap_peak, sample->swap_mb);
    if (!isnan(sample->swapouts))
        watch->swapouts_last = sample->swapouts;
    if (sample->thermal > watch->thermal)
        watch->thermal = sample->thermal;
    watch->hot_samples += sample->thermal > THERMAL_NOMINAL;
    watch_memory(watch, row, sample);
    watch_processes(watch, row, sample);
}

void watch_close(struct watch *watch, const struct row *row, const struct lane_state *lane,
                 int64_t started_us) {
    if (watch->samples == 0 && lane->seen && lane->last_us >= started_us - BEFORE_US)
        watch_sample(watch, row, &lane->last);
}
