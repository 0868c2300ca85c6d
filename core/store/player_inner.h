/* player_inner: what the player's pacing (player.c) and its seeking (player_seek.c) share. For
 * those two only. But for the commands and what is told, all of it is the thread's. */
#ifndef STORE_PLAYER_INNER_H
#define STORE_PLAYER_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "model/board.h"
#include "store/player.h"
#include "store/survey.h"

#define NO_SEEK INT64_C(-1)

struct player {
    struct merge *merge;
    struct landmarks landmarks; /* main's */
    struct survey *survey;      /* NULL: not asked for. The thread's while it is read ahead */
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
    int aligned;   /* the mode as of the last start or seek */
    bool surveyed; /* all is read ahead, and told */
    int64_t end_us;
    struct queue *feed;
    struct item pending;   /* an event on its way into a full feed; event NULL: none */
    struct board **sought; /* of the runs that a seek starts again; NULL: not by it */
    int64_t fed_us;        /* where the latest event taken is, -1 before the first */
    int64_t base_us;       /* the place in the run … */
    int64_t base_clock;    /* … at this moment of the clock */
    bool resting;          /* paused as of base_clock */
    double pace;           /* speed as of base_clock */
    int64_t held_us;       /* hold_us as of base_clock */
    int first_source;
};

/* The clock of the mode that main asked for. */
void player_adopt_align(struct player *player);
/* A command came that ends what is being done. */
bool player_interrupted(const struct player *player);
/* The place in the run is this, as of now. */
void player_set_base(struct player *player, int64_t at_us);
/* The pending event into the feed, waiting for room. False when a command came first. */
bool player_push_pending(struct player *player);
/* Marks always find room. */
void player_push_mark(struct player *player, struct item item);
/* The next event, which `source` and `t` tell of, on its way. False when a command came first. */
bool player_feed_next(struct player *player, int source, int64_t t);

/* The last checkpoint before a moment; NULL: nothing is read ahead. */
const struct checkpoint *player_near(const struct player *player, int source, int64_t to_us);
/* Read a little ahead; false when there is nothing left to. */
bool player_look_ahead(struct player *player);
/* Everything up to the target, unpaced. A new command ends it early. */
void player_go(struct player *player);

#endif
