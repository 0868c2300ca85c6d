#include "model/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/board.h"

struct slot {
    struct item item;
    size_t bytes;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t room; /* something was popped */
    struct slot *slots;  /* a ring */
    size_t first, count, capacity;
    size_t bytes, limit;
    int64_t dropped;
    int wake[2]; /* holds one byte exactly while there is something to pop */
};

static void set_flags(int fd) {
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        die("a pipe can't be set up: %s", strerror(errno));
}

struct queue *queue_new(size_t limit_bytes) {
    struct queue *queue = mem_zero(1, sizeof *queue);
    queue->limit = limit_bytes;
    if (pipe(queue->wake) != 0)
        die("no pipe for a queue: %s", strerror(errno));
    set_flags(queue->wake[0]);
    set_flags(queue->wake[1]);
    if (pthread_mutex_init(&queue->lock, NULL) != 0 || pthread_cond_init(&queue->room, NULL) != 0)
        die("no lock for a queue");
    return queue;
}

void queue_free(struct queue *queue) {
    if (!queue)
        return;
    for (size_t i = 0; i < queue->count; i++) {
        struct item item = queue->slots[(queue->first + i) % queue->capacity].item;
        event_free(item.event);
        board_free(item.board);
    }
    free(queue->slots);
    close(queue->wake[0]);
    close(queue->wake[1]);
    pthread_cond_destroy(&queue->room);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

/* The byte in the pipe; the other side is never gone, and the pipe never full. */
static void set_wake(struct queue *queue, bool on) {
    char byte = 0;
    ssize_t done;
    do
        done = on ? write(queue->wake[1], &byte, 1) : read(queue->wake[0], &byte, 1);
    while (done < 0 && errno == EINTR);
    if (done != 1)
        die("a queue's pipe failed: %s", strerror(errno));
}

/* Marks carry nothing and always pass; an event larger than the limit passes alone. */
static bool has_room(const struct queue *queue, size_t bytes) {
    if (bytes == 0 || queue->bytes == 0)
        return true;
    return queue->bytes < queue->limit && bytes <= queue->limit - queue->bytes;
}

static void grow(struct queue *queue) {
    if (queue->count < queue->capacity)
        return;
    size_t wanted = queue->capacity ? queue->capacity * 2 : 64;
    struct slot *slots = mem_zero(wanted, sizeof *slots);
    for (size_t i = 0; i < queue->count; i++)
        slots[i] = queue->slots[(queue->first + i) % queue->capacity];
    free(queue->slots);
    queue->slots = slots;
    queue->capacity = wanted;
    queue->first = 0;
}

/* With the lock held. */
static void append(struct queue *queue, struct item item, size_t bytes) {
    grow(queue);
    queue->slots[(queue->first + queue->count) % queue->capacity] = (struct slot){item, bytes};
    queue->bytes += bytes;
    if (queue->count++ == 0)
        set_wake(queue, true);
}

static size_t item_bytes(struct item item) {
    return item.event ? event_bytes(item.event) : 0;
}

void queue_push(struct queue *queue, struct item item) {
    size_t bytes = item_bytes(item);
    bool may_drop = item.event && item.event->kind == EVENT_PROGRESS;
    pthread_mutex_lock(&queue->lock);
    while (!has_room(queue, bytes) && !may_drop)
        pthread_cond_wait(&queue->room, &queue->lock);
    bool taken = has_room(queue, bytes);
    if (taken)
        append(queue, item, bytes);
    else
        queue->dropped++;
    pthread_mutex_unlock(&queue->lock);
    if (!taken)
        event_free(item.event);
}

bool queue_try_push(struct queue *queue, struct item item) {
    size_t bytes = item_bytes(item);
    pthread_mutex_lock(&queue->lock);
    bool taken = has_room(queue, bytes);
    if (taken)
        append(queue, item, bytes);
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

size_t queue_pop(struct queue *queue, struct item *items, size_t most) {
    pthread_mutex_lock(&queue->lock);
    size_t taken = queue->count < most ? queue->count : most;
    for (size_t i = 0; i < taken; i++) {
        const struct slot *slot = &queue->slots[queue->first];
        items[i] = slot->item;
        queue->bytes -= slot->bytes;
        queue->first = (queue->first + 1) % queue->capacity;
    }
    queue->count -= taken;
    if (taken > 0) {
        if (queue->count == 0)
            set_wake(queue, false);
        pthread_cond_broadcast(&queue->room);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

int queue_fd(const struct queue *queue) {
    return queue->wake[0];
}

void queue_wait(struct queue *queue, int timeout_ms) {
    struct pollfd readable = {.fd = queue->wake[0], .events = POLLIN};
    poll(&readable, 1, timeout_ms);
}

int64_t queue_dropped(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    int64_t dropped = queue->dropped;
    pthread_mutex_unlock(&queue->lock);
    return dropped;
}

double queue_load(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    double load = (double)queue->bytes / (double)queue->limit;
    pthread_mutex_unlock(&queue->lock);
    return load;
}
