/* Any bytes, as a page: every sample that comes out keeps the format's rules, and a page written
 * back from its samples reads the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz_main.h"
#include "host/exporter.h"
#include "net/scrape.h"

static void write_quoted(struct buf *out, const char *value) {
    buf_char(out, '"');
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            buf_char(out, '\\');
        if (*value == '\n')
            buf_text(out, "\\n");
        else
            buf_char(out, *value);
    }
    buf_char(out, '"');
}

static void write_line(struct buf *out, const struct scrape_line *line) {
    buf_printf(out, "%s{", line->name);
    for (size_t i = 0; i < line->label_count; i++) {
        buf_printf(out, "%s=", line->labels[i].name);
        write_quoted(out, line->labels[i].value);
        buf_char(out, ',');
    }
    buf_printf(out, "} %.17g\n", line->value);
}

static void check_name(const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length >= SCRAPE_NAME_MAX || (name[0] >= '0' && name[0] <= '9'))
        abort();
}

static bool same(const struct scrape_line *a, const struct scrape_line *b) {
    if (strcmp(a->name, b->name) != 0 || a->label_count != b->label_count)
        return false;
    for (size_t i = 0; i < a->label_count; i++)
        if (strcmp(a->labels[i].name, b->labels[i].name) != 0 ||
            strcmp(a->labels[i].value, b->labels[i].value) != 0)
            return false;
    return a->value == b->value || (isnan(a->value) && isnan(b->value));
}

/* As a page of an exporter, twice a second apart: figures are finite, rails few and not before the
 * run. */
static void check_page(const char *page, size_t length) {
    struct exporter *exporter = exporter_new();
    for (int64_t second = 1; second < 3; second++) {
        struct event *event = event_new(EVENT_SAMPLE, 0);
        struct sample *sample = &event->sample;
        exporter_read(exporter, page, length, second * 1000000000, 0, sample);
        if (sample->rail_count > 64 || (unsigned)sample->thermal >= THERMAL_COUNT ||
            isinf(sample->temp_c) || (sample->power_source && strlen(sample->power_source) > 15))
            abort();
        for (size_t i = 0; i < sample->rail_count; i++)
            if (!isfinite(sample->rails[i].energy_j) || sample->rails[i].pub_us < 0)
                abort();
        event_free(event);
    }
    exporter_free(exporter);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct scrape_line line, again;
    struct scrape scrape, second;
    struct buf out;
    buf_init(&out, (size_t)64 << 20);
    scrape_init(&scrape, (const char *)bytes, length);
    while (scrape_next(&scrape, &line)) {
        check_name(line.name);
        if (line.label_count > SCRAPE_LABELS_MAX)
            abort();
        for (size_t i = 0; i < line.label_count; i++)
            check_name(line.labels[i].name);
        buf_reset(&out);
        write_line(&out, &line);
        scrape_init(&second, buf_string(&out), out.length);
        if (!scrape_next(&second, &again) || !same(&line, &again))
            abort();
    }
    if (scrape.at != scrape.end)
        abort();
    check_page((const char *)bytes, length);
    buf_done(&out);
    return 0;
}
