/* Subscriptions to what drivers report. Only the channels that are used are subscribed to: reading
 * them all was seen to raise the processor's frequency. */
#include <stdio.h>
#include <string.h>

#include "host/darwin.h"

#define CHANNELS_READ_MAX 20000

/* The channels of a sample or of a group: an array under one key. */
static struct cf *array_of(const struct ioreport *report, struct cf *sample) {
    const struct darwin_api *api = report->api;
    return cf_as(api, cf_value(api, sample, report->channels_key), api->array_type());
}

long ioreport_count(const struct ioreport *report, struct cf *sample) {
    struct cf *array = array_of(report, sample);
    long count = array ? report->api->array_count(array) : 0;
    return count < CHANNELS_READ_MAX ? count : CHANNELS_READ_MAX;
}

struct cf *ioreport_channel(const struct ioreport *report, struct cf *sample, long index) {
    const struct darwin_api *api = report->api;
    struct cf *array = array_of(report, sample);
    return array ? cf_as(api, api->array_at(array, index), api->dictionary_type()) : NULL;
}

static struct cf *copy_group(const struct darwin_api *api, const struct ioreport_group *group) {
    struct cf *name = cf_string(api, group->name);
    struct cf *subgroup = group->subgroup ? cf_string(api, group->subgroup) : NULL;
    struct cf *all = name ? api->group_copy(name, subgroup, 0, 0, 0) : NULL;
    cf_drop(api, subgroup);
    cf_drop(api, name);
    return all;
}

/* A copy of `all` with only those that are wanted; NULL when there is none. To release. */
static struct cf *filter(const struct ioreport *report, struct cf *all,
                         const struct ioreport_group *group) {
    const struct darwin_api *api = report->api;
    struct cf *some = api->array_create(NULL, 0, api->array_callbacks), *copy = NULL;
    long count = some ? ioreport_count(report, all) : 0;
    for (long i = 0; i < count; i++) {
        struct cf *channel = ioreport_channel(report, all, i);
        char name[DARWIN_NAME_MAX];
        if (channel && cf_text(api, api->channel_name(channel), name, sizeof name) &&
            group->wants(name))
            api->array_append(some, channel);
    }
    if (some && api->array_count(some) > 0)
        copy = api->dictionary_copy(NULL, 0, all);
    if (copy)
        api->dictionary_set(copy, report->channels_key, some);
    cf_drop(api, some);
    return copy;
}

static void subscribe(struct ioreport *report) {
    const struct darwin_api *api = report->api;
    struct cf *subscribed = NULL;
    report->subscription = api->subscribe(NULL, report->wanted, &subscribed, 0, NULL);
    cf_drop(api, subscribed); /* given to us; the wanted ones serve as well */
}

void ioreport_open(struct ioreport *report, const struct darwin_api *api,
                   const struct ioreport_group *group) {
    *report = (struct ioreport){.api = api};
    if (darwin_missing(api, DARWIN_FOUNDATION, report->reason, sizeof report->reason) ||
        darwin_missing(api, DARWIN_IOREPORT, report->reason, sizeof report->reason) ||
        darwin_missing(api, DARWIN_SYSTEM, report->reason, sizeof report->reason))
        return;
    report->channels_key = cf_string(api, "IOReportChannels");
    struct cf *all = copy_group(api, group);
    if (all)
        report->wanted = filter(report, all, group);
    if (report->wanted)
        subscribe(report);
    if (!all)
        snprintf(report->reason, sizeof report->reason,
                 "this system reports no group %s (none in a virtual machine or a sandbox)",
                 group->name);
    else if (!report->wanted)
        snprintf(report->reason, sizeof report->reason,
                 "no channel of the group %s has a known name", group->name);
    else if (!report->subscription)
        snprintf(report->reason, sizeof report->reason,
                 "the system refused the group %s; in a sandbox? else try codesign -s - pitwall",
                 group->name);
    cf_drop(api, all);
}

void ioreport_close(struct ioreport *report) {
    cf_drop(report->api, report->subscription);
    cf_drop(report->api, report->wanted);
    cf_drop(report->api, report->channels_key);
}

struct cf *ioreport_sample(const struct ioreport *report) {
    if (!report->subscription)
        return NULL;
    return report->api->sample_create(report->subscription, report->wanted, NULL);
}
