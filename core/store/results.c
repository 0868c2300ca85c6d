#include "store/results.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define SUFFIX ".jsonl"
#define SLUG_MAX 32
#define CANDIDATES_SHOWN 5

static bool is_set(const char *text) {
    return text && text[0];
}

char *results_directory(const char *option, const char *env_results, const char *xdg_data_home,
                        const char *home) {
    char *path;
    if (is_set(option))
        path = mem_string(option);
    else if (is_set(env_results))
        path = mem_string(env_results);
    else if (is_set(xdg_data_home) && xdg_data_home[0] == '/') /* relative: to be ignored (XDG) */
        path = mem_format("%s/pitwall/results", xdg_data_home);
    else if (is_set(home))
        path = mem_format("%s/.local/share/pitwall/results", home);
    else
        path = mem_string("pitwall-results");
    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/';)
        path[--length] = '\0';
    return path;
}

static bool unusable(const char *path, const char *what, int why, struct error *error) {
    error_set(error, "%s: %s: %s", path, what, strerror(why));
    switch (why) {
    case ENOSPC:
    case EDQUOT:
        return error_hint(error, "make room there, or choose another place with --results DIR");
    case EEXIST:
    case ENOTDIR:
        return error_hint(error, "a file is in the way: remove it, or use --results DIR");
    default:
        return error_hint(error, "choose a place that you may write to with --results DIR");
    }
}

static bool make_directory(const char *path, struct error *error) {
    struct stat info;
    if (mkdir(path, 0755) == 0)
        return true;
    int why = errno;
    /* another process may have been faster; on read-only systems EROFS comes before EEXIST */
    if (stat(path, &info) == 0)
        return S_ISDIR(info.st_mode) || unusable(path, "not a directory", ENOTDIR, error);
    return unusable(path, "can't make the results directory", why, error);
}

bool results_prepare(const char *directory, struct error *error) {
    char *path = mem_string(directory);
    bool made = true;
    for (char *slash = strchr(path + 1, '/'); path[0] && slash && made;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = make_directory(path, error);
        *slash = '/';
    }
    made = made && make_directory(path, error);
    free(path);
    if (!made)
        return false;
    char *probe = mem_format("%s/.pitwall-XXXXXX", directory);
    int fd = mkstemp(probe);
    int why = errno;
    if (fd >= 0) {
        close(fd);
        unlink(probe);
    }
    free(probe);
    return fd >= 0 || unusable(directory, "can't create a file there", why, error);
}

/* ---- the list ---- */

/* Does it begin as a run's name does: 20261120T180211Z-? */
static bool has_stamp(const char *id) {
    const char *form = "ddddddddTddddddZ-"; /* d: a digit */
    for (; *form; form++, id++)
        if (*form == 'd' ? !isdigit((unsigned char)*id) : *id != *form)
            return false;
    return true;
}

/* Newest first; files that people named themselves come after all runs. */
static int by_age(const void *a, const void *b) {
    const struct result *left = a, *right = b;
    bool left_run = has_stamp(left->id), right_run = has_stamp(right->id);
    if (left_run != right_run)
        return left_run ? -1 : 1;
    return left_run ? strcmp(right->id, left->id) : strcmp(left->id, right->id);
}

/* The name without its suffix; NULL when it is not a log's. Caller frees. */
static char *id_of(const char *name) {
    size_t length = strlen(name), suffix = strlen(SUFFIX);
    if (name[0] == '.' || length <= suffix || strcmp(name + length - suffix, SUFFIX) != 0)
        return NULL;
    return mem_bytes(name, length - suffix);
}

