/* bench_draw LOG: CPU of a 200x60 frame: every view drawn from the folded log, and shown in a
 * terminal of our own (a pty) of which somebody reads. Prints µs a frame. */
#define _XOPEN_SOURCE 600
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "screen.h"
#include "store/fold.h"
#include "view.h"

#define WIDTH 200
#define HEIGHT 60
#define FRAMES 40 /* of each view */

static const enum view_id shown[] = {VIEW_BOARD, VIEW_ENGINE, VIEW_BURST, VIEW_EVENTS};

/* CPU µs a frame; `show`: on the screen too. The selection moves, so that frames differ. */
static double frames(const struct scene *scene, bool show) {
    struct frame frame;
    struct ui ui;
    ui_init(&ui);
    frame_init(&frame);
    frame_resize(&frame, WIDTH, HEIGHT);
    int64_t cpu = clock_cpu_us();
    for (size_t v = 0; v < COUNT_OF(shown); v++)
        for (int i = 0; i < FRAMES; i++) {
            ui.view = shown[v];
            ui.ep = i % (int)scene->boards[0]->row_count;
            view_draw(&frame, scene, &ui);
            if (show)
                screen_show(&frame);
        }
    cpu = clock_cpu_us() - cpu;
    frame_done(&frame);
    return (double)cpu / (FRAMES * (double)COUNT_OF(shown));
}

static void on_terminal(const struct scene *scene, int terminal, int result) {
    struct winsize size = {.ws_row = HEIGHT, .ws_col = WIDTH};
    struct theme theme;
    struct error error = {0};
    ioctl(terminal, TIOCSWINSZ, &size);
    dup2(terminal, STDIN_FILENO);
    dup2(terminal, STDOUT_FILENO);
    setenv("TERM", "xterm-256color", 1);
    if (!theme_load(&theme, "default", NULL, 0, NULL, &error) || !screen_open(true, &theme, &error))
        die("bench_draw: %s", error.text);
    double us = frames(scene, true);
    screen_close();
    if (write(result, &us, sizeof us) != sizeof us)
        die("bench_draw: no pipe");
    _exit(0);
}

/* The blit needs a terminal: a child draws to a pty, the parent reads what comes. */
static double in_pty(const struct scene *scene) {
    int result[2], master = posix_openpt(O_RDWR | O_NOCTTY);
    double us = 0;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || pipe(result) != 0)
        die("bench_draw: no pty");
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        int terminal = open(ptsname(master), O_RDWR);
        close(master);
        on_terminal(scene, terminal, result[1]);
    }
    close(result[1]);
    char bytes[65536];
    while (waitpid(pid, NULL, WNOHANG) == 0)
        if (read(master, bytes, sizeof bytes) <= 0)
            break;
    if (read(result[0], &us, sizeof us) != sizeof us)
        die("bench_draw: the child failed");
    waitpid(pid, NULL, 0);
    close(master);
    close(result[0]);
    return us;
}

int main(int argc, char **argv) {
    struct error error = {0};
    setlocale(LC_CTYPE, "");
    struct board *board = argc == 2 ? fold_log(argv[1], &error) : NULL;
    if (!board)
        die("bench_draw LOG: %s", error.text);
    struct scene scene = {.boards = {board}, .count = 1};
    double draw = frames(&scene, false), both = in_pty(&scene);
    printf("draw_us=%.0f draw_and_show_us=%.0f\n", draw, both);
    board_free(board);
    return 0;
}
