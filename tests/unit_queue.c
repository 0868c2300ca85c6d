/* Queues: order, bound, wake descriptor; many producers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/queue.h"

#define POP 16

static struct item item_of(struct event *event) {
    return (struct item){.mark = QUEUE_EVENT, .event = event};
}

static struct item note(int64_t t, const char *text) {
    return item_of(event_note_new(t, NOTE_INFO, -1, "%s", text));
}

static struct item progress(int64_t t) {
    struct event *event = event_new(EVENT_PROGRESS, t);
    event->progress.lane = mem_string("lane");
    return item_of(event);
}

static bool is_readable(const struct queue *queue) {
    struct pollfd fd = {.fd = queue_fd(queue), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void first_in_first_out(void **state) {
    (void)state;
    struct queue *queue = queue_new(1 << 20);
    struct item items[POP];
    assert_false(is_readable(queue));
    assert_int_equal(queue_pop(queue, items, POP), 0);
    int64_t pushed = 0, popped = 0;
    for (int round = 0; round < 40; round++) { /* wraps round the ring and makes it grow */
        for (int i = 0; i < 13; i++)
            queue_push(queue, note(pushed++, "x"));
        assert_true(is_readable(queue));
        size_t got = queue_pop(queue, items, 9);
        assert_int_equal(got, 9);
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(items[i].event->t, popped++);
            event_free(items[i].event);
        }
        assert_true(is_readable(queue));
    }
    size_t got;
    while ((got = queue_pop(queue, items, POP)) > 0)
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(items[i].event->t, popped++);
            event_free(items[i].event);
        }
    assert_int_equal(popped, pushed);
    assert_false(is_readable(queue));
    queue_free(queue);
}

static void freeing_frees_what_is_left(void **state) {
    (void)state;
    struct queue *queue = queue_new(1 << 20);
    queue_push(queue, note(1, "left"));
    queue_push(queue, (struct item){.mark = QUEUE_END, .source = 3});
    queue_free(queue);
    queue_free(NULL);
}

static void progress_is_dropped_and_counted_when_full(void **state) {
    (void)state;
    struct item items[POP], full = note(0, "some text");
    struct queue *queue = queue_new(event_bytes(full.event) + 10);
    queue_push(queue, full);
    queue_push(queue, progress(1));
    queue_push(queue, progress(2));
    assert_int_equal(queue_dropped(queue), 2);
    struct item refused = note(3, "more");
    assert_false(queue_try_push(queue, refused));
    event_free(refused.event);
    struct item live = progress(4);
    assert_false(queue_try_push(queue, live));
    event_free(live.event);
    assert_int_equal(queue_dropped(queue), 2);
    assert_true(queue_try_push(queue, (struct item){.mark = QUEUE_REFOLD, .source = 1}));
    queue_push(queue, (struct item){.mark = QUEUE_END, .source = 2});
    assert_int_equal(queue_pop(queue, items, POP), 3);
    assert_int_equal(items[0].event->kind, EVENT_NOTE);
    assert_int_equal(items[1].mark, QUEUE_REFOLD);
    assert_int_equal(items[1].source, 1);
    assert_null(items[1].event);
    assert_int_equal(items[2].mark, QUEUE_END);
    event_free(items[0].event);
    queue_push(queue, progress(5));
    assert_int_equal(queue_dropped(queue), 2);
    queue_free(queue);
}

static void one_event_larger_than_the_limit_passes(void **state) {
    (void)state;
    struct queue *queue = queue_new(8);
    struct item items[POP];
    queue_push(queue, (struct item){.mark = QUEUE_RESET});
    queue_push(queue, note(1, "much larger than eight bytes"));
    struct item second = note(2, "another");
    assert_false(queue_try_push(queue, second));
    event_free(second.event);
    assert_int_equal(queue_pop(queue, items, POP), 2);
    event_free(items[1].event);
    queue_free(queue);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void waiting_ends_in_time(void **state) {
    (void)state;
    struct queue *queue = queue_new(100);
    int64_t before = now_ms();
    queue_wait(queue, 30);
    assert_true(now_ms() - before >= 29);
    queue_push(queue, note(1, "x"));
    before = now_ms();
    queue_wait(queue, 10000);
    queue_wait(queue, -1);
    assert_true(now_ms() - before < 5000);
    queue_free(queue);
}

#define PRODUCERS 4
#define EACH 2000

struct producer {
    struct queue *queue;
    int number;
};

/* Every third is a progress, which may get lost; the last item is a mark. */
static void *produce(void *given) {
    struct producer *producer = given;
    for (int64_t i = 0; i < EACH; i++) {
        struct item item = i % 3 == 0 ? progress(i) : note(i, "from a thread");
        item.source = producer->number;
        queue_push(producer->queue, item);
    }
    queue_push(producer->queue, (struct item){.source = producer->number, .mark = QUEUE_END});
    return NULL;
}

static void many_producers_one_consumer(void **state) {
    (void)state;
    struct queue *queue = queue_new(8000); /* a few events: producers wait all the time */
    pthread_t threads[PRODUCERS];
    struct producer producers[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.queue = queue, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    int64_t last[PRODUCERS] = {-1, -1, -1, -1}, notes = 0, lives = 0;
    int ended = 0;
    while (ended < PRODUCERS) {
        struct item items[POP];
        queue_wait(queue, 10000);
        size_t got = queue_pop(queue, items, POP);
        assert_true(got > 0); /* readable means there is something */
        for (size_t i = 0; i < got; i++) {
            if (items[i].mark == QUEUE_END) {
                ended++;
                continue;
            }
            assert_true(items[i].event->t > last[items[i].source]);
            last[items[i].source] = items[i].event->t;
            notes += items[i].event->kind == EVENT_NOTE;
            lives += items[i].event->kind == EVENT_PROGRESS;
            event_free(items[i].event);
        }
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(notes, PRODUCERS * (EACH - (EACH + 2) / 3));
    assert_int_equal(lives + queue_dropped(queue), PRODUCERS * ((EACH + 2) / 3));
    assert_false(is_readable(queue));
    queue_free(queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(freeing_frees_what_is_left),
        cmocka_unit_test(progress_is_dropped_and_counted_when_full),
        cmocka_unit_test(one_event_larger_than_the_limit_passes),
        cmocka_unit_test(waiting_ends_in_time),
        cmocka_unit_test(many_producers_one_consumer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
