/* darwin_api: every foreign function the macOS backend calls, in one table that is filled at run
 * time: no SDK is needed to build, a function that is missing costs a figure and not the program,
 * and tests put a fake in its place. Prototypes as those who publish their sources declare them
 * (facts: telemetry A.0, A.1, A.9); those of libSystem are held against the system's own headers
 * by `make check-macos`. */
#ifndef HOST_DARWIN_API_H
#define HOST_DARWIN_API_H

#include <stddef.h>
#include <stdint.h>

struct cf; /* any CoreFoundation object; a subscription of IOReport is one, too */
struct cf_callbacks;

struct darwin_timebase {
    uint32_t numer, denom; /* nanoseconds = ticks × numer / denom */
};

enum darwin_library {
    DARWIN_SYSTEM,
    DARWIN_FOUNDATION,
    DARWIN_IOREPORT,
    DARWIN_IOKIT,
    DARWIN_LIBRARY_COUNT
};

#define CF_UTF8 UINT32_C(0x08000100)
#define CF_NUMBER_INT32 3L

struct darwin_api {
    const char *missing[DARWIN_LIBRARY_COUNT]; /* the first symbol not found; NULL: all are there */

    /* CoreFoundation: create and copy give an object to release, get and at lend one */
    void (*release)(struct cf *object);
    unsigned long (*type_of)(struct cf *object);
    unsigned long (*array_type)(void);
    unsigned long (*data_type)(void);
    unsigned long (*dictionary_type)(void);
    unsigned long (*number_type)(void);
    unsigned long (*string_type)(void);
    struct cf *(*string_create)(struct cf *allocator, const char *text, uint32_t encoding);
    unsigned char (*string_get)(struct cf *string, char *out, long size, uint32_t encoding);
    struct cf *(*array_create)(struct cf *allocator, long capacity,
                               const struct cf_callbacks *callbacks);
    void (*array_append)(struct cf *array, struct cf *value);
    long (*array_count)(struct cf *array);
    struct cf *(*array_at)(struct cf *array, long index);
    struct cf *(*dictionary_copy)(struct cf *allocator, long capacity, struct cf *dictionary);
    struct cf *(*dictionary_get)(struct cf *dictionary, struct cf *key);
    void (*dictionary_set)(struct cf *dictionary, struct cf *key, struct cf *value);
    long (*data_length)(struct cf *data);
    const unsigned char *(*data_bytes)(struct cf *data);
    unsigned char (*number_get)(struct cf *number, long type, void *out);
    const struct cf_callbacks *array_callbacks;

    /* IOReport */
    struct cf *(*group_copy)(struct cf *group, struct cf *subgroup, uint64_t, uint64_t, uint64_t);
    struct cf *(*subscribe)(void *, struct cf *desired, struct cf **subscribed, uint64_t,
                            struct cf *);
    struct cf *(*sample_create)(struct cf *subscription, struct cf *channels, struct cf *);
    struct cf *(*delta_create)(struct cf *before, struct cf *after, struct cf *);
    struct cf *(*channel_name)(struct cf *channel);
    struct cf *(*channel_unit)(struct cf *channel);
    int64_t (*simple_value)(struct cf *channel, int32_t);
    int32_t (*state_count)(struct cf *channel);
    struct cf *(*state_name)(struct cf *channel, int32_t index);
    int64_t (*state_residency)(struct cf *channel, int32_t index);

    /* IOKit: power supply and energy preferences */
    struct cf *(*energy_preferences_copy)(void);
    struct cf *(*power_sources_copy)(void);
    struct cf *(*providing_source)(struct cf *sources);

    /* libSystem */
    uint32_t (*notify_register)(const char *name, int *token);
    uint32_t (*notify_state)(int token, uint64_t *state);
    uint32_t (*notify_cancel)(int token);
    int (*sysctl)(int *name, unsigned length, void *old, size_t *size, void *set, size_t set_size);
    int (*sysctl_name)(const char *name, void *old, size_t *size, void *set, size_t set_size);
    unsigned (*host_port)(void);
    int (*port_deallocate)(unsigned task, unsigned port);
    int (*host_statistics)(unsigned host, int flavor, int *out, unsigned *count);
    int (*timebase)(struct darwin_timebase *timebase);
    uint64_t (*ticks)(void);            /* stands still asleep: the clock of clock_ns() */
    uint64_t (*ticks_with_sleep)(void); /* goes on asleep */
    int (*list_pids)(uint32_t type, uint32_t which, void *out, int size);
    int (*pid_info)(int pid, int flavor, uint64_t argument, void *out, int size);
    int (*pid_path)(int pid, void *out, uint32_t size);
    int (*pid_fd_info)(int pid, int fd, int flavor, void *out, int size);
    int (*pid_usage)(int pid, int flavor, void *out);
    const unsigned *task;           /* our own task's port */
    const unsigned long *page_size; /* of the kernel: what its page counts count */
};

/* Puts the address of `name` into `slot` (sizeof(char *) bytes; zeros: it is not there). */
struct darwin_finder {
    void (*find)(enum darwin_library library, const char *name, unsigned char *slot);
};

/* Every member but `missing` is a symbol; a missing one is NULL. */
void darwin_api_load(struct darwin_api *api, const struct darwin_finder *finder);
/* By dlopen and dlsym. The libraries stay open: CoreFoundation can't be unloaded. */
extern const struct darwin_finder darwin_system_finder;

#endif
