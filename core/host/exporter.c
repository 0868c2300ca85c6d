#include "host/exporter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/exporter_rows.h"
#include "host/rails.h"
#include "net/scrape.h"

#define RAILS_MAX 32
#define ROWS_MAX 128
#define AHEAD_NS INT64_C(1000000000)    /* a publication further from now than these */
#define BEHIND_NS INT64_C(600000000000) /* is told by another machine's clock */
#define LIVE_NS INT64_C(50000000)
#define BLANK 9.2e18 /* DCGM's blanks, just below 2^63, and more */
#define MB (1024.0 * 1024.0)

/* A counter of joules. */
struct counter {
    char name[24];
    double joules;
    int64_t moved_ns; /* the scrape that first showed this value */
    int64_t told_ns;  /* when it was published as the page says; -1 it does not */
    bool here;        /* on the page being read */
};

struct exporter {
    int id; /* enum exporter_id, -1 before the first page */
    struct counter counters[RAILS_MAX];
    size_t counter_count;
    bool live;
    double throttles; /* NaN before the first page */
    double stalled;
    int64_t stalled_ns;
};

/* What one page says. */
struct page {
    double sum[TELLS_SOURCE + 1], most[TELLS_SOURCE + 1]; /* NaN: not there */
    bool seen[ROWS_MAX];
    enum thermal level;
    char source[16];
};

struct exporter *exporter_new(void) {
    struct exporter *exporter = mem_zero(1, sizeof *exporter);
    exporter->id = -1;
    exporter->throttles = exporter->stalled = NAN;
    return exporter;
}

void exporter_free(struct exporter *exporter) {
    free(exporter);
}

const char *exporter_name(const struct exporter *exporter) {
    return exporter->id < 0 ? NULL : exporter_title((enum exporter_id)exporter->id);
}

bool exporter_is_live(const struct exporter *exporter) {
    return exporter->live;
}

/* ---- reading lines ---- */

static bool says(const char *value, const char *wanted) {
    size_t length = strlen(wanted);
    if (length > 0 && wanted[length - 1] == '*')
        return strncmp(value, wanted, length - 1) == 0;
    return strcmp(value, wanted) == 0;
}

static bool fits(const struct exporter_row *row, const struct scrape_line *line) {
    if (strcmp(row->series, line->name) != 0)
        return false;
    const char *value = row->label ? scrape_label(line, row->label) : NULL;
    return !row->label || (value && says(value, row->value));
}

static struct counter *counter_of(struct exporter *exporter, const struct exporter_row *row,
                                  const struct scrape_line *line) {
    const char *from = scrape_label(line, row->from);
    char name[sizeof exporter->counters[0].name];
    int length = snprintf(name, sizeof name, "%s%s", row->rail, from ? from : "");
    if (length <= 0 || (size_t)length >= sizeof name)
        return NULL;
    for (size_t i = 0; i < exporter->counter_count; i++)
        if (strcmp(exporter->counters[i].name, name) == 0)
            return &exporter->counters[i];
    if (exporter->counter_count == RAILS_MAX)
        return NULL;
    struct counter *counter = &exporter->counters[exporter->counter_count++];
    *counter = (struct counter){.joules = NAN, .told_ns = -1};
    copy_text(counter->name, sizeof counter->name, name);
    return counter;
}

static void take_joules(struct counter *counter, double joules, int64_t at_ns) {
    if (!counter)
        return;
    if (isnan(counter->joules) || joules != counter->joules)
        counter->moved_ns = at_ns;
    counter->joules = joules;
    counter->here = true;
}

static void take_published(struct counter *counter, double seconds, int64_t at_ns) {
    if (!counter || !(fabs(seconds) < 1e9))
        return;
    int64_t told_ns = (int64_t)(seconds * 1e9);
    bool ours = told_ns <= at_ns + AHEAD_NS && told_ns >= at_ns - BEHIND_NS;
    counter->told_ns = ours ? told_ns : -1;
}

