/* darwin: the corners of macOS that the backend reads, a file each. Everything foreign is called
 * through `struct darwin_api`, which outlives what is opened with it. */
#ifndef HOST_DARWIN_H
#define HOST_DARWIN_H

#include "host/darwin_api.h"
#include "host/host.h"

#define DARWIN_REASON_MAX 240
#define DARWIN_NAME_MAX 48

/* Never fails. The table is copied. */
struct host *darwin_host_new(const struct darwin_api *api);

/* Why nothing can be had from a library, NULL when all of it is there. */
const char *darwin_missing(const struct darwin_api *api, enum darwin_library library, char *reason,
                           size_t size);

/* ---- time ---- */

int64_t darwin_ns(const struct darwin_api *api, uint64_t ticks);
int64_t darwin_now(const struct darwin_api *api); /* clock_ns() */
/* How long the machine has slept since it was started. */
int64_t darwin_slept_ns(const struct darwin_api *api);

/* ---- CoreFoundation ---- */

/* The object when it is there and of that type, else NULL. Borrowed as it was. */
struct cf *cf_as(const struct darwin_api *api, struct cf *object, unsigned long type);
/* Its value for `key`, NULL also when `dictionary` is none. Borrowed. */
struct cf *cf_value(const struct darwin_api *api, struct cf *dictionary, struct cf *key);
/* Without white space at both ends; false when it is no string or does not fit. */
bool cf_text(const struct darwin_api *api, struct cf *string, char *out, size_t size);
struct cf *cf_string(const struct darwin_api *api, const char *text); /* to release */
void cf_drop(const struct darwin_api *api, struct cf *object);        /* NULL is allowed */

/* ---- IOReport ---- */

/* A subscription of its own for each group: the system refuses some groups on some chips, and then
 * refuses the whole subscription. */
struct ioreport {
    const struct darwin_api *api;
    struct cf *channels_key;
    struct cf *wanted, *subscription; /* NULL: `reason` says why */
    char reason[DARWIN_REASON_MAX];
};
struct ioreport_group {
    const char *name, *subgroup; /* NULL: any */
    bool (*wants)(const char *channel);
};
void ioreport_open(struct ioreport *report, const struct darwin_api *api,
                   const struct ioreport_group *group);
void ioreport_close(struct ioreport *report);
/* To release; NULL when there is none. */
struct cf *ioreport_sample(const struct ioreport *report);
/* Channels of a sample, a delta or a group. Borrowed. */
long ioreport_count(const struct ioreport *report, struct cf *sample);
struct cf *ioreport_channel(const struct ioreport *report, struct cf *sample, long index);

/* ---- energy ---- */

enum darwin_rail { RAIL_CPU, RAIL_GPU, RAIL_ANE, RAIL_DRAM, RAIL_DCS, RAIL_COUNT };

/* The rail a channel of the group Energy Model belongs to; false for all others. Of one rail only
 * the channels of the lowest `level` count: a sum for the whole chip beside its parts would count
 * twice. */
bool darwin_rail_of(const char *channel, enum darwin_rail *rail, int *level);
/* Units of a label in a joule; 0 for one that is not known. */
double darwin_units_per_joule(const char *label);

struct darwin_point {
    int64_t ns;
    double joules;
};
struct darwin_channel {
    char name[DARWIN_NAME_MAX];
    enum darwin_rail rail;
    double per_joule;
    bool known;   /* it has a point to count from */
    bool untimed; /* its publication times can't be used: ours are */
    bool seen;    /* in this sample */
    int64_t value;
    uint64_t seen_ticks;
    int64_t seen_value;
    struct darwin_point before, last; /* its last two publications, joules since `known` */
};
struct darwin_reading {
    int64_t value;
    uint64_t ticks; /* when the driver published it; 0 unknown */
};
struct darwin_rail_state {
    bool pending;  /* to begin afresh as soon as all channels are known */
    bool awaiting; /* begun: `origin` is not known yet */
    bool shown, stalled;
    int64_t start_ns, pub_ns, interval_ns, oldest_ns;
    double origin, base, joules;
};
#define DARWIN_CHANNELS_MAX 64
struct darwin_energy {
    const struct darwin_api *api;
    struct ioreport report;
    struct cf *raw_key;
    bool sampled;
    bool chosen; /* which channels are summed, at the first sample that has any */
    struct darwin_channel channels[DARWIN_CHANNELS_MAX];
    size_t channel_count;
    struct darwin_rail_state rails[RAIL_COUNT];
    int64_t slept_ns;
    int64_t since_ns; /* what was published before does not count: the machine slept since */
};
void darwin_energy_open(struct darwin_energy *energy, const struct darwin_api *api);
void darwin_energy_close(struct darwin_energy *energy);
/* Appends to the sample's rails. `gpu_pct` (NaN unknown): a busy GPU that uses nothing is stalled.
 */
void darwin_energy_sample(struct darwin_energy *energy, int64_t epoch_ns, double gpu_pct,
                          struct sample *sample);
/* Rails whose counters stand still; "" none. False when there is no energy at all. */
bool darwin_energy_reason(const struct darwin_energy *energy, char reason[DARWIN_REASON_MAX]);
double darwin_energy_period(const struct darwin_energy *energy);

/* A channel takes a reading in. `may_idle`: no use at all is a reading, too. */
enum darwin_step { STEP_HELD, STEP_ADVANCED, STEP_RESTARTED };
enum darwin_step darwin_channel_take(struct darwin_channel *channel, const struct darwin_api *api,
                                     struct darwin_reading reading, int64_t now_ns, bool may_idle);
/* The rail as the sum of `count` channels at the newest time known of all of them. */
void darwin_rail_update(struct darwin_rail_state *rail, struct darwin_channel *const *channels,
                        size_t count, int64_t now_ns);

/* ---- GPU ---- */

struct darwin_gpu {
    const struct darwin_api *api;
    struct ioreport report;
    struct cf *before; /* the last sample */
};
void darwin_gpu_open(struct darwin_gpu *gpu, const struct darwin_api *api);
void darwin_gpu_close(struct darwin_gpu *gpu);
double darwin_gpu_sample(struct darwin_gpu *gpu); /* % of the time since the last one; or NaN */

/* ---- memory ---- */

struct darwin_memory {
    const struct darwin_api *api;
    unsigned host;  /* one send right, kept */
    unsigned count; /* what host_statistics64 is asked for: grows with the system's struct */
};
void darwin_memory_open(struct darwin_memory *memory, const struct darwin_api *api);
void darwin_memory_close(struct darwin_memory *memory);
void darwin_memory_sample(struct darwin_memory *memory, struct sample *sample);

/* ---- power supply, the machine; strings are the caller's, NULL unknown ---- */

struct darwin_power {
    const char *source, *mode; /* "ac" "battery"; "normal" "low" "high"; NULL unknown */
};
struct darwin_power darwin_power_read(const struct darwin_api *api);
bool darwin_number(const struct darwin_api *api, const char *name, int64_t *value); /* sysctl */
void darwin_machine(const struct darwin_api *api, struct machine *machine);

/* ---- processes ---- */

struct process *darwin_processes(const struct darwin_api *api, size_t *count);
void darwin_memory_of(const struct darwin_api *api, int pid, double *rss_mb, double *footprint_mb);
int darwin_listener(const struct darwin_api *api, int port);
/* Pids of all processes; the caller frees. */
int *darwin_pids(const struct darwin_api *api, size_t *count);

#endif
