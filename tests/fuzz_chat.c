/* The first byte chooses the dialect and where the stream is cut. Whatever a server sends, counts
 * fit each other, texts are bounded, the tool calls are JSON, and a cut changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz_main.h"
#include "net/chat.h"

static const struct dialect dialects[] = {
    {.path = "/v1/chat/completions"},
    {.path = "/api/chat", .native_ollama = true},
};

static void must(bool fact) {
    if (!fact)
        abort();
}

static void check(const struct chat_stream *stream, const struct call *call) {
    size_t count;
    char *json = chat_tool_calls_json(stream);
    chat_tool_calls(stream, &count);
    must((json != NULL) == (count > 0));
    must(call->chunk_us_count == (call->chunks > 0 ? (size_t)call->chunks - 1 : 0));
    must((call->first_token_us == MARK_NONE) == (call->chunks == 0));
    must(call->first_content_us == MARK_NONE || call->first_content_us >= call->first_token_us);
    must(call->completion_tokens >= COUNT_NONE && call->prompt_tokens >= COUNT_NONE);
    must(call->ok == (call->error == ERROR_NONE && call->finish[0]));
    must((size_t)call->content_chars <= strlen(chat_content(stream)));
    if (json) {
        struct cJSON *tree = json_parse(json, strlen(json), NULL);
        must(tree != NULL);
        json_free(tree);
    }
    if (call->server) {
        struct cJSON *tree = json_parse(call->server, strlen(call->server), NULL);
        must(tree != NULL);
        json_free(tree);
    }
    free(json);
}

static struct chat_stream *read_all(struct call *call, const struct dialect *dialect, bool streamed,
                                    const char *bytes, size_t length, size_t step) {
    struct chat_stream *stream = chat_stream_new(dialect, streamed);
    bool going = true;
    call_init(call);
    for (size_t at = 0; at < length && going; at += step)
        going = chat_stream_feed(stream, call, bytes + at, length - at < step ? length - at : step,
                                 (int64_t)at);
    chat_stream_end(stream, call, 200, going ? ERROR_NONE : ERROR_TOO_LARGE, "");
    check(stream, call);
    return stream;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct call whole, cut;
    if (length < 1)
        return 0;
    const struct dialect *dialect = &dialects[bytes[0] & 1];
    bool streamed = !(bytes[0] & 2);
    size_t step = (size_t)(bytes[0] >> 2) + 1;
    const char *text = (const char *)bytes + 1;
    struct chat_stream *a = read_all(&whole, dialect, streamed, text, length - 1, length);
    struct chat_stream *b = read_all(&cut, dialect, streamed, text, length - 1, step);
    must(whole.chunks == cut.chunks && whole.error == cut.error);
    must(whole.completion_tokens == cut.completion_tokens);
    must(strcmp(chat_content(a), chat_content(b)) == 0);
    must(strcmp(chat_reasoning(a), chat_reasoning(b)) == 0);
    chat_stream_free(a);
    chat_stream_free(b);
    call_done(&whole);
    call_done(&cut);
    return 0;
}
