/* Why two cells must not be compared. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/compare_private.h"

#define TEMPLATE_SHARE 0.05 /* prompt_tokens that differ by more: another text (protocol 5) */

static const char *const bar_words[BAR_COUNT] = {
    [BAR_NONE] = "",
    [BAR_WORKLOAD] = "other workload",
    [BAR_SALT] = "other salt policy",
    [BAR_MACHINE] = "other machine",
    [BAR_POWER_MODE] = "other power mode",
    [BAR_THINKING] = "other thinking mode",
    [BAR_GATE] = "gate tripped",
    [BAR_TOKEN_SOURCE] = "other token source",
    [BAR_TEMPLATE] = "other template",
    [BAR_DEFINITION] = "other definition",
};

const char *compare_bar_word(enum compare_bar bar) {
    return bar_words[bar];
}

static const char *definition_of(const struct side *side) {
    for (size_t i = 0; i < side->board->capability_count; i++) {
        const struct capability *capability = &side->board->capabilities[i];
        if (capability->ep == side->ep && capability->name &&
            strcmp(capability->name, COMPARE_DEFINITION) == 0)
            return capability->value ? capability->value : "";
    }
    return side->board->rows[side->ep].endpoint->imported ? "unknown" : "pitwall";
}

static enum thinking thinking_of(const struct side *side) {
    const struct row *row = &side->board->rows[side->ep];
    size_t first = side->cell->record_count ? side->cell->records[0].first_call : row->call_count;
    for (size_t i = first; i < row->call_count; i++)
        if (row->calls[i]->column == side->column && row->calls[i]->finished)
            return row->calls[i]->call.thinking;
    enum thinking mode = row->endpoint->thinking;
    return mode == THINKING_DEFAULT ? suite_thinking(side->board->columns[side->column].suite)
                                    : mode;
}

static bool text_differs(const char *a, const char *b) {
    return a && b && strcmp(a, b) != 0;
}

/* Drawn anew, or the same text every time: cold means something else then. */
static bool salt_is_drawn(const struct board *board) {
    return board->run.salt && strcmp(board->run.salt, "random") == 0;
}

static bool unranking_gate(const struct side *side, char *detail, size_t size) {
    for (int gate = 0; gate < GATE_COUNT; gate++)
        if (gate_unranks((enum gate_id)gate) && side->cell->gates & 1u << gate) {
            snprintf(detail, size, "%s of %s", gate_word((enum gate_id)gate),
                     side->board->rows[side->ep].endpoint->name);
            return true;
        }
    return false;
}

static bool template_differs(const struct side *a, const struct side *b, char *detail,
                             size_t size) {
    double x = board_value(a->board, a->ep, a->column, METRIC_PROMPT_TOKENS, STAT_MEDIAN);
    double y = board_value(b->board, b->ep, b->column, METRIC_PROMPT_TOKENS, STAT_MEDIAN);
    if (!(fabs(x - y) > TEMPLATE_SHARE * fmin(x, y)))
        return false;
    snprintf(detail, size, "prompt_tokens %.0f and %.0f", x, y);
    return true;
}

static enum compare_bar bar_of_runs(const struct side *a, const struct side *b, char *detail,
                                    size_t size) {
    const struct run *x = &a->board->run, *y = &b->board->run;
    if (x == y)
        return BAR_NONE;
    if (x->workload != y->workload) {
        snprintf(detail, size, "%s and %s", workload_word(x->workload), workload_word(y->workload));
        return BAR_WORKLOAD;
    }
    if (salt_is_drawn(a->board) != salt_is_drawn(b->board))
        return BAR_SALT;
    const char *was = x->machine.chip ? x->machine.chip : x->machine.model;
    const char *is = y->machine.chip ? y->machine.chip : y->machine.model;
    if (text_differs(was, is) || text_differs(x->machine.model, y->machine.model)) {
        snprintf(detail, size, "%.40s and %.40s", was ? was : "?", is ? is : "?");
        return BAR_MACHINE;
    }
    if (text_differs(x->machine.power_mode, y->machine.power_mode)) {
        snprintf(detail, size, "%.40s and %.40s", x->machine.power_mode, y->machine.power_mode);
        return BAR_POWER_MODE;
    }
    return BAR_NONE;
}

enum compare_bar compare_bar_of(const struct side *a, const struct side *b,
                                const struct compared *what, char *detail, size_t size) {
    enum compare_bar bar = bar_of_runs(a, b, detail, size);
    if (bar != BAR_NONE)
        return bar;
    enum thinking x = thinking_of(a), y = thinking_of(b);
    if (x != y) {
        snprintf(detail, size, "%s and %s", thinking_word(x), thinking_word(y));
        return BAR_THINKING;
    }
    if (what->defined && strcmp(definition_of(a), definition_of(b)) != 0)
        return BAR_DEFINITION;
    if (what->outcome)
        return BAR_NONE;
    if (unranking_gate(a, detail, size) || unranking_gate(b, detail, size))
        return BAR_GATE;
    if (what->tokens && a->cell->token_sources && b->cell->token_sources &&
        a->cell->token_sources != b->cell->token_sources)
        return BAR_TOKEN_SOURCE;
    return template_differs(a, b, detail, size) ? BAR_TEMPLATE : BAR_NONE;
}
