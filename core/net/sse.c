#include "net/sse.h"

#include <string.h>

void sse_init(struct sse *sse, enum sse_mode mode, size_t limit) {
    *sse = (struct sse){.mode = mode};
    buf_init(&sse->line, limit);
    buf_init(&sse->data, limit);
}

void sse_done(struct sse *sse) {
    buf_done(&sse->line);
    buf_done(&sse->data);
}

/* Bytes before the line's end, or `length` when it has none yet. A value of NDJSON may hold a bare
 * CR between its tokens, so there only LF ends a line. */
static size_t line_span(const struct sse *sse, const char *bytes, size_t length) {
    const char *lf = memchr(bytes, '\n', length);
    size_t span = lf ? (size_t)(lf - bytes) : length;
    if (sse->mode == SSE_EVENTS) {
        const char *cr = memchr(bytes, '\r', span);
        if (cr)
            span = (size_t)(cr - bytes);
    }
    return span;
}

static bool field_is(const char *line, size_t length, const char *name, size_t *value) {
    size_t size = strlen(name);
    if (length < size || memcmp(line, name, size) != 0)
        return false;
    if (length == size) {
        *value = size;
        return true;
    }
    if (line[size] != ':')
        return false;
    *value = size + 1;
    if (*value < length && line[*value] == ' ')
        ++*value;
    return true;
}

/* A whole line of an event stream. True when it completes an event. */
static bool take_event_line(struct sse *sse, const char *line, size_t length) {
    size_t value;
    if (length == 0)
        return sse->has_data;
    if (line[0] == ':') {
        sse->comments++;
    } else if (field_is(line, length, "data", &value)) {
        if (sse->has_data)
            buf_char(&sse->data, '\n');
        buf_append(&sse->data, line + value, length - value);
        sse->has_data = true;
    }
    return false;
}

static bool take_value_line(struct sse *sse, const char *line, size_t length) {
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' '))
        length--;
    if (length == 0)
        return false;
    buf_append(&sse->data, line, length);
    sse->has_data = true;
    return true;
}

static bool take_line(struct sse *sse) {
    const char *line = buf_string(&sse->line);
    size_t length = sse->line.length;
    if (!sse->started && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
        line += 3;
        length -= 3;
    }
    sse->started = true;
    bool complete = sse->mode == SSE_EVENTS ? take_event_line(sse, line, length)
                                            : take_value_line(sse, line, length);
    buf_reset(&sse->line);
    return complete;
}

static enum sse_result emit(struct sse *sse, const char **data, size_t *data_length) {
    *data = buf_string(&sse->data);
    *data_length = sse->data.length;
    sse->delivered = true;
    return SSE_EVENT;
}

/* What the caller borrowed is his no longer. */
static void forget_delivered(struct sse *sse) {
    if (!sse->delivered)
        return;
    sse->delivered = false;
    sse->has_data = false;
    buf_reset(&sse->data);
}

/* The usual case, without a copy: one data line and the empty line after it, both here in full. */
static bool whole_event(const struct sse *sse, const char *bytes, size_t length, size_t *used,
                        const char **data, size_t *data_length) {
    if (sse->mode != SSE_EVENTS || !sse->started || sse->skip_lf || sse->has_data ||
        sse->line.length > 0)
        return false;
    const char *lf = memchr(bytes, '\n', length);
    size_t span = lf ? (size_t)(lf - bytes) : length, value;
    if (span + 1 >= length || bytes[span + 1] != '\n' || memchr(bytes, '\r', span) ||
        !field_is(bytes, span, "data", &value) || span > sse->data.limit)
        return false;
    *data = bytes + value;
    *data_length = span - value;
    *used = span + 2;
    return true;
}

enum sse_result sse_next(struct sse *sse, const char *bytes, size_t length, size_t *used,
                         const char **data, size_t *data_length) {
    *used = 0;
    if (sse->over)
        return SSE_OVER;
    forget_delivered(sse);
    if (whole_event(sse, bytes, length, used, data, data_length))
        return SSE_EVENT;
    while (*used < length) {
        if (sse->skip_lf) {
            sse->skip_lf = false;
            if (bytes[*used] == '\n') {
                ++*used;
                continue;
            }
        }
        size_t span = line_span(sse, bytes + *used, length - *used);
        buf_append(&sse->line, bytes + *used, span);
        *used += span;
        bool complete = false;
        if (*used < length) {
            sse->skip_lf = bytes[*used] == '\r';
            ++*used;
            complete = !sse->line.over && take_line(sse);
        }
        if (sse->line.over || sse->data.over) {
            sse->over = true;
            return SSE_OVER;
        }
        if (complete)
            return emit(sse, data, data_length);
    }
    return SSE_MORE;
}

enum sse_result sse_end(struct sse *sse, const char **data, size_t *data_length) {
    if (sse->over)
        return SSE_OVER;
    forget_delivered(sse);
    if (sse->line.length > 0)
        take_line(sse);
    if (sse->data.over) {
        sse->over = true;
        return SSE_OVER;
    }
    return sse->has_data ? emit(sse, data, data_length) : SSE_MORE;
}
