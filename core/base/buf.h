/* buf: a growable byte buffer with a ceiling. What comes from outside is collected in one of these,
 * so a hostile peer costs at most `limit` bytes. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/util.h"

struct buf {
    char *data;      /* NUL-terminated when length > 0; NULL before the first append */
    size_t length;   /* bytes, without the NUL */
    size_t capacity; /* bytes allocated */
    size_t limit;    /* length never exceeds it */
    bool over;       /* an append was refused; stays set until buf_reset */
};

void buf_init(struct buf *buf, size_t limit);
void buf_done(struct buf *buf);
void buf_reset(struct buf *buf); /* length 0, keeps the memory */

/* Append. False (and `over` set, nothing appended) when it would pass the limit. */
bool buf_append(struct buf *buf, const char *bytes, size_t length);
bool buf_text(struct buf *buf, const char *text);
bool buf_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* The text, never NULL. Borrowed. */
const char *buf_string(const struct buf *buf);
/* Moves the bytes to the caller (who frees them), leaves the buffer empty. Never NULL. */
char *buf_take(struct buf *buf);

/* Read a whole file of at most `limit` bytes; appends to `buf`. */
bool buf_read_file(struct buf *buf, const char *path, struct error *error);

#endif
