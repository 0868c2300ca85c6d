#include "sim/script.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "sim/script_args.h"

#define SAY_MAX ((size_t)1 << 20)

static const char *const words[SCRIPT_COUNT] = {
    "clean",    "empty-edits",    "truncates",       "loops",      "skips-deliverable",
    "searches", "leaks-thinking", "needs-reasoning", "wrong-tool", "stringifies",
    "no-call",  "fails",          "breaks",
};

int script_find(const char *word) {
    return names_find(words, SCRIPT_COUNT, word);
}

const char *script_word(enum script_id script) {
    return words[script];
}

enum script_id script_of_model(const char *model) {
    if (model == NULL || strncmp(model, "script-", 7) != 0)
        return SCRIPT_COUNT;
    int found = script_find(model + 7);
    return found >= 0 ? (enum script_id)found : SCRIPT_COUNT;
}

/* ---- the conversation so far ---- */

struct talk {
    const struct cJSON *tools, *messages;
    const struct cJSON *last, *user; /* last message, last one of the user */
    char *text;                      /* owned: what the user said there */
    int users;                       /* messages of the user */
};

static const cJSON *first_message(const struct talk *talk) {
    return talk->messages != NULL ? talk->messages->child : NULL;
}

static bool is_role(const struct cJSON *message, const char *role) {
    const char *given = json_string(message, "role");
    return given != NULL && strcmp(given, role) == 0;
}

/* A message's content as one text; the caller frees. */
static char *text_of(const struct cJSON *message) {
    const struct cJSON *content = message != NULL ? json_member(message, "content") : NULL;
    if (cJSON_IsString(content))
        return mem_string(content->valuestring);
    struct buf text;
    buf_init(&text, SAY_MAX);
    for (const cJSON *part = cJSON_IsArray(content) ? content->child : NULL; part != NULL;
         part = part->next)
        if (json_string(part, "text") != NULL)
            buf_text(&text, json_string(part, "text"));
    return buf_take(&text);
}

static struct talk listen(const struct cJSON *body) {
    struct talk talk = {.tools = json_array(body, "tools"),
                        .messages = json_array(body, "messages")};
    if (talk.tools != NULL && talk.tools->child == NULL)
        talk.tools = NULL;
    for (const cJSON *m = first_message(&talk); m; m = m->next) {
        talk.last = m;
        if (is_role(m, "user")) {
            talk.user = m;
            talk.users++;
        }
    }
    talk.text = text_of(talk.user);
    return talk;
}

static const char *name_of(const struct cJSON *call_or_tool) {
    return json_string(json_object(call_or_tool, "function"), "name");
}

/* Whether the model called a tool of this name in the messages after `from` (NULL: in all). */
static bool was_called(const struct talk *talk, const struct cJSON *from, const char *name) {
    const cJSON *message = from != NULL ? from->next : first_message(talk);
    for (; message != NULL; message = message->next) {
        const struct cJSON *calls = json_array(message, "tool_calls");
        for (const cJSON *call = calls != NULL ? calls->child : NULL; call; call = call->next)
            if (name_of(call) != NULL && strcmp(name_of(call), name) == 0)
                return true;
    }
    return false;
}

static const struct cJSON *last_call(const struct talk *talk) {
    const struct cJSON *found = NULL;
    for (const cJSON *m = first_message(talk); m != NULL; m = m->next) {
        const struct cJSON *calls = json_array(m, "tool_calls");
        for (const cJSON *call = calls != NULL ? calls->child : NULL; call; call = call->next)
            found = call;
    }
    return found;
}

/* ---- which tool ---- */

/* Where `name` stands in `text` as a word of its own, or NULL. */
static const char *mention(const char *text, const char *name) {
    size_t length = strlen(name);
    for (const char *p = text; (p = strstr(p, name)) != NULL; p += length) {
        bool begins = p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_');
        bool ends = !(isalnum((unsigned char)p[length]) || p[length] == '_');
        if (begins && ends)
            return p;
    }
    return NULL;
}

static const struct cJSON *next_named(const struct talk *talk) {
    const struct cJSON *best = NULL;
    const char *best_at = NULL;
    for (const cJSON *tool = talk->tools->child; tool != NULL; tool = tool->next) {
        const char *name = name_of(tool), *at = name != NULL ? mention(talk->text, name) : NULL;
        if (at == NULL || was_called(talk, talk->user, name) || (best && at > best_at))
            continue;
        best = tool;
        best_at = at;
    }
    return best;
}

static bool any_named(const struct talk *talk) {
    for (const cJSON *tool = talk->tools->child; tool != NULL; tool = tool->next)
        if (name_of(tool) != NULL && mention(talk->text, name_of(tool)) != NULL)
            return true;
    return false;
}

static const struct cJSON *choose(const struct talk *talk) {
    if (talk->user == NULL || any_named(talk))
        return talk->user != NULL ? next_named(talk) : NULL;
    for (const cJSON *tool = talk->tools->child; tool != NULL; tool = tool->next)
        if (name_of(tool) != NULL && !was_called(talk, NULL, name_of(tool)))
            return tool;
    return NULL;
}

