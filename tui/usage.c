#include "usage.h"

#include <stdio.h>
#include <string.h>

#include "base/embed.h"
#include "base/text.h"
#include "engines/registry.h"
#include "model/metric.h"
#include "store/report.h"
#include "suites/suite.h"
#include "theme.h"

#define LIST_WIDTH 92
#define LIST_INDENT 14

/* ---- words of each table; NULL past the last ---- */

static const char *suite_at(size_t index) {
    for (int i = 0; i < SUITE_COUNT; i++) /* solo is a command of its own */
        if (suite_of((enum suite_id)i) && i != SUITE_SOLO && index-- == 0)
            return suite_word((enum suite_id)i);
    return NULL;
}

static const char *workload_at(size_t index) {
    return index < WORKLOAD_COUNT ? workload_word((enum workload)index) : NULL;
}

static const char *engine_at(size_t index) {
    return index < ENGINE_COUNT ? engine_word((enum engine_id)index) : NULL;
}

static const char *format_at(size_t index) {
    return index < REPORT_COUNT ? report_word((enum report_format)index) : NULL;
}

static const char *metric_at(size_t index) {
    return index < METRIC_COUNT ? metric_of((enum metric_id)index)->id : NULL;
}

static const char *profile_at(size_t index) {
    return embed_profiles[index].name;
}

static const struct list {
    const char *option, *title, *more;
    const char *(*word_at)(size_t index);
} lists[] = {
    {"suite", "suites", "all quality", suite_at},
    {"workload", "workloads", NULL, workload_at},
    {"endpoint", "engines", NULL, engine_at},
    {"theme", "themes", NULL, theme_builtin},
    {"port", "profiles", NULL, profile_at}, /* of simulated engines */
    {"format", "formats", NULL, format_at},
    {"format", "metrics", NULL, metric_at}, /* keys of json and csv */
};

/* ---- the page ---- */

static size_t put_word(struct buf *out, const char *word, size_t column) {
    size_t length = strlen(word);
    if (column + 1 + length > LIST_WIDTH) {
        buf_printf(out, "\n%*s", LIST_INDENT, "");
        column = LIST_INDENT;
    }
    buf_printf(out, " %s", word);
    return column + 1 + length;
}

static void put_list(struct buf *out, const struct list *list) {
    const char *word;
    size_t column = LIST_INDENT;
    buf_printf(out, "  %-*s", LIST_INDENT - 2, list->title);
    for (size_t i = 0; (word = list->word_at(i)); i++)
        column = put_word(out, word, column);
    if (list->more)
        buf_printf(out, "; %s", list->more);
    buf_char(out, '\n');
}

void usage_print(const struct options *options, struct buf *out) {
    enum command command = options->command_named ? options->command : COMMAND_COUNT;
    bool any = false;
    options_help(command, out);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (!command_takes(command, lists[i].option))
            continue;
        if (!any)
            buf_text(out, "\nWords:\n");
        any = true;
        put_list(out, &lists[i]);
    }
    buf_text(out,
             "\nExit codes: 0 ok, 1 a check or gate failed, 2 usage or config, 3 no endpoint could "
             "be\nmeasured, 4 results could not be written, 130 stopped by the user.\n");
}
