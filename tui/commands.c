#include "commands.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "beside.h"
#include "commands_saved.h"
#include "endpoints.h"
#include "intake.h"
#include "live_run.h"
#include "net/http.h"
#include "probe.h"
#include "screen.h"
#include "sim/sim.h"
#include "store/player.h"
#include "store/published.h"
#include "store/report.h"
#include "store/results.h"
#include "store/weights_file.h"
#include "suites/suite.h"

#define FEED_BYTES ((size_t)64 << 20)
#define REPLAY_BYTES ((size_t)8 << 20) /* what is in it must be folded before a seek is seen */

int complain(const struct error *error, int code) {
    char text[2 * sizeof error->text];
    text_visible(text, sizeof text, error->text, strlen(error->text));
    fprintf(stderr, "pitwall: %s\n", text);
    if (error->hint[0]) {
        text_visible(text, sizeof text, error->hint, strlen(error->hint));
        fprintf(stderr, "pitwall: hint: %s\n", text);
    }
    return code;
}

char *results_of(const struct context *context) {
    const struct environment *env = context->environment;
    return results_directory(context->options->results, env->results, env->xdg_data, env->home);
}

static enum glyph_set glyphs_of(const struct context *context) {
    switch (context->options->glyphs) {
    case GLYPHS_BRAILLE:
        return GLYPH_BRAILLE;
    case GLYPHS_BLOCK:
        return GLYPH_BLOCK;
    case GLYPHS_ASCII:
        return GLYPH_ASCII;
    case GLYPHS_AUTO:
        break;
    }
    if (context->options->dump)
        return GLYPH_BRAILLE; /* a picture does not depend on the terminal */
    if (!screen_utf8())
        return GLYPH_ASCII;
    return context->environment->linux_console ? GLYPH_BLOCK : GLYPH_BRAILLE;
}

/* Theme by name: built in, a file, or one in the user's theme directory. */
static bool load_theme(const struct context *context, struct theme *theme, struct error *error) {
    const struct environment *env = context->environment;
    char *directory = env->xdg_config ? mem_format("%s/pitwall/themes", env->xdg_config)
                      : env->home     ? mem_format("%s/.config/pitwall/themes", env->home)
                                      : NULL;
    const char *directories[] = {directory};
    const char *name = context->options->theme ? context->options->theme : "default";
    struct buf warnings;
    buf_init(&warnings, 1 << 16);
    bool ok = theme_load(theme, name, directories, directory ? 1 : 0, &warnings, error);
    if (ok && warnings.length > 0)
        fprintf(stderr, "%s", buf_string(&warnings));
    buf_done(&warnings);
    free(directory);
    return ok;
}

static bool prepare_app(const struct context *context, struct app *app, struct error *error) {
    app_init(app, context->options);
    app->ui.glyphs = glyphs_of(context);
    if (context->environment->no_color && context->options->color == COLOR_AUTO)
        context->options->color = COLOR_NEVER;
    weights_default(&app->weights);
    const char *weights = context->options->weights, *published = context->options->published;
    if (published && !(app->published = published_read(published, error)))
        return false;
    return (!weights || weights_read(&app->weights, weights, error)) &&
           load_theme(context, &app->theme, error);
}

static bool wants_plain(const struct context *context) {
    const struct environment *env = context->environment;
    return context->options->plain || !env->output_is_terminal || !env->input_is_terminal ||
           env->dumb_terminal;
}

/* ---- reports ---- */

/* Columns of the terminal that standard output is, within what reads well; 0: it is none. */
static int output_width(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 0;
    return size.ws_col < 60 ? 60 : size.ws_col > 140 ? 140 : size.ws_col;
}

static int print_report(const struct app *app, const struct board *const *boards, size_t count,
                        enum report_format format) {
    struct report_how how = {
        .width = output_width(), .weights = &app->weights, .published = app->published};
    struct buf out;
    struct error error = {0};
    buf_init(&out, (size_t)256 << 20);
    int code = EXIT_OK;
    if (!report_write(&out, format, boards, count, &how, &error))
        code = complain(&error, EXIT_USAGE);
    else if (fwrite(buf_string(&out), 1, out.length, stdout) != out.length || fflush(stdout) != 0)
        code = EXIT_RESULTS;
    buf_done(&out);
    return code;
}

