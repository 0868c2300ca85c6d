#include "host/beat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/absences.h"
#include "host/collector.h"
#include "host/residents.h"

/* Where joules are published live they are read this often, so that a decode window of a second has
 * edges of an eighth: they travel with the next sample. */
#define ENERGY_NS INT64_C(125000000)
/* Reading takes at most one part in so many of the time: IOReport needs 3 to 7 ms (telemetry D). */
#define ENERGY_REST 200
#define RAILS_MAX 32
#define PENDING_MAX 60 /* the log takes 64 in a sample */

struct published {
    char name[sizeof((struct rail *)0)->name];
    int64_t us;
};

struct sampled {
    const char *name; /* borrowed from the run */
    bool local, remote /* by an exporter */, made /* simulated, imported */;
    unsigned told; /* bit per host_figure: why it is absent, in a note */
    struct absences absences;
    struct published rails[RAILS_MAX];
    size_t rail_count;
    struct rail pending[PENDING_MAX]; /* for the next sample */
    size_t pending_count;
    char power_source[16], power_mode[16]; /* as last seen; "" not yet */
};

struct beat {
    const struct run *run;
    struct queue *queue;
    int64_t epoch_ns;
    struct sampled lanes[ENDPOINTS_MAX];
    size_t lane_count;
    struct host *host;
    struct collector *collector; /* NULL without exporters */
    struct residents *residents;
    int64_t energy_cost_ns; /* of reading this machine's joules, as last seen */
};

static bool is_local(const struct endpoint *endpoint) {
    char *host = endpoint_host(endpoint->url);
    bool loopback = host && endpoint_is_loopback(host);
    free(host);
    return loopback && !endpoint->simulated && !endpoint->imported;
}

static void add_lane(struct beat *beat, const struct endpoint *endpoint) {
    const char *name = endpoint->lane ? endpoint->lane : "local";
    for (size_t i = 0; i < beat->lane_count; i++)
        if (strcmp(beat->lanes[i].name, name) == 0) {
            beat->lanes[i].local |= is_local(endpoint);
            beat->lanes[i].made &= endpoint->simulated || endpoint->imported;
            return;
        }
    if (beat->lane_count < ENDPOINTS_MAX)
        beat->lanes[beat->lane_count++] =
            (struct sampled){.name = name,
                             .local = is_local(endpoint),
                             .made = endpoint->simulated || endpoint->imported};
}

static void tell(struct beat *beat, struct event *note) {
    queue_push(beat->queue, (struct item){.mark = QUEUE_EVENT, .event = note});
}

/* ---- one sample ---- */

/* Published anew since it was last seen? */
static bool is_news(struct sampled *lane, const struct rail *rail) {
    size_t at = 0;
    while (at < lane->rail_count && strcmp(lane->rails[at].name, rail->name) != 0)
        at++;
    if (at == RAILS_MAX || (at < lane->rail_count && lane->rails[at].us == rail->pub_us))
        return false;
    if (at == lane->rail_count)
        copy_text(lane->rails[lane->rail_count++].name, sizeof lane->rails[at].name, rail->name);
    lane->rails[at].us = rail->pub_us;
    return true;
}

/* Keep what is new; the sample's rails are what was kept since the last one. */
static void keep_rails(struct sampled *lane, const struct sample *sample) {
    for (size_t i = 0; i < sample->rail_count; i++)
        if (lane->pending_count < PENDING_MAX && is_news(lane, &sample->rails[i]))
            lane->pending[lane->pending_count++] = sample->rails[i];
}

static void put_rails(struct sampled *lane, struct sample *sample) {
    keep_rails(lane, sample);
    free(sample->rails);
    sample->rails = NULL;
    sample->rail_count = lane->pending_count;
    if (lane->pending_count > 0) {
        sample->rails = mem_alloc(sizeof lane->pending);
        memcpy(sample->rails, lane->pending, lane->pending_count * sizeof *lane->pending);
    }
    lane->pending_count = 0;
}

