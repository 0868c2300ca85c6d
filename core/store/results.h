/* results: the directory of runs, and how a name on the command line finds one. */
#ifndef STORE_RESULTS_H
#define STORE_RESULTS_H

#include "model/run.h"

/* option (or NULL), else $PITWALL_RESULTS, else $XDG_DATA_HOME/pitwall/results; the environment is
 * read by the caller. Caller frees. */
char *results_directory(const char *option, const char *env_results, const char *xdg_data_home,
                        const char *home);
/* Make the directory, check that a file can be created in it. */
bool results_prepare(const char *directory, struct error *error);
/* A path that exists, "latest", or a unique part of a run's name. Caller frees; NULL and `error`.
 */
char *results_find(const char *directory, const char *name, struct error *error);

/* "<stamp>-<slug>-<4 hex>" */
char *results_run_id(const char *slug);

struct result {
    char *path, *id;
    int64_t bytes;
};
/* Newest first. Caller frees with results_free. */
bool results_list(const char *directory, struct result **list, size_t *count, struct error *error);
void results_free(struct result *list, size_t count);

#endif
