/* profile_fields: the members of a profile file as a table: where each stands, its type, its range,
 * its default. Adding one is a row here and a field of struct profile. */
#ifndef SIM_PROFILE_FIELDS_H
#define SIM_PROFILE_FIELDS_H

#include "sim/profile.h"

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_INTEGER, FIELD_BOOL, FIELD_WORD };

/* Enums are written through an int: those of struct profile are ints. */
struct field {
    const char *section, *key; /* section "": top level */
    enum field_type type;
    size_t offset;
    bool required;
    double least, most, fallback;  /* numbers; fallback for booleans and words too */
    const char *text;              /* fallback of texts; NULL: stays NULL */
    int (*find)(const char *word); /* of a FIELD_WORD; -1: none of them */
};

const struct field *profile_fields(size_t *count);

#endif
