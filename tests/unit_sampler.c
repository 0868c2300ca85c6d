/* The sampler end to end: pages of an exporter of the test's own and processes that look like
 * engines become samples, samples become gates. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "build.h"
#include "engines/processes.h"
#include "host/sampler.h"
#include "model/absent.h"
#include "net/http.h"

#define A SUITE_AGENTIC

/* ---- an exporter ---- */

struct pages {
    int listener, port;
    pthread_t thread;
    pthread_mutex_t lock;
    int status;      /* 0: takes the request and says nothing */
    char body[1024]; /* "%lld" stands for how many were served, in joules */
    int served;
    int stop_pipe[2];
};

static int listen_here(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 16), 0);
    getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

/* One request a connection. */
static void pages_answer(struct pages *pages, int fd) {
    char request[2048], reply[2048];
    if (read(fd, request, sizeof request) <= 0)
        return;
    pthread_mutex_lock(&pages->lock);
    int status = pages->status;
    pages->served++;
    snprintf(reply, sizeof reply,
             "HTTP/1.1 %d X\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n%s",
             status, strlen(pages->body), pages->body);
    pthread_mutex_unlock(&pages->lock);
    if (status != 0) {
        if (write(fd, reply, strlen(reply)) < 0)
            return;
    } else { /* until the other side gives up, or the end */
        struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
                                {.fd = pages->stop_pipe[0], .events = POLLIN}};
        poll(fds, 2, 3000);
    }
}

static void *pages_main(void *context) {
    struct pages *pages = context;
    for (;;) {
        struct pollfd fds[2] = {{.fd = pages->listener, .events = POLLIN},
                                {.fd = pages->stop_pipe[0], .events = POLLIN}};
        poll(fds, 2, -1);
        if (fds[1].revents)
            return NULL;
        int fd = accept(pages->listener, NULL, NULL);
        if (fd < 0)
            continue;
        pages_answer(pages, fd);
        close(fd);
    }
}

static void pages_set(struct pages *pages, int status, const char *body) {
    pthread_mutex_lock(&pages->lock);
    pages->status = status;
    copy_text(pages->body, sizeof pages->body, body);
    pthread_mutex_unlock(&pages->lock);
}

static int pages_served(struct pages *pages) {
    pthread_mutex_lock(&pages->lock);
    int served = pages->served;
    pthread_mutex_unlock(&pages->lock);
    return served;
}

static void pages_begin(struct pages *pages, int status, const char *body) {
    *pages = (struct pages){0};
    pthread_mutex_init(&pages->lock, NULL);
    pages_set(pages, status, body);
    pages->listener = listen_here(&pages->port);
    assert_int_equal(pipe(pages->stop_pipe), 0);
    pthread_create(&pages->thread, NULL, pages_main, pages);
}

static void pages_end(struct pages *pages) {
    close(pages->stop_pipe[1]);
    pthread_join(pages->thread, NULL);
    close(pages->stop_pipe[0]);
    close(pages->listener);
}

/* ---- a run with nothing but its sampler ---- */

struct bed {
    struct run run;
    struct queue *queue;
    struct sampler *sampler;
    struct board *board;
    int64_t epoch_ns;
    struct event *last; /* sample */
    size_t samples, warnings, rails;
    char warning[256];
    struct rail latest; /* rail seen */
};

static void bed_begin(struct bed *bed, int endpoints) {
    *bed = (struct bed){0};
    http_global_init();
    bed->run = build_run(endpoints, 1);
    build_plan(&bed->run, A, BUILD_AGENTIC);
}

static void set(char **text, char *value) {
    free(*text);
    *text = value;
}

static void bed_start(struct bed *bed) {
    bed->queue = queue_new((size_t)1 << 20);
    bed->board = board_new(&bed->run);
    bed->epoch_ns = clock_ns();
    bed->sampler = sampler_start(&bed->run, bed->queue, bed->epoch_ns, &engine_processes);
}

