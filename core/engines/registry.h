/* registry: what is particular to each engine, as one table; the one place that says how an engine
 * is told from the others, asked, put away and brought back. Facts: engines.md, by section. */
#ifndef ENGINES_REGISTRY_H
#define ENGINES_REGISTRY_H

#include "model/endpoint.h"
#include "net/chat.h"

#define ENGINE_PORTS_MAX 4
#define ENGINE_ASKS_MAX 3

/* A request about one model. "{id}" stands for its id: percent-encoded in the path, a JSON string
 * in the body. method NULL: the engine has no such request. */
struct engine_request {
    const char *method, *path, *body;
};

struct engine_row {
    const char *licence;
    int ports[ENGINE_PORTS_MAX]; /* where it listens unless told otherwise; 0: no more */
    const char *owned_by;        /* of the models in /v1/models; NULL: no sign */
    /* Paths that say more of the model once the engine is known. */
    const char *asks[ENGINE_ASKS_MAX];
    /* Where the version stands: a member ("info.version") of the JSON at `path`, or the label
     * "version" of a Prometheus series. path NULL: not over HTTP, or only in a reply. */
    struct {
        const char *path, *member, *series;
    } version;
    const char *format; /* of all weights it runs; NULL: several */
    struct dialect dialect;
    const char *cached;  /* where it reports cached tokens; NULL: nowhere */
    const char *figures; /* what it says of its own speed; NULL: nothing */
    const char *metrics; /* Prometheus path; NULL: none */
    const char *slots;   /* path that tells its queue or slots; NULL: none */
    struct engine_request unload, load;
    /* The JSON at `path` must have this value for the two requests to exist; path NULL: always. */
    struct {
        const char *path, *member, *value;
    } switches;
    const char *download; /* weights from Hugging Face: how; at most 15 bytes, as the next */
    const char *persists; /* prefix cache that outlives the process: how */
    const char *restart;  /* what the user's restart command may be */
};

/* Static. ENGINE_OPENAI's row stands for every other server, vLLM and SGLang among them. */
const struct engine_row *engine_row(enum engine_id engine);

/* How to speak to this endpoint. Static. */
const struct dialect *engine_dialect(const struct endpoint *endpoint);

/* The version in a reply's system_fingerprint, where the engine puts it there (mlx-lm: up to the
 * first hyphen; llama.cpp: all of it). The caller frees; NULL: none. */
char *engine_version_in(enum engine_id engine, const char *fingerprint);

#endif
