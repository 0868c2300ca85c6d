/* pitwall solo: the quick check's verdict on one screen, or as JSON. */
#include "commands.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "endpoints.h"
#include "model/energy.h"
#include "model/solo.h"
#include "store/player.h"
#include "store/results.h"

#define RUNS_LOOKED_AT 40 /* newest first; older runs are no good reference */
#define WIDTH 78

/* Fold one saved run; NULL when it can't be read. */
static struct board *fold_run(const char *path, struct run *run) {
    struct error error;
    const char *paths[] = {path};
    struct player *player = player_new(paths, 1, run, &error);
    if (!player)
        return NULL;
    struct board *board = board_new(run);
    bool ok = player_fold(player, &board, INT64_MAX, &error);
    player_free(player);
    if (ok)
        return board;
    board_free(board);
    run_done(run);
    return NULL;
}

/* The newest good run of each endpoint. */
static void find_references(const struct context *context, const struct board *now,
                            struct solo_reference *references) {
    struct result *list;
    size_t count, missing = now->row_count;
    char *directory = results_of(context);
    if (!results_list(directory, &list, &count, NULL))
        count = 0, list = NULL;
    for (size_t i = 0; i < count && i < RUNS_LOOKED_AT && missing > 0; i++) {
        struct run run;
        struct board *board = fold_run(list[i].path, &run);
        if (!board)
            continue;
        for (size_t ep = 0; ep < now->row_count; ep++)
            if (!references[ep].known && solo_reference_from(&references[ep], board, now, (int)ep))
                missing--;
        board_free(board);
        run_done(&run);
    }
    results_free(list, count);
    free(directory);
}

static const char *about(const struct board *board, int ep) {
    return ep < 0 ? "machine" : board->rows[ep].endpoint->name;
}

/* Words of `text` in lines of WIDTH, indented. */
static void print_wrapped(const char *text, int indent) {
    int column = 0;
    while (*text) {
        int word = 0;
        while (text[word] && text[word] != ' ')
            word++;
        if (column > 0 && column + 1 + word > WIDTH - indent) {
            putchar('\n');
            column = 0;
        }
        column += printf("%*s%.*s", column == 0 ? indent : 1, "", word, text);
        text += word;
        while (*text == ' ')
            text++;
    }
    putchar('\n');
}

static void print_figure(const struct board *board, size_t ep, const char *phase,
                         enum metric_id metric) {
    char text[METRIC_TEXT];
    int column = board_column(board, SUITE_SOLO, phase);
    double value = column < 0 ? NAN : board_value(board, (int)ep, column, metric, STAT_MEDIAN);
    metric_format(metric, value, text);
    printf("  %*s%s", 8 - (int)text_cells(text), "", text);
}

static void print_endpoints(const struct board *board, const struct solo_reference *references) {
    printf("\n  %-20s  %8s  %8s %9s  %8s  %s\n", "", "cold ms", "warm ms", "prefix ms", "t/s",
           "held against");
    for (size_t ep = 0; ep < board->row_count; ep++) {
        char name[64];
        text_visible(name, sizeof name, board->rows[ep].endpoint->name,
                     strlen(board->rows[ep].endpoint->name));
        printf("  %-20.20s", name);
        for (int i = 0; i < SOLO_PHASES; i++)
            print_figure(board, ep, solo_phases[i], METRIC_TTFT);
        print_figure(board, ep, solo_phases[1], METRIC_DECODE);
        printf("  %s%s\n", references[ep].known ? references[ep].run : "no good run yet",
               board->rows[ep].endpoint->simulated ? "  SIM" : "");
    }
}

