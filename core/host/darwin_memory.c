/* Swap, what was written to it, free memory and the level of memory pressure. */
#include <string.h>

#include "host/darwin.h"

#define MB (1024.0 * 1024.0)
#define VM_INFO 4           /* HOST_VM_INFO64 */
#define TOO_LARGE (-307)    /* MIG_ARRAY_TOO_LARGE: the system's struct has grown */
#define VM_INTEGERS_MAX 256 /* the most the interface can carry */
#define VM_INTEGERS 38      /* first revision: all that is read here */

/* What vm.swapusage gives, and the first revision of what host_statistics64 gives: the system's
 * struct grows at its end. Counts are in pages of the kernel. */
struct swap_usage {
    uint64_t total, available, used;
    uint32_t page_size;
    int32_t encrypted;
};
struct vm_counts {
    uint32_t free, active, inactive, wired;
    uint64_t zero_filled, reactivated, paged_in, paged_out, faults, cow_faults, lookups, hits;
    uint64_t purged;
    uint32_t purgeable, speculative;
    uint64_t decompressed, compressed, swapped_in, swapped_out;
    uint32_t compressor, throttled, external, internal;
    uint64_t uncompressed;
};
_Static_assert(sizeof(struct swap_usage) == 32, "xsw_usage");
_Static_assert(sizeof(struct vm_counts) == VM_INTEGERS * 4, "vm_statistics64, revision 1");
_Static_assert(offsetof(struct vm_counts, swapped_out) == 120, "swapouts");
_Static_assert(offsetof(struct vm_counts, compressor) == 128, "compressor_page_count");

void darwin_memory_open(struct darwin_memory *memory, const struct darwin_api *api) {
    *memory = (struct darwin_memory){.api = api, .count = VM_INTEGERS};
    if (!api->missing[DARWIN_SYSTEM])
        memory->host = api->host_port();
}

void darwin_memory_close(struct darwin_memory *memory) {
    if (!memory->api->missing[DARWIN_SYSTEM])
        memory->api->port_deallocate(*memory->api->task, memory->host);
}

/* Asking for too much is logged by some systems, asking for too little fails on others, and only
 * when they answer from a cache: ask for what is read here until the system says how much. */
static bool read_counts(struct darwin_memory *memory, struct vm_counts *counts) {
    int integers[VM_INTEGERS_MAX] = {0};
    unsigned count = memory->count;
    int status = memory->api->host_statistics(memory->host, VM_INFO, integers, &count);
    if (status == TOO_LARGE && count > memory->count && count <= VM_INTEGERS_MAX) {
        memory->count = count;
        status = memory->api->host_statistics(memory->host, VM_INFO, integers, &count);
    }
    if (status != 0 || count < VM_INTEGERS)
        return false;
    memcpy(counts, integers, sizeof *counts);
    return true;
}

/* What nothing holds: memory less what is active, inactive, wired, speculative or compressed; what
 * can be purged or read from its file again counts as free. `free` includes the speculative. */
static double free_mb(const struct darwin_memory *memory, const struct vm_counts *counts) {
    int64_t bytes;
    if (!darwin_number(memory->api, "hw.memsize", &bytes))
        return -1;
    double held = (double)counts->active + counts->inactive + counts->wired + counts->speculative +
                  counts->compressor - counts->purgeable - counts->external;
    return ((double)bytes - held * (double)*memory->api->page_size) / MB;
}

void darwin_memory_sample(struct darwin_memory *memory, struct sample *sample) {
    const struct darwin_api *api = memory->api;
    struct swap_usage swap;
    struct vm_counts counts;
    size_t size = sizeof swap;
    int64_t level;
    if (api->missing[DARWIN_SYSTEM])
        return;
    if (api->sysctl_name("vm.swapusage", &swap, &size, NULL, 0) == 0 && size == sizeof swap)
        sample->swap_mb = (double)swap.used / MB;
    if (read_counts(memory, &counts)) {
        double left_mb = free_mb(memory, &counts);
        sample->swapouts = (double)counts.swapped_out;
        if (left_mb >= 0)
            sample->free_mb = left_mb;
    }
    if (darwin_number(api, "kern.memorystatus_vm_pressure_level", &level) &&
        (level == 1 || level == 2 || level == 4))
        sample->pressure = (double)level;
}
