/* Shards: curl's side of the loop. curl looks for a free connection through all that it holds, one
 * by one: in one multi handle a burst would leave in quadratic time. */
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/http_inner.h"

/* Connections that are kept: a burst's. Those of earlier ones are closed as its own come, or they
 * would add up until there are no descriptors left. */
#define CONNECTIONS_KEPT ((long)SHARD_SIZE)

static void read_messages(struct shard *shard) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(shard->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        curl_multi_remove_handle(shard->multi, easy);
        http_finished((struct transfer *)private, result);
    }
}

void shard_act(struct shard *shard, curl_socket_t fd, int flags) {
    int running;
    shard->http->turn++;
    curl_multi_socket_action(shard->multi, fd, flags, &running);
    read_messages(shard);
}

static void on_socket(evutil_socket_t fd, short what, void *context) {
    struct shard *shard = context;
    int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    shard_act(shard, fd, flags);
    http_deliver_late(shard->http);
}

static void on_timer(evutil_socket_t fd, short what, void *context) {
    struct shard *shard = context;
    (void)fd;
    (void)what;
    shard_act(shard, CURL_SOCKET_TIMEOUT, 0);
    http_deliver_late(shard->http);
}

static int on_socket_change(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned) {
    struct shard *shard = context;
    struct event *event = assigned;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short flags =
            (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(loop_base(shard->http->loop), fd, (short)(flags | EV_PERSIST), on_socket,
                          shard);
        if (!event)
            die("http: no memory");
        event_priority_set(event, LOOP_FIRST);
        event_add(event, NULL);
    }
    curl_multi_assign(shard->multi, fd, event);
    return 0;
}

static int on_timer_change(CURLM *multi, long timeout_ms, void *context) {
    struct shard *shard = context;
    (void)multi;
    if (timeout_ms < 0)
        event_del(shard->timer);
    else
        http_arm(shard->timer, (int64_t)timeout_ms * 1000);
    return 0;
}

static struct shard *shard_new(struct http *http) {
    struct shard *shard = mem_zero(1, sizeof(*shard));
    shard->http = http;
    shard->timer = evtimer_new(loop_base(http->loop), on_timer, shard);
    shard->multi = curl_multi_init();
    if (!shard->timer || !shard->multi)
        die("http: no memory");
    event_priority_set(shard->timer, LOOP_FIRST);
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
    curl_multi_setopt(shard->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
    return shard;
}

struct shard *shard_at(struct http *http, size_t place) {
    size_t index = place / SHARD_SIZE;
    if (index >= SHARDS_MAX)
        index = SHARDS_MAX - 1;
    if (!http->shards[index])
        http->shards[index] = shard_new(http);
    return http->shards[index];
}

void shards_done(struct http *http) {
    for (size_t i = 0; i < SHARDS_MAX; i++) {
        struct shard *shard = http->shards[i];
        if (!shard)
            continue;
        curl_multi_cleanup(shard->multi);
        event_free(shard->timer);
        free(shard);
    }
}
