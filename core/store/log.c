#include "store/log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 20)

/* ---- writing ---- */

struct log_writer {
    int fd;
    char *path;
    off_t length;  /* bytes of whole lines */
    int64_t count; /* of them, without the header */
    struct buf line;
};

static const char *hint_of(int why) {
    switch (why) {
    case ENOSPC:
    case EDQUOT:
        return "make room there, or write elsewhere with --results DIR";
    case EFBIG:
        return "raise the limit on file sizes (ulimit -f), or write elsewhere with --results DIR";
    case EACCES:
    case EPERM:
    case EROFS:
        return "write where you may, with --results DIR";
    case EEXIST:
        return "a log is never written over: remove it, or start again for another name";
    default:
        return "write elsewhere with --results DIR";
    }
}

static bool failed(const struct log_writer *log, const char *what, int why, struct error *error) {
    error_set(error, "%s: %s: %s", log->path, what, strerror(why));
    return error_hint(error, "%s", hint_of(why));
}

static bool sync_fd(int fd) {
#ifdef __APPLE__
    int rc = fsync(fd);
#else
    int rc = fdatasync(fd);
#endif
    /* some file systems (FUSE, pipes of containers) have no sync: that loses nothing written */
    return rc == 0 || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
}

/* The file's name outlives a crash only when its directory is on disk, too. */
static void sync_directory(const char *directory) {
    int fd = open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* For as long as the log is open, and no longer: the system gives the lock back however the writer
 * ends. flock, not fcntl: that of fcntl would go when this process closes the log after reading it.
 * Where there is no flock the log is written all the same. */
static void lock_fd(int fd) {
    /* the file is new: at most somebody who lists the runs holds it, between two lines */
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
}

struct log_writer *log_create(const char *directory, const struct run *run, struct error *error) {
    struct log_writer *log = mem_zero(1, sizeof *log);
    log->path = mem_format("%s/%s.jsonl", directory, run->id);
    buf_init(&log->line, LOG_LINE_MAX);
    log->fd = open(log->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (log->fd < 0) {
        failed(log, "can't create the log", errno, error);
        log_close(log);
        return NULL;
    }
    lock_fd(log->fd);
    bool encoded = run_encode(run, &log->line) && buf_char(&log->line, '\n');
    if (!encoded)
        error_set(error, "%s: the header is longer than %zu bytes", log->path, LOG_LINE_MAX);
    if (!encoded || !log_append_lines(log, log->line.data, log->line.length, error) ||
        !log_sync(log, error)) {
        unlink(log->path);
        log_close(log);
        return NULL;
    }
    log->count = 0;
    sync_directory(directory);
    return log;
}

bool log_append(struct log_writer *log, const struct event *event, struct error *error) {
    buf_reset(&log->line);
    if (!event_encode(event, &log->line) || !buf_char(&log->line, '\n'))
        return error_set(error, "%s: an event of kind %s is longer than %zu bytes", log->path,
                         event_word(event->kind), LOG_LINE_MAX);
    return log_append_lines(log, log->line.data, log->line.length, error);
}

static size_t whole_lines(const char *lines, size_t length, int64_t *count) {
    size_t end = 0;
    *count = 0;
    for (const char *at; (at = memchr(lines + end, '\n', length - end)); (*count)++)
        end = (size_t)(at - lines) + 1;
    return end;
}

bool log_append_lines(struct log_writer *log, const char *lines, size_t length,
                      struct error *error) {
    size_t written = 0;
    int why = 0;
    while (written < length && !why) {
        ssize_t n = write(log->fd, lines + written, length - written);
        if (n > 0)
            written += (size_t)n;
        else if (n == 0)
            why = ENOSPC; /* nothing was taken and no reason given */
        else if (errno != EINTR)
            why = errno;
    }
    int64_t count;
    log->length += (off_t)whole_lines(lines, written, &count);
    log->count += count;
    if (!why)
        return true;
    /* a torn line in the middle would spoil the run_end that may still fit after it */
    if (ftruncate(log->fd, log->length) != 0)
        return failed(log, "can't cut off a torn line", errno, error);
    return failed(log, "can't write the log", why, error);
}

int64_t log_count(const struct log_writer *log) {
    return log->count;
}

bool log_sync(struct log_writer *log, struct error *error) {
    return sync_fd(log->fd) || failed(log, "can't bring the log to disk", errno, error);
}

const char *log_path(const struct log_writer *log) {
    return log->path;
}

void log_close(struct log_writer *log) {
    if (!log)
        return;
    if (log->fd >= 0)
        close(log->fd);
    buf_done(&log->line);
    free(log->path);
    free(log);
}

bool log_is_open(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd); /* gives our own lock back */
    return locked;
}

/* ---- reading ---- */

struct log_reader {
    int fd;
    char *path;
    char *data; /* bytes [at, end) are to be read; one more byte is always allocated */
    size_t at, end, capacity;
    const char *line; /* the last one, in data */
    size_t length;
    bool eof, torn;
    int64_t skipped;
    off_t first;   /* offset of the first event */
    off_t read_to; /* offset of what stands behind `end` */
};

/* More bytes behind `end`; the rest of a line moves to the front. False at the end of the file or
 * on an error (errno != 0). */
static bool fill(struct log_reader *reader) {
    size_t rest = reader->end - reader->at;
    memmove(reader->data, reader->data + reader->at, rest);
    reader->at = 0;
    reader->end = rest;
    if (reader->capacity - rest < BLOCK) {
        reader->capacity = rest + 2 * BLOCK;
        reader->data = mem_resize(reader->data, reader->capacity + 1, 1);
    }
    ssize_t n;
    do
        n = read(reader->fd, reader->data + rest, BLOCK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return false;
    errno = 0;
    reader->eof = n == 0;
    reader->end += (size_t)n;
    reader->read_to += n;
    return n > 0;
}

static bool read_failed(const struct log_reader *reader, struct error *error) {
    return error_set(error, "%s: can't read: %s", reader->path, strerror(errno));
}

/* The next line of any length up to the bound into line/length. `searched`: bytes of the rest that
 * hold no newline are not looked at twice. */
enum log_read log_next_line(struct log_reader *reader, struct error *error) {
    size_t searched = 0;
    bool skipping = false;
    for (;;) {
        char *from = reader->data + reader->at;
        size_t rest = reader->end - reader->at;
        char *newline = memchr(from + searched, '\n', rest - searched);
        if (newline) {
            reader->line = from;
            reader->length = (size_t)(newline - from);
            reader->at += reader->length + 1;
            *newline = '\0';
            if (!skipping && reader->length <= LOG_LINE_MAX)
                return LOG_EVENT;
            reader->skipped++;
            skipping = false;
            searched = 0;
            continue;
        }
        if (rest > LOG_LINE_MAX) { /* forget what there is of it */
            skipping = true;
            reader->at = reader->end;
            rest = 0;
        }
        searched = rest;
        if (fill(reader))
            continue;
        if (!reader->eof) {
            read_failed(reader, error);
            return LOG_FAILED;
        }
        reader->torn = rest > 0 || skipping;
        return LOG_END;
    }
}

enum log_read log_next(struct log_reader *reader, struct event *event, struct error *error) {
    for (;;) {
        enum log_read read = log_next_line(reader, error);
        if (read != LOG_EVENT)
            return read;
        /* a crash of the system can leave a stretch of NULs in a file */
        if (reader->length && !memchr(reader->line, '\0', reader->length) &&
            event_decode(event, reader->line, reader->length, NULL) == EVENT_DECODED)
            return LOG_EVENT;
        reader->skipped++;
    }
}

static bool not_a_log(const struct log_reader *reader, const char *why, struct error *error) {
    error_set(error, "%s: not a log of pitwall: %s", reader->path, why);
    return error_hint(error, "'pitwall runs' lists the runs there are");
}

/* The number of a header of another format, which run_decode need not understand; else -1. */
static int64_t foreign_format(const char *line) {
    const char *key = "{\"pitwall\":";
    if (strncmp(line, key, strlen(key)) != 0 || !isdigit((unsigned char)line[strlen(key)]))
        return -1;
    long long format = strtoll(line + strlen(key), NULL, 10);
    return format == LOG_FORMAT ? -1 : format;
}

static bool read_header(struct log_reader *reader, struct run *run, struct error *error) {
    struct error why = {0};
    enum log_read read = log_next_line(reader, error);
    if (read == LOG_FAILED)
        return false;
    if (read == LOG_END)
        return not_a_log(reader, reader->torn ? "its first line has no end" : "it is empty", error);
    if (reader->skipped)
        return not_a_log(reader, "its first line is too long", error);
    if (memchr(reader->line, '\0', reader->length))
        return not_a_log(reader, "it is a binary file", error);
    int64_t format = foreign_format(reader->line);
    if (format >= 0) {
        error_set(error, "%s: a log of format %lld; this pitwall reads format %d", reader->path,
                  (long long)format, LOG_FORMAT);
        return error_hint(error,
                          "read it with the version of pitwall that wrote it, or a newer one");
    }
    if (!run_decode(run, reader->line, reader->length, &why))
        return not_a_log(reader, why.text, error);
    reader->first = (off_t)reader->length + 1;
    return true;
}

static bool open_file(struct log_reader *reader, struct error *error) {
    struct stat info;
    /* without O_NONBLOCK a FIFO would wait here for its writer */
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0 || fstat(reader->fd, &info) != 0)
        return error_set(error, "%s: can't open: %s", reader->path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return not_a_log(reader, "it is a directory", error);
    if (!S_ISREG(info.st_mode))
        return not_a_log(reader, "it is not a regular file", error);
    return true;
}

struct log_reader *log_open(const char *path, struct run *run, struct error *error) {
    struct log_reader *reader = mem_zero(1, sizeof *reader);
    reader->path = mem_string(path);
    reader->capacity = 2 * BLOCK;
    reader->data = mem_alloc(reader->capacity + 1);
    if (open_file(reader, error) && read_header(reader, run, error))
        return reader;
    log_reader_free(reader);
    return NULL;
}

bool log_torn(const struct log_reader *reader) {
    return reader->torn;
}

int64_t log_skipped(const struct log_reader *reader) {
    return reader->skipped;
}

const char *log_line(const struct log_reader *reader, size_t *length) {
    *length = reader->length;
    return reader->line;
}

struct log_place log_tell(const struct log_reader *reader) {
    return (struct log_place){reader->read_to - (off_t)(reader->end - reader->at), reader->skipped};
}

void log_go(struct log_reader *reader, struct log_place place) {
    off_t offset = place.offset > reader->first ? place.offset : reader->first;
    lseek(reader->fd, offset, SEEK_SET); /* can't fail: a regular file, a place within it */
    reader->read_to = offset;
    reader->at = reader->end = reader->length = 0;
    reader->line = NULL;
    reader->eof = reader->torn = false;
    reader->skipped = place.skipped;
}

void log_reader_free(struct log_reader *reader) {
    if (!reader)
        return;
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader->data);
    free(reader->path);
    free(reader);
}
