/* ask: a chat completion request as a simulated engine understands it. Pure: bytes in, struct out.
 */
#ifndef SIM_ASK_H
#define SIM_ASK_H

#include <stdint.h>

#include "base/buf.h"
#include "sim/profile.h"

#define ASK_BODY_MAX ((size_t)4 << 20)
#define ASK_TOKENS_MAX 131072
#define ASK_BYTES_PER_TOKEN 4 /* about what these models' vocabularies give for English */

enum ask_switch { SWITCH_UNSET, SWITCH_OFF, SWITCH_ON };

/* Whose API the request came through. */
enum ask_form {
    ASK_OPENAI,   /* /v1/chat/completions */
    ASK_LMSTUDIO, /* /api/v0/chat/completions: the same, with its own figures in the reply */
    ASK_OLLAMA    /* /api/chat */
};

struct cJSON;

struct ask {
    struct buf prompt;  /* the messages as one text, what caches and token counts work on */
    int64_t max_tokens; /* -1: not given */
    enum ask_form form;
    bool stream, include_usage;
    enum ask_switch kwargs, top_level, effort, native; /* where thinking can be asked for */
    bool is_empty;      /* no messages, which Ollama takes for "load" … */
    bool unloads;       /* … or, with "keep_alive": 0, for "unload" */
    char *model;        /* owned; NULL: not given */
    struct cJSON *tree; /* owned: the request, kept for the scripts; NULL: neither tools nor one */
    bool is_question;   /* the last user message wants one integer … */
    int64_t answer;     /* … which is this */
};

/* False and `error` (a text for the client) on anything this engine would refuse. */
bool ask_read(struct ask *ask, const struct profile *profile, enum ask_form form, const char *body,
              size_t length, struct error *error);
void ask_done(struct ask *ask);

/* Tokens of a text, stable: the tokens of a prefix never change with what follows. */
int64_t ask_tokens(size_t bytes);
/* Whether this engine thinks for this request. */
bool ask_thinks(const struct ask *ask, const struct profile *profile);

/* The last sum in `text` ("417 + 388", also - and * or ×, left to right with * first) when the text
 * asks for an integer. */
bool ask_question(const char *text, int64_t *answer);

#endif
