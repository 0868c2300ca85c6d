/* fuzz_main: where libFuzzer does not link (-DFUZZ_MAIN), a main that replays the files named on
 * the command line. */
#ifndef TESTS_FUZZ_MAIN_H
#define TESTS_FUZZ_MAIN_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#ifdef FUZZ_MAIN
#include <stdio.h>

#include "base/buf.h"

int main(int argc, char **argv) {
    struct buf file;
    buf_init(&file, (size_t)64 << 20);
    for (int i = 1; i < argc; i++) {
        struct error error = {0};
        buf_reset(&file);
        if (!buf_read_file(&file, argv[i], &error)) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)buf_string(&file), file.length);
    }
    buf_done(&file);
    return 0;
}
#endif

#endif
