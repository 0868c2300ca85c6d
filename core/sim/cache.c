#include "sim/cache.h"

#include <stdlib.h>
#include <string.h>

void cache_init(struct cache *cache, const struct profile *profile) {
    memset(cache, 0, sizeof *cache);
    cache->policy = profile->cache.policy;
    cache->min_prefix = (size_t)profile->cache.min_prefix_chars;
    cache->entries_max = (size_t)profile->cache.entries;
}

void cache_done(struct cache *cache) {
    cache_clear(cache);
    free(cache->entries);
    memset(cache, 0, sizeof *cache);
}

void cache_clear(struct cache *cache) {
    for (size_t i = 0; i < cache->count; i++)
        free(cache->entries[i].text);
    cache->count = 0;
}

static size_t common_prefix(const struct cache_entry *entry, const char *text, size_t length) {
    size_t most = entry->length < length ? entry->length : length, i = 0;
    while (i < most && entry->text[i] == text[i])
        i++;
    return i;
}

/* What of the entry can be used for a text it shares `common` bytes with. */
static size_t usable(enum cache_policy policy, const struct cache_entry *entry, size_t common) {
    switch (policy) {
    case CACHE_NONE:
        return 0;
    case CACHE_SAME_PROMPT:
        return common == entry->length ? common : 0;
    case CACHE_CROSS_USER:
        return common;
    case CACHE_POLICY_COUNT:
        break;
    }
    return 0;
}

size_t cache_lookup(struct cache *cache, const char *text, size_t length) {
    struct cache_entry *best = NULL;
    size_t reuse = 0;
    for (size_t i = 0; i < cache->count; i++) {
        struct cache_entry *entry = &cache->entries[i];
        size_t here = usable(cache->policy, entry, common_prefix(entry, text, length));
        if (here > reuse) {
            reuse = here;
            best = entry;
        }
    }
    if (best == NULL || reuse < cache->min_prefix)
        return 0;
    best->used = ++cache->uses;
    return reuse;
}

/* Where the next prompt goes: over an entry it continues, a free place, or the least recent. */
static struct cache_entry *place(struct cache *cache, const char *text, size_t length) {
    struct cache_entry *oldest = NULL;
    for (size_t i = 0; i < cache->count; i++) {
        struct cache_entry *entry = &cache->entries[i];
        if (common_prefix(entry, text, length) == entry->length)
            return entry;
        if (oldest == NULL || entry->used < oldest->used)
            oldest = entry;
    }
    if (cache->count >= cache->entries_max)
        return oldest;
    cache->entries =
        mem_grow(cache->entries, cache->count, &cache->capacity, sizeof *cache->entries);
    cache->entries[cache->count] = (struct cache_entry){0};
    return &cache->entries[cache->count++];
}

void cache_store(struct cache *cache, const char *text, size_t length) {
    if (cache->policy == CACHE_NONE)
        return;
    struct cache_entry *entry = place(cache, text, length);
    free(entry->text);
    entry->text = mem_bytes(text, length);
    entry->length = length;
    entry->used = ++cache->uses;
}
