/* pitwall solo: the quick check's verdict on one screen, or as JSON. */
#include "commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "endpoints.h"
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
    printf("\n  %-20s  %8s  %8s  %8s  %8s  %s\n", "", "cold ms", "warm ms", "prefix", "t/s",
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
    print_endpoints(board, references);
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
    code = exit_of_run(app, context);
    return code != EXIT_OK ? code : solo.count == 0 ? EXIT_OK : EXIT_CHECK;
}

int command_solo(const struct context *context) {
    return endpoints_find(context, NULL) ? with_app(context, solo_with) : EXIT_NO_ENDPOINT;
}
