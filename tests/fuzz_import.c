/* Foreign results: no crash, and whatever is taken can be written as a log's lines. Built with
 * -DFUZZ_MAIN it replays files. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz_main.h"
#include "store/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct import import;
    struct error error = {0};
    struct buf line;
    if (!import_parse(&import, (const char *)bytes, length, "fuzz", &error)) {
        if (!error.text[0])
            abort();
        return 0;
    }
    buf_init(&line, (size_t)64 << 20);
    if (!run_encode(&import.run, &line))
        abort();
    for (size_t i = 0; i < import.count; i++) {
        buf_reset(&line);
        if (!event_encode(import.events[i], &line))
            abort();
    }
    buf_done(&line);
    import_done(&import);
    return 0;
}
