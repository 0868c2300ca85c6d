/* lane_shell: the user's own commands: start, stop, restart, ready. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "suites/lane_inner.h"

#define OUTPUT_MAX 4096 /* of what a command prints, the newest bytes */
#define POLL_US INT64_C(20000)
#define TERM_US INT64_C(1000000) /* between SIGTERM and SIGKILL */
#define FDS_MAX 4096
#define REPLY_MAX ((size_t)64 << 10)

struct child {
    pid_t pid; /* also its process group */
    int fd;    /* what it prints */
    char output[OUTPUT_MAX];
    size_t length;
};

/* Between fork and exec: only async-signal-safe calls. The engine that is started here must not
 * inherit our sockets. */
static _Noreturn void become(const char *command, int out, int fd_limit) {
    sigset_t none;
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    for (int fd = 3; fd < fd_limit; fd++)
        close(fd);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static bool child_start(struct child *child, const char *command, struct error *error) {
    int fds[2];
    long open_max = sysconf(_SC_OPEN_MAX);
    int fd_limit = open_max > 0 && open_max < FDS_MAX ? (int)open_max : FDS_MAX;
    child->length = 0;
    if (pipe(fds) != 0)
        return error_set(error, "pipe: %s", strerror(errno));
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    child->pid = fork();
    if (child->pid == 0)
        become(command, fds[1], fd_limit);
    close(fds[1]);
    child->fd = fds[0];
    if (child->pid < 0) {
        close(fds[0]);
        return error_set(error, "fork: %s", strerror(errno));
    }
    setpgid(child->pid, child->pid); /* the child does it too: whoever is first */
    return true;
}

static void child_read(struct child *child) {
    char bytes[1024];
    ssize_t got;
    while ((got = read(child->fd, bytes, sizeof bytes)) > 0) {
        size_t length = (size_t)got, room = OUTPUT_MAX - 1;
        if (child->length + length > room) {
            size_t gone = child->length + length - room;
            memmove(child->output, child->output + gone, child->length - gone);
            child->length -= gone;
        }
        memcpy(child->output + child->length, bytes, length);
        child->length += length;
    }
}

/* Its last line that says something. */
static void child_tell(const struct child *child, struct error *error) {
    size_t end = child->length;
    while (end > 0 && strchr(" \t\r\n", child->output[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && child->output[begin - 1] != '\n')
        begin--;
    char line[200];
    text_visible(line, sizeof line, child->output + begin, end - begin);
    error_set(error, "%s", line);
}

static bool child_over(struct child *child, int *status) {
    int raw = 0;
    child_read(child);
    pid_t pid = waitpid(child->pid, &raw, WNOHANG);
    if (pid == 0)
        return false;
    child_read(child);
    *status = pid == child->pid && WIFEXITED(raw) ? WEXITSTATUS(raw) : 128;
    if (pid == child->pid && WIFSIGNALED(raw))
        *status = 128 + WTERMSIG(raw);
    return true;
}

static bool child_wait(struct lane *lane, struct child *child, int64_t us, bool until_stopped,
                       int *status) {
    int64_t until = lane_now_us(lane) + us;
    while (!child_over(child, status)) {
        if (lane_now_us(lane) >= until || (until_stopped && lane_stopped(lane)))
            return false;
        loop_run_for(lane->loop, POLL_US);
    }
    return true;
}

/* The whole group: what the command started in the background dies with it. */
static void child_kill(struct lane *lane, struct child *child) {
    int status;
    kill(-child->pid, SIGTERM);
    if (child_wait(lane, child, TERM_US, false, &status))
        return;
    kill(-child->pid, SIGKILL);
    waitpid(child->pid, &status, 0);
}

/* "POST http://…": for engines that restart by a request. */
static int request(struct lane *lane, const char *url, int64_t timeout_ms, struct error *error) {
    struct http_reply reply = {0};
    int status = -1;
    lane_settle(lane);
    if (lane_stopped(lane)) {
        error_set(error, "stopped");
        return -1;
    }
    if (http_fetch(lane->http, "POST", url, NULL, 0, "", timeout_ms, REPLY_MAX, &reply, error)) {
        bool good = reply.status >= 200 && reply.status < 300;
        status = good ? 0 : 1;
        if (!good)
            error_set(error, "HTTP %d", reply.status);
    }
    http_reply_done(&reply);
    return status;
}

int lane_shell(struct lane *lane, const char *command, int64_t timeout_ms, struct error *error) {
    struct child child;
    int status = -1;
    if (strncmp(command, "POST http://", 12) == 0 || strncmp(command, "POST https://", 13) == 0)
        return request(lane, command + 5, timeout_ms, error);
    if (lane_stopped(lane) || !child_start(&child, command, error))
        return -1;
    if (child_wait(lane, &child, timeout_ms * 1000, true, &status)) {
        child_tell(&child, error);
    } else {
        bool stopped = lane_stopped(lane);
        child_kill(lane, &child);
        status = -1;
        if (stopped)
            error_set(error, "stopped");
        else
            error_set(error, "no end after %d s: '%.100s'", (int)(timeout_ms / 1000), command);
    }
    close(child.fd);
    return status;
}
