/* speech: the tokens of one simulated reply, in order: reasoning, text, a tool call. Where they
 * come from (prose, an answer, a script) is decided once, before the first. Knows no time. */
#ifndef SIM_SPEECH_H
#define SIM_SPEECH_H

#include "sim/ask.h"
#include "sim/prose.h"
#include "sim/script.h"

enum speech_kind { SPEECH_REASONING, SPEECH_CONTENT, SPEECH_CALL };

struct speech {
    const struct profile *profile; /* borrowed */
    struct prose prose;
    uint64_t draws; /* state of the drafting's luck */
    bool is_question;
    int64_t answer;
    struct script_say say;
    size_t content_at, call_at;        /* bytes of the scripted texts that are said */
    int64_t total, reasoning, calling; /* tokens: in all, first of them, last of them */
    int64_t done, drafted, accepted;
    bool named; /* the call's name is said */
};

void speech_init(struct speech *speech, const struct ask *ask, const struct profile *profile);
void speech_done(struct speech *speech);
/* Tokens of the next decode step: the first comes out of the prefill alone, drafting adds. */
int64_t speech_step(struct speech *speech);
/* Say up to `most` tokens, all of one kind, into `text`. Returns how many. The first token of a
 * call is its name and adds no text. */
int64_t speech_next(struct speech *speech, int64_t most, struct buf *text, enum speech_kind *kind);
bool speech_is_over(const struct speech *speech);
/* Why it ended: "stop", "length", "tool_calls". */
const char *speech_finish(const struct speech *speech);

#endif
