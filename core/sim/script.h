/* script: how the simulated model behaves when it is given tools: well, or with one known fault, so
 * that every suite can be held against the score it must give. The model id "script-WORD" of a
 * request chooses, else member "script" of the profile. Pure: a request in, what is said out.
 *
 * A clean model calls, in the order they are named, the tools whose names stand in the last user
 * message and that were not called since; when none is named, the first that was never called. It
 * fills the arguments by the tool's schema: strings from what stands in `backticks`, in order,
 * after the tool's name or, when nothing does, in the whole message; arrays with as many elements
 * as the text names ("three edits", "3 edits"), or as there are backticks left, at least one;
 * booleans true. After a tool result that speaks of an error it repeats the call with what the
 * error text has in backticks, or calls the tool that it names. When nothing is left to call it
 * answers in prose, with a heading for each of the backticks. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "sim/profile.h"

struct cJSON;

/* "clean", "empty-edits", …; -1. */
int script_find(const char *word);
const char *script_word(enum script_id script);
/* Of "script-WORD"; SCRIPT_COUNT: the id is no script's. */
enum script_id script_of_model(const char *model);

#define SCRIPT_DEEP_TURN 5 /* user messages from which on edits come empty */
#define SCRIPT_BREAKS_AT 8 /* tokens before a broken stream ends */

/* What is said. */
struct script_say {
    int status;             /* 0, or what HTTP answers instead: 500 */
    bool breaks;            /* generation fails in mid-stream */
    char *content;          /* owned; NULL: prose of the asked length, unless there is a call */
    char *name, *arguments; /* owned; NULL: no call */
    bool cut; /* the arguments never end: words follow until the budget is used up, "length" */
};

/* `body` is the request, `thinks` whether the model thinks this time. */
void script_play(struct script_say *say, enum script_id script, const struct cJSON *body,
                 bool thinks);
void script_done(struct script_say *say);

#endif
