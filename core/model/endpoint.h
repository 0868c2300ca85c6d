/* endpoint: an engine under test, fixed for a run. */
#ifndef MODEL_ENDPOINT_H
#define MODEL_ENDPOINT_H

#include "model/names.h"

#define ENDPOINTS_MAX 64

/* A member of every list of models that a simulated engine gives, so that its figures carry SIM
 * however it was found. */
#define SIM_SIGN "pitwall_simulated"

/* Strings are owned; NULL = not known. The key itself is never here, only its variable's name. */
struct endpoint {
    int ep; /* index in the run, from 0 */
    char *name;
    char *url; /* base URL without trailing slash or /v1: "http://127.0.0.1:8080" */
    enum engine_id engine;
    bool engine_set; /* told by the user: not to be asked of the server */
    char *engine_version;
    char *model;
    char *family; /* endpoints of one family share a chat template (gate template) */
    char *format; /* "GGUF", "MLX", … */
    char *quant;
    char *lane;             /* machine's name; endpoints of one lane run one after the other */
    char *baseline;         /* name of another endpoint, or NULL */
    enum thinking thinking; /* THINKING_DEFAULT: the suite's own */
    bool simulated, imported, published;

    /* Below: used while running, not in the header's list of endpoints. */
    char *key_variable;                   /* environment variable that holds the API key */
    char *extra_body;                     /* JSON object laid over every request body */
    char *telemetry;                      /* URL of an exporter on the endpoint's machine */
    char *start, *stop, *restart, *ready; /* the user's own commands */
    char *notes;                          /* free text: KV type, disk size … */
};

/* The host of a base URL, as it stands there ("[::1]" with its brackets); the caller frees. NULL:
 * no URL. */
char *endpoint_host(const char *url);
/* Whether such a host is this machine by name: localhost, 127.…, [::1]. */
bool endpoint_is_loopback(const char *host);

void endpoint_init(struct endpoint *endpoint); /* all unknown, ENGINE_OPENAI */
void endpoint_done(struct endpoint *endpoint);
void endpoint_copy(struct endpoint *to, const struct endpoint *from);

#endif
