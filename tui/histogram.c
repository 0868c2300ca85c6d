#include "histogram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL = 7, COUNT_CELLS = 5 };

struct histogram_bins histogram_bins(double low, double high, int most) {
    struct histogram_bins bins = {low, 1, 0};
    if (!(high >= low) || !isfinite(high) || !isfinite(low) || most < 1)
        return bins;
    double least = fmax((high - low) / most, fmax(fabs(high), 1) * 1e-6);
    for (double step = graph_nice(least);; step = graph_nice(step * 1.5)) {
        double from = floor(low / step) * step;
        int count = (int)(floor((high - from) / step + 1e-9) + 1);
        if (count <= most || step > 1e15)
            return (struct histogram_bins){from, step, count < most ? count : most};
    }
}

static const struct {
    const char *name;
    enum stat_id stat;
} shown[] = {{"p50", STAT_P50}, {"p95", STAT_P95}, {"max", STAT_MAX}};

/* Title and percentiles in columns, their values below. */
static void draw_head(const struct draw *draw, struct rect rect, enum metric_id metric,
                      const struct values *values, enum role role) {
    int count = (int)COUNT_OF(shown), step = (rect.width - LABEL - 1) / count;
    step = step > 10 ? 10 : step;
    int x = rect.x + rect.width - count * step;
    char n[24];
    snprintf(n, sizeof n, "n %zu", values->count);
    int used = frame_text(draw->frame, rect.x, rect.y, x - rect.x, role, metric_of(metric)->title);
    if (used + 1 + (int)strlen(draw_unit(metric)) < x - rect.x)
        frame_text(draw->frame, rect.x + used + 1, rect.y, x - rect.x - used - 1, ROLE_DIM,
                   draw_unit(metric));
    frame_text(draw->frame, rect.x, rect.y + 1, x - rect.x, ROLE_DIM, n);
    for (int i = 0; i < count; i++, x += step) {
        frame_right(draw->frame, x, rect.y, step, ROLE_HEADER, shown[i].name);
        draw_value(draw, x, rect.y + 1, step, ROLE_TEXT, metric,
                   stats_of(values->at, values->count, shown[i].stat));
    }
}

/* Where a range begins; all in seconds when one is. */
static void draw_label(const struct draw *draw, struct rect line, enum metric_id metric,
                       const struct histogram_bins *bins, int i) {
    double from = bins->from + i * bins->step, last = bins->from + (bins->count - 1) * bins->step;
    bool ms = strcmp(metric_of(metric)->unit, "ms") == 0;
    char text[METRIC_TEXT];
    if (ms && last > 9999.5 && last < 1e7)
        snprintf(text, sizeof text, "%.*fs", last < 1e5, from / 1000);
    else
        metric_format(metric, from, text);
    frame_right(draw->frame, line.x, line.y, line.width, ROLE_DIM, text);
}

/* Not as high as its line, so that bars stay apart. */
static void draw_bar(const struct draw *draw, int x, int y, int width, double share,
                     enum role role) {
    int cells = (int)lround(share * width);
    uint32_t glyph = draw->ui->glyphs == GLYPH_ASCII ? '=' : 0x2586;
    for (int i = 0; i < (cells > 0 ? cells : 1); i++)
        frame_put(draw->frame, x + i, y, glyph, role);
}

void histogram_draw(const struct draw *draw, struct rect rect, enum metric_id metric,
                    const struct values *values, enum role role) {
    struct frame *frame = draw->frame;
    int most = rect.height - HISTOGRAM_LINES, bar = rect.width - LABEL - COUNT_CELLS;
    if (rect.height < HISTOGRAM_LINES || rect.width < LABEL + COUNT_CELLS + 4)
        return;
    draw_head(draw, rect, metric, values, role);
    if (values->count == 0)
        return;
    struct histogram_bins bins =
        histogram_bins(values->at[0], values->at[values->count - 1], most < 16 ? most : 16);
    int tall[16] = {0}, highest = 1;
    for (size_t i = 0; i < values->count && bins.count > 0; i++) {
        int bin = (int)floor((values->at[i] - bins.from) / bins.step + 1e-9);
        bin = bin < 0 ? 0 : bin >= bins.count ? bins.count - 1 : bin;
        highest = ++tall[bin] > highest ? tall[bin] : highest;
    }
    for (int i = 0; i < bins.count; i++) {
        int y = rect.y + HISTOGRAM_LINES + i;
        draw_label(draw, (struct rect){rect.x, y, LABEL - 1, 1}, metric, &bins, i);
        if (tall[i] == 0)
            continue;
        draw_bar(draw, rect.x + LABEL, y, bar, (double)tall[i] / highest, role);
        frame_printf(frame, rect.x + LABEL + bar, y, COUNT_CELLS, ROLE_TEXT, "%*d", COUNT_CELLS - 1,
                     tall[i]);
    }
}
