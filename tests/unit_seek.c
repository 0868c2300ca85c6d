/* Seeking: a board that was reached by a seek is the board of a fold from the beginning, wherever
 * one comes from, on each clock; a copy of a board goes on as the original. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/clock.h"
#include "board_text.h"
#include "build.h"
#include "store/player.h"
#include "store_files.h"

#define PATIENCE_US 60000000
#define LONG 50000 /* events: three checkpoints */

/* ---- a log of all that a fold has to keep ---- */

struct maker {
    struct log_writer *log;
    uint64_t chance;
    int64_t t, id;
    int slow; /* times, for a run that takes longer */
};

static void put(struct maker *maker, struct event *event) {
    assert_true(log_append(maker->log, event, NULL));
    event_free(event);
}

static bool one_in(struct maker *maker, int n) {
    return stats_random(&maker->chance) % (uint64_t)n == 0;
}

static void put_phase(struct maker *maker, enum event_kind kind, int ep, int pass,
                      const char *phase) {
    struct event *event = event_new(kind, maker->t);
    event->phase =
        (struct event_phase){.ep = ep, .suite = SUITE_AGENTIC, .pass = pass, .status = PHASE_DONE};
    copy_text(event->phase.phase, PHASE_MAX, phase);
    put(maker, event);
}

static void put_progress(struct maker *maker, const struct call *call) {
    for (int64_t t = call->first_token_us + 100000; t < call->last_token_us; t += 100000) {
        struct event *event = event_new(EVENT_PROGRESS, t);
        event->progress.lane = mem_string(BUILD_LANE);
        event->progress.calls = mem_alloc(sizeof *event->progress.calls);
        event->progress.calls[event->progress.count++] =
            (struct progress){call->id, (t - call->first_token_us) / 10000};
        put(maker, event);
    }
}

static void put_output(struct maker *maker, int64_t id) {
    struct event *event = event_new(EVENT_CALL_OUTPUT, maker->t);
    event->output.id = id;
    event->output.content = mem_format("answer %lld", (long long)id);
    event->output.reasoning = one_in(maker, 2) ? mem_string("because") : NULL;
    put(maker, event);
}

static void put_call(struct maker *maker, int ep, int pass, const char *phase, int index) {
    double ttft_ms = (strcmp(phase, "cold") == 0 ? 900 : 90) + (double)(maker->id % 37);
    int64_t tokens = one_in(maker, 30) ? 20 : 300;
    struct call call = build_call(maker->id++, ep, SUITE_AGENTIC, phase, pass, maker->t,
                                  ttft_ms * maker->slow, 100.0 / maker->slow, tokens);
    call.index = index;
    struct event *event = event_new(EVENT_CALL_START, call.start_us);
    event->call_start = (struct event_call_start){
        .id = call.id, .ep = ep, .suite = SUITE_AGENTIC, .pass = pass, .index = index};
    copy_text(event->call_start.phase, PHASE_MAX, phase);
    put(maker, event);
    bool fails = one_in(maker, 25);
    if (!fails) {
        event = event_new(EVENT_FIRST_TOKEN, call.first_token_us);
        event->first_token.id = call.id;
        put(maker, event);
        put_progress(maker, &call);
    }
    maker->t = call.end_us;
    if (fails)
        build_fail(&call, ERROR_HTTP_5XX);
    event = event_new(EVENT_CALL_END, maker->t);
    event->call = call;
    event->call.error_detail = fails ? mem_string("it broke") : NULL;
    event->call.server =
        fails ? NULL : mem_string("{\"timings\":{\"draft_n\":8,\"draft_n_accepted\":5}}");
    put(maker, event);
    if (one_in(maker, 3))
        put_output(maker, call.id);
}

static void put_sample(struct maker *maker) {
    struct event *event = build_sample(maker->t);
    struct sample *sample = &event->sample;
    build_rail(sample, "CPU", (double)maker->t / 1e5, maker->t - 1000);
    build_rail(sample, "GPU", (double)maker->t / 4e4, maker->t - 200000);
    build_engine(sample, (int)(maker->id % 3), 4000, 900);
    sample->swap_mb = one_in(maker, 40) ? 4000 : 100;
    sample->thermal = one_in(maker, 40) ? THERMAL_HEAVY : THERMAL_NOMINAL;
    sample->power_mode = mem_string("normal");
    put(maker, event);
}

