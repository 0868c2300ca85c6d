/* Which channels make a rail, what a channel's readings mean, and rails as sums of channels.
 * A driver publishes a counter at its own times; the time of publication comes with the counter,
 * and between two publications nothing is known (facts: telemetry A.1). */
#include <math.h>
#include <string.h>

#include "host/darwin.h"
#include "model/energy.h"

#define ADVANCE_MIN_NS                                                                             \
    INT64_C(50000000) /* M5 Max: a small second batch 9–26 ms behind the first                   \
                       */
#define AHEAD_MAX_NS INT64_C(1000000000)
#define WATTS_MAX 2000 /* more is no reading: no Mac takes as much */

static bool ends_in(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* 1 nothing, 2 digits, 3 digits_digits behind the name; 0 anything else. */
static int suffix_level(const char *suffix) {
    static const char digits[] = "0123456789";
    if (!*suffix)
        return 1;
    size_t first = strspn(suffix, digits);
    if (first > 0 && !suffix[first])
        return 2;
    if (first == 0 || suffix[first] != '_')
        return 0;
    size_t second = strspn(suffix + first + 1, digits);
    return second > 0 && !suffix[first + 1 + second] ? 3 : 0;
}

bool darwin_rail_of(const char *channel, enum darwin_rail *rail, int *level) {
    static const char *const names[RAIL_COUNT] = {
        [RAIL_GPU] = "GPU", [RAIL_ANE] = "ANE", [RAIL_DRAM] = "DRAM", [RAIL_DCS] = "DCS"};
    if (strstr(channel, "_SRAM") || strstr(channel, "DTL"))
        return false;
    if (ends_in(channel, "CPU Energy")) {
        *rail = RAIL_CPU;
        *level = strcmp(channel, "CPU Energy") == 0 ? 0 : 1;
        return true;
    }
    if (strcmp(channel, "GPU Energy") == 0) {
        *rail = RAIL_GPU;
        *level = 0;
        return true;
    }
    for (int i = 0; i < RAIL_COUNT; i++) {
        size_t length = names[i] ? strlen(names[i]) : 0;
        if (length == 0 || strncmp(channel, names[i], length) != 0)
            continue;
        *rail = (enum darwin_rail)i;
        *level = suffix_level(channel + length);
        return *level > 0;
    }
    return false;
}

double darwin_units_per_joule(const char *label) {
    static const struct {
        const char *label;
        double per_joule;
    } units[] = {{"mJ", 1e3}, {"uJ", 1e6}, {"nJ", 1e9}};
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strcmp(label, units[i].label) == 0)
            return units[i].per_joule;
    return 0;
}

/* ---- channels ---- */

/* When a reading was published. A driver that gives no time, one from the future, or the same time
 * for another value is not believed again. */
static int64_t stamp(struct darwin_channel *channel, const struct darwin_api *api,
                     struct darwin_reading reading, int64_t now_ns) {
    int64_t ns = darwin_ns(api, reading.ticks);
    bool frozen = channel->known && reading.ticks == channel->seen_ticks &&
                  reading.value != channel->seen_value;
    if (reading.ticks == 0 || ns > now_ns + AHEAD_MAX_NS || frozen)
        channel->untimed = true;
    channel->seen_ticks = reading.ticks;
    channel->seen_value = reading.value;
    return channel->untimed ? now_ns : ns;
}

static enum darwin_step restart(struct darwin_channel *channel, int64_t value, int64_t ns) {
    channel->known = true;
    channel->value = value;
    channel->before = channel->last = (struct darwin_point){ns, 0};
    return STEP_RESTARTED;
}

enum darwin_step darwin_channel_take(struct darwin_channel *channel, const struct darwin_api *api,
                                     struct darwin_reading reading, int64_t now_ns, bool may_idle) {
    int64_t ns = stamp(channel, api, reading, now_ns), passed = ns - channel->last.ns;
    if (!channel->known || reading.value < channel->value || passed < 0)
        return restart(channel, reading.value, ns);
    bool moved = reading.value != channel->value;
    if (passed < ADVANCE_MIN_NS || (!moved && (channel->untimed || !may_idle)))
        return STEP_HELD;
    double joules = ((double)reading.value - (double)channel->value) / channel->per_joule;
    if (joules > WATTS_MAX * ((double)passed / 1e9))
        return restart(channel, reading.value, ns);
    channel->before = channel->last;
    channel->last = (struct darwin_point){ns, channel->last.joules + joules};
    channel->value = reading.value;
    return STEP_ADVANCED;
}

/* ---- rails ---- */

/* The channel's joules at a time between its last two publications; NaN at any other. */
static double joules_at(const struct darwin_channel *channel, int64_t ns) {
    const struct darwin_point *a = &channel->before, *b = &channel->last;
    if (ns < a->ns || ns > b->ns)
        return NAN;
    if (ns == b->ns)
        return b->joules;
    return a->joules + (b->joules - a->joules) * ((double)(ns - a->ns) / (double)(b->ns - a->ns));
}

static double sum_at(struct darwin_channel *const *channels, size_t count, int64_t ns) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += joules_at(channels[i], ns);
    return sum;
}

/* Count from here on. A sum that goes back tells whoever reads on that nothing is known of the time
 * before (model/energy.h). */
static void begin(struct darwin_rail_state *rail, struct darwin_channel *const *channels,
                  size_t count) {
    rail->start_ns = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        struct darwin_channel *channel = channels[i];
        channel->before = channel->last = (struct darwin_point){channel->last.ns, 0};
        if (channel->last.ns > rail->start_ns)
            rail->start_ns = channel->last.ns;
    }
    rail->base = rail->shown ? fmin(0, rail->joules - 1) : 0;
    rail->joules = rail->base;
    rail->pub_ns = rail->start_ns;
    rail->oldest_ns = 0;
    rail->pending = false;
    rail->awaiting = true;
    rail->stalled = false;
}

static void advance(struct darwin_rail_state *rail, struct darwin_channel *const *channels,
                    size_t count, int64_t to_ns) {
    if (rail->awaiting) {
        rail->origin = sum_at(channels, count, rail->start_ns);
        if (isnan(rail->origin)) { /* one went on while another stood still */
            begin(rail, channels, count);
            return;
        }
        rail->awaiting = false;
    }
    double sum = sum_at(channels, count, to_ns);
    if (isnan(sum))
        return;
    rail->joules = rail->base + sum - rail->origin;
    rail->interval_ns = to_ns - rail->pub_ns;
    rail->pub_ns = to_ns;
    rail->shown = true;
}

void darwin_rail_update(struct darwin_rail_state *rail, struct darwin_channel *const *channels,
                        size_t count, int64_t now_ns) {
    int64_t newest_ns = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!channels[i]->known)
            return;
        if (channels[i]->last.ns < newest_ns)
            newest_ns = channels[i]->last.ns;
    }
    if (count == 0)
        return;
    if (rail->pending || (rail->stalled && newest_ns > rail->pub_ns))
        begin(rail, channels, count);
    else if (newest_ns > rail->pub_ns)
        advance(rail, channels, count, newest_ns);
    int64_t age_ns = now_ns - rail->pub_ns;
    rail->stalled = age_ns > ENERGY_STALL_US * 1000;
    if (age_ns > rail->oldest_ns)
        rail->oldest_ns = age_ns;
}
