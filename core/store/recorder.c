#include "store/recorder.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BATCH 256
#define BATCH_BYTES (SIZE_MAX / 4) /* what a batch can hold is bounded by the queue's bytes */
#define RETRY_MS 50                /* how soon a feed that was full is tried again */

struct recorder {
    struct queue *queue, *feed;
    struct log_writer *log;
    int source;
    pthread_t thread;
    atomic_bool failed;

    /* the thread's own */
    struct item items[BATCH]; /* the batch; event NULL once it was handed on or freed */
    size_t count;
    struct buf lines;
    bool stalled;   /* the feed was full: what came since stands in the log alone */
    bool ended;     /* the producers' run_end was popped */
    bool told;      /* a run_end is in the log, and so fed like any event */
    bool closed;    /* QUEUE_END is in the feed */
    bool finishing; /* recorder_finish waits: nothing more will come */
    int64_t last_us;
    struct error error; /* of the first failure; read by finish after the join */
};

/* ---- the feed: never waited for ---- */

/* Once there is room again one mark stands for everything that the log has. Half of the feed must
 * be free: each mark costs main a reading of the whole log. */
static bool feed_open(struct recorder *recorder) {
    struct item mark = {.source = recorder->source, .mark = QUEUE_REFOLD};
    if (!recorder->stalled)
        return true;
    if (queue_load(recorder->feed) > 0.5)
        return false;
    mark.upto = log_count(recorder->log);
    recorder->stalled = !queue_try_push(recorder->feed, mark);
    return !recorder->stalled;
}

/* Hands on an event that is in the log, or leaves it to the mark that will come. */
static void feed_event(struct recorder *recorder, struct event *event) {
    struct item item = {.source = recorder->source, .mark = QUEUE_EVENT, .event = event};
    if (!recorder->stalled && queue_try_push(recorder->feed, item))
        return;
    recorder->stalled = true;
    event_free(event);
}

/* The first `written` events of the batch are in the log. */
static void feed_batch(struct recorder *recorder, int64_t written) {
    for (size_t i = 0; i < recorder->count; i++) {
        struct event *event = recorder->items[i].event;
        if (!event)
            continue; /* a mark */
        if (written-- > 0)
            feed_event(recorder, event);
        else
            event_free(event);
        recorder->items[i].event = NULL;
    }
}

/* ---- the log ---- */

static bool wants_sync(enum event_kind kind) {
    return kind == EVENT_CALL_END || kind == EVENT_PHASE_END || kind == EVENT_RUN_END;
}

/* Append the event's line. One that is too long for a log becomes a note that says so. */
static void encode(struct recorder *recorder, struct item *item) {
    size_t before = recorder->lines.length;
    if (event_encode(item->event, &recorder->lines) &&
        recorder->lines.length - before <= LOG_LINE_MAX && buf_char(&recorder->lines, '\n'))
        return;
    struct event *note = event_note_new(item->event->t, NOTE_ERROR, -1,
                                        "an event of kind %s was too long for the log and is lost",
                                        event_word(item->event->kind));
    event_free(item->event);
    item->event = note;
    recorder->lines.length = before;
    recorder->lines.over = false;
    event_encode(note, &recorder->lines);
    buf_char(&recorder->lines, '\n');
}

/* Encode the batch; true when it must be synced. Nothing follows a run_end. */
static bool encode_batch(struct recorder *recorder) {
    bool sync = false;
    buf_reset(&recorder->lines);
    for (size_t i = 0; i < recorder->count; i++) {
        struct item *item = &recorder->items[i];
        if (!item->event)
            continue;
        if (recorder->ended) {
            event_free(item->event);
            item->event = NULL;
            continue;
        }
        recorder->ended = item->event->kind == EVENT_RUN_END;
        sync = sync || wants_sync(item->event->kind);
        if (item->event->t > recorder->last_us)
            recorder->last_us = item->event->t;
        encode(recorder, item);
    }
    return sync;
}

static struct event *failed_end(struct recorder *recorder) {
    struct event *event = event_new(EVENT_RUN_END, recorder->last_us);
    event->run_end.status = RUN_FAILED;
    event->run_end.dropped = queue_dropped(recorder->queue);
    return event;
}

