/* IOReport: drivers with counters that they publish at times of their own. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fake_darwin.h"

#define LIST "IOReportChannels"
#define RAW "RawElements"
static const char *const states[] = {"OFF", "P1", "P2", "P3"};

/* ---- time ---- */

static double wobble(int64_t n) { /* even over 0 to 1, without a pattern */
    double x = (double)n * 0.6180339887;
    return x - floor(x);
}

static double gap_s(const struct fake_channel *channel) {
    int64_t n = channel->publications;
    double drift = fmin(1, (double)n / 60);
    switch (channel->cadence) {
    case FAKE_LIVE:
        return 0;
    case FAKE_M5:
        return n % 4 == 3 ? 0.009 + 0.017 * wobble(n) : 2.03 + 0.2 * wobble(n);
    case FAKE_ULTRA:
        return n % 2 ? 1.19 + 0.13 * wobble(n) : 0.75 + 0.16 * wobble(n);
    case FAKE_ULTRA_LOADED:
        return n % 2 ? 0.46 + (1.14 - 0.46) * drift : 1.69 - (1.69 - 0.97) * drift;
    }
    return 1;
}

static double per_joule(const struct fake_channel *channel) {
    const char *unit = channel->unit ? channel->unit : "";
    return strstr(unit, "mJ") ? 1e3 : strstr(unit, "uJ") ? 1e6 : strstr(unit, "nJ") ? 1e9 : 1;
}

static void use_until(struct fake_channel *channel, int64_t ns) {
    bool lost = channel->stalled || channel->frozen;
    channel->joules += lost ? 0 : channel->watts * (double)(ns - channel->used_ns) / 1e9;
    channel->used_ns = ns;
}

static void publish(struct fake_channel *channel, int64_t ns) {
    use_until(channel, ns);
    channel->publications++;
    if (channel->stalled)
        return;
    channel->published_ns = ns;
    channel->value = (int64_t)(channel->joules * per_joule(channel));
}

static void move(struct fake_darwin *fake, int64_t to_ns) {
    for (int i = 0; i < fake->channel_count; i++) {
        struct fake_channel *channel = &fake->channels[i];
        while (channel->cadence != FAKE_LIVE && channel->next_ns <= to_ns) {
            publish(channel, channel->next_ns);
            channel->next_ns += (int64_t)(gap_s(channel) * 1e9);
        }
        if (channel->cadence == FAKE_LIVE)
            publish(channel, to_ns);
        use_until(channel, to_ns);
    }
}

void fake_pass(struct fake_darwin *fake, int64_t ns) {
    move(fake, fake->now_ns + ns);
    fake->gpu_ns += fake->gpu_busy * (double)ns;
    fake->now_ns += ns;
}

void fake_sleep(struct fake_darwin *fake, int64_t ns) {
    fake->slept_ns += ns;
    for (int i = 0; i < fake->channel_count; i++)
        fake->channels[i].joules += fake->channels[i].sleep_watts * (double)ns / 1e9;
}

struct fake_channel *fake_add(struct fake_darwin *fake, const char *name, const char *unit,
                              double watts, enum fake_cadence cadence) {
    assert(fake->channel_count < FAKE_CHANNELS_MAX);
    struct fake_channel *channel = &fake->channels[fake->channel_count++];
    *channel = (struct fake_channel){.group = "Energy Model",
                                     .name = name,
                                     .unit = unit,
                                     .watts = watts,
                                     .cadence = cadence,
                                     .joules = 5000,
                                     .used_ns = fake->now_ns,
                                     .next_ns = fake->now_ns - FAKE_S / 3,
                                     .published_ns = fake->now_ns - FAKE_S / 2};
    channel->used_ns = channel->published_ns;
    channel->value = (int64_t)(channel->joules * per_joule(channel));
    move(fake, fake->now_ns);
    return channel;
}

/* ---- channels as they are handed out ---- */

static struct cf *raw_element(const struct fake_channel *channel, int64_t value) {
    unsigned char raw[64] = {0};
    int64_t ns = channel->stuck ? FAKE_S : channel->published_ns;
    uint64_t ticks = (uint64_t)(ns + (channel->ahead ? 5 * FAKE_S : 0)) * 3 / 125;
    memcpy(raw + 24, &ticks, sizeof ticks);
    memcpy(raw + 32, &value, sizeof value);
    return fake_data(raw, sizeof raw);
}

static void put_states(struct cf *dictionary) {
    int64_t residency[COUNT_OF(states)] = {0};
    struct cf *names = fake_array();
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        fake_give(names, fake_string(states[i]));
        residency[i] = (int64_t)((i == 0 ? (double)fake_current->now_ns - fake_current->gpu_ns
                                         : fake_current->gpu_ns / 3) *
                                 24e-3);
    }
    fake_put(dictionary, "states", names);
    fake_put(dictionary, "residency", fake_data(residency, sizeof residency));
}

