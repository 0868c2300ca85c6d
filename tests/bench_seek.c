/* bench_seek LOG…: replay the runs together as the screen does, and seek. Prints open_s (until the
 * player is there), first_s (a seek to the end at once), survey_s (until all is read ahead, of the
 * player's spare time), seek_s (the worst of SEEKS places all over the runs, after that),
 * seek_cpu_s (its CPU) and rss_mb. A seek takes until its last event is folded. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "model/board.h"
#include "store/player.h"

#define SEEKS 40
#define RUNS_MOST 4
#define FEED_BYTES ((size_t)8 << 20) /* as in the program */

struct replay {
    struct run runs[RUNS_MOST];
    struct board *boards[RUNS_MOST];
    size_t count;
    struct player *player;
    struct queue *feed;
    bool surveyed;
};

static bool drain(struct replay *replay) {
    struct item items[256];
    size_t count = queue_pop(replay->feed, items, COUNT_OF(items));
    for (size_t i = 0; i < count; i++) {
        struct item *item = &items[i];
        struct board **board = &replay->boards[item->source];
        if (item->event)
            board_apply(*board, item->event);
        event_free(item->event);
        if (item->mark == QUEUE_RESET) {
            board_free(*board);
            *board = item->board ? item->board : board_new(&replay->runs[item->source]);
        }
        replay->surveyed |= item->mark == QUEUE_SURVEYED;
    }
    return count > 0;
}

static double seek_s(struct replay *replay, int64_t to_us) {
    int64_t began = clock_us();
    player_seek(replay->player, to_us);
    while (player_state(replay->player).now_us != to_us)
        if (!drain(replay))
            queue_wait(replay->feed, 1);
    while (drain(replay))
        ;
    return (double)(clock_us() - began) / 1e6;
}

int main(int argc, char **argv) {
    struct replay replay = {.count = (size_t)argc - 1, .feed = queue_new(FEED_BYTES)};
    struct error error = {0};
    struct rusage usage;
    const char *const *paths = (const char *const *)argv + 1;
    int64_t began = clock_us();
    if (argc < 2 || replay.count > RUNS_MOST ||
        !(replay.player = player_new(paths, replay.count, replay.runs, &error)) ||
        !player_survey(replay.player, paths, &error))
        die("bench_seek LOG…: %s", error.text);
    for (size_t i = 0; i < replay.count; i++)
        replay.boards[i] = board_new(&replay.runs[i]);
    player_pause(replay.player, true);
    player_start(replay.player, replay.feed);
    double open = (double)(clock_us() - began) / 1e6;
    int64_t end = player_state(replay.player).end_us;
    double first = seek_s(&replay, end), worst = 0, worst_cpu = 0;
    began = clock_us();
    while (!replay.surveyed)
        if (!drain(&replay))
            queue_wait(replay.feed, 10);
    double survey = (double)(clock_us() - began) / 1e6;
    uint64_t chance = 1;
    for (int i = 0; i < SEEKS; i++) {
        int64_t cpu = clock_cpu_us();
        double took = seek_s(&replay, (int64_t)(stats_uniform(&chance) * (double)end));
        double used = (double)(clock_cpu_us() - cpu) / 1e6;
        worst = took > worst ? took : worst;
        worst_cpu = used > worst_cpu ? used : worst_cpu;
    }
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    double rss_mb = (double)usage.ru_maxrss / 1048576;
#else
    double rss_mb = (double)usage.ru_maxrss / 1024;
#endif
    printf("open_s=%.3f first_s=%.3f survey_s=%.3f seek_s=%.3f seek_cpu_s=%.3f rss_mb=%.1f\n", open,
           first, survey, worst, worst_cpu, rss_mb);
    player_free(replay.player);
    queue_free(replay.feed);
    for (size_t i = 0; i < replay.count; i++) {
        board_free(replay.boards[i]);
        run_done(&replay.runs[i]);
    }
    return 0;
}