static enum thermal level_of(const char *word) {
    static const struct {
        const char *word;
        enum thermal level;
    } levels[] = {{"nominal", THERMAL_NOMINAL},   {"fair", THERMAL_MODERATE},
                  {"moderate", THERMAL_MODERATE}, {"serious", THERMAL_HEAVY},
                  {"heavy", THERMAL_HEAVY},       {"critical", THERMAL_TRAPPING},
                  {"trapping", THERMAL_TRAPPING}, {"sleeping", THERMAL_SLEEPING}};
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (strcasecmp(levels[i].word, word) == 0)
            return levels[i].level;
    return THERMAL_UNKNOWN;
}

static void raise_level(struct page *page, enum thermal level) {
    if (level > page->level)
        page->level = level;
}

/* A number of levels counted from 0, nominal, to `most`. */
static void take_level(struct page *page, double value, int most) {
    if (value >= 0 && value <= most)
        raise_level(page, (enum thermal)(THERMAL_NOMINAL + (int)value));
}

static void take_number(struct page *page, enum exporter_tells field, double value) {
    page->sum[field] = isnan(page->sum[field]) ? value : page->sum[field] + value;
    page->most[field] = fmax(page->most[field], value);
}

static void take_line(struct exporter *exporter, struct page *page, const struct exporter_row *row,
                      const struct scrape_line *line, int64_t at_ns) {
    double value = line->value * (row->factor != 0 ? row->factor : 1);
    const char *word = row->from ? scrape_label(line, row->from) : NULL;
    switch (row->tells) {
    case TELLS_JOULES:
        take_joules(counter_of(exporter, row, line), value, at_ns);
        break;
    case TELLS_PUBLISHED:
        take_published(counter_of(exporter, row, line), value, at_ns);
        break;
    case TELLS_PRESSURE:
        take_level(page, value, THERMAL_SLEEPING - THERMAL_NOMINAL);
        break;
    case TELLS_STATE:
        take_level(page, value, THERMAL_TRAPPING - THERMAL_NOMINAL);
        break;
    case TELLS_LEVEL:
        if (value == 1 && word)
            raise_level(page, level_of(word));
        break;
    case TELLS_SLOWED:
        raise_level(page, value == 1 ? THERMAL_HEAVY : THERMAL_NOMINAL);
        break;
    case TELLS_SOURCE:
        if (value == 1 && word)
            copy_text(page->source, sizeof page->source, word);
        break;
    case TELLS_WATTS:
    case TELLS_WATTS_PART:
    case TELLS_THROTTLES:
    case TELLS_TEMPERATURE:
    case TELLS_BUSY:
    case TELLS_SWAP:
    case TELLS_SWAPOUTS:
    case TELLS_STALLED:
    case TELLS_FREE:
    case TELLS_KV:
        take_number(page, row->tells, value);
        break;
    }
}

/* The exporter whose page it is: the first of the table that has a series on it. */
static int identify(const char *text, size_t length) {
    struct scrape scrape;
    struct scrape_line line;
    int id = -1;
    scrape_init(&scrape, text, length);
    while (scrape_next(&scrape, &line)) {
        int one = exporter_of(line.name);
        if (one >= 0 && (id < 0 || one < id))
            id = one;
    }
    return id;
}

static void read_page(struct exporter *exporter, struct page *page, const char *text, size_t length,
                      int64_t at_ns) {
    struct scrape scrape;
    struct scrape_line line;
    scrape_init(&scrape, text, length);
    while (scrape_next(&scrape, &line)) {
        if (!isfinite(line.value) || fabs(line.value) >= BLANK)
            continue;
        for (size_t i = 0; i < exporter_row_count && i < ROWS_MAX; i++) {
            const struct exporter_row *row = &exporter_rows[i];
            if ((int)row->exporter != exporter->id || !fits(row, &line))
                continue;
            page->seen[i] = true;
            take_line(exporter, page, row, &line, at_ns);
        }
    }
}

/* ---- into the sample ---- */

