#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t limit) {
    *buf = (struct buf){.limit = limit};
}

void buf_done(struct buf *buf) {
    free(buf->data);
    buf_init(buf, buf->limit);
}

void buf_reset(struct buf *buf) {
    buf->length = 0;
    buf->over = false;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Room for `more` bytes and the NUL. */
static bool make_room(struct buf *buf, size_t more) {
    if (more > buf->limit || buf->length > buf->limit - more) {
        buf->over = true;
        return false;
    }
    size_t needed = buf->length + more + 1;
    if (needed <= buf->capacity)
        return true;
    size_t wanted = buf->capacity ? buf->capacity * 2 : 64;
    if (wanted > buf->limit + 1)
        wanted = buf->limit + 1;
    if (wanted < needed)
        wanted = needed;
    buf->data = mem_resize(buf->data, wanted, 1);
    buf->capacity = wanted;
    return true;
}

bool buf_append(struct buf *buf, const char *bytes, size_t length) {
    if (!make_room(buf, length))
        return false;
    if (length)
        memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return true;
}

bool buf_text(struct buf *buf, const char *text) {
    return buf_append(buf, text, strlen(text));
}

bool buf_char(struct buf *buf, char c) {
    return buf_append(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char small[256];
    int length = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    bool fits = length >= 0 && make_room(buf, (size_t)length);
    if (fits && (size_t)length < sizeof small) {
        memcpy(buf->data + buf->length, small, (size_t)length + 1);
        buf->length += (size_t)length;
    } else if (fits) {
        vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
    return fits;
}

const char *buf_string(const struct buf *buf) {
    return buf->length ? buf->data : "";
}

char *buf_take(struct buf *buf) {
    char *data = buf->data ? buf->data : mem_bytes("", 0);
    data[buf->length] = '\0';
    buf_init(buf, buf->limit);
    return data;
}

bool buf_read_file(struct buf *buf, const char *path, struct error *error) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, "%s: %s", path, strerror(errno));
    char part[16384];
    size_t got;
    bool fits = true;
    while (fits && (got = fread(part, 1, sizeof part, file)) > 0)
        fits = buf_append(buf, part, got);
    bool failed = ferror(file) != 0;
    int why = errno;
    fclose(file);
    if (!fits)
        return error_set(error, "%s: larger than %zu bytes", path, buf->limit);
    if (failed)
        return error_set(error, "%s: %s", path, strerror(why));
    return true;
}