/* End the run: a full disk often has room for one short line; if not, the log just has no end. */
static void fail(struct recorder *recorder) {
    atomic_store(&recorder->failed, true);
    if (recorder->told)
        return;
    struct event *end = failed_end(recorder);
    recorder->told = log_append(recorder->log, end, NULL);
    if (recorder->told)
        feed_event(recorder, end);
    else
        event_free(end);
    log_sync(recorder->log, NULL);
}

static void record(struct recorder *recorder) {
    int64_t before = log_count(recorder->log);
    bool sync = encode_batch(recorder);
    if (recorder->lines.length == 0)
        return;
    bool written = log_append_lines(recorder->log, recorder->lines.data, recorder->lines.length,
                                    &recorder->error);
    recorder->told = written && recorder->ended;
    feed_batch(recorder, log_count(recorder->log) - before);
    if (!written || (sync && !log_sync(recorder->log, &recorder->error)))
        fail(recorder);
}

static void drop_batch(struct recorder *recorder) {
    for (size_t i = 0; i < recorder->count; i++)
        event_free(recorder->items[i].event);
}

/* ---- the thread ---- */

/* Take a batch and do what is to be done with it. */
static void turn(struct recorder *recorder, int timeout_ms) {
    queue_wait(recorder->queue, timeout_ms);
    recorder->count = queue_pop(recorder->queue, recorder->items, BATCH);
    for (size_t i = 0; i < recorder->count; i++)
        if (recorder->items[i].mark == QUEUE_END)
            recorder->finishing = true;
    if (atomic_load(&recorder->failed) || recorder->ended)
        drop_batch(recorder);
    else
        record(recorder);
}

/* The screen must see the end: a mark for what it missed, after a failure the run_end that the log
 * does not have, and QUEUE_END. Tried again until all of it is in the feed. */
static void feed_end(struct recorder *recorder) {
    if (recorder->closed || !feed_open(recorder))
        return;
    if (!recorder->told && atomic_load(&recorder->failed)) {
        struct event *end = failed_end(recorder);
        struct item item = {.source = recorder->source, .mark = QUEUE_EVENT, .event = end};
        recorder->told = queue_try_push(recorder->feed, item);
        if (!recorder->told) {
            event_free(end);
            return;
        }
    }
    recorder->closed = queue_try_push(recorder->feed,
                                      (struct item){.source = recorder->source, .mark = QUEUE_END});
}

static void *run_thread(void *argument) {
    struct recorder *recorder = argument;
    bool open = true; /* after the end the queue is still drained: no producer may be blocked */
    while (!recorder->finishing) {
        turn(recorder, recorder->stalled || (!open && !recorder->closed) ? RETRY_MS : -1);
        open = !recorder->ended && !atomic_load(&recorder->failed);
        if (open && !recorder->finishing)
            feed_open(recorder);
        else
            feed_end(recorder);
    }
    return NULL;
}

struct recorder *recorder_start(struct queue *queue, struct log_writer *log, struct queue *feed,
                                int source) {
    struct recorder *recorder = mem_zero(1, sizeof *recorder);
    sigset_t all, before;
    recorder->queue = queue;
    recorder->feed = feed;
    recorder->log = log;
    recorder->source = source;
    atomic_init(&recorder->failed, false);
    buf_init(&recorder->lines, BATCH_BYTES);
    /* SIGXFSZ among them: a file that may not grow is an error of write, not the end */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int why = pthread_create(&recorder->thread, NULL, run_thread, recorder);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (why)
        die("the recorder's thread can't be started");
    return recorder;
}

bool recorder_finish(struct recorder *recorder, struct error *error) {
    queue_push(recorder->queue, (struct item){.mark = QUEUE_END});
    pthread_join(recorder->thread, NULL);
    bool written = !atomic_load(&recorder->failed);
    if (!written && error)
        *error = recorder->error;
    log_close(recorder->log);
    buf_done(&recorder->lines);
    free(recorder);
    return written;
}