static void put_score(struct maker *maker, int ep, int pass, const char *phase) {
    struct event *event = event_new(EVENT_SCORE, maker->t);
    event->score = (struct event_score){.ep = ep, .suite = SUITE_AGENTIC, .pass = pass};
    event->score.points = one_in(maker, 2);
    event->score.detail = mem_string("as asked");
    if (event->score.points < 1) {
        event->score.failure = mem_string("wrong");
        event->score.expected = mem_string("what would have been right");
    }
    copy_text(event->score.item, sizeof event->score.item, phase);
    put(maker, event);
}

static void make_phase(struct maker *maker, int ep, int pass, const char *phase) {
    int calls = 1 + (int)(stats_random(&maker->chance) % 2);
    put_phase(maker, EVENT_PHASE_START, ep, pass, phase);
    for (int i = 0; i < calls; i++)
        put_call(maker, ep, pass, phase, i);
    if (one_in(maker, 20)) { /* run again in the same pass */
        put_phase(maker, EVENT_PHASE_START, ep, pass, phase);
        put_call(maker, ep, pass, phase, 0);
    }
    if (one_in(maker, 4))
        put_score(maker, ep, pass, phase);
    maker->t += 300000;
    put_sample(maker);
    put_phase(maker, EVENT_PHASE_END, ep, pass, phase);
    maker->t += 300000;
}

/* About so many events of three endpoints; the caller frees the path. */
static char *make_log(const char *directory, const char *id, int64_t events, int slow) {
    struct run run = build_run(3, 1000);
    build_plan(&run, SUITE_AGENTIC, "cold warm prefix-test-1 prefix-test-2 prefix-test-3");
    free(run.id);
    run.id = mem_string(id);
    struct maker maker = {
        .log = log_create(directory, &run, NULL), .chance = (uint64_t)slow, .id = 1, .slow = slow};
    assert_non_null(maker.log);
    for (int pass = 0; log_count(maker.log) < events; pass++)
        for (size_t phase = 0; phase < run.plans[0].phase_count; phase++)
            for (int ep = 0; ep < 3; ep++)
                make_phase(&maker, ep, pass, run.plans[0].phases[phase]);
    struct event *end = event_new(EVENT_RUN_END, maker.t);
    end->run_end.status = RUN_COMPLETE;
    put(&maker, end);
    char *path = mem_string(log_path(maker.log));
    log_close(maker.log);
    run_done(&run);
    return path;
}

static uint64_t digest(const struct board *board) {
    struct buf text;
    buf_init(&text, (size_t)1 << 30);
    board_text(&text, board);
    uint64_t hash = stats_hash(0, buf_string(&text));
    buf_done(&text);
    return hash;
}

/* ---- copies ---- */

static void copy_in_place(struct board **board) {
    size_t bytes;
    struct board *copy = board_copy(*board, &bytes);
    struct buf was, is;
    buf_init(&was, (size_t)1 << 30);
    buf_init(&is, (size_t)1 << 30);
    board_text(&was, *board);
    board_free(*board);
    board_text(&is, copy);
    assert_string_equal(buf_string(&is), buf_string(&was));
    assert_true(bytes > sizeof *copy);
    buf_done(&was);
    buf_done(&is);
    *board = copy;
}

/* Folds a log twice; one of the two boards is a copy of itself ever again. */
static void check_copies(const char *path, int64_t every) {
    struct run run;
    struct event event;
    struct log_reader *reader = log_open(path, &run, NULL);
    assert_non_null(reader);
    struct board *straight = board_new(&run), *copied = board_new(&run);
    for (int64_t i = 1; log_next(reader, &event, NULL) == LOG_EVENT; i++) {
        board_apply(straight, &event);
        board_apply(copied, &event);
        event_done(&event);
        if (i % every == 0)
            copy_in_place(&copied);
    }
    copy_in_place(&copied);
    assert_true(digest(straight) == digest(copied));
    board_free(straight);
    board_free(copied);
    log_reader_free(reader);
    run_done(&run);
}

