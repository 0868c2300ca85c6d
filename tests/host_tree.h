/* host_tree: a root of files for tests of readers of /proc and /sys. */
#ifndef TESTS_HOST_TREE_H
#define TESTS_HOST_TREE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

struct host_tree {
    char root[64];
};

static inline void tree_begin(struct host_tree *tree) {
    copy_text(tree->root, sizeof tree->root, "/tmp/pitwall-tree-XXXXXX");
    if (!mkdtemp(tree->root))
        die("tree: no folder");
    chmod(tree->root, 0755);
}

static inline void tree_folders(char *path) {
    for (char *at = path + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(path, 0755);
        *at = '/';
    }
}

/* Write `length` bytes into a file below the root, with the folders above it. */
static inline void tree_bytes(struct host_tree *tree, const char *path, const char *bytes,
                              size_t length) {
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", tree->root, path);
    tree_folders(whole);
    int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
        die("tree: %s", path);
    close(fd);
}

static inline void tree_file(struct host_tree *tree, const char *path, const char *text) {
    tree_bytes(tree, path, text, strlen(text));
}

static inline void tree_number(struct host_tree *tree, const char *path, long long value) {
    char text[32];
    snprintf(text, sizeof text, "%lld\n", value);
    tree_file(tree, path, text);
}

static inline void tree_link(struct host_tree *tree, const char *path, const char *target) {
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", tree->root, path);
    tree_folders(whole);
    if (symlink(target, whole) != 0)
        die("tree: %s", path);
}

static inline void tree_remove(struct host_tree *tree, const char *path) {
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", tree->root, path);
    remove(whole);
}

static inline void tree_drop(const char *path) {
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *below = mem_format("%s/%s", path, entry->d_name);
        if (remove(below) != 0) /* a folder that holds something */
            tree_drop(below);
        free(below);
    }
    if (folder)
        closedir(folder);
    remove(path);
}

static inline void tree_end(struct host_tree *tree) {
    tree_drop(tree->root);
}

#endif
