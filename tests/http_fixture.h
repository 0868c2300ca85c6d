/* http_fixture: a server, a loop, an http and one owner: what both tests of net/http stand on. */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/http.h"

#include "http_server.h"

#define MS INT64_C(1000000)
/* The machine that runs the tests may be busy: truth has no slack, lateness has. */
#define SLACK (500 * MS)

static struct http_server server;

/* ---- a request and what came of it ---- */

struct http_owner {
    struct buf body;
    int64_t at_ns[256];
    size_t lengths[256], reads;
    int status;
    enum error_class error;
    char detail[300], content_type[64];
    struct http_marks marks;
    int done;
    size_t cancel_after; /* cancel in the data callback of this read; 0: never */
    bool refuse;
    int64_t begun_at_read; /* call http_begun with this read; 0: never */
    struct transfer *transfer, *other;
    struct http *http;
    struct loop *loop;
    int *left;
};

static inline bool on_data(struct http_owner *o, const char *bytes, size_t length, int64_t at_ns) {
    assert_int_equal(o->done, 0);
    buf_append(&o->body, bytes, length);
    if (o->reads < 256) {
        o->at_ns[o->reads] = at_ns;
        o->lengths[o->reads++] = length;
    }
    if (o->begun_at_read && o->reads == (size_t)o->begun_at_read)
        http_begun(o->transfer);
    if (o->cancel_after && o->reads == o->cancel_after) {
        http_cancel(o->http, o->transfer);
        assert_int_equal(o->done, 1);
        if (o->other)
            http_cancel(o->http, o->other);
    }
    return !o->refuse;
}

static inline void on_done(struct http_owner *o, int status, enum error_class error,
                           const char *detail, const struct http_marks *marks) {
    const char *type = http_response_header(o->http, "content-type");
    o->done++;
    o->status = status;
    o->error = error;
    o->marks = *marks;
    copy_text(o->detail, sizeof(o->detail), detail);
    copy_text(o->content_type, sizeof(o->content_type), type ? type : "");
    if (--*o->left == 0)
        loop_break(o->loop);
}

static const struct http_handler handler = {on_data, on_done};

struct fixture {
    struct loop *loop;
    struct http *http;
    int left;
    char url[128];
    struct http_owner one;
};

static inline void owner_init(struct fixture *f, struct http_owner *o) {
    *o = (struct http_owner){.http = f->http, .loop = f->loop, .left = &f->left};
    buf_init(&o->body, 1 << 24);
}

static inline int set_up(void **state) {
    struct fixture *f = mem_zero(1, sizeof(*f));
    f->loop = loop_new();
    f->http = http_new(f->loop, "unit/1");
    owner_init(f, &f->one);
    *state = f;
    return 0;
}

static inline int tear_down(void **state) {
    struct fixture *f = *state;
    buf_done(&f->one.body);
    http_free(f->http);
    loop_free(f->loop);
    free(f);
    return 0;
}

static inline const char *url_of(struct fixture *f, const char *path) {
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d%s", server.port, path);
    return f->url;
}

static inline struct http_request request_of(struct fixture *f, const char *path) {
    return (struct http_request){.method = "GET",
                                 .url = url_of(f, path),
                                 .total_timeout_ms = 20000,
                                 .owner = &f->one,
                                 .handler = &handler};
}

static inline void perform(struct fixture *f, const struct http_request *request) {
    struct http_owner *o = request->owner;
    f->left = 1;
    o->done = 0;
    o->reads = 0;
    buf_reset(&o->body);
    o->transfer = http_prepare(f->http, request, NULL);
    assert_non_null(o->transfer);
    assert_int_equal(o->done, 0);
    http_release(f->http, &o->transfer, 1);
    while (f->left > 0)
        loop_run(f->loop);
    assert_int_equal(o->done, 1);
}

static inline void get(struct fixture *f, const char *path) {
    struct http_request request = request_of(f, path);
    perform(f, &request);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
