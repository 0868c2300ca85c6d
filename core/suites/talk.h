/* talk: a conversation with an endpoint: messages with tools, one call after the other. It carries
 * every tool call into the history with an id that its result names, and knows nothing of scores.
 */
#ifndef SUITES_TALK_H
#define SUITES_TALK_H

#include "suites/lane.h"
#include "suites/score.h"

struct cJSON;

struct talk {
    struct lane_call call; /* the last one; first, so that its check finds the talk */
    struct lane *lane;
    char phase[PHASE_MAX];
    int ep, pass, index; /* index: of the next call in the phase */
    enum suite_id suite;
    char *tools; /* owned; NULL: none */
    int max_tokens;
    enum thinking thinking; /* only if thinking_set */
    bool thinking_set;
    bool preserve_set, preserve;   /* chat_template_kwargs.preserve_thinking */
    bool keep_reasoning;           /* put back into the history */
    struct chat_message *messages; /* texts owned */
    size_t message_count, message_capacity;
    struct reply reply; /* to the last call; borrowed from `call` */
    char **ids;         /* of its tool calls, as they stand in the history */
    size_t id_count;
    /* Whether the reply is right, for the call's own `correct`; NULL: nobody can tell. */
    enum verdict3 (*check)(const struct talk *talk);
    const struct cJSON *expected; /* for `check` */
    const char *expected_tool;
};

void talk_init(struct talk *talk, struct lane *lane, int ep, enum suite_id suite, const char *phase,
               int pass);
void talk_done(struct talk *talk);
void talk_reset(struct talk *talk); /* a new conversation; the index goes on */
void talk_tools(struct talk *talk, const struct cJSON *tools); /* an array; NULL: none */

/* Append a message; the text is copied. */
void talk_say(struct talk *talk, const char *role, const char *content);
/* Take the last message back: what was asked in vain must not stand in the history. */
void talk_unsay(struct talk *talk);

/* Ask for the next message: the reply is filled. False when stopped or skipped. */
bool talk_ask(struct talk *talk);
/* The reply into the history: content, reasoning where it is kept, every tool call. Ids that are
 * missing or double are made up; arguments that are not JSON are wrapped as {"unparsed": "…"}, for
 * servers fail on a history they cannot parse (the raw text is in call_output). */
void talk_take(struct talk *talk);
/* The result of tool call `index` of the reply that was taken. */
void talk_result(struct talk *talk, size_t index, const char *text);

/* The endpoint does not answer any more: nothing is left to ask. */
bool talk_is_down(const struct talk *talk);

/* The finding as a score event. An answer that was cut by a stop has none. `expected`: what would
 * have been right (expected.h); taken, and told where the model was wrong. */
void talk_score(struct talk *talk, const char *item, int turn, int repeat,
                const struct score *score, char *expected);

#endif
