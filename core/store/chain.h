/* chain: a saved run as one stream of events. A run that was resumed is several logs in one
 * directory, each naming in its header the one it continues (`resumes`); its clock and its ids of
 * calls go on where that one ended, so their events follow each other as they stand. What lies
 * above knows one run with one header: the newest log's.
 *
 * Where a log ends and the next one goes on, the stream has one run_end of status `open`, in place
 * of the older log's own or of the one that it never got. */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include "store/log.h"

#define CHAIN_MAX 32 /* logs of one run; more is a circle */

struct chain;
/* Open the log at `path` and all it continues, from the same directory. *run gets the newest
 * header, the caller's to free with run_done. NULL and `error` when one of them is missing, is no
 * log, or does not plan what the newest plans. */
struct chain *chain_open(const char *path, struct run *run, struct error *error);
void chain_free(struct chain *chain);

/* As log_next: the next event, oldest log first. */
enum log_read chain_next(struct chain *chain, struct event *event, struct error *error);
/* As log_next_line: the next line of any of the logs as it stands, their own run_ends among them.
 */
enum log_read chain_next_line(struct chain *chain, struct error *error);
const char *chain_line(const struct chain *chain, size_t *length);
/* Whether what was read last stands in the newest log. */
bool chain_is_newest(const struct chain *chain);

bool chain_torn(const struct chain *chain);       /* the newest log; an older one may well be */
int64_t chain_skipped(const struct chain *chain); /* lines of all logs */
/* Between two events: which log is read, and where. */
struct chain_place {
    size_t at;
    struct log_place log;
    int64_t t, skipped; /* of the logs before it */
};
struct chain_place chain_tell(const struct chain *chain);
void chain_go(struct chain *chain, struct chain_place place);
void chain_rewind(struct chain *chain);

#endif
