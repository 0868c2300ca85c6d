/* Time, the table of functions, and the rest of the system: names of sysctl, memory, heat, power.
 */
#include "fake_darwin.h"

#include <assert.h>
#include <string.h>

struct fake_darwin *fake_current;

void fake_begin(struct fake_darwin *fake) {
    *fake = (struct fake_darwin){.now_ns = 1000 * FAKE_S,
                                 .pressure = 1,
                                 .memsize = INT64_C(64) << 30,
                                 .swap_used = 0,
                                 .vm_count = 38,
                                 .vm_answers = -1,
                                 .source = "AC Power",
                                 .mode = 0,
                                 .socket_size = 792};
    fake_current = fake;
}

/* ---- clocks ---- */

static uint64_t ticks(void) {
    return (uint64_t)fake_current->now_ns * 3 / 125;
}

static uint64_t ticks_with_sleep(void) {
    return (uint64_t)(fake_current->now_ns + fake_current->slept_ns) * 3 / 125;
}

static int timebase(struct darwin_timebase *base) {
    *base = (struct darwin_timebase){125, 3};
    return 0;
}

/* ---- sysctl ---- */

static int give(const void *value, size_t length, void *old, size_t *size) {
    assert(*size >= length);
    memcpy(old, value, length);
    *size = length;
    return 0;
}

static int sysctl_name(const char *name, void *old, size_t *size, void *set, size_t set_size) {
    static const struct {
        const char *name, *text;
    } texts[] = {{"hw.model", "Mac16,5"},
                 {"machdep.cpu.brand_string", "Apple M4 Max"},
                 {"kern.osproductversion", "15.5"},
                 {"kern.osversion", "24F74"}};
    const struct fake_darwin *fake = fake_current;
    int32_t cores = 16, level = (int32_t)fake->pressure;
    uint64_t swap[4] = {UINT64_C(4) << 30, 0, (uint64_t)fake->swap_used, 16384};
    assert(!set && set_size == 0);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(name, texts[i].name) == 0)
            return give(texts[i].text, strlen(texts[i].text) + 1, old, size);
    if (strcmp(name, "vm.swapusage") == 0 && fake->swap_used >= 0)
        return give(swap, sizeof swap, old, size);
    if (strcmp(name, "kern.memorystatus_vm_pressure_level") == 0 && fake->pressure >= 0)
        return give(&level, sizeof level, old, size);
    if (strcmp(name, "hw.memsize") == 0 && fake->memsize >= 0)
        return give(&fake->memsize, sizeof fake->memsize, old, size);
    if (strcmp(name, "hw.physicalcpu") == 0)
        return give(&cores, sizeof cores, old, size);
    return -1;
}

/* ---- mach ---- */

#define MIG_ARRAY_TOO_LARGE (-307)
static const unsigned task = 77;
static const unsigned long page_size = 16384;

static unsigned host_port(void) {
    fake_current->ports++;
    return 5;
}

static int port_deallocate(unsigned of, unsigned port) {
    assert(of == task && port == 5 && fake_current->ports > 0);
    fake_current->ports--;
    return 0;
}

/* A system whose struct has grown answers a caller who knows the old one for a while. */
static int host_statistics(unsigned host, int flavor, int *out, unsigned *count) {
    struct fake_darwin *fake = fake_current;
    assert(host == 5 && flavor == 4 && *count <= 256);
    fake->vm_asked = *count > fake->vm_asked ? *count : fake->vm_asked;
    fake->vm_over += *count > fake->vm_count;
    if (*count < fake->vm_count && fake->vm_answers >= 0 && fake->vm_answers-- == 0) {
        *count = fake->vm_count;
        fake->vm_answers = 0;
        return MIG_ARRAY_TOO_LARGE;
    }
    if (*count > fake->vm_count)
        *count = fake->vm_count;
    uint32_t all[256] = {0};
    all[0] = 100000;  /* free, speculative included */
    all[1] = 1000000; /* active */
    all[2] = 500000;  /* inactive */
    all[3] = 400000;  /* wired */
    all[22] = 30000;  /* purgeable */
    all[23] = 20000;  /* speculative */
    memcpy(all + 30, &fake->swapouts, sizeof fake->swapouts);
    all[32] = 250000; /* compressor */
    all[34] = 300000; /* external */
    memcpy(out, all, *count * sizeof *all);
    return 0;
}

/* ---- heat and power ---- */

static uint32_t notify_register(const char *name, int *token) {
    assert(strcmp(name, "com.apple.system.thermalpressurelevel") == 0 && !fake_current->notified);
    *token = 9;
    fake_current->notified = fake_current->thermal >= 0;
    return fake_current->thermal >= 0 ? 0 : 1000000;
}

static uint32_t notify_state(int token, uint64_t *state) {
    assert(token == 9 && fake_current->notified);
    *state = (uint64_t)fake_current->thermal;
    return 0;
}

static uint32_t notify_cancel(int token) {
    assert(token == 9 && fake_current->notified);
    fake_current->notified = false;
    return 0;
}

