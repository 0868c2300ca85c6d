/* Energy from IOReport's group Energy Model: no root, Apple's own model of what each part uses. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/darwin.h"
#include "host/rails.h"

#define INVALID INT64_MIN /* kIOReportInvalidIntValue */
/* IOReportElement: u64 provider, u64 channel, 8 bytes type, u64 time of publication in ticks */
#define TIME_AT 24
#define GPU_BUSY 5.0 /* % of the time: a GPU that does as much uses something */
#define LIVE_NS INT64_C(50000000)
/* Two clocks are read one after the other, on a machine that is busy; less is no sleep. */
#define SLEEP_MIN_NS INT64_C(500000000)

static const char *const rail_names[RAIL_COUNT] = {[RAIL_CPU] = "CPU",
                                                   [RAIL_GPU] = "GPU",
                                                   [RAIL_ANE] = "ANE",
                                                   [RAIL_DRAM] = "DRAM",
                                                   [RAIL_DCS] = "DCS"};

static bool wants(const char *channel) {
    enum darwin_rail rail;
    int level;
    return darwin_rail_of(channel, &rail, &level);
}

void darwin_energy_open(struct darwin_energy *energy, const struct darwin_api *api) {
    static const struct ioreport_group group = {"Energy Model", NULL, wants};
    *energy = (struct darwin_energy){.api = api, .since_ns = INT64_MIN};
    ioreport_open(&energy->report, api, &group);
    if (!energy->report.subscription)
        return;
    energy->raw_key = cf_string(api, "RawElements");
    energy->slept_ns = darwin_slept_ns(api);
    for (int i = 0; i < RAIL_COUNT; i++)
        energy->rails[i].pending = true;
}

void darwin_energy_close(struct darwin_energy *energy) {
    cf_drop(energy->api, energy->raw_key);
    ioreport_close(&energy->report);
}

/* ---- a sample's channels ---- */

struct candidate {
    char name[DARWIN_NAME_MAX];
    enum darwin_rail rail;
    int level;
    double per_joule;
    struct darwin_reading reading;
};

/* 0 when the driver's time is not there. */
static uint64_t published(const struct darwin_energy *energy, struct cf *channel) {
    const struct darwin_api *api = energy->api;
    struct cf *raw = cf_as(api, cf_value(api, channel, energy->raw_key), api->data_type());
    uint64_t ticks = 0;
    if (raw && api->data_length(raw) >= TIME_AT + (long)sizeof ticks)
        memcpy(&ticks, api->data_bytes(raw) + TIME_AT, sizeof ticks);
    return ticks;
}

/* False for a channel that is no part of a rail or of an unknown unit. It may lack a value. */
static bool read_channel(const struct darwin_energy *energy, struct cf *channel,
                         struct candidate *out) {
    const struct darwin_api *api = energy->api;
    char unit[16];
    if (!channel || !cf_text(api, api->channel_name(channel), out->name, sizeof out->name) ||
        !darwin_rail_of(out->name, &out->rail, &out->level) ||
        !cf_text(api, api->channel_unit(channel), unit, sizeof unit))
        return false;
    out->per_joule = darwin_units_per_joule(unit);
    out->reading =
        (struct darwin_reading){api->simple_value(channel, 0), published(energy, channel)};
    return out->per_joule > 0;
}

static bool has_value(const struct candidate *one) {
    return one->reading.value != INVALID;
}

/* The channels to sum: of each rail those of the lowest level that has a value in a first sample.
 * The GPU is there twice (GPU Energy, GPU0), other rails may be one day. One die's channel without
 * a value is part of its rail all the same: half of a rail is none. */
static void choose(struct darwin_energy *energy, struct cf *sample) {
    long count = ioreport_count(&energy->report, sample);
    int lowest[RAIL_COUNT];
    struct candidate one;
    for (int i = 0; i < RAIL_COUNT; i++)
        lowest[i] = INT32_MAX;
    for (long i = 0; i < count; i++)
        if (read_channel(energy, ioreport_channel(&energy->report, sample, i), &one) &&
            has_value(&one) && one.level < lowest[one.rail])
            lowest[one.rail] = one.level;
    for (long i = 0; i < count && energy->channel_count < DARWIN_CHANNELS_MAX; i++) {
        if (!read_channel(energy, ioreport_channel(&energy->report, sample, i), &one) ||
            one.level != lowest[one.rail])
            continue;
        struct darwin_channel *channel = &energy->channels[energy->channel_count++];
        *channel = (struct darwin_channel){.rail = one.rail, .per_joule = one.per_joule};
        copy_text(channel->name, sizeof channel->name, one.name);
    }
    energy->chosen = energy->channel_count > 0;
}

/* The same name may be there twice, once for each die: the next one of that name. */
static struct darwin_channel *channel_of(struct darwin_energy *energy,
                                         const struct candidate *one) {
    for (size_t i = 0; i < energy->channel_count; i++) {
        struct darwin_channel *channel = &energy->channels[i];
        if (!channel->seen && strcmp(channel->name, one->name) == 0 &&
            channel->per_joule == one->per_joule)
            return channel;
    }
    return NULL;
}

