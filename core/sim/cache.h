/* cache: the prefix cache of a simulated engine. Works on the text received and on nothing else. */
#ifndef SIM_CACHE_H
#define SIM_CACHE_H

#include <stdint.h>

#include "sim/profile.h"

struct cache_entry {
    char *text;
    size_t length;
    uint64_t used; /* larger: more recent */
};

struct cache {
    enum cache_policy policy;
    size_t min_prefix, entries_max;
    struct cache_entry *entries;
    size_t count, capacity;
    uint64_t uses;
};

void cache_init(struct cache *cache, const struct profile *profile);
void cache_done(struct cache *cache);
void cache_clear(struct cache *cache);

/* Bytes of `text` whose state is here: the longest prefix shared with a stored prompt (cross-user),
 * or the longest stored prompt that begins the text (same-prompt: a state that can't be split).
 * 0 when shorter than the policy's least. */
size_t cache_lookup(struct cache *cache, const char *text, size_t length);
/* Keep a prompt whose prefill is over. */
void cache_store(struct cache *cache, const char *text, size_t length);

#endif
