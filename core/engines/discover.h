/* discover: engines on this machine that nobody named, looked for on the ports they are known by.
 * The port only says where to look; what answers there is told by identify. */
#ifndef ENGINES_DISCOVER_H
#define ENGINES_DISCOVER_H

#include "engines/identify.h"

/* What was found, in the order of the table of engines and their ports. Both arrays have `count`
 * entries and are the caller's (endpoint_done, finding_done each, then free). */
struct discovery {
    struct endpoint
        *endpoints; /* named after their engines, with a port where one name is not one */
    struct finding *findings;
    size_t count;
};

/* Asks all known ports of 127.0.0.1 at once; blocks at most `timeout_ms`. */
void discover(struct discovery *discovery, int64_t timeout_ms);
/* The same with other ports. */
void discover_ports(struct discovery *discovery, const int *ports, size_t count,
                    int64_t timeout_ms);

/* The known ports, for a message. At most `most`; returns how many. */
size_t discover_known_ports(int *ports, size_t most);

/* One line for a person: engine, version, URL, model, and the sign it was known by. The caller
 * frees. Not yet made visible. */
char *finding_line(const struct finding *finding, const struct endpoint *endpoint);

#endif
