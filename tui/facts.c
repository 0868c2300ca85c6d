#include "facts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void facts_gate_title(enum gate_id gate, char out[GATE_TEXT]) {
    copy_text(out, GATE_TEXT, gate_word(gate));
    for (char *c = out; *c; c++)
        if (*c == '_')
            *c = ' ';
}

enum role facts_gate_role(enum gate_id gate) {
    return gate_unranks(gate) ? ROLE_BAD : ROLE_WARN;
}

const struct verdict *facts_verdict(const struct row_ref *ref) {
    const struct verdict *found = NULL;
    for (size_t i = 0; i < ref->board->verdict_count; i++) {
        const struct verdict *verdict = &ref->board->verdicts[i];
        if (verdict->ep != ref->ep)
            continue;
        if (verdict->id == VERDICT_REUSE)
            return verdict;
        found = verdict;
    }
    return found;
}

enum role facts_verdict_role(const struct verdict *verdict) {
    if (strcmp(verdict->value, "YES") == 0)
        return ROLE_GOOD;
    return strcmp(verdict->value, "NO") == 0 ? ROLE_BAD : ROLE_ACCENT;
}

/* Append " · text" (or only the text when it is the first). */
static void join(char *out, size_t size, const char *text) {
    size_t used = strlen(out);
    if (text && *text && used < size)
        snprintf(out + used, size - used, "%s%s", used ? " · " : "", text);
}

static struct fact *fact_new(struct fact *facts, int *count, const char *label, enum role role) {
    if (*count >= FACTS_MOST)
        return NULL;
    struct fact *fact = &facts[(*count)++];
    *fact = (struct fact){.role = role};
    copy_text(fact->label, sizeof fact->label, label);
    return fact;
}

static void add_identity(const struct row_ref *ref, struct fact *facts, int *count) {
    const struct endpoint *endpoint = ref->row->endpoint;
    const char *version =
        ref->row->engine_version ? ref->row->engine_version : endpoint->engine_version;
    struct fact *fact = fact_new(facts, count, "engine", ROLE_TEXT);
    if (!fact)
        return;
    snprintf(fact->value, sizeof fact->value, "%s%s%s", engine_title(endpoint->engine),
             version ? " " : "", version ? version : "");
    join(fact->value, sizeof fact->value, row_model(ref));
    join(fact->value, sizeof fact->value, endpoint->format);
    join(fact->value, sizeof fact->value, endpoint->quant);
    join(fact->value, sizeof fact->value,
         endpoint->published   ? "PUBLISHED"
         : endpoint->imported  ? "IMPORTED"
         : endpoint->simulated ? "SIM"
                               : NULL);
}

static void add_place(const struct row_ref *ref, struct fact *facts, int *count) {
    const struct endpoint *endpoint = ref->row->endpoint;
    enum role role = ref->row->state == ENDPOINT_DOWN      ? ROLE_BAD
                     : ref->row->state == ENDPOINT_LOADING ? ROLE_WARN
                                                           : ROLE_TEXT;
    struct fact *fact = fact_new(facts, count, "at", role);
    if (!fact)
        return;
    join(fact->value, sizeof fact->value, endpoint->url);
    if (endpoint->lane) {
        char lane[80];
        snprintf(lane, sizeof lane, "lane %s", endpoint->lane);
        join(fact->value, sizeof fact->value, lane);
    }
    if (ref->row->state != ENDPOINT_UNKNOWN)
        join(fact->value, sizeof fact->value, endpoint_state_word(ref->row->state));
    join(fact->value, sizeof fact->value, ref->row->detail);
    if (ref->row->retries > 0) {
        char text[32];
        snprintf(text, sizeof text, "%d retries", ref->row->retries);
        join(fact->value, sizeof fact->value, text);
    }
}

static void join_share(char *out, size_t size, const char *name, double value) {
    char text[64];
    if (isnan(value))
        return;
    snprintf(text, sizeof text, "%s %.2f", name, value);
    join(out, size, text);
}

