#include "store/player.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/board.h"
#include "model/stats.h"
#include "store/merge.h"

#define SPEED_MIN 0.1
#define SPEED_MAX 1000.0
#define TICK_MS 50 /* how often now_us moves between events */
#define FULL_MS 5  /* how soon a full feed is tried again */
#define NO_SEEK INT64_C(-1)
#define LANDMARKS_MAX ((size_t)1 << 16) /* a scrub bar has some hundred cells */

struct landmarks {
    struct landmark *at;
    size_t count, capacity;
};

struct player {
    struct merge *merge;
    struct landmarks landmarks;
    struct align *aligns[ALIGN_COUNT];
    int64_t ends_us[ALIGN_COUNT];

    /* commands, set by main; each change is followed by a byte in the pipe */
    atomic_bool stop, paused;
    _Atomic double speed;
    _Atomic int64_t seek_us; /* NO_SEEK: none */
    atomic_int steps;
    _Atomic int64_t hold_us; /* where the clock stops */
    atomic_int mode;         /* enum align_mode */
    int wake[2];             /* -1 before player_start */
    /* told by the thread */
    _Atomic int64_t now_us;
    atomic_bool ended;

    /* the thread's own */
    pthread_t thread;
    int aligned; /* the mode as of the last start or seek */
    int64_t end_us;
    struct queue *feed;
    struct item pending; /* an event on its way into a full feed; event NULL: none */
    int64_t fed_us;      /* t of the latest event taken, -1 before the first */
    int64_t base_us;     /* the place in the run … */
    int64_t base_clock;  /* … at this moment of the clock */
    bool resting;        /* paused as of base_clock */
    double pace;         /* speed as of base_clock */
    int64_t held_us;     /* hold_us as of base_clock */
    int first_source;
};

/* ---- landmarks ---- */

static void describe(const struct event *event, char *out, size_t size) {
    switch (event->kind) {
    case EVENT_PHASE_START:
        snprintf(out, size, "%s %s", suite_word(event->phase.suite), event->phase.phase);
        break;
    case EVENT_PHASE_END:
        snprintf(out, size, "%s %s %s", suite_word(event->phase.suite), event->phase.phase,
                 phase_status_word(event->phase.status));
        break;
    case EVENT_CALL_END:
        snprintf(out, size, "%s %s", event->call.phase, error_word(event->call.error));
        break;
    case EVENT_RUN_END:
        snprintf(out, size, "run %s", run_status_word(event->run_end.status));
        break;
    case EVENT_NOTE:
        snprintf(out, size, "%s", event->note.text ? event->note.text : "");
        break;
    case EVENT_ENDPOINT:
    case EVENT_CAPABILITY:
    case EVENT_CALL_START:
    case EVENT_FIRST_TOKEN:
    case EVENT_PROGRESS:
    case EVENT_CALL_OUTPUT:
    case EVENT_SAMPLE:
    case EVENT_SCORE:
    case EVENT_FIGURE:
    case EVENT_COUNT:
        out[0] = '\0';
        break;
    }
}

static int landmark_ep(const struct event *event) {
    if (event->kind == EVENT_CALL_END)
        return event->call.ep;
    if (event->kind == EVENT_NOTE)
        return event->note.ep;
    return event->kind == EVENT_RUN_END ? -1 : event->phase.ep;
}

/* The same endpoint's (by its place in the run), suite and pass give the same key. */
static uint64_t suite_key(int ep, enum suite_id suite, int pass) {
    char text[96];
    snprintf(text, sizeof text, "%d %s %d", ep, suite_word(suite), pass);
    return stats_hash(0, text);
}

static void identify(struct landmark *mark, const struct event_phase *phase) {
    mark->suite_key = suite_key(phase->ep, phase->suite, phase->pass);
    mark->phase_key = stats_hash(mark->suite_key, phase->phase);
}

int64_t player_phase(const struct player *player, int ep, enum suite_id suite, const char *phase,
                     int pass) {
    uint64_t key = stats_hash(suite_key(ep, suite, pass), phase);
    for (size_t i = 0; i < player->landmarks.count; i++) {
        const struct landmark *mark = &player->landmarks.at[i];
        if (mark->kind == EVENT_PHASE_START && mark->source == 0 && mark->phase_key == key)
            return mark->own_us;
    }
    return -1;
}

