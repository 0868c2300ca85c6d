#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "net/chat_inner.h"

void tools_done(struct tools *tools) {
    for (size_t i = 0; i < tools->count; i++) {
        free(tools->calls[i].id);
        free(tools->calls[i].name);
        buf_done(&tools->parts[i].arguments);
    }
    free(tools->calls);
    free(tools->parts);
    *tools = (struct tools){0};
}

static size_t add_call(struct tools *tools, int64_t index) {
    tools->calls =
        mem_grow(tools->calls, tools->count, &tools->call_capacity, sizeof(*tools->calls));
    tools->parts =
        mem_grow(tools->parts, tools->count, &tools->part_capacity, sizeof(*tools->parts));
    struct buf *arguments = &tools->parts[tools->count].arguments;
    buf_init(arguments, CHAT_TEXT_MAX);
    buf_append(arguments, "", 0); /* so that there is a text, if an empty one */
    tools->parts[tools->count].index = index;
    tools->calls[tools->count] =
        (struct tool_call){.name = mem_string(""), .arguments = arguments->data};
    return tools->count++;
}

static bool same_id(const struct tool_call *call, const char *id) {
    return call->id && strcmp(call->id, id) == 0;
}

/* Which call a delta with an index belongs to. Some servers give index 0 to every whole call: an id
 * of its own beside a name begins a new one. */
static size_t find_by_index(const struct tools *tools, int64_t index, const char *id, bool named) {
    for (size_t i = tools->count; i-- > 0;) {
        const struct tool_call *call = &tools->calls[i];
        if (tools->parts[i].index != index)
            continue;
        if (id && named && call->id && !same_id(call, id))
            return tools->count;
        return i;
    }
    return tools->count;
}

/* Without an index: by id; a name begins a call; the rest continues the one at its position, or
 * the last. */
static size_t find_by_place(const struct tools *tools, const char *id, bool named, size_t position,
                            bool alone) {
    if (id) {
        for (size_t i = tools->count; i-- > 0;) {
            if (same_id(&tools->calls[i], id))
                return i;
        }
        return tools->count;
    }
    if (named || tools->count == 0)
        return tools->count;
    return alone || position >= tools->count ? tools->count - 1 : position;
}

/* A name comes whole and once; a server that streams it in pieces does so before any argument. */
static bool take_name(struct tools *tools, size_t i, const char *name) {
    struct tool_call *call = &tools->calls[i];
    if (!name[0])
        return false;
    if (strcmp(call->name, name) == 0 || tools->parts[i].arguments.length > 0)
        return true;
    if (strlen(call->name) + strlen(name) > CHAT_TEXT_MAX) {
        tools->over = true;
        return true;
    }
    char *longer = mem_format("%s%s", call->name, name);
    free(call->name);
    call->name = longer;
    return true;
}

static bool take_arguments(struct tools *tools, size_t i, const cJSON *value) {
    struct buf *arguments = &tools->parts[i].arguments;
    size_t before = arguments->length;
    if (cJSON_IsString(value))
        buf_text(arguments, value->valuestring);
    else if (cJSON_IsObject(value) || cJSON_IsArray(value))
        json_print(arguments, value);
    if (arguments->over)
        tools->over = true;
    tools->calls[i].arguments = arguments->data;
    return arguments->length > before;
}

static bool take_one(struct tools *tools, const cJSON *delta, size_t position, bool alone) {
    const cJSON *function = json_object(delta, "function");
    const char *name = json_string(function, "name");
    const char *id = json_string(delta, "id");
    int64_t index = json_integer(delta, "index", -1);
    bool named = name && name[0];
    if (id && !id[0])
        id = NULL;
    size_t i = index >= 0 ? find_by_index(tools, index, id, named)
                          : find_by_place(tools, id, named, position, alone);
    if (i == tools->count) {
        if (tools->count == CHAT_TOOLS_MAX) {
            tools->over = true;
            return false;
        }
        add_call(tools, index);
    }
    if (id && !tools->calls[i].id)
        tools->calls[i].id = mem_string(id);
    bool text = named && take_name(tools, i, name);
    return take_arguments(tools, i, json_member(function, "arguments")) || text;
}

bool tools_take(struct tools *tools, const struct cJSON *array) {
    bool text = false;
    size_t position = 0;
    bool alone = cJSON_GetArraySize(array) == 1;
    const cJSON *delta;
    cJSON_ArrayForEach(delta, array) {
        if (cJSON_IsObject(delta) && take_one(tools, delta, position, alone))
            text = true;
        position++;
    }
    return text;
}
