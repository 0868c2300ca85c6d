#include "suites/quality_files.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

void files_done(struct files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->files[i].path);
        free(files->files[i].text);
    }
    free(files->files);
    *files = (struct files){0};
}

static struct file *find(const struct files *files, const char *path) {
    if (strncmp(path, "./", 2) == 0)
        path += 2;
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->files[i].path, path) == 0)
            return &files->files[i];
    return NULL;
}

const char *files_text(const struct files *files, const char *path) {
    const struct file *file = find(files, path);
    return file ? file->text : NULL;
}

bool files_write(struct files *files, const char *path, const char *text) {
    struct file *file = find(files, path);
    if (strlen(text) > FILE_TEXT_MAX || (!file && files->count == FILES_MAX))
        return false;
    if (!file) {
        files->files = mem_grow(files->files, files->count, &files->capacity, sizeof *files->files);
        file = &files->files[files->count++];
        *file = (struct file){.path = mem_string(path)};
    }
    char *copy = mem_string(text);
    free(file->text);
    file->text = copy;
    return true;
}

/* `text` with the first `search` replaced; the caller frees. NULL: it is not there, or too long. */
static char *replaced(const char *text, const char *search, const char *replace) {
    const char *at = search[0] ? strstr(text, search) : NULL;
    if (!at || strlen(text) + strlen(replace) > FILE_TEXT_MAX)
        return NULL;
    return mem_format("%.*s%s%s", (int)(at - text), text, replace, at + strlen(search));
}

bool files_edit(struct files *files, const struct cJSON *arguments, struct error *error) {
    const char *path = json_string(arguments, "path");
    struct file *file = path ? find(files, path) : NULL;
    const struct cJSON *edits = json_array(arguments, "edits");
    if (!file)
        return error_set(error, "there is no file %.100s", path ? path : "");
    char *text = mem_string(file->text);
    for (const cJSON *edit = edits ? edits->child : NULL; edit; edit = edit->next) {
        const char *search = json_string(edit, "search"), *replace = json_string(edit, "replace");
        char *next = search && replace ? replaced(text, search, replace) : NULL;
        if (!next) {
            free(text);
            return error_set(error, "nothing was changed: the text %.100s is not in %.100s",
                             search ? search : "", path);
        }
        free(text);
        text = next;
    }
    free(file->text);
    file->text = text;
    return true;
}