static void bed_take(struct bed *bed, struct event *event) {
    board_apply(bed->board, event);
    if (event->kind == EVENT_NOTE && event->note.level == NOTE_WARN) {
        bed->warnings++;
        copy_text(bed->warning, sizeof bed->warning, event->note.text);
    }
    if (event->kind != EVENT_SAMPLE) {
        event_free(event);
        return;
    }
    bed->samples++;
    bed->rails += event->sample.rail_count;
    for (size_t i = 0; i < event->sample.rail_count; i++) {
        assert_true(event->sample.rails[i].pub_us != bed->latest.pub_us); /* each but once */
        bed->latest = event->sample.rails[i];
    }
    if (bed->last)
        event_free(bed->last);
    bed->last = event;
}

/* Folds events until `more` samples have come. */
static void bed_wait(struct bed *bed, size_t more) {
    size_t until = bed->samples + more;
    int64_t late = clock_us() + 1000000 * (int64_t)(more + 5);
    while (bed->samples < until) {
        struct item item;
        queue_wait(bed->queue, 200);
        while (bed->samples < until && queue_pop(bed->queue, &item, 1) == 1)
            bed_take(bed, item.event);
        if (clock_us() > late)
            fail_msg("%zu samples instead of %zu", bed->samples, until);
    }
}

static int64_t bed_now(const struct bed *bed) {
    return (clock_ns() - bed->epoch_ns) / 1000;
}

static void bed_end(struct bed *bed) {
    struct item item;
    sampler_stop(bed->sampler);
    while (queue_pop(bed->queue, &item, 1) == 1)
        event_free(item.event);
    if (bed->last)
        event_free(bed->last);
    board_free(bed->board);
    queue_free(bed->queue);
    run_done(&bed->run);
    http_global_done();
}

static void remote(struct bed *bed, int ep, int port) {
    set(&bed->run.endpoints[ep].url, mem_string("http://10.255.0.1:8080"));
    set(&bed->run.endpoints[ep].telemetry, mem_format("http://127.0.0.1:%d/metrics", port));
}

/* ---- tests ---- */

#define CALM                                                                                       \
    "sim_thermal_pressure_level 0\nsim_swap_used_bytes 1048576\nsim_swapouts_total 10\n"           \
    "sim_power_source{source=\"ac\"} 1\n"
#define HOT                                                                                        \
    "sim_thermal_pressure_level 2\nsim_swap_used_bytes 1073741824\nsim_swapouts_total 90010\n"     \
    "sim_power_source{source=\"battery\"} 1\n"

static const struct gate_result *gate(const struct bed *bed, enum gate_id id) {
    return board_gate(bed->board, 0, board_column(bed->board, A, "cold"), id);
}

static void why_is(const struct bed *bed, enum machine_figure figure, const char *part) {
    char out[ABSENT_TEXT];
    bool absent = absent_machine(bed->board, 0, figure, out);
    if (absent != (part != NULL) || (part && !strstr(out, part)))
        fail_msg("%s: \"%s\", not \"%s\"", machine_figure_word(figure), out, part ? part : "");
}

/* Neither on this machine nor with an exporter: what to add. */
static void test_nothing_configured(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, 1);
    set(&bed.run.endpoints[0].url, mem_string("http://10.255.0.1:8080"));
    bed_start(&bed);
    bed_wait(&bed, 2);
    why_is(&bed, MACHINE_ENERGY, "no telemetry is configured: telemetry=URL");
    why_is(&bed, MACHINE_THERMAL, "no telemetry is configured");
    assert_int_equal(bed.board->capability_count, MACHINE_FIGURE_COUNT); /* each told once */
    bed_end(&bed);
}

