#include "net/http.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http_inner.h"

#define BATCH_KEPT ((size_t)64 << 10) /* bytes; a larger one was a rare need */
/* Parsing waits for more to parse, and until the ready sockets are drained; under a flood not
 * longer than "at latest". It makes way for the sockets after a slice. */
#define DELIVER_AFTER_US INT64_C(2000)
#define DELIVER_AT_LATEST_NS INT64_C(20000000)
#define DELIVER_SLICE_NS INT64_C(100000)

void http_global_init(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        die("http: curl_global_init failed");
}

void http_global_done(void) {
    curl_global_cleanup();
}

void http_arm(struct event *timer, int64_t us) {
    struct timeval delay = {.tv_sec = us / 1000000, .tv_usec = (suseconds_t)(us % 1000000)};
    event_add(timer, &delay);
}

/* ---- what is waiting to be handed on ---- */

void http_mark_dirty(struct transfer *transfer, int64_t now_ns) {
    struct http *http = transfer->http;
    if (transfer->dirty)
        return;
    transfer->dirty = true;
    transfer->dirty_previous = http->dirty_last;
    transfer->dirty_next = NULL;
    if (http->dirty_last)
        http->dirty_last->dirty_next = transfer;
    else
        http->dirty_first = transfer;
    http->dirty_last = transfer;
    if (http->dirty_since_ns == 0) {
        http->dirty_since_ns = now_ns;
        http_arm(http->deliver, DELIVER_AFTER_US);
    }
}

static void mark_clean(struct transfer *transfer) {
    struct http *http = transfer->http;
    if (!transfer->dirty)
        return;
    transfer->dirty = false;
    if (transfer->dirty_previous)
        transfer->dirty_previous->dirty_next = transfer->dirty_next;
    else
        http->dirty_first = transfer->dirty_next;
    if (transfer->dirty_next)
        transfer->dirty_next->dirty_previous = transfer->dirty_previous;
    else
        http->dirty_last = transfer->dirty_previous;
}

static void batch_free(struct batch *batch) {
    if (!batch)
        return;
    buf_done(&batch->bytes);
    free(batch->segments);
    free(batch);
}

struct batch *http_batch(struct http *http, size_t limit) {
    struct batch *batch = http->batches;
    if (batch)
        http->batches = batch->next;
    else
        batch = mem_zero(1, sizeof(*batch));
    batch->bytes.limit = limit;
    return batch;
}

static void batch_return(struct http *http, struct batch *batch) {
    if (batch->bytes.capacity > BATCH_KEPT) {
        batch_free(batch);
        return;
    }
    buf_reset(&batch->bytes);
    batch->count = 0;
    batch->next = http->batches;
    http->batches = batch;
}

void http_learn_status(struct transfer *transfer) {
    long status = 0;
    if (transfer->status == 0 &&
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
        transfer->status = (int)status;
}

static void fill_connect_marks(struct transfer *transfer) {
    long connects = 0;
    curl_off_t tcp_us = 0, tls_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &tcp_us);
    curl_easy_getinfo(transfer->easy, CURLINFO_APPCONNECT_TIME_T, &tls_us);
    transfer->marks.reused = connects == 0 || transfer->spare;
    if (transfer->spare)
        transfer->marks.connect_ns = transfer->spare_connect_ns;
    else if (connects > 0)
        transfer->marks.connect_ns = (int64_t)(tls_us > 0 ? tls_us : tcp_us) * 1000;
}

/* ---- life of a transfer ---- */

void http_finished(struct transfer *transfer, CURLcode result) {
    transfer->result = result;
    transfer->stage = STAGE_FINISHED;
    transfer->marks.end_ns = clock_ns();
    http_learn_status(transfer);
    http_mark_dirty(transfer, transfer->marks.end_ns);
    http_arm(transfer->http->deliver, 0); /* its owner may have the next one to send */
}

