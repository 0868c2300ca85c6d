/* player: replay. A producer that reads logs and feeds their events at their own pace, several runs
 * merged on one clock. Same feed, same board, same screen as live. */
#ifndef STORE_PLAYER_H
#define STORE_PLAYER_H

#include "model/queue.h"

struct player;

/* Open all logs; runs[i] (count of them) get the headers. NULL and `error` on the first bad one. */
struct player *player_new(const char *const *paths, size_t count, struct run *runs,
                          struct error *error);
void player_free(struct player *player); /* stops the thread */

/* Everything up to `until_us` (INT64_MAX: all), unpaced, in the caller's thread: for dumps,
 * reports. */
struct board;
bool player_fold(struct player *player, struct board *const *boards, int64_t until_us,
                 struct error *error);

/* Start the thread: feeds items tagged by source into `feed`. */
void player_start(struct player *player, struct queue *feed);
/* Commands, from main; each takes effect at once. */
void player_pause(struct player *player, bool paused);
void player_speed(struct player *player,
                  double speed); /* 0.1 … 1000; INFINITY: as fast as it goes */
void player_seek(struct player *player, int64_t to_us); /* back: QUEUE_RESET, then events unpaced */
void player_step(struct player *player); /* one event of the next instant, stays paused */

struct player_state {
    bool paused, ended;
    double speed;
    int64_t now_us, end_us;
};
struct player_state player_state(struct player *player);

/* Where things are, for jumps and the scrub bar. Sorted by t. Borrowed. */
struct landmark {
    int64_t t;
    int source;
    enum event_kind kind;
    int ep;
    char text[48];
};
const struct landmark *player_landmarks(const struct player *player, size_t *count);

#endif
