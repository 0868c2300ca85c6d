/* fetch: many small requests at once, each bounded in time and size: what identifying and probing
 * several servers is made of. Knows nothing of what is asked. */
#ifndef ENGINES_FETCH_H
#define ENGINES_FETCH_H

#include "base/buf.h"
#include "model/names.h"

struct fetcher; /* one loop, one thread */
struct fetcher *fetcher_new(void);
void fetcher_free(struct fetcher *fetcher); /* what is in flight is given up */

struct http;
struct loop;
struct http *fetcher_http(struct fetcher *fetcher);
struct loop *fetcher_loop(struct fetcher *fetcher);

/* One request; must stay where it is until it is over. `header` and `body` are borrowed. */
struct fetch {
    const char *method; /* NULL: GET */
    const char *header; /* "Name: value"; NULL: none */
    const char *body;   /* JSON; NULL: none */
    /* filled */
    bool begun, over;
    int status; /* 0: no answer */
    enum error_class class;
    struct buf reply;
    char server[64], powered_by[32], detail[160];
    double ms;
};
void fetch_done(struct fetch *fetch);

/* Asks `base` + `path`. */
void fetch_start(struct fetcher *fetcher, struct fetch *fetch, const char *base, const char *path,
                 int64_t timeout_ms);
/* Serves until one more is over, or `us` went by. */
void fetch_wait(struct fetcher *fetcher, int64_t us);
/* Serves until all of them are over. */
void fetch_finish(struct fetcher *fetcher, const struct fetch *fetches, size_t count);

/* The reply as JSON, only under status 200; the caller frees. NULL: it is none. */
struct cJSON *fetch_json(const struct fetch *fetch);

/* "Authorization: Bearer …" with the key that `variable` names; the caller frees. NULL: no
 * variable, no key, or one that is not fit for a header. */
char *fetch_key_header(const char *variable, const char *(*key_of)(const char *variable));

/* 401, 403. */
bool fetch_wants_key(int status);
/* Why it said so, and what to do: no variable is named, it holds no key (`header` is NULL), the key
 * is refused. */
void fetch_tell_key(char *out, size_t size, int status, const char *variable, const char *header);

#endif
