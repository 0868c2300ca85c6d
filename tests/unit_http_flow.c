/* Several requests at once, stopping, waiting, and the loop below them. */
#include <fcntl.h>

#include "http_fixture.h"

/* ---- cancelling ---- */

static void cancel_before_and_while(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "/late/2000");
    f->left = 1;
    struct transfer *transfer = http_prepare(f->http, &request, NULL);
    http_cancel(f->http, transfer); /* never released */
    assert_int_equal(f->one.done, 1);
    assert_int_equal(f->one.error, ERROR_CANCELLED);
    f->one.done = 0;
    f->left = 1;
    transfer = http_prepare(f->http, &request, NULL);
    http_release(f->http, &transfer, 1);
    loop_run_for(f->loop, 20000);
    http_cancel(f->http, transfer);
    assert_int_equal(f->one.done, 1);
    assert_int_equal(f->one.error, ERROR_CANCELLED);
    assert_true(f->one.marks.start_ns > 0);
    assert_true(f->one.marks.end_ns >= f->one.marks.sent_ns);
}

/* From its own data callback, and another one with it. */
static void cancel_while_told(void **state) {
    struct fixture *f = *state;
    struct http_owner second;
    struct http_request request = request_of(f, "/tokens");
    owner_init(f, &second);
    f->left = 2;
    f->one.transfer = http_prepare(f->http, &request, NULL);
    request.owner = &second;
    second.transfer = http_prepare(f->http, &request, NULL);
    f->one.other = second.transfer;
    f->one.cancel_after = 3;
    struct transfer *both[] = {f->one.transfer, second.transfer};
    http_release(f->http, both, 2);
    while (f->left > 0)
        loop_run(f->loop);
    assert_int_equal(f->one.reads, 3);
    assert_int_equal(f->one.error, ERROR_CANCELLED);
    assert_int_equal(second.error, ERROR_CANCELLED);
    assert_int_equal(second.done, 1);
    buf_done(&second.body);
}

/* Each ends all the others with its first bytes: also those up the stack, whose own bytes are just
 * being handed on. What was read of them by then comes first. */
#define CROWD 8
static struct transfer *crowd[CROWD];
static bool end_all(struct http_owner *o, const char *bytes, size_t length, int64_t at_ns) {
    (void)bytes;
    (void)length;
    (void)at_ns;
    assert_int_equal(o->done, 0);
    o->reads++;
    for (int i = 0; i < CROWD; i++)
        if (crowd[i] && crowd[i] != o->transfer)
            http_cancel(o->http, crowd[i]);
    return !o->refuse;
}

static void forget_one(struct http_owner *o, int status, enum error_class error, const char *detail,
                       const struct http_marks *marks) {
    for (int i = 0; i < CROWD; i++)
        crowd[i] = crowd[i] == o->transfer ? NULL : crowd[i];
    on_done(o, status, error, detail, marks);
}

static void cancel_each_other(void **state) {
    static const struct http_handler ending = {end_all, forget_one};
    struct fixture *f = *state;
    struct http_owner owners[CROWD];
    struct http_request request = request_of(f, "/late/30");
    request.handler = &ending;
    http_open_connections(f->http, f->url, CROWD, 5000, NULL, 0, NULL);
    for (int i = 0; i < CROWD; i++) {
        owner_init(f, &owners[i]);
        owners[i].refuse = i % 2;
        request.owner = &owners[i];
        owners[i].transfer = crowd[i] = http_prepare(f->http, &request, NULL);
    }
    f->left = CROWD;
    http_release(f->http, crowd, CROWD);
    server_sleep_ms(100); /* all replies wait to be read */
    while (f->left > 0)
        loop_run(f->loop);
    size_t told = 0;
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(owners[i].done, 1);
        told += owners[i].reads;
        buf_done(&owners[i].body);
    }
    assert_true(told > 1);
    loop_run_for(f->loop, 20000); /* nothing of them is left */
}

static void free_in_flight(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "/late/50");
    struct transfer *transfers[3];
    for (int i = 0; i < 3; i++)
        transfers[i] = http_prepare(f->http, &request, NULL);
    http_release(f->http, transfers, 2);
    loop_run_for(f->loop, 10000);
    http_free(f->http);
    assert_int_equal(f->one.done, 0);
    loop_run_for(f->loop, 80000);
    f->http = http_new(f->loop, NULL);
}

