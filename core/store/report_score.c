/* The weighted score (protocol 6) as text and as JSON: each endpoint's parts with where they come
 * from, what is missing, the ranking within one coverage and how far it hangs on the weights. */
#include <math.h>
#include <string.h>

#include "store/report_parts.h"
#include "store/weighing.h"

#define TITLE_CELLS 22

static const char *suite_of(enum part_id part) {
    return part_suite(part) < 0 ? NULL : suite_word((enum suite_id)part_suite(part));
}

/* ---- text ---- */

static void name(struct buf *out, const struct weighing *weighing, int ep) {
    report_text(out, report_name(weighing->board, ep), "?");
    enum report_origin origin = report_origin_of(weighing->board, ep);
    if (origin != ORIGIN_MEASURED)
        buf_printf(out, " %s", report_origin_word(origin));
}

/* Titles of a set of parts, with commas. */
static void titles(struct buf *out, unsigned parts) {
    const char *between = "";
    for (int part = 0; part < PART_COUNT; part++)
        if (parts >> part & 1) {
            buf_printf(out, "%s%s", between, part_title((enum part_id)part));
            between = ", ";
        }
}

static void names(struct buf *out, const struct weighing *weighing, uint64_t eps) {
    const char *between = "";
    for (int ep = 0; ep < (int)weighing->count; ep++)
        if (eps >> ep & 1) {
            buf_text(out, between);
            name(out, weighing, ep);
            between = " = ";
        }
}

static void head(struct buf *out, const struct weighing *weighing) {
    buf_text(out, "weighted score · run ");
    report_text(out, weighing->board->run.id, "–");
    buf_text(out, "\nweights");
    const char *between = " ";
    for (int part = 0; part < PART_COUNT; part++)
        if (weighing->weights->of[part] > 0) {
            buf_printf(out, "%s%s %g", between, part_title((enum part_id)part),
                       weighing->weights->of[part]);
            between = " · ";
        }
    buf_char(out, '\n');
}

/* A score of a suite is "measured" only when this run measured a real engine. */
static const char *suite_origin(const struct weighing *weighing, int ep) {
    enum report_origin origin = report_origin_of(weighing->board, ep);
    return origin == ORIGIN_MEASURED ? "measured" : report_origin_word(origin);
}

static void source_of(struct buf *out, const struct weighing *weighing, int ep, enum part_id part) {
    const struct weighed *row = &weighing->rows[ep];
    if (isnan(row->scores.of[part])) {
        buf_printf(out, "missing: %s", weighing_absence(weighing, ep, part));
    } else if (part_suite(part) >= 0) {
        buf_printf(out, "%s, suite %s", suite_origin(weighing, ep), suite_of(part));
        if (row->turns[part])
            buf_printf(out, ", %d turns", row->turns[part]);
    } else {
        const struct published_figure *figure = &row->published->of[part];
        buf_printf(out, "published %s, ", figure->date);
        report_text(out, figure->source, "");
        if (figure->standing) {
            buf_text(out, " (");
            report_text(out, figure->standing, "");
            buf_char(out, ')');
        }
    }
}

static void part_line(struct buf *out, const struct weighing *weighing, int ep, enum part_id part) {
    double weight = weighing->weights->of[part], score = weighing->rows[ep].scores.of[part];
    buf_printf(out, "  %-*s ", TITLE_CELLS, part_title(part));
    if (weight > 0)
        buf_printf(out, "%6g  ", weight);
    else
        buf_text(out, "beside  ");
    if (isnan(score))
        buf_text(out, "    –  ");
    else
        buf_printf(out, "%5.1f  ", 100 * score);
    source_of(out, weighing, ep, part);
    buf_char(out, '\n');
}

static void per_gb_line(struct buf *out, const struct weighed *row) {
    buf_text(out, "  AgentScorePerGB ");
    if (!isnan(row->per_gb)) {
        buf_printf(out, "%.4f (RSS %.1f GB)\n", row->per_gb, row->resident_gb);
        return;
    }
    bool resident = row->resident_gb > 0;
    buf_text(out, "– · missing: ");
    titles(out, row->per_gb_missing);
    if (!resident)
        buf_printf(out, "%sresident memory", row->per_gb_missing ? ", " : "");
    if (row->per_gb_missing)
        buf_text(out, "\n    no published figure is known here: give one with --published FILE");
    if (!resident)
        buf_text(out, "\n    resident memory is known of a server on this machine");
    buf_char(out, '\n');
}