static struct cf *describe(int index) {
    const struct fake_channel *channel = &fake_current->channels[index];
    struct cf *dictionary = fake_dictionary();
    fake_put(dictionary, "index", fake_number(index));
    fake_put(dictionary, "name", fake_string(channel->name));
    if (channel->unit)
        fake_put(dictionary, "unit", fake_string(channel->unit));
    return dictionary;
}

static struct cf *measure(int index) {
    const struct fake_channel *channel = &fake_current->channels[index];
    struct cf *dictionary = describe(index);
    int64_t value = channel->invalid ? INT64_MIN : channel->value;
    fake_put(dictionary, "value", fake_number(value));
    if (!channel->untimed)
        fake_put(dictionary, RAW, raw_element(channel, value));
    if (strcmp(channel->name, "GPUPH") == 0)
        put_states(dictionary);
    return dictionary;
}

/* ---- as it is called ---- */

static struct cf *group_copy(struct cf *group, struct cf *subgroup, uint64_t a, uint64_t b,
                             uint64_t c) {
    const char *name = fake_text(group);
    assert(a == 0 && b == 0 && c == 0);
    assert((strcmp(name, "GPU Stats") == 0) == (subgroup != NULL));
    struct cf *array = fake_array(), *dictionary = NULL;
    for (int i = 0; i < fake_current->channel_count; i++)
        if (strcmp(fake_current->channels[i].group, name) == 0)
            fake_give(array, describe(i));
    if (fake_count(array) == 0) {
        fake_release(array);
        return NULL;
    }
    dictionary = fake_dictionary();
    fake_put(dictionary, LIST, array);
    fake_put(dictionary, "group", fake_string(name));
    return dictionary;
}

static struct cf *subscribe(void *nothing, struct cf *desired, struct cf **subscribed,
                            uint64_t zero, struct cf *none) {
    const char *name = fake_text(fake_at(desired, "group"));
    assert(!nothing && zero == 0 && !none);
    if (fake_current->refused && strcmp(name, fake_current->refused) == 0)
        return NULL;
    *subscribed = fake_copy(desired);
    return fake_dictionary();
}

static struct cf *sample_create(struct cf *subscription, struct cf *channels, struct cf *none) {
    assert(subscription && !none);
    if (fake_current->no_samples)
        return NULL;
    struct cf *wanted = fake_at(channels, LIST), *array = fake_array();
    struct cf *sample = fake_dictionary();
    move(fake_current, fake_current->now_ns);
    for (long i = 0; i < fake_count(wanted); i++)
        fake_give(array, measure((int)fake_integer(fake_at(fake_item(wanted, i), "index"))));
    if (fake_current->nonsense) {
        fake_give(array, fake_string("no channel"));
        fake_put(fake_item(array, 0), RAW, fake_string("no data"));
        fake_put(fake_item(array, 0), "unit", fake_number(3));
    }
    fake_put(sample, LIST, array);
    return sample;
}

static struct cf *delta_create(struct cf *before, struct cf *after, struct cf *none) {
    assert(!none);
    struct cf *delta = fake_dictionary(), *array = fake_array();
    struct cf *old = fake_at(before, LIST), *new = fake_at(after, LIST);
    for (long i = 0; i < fake_count(new); i++) {
        if (fake_is_string(fake_item(new, i))) { /* nonsense stays nonsense */
            fake_append(array, fake_item(new, i));
            continue;
        }
        struct cf *channel = fake_copy(fake_item(new, i));
        int64_t a[COUNT_OF(states)], b[COUNT_OF(states)];
        memcpy(a, fake_bytes(fake_at(fake_item(old, i), "residency")), sizeof a);
        memcpy(b, fake_bytes(fake_at(channel, "residency")), sizeof b);
        for (size_t k = 0; k < COUNT_OF(states); k++)
            b[k] -= a[k];
        fake_put(channel, "residency", fake_data(b, sizeof b));
        fake_give(array, channel);
    }
    fake_put(delta, LIST, array);
    return delta;
}

static struct cf *channel_name(struct cf *channel) {
    return fake_at(channel, "name");
}

static struct cf *channel_unit(struct cf *channel) {
    return fake_at(channel, "unit");
}

static int64_t simple_value(struct cf *channel, int32_t zero) {
    assert(zero == 0);
    return fake_integer(fake_at(channel, "value"));
}

static int32_t state_count(struct cf *channel) {
    return fake_at(channel, "states") ? (int32_t)COUNT_OF(states) : 0;
}

static struct cf *state_name(struct cf *channel, int32_t index) {
    return fake_item(fake_at(channel, "states"), index);
}

static int64_t state_residency(struct cf *channel, int32_t index) {
    int64_t all[COUNT_OF(states)];
    memcpy(all, fake_bytes(fake_at(channel, "residency")), sizeof all);
    return all[index];
}

void fake_fill_ioreport(struct darwin_api *api) {
    api->group_copy = group_copy;
    api->subscribe = subscribe;
    api->sample_create = sample_create;
    api->delta_create = delta_create;
    api->channel_name = channel_name;
    api->channel_unit = channel_unit;
    api->simple_value = simple_value;
    api->state_count = state_count;
    api->state_name = state_name;
    api->state_residency = state_residency;
}
