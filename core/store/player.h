/* player: replay. A producer that reads logs and feeds their events at their own pace, several runs
 * merged on one clock. Same feed, same board, same screen as live. */
#ifndef STORE_PLAYER_H
#define STORE_PLAYER_H

#include "model/queue.h"
#include "store/landmarks.h"

struct player;

/* Open all logs; runs[i] (count of them) get the headers, the caller's to free with run_done. NULL
 * and `error` on the first bad one. */
struct player *player_new(const char *const *paths, size_t count, struct run *runs,
                          struct error *error);
void player_free(struct player *player); /* stops the thread */

/* Everything up to `until_us` (INT64_MAX: all), unpaced, in the caller's thread: for dumps,
 * reports. Before player_start. `boards` are fresh ones, which it may put others in the place of.
 * False and `error` when a log can't be read to its end. */
struct board;
bool player_fold(struct player *player, struct board **boards, int64_t until_us,
                 struct error *error);

/* Have the runs read ahead (survey.h): for quick seeks, and to know gates and verdicts. Before
 * player_fold, which then waits for it, or player_start: the thread does it where it has nothing
 * else to do, and QUEUE_SURVEYED tells when it is over. `paths` as for player_new. */
bool player_survey(struct player *player, const char *const *paths, struct error *error);
/* QUEUE_SURVEYED came: take the gates and verdicts among the landmarks. */
void player_surveyed(struct player *player);

/* Start the thread: feeds items tagged by source into `feed`, from the beginning; a QUEUE_END for
 * each source once all are over. A full feed holds the clock of the replay. */
void player_start(struct player *player, struct queue *feed);
/* Commands, from main; each takes effect at once. Pause and speed may come before player_start. */
void player_pause(struct player *player, bool paused);
void player_speed(struct player *player,
                  double speed); /* 0.1 … 1000; INFINITY: as fast as it goes */
/* To the last event at or before that moment. A run that has to go back, or far on, starts again:
 * with a QUEUE_RESET that carries its board there, made from the nearest checkpoint; where nothing
 * is read ahead with an empty one and all its events. The events between come unpaced. */
void player_seek(struct player *player, int64_t to_us);
void player_step(struct player *player); /* pauses, and plays the next event */
/* The clock stops at `at_us` until it is told another place (INT64_MAX: nowhere); a seek goes
 * beyond it. Also before player_start. */
void player_hold(struct player *player, int64_t at_us);
/* Sources are numbered from `first` on, where others produce as well. Before player_start. */
void player_number(struct player *player, int first);
/* By its own time: when the first run begins this phase of its endpoint `ep`; -1: it never does. */
int64_t player_phase(const struct player *player, int ep, enum suite_id suite, const char *phase,
                     int pass);
/* Put several runs on another clock and go on at `to_us` of it. */
void player_align(struct player *player, enum align_mode mode, int64_t to_us);
/* A run's own time on the clock of a mode. */
int64_t player_time(const struct player *player, enum align_mode mode, int source, int64_t t);

struct player_state {
    bool paused, ended;
    double speed;
    int64_t now_us, end_us; /* on the clock of the mode */
    enum align_mode align;
};
struct player_state player_state(struct player *player);

/* Where things are, for jumps and the scrub bar; on the clock of the mode, in its order. Borrowed.
 * Gates and verdicts are there once the survey is over. */
const struct landmark *player_landmarks(const struct player *player, size_t *count);

#endif
