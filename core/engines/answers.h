/* answers: what a server said to the questions of identify, read for version and model: each engine
 * tells them in its own place. For identify only. */
#ifndef ENGINES_ANSWERS_H
#define ENGINES_ANSWERS_H

#include "engines/fetch.h"
#include "engines/identify.h"

enum answer {
    ANSWER_MODELS,   /* /v1/models */
    ANSWER_HEALTH,   /* /health */
    ANSWER_VERSION,  /* /api/version */
    ANSWER_LMSTUDIO, /* /api/v0/models */
    ANSWER_FIRST,    /* so many to everybody; then the row's own paths in order */
    ANSWER_COUNT = ANSWER_FIRST + ENGINE_ASKS_MAX
};

struct answers {
    struct fetch fetches[ANSWER_COUNT];
    struct cJSON *json[ANSWER_COUNT]; /* objects under status 200; NULL: none */
};
void answers_done(struct answers *answers);

/* Fills version, model (`wanted` where it is not NULL), format, quant, context, loaded and models
 * of a finding whose engine is known. */
void answers_read(const struct answers *answers, const char *wanted, struct finding *finding);

#endif
