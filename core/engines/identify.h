/* identify: what answers at a base URL: engine, version, model. By what the server says, never by
 * its port, and by the members of its replies, never by their status alone: one engine imitates
 * another, one says 200 to everything, four share a port (facts: engines A.2 rule 10). */
#ifndef ENGINES_IDENTIFY_H
#define ENGINES_IDENTIFY_H

#include "engines/registry.h"
#include "model/call.h"

#define IDENTIFY_MS 1000 /* for all endpoints together */

/* What was found at one URL. Strings are owned, NULL: not told. */
struct finding {
    enum endpoint_state state;
    char detail[160]; /* why it is down or loading */
    bool refused;     /* it wants a key that it did not get, or refuses the one it got */
    bool serves;      /* it is an inference server at all: a list of models, or a sign of its own */
    bool simulated;   /* it says so itself: not an engine, one of pitwall's own */
    enum engine_id engine;
    char how[160];        /* the sign it was known by */
    char *version;        /* of the engine */
    char *model;          /* exact id: the one asked for, else the loaded one, else the first */
    char *format, *quant; /* of that model */
    int64_t context;      /* tokens it takes, COUNT_NONE unknown */
    enum verdict3 loaded; /* whether that model is in memory */
    size_t models;        /* listed */
};
void finding_done(struct finding *finding);

/* Looks at all of them at once; fills `findings` (of `count`). Blocks at most `timeout_ms` in all.
 * An endpoint whose engine the user told is asked as that engine. */
void identify(const struct endpoint *endpoints, size_t count,
              const char *(*key_of)(const char *variable), int64_t timeout_ms,
              struct finding *findings);

/* Take over what the user has not said. */
void finding_apply(const struct finding *finding, struct endpoint *endpoint);

/* Look at one endpoint and take over what the user has not said. */
void engine_meet(struct endpoint *endpoint, const char *(*key_of)(const char *variable));

/* The quantisation a model's name tells: "4bit", "Q4_K_M", "MXFP4"; the caller frees; NULL: none.
 */
char *quant_in_name(const char *model);

#endif