bool results_list(const char *directory, struct result **list, size_t *count, struct error *error) {
    size_t capacity = 0;
    *list = NULL;
    *count = 0;
    DIR *dir = opendir(directory);
    if (!dir && errno == ENOENT)
        return true; /* nothing was run yet */
    if (!dir)
        return error_set(error, "%s: can't list the results: %s", directory, strerror(errno));
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat info;
        char *id = id_of(entry->d_name);
        if (!id)
            continue;
        if (fstatat(dirfd(dir), entry->d_name, &info, 0) != 0 || !S_ISREG(info.st_mode)) {
            free(id);
            continue;
        }
        *list = mem_grow(*list, *count, &capacity, sizeof **list);
        (*list)[(*count)++] = (struct result){
            .path = mem_format("%s/%s", directory, entry->d_name), .id = id, .bytes = info.st_size};
    }
    closedir(dir);
    if (*count)
        qsort(*list, *count, sizeof **list, by_age);
    return true;
}

void results_free(struct result *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(list[i].path);
        free(list[i].id);
    }
    free(list);
}

/* ---- one of them ---- */

static void ambiguous(const char *name, const struct result *list, size_t count,
                      struct error *error) {
    struct buf text;
    size_t found = 0;
    buf_init(&text, sizeof error->text);
    for (size_t i = 0; i < count; i++) {
        if (strstr(list[i].id, name) && found++ < CANDIDATES_SHOWN)
            buf_printf(&text, "%s%s", text.length ? ", " : "", list[i].id);
    }
    if (found > CANDIDATES_SHOWN)
        buf_text(&text, ", …");
    error_set(error, "'%s' could be %zu runs: %s", name, found, buf_string(&text));
    error_hint(error, "give more of the name; 'pitwall runs' lists them all");
    buf_done(&text);
}

/* The one entry whose id is `name`, or else has it as a part; -1 with `error`. */
static int match(const char *directory, const char *name, const struct result *list, size_t count,
                 struct error *error) {
    int found = -1;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].id, name) == 0)
            return (int)i;
    for (size_t i = 0; i < count; i++) {
        if (!strstr(list[i].id, name))
            continue;
        if (found >= 0) {
            ambiguous(name, list, count, error);
            return -1;
        }
        found = (int)i;
    }
    if (found < 0) {
        error_set(error, "no run '%s' in %s", name, directory);
        error_hint(error, "'pitwall runs' lists them; a path works, too");
    }
    return found;
}

char *results_find(const char *directory, const char *name, struct error *error) {
    struct stat info;
    struct result *list;
    size_t count;
    if (!is_set(name)) {
        error_set(error, "the name of a run is empty");
        error_hint(error, "a path, 'latest', or a part of a name that 'pitwall runs' lists");
        return NULL;
    }
    int why = stat(name, &info) == 0 ? 0 : errno;
    if (!why && !S_ISDIR(info.st_mode))
        return mem_string(name);
    if (strchr(name, '/')) {
        error_set(error, "%s: %s", name, strerror(why ? why : EISDIR));
        return NULL;
    }
    if (!results_list(directory, &list, &count, error))
        return NULL;
    int at = 0;
    if (count == 0) {
        error_set(error, "there are no runs in %s", directory);
        error_hint(error, "'pitwall run' or 'pitwall demo' makes one");
        at = -1;
    } else if (strcmp(name, "latest") != 0) {
        at = match(directory, name, list, count, error);
    }
    char *path = at >= 0 ? mem_string(list[at].path) : NULL;
    results_free(list, count);
    return path;
}

char *results_run_id(const char *slug) {
    char stamp[CLOCK_ISO_SIZE], word[SLUG_MAX + 1];
    size_t length = 0;
    for (; slug && *slug && length < SLUG_MAX; slug++) {
        unsigned char c = (unsigned char)*slug;
        if (isascii(c) && isalnum(c))
            word[length++] = (char)tolower(c);
        else if (length && word[length - 1] != '-')
            word[length++] = '-';
    }
    while (length && word[length - 1] == '-')
        length--;
    word[length] = '\0';
    clock_stamp(stamp);
    return mem_format("%s-%s-%04x", stamp, length ? word : "run",
                      (unsigned)(clock_entropy() & 0xFFFF));
}