/* Figures before and after another power source or mode are not those of one machine. */
static void watch_power(struct beat *beat, const struct sampled *lane, int64_t t, const char *what,
                        char *last, size_t size, const char *now) {
    if (!now)
        return;
    if (*last && strcmp(last, now) != 0)
        tell(beat, event_note_new(t, NOTE_WARN, -1,
                                  "%.40s: power %s changed from %s to %.15s: figures before and "
                                  "after differ",
                                  lane->name, what, last, now));
    copy_text(last, size, now);
}

/* Once each, why this machine does not tell what counts most; a counter may stall later. */
static void tell_reasons(struct beat *beat, struct sampled *lane, int64_t t) {
    static const struct {
        enum host_figure figure;
        const char *what;
    } shown[] = {{HOST_ENERGY, "energy"}, {HOST_THERMAL, "thermal level"}, {HOST_SWAP, "swap"}};
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        unsigned bit = 1u << shown[i].figure;
        const char *reason = lane->told & bit ? "" : host_reason(beat->host, shown[i].figure);
        if (!*reason)
            continue;
        lane->told |= bit;
        tell(beat, event_note_new(t, NOTE_INFO, -1, "%.40s: no %s: %s", lane->name, shown[i].what,
                                  reason));
    }
}

static bool is_told(const struct sampled *lane, const struct sample *sample,
                    enum machine_figure figure) {
    return machine_figure_told(
        sample, figure, lane->rail_count > 0 || sample->rail_count > 0 || !isnan(sample->watts));
}

/* What this machine itself says of a figure it lacks. */
static const char *own_reason(struct host *host, enum machine_figure figure) {
    static const enum host_figure figures[MACHINE_FIGURE_COUNT] = {
        [MACHINE_ENERGY] = HOST_ENERGY,    [MACHINE_THERMAL] = HOST_THERMAL,
        [MACHINE_SWAP] = HOST_SWAP,        [MACHINE_PRESSURE] = HOST_PRESSURE,
        [MACHINE_MEMORY] = HOST_MEMORY_OF, [MACHINE_POWER] = HOST_POWER};
    const char *reason = host_reason(host, figures[figure]);
    if (figure != MACHINE_MEMORY || *reason)
        return reason;
    return "nobody of this user listens on its port";
}

/* Why the lane's newest sample lacks what it lacks. */
static void tell_absences(struct beat *beat, struct sampled *lane, int64_t t,
                          const struct sample *sample) {
    char exporter[COLLECTOR_REASON] = "";
    if (lane->remote)
        collector_reason(beat->collector, lane->name, exporter);
    for (int i = 0; i < MACHINE_FIGURE_COUNT; i++) {
        enum machine_figure figure = (enum machine_figure)i;
        if (is_told(lane, sample, figure))
            continue;
        const char *reason = lane->remote  ? exporter
                             : lane->local ? own_reason(beat->host, figure)
                             : lane->made  ? ""
                                           : "no telemetry is configured: telemetry=URL of an "
                                             "exporter on that machine (macmon, node_exporter …)";
        absences_tell(&lane->absences, beat->run, lane->name, figure, reason, t, beat->queue);
    }
}

static void push_sample(struct beat *beat, struct sampled *lane) {
    struct event *event = event_new(EVENT_SAMPLE, 0);
    struct sample *sample = &event->sample;
    if (lane->remote) {
        collector_fill(beat->collector, lane->name, beat->epoch_ns, sample);
    } else if (lane->local) {
        host_sample(beat->host, beat->epoch_ns, sample);
        residents_fill(beat->residents, lane->name, sample);
    }
    event->t = (clock_ns() - beat->epoch_ns) / 1000;
    tell_absences(beat, lane, event->t, sample);
    put_rails(lane, sample);
    if (lane->local && !lane->remote)
        tell_reasons(beat, lane, event->t);
    watch_power(beat, lane, event->t, "source", lane->power_source, sizeof lane->power_source,
                sample->power_source);
    watch_power(beat, lane, event->t, "mode", lane->power_mode, sizeof lane->power_mode,
                sample->power_mode);
    sample->lane = mem_string(lane->name);
    tell(beat, event);
}

