/* sim: simulated engines. Real HTTP and SSE on loopback, one base, one process; each engine is
 * described by a profile (a JSON data file, embedded; facts and rows named in it). It knows nothing
 * of suites and phases: what it does follows from the bytes it gets.
 *
 * Routes of every engine: POST /v1/chat/completions, GET and DELETE /truth (sim/truth.h), POST
 * /sim/restart (forgets its caches unless they persist, cuts what is running, then loads for its
 * load time, as the profile's wire.loading says), GET /sim/metrics (below). The others are those of
 * the engine it stands for (sim/routes.h). A request whose model is "script-WORD" is answered as
 * that script says (sim/script.h), whatever the engine.
 *
 * /sim/metrics is the exporter of the simulated machine, Prometheus text:
 *   sim_energy_joules_total{rail}       counter; CPU as of its last publication (2.1 s apart where
 *                                       the profile says so), GPU live; the rails add up to the
 *                                       machine; absent where the profile tells no watts
 *   sim_energy_published_seconds{rail}  when that value was published, seconds of clock_ns(), 9
 *                                       decimals: comparable on the same machine only
 *   sim_swap_used_bytes                 gauge
 *   sim_swapouts_total                  counter, pages of 16 KiB
 *   sim_thermal_pressure_level          0 nominal, 1 moderate, 2 heavy, 3 trapping
 *   sim_memory_free_bytes               gauge
 *   sim_kv_tokens                       tokens of requests that are being decoded
 *   sim_power_source{source="ac"} 1 */
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
/* Its endpoints, with name, url, engine, model, format, quant, lane (each a machine of its own),
 * telemetry (its /sim/metrics) and simulated. Where the profile says so `restart` is "POST
 * http://…/sim/restart": a request to send where other endpoints have a shell command. Borrowed. */
const struct endpoint *sim_endpoints(const struct sim *sim, size_t *count);
/* Serve until sim_stop or SIGTERM/SIGINT; ignores SIGPIPE. False and `error` if it can't begin. */
bool sim_run(struct sim *sim, struct error *error);
void sim_stop(struct sim *sim); /* any thread, also before sim_run */

/* Its own process: forks, serves in the child, which ignores SIGINT and SIGHUP and ends on SIGTERM
 * and when the parent does (a pipe left open in the parent until then). Fills endpoints (caller
 * frees with endpoint_done each + free). Call before any thread exists. Returns its pid, -1. */
pid_t sim_spawn(const char *const *names, size_t count, struct endpoint **endpoints,
                size_t *endpoint_count, struct error *error);

/* End that process: asks, waits a moment, then kills it. */
void sim_reap(pid_t pid);

#endif
