/* score: what a model's answer is worth. Pure functions: an answer in, a finding out. Three kinds
 * of failure are kept apart: malformed output, output cut off by its budget, and an engine's fault
 * (HTTP 500, a dropped call, a parser that failed), which is never the model's. */
#ifndef SUITES_SCORE_H
#define SUITES_SCORE_H

#include "net/chat.h"

struct cJSON;

/* What the model said. Borrowed. */
struct reply {
    const struct call *call;
    const char *content, *reasoning;
    const struct tool_call *calls;
    size_t call_count;
};

enum finding {
    FINDING_CLEAN,
    FINDING_ENGINE, /* not scored: `fault` says what */
    FINDING_NO_CALL,
    FINDING_TRUNCATED,
    FINDING_BAD_JSON,
    FINDING_WRONG_TOOL,
    FINDING_EMPTY_OBJECT,
    FINDING_SCHEMA,
    FINDING_THINK_LEAK,
    FINDING_DEGENERATE,
    FINDING_NO_ANSWER,
    FINDING_THOUGHT, /* thinking was asked off */
    FINDING_WRONG_ANSWER,
    FINDING_INSTRUCTION,
    FINDING_REPEATED_CALL,
    FINDING_NOT_CORRECTED,
    FINDING_SECTION_MISSING,
    FINDING_NOT_DELIVERED,
    FINDING_ORDER,
    FINDING_LOOPED,
    FINDING_LOST_EDIT,
    FINDING_COUNT
};

struct score {
    enum finding finding;
    double points;  /* 0..1; NaN: an engine's fault, not scored */
    char fault[24]; /* of an engine: "http_5xx", "tool-parser" … */
    char detail[160];
};

#define SCORE_FAILURE_MAX 40
/* "model:empty-object", "engine:http_5xx"; NULL when clean. `out` holds it. */
const char *score_failure(const struct score *score, char out[SCORE_FAILURE_MAX]);
void score_set(struct score *score, enum finding finding, double points, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Whether the engine failed, and how: an error class of the call; `parser`, when its error is that
 * it cannot read what the model wrote (whose fault that was nobody can tell from outside);
 * `cut-short`, when it says "length" well below the tokens it was given; `dropped-call`, when it
 * says "tool_calls" and gives none; `tool-parser`, when the call stands in the content in the
 * model's own markup. */
bool score_engine(struct score *score, const struct reply *reply);

/* Cut off by the budget. */
bool score_is_cut(const struct reply *reply);

/* One turn: a call came, is not cut off, its arguments are JSON, its tool is `tool`, they are not
 * hollow and conform to the tool's schema (of `tools`, an array as sent). Only the first call
 * counts. */
void score_tool_turn(struct score *score, const struct reply *reply, const struct cJSON *tools,
                     const char *tool);
/* The same of one call, without a word on which tool was due. False: `score` says why. */
bool score_call(struct score *score, const struct tool_call *call, const struct cJSON *tools);

/* A tool's parameters by its name; NULL: there is no such tool. */
const struct cJSON *score_parameters(const struct cJSON *tools, const char *name);
/* The arguments as a tree (nothing at all: {}); NULL when they are not JSON. Caller frees. */
struct cJSON *score_arguments(const struct tool_call *call);

/* Tags of reasoning in what the user sees; returns the tag, or NULL. */
const char *score_leak(const char *content);
/* The text behind leaked reasoning: what the user asked for. Borrowed, part of `content`. */
const char *score_visible(const char *content);

/* The same tool with the same arguments, however they are written. */
bool score_same_call(const char *name_a, const char *arguments_a, const char *name_b,
                     const char *arguments_b);

/* A call that addresses an error: the tool is `tool`, the argument at `member` ("path",
 * "edits[0].search") holds `value`. */
bool score_addresses(const struct tool_call *call, const char *tool, const char *member,
                     const char *value);

/* A line of `text` that is a heading of this name: marked with #, bold, numbered, or ending with a
 * colon; case aside. */
bool score_has_section(const char *text, const char *name);
/* How many of `sections` (an array of names) are there, and the first that is not ("" if none). */
int score_sections(const char *text, const struct cJSON *sections, char *missing, size_t size);

#endif
