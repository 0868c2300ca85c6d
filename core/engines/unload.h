/* unload: taking a model out of memory and back, by the engine's own requests (the table's), so
 * that the next engine has the machine to itself. */
#ifndef ENGINES_UNLOAD_H
#define ENGINES_UNLOAD_H

#include "engines/registry.h"

/* A server and how to reach it. Borrowed. */
struct engine_at {
    enum engine_id engine;
    const char *url, *model;
    struct http *http;
    const char *header; /* with the key; NULL: none */
};

/* Whether it can; asks the server where the table alone cannot tell. */
bool engine_can_unload(const struct engine_at *at);

/* Blocks in http's loop until it is done, at most `timeout_ms`. A model that was not loaded counts
 * as unloaded. False: `error` says why. */
bool engine_unload(const struct engine_at *at, int64_t timeout_ms, struct error *error);
bool engine_load(const struct engine_at *at, int64_t timeout_ms, struct error *error);

#endif
