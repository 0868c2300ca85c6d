/* import: other tools' results as runs. A file becomes a log of figures (aggregates), marked
 * imported, with what its tool defines otherwise told in notes and in the capability "definition";
 * from there on it is a run like any other. Knows formats, not what is done with the figures. */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include "model/event.h"

#define IMPORT_BYTES_MAX ((size_t)64 << 20)

/* What a file says, before it is written. */
struct import {
    struct run run;
    struct event **events; /* in order */
    size_t count, capacity;
    const char *what; /* "asiai agentic" …: the reader that took it */
};

/* Understand a text; `name` (a file's) tells endpoints apart where the text has no name. False and
 * `error` when it is of no known format or says nothing. The caller calls import_done after true.
 */
bool import_parse(struct import *import, const char *text, size_t length, const char *name,
                  struct error *error);
void import_done(struct import *import);

/* Read a file and write its log into the directory. Returns the log's path (the caller's), NULL
 * and `error` when it can't be read, understood or written. */
char *import_file(const char *directory, const char *file, struct error *error);

#endif