static void read_own_energy(struct beat *beat, struct sample *sample) {
    int64_t from_ns = clock_ns();
    host_energy(beat->host, beat->epoch_ns, sample);
    beat->energy_cost_ns = clock_ns() - from_ns;
}

/* In between: joules alone, as long as there is room left for those of the sample itself. */
static void read_energy(struct beat *beat, struct sampled *lane) {
    if (lane->pending_count + 2 * lane->rail_count > PENDING_MAX)
        return;
    struct event *event = event_new(EVENT_SAMPLE, 0);
    if (lane->remote)
        collector_fill(beat->collector, lane->name, beat->epoch_ns, &event->sample);
    else if (lane->local)
        read_own_energy(beat, &event->sample);
    keep_rails(lane, &event->sample);
    event_free(event);
}

/* ---- a beat ---- */

static void find_lanes(struct beat *beat) {
    const struct run *run = beat->run;
    for (size_t i = 0; i < run->endpoint_count; i++)
        add_lane(beat, &run->endpoints[i]);
    if (run->endpoint_count == 0)
        beat->lanes[beat->lane_count++] = (struct sampled){.name = "local", .local = true};
    for (size_t i = 0; i < beat->lane_count; i++)
        beat->lanes[i].remote = collector_has(beat->collector, beat->lanes[i].name);
}

struct beat *beat_new(const struct run *run, struct queue *queue, int64_t epoch_ns,
                      const struct process_patterns *patterns, struct host *host) {
    struct beat *beat = mem_zero(1, sizeof *beat);
    beat->run = run;
    beat->queue = queue;
    beat->epoch_ns = epoch_ns;
    beat->host = host;
    beat->collector = collector_new(run);
    beat->residents = residents_new(host, patterns);
    find_lanes(beat);
    if (run->endpoint_count == 0)
        residents_watch(beat->residents);
    for (size_t i = 0; i < run->endpoint_count; i++) {
        const struct endpoint *endpoint = &run->endpoints[i];
        const char *lane = endpoint->lane ? endpoint->lane : "local";
        if (is_local(endpoint) && !collector_has(beat->collector, lane))
            residents_add(beat->residents, lane, endpoint);
    }
    return beat;
}

void beat_free(struct beat *beat) {
    residents_free(beat->residents);
    collector_free(beat->collector);
    host_free(beat->host);
    for (size_t i = 0; i < beat->lane_count; i++)
        absences_done(&beat->lanes[i].absences);
    free(beat);
}

void beat_once(struct beat *beat, int64_t now_ns, bool whole) {
    if (beat->collector)
        collector_gather(beat->collector, beat->queue, beat->epoch_ns, !whole);
    if (whole)
        residents_look(beat->residents, now_ns);
    for (size_t i = 0; i < beat->lane_count; i++)
        if (whole)
            push_sample(beat, &beat->lanes[i]);
        else
            read_energy(beat, &beat->lanes[i]);
}

int64_t beat_step_ns(const struct beat *beat) {
    bool local = false;
    for (size_t i = 0; i < beat->lane_count; i++)
        local |= beat->lanes[i].local && beat->lanes[i].rail_count > 0;
    int64_t step_ns = BEAT_NS;
    if (collector_is_live(beat->collector))
        step_ns = ENERGY_NS;
    else if (local && host_energy_period(beat->host) == 0)
        step_ns = beat->energy_cost_ns * ENERGY_REST;
    return step_ns < ENERGY_NS ? ENERGY_NS : step_ns;
}