static const struct cJSON *tool_like(const struct talk *talk, const char *part) {
    for (const cJSON *tool = talk->tools->child; tool != NULL; tool = tool->next)
        if (name_of(tool) != NULL && strstr(name_of(tool), part) != NULL)
            return tool;
    return NULL;
}

static const struct cJSON *tool_named(const struct talk *talk, const char *name) {
    for (const cJSON *tool = talk->tools->child; tool != NULL; tool = tool->next)
        if (name_of(tool) != NULL && name != NULL && strcmp(name_of(tool), name) == 0)
            return tool;
    return NULL;
}

/* ---- saying it ---- */

static void call(struct script_say *say, const struct talk *talk, const struct cJSON *tool,
                 const char *text, enum args_fault fault) {
    struct buf arguments;
    buf_init(&arguments, SAY_MAX);
    args_fill(&arguments, json_object(json_object(tool, "function"), "parameters"), text,
              talk->tools, fault);
    say->name = mem_string(name_of(tool));
    say->arguments = buf_take(&arguments);
}

static void answer(struct script_say *say, const struct talk *talk) {
    struct buf text;
    buf_init(&text, SAY_MAX);
    if (!args_document(&text, talk->text, 0, talk->tools))
        buf_text(&text, "Done. Each step was taken as asked, and nothing is left open.");
    say->content = buf_take(&text);
}

/* "0 failed" is no error. */
static bool speaks_of_error(const char *text) {
    if (strncasecmp(text, "error", 5) == 0)
        return true;
    for (const char *p = text; *p != '\0'; p++)
        if (strncasecmp(p, "error:", 6) == 0 || strncasecmp(p, "\"error\"", 7) == 0)
            return true;
    return false;
}

/* The tool a result points to; else the one that was called. */
static const struct cJSON *pointed_to(const struct talk *talk, const char *result,
                                      const struct cJSON *called) {
    for (const cJSON *tool = talk->tools->child; tool != NULL; tool = tool->next)
        if (tool != called && name_of(tool) != NULL && mention(result, name_of(tool)) != NULL)
            return tool;
    return called;
}

static bool repeat_corrected(struct script_say *say, const struct talk *talk,
                             const struct cJSON *failed, const char *result) {
    const char *arguments = json_string(json_object(failed, "function"), "arguments");
    const struct cJSON *tool = tool_named(talk, name_of(failed));
    struct buf corrected;
    buf_init(&corrected, SAY_MAX);
    bool done = arguments != NULL && pointed_to(talk, result, tool) == tool &&
                args_correct(&corrected, arguments, result, talk->tools);
    if (done) {
        say->name = mem_string(name_of(failed));
        say->arguments = mem_string(buf_string(&corrected));
    }
    buf_done(&corrected);
    return done;
}

/* After a result that speaks of an error: the same call with what the error has in backticks, or
 * the tool it points to with that before what the user had. False: there was no such result. */
static bool correct(struct script_say *say, const struct talk *talk, enum args_fault fault) {
    const struct cJSON *failed = is_role(talk->last, "tool") ? last_call(talk) : NULL;
    const struct cJSON *tool = failed != NULL ? tool_named(talk, name_of(failed)) : NULL;
    char *result = text_of(talk->last);
    bool wrong = tool != NULL && speaks_of_error(result);
    if (wrong && !repeat_corrected(say, talk, failed, result)) {
        char *both = mem_format("%s %s", result, talk->text);
        call(say, talk, pointed_to(talk, result, tool), both, fault);
        free(both);
    }
    free(result);
    return wrong;
}

/* What the text says of this tool: from its name on, if anything is in backticks there. */
static const char *words_for(const struct talk *talk, const struct cJSON *tool) {
    const char *at = mention(talk->text, name_of(tool)), *begin;
    size_t length;
    return at != NULL && args_span(at, 0, &begin, &length) ? at : talk->text;
}

static void act(struct script_say *say, const struct talk *talk, enum args_fault fault) {
    if (correct(say, talk, fault))
        return;
    const struct cJSON *tool = choose(talk);
    if (tool != NULL)
        call(say, talk, tool, words_for(talk, tool), fault);
    else
        answer(say, talk);
}

/* ---- faults ---- */

static void cut_arguments(struct script_say *say) {
    if (say->arguments == NULL)
        return;
    size_t half = strlen(say->arguments) / 2;
    while (half > 1 && ((unsigned char)say->arguments[half] & 0xc0) == 0x80)
        half--;
    say->arguments[half > 0 ? half : 1] = '\0';
    say->cut = true;
}

static void loop(struct script_say *say, const struct talk *talk) {
    const struct cJSON *before = last_call(talk);
    const char *arguments = json_string(json_object(before, "function"), "arguments");
    if (before == NULL || name_of(before) == NULL || arguments == NULL) {
        act(say, talk, ARGS_RIGHT);
        return;
    }
    say->name = mem_string(name_of(before));
    say->arguments = mem_string(arguments);
}

