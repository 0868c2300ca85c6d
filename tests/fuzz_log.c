/* Lines of a log from anywhere: no crash, and what was understood once is written the same for
 * ever: encode(decode(encode(e))) is encode(e). Built with -DFUZZ_MAIN it replays files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "fuzz_log: %s\n", what);
        abort();
    }
}

static bool same(const struct buf *a, const struct buf *b) {
    return a->length == b->length && memcmp(buf_string(a), buf_string(b), a->length) == 0;
}

static void try_event(const char *line, size_t length) {
    struct event event, again;
    struct error error = {0};
    struct buf first, second;
    enum event_decoded decoded = event_decode(&event, line, length, &error);
    must(decoded != EVENT_BROKEN || error.text[0], "a broken line without a reason");
    if (decoded != EVENT_DECODED)
        return;
    buf_init(&first, SIZE_MAX / 4);
    buf_init(&second, SIZE_MAX / 4);
    must(event_bytes(&event) >= sizeof event, "an event weighs too little");
    must(event_encode(&event, &first), "a decoded event can't be encoded");
    must(!memchr(first.data, '\n', first.length), "an event of two lines");
    must(event_decode(&again, first.data, first.length, &error) == EVENT_DECODED,
         "an encoded event can't be decoded");
    must(event_encode(&again, &second) && same(&first, &second), "an event changed on its way");
    event_done(&again);
    event_done(&event);
    buf_done(&second);
    buf_done(&first);
}

static void try_run(const char *line, size_t length) {
    struct run run, again;
    struct error error = {0};
    struct buf first, second;
    if (!run_decode(&run, line, length, &error)) {
        must(error.text[0], "a broken header without a reason");
        return;
    }
    buf_init(&first, SIZE_MAX / 4);
    buf_init(&second, SIZE_MAX / 4);
    must(run_encode(&run, &first), "a decoded header can't be encoded");
    must(run_decode(&again, first.data, first.length, &error), "a header can't be decoded again");
    must(run_encode(&again, &second) && same(&first, &second), "a header changed on its way");
    run_done(&again);
    run_done(&run);
    buf_done(&second);
    buf_done(&first);
}

/* The input is a log: each line is tried as an event and as a header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        char *line = malloc(length ? length : 1); /* exact, so that reading past it is seen */
        must(line != NULL, "no memory");
        memcpy(line, at, length);
        try_event(line, length);
        try_run(line, length);
        free(line);
        at += length + 1;
    }
    return 0;
}

#ifdef FUZZ_MAIN
int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct buf file;
        struct error error;
        buf_init(&file, (size_t)64 << 20);
        if (!buf_read_file(&file, argv[i], &error)) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)buf_string(&file), file.length);
        buf_done(&file);
    }
    return 0;
}
#endif
