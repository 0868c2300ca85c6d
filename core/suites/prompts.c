/* Texts grown from a small grammar (data/prompts.json): templates with slots, slots filled from
 * word lists whose entries may hold slots again. A slot is {list} or {n:LOW-HIGH}. */
#include "suites/prompts.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/json.h"
#include "model/stats.h"

#define SENTENCE_MAX 600
#define DEPTH_MAX 6
#define PICKS_MAX 32

/* Characters of each text (protocol 2). */
static const struct {
    size_t system, user;
    int rules, tools;
} sizes[WORKLOAD_COUNT] = {
    [WORKLOAD_ORCHESTRATOR] = {7000, 800, 14, 7},
    [WORKLOAD_DEEP] = {31500, 8000, 40, 34},
};
#define LONG_CHARS ((size_t)265000)

struct pick {
    const struct cJSON *list;
    int index;
};

struct text {
    struct cJSON *grammar;
    uint64_t state; /* of the generator */
    struct buf out;
    uint64_t *seen; /* hashes of the sentences so far, open addressing; 0 = free */
    size_t seen_count, seen_size;
    struct pick picks[PICKS_MAX]; /* of the sentence being made: no word twice in it */
    int pick_count;
};

static void text_begin(struct text *text, uint64_t seed) {
    const struct embedded *file = embed_find(embed_suites, "prompts");
    struct error error = {0};
    assert(file);
    *text = (struct text){.state = seed, .seen_size = 256};
    text->grammar = json_parse(file->text, file->length, &error);
    if (!text->grammar)
        die("built-in prompts: %s", error.text);
    text->seen = mem_zero(text->seen_size, sizeof *text->seen);
    buf_init(&text->out, (size_t)1 << 20);
}

static char *text_finish(struct text *text) {
    json_free(text->grammar);
    free(text->seen);
    return buf_take(&text->out);
}

static int64_t draw(struct text *text, int64_t low, int64_t high) {
    return low + (int64_t)(stats_random(&text->state) % (uint64_t)(high - low + 1));
}

static bool picked(const struct text *text, const struct cJSON *list, int index) {
    for (int i = 0; i < text->pick_count; i++)
        if (text->picks[i].list == list && text->picks[i].index == index)
            return true;
    return false;
}

static const struct cJSON *choose(struct text *text, const struct cJSON *list) {
    int count = cJSON_GetArraySize(list), index = 0;
    assert(count > 0);
    for (int tries = 0; tries < 8; tries++) {
        index = (int)draw(text, 0, count - 1);
        if (!picked(text, list, index))
            break;
    }
    if (text->pick_count < PICKS_MAX)
        text->picks[text->pick_count++] = (struct pick){list, index};
    return cJSON_GetArrayItem(list, index);
}

static void expand(struct text *text, struct buf *out, const char *pattern, int depth);

static void expand_slot(struct text *text, struct buf *out, const char *name, int depth) {
    long low, high;
    if (sscanf(name, "n:%ld-%ld", &low, &high) == 2) {
        buf_printf(out, "%ld", (long)draw(text, low, high));
        return;
    }
    const struct cJSON *list = json_array(json_object(text->grammar, "words"), name);
    assert(list && depth < DEPTH_MAX);
    expand(text, out, cJSON_GetStringValue(choose(text, list)), depth + 1);
}

static void expand(struct text *text, struct buf *out, const char *pattern, int depth) {
    while (*pattern) {
        size_t plain = strcspn(pattern, "{");
        buf_append(out, pattern, plain);
        pattern += plain;
        if (!*pattern)
            return;
        char name[32];
        size_t length = strcspn(pattern, "}");
        assert(pattern[length] == '}' && length - 1 < sizeof name);
        memcpy(name, pattern + 1, length - 1);
        name[length - 1] = '\0';
        expand_slot(text, out, name, depth);
        pattern += length + 1;
    }
}

/* The slot of `hash` in the set: where it is, or where it would go. */
static size_t seen_slot(const struct text *text, uint64_t hash) {
    size_t at = hash & (text->seen_size - 1);
    while (text->seen[at] && text->seen[at] != hash)
        at = (at + 1) & (text->seen_size - 1);
    return at;
}

static uint64_t seen_hash(const char *sentence) {
    return stats_hash(0, sentence) | 1;
}

