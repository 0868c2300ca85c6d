#include "suites/quality_data.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/json.h"
#include "model/stats.h"
#include "suites/quality.h"
#include "suites/talk.h"

#define FILE_MAX ((size_t)8 << 20)
#define REPEATS 3

/* The user's file when it is for this suite; NULL, with `error` when it cannot be read. */
static struct cJSON *read_own(const char *path, enum suite_id suite, struct error *error) {
    struct buf text;
    struct cJSON *tree = NULL;
    buf_init(&text, FILE_MAX);
    if (buf_read_file(&text, path, error))
        tree = json_parse_commented(path, buf_string(&text), text.length, error);
    buf_done(&text);
    const char *word = tree ? json_string(tree, "suite") : NULL;
    if (tree && (!word || suite_find(word) < 0)) {
        error_set(error, "%s: \"suite\" names no suite", path);
        json_free(tree);
        return NULL;
    }
    if (tree && suite_find(word) != (int)suite) {
        json_free(tree);
        tree = NULL;
    }
    return tree;
}

static struct cJSON *read_embedded(enum suite_id suite) {
    const struct embedded *file = embed_find(embed_suites, suite_word(suite));
    struct error error = {0};
    assert(file);
    struct cJSON *tree = json_parse(file->text, file->length, &error);
    if (!tree)
        die("built-in %s: %s", suite_word(suite), error.text);
    return tree;
}

struct cJSON *quality_data(const struct options *options, enum suite_id suite, const char *member,
                           struct error *error) {
    struct error problem = {0};
    struct cJSON *tree = NULL;
    if (options->suite_file) {
        tree = read_own(options->suite_file, suite, &problem);
        if (problem.text[0]) {
            error_set(error, "%s", problem.text);
            return NULL;
        }
    }
    if (!tree)
        tree = read_embedded(suite);
    const struct cJSON *items = json_array(tree, member);
    bool good = items && items->child;
    for (const cJSON *item = good ? items->child : NULL; item; item = item->next)
        good = good && cJSON_IsObject(item);
    if (!good) {
        error_set(error, "%s: no \"%s\"", options->suite_file ? options->suite_file : "data",
                  member);
        json_free(tree);
        return NULL;
    }
    return tree;
}

int quality_repeats(const struct options *options) {
    int passes = options->passes > 0 ? options->passes : 1;
    return options->quick ? 1 : (REPEATS + passes - 1) / passes;
}

void quality_plan(struct plan *plan, const struct options *options) {
    (void)options;
    plan_add(plan, QUALITY_PHASE);
}

bool quality_phase_close(struct talk *talk) {
    if (!talk_is_down(talk) || lane_stopped(talk->lane))
        return lane_phase_close(talk->lane, talk->ep, talk->suite, talk->phase, talk->pass);
    lane_phase_end(talk->lane, talk->ep, talk->suite, talk->phase, talk->pass, PHASE_SKIPPED,
                   REASON_DOWN);
    return true;
}

/* ---- listing ---- */

static const char *const rooms[] = {"ring",  "index", "journal", "parser", "router", "cache",
                                    "queue", "probe", "schema",  "cursor", "loader", "relay"};
static const char *const verbs[] = {"open", "drain", "seek",  "merge", "flush",
                                    "trim", "claim", "split", "rank",  "seal"};
static const char *const things[] = {"head",  "slot",  "page",  "frame", "span",
                                     "token", "batch", "lease", "mark",  "shard"};

static const char *pick(uint64_t *state, const char *const *words, size_t count) {
    return words[stats_random(state) % count];
}
#define PICK(words) pick(&state, words, COUNT_OF(words))

void quality_listing(struct buf *out, uint64_t seed, size_t chars) {
    uint64_t state = seed + 1;
    size_t until = out->length + chars;
    int number = 1;
    const char *room = PICK(rooms);
    while (out->length < until && !out->over) {
        if (stats_random(&state) % 9 == 0) {
            room = PICK(rooms);
            number = 1;
        }
        number += 1 + (int)(stats_random(&state) % 40);
        buf_printf(out, "src/%s_%s.c:%d: ", room, PICK(things), number);
        switch (stats_random(&state) % 3) {
        case 0:
            buf_printf(out, "static int %s_%s(struct %s *%s, size_t %s);\n", room, PICK(verbs),
                       room, PICK(things), PICK(things));
            break;
        case 1:
            buf_printf(out, "    if (%s->%s > %d)\n", room, PICK(things),
                       (int)(stats_random(&state) % 4096));
            break;
        case 2:
            buf_printf(out, "    return %s_%s(%s, %s->%s);\n", room, PICK(verbs), PICK(things),
                       room, PICK(things));
            break;
        }
    }
}
