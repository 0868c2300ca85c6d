#include "sim/script_args.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"

#define ELEMENTS_MAX 64
#define DEPTH_MAX 8

/* Where the words come from, and how many were used. */
struct words {
    const char *text;
    const struct cJSON *leave;
    size_t spans;   /* used */
    size_t made_up; /* texts that stood nowhere */
    enum args_fault fault;
};

bool args_span(const char *text, size_t index, const char **begin, size_t *length) {
    for (const char *p = text; (p = strchr(p, '`')) != NULL;) {
        size_t ticks = strspn(p, "`");
        const char *from = p + ticks, *end = strchr(from, '`');
        if (end == NULL)
            return false;
        p = end + strspn(end, "`");
        if (end == from)
            continue;
        if (index-- == 0) {
            *begin = from;
            *length = (size_t)(end - from);
            return true;
        }
    }
    return false;
}

static bool is_tool(const struct cJSON *tools, const char *name, size_t length) {
    for (const cJSON *tool = tools != NULL ? tools->child : NULL; tool != NULL; tool = tool->next) {
        const char *known = json_string(json_object(tool, "function"), "name");
        if (known != NULL && strlen(known) == length && strncmp(known, name, length) == 0)
            return true;
    }
    return false;
}

/* The next text in backticks that is not a tool's name. */
static bool next_span(struct words *words, const char **begin, size_t *length) {
    while (args_span(words->text, words->spans, begin, length)) {
        words->spans++;
        if (!is_tool(words->leave, *begin, *length))
            return true;
    }
    return false;
}

static size_t spans_left(const struct words *words) {
    struct words ahead = *words;
    const char *begin;
    size_t length, count = 0;
    while (next_span(&ahead, &begin, &length))
        count++;
    return count;
}

/* ---- numbers of the text ---- */