/* What the processor, the memory and its controller use is never nothing: a counter of theirs that
 * stands still is not measuring (macOS 27). The neural engine and the GPU may rest. */
static bool may_idle(enum darwin_rail rail, double gpu_pct) {
    return rail == RAIL_ANE || (rail == RAIL_GPU && !(gpu_pct >= GPU_BUSY));
}

static void take(struct darwin_energy *energy, const struct candidate *one, int64_t now_ns,
                 double gpu_pct) {
    struct darwin_channel *channel = channel_of(energy, one);
    if (!channel)
        return;
    channel->seen = true;
    int64_t ns = darwin_ns(energy->api, one->reading.ticks);
    if (!channel->known && one->reading.ticks != 0 && ns < energy->since_ns)
        return;
    if (darwin_channel_take(channel, energy->api, one->reading, now_ns,
                            may_idle(one->rail, gpu_pct)) == STEP_RESTARTED)
        energy->rails[one->rail].pending = true;
}

/* The clock of publications stands still asleep, counters may not: forget what was before. What was
 * used asleep is in the first publication after it, so only that one can be counted from. */
static void mind_sleep(struct darwin_energy *energy, int64_t now_ns) {
    int64_t slept_ns = darwin_slept_ns(energy->api);
    if (slept_ns - energy->slept_ns > SLEEP_MIN_NS) {
        energy->since_ns = now_ns;
        for (size_t i = 0; i < energy->channel_count; i++)
            energy->channels[i].known = false;
        for (int i = 0; i < RAIL_COUNT; i++)
            energy->rails[i].pending = true;
    }
    energy->slept_ns = slept_ns;
}

static void put_rails(struct darwin_energy *energy, int64_t epoch_ns, int64_t now_ns,
                      struct sample *sample) {
    struct darwin_channel *channels[DARWIN_CHANNELS_MAX];
    for (int i = 0; i < RAIL_COUNT; i++) {
        struct darwin_rail_state *rail = &energy->rails[i];
        size_t count = 0;
        for (size_t k = 0; k < energy->channel_count; k++)
            if ((int)energy->channels[k].rail == i)
                channels[count++] = &energy->channels[k];
        darwin_rail_update(rail, channels, count, now_ns);
        if (rail->shown && !rail->stalled)
            rail_put(sample, rail_names[i], rail->joules, (rail->pub_ns - epoch_ns) / 1000);
    }
}

void darwin_energy_sample(struct darwin_energy *energy, int64_t epoch_ns, double gpu_pct,
                          struct sample *sample) {
    struct cf *channels = ioreport_sample(&energy->report);
    if (!channels)
        return;
    int64_t now_ns = darwin_now(energy->api);
    energy->sampled = true;
    if (!energy->chosen)
        choose(energy, channels);
    mind_sleep(energy, now_ns);
    for (size_t i = 0; i < energy->channel_count; i++)
        energy->channels[i].seen = false;
    long count = ioreport_count(&energy->report, channels);
    for (long i = 0; i < count; i++) {
        struct candidate one;
        if (read_channel(energy, ioreport_channel(&energy->report, channels, i), &one) &&
            has_value(&one))
            take(energy, &one, now_ns, gpu_pct);
    }
    put_rails(energy, epoch_ns, now_ns, sample);
    cf_drop(energy->api, channels);
}

/* ---- about it ---- */

bool darwin_energy_reason(const struct darwin_energy *energy, char reason[DARWIN_REASON_MAX]) {
    size_t used = 0;
    bool any = false;
    reason[0] = '\0';
    if (!energy->report.subscription) {
        copy_text(reason, DARWIN_REASON_MAX, energy->report.reason);
        return false;
    }
    for (size_t i = 0; i < energy->channel_count; i++) {
        const struct darwin_channel *channel = &energy->channels[i];
        const struct darwin_rail_state *rail = &energy->rails[channel->rail];
        any |= rail->shown && !rail->stalled;
        if (!rail->stalled || used >= DARWIN_REASON_MAX / 2 ||
            (i > 0 && energy->channels[i - 1].rail == channel->rail))
            continue;
        used += (size_t)snprintf(reason + used, DARWIN_REASON_MAX - used, "%s%s", used ? ", " : "",
                                 rail_names[channel->rail]);
    }
    if (used > 0)
        snprintf(reason + used, DARWIN_REASON_MAX - used,
                 ": the system's counter stands still (seen on macOS 27); not measured");
    else if (!any && energy->sampled && !energy->chosen)
        copy_text(reason, DARWIN_REASON_MAX,
                  "no channel of the group Energy Model has a usable value");
    return any;
}

double darwin_energy_period(const struct darwin_energy *energy) {
    double period = NAN;
    for (int i = 0; i < RAIL_COUNT; i++) {
        const struct darwin_rail_state *rail = &energy->rails[i];
        if (rail->shown && !rail->stalled && rail->interval_ns > 0)
            period = fmax(period, rail->oldest_ns < LIVE_NS ? 0 : (double)rail->interval_ns / 1e9);
    }
    return period;
}