static void test_gates_of_a_page(void **state) {
    (void)state;
    struct pages pages;
    struct bed bed;
    pages_begin(&pages, 200, CALM);
    bed_begin(&bed, 1);
    remote(&bed, 0, pages.port);
    bed_start(&bed);
    bed_wait(&bed, 1);
    assert_int_equal(bed.last->sample.thermal, THERMAL_NOMINAL);
    assert_true(bed.last->sample.swap_mb == 1);
    why_is(&bed, MACHINE_SWAP, NULL);
    why_is(&bed, MACHINE_ENERGY, "does not publish it");
    build_phase_start(bed.board, bed_now(&bed), 0, A, "cold", 0);
    bed_wait(&bed, 1);
    pages_set(&pages, 200, HOT);
    bed_wait(&bed, 1);
    assert_int_equal(bed.warnings, 1);
    assert_non_null(strstr(bed.warning, "power source changed from ac to battery: figures before "
                                        "and after differ"));
    build_phase_end(bed.board, bed_now(&bed), 0, A, "cold", 0, PHASE_DONE, NULL);
    assert_non_null(gate(&bed, GATE_MEMORY_PRESSURE));
    assert_non_null(gate(&bed, GATE_THERMAL));
    assert_null(gate(&bed, GATE_NOT_SOLO));
    bed_end(&bed);
    pages_end(&pages);
}

static void test_dead_exporter(void **state) {
    (void)state;
    struct pages pages;
    struct bed bed;
    pages_begin(&pages, 0, "");
    bed_begin(&bed, 1);
    remote(&bed, 0, pages.port);
    int64_t from = clock_us();
    bed_start(&bed);
    bed_wait(&bed, 4);
    double took = (double)(clock_us() - from) / 1e6;
    assert_true(took > 2.5 && took < 4.5); /* the heart beats on */
    assert_true(isnan(bed.last->sample.swap_mb));
    assert_int_equal(bed.last->sample.thermal, THERMAL_UNKNOWN);
    assert_int_equal(bed.warnings, 1);
    assert_non_null(strstr(bed.warning, "telemetry http://127.0.0.1"));
    why_is(&bed, MACHINE_SWAP, "telemetry http://127.0.0.1");
    assert_int_equal(pages_served(&pages), 2); /* then it is left in peace for a while */
    from = clock_us();
    sampler_stop(bed.sampler);
    bed.sampler = NULL;
    assert_true(clock_us() - from < 1000000);
    bed_end(&bed);
    pages_end(&pages);
}

static void test_strange_page(void **state) {
    (void)state;
    struct pages pages;
    struct bed bed;
    pages_begin(&pages, 200, "prometheus_build_info 1\n");
    bed_begin(&bed, 1);
    remote(&bed, 0, pages.port);
    bed_start(&bed);
    bed_wait(&bed, 4);
    assert_int_equal(bed.warnings, 1);
    assert_non_null(strstr(bed.warning, "no series of an exporter we know"));
    bed_end(&bed);
    pages_end(&pages);
}

/* A rail that is published now and then stands in those samples alone. */
static void test_rails_once(void **state) {
    (void)state;
    struct pages pages;
    struct bed bed;
    char page[512];
    double now = (double)clock_ns() / 1e9 + 0.2;
    snprintf(page, sizeof page,
             "sim_energy_joules_total{rail=\"CPU\"} 5\n"
             "sim_energy_published_seconds{rail=\"CPU\"} %.9f\n",
             now);
    pages_begin(&pages, 200, page);
    bed_begin(&bed, 1);
    remote(&bed, 0, pages.port);
    bed.latest.pub_us = -1;
    bed_start(&bed);
    bed_wait(&bed, 3);
    assert_int_equal(bed.rails, 1);
    snprintf(page, sizeof page,
             "sim_energy_joules_total{rail=\"CPU\"} 8\n"
             "sim_energy_published_seconds{rail=\"CPU\"} %.9f\n",
             now + 1);
    pages_set(&pages, 200, page);
    bed_wait(&bed, 2);
    assert_int_equal(bed.rails, 2);
    bed_end(&bed);
    pages_end(&pages);
}

/* Two endpoints of one machine: one exporter, asked once a second, for the one lane. */
static void test_shared_exporter(void **state) {
    (void)state;
    struct pages pages;
    struct bed bed;
    pages_begin(&pages, 200, CALM);
    bed_begin(&bed, 2);
    remote(&bed, 0, pages.port);
    remote(&bed, 1, pages.port);
    bed_start(&bed);
    bed_wait(&bed, 3);
    assert_true(pages_served(&pages) <= 3);
    bed_end(&bed);
    pages_end(&pages);
}

