/* log: a run's file. Line 1 the header, then one event a line, each appended with one write. */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include <sys/types.h>

#include "model/event.h"

#define LOG_LINE_MAX ((size_t)8 << 20) /* a longer line is skipped with a notice */

/* ---- writing ---- */
struct log_writer;
/* Create DIR/<run id>.jsonl (never overwrites) and write the header. NULL and `error` if it can't.
 */
struct log_writer *log_create(const char *directory, const struct run *run, struct error *error);
bool log_append(struct log_writer *log, const struct event *event, struct error *error);
/* Append lines encoded before (one or more, each with its newline) in one write. When it fails, the
 * whole lines that got there stay and a torn one is cut off again: log_count tells how many. */
bool log_append_lines(struct log_writer *log, const char *lines, size_t length,
                      struct error *error);
/* Events in the file: its lines without the header. */
int64_t log_count(const struct log_writer *log);
bool log_sync(struct log_writer *log,
              struct error *error); /* fdatasync; F_FULLFSYNC-less fsync on macOS */
const char *log_path(const struct log_writer *log);
void log_close(struct log_writer *log);
/* Whether some process has this log open for writing right now: its run is in progress. Survives
 * nothing: a writer that was killed has it no longer. */
bool log_is_open(const char *path);

/* ---- reading ---- */
struct log_reader;
/* Open and decode the header. `error` says what is wrong when it is not a log of pitwall; *run is
 * the caller's to free with run_done when it is one. */
struct log_reader *log_open(const char *path, struct run *run, struct error *error);
enum log_read { LOG_EVENT, LOG_END, LOG_FAILED };
/* The next event of a known kind; unknown kinds are skipped, a torn last line is dropped
 * (log_torn). The caller calls event_done on *event after LOG_EVENT. */
enum log_read log_next(struct log_reader *reader, struct event *event, struct error *error);
/* The next whole line as it stands, not decoded: for scans. LOG_EVENT: log_line has it. */
enum log_read log_next_line(struct log_reader *reader, struct error *error);
bool log_torn(const struct log_reader *reader);
int64_t log_skipped(const struct log_reader *reader); /* unknown, broken and too long lines */
/* Raw text of the line that was read last, without newline, NUL-terminated. Borrowed until the
 * next read. */
const char *log_line(const struct log_reader *reader, size_t *length);
/* Between two lines: where the next one begins, and what was skipped so far. */
struct log_place {
    off_t offset;
    int64_t skipped;
};
struct log_place log_tell(const struct log_reader *reader);
/* Read on from a place that log_tell told of; all zero: from the first event. */
void log_go(struct log_reader *reader, struct log_place place);
void log_reader_free(struct log_reader *reader);

#endif