/* ---- bursts ---- */

#define BURST 40
#define SHARDED 150 /* more than one shard's */

static void burst(struct fixture *f, const char *path, size_t count) {
    struct http_owner *owners = mem_zero(count, sizeof(*owners));
    struct transfer **transfers = mem_zero(count, sizeof(struct transfer *));
    struct http_request request = request_of(f, path);
    request.method = "POST";
    request.body = "{}";
    request.body_length = 2;
    for (size_t i = 0; i < count; i++) {
        owner_init(f, &owners[i]);
        request.owner = &owners[i];
        transfers[i] = http_prepare(f->http, &request, NULL);
    }
    f->left = (int)count;
    http_release(f->http, transfers, count);
    while (f->left > 0)
        loop_run(f->loop);
    int64_t first = INT64_MAX, last = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(owners[i].error, ERROR_NONE);
        assert_true(owners[i].marks.reused);
        first = owners[i].marks.start_ns < first ? owners[i].marks.start_ns : first;
        last = owners[i].marks.sent_ns > last ? owners[i].marks.sent_ns : last;
        buf_done(&owners[i].body);
    }
    assert_true(last - first < SLACK);
    free(owners);
    free(transfers);
}

static void a_burst_on_open_connections(void **state) {
    struct fixture *f = *state;
    double connect_ms;
    int before = atomic_load(&server.connections);
    size_t open =
        http_open_connections(f->http, url_of(f, "/ok"), BURST, 5000, NULL, 0, &connect_ms);
    assert_int_equal(open, BURST);
    assert_int_equal(atomic_load(&server.connections), before + BURST);
    assert_true(connect_ms > 0 && connect_ms < 1000);
    burst(f, "/late/30", BURST);
    assert_int_equal(atomic_load(&server.connections), before + BURST);
}

/* Each burst opens its own; those of the ones before must not add up. */
static void bursts_one_after_the_other(void **state) {
    struct fixture *f = *state;
    int others = atomic_load(&server.open);
    for (int i = 0; i < 3; i++) {
        int before = atomic_load(&server.connections);
        assert_int_equal(
            http_open_connections(f->http, url_of(f, "/ok"), SHARDED, 5000, NULL, 0, NULL),
            SHARDED);
        burst(f, "/late/30", SHARDED);
        assert_int_equal(atomic_load(&server.connections), before + SHARDED);
    }
    for (int i = 0; i < 100 && atomic_load(&server.open) > SHARDED + others; i++)
        server_sleep_ms(20);
    assert_true(atomic_load(&server.open) < 2 * SHARDED);
}

/* An engine that is started by a command would hold them for ever. */
static void no_socket_outlives_exec(void **state) {
    struct fixture *f = *state;
    assert_int_equal(http_open_connections(f->http, url_of(f, "/ok"), 2, 5000, NULL, 0, NULL), 2);
    int ours = 0;
    for (int fd = 3; fd < 1024; fd++) {
        struct sockaddr_in peer;
        socklen_t length = sizeof(peer);
        if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0 || peer.sin_family != AF_INET ||
            ntohs(peer.sin_port) != server.port)
            continue;
        ours++;
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    assert_true(ours >= 2);
}

/* A server that closes after each reply: connections of our own, nothing asked on them. */
static void a_burst_where_the_server_closes(void **state) {
    struct fixture *f = *state;
    double connect_ms;
    size_t open =
        http_open_connections(f->http, url_of(f, "/close"), BURST, 5000, NULL, 0, &connect_ms);
    assert_int_equal(open, BURST);
    assert_true(connect_ms > 0 && connect_ms < 1000);
    server_sleep_ms(50);
    int requests = atomic_load(&server.requests);
    burst(f, "/close", BURST);
    assert_int_equal(atomic_load(&server.requests), requests + BURST);
}

static void connections_to_nobody(void **state) {
    struct fixture *f = *state;
    double connect_ms = 1;
    int64_t from = clock_ns();
    assert_int_equal(
        http_open_connections(f->http, "http://127.0.0.1:1/", 5, 300, NULL, 0, &connect_ms), 0);
    assert_true(connect_ms != connect_ms);
    assert_int_equal(http_open_connections(f->http, url_of(f, "/late/3000"), 5, 100, NULL, 0, NULL),
                     0);
    assert_true(clock_ns() - from < 400 * MS + SLACK);
}