/* ---- live runs ---- */

static bool any_unranked(const struct board *board) {
    for (size_t i = 0; i < board->gate_count; i++)
        if (gate_unranks(board->gates[i].gate))
            return true;
    return false;
}

int exit_of_run(const struct app *app, const struct context *context) {
    const struct board *board = app->boards[0];
    struct error error = {0};
    if (app->failure.text[0])
        return complain(&app->failure, EXIT_RESULTS);
    if (app->interrupted || board->status == RUN_STOPPED)
        return EXIT_STOPPED;
    if (!board->measured) {
        error_set(&error, "no endpoint could be measured");
        error_hint(&error, "the table above says why; pitwall probe URL looks closer");
        return complain(&error, EXIT_NO_ENDPOINT);
    }
    return any_unranked(board) && context->options->command == COMMAND_RUN ? EXIT_CHECK : EXIT_OK;
}

static void finish_live(struct app *app) {
    struct error error = {0};
    beside_free(app->beside);
    app->beside = NULL;
    if (app->live && !live_run_finish(app->live, &error))
        app->failure = error;
    app->live = NULL;
    intake_finish(app);
}

/* The runs of --beside, as sources 1, 2 …; false and `error` when one can't be read. */
static bool open_beside(const struct context *context, struct app *app, struct error *error) {
    const struct options *options = context->options;
    size_t count = options->beside_count, found = 0;
    if (count == 0)
        return true;
    for (; found < count; found++) {
        app->paths[1 + found] = results_find(app->directory, options->beside[found], error);
        if (!app->paths[1 + found])
            break;
    }
    if (found == count)
        app->beside = beside_new(&app->paths[1], count, &app->runs[1], error);
    for (size_t i = 0; i < found && !app->beside; i++)
        free(app->paths[1 + i]);
    app->run_count = app->beside ? 1 + count : 0;
    app->scene.reference = 1; /* what is measured now is held against what was */
    return app->beside != NULL;
}

bool measure_live(const struct context *context, struct app *app, int *code) {
    struct error error = {0};
    app->directory = results_of(context);
    *code = EXIT_RESULTS;
    if (!results_prepare(app->directory, &error)) {
        complain(&error, *code);
        return false;
    }
    app->feed = queue_new(FEED_BYTES);
    app->run_count = 1;
    if (!open_beside(context, app, &error)) {
        *code = complain(&error, EXIT_USAGE);
        return false;
    }
    app->live = live_run_start(context->options, context->resume, app->directory, app->feed, 0,
                               &app->runs[0], &error);
    if (!app->live) {
        complain(&error, *code);
        return false;
    }
    app->paths[0] = mem_string(live_run_path(app->live));
    app_boards(app);
    if (app->beside) {
        beside_start(app->beside, app->feed);
        beside_follow(app->beside, app->boards);
    }
    bool shown = wants_plain(context) || app->quiet ? app_plain(app, context->signals, &error)
                                                    : app_screen(app, context->signals, &error);
    finish_live(app);
    if (!shown && app->interrupted)
        *code = EXIT_STOPPED; /* nobody reads standard output any more; main tells why */
    else if (!shown)
        *code = complain(&error, EXIT_USAGE);
    return shown;
}

int run_live(const struct context *context, struct app *app) {
    int code;
    bool json = context->options->json;
    app->quiet = json && wants_plain(context); /* standard output is the report's alone */
    if (!measure_live(context, app, &code))
        return code;
    const struct board *board = app->boards[0];
    code = print_report(app, &board, 1, json ? REPORT_JSON : REPORT_TABLE);
    fprintf(json ? stderr : stdout, "log: %s\n", app->paths[0]);
    for (size_t i = 1; i < app->run_count; i++)
        fprintf(json ? stderr : stdout, "differences: pitwall compare %s %s\n", app->runs[i].id,
                app->runs[0].id);
    int ended = exit_of_run(app, context);
    return ended != EXIT_OK ? ended : code;
}

int with_app(const struct context *context, int (*body)(const struct context *, struct app *)) {
    struct error error = {0};
    struct app app;
    int code =
        prepare_app(context, &app, &error) ? body(context, &app) : complain(&error, EXIT_USAGE);
    app_done(&app);
    return code;
}

