#include "suites/quality_answers.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "suites/verify.h"

static bool is_blank(const char *text) {
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* ---- probes of thinking ---- */

void answer_probe(struct score *score, const struct reply *reply, const struct cJSON *item) {
    const char *check = json_string(item, "check"), *leak = score_leak(reply->content);
    if (!check)
        check = "";
    if (score_engine(score, reply))
        return;
    if (leak)
        score_set(score, FINDING_THINK_LEAK, 0, "%s in the answer", leak);
    else if (strcmp(check, "off") == 0 && !is_blank(reply->reasoning))
        score_set(score, FINDING_THOUGHT, 0, "%lld characters of reasoning",
                  (long long)reply->call->reasoning_chars);
    else if (is_blank(score_visible(reply->content)))
        score_set(score, FINDING_NO_ANSWER, 0, "nothing visible within %d tokens",
                  reply->call->max_tokens);
    else if (text_is_degenerate(NULL, reply->content, false))
        score_set(score, FINDING_DEGENERATE, 0, "%s", "the same words over and over");
    else
        score_set(score, FINDING_CLEAN, 1, "%s", "");
}

/* ---- values ---- */

/* Behind the last "Answer:" of the text, to the end of its line; else the last line with text. */
static const char *final_line(const char *text, size_t *length) {
    const char *found = NULL, *last = text;
    for (const char *p = text; *p; p++) {
        if (strncasecmp(p, "answer:", 7) == 0)
            found = p + 7;
        if ((p == text || p[-1] == '\n') && !is_blank(p))
            last = p;
    }
    const char *line = found ? found : last;
    line += strspn(line, found ? " \t*_`" : "");
    /* the value may stand on the line below */
    if (found && (*line == '\n' || *line == '\r'))
        line += strspn(line, "\r\n \t");
    *length = strcspn(line, "\r\n");
    return line;
}

char *answer_final(const char *text) {
    size_t length;
    const char *line = final_line(text, &length);
    while (length > 0 && strchr(" \t*_`\"'$", *line)) {
        line++;
        length--;
    }
    while (length > 0 && strchr(" \t*_`\"'$.", line[length - 1]))
        length--;
    return mem_bytes(line, length);
}

/* Spaces count as one, and typographic minus as minus. */
static bool is_value(const char *given, const char *due) {
    while (*given && *due) {
        if (*given == ' ' && *due == ' ') {
            given += strspn(given, " ");
            due += strspn(due, " ");
        } else if (*due == '-' && strncmp(given, "\xe2\x88\x92", 3) == 0) {
            given += 3;
            due++;
        } else if (*given++ != *due++) {
            return false;
        }
    }
    return *given == *due;
}

void answer_value(struct score *score, const struct reply *reply, const struct cJSON *item) {
    const char *due = json_string(item, "answer");
    const struct cJSON *also = json_array(item, "also");
    if (score_engine(score, reply))
        return;
    char *given = answer_final(score_visible(reply->content));
    bool right = due && is_value(given, due);
    for (const cJSON *one = also ? also->child : NULL; one; one = one->next)
        right = right || (cJSON_IsString(one) && is_value(given, one->valuestring));
    if (right)
        score_set(score, FINDING_CLEAN, 1, "%.100s", given);
    else if (score_is_cut(reply))
        score_set(score, FINDING_TRUNCATED, 0, "no value within %d tokens",
                  reply->call->max_tokens);
    else if (is_blank(given))
        score_set(score, FINDING_NO_ANSWER, 0, "%s", "");
    else
        score_set(score, FINDING_WRONG_ANSWER, 0, "%.70s instead of %.60s", given, due ? due : "");
    free(given);
}

/* ---- instructions ---- */

void answer_instructions(struct score *score, const struct reply *reply, const struct cJSON *item) {
    struct verified verified;
    char more[80] = "";
    if (score_engine(score, reply))
        return;
    const char *visible = score_visible(reply->content);
    const char *prompt = json_string(item, "user");
    long stripped = (long)(visible - reply->content);
    if (stripped > 0 && score_leak(reply->content))
        snprintf(more, sizeof more, "; %ld characters of reasoning left out", stripped);
    verify_answer(&verified, visible, json_array(item, "instructions"), prompt);
    bool all = verified.instructions > 0 && verified.strict == verified.instructions;
    enum finding finding = FINDING_CLEAN;
    if (!all)
        finding = score_is_cut(reply) ? FINDING_TRUNCATED
                  : is_blank(visible) ? FINDING_NO_ANSWER
                                      : FINDING_INSTRUCTION;
    score_set(score, finding, all, "strict %d of %d, loose %d of %d%s%s%s", verified.strict,
              verified.instructions, verified.loose, verified.instructions, all ? "" : "; ",
              verified.failed, more);
}