static void model_line(struct buf *out, const struct weighed *row) {
    buf_text(out, "  model ");
    report_text(out, row->model, "–");
    if (row->published) {
        buf_text(out, " · figures of ");
        report_text(out, row->published->name, "");
        buf_text(out, " by the words ");
        report_text(out, row->published->words, "");
        if (row->over[0])
            buf_printf(out, "; not compared: %s", row->over);
    }
    buf_char(out, '\n');
}

static void endpoint_block(struct buf *out, const struct weighing *weighing, int ep) {
    const struct weighed *row = &weighing->rows[ep];
    buf_char(out, '\n');
    name(out, weighing, ep);
    if (isnan(row->weighted.score))
        buf_text(out, "  score –");
    else
        buf_printf(out, "  score %.1f", 100 * row->weighted.score);
    buf_printf(out, " · coverage %.3g/100\n", row->weighted.coverage);
    model_line(out, row);
    for (int part = 0; part < PART_COUNT; part++)
        if (weighing->weights->of[part] > 0)
            part_line(out, weighing, ep, (enum part_id)part);
    for (int part = 0; part < PART_COUNT; part++)
        if (!(weighing->weights->of[part] > 0) && !isnan(row->scores.of[part]))
            part_line(out, weighing, ep, (enum part_id)part);
    per_gb_line(out, row);
}

static void sensitivity_line(struct buf *out, const struct weighing *weighing, unsigned known) {
    struct sensitivity found;
    if (!weighing_sensitivity(weighing, known, &found)) {
        buf_text(out, "  alone in its coverage: nothing to rank it against\n");
        return;
    }
    if (found.leaders == found.members) {
        buf_text(out, "  all tie");
    } else {
        buf_text(out, "  first: ");
        names(out, weighing, found.leaders);
    }
    if (!found.sway_count)
        buf_text(out, "; holds when any one weight is moved by ±20 %");
    for (size_t i = 0; i < found.sway_count; i++) {
        buf_printf(out, "; with %s %+.0f %%: ", part_title(found.sways[i].part),
                   100 * (found.sways[i].factor - 1));
        names(out, weighing, found.sways[i].leaders);
    }
    buf_char(out, '\n');
}

static void ranking(struct buf *out, const struct weighing *weighing) {
    int eps[ENDPOINTS_MAX];
    size_t groups = 0;
    for (unsigned known = weighing_next(weighing, 0); known;
         known = weighing_next(weighing, known), groups++) {
        size_t count = weighing_rank(weighing, known, eps);
        buf_printf(out, "\ncoverage %.3g/100 (", weighing->rows[eps[0]].weighted.coverage);
        titles(out, known);
        buf_text(out, ")\n");
        for (size_t i = 0; i < count; i++) {
            buf_printf(out, "  %5.1f  ", 100 * weighing->rows[eps[i]].weighted.score);
            name(out, weighing, eps[i]);
            buf_char(out, '\n');
        }
        sensitivity_line(out, weighing, known);
    }
    if (groups > 1)
        buf_text(out, "\nScores made of different parts are not ranked against each other.\n");
}

void report_score(struct buf *out, const struct board *const *boards, size_t count,
                  const struct report_how *how) {
    for (size_t i = 0; i < count; i++) {
        struct weighing weighing;
        weighing_init(&weighing, boards[i], how->weights, how->published);
        if (i)
            buf_char(out, '\n');
        head(out, &weighing);
        for (int ep = 0; ep < (int)weighing.count; ep++)
            endpoint_block(out, &weighing, ep);
        ranking(out, &weighing);
        weighing_done(&weighing);
    }
}

/* ---- JSON ---- */

static void put_words(struct json_writer *w, const char *key, unsigned parts) {
    json_open(w, key, '[');
    for (int part = 0; part < PART_COUNT; part++)
        if (parts >> part & 1)
            json_put_string(w, NULL, part_word((enum part_id)part));
    json_close(w, ']');
}

static void put_eps(struct json_writer *w, const char *key, uint64_t eps) {
    json_open(w, key, '[');
    for (int ep = 0; ep < ENDPOINTS_MAX; ep++)
        if (eps >> ep & 1)
            json_put_integer(w, NULL, ep);
    json_close(w, ']');
}

