/* embed: data files compiled in by the Makefile; each table ends with a NULL name. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

struct embedded {
    const char *name; /* file name without directory and ".json" */
    const char *text; /* NUL-terminated */
    size_t length;
};
extern const struct embedded embed_suites[];   /* core/suites/data/ */
extern const struct embedded embed_profiles[]; /* core/sim/profiles/ */
extern const struct embedded embed_themes[];   /* themes/ */

/* NULL if there is none of that name. */
const struct embedded *embed_find(const struct embedded *table, const char *name);

#endif
