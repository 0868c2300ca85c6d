#include "host/sampler.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/absences.h"
#include "host/collector.h"
#include "host/residents.h"

#define PERIOD_NS INT64_C(1000000000)
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
    bool local, remote /* by an exporter */, made /* simulated, imported */, told;
    struct absences absences;
    struct published rails[RAILS_MAX];
    size_t rail_count;
    struct rail pending[PENDING_MAX]; /* for the next sample */
    size_t pending_count;
    char power_source[16], power_mode[16]; /* as last seen; "" not yet */
};

struct sampler {
    const struct run *run;
    const struct process_patterns *patterns;
    struct queue *queue;
    int64_t epoch_ns;
    struct sampled lanes[ENDPOINTS_MAX];
    size_t lane_count;
    int stop_pipe[2]; /* closed at the writing end: stop */
    pthread_t thread;

    /* the thread's own */
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

static void add_lane(struct sampler *sampler, const struct endpoint *endpoint) {
    const char *name = endpoint->lane ? endpoint->lane : "local";
    for (size_t i = 0; i < sampler->lane_count; i++)
        if (strcmp(sampler->lanes[i].name, name) == 0) {
            sampler->lanes[i].local |= is_local(endpoint);
            sampler->lanes[i].made &= endpoint->simulated || endpoint->imported;
            return;
        }
    if (sampler->lane_count < ENDPOINTS_MAX)
        sampler->lanes[sampler->lane_count++] =
            (struct sampled){.name = name,
                             .local = is_local(endpoint),
                             .made = endpoint->simulated || endpoint->imported};
}

static void tell(struct sampler *sampler, struct event *note) {
    queue_push(sampler->queue, (struct item){.mark = QUEUE_EVENT, .event = note});
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
static void watch_power(struct sampler *sampler, const struct sampled *lane, int64_t t,
                        const char *what, char *last, size_t size, const char *now) {
    if (!now)
        return;
    if (*last && strcmp(last, now) != 0)
        tell(sampler, event_note_new(t, NOTE_WARN, -1,
                                     "%.40s: power %s changed from %s to %.15s: figures before and "
                                     "after differ",
                                     lane->name, what, last, now));
    copy_text(last, size, now);
}

/* Once, why this machine does not tell what counts most. */
static void tell_reasons(struct sampler *sampler, struct sampled *lane, int64_t t) {
    static const struct {
        enum host_figure figure;
        const char *what;
    } told[] = {{HOST_ENERGY, "energy"}, {HOST_THERMAL, "thermal level"}, {HOST_SWAP, "swap"}};
    for (size_t i = 0; i < COUNT_OF(told) && !lane->told; i++) {
        const char *reason = host_reason(sampler->host, told[i].figure);
        if (*reason)
            tell(sampler, event_note_new(t, NOTE_INFO, -1, "%.40s: no %s: %s", lane->name,
                                         told[i].what, reason));
    }
    lane->told = true;
}

static bool is_told(const struct sampled *lane, const struct sample *sample,
                    enum machine_figure figure) {
    switch (figure) {
    case MACHINE_ENERGY:
        return lane->rail_count > 0 || sample->rail_count > 0 || !isnan(sample->watts);
    case MACHINE_THERMAL:
        return sample->thermal != THERMAL_UNKNOWN;
    case MACHINE_SWAP:
        return !isnan(sample->swap_mb);
    case MACHINE_PRESSURE:
        return !isnan(sample->pressure);
    case MACHINE_MEMORY:
        return sample->engine_count > 0;
    case MACHINE_POWER:
        return sample->power_source != NULL;
    case MACHINE_FIGURE_COUNT:
        break;
    }
    return true;
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
static void tell_absences(struct sampler *sampler, struct sampled *lane, int64_t t,
                          const struct sample *sample) {
    char exporter[COLLECTOR_REASON] = "";
    if (lane->remote)
        collector_reason(sampler->collector, lane->name, exporter);
    for (int i = 0; i < MACHINE_FIGURE_COUNT; i++) {
        enum machine_figure figure = (enum machine_figure)i;
        if (is_told(lane, sample, figure))
            continue;
        const char *reason = lane->remote  ? exporter
                             : lane->local ? own_reason(sampler->host, figure)
                             : lane->made  ? ""
                                           : "no telemetry is configured: telemetry=URL of an "
                                             "exporter on that machine (macmon, node_exporter …)";
        absences_tell(&lane->absences, sampler->run, lane->name, figure, reason, t, sampler->queue);
    }
}

static void push_sample(struct sampler *sampler, struct sampled *lane) {
    struct event *event = event_new(EVENT_SAMPLE, 0);
    struct sample *sample = &event->sample;
    if (lane->remote) {
        collector_fill(sampler->collector, lane->name, sampler->epoch_ns, sample);
    } else if (lane->local) {
        host_sample(sampler->host, sampler->epoch_ns, sample);
        residents_fill(sampler->residents, lane->name, sample);
    }
    event->t = (clock_ns() - sampler->epoch_ns) / 1000;
    tell_absences(sampler, lane, event->t, sample);
    put_rails(lane, sample);
    if (lane->local && !lane->remote)
        tell_reasons(sampler, lane, event->t);
    watch_power(sampler, lane, event->t, "source", lane->power_source, sizeof lane->power_source,
                sample->power_source);
    watch_power(sampler, lane, event->t, "mode", lane->power_mode, sizeof lane->power_mode,
                sample->power_mode);
    sample->lane = mem_string(lane->name);
    tell(sampler, event);
}

static void read_own_energy(struct sampler *sampler, struct sample *sample) {
    int64_t from_ns = clock_ns();
    host_energy(sampler->host, sampler->epoch_ns, sample);
    sampler->energy_cost_ns = clock_ns() - from_ns;
}

/* In between: joules alone, as long as there is room left for those of the sample itself. */
static void read_energy(struct sampler *sampler, struct sampled *lane) {
    if (lane->pending_count + 2 * lane->rail_count > PENDING_MAX)
        return;
    struct event *event = event_new(EVENT_SAMPLE, 0);
    if (lane->remote)
        collector_fill(sampler->collector, lane->name, sampler->epoch_ns, &event->sample);
    else if (lane->local)
        read_own_energy(sampler, &event->sample);
    keep_rails(lane, &event->sample);
    event_free(event);
}

/* ---- the thread ---- */

static void begin(struct sampler *sampler) {
    const struct run *run = sampler->run;
    sampler->host = host_new();
    sampler->collector = collector_new(run);
    sampler->residents = residents_new(sampler->host, sampler->patterns);
    for (size_t i = 0; i < sampler->lane_count; i++)
        sampler->lanes[i].remote = collector_has(sampler->collector, sampler->lanes[i].name);
    if (run->endpoint_count == 0)
        residents_watch(sampler->residents);
    for (size_t i = 0; i < run->endpoint_count; i++) {
        const struct endpoint *endpoint = &run->endpoints[i];
        const char *lane = endpoint->lane ? endpoint->lane : "local";
        if (is_local(endpoint) && !collector_has(sampler->collector, lane))
            residents_add(sampler->residents, lane, endpoint);
    }
}

static void end(struct sampler *sampler) {
    residents_free(sampler->residents);
    collector_free(sampler->collector);
    host_free(sampler->host);
}

/* Waits until `due_ns`; false when it is time to stop. */
static bool wait_until(struct sampler *sampler, int64_t due_ns) {
    int64_t left_ns = due_ns - clock_ns();
    struct pollfd fd = {.fd = sampler->stop_pipe[0], .events = POLLIN};
    int ready = poll(&fd, 1, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
    return ready <= 0;
}

static void beat(struct sampler *sampler, bool whole) {
    if (sampler->collector)
        collector_gather(sampler->collector, sampler->queue, sampler->epoch_ns, !whole);
    if (whole)
        residents_look(sampler->residents, clock_ns());
    for (size_t i = 0; i < sampler->lane_count; i++)
        if (whole)
            push_sample(sampler, &sampler->lanes[i]);
        else
            read_energy(sampler, &sampler->lanes[i]);
}

/* How long until joules are worth reading again. */
static int64_t step_of(struct sampler *sampler) {
    bool local = false;
    for (size_t i = 0; i < sampler->lane_count; i++)
        local |= sampler->lanes[i].local && sampler->lanes[i].rail_count > 0;
    int64_t step_ns = PERIOD_NS;
    if (collector_is_live(sampler->collector))
        step_ns = ENERGY_NS;
    else if (local && host_energy_period(sampler->host) == 0)
        step_ns = sampler->energy_cost_ns * ENERGY_REST;
    return step_ns < ENERGY_NS ? ENERGY_NS : step_ns;
}

/* On a fixed schedule, so that lateness does not add up; a beat that was missed is left out. */
static void *sampler_main(void *context) {
    struct sampler *sampler = context;
    begin(sampler);
    int64_t due_ns = clock_ns(), whole_ns = due_ns;
    do {
        bool whole = due_ns >= whole_ns;
        beat(sampler, whole);
        int64_t now_ns = clock_ns();
        if (whole)
            whole_ns += PERIOD_NS * (1 + (now_ns - whole_ns) / PERIOD_NS);
        int64_t step_ns = step_of(sampler);
        due_ns += step_ns * (1 + (now_ns - due_ns) / step_ns);
        if (due_ns > whole_ns)
            due_ns = whole_ns;
    } while (wait_until(sampler, due_ns));
    end(sampler);
    return NULL;
}

struct sampler *sampler_start(const struct run *run, struct queue *queue, int64_t epoch_ns,
                              const struct process_patterns *patterns) {
    struct sampler *sampler = mem_zero(1, sizeof *sampler);
    sampler->run = run;
    sampler->patterns = patterns;
    sampler->queue = queue;
    sampler->epoch_ns = epoch_ns;
    for (size_t i = 0; i < run->endpoint_count; i++)
        add_lane(sampler, &run->endpoints[i]);
    if (run->endpoint_count == 0)
        sampler->lanes[sampler->lane_count++] = (struct sampled){.name = "local", .local = true};
    sigset_t all, old;
    sigfillset(&all);
    if (pipe(sampler->stop_pipe) != 0)
        die("sampler: no pipe");
    for (int i = 0; i < 2; i++)
        fcntl(sampler->stop_pipe[i], F_SETFD, FD_CLOEXEC);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&sampler->thread, NULL, sampler_main, sampler);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed)
        die("sampler: no thread: %s", strerror(failed));
    return sampler;
}

void sampler_stop(struct sampler *sampler) {
    if (!sampler)
        return;
    close(sampler->stop_pipe[1]);
    pthread_join(sampler->thread, NULL);
    close(sampler->stop_pipe[0]);
    for (size_t i = 0; i < sampler->lane_count; i++)
        absences_done(&sampler->lanes[i].absences);
    free(sampler);
}
