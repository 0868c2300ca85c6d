/* The first byte chooses mode and where the rest is cut: cut anywhere, the same events must come.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_main.h"
#include "net/sse.h"

#define LIMIT 512

static void take(struct sse *sse, const char *bytes, size_t length, struct buf *out, bool *over) {
    const char *data;
    size_t used, data_length;
    while (!*over) {
        enum sse_result result = sse_next(sse, bytes, length, &used, &data, &data_length);
        if (used > length)
            abort();
        *over = result == SSE_OVER;
        if (result == SSE_MORE && used != length)
            abort();
        if (result != SSE_EVENT)
            return;
        if (data_length > LIMIT)
            abort();
        buf_append(out, data, data_length);
        buf_char(out, '\n');
        bytes += used;
        length -= used;
    }
}

static bool collect(enum sse_mode mode, const char *bytes, size_t length, size_t step,
                    struct buf *out) {
    struct sse sse;
    bool over = false;
    const char *data;
    size_t data_length;
    sse_init(&sse, mode, LIMIT);
    for (size_t at = 0; at < length && !over; at += step)
        take(&sse, bytes + at, length - at < step ? length - at : step, out, &over);
    if (!over && sse_end(&sse, &data, &data_length) == SSE_EVENT)
        buf_append(out, data, data_length);
    sse_done(&sse);
    return over;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct buf whole, cut;
    if (length < 2)
        return 0;
    enum sse_mode mode = bytes[0] & 1 ? SSE_LINES : SSE_EVENTS;
    size_t step = (size_t)(bytes[0] >> 1) + 1;
    const char *text = (const char *)bytes + 1;
    buf_init(&whole, length * 2);
    buf_init(&cut, length * 2);
    bool over = collect(mode, text, length - 1, length, &whole);
    if (collect(mode, text, length - 1, step, &cut) != over)
        abort();
    if (whole.length != cut.length || strcmp(buf_string(&whole), buf_string(&cut)) != 0)
        abort();
    buf_done(&whole);
    buf_done(&cut);
    return 0;
}