/* The sum of a field; NaN when one of the rows that make it whole is missing. */
static double whole(const struct exporter *exporter, const struct page *page,
                    enum exporter_tells field) {
    bool some = false, all = true;
    for (size_t i = 0; i < exporter_row_count && i < ROWS_MAX; i++) {
        const struct exporter_row *row = &exporter_rows[i];
        if ((int)row->exporter != exporter->id || row->tells != field || !row->whole)
            continue;
        some |= page->seen[i];
        all &= page->seen[i];
    }
    return some && !all ? NAN : page->sum[field];
}

static void put(double *figure, double value) {
    if (isnan(*figure))
        *figure = value;
}

static void put_rails(struct exporter *exporter, int64_t read_ns, int64_t epoch_ns,
                      struct sample *sample) {
    exporter->live = false;
    for (size_t i = 0; i < exporter->counter_count; i++) {
        struct counter *counter = &exporter->counters[i];
        int64_t at_ns = counter->told_ns >= 0 ? counter->told_ns : counter->moved_ns;
        exporter->live |= counter->here && counter->told_ns > read_ns - LIVE_NS;
        if (counter->here)
            rail_put(sample, counter->name, counter->joules, (at_ns - epoch_ns) / 1000);
        counter->here = false;
        counter->told_ns = -1;
    }
}

/* Throttled since the last page: heavy. */
static void judge_throttles(struct exporter *exporter, struct page *page) {
    double throttles = page->sum[TELLS_THROTTLES];
    if (!isnan(throttles))
        raise_level(page, throttles > exporter->throttles ? THERMAL_HEAVY : THERMAL_NOMINAL);
    exporter->throttles = throttles;
}

/* Percent of the time since the last page that somebody waited for memory. */
static double pressure_of(struct exporter *exporter, const struct page *page, int64_t at_ns) {
    double stalled = page->sum[TELLS_STALLED];
    double passed = (double)(at_ns - exporter->stalled_ns) / 1e9;
    double percent = 100 * (stalled - exporter->stalled) / passed;
    exporter->stalled = stalled;
    exporter->stalled_ns = at_ns;
    return passed > 0 && percent >= 0 ? fmin(percent, 100) : NAN;
}

static void fill(struct exporter *exporter, struct page *page, int64_t at_ns, int64_t epoch_ns,
                 struct sample *sample) {
    put_rails(exporter, at_ns, epoch_ns, sample);
    judge_throttles(exporter, page);
    double watts = page->sum[TELLS_WATTS];
    put(&sample->watts, isnan(watts) ? page->sum[TELLS_WATTS_PART] : watts);
    put(&sample->temp_c, page->most[TELLS_TEMPERATURE]);
    put(&sample->gpu_pct, page->most[TELLS_BUSY]);
    put(&sample->swap_mb, whole(exporter, page, TELLS_SWAP) / MB);
    put(&sample->swapouts, page->sum[TELLS_SWAPOUTS]);
    put(&sample->free_mb, whole(exporter, page, TELLS_FREE) / MB);
    put(&sample->kv_tokens, page->sum[TELLS_KV]);
    put(&sample->pressure, pressure_of(exporter, page, at_ns));
    if (sample->thermal == THERMAL_UNKNOWN)
        sample->thermal = page->level;
    if (!sample->power_source && page->source[0])
        sample->power_source = mem_string(page->source);
}

bool exporter_read(struct exporter *exporter, const char *page, size_t length, int64_t at_ns,
                   int64_t epoch_ns, struct sample *sample) {
    int id = identify(page, length);
    if (id < 0)
        return false;
    exporter->id = id;
    struct page figures = {.level = THERMAL_UNKNOWN};
    for (size_t i = 0; i < COUNT_OF(figures.sum); i++)
        figures.sum[i] = figures.most[i] = NAN;
    read_page(exporter, &figures, page, length, at_ns);
    fill(exporter, &figures, at_ns, epoch_ns, sample);
    return true;
}
