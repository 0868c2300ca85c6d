/* The player's thread on its way to another place: from the nearest checkpoint, or by playing what
 * lies between. */
#include "store/player_inner.h"

#define SLICE 256                /* events read ahead between two looks at the clock: about 1 ms */
#define FAR_US INT64_C(60000000) /* further on a checkpoint is sooner there than the feed */

const struct checkpoint *player_near(const struct player *player, int source, int64_t to_us) {
    return player->survey
               ? survey_before(player->survey, source, player->aligns[player->aligned], to_us)
               : NULL;
}

/* A place in a run's log on the clock; before all of it when nothing was taken yet. */
static int64_t shown(const struct player *player, int source, struct merge_place place) {
    return place.events ? player_time(player, (enum align_mode)player->aligned, source, place.t)
                        : -1;
}

/* Start a run again from a checkpoint, on a board that is handed over at the target; or (NULL) from
 * its beginning, on a fresh one of main's. */
static void start_at(struct player *player, int source, const struct checkpoint *checkpoint) {
    if (player->pending.event && player->pending.source == source) {
        event_free(player->pending.event);
        player->pending.event = NULL;
    }
    merge_go(player->merge, source, checkpoint ? &checkpoint->place : NULL);
    if (checkpoint)
        player->sought[source] = board_copy(checkpoint->board, NULL);
    else
        player_push_mark(player, (struct item){.source = source, .mark = QUEUE_RESET});
}

static void fold_next(struct player *player, int source, int64_t t) {
    struct event event;
    merge_take(player->merge, &event);
    board_apply(player->sought[source], &event);
    event_done(&event);
    player->fed_us = t;
}

static void hand_over(struct player *player) {
    for (int i = 0; i < (int)merge_count(player->merge); i++) {
        if (player->sought[i])
            player_push_mark(
                player,
                (struct item){.source = i, .mark = QUEUE_RESET, .board = player->sought[i]});
        player->sought[i] = NULL;
    }
}

/* Every run to the nearest place before the target: where it is, a checkpoint, its beginning. */
static void go_near(struct player *player, int64_t to) {
    player->fed_us = -1;
    for (int i = 0; i < (int)merge_count(player->merge); i++) {
        struct merge_place place = merge_place(player->merge, i);
        int64_t at = shown(player, i, place);
        if (at > to || (player->survey && to - at > FAR_US))
            start_at(player, i, player_near(player, i, to));
        int64_t fed_us = shown(player, i, merge_place(player->merge, i));
        player->fed_us = fed_us > player->fed_us ? fed_us : player->fed_us;
    }
}

bool player_look_ahead(struct player *player) {
    if (!player->survey || player->surveyed)
        return false;
    player->surveyed = !survey_step(player->survey, SLICE);
    if (player->surveyed)
        player_push_mark(player, (struct item){.mark = QUEUE_SURVEYED});
    return !player->surveyed;
}

/* As far as the target: sooner done than playing all that lies before it. */
static void look_ahead_to(struct player *player, int64_t to) {
    const struct align *align = player->aligns[player->aligned];
    while (!player_interrupted(player) && player->survey &&
           !survey_reaches(player->survey, align, to) && player_look_ahead(player))
        ;
}

void player_go(struct player *player) {
    int source;
    int64_t t, to = atomic_exchange(&player->seek_us, NO_SEEK);
    if (atomic_load(&player->mode) != player->aligned)
        player_adopt_align(player);
    to = to > player->end_us ? player->end_us : to;
    look_ahead_to(player, to);
    go_near(player, to);
    atomic_store(&player->ended, false);
    if (!player_push_pending(player)) {
        hand_over(player);
        return;
    }
    while (!player_interrupted(player) && merge_peek(player->merge, &source, &t) && t <= to)
        if (player->sought[source])
            fold_next(player, source, t);
        else
            player_feed_next(player, source, t);
    hand_over(player);
    player_set_base(player, to);
}