/* ---- waiting for one ---- */

static void fetching(void **state) {
    struct fixture *f = *state;
    struct http_reply reply;
    struct error error = {0};
    assert_true(
        http_fetch(f->http, "GET", url_of(f, "/ok"), NULL, 0, NULL, 2000, 1000, &reply, &error));
    assert_string_equal(reply.body, "hello");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.server, "test");
    assert_string_equal(reply.content_type, "text/x-test");
    assert_true(reply.ms > 0 && reply.ms < 2000);
    http_reply_done(&reply);
    /* an error's status is an answer */
    assert_true(http_fetch(f->http, "POST", url_of(f, "/status/503/loading"), NULL, 0, "{}", 2000,
                           1000, &reply, &error));
    assert_int_equal(reply.class, ERROR_LOADING);
    http_reply_done(&reply);
    assert_false(
        http_fetch(f->http, "GET", "http://127.0.0.1:1/", NULL, 0, NULL, 2000, 0, &reply, &error));
    assert_int_equal(reply.class, ERROR_CONNECT);
    assert_non_null(strstr(error.text, "127.0.0.1:1"));
    http_reply_done(&reply);
    assert_false(
        http_fetch(f->http, "GET", url_of(f, "/late/2000"), NULL, 0, NULL, 50, 0, &reply, &error));
    assert_int_equal(reply.class, ERROR_TIMEOUT_CALL);
    http_reply_done(&reply);
    assert_false(http_fetch(f->http, "GET", url_of(f, "/big/5000"), NULL, 0, NULL, 2000, 4999,
                            &reply, &error));
    assert_int_equal(reply.class, ERROR_TOO_LARGE);
    http_reply_done(&reply);
    assert_false(http_fetch(f->http, "GET", "nonsense://", NULL, 0, NULL, 50, 0, &reply, &error));
    http_reply_done(&reply);
}

static void *wake_later(void *context) {
    server_sleep_ms(30);
    loop_wake(context);
    return NULL;
}

static void a_wake_ends_waiting(void **state) {
    struct fixture *f = *state;
    struct http_reply reply;
    struct error error = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_later, f->loop), 0);
    int64_t from = clock_ns();
    assert_false(http_fetch(f->http, "GET", url_of(f, "/late/2000"), NULL, 0, NULL, 5000, 0, &reply,
                            &error));
    assert_int_equal(reply.class, ERROR_CANCELLED);
    assert_true(clock_ns() - from < 30 * MS + SLACK);
    http_reply_done(&reply);
    pthread_join(thread, NULL);
}

/* ---- the loop itself ---- */

static void loop_keeps_time(void **state) {
    struct fixture *f = *state;
    pthread_t thread;
    int64_t from = clock_ns();
    loop_run_for(f->loop, 2500);
    assert_true(clock_ns() - from >= 2400000);
    assert_true(clock_ns() - from < 2500000 + SLACK);
    assert_false(loop_was_woken(f->loop));
    loop_wake(f->loop); /* before the run: it returns at once */
    from = clock_ns();
    loop_run(f->loop);
    assert_true(loop_was_woken(f->loop));
    assert_true(clock_ns() - from < SLACK);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, f->loop), 0);
    loop_run_for(f->loop, 5000000);
    assert_true(clock_ns() - from < 30 * MS + SLACK);
    pthread_join(thread, NULL);
    (void)loop_lateness_us(f->loop);
    assert_int_equal(loop_lateness_us(f->loop), 0); /* since the last call */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(cancel_before_and_while),     TEST(cancel_while_told),
        TEST(cancel_each_other),           TEST(free_in_flight),
        TEST(a_burst_on_open_connections), TEST(bursts_one_after_the_other),
        TEST(no_socket_outlives_exec),     TEST(a_burst_where_the_server_closes),
        TEST(connections_to_nobody),       TEST(fetching),
        TEST(a_wake_ends_waiting),         TEST(loop_keeps_time),
    };
    http_global_init();
    http_server_start(&server);
    int failed = cmocka_run_group_tests_name("http flow", tests, NULL, NULL);
    http_global_done();
    return failed;
}