/* Every chosen suite is there to be run. */
static bool suites_exist(const struct options *options, struct error *error) {
    for (int i = 0; i < SUITE_COUNT; i++)
        if (options->suites[i] && !suite_of((enum suite_id)i)) {
            error_set(error, "suite '%s' is not in this version", suite_word((enum suite_id)i));
            return error_hint(error, "leave it out of --suite");
        }
    return true;
}

static int bench(const struct context *context) {
    struct error error = {0};
    if (context->options->resume)
        return command_resume(context);
    if (!suites_exist(context->options, &error))
        return complain(&error, EXIT_USAGE);
    return endpoints_find(context, NULL) ? with_app(context, run_live) : EXIT_NO_ENDPOINT;
}

static int demo(const struct context *context) {
    struct error error = {0};
    struct options *options = context->options;
    size_t count;
    const char *const *profiles = sim_profiles(&count);
    int pid = sim_spawn(profiles, count, &options->endpoints, &options->endpoint_count, &error);
    if (pid < 0)
        return complain(&error, EXIT_USAGE);
    int code = with_app(context, run_live);
    sim_reap(pid);
    return code;
}

/* ---- saved runs ---- */

/* The logs of the operands ("latest" when there is none); false after a message. */
static bool find_runs(const struct context *context, char **paths, size_t *count) {
    struct options *options = context->options;
    struct error error = {0};
    char *directory = results_of(context);
    size_t wanted = options->operand_count ? options->operand_count : 1;
    *count = 0;
    for (size_t i = 0; i < wanted && i < RUNS_ON_SCREEN; i++) {
        const char *name = options->operand_count ? options->operands[i] : "latest";
        paths[i] = results_find(directory, name, &error);
        if (!paths[i])
            break;
        (*count)++;
    }
    free(directory);
    if (wanted > RUNS_ON_SCREEN)
        error_set(&error, "at most %d runs at once", RUNS_ON_SCREEN);
    if (*count == wanted)
        return true;
    complain(&error, EXIT_USAGE);
    for (size_t i = 0; i < *count; i++)
        free(paths[i]);
    return false;
}

static int64_t until_us(const struct options *options) {
    return isnan(options->until_s) ? INT64_MAX : (int64_t)(options->until_s * 1e6);
}

static bool survey(struct app *app, struct error *error) {
    return player_survey(app->player, (const char *const *)app->paths, error);
}

static bool fold(struct app *app, struct error *error) {
    bool whole = player_fold(app->player, app->boards, until_us(app->options), error);
    for (size_t i = 0; i < app->run_count; i++)
        app->scene.boards[i] = app->boards[i];
    return whole;
}

static int dump_frame(const struct context *context, struct app *app) {
    struct options *options = context->options;
    struct error error = {0};
    struct frame frame;
    struct buf out;
    int width = options->width ? options->width : 120,
        height = options->height ? options->height : 40;
    if (!survey(app, &error) || !fold(app, &error) ||
        (options->keys && !app_keys(app, options->keys, width, height, &error)))
        return complain(&error, EXIT_USAGE);
    app_replay_state(app);
    frame_init(&frame);
    frame_resize(&frame, width, height);
    buf_init(&out, (size_t)64 << 20);
    view_draw(&frame, &app->scene, &app->ui);
    int code = EXIT_OK;
    if (strcmp(options->dump, "text") == 0)
        frame_dump_text(&frame, false, &out);
    else if (strcmp(options->dump, "ansi") == 0)
        frame_dump_ansi(&frame, &app->theme, &out);
    else if (strcmp(options->dump, "svg") == 0)
        frame_dump_svg(&frame, &app->theme, "pitwall", &out);
    else
        error_set(&error, "--dump is text, ansi or svg, not '%s'", options->dump);
    if (error.text[0])
        code = complain(&error, EXIT_USAGE);
    else if (fwrite(buf_string(&out), 1, out.length, stdout) != out.length)
        code = EXIT_RESULTS;
    buf_done(&out);
    frame_done(&frame);
    return code;
}

