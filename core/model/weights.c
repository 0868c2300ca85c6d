#include "model/weights.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define PUBLISHED (-1)
#define TYPO 3    /* as far as a word may be off to be suggested */
#define SAME 1e-9 /* scores nearer than that are a tie: rounding */

static const struct {
    const char *word, *title;
    double weight;
    int suite;
} parts[PART_COUNT] = {
    [PART_SWE] = {"swe-bench-verified", "SWE-bench Verified", 35, PUBLISHED},
    [PART_BFCL] = {"bfcl", "BFCL", 25, PUBLISHED},
    [PART_TERMINAL] = {"terminal-bench", "Terminal-Bench / MCP", 20, PUBLISHED},
    [PART_LIVEBENCH] = {"livebench-coding", "LiveBench coding", 10, PUBLISHED},
    [PART_LONG_HORIZON] = {"long-horizon", "long-horizon", 10, SUITE_ENDURANCE},
    [PART_TOOL_CALL] = {"tool-call", "tool-call", 0, SUITE_TOOL_CALL},
    [PART_TOOL_CALL_STRESS] = {"tool-call-stress", "tool-call-stress", 0, SUITE_TOOL_CALL_STRESS},
    [PART_RECOVERY] = {"recovery", "recovery", 0, SUITE_RECOVERY},
    [PART_THINKING] = {"thinking", "thinking", 0, SUITE_THINKING},
    [PART_INSTRUCT] = {"instruct", "instruct", 0, SUITE_INSTRUCT},
    [PART_RESEARCH_BRIEF] = {"research-brief", "research-brief", 0, SUITE_RESEARCH_BRIEF},
    [PART_ORDER_CONTROL] = {"order-control", "order-control", 0, SUITE_ORDER_CONTROL},
    [PART_LOOP_SEARCH] = {"loop-search", "loop-search", 0, SUITE_LOOP_SEARCH},
    [PART_CODE_TRAPS] = {"code-traps", "code-traps", 0, SUITE_CODE_TRAPS},
};

const char *part_word(enum part_id part) {
    return parts[part].word;
}

const char *part_title(enum part_id part) {
    return parts[part].title;
}

int part_find(const char *word) {
    for (int part = 0; word && part < PART_COUNT; part++)
        if (strcmp(parts[part].word, word) == 0)
            return part;
    return -1;
}

const char *part_near(const char *word) {
    int best = TYPO + 1, nearest = -1;
    for (int part = 0; word && part < PART_COUNT; part++) {
        int distance = text_distance(word, part_word((enum part_id)part), TYPO);
        if (distance < best) {
            best = distance;
            nearest = part;
        }
    }
    return nearest < 0 ? NULL : part_word((enum part_id)nearest);
}

int part_suite(enum part_id part) {
    return parts[part].suite;
}

void weights_default(struct weights *weights) {
    for (int part = 0; part < PART_COUNT; part++)
        weights->of[part] = parts[part].weight;
}

void part_scores_init(struct part_scores *scores) {
    for (int part = 0; part < PART_COUNT; part++)
        scores->of[part] = NAN;
}

struct weighted weights_score(const struct weights *weights, const struct part_scores *scores) {
    struct weighted weighted = {.score = NAN};
    double sum = 0, known = 0, total = 0;
    for (int part = 0; part < PART_COUNT; part++) {
        double weight = weights->of[part];
        if (!(weight > 0))
            continue;
        total += weight;
        if (isnan(scores->of[part])) {
            weighted.missing |= 1u << part;
            continue;
        }
        weighted.known |= 1u << part;
        known += weight;
        sum += weight * scores->of[part];
    }
    if (known > 0) {
        weighted.score = sum / known;
        weighted.coverage = 100 * known / total;
    }
    return weighted;
}

/* The best of the members; whoever ties with it leads too. */
static uint64_t leaders_of(const struct weights *weights, const struct part_scores *entries,
                           size_t count, uint64_t members) {
    double best = -1;
    uint64_t leaders = 0;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < count; i++) {
            if (!(members >> i & 1))
                continue;
            double score = weights_score(weights, &entries[i]).score;
            if (round == 0 && score > best)
                best = score;
            else if (round == 1 && score >= best - SAME)
                leaders |= UINT64_C(1) << i;
        }
    return leaders;
}

bool weights_sensitivity(const struct weights *weights, const struct part_scores *entries,
                         size_t count, unsigned known, struct sensitivity *out) {
    static const double factors[] = {1 - WEIGHTS_SWAY, 1 + WEIGHTS_SWAY};
    size_t members = 0;
    *out = (struct sensitivity){0};
    for (size_t i = 0; i < count; i++)
        if (known && weights_score(weights, &entries[i]).known == known) {
            out->members |= UINT64_C(1) << i;
            members++;
        }
    if (members < 2)
        return false;
    out->leaders = leaders_of(weights, entries, count, out->members);
    for (int part = 0; part < PART_COUNT; part++)
        for (size_t f = 0; (known >> part & 1) && f < COUNT_OF(factors); f++) {
            /* weights_score divides by the known weight: that is the renormalising */
            struct weights moved = *weights;
            moved.of[part] *= factors[f];
            uint64_t leaders = leaders_of(&moved, entries, count, out->members);
            if (leaders != out->leaders)
                out->sways[out->sway_count++] =
                    (struct sway){(enum part_id)part, factors[f], leaders};
        }
    return true;
}

double weights_per_gb(const struct part_scores *scores, double resident_gb, unsigned *missing) {
    static const struct {
        enum part_id part;
        double weight;
    } terms[] = {{PART_SWE, 0.5}, {PART_BFCL, 0.3}, {PART_TERMINAL, 0.2}};
    double sum = 0;
    *missing = 0;
    for (size_t i = 0; i < COUNT_OF(terms); i++) {
        if (isnan(scores->of[terms[i].part]))
            *missing |= 1u << terms[i].part;
        else
            sum += terms[i].weight * scores->of[terms[i].part];
    }
    return *missing || !(resident_gb > 0) ? NAN : sum / resident_gb;
}