static void seen_add(struct text *text, const char *sentence) {
    if (text->seen_count * 2 >= text->seen_size) {
        uint64_t *old = text->seen;
        size_t old_size = text->seen_size;
        text->seen_size *= 2;
        text->seen = mem_zero(text->seen_size, sizeof *text->seen);
        for (size_t i = 0; i < old_size; i++)
            if (old[i])
                text->seen[seen_slot(text, old[i])] = old[i];
        free(old);
    }
    uint64_t hash = seen_hash(sentence);
    text->seen[seen_slot(text, hash)] = hash;
    text->seen_count++;
}

/* A new sentence from one of the patterns, never one that the text already has; not yet part of
 * the text. `out` is emptied first. */
static void make(struct text *text, struct buf *out, const struct cJSON *patterns) {
    for (int tries = 0; tries < 100; tries++) {
        buf_reset(out);
        text->pick_count = 0;
        int index = (int)draw(text, 0, cJSON_GetArraySize(patterns) - 1);
        expand(text, out, cJSON_GetStringValue(cJSON_GetArrayItem(patterns, index)), 0);
        out->data[0] = (char)toupper((unsigned char)out->data[0]);
        if (!text->seen[seen_slot(text, seen_hash(out->data))])
            return;
    }
    die("built-in prompts: the grammar is too small");
}

static const struct cJSON *patterns_of(const struct text *text, const char *list) {
    const struct cJSON *patterns = json_array(text->grammar, list);
    assert(patterns);
    return patterns;
}

static void add_text(struct text *text, const char *words) {
    buf_text(&text->out, words);
}

static void add_made(struct text *text, const char *sentence) {
    seen_add(text, sentence);
    add_text(text, sentence);
}

static void add(struct text *text, const char *list) {
    struct buf one;
    buf_init(&one, SENTENCE_MAX);
    make(text, &one, patterns_of(text, list));
    add_made(text, buf_string(&one));
    buf_done(&one);
}

/* One of `list`, made but not yet added: the end of a text, whose length must be known before. */
static char *closing(struct text *text, const char *list) {
    struct buf one;
    buf_init(&one, SENTENCE_MAX);
    make(text, &one, patterns_of(text, list));
    seen_add(text, buf_string(&one));
    return buf_take(&one);
}

#define FIT 6             /* characters a text may miss its size by */
#define SHORTEST_FACT 100 /* what is left must take another sentence of about this length */

/* Appends facts until the text is `end` characters long, within FIT; the last ones are chosen for
 * their length. A blank line, with a heading or not, after every few. */
static void fill(struct text *text, size_t end, const char *heading) {
    struct buf one;
    buf_init(&one, SENTENCE_MAX);
    int left_in_paragraph = 0;
    const struct cJSON *facts = patterns_of(text, "fact");
    for (;;) {
        long rest = (long)end - (long)text->out.length;
        if (rest <= FIT)
            break;
        if (left_in_paragraph == 0 && rest > 700) {
            add_text(text, "\n\n");
            if (heading) {
                add(text, heading);
                add_text(text, "\n");
            }
            left_in_paragraph = (int)draw(text, 4, 7);
        } else {
            add_text(text, " ");
        }
        left_in_paragraph -= left_in_paragraph > 0;
        rest = (long)end - (long)text->out.length;
        for (int tries = 0; tries < 2000; tries++) {
            make(text, &one, facts);
            long after = rest - (long)one.length;
            if (after > SHORTEST_FACT || labs(after) <= FIT)
                break;
        }
        add_made(text, buf_string(&one));
    }
    buf_done(&one);
}

static bool tool_is_listed(const struct text *text, const char *name) {
    return strstr(buf_string(&text->out), name) != NULL;
}

static void add_parameter(struct text *text, const struct cJSON *parameter) {
    struct buf about;
    buf_init(&about, SENTENCE_MAX);
    text->pick_count = 0;
    expand(text, &about, cJSON_GetStringValue(cJSON_GetArrayItem(parameter, (int)draw(text, 2, 3))),
           0);
    buf_printf(&text->out, "- %s (%s): %s\n",
               cJSON_GetStringValue(cJSON_GetArrayItem(parameter, 0)),
               cJSON_GetStringValue(cJSON_GetArrayItem(parameter, 1)), buf_string(&about));
    buf_done(&about);
}

static void add_tool(struct text *text) {
    const struct cJSON *verbs = json_array(json_object(text->grammar, "words"), "verb");
    const struct cJSON *subjects = patterns_of(text, "subject");
    const struct cJSON *parameters = patterns_of(text, "param");
    char *name = NULL;
    do {
        free(name);
        text->pick_count = 0;
        const char *verb = cJSON_GetStringValue(choose(text, verbs));
        name = mem_format("\n### %s_%s\n", verb, cJSON_GetStringValue(choose(text, subjects)));
    } while (tool_is_listed(text, name));
    add_text(text, name);
    free(name);
    add(text, "tool_about");
    add_text(text, "\n");
    int count = cJSON_GetArraySize(parameters), at = (int)draw(text, 0, count - 1);
    for (int n = (int)draw(text, 2, 4); n > 0; n--) {
        add_parameter(text, cJSON_GetArrayItem(parameters, at));
        at = (at + (int)draw(text, 1, 3)) % count;
    }
}

