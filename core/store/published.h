/* published: benchmark figures of models, from the embedded data file or one of the user's, and
 * which of them an endpoint's model id names. Knows nothing of boards.
 *
 * The file is JSON, comments allowed: {"models": [{"model": name, "words": "qwen 3.6 27b",
 * "figures": [{"part": "bfcl", "percent": 71.5, "source": text, "date": "2026-06", "standing":
 * who vouches for it, or absent}]}]}. Parts are the published ones of weights.h. */
#ifndef STORE_PUBLISHED_H
#define STORE_PUBLISHED_H

#include "base/buf.h"
#include "model/weights.h"

struct published_figure { /* borrowed texts; NULL: not told */
    double score;         /* 0..1; NaN: no figure */
    const char *source, *date, *standing;
};
struct published_model {
    const char *name, *words;
    struct published_figure of[PART_COUNT];
};
struct published; /* owns the texts */

/* NULL when it is no such file: `error` says file:line:column and what. */
struct published *published_parse(const char *file, const char *text, size_t length,
                                  struct error *error);
struct published *published_read(const char *path, struct error *error);
struct published *published_embedded(void); /* never NULL */
void published_free(struct published *published);

/* The model that an id names: after the last slash, in lower case, cut into words ("qwen3.6" is two
 * of them), all words of a published model must be there in order, and what is left over must be of
 * a kind that names a file (quantisation, format, MTP), since any other word may name a fine-tune.
 * NULL: none. `over` gets the words left over, with blanks between; may be NULL. */
const struct published_model *published_find(const struct published *published, const char *id,
                                             struct buf *over);

#endif
