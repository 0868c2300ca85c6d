#include "host/darwin_api.h"

#include <dlfcn.h>
#include <string.h>

#include "base/util.h"

struct symbol {
    enum darwin_library library;
    const char *name;
    size_t at;
};
#define SYMBOL(library, name, member)                                                              \
    { DARWIN_##library, #name, offsetof(struct darwin_api, member) }

static const struct symbol symbols[] = {
    SYMBOL(FOUNDATION, CFRelease, release),
    SYMBOL(FOUNDATION, CFGetTypeID, type_of),
    SYMBOL(FOUNDATION, CFArrayGetTypeID, array_type),
    SYMBOL(FOUNDATION, CFDataGetTypeID, data_type),
    SYMBOL(FOUNDATION, CFDictionaryGetTypeID, dictionary_type),
    SYMBOL(FOUNDATION, CFNumberGetTypeID, number_type),
    SYMBOL(FOUNDATION, CFStringGetTypeID, string_type),
    SYMBOL(FOUNDATION, CFStringCreateWithCString, string_create),
    SYMBOL(FOUNDATION, CFStringGetCString, string_get),
    SYMBOL(FOUNDATION, CFArrayCreateMutable, array_create),
    SYMBOL(FOUNDATION, CFArrayAppendValue, array_append),
    SYMBOL(FOUNDATION, CFArrayGetCount, array_count),
    SYMBOL(FOUNDATION, CFArrayGetValueAtIndex, array_at),
    SYMBOL(FOUNDATION, CFDictionaryCreateMutableCopy, dictionary_copy),
    SYMBOL(FOUNDATION, CFDictionaryGetValue, dictionary_get),
    SYMBOL(FOUNDATION, CFDictionarySetValue, dictionary_set),
    SYMBOL(FOUNDATION, CFDataGetLength, data_length),
    SYMBOL(FOUNDATION, CFDataGetBytePtr, data_bytes),
    SYMBOL(FOUNDATION, CFNumberGetValue, number_get),
    SYMBOL(FOUNDATION, kCFTypeArrayCallBacks, array_callbacks),
    SYMBOL(IOREPORT, IOReportCopyChannelsInGroup, group_copy),
    SYMBOL(IOREPORT, IOReportCreateSubscription, subscribe),
    SYMBOL(IOREPORT, IOReportCreateSamples, sample_create),
    SYMBOL(IOREPORT, IOReportCreateSamplesDelta, delta_create),
    SYMBOL(IOREPORT, IOReportChannelGetChannelName, channel_name),
    SYMBOL(IOREPORT, IOReportChannelGetUnitLabel, channel_unit),
    SYMBOL(IOREPORT, IOReportSimpleGetIntegerValue, simple_value),
    SYMBOL(IOREPORT, IOReportStateGetCount, state_count),
    SYMBOL(IOREPORT, IOReportStateGetNameForIndex, state_name),
    SYMBOL(IOREPORT, IOReportStateGetResidency, state_residency),
    SYMBOL(IOKIT, IOPMCopyActivePMPreferences, energy_preferences_copy),
    SYMBOL(IOKIT, IOPSCopyPowerSourcesInfo, power_sources_copy),
    SYMBOL(IOKIT, IOPSGetProvidingPowerSourceType, providing_source),
    SYMBOL(SYSTEM, notify_register_check, notify_register),
    SYMBOL(SYSTEM, notify_get_state, notify_state),
    SYMBOL(SYSTEM, notify_cancel, notify_cancel),
    SYMBOL(SYSTEM, sysctl, sysctl),
    SYMBOL(SYSTEM, sysctlbyname, sysctl_name),
    SYMBOL(SYSTEM, mach_host_self, host_port),
    SYMBOL(SYSTEM, mach_port_deallocate, port_deallocate),
    SYMBOL(SYSTEM, host_statistics64, host_statistics),
    SYMBOL(SYSTEM, mach_timebase_info, timebase),
    SYMBOL(SYSTEM, mach_absolute_time, ticks),
    SYMBOL(SYSTEM, mach_continuous_time, ticks_with_sleep),
    SYMBOL(SYSTEM, proc_listpids, list_pids),
    SYMBOL(SYSTEM, proc_pidinfo, pid_info),
    SYMBOL(SYSTEM, proc_pidpath, pid_path),
    SYMBOL(SYSTEM, proc_pidfdinfo, pid_fd_info),
    SYMBOL(SYSTEM, proc_pid_rusage, pid_usage),
    SYMBOL(SYSTEM, mach_task_self_, task),
    SYMBOL(SYSTEM, vm_kernel_page_size, page_size),
};

void darwin_api_load(struct darwin_api *api, const struct darwin_finder *finder) {
    static const unsigned char nothing[sizeof(char *)];
    *api = (struct darwin_api){0};
    for (size_t i = 0; i < COUNT_OF(symbols); i++) {
        const struct symbol *symbol = &symbols[i];
        unsigned char slot[sizeof(char *)] = {0};
        finder->find(symbol->library, symbol->name, slot);
        memcpy((char *)api + symbol->at, slot, sizeof slot);
        if (memcmp(slot, nothing, sizeof slot) == 0 && !api->missing[symbol->library])
            api->missing[symbol->library] = symbol->name;
    }
}

/* These live in the system's shared cache and not as files; only dlopen tells. */
static void find_in_system(enum darwin_library library, const char *name, unsigned char *slot) {
    static const char *const paths[DARWIN_LIBRARY_COUNT] = {
        [DARWIN_SYSTEM] = "/usr/lib/libSystem.B.dylib",
        [DARWIN_FOUNDATION] = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation",
        [DARWIN_IOREPORT] = "/usr/lib/libIOReport.dylib",
        [DARWIN_IOKIT] = "/System/Library/Frameworks/IOKit.framework/IOKit",
    };
    void *handle = dlopen(paths[library], RTLD_NOW | RTLD_LOCAL);
    void *address = handle ? dlsym(handle, name) : NULL;
    memcpy(slot, &address, sizeof address);
}

const struct darwin_finder darwin_system_finder = {find_in_system};
