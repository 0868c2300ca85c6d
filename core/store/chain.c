#include "store/chain.h"

#include <stdlib.h>
#include <string.h>

#define ID_MAX 200 /* bytes of a run's id in `resumes`: it becomes the name of a file */

struct chain {
    struct log_reader *logs[CHAIN_MAX]; /* newest first */
    size_t count;
    size_t at;        /* the log that is read; 0: the newest */
    bool from_newest; /* what was read last */
    int64_t t;        /* the largest so far of the logs before the newest */
    int64_t skipped;  /* lines of the logs before the one that is read */
};

/* ---- opening ---- */

/* A name and no path: it comes from a file. */
static bool is_id(const char *id) {
    return id[0] && id[0] != '.' && strlen(id) <= ID_MAX && !strchr(id, '/');
}

/* DIR of `path` / id.jsonl; the caller frees. */
static char *path_beside(const char *path, const char *id) {
    const char *slash = strrchr(path, '/');
    return mem_format("%.*s%s.jsonl", slash ? (int)(slash - path) + 1 : 0, path, id);
}

/* The log that `run` at `path` continues, into *older. */
static struct log_reader *open_older(const char *path, const struct run *run, struct run *older,
                                     struct error *error) {
    struct error why = {0};
    if (!is_id(run->resumes)) {
        error_set(error, "%s: what it continues is no name of a run", path);
        return NULL;
    }
    char *beside = path_beside(path, run->resumes);
    struct log_reader *log = log_open(beside, older, &why);
    if (!log) {
        error_set(error, "%s continues a run that can't be read: %s", path, why.text);
        error_hint(error, "put %s.jsonl back beside it: the two are one run", run->resumes);
    }
    free(beside);
    return log;
}

/* One log further back; *run is replaced by its header. */
static bool extend(struct chain *chain, const char *path, const struct run *newest, struct run *run,
                   struct error *error) {
    struct run older;
    if (chain->count == CHAIN_MAX)
        return error_set(error, "%s continues more than %d runs, or itself", path, CHAIN_MAX - 1);
    struct log_reader *log = open_older(path, run, &older, error);
    if (!log)
        return false;
    chain->logs[chain->count++] = log;
    bool fits = run_same_plan(&older, newest) && strcmp(older.id, run->resumes) == 0;
    if (!fits)
        error_set(error, "%s: %s is not the run it continues: other endpoints, suites or passes",
                  path, run->resumes);
    run_done(run);
    *run = older;
    return fits;
}

struct chain *chain_open(const char *path, struct run *run, struct error *error) {
    struct chain *chain = mem_zero(1, sizeof *chain);
    struct run at;
    chain->logs[0] = log_open(path, run, error);
    if (!chain->logs[0]) {
        free(chain);
        return NULL;
    }
    chain->count = 1;
    run_copy(&at, run);
    bool good = true;
    while (good && at.resumes)
        good = extend(chain, path, run, &at, error);
    run_done(&at);
    chain->at = chain->count - 1;
    if (good)
        return chain;
    run_done(run);
    chain_free(chain);
    return NULL;
}

void chain_free(struct chain *chain) {
    if (!chain)
        return;
    for (size_t i = 0; i < chain->count; i++)
        log_reader_free(chain->logs[i]);
    free(chain);
}

/* ---- reading ---- */

/* The run goes on in the next log: its end so far. `end`: the older log's own, or NULL. */
static void put_seam(struct chain *chain, struct event *event, const struct event *end) {
    struct event *seam = event_new(EVENT_RUN_END, chain->t);
    seam->run_end.status = RUN_OPEN;
    seam->run_end.dropped = end ? end->run_end.dropped : 0;
    *event = *seam; /* owns nothing */
    event_free(seam);
    chain->skipped += log_skipped(chain->logs[chain->at--]);
}

enum log_read chain_next(struct chain *chain, struct event *event, struct error *error) {
    enum log_read read = log_next(chain->logs[chain->at], event, error);
    chain->from_newest = chain->at == 0;
    if (chain->from_newest || read == LOG_FAILED)
        return read;
    if (read == LOG_EVENT && event->t > chain->t)
        chain->t = event->t;
    if (read == LOG_END)
        put_seam(chain, event, NULL);
    else if (event->kind == EVENT_RUN_END)
        put_seam(chain, event, event);
    return LOG_EVENT;
}

enum log_read chain_next_line(struct chain *chain, struct error *error) {
    enum log_read read;
    while ((read = log_next_line(chain->logs[chain->at], error)) == LOG_END && chain->at > 0)
        chain->skipped += log_skipped(chain->logs[chain->at--]);
    chain->from_newest = chain->at == 0;
    return read;
}

const char *chain_line(const struct chain *chain, size_t *length) {
    return log_line(chain->logs[chain->at], length);
}

bool chain_is_newest(const struct chain *chain) {
    return chain->from_newest;
}

bool chain_torn(const struct chain *chain) {
    return log_torn(chain->logs[0]);
}

int64_t chain_skipped(const struct chain *chain) {
    return chain->skipped + log_skipped(chain->logs[chain->at]);
}

struct chain_place chain_tell(const struct chain *chain) {
    return (struct chain_place){chain->at, log_tell(chain->logs[chain->at]), chain->t,
                                chain->skipped};
}

void chain_go(struct chain *chain, struct chain_place place) {
    for (size_t i = 0; i < place.at; i++)
        log_go(chain->logs[i], (struct log_place){0});
    log_go(chain->logs[place.at], place.log);
    chain->at = place.at;
    chain->t = place.t;
    chain->skipped = place.skipped;
}

void chain_rewind(struct chain *chain) {
    chain_go(chain, (struct chain_place){.at = chain->count - 1});
}
