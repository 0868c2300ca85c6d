#include "sim/sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/engine.h"

#define REAP_TRIES 200 /* 10 ms each */
#define LISTEN_BACKLOG 4096
#define DESCRIPTORS 10240 /* what macOS allows at most; 2,000 streams and more fit */

/* One engine before it runs. */
struct seat {
    struct profile profile;
    struct endpoint endpoint;
    int socket; /* -1 once the engine has it */
};

struct sim {
    struct seat *seats;
    struct endpoint *endpoints; /* copies, in one piece for sim_endpoints */
    size_t count;
    int stop[2]; /* a pipe: a byte in it stops sim_run */
    int parent;  /* closed at the other end when the parent ends; -1: none */
    bool is_child;
};

const char *const *sim_profiles(size_t *count) {
    static const char *const names[] = {"llama.cpp", "mlx-lm", "lm-studio", "rapid-mlx",
                                        "vllm-mlx",  "omlx",   "vmlx",      "ollama"};
    *count = COUNT_OF(names);
    return names;
}

/* ---- sockets and endpoints ---- */

static bool open_socket(struct seat *seat, int port, struct error *error) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    seat->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (seat->socket < 0)
        return error_set(error, "simulated engine: %s", strerror(errno));
    fcntl(seat->socket, F_SETFD, FD_CLOEXEC);
    fcntl(seat->socket, F_SETFL, O_NONBLOCK);
    setsockopt(seat->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(seat->socket, (struct sockaddr *)&address, size) != 0 ||
        listen(seat->socket, LISTEN_BACKLOG) != 0 ||
        getsockname(seat->socket, (struct sockaddr *)&address, &size) != 0)
        return error_set(error, "simulated engine %s: 127.0.0.1:%d: %s", seat->profile.name, port,
                         strerror(errno));
    seat->endpoint.url = mem_format("http://127.0.0.1:%d", ntohs(address.sin_port));
    return true;
}

/* The profile's name; with a number where there are several of one. */
static char *seat_name(const struct sim *sim, size_t index) {
    const char *name = sim->seats[index].profile.name;
    int before = 0;
    for (size_t i = 0; i < index; i++)
        if (strcmp(sim->seats[i].profile.name, name) == 0)
            before++;
    return before > 0 ? mem_format("%s-%d", name, before + 1) : mem_string(name);
}

static void describe(struct sim *sim, size_t index) {
    const struct profile *profile = &sim->seats[index].profile;
    struct endpoint *endpoint = &sim->seats[index].endpoint;
    endpoint->ep = (int)index;
    endpoint->name = seat_name(sim, index);
    endpoint->lane = mem_string(endpoint->name);
    endpoint->engine = profile->engine;
    endpoint->engine_set = true;
    endpoint->engine_version = mem_string(profile->version);
    endpoint->model = mem_string(profile->model);
    endpoint->format = mem_string(profile->format);
    endpoint->quant = mem_string(profile->quant);
    endpoint->simulated = true;
    endpoint->telemetry = mem_format("%s/sim/metrics", endpoint->url);
    if (profile->restart)
        endpoint->restart = mem_format("POST %s/sim/restart", endpoint->url);
    endpoint_copy(&sim->endpoints[index], endpoint);
}

static bool open_seat(struct sim *sim, size_t index, const char *name, int port,
                      struct error *error) {
    struct seat *seat = &sim->seats[index];
    if (!profile_load(&seat->profile, name, error))
        return false;
    if (!open_socket(seat, port, error))
        return false;
    describe(sim, index);
    return true;
}