static void test_copies(void **state) {
    (void)state;
    static const char *const runs[] = {"demo", "burst", "memory-gate", "before",
                                       "panel-2026-06-m5max"};
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        char *path = mem_format("sample-runs/%s.jsonl", runs[i]);
        check_copies(path, 397);
        free(path);
    }
    char *directory = directory_new();
    char *path = make_log(directory, "20261120T180211Z-test-0001", 6000, 1);
    check_copies(path, 1301);
    free(path);
    directory_done(directory);
}

/* ---- seeks ---- */

struct replay {
    char *directory;
    char *paths[2];
    struct run runs[2];
    struct board *boards[2];
    struct player *player;
    struct queue *feed;
    bool surveyed;
    int64_t taken; /* events that came through the feed */
};

static void start(struct replay *replay, const struct replay *logs) {
    *replay = *logs;
    const char *const *paths = (const char *const *)replay->paths;
    replay->player = player_new(paths, 2, replay->runs, NULL);
    assert_non_null(replay->player);
    for (size_t i = 0; i < 2; i++)
        replay->boards[i] = board_new(&replay->runs[i]);
    replay->feed = queue_new((size_t)4 << 20);
    assert_true(player_survey(replay->player, paths, NULL));
    player_pause(replay->player, true);
    player_start(replay->player, replay->feed);
}

static void stop(struct replay *replay) {
    player_free(replay->player);
    queue_free(replay->feed);
    for (size_t i = 0; i < 2; i++) {
        board_free(replay->boards[i]);
        run_done(&replay->runs[i]);
    }
}

static bool drain(struct replay *replay) {
    struct item item;
    if (queue_pop(replay->feed, &item, 1) == 0)
        return false;
    if (item.event) {
        board_apply(replay->boards[item.source], item.event);
        replay->taken++;
    } else if (item.mark == QUEUE_RESET) {
        board_free(replay->boards[item.source]);
        replay->boards[item.source] =
            item.board ? item.board : board_new(&replay->runs[item.source]);
    } else if (item.mark == QUEUE_SURVEYED) {
        player_surveyed(replay->player);
        replay->surveyed = true;
    }
    event_free(item.event);
    return true;
}

static void await_place(struct replay *replay, int64_t to_us) {
    int64_t until = clock_us() + PATIENCE_US;
    while (player_state(replay->player).now_us != to_us) {
        assert_true(clock_us() < until);
        if (!drain(replay))
            queue_wait(replay->feed, 1);
    }
    while (drain(replay))
        ;
}

static void await_survey(struct replay *replay) {
    int64_t until = clock_us() + PATIENCE_US;
    while (!replay->surveyed) {
        assert_true(clock_us() < until);
        if (!drain(replay))
            queue_wait(replay->feed, 1);
    }
}

#define PLACES 8
struct places { /* in order of time, with the boards there by a fold from the beginning */
    int64_t at[PLACES];
    uint64_t boards[PLACES][2];
};

static void fold_places(const struct replay *logs, enum align_mode mode, struct player *player,
                        struct places *places) {
    for (int source = 0; source < 2; source++) {
        struct run run;
        struct event event;
        struct log_reader *reader = log_open(logs->paths[source], &run, NULL);
        struct board *board = board_new(&run);
        size_t next = 0;
        int64_t latest = 0;
        while (log_next(reader, &event, NULL) == LOG_EVENT) {
            latest = event.t > latest ? event.t : latest;
            int64_t t = player_time(player, mode, source, latest);
            for (; next < PLACES && places->at[next] < t; next++)
                places->boards[next][source] = digest(board);
            board_apply(board, &event);
            event_done(&event);
        }
        for (; next < PLACES; next++)
            places->boards[next][source] = digest(board);
        board_free(board);
        log_reader_free(reader);
        run_done(&run);
    }
}