static void see(struct landmarks *marks, int source, int64_t t, const struct event *event) {
    char text[256];
    if (marks->count == LANDMARKS_MAX)
        return;
    marks->at = mem_grow(marks->at, marks->count, &marks->capacity, sizeof *marks->at);
    struct landmark *mark = &marks->at[marks->count++];
    *mark =
        (struct landmark){.t = t, .source = source, .kind = event->kind, .ep = landmark_ep(event)};
    mark->own_us = t;
    if (event->kind == EVENT_PHASE_START)
        identify(mark, &event->phase);
    describe(event, text, sizeof text);
    text_visible(mark->text, sizeof mark->text, text, strlen(text));
}

static int by_time(const void *a, const void *b) {
    const struct landmark *left = a, *right = b;
    if (left->t != right->t)
        return left->t < right->t ? -1 : 1;
    if (left->source != right->source)
        return left->source - right->source;
    if (left->kind != right->kind) /* ends before starts */
        return (int)right->kind - (int)left->kind;
    return left->ep != right->ep ? left->ep - right->ep : strcmp(left->text, right->text);
}

/* Where the runs meet: at every phase, or at the first phase of each suite. */
static struct align *align_of(const struct landmarks *marks, enum align_mode mode, size_t sources) {
    struct align_mark *meets = mem_zero(marks->count, sizeof *meets);
    uint64_t *last = mem_zero(sources, sizeof *last);
    size_t count = 0;
    for (size_t i = 0; mode != ALIGN_START && i < marks->count; i++) {
        const struct landmark *mark = &marks->at[i];
        uint64_t what = mode == ALIGN_PHASE ? mark->phase_key : mark->suite_key;
        bool again = mode == ALIGN_SUITE && last[mark->source] == what;
        if (mark->kind != EVENT_PHASE_START || again)
            continue;
        last[mark->source] = what;
        meets[count++] = (struct align_mark){mark->source, mark->own_us, what};
    }
    struct align *align = align_new(meets, count, sources);
    free(last);
    free(meets);
    return align;
}

int64_t player_time(const struct player *player, enum align_mode mode, int source, int64_t t) {
    return align_time(player->aligns[mode], source, t);
}

static void set_landmarks(struct player *player, enum align_mode mode) {
    struct landmarks *marks = &player->landmarks;
    for (size_t i = 0; i < marks->count; i++)
        marks->at[i].t = player_time(player, mode, marks->at[i].source, marks->at[i].own_us);
    if (marks->count)
        qsort(marks->at, marks->count, sizeof *marks->at, by_time);
}

static void make_aligns(struct player *player, size_t sources) {
    for (int mode = 0; mode < ALIGN_COUNT; mode++) {
        player->aligns[mode] = align_of(&player->landmarks, (enum align_mode)mode, sources);
        for (size_t i = 0; i < sources; i++) {
            int64_t end = player_time(player, (enum align_mode)mode, (int)i,
                                      merge_end(player->merge, (int)i));
            if (end > player->ends_us[mode])
                player->ends_us[mode] = end;
        }
    }
}

/* The clock of the mode that main asked for. */
static void adopt_align(struct player *player) {
    player->aligned = atomic_load(&player->mode);
    player->end_us = player->ends_us[player->aligned];
    merge_align(player->merge, player->aligns[player->aligned]);
}

const struct landmark *player_landmarks(const struct player *player, size_t *count) {
    *count = player->landmarks.count;
    return player->landmarks.at;
}

/* ---- the whole, unpaced ---- */

struct player *player_new(const char *const *paths, size_t count, struct run *runs,
                          struct error *error) {
    struct merge *merge = merge_new(paths, count, runs, error);
    if (!merge)
        return NULL;
    struct player *player = mem_zero(1, sizeof *player);
    player->merge = merge;
    merge_scan(merge, &player->landmarks, see);
    make_aligns(player, count);
    set_landmarks(player, ALIGN_START);
    atomic_init(&player->mode, ALIGN_START);
    adopt_align(player);
    player->wake[0] = player->wake[1] = -1;
    player->fed_us = -1;
    atomic_init(&player->stop, false);
    atomic_init(&player->paused, false);
    atomic_init(&player->speed, 1.0);
    atomic_init(&player->seek_us, NO_SEEK);
    atomic_init(&player->hold_us, INT64_MAX);
    atomic_init(&player->steps, 0);
    atomic_init(&player->now_us, 0);
    atomic_init(&player->ended, false);
    return player;
}

bool player_fold(struct player *player, struct board *const *boards, int64_t until_us,
                 struct error *error) {
    int source;
    int64_t t;
    adopt_align(player);
    merge_rewind(player->merge);
    while (merge_peek(player->merge, &source, &t) && t <= until_us) {
        struct event event;
        merge_take(player->merge, &event);
        board_apply(boards[source], &event);
        event_done(&event);
    }
    const struct error *why = merge_error(player->merge);
    if (why && error)
        *error = *why;
    return !why;
}