/* ---- processes ---- */

/* A shell by another name, waiting for its end. */
static pid_t pretend(const char *name, int *hold) {
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipes[0], 0);
        close(pipes[0]);
        close(pipes[1]);
        execl("/bin/sh", name, "-c", "read x; :", (char *)NULL);
        _exit(127);
    }
    close(pipes[0]);
    *hold = pipes[1];
    return pid;
}

static void let_go(pid_t pid, int hold) {
    close(hold);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static bool host_knows_processes(void) {
    size_t count;
    struct host *host = host_new();
    struct process *processes = host_processes(host, &count);
    host_processes_free(processes, count);
    host_free(host);
    return count > 0;
}

/* A child of the test that listens: the engine under test. */
static pid_t pretend_listener(int *port, int *hold) {
    int pipes[2], fd = listen_here(port);
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        close(pipes[1]);
        while (read(pipes[0], &byte, 1) > 0)
            ;
        _exit(0);
    }
    close(fd);
    close(pipes[0]);
    *hold = pipes[1];
    return pid;
}

static void test_gates_of_processes(void **state) {
    (void)state;
    struct bed bed;
    int port, hold[3];
    if (!host_knows_processes())
        skip();
    pid_t own = pretend_listener(&port, &hold[0]);
    pid_t twin = pretend("llama-server", &hold[1]);
    pid_t other = pretend("omlx-server", &hold[2]);
    bed_begin(&bed, 1);
    bed.run.endpoints[0].engine = ENGINE_LLAMACPP;
    set(&bed.run.endpoints[0].url, mem_format("http://127.0.0.1:%d", port));
    usleep(100000); /* the shells have their names */
    bed_start(&bed);
    build_phase_start(bed.board, bed_now(&bed), 0, A, "cold", 0);
    bed_wait(&bed, 2);
    build_phase_end(bed.board, bed_now(&bed), 0, A, "cold", 0, PHASE_DONE, NULL);
    const struct sample *sample = &bed.last->sample;
    assert_int_equal(sample->engine_count, 1);
    assert_int_equal(sample->engines[0].ep, 0);
    assert_int_equal(sample->engines[0].pid, own);
    assert_true(sample->engines[0].rss_mb > 0);
    bool twin_seen = false, other_seen = false;
    for (size_t i = 0; i < sample->other_count; i++) {
        twin_seen |= sample->others[i].pid == twin && sample->others[i].engine == ENGINE_LLAMACPP;
        other_seen |= sample->others[i].pid == other && sample->others[i].engine == ENGINE_OMLX;
    }
    assert_true(twin_seen && other_seen);
    assert_non_null(gate(&bed, GATE_DUPLICATE_PROCESSES));
    assert_non_null(gate(&bed, GATE_NOT_SOLO));
    assert_true(
        board_value(bed.board, 0, board_column(bed.board, A, "cold"), METRIC_RSS, STAT_MEDIAN) > 0);
    bed_end(&bed);
    let_go(own, hold[0]);
    let_go(twin, hold[1]);
    let_go(other, hold[2]);
}

/* What the sampler itself takes, of a machine with an exporter beside this one. */
static void test_cost(void **state) {
    (void)state;
    struct bed bed;
    bed_begin(&bed, 1);
    set(&bed.run.endpoints[0].url, mem_string("http://127.0.0.1:1"));
    bed_start(&bed);
    bed_wait(&bed, 1); /* what is done once */
    int64_t cpu_us = clock_cpu_us();
    bed_wait(&bed, 6); /* with one look at the processes */
    double share = (double)(clock_cpu_us() - cpu_us) / 6e6;
    print_message("%.2f %% of a core\n", 100 * share);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    assert_true(share < 0.01);
#endif
    bed_end(&bed);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_configured), cmocka_unit_test(test_gates_of_a_page),
        cmocka_unit_test(test_dead_exporter),      cmocka_unit_test(test_strange_page),
        cmocka_unit_test(test_rails_once),         cmocka_unit_test(test_shared_exporter),
        cmocka_unit_test(test_gates_of_processes), cmocka_unit_test(test_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
