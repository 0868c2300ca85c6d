/* main: environment, signals, options, and the exit code. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/text.h"
#include "commands.h"
#include "config/config.h"
#include "engines/registry.h"
#include "net/http.h"
#include "screen.h"
#include "usage.h"

/* The signal flag: how often the user asked to stop, and the pipe that wakes the main loop. */
static volatile sig_atomic_t stops;
static int wake_pipe[2];

static void on_stop(int number) {
    int keep = errno;
    (void)number;
    stops = stops + 1;
    ssize_t ignored = write(wake_pipe[1], "", 1);
    (void)ignored;
    errno = keep;
}

/* Crashes: the terminal first, then the signal's own way. */
static void on_crash(int number) {
    screen_emergency();
    signal(number, SIG_DFL);
    raise(number);
}

static bool set_up_signals(void) {
    static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    static const int crashing[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    if (pipe(wake_pipe) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        fcntl(wake_pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(wake_pipe[i], F_SETFD, FD_CLOEXEC);
    }
    struct sigaction action = {.sa_handler = on_stop};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(stopping); i++)
        sigaction(stopping[i], &action, NULL);
    action.sa_handler = on_crash;
    action.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < COUNT_OF(crashing); i++)
        sigaction(crashing[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    return true;
}

static const char *set_or_null(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static struct environment read_environment(void) {
    const char *term = set_or_null("TERM");
    return (struct environment){
        .results = set_or_null("PITWALL_RESULTS"),
        .xdg_data = set_or_null("XDG_DATA_HOME"),
        .xdg_config = set_or_null("XDG_CONFIG_HOME"),
        .home = set_or_null("HOME"),
        .no_color = set_or_null("NO_COLOR") != NULL,
        .dumb_terminal = !term || strcmp(term, "dumb") == 0,
        .linux_console = term && strcmp(term, "linux") == 0,
        .input_is_terminal = isatty(STDIN_FILENO) == 1,
        .output_is_terminal = isatty(STDOUT_FILENO) == 1,
    };
}

static void print_visible_lines(const char *text) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        char line[2048];
        text_visible(line, sizeof line, text, length);
        fprintf(stderr, "pitwall: %s\n", line);
        text += length + (text[length] == '\n');
    }
}

/* argv once for --config, then the file, then argv over it. */
static bool read_options(struct options *options, const struct environment *env, int argc,
                         char **argv) {
    struct error error = {0};
    struct options first;
    struct buf errors;
    options_init(&first);
    bool ok = options_parse(&first, argc, argv, &error);
    char *path = ok && first.config ? mem_string(first.config)
                 : env->xdg_config  ? mem_format("%s/pitwall/config.json", env->xdg_config)
                 : env->home        ? mem_format("%s/.config/pitwall/config.json", env->home)
                                    : NULL;
    bool asked = first.config != NULL;
    bool informs = first.help || first.version || first.default_config;
    options_done(&first);
    buf_init(&errors, 1 << 18);
    if (ok && path && !informs && !config_read(options, path, asked, &errors)) {
        print_visible_lines(buf_string(&errors));
        ok = false;
    } else if (!ok || !options_parse(options, argc, argv, &error) ||
               (!informs && !options_settle(options, &error))) {
        complain(&error, EXIT_USAGE);
        ok = false;
    }
    buf_done(&errors);
    free(path);
    return ok;
}

static void print_versions(void) {
    printf("pitwall %s\ncJSON %s\n", PITWALL_VERSION, cJSON_Version());
}

static int usual_port(enum engine_id engine) {
    return engine_row(engine)->ports[0];
}

/* --help, --version, --default-config: true when one was asked for. */
static bool inform(const struct options *options) {
    struct buf out;
    buf_init(&out, 1 << 18);
    if (options->help)
        usage_print(options, &out);
    else if (options->default_config)
        config_default(&out, usual_port);
    else if (options->version)
        print_versions();
    else
        return false;
    fputs(buf_string(&out), stdout);
    buf_done(&out);
    return true;
}

static bool reader_is_gone(void) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

/* What was printed must have arrived. A closed pipe is the reader's own will: no word. */
static int finish_output(int code) {
    struct error error = {0};
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if ((fflush(stdout) == 0 && !failed) || reader_is_gone())
        return code;
    error_set(&error, "standard output: %s", errno ? strerror(errno) : "could not be written");
    error_hint(&error, "free room where it goes to, or send it elsewhere");
    return complain(&error, EXIT_RESULTS);
}

/* glibc gives every thread an arena of its own: half a megabyte that a bench does not need. */
static void save_memory(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 2);
#endif
}

int main(int argc, char **argv) {
    struct options options;
    int code = EXIT_USAGE;
    save_memory();
    setlocale(LC_CTYPE, "");
    struct environment environment = read_environment();
    options_init(&options);
    if (!set_up_signals()) {
        perror("pitwall: signals");
        return EXIT_USAGE;
    }
    if (read_options(&options, &environment, argc, argv)) {
        struct context context = {.options = &options,
                                  .environment = &environment,
                                  .signals = {.stop = &stops, .wake_fd = wake_pipe[0]}};
        code = EXIT_OK;
        if (!inform(&options)) {
            http_global_init();
            code = command_run(&context);
            http_global_done();
        }
    }
    options_done(&options);
    return finish_output(code);
}
