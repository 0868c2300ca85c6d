/* sse: incremental splitter of Server-Sent Events (and of NDJSON). Feed it bytes in any pieces; it
 * calls back once per event with the joined `data:` lines. Bounded: an event above the limit ends
 * the stream with an error. CR, LF and CRLF line ends; a BOM is skipped; comments are counted. */
#ifndef NET_SSE_H
#define NET_SSE_H

#include "base/buf.h"

enum sse_mode { SSE_EVENTS, SSE_LINES /* NDJSON: one value a line */ };

struct sse {
    enum sse_mode mode;
    struct buf line, data;
    bool has_data, skip_lf, started;
    bool delivered; /* `data` is lent to the caller until the next call */
    bool over;      /* above the limit: stays so */
    int64_t comments;
};

void sse_init(struct sse *sse, enum sse_mode mode, size_t limit);
void sse_done(struct sse *sse);

/* The next event's data within `bytes`; `*used` says how many bytes were consumed. Call again with
 * the rest until it returns SSE_MORE. `*data` is borrowed from `bytes` or from here, until
 * the next call; no NUL ends it. */
enum sse_result { SSE_MORE, SSE_EVENT, SSE_OVER };
enum sse_result sse_next(struct sse *sse, const char *bytes, size_t length, size_t *used,
                         const char **data, size_t *data_length);
/* At the end of the stream: an event without its empty line still counts (SSE_EVENT or SSE_MORE).
 */
enum sse_result sse_end(struct sse *sse, const char **data, size_t *data_length);

#endif
