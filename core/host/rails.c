#include "host/rails.h"

#include <math.h>
#include <string.h>

#define RAILS_MAX 32

void rail_put(struct sample *sample, const char *name, double joules, int64_t pub_us) {
    if (!isfinite(joules) || pub_us < 0 || sample->rail_count == RAILS_MAX)
        return;
    for (size_t i = 0; i < sample->rail_count; i++)
        if (strcmp(sample->rails[i].name, name) == 0)
            return;
    struct rail *rail;
    sample->rails = mem_resize(sample->rails, sample->rail_count + 1, sizeof *sample->rails);
    rail = &sample->rails[sample->rail_count++];
    /* whole µJ: finer than any source, and half the digits in the log */
    *rail = (struct rail){.energy_j = round(joules * 1e6) / 1e6, .pub_us = pub_us};
    copy_text(rail->name, sizeof rail->name, name);
}