static int play(const struct context *context, struct app *app) {
    struct error error = {0};
    player_speed(app->player, context->options->speed);
    app->feed = queue_new(REPLAY_BYTES);
    bool plain = wants_plain(context);
    if (!plain && !survey(app, &error))
        return complain(&error, EXIT_USAGE);
    player_start(app->player, app->feed);
    if (plain) {
        app->until_us = until_us(context->options);
    } else if (!isnan(context->options->until_s)) {
        player_pause(app->player, true);
        player_seek(app->player, until_us(context->options));
    }
    bool shown = plain ? app_plain(app, context->signals, &error)
                       : app_screen(app, context->signals, &error);
    if (!shown)
        return app->interrupted ? EXIT_STOPPED : complain(&error, EXIT_USAGE);
    const struct board *const *boards = app->scene.boards;
    return print_report(app, boards, app->run_count, REPORT_TABLE);
}

/* The runs that were asked for, with a player and fresh boards. False after a message. */
static bool open_runs(const struct context *context, struct app *app) {
    struct error error = {0};
    if (!find_runs(context, app->paths, &app->run_count))
        return false;
    app->player = player_new((const char *const *)app->paths, app->run_count, app->runs, &error);
    if (app->player) {
        app_boards(app);
        return true;
    }
    for (size_t i = 0; i < app->run_count; i++)
        free(app->paths[i]);
    app->run_count = 0;
    complain(&error, EXIT_USAGE);
    return false;
}

static int replay_with(const struct context *context, struct app *app) {
    if (!open_runs(context, app))
        return EXIT_USAGE;
    app->ui.replay = true;
    return context->options->dump ? dump_frame(context, app) : play(context, app);
}

static int report_with(const struct context *context, struct app *app) {
    struct error error = {0};
    const char *word = context->options->format ? context->options->format
                       : context->options->json ? "json"
                                                : "table";
    int format = report_find(word);
    if (format < 0) {
        error_set(&error, "unknown format '%s'", word);
        error_hint(&error, "one of table, panel, json, csv, md, trace, score");
        return complain(&error, EXIT_USAGE);
    }
    if (!open_runs(context, app))
        return EXIT_USAGE;
    if (!fold(app, &error))
        return complain(&error, EXIT_USAGE);
    return print_report(app, app->scene.boards, app->run_count, (enum report_format)format);
}

static int simulate(const struct context *context) {
    struct error error = {0};
    size_t count = context->options->operand_count;
    const char *const *names = (const char *const *)context->options->operands;
    if (count == 0)
        names = sim_profiles(&count);
    struct sim *sim = sim_new(names, count, context->options->port, &error);
    if (!sim)
        return complain(&error, EXIT_USAGE);
    size_t endpoint_count;
    const struct endpoint *endpoints = sim_endpoints(sim, &endpoint_count);
    for (size_t i = 0; i < endpoint_count; i++)
        printf("%s=%s\n", endpoints[i].name, endpoints[i].url);
    fflush(stdout);
    if (context->environment->output_is_terminal)
        fprintf(stderr, "In another terminal: pitwall -e NAME=URL. Ctrl-C ends them.\n");
    bool served = sim_run(sim, &error);
    sim_free(sim);
    return served ? EXIT_OK : complain(&error, EXIT_USAGE);
}

static int replay(const struct context *context) {
    return with_app(context, replay_with);
}

static int report(const struct context *context) {
    return with_app(context, report_with);
}

static int (*const bodies[COMMAND_COUNT])(const struct context *) = {
    [COMMAND_RUN] = bench,
    [COMMAND_DEMO] = demo,
    [COMMAND_REPLAY] = replay,
    [COMMAND_REPORT] = report,
    [COMMAND_SIM] = simulate,
    [COMMAND_SOLO] = command_solo,
    [COMMAND_COMPARE] = command_compare,
    [COMMAND_PROBE] = command_probe,
    [COMMAND_RUNS] = command_runs,
    [COMMAND_RM] = command_rm,
    [COMMAND_IMPORT] = command_import,
};

int command_run(const struct context *context) {
    struct error error = {0};
    enum command command = context->options->command;
    if (bodies[command])
        return bodies[command](context);
    error_set(&error, "'%s' is not in this version", command_word(command));
    return complain(&error, EXIT_USAGE);
}