static void add_verdict(const struct verdict *verdict, struct fact *facts, int *count) {
    static const char *const labels[VERDICT_COUNT] = {
        [VERDICT_REUSE] = "reuse",
        [VERDICT_SNAPSHOT] = "snapshot",
        [VERDICT_SERIALISATION] = "burst",
        [VERDICT_DRIFT] = "drift",
    };
    struct fact *fact = fact_new(facts, count, labels[verdict->id], facts_verdict_role(verdict));
    if (!fact)
        return;
    char *out = fact->value;
    size_t size = sizeof fact->value;
    snprintf(out, size, "%s%s%s", verdict->value[0] ? verdict->value : "–",
             verdict->phase[0] ? " at " : "", verdict->phase);
    join_share(out, size, "ratio", verdict->ratio);
    join_share(out, size, "best possible", verdict->ceiling);
    join_share(out, size, "efficiency", verdict->efficiency);
    join_share(out, size, "cached", verdict->reuse_fraction);
    if (verdict->suspect_cold)
        join(out, size, "cold is suspect");
    if (verdict->witnesses_disagree)
        join(out, size, "witnesses disagree");
    if (!verdict->evidence[0])
        return;
    fact = fact_new(facts, count, "", ROLE_DIM);
    if (fact)
        copy_text(fact->value, sizeof fact->value, verdict->evidence);
}

static void add_bounds(const struct row_ref *ref, struct fact *facts, int *count) {
    double warm =
        board_row_value(ref->board, ref->ep, SUITE_AGENTIC, METRIC_BOUND_WARM, STAT_MEDIAN);
    double prefix =
        board_row_value(ref->board, ref->ep, SUITE_AGENTIC, METRIC_BOUND_PREFIX, STAT_MEDIAN);
    if (isnan(warm) && isnan(prefix))
        return;
    struct fact *fact = fact_new(facts, count, "60 calls", ROLE_TEXT);
    if (!fact)
        return;
    char one[DURATION_TEXT], other[DURATION_TEXT];
    draw_duration(isnan(warm) ? -1 : (int64_t)(warm * 1e6), one);
    draw_duration(isnan(prefix) ? -1 : (int64_t)(prefix * 1e6), other);
    snprintf(fact->value, sizeof fact->value, "take at least %s with one prompt, %s with new users",
             one, other);
}

/* One line per gate: its phases, then the first one's evidence. */
static void add_gate(const struct row_ref *ref, enum gate_id gate, struct fact *facts, int *count) {
    const struct board *board = ref->board;
    char phases[96] = "";
    const char *detail = NULL;
    char word[PHASE_TITLE];
    for (size_t i = 0; i < board->gate_count; i++) {
        const struct gate_result *result = &board->gates[i];
        if (result->ep != ref->ep || result->gate != gate || result->column < 0 ||
            (size_t)result->column >= board->column_count)
            continue;
        size_t used = strlen(phases);
        snprintf(phases + used, sizeof phases - used, "%s%s", used ? ", " : "",
                 draw_phase(board->columns[result->column].phase, 8, word));
        detail = detail ? detail : result->detail;
    }
    if (!phases[0])
        return;
    char label[12], title[GATE_TEXT];
    snprintf(label, sizeof label, "gate %c", gate_mark(gate));
    facts_gate_title(gate, title);
    struct fact *fact = fact_new(facts, count, label, facts_gate_role(gate));
    if (fact)
        snprintf(fact->value, sizeof fact->value, "%s (%s): %s", title, phases,
                 detail ? detail : "");
}

int facts_collect(const struct row_ref *ref, struct fact facts[FACTS_MOST]) {
    int count = 0;
    add_identity(ref, facts, &count);
    add_place(ref, facts, &count);
    for (size_t i = 0; i < ref->board->verdict_count; i++)
        if (ref->board->verdicts[i].ep == ref->ep)
            add_verdict(&ref->board->verdicts[i], facts, &count);
    for (int gate = 0; gate < GATE_COUNT; gate++)
        add_gate(ref, (enum gate_id)gate, facts, &count);
    add_bounds(ref, facts, &count);
    return count;
}

void facts_draw(const struct draw *draw, struct rect rect, const struct fact *facts, int count) {
    int label = 9;
    for (int i = 0; i < count && i < rect.height; i++) {
        frame_text(draw->frame, rect.x, rect.y + i, label - 1, ROLE_DIM, facts[i].label);
        frame_text(draw->frame, rect.x + label, rect.y + i, rect.width - label, facts[i].role,
                   facts[i].value);
    }
}