static struct cf *energy_preferences_copy(void) {
    struct cf *preferences = fake_dictionary(), *ac = fake_dictionary();
    struct cf *battery = fake_dictionary();
    if (fake_current->mode >= 0)
        fake_put(ac, "LowPowerMode", fake_number(fake_current->mode));
    fake_put(battery, "LowPowerMode", fake_number(1));
    fake_put(preferences, "AC Power", ac);
    fake_put(preferences, "Battery Power", battery);
    return preferences;
}

static struct cf *power_sources_copy(void) {
    struct cf *sources = fake_dictionary();
    if (fake_current->source)
        fake_put(sources, "providing", fake_string(fake_current->source));
    return sources;
}

static struct cf *providing_source(struct cf *sources) {
    return fake_at(sources, "providing");
}

/* ---- the table ---- */

struct darwin_api fake_typed_api(void) {
    struct darwin_api api = {
        .energy_preferences_copy = energy_preferences_copy,
        .power_sources_copy = power_sources_copy,
        .providing_source = providing_source,
        .notify_register = notify_register,
        .notify_state = notify_state,
        .notify_cancel = notify_cancel,
        .sysctl_name = sysctl_name,
        .host_port = host_port,
        .port_deallocate = port_deallocate,
        .host_statistics = host_statistics,
        .timebase = timebase,
        .ticks = ticks,
        .ticks_with_sleep = ticks_with_sleep,
        .task = &task,
        .page_size = &page_size,
    };
    fake_fill_foundation(&api);
    fake_fill_ioreport(&api);
    fake_fill_processes(&api);
    return api;
}

/* Under the names that they have on a Mac. */
struct fake_symbol {
    const char *name;
    size_t at;
};
#define AT(name, member)                                                                           \
    { #name, offsetof(struct darwin_api, member) }
static const struct fake_symbol symbols[] = {
    AT(CFRelease, release),
    AT(CFGetTypeID, type_of),
    AT(CFArrayGetTypeID, array_type),
    AT(CFDataGetTypeID, data_type),
    AT(CFDictionaryGetTypeID, dictionary_type),
    AT(CFNumberGetTypeID, number_type),
    AT(CFStringGetTypeID, string_type),
    AT(CFStringCreateWithCString, string_create),
    AT(CFStringGetCString, string_get),
    AT(CFArrayCreateMutable, array_create),
    AT(CFArrayAppendValue, array_append),
    AT(CFArrayGetCount, array_count),
    AT(CFArrayGetValueAtIndex, array_at),
    AT(CFDictionaryCreateMutableCopy, dictionary_copy),
    AT(CFDictionaryGetValue, dictionary_get),
    AT(CFDictionarySetValue, dictionary_set),
    AT(CFDataGetLength, data_length),
    AT(CFDataGetBytePtr, data_bytes),
    AT(CFNumberGetValue, number_get),
    AT(kCFTypeArrayCallBacks, array_callbacks),
    AT(IOReportCopyChannelsInGroup, group_copy),
    AT(IOReportCreateSubscription, subscribe),
    AT(IOReportCreateSamples, sample_create),
    AT(IOReportCreateSamplesDelta, delta_create),
    AT(IOReportChannelGetChannelName, channel_name),
    AT(IOReportChannelGetUnitLabel, channel_unit),
    AT(IOReportSimpleGetIntegerValue, simple_value),
    AT(IOReportStateGetCount, state_count),
    AT(IOReportStateGetNameForIndex, state_name),
    AT(IOReportStateGetResidency, state_residency),
    AT(IOPMCopyActivePMPreferences, energy_preferences_copy),
    AT(IOPSCopyPowerSourcesInfo, power_sources_copy),
    AT(IOPSGetProvidingPowerSourceType, providing_source),
    AT(notify_register_check, notify_register),
    AT(notify_get_state, notify_state),
    AT(notify_cancel, notify_cancel),
    AT(sysctl, sysctl),
    AT(sysctlbyname, sysctl_name),
    AT(mach_host_self, host_port),
    AT(mach_port_deallocate, port_deallocate),
    AT(host_statistics64, host_statistics),
    AT(mach_timebase_info, timebase),
    AT(mach_absolute_time, ticks),
    AT(mach_continuous_time, ticks_with_sleep),
    AT(mach_task_self_, task),
    AT(vm_kernel_page_size, page_size),
    AT(proc_listpids, list_pids),
    AT(proc_pidinfo, pid_info),
    AT(proc_pidpath, pid_path),
    AT(proc_pidfdinfo, pid_fd_info),
    AT(proc_pid_rusage, pid_usage),
};

static void find(enum darwin_library library, const char *name, unsigned char *slot) {
    struct darwin_api api = fake_typed_api();
    (void)library;
    if (fake_current->missing && strcmp(name, fake_current->missing) == 0)
        return;
    for (size_t i = 0; i < COUNT_OF(symbols); i++)
        if (strcmp(name, symbols[i].name) == 0)
            memcpy(slot, (const char *)&api + symbols[i].at, sizeof(char *));
}

struct darwin_api fake_api(void) {
    static const struct darwin_finder finder = {find};
    struct darwin_api api;
    darwin_api_load(&api, &finder);
    return api;
}
