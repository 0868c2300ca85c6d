/* quality_data: the prompts and answers of the quality suites: data/<suite>.json, or the user's own
 * file (--suite-file) when its member "suite" names the suite. */
#ifndef SUITES_QUALITY_DATA_H
#define SUITES_QUALITY_DATA_H

#include "config/options.h"

struct cJSON;

/* The data of a suite; the caller frees it with json_free. NULL and `error` when the user's file
 * cannot be read or has no `member` (an array with at least one object). */
struct cJSON *quality_data(const struct options *options, enum suite_id suite, const char *member,
                           struct error *error);

/* How often a pass holds each conversation: three times in a run, whose passes count as repeats;
 * once with --quick. */
int quality_repeats(const struct options *options);

/* Grows a tool's result: `chars` characters of made-up listing of source lines, the same for the
 * same seed, no line twice in a row. */
void quality_listing(struct buf *out, uint64_t seed, size_t chars);

#endif
