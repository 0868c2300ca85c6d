#include "suites/expected.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/json.h"
#include "suites/score.h"

/* Cut between code points. */
static char *finish(struct buf *text) {
    char line[EXPECTED_MAX];
    copy_text(line, sizeof line, buf_string(text));
    buf_done(text);
    return mem_string(line);
}

static void begin(struct buf *text) {
    buf_init(text, (size_t)64 << 10);
}

static void put_names(struct buf *out, const struct cJSON *names) {
    const char *between = "";
    const struct cJSON *name;
    cJSON_ArrayForEach(name, names) {
        if (cJSON_IsString(name))
            buf_printf(out, "%s%s", between, name->valuestring);
        between = ", ";
    }
}

static const char *text_or(const struct cJSON *object, const char *member, const char *otherwise) {
    const char *text = object ? json_string(object, member) : NULL;
    return text ? text : otherwise;
}

char *expected_call(const struct cJSON *tools, const char *tool) {
    const struct cJSON *parameters = score_parameters(tools, tool);
    const struct cJSON *required = parameters ? json_array(parameters, "required") : NULL;
    struct buf text;
    begin(&text);
    buf_text(&text, tool);
    if (required && required->child)
        buf_text(&text, " with ");
    put_names(&text, required);
    return finish(&text);
}

/* ---- single questions ---- */

/* "words exactly 6": the kind, then its other members. */
static void put_instruction(struct buf *out, const struct cJSON *instruction) {
    const struct cJSON *member;
    buf_text(out, text_or(instruction, "kind", "?"));
    cJSON_ArrayForEach(member, instruction) {
        if (strcmp(member->string, "kind") == 0)
            continue;
        buf_printf(out, " %s ", member->string);
        json_print(out, member);
    }
}

static void put_answers(struct buf *out, const struct cJSON *item) {
    const struct cJSON *also = json_array(item, "also");
    buf_text(out, text_or(item, "answer", ""));
    if (also && also->child)
        buf_text(out, ", or ");
    put_names(out, also);
}

static const char *check_text(const char *check) {
    static const struct {
        const char *check, *text;
    } checks[] = {{"no-leak", "an answer without tags of reasoning"},
                  {"non-empty", "something visible within the budget"},
                  {"off", "an answer, and no reasoning"}};
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (strcmp(checks[i].check, check) == 0)
            return checks[i].text;
    return "an answer";
}

char *expected_answer(const struct cJSON *item) {
    const struct cJSON *instructions = json_array(item, "instructions"), *instruction;
    const char *between = "";
    struct buf text;
    begin(&text);
    if (json_string(item, "answer"))
        put_answers(&text, item);
    else if (!instructions)
        buf_text(&text, check_text(text_or(item, "check", "")));
    cJSON_ArrayForEach(instruction, instructions) {
        buf_text(&text, between);
        put_instruction(&text, instruction);
        between = "; ";
    }
    return finish(&text);
}

/* ---- episodes ---- */

char *expected_recovery(const struct cJSON *episode) {
    const struct cJSON *fix = json_object(episode, "fix");
    struct buf text;
    begin(&text);
    buf_text(&text, text_or(fix, "tool", "a call that addresses the error"));
    if (fix && json_string(fix, "member"))
        buf_printf(&text, " with %s `%s`", json_string(fix, "member"), text_or(fix, "value", ""));
    return finish(&text);
}

char *expected_brief(const struct cJSON *episode) {
    struct buf text;
    begin(&text);
    buf_text(&text, "an answer with the sections ");
    put_names(&text, json_array(episode, "sections"));
    return finish(&text);
}

char *expected_delivery(const struct cJSON *episode) {
    struct buf text;
    begin(&text);
    buf_printf(&text, "%s with the sections ",
               text_or(json_object(episode, "deliver"), "tool", "a call that saves"));
    put_names(&text, json_array(episode, "sections"));
    return finish(&text);
}

char *expected_order(const struct cJSON *episode) {
    struct buf text;
    begin(&text);
    put_names(&text, json_array(episode, "order"));
    buf_text(&text, ", in this order");
    return finish(&text);
}

char *expected_search(const struct cJSON *episode) {
    return mem_format("%.100s after %.100s, and an end",
                      text_or(json_object(episode, "deliver"), "tool", "a report"),
                      text_or(episode, "search", "a search"));
}
