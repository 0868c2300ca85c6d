/* A/A: the same simulated engine measured twice, over real HTTP and by the real runner, and the two
 * runs compared. No difference may be shown where there is none; one that was put in is found.
 * usage: unit_aa [PAIRS]   a few pairs as a test, many with `make aa`, which prints the figures */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "model/compare.h"
#include "rig.h"
#include "sim/sim.h"

static int pairs = 6;

/* ---- simulated engines ---- */

enum { SAME, QUICK, SLOW, ENGINES };
static const double decode_tps[ENGINES] = {3000, 1000, 900};

struct house {
    char directory[64], *paths[ENGINES];
    struct sim *sim;
    pthread_t thread;
};

static void *serve(void *context) {
    struct house *house = context;
    struct error error;
    assert_true(sim_run(house->sim, &error));
    return NULL;
}

/* Quick, but with figures of some ms that differ by call as those of a real engine do. */
static char *write_profile(const char *directory, double tps) {
    char *path = mem_format("%s/%g.json", directory, tps);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "{\"engine\":\"openai\",\"prefill_tps\":500000,\"decode_tps\":%g,\"overhead_ms\":1,"
            "\"jitter\":0.3,\"wobble\":0.1,\"cache\":{\"policy\":\"cross-user\"}}",
            tps);
    fclose(file);
    return path;
}

static void house_open(struct house *house) {
    struct error error = {0};
    *house = (struct house){0};
    snprintf(house->directory, sizeof house->directory, "/tmp/pitwall-aa-XXXXXX");
    assert_non_null(mkdtemp(house->directory));
    for (int i = 0; i < ENGINES; i++)
        house->paths[i] = write_profile(house->directory, decode_tps[i]);
    house->sim = sim_new((const char *const *)house->paths, ENGINES, 0, &error);
    if (!house->sim)
        fail_msg("%s", error.text);
    assert_int_equal(pthread_create(&house->thread, NULL, serve, house), 0);
}

static void house_close(struct house *house) {
    sim_stop(house->sim);
    pthread_join(house->thread, NULL);
    sim_free(house->sim);
    for (int i = 0; i < ENGINES; i++) {
        unlink(house->paths[i]);
        free(house->paths[i]);
    }
    rmdir(house->directory);
}

static int port_of(const struct house *house, int engine) {
    size_t count;
    const char *url = sim_endpoints(house->sim, &count)[engine].url;
    return (int)strtol(strrchr(url, ':') + 1, NULL, 10);
}

/* ---- runs ---- */

static void begin(struct rig *rig, int port, int passes, int seed) {
    rig_begin(rig);
    rig->options.passes = passes;
    rig->options.max_tokens = 24;
    rig->options.seed = (uint64_t)seed;
    rig_endpoint(rig, "same", port, "");
    rig_plan(rig);
    rig->runner = runner_start(&rig->bench);
}

static struct board *end(struct rig *rig) {
    struct board *board = board_new(&rig->run);
    assert_true(rig_until(rig, 0, rig_is_end) >= 0);
    for (size_t i = 0; i < rig->count; i++)
        board_apply(board, rig->events[i]);
    rig_done(rig);
    return board;
}

/* ---- what comparisons say ---- */

struct tally {
    struct values quiet; /* of each pair of runs: the share of cells without a difference */
    int cells, beyond;   /* compared; of them the interval excludes 1 */
    int quiet_runs;      /* nothing stands among all cells of the run */
    int decodes, slower, faster, stands;
    struct values cv; /* of decode, of both runs' phases */
};

static void count_decode(struct tally *tally, const struct compare_row *row) {
    tally->decodes++;
    tally->slower += row->verdict == COMPARE_WORSE;
    tally->faster += row->verdict == COMPARE_BETTER;
    tally->stands += row->verdict == COMPARE_WORSE && compare_holds(row);
}

static void count(struct tally *tally, const struct compare *compare) {
    int cells = 0, quiet = 0, standing = 0;
    for (size_t i = 0; i < compare->count; i++) {
        const struct compare_row *row = &compare->rows[i];
        if (row->bar != BAR_NONE)
            fail_msg("%s %s: %s %s", row->phase, metric_of(row->metric)->id,
                     compare_bar_word(row->bar), row->detail);
        if (row->metric == METRIC_DECODE)
            count_decode(tally, row);
        if (!(row->ratio.low < row->ratio.high)) /* constants, as 100 % valid, prove nothing */
            continue;
        cells++;
        quiet += row->verdict == COMPARE_NONE;
        tally->beyond += row->ratio.low > 1 || row->ratio.high < 1;
        standing += compare_holds(row);
    }
    assert_true(cells >= 20);
    tally->cells += cells;
    values_add(&tally->quiet, (double)quiet / cells);
    tally->quiet_runs += standing == 0;
}

