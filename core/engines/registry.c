#include "engines/registry.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/json.h"
#include "net/http.h"

const struct dialect *engine_dialect(const struct endpoint *endpoint)
{
    (void)endpoint;
    return &dialect_openai;
}

static void take_model(struct endpoint *endpoint, const struct http_reply *reply)
{
    struct cJSON *tree = json_parse(reply->body, reply->length, NULL);
    const cJSON *list = tree ? json_array(tree, "data") : NULL;
    const char *id = list && list->child ? json_string(list->child, "id") : NULL;
    if (id)
        endpoint->model = mem_string(id);
    json_free(tree);
}

void engines_identify(struct endpoint *endpoints, size_t count, int64_t timeout_ms)
{
    struct loop *loop = loop_new();
    struct http *http = http_new(loop, "pitwall");
    for (size_t i = 0; i < count; i++) {
        if (endpoints[i].model)
            continue;
        struct http_reply reply = {0};
        char *url = mem_format("%s/v1/models", endpoints[i].url);
        if (http_fetch(http, "GET", url, NULL, 0, NULL, timeout_ms, 1 << 20, &reply, NULL))
            take_model(&endpoints[i], &reply);
        http_reply_done(&reply);
        free(url);
    }
    http_free(http);
    loop_free(loop);
}
