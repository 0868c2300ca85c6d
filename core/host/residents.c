#include "host/residents.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define LOOK_NS INT64_C(5000000000)
/* Looking rests this many times as long as it took, and so does reading memory: a third of a
 * percent of a core each. /proc/net/tcp alone takes 20 ms where the kernel's tables are large. */
#define REST 300
#define OTHERS_MAX 64

struct owned {
    const char *lane;
    const struct endpoint *endpoint;
    int port;
    int pid; /* of the engine's eldest process, -1 not found */
    int64_t started;
    double rss_mb, footprint_mb;
    int64_t memory_ns; /* when to read it again */
};

struct residents {
    struct host *host;
    const struct process_patterns *patterns;
    struct owned owned[ENDPOINTS_MAX];
    size_t owned_count;
    bool watch; /* also without endpoints */
    struct resident others[OTHERS_MAX];
    size_t other_count;
    int64_t look_ns;
};

struct residents *residents_new(struct host *host, const struct process_patterns *patterns) {
    struct residents *residents = mem_zero(1, sizeof *residents);
    residents->host = host;
    residents->patterns = patterns;
    return residents;
}

void residents_free(struct residents *residents) {
    free(residents);
}

/* The port of "http://host:port/…"; the scheme's own without one. */
static int port_of(const char *url) {
    const char *host = strstr(url, "://");
    if (!host)
        return -1;
    host += 3;
    if (*host == '[')
        host += strcspn(host, "]");
    host += strcspn(host, ":/");
    if (*host == ':')
        return (int)strtol(host + 1, NULL, 10);
    return strncmp(url, "https", 5) == 0 ? 443 : 80;
}

void residents_add(struct residents *residents, const char *lane, const struct endpoint *endpoint) {
    if (residents->owned_count == ENDPOINTS_MAX || !endpoint->url)
        return;
    residents->owned[residents->owned_count++] = (struct owned){.lane = lane,
                                                                .endpoint = endpoint,
                                                                .port = port_of(endpoint->url),
                                                                .pid = -1,
                                                                .rss_mb = NAN,
                                                                .footprint_mb = NAN};
}

void residents_watch(struct residents *residents) {
    residents->watch = true;
}

/* ---- looking ---- */

/* What one look saw. */
struct view {
    struct process *processes;
    size_t process_count;
    struct engine_process *engines;
    size_t engine_count;
};

static bool is_claimed(const struct residents *residents, int pid) {
    for (size_t i = 0; i < residents->owned_count; i++)
        if (residents->owned[i].pid == pid)
            return true;
    return false;
}

static bool still_runs(const struct owned *owned, const struct view *view) {
    const struct process *process = process_find(view->processes, view->process_count, owned->pid);
    return process && process->started == owned->started;
}

static void take(struct owned *owned, const struct view *view, int pid) {
    const struct process *process = process_find(view->processes, view->process_count, pid);
    owned->pid = process ? pid : -1;
    owned->started = process ? process->started : 0;
    owned->memory_ns = 0;
    owned->rss_mb = owned->footprint_mb = NAN;
}

/* By the port it listens on. Where descriptors can't be looked into (a service of another user),
 * an engine of its kind that belongs to such a user and to nobody else here. */
static void find(struct residents *residents, struct owned *owned, const struct view *view) {
    int pid = host_listener(residents->host, owned->port);
    if (pid > 0)
        pid = process_root(view->processes, view->process_count, residents->patterns, pid);
    for (size_t i = 0; i < view->engine_count && pid <= 0; i++) {
        const struct engine_process *engine = &view->engines[i];
        const struct process *process =
            process_find(view->processes, view->process_count, engine->pid);
        if (engine->engine == (int)owned->endpoint->engine && process && !process->path &&
            !is_claimed(residents, engine->pid))
            pid = engine->pid;
    }
    take(owned, view, pid);
}

static void read_memory(struct residents *residents, struct owned *owned, int64_t now_ns) {
    if (owned->pid < 0 || now_ns < owned->memory_ns)
        return;
    int64_t from_ns = clock_ns();
    host_memory_of(residents->host, owned->pid, &owned->rss_mb, &owned->footprint_mb);
    owned->memory_ns = now_ns + (clock_ns() - from_ns) * REST * (int64_t)residents->owned_count;
}

static void find_others(struct residents *residents, const struct view *view) {
    residents->other_count = 0;
    for (size_t i = 0; i < view->engine_count && residents->other_count < OTHERS_MAX; i++)
        if (!is_claimed(residents, view->engines[i].pid))
            residents->others[residents->other_count++] =
                (struct resident){view->engines[i].engine, view->engines[i].pid};
}

static struct view view_of(const struct residents *residents) {
    struct view view;
    view.processes = host_processes(residents->host, &view.process_count);
    view.engines = process_engines(view.processes, view.process_count, residents->patterns,
                                   &view.engine_count);
    return view;
}

void residents_look(struct residents *residents, int64_t now_ns) {
    if ((residents->owned_count == 0 && !residents->watch) || now_ns < residents->look_ns)
        return;
    struct view view = view_of(residents);
    for (size_t i = 0; i < residents->owned_count; i++)
        if (residents->owned[i].pid < 0 || !still_runs(&residents->owned[i], &view))
            find(residents, &residents->owned[i], &view);
    find_others(residents, &view);
    free(view.engines);
    host_processes_free(view.processes, view.process_count);
    int64_t rest_ns = (clock_ns() - now_ns) * REST;
    residents->look_ns = now_ns + (rest_ns > LOOK_NS ? rest_ns : LOOK_NS);
    for (size_t i = 0; i < residents->owned_count; i++)
        read_memory(residents, &residents->owned[i], now_ns);
}

/* ---- telling ---- */

void residents_fill(const struct residents *residents, const char *lane, struct sample *sample) {
    for (size_t i = 0; i < residents->owned_count; i++) {
        const struct owned *owned = &residents->owned[i];
        if (owned->pid < 0 || strcmp(owned->lane, lane) != 0)
            continue;
        sample->engines =
            mem_resize(sample->engines, sample->engine_count + 1, sizeof *sample->engines);
        sample->engines[sample->engine_count++] = (struct engine_memory){
            owned->endpoint->ep, owned->pid, owned->rss_mb, owned->footprint_mb};
    }
    if (residents->other_count == 0)
        return;
    sample->others = mem_alloc(residents->other_count * sizeof *sample->others);
    memcpy(sample->others, residents->others, residents->other_count * sizeof *sample->others);
    sample->other_count = residents->other_count;
}
