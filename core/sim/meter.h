/* meter: energy and heat of a simulated machine, integrated exactly over the times the schedule
 * says it was idle, computing prompts or decoding. A rail that is published in batches shows the
 * value of its last publication and when that was, as Apple's counters do (facts telemetry A.1:
 * mJ rails of an M5 Max every 2.03 to 2.23 s, the GPU's live). Knows no clock. */
#ifndef SIM_METER_H
#define SIM_METER_H

#include "sim/profile.h"

enum meter_mode { METER_IDLE, METER_PREFILL, METER_DECODE, METER_MODE_COUNT };

struct meter {
    double watts[METER_MODE_COUNT]; /* NaN: not told */
    double heat_after_s, heat_most_s;
    int64_t period_ns; /* 0: live */
    uint64_t noise;    /* of the period */

    enum meter_mode mode; /* since at_ns */
    int64_t at_ns;
    double joules, heat_s; /* up to at_ns; heat: seconds of work not cooled off yet */
    int64_t next_ns;       /* publication */
    int64_t published_ns;
    double published_j;
};

void meter_init(struct meter *meter, const struct profile *profile, int64_t now_ns);
/* From `at_ns` on it does this. Times before the last one told count as that one. */
void meter_set(struct meter *meter, enum meter_mode mode, int64_t at_ns);
/* Bring the figures up to `now_ns`. */
void meter_advance(struct meter *meter, int64_t now_ns);
/* Level of thermal pressure, 0: nominal. */
int meter_pressure(const struct meter *meter);

#endif
