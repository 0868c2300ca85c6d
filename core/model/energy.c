#include "model/energy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RAILS_MAX 32
/* Publications kept a rail; the older half goes when full. 18 hours at 1 Hz. */
#define PUBLICATIONS_MAX 65536
/* M5 Max: a small second batch may follow 9–26 ms after the first (telemetry A.1). */
#define PUBLICATION_MIN_US 50000
/* 31 years: what a log may claim, so that differences fit */
#define TIME_MAX_US INT64_C(1000000000000000)

struct publication {
    int64_t us;
    double joules;
    bool fresh; /* nothing is known of the time before it */
};
struct energy_rail {
    char name[sizeof((struct rail *)0)->name];
    struct publication *at;
    size_t count, capacity;
    bool broken; /* the next publication is fresh */
};
struct energy {
    struct energy_rail rails[RAILS_MAX];
    size_t rail_count;
    char *names;
    int64_t now_us;
    double last_watts; /* of a source that has only watts */
    int64_t last_watts_us;
};

struct energy *energy_new(void) {
    struct energy *energy = mem_zero(1, sizeof *energy);
    energy->names = mem_string("");
    energy->last_watts = NAN;
    return energy;
}

void energy_free(struct energy *energy) {
    if (!energy)
        return;
    for (size_t i = 0; i < energy->rail_count; i++)
        free(energy->rails[i].at);
    free(energy->names);
    free(energy);
}

struct energy *energy_copy(const struct energy *from, size_t *bytes) {
    struct energy *energy = mem_alloc(sizeof *energy);
    *energy = *from;
    energy->names = mem_string(from->names);
    *bytes += sizeof *energy;
    for (size_t i = 0; i < energy->rail_count; i++) {
        struct energy_rail *rail = &energy->rails[i];
        rail->at = NULL;
        rail->capacity = rail->count;
        if (rail->count == 0)
            continue;
        rail->at = mem_alloc(rail->count * sizeof *rail->at);
        memcpy(rail->at, from->rails[i].at, rail->count * sizeof *rail->at);
        *bytes += rail->count * sizeof *rail->at;
    }
    return energy;
}

/* The rail of this name, made when new; NULL when there are too many. */
static struct energy_rail *rail_of(struct energy *energy, const char *name) {
    for (size_t i = 0; i < energy->rail_count; i++)
        if (strcmp(energy->rails[i].name, name) == 0)
            return &energy->rails[i];
    if (energy->rail_count == RAILS_MAX)
        return NULL;
    struct energy_rail *rail = &energy->rails[energy->rail_count++];
    copy_text(rail->name, sizeof rail->name, name);
    char *names = mem_format("%s%s%s", energy->names, *energy->names ? "+" : "", rail->name);
    free(energy->names);
    energy->names = names;
    return rail;
}

static void publish(struct energy_rail *rail, int64_t us, double joules) {
    struct publication *last = rail->count ? &rail->at[rail->count - 1] : NULL;
    if (!isfinite(joules) || us > TIME_MAX_US || us < -TIME_MAX_US || (last && us == last->us))
        return; /* not a reading, or seen already */
    if (last && us < last->us) {
        rail->count = 0; /* another clock: what was before can't be placed any more */
        last = NULL;
    }
    bool fresh = !last || joules < last->joules || rail->broken;
    rail->broken = false;
    if (rail->count == PUBLICATIONS_MAX) {
        size_t half = PUBLICATIONS_MAX / 2;
        memmove(rail->at, rail->at + half, half * sizeof *rail->at);
        rail->count = half;
    }
    rail->at = mem_grow(rail->at, rail->count, &rail->capacity, sizeof *rail->at);
    rail->at[rail->count++] = (struct publication){us, joules, fresh};
}

/* A source that only knows watts: the mean of two readings over the time between them. */
static void integrate(struct energy *energy, int64_t t_us, double watts) {
    struct energy_rail *rail = rail_of(energy, "watts");
    double joules = rail->count ? rail->at[rail->count - 1].joules : 0;
    int64_t passed = t_us - energy->last_watts_us;
    if (isnan(energy->last_watts) || passed < 0 || passed > ENERGY_STALL_US) {
        publish(rail, t_us, joules);
        rail->at[rail->count - 1].fresh = true;
    } else {
        publish(rail, t_us, joules + (energy->last_watts + watts) / 2 * (double)passed / 1e6);
    }
    energy->last_watts = watts;
    energy->last_watts_us = t_us;
}

void energy_break(struct energy *energy) {
    for (size_t i = 0; i < energy->rail_count; i++)
        energy->rails[i].broken = true;
    energy->last_watts = NAN;
}

