#include <fcntl.h>

#include "http_fixture.h"

static void expect_marks_in_order(const struct http_marks *m) {
    assert_true(m->start_ns > 0);
    assert_true(m->start_ns <= m->sent_ns);
    assert_true(m->sent_ns <= m->first_byte_ns);
    assert_true(m->first_byte_ns <= m->end_ns);
}

/* ---- bodies ---- */

static void bodies(void **state) {
    struct fixture *f = *state;
    static const char *const cases[][2] = {{"/ok", "hello"},
                                           {"/chunked", "onetwo-2-threefour"},
                                           {"/until-close", "all of it"},
                                           {"/close", "bye"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        get(f, cases[i][0]);
        assert_string_equal(buf_string(&f->one.body), cases[i][1]);
        assert_int_equal(f->one.status, 200);
        assert_int_equal(f->one.error, ERROR_NONE);
        assert_string_equal(f->one.detail, "");
        expect_marks_in_order(&f->one.marks);
    }
    get(f, "/empty");
    assert_int_equal(f->one.status, 204);
    assert_int_equal(f->one.error, ERROR_NONE);
    assert_int_equal(f->one.marks.first_byte_ns, 0);
}

static void what_is_sent(void **state) {
    struct fixture *f = *state;
    static const char *const headers[] = {"X-Request-Id: run/7"};
    struct http_request request = request_of(f, "/echo");
    perform(f, &request);
    assert_string_equal(buf_string(&f->one.body), "GET 0");
    request.method = "POST";
    request.headers = headers;
    request.header_count = 1;
    char *body = mem_zero(1, 3000000);
    request.body = body;
    request.body_length = 3000000;
    perform(f, &request);
    assert_string_equal(buf_string(&f->one.body), "POST 3000000");
    assert_non_null(strstr(server.head, "\r\nX-Request-Id: run/7\r\n"));
    assert_non_null(strstr(server.head, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(server.head, "\r\nUser-Agent: unit/1\r\n"));
    assert_null(server_find(server.head, "Expect:"));
    assert_null(server_find(server.head, "Accept-Encoding:"));
    request.method = "DELETE";
    request.body = NULL;
    request.body_length = 0;
    perform(f, &request);
    assert_string_equal(buf_string(&f->one.body), "DELETE 0");
    assert_string_equal(f->one.content_type, "text/x-test");
    free(body);
}

static void nothing_is_taken_from_the_environment(void **state) {
    struct fixture *f = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    get(f, "/ok");
    assert_int_equal(f->one.error, ERROR_NONE);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void bad_urls(void **state) {
    struct fixture *f = *state;
    static const char *const urls[] = {"",
                                       "http://",
                                       "file:///etc/passwd",
                                       "ftp://127.0.0.1/",
                                       "127.0.0.1 :80",
                                       "http://127.0.0.1:99999/"};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct http_request request = request_of(f, "");
        struct error error = {0};
        request.url = urls[i];
        assert_null(http_prepare(f->http, &request, &error));
        assert_true(error.text[0]);
    }
}

/* ---- marks against the server's own clock ---- */

/* The body is larger than any socket's buffers, and for 60 ms nobody reads it. */
static void sent_is_the_last_byte(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "/slow-reader");
    char *body = mem_zero(1, 20000000);
    request.method = "POST";
    request.body = body;
    request.body_length = 20000000;
    for (int i = 0; i < 2; i++) { /* also on a reused connection */
        perform(f, &request);
        assert_string_equal(buf_string(&f->one.body), "POST 20000000");
        expect_marks_in_order(&f->one.marks);
        assert_true(f->one.marks.sent_ns - f->one.marks.start_ns >= 55 * MS);
        assert_true(f->one.marks.sent_ns < atomic_load(&server.request_ns) + SLACK);
        assert_int_equal(f->one.marks.reused, i == 1);
    }
    free(body);
}

static void tokens_have_the_time_of_their_read(void **state) {
    struct fixture *f = *state;
    get(f, "/tokens");
    assert_int_equal(f->one.body.length, 200);
    size_t token = 0;
    for (size_t i = 0; i < f->one.reads; i++) {
        token += f->one.lengths[i] / 10;
        int64_t written = atomic_load(&server.token_ns[token - 1]);
        assert_true(f->one.at_ns[i] >= written);
        assert_true(f->one.at_ns[i] - written < SLACK);
    }
    assert_int_equal(token, 20);
}

static void one_read_has_one_time(void **state) {
    struct fixture *f = *state;
    get(f, "/chunked");
    /* three HTTP chunks in one write: one stamp, handed on at once */
    size_t seen = 0;
    for (size_t i = 0; i < f->one.reads; i++)
        seen += f->one.lengths[i] == strlen("two-2-three");
    assert_int_equal(seen, 1);
    for (size_t i = 1; i < f->one.reads; i++)
        assert_true(f->one.at_ns[i] > f->one.at_ns[i - 1]);
}

static void waiting_is_in_the_marks(void **state) {
    struct fixture *f = *state;
    get(f, "/late/60");
    assert_true(f->one.marks.first_byte_ns - f->one.marks.start_ns >= 60 * MS);
    assert_true(f->one.marks.first_byte_ns - f->one.marks.start_ns < 60 * MS + SLACK);
    assert_true(f->one.marks.sent_ns - f->one.marks.start_ns < 50 * MS);
    assert_true(atomic_load(&server.request_ns) >= f->one.marks.start_ns);
}

static void connecting_is_no_part_of_it(void **state) {
    struct fixture *f = *state;
    get(f, "/ok");
    assert_false(f->one.marks.reused);
    assert_true(f->one.marks.connect_ns > 0);
    int before = atomic_load(&server.connections);
    get(f, "/ok");
    assert_true(f->one.marks.reused);
    assert_int_equal(f->one.marks.connect_ns, 0);
    assert_true(f->one.marks.sent_ns >= f->one.marks.start_ns); /* also on a reused connection */
    assert_int_equal(atomic_load(&server.connections), before);
    struct http_request request = request_of(f, "/ok");
    request.fresh_connection = true;
    perform(f, &request);
    assert_false(f->one.marks.reused);
    assert_int_equal(atomic_load(&server.connections), before + 1);
}

/* ---- limits of time ---- */

static void expect_timeout(struct fixture *f, const struct http_request *request,
                           enum error_class class, int64_t after_ms) {
    int64_t from = clock_ns();
    perform(f, request);
    int64_t took = clock_ns() - from;
    assert_int_equal(f->one.error, class);
    assert_true(took >= after_ms * MS);
    assert_true(took < after_ms * MS + SLACK);
}

static void timeouts(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "/late/3000");
    request.connect_timeout_ms = 1000;
    request.first_byte_timeout_ms = 50;
    request.stall_timeout_ms = 1000;
    expect_timeout(f, &request, ERROR_TIMEOUT_FIRST_TOKEN, 50);
    assert_int_equal(f->one.status, 0);

    request = request_of(f, "/stall/3000");
    request.first_byte_timeout_ms = 2000;
    request.stall_timeout_ms = 60;
    expect_timeout(f, &request, ERROR_TIMEOUT_STALL, 60);
    assert_string_equal(buf_string(&f->one.body), "one"); /* what came is not lost */
    assert_int_equal(f->one.status, 200);

    request = request_of(f, "/beating");
    request.stall_timeout_ms = 5000;
    request.total_timeout_ms = 100;
    expect_timeout(f, &request, ERROR_TIMEOUT_CALL, 100);
    assert_true(f->one.body.length > 3);
}

