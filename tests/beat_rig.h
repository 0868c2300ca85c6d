/* beat_rig: the sampler's beats as fast as they go, against a fake machine and an exporter in a
 * process of its own: what they cost and what they keep. Static inline functions only. */
#ifndef TESTS_BEAT_RIG_H
#define TESTS_BEAT_RIG_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/clock.h"
#include "build.h"
#include "engines/processes.h"
#include "host/beat.h"
#include "model/absent.h"
#include "net/http.h"
#ifdef __linux__
#include "host/linux.h"
#include "host_tree.h"
#endif

/* ---- an exporter of `lines` besides what is read (node_exporter: 600), whose joules move ---- */

struct beat_exporter {
    int port, pid;
};

static inline void exporter_reply(int fd, int served, int lines) {
    static char request[4096], page[1 << 16], head[160];
    size_t used = 0;
    if (read(fd, request, sizeof request) <= 0)
        return;
    used += (size_t)snprintf(page, sizeof page,
                             "node_rapl_package_joules_total{index=\"0\",path=\"/x\"} %d.5\n"
                             "node_memory_SwapTotal_bytes 1e9\nnode_memory_SwapFree_bytes 9e8\n"
                             "node_vmstat_pswpout 12\nnode_thermal_zone_temp{zone=\"0\"} 41\n",
                             served);
    for (int i = 0; i < lines; i++)
        used += (size_t)snprintf(page + used, sizeof page - used,
                                 "node_cpu_seconds_total{cpu=\"%d\",mode=\"idle\"} %d.25\n", i,
                                 i * 1000);
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                          "Content-Length: %zu\r\nConnection: keep-alive\r\n\r\n",
                          used);
    if (write(fd, head, (size_t)length) < 0 || write(fd, page, used) < 0)
        return;
}

/* One connection at a time, kept open while the other side keeps it. */
static inline void exporter_serve(int listener, int lines) {
    for (int served = 0;;) {
        int fd = accept(listener, NULL, NULL);
        char byte;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* else 40 ms a page */
        while (fd >= 0 && recv(fd, &byte, 1, MSG_PEEK) > 0)
            exporter_reply(fd, served++, lines);
        close(fd);
    }
}

static inline struct beat_exporter exporter_begin(int lines) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 16) != 0)
        die("exporter: no port");
    getsockname(fd, (struct sockaddr *)&address, &length);
    struct beat_exporter exporter = {.port = ntohs(address.sin_port), .pid = fork()};
    if (exporter.pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        exporter_serve(fd, lines);
    }
    close(fd);
    return exporter;
}

static inline void exporter_end(const struct beat_exporter *exporter) {
    kill(exporter->pid, SIGKILL);
    waitpid(exporter->pid, NULL, 0);
}

/* ---- a run: an engine on this machine, and one beside it with an exporter ---- */

static inline struct run beat_run(int port) {
    struct run run = build_run(2, 1);
    free(run.endpoints[0].url);
    free(run.endpoints[0].lane);
    free(run.endpoints[1].url);
    free(run.endpoints[1].lane);
    run.endpoints[0].url = mem_string("http://127.0.0.1:1");
    run.endpoints[0].lane = mem_string("local");
    run.endpoints[1].url = mem_string("http://10.255.0.1:8080");
    run.endpoints[1].lane = mem_string("studio");
    run.endpoints[1].telemetry = mem_format("http://127.0.0.1:%d/metrics", port);
    return run;
}

#ifdef __linux__
static inline void lay_machine(struct host_tree *tree) {
    tree_begin(tree);
    tree_file(tree, "/sys/class/powercap/intel-rapl:0/name", "package-0\n");
    tree_number(tree, "/sys/class/powercap/intel-rapl:0/energy_uj", 1000);
    tree_number(tree, "/sys/class/powercap/intel-rapl:0/max_energy_range_uj", 262143328850);
    tree_number(tree, "/sys/devices/system/cpu/cpu0/topology/core_id", 0);
    tree_number(tree, "/sys/devices/system/cpu/cpu0/topology/physical_package_id", 0);
    tree_number(tree, "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", 0);
    tree_file(tree, "/proc/meminfo",
              "MemTotal: 64000000 kB\nMemAvailable: 32000000 kB\nSwapTotal: 1000 kB\n"
              "SwapFree: 900 kB\n");
    tree_file(tree, "/proc/vmstat", "pswpin 1\npswpout 2\n");
    tree_file(tree, "/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    tree_file(tree, "/proc/net/tcp", "  sl  local_address rem_address   st\n");
    for (int pid = 100; pid < 120; pid++) {
        char path[64], text[128];
        snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
        tree_bytes(tree, path, "llama-server\0--port\0001\0", 22);
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        snprintf(text, sizeof text,
                 "%d (llama-server) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", pid, pid);
        tree_file(tree, path, text);
    }
}
#endif

/* ---- what is held ---- */

/* Bytes that are allocated now; -1 where the C library does not tell. */
static inline long held_bytes(void) {
#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#if __GLIBC_PREREQ(2, 33)
    struct mallinfo2 info = mallinfo2();
    return (long)(info.uordblks + info.hblkhd);
#else
    return -1;
#endif
#else
    return -1;
#endif
}

/* The largest resident size so far. */
static inline long most_rss_kb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return usage.ru_maxrss / 1024;
#else
    return usage.ru_maxrss;
#endif
}

struct beats {
    long held_before, held_after, rss_before_kb, rss_after_kb;
    int64_t cpu_us;
    size_t samples, rails, capabilities;
};

/* Forget what was pushed, as the recorder does. */
static inline void take_pushed(struct queue *queue, struct beats *beats) {
    struct item item;
    while (queue_pop(queue, &item, 1) == 1) {
        beats->samples += item.event->kind == EVENT_SAMPLE;
        beats->capabilities += item.event->kind == EVENT_CAPABILITY;
        beats->rails += item.event->kind == EVENT_SAMPLE ? item.event->sample.rail_count : 0;
        event_free(item.event);
    }
}

/* `count` beats of a second each, in a time that is made up; counted after a tenth of them. */
static inline struct beats run_beats(int port, int count) {
    struct run run = beat_run(port);
    struct queue *queue = queue_new((size_t)1 << 20);
    struct beats beats = {0};
#ifdef __linux__
    struct host_tree tree;
    lay_machine(&tree);
    struct host *host = linux_host_new(tree.root, "libnothing.so");
#else
    struct host *host = host_new();
#endif
    struct beat *beat = beat_new(&run, queue, clock_ns(), &engine_processes, host);
    int64_t cpu_us = 0, now_ns = clock_ns();
    for (int i = 0; i < count; i++, now_ns += BEAT_NS) {
        if (i == count / 10) {
            beats.held_before = held_bytes();
            beats.rss_before_kb = most_rss_kb();
            cpu_us = clock_cpu_us();
        }
#ifdef __linux__
        if (i % 64 == 0)
            tree_number(&tree, "/sys/class/powercap/intel-rapl:0/energy_uj", 1000LL * i);
#endif
        beat_once(beat, now_ns, i % 3 > 0); /* whole ones, and joules alone in between */
        take_pushed(queue, &beats);
    }
    beats.cpu_us = clock_cpu_us() - cpu_us;
    beats.held_after = held_bytes();
    beats.rss_after_kb = most_rss_kb();
    beat_free(beat);
    queue_free(queue);
    run_done(&run);
#ifdef __linux__
    tree_end(&tree);
#endif
    return beats;
}

#endif