static void check_mode(const struct replay *logs, enum align_mode mode) {
    struct replay replay;
    struct places places;
    uint64_t chance = 7 + (uint64_t)mode;
    start(&replay, logs);
    player_align(replay.player, mode, 0);
    int64_t end = player_state(replay.player).end_us;
    for (int i = 0; i < PLACES; i++) /* one anywhere in each part; the last is the end */
        places.at[i] =
            i == PLACES - 1
                ? end
                : end / PLACES * i + (int64_t)(stats_uniform(&chance) * (double)(end / PLACES));
    fold_places(logs, mode, replay.player, &places);
    int64_t most = 0;
    for (int round = 0; round < 2 * PLACES; round++) {
        size_t at = (size_t)(stats_random(&chance) % PLACES);
        if (round == PLACES / 2) /* until then it reads ahead as far as it comes */
            await_survey(&replay);
        replay.taken = 0;
        player_seek(replay.player, places.at[at]);
        await_place(&replay, places.at[at]);
        for (int source = 0; source < 2; source++)
            if (digest(replay.boards[source]) != places.boards[at][source])
                fail_msg("%s: seek %d to %lld: run %d is another", align_word(mode), round,
                         (long long)places.at[at], source);
        if (replay.surveyed && replay.taken > most)
            most = replay.taken;
    }
    assert_true(most < 2 * 8192); /* what is further than a minute comes as a board */
    stop(&replay);
}

static void test_seeks(void **state) {
    (void)state;
    struct replay logs = {.directory = directory_new()};
    logs.paths[0] = make_log(logs.directory, "20261120T180211Z-test-0001", LONG, 1);
    logs.paths[1] = make_log(logs.directory, "20261120T180211Z-test-0002", LONG / 2, 2);
    for (int mode = 0; mode < ALIGN_COUNT; mode++)
        check_mode(&logs, (enum align_mode)mode);
    free(logs.paths[0]);
    free(logs.paths[1]);
    directory_done(logs.directory);
}

/* The same by player_fold, as dumps do it, with and without reading ahead. */
static void test_folds(void **state) {
    (void)state;
    char *directory = directory_new();
    char *path = make_log(directory, "20261120T180211Z-test-0001", LONG, 1);
    const char *const paths[] = {path};
    static const double shares[] = {0, 0.5, 0.77, 1};
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        uint64_t seen[2];
        for (int ahead = 0; ahead < 2; ahead++) {
            struct run run;
            struct player *player = player_new(paths, 1, &run, NULL);
            int64_t until = (int64_t)(shares[i] * (double)player_state(player).end_us);
            struct board *board = board_new(&run);
            if (ahead)
                assert_true(player_survey(player, paths, NULL));
            assert_true(player_fold(player, &board, until, NULL));
            seen[ahead] = digest(board);
            board_free(board);
            player_free(player);
            run_done(&run);
        }
        assert_true(seen[0] == seen[1]);
    }
    free(path);
    directory_done(directory);
}

/* ---- gates and verdicts are landmarks ---- */

static void test_judgements(void **state) {
    (void)state;
    struct run run;
    size_t count, gates = 0, verdicts = 0;
    const char *const paths[] = {"sample-runs/memory-gate.jsonl"};
    struct player *player = player_new(paths, 1, &run, NULL);
    assert_non_null(player);
    struct board *board = board_new(&run);
    assert_true(player_survey(player, paths, NULL));
    assert_true(player_fold(player, &board, INT64_MAX, NULL));
    const struct landmark *marks = player_landmarks(player, &count);
    for (size_t i = 0; i < count; i++) {
        if (marks[i].kind != LANDMARK_GATE && marks[i].kind != LANDMARK_VERDICT)
            continue;
        /* it is there at its moment, and was not a moment before */
        for (int before = 0; before < 2; before++) {
            struct run same;
            struct player *again = player_new(paths, 1, &same, NULL);
            struct board *then = board_new(&same);
            assert_true(player_fold(again, &then, marks[i].t - before, NULL));
            size_t found = 0;
            for (size_t k = 0; k < then->judgement_count; k++)
                found += strcmp(then->judgements[k].text, marks[i].text) == 0;
            assert_int_equal(found, before ? 0 : 1);
            board_free(then);
            player_free(again);
            run_done(&same);
        }
        gates += marks[i].kind == LANDMARK_GATE;
        verdicts += marks[i].kind == LANDMARK_VERDICT;
    }
    assert_int_equal(gates, board->gate_count);
    assert_int_equal(verdicts, board->verdict_count);
    assert_true(gates > 0 && verdicts > 0);
    for (size_t i = 1; i < count; i++)
        assert_true(marks[i - 1].t <= marks[i].t);
    board_free(board);
    player_free(player);
    run_done(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_seeks),
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_judgements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
