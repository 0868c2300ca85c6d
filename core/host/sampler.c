#include "host/sampler.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/host.h"

#define PERIOD_NS INT64_C(1000000000)

struct sampled {
    const char *name; /* borrowed from the run */
    bool local;
};

struct sampler {
    struct queue *queue;
    int64_t epoch_ns;
    struct sampled lanes[ENDPOINTS_MAX];
    size_t lane_count;
    int stop_pipe[2]; /* closed at the writing end: stop */
    pthread_t thread;
};

static bool url_is_loopback(const char *url) {
    const char *host = url ? strstr(url, "://") : NULL;
    if (!host)
        return false;
    host += 3;
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    return (length == 9 && strncmp(host, "localhost", 9) == 0) ||
           (length == 5 && strncmp(host, "[::1]", 5) == 0) || strncmp(host, "127.", 4) == 0;
}

static void add_lane(struct sampler *sampler, const struct endpoint *endpoint) {
    const char *name = endpoint->lane ? endpoint->lane : "local";
    bool local = url_is_loopback(endpoint->url) && !endpoint->simulated;
    for (size_t i = 0; i < sampler->lane_count; i++)
        if (strcmp(sampler->lanes[i].name, name) == 0) {
            sampler->lanes[i].local |= local;
            return;
        }
    if (sampler->lane_count < ENDPOINTS_MAX)
        sampler->lanes[sampler->lane_count++] = (struct sampled){name, local};
}

static void push_sample(struct sampler *sampler, struct host *host, const struct sampled *lane) {
    int64_t t = (clock_ns() - sampler->epoch_ns) / 1000;
    struct event *event = event_new(EVENT_SAMPLE, t);
    if (lane->local)
        host_sample(host, sampler->epoch_ns, &event->sample);
    event->sample.lane = mem_string(lane->name);
    queue_push(sampler->queue, (struct item){.mark = QUEUE_EVENT, .event = event});
}

/* Waits until `due_ns`; false when it is time to stop. */
static bool wait_until(struct sampler *sampler, int64_t due_ns) {
    int64_t left_ns = due_ns - clock_ns();
    struct pollfd fd = {.fd = sampler->stop_pipe[0], .events = POLLIN};
    int ready = poll(&fd, 1, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
    return ready <= 0;
}

/* On a fixed schedule, so that lateness does not add up; a beat that was missed is left out. */
static void *sampler_main(void *context) {
    struct sampler *sampler = context;
    struct host *host = host_new();
    int64_t due_ns = clock_ns();
    do {
        for (size_t i = 0; i < sampler->lane_count; i++)
            push_sample(sampler, host, &sampler->lanes[i]);
        int64_t late_ns = clock_ns() - due_ns;
        due_ns += PERIOD_NS * (1 + late_ns / PERIOD_NS);
    } while (wait_until(sampler, due_ns));
    host_free(host);
    return NULL;
}

struct sampler *sampler_start(const struct run *run, struct queue *queue, int64_t epoch_ns) {
    struct sampler *sampler = mem_zero(1, sizeof *sampler);
    sampler->queue = queue;
    sampler->epoch_ns = epoch_ns;
    for (size_t i = 0; i < run->endpoint_count; i++)
        add_lane(sampler, &run->endpoints[i]);
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
    free(sampler);
}
