#include "intake.h"

#include <stdlib.h>

#include "beside.h"
#include "store/chain.h"
#include "store/player.h"

#define BATCH 256 /* items folded between two looks at the keyboard */

/* Takes the board. */
static void adopt(struct app *app, size_t source, struct board *board) {
    board_free(app->boards[source]);
    app->boards[source] = board;
    app->scene.boards[source] = board;
}

void intake_fresh(struct app *app, size_t source) {
    adopt(app, source, board_new(&app->runs[source]));
}

/* The live run is source 0; a run beside it may end at any time. */
static void note_end(struct app *app, size_t source) {
    if (!app->live || source == 0)
        app->ui.ended = true;
}

/* The feed was full and left something out, or the run goes on where an older log ended: fold again
 * what the log continues and its own first `events` lines. */
static void refold(struct app *app, size_t source, int64_t events) {
    struct run run;
    struct event event;
    struct chain *log = chain_open(app->paths[source], &run, &app->failure);
    if (!log)
        return;
    intake_fresh(app, source);
    while (chain_next(log, &event, &app->failure) == LOG_EVENT) {
        bool wanted = !chain_is_newest(log) || events-- > 0;
        if (wanted)
            board_apply(app->boards[source], &event);
        event_done(&event);
        if (!wanted)
            break;
    }
    chain_free(log);
    run_done(&run);
    if (app->live && app->boards[source]->status != RUN_OPEN)
        note_end(app, source);
    if (app->beside && source == 0)
        beside_follow(app->beside, app->boards);
}

/* Those beside the live run go on when it does. */
static bool moves_others(enum event_kind kind) {
    return kind == EVENT_PHASE_START || kind == EVENT_PHASE_END || kind == EVENT_RUN_END;
}

static void take_event(struct app *app, const struct item *item, struct plain *plain,
                       struct buf *lines) {
    size_t source = (size_t)item->source;
    struct board *board = app->boards[source];
    if (plain && item->event->t > app->until_us) { /* a replay as far as it was asked for */
        note_end(app, source);
        return;
    }
    board_apply(board, item->event);
    if (plain)
        plain_event(&plain[source], board, item->event, lines);
    if (app->beside && source == 0 && moves_others(item->event->kind))
        beside_follow(app->beside, app->boards);
    if (item->event->kind == EVENT_RUN_END && app->live)
        note_end(app, source);
}

static void take_item(struct app *app, const struct item *item, struct plain *plain,
                      struct buf *lines) {
    size_t source = (size_t)item->source;
    switch (item->mark) {
    case QUEUE_EVENT:
        take_event(app, item, plain, lines);
        event_free(item->event);
        break;
    case QUEUE_END:
        note_end(app, source);
        break;
    case QUEUE_RESET:
        adopt(app, source, item->board ? item->board : board_new(&app->runs[source]));
        break;
    case QUEUE_SURVEYED:
        player_surveyed(app->player);
        app_marks(app);
        break;
    case QUEUE_REFOLD:
        refold(app, source, item->upto);
        if (lines && item->upto > 0)
            buf_text(lines, "output was stalled here: what is missing stands in the log\n");
        break;
    }
}

bool intake_take(struct app *app, struct plain *plain, struct buf *lines) {
    struct item items[BATCH];
    size_t count = queue_pop(app->feed, items, BATCH);
    for (size_t i = 0; i < count; i++)
        take_item(app, &items[i], plain, lines);
    return count > 0;
}

void intake_finish(struct app *app) {
    while (intake_take(app, NULL, NULL))
        ;
    if (app->boards[0]->status == RUN_OPEN) /* the end did not fit into the feed */
        refold(app, 0, INT64_MAX);
}

void intake_discard(struct app *app) {
    struct item item;
    while (queue_pop(app->feed, &item, 1) == 1) {
        event_free(item.event);
        board_free(item.board);
    }
}
