#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"

/* A timer of its own, 20 times a second while the loop runs: what it costs is far below a percent
 * of a core, and a stall longer than this cannot hide from it. */
#define TICK_US 50000

/* When the loop was last seen to run. */
struct beat {
    int64_t at_ns, boot_ns, cpu_us;
};

struct loop {
    struct event_base *base;
    struct event *wake, *alarm, *tick;
    int tick_fd;     /* -1: the tick is one of the base's timers */
    int wake_fds[2]; /* a pipe: written by any thread, read by the loop */
    bool woken;
    int64_t alarm_due_ns, tick_due_ns;
    int64_t late_ns;
    struct beat beat;
    struct loop_stall stall;
};

static struct timeval timeval_of(int64_t us) {
    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = (suseconds_t)(us % 1000000)};
}

static void note_late(struct loop *loop, int64_t due_ns) {
    int64_t late = clock_ns() - due_ns;
    if (late > loop->late_ns)
        loop->late_ns = late;
}

static struct beat beat_now(void) {
    return (struct beat){clock_ns(), clock_boot_ns(), clock_cpu_us()};
}

struct loop_stall loop_stall(struct loop *loop) {
    struct beat now = beat_now();
    int64_t gap_ns = now.boot_ns - loop->beat.boot_ns;
    int64_t work_ns = (now.cpu_us - loop->beat.cpu_us) * 1000, still_ns = gap_ns - work_ns;
    if (still_ns > LOOP_STALL_US * INT64_C(1000) && still_ns > work_ns)
        loop->stall = (struct loop_stall){loop->beat.at_ns, now.at_ns, gap_ns / 1000};
    loop->beat = now;
    return loop->stall;
}

static void on_wake(evutil_socket_t fd, short what, void *context) {
    struct loop *loop = context;
    char drain[64];
    (void)what;
    while (read(fd, drain, sizeof(drain)) > 0)
        ;
    loop->woken = true;
    event_base_loopbreak(loop->base);
}

static void arm_alarm(struct loop *loop, int64_t us) {
    struct timeval delay = timeval_of(us);
    event_add(loop->alarm, &delay);
}

static void on_alarm(evutil_socket_t fd, short what, void *context) {
    struct loop *loop = context;
    int64_t left_ns = loop->alarm_due_ns - clock_ns();
    (void)fd;
    (void)what;
    if (left_ns > 0) /* the base's own clock is a coarse one */
        arm_alarm(loop, (left_ns + 999) / 1000);
    else
        event_base_loopbreak(loop->base);
}

/* Linux: a descriptor of its own. The base's timers are exact only at the price of a system call in
 * every turn of the loop, which is to say for every token. */
static int tick_open(void) {
#ifdef __linux__
    return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
#else
    return -1;
#endif
}

static void arm_tick(struct loop *loop) {
    struct timeval period = timeval_of(TICK_US);
    loop->tick_due_ns = clock_ns() + TICK_US * 1000;
#ifdef __linux__
    if (loop->tick_fd >= 0) {
        struct itimerspec due = {
            .it_value = {loop->tick_due_ns / 1000000000, loop->tick_due_ns % 1000000000}};
        timerfd_settime(loop->tick_fd, TFD_TIMER_ABSTIME, &due, NULL);
        event_add(loop->tick, NULL);
        return;
    }
#endif
    event_add(loop->tick, &period);
}

static void on_tick(evutil_socket_t fd, short what, void *context) {
    struct loop *loop = context;
    (void)fd;
    (void)what;
    note_late(loop, loop->tick_due_ns);
    loop_stall(loop);
    arm_tick(loop);
}

static void open_wake_pipe(struct loop *loop) {
    if (pipe(loop->wake_fds) != 0)
        die("loop: pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        fcntl(loop->wake_fds[i], F_SETFL, O_NONBLOCK);
        fcntl(loop->wake_fds[i], F_SETFD, FD_CLOEXEC);
    }
}

struct loop *loop_new(void) {
    struct loop *loop = mem_zero(1, sizeof(*loop));
    struct event_config *config = event_config_new();
    if (!config)
        die("loop: no memory");
    /* One thread owns the base; loop_wake goes through a pipe: no locks. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!loop->base || event_base_priority_init(loop->base, LOOP_PRIORITIES) != 0)
        die("loop: no event base");
    open_wake_pipe(loop);
    loop->beat = beat_now();
    loop->wake = event_new(loop->base, loop->wake_fds[0], EV_READ | EV_PERSIST, on_wake, loop);
    loop->alarm = evtimer_new(loop->base, on_alarm, loop);
    loop->tick_fd = tick_open();
    loop->tick =
        event_new(loop->base, loop->tick_fd, loop->tick_fd >= 0 ? EV_READ : 0, on_tick, loop);
    if (!loop->wake || !loop->alarm || !loop->tick)
        die("loop: no memory");
    event_priority_set(loop->wake, LOOP_FIRST);
    event_priority_set(loop->alarm, LOOP_FIRST);
    event_priority_set(loop->tick, LOOP_FIRST);
    event_add(loop->wake, NULL);
    return loop;
}

void loop_free(struct loop *loop) {
    if (!loop)
        return;
    event_free(loop->wake);
    event_free(loop->alarm);
    event_free(loop->tick);
    event_base_free(loop->base);
    if (loop->tick_fd >= 0)
        close(loop->tick_fd);
    close(loop->wake_fds[0]);
    close(loop->wake_fds[1]);
    free(loop);
}

struct event_base *loop_base(struct loop *loop) {
    return loop->base;
}

void loop_run(struct loop *loop) {
    loop->woken = false;
    loop_stall(loop);
    arm_tick(loop);
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    event_del(loop->tick);
}

void loop_run_for(struct loop *loop, int64_t us) {
    if (us < 0)
        us = 0;
    loop->alarm_due_ns = clock_ns() + us * 1000;
    arm_alarm(loop, us);
    loop_run(loop);
    event_del(loop->alarm);
}

void loop_break(struct loop *loop) {
    event_base_loopbreak(loop->base);
}

void loop_wake(struct loop *loop) {
    /* A full pipe means that a wake is on its way already. */
    while (write(loop->wake_fds[1], "w", 1) < 0 && errno == EINTR)
        ;
}

bool loop_was_woken(const struct loop *loop) {
    return loop->woken;
}

int64_t loop_lateness_us(struct loop *loop) {
    int64_t late_us = loop->late_ns / 1000;
    loop->late_ns = 0;
    return late_us;
}
