#include "store/player_inner.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define SPEED_MIN 0.1
#define SPEED_MAX 1000.0
#define TICK_MS 50 /* how often now_us moves between events */
#define FULL_MS 5  /* how soon a full feed is tried again */

/* ---- clocks and landmarks ---- */

int64_t player_time(const struct player *player, enum align_mode mode, int source, int64_t t) {
    return align_time(player->aligns[mode], source, t);
}

static void make_aligns(struct player *player, size_t sources) {
    for (int mode = 0; mode < ALIGN_COUNT; mode++) {
        player->aligns[mode] = landmarks_align(&player->landmarks, (enum align_mode)mode, sources);
        for (size_t i = 0; i < sources; i++) {
            int64_t end = player_time(player, (enum align_mode)mode, (int)i,
                                      merge_end(player->merge, (int)i));
            if (end > player->ends_us[mode])
                player->ends_us[mode] = end;
        }
    }
}

void player_adopt_align(struct player *player) {
    player->aligned = atomic_load(&player->mode);
    player->end_us = player->ends_us[player->aligned];
    merge_align(player->merge, player->aligns[player->aligned]);
}

const struct landmark *player_landmarks(const struct player *player, size_t *count) {
    *count = player->landmarks.count;
    return player->landmarks.at;
}

bool player_survey(struct player *player, const char *const *paths, struct error *error) {
    player->survey = survey_new(paths, merge_count(player->merge), error);
    return player->survey != NULL;
}

void player_surveyed(struct player *player) {
    for (size_t i = 0; i < merge_count(player->merge); i++)
        landmarks_judgements(&player->landmarks, (int)i, survey_board(player->survey, (int)i));
    landmarks_place(&player->landmarks, player->aligns[atomic_load(&player->mode)]);
}

int64_t player_phase(const struct player *player, int ep, enum suite_id suite, const char *phase,
                     int pass) {
    return landmarks_phase(&player->landmarks, ep, suite, phase, pass);
}

/* ---- the whole, unpaced ---- */

struct player *player_new(const char *const *paths, size_t count, struct run *runs,
                          struct error *error) {
    struct merge *merge = merge_new(paths, count, runs, error);
    if (!merge)
        return NULL;
    struct player *player = mem_zero(1, sizeof *player);
    player->merge = merge;
    player->sought = mem_zero(count, sizeof *player->sought);
    merge_scan(merge, &player->landmarks);
    make_aligns(player, count);
    landmarks_place(&player->landmarks, player->aligns[ALIGN_START]);
    atomic_init(&player->mode, ALIGN_START);
    player_adopt_align(player);
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

/* Read all ahead, and take of it what is nearest to the target. */
static void fold_near(struct player *player, struct board **boards, int64_t until_us) {
    while (survey_step(player->survey, SIZE_MAX))
        ;
    player_surveyed(player);
    for (size_t i = 0; i < merge_count(player->merge); i++) {
        const struct checkpoint *checkpoint = player_near(player, (int)i, until_us);
        merge_go(player->merge, (int)i, &checkpoint->place);
        board_free(boards[i]);
        boards[i] = board_copy(checkpoint->board, NULL);
    }
}

bool player_fold(struct player *player, struct board **boards, int64_t until_us,
                 struct error *error) {
    int source;
    int64_t t;
    player_adopt_align(player);
    merge_rewind(player->merge);
    if (player->survey)
        fold_near(player, boards, until_us);
    while (merge_peek(player->merge, &source, &t) && t <= until_us) {
        struct event event;
        merge_take(player->merge, &event);
        board_apply(boards[source], &event);
        event_done(&event);
    }
    const struct error *why = merge_error(player->merge);
    if (!why && player->survey)
        why = survey_error(player->survey);
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

bool player_interrupted(const struct player *player) {
    return atomic_load(&player->stop) || atomic_load(&player->seek_us) != NO_SEEK;
}

void player_set_base(struct player *player, int64_t at_us) {
    player->base_us = at_us;
    player->base_clock = clock_us();
    atomic_store(&player->now_us, at_us);
}

static bool try_push(struct player *player, struct item item) {
    item.source += player->first_source;
    return queue_try_push(player->feed, item);
}

bool player_push_pending(struct player *player) {
    bool waited = false;
    while (player->pending.event) {
        if (try_push(player, player->pending)) {
            player->pending.event = NULL;
        } else if (player_interrupted(player)) {
            return false;
        } else {
            rest(player, FULL_MS);
            waited = true;
        }
    }
    if (waited) /* who can't keep up sees it slower, not with gaps */
        player_set_base(player, player->fed_us);
    return true;
}

void player_push_mark(struct player *player, struct item item) {
    bool pushed = try_push(player, item);
    assert(pushed);
    (void)pushed;
}

bool player_feed_next(struct player *player, int source, int64_t t) {
    struct event *event = mem_alloc(sizeof *event);
    merge_take(player->merge, event);
    player->pending = (struct item){.source = source, .mark = QUEUE_EVENT, .event = event};
    player->fed_us = t;
    return player_push_pending(player);
}

static void feed_end(struct player *player) {
    if (atomic_exchange(&player->ended, true))
        return;
    for (size_t i = 0; i < merge_count(player->merge); i++)
        player_push_mark(player, (struct item){.source = (int)i, .mark = QUEUE_END});
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
    player_set_base(player, isinf(player->pace) && !player->resting && player->fed_us >= 0
                                ? player->fed_us
                                : position(player));
    player->resting = paused;
    player->pace = speed;
    player->held_us = hold_us;
}

static void step(struct player *player) {
    int source;
    int64_t t;
    atomic_fetch_sub(&player->steps, 1);
    if (!player_push_pending(player) || !merge_peek(player->merge, &source, &t))
        return;
    player_feed_next(player, source, t);
    player_set_base(player, t);
}

/* Feed what is due; returns how many ms to rest until the next look. */
static int play(struct player *player) {
    int source;
    int64_t t;
    if (!player_push_pending(player))
        return 0;
    while (merge_peek(player->merge, &source, &t)) {
        int64_t now = position(player);
        if (player_interrupted(player) || atomic_load(&player->paused) != player->resting ||
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
        if (!player_feed_next(player, source, t))
            return 0;
        atomic_store(&player->now_us, isinf(player->pace) ? t : now);
    }
    player_set_base(player, player->end_us);
    feed_end(player);
    return -1;
}

static void *run_thread(void *argument) {
    struct player *player = argument;
    while (!atomic_load(&player->stop)) {
        adopt_pace(player);
        if (atomic_load(&player->seek_us) != NO_SEEK)
            player_go(player);
        else if (atomic_load(&player->steps) > 0)
            step(player);
        else {
            int idle_ms = player->resting ? -1 : play(player);
            rest(player, player_look_ahead(player) ? 0 : idle_ms);
        }
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
    player_adopt_align(player);
    merge_rewind(player->merge);
    player->feed = feed;
    player->resting = atomic_load(&player->paused);
    player->pace = atomic_load(&player->speed);
    player->held_us = atomic_load(&player->hold_us);
    player_set_base(player, 0);
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
    landmarks_place(&player->landmarks, player->aligns[mode]);
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
    survey_free(player->survey);
    free(player->sought);
    landmarks_done(&player->landmarks);
    free(player);
}
