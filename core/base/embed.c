#include "base/embed.h"

#include <string.h>

const struct embedded *embed_find(const struct embedded *table, const char *name) {
    for (const struct embedded *file = table; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}
