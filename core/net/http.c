#include "net/http.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http_inner.h"

/* Idle connections that are kept: a burst of 2,000 and some more. */
#define CONNECTIONS_MAX 4096L
/* Parsing waits until the ready sockets are drained, but under a flood not longer than this. */
#define DELIVER_AT_LATEST_NS INT64_C(20000000)
#define DELIVER_SLICE_NS INT64_C(2000000)

void http_global_init(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        die("http: curl_global_init failed");
}

void http_global_done(void) {
    curl_global_cleanup();
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
        event_active(http->deliver, EV_TIMEOUT, 1);
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

static void batch_reset(struct batch *batch) {
    buf_reset(&batch->bytes);
    batch->count = 0;
}

static void batch_done(struct batch *batch) {
    buf_done(&batch->bytes);
    free(batch->segments);
}

void http_learn_status(struct transfer *transfer) {
    long status = 0;
    if (transfer->status == 0 &&
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
        transfer->status = (int)status;
}

/* ---- curl on the loop ---- */

static void deliver_some(struct http *http);

static void read_messages(struct http *http) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        struct transfer *transfer = (struct transfer *)private;
        curl_multi_remove_handle(http->multi, easy);
        transfer->result = result;
        transfer->stage = STAGE_FINISHED;
        transfer->marks.end_ns = clock_ns();
        http_learn_status(transfer);
        http_mark_dirty(transfer, transfer->marks.end_ns);
    }
}

static void act(struct http *http, curl_socket_t fd, int flags) {
    int running;
    http->turn++;
    curl_multi_socket_action(http->multi, fd, flags, &running);
    read_messages(http);
}

/* From the loop: what waited long enough is handed on before more is read. */
static void act_and_deliver(struct http *http, curl_socket_t fd, int flags) {
    act(http, fd, flags);
    if (http->dirty_since_ns != 0 && clock_ns() - http->dirty_since_ns > DELIVER_AT_LATEST_NS)
        deliver_some(http);
}

static void on_socket(evutil_socket_t fd, short what, void *context) {
    int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    act_and_deliver(context, fd, flags);
}

static void on_timer(evutil_socket_t fd, short what, void *context) {
    (void)fd;
    (void)what;
    act_and_deliver(context, CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket_change(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned) {
    struct http *http = context;
    struct event *event = assigned;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short flags =
            (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(loop_base(http->loop), fd, (short)(flags | EV_PERSIST), on_socket, http);
        if (!event)
            die("http: no memory");
        event_priority_set(event, LOOP_FIRST);
        event_add(event, NULL);
    }
    curl_multi_assign(http->multi, fd, event);
    return 0;
}

static void arm(struct event *timer, int64_t us) {
    struct timeval delay = {.tv_sec = us / 1000000, .tv_usec = (suseconds_t)(us % 1000000)};
    event_add(timer, &delay);
}

static int on_timer_change(CURLM *multi, long timeout_ms, void *context) {
    struct http *http = context;
    (void)multi;
    if (timeout_ms < 0)
        event_del(http->timer);
    else
        arm(http->timer, (int64_t)timeout_ms * 1000);
    return 0;
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
        curl_multi_remove_handle(http->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    event_free(transfer->deadline);
    batch_done(&transfer->pending);
    batch_done(&transfer->handing);
    free(transfer);
}

/* Stops curl's part; what was read stays. */
static void halt(struct transfer *transfer) {
    if (transfer->stage == STAGE_RUNNING)
        curl_multi_remove_handle(transfer->http->multi, transfer->easy);
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

/* Hands on what was read. False when the transfer is over (and freed). */
static bool deliver(struct transfer *transfer) {
    struct batch batch = transfer->pending;
    transfer->pending = transfer->handing;
    transfer->handing = batch;
    const char *bytes = buf_string(&batch.bytes);
    bool accepted = true;
    mark_clean(transfer);
    transfer->delivering = true;
    for (size_t i = 0; i < batch.count && accepted && !transfer->over; i++) {
        size_t length = batch.segments[i].length;
        if (transfer->status >= 300)
            keep_head(transfer, bytes, length);
        accepted = transfer->handler->data(transfer->owner, bytes, length, batch.segments[i].at_ns);
        bytes += length;
    }
    transfer->delivering = false;
    batch_reset(&transfer->handing);
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
        arm(http->deliver, 0); /* not event_active: that would run before the sockets are asked */
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
        arm(transfer->deadline, due > now ? (due - now + 999) / 1000 : 0);
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

static void set_up_multi(struct http *http) {
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
}

struct http *http_new(struct loop *loop, const char *user_agent) {
    struct http *http = mem_zero(1, sizeof(*http));
    http->loop = loop;
    http->user_agent = mem_string(user_agent);
    http->timer = evtimer_new(loop_base(loop), on_timer, http);
    http->deliver = evtimer_new(loop_base(loop), on_deliver, http);
    http->multi = curl_multi_init();
    if (!http->timer || !http->deliver || !http->multi)
        die("http: no memory");
    event_priority_set(http->timer, LOOP_FIRST);
    event_priority_set(http->deliver, LOOP_LATER);
    set_up_multi(http);
    return http;
}

void http_free(struct http *http) {
    if (!http)
        return;
    while (http->all)
        transfer_free(http->all);
    curl_multi_cleanup(http->multi);
    event_free(http->timer);
    event_free(http->deliver);
    spares_done(&http->spares);
    free(http->user_agent);
    free(http);
}

void http_release(struct http *http, struct transfer **transfers, size_t count) {
    int64_t now = clock_ns();
    for (size_t i = 0; i < count; i++) {
        struct transfer *transfer = transfers[i];
        transfer->released_ns = now;
        transfer->stage = STAGE_RUNNING;
        arm_deadline(transfer, now);
        curl_multi_add_handle(http->multi, transfer->easy);
    }
    act(http, CURL_SOCKET_TIMEOUT, 0);
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