/* ---- the thread: the feed ---- */

/* Sleep until a command comes or the time is over (-1: no limit). */
static void rest(struct player *player, int timeout_ms) {
    struct pollfd fd = {.fd = player->wake[0], .events = POLLIN};
    char bytes[64];
    if (poll(&fd, 1, timeout_ms) > 0)
        while (read(player->wake[0], bytes, sizeof bytes) > 0)
            ;
}

static bool interrupted(const struct player *player) {
    return atomic_load(&player->stop) || atomic_load(&player->seek_us) != NO_SEEK;
}

static void set_base(struct player *player, int64_t at_us) {
    player->base_us = at_us;
    player->base_clock = clock_us();
    atomic_store(&player->now_us, at_us);
}

/* The pending event into the feed, waiting for room. False when a command came first. */
static bool push_pending(struct player *player) {
    bool waited = false;
    while (player->pending.event) {
        if (queue_try_push(player->feed, player->pending)) {
            player->pending.event = NULL;
        } else if (interrupted(player)) {
            return false;
        } else {
            rest(player, FULL_MS);
            waited = true;
        }
    }
    if (waited) /* who can't keep up sees it slower, not with gaps */
        set_base(player, player->fed_us);
    return true;
}

/* A mark for each source. False when the thread has to stop. */
static bool push_marks(struct player *player, enum queue_mark mark) {
    for (size_t i = 0; i < merge_count(player->merge); i++) {
        struct item item = {.source = player->first_source + (int)i, .mark = mark};
        while (!queue_try_push(player->feed, item)) {
            if (atomic_load(&player->stop))
                return false;
            rest(player, FULL_MS);
        }
    }
    return true;
}

/* The next event, which `source` and `t` tell of, on its way. False when a command came first. */
static bool feed_next(struct player *player, int source, int64_t t) {
    struct event *event = mem_alloc(sizeof *event);
    merge_take(player->merge, event);
    player->pending =
        (struct item){.source = player->first_source + source, .mark = QUEUE_EVENT, .event = event};
    player->fed_us = t;
    return push_pending(player);
}

static void feed_end(struct player *player) {
    if (!atomic_load(&player->ended) && push_marks(player, QUEUE_END))
        atomic_store(&player->ended, true);
}

/* ---- the thread: time ---- */

static int64_t position(const struct player *player) {
    if (player->resting)
        return player->base_us;
    int64_t stop = player->held_us < player->end_us ? player->held_us : player->end_us;
    if (stop <= player->base_us) /* sought beyond where it is held */
        return player->base_us;
    double passed = (double)(clock_us() - player->base_clock) * player->pace;
    double left = (double)(stop - player->base_us);
    return passed < left ? player->base_us + (int64_t)passed : stop;
}

/* Take over what main asked for since the last look, without a jump in time. */
static void adopt_pace(struct player *player) {
    bool paused = atomic_load(&player->paused);
    double speed = atomic_load(&player->speed);
    int64_t hold_us = atomic_load(&player->hold_us);
    if (paused == player->resting && speed == player->pace && hold_us == player->held_us)
        return;
    /* at full speed the place is where the events are */
    set_base(player, isinf(player->pace) && !player->resting && player->fed_us >= 0
                         ? player->fed_us
                         : position(player));
    player->resting = paused;
    player->pace = speed;
    player->held_us = hold_us;
}

static bool go_back(struct player *player) {
    event_free(player->pending.event);
    player->pending.event = NULL;
    player->fed_us = -1;
    merge_rewind(player->merge);
    return push_marks(player, QUEUE_RESET);
}

/* Everything up to the target, unpaced. A new command ends it early. */
static void seek(struct player *player) {
    int source;
    int64_t t, to = atomic_exchange(&player->seek_us, NO_SEEK);
    bool other_clock = atomic_load(&player->mode) != player->aligned;
    if (other_clock)
        adopt_align(player);
    to = to > player->end_us ? player->end_us : to;
    if ((other_clock || to < player->fed_us) && !go_back(player))
        return;
    atomic_store(&player->ended, false);
    if (!push_pending(player))
        return;
    while (!interrupted(player) && merge_peek(player->merge, &source, &t) && t <= to)
        feed_next(player, source, t);
    set_base(player, to);
}