static void keepalives_are_no_beginning(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "/beating"); /* bytes each 20 ms, for 400 ms */
    request.wait_for_begin = true;
    request.first_byte_timeout_ms = 90;
    request.stall_timeout_ms = 2000;
    expect_timeout(f, &request, ERROR_TIMEOUT_FIRST_TOKEN, 90);
    /* silence between the first byte and the first token is not a stall */
    request = request_of(f, "/stall/150");
    request.wait_for_begin = true;
    request.first_byte_timeout_ms = 2000;
    request.stall_timeout_ms = 40;
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_TRUNCATED);
    /* once it has begun, it is */
    request = request_of(f, "/stall/3000");
    request.wait_for_begin = true;
    request.first_byte_timeout_ms = 2000;
    request.stall_timeout_ms = 60;
    f->one.begun_at_read = 1;
    expect_timeout(f, &request, ERROR_TIMEOUT_STALL, 60);
}

static void a_steady_stream_does_not_stall(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "/tokens"); /* 100 ms in steps of 5 */
    request.first_byte_timeout_ms = 400;
    request.stall_timeout_ms = 400;
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_NONE);
}

/* An address that never answers: the queue of a listener that accepts nobody. */
static void timeout_of_connecting(void **state) {
    struct fixture *f = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fds[6], listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    for (int i = 0; i < 6; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
        (void)!connect(fds[i], (struct sockaddr *)&address, length);
    }
    struct http_request request = request_of(f, "/");
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    request.connect_timeout_ms = 80;
    request.first_byte_timeout_ms = 3000;
    expect_timeout(f, &request, ERROR_TIMEOUT_CONNECT, 80);
    assert_int_equal(f->one.marks.start_ns, 0);
    for (int i = 0; i < 6; i++)
        close(fds[i]);
    close(listener);
}

