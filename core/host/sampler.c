#include "host/sampler.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/beat.h"

struct sampler {
    const struct run *run;
    const struct process_patterns *patterns;
    struct queue *queue;
    int64_t epoch_ns;
    int stop_pipe[2]; /* closed at the writing end: stop */
    pthread_t thread;
};

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
    struct beat *beat =
        beat_new(sampler->run, sampler->queue, sampler->epoch_ns, sampler->patterns, host_new());
    int64_t due_ns = clock_ns(), whole_ns = due_ns;
    do {
        bool whole = due_ns >= whole_ns;
        beat_once(beat, clock_ns(), whole);
        int64_t now_ns = clock_ns();
        if (whole)
            whole_ns += BEAT_NS * (1 + (now_ns - whole_ns) / BEAT_NS);
        int64_t step_ns = beat_step_ns(beat);
        due_ns += step_ns * (1 + (now_ns - due_ns) / step_ns);
        if (due_ns > whole_ns)
            due_ns = whole_ns;
    } while (wait_until(sampler, due_ns));
    beat_free(beat);
    return NULL;
}

struct sampler *sampler_start(const struct run *run, struct queue *queue, int64_t epoch_ns,
                              const struct process_patterns *patterns) {
    struct sampler *sampler = mem_zero(1, sizeof *sampler);
    sampler->run = run;
    sampler->patterns = patterns;
    sampler->queue = queue;
    sampler->epoch_ns = epoch_ns;
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
