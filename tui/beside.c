#include "beside.h"

#include <stdlib.h>

#include "model/compare.h"
#include "store/player.h"
#include "view.h"

struct beside {
    struct player *players[RUNS_ON_SCREEN];
    size_t count;
};

struct beside *beside_new(char *const *paths, size_t count, struct run *runs, struct error *error) {
    struct beside *beside = mem_zero(1, sizeof *beside);
    for (; beside->count < count; beside->count++) {
        const char *path = paths[beside->count];
        struct player *player = player_new(&path, 1, &runs[beside->count], error);
        if (!player) {
            for (size_t i = 0; i < beside->count; i++)
                run_done(&runs[i]);
            beside_free(beside);
            return NULL;
        }
        player_number(player, (int)beside->count + 1);
        beside->players[beside->count] = player;
    }
    return beside;
}

void beside_free(struct beside *beside) {
    if (!beside)
        return;
    for (size_t i = 0; i < beside->count; i++)
        player_free(beside->players[i]);
    free(beside);
}

void beside_start(struct beside *beside, struct queue *feed) {
    for (size_t i = 0; i < beside->count; i++) {
        player_hold(beside->players[i], 0); /* until the live run's plan is looked at */
        player_start(beside->players[i], feed);
    }
}

void beside_rewind(struct beside *beside) {
    for (size_t i = 0; i < beside->count; i++) {
        player_hold(beside->players[i], 0);
        player_seek(beside->players[i], 0);
    }
}

int64_t beside_now(const struct beside *beside, size_t index) {
    return player_state(beside->players[index]).now_us;
}

/* Has the live run come to this pass of the cell? */
static bool has_come(const struct cell *cell, int pass) {
    return cell->state != CELL_WAITING && cell->pass >= pass;
}

struct way {
    int64_t reached; /* the last phase of the saved run that the live one has begun */
    int64_t next;    /* the first one behind it that it has still to begin; INT64_MAX: none */
};

static void look_at(struct way *way, const struct board *live, int ep, const struct player *player,
                    int saved_ep, bool come) {
    for (size_t c = 0; c < live->column_count; c++)
        for (int pass = 0; pass < live->run.passes; pass++) {
            const struct column *column = &live->columns[c];
            if (has_come(board_cell(live, ep, (int)c), pass) != come)
                continue;
            int64_t t = player_phase(player, saved_ep, column->suite, column->phase, pass);
            if (come && t > way->reached)
                way->reached = t;
            else if (!come && t > way->reached && t < way->next)
                way->next = t;
        }
}

static struct way way_of(const struct board *live, const struct board *saved,
                         const struct player *player) {
    struct way way = {.reached = -1, .next = INT64_MAX};
    for (int come = 1; come >= 0; come--)
        for (int ep = 0; ep < (int)live->row_count; ep++) {
            int saved_ep = compare_match(live, ep, saved);
            if (saved_ep >= 0)
                look_at(&way, live, ep, player, saved_ep, come);
        }
    return way;
}

void beside_follow(struct beside *beside, struct board *const *boards) {
    for (size_t i = 0; i < beside->count; i++) {
        struct player *player = beside->players[i];
        struct way way = way_of(boards[0], boards[i + 1], player);
        bool over = boards[0]->status != RUN_OPEN;
        player_hold(player, over || way.next == INT64_MAX ? INT64_MAX : way.next - 1);
        if (way.reached > player_state(player).now_us)
            player_seek(player, way.reached);
    }
}
