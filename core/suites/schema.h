/* schema: does a JSON value conform to the part of JSON Schema that tools are described with? Pure.
 * Known: type (a word or several), required, properties, additionalProperties false, items, enum,
 * minItems, maxItems, minLength. Anything else in a schema is no constraint here. */
#ifndef SUITES_SCHEMA_H
#define SUITES_SCHEMA_H

#include <stdbool.h>

struct cJSON;

/* Where and what: "edits[1].search: a number instead of a string". */
struct schema_problem {
    char text[200];
};

/* False: `problem` tells the first that was found. */
bool schema_conforms(const struct cJSON *value, const struct cJSON *schema,
                     struct schema_problem *problem);

/* The empty-object bug: a required array or object that came back with nothing in it, as a text, or
 * not at all: absent, null, {}, [], "", "[]", "{}", [{}] where the items need members, and the
 * whole value put in a string. `value` is an object's, `schema` its description. */
bool schema_is_hollow(const struct cJSON *value, const struct cJSON *schema,
                      struct schema_problem *problem);

#endif
