/* Texts: what calls said, kept up to a ceiling; the oldest go first. */
#include <stdlib.h>
#include <string.h>

#include "model/board_private.h"

#define TEXT_MAX ((size_t)1 << 20) /* bytes of one text */
#define SERVER_MAX 4096

struct texts {
    struct board_call **calls; /* in order of arrival, each once; dropped before `first` */
    size_t first, count, capacity;
    size_t bytes;
};

void texts_free(struct texts *texts) {
    if (texts)
        free(texts->calls);
    free(texts);
}

void texts_copy(struct board *board, const struct board *from, size_t *bytes) {
    if (!from->texts)
        return;
    struct texts *texts = board_copy_items(from->texts, 1, sizeof *texts, bytes);
    texts->first = 0;
    texts->count = texts->capacity = from->texts->count - from->texts->first;
    texts->calls = board_copy_items(from->texts->calls + from->texts->first, texts->count,
                                    sizeof *texts->calls, bytes);
    for (size_t i = 0; i < texts->count; i++)
        texts->calls[i] = call_find(board, texts->calls[i]->call.id);
    board->texts = texts;
}

static size_t length_of(const char *text) {
    return text ? strlen(text) + 1 : 0;
}

static size_t bytes_of(const struct board_call *call) {
    return length_of(call->content) + length_of(call->reasoning) + length_of(call->tool_calls) +
           length_of(call->request) + length_of(call->call.server);
}

static void drop(char **text) {
    free(*text);
    *text = NULL;
}

static void drop_oldest(struct texts *texts) {
    struct board_call *call = texts->calls[texts->first++];
    texts->bytes -= bytes_of(call);
    call->cut = call->cut || call->content || call->reasoning || call->tool_calls || call->request;
    call->holds_text = false;
    drop(&call->content);
    drop(&call->reasoning);
    drop(&call->tool_calls);
    drop(&call->request);
    drop(&call->call.server);
}

/* The call's texts took `before` bytes and are new now. */
static void account(struct board *board, struct board_call *call, size_t before) {
    if (!board->texts)
        board->texts = mem_zero(1, sizeof *board->texts);
    struct texts *texts = board->texts;
    texts->bytes += bytes_of(call) - before;
    if (!call->holds_text) {
        texts->calls = mem_grow(texts->calls, texts->count, &texts->capacity, sizeof *texts->calls);
        texts->calls[texts->count++] = call;
        call->holds_text = true;
    }
    while (texts->bytes > BOARD_TEXTS_MAX)
        drop_oldest(texts);
    if (texts->first > 1024 && 2 * texts->first > texts->count) {
        texts->count -= texts->first;
        memmove(texts->calls, texts->calls + texts->first, texts->count * sizeof *texts->calls);
        texts->first = 0;
    }
}

void texts_server(struct board *board, struct board_call *call, const char *server) {
    size_t length = server ? strnlen(server, SERVER_MAX + 1) : 0;
    if (length == 0 || length > SERVER_MAX)
        return; /* JSON is kept whole or not at all */
    size_t before = bytes_of(call);
    call->call.server = mem_bytes(server, length);
    account(board, call, before);
}

/* A copy of at most TEXT_MAX bytes, cut between code points. */
static void replace(char **to, const char *from, bool *cut) {
    free(*to);
    *to = NULL;
    if (!from)
        return;
    size_t length = strnlen(from, TEXT_MAX + 1);
    if (length > TEXT_MAX) {
        *cut = true;
        for (length = TEXT_MAX; length > 0 && ((unsigned char)from[length] & 0xC0) == 0x80;)
            length--;
    }
    *to = mem_bytes(from, length);
}

void apply_call_output(struct board *board, const struct event_call_output *output) {
    struct board_call *call = call_find(board, output->id);
    if (!call) {
        board_nonsense(board, "the output of call", output->id);
        return;
    }
    size_t before = bytes_of(call);
    call->cut = output->cut;
    replace(&call->content, output->content, &call->cut);
    replace(&call->reasoning, output->reasoning, &call->cut);
    replace(&call->tool_calls, output->tool_calls, &call->cut);
    replace(&call->request, output->request, &call->cut);
    account(board, call, before);
}
