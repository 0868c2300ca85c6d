#include "engines/unload.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define REPLY_MAX ((size_t)1 << 20)
#define ASK_MS 2000
#define PLACE "{id}"

static void put_encoded(struct buf *out, const char *model) {
    for (; *model; model++) {
        unsigned char c = (unsigned char)*model;
        if (isalnum(c) || strchr("-._~/:@!$&'()*+,;=", c))
            buf_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static void put_json(struct buf *out, const char *model) {
    struct json_writer w;
    json_begin(&w, out);
    json_put_string(&w, NULL, model);
}

/* The text with the model in its place; the caller frees. */
static char *fill(const char *text, const char *model, void (*put)(struct buf *, const char *)) {
    struct buf out;
    buf_init(&out, 1 << 16);
    const char *place = strstr(text, PLACE);
    if (place) {
        buf_append(&out, text, (size_t)(place - text));
        put(&out, model ? model : "");
        text = place + strlen(PLACE);
    }
    buf_text(&out, text);
    return buf_take(&out);
}

static bool says_not_loaded(const struct http_reply *reply) {
    return reply->status >= 400 && reply->status < 500 && reply->body &&
           (strstr(reply->body, "not loaded") || strstr(reply->body, "not_loaded"));
}

/* LM Studio says 200 to what it does not know, with an error inside. */
static bool judge(const struct http_reply *reply, const char *what, struct error *error) {
    struct cJSON *tree = json_parse(reply->body ? reply->body : "", reply->length, NULL);
    const cJSON *inner = cJSON_IsObject(tree) ? json_member(tree, "error") : NULL;
    bool good = reply->status >= 200 && reply->status < 300 && !inner;
    if (!good)
        error_set(error, "%s: HTTP %d%s%.200s", what, reply->status,
                  cJSON_IsString(inner) ? ": " : "",
                  cJSON_IsString(inner) ? inner->valuestring : "");
    json_free(tree);
    return good;
}

static bool send(const struct engine_at *at, const struct engine_request *request, bool unloads,
                 int64_t timeout_ms, struct error *error) {
    const char *headers[2];
    size_t header_count = 0;
    struct http_reply reply;
    if (!request->method)
        return error_set(error, "%s has no such request", engine_title(at->engine));
    char *path = fill(request->path, at->model, put_encoded);
    char *body = request->body ? fill(request->body, at->model, put_json) : NULL;
    char *url = mem_format("%s%s", at->url, path);
    char *what = mem_format("%s %s", request->method, path);
    if (at->header)
        headers[header_count++] = at->header;
    if (body)
        headers[header_count++] = "Content-Type: application/json";
    bool good = http_fetch(at->http, request->method, url, headers, header_count, body, timeout_ms,
                           REPLY_MAX, &reply, error) &&
                ((unloads && says_not_loaded(&reply)) || judge(&reply, what, error));
    http_reply_done(&reply);
    free(what);
    free(url);
    free(body);
    free(path);
    return good;
}

bool engine_can_unload(const struct engine_at *at) {
    const struct engine_row *row = engine_row(at->engine);
    struct http_reply reply;
    if (!row->unload.method)
        return false;
    if (!row->switches.path)
        return true;
    char *url = mem_format("%s%s", at->url, row->switches.path);
    bool answered = http_fetch(at->http, "GET", url, &at->header, at->header ? 1 : 0, NULL, ASK_MS,
                               REPLY_MAX, &reply, NULL);
    struct cJSON *tree = answered ? json_parse(reply.body, reply.length, NULL) : NULL;
    const char *value = cJSON_IsObject(tree) ? json_string(tree, row->switches.member) : NULL;
    bool can = value && strcmp(value, row->switches.value) == 0;
    json_free(tree);
    http_reply_done(&reply);
    free(url);
    return can;
}

bool engine_unload(const struct engine_at *at, int64_t timeout_ms, struct error *error) {
    return send(at, &engine_row(at->engine)->unload, true, timeout_ms, error);
}

bool engine_load(const struct engine_at *at, int64_t timeout_ms, struct error *error) {
    return send(at, &engine_row(at->engine)->load, false, timeout_ms, error);
}
