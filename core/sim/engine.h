/* engine: one simulated engine: its HTTP routes, its requests, its schedule and its cache. Lives on
 * one event base, which the sim owns. */
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include "sim/profile.h"

struct event_base;
struct engine;

/* Serve `profile` (borrowed) on a listening socket, which the engine takes. NULL and `error`. */
struct engine *engine_new(struct event_base *base, int socket, const struct profile *profile,
                          struct error *error);
void engine_free(struct engine *engine); /* closes its connections */

#endif