static int number_at(const char *word, size_t length) {
    static const char *const names[] = {"zero",  "one",   "two",  "three", "four",   "five",  "six",
                                        "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    for (size_t i = 1; i < COUNT_OF(names); i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], word, length) == 0)
            return (int)i;
    if (length > 2 || !isdigit((unsigned char)word[0]) ||
        (length == 2 && !isdigit((unsigned char)word[1])))
        return -1;
    return (int)strtol(word, NULL, 10);
}

static size_t word_length(const char *p) {
    size_t length = 0;
    while (isalnum((unsigned char)p[length]) || p[length] == '_')
        length++;
    return length;
}

/* Of `what`: "edits" is meant by "3 new edits" and "three edit steps". -1: the text does not say.
 */
static int named_count(const char *text, const char *what) {
    size_t like = strlen(what) < 4 ? strlen(what) : 4;
    int number = -1, age = 0;
    for (const char *p = text; *p != '\0';) {
        size_t length = word_length(p);
        if (length == 0) {
            p++;
            continue;
        }
        int found = number_at(p, length);
        if (found > 0) {
            number = found;
            age = 0;
        } else if (number > 0 && ++age <= 3 && strncasecmp(p, what, like) == 0) {
            return number < ELEMENTS_MAX ? number : ELEMENTS_MAX;
        }
        p += length;
    }
    return -1;
}

static int64_t first_number(const char *text) {
    for (const char *p = text; *p != '\0'; p++)
        if (isdigit((unsigned char)*p) && (p == text || !isalnum((unsigned char)p[-1])))
            return strtoll(p, NULL, 10);
    return 1;
}

/* ---- values ---- */

static void put_value(struct words *words, struct json_writer *w, const char *key,
                      const struct cJSON *schema, int depth);

static bool is_document(const char *key) {
    static const char *const keys[] = {"content", "text", "body", "brief", "report", "markdown"};
    for (size_t i = 0; key != NULL && i < COUNT_OF(keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

bool args_document(struct buf *out, const char *text, size_t from, const struct cJSON *leave) {
    struct words words = {.text = text, .leave = leave, .spans = from};
    const char *begin;
    size_t length, headings = 0;
    for (; next_span(&words, &begin, &length); headings++)
        buf_printf(out, "%s## %.*s\nWhat is known of it stands in the files that were read.",
                   headings > 0 ? "\n\n" : "", (int)length, begin);
    return headings > 0;
}

static void put_text(struct words *words, struct json_writer *w, const char *key) {
    const char *begin;
    size_t length;
    if (is_document(key) && spans_left(words) > 1) { /* a heading for each */
        struct buf text;
        buf_init(&text, (size_t)1 << 20);
        args_document(&text, words->text, words->spans, words->leave);
        json_put_string(w, key, buf_string(&text));
        buf_done(&text);
        while (next_span(words, &begin, &length))
            ;
        return;
    }
    char *text = next_span(words, &begin, &length)
                     ? mem_bytes(begin, length)
                     : mem_format("%s %zu", key != NULL ? key : "item", ++words->made_up);
    json_put_string(w, key, text);
    free(text);
}

static void put_choice(const struct words *words, struct json_writer *w, const char *key,
                       const struct cJSON *choices) {
    const cJSON *chosen = choices->child;
    for (const cJSON *choice = choices->child; choice != NULL; choice = choice->next)
        if (cJSON_IsString(choice) && strstr(words->text, choice->valuestring) != NULL) {
            chosen = choice;
            break;
        }
    struct buf text;
    buf_init(&text, (size_t)1 << 16);
    json_print(&text, chosen);
    json_put_raw(w, key, buf_string(&text));
    buf_done(&text);
}

static void put_array(struct words *words, struct json_writer *w, const char *key,
                      const struct cJSON *schema, int depth) {
    const struct cJSON *items = json_object(schema, "items");
    const char *type = items != NULL ? json_string(items, "type") : NULL;
    int count = named_count(words->text, key != NULL ? key : "item");
    if (count < 0 && (type == NULL || strcmp(type, "string") == 0))
        count = (int)spans_left(words);
    json_open(w, key, '[');
    for (int i = 0; i < count || i == 0; i++)
        put_value(words, w, NULL, items, depth + 1);
    json_close(w, ']');
}

static bool is_required(const struct cJSON *schema, const char *name) {
    const struct cJSON *required = json_array(schema, "required");
    if (required == NULL)
        return true;
    for (const cJSON *item = required->child; item != NULL; item = item->next)
        if (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0)
            return true;
    return false;
}

static void put_object(struct words *words, struct json_writer *w, const char *key,
                       const struct cJSON *schema, int depth) {
    const struct cJSON *members = json_object(schema, "properties");
    json_open(w, key, '{');
    for (const cJSON *member = members != NULL ? members->child : NULL; member != NULL;
         member = member->next)
        if (is_required(schema, member->string))
            put_value(words, w, member->string, member, depth + 1);
    json_close(w, '}');
}

/* The value as JSON inside a text: what some models give for anything that is no text. */
static void put_as_string(struct words *words, struct json_writer *w, const char *key,
                          const struct cJSON *schema, int depth) {
    struct buf text;
    struct json_writer inner;
    struct words straight = *words;
    buf_init(&text, (size_t)1 << 20);
    json_begin(&inner, &text);
    straight.fault = ARGS_RIGHT;
    put_value(&straight, &inner, NULL, schema, depth);
    json_put_string(w, key, buf_string(&text));
    words->spans = straight.spans;
    buf_done(&text);
}

static bool is_type(const char *type, const char *word) {
    return strcmp(type, word) == 0;
}

static void put_value(struct words *words, struct json_writer *w, const char *key,
                      const struct cJSON *schema, int depth) {
    const char *given = schema != NULL ? json_string(schema, "type") : NULL;
    const char *type = given != NULL ? given : "string";
    const struct cJSON *choices = schema != NULL ? json_array(schema, "enum") : NULL;
    bool nested = is_type(type, "array") || is_type(type, "object");
    if (depth > DEPTH_MAX)
        json_put_null(w, key);
    else if (choices != NULL && choices->child != NULL)
        put_choice(words, w, key, choices);
    else if (words->fault == ARGS_STRINGS && !is_type(type, "string"))
        put_as_string(words, w, key, schema, depth);
    else if (words->fault == ARGS_EMPTY && nested)
        json_put_raw(w, key, is_type(type, "array") ? "[]" : "{}");
    else if (is_type(type, "array"))
        put_array(words, w, key, schema, depth);
    else if (is_type(type, "object"))
        put_object(words, w, key, schema, depth);
    else if (is_type(type, "boolean"))
        json_put_bool(w, key, true);
    else if (is_type(type, "integer") || is_type(type, "number"))
        json_put_integer(w, key, first_number(words->text));
    else
        put_text(words, w, key);
}

void args_fill(struct buf *out, const struct cJSON *schema, const char *text,
               const struct cJSON *leave, enum args_fault fault) {
    struct words words = {.text = text, .leave = leave, .fault = fault};
    struct json_writer w;
    json_begin(&w, out);
    if (schema != NULL)
        put_object(&words, &w, NULL, schema, 0);
    else
        json_put_raw(&w, NULL, "{}");
}

/* ---- correcting ---- */

static void find_nearest(cJSON *value, const char *text, cJSON **nearest, int *distance) {
    for (cJSON *child = value->child; child != NULL; child = child->next)
        find_nearest(child, text, nearest, distance);
    if (!cJSON_IsString(value))
        return;
    int here = text_distance(value->valuestring, text, *distance);
    if (here >= *distance)
        return;
    *distance = here;
    *nearest = value;
}

static bool put_nearest(cJSON *tree, const char *text) {
    cJSON *nearest = NULL;
    int distance = INT_MAX - 1;
    find_nearest(tree, text, &nearest, &distance);
    return nearest != NULL && distance > 0 && cJSON_SetValuestring(nearest, text) != NULL;
}

bool args_correct(struct buf *out, const char *arguments, const char *text,
                  const struct cJSON *leave) {
    struct words words = {.text = text, .leave = leave};
    struct cJSON *tree = json_parse(arguments, strlen(arguments), NULL);
    const char *begin;
    size_t length;
    bool changed = false;
    while (cJSON_IsObject(tree) && next_span(&words, &begin, &length)) {
        char *span = mem_bytes(begin, length);
        changed = put_nearest(tree, span) || changed;
        free(span);
    }
    if (changed)
        json_print(out, tree);
    json_free(tree);
    return changed;
}
