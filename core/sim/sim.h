/* sim: simulated engines. Real HTTP/1.1 and SSE on loopback, one base, one process; each engine is
 * described by a profile (a JSON data file, embedded; facts and rows named in it). */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/util.h"
#include "model/endpoint.h"

struct sim;

/* Names of the embedded profiles, in the panel's order. Borrowed. */
const char *const *sim_profiles(size_t *count);

/* `names` may be embedded names or paths of profile files. Listens on 127.0.0.1, ports chosen by
 * the system (or `first_port`, +1, … when > 0). NULL and `error`. */
struct sim *sim_new(const char *const *names, size_t count, int first_port, struct error *error);
void sim_free(struct sim *sim);
/* Its endpoints, with name, url, engine, model, format, quant, lane, restart URL hint, simulated.
 * Borrowed. */
const struct endpoint *sim_endpoints(const struct sim *sim, size_t *count);
/* Serve until sim_stop or SIGTERM/SIGINT. */
void sim_run(struct sim *sim);
void sim_stop(struct sim *sim); /* any thread */

/* Its own process: forks, serves in the child, which ends when the parent does. Fills endpoints
 * (caller frees with endpoint_done each + free). Call before any thread exists. Returns its pid,
 * -1. */
int sim_spawn(const char *const *names, size_t count, struct endpoint **endpoints,
              size_t *endpoint_count, struct error *error);

#endif