/* Appends " · " and a fact. */
PRINTF_LIKE(3, 4)
static void join(char *out, size_t size, const char *format, ...) {
    size_t used = strlen(out);
    va_list args;
    if (used > 0 && used < size)
        used += (size_t)snprintf(out + used, size - used, " · ");
    va_start(args, format);
    if (used < size)
        vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

/* What one machine tells; of heat and power also that it does not. */
static void machine_line(const struct lane_state *lane, char *out, size_t size) {
    const struct sample *sample = &lane->last;
    double watts = energy_watts(lane->energy);
    bool known = sample->thermal != THERMAL_UNKNOWN;
    *out = '\0';
    join(out, size, "thermal %s", known ? thermal_word(sample->thermal) : "–");
    if (isnan(sample->swap_mb))
        join(out, size, "swap –");
    else
        join(out, size, "swap %.0f MB in use, %+.0f since the start", sample->swap_mb,
             sample->swap_mb - lane->swap_start);
    if (!isnan(sample->pressure))
        join(out, size, "memory pressure %.1f", sample->pressure);
    if (!isnan(sample->free_mb))
        join(out, size, "%.0f MB free", sample->free_mb);
    if (isnan(watts))
        join(out, size, "power –");
    else
        join(out, size, "%.1f W (%.40s)", watts, energy_rails(lane->energy));
    if (sample->power_source)
        join(out, size, "on %.10s", sample->power_source);
    if (sample->power_mode)
        join(out, size, "power mode %.10s", sample->power_mode);
}

static void print_machines(const struct board *board) {
    for (size_t i = 0; i < board->lane_count; i++) {
        const struct lane_state *lane = &board->lanes[i];
        char line[320], text[400], visible[600];
        if (!lane->seen)
            continue;
        machine_line(lane, line, sizeof line);
        snprintf(text, sizeof text, "%.60s: %s", lane->name, line);
        text_visible(visible, sizeof visible, text, strlen(text));
        putchar('\n');
        print_wrapped(visible, 2);
    }
    for (size_t i = 0; i < board->note_count; i++) {
        char visible[600];
        if (board->notes[i].ep >= 0)
            continue;
        text_visible(visible, sizeof visible, board->notes[i].text, strlen(board->notes[i].text));
        print_wrapped(visible, 6);
    }
}

static void print_text(const struct board *board, const struct solo *solo,
                       const struct solo_reference *references) {
    if (solo->count == 0)
        printf("CLEAN: nothing that is known speaks against measuring here.\n");
    else
        printf("NOT CLEAN: %zu reason%s.\n", solo->count, solo->count == 1 ? "" : "s");
    for (size_t i = 0; i < solo->count; i++) {
        char what[512];
        const struct solo_reason *reason = &solo->reasons[i];
        snprintf(what, sizeof what, "%s: %s", about(board, reason->ep), reason->what);
        char visible[600];
        text_visible(visible, sizeof visible, what, strlen(what));
        putchar('\n');
        print_wrapped(visible, 2);
        print_wrapped(reason->todo, 6);
    }
    print_machines(board);
    if (board->row_count > 0)
        print_endpoints(board, references);
    else
        printf("\nOnly the machine was looked at: no engine was named or found.\n"
               "Add one with -e NAME=http://HOST:PORT to check it too.\n");
}

static void json_machines(struct json_writer *w, const struct board *board) {
    json_open(w, "machines", '[');
    for (size_t i = 0; i < board->lane_count; i++) {
        const struct lane_state *lane = &board->lanes[i];
        const struct sample *sample = &lane->last;
        if (!lane->seen)
            continue;
        bool known = sample->thermal != THERMAL_UNKNOWN;
        json_open(w, NULL, '{');
        json_put_string(w, "lane", lane->name);
        json_put_string(w, "thermal", known ? thermal_word(sample->thermal) : NULL);
        json_put_number(w, "swap_mb", sample->swap_mb);
        json_put_number(w, "swap_delta_mb", sample->swap_mb - lane->swap_start);
        json_put_number(w, "pressure", sample->pressure);
        json_put_number(w, "free_mb", sample->free_mb);
        json_put_number(w, "watts", energy_watts(lane->energy));
        json_put_string(w, "power_source", sample->power_source);
        json_put_string(w, "power_mode", sample->power_mode);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void print_json(const struct board *board, const struct solo *solo,
                       const struct solo_reference *references) {
    struct buf out;
    struct json_writer w;
    buf_init(&out, 1 << 20);
    json_begin(&w, &out);
    json_open(&w, NULL, '{');
    json_put_string(&w, "run", board->run.id);
    json_put_bool(&w, "clean", solo->count == 0);
    json_open(&w, "reasons", '[');
    for (size_t i = 0; i < solo->count; i++) {
        json_open(&w, NULL, '{');
        json_put_string(&w, "about", about(board, solo->reasons[i].ep));
        json_put_string(&w, "what", solo->reasons[i].what);
        json_put_string(&w, "todo", solo->reasons[i].todo);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_machines(&w, board);
    json_open(&w, "endpoints", '[');
    for (size_t ep = 0; ep < board->row_count; ep++) {
        json_open(&w, NULL, '{');
        json_put_string(&w, "name", board->rows[ep].endpoint->name);
        json_put_bool(&w, "simulated", board->rows[ep].endpoint->simulated);
        for (int i = 0; i < SOLO_PHASES; i++) {
            char key[40];
            snprintf(key, sizeof key, "%s_ttft_ms", solo_phases[i]);
            json_put_number(&w, key,
                            board_value(board, (int)ep,
                                        board_column(board, SUITE_SOLO, solo_phases[i]),
                                        METRIC_TTFT, STAT_MEDIAN));
        }
        json_put_string(&w, "reference", references[ep].known ? references[ep].run : NULL);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
    printf("%s\n", buf_string(&out));
    buf_done(&out);
}

static int solo_with(const struct context *context, struct app *app) {
    int code;
    struct solo solo;
    app->quiet = true;
    if (!measure_live(context, app, &code))
        return code;
    const struct board *board = app->boards[0];
    struct solo_reference *references = mem_zero(board->row_count, sizeof *references);
    find_references(context, board, references);
    solo_judge(&solo, board, references);
    if (context->options->json)
        print_json(board, &solo, references);
    else
        print_text(board, &solo, references);
    free(references);
    if (board->row_count == 0 && board->status == RUN_COMPLETE)
        return solo.count > 0 ? EXIT_CHECK : EXIT_NO_ENDPOINT;
    code = exit_of_run(app, context);
    return code != EXIT_OK ? code : solo.count == 0 ? EXIT_OK : EXIT_CHECK;
}

/* Without an engine the machine is looked at all the same; what is missing was told. */
int command_solo(const struct context *context) {
    endpoints_find(context, NULL);
    return with_app(context, solo_with);
}
