/* summary: what a list of runs says of each, from a log's first and last line, and of a complete
 * run from its lines up to the first that tells of something measured. */
#ifndef STORE_SUMMARY_H
#define STORE_SUMMARY_H

#include "base/json.h"
#include "store/results.h"

struct summary {
    bool readable;          /* its first line is a header */
    struct run run;         /* of a readable one */
    enum run_status status; /* RUN_OPEN: there is no run_end */
    bool running;           /* … and some process writes it right now; else it was interrupted */
    bool measured;   /* of a complete one: anything (board.h), in it or the logs it continues */
    int64_t last_us; /* t of the last whole line; -1 unknown */
};

/* Never fails: what is no log is not readable. The caller calls summary_done. */
void summary_read(struct summary *summary, const char *path);
void summary_done(struct summary *summary);

/* All of a list, in its order. The caller frees with summaries_free. */
struct summary *summaries_read(const struct result *list, size_t count);
void summaries_free(struct summary *summaries, size_t count);
/* The newest of them that continues the run `id` (`resumes` in its header); NULL: none. */
const struct summary *summary_successor(const struct summary *summaries, size_t count,
                                        const char *id);

/* "complete" … "nothing measured", "running", "interrupted", "unreadable". */
const char *summary_state(const struct summary *summary);
/* The names of the suites and of the endpoints, with commas. Appends. */
void summary_suites(const struct summary *summary, struct buf *out);
void summary_endpoints(const struct summary *summary, struct buf *out);

/* One member of a list, as an object; `next`: what continues it, or NULL. */
void summary_json(const struct summary *summary, const struct result *result,
                  const struct summary *next, struct json_writer *writer);

#endif
