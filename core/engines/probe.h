/* probe: what a server can do, measured: each capability with a short value and what was seen. For
 * `pitwall probe`; what is only known from an engine's documentation says so. */
#ifndef ENGINES_PROBE_H
#define ENGINES_PROBE_H

#include "engines/identify.h"

#define PROBE_MS 20000 /* an engine */

enum probe_id {
    PROBE_STREAMING,
    PROBE_MODELS,
    PROBE_HEALTH,
    PROBE_METRICS,
    PROBE_SLOTS,
    PROBE_TOOLS,
    PROBE_USAGE,
    PROBE_CACHED,
    PROBE_FIGURES,
    PROBE_CANCEL,
    PROBE_PREFIX,
    PROBE_THINKING,
    PROBE_THINKING_OFF,
    PROBE_CONTEXT,
    PROBE_LOADED,
    PROBE_UNLOAD,
    PROBE_LICENCE,
    PROBE_DOWNLOAD,
    PROBE_PERSISTS,
    PROBE_COUNT
};
const char *probe_word(enum probe_id id);  /* in log and JSON: "tool_calling" */
const char *probe_title(enum probe_id id); /* for people: "tool calling" */

struct capability_found {
    char value[32]; /* "yes", "no", "on", "32768", "key" (it wants one); "" = not measured, evidence
                       says why */
    char evidence[200];
};
struct probe {
    struct capability_found found[PROBE_COUNT];
    double took_s;
};

/* Asks the endpoint, identified as `finding`; may learn a version from a reply. Sends a handful of
 * small chats and one that it leaves in the middle. Blocks at most `timeout_ms`. */
void probe_endpoint(const struct endpoint *endpoint, struct finding *finding,
                    const char *(*key_of)(const char *variable), int64_t timeout_ms,
                    struct probe *probe);

#endif