static void put_part(struct json_writer *w, const struct weighing *weighing, int ep,
                     enum part_id part) {
    const struct weighed *row = &weighing->rows[ep];
    bool known = !isnan(row->scores.of[part]);
    const struct published_figure *figure =
        known && part_suite(part) < 0 ? &row->published->of[part] : NULL;
    json_open(w, NULL, '{');
    json_put_string(w, "part", part_word(part));
    json_put_number(w, "weight", weighing->weights->of[part]);
    json_put_number(w, "score", row->scores.of[part]);
    json_put_string(w, "origin", !known ? NULL : figure ? "published" : suite_origin(weighing, ep));
    json_put_string(w, "source", figure ? figure->source : known ? suite_of(part) : NULL);
    json_put_string(w, "date", figure ? figure->date : NULL);
    json_put_string(w, "standing", figure ? figure->standing : NULL);
    json_put_string(w, "missing", known ? NULL : weighing_absence(weighing, ep, part));
    json_close(w, '}');
}

static void put_endpoint(struct json_writer *w, const struct weighing *weighing, int ep) {
    const struct weighed *row = &weighing->rows[ep];
    json_open(w, NULL, '{');
    json_put_integer(w, "ep", ep);
    json_put_number(w, "score", row->weighted.score);
    json_put_number(w, "coverage", row->weighted.coverage);
    json_put_string(w, "published_as", row->published ? row->published->name : NULL);
    json_put_string(w, "matched_words", row->published ? row->published->words : NULL);
    json_put_string(w, "words_not_compared", row->published ? row->over : NULL);
    json_open(w, "parts", '[');
    for (int part = 0; part < PART_COUNT; part++)
        if (weighing->weights->of[part] > 0 || !isnan(row->scores.of[part]))
            put_part(w, weighing, ep, (enum part_id)part);
    json_close(w, ']');
    put_words(w, "missing", row->weighted.missing);
    json_put_number(w, "agent_score_per_gb", row->per_gb);
    json_put_number(w, "resident_gb", row->resident_gb);
    put_words(w, "per_gb_missing", row->per_gb_missing);
    json_close(w, '}');
}

static void put_group(struct json_writer *w, const struct weighing *weighing, unsigned known) {
    struct sensitivity found;
    int eps[ENDPOINTS_MAX];
    size_t count = weighing_rank(weighing, known, eps);
    weighing_sensitivity(weighing, known, &found);
    json_open(w, NULL, '{');
    put_words(w, "parts", known);
    json_put_number(w, "coverage", weighing->rows[eps[0]].weighted.coverage);
    json_open(w, "ranked", '[');
    for (size_t i = 0; i < count; i++)
        json_put_integer(w, NULL, eps[i]);
    json_close(w, ']');
    put_eps(w, "leaders", found.leaders);
    json_open(w, "sways", '[');
    for (size_t i = 0; i < found.sway_count; i++) {
        json_open(w, NULL, '{');
        json_put_string(w, "part", part_word(found.sways[i].part));
        json_put_number(w, "factor", found.sways[i].factor);
        put_eps(w, "leaders", found.sways[i].leaders);
        json_close(w, '}');
    }
    json_close(w, ']');
    json_close(w, '}');
}

void score_json(struct json_writer *w, const struct board *board, const struct report_how *how) {
    const struct weights *weights = how->weights;
    struct weighing weighing;
    weighing_init(&weighing, board, weights, how->published);
    json_open(w, "score", '{');
    json_open(w, "weights", '{');
    for (int part = 0; part < PART_COUNT; part++)
        if (weights->of[part] > 0)
            json_put_number(w, part_word((enum part_id)part), weights->of[part]);
    json_close(w, '}');
    json_open(w, "endpoints", '[');
    for (int ep = 0; ep < (int)weighing.count; ep++)
        put_endpoint(w, &weighing, ep);
    json_close(w, ']');
    json_open(w, "groups", '[');
    for (unsigned known = weighing_next(&weighing, 0); known;
         known = weighing_next(&weighing, known))
        put_group(w, &weighing, known);
    json_close(w, ']');
    json_close(w, '}');
    weighing_done(&weighing);
}
