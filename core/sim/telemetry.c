#include "sim/telemetry.h"

#include <inttypes.h>
#include <math.h>

#define MB 1048576.0
#define PAGE_BYTES 16384 /* of Apple silicon */
#define SYSTEM_MB 8192   /* what the rest of the machine holds */

static void put(struct buf *out, const char *name, const char *kind, double value) {
    buf_printf(out, "# TYPE %s %s\n%s %.17g\n", name, kind, name, value);
}

static void put_seconds(struct buf *out, const char *rail, int64_t ns) {
    buf_printf(out, "sim_energy_published_seconds{rail=\"%s\"} %" PRId64 ".%09" PRId64 "\n", rail,
               ns / 1000000000, ns % 1000000000);
}

/* The CPU's rail as of its last publication, the GPU's live. */
static void put_energy(const struct jobs *jobs, struct buf *out) {
    const struct meter *meter = &jobs->meter;
    double gpu = jobs->profile->watts.gpu_share;
    if (isnan(meter->watts[METER_IDLE]) || isnan(meter->watts[METER_PREFILL]) ||
        isnan(meter->watts[METER_DECODE]))
        return;
    buf_text(out, "# TYPE sim_energy_joules_total counter\n");
    buf_printf(out, "sim_energy_joules_total{rail=\"CPU\"} %.17g\n",
               meter->published_j * (1 - gpu));
    buf_printf(out, "sim_energy_joules_total{rail=\"GPU\"} %.17g\n", meter->joules * gpu);
    buf_text(out, "# TYPE sim_energy_published_seconds gauge\n");
    put_seconds(out, "CPU", meter->published_ns);
    put_seconds(out, "GPU", meter->at_ns);
}

static double free_bytes(const struct jobs *jobs, bool loaded, int64_t kv_tokens) {
    const struct profile *profile = jobs->profile;
    double used = SYSTEM_MB + (loaded ? profile->memory.model_mb : 0);
    double bytes =
        (profile->memory.total_mb - used) * MB - (double)kv_tokens * profile->memory.kv_bytes;
    return bytes > 0 ? bytes : 0;
}

void telemetry_print(const struct jobs *jobs, bool loaded, struct buf *out) {
    struct jobs_count count = jobs_count(jobs);
    put_energy(jobs, out);
    put(out, "sim_swap_used_bytes", "gauge", jobs->sums.swap_mb * MB);
    put(out, "sim_swapouts_total", "counter", floor(jobs->sums.swapped_mb * MB / PAGE_BYTES));
    put(out, "sim_thermal_pressure_level", "gauge", meter_pressure(&jobs->meter));
    put(out, "sim_memory_free_bytes", "gauge", free_bytes(jobs, loaded, count.kv_tokens));
    put(out, "sim_kv_tokens", "gauge", (double)count.kv_tokens);
    buf_text(out, "# TYPE sim_power_source gauge\nsim_power_source{source=\"ac\"} 1\n");
}
