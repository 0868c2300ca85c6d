/* Small files of /proc and /sys, and the names in a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/linux.h"

#define TEXT_MAX ((size_t)4 << 20)
#define NAMES_MAX 16384

static int open_under(const char *root, const char *path) {
    char whole[LINUX_PATH_MAX];
    int length = snprintf(whole, sizeof whole, "%s%s", root, path);
    if (length < 0 || (size_t)length >= sizeof whole) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* As much as fits; -1 and errno when nothing can be read. */
static ssize_t read_all(int fd, char *out, size_t size) {
    size_t length = 0;
    while (length < size) {
        ssize_t got = read(fd, out + length, size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

bool linux_read(const char *root, const char *path, char *out, size_t size) {
    int fd = open_under(root, path);
    out[0] = '\0';
    if (fd < 0)
        return false;
    ssize_t length = read_all(fd, out, size - 1);
    int why = errno;
    close(fd);
    errno = why;
    if (length < 0)
        return false;
    out[length] = '\0';
    while (length > 0 && strchr(" \t\r\n", out[length - 1]))
        out[--length] = '\0';
    return true;
}

bool linux_integer(const char *root, const char *path, int64_t *value) {
    char text[64], *end;
    if (!linux_read(root, path, text, sizeof text))
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || errno != 0) {
        errno = EINVAL;
        return false;
    }
    *value = number;
    return true;
}

char *linux_text(const char *root, const char *path, size_t *length) {
    char chunk[4096];
    struct buf text;
    int fd = open_under(root, path);
    ssize_t got;
    if (fd < 0)
        return NULL;
    buf_init(&text, TEXT_MAX);
    while ((got = read_all(fd, chunk, sizeof chunk)) > 0)
        if (!buf_append(&text, chunk, (size_t)got))
            break;
    close(fd);
    *length = text.length;
    return buf_take(&text);
}

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

struct linux_names linux_list(const char *root, const char *path, const char *prefix) {
    struct linux_names names = {0};
    char whole[LINUX_PATH_MAX];
    size_t capacity = 0;
    snprintf(whole, sizeof whole, "%s%s", root, path);
    DIR *folder = opendir(whole);
    if (!folder)
        return names;
    for (struct dirent *entry; names.count < NAMES_MAX && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length >= LINUX_NAME_MAX ||
            strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        names.at = mem_grow(names.at, names.count, &capacity, sizeof *names.at);
        memcpy(names.at[names.count++], entry->d_name, length + 1);
    }
    closedir(folder);
    if (names.count > 0)
        qsort(names.at, names.count, sizeof *names.at, by_name);
    return names;
}
