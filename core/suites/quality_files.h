/* quality_files: a few files in memory, as a model's own calls leave them. Pure. */
#ifndef SUITES_QUALITY_FILES_H
#define SUITES_QUALITY_FILES_H

#include "base/buf.h"

struct cJSON;

struct file {
    char *path, *text; /* owned */
};
struct files {
    struct file *files;
    size_t count, capacity;
};

#define FILES_MAX 256
#define FILE_TEXT_MAX ((size_t)1 << 20)

void files_done(struct files *files);
/* NULL: no such file. Borrowed. */
const char *files_text(const struct files *files, const char *path);
/* False when there are too many, or the text is too long. */
bool files_write(struct files *files, const char *path, const char *text);
/* Apply {path, edits: [{search, replace}]} to a file: all of its edits or none. False: `error` says
 * what a tool would say. */
bool files_edit(struct files *files, const struct cJSON *arguments, struct error *error);

#endif