struct sim *sim_new(const char *const *names, size_t count, int first_port, struct error *error) {
    if (count == 0)
        names = sim_profiles(&count);
    struct sim *sim = mem_zero(1, sizeof *sim);
    sim->parent = sim->stop[0] = sim->stop[1] = -1;
    sim->seats = mem_zero(count, sizeof *sim->seats);
    sim->endpoints = mem_zero(count, sizeof *sim->endpoints);
    sim->count = count;
    for (size_t i = 0; i < count; i++) {
        sim->seats[i].socket = -1;
        endpoint_init(&sim->seats[i].endpoint);
        endpoint_init(&sim->endpoints[i]);
    }
    bool ok = pipe(sim->stop) == 0 || error_set(error, "simulated engines: %s", strerror(errno));
    for (int i = 0; ok && i < 2; i++) {
        fcntl(sim->stop[i], F_SETFD, FD_CLOEXEC);
        fcntl(sim->stop[i], F_SETFL, O_NONBLOCK);
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = open_seat(sim, i, names[i], first_port > 0 ? first_port + (int)i : 0, error);
    if (ok)
        return sim;
    sim_free(sim);
    return NULL;
}

static void close_fd(int fd) {
    if (fd >= 0)
        close(fd);
}

void sim_free(struct sim *sim) {
    if (sim == NULL)
        return;
    for (size_t i = 0; i < sim->count; i++) {
        close_fd(sim->seats[i].socket);
        profile_done(&sim->seats[i].profile);
        endpoint_done(&sim->seats[i].endpoint);
        endpoint_done(&sim->endpoints[i]);
    }
    close_fd(sim->stop[0]);
    close_fd(sim->stop[1]);
    free(sim->seats);
    free(sim->endpoints);
    free(sim);
}

const struct endpoint *sim_endpoints(const struct sim *sim, size_t *count) {
    *count = sim->count;
    return sim->endpoints;
}

/* ---- running ---- */

static void on_stop(evutil_socket_t fd, short what, void *context) {
    (void)fd;
    (void)what;
    event_base_loopbreak(context);
}

static void raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A cached time would let timers fire early, coarse ones late. */
static struct event_base *new_base(void) {
    struct event_config *config = event_config_new();
    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

enum { STOP_PIPE, STOP_PARENT, STOP_TERM, STOP_INT, STOP_COUNT };

static void watch_stops(struct sim *sim, struct event_base *base, struct event **stops) {
    stops[STOP_PIPE] = event_new(base, sim->stop[0], EV_READ, on_stop, base);
    stops[STOP_TERM] = evsignal_new(base, SIGTERM, on_stop, base);
    if (sim->is_child)
        stops[STOP_PARENT] = event_new(base, sim->parent, EV_READ, on_stop, base);
    else
        stops[STOP_INT] = evsignal_new(base, SIGINT, on_stop, base);
    for (int i = 0; i < STOP_COUNT; i++)
        if (stops[i] != NULL)
            event_add(stops[i], NULL);
}

static bool serve(struct sim *sim, struct event_base *base, struct error *error) {
    struct event *stops[STOP_COUNT] = {0};
    struct engine **engines = mem_zero(sim->count, sizeof(*engines));
    bool ok = true;
    for (size_t i = 0; ok && i < sim->count; i++) {
        engines[i] = engine_new(base, sim->seats[i].socket, &sim->seats[i].profile, error);
        sim->seats[i].socket = -1;
        ok = engines[i] != NULL;
    }
    if (ok) {
        watch_stops(sim, base, stops);
        event_base_dispatch(base);
    }
    for (int i = 0; i < STOP_COUNT; i++)
        if (stops[i] != NULL)
            event_free(stops[i]);
    for (size_t i = 0; i < sim->count; i++)
        engine_free(engines[i]);
    free(engines);
    return ok;
}

bool sim_run(struct sim *sim, struct error *error) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    raise_descriptors();
    struct event_base *base = new_base();
    if (base == NULL)
        return error_set(error, "simulated engines: no event base");
    bool ok = serve(sim, base, error);
    event_base_free(base);
    return ok;
}

void sim_stop(struct sim *sim) {
    while (write(sim->stop[1], "", 1) < 0 && errno == EINTR)
        ;
}

/* ---- a process of its own ---- */

static _Noreturn void serve_as_child(struct sim *sim, int parent, const sigset_t *mask) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction end = {.sa_handler = SIG_DFL}; /* the parent's handlers are not ours */
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    sim->is_child = true;
    sim->parent = parent;
    _exit(sim_run(sim, NULL) ? 0 : 1);
}

static void copy_endpoints(const struct sim *sim, struct endpoint **endpoints, size_t *count) {
    *endpoints = mem_zero(sim->count, sizeof **endpoints);
    *count = sim->count;
    for (size_t i = 0; i < sim->count; i++)
        endpoint_copy(&(*endpoints)[i], &sim->endpoints[i]);
}

void sim_reap(pid_t pid) {
    const struct timespec pause = {.tv_nsec = 10000000};
    kill(pid, SIGTERM);
    for (int i = 0; i < REAP_TRIES; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

pid_t sim_spawn(const char *const *names, size_t count, struct endpoint **endpoints,
                size_t *endpoint_count, struct error *error) {
    int life[2];
    struct sim *sim = sim_new(names, count, 0, error);
    if (sim == NULL)
        return -1;
    if (pipe(life) != 0) {
        error_set(error, "simulated engines: %s", strerror(errno));
        sim_free(sim);
        return -1;
    }
    fcntl(life[1], F_SETFD, FD_CLOEXEC);
    sigset_t all, mask; /* a Ctrl-C between fork and the child's own settings waits for these */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    pid_t pid = fork();
    if (pid == 0) {
        close(life[1]);
        serve_as_child(sim, life[0], &mask);
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(life[0]);
    if (pid < 0) {
        error_set(error, "simulated engines: fork: %s", strerror(errno));
        close(life[1]);
    } else {
        copy_endpoints(sim, endpoints, endpoint_count);
    }
    sim_free(sim);
    return pid;
}
