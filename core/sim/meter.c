#include "sim/meter.h"

#include <math.h>
#include <string.h>

#include "model/stats.h"

/* Apart by 0.97 to 1.06 of the period: 2.03 to 2.23 s for 2.1 s (telemetry A.1). */
static int64_t next_period(struct meter *meter) {
    double share = (double)(stats_random(&meter->noise) >> 11) * 0x1p-53;
    return (int64_t)((double)meter->period_ns * (0.97 + 0.09 * share));
}

void meter_init(struct meter *meter, const struct profile *profile, int64_t now_ns) {
    memset(meter, 0, sizeof *meter);
    meter->watts[METER_IDLE] = profile->watts.idle;
    meter->watts[METER_PREFILL] = profile->watts.prefill;
    meter->watts[METER_DECODE] = profile->watts.decode;
    meter->heat_after_s = profile->heat.after_s;
    meter->heat_most_s = profile->heat.after_s * (profile->heat.most + 0.5);
    meter->period_ns = (int64_t)llround(profile->watts.period_s * 1e9);
    meter->noise = stats_hash(0, profile->name);
    meter->at_ns = meter->published_ns = now_ns;
    if (meter->period_ns > 0)
        meter->next_ns = now_ns + next_period(meter);
}

static void pass(struct meter *meter, int64_t until_ns) {
    double seconds = (double)(until_ns - meter->at_ns) * 1e-9;
    meter->joules += meter->watts[meter->mode] * seconds;
    if (meter->mode == METER_IDLE)
        meter->heat_s = fmax(meter->heat_s - seconds, 0);
    else
        meter->heat_s = fmin(meter->heat_s + seconds, meter->heat_most_s);
    meter->at_ns = until_ns;
}

void meter_advance(struct meter *meter, int64_t now_ns) {
    while (meter->period_ns > 0 && meter->next_ns <= now_ns) {
        if (meter->next_ns > meter->at_ns)
            pass(meter, meter->next_ns);
        meter->published_ns = meter->next_ns;
        meter->published_j = meter->joules;
        meter->next_ns += next_period(meter);
    }
    if (now_ns > meter->at_ns)
        pass(meter, now_ns);
    if (meter->period_ns == 0) {
        meter->published_ns = meter->at_ns;
        meter->published_j = meter->joules;
    }
}

void meter_set(struct meter *meter, enum meter_mode mode, int64_t at_ns) {
    if (mode == meter->mode)
        return;
    meter_advance(meter, at_ns);
    meter->mode = mode;
}

int meter_pressure(const struct meter *meter) {
    return meter->heat_after_s > 0 ? (int)(meter->heat_s / meter->heat_after_s) : 0;
}