static void compare_boards_of(struct tally *tally, struct board *a, struct board *b) {
    struct compare compare;
    compare_boards(&compare, a, b);
    count(tally, &compare);
    for (size_t i = 0; i < compare.count; i++) {
        int column = board_column(a, SUITE_AGENTIC, compare.rows[i].phase);
        values_add(&tally->cv, board_value(a, 0, column, METRIC_DECODE, STAT_CV));
        values_add(&tally->cv, board_value(b, 0, column, METRIC_DECODE, STAT_CV));
    }
    compare_done(&compare);
    board_free(a);
    board_free(b);
}

/* A share that is less than `least` by more than chance: two standard errors, of runs, since the
 * cells of a run hang together. */
static bool misses(double share, double deviation, int runs, double least) {
    return share + 2 * deviation / sqrt(runs) < least;
}

static void test_no_difference_where_there_is_none(void **state) {
    (void)state;
    struct tally tally = {0};
    struct house house;
    house_open(&house);
    for (int i = 0; i < pairs; i++) {
        struct rig rig;
        struct board *boards[2];
        for (int k = 0; k < 2; k++) {
            begin(&rig, port_of(&house, SAME), 5, 2 * i + k);
            boards[k] = end(&rig);
        }
        compare_boards_of(&tally, boards[0], boards[1]);
    }
    house_close(&house);
    double cells = stats_of(tally.quiet.at, tally.quiet.count, STAT_MEAN);
    double runs = (double)tally.quiet_runs / pairs;
    printf("A/A: %d pairs of runs of 5 passes, %d cells\n"
           "  no difference shown: %.1f %% of cells (the interval holds 1: %.1f %%)\n"
           "  no difference in the whole run, by Holm's correction: %.1f %% of runs\n",
           pairs, tally.cells, 100 * cells, 100 - 100.0 * tally.beyond / tally.cells, 100 * runs);
    double spread = cells * stats_of(tally.quiet.at, tally.quiet.count, STAT_CV);
    bool missed =
        misses(cells, spread, pairs, 0.95) || misses(runs, sqrt(0.95 * 0.05), pairs, 0.95);
    values_done(&tally.quiet);
    values_done(&tally.cv);
    assert_false(missed);
}

/* Decode 10 % slower, where calls differ by up to as much: found in most phases, never taken for
 * faster. Both runs at once: a machine that is busy during one of them makes a difference, too. */
static void test_a_difference_is_found(void **state) {
    (void)state;
    struct tally tally = {0};
    struct house house;
    int runs = pairs / 4 + 1;
    house_open(&house);
    for (int i = 0; i < runs; i++) {
        struct rig quick, slow;
        begin(&quick, port_of(&house, QUICK), 10, 2 * i);
        begin(&slow, port_of(&house, SLOW), 10, 2 * i + 1);
        struct board *board = end(&quick);
        compare_boards_of(&tally, board, end(&slow));
    }
    house_close(&house);
    printf(
        "decode 10 %% slower: %d pairs of runs of 10 passes, %d phases\n"
        "  found: %.1f %% of phases (among all cells of the run: %.1f %%); taken for faster: %d\n"
        "  runs in which nothing stands: %d\n",
        runs, tally.decodes, 100.0 * tally.slower / tally.decodes,
        100.0 * tally.stands / tally.decodes, tally.faster, tally.quiet_runs);
    double cv = stats_median(tally.cv.at, tally.cv.count);
    values_done(&tally.quiet);
    values_done(&tally.cv);
    if (cv > 0.05) { /* what was put in makes 0.03 */
        printf("  the machine was too busy to tell: decode varied by %.1f %%\n", 100 * cv);
        skip();
    }
    assert_int_equal(tally.faster, 0);
    assert_true(tally.slower >= 0.7 * tally.decodes);
}

int main(int argc, char **argv) {
    if (argc > 1)
        pairs = (int)strtol(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_difference_where_there_is_none),
        cmocka_unit_test(test_a_difference_is_found),
    };
    return pairs < 1 || cmocka_run_group_tests(tests, NULL, NULL);
}