/* ---- what goes wrong ---- */

static void connections_that_fail(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "");
    request.url = "http://127.0.0.1:1/";
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_CONNECT);
    assert_int_equal(f->one.status, 0);
    assert_int_equal(f->one.marks.start_ns, 0);
    assert_true(f->one.detail[0]);
    request.url = "http://no-such-host.invalid/";
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_CONNECT);
    request.url = f->url; /* TLS where none is spoken */
    snprintf(f->url, sizeof(f->url), "https://127.0.0.1:%d/ok", server.port);
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_TLS);
}

static void streams_that_break(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *path, *body;
        enum error_class class;
    } cases[] = {{"/reset", "one", ERROR_TRUNCATED},
                 {"/cut", "only this", ERROR_TRUNCATED},
                 {"/cut-chunk", "only this", ERROR_TRUNCATED},
                 {"/drop", "", ERROR_CONNECT},
                 {"/nonsense", "", ERROR_PROTOCOL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = request_of(f, cases[i].path);
        request.fresh_connection = true; /* else curl tries again, rightly */
        perform(f, &request);
        assert_int_equal(f->one.error, cases[i].class);
        assert_string_equal(buf_string(&f->one.body), cases[i].body);
        assert_true(f->one.detail[0]);
    }
}

static void statuses(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *path;
        int status;
        enum error_class class;
    } cases[] = {{"/status/400/bad", 400, ERROR_HTTP_4XX},
                 {"/status/401/key", 401, ERROR_HTTP_4XX},
                 {"/status/429/busy", 429, ERROR_HTTP_429},
                 {"/status/500/oops", 500, ERROR_HTTP_5XX},
                 {"/status/503/full", 503, ERROR_HTTP_5XX},
                 {"/status/503/{\"message\":\"Loading_model\"}", 503, ERROR_LOADING},
                 {"/status/307/moved", 307, ERROR_HTTP_4XX},
                 {"/nowhere", 404, ERROR_HTTP_4XX}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        get(f, cases[i].path);
        assert_int_equal(f->one.status, cases[i].status);
        assert_int_equal(f->one.error, cases[i].class);
        assert_true(f->one.body.length > 0);
        assert_non_null(strstr(f->one.detail, buf_string(&f->one.body)));
    }
}

static void sizes(void **state) {
    struct fixture *f = *state;
    struct http_request request = request_of(f, "/big/100000");
    request.response_limit = 100000;
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_NONE);
    assert_int_equal(f->one.body.length, 100000);
    request = request_of(f, "/big/100001");
    request.response_limit = 100000;
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_TOO_LARGE);
    assert_true(f->one.body.length <= 100000);
    request = request_of(f, "/big/500000");
    f->one.refuse = true;
    perform(f, &request);
    assert_int_equal(f->one.error, ERROR_TOO_LARGE);
    assert_true(f->one.body.length < 500000);
    f->one.refuse = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(bodies),
        TEST(what_is_sent),
        TEST(nothing_is_taken_from_the_environment),
        TEST(bad_urls),
        TEST(sent_is_the_last_byte),
        TEST(tokens_have_the_time_of_their_read),
        TEST(one_read_has_one_time),
        TEST(waiting_is_in_the_marks),
        TEST(connecting_is_no_part_of_it),
        TEST(timeouts),
        TEST(keepalives_are_no_beginning),
        TEST(a_steady_stream_does_not_stall),
        TEST(timeout_of_connecting),
        TEST(connections_that_fail),
        TEST(streams_that_break),
        TEST(statuses),
        TEST(sizes),
    };
    http_global_init();
    http_server_start(&server);
    int failed = cmocka_run_group_tests_name("http", tests, NULL, NULL);
    http_global_done();
    return failed;
}