static const char answers[] =
    "\n\n## Answers\nWrite plain text. Name the evidence behind every step, keep to the order "
    "the work must be done in, and say openly what you could not find out.";

char *prompt_brief(const char *salt) {
    struct text text;
    text_begin(&text, stats_hash(0, "system-brief"));
    buf_printf(&text.out, "%s\n\n", salt);
    add(&text, "identity");
    add_text(&text, " ");
    add(&text, "duty");
    add_text(&text, answers);
    return text_finish(&text);
}

char *prompt_system(enum workload workload, char which, const char *salt) {
    struct text text;
    char name[24];
    snprintf(name, sizeof name, "system-%c", which);
    text_begin(&text, stats_hash((uint64_t)workload, name));
    buf_printf(&text.out, "%s\n\n", salt);
    add(&text, "identity");
    add_text(&text, " ");
    add(&text, "duty");
    add_text(&text, "\n\n## Rules\n");
    for (int i = 1; i <= sizes[workload].rules; i++) {
        buf_printf(&text.out, "%d. ", i);
        add(&text, "rule");
        add_text(&text, "\n");
    }
    add_text(&text, "\n## Tools\n");
    for (int i = 0; i < sizes[workload].tools; i++)
        add_tool(&text);
    add_text(&text, "\n## What is known");
    fill(&text, sizes[workload].system - strlen(answers), NULL);
    add_text(&text, answers);
    return text_finish(&text);
}

static char *request(const char *name, uint64_t seed, size_t size, const char *heading) {
    struct text text;
    text_begin(&text, stats_hash(seed, name));
    char *task = closing(&text, "task");
    char *ask = closing(&text, "ask");
    add(&text, "opening");
    fill(&text, size - strlen(task) - strlen(ask) - 4, heading);
    buf_printf(&text.out, "\n\n%s\n\n%s", task, ask);
    free(task);
    free(ask);
    return text_finish(&text);
}

char *prompt_user(enum workload workload, char which, uint64_t seed) {
    char name[24];
    snprintf(name, sizeof name, "user-%c", which);
    return request(name, seed, sizes[workload].user, workload == WORKLOAD_DEEP ? "heading" : NULL);
}

char *prompt_long(uint64_t seed) {
    return request("user-long", seed, LONG_CHARS, "heading");
}

char *prompt_warmup(void) {
    struct text text;
    text_begin(&text, 0);
    add_text(&text, json_string(text.grammar, "warmup"));
    return text_finish(&text);
}

static int64_t add_arithmetic(struct text *text) {
    int64_t a = draw(text, 211, 989), b = draw(text, 104, 887), product = draw(text, 12, 39);
    switch (draw(text, 0, 2)) {
    case 0:
        buf_printf(&text->out, " What is %d + %d? ", (int)a, (int)b);
        return a + b;
    case 1:
        a += b;
        buf_printf(&text->out, " What is %d - %d? ", (int)a, (int)b);
        return a - b;
    default:
        buf_printf(&text->out, " What is %d * %d? ", (int)product, (int)b);
        return product * b;
    }
}

char *prompt_question(uint64_t seed, int index, int64_t *answer) {
    struct text text;
    char name[32];
    snprintf(name, sizeof name, "question-%d", index);
    text_begin(&text, stats_hash(seed, name));
    add(&text, "question");
    *answer = add_arithmetic(&text);
    add(&text, "question_ask");
    return text_finish(&text);
}

/* The policy's own text takes the place of the run's id, so that such a run can be repeated with
 * the same bytes. */
char *prompt_salt(const char *policy, const char *run_id, int pass, int ep, enum suite_id suite,
                  int variant) {
    uint64_t hash = 0;
    if (!policy || strcmp(policy, "none") != 0) {
        const char *base = policy && strcmp(policy, "random") != 0 ? policy : run_id;
        char where[96];
        snprintf(where, sizeof where, "%d/%d/%d/%d", pass, ep, (int)suite, variant);
        hash = stats_hash(stats_hash(0, base ? base : ""), where);
    }
    return mem_format("session %016llx", (unsigned long long)hash);
}
