/* sim: simulated engines. Real HTTP/1.1 and SSE on loopback, one base, one process; each engine is
 * described by a profile (a JSON data file, embedded; facts and rows named in it). It knows nothing
 * of suites and phases: what it does follows from the bytes it gets.
 *
 * Routes of every engine: POST /v1/chat/completions, GET /v1/models, GET /health, GET and DELETE
 * /truth (sim/truth.h), POST /sim/restart (forgets its caches unless they persist, cuts what is
 * running, then answers 503 "Loading model" for its load time). */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <sys/types.h>

#include "base/util.h"
#include "model/endpoint.h"

struct sim;

/* Names of the embedded profiles, in the panel's order. Borrowed. */
const char *const *sim_profiles(size_t *count);

/* `names` may be embedded names or paths of profile files; none: all embedded ones. Listens on
 * 127.0.0.1, ports chosen by the system (or `first_port`, +1, … when > 0). NULL and `error`. */
struct sim *sim_new(const char *const *names, size_t count, int first_port, struct error *error);
void sim_free(struct sim *sim);
/* Its endpoints, with name, url, engine, model, format, quant, lane (each a machine of its own) and
 * simulated. Where the profile says so `restart` is "POST http://…/sim/restart": a request to send
 * where other endpoints have a shell command. Borrowed. */
const struct endpoint *sim_endpoints(const struct sim *sim, size_t *count);
/* Serve until sim_stop or SIGTERM/SIGINT; ignores SIGPIPE. False and `error` if it can't begin. */
bool sim_run(struct sim *sim, struct error *error);
void sim_stop(struct sim *sim); /* any thread, also before sim_run */

/* Its own process: forks, serves in the child, which ignores SIGINT and SIGHUP and ends on SIGTERM
 * and when the parent does (a pipe left open in the parent until then). Fills endpoints (caller
 * frees with endpoint_done each + free). Call before any thread exists. Returns its pid, -1. */
pid_t sim_spawn(const char *const *names, size_t count, struct endpoint **endpoints,
                size_t *endpoint_count, struct error *error);

#endif
