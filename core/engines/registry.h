/* registry: what is particular to each engine, as one table. */
#ifndef ENGINES_REGISTRY_H
#define ENGINES_REGISTRY_H

#include "model/endpoint.h"
#include "net/chat.h"

/* How to speak to this endpoint. Static. */
const struct dialect *engine_dialect(const struct endpoint *endpoint);

/* Ask each endpoint that names no model for its models, and take the first. Blocks at most
 * `timeout_ms` an endpoint. */
void engines_identify(struct endpoint *endpoints, size_t count, int64_t timeout_ms);

#endif