static void transfer_free(struct transfer *transfer) {
    struct http *http = transfer->http;
    mark_clean(transfer);
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        http->all = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
    if (transfer->stage == STAGE_RUNNING)
        curl_multi_remove_handle(transfer->shard->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    event_free(transfer->deadline);
    batch_free(transfer->pending);
    free(transfer);
}

/* Stops curl's part; what was read stays. */
static void halt(struct transfer *transfer) {
    if (transfer->stage == STAGE_RUNNING)
        curl_multi_remove_handle(transfer->shard->multi, transfer->easy);
    transfer->stage = STAGE_FINISHED;
    if (transfer->marks.end_ns == 0)
        transfer->marks.end_ns = clock_ns();
    http_learn_status(transfer);
    event_del(transfer->deadline);
}

/* Tells the owner. The transfer is freed, unless its data is just being handed on. */
static void finish(struct transfer *transfer, enum error_class class, const char *detail) {
    struct http *http = transfer->http;
    halt(transfer);
    fill_connect_marks(transfer);
    transfer->over = true;
    struct transfer *outer = http->current;
    http->current = transfer;
    transfer->handler->done(transfer->owner, transfer->status, class, detail, &transfer->marks);
    http->current = outer;
    if (!transfer->delivering)
        transfer_free(transfer);
}

static void keep_head(struct transfer *transfer, const char *bytes, size_t length) {
    size_t room = sizeof(transfer->head) - 1 - transfer->head_length;
    size_t part = length < room ? length : room;
    memcpy(transfer->head + transfer->head_length, bytes, part);
    transfer->head_length += part;
}

/* False when the owner takes no more. */
static bool hand_on(struct transfer *transfer, const struct batch *batch) {
    const char *bytes = buf_string(&batch->bytes);
    bool accepted = true;
    for (size_t i = 0; i < batch->count && accepted && !transfer->over; i++) {
        const struct segment *segment = &batch->segments[i];
        if (transfer->status >= 300)
            keep_head(transfer, bytes, segment->length);
        accepted = transfer->handler->data(transfer->owner, bytes, segment->length, segment->at_ns);
        bytes += segment->length;
    }
    return accepted;
}

/* Hands on what was read. False when the transfer is over (and freed). */
static bool deliver(struct transfer *transfer) {
    struct batch *batch = transfer->pending; /* reading may go on while the owner is told */
    bool accepted = true;
    mark_clean(transfer);
    transfer->pending = NULL;
    transfer->delivering = true;
    if (batch) {
        accepted = hand_on(transfer, batch);
        batch_return(transfer->http, batch);
    }
    transfer->delivering = false;
    if (transfer->over) {
        transfer_free(transfer);
        return false;
    }
    if (!accepted) {
        finish(transfer, ERROR_TOO_LARGE, "reply larger than its reader takes");
        return false;
    }
    return true;
}

static void conclude(struct transfer *transfer) {
    enum error_class class = http_class(transfer);
    char detail[512];
    http_describe(transfer, class, detail, sizeof(detail));
    finish(transfer, class, detail);
}

/* For a while, then the sockets come first again: a stamp must not wait for parsing. */
static void deliver_some(struct http *http) {
    if (http->delivering)
        return;
    http->delivering = true;
    int64_t until_ns = clock_ns() + DELIVER_SLICE_NS;
    while (http->dirty_first) {
        struct transfer *transfer = http->dirty_first;
        if (deliver(transfer) && transfer->stage == STAGE_FINISHED)
            conclude(transfer);
        if (clock_ns() > until_ns)
            break;
    }
    http->delivering = false;
    http->dirty_since_ns = http->dirty_first ? clock_ns() : 0;
    if (http->dirty_first)
        http_arm(http->deliver,
                 0); /* not event_active: that would run before the sockets are asked */
}

void http_deliver_late(struct http *http) {
    if (http->dirty_since_ns != 0 && clock_ns() - http->dirty_since_ns > DELIVER_AT_LATEST_NS)
        deliver_some(http);
}

static void on_deliver(evutil_socket_t fd, short what, void *context) {
    (void)fd;
    (void)what;
    deliver_some(context);
}

/* ---- limits of time ---- */

static void sooner(int64_t *due, enum error_class *class, int64_t from_ns, int64_t timeout_ns,
                   enum error_class timeout_class) {
    if (timeout_ns > 0 && from_ns + timeout_ns < *due) {
        *due = from_ns + timeout_ns;
        *class = timeout_class;
    }
}

static int64_t due_ns(const struct transfer *transfer, enum error_class *class) {
    int64_t due = INT64_MAX;
    bool began = transfer->waits_for_begin ? transfer->begun : transfer->marks.first_byte_ns != 0;
    *class = ERROR_NONE;
    if (transfer->marks.start_ns == 0)
        sooner(&due, class, transfer->released_ns, transfer->connect_timeout_ns,
               ERROR_TIMEOUT_CONNECT);
    else if (!began)
        sooner(&due, class, transfer->marks.start_ns, transfer->first_timeout_ns,
               ERROR_TIMEOUT_FIRST_TOKEN);
    else
        sooner(&due, class, transfer->last_byte_ns, transfer->stall_timeout_ns,
               ERROR_TIMEOUT_STALL);
    sooner(&due, class, transfer->released_ns, transfer->total_timeout_ns, ERROR_TIMEOUT_CALL);
    return due;
}

/* Bytes do not touch the timer: it looks again at the earliest moment at which a limit could have
 * been passed, whatever came in between. */
static void arm_deadline(struct transfer *transfer, int64_t now) {
    enum error_class class;
    int64_t due = due_ns(transfer, &class);
    sooner(&due, &class, now, transfer->first_timeout_ns, ERROR_NONE);
    sooner(&due, &class, now, transfer->stall_timeout_ns, ERROR_NONE);
    if (due != INT64_MAX)
        http_arm(transfer->deadline, due > now ? (due - now + 999) / 1000 : 0);
}

static void on_deadline(evutil_socket_t fd, short what, void *context) {
    struct transfer *transfer = context;
    int64_t now = clock_ns();
    enum error_class class;
    (void)fd;
    (void)what;
    if (transfer->stage != STAGE_RUNNING) /* over, only not handed on yet */
        return;
    if (due_ns(transfer, &class) > now) {
        arm_deadline(transfer, now);
        return;
    }
    halt(transfer);
    if (deliver(transfer))
        finish(transfer, class, error_word(class));
}

struct event *http_deadline_new(struct transfer *transfer) {
    struct event *deadline = evtimer_new(loop_base(transfer->http->loop), on_deadline, transfer);
    if (!deadline)
        die("http: no memory");
    return deadline;
}

/* ---- the handle ---- */

struct http *http_new(struct loop *loop, const char *user_agent) {
    struct http *http = mem_zero(1, sizeof(*http));
    http->loop = loop;
    http->user_agent = mem_string(user_agent);
    http->deliver = evtimer_new(loop_base(loop), on_deliver, http);
    if (!http->deliver)
        die("http: no memory");
    event_priority_set(http->deliver, LOOP_LATER);
    return http;
}

void http_free(struct http *http) {
    if (!http)
        return;
    while (http->all)
        transfer_free(http->all);
    while (http->batches) {
        struct batch *batch = http->batches;
        http->batches = batch->next;
        batch_free(batch);
    }
    shards_done(http);
    event_free(http->deliver);
    spares_done(&http->spares);
    free(http->user_agent);
    free(http);
}

static struct shard *begin(struct http *http, struct transfer *transfer, size_t place,
                           int64_t now) {
    transfer->shard = shard_at(http, place);
    transfer->released_ns = now;
    transfer->stage = STAGE_RUNNING;
    arm_deadline(transfer, now);
    curl_multi_add_handle(transfer->shard->multi, transfer->easy);
    return transfer->shard;
}

void http_release(struct http *http, struct transfer **transfers, size_t count) {
    int64_t now = clock_ns();
    for (size_t i = 0; i < count; i++)
        begin(http, transfers[i], i, now);
    for (size_t i = 0; i < count; i += SHARD_SIZE)
        shard_act(transfers[i]->shard, CURL_SOCKET_TIMEOUT, 0);
}

void http_release_at(struct http *http, struct transfer *transfer, size_t place) {
    shard_act(begin(http, transfer, place, clock_ns()), CURL_SOCKET_TIMEOUT, 0);
}

void http_begun(struct transfer *transfer) {
    transfer->begun = true;
}

void http_cancel(struct http *http, struct transfer *transfer) {
    (void)http;
    if (transfer->over)
        return;
    halt(transfer);
    if (transfer->delivering || deliver(transfer))
        finish(transfer, ERROR_CANCELLED, error_word(ERROR_CANCELLED));
}

void http_cancel_owner(struct http *http, const struct http_owner *owner) {
    struct transfer *next;
    for (struct transfer *transfer = http->all; transfer; transfer = next) {
        next = transfer->next;
        if (transfer->owner == owner)
            transfer_free(transfer);
    }
}

const char *http_response_header(struct http *http, const char *name) {
    struct curl_header *header = NULL;
    if (!http->current)
        return NULL;
    if (curl_easy_header(http->current->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}
