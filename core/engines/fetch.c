#include "engines/fetch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "net/http.h"

#define REPLY_MAX ((size_t)4 << 20)

struct fetcher {
    struct loop *loop;
    struct http *http;
    struct http_owner *owners; /* all there were: one that is given up gets no callback */
};

struct http_owner {
    struct fetcher *fetcher;
    struct fetch *fetch;
    struct http_owner *next;
};

struct fetcher *fetcher_new(void) {
    struct fetcher *fetcher = mem_zero(1, sizeof *fetcher);
    fetcher->loop = loop_new();
    fetcher->http = http_new(fetcher->loop, "pitwall/" PITWALL_VERSION);
    return fetcher;
}

void fetcher_free(struct fetcher *fetcher) {
    if (!fetcher)
        return;
    http_free(fetcher->http);
    loop_free(fetcher->loop);
    while (fetcher->owners) {
        struct http_owner *owner = fetcher->owners;
        fetcher->owners = owner->next;
        free(owner);
    }
    free(fetcher);
}

struct http *fetcher_http(struct fetcher *fetcher) {
    return fetcher->http;
}

struct loop *fetcher_loop(struct fetcher *fetcher) {
    return fetcher->loop;
}

static bool on_data(struct http_owner *owner, const char *bytes, size_t length, int64_t at_ns) {
    (void)at_ns;
    return buf_append(&owner->fetch->reply, bytes, length);
}

static void on_done(struct http_owner *owner, int status, enum error_class error,
                    const char *detail, const struct http_marks *marks) {
    struct fetch *fetch = owner->fetch;
    const char *server = http_response_header(owner->fetcher->http, "Server");
    const char *powered = http_response_header(owner->fetcher->http, "X-Powered-By");
    fetch->over = true;
    fetch->status = status;
    fetch->class = error;
    fetch->ms = marks->start_ns ? (double)(marks->end_ns - marks->start_ns) / 1e6 : NAN;
    copy_text(fetch->server, sizeof fetch->server, server ? server : "");
    copy_text(fetch->powered_by, sizeof fetch->powered_by, powered ? powered : "");
    copy_text(fetch->detail, sizeof fetch->detail, detail);
    loop_break(owner->fetcher->loop);
}

static const struct http_handler handler = {on_data, on_done};

void fetch_start(struct fetcher *fetcher, struct fetch *fetch, const char *base, const char *path,
                 int64_t timeout_ms) {
    static const char json[] = "Content-Type: application/json";
    const char *headers[2];
    size_t header_count = 0;
    struct error error = {0};
    struct http_owner *owner = mem_zero(1, sizeof *owner);
    *owner = (struct http_owner){fetcher, fetch, fetcher->owners};
    fetcher->owners = owner;
    if (fetch->header)
        headers[header_count++] = fetch->header;
    if (fetch->body)
        headers[header_count++] = json;
    char *url = mem_format("%s%s", base, path);
    struct http_request request = {.method = fetch->method ? fetch->method : "GET",
                                   .url = url,
                                   .headers = headers,
                                   .header_count = header_count,
                                   .body = fetch->body,
                                   .body_length = fetch->body ? strlen(fetch->body) : 0,
                                   .connect_timeout_ms = timeout_ms,
                                   .total_timeout_ms = timeout_ms,
                                   .response_limit = REPLY_MAX,
                                   .owner = owner,
                                   .handler = &handler};
    buf_init(&fetch->reply, REPLY_MAX);
    fetch->begun = true;
    struct transfer *transfer = http_prepare(fetcher->http, &request, &error);
    free(url);
    if (transfer) {
        http_release(fetcher->http, &transfer, 1);
        return;
    }
    fetch->over = true;
    fetch->class = ERROR_PROTOCOL;
    copy_text(fetch->detail, sizeof fetch->detail, error.text);
}

void fetch_wait(struct fetcher *fetcher, int64_t us) {
    if (us > 0)
        loop_run_for(fetcher->loop, us);
}

void fetch_finish(struct fetcher *fetcher, const struct fetch *fetches, size_t count) {
    for (size_t i = 0; i < count; i++)
        while (fetches[i].begun && !fetches[i].over)
            loop_run(fetcher->loop);
}

void fetch_done(struct fetch *fetch) {
    if (fetch->begun)
        buf_done(&fetch->reply);
    *fetch = (struct fetch){0};
}

struct cJSON *fetch_json(const struct fetch *fetch) {
    if (!fetch->over || fetch->status != 200 || fetch->class != ERROR_NONE)
        return NULL;
    return json_parse(buf_string(&fetch->reply), fetch->reply.length, NULL);
}

char *fetch_key_header(const char *variable, const char *(*key_of)(const char *variable)) {
    const char *key = variable && key_of ? key_of(variable) : NULL;
    for (const char *c = key; c && *c; c++)
        if ((unsigned char)*c <= 0x20 || *c == 0x7f)
            return NULL;
    return key && key[0] ? mem_format("Authorization: Bearer %s", key) : NULL;
}

bool fetch_wants_key(int status) {
    return status == 401 || status == 403;
}

void fetch_tell_key(char *out, size_t size, int status, const char *variable, const char *header) {
    if (!variable)
        snprintf(out, size,
                 "HTTP %d: it wants a key; put it into a variable and name that: key_env=NAME",
                 status);
    else if (!header)
        snprintf(out, size, "HTTP %d: it wants a key, and the variable %.60s holds none", status,
                 variable);
    else
        snprintf(out, size, "HTTP %d: it refuses the key in %.60s", status, variable);
}
