/* bench_tty SECONDS COMMAND…: run a command in a terminal of 200x60 (a pty), read all it writes,
 * and say when its first frame came and what it cost. From SECONDS/3 on the CPU share is taken;
 * after SECONDS it is told to end (SIGTERM, then SIGKILL). Prints first_ms cpu_pct rss_mb, and
 * frame_ms: the mean time between two frames in which something changed, from SECONDS/3 on. */
#define _XOPEN_SOURCE 600
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"

/* CPU of a running process, µs; -1 where the system does not tell it finely. */
static int64_t cpu_us(pid_t pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *at = strrchr(text, ')');
    unsigned long user = 0, system_time = 0;
    if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                      &system_time) != 2)
        return -1;
    return (int64_t)(user + system_time) * 1000000 / sysconf(_SC_CLK_TCK);
}

static void start(int master, char **command) {
    struct winsize size = {.ws_row = 60, .ws_col = 200};
    setsid();
    int terminal = open(ptsname(master), O_RDWR);
    ioctl(terminal, TIOCSWINSZ, &size);
    for (int fd = 0; fd < 3; fd++)
        dup2(terminal, fd);
    close(master);
    setenv("TERM", "xterm-256color", 1);
    execvp(command[0], command);
    _exit(127);
}

#define SILENCE_US 20000 /* what comes after it belongs to another frame */

/* Reads until `until_us`; the moment at which `sign` was seen goes to *seen_us. Counts frames. */
static bool read_until(int master, int64_t until_us, const char *sign, int64_t *seen_us,
                       int *frames) {
    int64_t last_us = 0;
    static const int most = 1 << 16;
    char *bytes = mem_alloc((size_t)most + 1);
    bool open = true;
    for (int64_t left; open && (left = until_us - clock_us()) > 0;) {
        struct pollfd fd = {.fd = master, .events = POLLIN};
        if (poll(&fd, 1, (int)(left / 1000) + 1) <= 0)
            continue;
        ssize_t got = read(master, bytes, (size_t)most);
        open = got > 0;
        *frames += clock_us() - last_us > SILENCE_US;
        last_us = clock_us();
        if (!open || *seen_us)
            continue;
        bytes[got] = '\0';
        if (strstr(bytes, sign))
            *seen_us = clock_us();
    }
    free(bytes);
    return open;
}

int main(int argc, char **argv) {
    if (argc < 3)
        die("usage: bench_tty SECONDS COMMAND…");
    double seconds = strtod(argv[1], NULL);
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        die("bench_tty: no pty");
    int64_t begun = clock_us(), seen = 0, until = begun + (int64_t)(seconds * 1e6);
    pid_t pid = fork();
    if (pid == 0)
        start(master, argv + 2);
    bool open = read_until(master, begun + (until - begun) / 3, "pitwall", &seen, &(int){0});
    int64_t from = clock_us(), cpu = cpu_us(pid);
    int frames = 0;
    if (open)
        read_until(master, until, "pitwall", &seen, &frames);
    int64_t cpu_end = cpu_us(pid), to = clock_us();
    kill(pid, SIGTERM);
    read_until(master, clock_us() + 2000000, "pitwall", &seen, &(int){0});
    struct rusage usage;
    int status;
    if (wait4(pid, &status, WNOHANG, &usage) == 0) {
        kill(pid, SIGKILL);
        wait4(pid, &status, 0, &usage);
    }
#ifdef __APPLE__
    double rss_mb = (double)usage.ru_maxrss / 1048576;
#else
    double rss_mb = (double)usage.ru_maxrss / 1024;
#endif
    printf("first_ms=%.1f cpu_pct=%.2f rss_mb=%.1f frame_ms=%.1f\n",
           seen ? (double)(seen - begun) / 1e3 : -1,
           cpu < 0 || cpu_end < 0 ? -1 : 100.0 * (double)(cpu_end - cpu) / (double)(to - from),
           rss_mb, frames ? (double)(to - from) / 1e3 / frames : -1);
    return 0;
}