void energy_add(struct energy *energy, int64_t t_us, const struct sample *sample) {
    if (t_us > TIME_MAX_US || t_us < -TIME_MAX_US)
        return;
    if (t_us > energy->now_us)
        energy->now_us = t_us;
    for (size_t i = 0; i < sample->rail_count; i++) {
        struct energy_rail *rail = rail_of(energy, sample->rails[i].name);
        if (rail)
            publish(rail, sample->rails[i].pub_us, sample->rails[i].energy_j);
    }
    bool only_watts = energy->rail_count == 0 || strcmp(energy->names, "watts") == 0;
    if (sample->rail_count == 0 && only_watts && isfinite(sample->watts) && sample->watts >= 0)
        integrate(energy, t_us, sample->watts);
}

/* Index of the first publication after `us`. */
static size_t first_after(const struct energy_rail *rail, int64_t us) {
    size_t low = 0, high = rail->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rail->at[middle].us <= us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What a rail says of a window: energy.h has the formula of cover. */
struct reading {
    double joules, known_us, misplaced_us;
};

static void read_interval(struct reading *reading, const struct publication *a,
                          const struct publication *b, int64_t from_us, int64_t to_us) {
    int64_t low = a->us > from_us ? a->us : from_us;
    int64_t high = b->us < to_us ? b->us : to_us;
    double part = (double)(high - low), whole = (double)(b->us - a->us);
    bool cut = high - low < b->us - a->us;
    if (part <= 0 || b->fresh || (cut && b->us - a->us > ENERGY_STALL_US))
        return;
    reading->joules += (b->joules - a->joules) * (part / whole);
    reading->known_us += part;
    if (cut)
        reading->misplaced_us += part * (1 - part / whole);
}

static struct reading read_rail(const struct energy_rail *rail, int64_t from_us, int64_t to_us) {
    struct reading reading = {0};
    size_t i = first_after(rail, from_us);
    for (i = i ? i : 1; i < rail->count && rail->at[i - 1].us < to_us; i++)
        read_interval(&reading, &rail->at[i - 1], &rail->at[i], from_us, to_us);
    return reading;
}

double energy_window(const struct energy *energy, int64_t from_us, int64_t to_us, double *cover) {
    double length = (double)to_us - (double)from_us, joules = 0, weighed = 0, least = 1;
    *cover = 0;
    if (energy->rail_count == 0 || !(length > 0))
        return NAN;
    for (size_t i = 0; i < energy->rail_count; i++) {
        struct reading reading = read_rail(&energy->rails[i], from_us, to_us);
        if (reading.known_us <= 0)
            return NAN;
        double rail_joules = reading.joules * length / reading.known_us;
        double rail_cover = (reading.known_us - reading.misplaced_us) / length;
        joules += rail_joules;
        weighed += rail_joules * rail_cover;
        least = fmin(least, rail_cover);
    }
    *cover = joules > 0 ? weighed / joules : least;
    return joules;
}

int64_t energy_covered_to(const struct energy *energy) {
    int64_t to = energy->rail_count ? INT64_MAX : -1;
    for (size_t i = 0; i < energy->rail_count; i++) {
        const struct energy_rail *rail = &energy->rails[i];
        int64_t last = rail->count ? rail->at[rail->count - 1].us : -1;
        to = last < to ? last : to;
    }
    return to;
}

static double rail_watts(const struct energy_rail *rail, int64_t now_us) {
    if (rail->count < 2)
        return NAN;
    const struct publication *last = &rail->at[rail->count - 1];
    const struct publication *before = last;
    while (before > rail->at && !before->fresh && last->us - before->us < PUBLICATION_MIN_US)
        before--;
    double passed = (double)(last->us - before->us);
    if (passed < PUBLICATION_MIN_US || now_us - last->us > ENERGY_STALL_US)
        return NAN;
    return (last->joules - before->joules) / (passed / 1e6);
}

double energy_watts(const struct energy *energy) {
    double watts = energy->rail_count ? 0 : NAN;
    for (size_t i = 0; i < energy->rail_count; i++)
        watts += rail_watts(&energy->rails[i], energy->now_us);
    return watts;
}

double energy_period_s(const struct energy *energy) {
    double slowest = NAN;
    for (size_t i = 0; i < energy->rail_count; i++) {
        const struct energy_rail *rail = &energy->rails[i];
        if (rail->count >= 2)
            slowest = fmax(slowest, (double)(rail->at[rail->count - 1].us - rail->at[0].us) / 1e6 /
                                        (double)(rail->count - 1));
    }
    return slowest;
}

const char *energy_rails(const struct energy *energy) {
    return energy->names;
}
