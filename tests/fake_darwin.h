/* fake_darwin: the system libraries of a Mac as far as the backend calls them, on any system: real
 * reference counts, a clock that only tests move, drivers that publish their counters as those of
 * an M5 Max or an M1 Ultra do, and processes, memory and power as a test lays them out. One at a
 * time. It shows that the backend fits what is known of these libraries, not how they behave. */
#ifndef TESTS_FAKE_DARWIN_H
#define TESTS_FAKE_DARWIN_H

#include <stdbool.h>

#include "host/darwin.h"

#define FAKE_CHANNELS_MAX 400
#define FAKE_PROCESSES_MAX 16
#define FAKE_S INT64_C(1000000000)

/* Gaps between publications. */
enum fake_cadence {
    FAKE_LIVE,        /* whenever it is asked */
    FAKE_M5,          /* 2.03–2.23 s; a small second batch 9–26 ms behind every third */
    FAKE_ULTRA,       /* 0.75–0.91 s, then 1.19–1.32 s */
    FAKE_ULTRA_LOADED /* 1.69 and 0.46 s, drifting to 0.97 and 1.14 s */
};

struct fake_channel {
    const char *group, *name, *unit;
    double watts;
    enum fake_cadence cadence;
    double begin_s; /* of its first publication; what it counted before is start_j */
    double start_j;
    double sleep_watts;
    bool stalled; /* publishes nothing; what is used meanwhile is lost */
    bool frozen;  /* publishes the same value at new times; lost, too */
    bool invalid; /* the marker for a value that is none */
    bool untimed; /* no raw element */
    bool stuck;   /* always the same time */
    bool ahead;   /* times 5 s from now */

    /* its own */
    double joules;
    int64_t used_ns, next_ns, published_ns, value, publications;
};

struct fake_process {
    int pid, parent;
    bool foreign; /* of another user */
    bool gone;    /* listed, but not there any more */
    const char *path;
    const char *const *argv; /* ends with NULL */
    const char *area;        /* instead of arguments laid out well */
    size_t area_size;
    uint64_t resident, footprint;
    int listens, connects; /* ports, 0 none */
};

struct fake_darwin {
    int64_t now_ns, slept_ns;
    struct fake_channel channels[FAKE_CHANNELS_MAX];
    int channel_count;
    double gpu_busy;           /* share of the time */
    const char *refused;       /* a group that can't be subscribed to */
    const char *missing;       /* a symbol that is not there */
    bool no_samples, nonsense; /* CreateSamples gives NULL; or a dictionary of something else */
    long live;                 /* CF objects */
    double gpu_ns;             /* the GPU's active time so far */

    int thermal; /* -1: no such key */
    bool notified;
    int64_t swap_used, pressure, memsize; /* -1: no such name */
    uint64_t swapouts;
    unsigned vm_count;          /* integers in the system's struct */
    int vm_answers;             /* with too small a count it fails after so many; -1 never */
    unsigned vm_asked, vm_over; /* largest count; calls that asked for more than there is */
    int ports;                  /* rights to the host's port that are held */
    const char *source;         /* "AC Power"; NULL: the system names none */
    int mode;                   /* of AC Power; -1: not there */
    struct fake_process processes[FAKE_PROCESSES_MAX];
    int process_count;
    int socket_size; /* of socket_fdinfo */
};

/* A Mac without channels, with 64 GiB, on AC power, 1000 s after its start. */
void fake_begin(struct fake_darwin *fake);
struct fake_channel *fake_add(struct fake_darwin *fake, const char *name, const char *unit,
                              double watts, enum fake_cadence cadence);
void fake_pass(struct fake_darwin *fake, int64_t ns);
void fake_sleep(struct fake_darwin *fake, int64_t ns);

/* The table as the loader fills it from the fake's symbols, and as its types say it must be. */
struct darwin_api fake_api(void);
struct darwin_api fake_typed_api(void);

/* ---- between the fake's files ---- */

extern struct fake_darwin *fake_current;

struct cf *fake_string(const char *text);
struct cf *fake_number(int64_t value);
struct cf *fake_data(const void *bytes, long length);
struct cf *fake_array(void);
struct cf *fake_dictionary(void);
struct cf *fake_copy(struct cf *dictionary);
void fake_release(struct cf *object);
void fake_append(struct cf *array, struct cf *value);
/* These two release the value, too. */
void fake_give(struct cf *array, struct cf *value);
void fake_put(struct cf *dictionary, const char *key, struct cf *value);
struct cf *fake_at(struct cf *dictionary, const char *key);
long fake_count(struct cf *array);
struct cf *fake_item(struct cf *array, long index);
bool fake_is_string(struct cf *object);
const char *fake_text(struct cf *string);
int64_t fake_integer(struct cf *number);
const unsigned char *fake_bytes(struct cf *data);
void fake_fill_foundation(struct darwin_api *api);
void fake_fill_ioreport(struct darwin_api *api);
void fake_fill_processes(struct darwin_api *api);

#endif
