/* summary: what a list of runs says of each, from a log's first and last line alone. */
#ifndef STORE_SUMMARY_H
#define STORE_SUMMARY_H

#include "base/json.h"
#include "store/results.h"

struct summary {
    bool readable;  /* its first line is a header */
    struct run run; /* of a readable one */
    /* RUN_OPEN: there is no run_end: it was interrupted, or is still running */
    enum run_status status;
    int64_t last_us; /* t of the last whole line; -1 unknown */
};

/* Never fails: what is no log is not readable. The caller calls summary_done. */
void summary_read(struct summary *summary, const char *path);
void summary_done(struct summary *summary);

/* "complete" … "interrupted", "unreadable". */
const char *summary_state(const struct summary *summary);
/* The names of the suites and of the endpoints, with commas. Appends. */
void summary_suites(const struct summary *summary, struct buf *out);
void summary_endpoints(const struct summary *summary, struct buf *out);

/* One member of a list, as an object. */
void summary_json(const struct summary *summary, const struct result *result,
                  struct json_writer *writer);

#endif