static void step(struct player *player) {
    int source;
    int64_t t;
    atomic_fetch_sub(&player->steps, 1);
    if (!push_pending(player) || !merge_peek(player->merge, &source, &t))
        return;
    feed_next(player, source, t);
    set_base(player, t);
}

/* Feed what is due; returns how many ms to rest until the next look. */
static int play(struct player *player) {
    int source;
    int64_t t;
    if (!push_pending(player))
        return 0;
    while (merge_peek(player->merge, &source, &t)) {
        int64_t now = position(player);
        if (interrupted(player) || atomic_load(&player->paused) != player->resting ||
            atomic_load(&player->speed) != player->pace ||
            atomic_load(&player->hold_us) != player->held_us)
            return 0;
        if (t > now && now < player->end_us) { /* beyond it: the log has grown meanwhile */
            double wait_ms = (double)(t - now) / player->pace / 1000;
            atomic_store(&player->now_us, now);
            if (now >= player->held_us)
                return -1;
            return wait_ms < TICK_MS ? (int)wait_ms + 1 : TICK_MS;
        }
        if (!feed_next(player, source, t))
            return 0;
        atomic_store(&player->now_us, isinf(player->pace) ? t : now);
    }
    set_base(player, player->end_us);
    feed_end(player);
    return -1;
}

static void *run_thread(void *argument) {
    struct player *player = argument;
    while (!atomic_load(&player->stop)) {
        adopt_pace(player);
        if (atomic_load(&player->seek_us) != NO_SEEK)
            seek(player);
        else if (atomic_load(&player->steps) > 0)
            step(player);
        else
            rest(player, player->resting ? -1 : play(player));
    }
    event_free(player->pending.event);
    return NULL;
}

static void non_blocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void player_start(struct player *player, struct queue *feed) {
    sigset_t all, before;
    if (pipe(player->wake) != 0)
        die("no pipe for the player: %s", strerror(errno));
    non_blocking(player->wake[0]);
    non_blocking(player->wake[1]);
    adopt_align(player);
    merge_rewind(player->merge);
    player->feed = feed;
    player->resting = atomic_load(&player->paused);
    player->pace = atomic_load(&player->speed);
    player->held_us = atomic_load(&player->hold_us);
    set_base(player, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int why = pthread_create(&player->thread, NULL, run_thread, player);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (why)
        die("the player's thread can't be started: %s", strerror(why));
}

/* ---- commands ---- */

static void wake(struct player *player) {
    /* a full pipe wakes as well; before the start there is nobody to wake */
    if (player->wake[1] >= 0 && write(player->wake[1], "", 1) < 0)
        return;
}

void player_pause(struct player *player, bool paused) {
    atomic_store(&player->paused, paused);
    wake(player);
}

void player_speed(struct player *player, double speed) {
    if (isnan(speed))
        return;
    if (speed < SPEED_MIN)
        speed = SPEED_MIN;
    if (speed > SPEED_MAX && !isinf(speed))
        speed = SPEED_MAX;
    atomic_store(&player->speed, speed);
    wake(player);
}

void player_seek(struct player *player, int64_t to_us) {
    atomic_store(&player->seek_us, to_us < 0 ? 0 : to_us);
    wake(player);
}

void player_hold(struct player *player, int64_t at_us) {
    atomic_store(&player->hold_us, at_us);
    wake(player);
}

void player_number(struct player *player, int first) {
    player->first_source = first;
}

void player_align(struct player *player, enum align_mode mode, int64_t to_us) {
    atomic_store(&player->mode, mode);
    set_landmarks(player, mode);
    player_seek(player, to_us);
}

void player_step(struct player *player) {
    atomic_store(&player->paused, true);
    atomic_fetch_add(&player->steps, 1);
    wake(player);
}

struct player_state player_state(struct player *player) {
    int mode = atomic_load(&player->mode);
    return (struct player_state){.paused = atomic_load(&player->paused),
                                 .ended = atomic_load(&player->ended),
                                 .speed = atomic_load(&player->speed),
                                 .now_us = atomic_load(&player->now_us),
                                 .end_us = player->ends_us[mode],
                                 .align = (enum align_mode)mode};
}

void player_free(struct player *player) {
    if (!player)
        return;
    if (player->wake[1] >= 0) {
        atomic_store(&player->stop, true);
        wake(player);
        pthread_join(player->thread, NULL);
        close(player->wake[0]);
        close(player->wake[1]);
    }
    merge_free(player->merge);
    for (int mode = 0; mode < ALIGN_COUNT; mode++)
        align_free(player->aligns[mode]);
    free(player->landmarks.at);
    free(player);
}