static bool is_deliverable(const char *name) {
    static const char *const parts[] = {"save", "deliver", "submit", "publish"};
    for (size_t i = 0; name != NULL && i < COUNT_OF(parts); i++)
        if (strstr(name, parts[i]) != NULL)
            return true;
    return false;
}

static void skip_deliverable(struct script_say *say, const struct talk *talk) {
    act(say, talk, ARGS_RIGHT);
    if (!is_deliverable(say->name))
        return;
    script_done(say);
    say->content = mem_string("Done. The result is ready and has been saved as asked.");
}

/* One more search, each a little different, whatever was found. */
static void search_on(struct script_say *say, const struct talk *talk) {
    const struct cJSON *tool = tool_like(talk, "search");
    int round = 0;
    if (tool == NULL)
        tool = talk->tools->child;
    if (name_of(tool) == NULL)
        return;
    for (const cJSON *m = first_message(talk); m != NULL; m = m->next)
        round += is_role(m, "tool");
    char *text = mem_format("`confirmation %d` %s", round + 1, talk->text);
    call(say, talk, tool, text, ARGS_RIGHT);
    free(text);
}

static void choose_wrong(struct script_say *say, const struct talk *talk) {
    act(say, talk, ARGS_RIGHT);
    if (say->name == NULL)
        return;
    const struct cJSON *right = tool_named(talk, say->name);
    const struct cJSON *wrong = right != NULL && right->next != NULL ? right->next : NULL;
    if (wrong == NULL && talk->tools->child != right)
        wrong = talk->tools->child;
    script_done(say);
    if (wrong != NULL && name_of(wrong) != NULL) {
        call(say, talk, wrong, talk->text, ARGS_RIGHT);
    } else {
        say->name = mem_string("no_such_tool");
        say->arguments = mem_string("{}");
    }
}

static void play_tools(struct script_say *say, enum script_id script, const struct talk *talk) {
    switch (script) {
    case SCRIPT_CLEAN:
    case SCRIPT_LEAKS_THINKING:
    case SCRIPT_NEEDS_REASONING:
    case SCRIPT_FAILS:
    case SCRIPT_BREAKS:
        act(say, talk, ARGS_RIGHT);
        return;
    case SCRIPT_EMPTY_EDITS:
        act(say, talk, talk->users >= SCRIPT_DEEP_TURN ? ARGS_EMPTY : ARGS_RIGHT);
        return;
    case SCRIPT_TRUNCATES:
        act(say, talk, ARGS_RIGHT);
        cut_arguments(say);
        return;
    case SCRIPT_LOOPS:
        loop(say, talk);
        return;
    case SCRIPT_SKIPS_DELIVERABLE:
        skip_deliverable(say, talk);
        return;
    case SCRIPT_SEARCHES:
        search_on(say, talk);
        return;
    case SCRIPT_WRONG_TOOL:
        choose_wrong(say, talk);
        return;
    case SCRIPT_STRINGIFIES:
        act(say, talk, ARGS_STRINGS);
        return;
    case SCRIPT_NO_CALL:
        say->content = mem_string("The next step would be to call the tool. I would then go on.");
        return;
    case SCRIPT_COUNT:
        break;
    }
}

/* A template that wants the reasoning of earlier turns back (facts engines B.9). */
static bool lacks_reasoning(const struct cJSON *body, const struct talk *talk) {
    const struct cJSON *kwargs = json_object(body, "chat_template_kwargs");
    bool dropped = kwargs != NULL && !json_bool(kwargs, "preserve_thinking", true);
    bool spoke = false, reasoned = false;
    for (const cJSON *m = first_message(talk); m != NULL; m = m->next) {
        if (!is_role(m, "assistant"))
            continue;
        spoke = true;
        reasoned = reasoned || json_string(m, "reasoning_content") != NULL ||
                   json_string(m, "reasoning") != NULL || json_string(m, "thinking") != NULL;
    }
    return spoke && (dropped || !reasoned);
}

static void leak(struct script_say *say) {
    char *after = say->content;
    say->content = mem_format("<think>\nThe user wants the next step, so I should take it.\n"
                              "</think>\n\n%s",
                              after != NULL       ? after
                              : say->name != NULL ? ""
                                                  : "It is done.");
    free(after);
}

void script_play(struct script_say *say, enum script_id script, const struct cJSON *body,
                 bool thinks) {
    struct talk talk = listen(body);
    *say = (struct script_say){.breaks = script == SCRIPT_BREAKS};
    if (script == SCRIPT_FAILS ||
        (script == SCRIPT_NEEDS_REASONING && thinks && lacks_reasoning(body, &talk)))
        say->status = 500;
    else if (talk.tools != NULL)
        play_tools(say, script, &talk);
    if (script == SCRIPT_LEAKS_THINKING)
        leak(say);
    free(talk.text);
}

void script_done(struct script_say *say) {
    free(say->content);
    free(say->name);
    free(say->arguments);
    *say = (struct script_say){0};
}
