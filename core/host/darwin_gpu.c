/* How much of the time the GPU was not off: residencies of its performance states. The driver's
 * own percentage snaps between 0 and 100 on some chips. */
#include <math.h>
#include <string.h>

#include "host/darwin.h"

#define STATES_MAX 256

static bool wants(const char *channel) {
    return strcmp(channel, "GPUPH") == 0;
}

void darwin_gpu_open(struct darwin_gpu *gpu, const struct darwin_api *api) {
    static const struct ioreport_group group = {"GPU Stats", "GPU Performance States", wants};
    *gpu = (struct darwin_gpu){.api = api};
    ioreport_open(&gpu->report, api, &group);
}

void darwin_gpu_close(struct darwin_gpu *gpu) {
    cf_drop(gpu->api, gpu->before);
    ioreport_close(&gpu->report);
}

static bool is_rest(const char *state) {
    return strcmp(state, "OFF") == 0 || strcmp(state, "IDLE") == 0 || strcmp(state, "DOWN") == 0;
}

/* Adds the channel's residencies up. */
static void add_states(const struct darwin_api *api, struct cf *channel, double *active,
                       double *total) {
    int32_t count = api->state_count(channel);
    for (int32_t i = 0; i < count && i < STATES_MAX; i++) {
        char state[DARWIN_NAME_MAX];
        int64_t residency = api->state_residency(channel, i);
        if (residency < 0 || !cf_text(api, api->state_name(channel, i), state, sizeof state))
            continue;
        *total += (double)residency;
        *active += is_rest(state) ? 0 : (double)residency;
    }
}

/* Dies are summed: what part of all their time. */
static double active_share(const struct darwin_gpu *gpu, struct cf *delta) {
    const struct darwin_api *api = gpu->api;
    double active = 0, total = 0;
    long count = ioreport_count(&gpu->report, delta);
    for (long i = 0; i < count; i++) {
        struct cf *channel = ioreport_channel(&gpu->report, delta, i);
        char name[DARWIN_NAME_MAX];
        if (channel && cf_text(api, api->channel_name(channel), name, sizeof name) && wants(name))
            add_states(api, channel, &active, &total);
    }
    return total > 0 ? 100 * active / total : NAN;
}

double darwin_gpu_sample(struct darwin_gpu *gpu) {
    double percent = NAN;
    struct cf *now = ioreport_sample(&gpu->report);
    if (now && gpu->before) {
        struct cf *delta = gpu->api->delta_create(gpu->before, now, NULL);
        percent = active_share(gpu, delta);
        cf_drop(gpu->api, delta);
    }
    cf_drop(gpu->api, gpu->before);
    gpu->before = now;
    return percent;
}
