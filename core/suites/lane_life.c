/* The life of an engine around its visits: its model unloaded so that the next one has the machine
 * to itself, loaded again, and the machine left to settle in between (protocol 5). */
#include <math.h>
#include <stdlib.h>

#include "engines/unload.h"
#include "host/host.h"
#include "suites/lane_inner.h"

#define UNLOAD_MS 60000
#define COMMAND_MS 120000
#define SETTLE_STEP_US INT64_C(250000)
#define SETTLE_MOST_US INT64_C(15000000)
#define SETTLE_BLIND_US INT64_C(2000000) /* where nobody tells the free memory */
#define SETTLE_MB 64.0                   /* a smaller change is none */
#define SETTLE_STEPS 3                   /* as many without a change, one after the other */

/* The engine's own request; `header` is the caller's to free. */
static struct engine_at reach(struct lane *lane, struct slot *slot, char **header) {
    *header = lane_authorization(lane, slot);
    return (struct engine_at){.engine = slot->engine,
                              .url = slot->endpoint->url,
                              .model = slot->endpoint->model ? slot->endpoint->model : slot->model,
                              .http = lane->http,
                              .header = *header};
}

bool lane_unloads(struct lane *lane, int ep) {
    struct slot *slot = lane_slot(lane, ep);
    char *header;
    struct engine_at at = reach(lane, slot, &header);
    if (slot->unloads == CHECK_NONE) {
        lane_settle(lane);
        slot->unloads = engine_can_unload(&at) ? CHECK_YES : CHECK_NO;
    }
    free(header);
    return slot->unloads == CHECK_YES;
}

static double free_mb(struct host *host) {
    struct event *event = event_new(EVENT_SAMPLE, 0);
    host_sample(host, 0, &event->sample);
    double mb = event->sample.free_mb;
    event_free(event);
    return mb;
}

/* Until the free memory stays where it is; another machine's is not seen from here. */
static void wait_for_memory(struct lane *lane, const struct slot *slot) {
    char *name = endpoint_host(slot->endpoint->url);
    struct host *host = name && endpoint_is_loopback(name) ? host_new() : NULL;
    int64_t until_us = lane_now_us(lane) + SETTLE_MOST_US;
    double last = host ? free_mb(host) : NAN;
    if (isnan(last))
        lane_pause(lane, SETTLE_BLIND_US);
    for (int still = 0; !isnan(last) && still < SETTLE_STEPS && lane_now_us(lane) < until_us;) {
        if (!lane_pause(lane, SETTLE_STEP_US))
            break;
        double now = free_mb(host);
        still = fabs(now - last) < SETTLE_MB ? still + 1 : 0;
        last = now;
    }
    host_free(host);
    free(name);
}

bool lane_command_of(struct lane *lane, int ep, const char *what, const char *text) {
    struct error error = {0};
    if (!text || lane_stopped(lane))
        return false;
    int status = lane_shell(lane, text, COMMAND_MS, &error);
    if (status != 0 && !lane_stopped(lane))
        lane_note(lane, NOTE_WARN, ep, "its %s command failed (%d): %s", what, status, error.text);
    return status == 0;
}

static void unload(struct lane *lane, struct slot *slot) {
    struct error error = {0};
    char *header;
    struct engine_at at = reach(lane, slot, &header);
    int64_t begin_us = lane_now_us(lane);
    lane_settle(lane);
    slot->away = engine_unload(&at, UNLOAD_MS, &error);
    if (slot->away)
        wait_for_memory(lane, slot);
    if (slot->away)
        lane_note(lane, NOTE_INFO, slot->ep, "its model is unloaded; memory settled after %.1f s",
                  (double)(lane_now_us(lane) - begin_us) / 1e6);
    else if (!lane_halted(lane))
        lane_note(lane, NOTE_WARN, slot->ep, "its model could not be unloaded: %s", error.text);
    free(header);
}

void lane_put_away(struct lane *lane, int ep) {
    struct slot *slot = lane_slot(lane, ep);
    if (lane_halted(lane) || slot->away || slot->state == ENDPOINT_DOWN)
        return;
    if (!slot->endpoint->stop && lane_unloads(lane, ep))
        unload(lane, slot);
}

void lane_bring_back(struct lane *lane, int ep) {
    struct slot *slot = lane_slot(lane, ep);
    struct error error = {0};
    char *header;
    if (!slot->away || lane_halted(lane))
        return;
    struct engine_at at = reach(lane, slot, &header);
    lane_settle(lane);
    slot->away = false;
    if (engine_load(&at, LANE_LOAD_MS, &error))
        wait_for_memory(lane, slot);
    else if (!lane_halted(lane)) /* most load with the first request anyway */
        lane_note(lane, NOTE_WARN, ep, "its model could not be loaded: %s", error.text);
    free(header);
}

bool lane_can_restart(struct lane *lane, int ep) {
    const struct endpoint *endpoint = lane_slot(lane, ep)->endpoint;
    return endpoint->restart || (endpoint->stop && endpoint->start) || lane_unloads(lane, ep);
}

static bool restart_by_command(struct lane *lane, const struct endpoint *endpoint,
                               struct error *error) {
    int status = lane_shell(lane, endpoint->restart, COMMAND_MS, error);
    if (status <= 0)
        return status == 0;
    struct error why = *error;
    return error_set(error, "restart command: exit status %d%s%.300s", status,
                     why.text[0] ? ": " : "", why.text);
}

static bool restart(struct lane *lane, struct slot *slot, struct error *error) {
    const struct endpoint *endpoint = slot->endpoint;
    if (endpoint->restart) {
        lane_note(lane, NOTE_INFO, slot->ep, "restarting the engine");
        return restart_by_command(lane, endpoint, error);
    }
    if (endpoint->stop && endpoint->start) {
        lane_note(lane, NOTE_INFO, slot->ep, "stopping and starting the engine");
        return (lane_command_of(lane, slot->ep, "stop", endpoint->stop) &&
                lane_command_of(lane, slot->ep, "start", endpoint->start)) ||
               error_set(error, "its stop or start command failed");
    }
    lane_note(lane, NOTE_INFO, slot->ep, "no restart command: unloading and loading its model");
    unload(lane, slot);
    if (!slot->away)
        return error_set(error, "its model could not be unloaded");
    lane_bring_back(lane, slot->ep);
    return true;
}

bool lane_restart(struct lane *lane, int ep, struct error *error) {
    struct slot *slot = lane_slot(lane, ep);
    if (!restart(lane, slot, error))
        return false;
    /* The state was that of the process before. */
    slot->state = ENDPOINT_UNKNOWN;
    switch (lane_ready(lane, ep, LANE_LOAD_MS)) {
    case LANE_READY:
        return true;
    case LANE_NOT_READY:
        return error_set(error, "not ready after its restart");
    case LANE_WAIT_SKIPPED:
    case LANE_WAIT_STOPPED:
        break;
    }
    return error_set(error, "interrupted by the user");
}
